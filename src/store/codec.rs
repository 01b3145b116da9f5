//! How rows become bytes: one byte of version, then JSON (or, for caches, the bytes themselves).

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::StoreError;

/// The version of every row that this program writes. A change of a row's form takes the next one, and a migration.
const VERSION: u8 = 1;

/// A row's bytes.
pub(crate) fn encode<V: Serialize>(value: &V) -> Result<Vec<u8>, StoreError> {
    let mut bytes = vec![VERSION];
    serde_json::to_writer(&mut bytes, value).map_err(|error| StoreError::Damaged(format!("not encodable: {error}")))?;
    Ok(bytes)
}

/// A row from its bytes.
pub(crate) fn decode<V: DeserializeOwned>(bytes: &[u8]) -> Result<V, StoreError> {
    serde_json::from_slice(payload(bytes)?).map_err(|error| StoreError::Damaged(error.to_string()))
}

/// Opaque bytes, under the same version byte.
pub(crate) fn wrap(bytes: &[u8]) -> Vec<u8> {
    let mut wrapped = Vec::with_capacity(bytes.len() + 1);
    wrapped.push(VERSION);
    wrapped.extend_from_slice(bytes);
    wrapped
}

/// What follows the version byte.
pub(crate) fn payload(bytes: &[u8]) -> Result<&[u8], StoreError> {
    match bytes.split_first() {
        Some((&VERSION, payload)) => Ok(payload),
        Some((version, _)) => Err(StoreError::Damaged(format!("row version {version} is unknown"))),
        None => Err(StoreError::Damaged("an empty row".to_owned())),
    }
}
