//! `raqam demo`: the real bot over the simulated Telegram and suppliers, played from two conversations and printed.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use shop::clock::Clock;
use shop::{Money, UserId};
use sim::script::{self, Script, Stage, Turn};
use sim::{Sim, SimOptions, SimUser};
use store::{Options as StoreOptions, Store};
use telegram::Limits;
use tokio::sync::watch;

use super::{block_on, over_sim};
use crate::clock::SimulatedClock;
use crate::operator::{self, Request};
use crate::{control, run};

#[derive(Args)]
pub(super) struct Arguments {}

/// The conversations that are played.
const CONVERSATIONS: [(&str, &str); 2] = [
    ("A temporary number at Server 2, in English", include_str!("../../tests/conversations/demo_temporary.chat")),
    ("A rental at Server 1, in Arabic", include_str!("../../tests/conversations/demo_rental.chat")),
];

pub(super) fn run(_: Arguments) -> anyhow::Result<ExitCode> {
    let folder = std::env::temp_dir().join(format!("raqam-demo-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let database = folder.join("demo.redb");
    // Once the runtime is gone, nobody has the database any more.
    let played = block_on(play(&database)).and_then(|()| print_ledger(&database));
    let cleaned = std::fs::remove_dir_all(&folder);
    played?;
    cleaned?;
    Ok(ExitCode::SUCCESS)
}

async fn play(database: &Path) -> anyhow::Result<()> {
    let sim = Sim::start(SimOptions::default()).await?;
    let config = over_sim(&sim, database)?;
    let (stop, shutdown) = watch::channel(false);
    let clock: Arc<dyn Clock> = Arc::new(SimulatedClock(sim.clock.clone()));
    let bot = run::bot(&config, clock, Limits::default(), shutdown);
    let conversations = async {
        for (title, text) in CONVERSATIONS {
            println!("\n══════ {title} ══════");
            let script = Script::parse(title, text)?;
            let mut stage = Printer { socket: control::socket_path(database) };
            script::play(&sim, &script, &mut stage).await?;
        }
        anyhow::Ok(())
    };
    tokio::pin!(bot);
    tokio::select! {
        ended = &mut bot => return ended.and_then(|()| Err(anyhow::anyhow!("the bot stopped in the middle of the demo"))),
        played = conversations => played?,
    }
    stop.send(true)?;
    bot.await
}

/// Prints every turn as a person would see it.
struct Printer {
    socket: PathBuf,
}

impl Stage for Printer {
    async fn extra(&mut self, _: &Sim, _: Option<&SimUser>, verb: &str, words: &[String]) -> Result<(), String> {
        match (verb, words) {
            ("credit", [user, amount]) => {
                let answer = credit(&self.socket, user, amount).await.map_err(|error| error.to_string())?;
                println!("\n$ raqam credit {user} {amount} --reason demo\n{answer}");
                Ok(())
            }
            _ => Err(format!("there is no step {verb:?}")),
        }
    }

    fn turn(&mut self, turn: &Turn<'_>) {
        let source = turn.line.source.trim();
        if source.starts_with("see ") || source.starts_with("newest ") || source == "show" {
            println!("\n{}", indented(&turn.screen()));
        } else if !source.starts_with("credit") {
            println!("\n▶ {source}");
        }
        if !turn.outcome.is_empty() {
            println!("{}", indented(&turn.outcome));
        }
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

async fn credit(socket: &Path, user: &str, amount: &str) -> anyhow::Result<String> {
    let (user, amount) = (UserId(user.parse()?), Money::parse(amount)?);
    let request = Request::Credit { user, amount, reason: "demo".to_owned(), nonce: format!("demo-{}", user.0) };
    let answer = control::ask(socket, request).await?.ok_or_else(|| anyhow::anyhow!("the bot does not listen"))?;
    anyhow::ensure!(answer.granted, "{}", answer.text);
    Ok(answer.text)
}

fn print_ledger(database: &Path) -> anyhow::Result<()> {
    println!("\n══════ The ledger ══════");
    let store = Store::open(database, StoreOptions::default())?;
    for seq in 1.. {
        match store.transaction(seq)? {
            Some(transaction) => println!("{}", operator::show_transaction(seq, &transaction)),
            None => break,
        }
    }
    Ok(())
}
