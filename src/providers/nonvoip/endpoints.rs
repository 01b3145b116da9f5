//! The supplier's paths, and how each is called. All POST with a JSON body that carries the login (nonvoip.md 1 and 2).

use crate::endpoint::{Endpoint, Subject};
use crate::http::Lane;

pub(super) const BALANCE: Endpoint = Endpoint::new("/balance", Subject::Sale, Lane::Read);
pub(super) const PRODUCTS: Endpoint = Endpoint::new("/products", Subject::Sale, Lane::List);
pub(super) const ORDER: Endpoint = Endpoint::new("/order", Subject::Sale, Lane::Change);
pub(super) const MESSAGES: Endpoint = Endpoint::new("/getsms", Subject::Messages, Lane::Read);
pub(super) const REJECT: Endpoint = Endpoint::new("/reject", Subject::GivingBack, Lane::Change);
/// May charge, so it is sent like a purchase.
pub(super) const REUSE: Endpoint = Endpoint::new("/reuse", Subject::Order, Lane::Change);
/// Charges, so it is sent like a purchase.
pub(super) const RENEW: Endpoint = Endpoint::new("/renew", Subject::Order, Lane::Change);
/// Harmless when done twice, and somebody waits for it.
pub(super) const ACTIVATE: Endpoint = Endpoint::new("/activate", Subject::Order, Lane::Change);
