//! How long people wait whose purchase had no answer, told apart by what the supplier really did. Only what nothing else
//! held up counts: no storm, and no death of the process, between the call and its end.

use std::fmt;

use shop::OrderId;
use shop::order::StateKind;

use super::plan::{Answer, Plan};
use super::world::World;

/// Waits in milliseconds, each in the order in which worlds came.
#[derive(Default, Clone, PartialEq, Eq)]
pub(crate) struct Waits {
    /// Bought, and listed at once: from becoming ambiguous to the match.
    pub(crate) matched: Vec<u64>,
    /// Not bought: from the call to the refund.
    pub(crate) refunded: Vec<u64>,
}

impl Waits {
    /// Those of a world at rest.
    pub(super) fn of(world: &World) -> Self {
        let mut waits = Self::default();
        let deals = world
            .suppliers
            .iter()
            .flat_map(|(server, supplier)| world.plan.fates.get(server).into_iter().flatten().zip(supplier.deals()));
        for (fate, order) in deals.filter_map(|(fate, deal)| Some((fate, deal.order?))) {
            match fate.answer {
                Answer::LostSold { listed_after_ms: 0, .. } => {
                    let found = wait(world, order, StateKind::Ambiguous, &[StateKind::Active, StateKind::Done]);
                    waits.matched.extend(found);
                }
                // One that is given another's number waits for a message like any other.
                Answer::LostUnsold { .. } if world.judge.since_ms(order, StateKind::Active).is_none() => {
                    waits.refunded.extend(wait(world, order, StateKind::Buying, &[StateKind::Refunded]));
                }
                Answer::LostSold { .. }
                | Answer::LostUnsold { .. }
                | Answer::Sold { .. }
                | Answer::Refused { .. }
                | Answer::Anothers { .. }
                | Answer::Pretended { .. }
                | Answer::Dear { .. } => {}
            }
        }
        waits
    }

    pub(super) fn add(&mut self, other: Self) {
        self.matched.extend(other.matched);
        self.refunded.extend(other.refunded);
    }
}

/// From one state to the first of others, where an order was lost on the way and nothing but the supplier held it up.
fn wait(world: &World, order: OrderId, from: StateKind, to: &[StateKind]) -> Option<u64> {
    let since = |kind| world.judge.since_ms(order, kind);
    let (sent, lost, begin) = (since(StateKind::Buying)?, since(StateKind::Ambiguous)?, since(from)?);
    let end = to.iter().filter_map(|kind| since(*kind)).min()?;
    (lost < end && is_calm(&world.plan, sent, end)).then(|| end - begin)
}

/// Whether nothing fails and the process lives in that time.
pub(super) fn is_calm(plan: &Plan, from_ms: u64, until_ms: u64) -> bool {
    let storm = plan.storms.iter().any(|storm| storm.from_ms < until_ms && from_ms < storm.until_ms);
    let death = plan.deaths.iter().any(|death| death.at_ms < until_ms && from_ms < death.at_ms + death.down_ms);
    !storm && !death
}

/// The middle one of these waits.
pub(crate) fn median(waits: &[u64]) -> u64 {
    let mut sorted = waits.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

impl fmt::Debug for Waits {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = |waits: &[u64]| {
            let [shortest, middle, longest] =
                [waits.iter().min().copied(), Some(median(waits)), waits.iter().max().copied()]
                    .map(|ms| ms.unwrap_or_default() as f64 / 1_000.0);
            format!("{} after {shortest:.1} to {longest:.1} s, median {middle:.1} s", waits.len())
        };
        write!(formatter, "matched {}; refunded {}", told(&self.matched), told(&self.refunded))
    }
}
