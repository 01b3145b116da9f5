//! `raqam settings`: what the operator can set.

use std::io::Read as _;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use shop::ServerId;
use shop::settings::{Limit, Selling};
use strum::IntoEnumIterator as _;

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
    /// Save our key at a server's supplier, encrypted: the API key, or the account's e-mail address and, on the next line, its
    /// password. Without KEY it is read from standard input.
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
    /// Set how often a server's orders are asked about, in seconds.
    Poll {
        /// 1 or 2.
        server: String,
        /// 1 to 300.
        seconds: String,
    },
    /// Set how many orders of all users may be open at a server. Above it a purchase there is refused.
    OpenMax {
        /// 1 or 2.
        server: String,
        /// How many; `none`: only the limits of the whole shop count.
        number: String,
    },
    /// Set how many orders may be open, or numbers be bought within a minute. Above it a purchase is refused.
    Limit {
        /// open-per-user, open-in-all, purchases-per-user or purchases-in-all.
        name: String,
        /// How many; 0: none.
        number: String,
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
        Some(Change::Poll { server, seconds }) => Request::SetPoll(server_id(&server)?, seconds),
        Some(Change::OpenMax { server, number }) => Request::SetOpenMax(server_id(&server)?, most(&number)?),
        Some(Change::Limit { name, number }) => Request::SetLimit(limit(&name)?, whole(&number)?),
    };
    super::ask(&arguments.options, request)
}

fn server_id(text: &str) -> anyhow::Result<ServerId> {
    let named = text.parse().ok().and_then(ServerId::numbered);
    named.ok_or_else(|| anyhow::anyhow!("the server must be a number from 1 to {}, not {text:?}", ServerId::ALL.len()))
}

fn limit(name: &str) -> anyhow::Result<Limit> {
    let names = || Limit::iter().map(<&'static str>::from).collect::<Vec<_>>().join(", ");
    name.parse().map_err(|_| anyhow::anyhow!("the limit must be one of {}, not {name:?}", names()))
}

fn most(text: &str) -> anyhow::Result<Option<u32>> {
    if text == "none" { Ok(None) } else { whole(text).map(Some) }
}

fn whole(text: &str) -> anyhow::Result<u32> {
    text.parse().map_err(|_| anyhow::anyhow!("the limit must be a whole number from 0 to {}, not {text:?}", u32::MAX))
}

fn from_input() -> anyhow::Result<String> {
    let mut key = String::new();
    std::io::stdin().take(1024).read_to_string(&mut key)?;
    Ok(key.trim_end_matches(['\n', '\r']).to_owned())
}
