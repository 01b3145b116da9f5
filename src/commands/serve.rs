//! `raqam serve`: the bot.

use std::process::ExitCode;

use clap::Args;
use telegram::Limits;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::{block_on, start_log};
use crate::config::{Config, Options};
use crate::run;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    options: Options,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let config = Config::from_options(&arguments.options)?;
    start_log("info")?;
    let _points = failpoint::setup();
    block_on(async {
        let (stop, shutdown) = watch::channel(false);
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        tokio::spawn(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            tracing::info!("stopping");
            let _ = stop.send(true);
            // Keeps the channel open: a closed one would look like another change.
            std::future::pending::<()>().await;
        });
        run::bot(&config, run::clock(&config), Limits::default(), shutdown).await
    })?;
    Ok(ExitCode::SUCCESS)
}
