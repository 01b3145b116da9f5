//! What a supplier must be able to do. Mocks, the seeded simulation and the HTTP clients all implement [`SmsPool`].
//!
//! The types are what the shop needs, already checked: a client parses the wire into them and fails closed. One rule
//! stands above all: [`SmsPool::purchase`], [`SmsPool::rent`] and [`SmsPool::renew`] are called at most once per order, and only a
//! [`PurchaseError::DefiniteNo`] means that nothing was bought. What one supplier has and another lacks (lists of orders,
//! lines that sleep) stands in [`crate::server`], a row per server.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{CountryId, Days, ErrorCode, Money, Phone, ServiceId, SupplierOrderId, UnixSeconds};

/// A country as the supplier lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolCountry {
    /// The supplier's number.
    pub id: CountryId,
    /// The supplier's English name.
    pub name: String,
    /// ISO 3166 alpha-2, upper case.
    pub iso2: String,
}

/// A service as the supplier lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolService {
    /// The supplier's number.
    pub id: ServiceId,
    /// The supplier's name, trimmed.
    pub name: String,
}

/// What one service costs in one country: the cheapest sub-stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolOffer {
    /// The service.
    pub service: ServiceId,
    /// What the supplier charges us.
    pub cost: Money,
    /// The supplier's sub-stock with that cost, where named.
    pub pool: Option<u32>,
}

/// A line of numbers for rent in one country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RentalOffer {
    /// The supplier's number for the product (in the legacy family: the country's number).
    pub product: u32,
    /// The country.
    pub country: CountryId,
    /// Cost by days. Empty where the price is only known on asking ([`SmsPool::rental_cost`]).
    pub costs: BTreeMap<Days, Money>,
    /// The services that may be received.
    pub receives: Receives,
    /// Seconds after the purchase within which a rental without messages can be refunded; `None`: never.
    pub refund_within_s: Option<u32>,
    /// Fewest days of a refundable rental.
    pub refund_min_days: Days,
    /// Whether a rental of it may be extended.
    #[serde(default, skip_serializing_if = "Extendable::is_perhaps")]
    pub extendable: Extendable,
}

/// Whether rentals of a line may be extended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extendable {
    /// As far as the list tells.
    #[default]
    Perhaps,
    /// It is sold once only.
    Never,
}

impl Extendable {
    const fn is_perhaps(&self) -> bool {
        matches!(self, Self::Perhaps)
    }
}

/// What a line for rent may receive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receives {
    /// Not known before [`SmsPool::rental_services`] is asked: until then it is sold for nothing.
    Unasked,
    /// Any service of the catalogue.
    Any,
    /// These services.
    Only(Vec<ServiceId>),
}

/// What to buy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurchaseRequest {
    /// Where.
    pub country: CountryId,
    /// For which service.
    pub service: ServiceId,
    /// The most that the supplier may charge.
    pub max_cost: Money,
}

/// What to rent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RentRequest {
    /// Where.
    pub country: CountryId,
    /// The product of [`RentalOffer::product`].
    pub product: u32,
    /// For how long.
    pub days: Days,
    /// For which service.
    pub service: ServiceId,
}

/// A rental that is to be extended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renewal {
    /// The supplier's id of the rental.
    pub id: SupplierOrderId,
    /// Where.
    pub country: CountryId,
    /// The product of [`RentalOffer::product`].
    pub product: u32,
    /// For how long, from its end on.
    pub days: Days,
    /// The service that it was rented for.
    pub service: ServiceId,
    /// When it ends without that.
    pub ends_at: UnixSeconds,
}

/// A rental that was extended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renewed {
    /// When it ends now.
    pub expires_at: UnixSeconds,
    /// What the supplier says it charged; `None` where it does not say.
    pub cost: Option<Money>,
}

/// A number that was bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purchased {
    /// The supplier's id.
    pub id: SupplierOrderId,
    /// The number.
    pub phone: Phone,
    /// What the supplier says it charged; `None` where it does not say.
    pub cost: Option<Money>,
    /// When the number ends.
    pub expires_at: UnixSeconds,
    /// The supplier's sub-stock, where named.
    pub pool: Option<u32>,
}

/// How a purchase failed. Only the first kind proves that nothing was bought.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PurchaseError {
    /// One of the closed list of refusals: nothing was bought, nothing charged.
    #[error("refused: {0}")]
    DefiniteNo(PoolError),
    /// Anything else: the supplier may have charged us. Never call again for this order; reconcile.
    #[error("unknown: {0}")]
    Unknown(PoolError),
}

/// Why a call failed. Carries our code and a cause for the log; never the supplier's text for a user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code} {cause}")]
pub struct PoolError {
    /// The product's code.
    pub code: ErrorCode,
    /// One line for the log: endpoint, HTTP status, a cut and cleaned reason. Never a key, a code or a number.
    pub cause: String,
    /// What a caller may do about it.
    pub advice: Advice,
}

/// What a caller may do about a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// Nothing special: the code says it.
    None,
    /// Ask again after so many seconds (rate limits, a cancel's time lock, a block of hours).
    RetryAfter(u32),
    /// Nothing is sold at or below the highest cost that was allowed: the price has changed.
    PriceChanged,
}

/// What the supplier knows of one temporary order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// No message yet.
    Pending,
    /// A message arrived, but the answer does not hold it: ask about this order alone.
    Unread,
    /// A message arrived.
    Received(Message),
    /// Ended without a message; the supplier gave the money back (status 6).
    Refunded,
    /// The supplier says ended (2, 5) without saying refunded: proof needs the history.
    Ended,
}

/// A received SMS. `Debug` shows neither text nor code.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The code that the supplier extracted, or that we did; `None` where no code is recognised.
    pub code: Option<String>,
    /// The whole text.
    pub text: String,
    /// The supplier's key of the message where it has one (rentals), else empty.
    pub key: String,
}

impl Message {
    /// The same with dots for what it says.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        Self {
            code: self.code.as_ref().map(|_| "••••••".to_owned()), text: "••••••".to_owned(), key: String::new()
        }
    }
}

impl std::fmt::Debug for Message {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Message({} characters)", self.text.chars().count())
    }
}

/// How a cancel ended, when the supplier answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancelled {
    /// Accepted: the supplier gave the money back.
    Refunded,
    /// Too early: the supplier's time lock still holds.
    Locked,
    /// The supplier does not know the order (any more), or will not cancel it: look with [`SmsPool::check`].
    Refused,
}

/// A second code on the same number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resent {
    /// The order to watch from now on; may be a new one.
    pub id: SupplierOrderId,
    /// What it cost us.
    pub charge: Money,
}

/// A list of the supplier, as far as it could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// What could be read.
    pub rows: Vec<T>,
    /// Whether that is all of it.
    pub completeness: Completeness,
}

/// Whether a list was read whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// It was: what is absent is not there.
    Whole,
    /// A row could not be read: its presence says something, an absence nothing.
    Partial,
}

impl<T> Listed<T> {
    /// Two lists as one, which is whole where both are.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.rows.extend(other.rows);
        if other.completeness == Completeness::Partial {
            self.completeness = Completeness::Partial;
        }
        self
    }
}

/// A list that could not be had.
impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), completeness: Completeness::Partial }
    }
}

/// A row of the supplier's list of open or past orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedOrder {
    /// The supplier's id.
    pub id: SupplierOrderId,
    /// The number, where it is readable.
    pub phone: Option<Phone>,
    /// The country, ISO 3166 alpha-2, upper case.
    pub iso2: String,
    /// The service's display name.
    pub service_name: String,
    /// What it cost us, where it is readable.
    pub cost: Option<Money>,
    /// When it ends.
    pub expires_at: UnixSeconds,
    /// When it was bought, as far as that can be derived (never from the local timestamps); `None`: unknown.
    pub bought_at: Option<UnixSeconds>,
    /// What the supplier knows of it.
    pub check: Check,
}

/// A rented line as the supplier lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRental {
    /// The supplier's id.
    pub id: SupplierOrderId,
    /// The number, where it is readable.
    pub phone: Option<Phone>,
    /// The product of [`RentalOffer::product`].
    pub product: Option<u32>,
    /// When it ends.
    pub expires_at: UnixSeconds,
}

/// A supplier of numbers. Every call ends within its time limit.
///
/// The calls with a body are those that some supplier lacks: it answers a list that says nothing about what is absent, or
/// that there is nothing to extend or to wake.
#[async_trait]
pub trait SmsPool: Send + Sync {
    /// Our balance there.
    async fn balance(&self) -> Result<Money, PoolError>;
    /// All countries.
    async fn countries(&self) -> Result<Vec<PoolCountry>, PoolError>;
    /// All services.
    async fn services(&self) -> Result<Vec<PoolService>, PoolError>;
    /// The priced list of one country: the cheapest offer of each service that it sells.
    async fn offers(&self, country: CountryId) -> Result<Vec<PoolOffer>, PoolError>;
    /// The cost of one service in one country now.
    async fn cost(&self, country: CountryId, service: ServiceId) -> Result<PoolOffer, PoolError>;
    /// Buys a temporary number. At most once per order.
    async fn purchase(&self, request: &PurchaseRequest) -> Result<Purchased, PurchaseError>;
    /// What happened to a temporary order.
    async fn check(&self, id: &SupplierOrderId) -> Result<Check, PoolError>;
    /// Cancels a temporary order.
    async fn cancel(&self, id: &SupplierOrderId) -> Result<Cancelled, PoolError>;
    /// What another code on the same number would cost; `None` where the supplier does not allow one.
    async fn resend_cost(&self, id: &SupplierOrderId) -> Result<Option<Money>, PoolError>;
    /// Asks for another code on the same number. May charge: never called twice for one wish.
    async fn resend(&self, id: &SupplierOrderId) -> Result<Resent, PurchaseError>;
    /// All open temporary orders, in one call.
    async fn active(&self) -> Result<Listed<ListedOrder>, PoolError> {
        Ok(Listed::default())
    }
    /// The newest past and open temporary orders.
    async fn history(&self) -> Result<Listed<ListedOrder>, PoolError> {
        Ok(Listed::default())
    }
    /// What is for rent.
    async fn rental_offers(&self) -> Result<Vec<RentalOffer>, PoolError>;
    /// The services that a rental product can receive; `None`: any.
    async fn rental_services(&self, product: u32) -> Result<Option<Vec<ServiceId>>, PoolError>;
    /// The cost of a rental now.
    async fn rental_cost(&self, request: &RentRequest) -> Result<Money, PoolError>;
    /// Rents a number. At most once per order.
    async fn rent(&self, request: &RentRequest) -> Result<Purchased, PurchaseError>;
    /// What extending a rental costs now; `None` where it cannot be extended by so many days.
    async fn renew_cost(&self, _rental: &Renewal) -> Result<Option<Money>, PoolError> {
        Ok(None)
    }
    /// Extends a rental. Charges: at most once per order.
    async fn renew(&self, _rental: &Renewal) -> Result<Renewed, PurchaseError> {
        let cause = "nothing is extended at this supplier".to_owned();
        Err(PurchaseError::DefiniteNo(PoolError { code: ErrorCode::Unavailable, cause, advice: Advice::None }))
    }
    /// All messages of a rental.
    async fn rental_messages(&self, id: &SupplierOrderId) -> Result<Vec<Message>, PoolError>;
    /// Gives a rental back inside its refund window.
    async fn rental_refund(&self, id: &SupplierOrderId) -> Result<Cancelled, PoolError>;
    /// All rentals that were not refunded, ended ones included.
    async fn rentals(&self) -> Result<Listed<ListedRental>, PoolError> {
        Ok(Listed::default())
    }
    /// Wakes a rental that sleeps, so that it can receive: until when. Doing it twice is harmless.
    async fn wake(&self, _id: &SupplierOrderId) -> Result<UnixSeconds, PoolError> {
        let cause = "nothing sleeps at this supplier".to_owned();
        Err(PoolError { code: ErrorCode::Unavailable, cause, advice: Advice::None })
    }
}
