//! `raqam sim`: the simulated Telegram and the simulated suppliers, by hand.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use sim::{Sim, SimOptions};

use super::block_on;

#[derive(Args)]
pub(super) struct Arguments {
    /// The port of the simulated Telegram; 0 takes a free one.
    #[arg(long, default_value_t = 8081)]
    telegram_port: u16,
    /// The port of server 2's simulated supplier; 0 takes a free one.
    #[arg(long, default_value_t = 8082)]
    smspool_port: u16,
    /// The port of server 1's simulated supplier; 0 takes a free one.
    #[arg(long, default_value_t = 8083)]
    nonvoip_port: u16,
    /// The only bot token that is accepted; without it any is.
    #[arg(long)]
    token: Option<String>,
    /// The API key that server 2's simulated supplier accepts.
    #[arg(long)]
    key: Option<String>,
    /// Our balance at each simulated supplier, in dollars.
    #[arg(long, default_value = "1000.00")]
    balance: String,
    /// Seconds after which a code arrives by itself; 0: only when it is asked for.
    #[arg(long, default_value_t = 10)]
    sms_after: u64,
    /// Seconds after a purchase in which cancelling is refused.
    #[arg(long, default_value_t = 60)]
    cancel_lock: u64,
    /// Without rate limits, for load.
    #[arg(long)]
    load: bool,
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let mut options = if arguments.load { SimOptions::for_load() } else { SimOptions::default() };
    options.telegram.port = arguments.telegram_port;
    options.telegram.token = arguments.token;
    options.smspool.common.port = arguments.smspool_port;
    options.nonvoip.common.port = arguments.nonvoip_port;
    for common in [&mut options.smspool.common, &mut options.nonvoip.common] {
        common.balance.clone_from(&arguments.balance);
        common.cancel_lock = Duration::from_secs(arguments.cancel_lock);
        common.sms_after = (arguments.sms_after > 0).then(|| Duration::from_secs(arguments.sms_after));
    }
    if let Some(key) = arguments.key {
        options.smspool.common.key = key;
    }
    block_on(async {
        let sim = Sim::start(options).await?;
        println!("The simulated Telegram and the simulated suppliers are ready. In another shell:\n");
        println!("  export TOKEN={}", sim.telegram.token());
        println!("  export TELEGRAM_API_URL={}", sim.telegram.url());
        println!("  export SMSPOOL_API_URL={}", sim.smspool.url());
        println!("  export SMSPOOL_API_KEY={}", sim.smspool.key());
        println!("  export NONVOIP_API_URL={}", sim.nonvoip.url());
        println!("  export NONVOIP_EMAIL={}", sim.nonvoip.email().unwrap_or_default());
        println!("  export NONVOIP_PASSWORD='{}'", sim.nonvoip.key());
        println!("  raqam serve\n");
        println!("Talk to the bot with requests to {}/sim/…; stop with Ctrl-C.", sim.telegram.url());
        tokio::signal::ctrl_c().await?;
        Ok(ExitCode::SUCCESS)
    })
}
