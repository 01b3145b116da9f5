//! `raqam gallery`: every screen as static pages, and what breaks a rule.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use gallery::html::{GENERATOR, gallery};

#[derive(Args)]
pub(super) struct Arguments {
    /// The folder to write into: a new or empty one, or one with a former gallery.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let folder = &arguments.folder;
    refuse_other_folders(folder)?;
    let made = gallery();
    std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    for (name, content) in &made.files {
        let path = folder.join(name);
        std::fs::write(&path, content).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    let index = folder.join("index.html");
    println!("{} screens of flows and {} of their own: {}", made.screens, made.unlisted, index.display());
    for finding in &made.findings {
        eprintln!("raqam: {finding}");
    }
    Ok(if made.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Files of others are never written over.
fn refuse_other_folders(folder: &Path) -> anyhow::Result<()> {
    let mut entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(|| format!("{} cannot be read as a folder", folder.display())),
    };
    let former = std::fs::read_to_string(folder.join("index.html")).is_ok_and(|index| index.contains(GENERATOR));
    anyhow::ensure!(
        former || entries.next().is_none(),
        "{} is not empty and holds no former gallery: name a new folder",
        folder.display()
    );
    Ok(())
}
