//! Drives any flow of `engine` over the Telegram Bot API. It knows no product and has no words of its own: both come
//! from a [`host::Host`].
//!
//! Where to start: [`Bot::start`] asks Telegram who the bot is; [`Running::run_until`] polls until it is told to stop.
//!
//! # Layout
//! * `intake` polls and stores, `input` reads one update, `mailbox` and `actor` handle one person's in order, `inline`
//!   is the side door for searches.
//! * `steps` and `presses` are the step loop: load, decide, store, answer.
//! * `round` shows what came of it: `projection` the panel, `outbox` what must reach a person.
//! * `observe` says what whoever counts or traces may know of all this.
//! * `port` and `methods` are the only way out; `output` and `gate` keep Telegram's rates; `html` escapes, once.

mod actor;
mod gate;
pub mod host;
mod html;
mod inline;
mod input;
mod intake;
mod mailbox;
mod methods;
mod observe;
mod outbox;
mod output;
mod port;
mod presses;
mod profile;
mod projection;
mod round;
mod settings;
mod shared;
mod steps;
mod todo;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, mpsc, watch};
use tokio::time::Instant;

use crate::gate::{Gate, Pace};
use crate::host::{Delivered, Host, HostError, Owner};
use crate::inline::InlineDoor;
use crate::intake::Intake;
use crate::mailbox::Mailboxes;
use crate::methods::GetMe;
use crate::output::{Chores, Output};
use crate::port::{CallError, Port, believed};
use crate::shared::{Counters, Shared};
use crate::todo::Asked;

pub use crate::mailbox::Posted;
pub use crate::observe::{Observer, Seen, UpdateKind};
pub use crate::settings::{Limits, Settings, Token};

/// How many answers, and how many marks in the store, may be under way.
const CHORES: u32 = 4096;
/// The first and the longest wait before Telegram is asked again who the bot is.
const START_BACK_OFF: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));
/// How often it is said that Telegram cannot be reached.
const SAY_EVERY: Duration = Duration::from_secs(60);

/// Why a bot did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The Bot API server's address is no address.
    #[error("not an address of a Bot API server: {0}")]
    Address(String),
    /// The HTTP client could not be made.
    #[error("http client: {0}")]
    Client(String),
    /// Telegram does not know the token.
    #[error("telegram refuses the token")]
    Unauthorized,
    /// The database is another bot's: each bot needs one of its own.
    #[error("the database belongs to another bot than this token (@{0}): use that bot's token, or another database")]
    OtherBot(String),
    /// The host failed.
    #[error(transparent)]
    Host(#[from] HostError),
}

/// Why a running bot stopped by itself.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process polls with this token, or a webhook is set: stop one of them.
    #[error("somebody else receives this bot's updates: {0}")]
    Conflict(String),
    /// The host failed: start again and read the truth.
    #[error(transparent)]
    Host(#[from] HostError),
}

/// A bot that is not running yet.
#[derive(Debug, Clone, Copy)]
pub struct Bot;

/// A bot that may run.
pub struct Running<H: Host> {
    /// For whoever has something to deliver.
    pub handle: Handle<H>,
    intake: Intake<H>,
    fatal: mpsc::Receiver<Error>,
}

/// The way into a running bot for everything that does not come from Telegram.
pub struct Handle<H: Host> {
    mailboxes: Arc<Mailboxes<H>>,
    unauthorized: Arc<AtomicBool>,
}

impl<H: Host> Clone for Handle<H> {
    fn clone(&self) -> Self {
        Self { mailboxes: Arc::clone(&self.mailboxes), unauthorized: Arc::clone(&self.unauthorized) }
    }
}

/// What happened since the start, and how it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Status {
    /// Whether Telegram refuses the token at the moment.
    pub unauthorized: bool,
    /// Updates passed on.
    pub updates: u64,
    /// Updates of no use to us.
    pub ignored: u64,
    /// Updates that could not be read.
    pub unreadable: u64,
    /// Presses that did not count any more.
    pub stale: u64,
    /// Steps that a flow's table does not have.
    pub undeclared: u64,
    /// Updates refused as a flood.
    pub flooded: u64,
    /// Updates refused because of a full mailbox.
    pub busy: u64,
    /// Inline queries dropped.
    pub inline_dropped: u64,
    /// Updates put aside.
    pub buried: u64,
    /// People whose mailbox is open: something came for them a short while ago.
    pub mailboxes: usize,
    /// Things that wait in mailboxes.
    pub waiting: usize,
}

impl Bot {
    /// Asks Telegram who the bot is, until it answers. Nothing is received before [`Running::run_until`].
    ///
    /// # Errors
    /// [`StartError`], by what the caller can do about it.
    pub async fn start<H: Host>(host: Arc<H>, settings: Settings) -> Result<Running<H>, StartError> {
        let port = Port::new(settings.token.expose(), &settings.api_url, settings.observer.clone())?;
        let bot = who_am_i(&port).await?;
        match host.own(bot.id).await? {
            Owner::Us => {}
            Owner::Another => return Err(StartError::OtherBot(bot.username)),
        }
        let (fatal, fatal_receiver) = mpsc::channel(1);
        let limits = settings.limits;
        let shared = Arc::new(Shared {
            host,
            output: Output { port, gate: Gate::default() },
            bot,
            unasked: Pace::per_second(limits.unasked_per_second),
            deliveries: Semaphore::new(limits.deliveries_at_once),
            chores: Chores::new(CHORES),
            marks: Chores::new(CHORES),
            counters: Counters::default(),
            observer: settings.observer,
            limits,
            fatal,
        });
        let mailboxes = Mailboxes::new(Arc::clone(&shared));
        let unauthorized = Arc::new(AtomicBool::new(false));
        let handle = Handle { mailboxes: Arc::clone(&mailboxes), unauthorized: Arc::clone(&unauthorized) };
        let inline = InlineDoor::new(Arc::clone(&shared));
        Ok(Running {
            handle,
            intake: Intake { shared, mailboxes, inline, unauthorized, polling: Arc::default() },
            fatal: fatal_receiver,
        })
    }
}

/// Without an answer nothing can be served, and giving up would help nobody: asked until Telegram is there.
async fn who_am_i(port: &Port) -> Result<input::Bot, StartError> {
    let (mut wait, mut said) = (START_BACK_OFF.0, None::<Instant>);
    loop {
        let error = match port.call(&GetMe {}).await {
            Ok(me) => return Ok(input::Bot { id: me.id, username: me.username }),
            Err(CallError::Unauthorized) => return Err(StartError::Unauthorized),
            Err(error) => error,
        };
        if said.is_none_or(|at| at.elapsed() >= SAY_EVERY) {
            tracing::warn!(%error, "telegram cannot be reached; the bot waits for it");
            said = Some(Instant::now());
        }
        let pause = if let CallError::RetryAfter(pause) = error { believed(pause) } else { wait };
        tokio::time::sleep(pause).await;
        wait = (wait * 2).min(START_BACK_OFF.1);
    }
}

impl<H: Host> Running<H> {
    /// Runs until `shutdown` says true (or is dropped), then stops cleanly: no new updates, what was begun is finished
    /// within a bound.
    ///
    /// # Errors
    /// [`Error`] where the bot stopped by itself.
    pub async fn run_until(mut self, mut shutdown: watch::Receiver<bool>) -> Result<(), Error> {
        let shared = Arc::clone(&self.intake.shared);
        let mailboxes = Arc::clone(&self.intake.mailboxes);
        let background =
            tokio::spawn(in_background(Arc::clone(&shared), Arc::clone(&mailboxes), Arc::clone(&self.intake.polling)));
        let ended = tokio::select! {
            error = self.intake.run() => Err(error),
            Some(error) = self.fatal.recv() => Err(error),
            _ = shutdown.wait_for(|stop| *stop) => Ok(()),
        };
        background.abort();
        if !matches!(ended, Err(Error::Host(_))) {
            let finished = async {
                mailboxes.drain().await;
                shared.chores.finished().await;
                shared.marks.finished().await;
            };
            if tokio::time::timeout(shared.limits.stop_within, finished).await.is_err() {
                tracing::warn!("not everything was finished in time; it is done at the next start");
            }
        }
        ended.and_then(|()| self.fatal.try_recv().map_or(Ok(()), Err))
    }
}

/// What may happen once polling has begun: waiting deliveries, then the bot's profile.
async fn in_background<H: Host>(shared: Arc<Shared<H>>, mailboxes: Arc<Mailboxes<H>>, polling: Arc<Notify>) {
    polling.notified().await;
    match shared.host.users_with_outgoing().await {
        Ok(users) => users.into_iter().for_each(|user| mailboxes.wake(user, Asked::No)),
        Err(error) => return shared.fail(error),
    }
    profile::publish(shared.host.as_ref(), &shared.output.port).await;
}

impl<H: Host> Handle<H> {
    /// Puts something into a person's mailbox: a timer, a job's answer.
    pub fn deliver(&self, delivered: Delivered<H::App>) -> Posted {
        self.mailboxes.deliver(delivered)
    }

    /// Something is outgoing for this person.
    pub fn wake(&self, user: u64) {
        self.mailboxes.wake(user, Asked::No);
    }

    /// This person's session was changed for them: the screen is shown at once, in a new message where there is none.
    pub fn show(&self, user: u64) {
        self.mailboxes.wake(user, Asked::Yes);
    }

    /// The bot's user name, without `@`.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.mailboxes.shared.bot.username
    }

    /// The bot's id.
    #[must_use]
    pub fn bot_id(&self) -> u64 {
        self.mailboxes.shared.bot.id
    }

    /// What happened since the start.
    #[must_use]
    pub fn status(&self) -> Status {
        let counters = &self.mailboxes.shared.counters;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (mailboxes, waiting) = self.mailboxes.count();
        Status {
            unauthorized: self.unauthorized.load(Ordering::Relaxed),
            updates: read(&counters.updates),
            ignored: read(&counters.ignored),
            unreadable: read(&counters.unreadable),
            stale: read(&counters.stale),
            undeclared: read(&counters.undeclared),
            flooded: read(&counters.flooded),
            busy: read(&counters.busy),
            inline_dropped: read(&counters.inline_dropped),
            buried: read(&counters.buried),
            mailboxes,
            waiting,
        }
    }
}
