//! Telegram's rates: pauses that it asked for, and the pace of messages that nobody asked for.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

/// A longer pause is not believed at once: the call is tried again after this.
const PAUSE_MAX: Duration = Duration::from_secs(300);
/// Two chats refused within this time mean that all must wait.
const GLOBAL_WITHIN: Duration = Duration::from_secs(1);
/// Above so many remembered pauses, those that are over are forgotten.
const REMEMBERED_MAX: usize = 1024;

/// Who must wait, and until when.
#[derive(Default)]
pub(crate) struct Gate {
    pauses: Mutex<Pauses>,
}

#[derive(Default)]
struct Pauses {
    chats: HashMap<u64, Instant>,
    everybody: Option<Instant>,
    last_refused: Option<(u64, Instant)>,
}

impl Gate {
    /// Telegram refused a call to this chat for so long.
    pub(crate) fn refused(&self, chat: u64, pause: Duration) {
        let now = Instant::now();
        let until = now + pause.min(PAUSE_MAX);
        let mut pauses = self.pauses.lock().unwrap_or_else(PoisonError::into_inner);
        let again = pauses.last_refused.replace((chat, now));
        if again.is_some_and(|(other, at)| other != chat && now - at <= GLOBAL_WITHIN) {
            tracing::warn!(pause_s = pause.as_secs(), "telegram slows the whole bot down");
            pauses.everybody = pauses.everybody.max(Some(until));
        }
        if pauses.chats.len() >= REMEMBERED_MAX {
            pauses.chats.retain(|_, until| *until > now);
        }
        pauses.chats.insert(chat, until);
    }

    /// Waits until this chat may be written to.
    pub(crate) async fn open(&self, chat: u64) {
        while let Some(until) = self.closed_until(chat) {
            tokio::time::sleep_until(until).await;
        }
    }

    /// Whether this chat may be written to now.
    pub(crate) fn is_open(&self, chat: u64) -> bool {
        self.closed_until(chat).is_none()
    }

    fn closed_until(&self, chat: u64) -> Option<Instant> {
        let now = Instant::now();
        let mut pauses = self.pauses.lock().unwrap_or_else(PoisonError::into_inner);
        let until = pauses.chats.get(&chat).copied().max(pauses.everybody)?;
        if until <= now {
            pauses.chats.remove(&chat);
            return None;
        }
        Some(until)
    }
}

/// Whether somebody waits for a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Urgency {
    /// A person waits for it.
    Urgent,
    /// It can wait.
    Patient,
}

/// Hands out turns: so many a second, after a burst of a second's worth; what is urgent comes first.
pub(crate) struct Pace {
    every: Duration,
    burst: Duration,
    next: Mutex<Option<Instant>>,
    /// The first of each line waits for the next turn, the others for the first.
    urgent: Semaphore,
    patient: Semaphore,
    urgent_waiting: AtomicUsize,
}

impl Pace {
    /// So many turns a second.
    pub(crate) fn per_second(turns: u32) -> Self {
        let turns = turns.max(1);
        Self {
            every: Duration::from_secs(1) / turns,
            burst: Duration::from_secs(1),
            next: Mutex::new(None),
            urgent: Semaphore::new(1),
            patient: Semaphore::new(1),
            urgent_waiting: AtomicUsize::new(0),
        }
    }

    /// Waits for a turn.
    pub(crate) async fn turn(&self, urgency: Urgency) {
        let (line, _waiting) = match urgency {
            Urgency::Urgent => (&self.urgent, Some(Counted::one_more(&self.urgent_waiting))),
            Urgency::Patient => (&self.patient, None),
        };
        let _first = line.acquire().await;
        loop {
            let at = match urgency {
                Urgency::Patient if self.urgent_waiting.load(Ordering::SeqCst) > 0 => Instant::now() + self.every,
                Urgency::Patient | Urgency::Urgent => match self.take() {
                    Ok(()) => return,
                    Err(at) => at,
                },
            };
            tokio::time::sleep_until(at).await;
        }
    }

    /// A turn, if there is one at once.
    pub(crate) fn try_turn(&self) -> bool {
        self.take().is_ok()
    }

    /// Takes a turn, or says when there is one.
    fn take(&self) -> Result<(), Instant> {
        let now = Instant::now();
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let credit = now.checked_sub(self.burst).unwrap_or(now);
        let at = next.map_or(credit, |next| next.max(credit));
        if at > now {
            return Err(at);
        }
        *next = Some(at + self.every);
        Ok(())
    }
}

/// One more that waits, until it is dropped.
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn one_more(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn fault_52_a_refusal_pauses_its_chat_alone_and_two_chats_pause_all() {
        let gate = Gate::default();
        let start = Instant::now();
        gate.refused(1, Duration::from_secs(30));
        gate.open(2).await;
        assert_eq!(start.elapsed(), Duration::ZERO);
        gate.open(1).await;
        assert!(start.elapsed() >= Duration::from_secs(30));
        gate.refused(1, Duration::from_secs(5));
        gate.refused(2, Duration::from_secs(5));
        let start = Instant::now();
        gate.open(3).await;
        assert!(start.elapsed() >= Duration::from_secs(5));
    }

    #[tokio::test(start_paused = true)]
    async fn fault_51_turns_come_in_a_burst_and_then_at_their_pace() {
        let pace = Pace::per_second(10);
        let start = Instant::now();
        for _ in 0..10 {
            pace.turn(Urgency::Patient).await;
        }
        assert!(start.elapsed() < Duration::from_millis(50), "{:?}", start.elapsed());
        for _ in 0..10 {
            pace.turn(Urgency::Patient).await;
        }
        let elapsed = start.elapsed();
        assert!(elapsed >= Duration::from_millis(850) && elapsed <= Duration::from_millis(1100), "{elapsed:?}");
        assert!(!pace.try_turn());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_urgent_waits_behind_nobody_patient() {
        let pace = Pace::per_second(10);
        while pace.try_turn() {}
        let order = Mutex::new(Vec::new());
        let turn = async |name, urgency| {
            pace.turn(urgency).await;
            order.lock().unwrap().push(name);
        };
        let patient = async { tokio::join!(turn("a", Urgency::Patient), turn("b", Urgency::Patient)) };
        let urgent = async { tokio::join!(turn("code", Urgency::Urgent), turn("code", Urgency::Urgent)) };
        tokio::join!(patient, urgent);
        assert_eq!(*order.lock().unwrap(), ["code", "code", "a", "b"]);
    }
}
