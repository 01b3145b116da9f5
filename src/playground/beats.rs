//! The record of what was done: beats, each with where the records of simulators, ledger and log stood before it.

use std::collections::VecDeque;

use serde_json::Value;

use crate::act::Act;

/// How many beats are kept.
const BEATS_MAX: usize = 1_000;

/// Where the records stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Telegram's record of calls.
    pub(crate) call: u64,
    /// Telegram's record of updates.
    pub(crate) update: u64,
    /// The suppliers' records of requests.
    pub(crate) requests: [u64; 2],
    /// The ledger.
    pub(crate) entry: u64,
    /// The log.
    pub(crate) log_line: u64,
}

/// How a phone stood.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stand {
    /// Who had it.
    pub(crate) user: i64,
    /// The stored conversation, as far as it was known.
    pub(crate) session: Option<Value>,
    /// The words of the bot's newest message that stay the same when this is played again.
    pub(crate) words: Option<String>,
}

/// Something that was done, and how everything stood before.
#[derive(Clone, Debug)]
pub(crate) struct Beat {
    /// Its number, from 1.
    pub(crate) number: u64,
    /// When, in simulated Unix milliseconds.
    pub(crate) at_ms: i64,
    /// Which phone, 0 or 1; none for the world around both.
    pub(crate) phone: Option<usize>,
    /// What.
    pub(crate) act: Act,
    /// The records before it.
    pub(crate) place: Place,
    /// The phones before it.
    pub(crate) before: [Stand; 2],
}

impl Beat {
    /// Whether it concerns this phone.
    pub(crate) fn concerns(&self, phone: usize) -> bool {
        self.phone.is_none_or(|own| own == phone)
    }

    /// Whether a later beat ends what belongs to this one.
    fn ends_with(&self, later: &Self) -> bool {
        self.phone.is_none_or(|phone| later.concerns(phone))
    }
}

/// All beats, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Beats {
    kept: VecDeque<Beat>,
    last: u64,
}

impl Beats {
    /// Adds a beat and gives it its number. A query that goes on being typed stays one beat.
    pub(crate) fn add(&mut self, mut beat: Beat) {
        let typing = |act: &Act| matches!(act, Act::Searched(_));
        if let Some(last) = self.kept.back_mut()
            && last.phone == beat.phone
            && typing(&last.act)
            && typing(&beat.act)
        {
            last.act = beat.act;
            return;
        }
        self.last += 1;
        beat.number = self.last;
        if self.kept.len() >= BEATS_MAX {
            self.kept.pop_front();
        }
        self.kept.push_back(beat);
    }

    /// The newest beats, newest first, each with the one that ended it.
    pub(crate) fn newest(&self, most: usize) -> Vec<(Beat, Option<Beat>)> {
        let with_end = |(index, beat): (usize, &Beat)| {
            let end = self.kept.iter().skip(index + 1).find(|later| beat.ends_with(later));
            (beat.clone(), end.cloned())
        };
        self.kept.iter().enumerate().rev().take(most).map(with_end).collect()
    }

    /// What concerns a phone since the person who has it got it, oldest first.
    pub(crate) fn of_person(&self, phone: usize) -> Vec<Beat> {
        let joined = |beat: &Beat| beat.phone == Some(phone) && matches!(beat.act, Act::Joined { .. });
        let start = self.kept.iter().rposition(joined).unwrap_or(0);
        self.kept.iter().skip(start).filter(|beat| beat.concerns(phone)).cloned().collect()
    }

    /// The phone that was tapped last before this moment.
    pub(crate) fn last_tapped(&self, at_ms: i64) -> Option<usize> {
        let tap = |beat: &&Beat| beat.at_ms <= at_ms && matches!(beat.act, Act::Tapped { .. });
        self.kept.iter().rev().find(tap)?.phone
    }
}
