//! Orders for tests.

use crate::catalogue::Product;
use crate::order::{Number, Order, State, Wish};
use crate::pool::{Check, Completeness, Listed, ListedOrder, ListedRental, Message};
use crate::{
    CountryId, Days, Money, OrderId, Phone, QuoteId, ServerId, ServiceId, SupplierOrderId, UnixSeconds, UserId,
};

/// When everything in the tests begins.
pub(crate) const START: UnixSeconds = 1_000_000;

pub(crate) fn id(text: &str) -> SupplierOrderId {
    SupplierOrderId::parse(text).expect("an id")
}

pub(crate) fn message(code: &str) -> Message {
    Message { code: Some(code.to_owned()), text: format!("Your code is {code}"), key: String::new() }
}

/// A temporary order made at [`START`], with a number where its state has one.
pub(crate) fn order(number: u64, state: State) -> Order {
    let wish = Wish {
        server: ServerId::Two,
        product: Product::Temporary,
        country: CountryId(1),
        iso2: "US".to_owned(),
        service: ServiceId(1012),
        service_name: "WhatsApp".to_owned(),
        rental_product: None,
        refund_within_s: None,
        extends: None,
    };
    let has_number = matches!(state, State::Active | State::Closing { .. } | State::Done);
    Order {
        id: OrderId(number),
        user: UserId(7),
        wish,
        quote: QuoteId(number),
        parent: None,
        price: Money::from_cents(32),
        quoted_cost: Money::from_cents(24),
        state,
        created_at: START,
        number: has_number.then(|| numbered(number, START + 1_200)),
        extended: None,
        messages: Vec::new(),
        ended_at: None,
        checked_at: None,
        resend_asked_at: None,
        balance_before: None,
        wake: None,
        watched_until: None,
    }
}

/// A rental of so many days of product 6, made at [`START`], with a refund window of two hours.
pub(crate) fn rental(number: u64, days: u16, state: State) -> Order {
    let mut order = order(number, state);
    order.wish.product = Product::Rental(Days(days));
    order.wish.rental_product = Some(6);
    order.wish.refund_within_s = Some(7_200);
    order.number = order.number.map(|_| numbered(number, START + i64::from(days) * 86_400));
    order
}

/// An extension of [`rental`] number 1 by so many days, sent at [`START`].
pub(crate) fn extension(number: u64, days: u16, state: State) -> Order {
    let wish = rental(1, days, State::Done).extension();
    Order { wish, number: None, ..rental(number, days, state) }
}

fn numbered(number: u64, expires_at: UnixSeconds) -> Number {
    Number {
        supplier_id: id(&format!("S{number}")),
        phone: Phone::parse("12025550123").expect("a number"),
        cost: Money::from_cents(24),
        pool: None,
        bought_at: START,
        expires_at,
    }
}

/// A row of the supplier's lists that is like [`order`].
pub(crate) fn row(text: &str, check: Check) -> ListedOrder {
    ListedOrder {
        id: id(text),
        phone: Phone::parse("12025550199"),
        iso2: "US".to_owned(),
        service_name: "WhatsApp".to_owned(),
        cost: Some(Money::from_cents(24)),
        expires_at: START + 1_200,
        bought_at: Some(START),
        check,
    }
}

/// A line of product 6 that ends then.
pub(crate) fn line(text: &str, expires_at: UnixSeconds) -> ListedRental {
    ListedRental { id: id(text), phone: Phone::parse("12025550199"), product: Some(6), expires_at }
}

pub(crate) fn whole<T>(rows: Vec<T>) -> Listed<T> {
    Listed { rows, completeness: Completeness::Whole }
}
