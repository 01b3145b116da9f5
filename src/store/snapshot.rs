//! One read transaction: a finished state of the file. Short-lived, never held across an await.

use std::cell::OnceCell;

use redb::{ReadOnlyTable, ReadTransaction, ReadableTable, ReadableTableMetadata};

use crate::read::{Read, Result, Sort, Span, Visit};
use crate::tables::Tab;

type Table = ReadOnlyTable<&'static [u8], &'static [u8]>;

/// A finished state of the file.
pub(crate) struct Snapshot {
    transaction: ReadTransaction,
    tables: Vec<OnceCell<Table>>,
}

impl Snapshot {
    /// What this transaction sees.
    pub(crate) fn new(transaction: ReadTransaction) -> Self {
        Self { transaction, tables: Tab::ALL.iter().map(|_| OnceCell::new()).collect() }
    }

    /// How many rows a table has.
    pub(crate) fn len(&self, tab: Tab) -> Result<u64> {
        Ok(self.table(tab)?.len()?)
    }

    fn table(&self, tab: Tab) -> Result<&Table> {
        let cell = &self.tables[tab as usize];
        match cell.get() {
            Some(table) => Ok(table),
            None => {
                let table = self.transaction.open_table(tab.definition())?;
                Ok(cell.get_or_init(|| table))
            }
        }
    }
}

impl Read for Snapshot {
    fn bytes(&self, tab: Tab, key: &[u8]) -> Result<Option<Vec<u8>>> {
        Ok(self.table(tab)?.get(key)?.map(|guard| guard.value().to_vec()))
    }

    fn scan(&self, tab: Tab, span: &Span, sort: Sort, visit: Visit<'_>) -> Result<()> {
        visit_range(self.table(tab)?, span, sort, visit)
    }
}

/// Walks over a table, in either direction.
pub(crate) fn visit_range(
    table: &impl ReadableTable<&'static [u8], &'static [u8]>,
    span: &Span,
    sort: Sort,
    visit: Visit<'_>,
) -> Result<()> {
    let mut range = table.range::<&[u8]>(span.from.as_slice()..span.until.as_slice())?;
    loop {
        let next = match sort {
            Sort::Ascending => range.next(),
            Sort::Descending => range.next_back(),
        };
        let Some(row) = next else { return Ok(()) };
        let (key, value) = row?;
        if !visit(key.value(), value.value())? {
            return Ok(());
        }
    }
}
