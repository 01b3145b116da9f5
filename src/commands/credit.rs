//! `raqam credit` and `raqam debit`: money for a user, and money taken back.

use std::process::ExitCode;

use clap::Args;
use shop::{Money, UserId};

use crate::config::Options;
use crate::operator::Request;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    amounts: Amounts,
    #[command(flatten)]
    options: Options,
}

#[derive(Args)]
struct Amounts {
    /// The user's numeric Telegram id; credit makes an unknown user known.
    user: String,
    /// Dollars, such as 5 or 5.00, above zero.
    #[arg(allow_hyphen_values = true)]
    amount: String,
    /// Why, for the books.
    #[arg(long)]
    reason: String,
    /// A name for this one command: repeating the command with it changes nothing [default: one of its own].
    #[arg(long)]
    nonce: Option<String>,
}

/// The longest reason and the longest nonce, in characters.
const WORDS_MAX: usize = 200;

pub(super) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Checked { user, amount, reason, nonce } = Checked::of(arguments.amounts)?;
    super::ask(&arguments.options, Request::Credit { user, amount, reason, nonce })
}

pub(super) fn run_debit(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Checked { user, amount, reason, nonce } = Checked::of(arguments.amounts)?;
    super::ask(&arguments.options, Request::Debit { user, amount, reason, nonce })
}

/// What was typed, in types that cannot be wrong.
struct Checked {
    user: UserId,
    amount: Money,
    reason: String,
    nonce: String,
}

impl Checked {
    fn of(typed: Amounts) -> anyhow::Result<Self> {
        let amount = Money::parse(&typed.amount).ok().filter(|amount| *amount > Money::ZERO);
        let amount = amount.ok_or_else(|| {
            anyhow::anyhow!("AMOUNT must be dollars such as 5 or 5.00, above zero, not {:?}", typed.amount)
        })?;
        Ok(Self {
            user: super::user_id(&typed.user)?,
            amount,
            reason: words("--reason", typed.reason)?,
            nonce: typed.nonce.map_or_else(|| Ok(fresh_nonce()), |nonce| words("--nonce", nonce))?,
        })
    }
}

/// A name that nothing else has: known here, so that a repeat after a lost answer can use it.
fn fresh_nonce() -> String {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    format!("auto-{}-{}", since.as_micros(), std::process::id())
}

fn words(option: &str, text: String) -> anyhow::Result<String> {
    let plain = !text.trim().is_empty() && text.chars().count() <= WORDS_MAX && !text.chars().any(char::is_control);
    if plain { Ok(text) } else { Err(anyhow::anyhow!("{option} must be one line of 1 to {WORDS_MAX} characters")) }
}
