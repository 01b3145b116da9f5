//! One intent's writes, buffered on top of an open write transaction. Reads see them; the file does not, until `flush`.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use redb::{ReadableTable, Table, WriteTransaction};
use serde::Serialize;

use crate::codec::encode;
use crate::outcome::Changed;
use crate::read::{Read, Result, Row, Sort, Span, Visit};
use crate::snapshot::visit_range;
use crate::tables::Tab;

/// The tables of an open write transaction, each opened when it is first needed.
pub(crate) struct Open<'t> {
    transaction: &'t WriteTransaction,
    tables: Vec<OnceCell<Table<'t, &'static [u8], &'static [u8]>>>,
    /// Whether nothing may be sold, whatever the settings say.
    on_hold: bool,
}

impl<'t> Open<'t> {
    /// The tables of this transaction.
    pub(crate) fn new(transaction: &'t WriteTransaction, on_hold: bool) -> Self {
        Self { transaction, tables: Tab::ALL.iter().map(|_| OnceCell::new()).collect(), on_hold }
    }

    fn table(&self, tab: Tab) -> Result<&Table<'t, &'static [u8], &'static [u8]>> {
        let cell = &self.tables[tab as usize];
        match cell.get() {
            Some(table) => Ok(table),
            None => {
                let table = self.transaction.open_table(tab.definition())?;
                Ok(cell.get_or_init(|| table))
            }
        }
    }

    /// Writes what a draft buffered. Only the storage itself can fail here.
    pub(crate) fn flush(&mut self, pending: Pending) -> Result<()> {
        for (tab, rows) in pending {
            self.table(tab)?;
            let table = self.tables[tab as usize].get_mut().expect("it was opened one line above");
            for (key, value) in rows {
                match value {
                    Some(bytes) => drop(table.insert(key.as_slice(), bytes.as_slice())?),
                    None => drop(table.remove(key.as_slice())?),
                }
            }
        }
        Ok(())
    }
}

/// Buffered writes: `None` removes a row.
pub(crate) type Pending = BTreeMap<Tab, BTreeMap<Vec<u8>, Option<Vec<u8>>>>;

/// One intent's writes, and what they change.
pub(crate) struct Draft<'d, 't> {
    open: &'d Open<'t>,
    pending: Pending,
    /// What the shell should look after once this is stored.
    pub(crate) changed: Changed,
}

impl<'d, 't> Draft<'d, 't> {
    /// Nothing written yet.
    pub(crate) fn new(open: &'d Open<'t>) -> Self {
        Self { open, pending: Pending::new(), changed: Changed::default() }
    }

    /// Whether nothing may be sold, whatever the settings say.
    pub(crate) const fn on_hold(&self) -> bool {
        self.open.on_hold
    }

    /// What is to be flushed.
    pub(crate) fn into_pending(self) -> Pending {
        self.pending
    }

    /// Writes a row.
    pub(crate) fn put<V: Serialize>(&mut self, tab: Tab, key: Vec<u8>, value: &V) -> Result<()> {
        self.put_bytes(tab, key, encode(value)?);
        Ok(())
    }

    /// Writes a row that is bytes already.
    pub(crate) fn put_bytes(&mut self, tab: Tab, key: Vec<u8>, bytes: Vec<u8>) {
        self.pending.entry(tab).or_default().insert(key, Some(bytes));
    }

    /// Removes a row, where it is.
    pub(crate) fn remove(&mut self, tab: Tab, key: Vec<u8>) {
        self.pending.entry(tab).or_default().insert(key, None);
    }

    /// Writes a number of the meta table.
    pub(crate) fn put_number(&mut self, name: &str, number: u64) -> Result<()> {
        self.put(Tab::Meta, name.as_bytes().to_vec(), &number)
    }

    /// The next number of a count that starts at 1.
    pub(crate) fn count_up(&mut self, name: &str) -> Result<u64> {
        let next = self.number(name)? + 1;
        self.put_number(name, next)?;
        Ok(next)
    }
}

impl Read for Draft<'_, '_> {
    fn bytes(&self, tab: Tab, key: &[u8]) -> Result<Option<Vec<u8>>> {
        if let Some(buffered) = self.pending.get(&tab).and_then(|rows| rows.get(key)) {
            return Ok(buffered.clone());
        }
        Ok(self.open.table(tab)?.get(key)?.map(|guard| guard.value().to_vec()))
    }

    fn scan(&self, tab: Tab, span: &Span, sort: Sort, visit: Visit<'_>) -> Result<()> {
        let table = self.open.table(tab)?;
        let Some(pending) = self.pending.get(&tab) else {
            return visit_range(table, span, sort, visit);
        };
        // The buffered rows of one intent are few; spans that intents read are short.
        let mut merged: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        visit_range(table, span, sort, &mut |key, bytes| {
            merged.insert(key.to_vec(), bytes.to_vec());
            Ok(true)
        })?;
        for (key, value) in pending.range(span.from.clone()..span.until.clone()) {
            match value {
                Some(bytes) => drop(merged.insert(key.clone(), bytes.clone())),
                None => drop(merged.remove(key)),
            }
        }
        let mut rows: Vec<Row> = merged.into_iter().collect();
        if sort == Sort::Descending {
            rows.reverse();
        }
        for (key, bytes) in rows {
            if !visit(&key, &bytes)? {
                break;
            }
        }
        Ok(())
    }
}
