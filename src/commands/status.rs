//! `raqam status`: how the shop is doing.

use std::process::ExitCode;

use clap::Args;

use crate::config::Options;
use crate::operator::Request;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    options: Options,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    super::ask(&arguments.options, Request::Status)
}
