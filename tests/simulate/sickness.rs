//! How a sick supplier answers: not at all, late, or with garbage and lies; each call has the client's time limit.

use shop::ErrorCode;

use super::plan::{Answer, Hits, Kind, Why};
use super::supplier::Supplier;

/// How long the client waits for the answer to a read.
const READ_MAX_MS: u64 = 15_000;
/// How long it waits for an answer to what changes something.
const CHANGE_MAX_MS: u64 = 45_000;

/// How one call ends: after how long, and with which failure, if it fails.
pub(super) struct Ending {
    pub(super) after_ms: u64,
    pub(super) failure: Option<ErrorCode>,
}

impl Supplier {
    /// How a call that changes nothing ends.
    pub(super) fn reading(&self) -> Ending {
        self.ending(READ_MAX_MS)
    }

    /// How a call that changes something ends.
    pub(super) fn changing(&self) -> Ending {
        self.ending(CHANGE_MAX_MS)
    }

    fn ending(&self, longest_ms: u64) -> Ending {
        let mut dice = self.call_dice();
        let quick_ms = dice.between(40, 900);
        if self.is_hit(Hits::Down) {
            return if dice.one_in(2) {
                Ending { after_ms: quick_ms, failure: Some(ErrorCode::Unreachable) }
            } else {
                Ending { after_ms: longest_ms, failure: Some(ErrorCode::TimedOut) }
            };
        }
        if self.is_hit(Hits::Slow) {
            let after_ms = slow_ms(&mut dice);
            let failure = (after_ms > longest_ms).then_some(ErrorCode::TimedOut);
            return Ending { after_ms: after_ms.min(longest_ms), failure };
        }
        if self.is_hit(Hits::Lies) {
            return Ending { after_ms: quick_ms, failure: (!dice.one_in(4)).then_some(ErrorCode::Unexpected) };
        }
        let after_ms = if self.is_hit(Hits::Reads) { dice.between(1_000, 15_000) } else { quick_ms };
        Ending { after_ms, failure: None }
    }

    /// What becomes of a purchase: what the plan says, unless the supplier is sick.
    pub(super) fn answer_of(&self, planned: Answer) -> Answer {
        let mut dice = self.call_dice();
        let quick_ms = dice.between(100, 4_000);
        let lost = CHANGE_MAX_MS;
        if self.is_hit(Hits::Down) {
            dice.pick(&[
                Answer::Refused { after_ms: quick_ms, why: Why::Unreachable },
                Answer::LostUnsold { after_ms: lost },
                Answer::LostSold { after_ms: lost, listed_after_ms: 0 },
            ])
        } else if self.is_hit(Hits::Slow) {
            Answer::Sold { after_ms: slow_ms(&mut dice) }
        } else if self.is_hit(Hits::Lies) {
            dice.pick(&[
                Answer::LostUnsold { after_ms: quick_ms },
                Answer::LostSold { after_ms: quick_ms, listed_after_ms: 0 },
                Answer::Pretended { after_ms: quick_ms },
                Answer::Dear { after_ms: quick_ms },
                Answer::Sold { after_ms: quick_ms },
            ])
        } else {
            planned
        }
    }

    /// What a lost answer looks like to the client.
    pub(super) fn no_answer(&self) -> ErrorCode {
        if self.is_hit(Hits::Lies) { ErrorCode::Unexpected } else { ErrorCode::TimedOut }
    }
}

fn slow_ms(dice: &mut crate::support::Dice) -> u64 {
    dice.between(10_000, 40_001)
}

/// How many times its price a number costs: rentals all cost the same, for nothing names their cost.
pub(super) const fn dearer(kind: Kind) -> i64 {
    match kind {
        Kind::Temporary => 3,
        Kind::Rental => 1,
    }
}
