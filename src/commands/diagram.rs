//! `raqam diagram`: the state diagram of each conversation.

use std::process::ExitCode;

use clap::Args;
use engine::registry::{Registry as _, Visitor};
use engine::{Flow, diagram};
use flows::{AnyState, Raqam};

#[derive(Args)]
pub(super) struct Arguments {
    /// Only this conversation, by its name.
    flow: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut drawn = Diagrams(Vec::new());
    Raqam::each(&mut drawn);
    let diagrams = drawn.0;
    let wanted: Vec<_> = match &arguments.flow {
        Some(name) => diagrams.into_iter().filter(|(tag, _)| tag == name).collect(),
        None => diagrams,
    };
    anyhow::ensure!(!wanted.is_empty(), "there is no conversation of that name");
    for (tag, diagram) in wanted {
        println!("## {tag}\n\n```mermaid\n{diagram}```\n");
    }
    Ok(ExitCode::SUCCESS)
}

/// Each flow's name and diagram.
struct Diagrams(Vec<(&'static str, String)>);

impl Visitor<Raqam> for Diagrams {
    fn visit<F: Flow<App = Raqam>>(&mut self, _: fn(F::State) -> AnyState) {
        self.0.push((F::TAG, diagram::mermaid::<F>()));
    }
}
