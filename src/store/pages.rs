//! Long lists, a page at a time: a user's ended orders and transactions, newest first.

use shop::ledger::Transaction;
use shop::order::Order;
use shop::{OrderId, UserId};

use crate::codec::decode;
use crate::error::StoreError;
use crate::read::{Read, Sort, Span};
use crate::rows::Ending;
use crate::store::Store;
use crate::tables::{Tab, part};

/// Which ended orders are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryFilter {
    /// All of them.
    All,
    /// Those whose price was earned.
    Received,
    /// Those whose price went back.
    Refunded,
}

/// A page of a user's ended orders.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryPage {
    /// The orders, newest first.
    pub orders: Vec<Order>,
    /// How many there are on all pages.
    pub total: u64,
    /// The newest order of the list that this page belongs to: hand it in for the next page, so that orders that end
    /// meanwhile shift nothing. `None` where there are none.
    pub anchor: Option<OrderId>,
}

/// A page of a user's transactions.
#[derive(Debug, Clone, PartialEq)]
pub struct StatementPage {
    /// Place and transaction, newest first.
    pub entries: Vec<(u64, Transaction)>,
    /// How many there are on all pages.
    pub total: u64,
    /// The newest place of the list that this page belongs to: hand it in for the next page, so that money that moves
    /// meanwhile shifts nothing. `None` where there are none.
    pub anchor: Option<u64>,
}

impl HistoryFilter {
    const fn wants(self, ending: Ending) -> bool {
        match ending {
            Ending::None => false,
            Ending::Received => matches!(self, Self::All | Self::Received),
            Ending::Refunded => matches!(self, Self::All | Self::Refunded),
        }
    }
}

/// Which of a list's places a page shows, counted from 0.
#[derive(Debug, Clone, Copy)]
struct Window {
    from: u64,
    until: u64,
}

impl Window {
    const fn of(page: u32, per_page: u32) -> Self {
        let from = page as u64 * per_page as u64;
        Self { from, until: from + per_page as u64 }
    }

    const fn shows(self, place: u64) -> bool {
        self.from <= place && place < self.until
    }
}

impl Store {
    /// A page (from 0) of a user's ended orders. `anchor` is what the first page said.
    ///
    /// # Errors
    /// [`StoreError`], where the file cannot be read.
    pub fn history(
        &self,
        user: UserId,
        anchor: Option<OrderId>,
        filter: HistoryFilter,
        page: u32,
        per_page: u32,
    ) -> Result<HistoryPage, StoreError> {
        let (books, window) = (self.snapshot()?, Window::of(page, per_page));
        let mut found = HistoryPage { orders: Vec::new(), total: 0, anchor };
        let mut shown = Vec::new();
        let span = Span::up_to(user.0, anchor.map_or(u64::MAX, |order| order.0));
        books.scan(Tab::UserOrders, &span, Sort::Descending, &mut |key, bytes| {
            if filter.wants(decode(bytes)?) {
                let order = OrderId(part(key, 1));
                found.anchor.get_or_insert(order);
                shown.extend(window.shows(found.total).then_some(order));
                found.total += 1;
            }
            Ok(true)
        })?;
        for order in shown {
            found.orders.extend(books.order(order)?);
        }
        Ok(found)
    }

    /// A page (from 0) of the transactions that changed what a user can spend. `anchor` is what the first page said.
    ///
    /// # Errors
    /// [`StoreError`], where the file cannot be read.
    pub fn statement(
        &self,
        user: UserId,
        anchor: Option<u64>,
        page: u32,
        per_page: u32,
    ) -> Result<StatementPage, StoreError> {
        let (books, window) = (self.snapshot()?, Window::of(page, per_page));
        let mut found = StatementPage { entries: Vec::new(), total: 0, anchor };
        let span = Span::up_to(user.0, anchor.unwrap_or(u64::MAX));
        books.scan(Tab::UserLedger, &span, Sort::Descending, &mut |key, _| {
            let seq = part(key, 1);
            found.anchor.get_or_insert(seq);
            if window.shows(found.total) {
                found.entries.extend(books.transaction(seq)?.map(|transaction| (seq, transaction)));
            }
            found.total += 1;
            Ok(true)
        })?;
        Ok(found)
    }
}
