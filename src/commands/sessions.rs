//! `raqam sessions`: where people are in their conversations, what they did last, and the way out for who is stuck.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::config::Options;
use crate::operator::{Request, SessionsWish};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    wish: Option<Wish>,
    #[command(flatten)]
    options: Options,
}

#[derive(Subcommand)]
enum Wish {
    /// List single conversations, those that have been quiet for longest first.
    List {
        /// Only those in this conversation, by its name.
        #[arg(long)]
        flow: Option<String>,
        /// Only those in this state.
        #[arg(long)]
        state: Option<String>,
        /// At most so many, and never more than 1,000.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Show one with its frames, its timers and its last 64 events.
    Show {
        /// The user's numeric Telegram id.
        user: String,
    },
    /// Write the last events of one to a new file that `raqam replay` reads. It holds no name, number, message or code.
    Record {
        /// The user's numeric Telegram id.
        user: String,
        /// The file to make; it must not exist yet.
        file: PathBuf,
    },
    /// Begin one anew at the main menu. Orders and money stay as they are.
    Reset {
        /// The user's numeric Telegram id.
        user: String,
    },
    /// Take one back to where it was before its last steps. Orders and money stay as they are.
    Rewind {
        /// The user's numeric Telegram id.
        user: String,
        /// How many steps of the user's.
        #[arg(default_value_t = 1)]
        steps: u32,
    },
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let wish = match arguments.wish {
        None => SessionsWish::Overview,
        Some(Wish::List { flow, state, limit }) => SessionsWish::List { flow, state, limit },
        Some(Wish::Show { user }) => SessionsWish::Show(super::user_id(&user)?),
        // The bot may run in another folder.
        Some(Wish::Record { user, file }) => SessionsWish::Record(super::user_id(&user)?, std::path::absolute(file)?),
        Some(Wish::Reset { user }) => SessionsWish::Reset(super::user_id(&user)?),
        Some(Wish::Rewind { user, steps }) => SessionsWish::Rewind(super::user_id(&user)?, steps),
    };
    super::ask(&arguments.options, Request::Sessions(wish))
}
