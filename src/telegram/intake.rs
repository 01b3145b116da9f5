//! Long polling. A batch and the next offset are stored before Telegram is asked again, which is what acknowledges it:
//! a crash repeats updates, it never loses one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::Error;
use crate::host::{Host, HostResult, RawUpdate};
use crate::inline::{InlineDoor, Query};
use crate::input::{self, Useless, What};
use crate::mailbox::Mailboxes;
use crate::methods::GetUpdates;
use crate::observe::{Seen, UpdateKind};
use crate::port::{CallError, believed};
use crate::shared::{Shared, count};

/// The first and the longest wait after a failed poll.
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// How often a token that was refused is tried again.
const UNAUTHORIZED_PAUSE: Duration = Duration::from_secs(60);

/// The polling loop with the ways that updates take from it.
pub(crate) struct Intake<H: Host> {
    pub(crate) shared: Arc<Shared<H>>,
    pub(crate) mailboxes: Arc<Mailboxes<H>>,
    pub(crate) inline: Arc<InlineDoor<H>>,
    /// Whether Telegram refuses the token.
    pub(crate) unauthorized: Arc<AtomicBool>,
    /// Rings when polling begins.
    pub(crate) polling: Arc<Notify>,
}

impl<H: Host> Intake<H> {
    /// Polls until something ends it for good. Cancelling it loses nothing: what was not stored comes again.
    pub(crate) async fn run(self) -> Error {
        match self.poll().await {
            Ok(error) => error,
            Err(error) => Error::Host(error),
        }
    }

    async fn poll(&self) -> HostResult<Error> {
        self.resume().await?;
        let mut offset = self.shared.host.next_offset().await?;
        let mut wait = BACK_OFF.0;
        self.polling.notify_one();
        loop {
            let polled = self.shared.output.port.call(&GetUpdates::new(offset, self.shared.limits.poll)).await;
            self.unauthorized.store(polled.as_ref().err() == Some(&CallError::Unauthorized), Ordering::Relaxed);
            let pause = match polled {
                Ok(batch) => {
                    let numbers = numbered_all(&batch);
                    let readable = batch.is_empty() || !numbers.is_empty();
                    offset = self.take_in(numbers, if readable { offset } else { offset + 1 }).await?;
                    if readable {
                        wait = BACK_OFF.0;
                        continue;
                    }
                    longer(&mut wait)
                }
                Err(CallError::Conflict(reason)) => return Ok(Error::Conflict(reason)),
                Err(CallError::Unauthorized) => {
                    tracing::error!("telegram refuses the token; nothing is received until it is valid again");
                    UNAUTHORIZED_PAUSE
                }
                Err(CallError::RetryAfter(pause)) => believed(pause),
                Err(error) => {
                    tracing::warn!(%error, wait_s = wait.as_secs(), "polling failed");
                    longer(&mut wait)
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// Handles what an earlier run took in and did not finish, before anything new.
    async fn resume(&self) -> HostResult<()> {
        for raw in self.shared.host.unhandled().await? {
            self.resume_one(&raw);
        }
        Ok(())
    }

    fn resume_one(&self, raw: &RawUpdate) {
        match input::decode(raw.id, &raw.body, &self.shared.bot) {
            // Whoever asked inline has long stopped waiting.
            Ok(incoming) if matches!(incoming.what, What::Inline { .. }) => self.shared.mark_handled(raw.id),
            Ok(incoming) => self.mailboxes.post_recovered(incoming),
            Err(Useless::Ignored) => self.shared.mark_handled(raw.id),
            Err(Useless::Unreadable) => self.shared.bury(raw.id, "it cannot be read"),
        }
    }

    /// Stores a batch, then passes on what is new; returns the next offset, which is `offset` where the batch is empty.
    async fn take_in(&self, raw: Vec<RawUpdate>, offset: i64) -> HostResult<i64> {
        let Some(last) = raw.last() else {
            return Ok(offset);
        };
        // Not the highest: after a quiet week Telegram may go on with lower numbers.
        let next = last.id + 1;
        for fresh in self.shared.host.take_in(raw, next).await? {
            self.dispatch(&fresh);
        }
        Ok(next)
    }

    /// Passes an update on. Never waits.
    fn dispatch(&self, raw: &RawUpdate) {
        count(&self.shared.counters.updates);
        let decoded = input::decode(raw.id, &raw.body, &self.shared.bot);
        let kind = match &decoded {
            Ok(incoming) => UpdateKind::of(&incoming.what),
            Err(Useless::Ignored) => UpdateKind::Ignored,
            Err(Useless::Unreadable) => UpdateKind::Unreadable,
        };
        tracing::debug!(kind = kind.name(), "an update came");
        self.shared.observer.see(&Seen::Update(kind));
        match decoded {
            Ok(incoming) => match incoming.what {
                What::Inline { id, request } => {
                    self.inline.take(Query { update: raw.id, id, request, arrived: Instant::now() });
                }
                What::Command { .. }
                | What::Pick { .. }
                | What::Text { .. }
                | What::Explanation { .. }
                | What::NotUnderstood
                | What::Press(_)
                | What::Presence(_)
                | What::Elsewhere { .. } => self.mailboxes.post(incoming),
            },
            Err(Useless::Ignored) => {
                count(&self.shared.counters.ignored);
                self.shared.mark_handled(raw.id);
            }
            Err(Useless::Unreadable) => {
                count(&self.shared.counters.unreadable);
                self.shared.bury(raw.id, "it cannot be read");
            }
        }
    }
}

/// How long to wait after a failed poll; the next time longer.
fn longer(wait: &mut Duration) -> Duration {
    let now = *wait;
    *wait = (now * 2).min(BACK_OFF.1);
    now
}

fn numbered_all(batch: &[Box<RawValue>]) -> Vec<RawUpdate> {
    batch.iter().filter_map(|raw| numbered(raw)).collect()
}

/// The update with its number; without one it could neither be stored nor acknowledged.
fn numbered(raw: &RawValue) -> Option<RawUpdate> {
    #[derive(Deserialize)]
    struct Number {
        update_id: i64,
    }
    match serde_json::from_str::<Number>(raw.get()) {
        Ok(number) => Some(RawUpdate { id: number.update_id, body: raw.get().to_owned() }),
        Err(error) => {
            tracing::error!(%error, "an update has no number");
            None
        }
    }
}
