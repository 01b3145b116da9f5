//! What a start finds, and makes true: nothing that a crash left half-done stays so.

use crate::UnixSeconds;
use crate::command::Command;
use crate::order::{Order, RESERVED_LIFE_S, RefundReason, State};

/// The commands of a start, before anything is sold: purchases of an earlier life are ambiguous, reservations that
/// waited too long are given back, and watches that ended meanwhile get a last look. Everything else goes on by
/// [`crate::monitor`]. `orders` are those that were looked after when the process ended.
#[must_use]
pub fn at_start(orders: &[Order], now: UnixSeconds, boot: u64) -> Vec<Command> {
    let command = |order: &Order| match order.state {
        State::Buying { boot: theirs, .. } if theirs != boot => Some(Command::BuyingUnknown(order.id)),
        State::Reserved if now - order.created_at > RESERVED_LIFE_S => {
            Some(Command::NotBought { order: order.id, reason: RefundReason::NotStarted })
        }
        State::Refunded(_) if order.watched_until.is_some_and(|until| until <= now) => Some(Command::WatchOn(order.id)),
        State::Reserved
        | State::Buying { .. }
        | State::Ambiguous { .. }
        | State::Active
        | State::Closing { .. }
        | State::Done
        | State::Refunded(_) => None,
    };
    orders.iter().filter_map(command).collect()
}
