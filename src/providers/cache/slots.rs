//! When to fetch what: ages, use, failures and flights of each list. Decides; does nothing itself.

use std::collections::BTreeMap;

use shop::pool::{Advice, PoolError};
use shop::{CountryId, UnixSeconds};
use tokio::sync::watch;

use super::TTL_S;

/// A list is fetched anew at four fifths of its life, so that readers do not meet an old one.
const REFRESH_AGE_S: i64 = TTL_S * 4 / 5;
/// A country's or product's list counts as used for so long after it was asked for.
const IN_USE_S: i64 = 600;
const RETRY_FIRST_S: i64 = 5;
const RETRY_MAX_S: i64 = 60;
/// Whoever waits for a list is not told of a failure that is older than this: it is tried again.
const RETRY_ASKED_S: i64 = 1;
/// More slots than countries and rental products that any supplier lists.
const SLOTS_MAX: usize = 1_000;

/// Names a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Countries,
    Services,
    Rentals,
    Offers(CountryId),
    RentalServices(u32),
}

const ALWAYS: [Key; 3] = [Key::Countries, Key::Services, Key::Rentals];

type Landed = Option<Result<(), PoolError>>;

/// What to do for someone who wants a list.
#[derive(Debug)]
pub(super) enum Next {
    /// It is fresh.
    Nothing,
    /// It is missing or due.
    Fetch,
    /// It is missing or stale, and on its way.
    Wait(watch::Receiver<Landed>),
    /// It is missing or stale, failed moments ago and is tried again later.
    Later(PoolError),
}

/// The state of all lists.
#[derive(Debug, Default)]
pub(super) struct Slots(BTreeMap<Key, Slot>);

#[derive(Debug, Default)]
struct Slot {
    used_at: UnixSeconds,
    flight: Option<watch::Receiver<Landed>>,
    failed: Option<Failed>,
}

#[derive(Debug)]
struct Failed {
    times: u32,
    retry_at: UnixSeconds,
    /// When it may be tried again for somebody who waits.
    retry_asked_at: UnixSeconds,
    error: PoolError,
}

impl Slots {
    /// Marks the use of a list of this age, and says what to do.
    pub(super) fn touch(&mut self, key: Key, age: Option<i64>, now: UnixSeconds) -> Next {
        self.make_room(key);
        let slot = self.0.entry(key).or_default();
        slot.used_at = slot.used_at.max(now);
        let fresh = age.is_some_and(|age| age < TTL_S);
        match (&slot.flight, &slot.failed) {
            (Some(_), _) if fresh => Next::Nothing,
            (Some(flight), _) => Next::Wait(flight.clone()),
            (None, Some(failed)) if failed.holds_asked(now) && !fresh => Next::Later(failed.error.clone()),
            (None, Some(_)) if !fresh => Next::Fetch,
            _ if slot.is_due(age, now) => Next::Fetch,
            _ => Next::Nothing,
        }
    }

    /// The lists that have to be fetched now.
    pub(super) fn due(&mut self, now: UnixSeconds, age: impl Fn(Key) -> Option<i64>) -> Vec<Key> {
        let due = |key: &Key| self.0.get(key).is_none_or(|slot| slot.is_due(age(*key), now));
        self.in_use(now).into_iter().filter(due).collect()
    }

    /// The three lists that are always wanted, and those that were asked for within [`IN_USE_S`].
    pub(super) fn in_use(&self, now: UnixSeconds) -> Vec<Key> {
        let recent = self.0.iter().filter(|(_, slot)| now - slot.used_at < IN_USE_S).map(|(key, _)| *key);
        ALWAYS.into_iter().chain(recent.filter(|key| !ALWAYS.contains(key))).collect()
    }

    /// The flight of a key; with a sender where this call starts it.
    pub(super) fn take_off(&mut self, key: Key) -> (watch::Receiver<Landed>, Option<watch::Sender<Landed>>) {
        let slot = self.0.entry(key).or_default();
        if let Some(flight) = &slot.flight {
            return (flight.clone(), None);
        }
        let (done, flight) = watch::channel(None);
        slot.flight = Some(flight.clone());
        (flight, Some(done))
    }

    /// Ends a flight. Failures are tried again after 5, 10, 20, 40, 60, 60 … seconds, or when the supplier says.
    pub(super) fn land(&mut self, key: Key, result: &Result<(), PoolError>, now: UnixSeconds) {
        let Some(slot) = self.0.get_mut(&key) else {
            return;
        };
        slot.flight = None;
        let times = slot.failed.as_ref().map_or(0, |failed| failed.times);
        slot.failed = result.as_ref().err().map(|error| {
            let delay = RETRY_FIRST_S << times.min(4);
            let asked = match error.advice {
                Advice::RetryAfter(wait_s) => i64::from(wait_s),
                Advice::None | Advice::PriceChanged => 0,
            };
            let retry_at = now + delay.max(asked).min(RETRY_MAX_S);
            let retry_asked_at = now + RETRY_ASKED_S.max(asked).min(RETRY_MAX_S);
            Failed { times: times.saturating_add(1), retry_at, retry_asked_at, error: error.clone() }
        });
    }

    /// Drops the slot that was used longest ago where there are too many.
    fn make_room(&mut self, key: Key) {
        if self.0.len() < SLOTS_MAX || self.0.contains_key(&key) {
            return;
        }
        let idle = self.0.iter().filter(|(key, slot)| slot.flight.is_none() && !ALWAYS.contains(key));
        if let Some(oldest) = idle.min_by_key(|(_, slot)| slot.used_at).map(|(key, _)| *key) {
            self.0.remove(&oldest);
        }
    }
}

impl Slot {
    fn is_due(&self, age: Option<i64>, now: UnixSeconds) -> bool {
        let held = self.flight.is_some() || self.failed.as_ref().is_some_and(|failed| failed.holds(now));
        !held && age.is_none_or(|age| age >= REFRESH_AGE_S)
    }
}

impl Failed {
    /// A clock that was set back must not hold a list for hours.
    fn holds(&self, now: UnixSeconds) -> bool {
        (self.retry_at - RETRY_MAX_S..self.retry_at).contains(&now)
    }

    /// The same for somebody who waits.
    fn holds_asked(&self, now: UnixSeconds) -> bool {
        (self.retry_asked_at - RETRY_MAX_S..self.retry_asked_at).contains(&now)
    }
}
