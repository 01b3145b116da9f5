//! What all parts of one running bot share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use engine::{Ctx, Direction, Lang, Text, direction};
use tokio::sync::{Notify, Semaphore, mpsc};

use crate::Error;
use crate::gate::{Pace, Urgency};
use crate::host::{Host, HostError, Loaded, Notice, Popup, Sound};
use crate::input::Bot;
use crate::methods::words;
use crate::observe::{Observer, Seen};
use crate::output::{Answer, Chores, Effort, Output, Unanswered};
use crate::settings::Limits;

/// One running bot.
pub(crate) struct Shared<H: Host> {
    pub(crate) host: Arc<H>,
    pub(crate) output: Output,
    pub(crate) bot: Bot,
    pub(crate) limits: Limits,
    /// The pace of what nobody asked for.
    pub(crate) unasked: Pace,
    /// How many deliveries may be under way.
    pub(crate) deliveries: Semaphore,
    /// Answers and notices.
    pub(crate) chores: Chores,
    /// Marks in the store, apart from the answers: a flood of one must not crowd out the other.
    pub(crate) marks: Chores,
    pub(crate) counters: Counters,
    pub(crate) observer: Observer,
    pub(crate) fatal: mpsc::Sender<Error>,
}

/// What happened so far, by kind.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) updates: AtomicU64,
    pub(crate) ignored: AtomicU64,
    pub(crate) unreadable: AtomicU64,
    pub(crate) stale: AtomicU64,
    pub(crate) undeclared: AtomicU64,
    pub(crate) flooded: AtomicU64,
    pub(crate) busy: AtomicU64,
    pub(crate) inline_dropped: AtomicU64,
    pub(crate) buried: AtomicU64,
}

/// Adds one to a counter.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl<H: Host> Shared<H> {
    /// The host cannot keep its promises any more: everything stops.
    pub(crate) fn fail(&self, error: HostError) {
        tracing::error!(%error, "the host failed; the bot stops");
        // A full channel means that it stops already.
        let _ = self.fatal.try_send(Error::Host(error));
    }

    pub(crate) fn now_s(&self) -> i64 {
        self.host.now_ms().div_euclid(1000)
    }

    pub(crate) fn context<'a>(&self, loaded: &'a Loaded<H::App>) -> Ctx<'a, <H::App as engine::App>::Env> {
        Ctx { lang: loaded.lang, now: self.now_s(), fresh: self.host.fresh(), env: &loaded.env }
    }

    /// Waits for the turn of something that nobody asked for; not any longer once the person does something.
    pub(crate) async fn unasked_turn(&self, urgency: Urgency, hurry: &Notify) {
        tokio::select! {
            () = self.unasked.turn(urgency) => {}
            // Rung on: the rest of the round hurries, too.
            () = hurry.notified() => hurry.notify_one(),
        }
    }

    /// Marks an update as handled that needed no step.
    pub(crate) fn mark_handled(self: &Arc<Self>, update: i64) {
        let shared = Arc::clone(self);
        self.marks.spawn(async move {
            if let Err(error) = shared.host.handled(update).await {
                shared.fail(error);
            }
        });
    }

    /// Puts an update aside.
    pub(crate) fn bury(self: &Arc<Self>, update: i64, reason: &'static str) {
        count(&self.counters.buried);
        tracing::error!(update, reason, "an update is put aside");
        let shared = Arc::clone(self);
        self.marks.spawn(async move {
            if let Err(error) = shared.host.bury(update, reason).await {
                shared.fail(error);
            }
        });
    }

    /// Answers a press, if it was not answered yet. Not waited for: the next press is not held up by Telegram.
    pub(crate) fn answer(self: &Arc<Self>, unanswered: &Unanswered, answer: Answer) {
        if let Some(callback) = unanswered.take() {
            let (shared, arrived) = (Arc::clone(self), unanswered.arrived);
            self.chores.spawn(async move {
                shared.output.answer(callback, answer, Effort::Tries).await;
                shared.observer.see(&Seen::Answered(arrived.elapsed()));
            });
        }
    }

    /// Answers a press that is not handled.
    pub(crate) fn refuse_press(self: &Arc<Self>, callback: String, notice: Notice, lang: Lang) {
        let effort = if notice == Notice::Flood { Effort::Once } else { Effort::Tries };
        let (shared, answer) = (Arc::clone(self), self.notice(notice, lang));
        self.chores.spawn(async move { shared.output.answer(callback, answer, effort).await });
    }

    /// Says something outside the panel: quietly, without keeping it, and not while Telegram slows the chat down.
    pub(crate) fn tell(self: &Arc<Self>, user: u64, text: &Text, lang: Lang) {
        if !self.output.gate.is_open(user) {
            return;
        }
        let rendered = words(direction::directed(text, lang.direction()));
        let shared = Arc::clone(self);
        self.chores.spawn(async move {
            if let Err(error) = shared.output.send(user, &rendered, Sound::Silent).await {
                tracing::info!(%error, "a notice was not sent");
            }
        });
    }

    /// The driver's own notice as the answer to a press.
    pub(crate) fn notice(&self, notice: Notice, lang: Lang) -> Answer {
        let text = self.host.words(notice, lang);
        let alert = match notice {
            Notice::NotYours | Notice::Suspended => true,
            Notice::OldMenu
            | Notice::NothingHere
            | Notice::AlreadyDone
            | Notice::NotForSale
            | Notice::NotUnderstood
            | Notice::TooLong
            | Notice::Flood
            | Notice::Busy
            | Notice::PrivateOnly
            | Notice::OpenPrivate
            | Notice::Failed => false,
        };
        popup_words(&text, lang.direction(), alert)
    }
}

/// A product's notice as the answer to a press.
pub(crate) fn popup(popup: &Popup, lang: Lang) -> Answer {
    match popup {
        Popup::Toast(text) => popup_words(text, lang.direction(), false),
        Popup::Alert(text) => popup_words(text, lang.direction(), true),
    }
}

fn popup_words(text: &Text, direction: Direction, alert: bool) -> Answer {
    Answer { text: Some(direction::plain(text, direction)).filter(|text| !text.is_empty()), alert }
}
