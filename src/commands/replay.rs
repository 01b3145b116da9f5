//! `raqam replay`: the events of a recorded session, tried again on this program.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use gallery::replay::{self, Replayed};

#[derive(Args)]
pub(super) struct Arguments {
    /// A file that `raqam sessions record` wrote.
    file: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let file = arguments.file.display();
    let text = std::fs::read_to_string(&arguments.file).with_context(|| format!("{file} cannot be read"))?;
    let recording = replay::read(&text).with_context(|| file.to_string())?;
    let replayed = replay::replay(&recording).with_context(|| file.to_string())?;
    println!("{}", replay::text(&replayed));
    Ok(if replayed.iter().any(Replayed::differs) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
