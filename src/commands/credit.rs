//! `raqam credit`: money for a user.

use std::process::ExitCode;

use clap::Args;
use shop::{Money, UserId};

use crate::config::Options;
use crate::operator::Request;

#[derive(Args)]
pub(super) struct Arguments {
    /// The user's numeric Telegram id; an unknown user is created.
    user: String,
    /// Dollars, such as 5 or 5.00, above zero.
    #[arg(allow_hyphen_values = true)]
    amount: String,
    /// Why, for the books.
    #[arg(long)]
    reason: String,
    /// A name for this one credit: repeating the command with it changes nothing [default: one of its own].
    #[arg(long)]
    nonce: Option<String>,
    #[command(flatten)]
    options: Options,
}

/// The longest reason and the longest nonce, in characters.
const WORDS_MAX: usize = 200;

pub(super) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let user = arguments.user.parse().ok().filter(|id| (1..=1 << 52).contains(id)).map(UserId);
    let user = user.ok_or_else(|| anyhow::anyhow!("USER must be a numeric Telegram id, not {:?}", arguments.user))?;
    let amount = Money::parse(&arguments.amount).ok().filter(|amount| *amount > Money::ZERO);
    let amount = amount.ok_or_else(|| {
        anyhow::anyhow!("AMOUNT must be dollars such as 5 or 5.00, above zero, not {:?}", arguments.amount)
    })?;
    let reason = words("--reason", arguments.reason)?;
    let nonce = arguments.nonce.map_or_else(|| Ok(fresh_nonce()), |nonce| words("--nonce", nonce))?;
    super::ask(&arguments.options, Request::Credit { user, amount, reason, nonce })
}

/// A name that no other credit has: known here, so that a repeat after a lost answer can use it.
fn fresh_nonce() -> String {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    format!("auto-{}-{}", since.as_micros(), std::process::id())
}

fn words(option: &str, text: String) -> anyhow::Result<String> {
    let plain = !text.trim().is_empty() && text.chars().count() <= WORDS_MAX && !text.chars().any(char::is_control);
    if plain { Ok(text) } else { Err(anyhow::anyhow!("{option} must be one line of 1 to {WORDS_MAX} characters")) }
}
