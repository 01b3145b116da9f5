//! Telegram's rates: pauses that it asked for, and the pace of messages that nobody asked for.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

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

/// Hands out turns: so many a second, after a burst of a second's worth.
pub(crate) struct Pace {
    every: Duration,
    burst: Duration,
    next: Mutex<Option<Instant>>,
}

impl Pace {
    /// So many turns a second.
    pub(crate) fn per_second(turns: u32) -> Self {
        let turns = turns.max(1);
        Self { every: Duration::from_secs(1) / turns, burst: Duration::from_secs(1), next: Mutex::new(None) }
    }

    /// Waits for a turn.
    pub(crate) async fn turn(&self) {
        let at = self.reserve();
        tokio::time::sleep_until(at).await;
    }

    /// A turn, if there is one at once.
    pub(crate) fn try_turn(&self) -> bool {
        let now = Instant::now();
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let at = self.earliest(*next, now);
        if at > now {
            return false;
        }
        *next = Some(at + self.every);
        true
    }

    fn reserve(&self) -> Instant {
        let now = Instant::now();
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let at = self.earliest(*next, now);
        *next = Some(at + self.every);
        at
    }

    fn earliest(&self, next: Option<Instant>, now: Instant) -> Instant {
        let credit = now.checked_sub(self.burst).unwrap_or(now);
        next.map_or(credit, |next| next.max(credit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_refusal_pauses_its_chat_alone_and_two_chats_pause_all() {
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
    async fn turns_come_in_a_burst_and_then_at_their_pace() {
        let pace = Pace::per_second(10);
        let start = Instant::now();
        for _ in 0..10 {
            pace.turn().await;
        }
        assert!(start.elapsed() < Duration::from_millis(50), "{:?}", start.elapsed());
        for _ in 0..10 {
            pace.turn().await;
        }
        let elapsed = start.elapsed();
        assert!(elapsed >= Duration::from_millis(850) && elapsed <= Duration::from_millis(1100), "{elapsed:?}");
        assert!(!pace.try_turn());
    }
}
