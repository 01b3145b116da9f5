//! Lost purchases against the supplier's lists.

use super::*;
use crate::OrderId;
use crate::order::{CloseReason, Number};
use crate::orphan::{Loss, OrphanState};
use crate::pool::Check;
use crate::samples::{START, id, line, message, order, rental, row, whole};

const LOST: State = State::Ambiguous { sent_at: START, clean_misses: 0 };

/// What a round does, in short: `bought 1 A`, `refunded 1`, `orphan A`, `missed 1`, `received 1`.
fn told(commands: &[Command]) -> Vec<String> {
    let say = |command: &Command| {
        if let Command::Bought { order, purchased } = command {
            format!("bought {order} {}", purchased.id.as_str())
        } else if let Command::NotBought { order, .. } = command {
            format!("refunded {order}")
        } else if let Command::Orphaned(orphan) = command {
            format!("orphan {}", orphan.id.as_str())
        } else if let Command::CleanMiss(order) = command {
            format!("missed {order}")
        } else if let Command::Received { order, .. } = command {
            format!("received {order}")
        } else {
            format!("{command:?}")
        }
    };
    commands.iter().map(say).collect()
}

fn temporary(orders: &[Order], rows: Vec<ListedOrder>, now: UnixSeconds) -> Vec<String> {
    told(&round(orders, ServerId::Two, &whole(rows), &BTreeSet::from([id("KNOWN")]), now))
}

fn rentals(orders: &[Order], lines: Vec<ListedRental>, now: UnixSeconds) -> Vec<String> {
    told(&rentals_round(orders, ServerId::Two, &whole(lines), &BTreeSet::from([id("KNOWN")]), now))
}

#[test]
fn the_oldest_number_goes_to_the_oldest_order() {
    let later = |text, seconds| ListedOrder { bought_at: Some(START + seconds), ..row(text, Check::Pending) };
    let orders = [order(2, State::Ambiguous { sent_at: START + 5, clean_misses: 0 }), order(1, LOST)];
    let rows = vec![later("B", 6), later("A", 1), row("KNOWN", Check::Pending), row("GONE", Check::Refunded)];
    assert_eq!(temporary(&orders, rows, START + 20), ["bought 0001 A", "bought 0002 B"]);
    let received = vec![row("A", Check::Received(message("0042")))];
    assert_eq!(temporary(&orders, received, START + 20), ["bought 0001 A", "received 0001", "missed 0002"]);
    assert_eq!(temporary(&orders[1..], vec![later("A", 1), later("B", 2)], START + 20), ["bought 0001 A", "orphan B"]);
}

/// The same order stands in the open and in the past list, perhaps with another end.
#[test]
fn a_number_that_is_listed_twice_is_one_number() {
    let twice = vec![row("A", Check::Pending), ListedOrder { expires_at: START + 900, ..row("A", Check::Pending) }];
    assert_eq!(temporary(&[order(1, LOST), order(2, LOST)], twice, START + 20), ["bought 0001 A", "missed 0002"]);
}

/// A row without a readable number once took the order's place, and the hold outlived its deadline.
#[test]
fn an_unreadable_number_does_not_outlive_the_deadline() {
    let unreadable = || vec![ListedOrder { phone: None, ..row("A", Check::Pending) }];
    assert_eq!(temporary(&[order(1, LOST)], unreadable(), START + 100), [""; 0], "it may become readable");
    assert_eq!(temporary(&[order(1, LOST)], unreadable(), START + 180), ["refunded 0001", "orphan A"]);
    // A readable one goes first.
    let both = unreadable().into_iter().chain([row("B", Check::Pending)]).collect();
    assert_eq!(temporary(&[order(1, LOST)], both, START + 20), ["bought 0001 B", "orphan A"]);
}

#[test]
fn another_code_on_somebodys_number_is_no_lost_purchase() {
    let asked = Order { resend_asked_at: Some(START + 10), ..order(2, State::Done) };
    let phone = asked.number.as_ref().map(|number| number.phone.clone());
    let resent = vec![ListedOrder { phone, ..row("A", Check::Pending) }];
    assert_eq!(temporary(&[order(1, LOST), asked], resent, START + 20), ["missed 0001"]);
}

/// A number that came back to the supplier is sold again. The one that we paid for was nobody's where somebody of ours had
/// had it a moment before.
#[test]
fn a_number_that_was_somebodys_before_is_bought_again() {
    let refunded = State::Refunded(RefundReason::Cancelled);
    let number = order(2, State::Active).number;
    let before = Order { number, watched_until: Some(START + 2_000), ..order(2, refunded) };
    let phone = before.number.as_ref().map(|number| number.phone.clone());
    let again = vec![ListedOrder { phone, ..row("A", Check::Pending) }];
    assert_eq!(temporary(&[order(1, LOST), before], again, START + 20), ["bought 0001 A"]);
}

#[test]
fn the_dearest_of_the_orders_sets_the_limit() {
    let dear = Order { quoted_cost: Money::from_cents(30), ..order(2, LOST) };
    let cost = |cents| vec![ListedOrder { cost: Some(Money::from_cents(cents)), ..row("A", Check::Pending) }];
    assert_eq!(temporary(&[order(1, LOST), dear.clone()], cost(30), START + 20), ["bought 0001 A", "missed 0002"]);
    assert_eq!(temporary(&[order(1, LOST), dear], cost(31), START + 20), ["missed 0001", "missed 0002"]);
}

#[test]
fn nothing_is_matched_while_an_answer_may_still_come() {
    let buying = |sent_at| order(2, State::Buying { boot: 1, sent_at });
    for (sent_at, now, expected) in [
        (START + 10, START + 20, vec![]),
        (START + 150, START + 180, vec!["refunded 0001"]),
        // The call has ended, and what it brought is not stored yet.
        (START, START + 60, vec![]),
    ] {
        let orders = [order(1, LOST), buying(sent_at)];
        assert_eq!(temporary(&orders, vec![row("A", Check::Pending)], now), expected, "{sent_at} {now}");
        let orders = [rental(1, 7, LOST), rental(2, 7, State::Buying { boot: 1, sent_at })];
        let lines = vec![line("A", START + 7 * DAY_S)];
        assert_eq!(rentals(&orders, lines, now), expected, "rentals {sent_at} {now}");
    }
}

#[test]
fn absence_counts_three_times_and_only_in_whole_lists() {
    let missed_twice = order(1, State::Ambiguous { sent_at: START, clean_misses: 2 });
    assert_eq!(temporary(std::slice::from_ref(&missed_twice), vec![], START + 89), ["missed 0001"]);
    assert_eq!(temporary(std::slice::from_ref(&missed_twice), vec![], START + 90), ["refunded 0001"]);
    let partial = Listed::default();
    let partly =
        |now| told(&round(std::slice::from_ref(&missed_twice), ServerId::Two, &partial, &BTreeSet::new(), now));
    assert_eq!((partly(START + 90), partly(START + 180)), (vec![], vec!["refunded 0001".to_owned()]));
}

/// A refund once ended the search: the number that we had paid for was nobody's.
#[test]
fn a_number_that_shows_up_after_the_refund_is_an_orphan() {
    let late = Order { watched_until: Some(START + 2_000), ..order(1, State::Refunded(RefundReason::Unknown)) };
    let rows = || vec![row("A", Check::Pending)];
    assert_eq!(temporary(std::slice::from_ref(&late), rows(), START + 300), ["orphan A"]);
    assert_eq!(temporary(std::slice::from_ref(&late), vec![], START + 300), [""; 0]);
    assert_eq!(temporary(std::slice::from_ref(&late), rows(), START + 2_000), [""; 0]);
    let proven = Order { state: State::Refunded(RefundReason::NotBought), ..late.clone() };
    assert_eq!(temporary(&[proven], rows(), START + 300), ["orphan A"], "the lists were late");
    // Whoever still waits comes first.
    assert_eq!(temporary(&[late, order(2, LOST)], rows(), START + 300), ["bought 0002 A"]);
}

/// The purchase call of the second one ended at its last moment, without an answer. Before that was stored, its number went
/// to the orphans: it was never shown.
#[test]
fn a_purchase_that_has_just_ended_keeps_its_number() {
    let late = Order { watched_until: Some(START + 2_000), ..order(1, State::Refunded(RefundReason::Unknown)) };
    let listed = || vec![row("A", Check::Pending)];
    let sent_at = START + 300;
    let ended = order(2, State::Buying { boot: 1, sent_at });
    assert_eq!(temporary(&[late.clone(), ended], listed(), sent_at + 46), [""; 0]);
    let lost = order(2, State::Ambiguous { sent_at, clean_misses: 0 });
    assert_eq!(temporary(&[late, lost], listed(), sent_at + 51), ["bought 0002 A"]);
}

/// An order that was sent first took the number of a later one, and its own number, listed late and dearer, was nobody's:
/// found by the simulation.
#[test]
fn a_number_that_an_earlier_order_left_over_is_an_orphan() {
    let late = Order { watched_until: Some(START + 2_000), ..order(2, State::Refunded(RefundReason::NotBought)) };
    let earlier = |cost| ListedOrder {
        bought_at: Some(START - 900),
        cost: Some(Money::from_cents(cost)),
        ..row("A", Check::Pending)
    };
    for cost in [24, 99] {
        assert_eq!(temporary(std::slice::from_ref(&late), vec![earlier(cost)], START + 300), ["orphan A"], "{cost}");
    }
    // Somebody who still waits does not get it, and without the late one it says nothing.
    assert_eq!(temporary(&[late, order(1, LOST)], vec![earlier(24)], START + 20), ["missed 0001", "orphan A"]);
    assert_eq!(temporary(&[order(1, LOST)], vec![earlier(24)], START + 20), ["missed 0001"]);
}

/// After a restore, an ambiguous order of the backup could take a number that was sold to somebody else since.
#[test]
fn a_number_that_was_sold_long_after_is_somebody_elses() {
    let sold = |at| vec![ListedOrder { bought_at: Some(at), ..row("A", Check::Pending) }];
    assert_eq!(temporary(&[order(1, LOST)], sold(START + 600), START + 90_000), ["bought 0001 A"]);
    assert_eq!(temporary(&[order(1, LOST)], sold(START + 86_400), START + 90_000), ["refunded 0001"]);
}

/// A number that ended while the process was down, and was never given back, was nobody's: found by the simulation.
#[test]
fn a_number_that_ended_meanwhile_is_an_orphan() {
    let late = Order { watched_until: Some(START + 2_000), ..order(1, State::Refunded(RefundReason::NotBought)) };
    let (ended, refunded) = (vec![row("A", Check::Ended)], vec![row("A", Check::Refunded)]);
    assert_eq!(temporary(&[order(1, LOST)], ended.clone(), START + 1_900), ["refunded 0001"]);
    assert_eq!(temporary(std::slice::from_ref(&late), ended, START + 1_900), ["orphan A"]);
    assert_eq!(temporary(&[late], refunded, START + 1_900), [""; 0]);
}

/// One person's 30 days were once given to another one's single day.
#[test]
fn a_rental_is_matched_by_product_days_and_time() {
    let now = START + 60;
    let cases = [
        (1, START + DAY_S, vec!["bought 0001 A"]),
        (1, START + 30 * DAY_S, vec!["missed 0001"]),
        (30, START + 30 * DAY_S, vec!["bought 0001 A"]),
        (30, START + DAY_S, vec!["missed 0001"]),
    ];
    for (days, expires_at, expected) in cases {
        assert_eq!(
            rentals(&[rental(1, days, LOST)], vec![line("A", expires_at)], now),
            expected,
            "{days} {expires_at}"
        );
    }
    let week = START + 7 * DAY_S;
    let other = ListedRental { product: Some(9), ..line("A", week) };
    assert_eq!(rentals(&[rental(1, 7, LOST)], vec![other], now), ["missed 0001"]);
    let several = vec![line("A", week), line("B", week + 1), line("KNOWN", week)];
    assert_eq!(rentals(&[rental(1, 7, LOST)], several, now), ["bought 0001 A", "orphan B"]);
    let surplus = [rental(1, 7, LOST)];
    let lines = whole(vec![line("A", week), line("B", week + 1)]);
    let commands = rentals_round(&surplus, ServerId::Two, &lines, &BTreeSet::new(), now);
    let Some(Command::Orphaned(orphan)) = commands.last() else { panic!("{commands:?}") };
    let window_ends_at = Some(START + 1 + 7_200);
    assert_eq!((orphan.product, orphan.ends_at), (Product::Rental(crate::Days(7)), window_ends_at));
    let unreadable = vec![ListedRental { phone: None, ..line("A", week) }];
    assert_eq!(rentals(&[rental(1, 7, LOST)], unreadable, START + 180), ["refunded 0001", "orphan A"]);
}

#[test]
fn other_servers_and_kinds_are_left_alone() {
    let orders = [order(1, LOST), rental(2, 7, LOST)];
    let rows = whole(vec![row("A", Check::Pending)]);
    assert_eq!(told(&round(&orders, ServerId::One, &rows, &BTreeSet::new(), START + 20)), [""; 0]);
    assert_eq!(temporary(&orders, vec![], START + 20), ["missed 0001"]);
    assert_eq!(rentals(&orders, vec![], START + 20), ["missed 0002"]);
}

/// A listed order that may still become somebody's is no stranger.
#[test]
fn fault_75_orders_that_nobody_here_knows_are_strangers_once_nothing_is_looked_for() {
    let strange = |orders: &[Order], rows: Vec<ListedOrder>| {
        let (listed, known) = (whole(rows), BTreeSet::from([id("KNOWN")]));
        strangers(orders, ServerId::Two, &listed, &known, START).len()
    };
    let rows = || vec![row("KNOWN", Check::Pending), row("A", Check::Pending), row("B", Check::Pending)];
    let unread = |text| ListedOrder { phone: None, ..row(text, Check::Pending) };
    assert_eq!(strange(&[], rows()), 2);
    assert_eq!(strange(&[order(1, State::Done)], vec![unread("A")]), 1);
    for state in [LOST, State::Buying { boot: 1, sent_at: START }] {
        assert_eq!(strange(&[order(1, state)], rows()), 0);
    }
}

const DAY_S: i64 = crate::Days(1).seconds();

/// Ten dollars before the purchase.
const BEFORE: Money = Money::from_cents(1_000);

/// A lost purchase that only our balance tells of.
fn unlisted(clean_misses: u8) -> Order {
    let lost = order(1, State::Ambiguous { sent_at: START, clean_misses });
    let wish = crate::order::Wish { server: ServerId::One, ..lost.wish.clone() };
    Order { wish, balance_before: Some(BEFORE), ..lost }
}

fn at_one(order: Order) -> Order {
    Order { wish: crate::order::Wish { server: ServerId::One, ..order.wish.clone() }, ..order }
}

fn by_balance(orders: &[Order], spent_cents: Option<i32>, after_s: i64) -> Vec<String> {
    let balance = spent_cents.and_then(|spent| BEFORE.checked_sub(Money::from_cents(spent)));
    told(&balance_round(orders, ServerId::One, balance, None, START + after_s))
}

#[test]
fn a_balance_tells_what_a_lost_purchase_came_to() {
    let (missed, refunded) = (vec!["missed 0001"], vec!["refunded 0001"]);
    let written_off = vec!["orphan lost-0001", "refunded 0001"];
    let nothing: Vec<&str> = Vec::new();
    let cases = [
        // Nothing is missing: three times, and late enough.
        (Some(0), 0, 20, &missed),
        (Some(0), 2, 89, &missed),
        (Some(0), 1, 90, &missed),
        (Some(0), 2, 90, &refunded),
        (Some(0), 0, 180, &refunded),
        // What the number may have cost is missing: the user gets the money back at the deadline, and we bear it.
        (Some(24), 2, 179, &nothing),
        (Some(24), 0, 180, &written_off),
        (Some(1), 0, 180, &written_off),
        (Some(32), 0, 180, &written_off),
        // More than that, a top-up, or no balance at all proves nothing.
        (Some(33), 0, 100, &nothing),
        (Some(33), 0, 180, &refunded),
        (Some(-2_000), 2, 100, &nothing),
        (Some(-2_000), 2, 180, &refunded),
        (None, 2, 100, &nothing),
        (None, 2, 180, &refunded),
    ];
    for (spent, misses, after_s, expected) in cases {
        let told = by_balance(&[unlisted(misses)], spent, after_s);
        assert_eq!(told, *expected, "{spent:?} missing, {misses} misses, after {after_s} s");
    }
    let unread = Order { balance_before: None, ..unlisted(2) };
    assert_eq!(by_balance(std::slice::from_ref(&unread), Some(0), 100), [""; 0]);
    assert_eq!(by_balance(&[unread], Some(0), 180), refunded);
}

#[test]
fn what_a_balance_proves_decides_the_reason_and_the_loss() {
    let commands = |spent, after_s| {
        let balance = BEFORE.checked_sub(Money::from_cents(spent));
        balance_round(&[unlisted(2)], ServerId::One, balance, None, START + after_s)
    };
    let (order, at) = (OrderId(1), START + 180);
    assert_eq!(commands(0, 90), [Command::NotBought { order, reason: RefundReason::NotBought }]);
    let [Command::Orphaned(orphan), Command::NotBought { reason, .. }] = &commands(24, 180)[..] else {
        panic!("{:?}", commands(24, 180))
    };
    assert_eq!((*reason, orphan.cost, orphan.server), (RefundReason::Unknown, Money::from_cents(24), ServerId::One));
    assert_eq!(orphan.state, OrphanState::WrittenOff { at, loss: Loss::Unnamed });
    assert_eq!(commands(99, 180), [Command::NotBought { order, reason: RefundReason::Unknown }]);
}

#[test]
fn a_balance_says_nothing_about_other_orders() {
    let at_two = Order { balance_before: Some(BEFORE), ..order(1, LOST) };
    let buying = at_one(order(1, State::Buying { boot: 1, sent_at: START }));
    for other in [at_two, buying] {
        assert_eq!(by_balance(&[other], Some(0), 180), [""; 0]);
    }
}

/// An order whose charge came back is watched no more: its refund once hid what a lost purchase had cost.
#[test]
fn money_that_came_back_meanwhile_spoils_the_evidence() {
    let commands =
        |money_back_at| balance_round(&[unlisted(2)], ServerId::One, Some(BEFORE), money_back_at, START + 90);
    assert_eq!(told(&commands(Some(START + 40))), [""; 0]);
    assert_eq!(told(&commands(Some(START - 60))), [""; 0]);
    assert_eq!(told(&commands(Some(START - 61))), ["refunded 0001"]);
    assert_eq!(told(&commands(None)), ["refunded 0001"]);
}

/// What came back for another number hid what a lost one had cost: found by the simulation.
#[test]
fn a_balance_that_something_else_may_have_moved_proves_nothing() {
    let ends_at = |state: State, expires_at| {
        let number = order(2, State::Active).number.map(|number| Number { expires_at, ..number });
        at_one(Order { number, ended_at: Some(START + 30), ..order(2, state) })
    };
    let closing = |deadline| State::Closing { reason: CloseReason::Cancel, deadline, next_try: START };
    let expired = ends_at(closing(START + 700), START + 50);
    let late = START + 1_200;
    let moves = [
        expired.clone(),
        ends_at(State::Active, START + 90),
        ends_at(State::Active, START - 60),
        ends_at(closing(START + 90), late),
        ends_at(State::Refunded(RefundReason::Cancelled), late),
    ];
    for other in moves {
        let orders = [unlisted(2), other];
        assert_eq!(by_balance(&orders, Some(0), 90), [""; 0], "{:?}", orders[1]);
        assert_eq!(by_balance(&orders, Some(24), 180), ["refunded 0001"], "{:?}", orders[1]);
    }
    let number = expired.number.clone();
    let free = Order { number: number.map(|number| Number { cost: Money::ZERO, ..number }), ..expired.clone() };
    let received = crate::order::Received { message: message("0042"), at: START };
    let elsewhere = Order { wish: order(2, LOST).wish, ..expired.clone() };
    let stays = [
        ends_at(State::Active, START + 91),
        ends_at(State::Active, START - 61),
        ends_at(closing(START + 91), late),
        Order { ended_at: Some(START - 61), ..ends_at(State::Refunded(RefundReason::Cancelled), late) },
        ends_at(State::Done, START + 50),
        Order { messages: vec![received], ..expired },
        free,
        elsewhere,
    ];
    for other in stays {
        let orders = [unlisted(2), other];
        assert_eq!(by_balance(&orders, Some(0), 90), ["refunded 0001"], "{:?}", orders[1]);
    }
}
