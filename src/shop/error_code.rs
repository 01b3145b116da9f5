//! The eleven error codes that users see small at the end of a sentence, and operators find in the log.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What went wrong at a supplier, in the product's own numbering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::EnumIter)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// `0x0000`: our balance at the supplier is too low.
    BalanceTooLow,
    /// `0x0001`: the service is out of stock now.
    OutOfStock,
    /// `0x0002`: the supplier cannot be reached.
    Unreachable,
    /// `0x0003`: the supplier rejected the request.
    Rejected,
    /// `0x0004`: the supplier did not answer in time.
    TimedOut,
    /// `0x0005`: the API key is invalid.
    InvalidKey,
    /// `0x0006`: the rate limit is exceeded.
    RateLimited,
    /// `0x0007`: the order was not found.
    OrderNotFound,
    /// `0x0008`: the message could not be fetched.
    MessageNotFetched,
    /// `0x0009`: something unexpected.
    Unexpected,
    /// `0x000A`: the service is unavailable or withdrawn.
    Unavailable,
}

impl fmt::Display for ErrorCode {
    /// The code as users see it: `0x0001`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "0x{:04X}", *self as u8)
    }
}
