//! Double-entry bookkeeping: every transaction sums to zero and has a key that it can be posted under only once.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Money, OrderId, SupplierOrderId, UnixSeconds, UserId};

/// An account of the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    /// What a user can spend.
    Available(UserId),
    /// What is held for a user's open orders.
    Held(UserId),
    /// Sold numbers.
    Revenue,
    /// What sold numbers cost.
    CostOfGoods,
    /// Our balance at the suppliers.
    SupplierFloat,
    /// What the operator gave or took.
    Adjustments,
}

/// One side of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posting {
    /// Which account.
    pub account: Account,
    /// By how much it changes.
    pub delta: Money,
}

/// What a transaction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The operator gives or takes.
    Adjust,
    /// A price is put aside for an order.
    Hold,
    /// A held price is earned.
    Capture,
    /// A held price goes back.
    Release,
    /// A supplier charged us.
    Cost,
    /// A supplier gave its charge back.
    CostBack,
}

/// The name under which a transaction is posted at most once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// An adjustment, by the operator's nonce.
    Adjust(String),
    /// The hold of an order.
    Hold(OrderId),
    /// The capture or the release of an order: one of the two, once.
    Resolve(OrderId),
    /// A supplier's charge.
    Cost(SupplierOrderId),
    /// A supplier's charge, given back.
    CostBack(SupplierOrderId),
    /// A supplier's charge for an extension, which has no supplier's id of its own.
    ExtensionCost(OrderId),
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Adjust(nonce) => write!(formatter, "adjust/{nonce}"),
            Self::Hold(order) => write!(formatter, "hold/{order}"),
            Self::Resolve(order) => write!(formatter, "resolve/{order}"),
            Self::Cost(id) => write!(formatter, "cost/{}", id.as_str()),
            Self::CostBack(id) => write!(formatter, "costback/{}", id.as_str()),
            Self::ExtensionCost(order) => write!(formatter, "extension/{order}"),
        }
    }
}

/// A transaction. Its postings sum to zero: only the functions of this module make one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// What it is.
    pub kind: Kind,
    /// The name under which it is posted at most once.
    pub key: String,
    /// When.
    pub at: UnixSeconds,
    /// Whose, where it is one user's.
    pub user: Option<UserId>,
    /// For which order, where it is one order's.
    pub order: Option<OrderId>,
    /// The operator's reason, for adjustments.
    pub reason: Option<String>,
    postings: Vec<Posting>,
}

/// What a user has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Wallet {
    /// What can be spent.
    pub available: Money,
    /// What is held for open orders.
    pub held: Money,
}

impl Transaction {
    /// The postings; they sum to zero.
    #[must_use]
    pub fn postings(&self) -> &[Posting] {
        &self.postings
    }

    /// By how much this changes what the user can spend.
    #[must_use]
    pub fn available_delta(&self) -> Money {
        let deltas = self.postings.iter().filter(|posting| matches!(posting.account, Account::Available(_)));
        Money::from_micros(deltas.map(|posting| posting.delta.micros()).sum())
    }

    /// The same without what tells whose it is and what somebody wrote about it.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        let account = |account| match account {
            Account::Available(_) => Account::Available(UserId(0)),
            Account::Held(_) => Account::Held(UserId(0)),
            Account::Revenue | Account::CostOfGoods | Account::SupplierFloat | Account::Adjustments => account,
        };
        let postings = self.postings.iter();
        let postings = postings.map(|posting| Posting { account: account(posting.account), ..*posting }).collect();
        let (key, user, reason) =
            (String::new(), self.user.map(|_| UserId(0)), self.reason.as_ref().map(|_| "…".into()));
        Self { key, user, reason, postings, ..*self }
    }

    /// Whether the postings sum to zero: checked before writing and after reading.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        let sum = self.postings.iter().try_fold(Money::ZERO, |sum, posting| sum.checked_add(posting.delta));
        sum == Some(Money::ZERO)
    }
}

fn transfer(kind: Kind, key: &Key, at: UnixSeconds, from: Account, to: Account, amount: Money) -> Transaction {
    let postings = vec![Posting { account: from, delta: amount.negated() }, Posting { account: to, delta: amount }];
    Transaction { kind, key: key.to_string(), at, user: None, order: None, reason: None, postings }
}

/// The operator gives a user `amount` (or takes it, where it is negative).
#[must_use]
pub fn adjust(user: UserId, amount: Money, reason: &str, nonce: &str, at: UnixSeconds) -> Transaction {
    let key = Key::Adjust(nonce.to_owned());
    let transaction = transfer(Kind::Adjust, &key, at, Account::Adjustments, Account::Available(user), amount);
    Transaction { user: Some(user), reason: Some(reason.to_owned()), ..transaction }
}

/// A price is put aside for an order.
#[must_use]
pub fn hold(user: UserId, order: OrderId, price: Money, at: UnixSeconds) -> Transaction {
    let transaction = transfer(Kind::Hold, &Key::Hold(order), at, Account::Available(user), Account::Held(user), price);
    Transaction { user: Some(user), order: Some(order), ..transaction }
}

/// A held price is earned.
#[must_use]
pub fn capture(user: UserId, order: OrderId, price: Money, at: UnixSeconds) -> Transaction {
    let transaction = transfer(Kind::Capture, &Key::Resolve(order), at, Account::Held(user), Account::Revenue, price);
    Transaction { user: Some(user), order: Some(order), ..transaction }
}

/// A held price goes back.
#[must_use]
pub fn release(user: UserId, order: OrderId, price: Money, at: UnixSeconds) -> Transaction {
    let transaction =
        transfer(Kind::Release, &Key::Resolve(order), at, Account::Held(user), Account::Available(user), price);
    Transaction { user: Some(user), order: Some(order), ..transaction }
}

/// A supplier charged us for an order.
#[must_use]
pub fn cost(id: &SupplierOrderId, order: Option<OrderId>, cost: Money, at: UnixSeconds) -> Transaction {
    let key = Key::Cost(id.clone());
    Transaction { order, ..transfer(Kind::Cost, &key, at, Account::SupplierFloat, Account::CostOfGoods, cost) }
}

/// A supplier charged us for extending a rental.
#[must_use]
pub fn extension_cost(order: OrderId, cost: Money, at: UnixSeconds) -> Transaction {
    let key = Key::ExtensionCost(order);
    let transaction = transfer(Kind::Cost, &key, at, Account::SupplierFloat, Account::CostOfGoods, cost);
    Transaction { order: Some(order), ..transaction }
}

/// A supplier gave its charge back.
#[must_use]
pub fn cost_back(id: &SupplierOrderId, order: Option<OrderId>, cost: Money, at: UnixSeconds) -> Transaction {
    let key = Key::CostBack(id.clone());
    Transaction { order, ..transfer(Kind::CostBack, &key, at, Account::CostOfGoods, Account::SupplierFloat, cost) }
}
