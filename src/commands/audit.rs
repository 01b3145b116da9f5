//! `raqam audit`: whether the books hold.

use std::process::ExitCode;

use clap::Args;

use crate::config::Options;
use crate::operator::{Form, Request};

#[derive(Args)]
pub(super) struct Arguments {
    /// Print JSON for programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    options: Options,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let form = if arguments.json { Form::Json } else { Form::Table };
    let answer = super::answer(&arguments.options, Request::Audit(form))?;
    // The findings are the answer, whether they are good or bad.
    println!("{}", answer.text);
    Ok(if answer.granted { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
