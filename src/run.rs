//! The composition root: from a checked configuration to a running shop, and cleanly back.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use secrecy::ExposeSecret as _;
use shop::clock::Clock;
use shop::command::Command;
use shop::settings::Settings;
use shop::{ServerId, UnixSeconds, UserId};
use store::{HeadFile, Options, Store};
use telegram::{Bot, Limits, Observer, Token};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::clock::{MovedClock, SystemClock};
use crate::config::{BadOption, Config};
use crate::control;
use crate::effects;
use crate::guard::Guard;
use crate::host::ShopHost;
use crate::market::Market;
use crate::metrics::{Metrics, page, standing};
use crate::office::{FollowUp, Office};
use crate::operator::Operator;
use crate::seal::{Needed, Sealer};
use crate::shell::Shell;
use crate::suppliers::{self, Supplier};
use crate::timers;
use crate::worker::Worker;

/// How long the parts may finish at the end: longer than a purchase call.
const FINISH: Duration = Duration::from_secs(55);

/// Everything that a shop needs before it talks to anybody.
pub struct Opened {
    /// The store and what follows from commits.
    pub office: Arc<Office>,
    /// What follows, for the worker.
    pub follow_ups: mpsc::Receiver<FollowUp>,
    /// What seals keys.
    pub sealer: Arc<Sealer>,
    /// The settings at this time.
    pub settings: Settings,
}

/// The clock that the configuration asks for.
#[must_use]
pub fn clock(config: &Config) -> Arc<dyn Clock> {
    match &config.clock_file {
        Some(file) => Arc::new(MovedClock { file: file.clone() }),
        None => Arc::new(SystemClock),
    }
}

/// Opens the database and the master key.
///
/// # Errors
/// One clear sentence on what is wrong with either.
pub async fn open(config: &Config, clock: Arc<dyn Clock>) -> anyhow::Result<Opened> {
    refuse_to_forget(config)?;
    let store = Store::open(&config.database_file, Options::default()).context("DATABASE_FILE")?;
    let settings = store.settings()?;
    let sealed = ServerId::ALL.iter().any(|server| settings.server(*server).key.is_some());
    let needed = if sealed { Needed::Yes } else { Needed::No };
    let sealer = Sealer::open(config.master_key.as_ref(), &config.beside("key"), needed)?;
    for server in ServerId::ALL {
        if let Some(key) = &settings.server(*server).key {
            sealer.unseal(*server, key)?;
        }
    }
    let (office, follow_ups) = Office::open(store, clock, sealer.pseudonyms()).await?;
    Ok(Opened { office, follow_ups, sealer: Arc::new(sealer), settings })
}

/// Writes down who answers tickets: the books tell them, and take answers from nobody else.
async fn appoint(config: &Config, opened: &Opened) -> anyhow::Result<()> {
    let mut admins: Vec<UserId> = config.admin_ids.iter().copied().map(UserId).collect();
    admins.sort_unstable();
    admins.dedup();
    if admins != opened.settings.admins {
        opened.office.command(vec![Command::SetAdmins(admins)]).await?;
    }
    Ok(())
}

/// A database that was there once is never replaced by an empty one.
fn refuse_to_forget(config: &Config) -> Result<(), BadOption> {
    let head = HeadFile::beside(&config.database_file);
    let left = [config.beside("key"), head.path().to_owned()].into_iter().filter(|file| file.exists());
    let left: Vec<String> = left.map(|file| file.display().to_string()).collect();
    if config.database_file.exists() || left.is_empty() {
        return Ok(());
    }
    let (file, left) = (config.database_file.display(), left.join(" and "));
    let problem = format!(
        "{file} is missing, although it was there once ({left} is left): bring it back with `raqam restore FILE`, or remove {left} to begin anew"
    );
    Err(BadOption { option: "DATABASE_FILE", problem })
}

/// Runs the bot until the shutdown comes. Orders and the operator are looked after from the first moment, whether
/// Telegram can be reached or not.
///
/// # Errors
/// Where it cannot start, or had to stop by itself.
pub async fn bot(
    config: &Config,
    clock: Arc<dyn Clock>,
    limits: Limits,
    shutdown: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    config.token.as_ref().ok_or_else(no_token)?;
    let counted = Counted::start(config, clock.now()).await?;
    run(config, open(config, clock).await?, counted, limits, shutdown).await
}

/// As [`bot`], on a database that is open.
///
/// # Errors
/// As [`bot`].
pub async fn serve(
    config: &Config,
    opened: Opened,
    limits: Limits,
    shutdown: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    run(config, opened, None, limits, shutdown).await
}

async fn run(
    config: &Config,
    opened: Opened,
    counted: Option<Counted>,
    limits: Limits,
    shutdown: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let token = config.token.as_ref().ok_or_else(no_token)?;
    if let Some(counted) = &counted {
        opened.office.count_in(&counted.metrics);
    }
    appoint(config, &opened).await?;
    let failed = opened.office.store.failed();
    let suppliers = suppliers::all(config, &opened, counted.as_ref().map(|counted| &counted.metrics))?;
    let markets = markets(&opened, &suppliers);
    let shell =
        Arc::new(Shell::new(opened.office.clone(), markets.clone(), config.support_url.clone(), config.poll_every));
    // Whether this ends in order or is dropped in the middle: the chats are let go, and with them the database.
    let _connection = Connection(shell.clone());
    let operator = Arc::new(operator(config, &opened, suppliers, markets.clone()));
    let guard = Arc::new(guard(config, &opened));
    guard.at_start()?;
    let worker = Worker::recover(shell.clone(), opened.follow_ups).await?;
    let socket = control::socket_path(&config.database_file);
    let listener = control::listen(&socket).with_context(|| format!("the control socket {}", socket.display()))?;

    let mut parts = JoinSet::new();
    parts.spawn(worker.run(shutdown.clone()));
    for market in markets.into_values() {
        parts.spawn(shell.clone().show_catalogue(market.clone(), shutdown.clone()));
        parts.spawn(market.run(config.poll_every, shutdown.clone()));
    }
    parts.spawn(guard.run(shutdown.clone()));
    parts.spawn(timers::run(shell.clone(), shutdown.clone()));
    parts.spawn(control::serve(listener, socket, operator, shutdown.clone()));
    let settings = telegram::Settings {
        token: Token::new(token.expose_secret()),
        api_url: config.telegram_api_url.clone(),
        limits: Limits {
            unasked_per_second: config.unasked_messages_per_second,
            flood_events: config.flood_events,
            ..limits
        },
        observer: counted.as_ref().map(Counted::observer).unwrap_or_default(),
    };
    if let Some(Counted { metrics, listener }) = counted {
        parts.spawn(standing::ask_balances(metrics.clone(), shell.clone(), shutdown.clone()));
        parts.spawn(page::serve(listener, metrics, shell.clone(), shutdown.clone()));
    }
    tokio::select! {
        ended = chats(shell.clone(), settings, shutdown.clone()) => ended?,
        () = broken(failed) => bail!("the database failed: start again, and the truth is read from it"),
        () = lost(&mut parts, &shutdown) => bail!("a part of the bot stopped by itself: start again"),
    }
    let finish = async { while parts.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(FINISH, finish).await;
    Ok(())
}

/// Metrics that are on: where they are counted, and where they will be asked for.
struct Counted {
    metrics: Arc<Metrics>,
    listener: TcpListener,
}

impl Counted {
    /// Takes the port first: that it is taken is said before anything has begun.
    async fn start(config: &Config, now: UnixSeconds) -> Result<Option<Self>, BadOption> {
        let Some(address) = config.metrics else { return Ok(None) };
        let listener = page::listen(address).await?;
        tracing::info!(%address, "metrics are served at /metrics");
        Ok(Some(Self { metrics: Arc::new(Metrics::new(now)), listener }))
    }

    fn observer(&self) -> Observer {
        let metrics = self.metrics.clone();
        Observer::new(move |seen| metrics.telegram(seen))
    }
}

/// Disconnects the chats when it is dropped.
struct Connection(Arc<Shell>);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.disconnect();
    }
}

/// The conversations: from the first word with Telegram to the shutdown.
async fn chats(
    shell: Arc<Shell>,
    settings: telegram::Settings,
    mut shutdown: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let host = Arc::new(ShopHost { shell: shell.clone() });
    let running = tokio::select! {
        started = Bot::start(host, settings) => started.context("the bot cannot start")?,
        _ = shutdown.wait_for(|stop| *stop) => return Ok(()),
    };
    shell.connect(running.handle.clone());
    effects::resume_jobs(&shell);
    tracing::info!("serving");
    running.run_until(shutdown).await.context("the bot stopped")
}

/// Ends when a part ends although nobody asked for it: half a bot would take money and deliver nothing.
async fn lost(parts: &mut JoinSet<()>, shutdown: &watch::Receiver<bool>) {
    let ended = parts.join_next().await;
    if let Some(Err(error)) = ended {
        tracing::error!(%error, "a part of the bot failed");
    }
    if *shutdown.borrow() {
        // It was asked for: what ends now, ends in order.
        std::future::pending::<()>().await;
    }
}

fn guard(config: &Config, opened: &Opened) -> Guard {
    let folder = config.database_file.parent().filter(|folder| !folder.as_os_str().is_empty());
    Guard {
        store: opened.office.store.clone(),
        folder: folder.unwrap_or_else(|| Path::new(".")).to_owned(),
        free_bytes_min: config.free_disk_mb_min * 1_000_000,
    }
}

/// The servers with their suppliers, and who listens to these.
fn markets(opened: &Opened, suppliers: &BTreeMap<ServerId, Supplier>) -> BTreeMap<ServerId, Arc<Market>> {
    let office = &opened.office;
    let market = |(server, supplier): (&ServerId, &Supplier)| {
        let market = Market::open(*server, supplier.client.clone(), office, &opened.settings);
        if supplier.has_key {
            market.key_was_set();
        } else {
            tracing::warn!(
                server = server.number(),
                "no key is set: nothing is sold there until `raqam settings key` sets one"
            );
        }
        (*server, market)
    };
    suppliers.iter().map(market).collect()
}

fn operator(
    config: &Config,
    opened: &Opened,
    suppliers: BTreeMap<ServerId, Supplier>,
    markets: BTreeMap<ServerId, Arc<Market>>,
) -> Operator {
    let keys = config.suppliers.iter().filter(|(_, options)| options.key.is_some());
    Operator {
        office: opened.office.clone(),
        sealer: opened.sealer.clone(),
        suppliers,
        keys_in_environment: keys.map(|(server, _)| *server).collect(),
        poll_every: config.poll_every,
        on_key: Box::new(move |server| {
            if let Some(market) = markets.get(&server) {
                market.key_was_set();
            }
        }),
    }
}

/// An operator who works on the database directly, while no bot runs.
///
/// # Errors
/// As [`open`].
pub async fn operator_without_bot(config: &Config) -> anyhow::Result<Operator> {
    let opened = open(config, clock(config)).await?;
    let suppliers = suppliers::all(config, &opened, None)?;
    Ok(operator(config, &opened, suppliers, BTreeMap::new()))
}

/// The sentence for a bot without a token.
fn no_token() -> BadOption {
    BadOption { option: "TOKEN", problem: "is not set: @BotFather gives one with /newbot".to_owned() }
}

async fn broken(mut failed: watch::Receiver<bool>) {
    if failed.wait_for(|failed| *failed).await.is_err() {
        std::future::pending::<()>().await;
    }
}
