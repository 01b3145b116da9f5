//! The audit: everything that is derived, derived again from the ledger and the orders, and compared.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use shop::ledger::{Account, Key, Kind, Transaction, Wallet};
use shop::order::{Order, State};
use shop::orphan::{Orphan, OrphanState};
use shop::{Money, OrderId, ServerId, UserId};
use strum::IntoEnumIterator as _;

use crate::chain::{self, Entry, Hash, Head};
use crate::codec::decode;
use crate::error::StoreError;
use crate::head_file::{HeadError, HeadFile, Kept, Lost, WAY_OUT};
use crate::orders::{OPEN_ORDERS, open_orders_at};
use crate::query::all;
use crate::read::{Read, Sort, Span};
use crate::rows::{Owner, Watch};
use crate::snapshot::Snapshot;
use crate::store::Store;
use crate::tables::{Tab, one, part};

/// What always holds of a file at rest. The names are those of the purchase protocol.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    strum::EnumIter,
    strum::IntoStaticStr,
    strum::EnumMessage,
)]
pub enum Invariant {
    /// Every transaction sums to zero.
    #[strum(message = "every transaction sums to zero")]
    I1,
    /// No wallet is below zero.
    #[strum(message = "no wallet is below zero")]
    I2,
    /// An order has one hold, and at most one end of the same amount.
    #[strum(message = "an order has one hold, and at most one end of the same amount")]
    I3,
    /// What is held is what open orders cost.
    #[strum(message = "what is held is what open orders cost")]
    I4,
    /// Done means captured, refunded means released.
    #[strum(message = "done means captured, refunded means released")]
    I5,
    /// A purchase that was begun is begun once.
    #[strum(message = "an order was sent to a supplier at most once")]
    I6,
    /// A supplier's number has one owner and one cost.
    #[strum(message = "a supplier's number has one owner and one cost")]
    I7,
    /// A temporary number that was charged brought a message.
    #[strum(message = "a temporary number that was charged brought a message")]
    I9,
    /// A quote is used at most once.
    #[strum(message = "a quote is used at most once")]
    I10,
    /// No sale is below the cost that was quoted.
    #[strum(message = "no sale is below the cost that was quoted")]
    I11,
    /// Wallets are as derived, and the ledger's chain is whole, as far as it was ever seen.
    #[strum(message = "wallets are as derived, and the ledger's chain is whole")]
    I13,
    /// What nobody owns was paid for once, and its cost came back once where it was given back.
    #[strum(message = "an order without an owner has one cost, and one back where it was given back")]
    Orphan,
    /// The indexes say what the orders say.
    #[strum(message = "the indexes say what the orders say")]
    Index,
}

/// What an audit found of one invariant.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Checked {
    /// How many things were looked at.
    pub looked_at: u64,
    /// What does not hold, in words for the operator: a bounded number.
    pub findings: Vec<String>,
}

/// The result of an audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// The end of the ledger.
    pub head: Head,
    /// Each invariant.
    pub checked: BTreeMap<Invariant, Checked>,
}

/// The most findings that are kept for one invariant.
const FINDINGS_MAX: usize = 20;

impl Audit {
    /// Whether everything holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.checked.values().all(|checked| checked.findings.is_empty())
    }

    /// All findings.
    pub fn findings(&self) -> impl Iterator<Item = &str> {
        self.checked.values().flat_map(|checked| checked.findings.iter().map(String::as_str))
    }
}

impl Store {
    /// Reads everything and says what holds of the books.
    ///
    /// # Errors
    /// [`StoreError`], where the file cannot be read.
    pub fn audit(&self) -> Result<Audit, StoreError> {
        let kept = self.head_file().map(HeadFile::read);
        audit(&self.snapshot()?, kept)
    }

    /// The end of the ledger.
    ///
    /// # Errors
    /// [`StoreError`], where the file cannot be read.
    pub fn ledger_head(&self) -> Result<Head, StoreError> {
        chain::head(&self.snapshot()?)
    }
}

/// The audit of these books; `kept` is the head that was kept outside, read before them.
pub(crate) fn audit(books: &Snapshot, kept: Option<Result<Kept, HeadError>>) -> Result<Audit, StoreError> {
    let checked = Invariant::iter().map(|invariant| (invariant, Checked::default())).collect();
    let orders = all(books, Tab::Orders)?;
    let mut auditor = Auditor { checked, ledger: BTreeMap::new(), orders };
    let head = auditor.read_ledger(books)?;
    if let Some(kept) = kept {
        auditor.compare_head(kept.and_then(|kept| Ok(kept.lost(books)?)));
    }
    auditor.check_wallets(books)?;
    auditor.check_orders();
    auditor.check_owners(books)?;
    auditor.check_orphans(books)?;
    auditor.check_indexes(books)?;
    Ok(Audit { head, checked: auditor.checked })
}

/// What was found, and what was read to find it.
struct Auditor {
    checked: BTreeMap<Invariant, Checked>,
    ledger: BTreeMap<String, Transaction>,
    orders: Vec<Order>,
}

impl Auditor {
    fn expect(&mut self, invariant: Invariant, holds: bool, finding: impl FnOnce() -> String) {
        let checked = self.checked.entry(invariant).or_default();
        checked.looked_at += 1;
        if !holds && checked.findings.len() < FINDINGS_MAX {
            checked.findings.push(finding());
        }
    }

    /// Each transaction sums to zero, stands under its key alone, and names the one before it.
    fn read_ledger(&mut self, books: &Snapshot) -> Result<Head, StoreError> {
        let mut end = Head::default();
        books.scan(Tab::Ledger, &Span::all(), Sort::Ascending, &mut |key, bytes| {
            end = self.read_entry(books, end, part(key, 0), bytes)?;
            Ok(true)
        })?;
        let head = chain::head(books)?;
        self.expect(Invariant::I13, end == head, || {
            format!(
                "the ledger ends with transaction {}, the file says {}: rows were changed or lost",
                end.seq, head.seq
            )
        });
        Ok(head)
    }

    /// One row of the ledger; the end of the ledger with it.
    fn read_entry(&mut self, books: &Snapshot, before: Head, seq: u64, bytes: &[u8]) -> Result<Head, StoreError> {
        let end = Head { seq, hash: Hash::of(bytes) };
        let Ok(Entry { prev, transaction }) = decode::<Entry>(bytes) else {
            self.expect(Invariant::I13, false, || format!("transaction {seq} cannot be read"));
            return Ok(end);
        };
        let follows = seq == before.seq + 1 && prev == before.hash;
        self.expect(Invariant::I13, follows, || format!("transaction {seq} does not follow the one before it"));
        let indexed: Option<u64> = books.row(Tab::LedgerKeys, transaction.key.as_bytes())?;
        self.expect(Invariant::I1, transaction.is_balanced(), || format!("transaction {seq} does not sum to zero"));
        self.expect(Invariant::Index, indexed == Some(seq), || {
            format!("transaction {seq} does not stand under its key")
        });
        let key = transaction.key.clone();
        let twice = self.ledger.insert(key.clone(), transaction).is_some();
        self.expect(Invariant::I3, !twice, || format!("{key} was posted twice"));
        Ok(end)
    }

    /// The ledger goes on from where it was seen before.
    fn compare_head(&mut self, lost: Result<Option<Lost>, HeadError>) {
        let finding = match lost {
            Ok(lost) => lost.map(|lost| format!("{lost}. {WAY_OUT}")),
            Err(error) => Some(format!("the head that is kept outside was not compared: {error}")),
        };
        self.expect(Invariant::I13, finding.is_none(), || finding.unwrap_or_default());
    }

    /// Wallets are as derived, never below zero, and hold what open orders cost.
    fn check_wallets(&mut self, books: &Snapshot) -> Result<(), StoreError> {
        let mut held: BTreeMap<UserId, Money> = BTreeMap::new();
        for order in self.orders.iter().filter(|order| order.is_open()) {
            add(held.entry(order.user).or_default(), order.price);
        }
        let wallets = self.derived_wallets();
        let stored = books.rows(Tab::Wallets, &Span::all(), Sort::Ascending, usize::MAX)?;
        let stored: BTreeSet<UserId> = stored.iter().map(|(key, _)| UserId(part(key, 0))).collect();
        let users: BTreeSet<UserId> = wallets.keys().chain(held.keys()).chain(&stored).copied().collect();
        for user in users {
            let derived = wallets.get(&user).copied().unwrap_or_default();
            let cached: Wallet = books.row(Tab::Wallets, &one(user.0))?.unwrap_or_default();
            let open = held.get(&user).copied().unwrap_or_default();
            let negative = [derived, cached].iter().any(|it| it.available.is_negative() || it.held.is_negative());
            self.expect(Invariant::I2, !negative, || format!("the wallet of {} is below zero", user.0));
            self.expect(Invariant::I4, derived.held == open, || {
                format!("{} holds {}, open orders cost {open}", user.0, derived.held)
            });
            self.expect(Invariant::I13, cached == derived, || format!("the wallet of {} is not as derived", user.0));
        }
        Ok(())
    }

    fn derived_wallets(&self) -> BTreeMap<UserId, Wallet> {
        let mut wallets: BTreeMap<UserId, Wallet> = BTreeMap::new();
        for posting in self.ledger.values().flat_map(Transaction::postings) {
            match posting.account {
                Account::Available(user) => add(&mut wallets.entry(user).or_default().available, posting.delta),
                Account::Held(user) => add(&mut wallets.entry(user).or_default().held, posting.delta),
                Account::Revenue | Account::CostOfGoods | Account::SupplierFloat | Account::Adjustments => {}
            }
        }
        wallets
    }

    /// Each order has its one hold, and its one end says where the money went.
    fn check_orders(&mut self) {
        let mut quotes = BTreeSet::new();
        for order in std::mem::take(&mut self.orders) {
            self.check_money(&order);
            let id = order.id;
            let first = order.parent.is_some() || quotes.insert(order.quote);
            self.expect(Invariant::I10, first, || format!("order {id} shares its quote"));
            let sold_well = order.parent.is_some() || order.price >= order.quoted_cost;
            self.expect(Invariant::I11, sold_well, || format!("order {id} was sold below its cost"));
            let charged = order.state == State::Done && !order.is_rental() && order.price > Money::ZERO;
            if charged {
                self.expect(Invariant::I9, !order.messages.is_empty(), || format!("order {id} brought no message"));
            }
            let never_sent = matches!(order.state, State::Reserved) && order.number.is_some();
            self.expect(Invariant::I6, !never_sent, || format!("order {id} has a number and waits to be bought again"));
            self.orders.push(order);
        }
    }

    fn check_money(&mut self, order: &Order) {
        let id = order.id;
        let price = |transaction: &Transaction| moves(transaction, order.price);
        let hold = self.ledger.get(&Key::Hold(id).to_string());
        let resolve = self.ledger.get(&Key::Resolve(id).to_string());
        let wanted = match order.state {
            State::Done => Some(Kind::Capture),
            State::Refunded(_) => Some(Kind::Release),
            State::Reserved
            | State::Buying { .. }
            | State::Ambiguous { .. }
            | State::Active
            | State::Closing { .. } => None,
        };
        let (held, amount) = (hold.is_some_and(price), resolve.is_none_or(price));
        let resolved = resolve.map(|transaction| transaction.kind);
        self.expect(Invariant::I3, held, || format!("order {id} has no hold of its price"));
        self.expect(Invariant::I3, amount, || format!("order {id} was resolved at another price"));
        self.expect(Invariant::I5, resolved == wanted, || {
            format!("order {id} is {:?}, its money {resolved:?}", order.kind())
        });
    }

    /// Each number's supplier id belongs to its order alone, and was paid for once.
    fn check_owners(&mut self, books: &Snapshot) -> Result<(), StoreError> {
        let mut owners: BTreeMap<String, OrderId> = BTreeMap::new();
        for order in std::mem::take(&mut self.orders) {
            if let Some(number) = &order.number {
                let id = &number.supplier_id;
                let alone = owners.insert(id.as_str().to_owned(), order.id).is_none()
                    && books.owner(id)? == Some(Owner::Order(order.id));
                self.expect(Invariant::I7, alone, || format!("order {} does not own its number alone", order.id));
                let paid = self.ledger.contains_key(&Key::Cost(id.clone()).to_string());
                self.expect(Invariant::I7, paid, || format!("the number of order {} was never paid for", order.id));
            }
            self.check_extension(&order);
            self.orders.push(order);
        }
        Ok(())
    }

    /// An extension has no number of its own; what it brought was paid for once, and without that it is not done.
    fn check_extension(&mut self, order: &Order) {
        let id = order.id;
        let paid = self.ledger.get(&Key::ExtensionCost(id).to_string());
        let paid = paid.map(|transaction| order.extended.is_some_and(|brought| moves(transaction, brought.cost)));
        self.expect(Invariant::I7, paid == order.extended.map(|_| true), || {
            format!("what extension {id} brought was not paid for at its cost")
        });
        let brought_nothing = order.state == State::Done && order.extended.is_none();
        let holds = !order.is_extension() || (order.number.is_none() && !brought_nothing);
        self.expect(Invariant::I7, holds, || format!("extension {id} is done without a new end, or has a number"));
    }

    /// Each supplier's order without an owner is known as one, and its money is where its state says.
    fn check_orphans(&mut self, books: &Snapshot) -> Result<(), StoreError> {
        let orphans: Vec<Orphan> = all(books, Tab::Orphans)?;
        for Orphan { id, cost, state, .. } in &orphans {
            let (name, is_nobodys) = (id.as_str(), books.owner(id)? == Some(Owner::Orphan));
            self.expect(Invariant::I7, is_nobodys, || format!("{name} is kept as nobody's and has an owner"));
            let moved = |key: Key| self.ledger.get(&key.to_string()).map(|transaction| moves(transaction, *cost));
            let (paid, back) = (moved(Key::Cost(id.clone())), moved(Key::CostBack(id.clone())));
            let wanted = matches!(state, OrphanState::GivenBack { .. }).then_some(true);
            self.expect(Invariant::Orphan, paid == Some(true), || format!("{name} was not paid for at its cost"));
            self.expect(Invariant::Orphan, back == wanted, || {
                format!("{name} is {state:?}, and its cost {}", if back.is_some() { "came back" } else { "did not" })
            });
        }
        let mut nobodys = 0;
        books.scan(Tab::SupplierIds, &Span::all(), Sort::Ascending, &mut |_, bytes| {
            nobodys += usize::from(decode::<Owner>(bytes)? == Owner::Orphan);
            Ok(true)
        })?;
        self.expect(Invariant::I7, nobodys == orphans.len(), || {
            format!("{nobodys} supplier's ids are nobody's, {} are kept as such", orphans.len())
        });
        Ok(())
    }

    fn check_indexes(&mut self, books: &Snapshot) -> Result<(), StoreError> {
        let (mut open, mut open_at) = (0, BTreeMap::<ServerId, u64>::new());
        for order in std::mem::take(&mut self.orders) {
            let stored: Option<Watch> = books.row(Tab::Watched, &one(order.id.0))?;
            let watch = Watch::of(&order);
            open += u64::from(watch == Some(Watch::Open));
            *open_at.entry(order.wish.server).or_default() += u64::from(watch == Some(Watch::Open));
            // An ended watch leaves the index while the order's row keeps its end.
            let swept = stored.is_none() && matches!(watch, Some(Watch::Late(_)));
            self.expect(Invariant::Index, stored == watch || swept, || {
                format!("order {} is not indexed as what it is", order.id)
            });
        }
        let counted = books.number(OPEN_ORDERS)?;
        self.expect(Invariant::Index, counted == open, || {
            format!("{counted} open orders are counted, there are {open}")
        });
        for server in ServerId::ALL {
            let open = open_at.get(server).copied().unwrap_or_default();
            // A file of an earlier version counts them when it is opened.
            let counted: Option<u64> = books.row(Tab::Meta, open_orders_at(*server).as_bytes())?;
            self.expect(Invariant::Index, counted.is_none_or(|counted| counted == open), || {
                format!("{counted:?} open orders of server {} are counted, there are {open}", server.number())
            });
        }
        Ok(())
    }
}

/// Whether a transaction is about this amount.
fn moves(transaction: &Transaction, amount: Money) -> bool {
    transaction.postings().iter().any(|posting| posting.delta == amount)
}

/// Sums of the books stay far below the limit; where they do not, the comparison with the stored ones fails.
fn add(sum: &mut Money, delta: Money) {
    *sum = sum.checked_add(delta).unwrap_or(Money::from_micros(i64::MIN));
}
