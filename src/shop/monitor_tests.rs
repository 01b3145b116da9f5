//! What is asked when, and what answers mean.

use super::*;
use crate::order::{CloseReason, Number};
use crate::samples::{START, line, message, order, rental, row, whole};

const BOOT: u64 = 5;

fn due_at(orders: &[Order], now: UnixSeconds, every_s: i64, asked: impl Fn(OrderId) -> Asked) -> Vec<Task> {
    due(&orders.iter(), Tick { now, boot: BOOT, every_s }, &asked)
}

fn unasked(_: OrderId) -> Asked {
    Asked::default()
}

#[test]
fn a_purchase_call_cannot_run_for_ever() {
    let buying = |boot| order(1, State::Buying { boot, sent_at: START });
    let unknown = vec![Task::Apply(Command::BuyingUnknown(OrderId(1)))];
    assert_eq!(due_at(&[buying(BOOT)], START + 120, 3, unasked), []);
    assert_eq!(due_at(&[buying(BOOT)], START + 121, 3, unasked), unknown, "its task is gone");
    assert_eq!(due_at(&[buying(BOOT - 1)], START + 1, 3, unasked), unknown, "its process is gone");
}

/// Two answers of a kind could not be told apart while one is looked for.
#[test]
fn a_purchase_waits_while_one_of_its_kind_is_lost_and_another_in_flight() {
    let lost = order(1, State::Ambiguous { sent_at: START, clean_misses: 0 });
    let (buying, next) = (order(2, State::Buying { boot: BOOT, sent_at: START }), order(3, State::Reserved));
    let begun = |orders: &[&Order]| reserved(&next, orders.iter().copied(), START + 5);
    let buy = Some(Task::Buy(OrderId(3)));
    assert_eq!(begun(&[&lost, &buying, &next]), None);
    assert_eq!(begun(&[&lost, &next]), buy);
    assert_eq!(begun(&[&buying, &next]), buy);
    let other =
        Order { wish: crate::order::Wish { service: crate::ServiceId(9), ..lost.wish.clone() }, ..lost.clone() };
    assert_eq!(begun(&[&other, &buying, &next]), buy);
    let late = reserved(&next, [&next].into_iter(), START + 21);
    assert!(matches!(late, Some(Task::Apply(Command::NotBought { .. }))), "{late:?}");
}

/// The process died between the supplier's answer and our commit: the second code reached nobody.
#[test]
fn another_code_is_found_in_the_list_where_its_answer_was_lost() {
    let asked = Order { resend_asked_at: Some(START + 30), ..order(1, State::Done) };
    let phone = asked.number.as_ref().map(|number| number.phone.clone());
    let on_it = |text| ListedOrder { phone: phone.clone(), ..row(text, Check::Pending) };
    let found = |orders: &[Order], list: &[ListedOrder]| -> Vec<String> {
        let found = read_resent(orders, ServerId::Two, list);
        found.iter().map(|(order, row)| format!("{} {}", order.id, row.id.as_str())).collect()
    };
    let own = ListedOrder { id: asked.number.as_ref().expect("a number").supplier_id.clone(), ..on_it("A") };
    let rows = [own, on_it("A"), row("B", Check::Pending)];
    assert_eq!(found(std::slice::from_ref(&asked), &rows), ["0001 A"], "neither its own nor on another number");
    let child = order(2, State::Active);
    let owned = Order {
        number: child.number.map(|number| Number { supplier_id: rows[1].id.clone(), ..number }),
        ..order(2, State::Active)
    };
    assert_eq!(found(&[asked.clone(), owned], &rows), [""; 0], "the child has it");
    assert_eq!(found(&[Order { resend_asked_at: None, ..asked }], &rows), [""; 0], "nobody asked");
}

/// A supplier sells one number for several services: what somebody else bought on it, its answer still on the way, would
/// have gone to whoever asked for another code, with the codes of a stranger's account.
#[test]
fn what_another_service_or_country_sold_on_the_number_is_no_other_code() {
    let asked = Order { resend_asked_at: Some(START + 30), ..order(1, State::Done) };
    let phone = asked.number.as_ref().map(|number| number.phone.clone());
    let telegram =
        ListedOrder { phone: phone.clone(), service_name: "Telegram".to_owned(), ..row("A", Check::Pending) };
    let canada = ListedOrder { phone, iso2: "CA".to_owned(), ..row("B", Check::Pending) };
    assert_eq!(read_resent(&[asked], ServerId::Two, &[telegram, canada]), []);
}

#[test]
fn one_list_for_all_temporary_orders() {
    let orders: Vec<Order> = (1..200).map(|number| order(number, State::Active)).collect();
    assert_eq!(due_at(&orders, START + 60, 3, unasked), [Task::List(ServerId::Two)]);
}

/// All rentals at once were more than the supplier bears.
#[test]
fn rentals_are_asked_about_four_times_a_second_at_most() {
    let orders: Vec<Order> = (1..=100).map(|number| rental(number, 30, State::Active)).collect();
    let never = [60, 70, 80].map(OrderId);
    let asked = |order: OrderId| {
        let tried_at = (!never.contains(&order)).then(|| START + 200 - i64::try_from(order.0).unwrap_or(0));
        Asked { tried_at, answered_at: None }
    };
    let tasks = due_at(&orders, START + 250, 3, asked);
    let oldest = [100, 99, 98, 97, 96, 95, 94, 93, 92].map(OrderId);
    let expected: Vec<Task> = never.into_iter().chain(oldest).map(Task::RentalMessages).collect();
    assert_eq!(tasks, expected, "the longest unasked first, 12 in 3 seconds");
}

/// A last look that failed once counted as one.
#[test]
fn a_rental_ends_after_a_look_that_was_answered() {
    let ended = rental(1, 7, State::Done);
    let end = START + 7 * 86_400;
    let asked = |tried, answered| move |_| Asked { tried_at: tried, answered_at: answered };
    let look = vec![Task::RentalMessages(OrderId(1))];
    let over = vec![Task::Apply(Command::RentalEnded(OrderId(1)))];
    let orders = [ended];
    assert_eq!(due_at(&orders, end + 5, 3, asked(Some(end + 1), Some(end - 9))), look);
    assert_eq!(due_at(&orders, end + 5, 3, asked(Some(end + 1), Some(end + 1))), over);
    assert_eq!(due_at(&orders, end + RENTAL_LAST_LOOK_S, 3, asked(Some(end + 1), None)), over);
}

/// A row that said “completed” without a text was once taken for one that waits, and never looked at.
#[test]
fn a_list_row_without_its_message_is_asked_about_alone() {
    let orders = [order(1, State::Active)];
    let read = |rows: &[ListedOrder]| read_list(orders.iter(), ServerId::Two, rows);
    let check = vec![Task::Check(OrderId(1))];
    assert_eq!(read(&[row("S1", Check::Pending)]), []);
    for check_of_row in [Check::Unread, Check::Refunded, Check::Ended] {
        assert_eq!(read(&[row("S1", check_of_row)]), check);
    }
    assert_eq!(read(&[]), check);
    let received = Command::Received { order: OrderId(1), messages: vec![message("0042")] };
    assert_eq!(read(&[row("S1", Check::Received(message("0042")))]), [Task::Apply(received)]);
}

/// A number that has its code is still the user's until it ends, and the list is asked anyway.
#[test]
fn a_second_message_is_taken_from_the_list() {
    let mut done = order(1, State::Done);
    done.messages = vec![crate::order::Received { message: message("0042"), at: START + 5 }];
    done.watched_until = Some(START + 1_200);
    assert!(done.is_listed(START + 1_199) && !done.is_listed(START + 1_200));
    assert_eq!(due_at(&[done.clone()], START + 60, 3, unasked), [Task::List(ServerId::Two)]);
    assert_eq!(due_at(&[done.clone()], START + 1_200, 3, unasked), []);
    let read = |check| read_list([&done].into_iter(), ServerId::Two, &[row("S1", check)]);
    let other_words = Message { text: "0042".to_owned(), ..message("0042") };
    for known in [Check::Pending, Check::Ended, Check::Received(message("0042")), Check::Received(other_words)] {
        assert_eq!(read(known), []);
    }
    let second = Command::Received { order: OrderId(1), messages: vec![message("7777")] };
    assert_eq!(read(Check::Received(message("7777"))), [Task::Apply(second)]);
    assert_eq!(read_list([&done].into_iter(), ServerId::Two, &[]), [], "nobody waits for it");
}

#[test]
fn the_history_settles_what_a_check_cannot() {
    let order = order(1, State::Closing { reason: CloseReason::Expiry, deadline: START + 1_800, next_try: START });
    let confirmed = Command::Close { order: OrderId(1), supplier: SupplierRefund::Confirmed };
    assert_eq!(read_history(&order, &[row("S1", Check::Refunded)]), Some(confirmed));
    assert_eq!(read_history(&order, &[row("S1", Check::Ended)]), None);
    assert_eq!(read_history(&order, &[row("OTHER", Check::Refunded)]), None);
}

/// A cancel that came too late for the supplier was once refunded all the same, and the line lived on for free.
#[test]
fn a_refused_cancel_of_a_rental_is_settled_by_its_line() {
    let closing = State::Closing { reason: CloseReason::Cancel, deadline: START + 9_000, next_try: START };
    let order = rental(1, 30, closing);
    let lines = |rows| whole(rows);
    let (early, late) = (START + 60, START + 7_200);
    let here = || vec![line("S1", START + 30 * 86_400)];
    let kept = Some(Command::RentalKept(OrderId(1)));
    let refunded = Some(Command::Close { order: OrderId(1), supplier: SupplierRefund::Confirmed });
    let again = |now: i64| Some(Command::RetryClosing { order: OrderId(1), next_try: now + CLOSE_RETRY_S });
    assert_eq!(read_refusal(&order, &lines(here()), late), kept, "the window is over");
    assert_eq!(read_refusal(&order, &lines(here()), early), again(early));
    assert_eq!(read_refusal(&order, &lines(vec![]), late), refunded, "an earlier try had worked");
    assert_eq!(read_refusal(&order, &Listed::default(), late), again(late), "nobody knows");
}

#[test]
fn our_refund_window_ends_before_the_suppliers() {
    let order = rental(1, 30, State::Active);
    assert_eq!(order.refund_ends_at(), Some(START + 7_200 - 60));
    assert!(order.can_cancel(START + 7_139) && !order.can_cancel(START + 7_140));
    assert_eq!(due_at(&[order], START + 7_140, 3, unasked), [Task::Apply(Command::RentalKept(OrderId(1)))]);
}

/// The clock was a day ahead when these were last asked about, and was set right: for a day nobody would have fetched their
/// messages or tried to give them back.
#[test]
fn a_clock_that_was_set_back_keeps_nobody_waiting() {
    let (now, ahead) = (START + 60, START + 86_400);
    let asked = |_| Asked { tried_at: Some(ahead), answered_at: Some(ahead) };
    let tasks = |order: Order| due_at(&[order], now, 10, asked);
    assert_eq!(tasks(rental(1, 7, State::Active)), [Task::RentalMessages(OrderId(1))]);
    let refunded = State::Refunded(RefundReason::Expired);
    let watched = Order { number: order(2, State::Active).number, watched_until: Some(ahead), ..order(2, refunded) };
    assert_eq!(tasks(watched), [Task::Check(OrderId(2))]);
    let closing = |next_try| State::Closing { reason: CloseReason::Cancel, deadline: ahead + 600, next_try };
    assert_eq!(tasks(order(3, closing(ahead + CLOSE_RETRY_S))), [Task::Close(OrderId(3))]);
    assert_eq!(tasks(order(3, closing(now + CLOSE_RETRY_S))), []);
}

fn at_one(order: Order) -> Order {
    Order { wish: crate::order::Wish { server: ServerId::One, ..order.wish.clone() }, ..order }
}

/// Where nothing is listed, hundreds of orders at once were more than the supplier bears; and what one server bears is no
/// other server's business.
#[test]
fn single_looks_are_paced_for_each_server_by_itself() {
    let listed = (1..=20).map(|number| order(number, State::Active));
    let rented = (101..=120).map(|number| rental(number, 30, State::Active));
    let silent = (201..=220).map(|number| at_one(order(number, State::Active)));
    let silent_rented = (301..=320).map(|number| at_one(rental(number, 30, State::Active)));
    let orders: Vec<Order> = listed.chain(rented).chain(silent).chain(silent_rented).collect();
    let never = [210, 310].map(OrderId);
    let asked = |order: OrderId| {
        let tried_at = (!never.contains(&order)).then(|| START + i64::try_from(order.0).unwrap_or(0));
        Asked { tried_at, answered_at: None }
    };
    let tasks = due_at(&orders, START + 400, 3, asked);
    let of = |wanted: &dyn Fn(&Task) -> bool| tasks.iter().filter(|task| wanted(task)).cloned().collect::<Vec<_>>();
    assert_eq!(of(&|task| matches!(task, Task::List(_))), [Task::List(ServerId::Two)]);
    let checks = [210, 201, 202, 203, 204].map(|order| Task::Check(OrderId(order)));
    assert_eq!(of(&|task| matches!(task, Task::Check(_))), checks, "the longest unasked first");
    let messages = of(&|task| matches!(task, Task::RentalMessages(_)));
    assert_eq!(messages[0], Task::RentalMessages(OrderId(310)), "6 and 12 in 3 seconds, of all kinds");
    let two = (101..=112).map(|order| Task::RentalMessages(OrderId(order)));
    assert_eq!(messages[1..], two.collect::<Vec<_>>());
}

/// A supplier that lists nothing and takes a rental back no more was paid, and its user had the money back.
#[test]
fn a_rental_that_an_unlisted_supplier_keeps_is_paid() {
    let closing = State::Closing { reason: CloseReason::Cancel, deadline: START + 600, next_try: START };
    let rented = at_one(rental(1, 30, closing));
    let said = |check| read_unlisted_refusal(&rented, check, START + 60);
    let kept = Some(Command::RentalKept(OrderId(1)));
    let again = Some(Command::RetryClosing { order: OrderId(1), next_try: START + 60 + CLOSE_RETRY_S });
    let closed = Some(Command::Close { order: OrderId(1), supplier: SupplierRefund::Confirmed });
    assert_eq!(said(Some(Check::Pending)), kept);
    assert_eq!(said(Some(Check::Refunded)), closed);
    assert_eq!((said(Some(Check::Ended)), said(None)), (again.clone(), again));
    assert!(matches!(said(Some(Check::Received(message("1234")))), Some(Command::Received { .. })));
}

/// Two purchases at once changed one balance, and nobody could tell whose charge it showed.
#[test]
fn where_only_the_balance_tells_nothing_else_moves_it() {
    let lost = at_one(order(1, State::Ambiguous { sent_at: START, clean_misses: 0 }));
    let buying = at_one(order(2, State::Buying { boot: BOOT, sent_at: START }));
    let other_kind = |order: Order| Order {
        wish: crate::order::Wish { service: crate::ServiceId(9), ..order.wish.clone() },
        ..order
    };
    let next = at_one(order(3, State::Reserved));
    let begun = |next: &Order, others: &[&Order]| reserved(next, others.iter().copied(), START + 5);
    let buy = Some(Task::Buy(OrderId(3)));
    assert_eq!(begun(&next, &[&next]), buy);
    for other in [&lost, &buying, &other_kind(lost.clone()), &other_kind(buying.clone())] {
        assert_eq!(begun(&next, &[other, &next]), None, "{other:?}");
        assert_eq!(begun(&order(3, State::Reserved), &[other]), buy, "the other server sells on");
    }
    let (next_try, deadline) = (START, START + 600);
    let closing = State::Closing { reason: CloseReason::Cancel, deadline, next_try };
    let close = vec![Task::Close(OrderId(4))];
    let tasks = |order: Order, now| {
        let tasks = due_at(&[lost.clone(), order], now, 10, unasked);
        tasks.into_iter().filter(|task| matches!(task, Task::Close(_))).collect::<Vec<_>>()
    };
    assert_eq!(tasks(at_one(order(4, closing.clone())), START + 60), []);
    assert_eq!(tasks(at_one(order(4, closing.clone())), deadline), close, "the user does not wait longer");
    assert_eq!(tasks(order(4, closing.clone()), START + 60), close);
    assert_eq!(due_at(&[at_one(order(4, closing))], START + 60, 10, unasked), close);
    assert!(is_looked_for(ServerId::One, [&buying].into_iter()) && !is_looked_for(ServerId::Two, [&lost].into_iter()));
}

#[test]
fn a_rental_that_sleeps_is_woken_until_nobody_waits_for_it() {
    let asleep = at_one(rental(1, 7, State::Active));
    let with = |wake| Order { wake, ..asleep.clone() };
    let waking = with(Some(Wake::Asked { at: START }));
    let look = Task::RentalMessages(OrderId(1));
    let due = |order: &Order, now| due_at(std::slice::from_ref(order), now, 10, unasked);
    let not_woken = || Command::NotWoken(OrderId(1));
    assert_eq!(due(&waking, START + 119), [Task::Wake(OrderId(1)), look.clone()]);
    assert_eq!(due(&waking, START + 120), [Task::Apply(not_woken()), look.clone()]);
    let others = [None, Some(Wake::Failed { at: START }), Some(Wake::Awake { until: START + 900 })];
    for wake in others {
        assert_eq!(due(&with(wake), START + 10), std::slice::from_ref(&look));
    }

    let failed = |code| Err(PoolError { code, cause: String::new(), advice: crate::pool::Advice::None });
    let woken = Command::Woken { order: OrderId(1), until: START + 900 };
    let cases = [
        (Ok(START + 900), START + 10, Some(woken)),
        (failed(crate::ErrorCode::Rejected), START + 10, Some(not_woken())),
        (failed(crate::ErrorCode::TimedOut), START + 10, None),
        (failed(crate::ErrorCode::TimedOut), START + 120, Some(not_woken())),
    ];
    for (answer, now, expected) in cases {
        assert_eq!(read_wake(&waking, answer.clone(), now), expected, "{answer:?} at {now}");
    }
}

/// A supplier that was silent for longer than a watch was never asked again: found by the simulation.
#[test]
fn a_watch_does_not_end_in_silence() {
    let (ended_at, until) = (Some(START), START + 1_800);
    let refunded = |number| Order {
        number,
        ended_at,
        watched_until: Some(until),
        ..order(1, State::Refunded(RefundReason::Unknown))
    };
    let (sold, lost) = (refunded(order(1, State::Active).number), refunded(None));
    let asked = |answered_at| move |_| Asked { tried_at: Some(until - 90), answered_at };
    let due = |order: &Order, now, answered_at| due_at(std::slice::from_ref(order), now, 10, asked(answered_at));
    let on = [Task::Apply(Command::WatchOn(OrderId(1)))];
    for order in [&sold, &lost] {
        assert_eq!(due(order, until - 61, None), []);
        assert_eq!(due(order, until - 60, None), on);
        assert_eq!(due(order, until - 60, Some(until - 301)), on, "that is long ago");
        assert_eq!(due(order, until - 60, Some(until - 300)), []);
        let for_a_day = Order { watched_until: Some(START + SILENCE_MAX_S), ..order.clone() };
        assert_eq!(due(&for_a_day, START + SILENCE_MAX_S, None), [], "not for ever");
    }
    assert_eq!(due(&at_one(lost), until - 60, None), [], "nothing shows up where nothing is listed");
}
