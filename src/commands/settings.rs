//! `raqam settings`: what the operator can set.

use std::io::Read as _;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use shop::ServerId;
use shop::settings::Selling;

use crate::config::Options;
use crate::operator::{Key, Request};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    change: Option<Change>,
    #[command(flatten)]
    options: Options,
}

#[derive(Subcommand)]
enum Change {
    /// Set a server's margin in percent, such as 30 or 12.5.
    Margin {
        /// 1 or 2.
        server: String,
        /// The percentage.
        #[arg(allow_hyphen_values = true)]
        percent: String,
    },
    /// Save the API key of a server's supplier, encrypted. Without KEY it is read from standard input.
    Key {
        /// 1 or 2.
        server: String,
        /// The key.
        key: Option<String>,
    },
    /// Sell on a server.
    On {
        /// 1 or 2.
        server: String,
    },
    /// Stop selling on a server. Open orders go on.
    Off {
        /// 1 or 2.
        server: String,
    },
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let request = match arguments.change {
        None => Request::ShowSettings,
        Some(Change::Margin { server, percent }) => Request::SetMargin(server_id(&server)?, percent),
        Some(Change::Key { server, key }) => {
            Request::SetKey(server_id(&server)?, Key(key.map_or_else(from_input, Ok)?))
        }
        Some(Change::On { server }) => Request::SetSelling(server_id(&server)?, Selling::On),
        Some(Change::Off { server }) => Request::SetSelling(server_id(&server)?, Selling::Off),
    };
    super::ask(&arguments.options, request)
}

fn server_id(text: &str) -> anyhow::Result<ServerId> {
    match text {
        "1" => Ok(ServerId::One),
        "2" => Ok(ServerId::Two),
        other => Err(anyhow::anyhow!("the server must be 1 or 2, not {other:?}")),
    }
}

fn from_input() -> anyhow::Result<String> {
    let mut key = String::new();
    std::io::stdin().take(1024).read_to_string(&mut key)?;
    Ok(key.trim_end_matches(['\n', '\r']).to_owned())
}
