//! `raqam diagram`: the state diagram of each conversation.

use std::process::ExitCode;

use clap::Args;
use engine::{Flow, diagram};

#[derive(Args)]
pub(super) struct Arguments {
    /// Only this conversation, by its name.
    flow: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut diagrams = Vec::new();
    macro_rules! draw {
        ($flow:ty) => {
            diagrams.push((<$flow as Flow>::TAG, diagram::mermaid::<$flow>()));
        };
    }
    use flows::{home, orders, purchase, servers, settings, wallet};
    flows::for_each_flow!(draw);
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
