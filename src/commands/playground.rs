//! `raqam playground`: the real bot over the simulated Telegram and suppliers, in a web page with two phones.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;

use clap::Args;
use playground::{Bot, Playground, Port};
use sim::{Sim, SimClock, SimOptions};
use tokio::signal::unix::{SignalKind, signal};

use super::{block_on, filter, over_sim};
use crate::clock::SimulatedClock;
use crate::log_book::{LogBook, SimulatedTime};
use crate::playground_bot::PlaygroundBot;

/// The port where none is named.
const PORT: u16 = 8088;
/// How many calls the simulators remember for the inspector.
const RECORDED_MAX: usize = 5_000;
/// What the inspector shows of the log.
const LOG: &str = "info,raqam=debug,telegram=debug,store=debug,providers=debug";

#[derive(Args)]
pub(super) struct Arguments {
    /// The port of the page on this machine; 0 takes a free one [default: 8088, or a free one where that is taken].
    #[arg(long)]
    port: Option<u16>,
    /// Opens the page in a browser.
    #[arg(long)]
    open: bool,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let folder = std::env::temp_dir().join(format!("raqam-playground-{}", std::process::id()));
    std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
    let played = block_on(play(arguments, &folder));
    let cleaned = std::fs::remove_dir_all(&folder);
    played?;
    cleaned?;
    Ok(ExitCode::SUCCESS)
}

async fn play(arguments: &Arguments, folder: &Path) -> anyhow::Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut options = SimOptions::default();
    options.telegram.recorded_max = RECORDED_MAX;
    for common in [&mut options.smspool.common, &mut options.nonvoip.common] {
        common.recorded_max = RECORDED_MAX;
    }
    let sim = Sim::start(options).await?;
    let log = start_log(sim.clock.clone())?;
    let clock = Arc::new(SimulatedClock(sim.clock.clone()));
    let bot: Arc<dyn Bot> =
        Arc::new(PlaygroundBot::new(over_sim(&sim, &folder.join("raqam.redb"))?, clock, sim.telegram.clone(), log));
    let port = arguments.port.map_or(Port::Rather(PORT), Port::Only);
    let mut playground = Playground::start(sim, bot.clone(), port).await?;
    let served = async {
        let first = bot.clone();
        tokio::task::spawn_blocking(move || first.start()).await?.map_err(anyhow::Error::msg)?;
        playground.open().await.map_err(anyhow::Error::msg)?;
        println!("The playground is at {}; stop it with Ctrl-C.", playground.url());
        if arguments.open {
            open(playground.url());
        }
        playground.run().await;
        Ok(())
    };
    let ended = tokio::select! {
        ended = served => ended,
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
    };
    tokio::task::spawn_blocking(move || bot.kill()).await?.map_err(anyhow::Error::msg)?;
    ended
}

/// The log goes into a book that the inspector reads.
fn start_log(clock: SimClock) -> anyhow::Result<LogBook> {
    let book = LogBook::default();
    let log = tracing_subscriber::fmt().with_env_filter(filter(LOG)?).with_ansi(false).with_timer(SimulatedTime(clock));
    let _ = log.with_writer(book.clone()).log_internal_errors(false).try_init();
    Ok(book)
}

/// Asks the desktop for a browser; where there is none, the printed address has to do.
fn open(url: &str) {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let opened =
        Command::new(program).arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    if opened.is_err() {
        eprintln!("raqam: {program} is not there: open the address by hand");
    }
}
