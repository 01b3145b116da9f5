//! Queries: each one short read transaction, on what is committed.

use std::collections::BTreeSet;

use engine::session::Session;
use serde::de::DeserializeOwned;
use shop::command::Note;
use shop::ledger::{Transaction, Wallet};
use shop::order::{Order, Quote, Wish};
use shop::orphan::Orphan;
use shop::settings::Settings;
use shop::{CountryId, OrderId, QuoteId, ServerId, ServiceId, SupplierOrderId, UnixSeconds, UserId};

use crate::codec::{decode, payload};
use crate::error::StoreError;
use crate::intent::{RawUpdate, Standing};
use crate::outgoing::Priority;
use crate::read::{Read, Sort, Span};
use crate::rows::{CardRow, LivingRow, Reach, StoredJob, TellRow, Watch};
use crate::server_days::money_back_at;
use crate::snapshot::Snapshot;
use crate::store::Store;
use crate::tables::{Tab, one, ordered, part, three, unordered};
use crate::waiting::{JobView, TimerView};

/// Everything that one step of a conversation looks at.
#[derive(Debug, Clone, PartialEq)]
pub struct UserView {
    /// Whether the person ever wrote (the operator may have credited somebody who did not).
    pub exists: bool,
    /// The language; `None` before the person wrote.
    pub lang: Option<String>,
    /// Whether they may buy.
    pub standing: Standing,
    /// The conversation; empty for somebody new.
    pub session: Session,
    /// The first name; empty before the person wrote.
    pub name: String,
    /// The message that shows the session's screen.
    pub living: Option<LivingRow>,
    /// The newest other message in the chat that the bot knows of.
    pub newest: Option<i32>,
    /// The wallet.
    pub wallet: Wallet,
    /// Open orders and numbers that may still receive, oldest first; their end is not looked at.
    pub open: Vec<Order>,
    /// What was bought last.
    pub last: Option<Wish>,
    /// Where, lately; newest first.
    pub recent_countries: Vec<(ServerId, CountryId)>,
    /// For what, lately; newest first.
    pub recent_services: Vec<(ServerId, ServiceId)>,
    /// Whether they blocked the bot when it last wrote: nothing is outgoing until they do something.
    pub parked: bool,
}

/// Something that must reach a person.
#[derive(Debug, Clone, PartialEq)]
pub enum OutgoingRow {
    /// A message with sound: [`crate::Intent::Sent`] ends it.
    Tell {
        /// Its name among the user's messages.
        seq: u64,
        /// What it says.
        note: Note,
        /// How often it was tried.
        attempts: u32,
        /// Since when it waits.
        created_at: UnixSeconds,
    },
    /// A card that shows something old: [`crate::Intent::CardShown`] ends it.
    Card {
        /// The card.
        card: CardRow,
        /// The order as it is in the same moment.
        order: Box<Order>,
    },
}

type Result<T> = std::result::Result<T, StoreError>;

/// The queries. Each of them fails with [`StoreError::Broken`] where the file cannot be read, and with
/// [`StoreError::Damaged`] or [`StoreError::Ledger`] where what it says cannot be.
#[expect(clippy::missing_errors_doc, reason = "said once, above")]
impl Store {
    /// Everything that one step looks at.
    pub fn user(&self, user: UserId) -> Result<UserView> {
        let books = self.snapshot()?;
        let mut open = Vec::new();
        for (order, watch) in books.watched_of(user)? {
            let order = books.order(order)?;
            let receives = |order: &Order| matches!(order.state, shop::order::State::Done);
            match watch {
                Watch::Open | Watch::Rental => open.extend(order),
                Watch::Late(_) => open.extend(order.filter(receives)),
            }
        }
        let (wallet, row) = (books.wallet(user)?, books.user_row(user)?);
        let session = books.row(Tab::Sessions, &one(user.0))?.unwrap_or_default();
        Ok(match row {
            Some(row) => UserView {
                exists: row.lang.is_some(),
                lang: row.lang,
                standing: row.standing,
                session,
                name: row.name,
                living: row.living,
                newest: row.newest,
                wallet,
                open,
                last: row.last,
                recent_countries: row.recent_countries,
                recent_services: row.recent_services,
                parked: row.reach == Reach::Parked,
            },
            None => UserView::unknown(session, wallet, open),
        })
    }

    /// The language of somebody who is known.
    pub fn lang(&self, user: UserId) -> Result<Option<String>> {
        Ok(self.snapshot()?.user_row(user)?.and_then(|row| row.lang))
    }

    /// A quote.
    pub fn quote(&self, quote: QuoteId) -> Result<Option<Quote>> {
        self.snapshot()?.quote(quote)
    }

    /// An order.
    pub fn order(&self, order: OrderId) -> Result<Option<Order>> {
        self.snapshot()?.order(order)
    }

    /// An order's card.
    pub fn card(&self, order: OrderId) -> Result<Option<CardRow>> {
        self.snapshot()?.card(order)
    }

    /// All orders that somebody must look after: open ones, running rentals, and ended ones that are still watched.
    pub fn open_orders(&self) -> Result<Vec<Order>> {
        let books = self.snapshot()?;
        let mut orders = Vec::new();
        books.scan(Tab::Watched, &Span::all(), Sort::Ascending, &mut |key, _| {
            orders.extend(books.order(OrderId(part(key, 0)))?);
            Ok(true)
        })?;
        Ok(orders)
    }

    /// What must reach this person now: codes, then cards, then everything else. Nothing while they are unreachable.
    pub fn outgoing(&self, user: UserId, now: UnixSeconds) -> Result<Vec<OutgoingRow>> {
        let books = self.snapshot()?;
        if books.user_row(user)?.is_some_and(|row| row.reach == Reach::Parked) {
            return Ok(Vec::new());
        }
        let mut rows = tells(&books, user, Priority::Code, now)?;
        for (key, _) in books.rows(Tab::CardsDue, &Span::of(user.0), Sort::Ascending, usize::MAX)? {
            let id = OrderId(part(&key, 1));
            if let (Some(card), Some(order)) = (books.card(id)?, books.order(id)?) {
                rows.push(OutgoingRow::Card { card, order: Box::new(order) });
            }
        }
        rows.extend(tells(&books, user, Priority::Other, now)?);
        Ok(rows)
    }

    /// Everybody reachable who has something due: at the start, and for what is tried again later.
    pub fn users_with_outgoing(&self, now: UnixSeconds) -> Result<BTreeSet<UserId>> {
        let books = self.snapshot()?;
        let mut users = BTreeSet::new();
        books.scan(Tab::CardsDue, &Span::all(), Sort::Ascending, &mut |key, _| {
            users.insert(UserId(part(key, 0)));
            Ok(true)
        })?;
        books.scan(Tab::Outbox, &Span::all(), Sort::Ascending, &mut |key, bytes| {
            let user = UserId(part(key, 0));
            if !users.contains(&user) && decode::<TellRow>(bytes)?.not_before <= now {
                users.insert(user);
            }
            Ok(true)
        })?;
        let mut reachable = BTreeSet::new();
        for user in users {
            if books.user_row(user)?.is_none_or(|row| row.reach == Reach::Reachable) {
                reachable.insert(user);
            }
        }
        Ok(reachable)
    }

    /// Updates that were taken in and not handled, in order of arrival.
    pub fn unhandled(&self) -> Result<Vec<RawUpdate>> {
        all(&self.snapshot()?, Tab::Inbox)
    }

    /// The offset to ask for next; 0 at first.
    pub fn next_offset(&self) -> Result<i64> {
        Ok(self.snapshot()?.row(Tab::Meta, b"next_offset")?.unwrap_or(0))
    }

    /// Timers that are due, the earliest first.
    pub fn due_timers(&self, now: UnixSeconds, limit: usize) -> Result<Vec<TimerView>> {
        let span = Span::below(ordered(now.saturating_add(1)));
        let rows = self.snapshot()?.rows(Tab::Timers, &span, Sort::Ascending, limit)?;
        rows.iter().map(|(key, bytes)| Ok(TimerView::new(key, decode(bytes)?))).collect()
    }

    /// When the next timer is due.
    pub fn next_timer_at(&self) -> Result<Option<UnixSeconds>> {
        let first = self.snapshot()?.rows(Tab::Timers, &Span::all(), Sort::Ascending, 1)?;
        Ok(first.first().map(|(key, _)| unordered(part(key, 0))))
    }

    /// All jobs that are not done, each user's in order.
    pub fn jobs(&self) -> Result<Vec<JobView>> {
        let rows = self.snapshot()?.rows(Tab::Jobs, &Span::all(), Sort::Ascending, usize::MAX)?;
        rows.iter().map(|(key, bytes)| Ok(JobView::new(key, decode::<StoredJob>(bytes)?))).collect()
    }

    /// The settings.
    pub fn settings(&self) -> Result<Settings> {
        self.snapshot()?.settings()
    }

    /// When the supplier of a server last gave a charge back.
    pub fn money_back_at(&self, server: ServerId) -> Result<Option<UnixSeconds>> {
        let at = self.snapshot()?.number(&money_back_at(server))?;
        Ok(i64::try_from(at).ok().filter(|at| *at > 0))
    }

    /// What was kept under a name.
    pub fn cache(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let bytes = self.snapshot()?.bytes(Tab::Caches, name.as_bytes())?;
        bytes.map(|bytes| payload(&bytes).map(<[u8]>::to_vec)).transpose()
    }

    /// Those of these supplier's ids that have an owner, or are known to have none.
    pub fn known_among<'i>(
        &self,
        ids: impl IntoIterator<Item = &'i SupplierOrderId>,
    ) -> Result<BTreeSet<SupplierOrderId>> {
        let books = self.snapshot()?;
        let mut known = BTreeSet::new();
        for id in ids {
            known.extend(books.owner(id)?.map(|_| id.clone()));
        }
        Ok(known)
    }

    /// An order of a supplier that no order of ours owns.
    pub fn orphan(&self, id: &SupplierOrderId) -> Result<Option<Orphan>> {
        self.snapshot()?.orphan(id)
    }

    /// Orders of suppliers that no order of ours owns, settled ones included.
    pub fn orphans(&self) -> Result<Vec<Orphan>> {
        all(&self.snapshot()?, Tab::Orphans)
    }

    /// A transaction by the name under which it was posted, with its place in the books.
    pub fn transaction_by_key(&self, key: &str) -> Result<Option<(u64, Transaction)>> {
        let books = self.snapshot()?;
        let seq: Option<u64> = books.row(Tab::LedgerKeys, key.as_bytes())?;
        let Some(seq) = seq else { return Ok(None) };
        Ok(Read::transaction(&books, seq)?.map(|transaction| (seq, transaction)))
    }

    /// A transaction by its place in the books.
    pub fn transaction(&self, seq: u64) -> Result<Option<Transaction>> {
        Read::transaction(&self.snapshot()?, seq)
    }
}

impl UserView {
    fn unknown(session: Session, wallet: Wallet, open: Vec<Order>) -> Self {
        Self {
            exists: false,
            lang: None,
            standing: Standing::Welcome,
            session,
            living: None,
            wallet,
            open,
            last: None,
            recent_countries: Vec::new(),
            recent_services: Vec::new(),
            parked: false,
            name: String::new(),
            newest: None,
        }
    }
}

/// All rows of a table.
pub(crate) fn all<V: DeserializeOwned>(books: &Snapshot, tab: Tab) -> Result<Vec<V>> {
    let mut rows = Vec::new();
    books.scan(tab, &Span::all(), Sort::Ascending, &mut |_, bytes| {
        rows.push(decode(bytes)?);
        Ok(true)
    })?;
    Ok(rows)
}

/// A user's messages of one priority that are due.
fn tells(books: &Snapshot, user: UserId, priority: Priority, now: UnixSeconds) -> Result<Vec<OutgoingRow>> {
    let place = |priority: u64| three(user.0, priority, 0);
    let span = Span { from: place(priority as u64), until: place(priority as u64 + 1) };
    let mut due = Vec::new();
    books.scan(Tab::Outbox, &span, Sort::Ascending, &mut |key, bytes| {
        let TellRow { note, attempts, not_before, created_at } = decode(bytes)?;
        if not_before <= now {
            due.push(OutgoingRow::Tell { seq: part(key, 2), note, attempts, created_at });
        }
        Ok(true)
    })?;
    Ok(due)
}
