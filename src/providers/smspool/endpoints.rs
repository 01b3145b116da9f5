//! The supplier's paths, and how each is called. All POST urlencoded, the two catalogues GET (smspool.md 2 and 10).

use crate::endpoint::{Endpoint, Subject};
use crate::http::Lane;

pub(super) const COUNTRIES: Endpoint = Endpoint::catalogue("/country/retrieve_all");
pub(super) const SERVICES: Endpoint = Endpoint::catalogue("/service/retrieve_all");
pub(super) const BALANCE: Endpoint = Endpoint::new("/request/balance", Subject::Sale, Lane::Read);
/// The priced list of a country: a third of a megabyte for the United States (smspool.md 2, response sizes).
pub(super) const PRICING: Endpoint = Endpoint::new("/request/pricing", Subject::Sale, Lane::List).public();
pub(super) const PRICE: Endpoint = Endpoint::new("/request/price", Subject::Sale, Lane::Read).public();
pub(super) const PURCHASE: Endpoint = Endpoint::new("/purchase/sms", Subject::Sale, Lane::Change);
pub(super) const CHECK: Endpoint = Endpoint::new("/sms/check", Subject::Messages, Lane::Read);
pub(super) const CANCEL: Endpoint = Endpoint::new("/sms/cancel", Subject::GivingBack, Lane::Change);
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
pub(super) const RENTAL_REFUND: Endpoint = Endpoint::new("/rental/refund", Subject::GivingBack, Lane::Change);
pub(super) const RENTALS: Endpoint = Endpoint::new("/rental/retrieve", Subject::Sale, Lane::List);
/// All rentals that were not refunded, expired ones included; known from the supplier's own client only (smspool.md 10).
pub(super) const RENTALS_PAST: Endpoint = Endpoint::new("/rental/retrieve_history", Subject::Sale, Lane::List);
/// Charges, so it is sent like a purchase (smspool.md 2, duplicates).
pub(super) const EXTEND: Endpoint = Endpoint::new("/rental/extend", Subject::Order, Lane::Change);
/// The brief's path, documented nowhere (smspool.md 1).
pub(super) const LEGACY_RENT: Endpoint = Endpoint::new("/purchase/rent", Subject::Sale, Lane::Change);
/// The brief's path, documented nowhere (smspool.md 1).
pub(super) const LEGACY_RENT_PRICE: Endpoint = Endpoint::new("/request/rent_price", Subject::Sale, Lane::Read);
