//! The chain of the ledger: each row carries the hash of the row before it, and the file the hash of the last one. So a
//! row that was changed, taken out or cut off shows, and the last hash, kept elsewhere, tells an old copy from a new one.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};
use shop::ledger::Transaction;

use crate::draft::Draft;
use crate::read::{Read, Result};
use crate::tables::Tab;

/// Where the hash of the last row stands among the meta rows.
const HEAD: &[u8] = b"ledger_head";

/// The hash of a row of the ledger, SHA-256 over its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hash([u8; 32]);

/// The end of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Head {
    /// How many transactions there are.
    pub seq: u64,
    /// The hash of the last one; zero where there is none.
    pub hash: Hash,
}

/// A row of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The hash of the row before it; zero for the first.
    pub(crate) prev: Hash,
    /// What was posted.
    pub(crate) transaction: Transaction,
}

/// Adds a transaction to the end; its place.
pub(crate) fn append(draft: &mut Draft<'_, '_>, transaction: &Transaction) -> Result<u64> {
    let before = head(draft)?;
    let bytes = crate::codec::encode(&Entry { prev: before.hash, transaction: transaction.clone() })?;
    let after = Head { seq: before.seq + 1, hash: Hash::of(&bytes) };
    draft.put_bytes(Tab::Ledger, crate::tables::one(after.seq), bytes);
    draft.put(Tab::Meta, HEAD.to_vec(), &after)?;
    Ok(after.seq)
}

/// The end of the ledger, as the file says.
pub(crate) fn head(books: &impl Read) -> Result<Head> {
    Ok(books.row(Tab::Meta, HEAD)?.unwrap_or_default())
}

impl Hash {
    /// The hash of a row.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text
            .as_bytes()
            .chunks_exact(2)
            .map(|pair| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()));
        let bytes: Option<Vec<u8>> = digits.collect();
        let bytes = bytes.filter(|_| text.len() == 64).and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| de::Error::custom("a hash has 64 hexadecimal digits"))
    }
}
