//! `raqam tickets`: what users asked support, and the answers.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use shop::TicketId;

use crate::config::Options;
use crate::operator::{Listed, Request, Text};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    wish: Option<Wish>,
    #[command(flatten)]
    options: Options,
}

#[derive(Subcommand)]
enum Wish {
    /// List the tickets that wait for an answer (without a subcommand, too).
    List {
        /// The answered and closed ones as well.
        #[arg(long)]
        all: bool,
    },
    /// Show a ticket with all its texts.
    Show {
        /// Its number.
        ticket: String,
    },
    /// Answer a ticket: the user gets the text with a sound.
    Answer {
        /// Its number.
        ticket: String,
        /// The answer.
        text: String,
    },
    /// Close a ticket: nothing more is written on it, and its user is told.
    Close {
        /// Its number.
        ticket: String,
    },
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let request = match arguments.wish {
        None | Some(Wish::List { all: false }) => Request::Tickets(Listed::Waiting),
        Some(Wish::List { all: true }) => Request::Tickets(Listed::All),
        Some(Wish::Show { ticket }) => Request::ShowTicket(number(&ticket)?),
        Some(Wish::Answer { ticket, text }) => Request::AnswerTicket(number(&ticket)?, Text(text)),
        Some(Wish::Close { ticket }) => Request::CloseTicket(number(&ticket)?),
    };
    super::ask(&arguments.options, request)
}

fn number(text: &str) -> anyhow::Result<TicketId> {
    text.parse().map(TicketId).map_err(|_| anyhow::anyhow!("TICKET must be the number of a ticket, not {text:?}"))
}
