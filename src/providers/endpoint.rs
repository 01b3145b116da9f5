//! A path of a supplier, and how it is called. Each supplier's own table of them stands in its `endpoints`.

use crate::http::{Form, KeyUse, Lane, Method, Outgoing};

/// One path of a supplier.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) path: &'static str,
    pub(crate) subject: Subject,
    method: Method,
    lane: Lane,
    key: KeyUse,
}

/// What a path is about; decides what a 404 or an unreadable answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// What is for sale, our account, and buying: a 404 means that it is not sold (any more).
    Sale,
    /// One order: a 404 means that the order is unknown.
    Order,
    /// Giving one order back.
    GivingBack,
    /// The messages of one order: what cannot be read is a message that was not fetched.
    Messages,
}

impl Endpoint {
    pub(crate) const fn new(path: &'static str, subject: Subject, lane: Lane) -> Self {
        Self { path, subject, method: Method::Post, lane, key: KeyUse::Required }
    }

    /// A list that anybody may read.
    pub(crate) const fn catalogue(path: &'static str) -> Self {
        let (subject, lane) = (Subject::Sale, Lane::List);
        Self { path, subject, method: Method::Get, lane, key: KeyUse::Optional }
    }

    /// The same for anybody.
    pub(crate) const fn public(self) -> Self {
        Self { key: KeyUse::Optional, ..self }
    }

    pub(crate) const fn outgoing<'a>(&self, form: &'a Form<'a>) -> Outgoing<'a> {
        let Self { path, method, lane, key, .. } = *self;
        Outgoing { method, path, form, lane, key }
    }
}
