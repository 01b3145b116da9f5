//! The supplier's paths, and how each is called. All POST urlencoded, the two catalogues GET (smspool.md 2 and 10).

use crate::http::{KeyUse, Lane, Method, Outgoing};

/// One path of the supplier.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) path: &'static str,
    pub(super) subject: Subject,
    method: Method,
    lane: Lane,
    key: KeyUse,
}

/// What a path is about; decides what a 404 or an unreadable answer means (smspool-errors.md, decision order 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    /// What is for sale, our account, and buying: a 404 means that it is not sold (any more).
    Sale,
    /// One order: a 404 means that the order is unknown.
    Order,
    /// The messages of one order: what cannot be read is a message that was not fetched.
    Messages,
}

impl Endpoint {
    const fn new(path: &'static str, subject: Subject, lane: Lane) -> Self {
        Self { path, subject, method: Method::Post, lane, key: KeyUse::Required }
    }

    const fn catalogue(path: &'static str) -> Self {
        let (subject, lane) = (Subject::Sale, Lane::List);
        Self { path, subject, method: Method::Get, lane, key: KeyUse::Optional }
    }

    const fn public(self) -> Self {
        Self { key: KeyUse::Optional, ..self }
    }

    pub(super) const fn outgoing<'a>(&self, form: &'a [(&'a str, String)]) -> Outgoing<'a> {
        let Self { path, method, lane, key, .. } = *self;
        Outgoing { method, path, form, lane, key }
    }
}

pub(super) const COUNTRIES: Endpoint = Endpoint::catalogue("/country/retrieve_all");
pub(super) const SERVICES: Endpoint = Endpoint::catalogue("/service/retrieve_all");
pub(super) const BALANCE: Endpoint = Endpoint::new("/request/balance", Subject::Sale, Lane::Read);
/// The priced list of a country: a third of a megabyte for the United States (smspool.md 2, response sizes).
pub(super) const PRICING: Endpoint = Endpoint::new("/request/pricing", Subject::Sale, Lane::List).public();
pub(super) const PRICE: Endpoint = Endpoint::new("/request/price", Subject::Sale, Lane::Read).public();
pub(super) const PURCHASE: Endpoint = Endpoint::new("/purchase/sms", Subject::Sale, Lane::Change);
pub(super) const CHECK: Endpoint = Endpoint::new("/sms/check", Subject::Messages, Lane::Read);
pub(super) const CANCEL: Endpoint = Endpoint::new("/sms/cancel", Subject::Order, Lane::Change);
pub(super) const CHECK_RESEND: Endpoint = Endpoint::new("/sms/check_resend", Subject::Order, Lane::Read);
/// May charge, so it is sent like a purchase (smspool.md 2, duplicates).
pub(super) const RESEND: Endpoint = Endpoint::new("/sms/resend", Subject::Order, Lane::Change);
pub(super) const ACTIVE: Endpoint = Endpoint::new("/request/active", Subject::Sale, Lane::List);
pub(super) const HISTORY: Endpoint = Endpoint::new("/request/history", Subject::Sale, Lane::List);
pub(super) const RENTAL_LINES: Endpoint = Endpoint::new("/rental/retrieve_all", Subject::Sale, Lane::List).public();
pub(super) const RENTAL_SERVICES: Endpoint =
    Endpoint::new("/rental/retrieve_services", Subject::Sale, Lane::List).public();
pub(super) const RENTAL_PRICING: Endpoint =
    Endpoint::new("/rental/retrieve_pricing", Subject::Sale, Lane::Read).public();
pub(super) const RENT: Endpoint = Endpoint::new("/purchase/rental", Subject::Sale, Lane::Change);
pub(super) const RENTAL_MESSAGES: Endpoint = Endpoint::new("/rental/retrieve_messages", Subject::Messages, Lane::List);
pub(super) const RENTAL_REFUND: Endpoint = Endpoint::new("/rental/refund", Subject::Order, Lane::Change);
pub(super) const RENTALS: Endpoint = Endpoint::new("/rental/retrieve", Subject::Sale, Lane::List);
/// All rentals that were not refunded, expired ones included; known from the supplier's own client only (smspool.md 10).
pub(super) const RENTALS_PAST: Endpoint = Endpoint::new("/rental/retrieve_history", Subject::Sale, Lane::List);
/// The brief's path, documented nowhere (smspool.md 1).
pub(super) const LEGACY_RENT: Endpoint = Endpoint::new("/purchase/rent", Subject::Sale, Lane::Change);
/// The brief's path, documented nowhere (smspool.md 1).
pub(super) const LEGACY_RENT_PRICE: Endpoint = Endpoint::new("/request/rent_price", Subject::Sale, Lane::Read);
