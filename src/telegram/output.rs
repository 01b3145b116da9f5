//! What the parts of the driver send: messages, edits, tidying, answers to presses. Each call tells the gate when
//! Telegram asks for a pause; a text that Telegram cannot parse is sent again without its formatting.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use engine::Rendered;
use serde::Serialize;
use serde::de::IgnoredAny;
use teloxide::requests::Payload;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::gate::Gate;
use crate::host::Sound;
use crate::html;
use crate::methods::{AnswerCallbackQuery, Content, DeleteMessage, EditMessageText, SendMessage, StripKeyboard};
use crate::port::{CallError, Port};

/// How often an answer to a press is tried.
const ANSWER_TRIES: u32 = 3;
/// Telegram forgets a press about as fast.
const ANSWER_PAUSE_MAX: Duration = Duration::from_secs(30);

/// Telegram with its pauses.
pub(crate) struct Output {
    pub(crate) port: Port,
    pub(crate) gate: Gate,
}

/// The words of an answer to a press.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Answer {
    /// None: the press is confirmed without words.
    pub(crate) text: Option<String>,
    /// Whether the words must be closed.
    pub(crate) alert: bool,
}

/// How hard an answer is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// A flood's answers: their sum must not crowd out the answers to others.
    Once,
    /// A few times.
    Tries,
}

impl Output {
    /// Sends a message to a private chat; returns its id.
    pub(crate) async fn send(&self, chat: u64, rendered: &Rendered, sound: Sound) -> Result<i32, CallError> {
        let chat_id = i64::try_from(chat).map_err(|_| CallError::Blocked)?;
        self.send_anywhere(chat_id, rendered, sound).await.inspect_err(|error| self.note(chat, error))
    }

    /// Sends a message to any chat.
    pub(crate) async fn send_anywhere(
        &self,
        chat_id: i64,
        rendered: &Rendered,
        sound: Sound,
    ) -> Result<i32, CallError> {
        let disable_notification = sound == Sound::Silent;
        let content = Content::formatted(rendered);
        let sent = match self.port.call(&SendMessage { chat_id, disable_notification, content }).await {
            Err(CallError::Markup(reason)) => {
                tracing::error!(reason, "telegram cannot parse a message of ours; sent without formatting");
                let content = Content::unformatted(rendered);
                self.port.call(&SendMessage { chat_id, disable_notification, content }).await
            }
            other => other,
        };
        sent.map(|sent| sent.message_id)
    }

    /// Makes a message show this. That it shows it already is a success.
    pub(crate) async fn edit(&self, chat: u64, message_id: i32, rendered: &Rendered) -> Result<(), CallError> {
        let edited = match self.edit_once(chat, message_id, Content::formatted(rendered)).await {
            Err(CallError::Markup(reason)) => {
                tracing::error!(reason, "telegram cannot parse an edit of ours; sent without formatting");
                self.edit_once(chat, message_id, Content::unformatted(rendered)).await
            }
            other => other,
        };
        match edited {
            Ok(()) | Err(CallError::NotModified) => Ok(()),
            Err(error) => {
                self.note(chat, &error);
                Err(error)
            }
        }
    }

    async fn edit_once(&self, chat_id: u64, message_id: i32, content: Content<'_>) -> Result<(), CallError> {
        self.port.call(&EditMessageText { chat_id, message_id, content }).await.map(|_| ())
    }

    /// Deletes a message, or at least takes its buttons away. Best effort: what is gone is gone.
    pub(crate) async fn remove(&self, chat: u64, message_id: i32) {
        if !self.delete(chat, message_id).await {
            self.strip(chat, message_id).await;
        }
    }

    /// Deletes a message; whether it is gone now.
    pub(crate) async fn delete(&self, chat_id: u64, message_id: i32) -> bool {
        match self.tidy(chat_id, &DeleteMessage { chat_id, message_id }).await {
            Ok(()) => true,
            Err(error) => {
                tracing::debug!(%error, "a message was not deleted");
                false
            }
        }
    }

    /// Takes a message's buttons away.
    pub(crate) async fn strip(&self, chat_id: u64, message_id: i32) {
        if let Err(error) = self.tidy(chat_id, &StripKeyboard { chat_id, message_id }).await {
            tracing::debug!(%error, "a keyboard was not taken away");
        }
    }

    /// A call that does no harm when repeated: once more where Telegram asked for a pause or the network failed.
    async fn tidy<P>(&self, chat: u64, payload: &P) -> Result<(), CallError>
    where
        P: Payload<Output = IgnoredAny> + Serialize + Sync,
    {
        self.gate.open(chat).await;
        match self.port.call(payload).await {
            Err(error @ (CallError::RetryAfter(_) | CallError::Network(_) | CallError::NotSent(_))) => {
                self.note(chat, &error);
                self.gate.open(chat).await;
                self.port.call(payload).await.map(|_| ())
            }
            other => other.map(|_| ()),
        }
    }

    /// Answers a press. Bounded tries; an answer that comes too late is no failure.
    pub(crate) async fn answer(&self, callback: String, answer: Answer, effort: Effort) {
        let text = answer.text.map(|text| html::cut(&text, html::POPUP_UNITS_MAX));
        let payload = AnswerCallbackQuery { callback_query_id: callback, text, show_alert: answer.alert };
        let most = match effort {
            Effort::Once => 1,
            Effort::Tries => ANSWER_TRIES,
        };
        for tries in 1..=most {
            let pause = match self.port.call(&payload).await {
                Ok(_) | Err(CallError::TooOld) => return,
                Err(CallError::RetryAfter(pause)) => pause.min(ANSWER_PAUSE_MAX),
                Err(CallError::Network(_) | CallError::NotSent(_)) => Duration::from_millis(500) * tries,
                Err(error) => {
                    tracing::warn!(%error, "a press was not answered");
                    return;
                }
            };
            if tries < most {
                tokio::time::sleep(pause).await;
            }
        }
        tracing::warn!(tries = most, "a press was not answered");
    }

    fn note(&self, chat: u64, error: &CallError) {
        if let CallError::RetryAfter(pause) = error {
            tracing::info!(pause_s = pause.as_secs(), "telegram slows a chat down");
            self.gate.refused(chat, *pause);
        }
    }
}

/// The right to answer a press: used at most once, however often its handling is tried.
#[derive(Debug)]
pub(crate) struct Unanswered {
    callback: String,
    /// When the press came in.
    pub(crate) arrived: Instant,
    used: AtomicBool,
}

impl Unanswered {
    /// The right to answer this callback.
    pub(crate) const fn new(callback: String, arrived: Instant) -> Self {
        Self { callback, arrived, used: AtomicBool::new(false) }
    }

    /// The callback to answer, the first time.
    pub(crate) fn take(&self) -> Option<String> {
        (!self.used.swap(true, Ordering::SeqCst)).then(|| self.callback.clone())
    }
}

/// Small work that nobody waits for: bounded, and waited for at the end.
pub(crate) struct Chores {
    slots: Arc<Semaphore>,
    slots_max: u32,
}

impl Chores {
    /// At most `slots_max` chores at a time. How many calls are under way is the port's to limit: a chore that sleeps
    /// before its next try holds up no other.
    pub(crate) fn new(slots_max: u32) -> Self {
        Self { slots: Arc::new(Semaphore::new(slots_max as usize)), slots_max }
    }

    /// Starts a chore; where there are too many, it is dropped: marks of updates are made at the next start then.
    pub(crate) fn spawn(&self, chore: impl Future<Output = ()> + Send + 'static) {
        let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else {
            tracing::warn!("too much small work is under way; some is dropped");
            return;
        };
        let chore = async move {
            chore.await;
            drop(slot);
        };
        tokio::spawn(chore.in_current_span());
    }

    /// Waits until no chore is under way.
    pub(crate) async fn finished(&self) {
        drop(self.slots.acquire_many(self.slots_max).await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_press_is_answered_at_most_once() {
        let unanswered = Unanswered::new("c".to_owned(), Instant::now());
        assert_eq!((unanswered.take().as_deref(), unanswered.take()), (Some("c"), None));
    }
}
