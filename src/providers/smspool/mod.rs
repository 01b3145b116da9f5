//! The client of smspool.net. Start at [`SmsPoolClient`]; facts about the wire are in `providers/smspool.md`.
//!
//! Every call is: a path of `endpoints`, sent once, judged by `errors`, read by `decode` or `rentals`.

mod decode;
mod endpoints;
mod errors;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod log_tests;
#[cfg(test)]
mod purchase_tests;
mod rentals;
#[cfg(test)]
mod wire_tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use secrecy::SecretString;
use shop::clock::Clock;
use shop::pool::{
    Advice, Cancelled, Check, Extendable, Listed, ListedOrder, ListedRental, Message, PoolCountry, PoolError,
    PoolOffer, PoolService, PurchaseError, PurchaseRequest, Purchased, Renewal, Renewed, RentRequest, RentalOffer,
    Resent, SmsPool,
};
use shop::{CountryId, ErrorCode, Money, ServiceId, SupplierOrderId, UnixSeconds};

use crate::caller::Caller;
use crate::endpoint::Endpoint;
use crate::failure::Proof;
use crate::http::{Deadlines, Way};
use crate::json::Json;
use crate::key::KeyForm;
use crate::{Called, Client, ConfigError};
use rentals::Line;

/// Which family of rental paths is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RentalApi {
    /// `/purchase/rental` and `/rental/…`, as the supplier documents them.
    #[default]
    Documented,
    /// `/purchase/rent` and `/request/rent_price`, as the brief names them (smspool.md 1).
    Legacy,
}

/// What a client is built from.
#[derive(Debug, Clone)]
pub struct SmsPoolConfig {
    /// Where the supplier is; plain `http` only for loopback.
    pub base_url: String,
    /// The API key, where one is saved already.
    pub key: Option<SecretString>,
    /// The family of rental paths.
    pub rental_api: RentalApi,
    /// Most requests in any one second; the supplier allows 32.
    pub requests_per_second: u32,
    /// How long calls may take.
    pub deadlines: Deadlines,
}

impl Default for SmsPoolConfig {
    fn default() -> Self {
        Self {
            base_url: "https://api.smspool.net".to_owned(),
            key: None,
            rental_api: RentalApi::default(),
            requests_per_second: 16,
            deadlines: Deadlines::default(),
        }
    }
}

/// The supplier, over HTTP.
pub struct SmsPoolClient {
    caller: Caller,
    rental_api: RentalApi,
    countries: Mutex<Option<KnownCountries>>,
    /// By product, whether it is sold for a single service, from the last list of rentals.
    singles: Mutex<BTreeMap<u32, bool>>,
}

/// The list that rental products' names are looked up in.
struct KnownCountries {
    list: Arc<Vec<PoolCountry>>,
    fetched_at: UnixSeconds,
}

const COUNTRIES_FRESH_S: i64 = 3600;
/// The two types of lines.
const EXTENDABLE: &str = "1";
const ONE_TIME: &str = "0";
/// Rows of the history: half an hour of brisk trade (purchase-protocol 5 looks back so far).
const HISTORY_ROWS: u32 = 500;

impl SmsPoolClient {
    /// Builds a client; calls nothing.
    ///
    /// # Errors
    /// [`ConfigError`] for a URL or a key that must not be used.
    pub fn new(config: SmsPoolConfig, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        let way = Way {
            base_url: &config.base_url,
            requests_per_second: config.requests_per_second,
            deadlines: config.deadlines,
            key_form: KeyForm::Bearer,
            pause_default_s: errors::PAUSE_DEFAULT_S,
        };
        let caller = Caller::new(way, config.key, errors::refusal, clock)?;
        Ok(Self { caller, rental_api: config.rental_api, countries: Mutex::default(), singles: Mutex::default() })
    }

    /// The same client, and `tell` is told of each of its calls, in the caller's task: it must not wait.
    #[must_use]
    pub fn observed_by(self, tell: impl Fn(&Called) + Send + Sync + 'static) -> Self {
        Self { caller: self.caller.observed_by(tell), ..self }
    }

    /// Uses another API key from the next call on.
    ///
    /// # Errors
    /// [`ConfigError::Key`] for what cannot be a key; the old one stays.
    pub fn set_key(&self, key: SecretString) -> Result<(), ConfigError> {
        self.caller.set_key(key)
    }

    async fn known_countries(&self) -> Result<Arc<Vec<PoolCountry>>, PoolError> {
        let now = self.caller.now();
        let known = lock(&self.countries).as_ref().and_then(|known| {
            let fresh = (0..COUNTRIES_FRESH_S).contains(&(now - known.fetched_at));
            fresh.then(|| Arc::clone(&known.list))
        });
        match known {
            Some(list) => Ok(list),
            None => self.fetch_countries().await,
        }
    }

    async fn fetch_countries(&self) -> Result<Arc<Vec<PoolCountry>>, PoolError> {
        let list = Arc::new(self.caller.run(&endpoints::COUNTRIES, &[], |json, _| decode::countries(json)).await?);
        let known = KnownCountries { list: Arc::clone(&list), fetched_at: self.caller.now() };
        *lock(&self.countries) = Some(known);
        Ok(list)
    }

    /// All lines, extendable and not. One of the two lists may be empty, which is said by a 404.
    async fn rental_lines(&self) -> Result<Vec<Line>, PoolError> {
        let mut lines = Vec::new();
        let mut none = None;
        for kind in [EXTENDABLE, ONE_TIME] {
            match self.lines_of(kind).await {
                Ok(found) => lines.extend(found),
                Err(error) if error.code == ErrorCode::OutOfStock => none = Some(error),
                Err(error) => return Err(error),
            }
        }
        if let (true, Some(error)) = (lines.is_empty(), none) {
            return Err(error);
        }
        let lines = rentals::merged(lines);
        *lock(&self.singles) = lines.iter().map(|line| (line.offer.product, line.single)).collect();
        Ok(lines)
    }

    async fn lines_of(&self, kind: &str) -> Result<Vec<Line>, PoolError> {
        let countries = self.known_countries().await?;
        let form = [("type", kind.to_owned())];
        let read = self.caller.run(&endpoints::RENTAL_LINES, &form, |json, _| rentals::lines(json, &countries)).await;
        let extendable = if kind == ONE_TIME { Extendable::Never } else { Extendable::Perhaps };
        let mut lines = read?;
        lines.iter_mut().for_each(|line| line.offer.extendable = extendable);
        Ok(lines)
    }

    /// What so many days more of a line cost; `None` where it is sold once only.
    async fn extension_cost(&self, rental: &Renewal) -> Result<Option<Money>, PoolError> {
        let lines = match self.lines_of(EXTENDABLE).await {
            Err(error) if error.code == ErrorCode::OutOfStock => Vec::new(),
            read => read?,
        };
        match lines.into_iter().find(|line| line.offer.product == rental.product) {
            None => Ok(None),
            Some(line) if line.single => Ok(line.extends.get(&rental.days).copied()),
            Some(_) => {
                let form = [("id", rental.product.to_string())];
                let decode = |json: &Json<'_>, _| rentals::extension_pricing(json, rental.days);
                Ok(self.caller.run(&endpoints::RENTAL_PRICING, &form, decode).await?)
            }
        }
    }

    fn single(&self, product: u32) -> Option<bool> {
        lock(&self.singles).get(&product).copied()
    }

    /// The cost of a line. A single-service line is priced only in the list of all lines; after a restart that list
    /// alone tells which kind a line is.
    async fn documented_cost(&self, request: &RentRequest) -> Result<Option<Money>, PoolError> {
        if self.single(request.product) != Some(false) {
            let lines = self.rental_lines().await?;
            let line = lines.into_iter().find(|line| line.offer.product == request.product);
            return Ok(line.and_then(|line| line.offer.costs.get(&request.days).copied()));
        }
        let form = [("id", request.product.to_string())];
        let decode = |json: &Json<'_>, _| rentals::pricing(json, request.days);
        Ok(self.caller.run(&endpoints::RENTAL_PRICING, &form, decode).await?)
    }

    async fn rentals_of(&self, endpoint: &Endpoint) -> Result<Listed<ListedRental>, PoolError> {
        let countries = match self.rental_api {
            RentalApi::Documented => None,
            RentalApi::Legacy => Some(self.known_countries().await?),
        };
        let decode = |json: &Json<'_>, now| rentals::rentals(json, now, countries.as_ref().map(|list| list.as_slice()));
        match self.caller.run(endpoint, &[], decode).await {
            Err(failure) if failure.error.code == ErrorCode::OrderNotFound => Ok(none()),
            result => Ok(result?),
        }
    }
}

impl Client for SmsPoolClient {
    fn set_key(&self, key: SecretString) -> Result<(), ConfigError> {
        self.caller.set_key(key)
    }
}

#[async_trait]
impl SmsPool for SmsPoolClient {
    async fn balance(&self) -> Result<Money, PoolError> {
        Ok(self.caller.run(&endpoints::BALANCE, &[], |json, _| decode::balance(json)).await?)
    }

    async fn countries(&self) -> Result<Vec<PoolCountry>, PoolError> {
        Ok(self.fetch_countries().await?.to_vec())
    }

    async fn services(&self) -> Result<Vec<PoolService>, PoolError> {
        Ok(self.caller.run(&endpoints::SERVICES, &[], |json, _| decode::services(json)).await?)
    }

    async fn offers(&self, country: CountryId) -> Result<Vec<PoolOffer>, PoolError> {
        let form = [("country", country.0.to_string())];
        Ok(self.caller.run(&endpoints::PRICING, &form, |json, _| decode::offers(json, country)).await?)
    }

    async fn cost(&self, country: CountryId, service: ServiceId) -> Result<PoolOffer, PoolError> {
        let form = [("country", country.0.to_string()), ("service", service.0.to_string())];
        Ok(self.caller.run(&endpoints::PRICE, &form, |json, _| decode::cost(json, service)).await?)
    }

    async fn purchase(&self, request: &PurchaseRequest) -> Result<Purchased, PurchaseError> {
        let form = [
            ("country", request.country.0.to_string()),
            ("service", request.service.0.to_string()),
            ("max_price", request.max_cost.to_decimal()),
            // The cheapest pool: the one that the offer was priced from.
            ("pricing_option", "0".to_owned()),
        ];
        Ok(self.caller.run(&endpoints::PURCHASE, &form, decode::purchased).await?)
    }

    async fn check(&self, id: &SupplierOrderId) -> Result<Check, PoolError> {
        Ok(self.caller.run(&endpoints::CHECK, &order(id), |json, _| decode::check(json)).await?)
    }

    async fn cancel(&self, id: &SupplierOrderId) -> Result<Cancelled, PoolError> {
        self.caller.give_back(&endpoints::CANCEL, &order(id), decode::accepted).await
    }

    /// A refusal in words (no SMS yet, not for this pool) is a `None`.
    async fn resend_cost(&self, id: &SupplierOrderId) -> Result<Option<Money>, PoolError> {
        let decode = |json: &Json<'_>, _| decode::resend_cost(json).map(Some);
        match self.caller.run(&endpoints::CHECK_RESEND, &order(id), decode).await {
            Err(failure) if failure.proof == Proof::Refused && failure.error.code == ErrorCode::Rejected => Ok(None),
            result => Ok(result?),
        }
    }

    async fn resend(&self, id: &SupplierOrderId) -> Result<Resent, PurchaseError> {
        Ok(self.caller.run(&endpoints::RESEND, &order(id), |json, _| decode::resent(json, id)).await?)
    }

    async fn active(&self) -> Result<Listed<ListedOrder>, PoolError> {
        Ok(self.caller.run(&endpoints::ACTIVE, &[], decode::orders).await?)
    }

    async fn history(&self) -> Result<Listed<ListedOrder>, PoolError> {
        let form = [("start", "0".to_owned()), ("length", HISTORY_ROWS.to_string())];
        Ok(self.caller.run(&endpoints::HISTORY, &form, decode::orders).await?)
    }

    async fn rental_offers(&self) -> Result<Vec<RentalOffer>, PoolError> {
        match self.rental_api {
            RentalApi::Documented => Ok(self.rental_lines().await?.into_iter().map(|line| line.offer).collect()),
            RentalApi::Legacy => Ok(rentals::legacy_offers(&self.known_countries().await?)),
        }
    }

    async fn rental_services(&self, product: u32) -> Result<Option<Vec<ServiceId>>, PoolError> {
        if self.rental_api == RentalApi::Legacy {
            return Ok(None);
        }
        let form = [("rental", product.to_string())];
        Ok(self.caller.run(&endpoints::RENTAL_SERVICES, &form, |json, _| rentals::services(json)).await?)
    }

    async fn rental_cost(&self, request: &RentRequest) -> Result<Money, PoolError> {
        let cost = match self.rental_api {
            RentalApi::Documented => self.documented_cost(request).await?,
            RentalApi::Legacy => {
                let decode = |json: &Json<'_>, _| rentals::legacy_price(json);
                Some(self.caller.run(&endpoints::LEGACY_RENT_PRICE, &legacy_form(request), decode).await?)
            }
        };
        let cause = "the rental is not sold for these days".to_owned();
        cost.ok_or(PoolError { code: ErrorCode::Unavailable, cause, advice: Advice::None })
    }

    async fn rent(&self, request: &RentRequest) -> Result<Purchased, PurchaseError> {
        let decode = |json: &Json<'_>, now| rentals::rented(json, request.days, now);
        let result = match self.rental_api {
            RentalApi::Documented => {
                let mut form = vec![("id", request.product.to_string()), ("days", request.days.0.to_string())];
                // A line that is known to be whole receives every service; naming one could change its price.
                if self.single(request.product) != Some(false) {
                    form.push(("service_id", request.service.0.to_string()));
                }
                self.caller.run(&endpoints::RENT, &form, decode).await
            }
            RentalApi::Legacy => self.caller.run(&endpoints::LEGACY_RENT, &legacy_form(request), decode).await,
        };
        Ok(result?)
    }

    async fn renew_cost(&self, rental: &Renewal) -> Result<Option<Money>, PoolError> {
        match self.rental_api {
            RentalApi::Documented => self.extension_cost(rental).await,
            // This family has one price.
            RentalApi::Legacy => {
                let Renewal { country, product, days, service, .. } = *rental;
                self.rental_cost(&RentRequest { country, product, days, service }).await.map(Some)
            }
        }
    }

    async fn renew(&self, rental: &Renewal) -> Result<Renewed, PurchaseError> {
        let form = [("days", rental.days.0.to_string()), ("rental_code", rental.id.as_str().to_owned())];
        Ok(self.caller.run(&endpoints::EXTEND, &form, |json, _| rentals::renewed(json, rental)).await?)
    }

    async fn rental_messages(&self, id: &SupplierOrderId) -> Result<Vec<Message>, PoolError> {
        Ok(self.caller.run(&endpoints::RENTAL_MESSAGES, &rental(id), |json, _| rentals::messages(json)).await?)
    }

    async fn rental_refund(&self, id: &SupplierOrderId) -> Result<Cancelled, PoolError> {
        self.caller.give_back(&endpoints::RENTAL_REFUND, &rental(id), decode::accepted).await
    }

    /// The open lines and, where the supplier has that path, the ended ones. Both must be there: a rental that is missing
    /// here counts as not bought.
    async fn rentals(&self) -> Result<Listed<ListedRental>, PoolError> {
        let open = self.rentals_of(&endpoints::RENTALS).await?;
        let past = match self.rentals_of(&endpoints::RENTALS_PAST).await {
            Err(error) if error.code == ErrorCode::Unavailable => none(),
            result => result?,
        };
        let Listed { rows, completeness } = past.and(open);
        let by_id: BTreeMap<SupplierOrderId, ListedRental> =
            rows.into_iter().map(|rental| (rental.id.clone(), rental)).collect();
        Ok(Listed { rows: by_id.into_values().collect(), completeness })
    }
}

/// A list that was read, and is empty.
const fn none<T>() -> Listed<T> {
    Listed { rows: Vec::new(), completeness: shop::pool::Completeness::Whole }
}

/// The field is `orderid` in requests, `order_id` only in answers (smspool.md 5).
fn order(id: &SupplierOrderId) -> [(&'static str, String); 1] {
    [("orderid", id.as_str().to_owned())]
}

fn rental(id: &SupplierOrderId) -> [(&'static str, String); 1] {
    [("rental_code", id.as_str().to_owned())]
}

fn legacy_form(request: &RentRequest) -> [(&'static str, String); 3] {
    [
        ("country", request.country.0.to_string()),
        ("service", request.service.0.to_string()),
        ("duration", request.days.0.to_string()),
    ]
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
