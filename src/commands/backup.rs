//! `raqam backup`: a copy of everything, while the bot runs.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::config::Options;
use crate::operator::Request;

#[derive(Args)]
pub(super) struct Arguments {
    /// The file to make; it must not exist yet.
    file: PathBuf,
    #[command(flatten)]
    options: Options,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    // The bot may run in another folder.
    let file = std::path::absolute(&arguments.file)?;
    super::ask(&arguments.options, Request::Backup(file))
}
