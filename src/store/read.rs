//! Reading rows, the same way from a finished state (`snapshot`) and from one that is being written (`draft`).

use serde::de::DeserializeOwned;
use shop::ledger::{Transaction, Wallet};
use shop::order::{Order, Quote};
use shop::orphan::Orphan;
use shop::settings::Settings;
use shop::ticket::Ticket;
use shop::{OrderId, QuoteId, SupplierOrderId, TicketId, UserId};

use crate::chain::Entry;
use crate::codec::decode;
use crate::error::StoreError;
use crate::rows::{CardRow, Owner, Purchases, UserRow, Watch};
use crate::tables::{Tab, one, part, two};

/// The name of the row of [`Read::purchases`].
pub(crate) const PURCHASES_KEY: &[u8] = b"purchases";

/// Shorthand.
pub(crate) type Result<T> = std::result::Result<T, StoreError>;

/// A row as it is stored: key and bytes.
pub(crate) type Row = (Vec<u8>, Vec<u8>);

/// Looks at a row, and says whether to go on.
pub(crate) type Visit<'v> = &'v mut dyn FnMut(&[u8], &[u8]) -> Result<bool>;

/// A stretch of keys: from the first one on, up to but without the second one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: Vec<u8>,
    pub(crate) until: Vec<u8>,
}

impl Span {
    /// Everything.
    pub(crate) fn all() -> Self {
        Self { from: Vec::new(), until: vec![u8::MAX; 32] }
    }

    /// All keys that begin with one number.
    pub(crate) fn of(number: u64) -> Self {
        Self { from: one(number), until: [one(number), vec![u8::MAX; 24]].concat() }
    }

    /// All keys of one user up to a second number, which is included.
    pub(crate) fn up_to(user: u64, last: u64) -> Self {
        Self { from: one(user), until: [two(user, last), vec![0]].concat() }
    }

    /// All keys whose first number is below this one.
    pub(crate) fn below(number: u64) -> Self {
        Self { from: Vec::new(), until: one(number) }
    }
}

/// Which end of a span comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    Ascending,
    Descending,
}

/// A state of the file.
pub(crate) trait Read {
    /// One row's bytes.
    fn bytes(&self, tab: Tab, key: &[u8]) -> Result<Option<Vec<u8>>>;

    /// Calls `visit` with row after row until it returns `false`.
    fn scan(&self, tab: Tab, span: &Span, sort: Sort, visit: Visit<'_>) -> Result<()>;

    /// One row.
    fn row<V: DeserializeOwned>(&self, tab: Tab, key: &[u8]) -> Result<Option<V>>
    where
        Self: Sized,
    {
        self.bytes(tab, key)?.map(|bytes| decode(&bytes).map_err(|error| located(tab, &error))).transpose()
    }

    /// At most `limit` rows.
    fn rows(&self, tab: Tab, span: &Span, sort: Sort, limit: usize) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        if limit > 0 {
            self.scan(tab, span, sort, &mut |key, bytes| {
                rows.push((key.to_vec(), bytes.to_vec()));
                Ok(rows.len() < limit)
            })?;
        }
        Ok(rows)
    }

    /// A number of the meta table; 0 where it was never written.
    fn number(&self, name: &str) -> Result<u64>
    where
        Self: Sized,
    {
        Ok(self.row(Tab::Meta, name.as_bytes())?.unwrap_or(0))
    }

    /// A person.
    fn user_row(&self, user: UserId) -> Result<Option<UserRow>>
    where
        Self: Sized,
    {
        self.row(Tab::Users, &one(user.0))
    }

    /// A wallet; an empty one where nothing was ever posted.
    fn wallet(&self, user: UserId) -> Result<Wallet>
    where
        Self: Sized,
    {
        let wallet: Wallet = self.row(Tab::Wallets, &one(user.0))?.unwrap_or_default();
        if wallet.available.is_negative() || wallet.held.is_negative() {
            return Err(StoreError::Ledger(format!("the wallet of {} is below zero", user.0)));
        }
        Ok(wallet)
    }

    /// A quote.
    fn quote(&self, quote: QuoteId) -> Result<Option<Quote>>
    where
        Self: Sized,
    {
        self.row(Tab::Quotes, &one(quote.0))
    }

    /// An order.
    fn order(&self, order: OrderId) -> Result<Option<Order>>
    where
        Self: Sized,
    {
        self.row(Tab::Orders, &one(order.0))
    }

    /// A card.
    fn card(&self, order: OrderId) -> Result<Option<CardRow>>
    where
        Self: Sized,
    {
        self.row(Tab::Cards, &one(order.0))
    }

    /// A transaction by its place, checked.
    fn transaction(&self, seq: u64) -> Result<Option<Transaction>>
    where
        Self: Sized,
    {
        let entry: Option<Entry> = self.row(Tab::Ledger, &one(seq))?;
        match entry.map(|entry| entry.transaction) {
            Some(transaction) if !transaction.is_balanced() => {
                Err(StoreError::Ledger(format!("transaction {seq} does not sum to zero")))
            }
            balanced => Ok(balanced),
        }
    }

    /// A transaction by its key.
    fn transaction_of(&self, key: &str) -> Result<Option<Transaction>>
    where
        Self: Sized,
    {
        let seq: Option<u64> = self.row(Tab::LedgerKeys, key.as_bytes())?;
        seq.map_or(Ok(None), |seq| self.transaction(seq))
    }

    /// Who owns a supplier's id.
    fn owner(&self, id: &SupplierOrderId) -> Result<Option<Owner>>
    where
        Self: Sized,
    {
        self.row(Tab::SupplierIds, id.as_str().as_bytes())
    }

    /// A supplier's order without an owner.
    fn orphan(&self, id: &SupplierOrderId) -> Result<Option<Orphan>>
    where
        Self: Sized,
    {
        self.row(Tab::Orphans, id.as_str().as_bytes())
    }

    /// A ticket.
    fn ticket(&self, ticket: TicketId) -> Result<Option<Ticket>>
    where
        Self: Sized,
    {
        self.row(Tab::Tickets, &one(ticket.0))
    }

    /// The settings.
    fn settings(&self) -> Result<Settings>
    where
        Self: Sized,
    {
        Ok(self.row(Tab::Settings, b"settings")?.unwrap_or_default())
    }

    /// The newest purchases of all users.
    fn purchases(&self) -> Result<Purchases>
    where
        Self: Sized,
    {
        Ok(self.row(Tab::Meta, PURCHASES_KEY)?.unwrap_or_default())
    }

    /// A user's orders that are looked after, oldest first.
    fn watched_of(&self, user: UserId) -> Result<Vec<(OrderId, Watch)>> {
        let mut watched = Vec::new();
        self.scan(Tab::UserWatched, &Span::of(user.0), Sort::Ascending, &mut |key, bytes| {
            watched.push((OrderId(part(key, 1)), decode(bytes)?));
            Ok(true)
        })?;
        Ok(watched)
    }
}

/// Says in which table a row is damaged.
fn located(tab: Tab, error: &StoreError) -> StoreError {
    match error {
        StoreError::Damaged(cause) => StoreError::Damaged(format!("{}: {cause}", tab.name())),
        other @ (StoreError::Broken(_) | StoreError::Ledger(_) | StoreError::Panicked(_)) => {
            StoreError::Damaged(other.to_string())
        }
    }
}
