//! What is a supplier's own: its paths, what it reads and how it words an answer. Everything else is common.

use std::fmt::Debug;

use axum::http::{HeaderMap, Method};
use serde_json::{Map, Value};

use super::Role;
use super::books::Books;
use crate::request::{Params, Source};

/// A supplier's side of the wire.
pub(crate) trait Protocol: Debug + Send + Sync {
    /// The name of its host, for the page of the proxy before it.
    fn host(&self) -> &'static str;
    /// What stands before each path.
    fn prefix(&self) -> &'static str;
    /// Where it looks for parameters.
    fn source(&self) -> Source;
    /// The account's e-mail address, where it asks for one.
    fn email(&self) -> Option<&str>;
    /// The path that serves a purpose; none where it has no such call.
    fn path(&self, role: Role) -> Option<&'static str>;
    /// Takes what proves who asks out of the parameters, so that it is in no record.
    fn credentials(&self, params: &mut Params, headers: &HeaderMap) -> Credentials;
    /// Carries a call out for whoever knows this key; nothing where there is no such path.
    fn answer(&self, books: &mut Books, key: &str, call: &Call<'_>) -> Option<Answer>;
    /// How it words a refusal.
    fn refusal(&self, refusal: &Refusal, params: &Params) -> Problem;
    /// The part of an answer that tells of an order.
    fn told_order<'body>(&self, body: &'body mut Value) -> Option<&'body mut Map<String, Value>>;
}

/// What proves who asks.
#[derive(Clone, Default)]
pub(crate) struct Credentials {
    /// The e-mail address.
    pub(crate) email: Option<String>,
    /// The key or the password.
    pub(crate) key: Option<String>,
}

/// One request, without its credentials in the parameters.
pub(crate) struct Call<'call> {
    pub(crate) method: &'call Method,
    pub(crate) endpoint: &'call str,
    pub(crate) credentials: &'call Credentials,
    pub(crate) params: &'call Params,
    pub(crate) now_ms: i64,
}

/// What any supplier refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No numbers are left.
    OutOfStock,
    /// Our balance is too small.
    NoBalance,
    /// Nothing is sold at that price.
    PriceNotFound,
    /// Too many purchases failed.
    TooManyFailed,
    /// The key is not ours (any more).
    InvalidKey,
    /// It is too early to give an order back.
    CancelLocked,
    /// Too many requests at once.
    TooManyRequests,
    /// There is no such path.
    NoSuchPath,
    /// The request cannot be read.
    Unreadable(String),
    /// In these words.
    Said(String),
}

/// A refusal: HTTP status and body.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

pub(crate) type Answer = Result<Value, Problem>;
