//! Whether a supplier answers at all: a circuit breaker per server. It opens after failures in a row, asks again after a
//! pause that grows, and closes on an answer: to the question; where only reads had failed, also to a few reads in a row.
//!
//! While it is open nothing is bought ([`crate::trouble::Trouble::Silent`]). What is bought already is asked for as
//! before: a code may be waiting, and nobody waits for these calls.

use crate::UnixSeconds;
use crate::error_code::ErrorCode;

/// How many reads in a row without an answer open it.
pub const READS_MAX: u32 = 6;
/// How many reads in a row with an answer close it: one proves little of a supplier that is slow, or lies.
pub const ANSWERS_NEEDED: u32 = 3;
/// How many purchases in a row without an answer open it: each is one whose money is held for a while.
pub const PURCHASES_MAX: u32 = 8;
/// Purchases further apart than this are not a row, in seconds.
pub const PURCHASES_WITHIN_S: i64 = 120;
/// How long it is open before the supplier is asked for the first time, in seconds.
pub const PROBE_FIRST_S: i64 = 5;
/// How long it is open at most before the supplier is asked again, in seconds.
pub const PROBE_MAX_S: i64 = 120;

/// What a call came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// The supplier answered, whatever it said.
    Answer,
    /// It did not, or nothing that can be understood.
    Silence,
}

/// Which kind of call it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// One that changes nothing at the supplier.
    Read,
    /// A purchase: it may fail while everything else is well.
    Purchase,
}

/// What a breaker did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turned {
    /// It opened: nothing is bought any more.
    Open,
    /// It closed.
    Closed,
}

/// A server's breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Breaker {
    reads: u32,
    /// Answers to reads in a row, while it is open.
    answers: u32,
    purchases: u32,
    purchase_at: UnixSeconds,
    /// How long it was, or will be, open before it asks; grows until a purchase is answered.
    wait_s: i64,
    probe_at: Option<UnixSeconds>,
}

impl Breaker {
    /// One that was open when the process ended.
    #[must_use]
    pub fn open_since_before(now: UnixSeconds) -> Self {
        Self { reads: READS_MAX, probe_at: Some(now), ..Self::default() }
    }

    /// Whether nothing is bought.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.probe_at.is_some()
    }

    /// A call came to an end.
    #[must_use]
    pub fn heard(&mut self, call: Call, heard: Heard, now: UnixSeconds) -> Option<Turned> {
        match (call, heard) {
            (Call::Read, Heard::Answer) if self.is_open() && self.answers + 1 < ANSWERS_NEEDED => self.answers += 1,
            (Call::Read, Heard::Answer) => (self.reads, self.answers) = (0, 0),
            (Call::Purchase, Heard::Answer) => (self.reads, self.purchases, self.wait_s) = (0, 0, 0),
            (Call::Read, Heard::Silence) => (self.reads, self.answers) = (self.reads.saturating_add(1), 0),
            (Call::Purchase, Heard::Silence) => {
                let in_a_row = (0..=PURCHASES_WITHIN_S).contains(&(now - self.purchase_at));
                self.purchases = if in_a_row { self.purchases.saturating_add(1) } else { 1 };
                self.purchase_at = now;
            }
        }
        let fails = self.reads >= READS_MAX || self.purchases >= PURCHASES_MAX;
        match (self.is_open(), fails) {
            (false, true) => {
                self.wait(now);
                Some(Turned::Open)
            }
            (true, false) => {
                self.probe_at = None;
                Some(Turned::Closed)
            }
            (false, false) | (true, true) => None,
        }
    }

    /// Whether it is time to ask the supplier whether it answers again.
    #[must_use]
    pub fn is_probe_due(&self, now: UnixSeconds) -> bool {
        // One that lies further ahead was planned by a clock that was set back since.
        self.probe_at.is_some_and(|at| !(1..=PROBE_MAX_S).contains(&(at - now)))
    }

    /// The supplier was asked. After an answer one purchase is a trial: the next silence opens it again, for longer.
    #[must_use]
    pub fn probed(&mut self, heard: Heard, now: UnixSeconds) -> Option<Turned> {
        match heard {
            Heard::Answer if self.is_open() => {
                (self.reads, self.probe_at) = (0, None);
                // The trial may come late: it follows on what failed before.
                self.purchases = self.purchases.min(PURCHASES_MAX - 1);
                self.purchase_at = now;
                Some(Turned::Closed)
            }
            Heard::Silence if self.is_open() => {
                self.wait(now);
                None
            }
            Heard::Answer | Heard::Silence => None,
        }
    }

    fn wait(&mut self, now: UnixSeconds) {
        self.answers = 0;
        self.wait_s = (self.wait_s * 2).clamp(PROBE_FIRST_S, PROBE_MAX_S);
        self.probe_at = Some(now + self.wait_s);
    }
}

/// Whether a failed call was an answer: a refusal is one. `None`: it says nothing, for our own limit may have kept it back.
#[must_use]
pub const fn heard(code: ErrorCode) -> Option<Heard> {
    Some(match code {
        ErrorCode::RateLimited => return None,
        ErrorCode::Unreachable | ErrorCode::TimedOut | ErrorCode::Unexpected => Heard::Silence,
        ErrorCode::BalanceTooLow
        | ErrorCode::OutOfStock
        | ErrorCode::Rejected
        | ErrorCode::InvalidKey
        | ErrorCode::OrderNotFound
        | ErrorCode::MessageNotFetched
        | ErrorCode::Unavailable => Heard::Answer,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: UnixSeconds = 1_000_000;

    /// Plays calls a second apart: `r` and `p` are a read and a purchase that were answered, `R` and `P` silence.
    fn play(breaker: &mut Breaker, calls: &str, from: UnixSeconds) -> Vec<Turned> {
        let call = |(at, letter): (i64, char)| {
            let heard = if letter.is_uppercase() { Heard::Silence } else { Heard::Answer };
            let call = if letter.eq_ignore_ascii_case(&'p') { Call::Purchase } else { Call::Read };
            breaker.heard(call, heard, from + at)
        };
        (0..).zip(calls.chars()).filter_map(call).collect()
    }

    #[test]
    fn it_opens_after_failures_in_a_row_only() {
        let opens = |calls: &str| play(&mut Breaker::default(), calls, START) == [Turned::Open];
        let cases = [
            ("RRRRRR", true),
            ("RRRRRrRRRRR", false),
            ("PPPPPPPP", true),
            ("PPPPPPPpPPPPPPP", false),
            // The purchase path alone is down, while reads are answered.
            ("PrPrrrPPrPPPP", true),
            ("RRPRRPRR", true),
            ("", false),
        ];
        for (calls, expected) in cases {
            assert_eq!(opens(calls), expected, "{calls}");
        }
    }

    #[test]
    fn it_asks_after_pauses_that_grow_and_closes_on_an_answer() {
        let mut breaker = Breaker::default();
        assert_eq!(play(&mut breaker, "RRRRRR", START), [Turned::Open]);
        let (mut now, mut waits) = (START + 5, Vec::new());
        for _ in 0..6 {
            let wait_s = (0..).find(|wait_s| breaker.is_probe_due(now + wait_s)).expect("it is asked again");
            waits.push(wait_s);
            now += wait_s;
            assert_eq!(breaker.probed(Heard::Silence, now), None);
        }
        assert_eq!(waits, [5, 10, 20, 40, 80, 120]);
        assert!(breaker.is_open());
        assert_eq!(breaker.probed(Heard::Answer, now), Some(Turned::Closed));
        assert!(!breaker.is_open() && !breaker.is_probe_due(now + 1_000));
    }

    /// A supplier whose purchases fail answers every probe: without a memory it would be tried by three people each time.
    #[test]
    fn after_a_probe_one_purchase_is_the_trial_and_the_next_pause_is_longer() {
        let mut breaker = Breaker::default();
        assert_eq!(play(&mut breaker, "PPPPPPPPrrr", START), [Turned::Open], "reads that are answered prove nothing");
        assert_eq!(breaker.probed(Heard::Answer, START + 20), Some(Turned::Closed));
        assert_eq!(play(&mut breaker, "P", START + 21), [Turned::Open]);
        assert!(!breaker.is_probe_due(START + 21 + 9) && breaker.is_probe_due(START + 21 + 10));
        assert_eq!(breaker.probed(Heard::Answer, START + 60), Some(Turned::Closed));
        assert_eq!(play(&mut breaker, "p", START + 61), []);
        assert_eq!(play(&mut breaker, "PP", START + 62), [], "a purchase that was answered is forgiven");
    }

    #[test]
    fn where_reads_failed_answers_in_a_row_close_it() {
        let turns = |calls| play(&mut Breaker::default(), calls, START);
        assert_eq!(turns("RRRRRRrrr"), [Turned::Open, Turned::Closed]);
        // A slow supplier answers now and then.
        assert_eq!(turns("RRRRRRrrRrRrrRR"), [Turned::Open]);
    }

    #[test]
    fn a_restart_leaves_it_open_until_somebody_answers() {
        let mut breaker = Breaker::open_since_before(START);
        assert!(breaker.is_open() && breaker.is_probe_due(START));
        assert_eq!(play(&mut breaker, "R", START), []);
        assert_eq!(play(&mut breaker, "rrr", START + 1), [Turned::Closed]);
    }

    /// A shop with few buyers would pause for failures of different days.
    #[test]
    fn purchases_far_apart_are_not_a_row() {
        let mut breaker = Breaker::default();
        let turned = (0..50).filter_map(|nth| breaker.heard(Call::Purchase, Heard::Silence, START + nth * 121));
        assert_eq!(turned.count(), 0);
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_keep_it_open() {
        let mut breaker = Breaker::default();
        assert_eq!(play(&mut breaker, "RRRRRR", START), [Turned::Open]);
        assert!(breaker.is_probe_due(START - 86_400));
    }
}
