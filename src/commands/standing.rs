//! `raqam suspend` and `raqam admit`: whom the shop serves.

use std::process::ExitCode;

use clap::Args;
use store::Standing;

use crate::config::Options;
use crate::operator::Request;

#[derive(Args)]
pub(super) struct Arguments {
    /// The user's numeric Telegram id.
    user: String,
    #[command(flatten)]
    options: Options,
}

pub(super) fn run(arguments: &Arguments, standing: Standing) -> anyhow::Result<ExitCode> {
    super::ask(&arguments.options, Request::SetStanding(super::user_id(&arguments.user)?, standing))
}
