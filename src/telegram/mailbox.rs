//! One mailbox per person. Whoever posts never waits: a full mailbox and a flood are refused politely. An actor empties
//! it and leaves when nothing comes; posting and leaving exclude each other, so that nothing is lost in between.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::Lang;
use engine::registry::Registry;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use crate::actor::Actor;
use crate::host::{Delivered, Host, Notice, Person};
use crate::input::{Incoming, What};
use crate::output::Unanswered;
use crate::settings::Limits;
use crate::shared::{Shared, count};
use crate::todo::Asked;

/// Deliveries of the host's own may fill a mailbox further than a person may: so many times.
const OWN_SHARE: usize = 4;

/// Something to handle.
pub(crate) enum Work<A: Registry> {
    /// An update, and when it came in; a press with the right to answer it.
    Update(Incoming, Instant, Option<Unanswered>),
    /// Something of the host's own.
    Delivered(Delivered<A>),
}

/// Why an actor looks for what is outgoing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Woken {
    /// Since when it waits.
    pub(crate) since: Instant,
    /// Whether the panel was asked for.
    pub(crate) asked: Asked,
}

/// What the owner of a mailbox takes out of it.
pub(crate) enum Mail<A: Registry> {
    /// Something to handle.
    Work(Arc<Work<A>>),
    /// Something may be outgoing, and the panel may be out of date.
    Wake(Woken),
    /// Nothing: the bot is stopping.
    Nothing,
}

/// Whether something was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Posted {
    /// It will be handled.
    Taken,
    /// The mailbox is full, or the bot is stopping: it stays the caller's.
    Refused,
}

/// A person's mailbox.
pub(crate) struct Inbox<A: Registry> {
    state: Mutex<State<A>>,
    ring: Notify,
}

struct State<A: Registry> {
    queue: VecDeque<Arc<Work<A>>>,
    wake: Option<Woken>,
    recent: VecDeque<Instant>,
    lang: Option<Lang>,
}

impl<A: Registry> Inbox<A> {
    fn new() -> Self {
        let state = State { queue: VecDeque::new(), wake: None, recent: VecDeque::new(), lang: None };
        Self { state: Mutex::new(state), ring: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State<A>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What comes next. Cancelling this loses nothing.
    pub(crate) async fn next(&self, stopping: &AtomicBool) -> Mail<A> {
        loop {
            if let Some(mail) = self.lock().take() {
                return mail;
            }
            if stopping.load(Ordering::SeqCst) {
                return Mail::Nothing;
            }
            self.ring.notified().await;
        }
    }

    /// The language in which to refuse.
    pub(crate) fn speak(&self, lang: Lang) {
        self.lock().lang = Some(lang);
    }

    /// The language that was spoken last; before that, the one of the person's app.
    pub(crate) fn spoken(&self, person: &Person) -> Lang {
        self.lock().lang_for(person)
    }

    fn push(&self, work: Work<A>) {
        self.lock().queue.push_back(Arc::new(work));
        self.ring.notify_one();
    }
}

impl<A: Registry> State<A> {
    fn lang_for(&self, person: &Person) -> Lang {
        self.lang.unwrap_or_else(|| Lang::from_code(person.language_code.as_deref().unwrap_or_default()))
    }

    fn take(&mut self) -> Option<Mail<A>> {
        if let Some(woken) = self.wake.take() {
            return Some(Mail::Wake(woken));
        }
        self.queue.pop_front().map(Mail::Work)
    }

    /// Whether an update may come in now.
    fn admit(&mut self, limits: &Limits) -> Result<(), Notice> {
        let now = Instant::now();
        while self.recent.front().is_some_and(|at| now.duration_since(*at) > limits.flood_window) {
            self.recent.pop_front();
        }
        if self.recent.len() >= limits.flood_events {
            return Err(Notice::Flood);
        }
        self.recent.push_back(now);
        if self.queue.len() >= limits.mailbox_max { Err(Notice::Busy) } else { Ok(()) }
    }
}

/// All mailboxes.
pub(crate) struct Mailboxes<H: Host> {
    pub(crate) shared: Arc<Shared<H>>,
    boxes: Mutex<Boxes<H::App>>,
    pub(crate) stopping: AtomicBool,
}

struct Boxes<A: Registry> {
    open: HashMap<u64, Arc<Inbox<A>>>,
    /// Held by every actor; gone when the bot stops.
    alive: Option<mpsc::Sender<()>>,
    gone: Option<mpsc::Receiver<()>>,
}

impl<H: Host> Mailboxes<H> {
    /// No mailbox yet.
    pub(crate) fn new(shared: Arc<Shared<H>>) -> Arc<Self> {
        let (alive, gone) = mpsc::channel(1);
        let boxes = Boxes { open: HashMap::new(), alive: Some(alive), gone: Some(gone) };
        Arc::new(Self { shared, boxes: Mutex::new(boxes), stopping: AtomicBool::new(false) })
    }

    /// Posts an update, or refuses it politely.
    pub(crate) fn post(self: &Arc<Self>, incoming: Incoming) {
        let Some(refused) = self.with_inbox(incoming.person.id, |inbox| {
            let mut state = inbox.lock();
            state.admit(&self.shared.limits).map_err(|notice| (notice, state.lang_for(&incoming.person)))
        }) else {
            return;
        };
        match refused {
            Ok(()) => self.post_recovered(incoming),
            Err((notice, lang)) => self.refuse(incoming, notice, lang),
        }
    }

    /// Posts an update that a crash left: it was admitted before.
    pub(crate) fn post_recovered(self: &Arc<Self>, incoming: Incoming) {
        let arrived = Instant::now();
        let unanswered = match &incoming.what {
            What::Press(press) => Some(Unanswered::new(press.callback.clone(), arrived)),
            What::Command { .. }
            | What::Pick { .. }
            | What::Text { .. }
            | What::Explanation { .. }
            | What::NotUnderstood
            | What::Inline { .. }
            | What::Presence(_)
            | What::Elsewhere { .. } => None,
        };
        self.with_inbox(incoming.person.id, |inbox| inbox.push(Work::Update(incoming, arrived, unanswered)));
    }

    /// Posts something of the host's own.
    pub(crate) fn deliver(self: &Arc<Self>, delivered: Delivered<H::App>) -> Posted {
        let most = self.shared.limits.mailbox_max * OWN_SHARE;
        let posted = self.with_inbox(delivered.user, |inbox| {
            if inbox.lock().queue.len() >= most {
                return Posted::Refused;
            }
            inbox.push(Work::Delivered(delivered));
            Posted::Taken
        });
        posted.unwrap_or(Posted::Refused)
    }

    /// Something may be outgoing for this person; their panel is opened only where it was asked for.
    pub(crate) fn wake(self: &Arc<Self>, user: u64, asked: Asked) {
        self.with_inbox(user, |inbox| {
            let mut state = inbox.lock();
            let woken = state.wake.get_or_insert(Woken { since: Instant::now(), asked });
            woken.asked = woken.asked.max(asked);
            inbox.ring.notify_one();
        });
    }

    /// Runs `with` on the person's mailbox, opened if need be; not any more when the bot is stopping.
    fn with_inbox<T>(self: &Arc<Self>, user: u64, with: impl FnOnce(&Inbox<H::App>) -> T) -> Option<T> {
        let mut boxes = self.boxes.lock().unwrap_or_else(PoisonError::into_inner);
        let alive = boxes.alive.clone()?;
        let inbox = boxes.open.entry(user).or_insert_with(|| {
            let inbox = Arc::new(Inbox::new());
            tokio::spawn(Actor::new(user, Arc::clone(self), Arc::clone(&inbox), alive).run());
            inbox
        });
        Some(with(inbox))
    }

    /// How many mailboxes are open, and how much waits in them.
    pub(crate) fn count(&self) -> (usize, usize) {
        let boxes = self.boxes.lock().unwrap_or_else(PoisonError::into_inner);
        (boxes.open.len(), boxes.open.values().map(|inbox| inbox.lock().queue.len()).sum())
    }

    /// Closes a mailbox if nothing is in it; whether it is closed.
    pub(crate) fn close(&self, user: u64) -> bool {
        let mut boxes = self.boxes.lock().unwrap_or_else(PoisonError::into_inner);
        let empty = boxes.open.get(&user).is_none_or(|inbox| {
            let state = inbox.lock();
            state.queue.is_empty() && state.wake.is_none()
        });
        if empty {
            boxes.open.remove(&user);
        }
        empty
    }

    /// Takes nothing new, and waits until every mailbox is empty and closed.
    pub(crate) async fn drain(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        let gone = {
            let mut boxes = self.boxes.lock().unwrap_or_else(PoisonError::into_inner);
            boxes.alive = None;
            for inbox in boxes.open.values() {
                inbox.ring.notify_one();
            }
            boxes.gone.take()
        };
        if let Some(mut gone) = gone {
            // Nothing is ever sent: this ends when the last actor drops its sender.
            let _ = gone.recv().await;
        }
    }

    fn refuse(&self, incoming: Incoming, notice: Notice, lang: Lang) {
        let shared = &self.shared;
        count(if notice == Notice::Flood { &shared.counters.flooded } else { &shared.counters.busy });
        if let What::Press(press) = incoming.what {
            shared.refuse_press(press.callback, notice, lang);
        } else if notice == Notice::Busy {
            shared.tell(incoming.person.id, &shared.host.words(notice, lang), lang);
        }
        tracing::info!(user = shared.host.pseudonym(incoming.person.id), ?notice, "an update is refused");
        shared.mark_handled(incoming.update);
    }
}
