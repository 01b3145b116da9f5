//! The real bot as the playground has it: in this process, on a runtime of its own, to be killed and looked into.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use engine::registry::Registry as _;
use engine::replay::Edge;
use engine::session::Session;
use flows::Raqam;
use gallery::diagrams;
use gallery::replay::{self, Recording};
use playground::{Bot, Diagram, Entry, Replayed};
use serde_json::Value;
use shop::clock::Clock;
use shop::{Money, UserId};
use sim::TelegramSim;
use store::Store;
use telegram::Limits;
use tokio::sync::{oneshot, watch};

use crate::config::Config;
use crate::log_book::LogBook;
use crate::operator::{Request, sessions, show_transaction};
use crate::{control, run};

/// How long the bot may take to open its database and to ask Telegram for updates.
const START: Duration = Duration::from_secs(30);
/// How long a killed bot may hold on to its database.
const LET_GO: Duration = Duration::from_secs(15);

/// The bot, running or dead.
pub(crate) struct PlaygroundBot {
    config: Arc<Config>,
    clock: Arc<dyn Clock>,
    telegram: TelegramSim,
    log: LogBook,
    /// One start or kill at a time.
    changing: Mutex<()>,
    life: Mutex<Option<Life>>,
    /// The ledger as far as it was read: a dead bot's is looked at, too.
    ledger: Mutex<Vec<Entry>>,
    credits: AtomicU64,
}

/// One life of the bot.
struct Life {
    store: Store,
    kill: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

/// What a bot's thread works with.
struct Start {
    config: Arc<Config>,
    clock: Arc<dyn Clock>,
    killed: oneshot::Receiver<()>,
    opened: mpsc::Sender<anyhow::Result<Store>>,
}

impl PlaygroundBot {
    /// A bot that does not run yet.
    pub(crate) fn new(config: Config, clock: Arc<dyn Clock>, telegram: TelegramSim, log: LogBook) -> Self {
        let (changing, life, ledger) = (Mutex::default(), Mutex::default(), Mutex::default());
        let credits = AtomicU64::new(0);
        Self { config: Arc::new(config), clock, telegram, log, changing, life, ledger, credits }
    }

    fn recorded(&self, user: i64) -> Result<Recording, String> {
        let user = u64::try_from(user).map(UserId).map_err(|error| error.to_string())?;
        let store = self.store().ok_or("the bot does not run")?;
        sessions::recorded(&store, user).map(|recorded| recorded.recording).map_err(|error| error.to_string())
    }

    fn end(&self) -> Result<(), String> {
        let life = self.life().take();
        life.map_or(Ok(()), let_go)
    }

    fn life(&self) -> MutexGuard<'_, Option<Life>> {
        self.life.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The store of a bot that runs.
    fn store(&self) -> Option<Store> {
        self.life().as_ref().filter(|life| !life.thread.is_finished()).map(|life| life.store.clone())
    }

    /// The ledger, with what was posted meanwhile.
    fn ledger(&self) -> MutexGuard<'_, Vec<Entry>> {
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = self.store() {
            for place in ledger.len() as u64 + 1.. {
                let Ok(Some(posted)) = store.transaction(place) else { break };
                let user = posted.user.and_then(|user| i64::try_from(user.0).ok());
                ledger.push(Entry { place, user, text: show_transaction(place, &posted) });
            }
        }
        ledger
    }
}

impl Bot for PlaygroundBot {
    fn start(&self) -> Result<(), String> {
        // The lock on the life is never held for long: whoever looks at the bot takes it, too.
        let _only = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_running() {
            return Ok(());
        }
        // One that ended by itself still has its store here.
        self.end()?;
        let polls = self.telegram.count("getUpdates");
        let ((kill, killed), (opened, is_open)) = (oneshot::channel(), mpsc::channel());
        let start = Start { config: self.config.clone(), clock: self.clock.clone(), killed, opened };
        let thread = std::thread::Builder::new().name("bot".to_owned()).spawn(move || live(start));
        let thread = thread.map_err(|error| error.to_string())?;
        let store = is_open.recv_timeout(START).map_err(|error| error.to_string())?;
        let store = store.map_err(|error| format!("{error:#}"))?;
        *self.life() = Some(Life { store, kill, thread });
        let polled = wait(self.telegram.wait_count("getUpdates", polls + 1, START))?;
        if polled > polls { Ok(()) } else { Err("the bot does not ask for updates".to_owned()) }
    }

    fn kill(&self) -> Result<(), String> {
        let _only = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        self.end()
    }

    fn is_running(&self) -> bool {
        self.store().is_some()
    }

    fn credit(&self, user: i64, amount: &str) -> Result<(), String> {
        let user = u64::try_from(user).map(UserId).map_err(|error| error.to_string())?;
        let amount = Money::parse(amount).ok().filter(|amount| *amount > Money::ZERO);
        let amount = amount.ok_or("say dollars such as 5.00")?;
        let nonce = format!("playground-{}", self.credits.fetch_add(1, Ordering::Relaxed));
        let request = Request::Credit { user, amount, reason: "playground".to_owned(), nonce };
        let socket = control::socket_path(&self.config.database_file);
        let answer = wait(control::ask(&socket, request))?.map_err(|error| error.to_string())?;
        match answer {
            Some(answer) if answer.granted => Ok(()),
            Some(answer) => Err(answer.text),
            None => Err("the bot does not run".to_owned()),
        }
    }

    fn session(&self, user: i64) -> Option<Value> {
        let user = UserId(u64::try_from(user).ok()?);
        serde_json::to_value(self.store()?.user(user).ok()?.session).ok()
    }

    fn last_entry(&self) -> Option<u64> {
        self.is_running().then(|| self.ledger().len() as u64)
    }

    fn entries_after(&self, entry: u64) -> Vec<Entry> {
        self.ledger().iter().filter(|posted| posted.place > entry).cloned().collect()
    }

    fn last_log_line(&self) -> u64 {
        self.log.last()
    }

    fn log_after(&self, line: u64) -> Vec<(u64, String)> {
        self.log.after(line)
    }

    fn diagram(&self, user: i64, before: Option<&Value>, after: &Value) -> Option<Diagram> {
        let read = |session: &Value| serde_json::from_value::<Session>(session.clone()).ok();
        let (before, after) = (before.and_then(read), read(after)?);
        let (flow, state) = shown(&after)?;
        let steps = before.map_or(0, |before| before.revision)..after.revision;
        let taken = self.recorded(user).ok().and_then(|recorded| taken(&recorded, &steps, flow));
        let edge = taken.as_ref().and_then(|edge| Some((&*edge.from, &*edge.on, edge.to.as_deref()?)));
        let svg = diagrams::diagram(flow, Some(state), edge)?;
        Some(Diagram { flow: flow.to_owned(), state: state.to_owned(), svg })
    }

    fn diagram_style(&self) -> &'static str {
        diagrams::STYLE
    }

    fn record(&self, user: i64) -> Result<String, String> {
        let recording = self.recorded(user)?;
        if recording.events.is_empty() {
            Err("nothing was recorded yet".to_owned())
        } else {
            Ok(replay::write(&recording))
        }
    }

    fn replay(&self, recording: &str) -> Result<Replayed, String> {
        let recording = replay::read(recording).map_err(|error| error.to_string())?;
        let events = replay::replay(&recording).map_err(|error| error.to_string())?;
        let differ = events.iter().filter(|event| event.differs()).count();
        Ok(Replayed { differ, text: replay::text(&events) })
    }
}

/// The conversation and the state that a session shows; none where it is empty or cannot be read.
fn shown(session: &Session) -> Option<(&'static str, &'static str)> {
    let frame = session.frames.last()?;
    let state = Raqam::thaw(&frame.flow, frame.version, &frame.body).ok()?;
    Some((Raqam::freeze(&state).flow, Raqam::kind(&state)))
}

/// The last row of a flow's table that was taken in these steps.
fn taken(recording: &Recording, steps: &Range<u64>, flow: &str) -> Option<Edge> {
    let events =
        recording.events.iter().filter(|event| !event.refused && steps.contains(&event.record.session.revision));
    let mut edges = events.flat_map(|event| &event.record.came.edges);
    edges.rfind(|edge| edge.flow == flow && edge.to.is_some()).cloned()
}

/// The life of a bot: ends with the bot, or in the middle of it when it is killed.
fn live(start: Start) {
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return drop(start.opened.send(Err(error.into()))),
    };
    runtime.block_on(async {
        let opened = match run::open(&start.config, start.clock).await {
            Ok(opened) => opened,
            Err(error) => return drop(start.opened.send(Err(error))),
        };
        let _ = start.opened.send(Ok(opened.office.store.clone()));
        // The sender stays, so that nothing looks like an orderly end.
        let (_stop, shutdown) = watch::channel(false);
        tokio::select! {
            ended = run::serve(&start.config, opened, Limits::default(), shutdown) => {
                if let Err(error) = ended {
                    tracing::error!(error = format!("{error:#}"), "the bot ended by itself");
                }
            }
            _ = start.killed => {}
        }
    });
    // Whatever still runs is dropped where it stands.
    runtime.shutdown_timeout(LET_GO);
}

/// Kills a bot and waits until its database is free: its storage is gone then, and the file's lock with it.
fn let_go(life: Life) -> Result<(), String> {
    let mut storage = life.store.failed();
    drop(life.store);
    // Where nobody hears it, the bot has ended already.
    let _ = life.kill.send(());
    let gone = async { while storage.changed().await.is_ok() {} };
    let free = wait(async { tokio::time::timeout(LET_GO, gone).await })?;
    free.map_err(|_| "the killed bot still holds its database".to_owned())
}

/// Waits on a thread that has no runtime's work to do.
fn wait<T>(work: impl Future<Output = T>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    Ok(runtime.map_err(|error| error.to_string())?.block_on(work))
}
