//! What a supplier does for a person: it sells a number, it refuses, a message arrives.

use shop::command::Command;
use shop::order::{RefundReason, State};
use shop::pool::{Message, Purchased};
use shop::{ErrorCode, OrderId, Phone, SupplierOrderId};

use super::Person;

/// How long a number lives, in seconds.
const LIFE_S: i64 = 1_200;

impl Person {
    /// The supplier sells this number for the newest order.
    #[track_caller]
    pub fn gets(&mut self, phone: &str) -> &mut Self {
        let order = self.newest("waits to be bought", |state| *state == State::Reserved);
        let (Some(phone), Some(id)) = (Phone::parse(phone), SupplierOrderId::parse(&format!("S{}", order.0))) else {
            self.fail(&format!("{phone} is no phone number"))
        };
        let expires_at = self.moment.now + LIFE_S;
        let purchased = Purchased { id, phone, cost: None, expires_at, pool: None };
        self.steps.push("gets a number".to_owned());
        let commands = [Command::StartBuying { order, boot: 1, balance: None }, Command::Bought { order, purchased }];
        self.order_of_shop(&commands, Some(order))
    }

    /// The supplier refuses to sell for the newest order.
    #[track_caller]
    pub fn gets_none(&mut self, code: ErrorCode) -> &mut Self {
        let order = self.newest("waits to be bought", |state| *state == State::Reserved);
        self.steps.push(format!("gets no number: {code}"));
        let not_bought = Command::NotBought { order, reason: RefundReason::Refused(code) };
        self.order_of_shop(&[Command::StartBuying { order, boot: 1, balance: None }, not_bought], Some(order))
    }

    /// A message with this code arrives on the newest number.
    #[track_caller]
    pub fn receives(&mut self, code: &str) -> &mut Self {
        let order = self.newest("waits for a message", |state| matches!(state, State::Active | State::Closing { .. }));
        let text = format!("Your code is {code}. Do not share it.");
        let message = Message { key: format!("m{}", self.steps.len()), text, code: Some(code.to_owned()) };
        self.steps.push("receives a message".to_owned());
        self.order_of_shop(&[Command::Received { order, messages: vec![message] }], Some(order))
    }

    #[track_caller]
    fn newest(&self, what: &str, is_meant: impl Fn(&State) -> bool) -> OrderId {
        let meant = self.books.orders.values().filter(|order| is_meant(&order.state));
        match meant.max_by_key(|order| (order.created_at, order.id)) {
            Some(order) => order.id,
            None => self.fail(&format!("no order {what}")),
        }
    }
}
