//! Empties one person's mailbox: handles one thing at a time, in order, while at most one round of output runs beside
//! it. So a slow or rate-limited edit never holds up the next press, and a panic harms nobody else.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::task::{JoinError, JoinHandle};
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use crate::host::{Host, HostResult, Notice, Person};
use crate::mailbox::{Inbox, Mail, Mailboxes, Woken, Work};
use crate::observe::{Seen, UpdateKind};
use crate::projection::Memory;
use crate::round::{Left, round};
use crate::shared::Shared;
use crate::steps::{self, After};
use crate::todo::{Asked, Panel, Todo};

/// How long a reply waits for output that runs: what it replies to may have been delivered just now.
const REPLY_WAITS: Duration = Duration::from_secs(2);
/// The first and the longest wait before output is tried again.
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// After so many failed rounds in a row the panel is given up; what is outgoing is the host's to give up.
const PANEL_FAILURES_MAX: u32 = 6;

/// The owner of a mailbox.
pub(crate) struct Actor<H: Host> {
    shared: Arc<Shared<H>>,
    mailboxes: Arc<Mailboxes<H>>,
    inbox: Arc<Inbox<H::App>>,
    person: Person,
    todo: Todo,
    memory: Memory,
    /// Since when something waits to be shown or delivered.
    waits_since: Option<Instant>,
    /// For the round that is under way.
    hurry: Arc<Notify>,
    failures: u32,
    retry_at: Option<Instant>,
    /// Dropped when this actor is done.
    _alive: mpsc::Sender<()>,
}

type Round = Option<JoinHandle<HostResult<Left>>>;

impl<H: Host> Actor<H> {
    /// The owner of this mailbox.
    pub(crate) fn new(
        user: u64,
        mailboxes: Arc<Mailboxes<H>>,
        inbox: Arc<Inbox<H::App>>,
        alive: mpsc::Sender<()>,
    ) -> Self {
        Self {
            shared: Arc::clone(&mailboxes.shared),
            mailboxes,
            inbox,
            person: Person { id: user, name: String::new(), language_code: None },
            todo: Todo::default(),
            memory: Memory::default(),
            waits_since: None,
            hurry: Arc::default(),
            failures: 0,
            retry_at: None,
            _alive: alive,
        }
    }

    /// Runs until nothing has come for a while, or the bot stops.
    pub(crate) async fn run(mut self) {
        let mut output: Round = None;
        loop {
            if output.is_none() && !self.todo.is_empty() && self.retry_at.is_none() {
                self.hurry = Arc::default();
                let (hurry, waits_since) = (Arc::clone(&self.hurry), self.waits_since.take());
                let memory = Memory { hurry, waits_since, ..std::mem::take(&mut self.memory) };
                let todo = std::mem::take(&mut self.todo);
                // As urgent as the worst line in it: whatever is logged at all says whose it is.
                let span = tracing::error_span!("output", user = self.shared.host.pseudonym(self.person.id));
                let round = round(Arc::clone(&self.shared), self.person.clone(), todo, memory);
                output = Some(tokio::spawn(round.instrument(span)));
            }
            let stopping = self.mailboxes.stopping.load(Ordering::SeqCst);
            if stopping && output.is_none() && self.mailboxes.close(self.person.id) {
                return;
            }
            let quiet = output.is_none() && self.retry_at.is_none();
            let retry_at = self.retry_at.unwrap_or_else(Instant::now);
            let inbox = Arc::clone(&self.inbox);
            tokio::select! {
                mail = inbox.next(&self.mailboxes.stopping), if !stopping || output.is_none() => {
                    if output.is_some()
                        && replies(&mail)
                        && let Ok(ended) = tokio::time::timeout(REPLY_WAITS, ended(&mut output)).await {
                        output = None;
                        self.absorb(ended);
                    }
                    self.open(mail).await;
                }
                ended = ended(&mut output) => {
                    output = None;
                    self.absorb(ended);
                }
                () = tokio::time::sleep_until(retry_at), if self.retry_at.is_some() => self.retry_at = None,
                () = tokio::time::sleep(self.shared.limits.mailbox_idle), if quiet => {
                    if self.mailboxes.close(self.person.id) {
                        return;
                    }
                }
            }
        }
    }

    async fn open(&mut self, mail: Mail<H::App>) {
        match mail {
            Mail::Work(work) => {
                let span = self.span(&work);
                self.handle(work).instrument(span).await;
            }
            // The panel, too: a crash may have come before it became the card that is due now.
            Mail::Wake(Woken { since, asked }) => {
                self.waits_since.get_or_insert(since);
                let panel = Some(Panel { asked, ..Panel::UNASKED });
                self.todo.merge(Todo { panel, outbox: Some(asked), ..Todo::default() });
            }
            Mail::Nothing => {}
        }
    }

    /// What the log lines of this work have in common. The flow is told when it is known.
    fn span(&self, work: &Work<H::App>) -> Span {
        let user = || self.shared.host.pseudonym(self.person.id);
        match work {
            Work::Update(incoming, ..) => {
                let (id, kind) = (incoming.update, UpdateKind::of(&incoming.what).name());
                tracing::error_span!("update", id, user = user(), kind, flow = Empty)
            }
            Work::Delivered(_) => tracing::error_span!("own", user = user(), flow = Empty),
        }
    }

    /// Handles something in a task of its own, so that a panic ends that task alone; tries again a few times.
    async fn handle(&mut self, work: Arc<Work<H::App>>) {
        if let Work::Update(incoming, ..) = &*work {
            self.person = incoming.person.clone();
        }
        for tries in 1..=self.shared.limits.tries_max {
            let taken = steps::take(Arc::clone(&self.shared), Arc::clone(&work), self.person.clone());
            match tokio::spawn(taken.in_current_span()).await {
                Ok(Ok(after)) => {
                    self.handled(&work, &after);
                    if let Some(lang) = after.lang {
                        self.inbox.speak(lang);
                    }
                    self.todo.merge(after.todo);
                    if after.acted {
                        self.hurry.notify_one();
                        self.retry_at = None;
                    }
                    return;
                }
                Ok(Err(error)) => return self.shared.fail(error),
                Err(panic) => self.panicked(tries, &panic),
            }
        }
        if let Err(error) = self.give_up(&work).await {
            self.shared.fail(error);
        }
    }

    /// Tells that something is handled; what there is to show of it waits from now on.
    fn handled(&mut self, work: &Work<H::App>, after: &After) {
        if !after.todo.is_empty() {
            self.waits_since.get_or_insert_with(Instant::now);
        }
        if let Work::Update(incoming, arrived, _) = work {
            let (kind, took) = (UpdateKind::of(&incoming.what), arrived.elapsed());
            tracing::debug!(kind = kind.name(), took_ms = took.as_millis(), "an update is handled");
            self.shared.observer.see(&Seen::Handled { kind, took });
        }
    }

    fn panicked(&self, tries: u32, panic: &JoinError) {
        self.shared.observer.see(&Seen::Panicked);
        tracing::error!(tries, %panic, "handling panicked");
    }

    async fn give_up(&self, work: &Work<H::App>) -> HostResult<()> {
        match work {
            Work::Update(incoming, _, unanswered) => {
                if let Some(unanswered) = unanswered {
                    // Not looked up: reading this person may be what panics.
                    let lang = self.inbox.spoken(&self.person);
                    self.shared.answer(unanswered, self.shared.notice(Notice::Failed, lang));
                }
                self.shared.bury(incoming.update, "its handling panics");
                Ok(())
            }
            Work::Delivered(delivered) => {
                tracing::error!("something of our own is put aside: see the dead letters");
                self.shared.host.put_aside(&delivered.key, "its handling panics").await
            }
        }
    }

    fn absorb(&mut self, ended: Result<HostResult<Left>, JoinError>) {
        let left = match ended {
            Ok(Ok(left)) => left,
            Ok(Err(error)) => return self.shared.fail(error),
            Err(panic) => {
                self.panicked(1, &panic);
                Left { todo: Todo { outbox: Some(Asked::No), ..Todo::default() }, back_off: true, ..Left::default() }
            }
        };
        self.memory = left.memory;
        if !left.todo.is_empty() {
            self.waits_since = self.memory.waits_since.or(self.waits_since);
        }
        let newer = std::mem::replace(&mut self.todo, left.todo);
        self.todo.merge(newer);
        if !left.back_off {
            self.failures = 0;
            return;
        }
        self.failures += 1;
        if self.failures >= PANEL_FAILURES_MAX {
            self.todo.panel = None;
        }
        let wait = BACK_OFF.0 * 2_u32.saturating_pow(self.failures.min(10) - 1);
        self.retry_at = Some(Instant::now() + wait.min(BACK_OFF.1));
    }
}

/// Whether it speaks of a message of ours. Which one that is may be on its way into the store while output runs.
fn replies<A: engine::registry::Registry>(mail: &Mail<A>) -> bool {
    matches!(mail, Mail::Work(work) if matches!(&**work, Work::Update(incoming, ..) if incoming.reply_to.is_some()))
}

async fn ended(output: &mut Round) -> Result<HostResult<Left>, JoinError> {
    match output {
        Some(output) => output.await,
        None => std::future::pending().await,
    }
}
