//! A short history of a shop, drawn from a seed: what comes next depends on the seed and the books alone.

use std::collections::VecDeque;

use shop::command::{Command, SupplierRefund};
use shop::order::{CloseReason, Order, RefundReason, State};
use shop::pool::Purchased;
use shop::{ErrorCode, Money, OrderId, Phone, UserId};

use super::super::dice::Dice;
use super::super::{COST, PRICE, START, buy, message, orphaned, quote, step_of, supplier};
use crate::{Intent, RawUpdate, Store, StoreError};

/// How many people there are.
const PEOPLE: usize = 3;

/// A history that goes on with each call of [`History::next`].
pub(super) struct History {
    dice: Dice,
    now: i64,
    /// Names that nobody gets twice.
    names: u64,
    quotes: Vec<(UserId, u64)>,
    events_left: usize,
    /// Batches that are decided and not written yet.
    ready: VecDeque<Vec<Intent>>,
}

impl History {
    pub(super) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let events_left = 6 + dice.below(18);
        Self { dice, now: START, names: 0, quotes: Vec::new(), events_left, ready: VecDeque::new() }
    }

    /// What is written together next; `None` at the end. It fails where the books cannot be read.
    pub(super) fn next(&mut self, store: &Store) -> Result<Option<Vec<Intent>>, StoreError> {
        if let Some(batch) = self.ready.pop_front() {
            return Ok(Some(batch));
        }
        let mut intents = Vec::new();
        for _ in 0..self.dice.pick(&[1, 1, 1, 2, 4]) {
            let Some(left) = self.events_left.checked_sub(1) else { return Ok(None) };
            self.events_left = left;
            self.now += i64::try_from(self.dice.below(8)).expect("few seconds");
            intents.extend(self.event(store)?);
        }
        match self.dice.below(2) {
            0 => self.ready.push_back(intents),
            _ => self.ready.extend(intents.into_iter().map(|intent| vec![intent])),
        }
        Ok(self.ready.pop_front())
    }

    fn event(&mut self, store: &Store) -> Result<Vec<Intent>, StoreError> {
        let open = store.open_orders()?;
        match self.dice.below(13) {
            0 | 1 => Ok(vec![self.credit()]),
            2 | 3 => self.quote(store),
            4 => self.buy(store),
            5 => Ok(vec![self.orphan()]),
            6 | 7 => Ok(vec![self.cache()]),
            _ if open.is_empty() => self.buy_at_once(store),
            _ => {
                let order = open[self.dice.below(open.len())].clone();
                self.go_on(store, &order)
            }
        }
    }

    fn credit(&mut self) -> Intent {
        let amount = Money::from_micros(self.dice.pick(&[10_000_000, 5_000_000, 1_300_000, -1_000_000]));
        let (user, nonce) = (self.person(), format!("n{}", self.name()));
        self.domain(Command::Adjust { user, amount, reason: "power".to_owned(), nonce })
    }

    fn quote(&mut self, store: &Store) -> Result<Vec<Intent>, StoreError> {
        let (user, id) = (self.person(), self.name());
        self.quotes.push((user, id));
        self.press(store, user, vec![quote(id)])
    }

    fn buy(&mut self, store: &Store) -> Result<Vec<Intent>, StoreError> {
        match self.quotes.pop() {
            Some((user, id)) => self.press(store, user, vec![buy(id)]),
            None => self.buy_at_once(store),
        }
    }

    /// Money, quote and purchase in two intents.
    fn buy_at_once(&mut self, store: &Store) -> Result<Vec<Intent>, StoreError> {
        let (user, id) = (self.person(), self.name());
        let nonce = format!("n{}", self.name());
        let reason = "power".to_owned();
        let paid = self.domain(Command::Adjust { user, amount: PRICE, reason, nonce });
        let pressed = self.press(store, user, vec![quote(id), buy(id)])?;
        Ok([paid].into_iter().chain(pressed).collect())
    }

    fn orphan(&mut self) -> Intent {
        let orphaned = orphaned(&format!("X{}", self.name()), COST, self.now);
        self.domain(orphaned)
    }

    /// Enough bytes to make the file grow now and then.
    fn cache(&mut self) -> Intent {
        let bytes = self.dice.pick(&[100, 5_000, 60_000, 300_000]);
        let name = format!("list {}", self.dice.below(9));
        Intent::Cache { name, bytes: vec![u8::try_from(self.name() % 251).expect("a byte"); bytes] }
    }

    /// One of the things that can happen to an order where it stands.
    fn go_on(&mut self, store: &Store, order: &Order) -> Result<Vec<Intent>, StoreError> {
        let (id, user) = (order.id, order.user);
        let choice = self.dice.below(3);
        let command = match (&order.state, choice) {
            (State::Reserved, 0) | (State::Active, 0) => return self.press(store, user, vec![Command::Cancel(id)]),
            (State::Reserved, 1) => Command::NotBought { order: id, reason: RefundReason::NotStarted },
            (State::Reserved, _) => Command::StartBuying { order: id, boot: 1, balance: None },
            (State::Buying { .. }, 0) => {
                Command::NotBought { order: id, reason: RefundReason::Refused(ErrorCode::OutOfStock) }
            }
            (State::Buying { .. }, 1) => Command::BuyingUnknown(id),
            (State::Ambiguous { .. }, 0) => Command::CleanMiss(id),
            (State::Ambiguous { .. }, 1) => Command::NotBought { order: id, reason: RefundReason::NotBought },
            (State::Buying { .. } | State::Ambiguous { .. }, _) => self.bought(id),
            (State::Active, 1) => Command::StartClosing { order: id, reason: CloseReason::Expiry },
            (State::Closing { .. }, 0) => Command::Close { order: id, supplier: SupplierRefund::Confirmed },
            (State::Closing { .. }, 1) => Command::Close { order: id, supplier: SupplierRefund::Unconfirmed },
            (State::Active | State::Closing { .. } | State::Done | State::Refunded(_), _) => {
                let code = format!("{}", self.name());
                Command::Received { order: id, messages: vec![message(&code)] }
            }
        };
        Ok(vec![self.domain(command)])
    }

    fn bought(&mut self, order: OrderId) -> Command {
        let phone = Phone::parse("12025550123").expect("a phone");
        let (id, expires_at) = (supplier(&format!("S{}", self.name())), self.now + 1_200);
        Command::Bought { order, purchased: Purchased { id, phone, cost: Some(COST), expires_at, pool: None } }
    }

    /// An update that is taken in, and the step that it makes.
    fn press(&mut self, store: &Store, user: UserId, commands: Vec<Command>) -> Result<Vec<Intent>, StoreError> {
        let update = i64::try_from(self.name()).expect("few names");
        let updates = vec![RawUpdate { id: update, body: "{}".to_owned() }];
        let step = step_of(store, user, update, commands, self.now)?;
        Ok(vec![Intent::TakeIn { updates, next_offset: update + 1, now: self.now }, Intent::Step(Box::new(step))])
    }

    fn domain(&self, command: Command) -> Intent {
        Intent::Domain { actor: None, commands: vec![command], now: self.now }
    }

    fn person(&mut self) -> UserId {
        UserId(self.dice.below(PEOPLE) as u64 + 1)
    }

    fn name(&mut self) -> u64 {
        self.names += 1;
        self.names
    }
}
