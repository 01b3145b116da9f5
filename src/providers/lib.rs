//! Where numbers come from: the suppliers' HTTP clients, and the cache of what they sell.
//!
//! Start at [`Client`] (the wire; a module per supplier) and [`Supply`] (five-minute copies that outlive an outage).
//! Everything parses the wire into the checked types of [`shop::pool`] and fails closed: an offer with a bad price is not
//! for sale, a purchase without a clear "no" is unknown. Nothing here retries a purchase, follows a redirect, or logs a
//! key, a phone number, a code or the text of an SMS.
//!
//! A supplier is its table of paths (`endpoints`), its meaning of answers (`errors`) and its decoders; what suppliers have
//! in common stands beside their modules.

pub mod cache;
mod caller;
#[cfg(test)]
mod candidate;
#[cfg(test)]
mod captured;
mod code;
mod decode;
mod endpoint;
mod failure;
#[cfg(test)]
mod hostile;
mod http;
mod json;
mod key;
mod limiter;
#[cfg(test)]
mod loopback;
pub mod nonvoip;
#[cfg(test)]
mod purchase_tests;
#[cfg(test)]
mod renewal_tests;
pub mod smspool;

pub use cache::{Aged, Supply, SupplySnapshot};
pub use http::Deadlines;
pub use key::Credentials;
pub use nonvoip::{NonVoipClient, NonVoipConfig};
pub use smspool::{RentalApi, SmsPoolClient, SmsPoolConfig};

use secrecy::SecretString;
use shop::pool::SmsPool;

/// A supplier over HTTP.
pub trait Client: SmsPool {
    /// Uses another key from the next call on.
    ///
    /// # Errors
    /// [`ConfigError`] for what cannot be this supplier's key; the old one stays.
    fn set_key(&self, key: SecretString) -> Result<(), ConfigError>;
}

/// A call that a supplier's client made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Called {
    /// The path, of the client's closed list.
    pub path: &'static str,
    /// What became of it.
    pub ended: CallEnd,
    /// From the call to its end, the wait for its turn included.
    pub took: std::time::Duration,
}

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::IntoStaticStr, strum::EnumIter)]
#[strum(serialize_all = "snake_case")]
pub enum CallEnd {
    /// An answer that could be used.
    Ok,
    /// The supplier said no: nothing happened.
    Refused,
    /// The supplier, or our own limit, wants us to wait.
    RateLimited,
    /// It never left: no key, or no connection.
    NotDone,
    /// It may have happened.
    Unknown,
}

/// Who is told of each call.
pub(crate) type Observer = dyn Fn(&Called) + Send + Sync;

/// Why a client cannot be built, or a key not be taken. The text names what to correct and repeats no secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Not an absolute `http` or `https` URL, or one with a query or a fragment.
    #[error("the supplier's URL must be like https://api.example.net")]
    Url,
    /// Plain `http` to another machine would send the key in clear.
    #[error("the supplier's URL must be https; plain http is only for loopback")]
    PlainHttp,
    /// `user:password@` in the URL would end up in logs.
    #[error("the supplier's URL must not carry a user name or a password")]
    Credentials,
    /// The key has blanks, line breaks, other characters or an implausible length.
    #[error("an API key is 8 to 128 letters, digits, dashes or underscores")]
    Key,
    /// Not an e-mail address and a password, with a line break between them.
    #[error("an account is an e-mail address and a password of at most 256 characters")]
    Login,
    /// The HTTP client could not be set up (TLS roots, resolver).
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
}
