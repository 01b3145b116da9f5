//! The audit: everything that is derived, derived again from the ledger and the orders, and compared.

use std::collections::{BTreeMap, BTreeSet};

use shop::ledger::{Account, Key, Kind, Transaction, Wallet};
use shop::order::{Order, State};
use shop::{Money, OrderId, UserId};

use crate::codec::decode;
use crate::error::StoreError;
use crate::query::all;
use crate::read::{Read, Sort, Span};
use crate::rows::{Owner, Watch};
use crate::snapshot::Snapshot;
use crate::store::Store;
use crate::tables::{Tab, part};

/// What was found, and what was read to find it.
struct Audit {
    findings: Vec<String>,
    ledger: BTreeMap<String, Transaction>,
    orders: Vec<Order>,
}

impl Store {
    /// What is wrong with the books, in words for the operator; nothing, as a rule. Reads everything.
    ///
    /// # Errors
    /// [`StoreError`], where the file cannot be read.
    pub fn audit(&self) -> Result<Vec<String>, StoreError> {
        let books = self.snapshot()?;
        let mut audit = Audit { findings: Vec::new(), ledger: BTreeMap::new(), orders: all(&books, Tab::Orders)? };
        audit.read_ledger(&books)?;
        audit.check_wallets(&books)?;
        audit.check_orders();
        audit.check_owners(&books)?;
        audit.check_indexes(&books)?;
        Ok(audit.findings)
    }
}

impl Audit {
    fn expect(&mut self, holds: bool, finding: impl FnOnce() -> String) {
        if !holds {
            self.findings.push(finding());
        }
    }

    /// I1: every transaction sums to zero, and stands under its key alone.
    fn read_ledger(&mut self, books: &Snapshot) -> Result<(), StoreError> {
        for (key, bytes) in books.rows(Tab::Ledger, &Span::all(), Sort::Ascending, usize::MAX)? {
            let (seq, transaction): (u64, Transaction) = (part(&key, 0), decode(&bytes)?);
            let indexed: Option<u64> = books.row(Tab::LedgerKeys, transaction.key.as_bytes())?;
            self.expect(transaction.is_balanced(), || format!("I1: transaction {seq} does not sum to zero"));
            self.expect(indexed == Some(seq), || format!("I3: transaction {seq} does not stand under its key"));
            let key = transaction.key.clone();
            let twice = self.ledger.insert(key.clone(), transaction).is_some();
            self.expect(!twice, || format!("I3: {key} was posted twice"));
        }
        Ok(())
    }

    /// I2, I4, I13: wallets are as derived, never below zero, and hold what open orders cost.
    fn check_wallets(&mut self, books: &Snapshot) -> Result<(), StoreError> {
        let mut held: BTreeMap<UserId, Money> = BTreeMap::new();
        for order in self.orders.iter().filter(|order| order.is_open()) {
            add(held.entry(order.user).or_default(), order.price);
        }
        let mut wallets: BTreeMap<UserId, Wallet> = BTreeMap::new();
        for posting in self.ledger.values().flat_map(Transaction::postings) {
            match posting.account {
                Account::Available(user) => add(&mut wallets.entry(user).or_default().available, posting.delta),
                Account::Held(user) => add(&mut wallets.entry(user).or_default().held, posting.delta),
                Account::Revenue | Account::CostOfGoods | Account::SupplierFloat | Account::Adjustments => {}
            }
        }
        let stored = books.rows(Tab::Wallets, &Span::all(), Sort::Ascending, usize::MAX)?;
        let stored: BTreeSet<UserId> = stored.iter().map(|(key, _)| UserId(part(key, 0))).collect();
        let users: BTreeSet<UserId> = wallets.keys().chain(held.keys()).chain(&stored).copied().collect();
        for user in users {
            let derived = wallets.get(&user).copied().unwrap_or_default();
            let cached: Wallet = books.row(Tab::Wallets, &crate::tables::one(user.0))?.unwrap_or_default();
            let open = held.get(&user).copied().unwrap_or_default();
            let negative = derived.available.is_negative() || derived.held.is_negative();
            self.expect(!negative, || format!("I2: the wallet of {} is below zero", user.0));
            self.expect(derived.held == open, || {
                format!("I4: {} holds {}, open orders cost {open}", user.0, derived.held)
            });
            self.expect(cached == derived, || format!("I13: the wallet of {} is not as derived", user.0));
        }
        Ok(())
    }

    /// I3, I5, I10: each order has its one hold, and its one end says where the money went.
    fn check_orders(&mut self) {
        let mut quotes = BTreeSet::new();
        for order in std::mem::take(&mut self.orders) {
            let price =
                |transaction: &Transaction| transaction.postings().iter().any(|posting| posting.delta == order.price);
            let hold = self.ledger.get(&Key::Hold(order.id).to_string());
            let resolve = self.ledger.get(&Key::Resolve(order.id).to_string());
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
            self.expect(held, || format!("I3: order {} has no hold of its price", order.id));
            self.expect(amount, || format!("I3: order {} was resolved at another price", order.id));
            self.expect(resolved == wanted, || {
                format!("I5: order {} is {:?}, its money {resolved:?}", order.id, order.kind())
            });
            let first = order.parent.is_some() || quotes.insert(order.quote);
            self.expect(first, || format!("I10: order {} shares its quote", order.id));
            self.orders.push(order);
        }
    }

    /// I7: each number's supplier id belongs to its order alone, and was paid for once.
    fn check_owners(&mut self, books: &Snapshot) -> Result<(), StoreError> {
        let mut owners: BTreeMap<&str, OrderId> = BTreeMap::new();
        let mut findings = Vec::new();
        for order in &self.orders {
            let Some(number) = &order.number else { continue };
            let id = &number.supplier_id;
            if owners.insert(id.as_str(), order.id).is_some() || books.owner(id)? != Some(Owner::Order(order.id)) {
                findings.push(format!("I7: order {} does not own its number alone", order.id));
            }
            if !self.ledger.contains_key(&Key::Cost(id.clone()).to_string()) {
                findings.push(format!("I7: the number of order {} was never paid for", order.id));
            }
        }
        self.findings.extend(findings);
        Ok(())
    }

    /// The indexes say what the orders say.
    fn check_indexes(&mut self, books: &Snapshot) -> Result<(), StoreError> {
        let mut open = 0;
        for order in std::mem::take(&mut self.orders) {
            let stored: Option<Watch> = books.row(Tab::Watched, &crate::tables::one(order.id.0))?;
            let watch = Watch::of(&order);
            open += u64::from(watch == Some(Watch::Open));
            // An ended watch leaves the index while the order's row keeps its end.
            let swept = stored.is_none() && matches!(watch, Some(Watch::Late(_)));
            self.expect(stored == watch || swept, || format!("order {} is not indexed as what it is", order.id));
        }
        let counted = books.number("open_orders")?;
        self.expect(counted == open, || format!("{counted} open orders are counted, there are {open}"));
        Ok(())
    }
}

/// Sums of the books stay far below the limit; where they do not, the comparison with the stored ones fails.
fn add(sum: &mut Money, delta: Money) {
    *sum = sum.checked_add(delta).unwrap_or(Money::from_micros(i64::MIN));
}
