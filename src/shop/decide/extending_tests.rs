//! Extensions in the books: who may extend what, and where the money and the rental's end go.

use super::*;
use crate::command::Command;
use crate::decide::decide;
use crate::ledger::Wallet;
use crate::order::Quote;
use crate::samples::{START, extension, rental};
use crate::settings::Settings;
use crate::{OrderId, QuoteId, ServerId, UserId};

const WEEK_S: i64 = 7 * 86_400;
const BUYING: State = State::Buying { boot: 1, sent_at: START };
const LOST: State = State::Ambiguous { sent_at: START, clean_misses: 1 };

fn facts(order: Option<Order>, rental: Option<Order>) -> Facts {
    Facts {
        now: START + 60,
        wallet: Wallet { available: Money::from_cents(1_000), held: Money::ZERO },
        suspended: false,
        settings: Settings::default(),
        quote: None,
        order,
        rental,
        is_being_extended: false,
        owner: None,
        orphan: None,
        adjusted: None,
        open_of_user: 0,
        open_in_all: 0,
        open_at_server: 0,
        purchases_of_user: 0,
        purchases_in_all: 0,
        ticket: None,
        tickets: crate::ticket::Count::default(),
        tickets_waiting: Vec::new(),
    }
}

/// What is written, in short.
fn told(result: Result<Vec<Write>, Refusal>) -> Vec<String> {
    let say = |write: Write| {
        if let Write::Order(order) = write {
            let end = order.number.as_ref().map(|number| number.expires_at - START);
            let ended = if order.ended_at.is_some() { " ended" } else { "" };
            format!("{} {:?}{ended} {end:?}", order.id.0, order.kind())
        } else if let Write::Post(transaction) = write {
            let kind: &str = transaction.kind.into();
            format!("{kind} {}", transaction.key)
        } else if let Write::Tell(_, Note::Failed(order)) = write {
            format!("failed {}", order.0)
        } else {
            format!("{write:?}")
        }
    };
    match result {
        Ok(writes) => writes.into_iter().map(say).collect(),
        Err(refusal) => vec![format!("{refusal:?}")],
    }
}

fn extended(order: Order, rental: Order, expires_at: Option<i64>, cents: i32) -> Vec<String> {
    let command = Command::Extended { order: order.id, expires_at, cost: Some(Money::from_cents(cents)) };
    told(decide(None, &command, &facts(Some(order), Some(rental))))
}

#[test]
fn an_extension_is_paid_once_and_moves_the_end() {
    let (done, active) = (rental(1, 7, State::Done), rental(1, 7, State::Active));
    let (earned, cost) = ("Capture resolve/0002", "Cost extension/0002");
    let moved = |state: &str| format!("1 {state} Some({})", 2 * WEEK_S);
    let paid = ["Capture resolve/0002".to_owned(), "2 Done ended None".to_owned(), cost.to_owned()];
    for state in [BUYING, LOST] {
        let writes = extended(extension(2, 7, state), done.clone(), Some(START + 2 * WEEK_S), 24);
        assert_eq!(writes, [paid.as_slice(), &[moved("Done")]].concat());
    }
    // Without a word about the end it is the days that were bought.
    assert_eq!(extended(extension(2, 7, BUYING), done.clone(), None, 24)[3], moved("Done"));
    // An end that is none is none.
    assert_eq!(extended(extension(2, 7, BUYING), done.clone(), Some(START + WEEK_S), 24)[3], moved("Done"));
    // A rental inside its window is kept first.
    let kept = extended(extension(2, 7, BUYING), active, Some(START + 2 * WEEK_S), 24);
    assert_eq!(kept[3..], ["Capture resolve/0001".to_owned(), moved("Done")]);
    // One that ended meanwhile goes on.
    let ended = Order { ended_at: Some(START), ..done.clone() };
    assert_eq!(extended(extension(2, 7, LOST), ended, None, 24)[3], moved("Done"));
    let dear = extended(extension(2, 7, BUYING), done.clone(), None, 25);
    assert_eq!(dear.last().map(String::as_str), Some("Alarm(CostAboveQuote)"));
    assert_eq!(dear[0], earned);
    // A second answer, and one for an order that is past it, change nothing.
    let brought = Extended { cost: Money::from_cents(24), until: START };
    let again = Order { extended: Some(brought), ..extension(2, 7, State::Done) };
    for order in [again, extension(2, 7, State::Done), extension(2, 7, State::Reserved)] {
        assert_eq!(extended(order, done.clone(), None, 24), [""; 0]);
    }
}

#[test]
fn what_nobody_pays_is_written_off() {
    let (cost, alarm) = ("Cost extension/0002".to_owned(), "Alarm(WrittenOff)".to_owned());
    // Found after the refund: the days are the user's, for nothing; the window of the rental stays as it was.
    let late = extension(2, 7, State::Refunded(RefundReason::Unknown));
    for (state, kind) in [(State::Done, "Done"), (State::Active, "Active")] {
        let moved = format!("1 {kind} Some({})", 2 * WEEK_S);
        let writes = extended(late.clone(), rental(1, 7, state), None, 24);
        assert_eq!(writes, ["2 Refunded None".to_owned(), alarm.clone(), cost.clone(), moved]);
    }
    // The rental was given back: so is the price.
    let number = rental(1, 7, State::Done).number;
    let gone = Order { number, ..rental(1, 7, State::Refunded(RefundReason::Cancelled)) };
    let writes = extended(extension(2, 7, LOST), gone, None, 24);
    let released = ["Release resolve/0002", "2 Refunded ended None", "Alarm(WrittenOff)", "failed 2"];
    assert_eq!(writes, [released.map(str::to_owned).as_slice(), &[cost]].concat());
}

#[test]
fn a_no_gives_the_money_back_and_leaves_the_rental_alone() {
    let command = Command::NotBought { order: OrderId(2), reason: RefundReason::Refused(crate::ErrorCode::OutOfStock) };
    let facts = facts(Some(extension(2, 7, BUYING)), Some(rental(1, 7, State::Active)));
    assert_eq!(told(decide(None, &command, &facts)), ["Release resolve/0002", "2 Refunded ended None"]);
}

/// Buys an extension of this rental by this user.
fn buy(rental: Option<Order>, is_being_extended: bool, actor: UserId) -> Vec<String> {
    let wish = extension(2, 7, State::Reserved).wish;
    let (cost, price) = (Money::from_cents(24), Money::from_cents(32));
    let price = crate::pricing::sale_price(cost, Settings::default().server(ServerId::Two).margin()).unwrap_or(price);
    let quote = Quote { id: QuoteId(2), user: actor, wish, cost, price, quoted_at: START + 50, used_by: None };
    let facts = Facts { quote: Some(quote), is_being_extended, ..facts(None, rental) };
    told(decide(Some(actor), &Command::Buy { quote: QuoteId(2), current: None }, &facts))
}

#[test]
fn only_ones_own_running_rental_is_extended_and_once_at_a_time() {
    let owner = rental(1, 7, State::Done).user;
    for state in [State::Active, State::Done] {
        let bought = buy(Some(rental(1, 7, state)), false, owner);
        assert!(bought.contains(&"2 Reserved None".to_owned()), "{bought:?}");
    }
    let closing = State::Closing { reason: crate::order::CloseReason::Cancel, deadline: START, next_try: START };
    let ended = Order { ended_at: Some(START), ..rental(1, 7, State::Done) };
    let other_days = rental(1, 30, State::Done);
    let cases = [
        (None, false, "UnknownOrder"),
        (Some(Order { user: UserId(8), ..rental(1, 7, State::Done) }), false, "UnknownOrder"),
        (Some(rental(1, 7, closing)), false, "TooLate"),
        (Some(rental(1, 7, State::Refunded(RefundReason::Cancelled))), false, "TooLate"),
        (Some(ended), false, "TooLate"),
        (Some(other_days), false, "TooLate"),
        (Some(rental(1, 7, State::Done)), true, "BeingExtended"),
    ];
    for (rental, is_being_extended, expected) in cases {
        assert_eq!(buy(rental.clone(), is_being_extended, owner), [expected], "{rental:?}");
    }
}

#[test]
fn the_supplier_is_not_paid_for_a_rental_that_is_gone() {
    let start = |rental| {
        let command = Command::StartBuying { order: OrderId(2), boot: 1, balance: None };
        let facts = Facts { now: START + 5, ..facts(Some(extension(2, 7, State::Reserved)), rental) };
        told(decide(None, &command, &facts))
    };
    assert_eq!(start(Some(rental(1, 7, State::Active))), ["2 Buying None"]);
    assert_eq!(start(Some(rental(1, 7, State::Refunded(RefundReason::Cancelled)))), ["TooLate"]);
    assert_eq!(start(None), ["TooLate"]);
}

/// A rental that was cancelled while the supplier was paid for more of it would be paid for twice and held by nobody.
#[test]
fn a_rental_is_not_given_back_while_it_is_extended() {
    let active = rental(1, 7, State::Active);
    let cancel = |is_being_extended| {
        let facts = Facts { is_being_extended, ..facts(Some(active.clone()), None) };
        told(decide(Some(active.user), &Command::Cancel(active.id), &facts))
    };
    assert_eq!(cancel(true), ["BeingExtended"]);
    assert_eq!(cancel(false), [format!("1 Closing Some({WEEK_S})")]);
}
