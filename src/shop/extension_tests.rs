//! Extensions whose answer was lost, against the supplier's list of rentals and our balance.

use super::*;
use crate::catalogue::Product;
use crate::monitor::{self, Asked, Task, Tick};
use crate::order::RefundReason;
use crate::pool::ListedRental;
use crate::reconcile::{balance_round, rentals_round};
use crate::samples::{START, extension, id, line, rental, whole};
use crate::{Days, Money, OrderId};

const LOST: State = State::Ambiguous { sent_at: START, clean_misses: 0 };
const DAY_S: i64 = Days(1).seconds();
const WEEK_S: i64 = 7 * DAY_S;
/// When the rental of these tests ends.
const END: UnixSeconds = START + WEEK_S;

/// What commands do, in short: `extended 2 +604800`, `missed 2`, `not bought 2`, `never known 2`.
fn told(commands: &[Command]) -> Vec<String> {
    let say = |command: &Command| {
        if let Command::Extended { order, expires_at: Some(end), cost: None } = command {
            format!("extended {} {:+}", order.0, end - END)
        } else if let Command::Extended { order, expires_at: None, cost } = command {
            format!("extended {} by its days at {:?}", order.0, cost.map(|cost| cost.micros() / 10_000))
        } else if let Command::CleanMiss(order) = command {
            format!("missed {}", order.0)
        } else if let Command::NotBought { order, reason: RefundReason::NotBought } = command {
            format!("not bought {}", order.0)
        } else if let Command::NotBought { order, reason: RefundReason::Unknown } = command {
            format!("never known {}", order.0)
        } else {
            format!("{command:?}")
        }
    };
    commands.iter().map(say).collect()
}

fn ending(end: UnixSeconds) -> ListedRental {
    line("S1", end)
}

fn check(orders: &[Order], listed: &Listed<ListedRental>, now: UnixSeconds, expected: &[&str]) {
    let rentals = [rental(1, 7, State::Done)];
    let settled = told(&round(orders, &rentals, ServerId::Two, listed, now));
    assert_eq!(settled, expected, "{listed:?} at {}", now - START);
}

#[test]
fn the_end_of_the_line_tells() {
    let (lost, soon) = ([extension(2, 7, LOST)], START + 20);
    for (end, expected) in [
        (END + WEEK_S, "extended 2 +604800"),
        // The supplier rounds.
        (END + WEEK_S - 3_600, "extended 2 +601200"),
        (END + WEEK_S + 3_600, "extended 2 +608400"),
        // An earlier extension shows as well: this one brought its own days.
        (END + 2 * WEEK_S, "extended 2 by its days at None"),
        (END, "missed 2"),
        (END + 60, "missed 2"),
    ] {
        check(&lost, &whole(vec![ending(end)]), soon, &[expected]);
    }
    // A day is told from none.
    let (day, rented) = ([extension(2, 1, LOST)], [rental(1, 1, State::Done)]);
    for (end, expected) in [(START + DAY_S, "missed 2"), (START + 2 * DAY_S, "extended 2 -432000")] {
        let listed = whole(vec![ending(end)]);
        assert_eq!(told(&round(&day, &rented, ServerId::Two, &listed, soon)), [expected]);
    }
    // Neither where it was nor where it should be, or not there at all: that proves nothing.
    for listed in [whole(vec![ending(END + 3 * DAY_S)]), whole(vec![]), whole(vec![line("OTHER", END + WEEK_S)])] {
        check(&lost, &listed, soon, &[]);
        check(&lost, &listed, START + 180, &["never known 2"]);
    }
}

#[test]
fn an_unmoved_end_counts_three_times_in_whole_lists_and_late_enough() {
    let unmoved = whole(vec![ending(END)]);
    let missed_twice = [extension(2, 7, State::Ambiguous { sent_at: START, clean_misses: 2 })];
    check(&missed_twice, &unmoved, START + 89, &["missed 2"]);
    check(&missed_twice, &unmoved, START + 90, &["not bought 2"]);
    let partial = Listed { rows: vec![ending(END)], ..Listed::default() };
    check(&missed_twice, &partial, START + 90, &[]);
    check(&missed_twice, &partial, START + 180, &["never known 2"]);
    // A row that is there says that it moved, whatever else is missing.
    let moved = Listed { rows: vec![ending(END + WEEK_S)], ..Listed::default() };
    check(&missed_twice, &moved, START + 20, &["extended 2 +604800"]);
}

#[test]
fn one_that_shows_after_the_refund_is_found_once_nothing_else_may_have_moved_the_end() {
    let moved = whole(vec![ending(END + WEEK_S)]);
    let late =
        |number, reason| Order { watched_until: Some(START + 2_000), ..extension(number, 7, State::Refunded(reason)) };
    let (unknown, missed) = (late(2, RefundReason::Unknown), late(3, RefundReason::NotBought));
    check(std::slice::from_ref(&unknown), &moved, START + 300, &["extended 2 +604800"]);
    check(&[unknown.clone(), missed], &moved, START + 300, &["extended 2 +604800"]);
    check(&[unknown.clone(), extension(4, 7, LOST)], &moved, START + 300, &["extended 4 +604800"]);
    check(&[unknown.clone(), extension(4, 7, State::Buying { boot: 1, sent_at: START })], &moved, START + 300, &[]);
    check(std::slice::from_ref(&unknown), &whole(vec![ending(END)]), START + 300, &[]);
    check(&[unknown], &moved, START + 2_000, &[]);
}

#[test]
fn extensions_and_rentals_are_not_taken_for_each_other() {
    let orders = [extension(2, 7, LOST), Order { id: OrderId(3), ..rental(3, 7, LOST) }];
    let known = BTreeSet::from([id("S1")]);
    // A line that nobody owns is the lost rental's, and the known one the extension's.
    let listed = whole(vec![ending(END + WEEK_S), line("NEW", START + WEEK_S)]);
    let found = rentals_round(&orders, ServerId::Two, &listed, &known, START + 20);
    let bought = |command: &Command| matches!(command, Command::Bought { order: OrderId(3), purchased } if purchased.id == id("NEW"));
    assert!(found.len() == 1 && found.iter().all(bought), "{found:?}");
    check(&orders, &listed, START + 20, &["extended 2 +604800"]);
    // An extension in flight does not hold up the search for a rental of the same line.
    let flying = [extension(2, 7, State::Buying { boot: 1, sent_at: START }), orders[1].clone()];
    assert_eq!(rentals_round(&flying, ServerId::Two, &listed, &known, START + 20).len(), 1);
    // Other servers' are left alone.
    assert_eq!(round(&orders, &[rental(1, 7, State::Done)], ServerId::One, &listed, START + 20), []);
}

#[test]
fn without_lists_the_balance_tells() {
    let lost = |clean_misses| {
        let mut order = extension(2, 7, State::Ambiguous { sent_at: START, clean_misses });
        order.wish.server = ServerId::One;
        Order { balance_before: Some(Money::from_cents(500)), ..order }
    };
    for (misses, cents, now, expected) in [
        (0, Some(476), 20, vec!["extended 2 by its days at Some(24)"]),
        (0, Some(468), 20, vec!["extended 2 by its days at Some(32)"]),
        (0, Some(467), 20, vec![]),
        (0, Some(467), 180, vec!["never known 2"]),
        (0, Some(501), 20, vec![]),
        (0, Some(500), 20, vec!["missed 2"]),
        (2, Some(500), 89, vec!["missed 2"]),
        (2, Some(500), 90, vec!["not bought 2"]),
        (0, None, 20, vec![]),
        (0, None, 180, vec!["never known 2"]),
    ] {
        let balance = cents.map(Money::from_cents);
        let settled = told(&balance_round(&[lost(misses)], ServerId::One, balance, None, START + now));
        assert_eq!(settled, expected, "{cents:?} at {now}");
    }
}

/// A rental once ended while the supplier was being paid for more of it.
#[test]
fn a_rental_does_not_end_while_it_is_extended() {
    let tick = Tick { now: END + 10, boot: 1, every_s: 10 };
    let due = |orders: &[Order]| {
        let asked = |_| Asked { tried_at: Some(END + 1), answered_at: Some(END + 1) };
        monitor::due(&orders.iter(), tick, &asked)
    };
    let rented = rental(1, 7, State::Done);
    assert_eq!(due(std::slice::from_ref(&rented)), [Task::Apply(Command::RentalEnded(OrderId(1)))]);
    assert_eq!(due(&[rented, extension(2, 7, LOST)]), [Task::RentalMessages(OrderId(1))]);
}

#[test]
fn what_can_be_extended_is_a_rental_that_is_there() {
    let active = || rental(1, 7, State::Active);
    let ended = Order { ended_at: Some(START), ..rental(1, 7, State::Done) };
    let cases = [
        (active(), START, true),
        (rental(1, 7, State::Done), END - 1, true),
        (rental(1, 7, State::Done), END, false),
        (ended, START, false),
        (rental(1, 7, LOST), START, false),
        (rental(1, 7, State::Refunded(RefundReason::Cancelled)), START, false),
        (crate::samples::order(1, State::Active), START, false),
        (extension(2, 7, State::Done), START, false),
    ];
    for (order, now, expected) in cases {
        assert_eq!(order.can_be_extended(now), expected, "{:?} at {}", order.state, now - START);
    }
    let renewal = active().renewal().expect("a renewal");
    assert_eq!((renewal.id.as_str(), renewal.product, renewal.days), ("S1", 6, Days(7)));
    assert_eq!((renewal.ends_at, renewal.expected_end()), (END, END + WEEK_S));
}

/// What was stored before there were extensions.
#[test]
fn old_wishes_and_orders_load() {
    let order = rental(1, 7, State::Done);
    let mut stored = serde_json::to_value(&order).expect("JSON");
    assert!(stored.get("extended").is_none() && stored["wish"].get("extends").is_none(), "{stored}");
    stored["wish"]["product"] = serde_json::to_value(Product::Rental(Days(7))).expect("JSON");
    assert_eq!(serde_json::from_value::<Order>(stored).expect("an order"), order);
}
