//! `raqam diagram`: the state diagram of each conversation, as text, as a picture, or as the document in `docs/`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use engine::diagram::{Lights, dot};
use gallery::diagrams::{self, Diagram};

#[derive(Args)]
pub(super) struct Arguments {
    /// Only this conversation, by its name.
    flow: Option<String>,
    /// In which form.
    #[arg(long, value_enum, default_value_t = Format::Mermaid)]
    format: Format,
    /// Write flows.md and a picture of each conversation into this folder instead (docs, in this repository).
    #[arg(long, value_name = "DIR", conflicts_with_all = ["flow", "format"])]
    write: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For Markdown.
    Mermaid,
    /// For Graphviz.
    Dot,
    /// A picture for a browser.
    Svg,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if let Some(folder) = &arguments.write {
        for (name, content) in diagrams::files() {
            write(&folder.join(name), &content)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut all = diagrams::all();
    if let Some(name) = &arguments.flow {
        all.retain(|diagram| diagram.picture.flow == name);
    }
    anyhow::ensure!(!all.is_empty(), "there is no conversation of that name");
    for diagram in &all {
        print!("{}", drawn(diagram, arguments.format));
    }
    Ok(ExitCode::SUCCESS)
}

fn drawn(diagram: &Diagram, format: Format) -> String {
    let (flow, lights) = (diagram.picture.flow, Lights::default());
    match format {
        Format::Mermaid => format!("## {flow}\n\n```mermaid\n{}```\n\n", diagram.mermaid),
        Format::Dot => dot(&diagram.picture, &lights),
        Format::Svg => diagrams::diagram_svg(flow, None, None).unwrap_or_default() + "\n",
    }
}

fn write(path: &std::path::Path, content: &str) -> anyhow::Result<()> {
    let said = || format!("{} cannot be written", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(said)?;
    }
    std::fs::write(path, content).with_context(said)
}
