//! Extending a rental: an order of its own for as many days once more, which changes the rental's end and brings no number.
//!
//! What became of one whose answer was lost is told by the rental itself ([`round`]), or, where the supplier keeps no
//! lists, by our balance there ([`crate::reconcile::balance_round`]).

use std::collections::BTreeSet;

use crate::catalogue::Product;
use crate::command::Command;
use crate::order::{Number, Order, State, Wish};
use crate::pool::{Listed, ListedRental, Renewal};
use crate::reconcile::{is_late, is_lost, missed, too_late};
use crate::{Days, OrderId, ServerId, UnixSeconds};

impl Order {
    /// Whether it is a rental that can be extended at this time: a number that is there, and has not ended.
    #[must_use]
    pub fn can_be_extended(&self, now: UnixSeconds) -> bool {
        let is_there = matches!(self.state, State::Active | State::Done) && self.ended_at.is_none();
        is_there && self.is_rental() && self.number.as_ref().is_some_and(|number| now < number.expires_at)
    }

    /// The wish to extend it: the same once more, and never to be given back.
    #[must_use]
    pub fn extension(&self) -> Wish {
        Wish { extends: Some(self.id), refund_within_s: None, ..self.wish.clone() }
    }

    /// What the supplier is to extend; `None` where there is nothing.
    #[must_use]
    pub fn renewal(&self) -> Option<Renewal> {
        let (Product::Rental(days), Some(product), Some(number)) =
            (self.wish.product, self.wish.rental_product, &self.number)
        else {
            return None;
        };
        let Wish { country, service, .. } = self.wish;
        Some(Renewal { id: number.supplier_id.clone(), country, product, days, service, ends_at: number.expires_at })
    }
}

impl Renewal {
    /// The end that is to be expected.
    #[must_use]
    pub fn expected_end(&self) -> UnixSeconds {
        end_after(self.ends_at, self.days)
    }

    /// The new end by what a supplier said with its yes: its own word where that can be, else the expected one. `None`
    /// where it said that the end has not moved: then its yes proves nothing.
    #[must_use]
    pub fn end_said(&self, said: Option<UnixSeconds>) -> Option<UnixSeconds> {
        let (expected, slack_s) = (self.expected_end(), slack_s(self.days));
        match said {
            Some(end) if (end - self.ends_at).abs() < slack_s => None,
            Some(end) if (self.ends_at..=expected + slack_s).contains(&end) => Some(end),
            Some(_) | None => Some(expected),
        }
    }
}

/// So many days later.
#[must_use]
pub fn end_after(end: UnixSeconds, days: Days) -> UnixSeconds {
    end + days.seconds()
}

/// Half of what was bought, and a day at most: an end that has not moved is never taken for one that has.
fn slack_s(days: Days) -> i64 {
    (days.seconds() / 2).min(Days(1).seconds())
}

/// Whether an extension of this rental is open: its outcome may still move the rental's end.
#[must_use]
pub fn is_open<'a>(rental: OrderId, mut orders: impl Iterator<Item = &'a Order>) -> bool {
    orders.any(|order| order.wish.extends == Some(rental) && order.is_open())
}

/// What one round settles among the extensions of a server: the supplier's list tells when their rentals end now.
/// `orders` are those that are looked after, `rentals` what the extensions among them extend; both must have been read
/// after the list. A rental's end is moved once a round.
#[must_use]
pub fn round(
    orders: &[Order],
    rentals: &[Order],
    server: ServerId,
    listed: &Listed<ListedRental>,
    now: UnixSeconds,
) -> Vec<Command> {
    let lost = |order: &&Order| order.is_extension() && order.wish.server == server && is_lost(order, now);
    // One that was given back waits for those that are not settled: they come first.
    let mut looked_for: Vec<&Order> = orders.iter().filter(lost).collect();
    looked_for.sort_by_key(|order| (is_late(order, now), order.id));
    let mut moved = BTreeSet::new();
    let mut settle = |order: &Order| {
        let rental = rentals.iter().find(|rental| order.wish.extends == Some(rental.id));
        if is_late(order, now) && rental.is_some_and(|rental| is_open(rental.id, orders.iter())) {
            return None;
        }
        match rental.and_then(|rental| seen(rental, order, listed)) {
            Some(Seen::Moved(expires_at)) => moved.insert(order.wish.extends).then_some(Command::Extended {
                order: order.id,
                expires_at,
                cost: None,
            }),
            Some(Seen::Unmoved) => missed(order, listed.completeness, now),
            None => too_late_where_open(order, now),
        }
    };
    looked_for.into_iter().filter_map(&mut settle).collect()
}

/// What the supplier's list says of a rental's end.
enum Seen {
    /// It is later; `None`: by more than was asked for.
    Moved(Option<UnixSeconds>),
    /// It is as it was.
    Unmoved,
}

/// `None` where the list says nothing: the line is gone, or its end is another one for reasons of its own.
fn seen(rental: &Order, order: &Order, listed: &Listed<ListedRental>) -> Option<Seen> {
    let (Some(Number { supplier_id, expires_at: before, .. }), Product::Rental(days)) =
        (&rental.number, order.wish.product)
    else {
        return None;
    };
    let line = listed.rows.iter().find(|line| line.id == *supplier_id)?;
    let (over, slack_s) = (line.expires_at - end_after(*before, days), slack_s(days));
    if over >= -slack_s {
        return Some(Seen::Moved((over <= slack_s).then_some(line.expires_at)));
    }
    ((line.expires_at - before).abs() < slack_s).then_some(Seen::Unmoved)
}

fn too_late_where_open(order: &Order, now: UnixSeconds) -> Option<Command> {
    if is_late(order, now) { None } else { too_late(order, now) }
}

#[cfg(test)]
#[path = "extension_tests.rs"]
mod tests;
