//! The client of nonvoipusnumber.com. Start at [`NonVoipClient`]; facts about the wire are in `providers/nonvoip.md`.
//!
//! Every call is: a path of `endpoints`, sent once, judged by `errors`, read by `decode`. What is sold is put in the shop's
//! terms by `catalogue`. The supplier lists no orders and takes no highest price.

mod catalogue;
mod decode;
mod endpoints;
mod envelope;
mod errors;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod log_tests;
#[cfg(test)]
mod purchase_tests;
#[cfg(test)]
mod wire_tests;
mod words;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use shop::clock::Clock;
use shop::ids::Phone;
use shop::pool::{
    Advice, Cancelled, Check, Message, PoolCountry, PoolError, PoolOffer, PoolService, PurchaseError, PurchaseRequest,
    Purchased, Renewal, Renewed, RentRequest, RentalOffer, Resent, SmsPool,
};
use shop::{CountryId, Days, ErrorCode, Money, ServiceId, SupplierOrderId, UnixSeconds};
use tokio::time::Instant;

use crate::caller::Caller;
use crate::failure::{Failure, Proof};
use crate::http::{Deadlines, Way};
use crate::json::Json;
use crate::key::{Credentials, KeyForm};
use crate::{Called, Client, ConfigError};
use catalogue::{Ask, Catalogue, Kind, Product, Stock, UNITED_STATES};

/// What a client is built from.
#[derive(Debug, Clone)]
pub struct NonVoipConfig {
    /// Where the supplier is; plain `http` only for loopback.
    pub base_url: String,
    /// The account, where one is saved already.
    pub credentials: Option<Credentials>,
    /// Most requests in any one second; what the supplier allows is not known.
    pub requests_per_second: u32,
    /// How long calls may take.
    pub deadlines: Deadlines,
}

impl Default for NonVoipConfig {
    fn default() -> Self {
        Self {
            base_url: "https://nonvoipusnumber.com/manager/api".to_owned(),
            credentials: None,
            requests_per_second: 5,
            deadlines: Deadlines::default(),
        }
    }
}

/// The supplier, over HTTP.
pub struct NonVoipClient {
    caller: Caller,
    /// The last whole list. Held while it is read, so that whoever asks meanwhile gets the same one.
    latest: tokio::sync::Mutex<Option<Reading>>,
    known: Mutex<Known>,
}

struct Reading {
    catalogue: Arc<Catalogue>,
    read_at: UnixSeconds,
}

/// What was seen in the supplier's lists.
#[derive(Default)]
struct Known {
    /// By service, its folded name and its temporary products.
    temporary: BTreeMap<ServiceId, (String, Vec<u32>)>,
    /// By rental product, the word that it is listed under.
    rentals: BTreeMap<u32, Ask>,
    /// How many rows of a list could not be read.
    left_out: BTreeMap<Ask, usize>,
}

/// Services and rentals are asked for at the same moment and share a list that is no older.
const LIST_FRESH_S: i64 = 5;
/// A number that is sold and not allocated yet is looked for so often, and so far apart.
const NUMBER_LOOKS: u32 = 3;
const NUMBER_LOOK_EVERY: Duration = Duration::from_secs(1);

impl NonVoipClient {
    /// Builds a client; calls nothing.
    ///
    /// # Errors
    /// [`ConfigError`] for a URL that must not be used.
    pub fn new(config: NonVoipConfig, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        let NonVoipConfig { base_url, credentials, requests_per_second, deadlines } = config;
        let (key_form, pause_default_s) = (KeyForm::Login, errors::PAUSE_DEFAULT_S);
        let way = Way { base_url: &base_url, requests_per_second, deadlines, key_form, pause_default_s };
        let key = credentials.map(|credentials| credentials.joined());
        let caller = Caller::new(way, key, errors::refusal, clock)?;
        Ok(Self { caller, latest: tokio::sync::Mutex::default(), known: Mutex::default() })
    }

    /// The same client, and `tell` is told of each of its calls, in the caller's task: it must not wait.
    #[must_use]
    pub fn observed_by(self, tell: impl Fn(&Called) + Send + Sync + 'static) -> Self {
        Self { caller: self.caller.observed_by(tell), ..self }
    }

    /// Uses another account from the next call on: its address and password, as [`Credentials::joined`] puts them.
    ///
    /// # Errors
    /// [`ConfigError::Login`] for what cannot be an account; the old one stays.
    pub fn set_key(&self, key: SecretString) -> Result<(), ConfigError> {
        self.caller.set_key(key)
    }

    /// The products under a word, or one of them.
    async fn products(&self, ask: Ask, only: Option<u32>) -> Result<Vec<Product>, Failure> {
        let word = ask.word().map(|word| ("type", word.to_owned()));
        let form: Vec<_> = word.into_iter().chain(only.map(|id| ("id", id.to_string()))).collect();
        let listing = self.caller.run(&endpoints::PRODUCTS, &form, |json, _| decode::products(json, ask)).await?;
        if only.is_none() && lock(&self.known).left_out.insert(ask, listing.left_out) != Some(listing.left_out) {
            let left_out = listing.left_out;
            if left_out > 0 {
                tracing::warn!(list = ask.word(), left_out, "products of a supplier cannot be read and are not sold");
            }
        }
        Ok(listing.products)
    }

    /// All that is sold, as it was moments ago.
    async fn catalogue(&self) -> Result<Arc<Catalogue>, PoolError> {
        let mut latest = self.latest.lock().await;
        let fresh = |known: &&Reading| (0..=LIST_FRESH_S).contains(&(self.caller.now() - known.read_at));
        if let Some(known) = latest.as_ref().filter(fresh) {
            return Ok(Arc::clone(&known.catalogue));
        }
        let catalogue = Arc::new(self.read_catalogue().await?);
        *latest = Some(Reading { catalogue: Arc::clone(&catalogue), read_at: self.caller.now() });
        Ok(catalogue)
    }

    /// All lists. A word that the supplier refuses names nothing that it sells; temporary numbers it does sell.
    async fn read_catalogue(&self) -> Result<Catalogue, PoolError> {
        let mut catalogue = Catalogue::default();
        for ask in Ask::ALL {
            match self.products(ask, None).await {
                Ok(products) => catalogue.add(ask, products),
                Err(failure) if ask != Ask::Temporary && names_nothing(&failure) => {}
                Err(failure) => return Err(failure.error),
            }
        }
        let mut known = lock(&self.known);
        known.temporary = catalogue.temporary();
        known.rentals = catalogue.words_of_rentals();
        Ok(catalogue)
    }

    async fn temporary_catalogue(&self) -> Result<Catalogue, PoolError> {
        let mut catalogue = Catalogue::default();
        catalogue.add(Ask::Temporary, self.products(Ask::Temporary, None).await?);
        if !catalogue.is_empty() {
            lock(&self.known).temporary = catalogue.temporary();
        }
        Ok(catalogue)
    }

    /// The cheapest product of a service that can be had now, and what it costs: read anew, for `/order` takes no highest
    /// price.
    async fn cheapest(&self, country: CountryId, service: ServiceId) -> Result<(u32, Money), PoolError> {
        if country != UNITED_STATES {
            return Err(unavailable("another country"));
        }
        let known = lock(&self.known).temporary.get(&service).cloned();
        if let Some((name, [only])) = known.as_ref().map(|(name, ids)| (name, ids.as_slice())) {
            let products = self.products(Ask::Temporary, Some(*only)).await?;
            if let Some(found) = to_be_had(&products, |product| is_temporary(product, name)) {
                return found;
            }
        }
        let products = self.products(Ask::Temporary, None).await?;
        // By its name: a number could mean another service by now.
        let by_number = || products.iter().find(|product| product.id == service.0).map(Product::folded_name);
        let name = known.map(|(name, _)| name).or_else(by_number).unwrap_or_default();
        let found = to_be_had(&products, |product| is_temporary(product, &name));
        found.unwrap_or_else(|| Err(unavailable("no such product")))
    }

    /// A rental product as it is sold now: read alone, or from all lists where it is not known under which word it is
    /// listed. None where it is not sold any more.
    async fn rental(&self, product: u32, days: Days) -> Result<Vec<Product>, PoolError> {
        let listed_under = lock(&self.known).rentals.get(&product).copied();
        let mut products = match listed_under {
            Some(ask) => self.products(ask, Some(product)).await?,
            None => Vec::new(),
        };
        if products.iter().all(|listed| listed.id != product) {
            products = self.catalogue().await?.product(product).cloned().into_iter().collect();
        }
        products.retain(|listed| listed.id == product && listed.kind == Kind::Rental(days));
        Ok(products)
    }

    /// Orders a product, once, as a part of something that began at `called`.
    async fn buy(
        &self,
        called: Instant,
        product: u32,
        kind: Kind,
        cost: Option<Money>,
    ) -> Result<Purchased, PurchaseError> {
        let form = [("product_id", product.to_string())];
        let decode = |json: &Json<'_>, now| decode::ordered(json, kind, now);
        let ordered = self.caller.run_since(called, &endpoints::ORDER, &form, decode).await?;
        let phone = match ordered.phone {
            Some(phone) => Some(phone),
            None => {
                let end = self.caller.change_end(called);
                tokio::time::timeout_at(end, self.allocated(&ordered.id)).await.ok().flatten()
            }
        };
        let id = ordered.id;
        let Some(phone) = phone else { return Err(self.without_a_number(&id).await) };
        Ok(Purchased { id, phone, cost, expires_at: ordered.expires_at, pool: None })
    }

    /// An order that gets no number is of no use to anybody: it is given back at once. What was taken back was not bought.
    async fn without_a_number(&self, id: &SupplierOrderId) -> PurchaseError {
        let given_back = self.cancel(id).await;
        tracing::error!(supplier_order = id.as_str(), ?given_back, "an order was sold without a number");
        let cause = format!("{}: sold without a number", endpoints::ORDER.path);
        let no = |code| PoolError { code, cause, advice: Advice::None };
        match given_back {
            Ok(Cancelled::Refunded) => PurchaseError::DefiniteNo(no(ErrorCode::OutOfStock)),
            Ok(Cancelled::Locked | Cancelled::Refused) | Err(_) => PurchaseError::Unknown(no(ErrorCode::Unexpected)),
        }
    }

    /// The number of an order that was sold without one.
    async fn allocated(&self, id: &SupplierOrderId) -> Option<Phone> {
        for _ in 0..NUMBER_LOOKS {
            tokio::time::sleep(NUMBER_LOOK_EVERY).await;
            let looked =
                self.caller.run(&endpoints::MESSAGES, &order(id), |json, _| Ok(decode::number(json, id))).await;
            if let Ok(Some(phone)) = looked {
                return Some(phone);
            }
        }
        None
    }
}

impl Client for NonVoipClient {
    fn set_key(&self, key: SecretString) -> Result<(), ConfigError> {
        self.caller.set_key(key)
    }
}

#[async_trait]
impl SmsPool for NonVoipClient {
    async fn balance(&self) -> Result<Money, PoolError> {
        Ok(self.caller.run(&endpoints::BALANCE, &[], |json, _| decode::balance(json)).await?)
    }

    async fn countries(&self) -> Result<Vec<PoolCountry>, PoolError> {
        let (name, iso2) = ("United States".to_owned(), "US".to_owned());
        Ok(vec![PoolCountry { id: UNITED_STATES, name, iso2 }])
    }

    async fn services(&self) -> Result<Vec<PoolService>, PoolError> {
        Ok(self.catalogue().await?.services())
    }

    async fn offers(&self, country: CountryId) -> Result<Vec<PoolOffer>, PoolError> {
        if country != UNITED_STATES {
            return Ok(Vec::new());
        }
        Ok(self.temporary_catalogue().await?.offers())
    }

    async fn cost(&self, country: CountryId, service: ServiceId) -> Result<PoolOffer, PoolError> {
        let (_, cost) = self.cheapest(country, service).await?;
        Ok(PoolOffer { service, cost, pool: None })
    }

    /// Reads the price first, for there is no other way to hold the supplier to it. Until `/order` is sent every way out is
    /// a definite "no".
    async fn purchase(&self, request: &PurchaseRequest) -> Result<Purchased, PurchaseError> {
        let called = Instant::now();
        let cheapest = self.cheapest(request.country, request.service).await;
        let (product, cost) = cheapest.map_err(PurchaseError::DefiniteNo)?;
        if cost > request.max_cost {
            let cause = format!("{}: {cost} is more than {}", endpoints::PRODUCTS.path, request.max_cost);
            let advice = Advice::PriceChanged;
            return Err(PurchaseError::DefiniteNo(PoolError { code: ErrorCode::OutOfStock, cause, advice }));
        }
        self.buy(called, product, Kind::Temporary, Some(cost)).await
    }

    async fn check(&self, id: &SupplierOrderId) -> Result<Check, PoolError> {
        Ok(self.caller.run(&endpoints::MESSAGES, &order(id), |json, _| decode::check(json, id)).await?)
    }

    async fn cancel(&self, id: &SupplierOrderId) -> Result<Cancelled, PoolError> {
        self.caller.give_back(&endpoints::REJECT, &order(id), decode::given_back).await
    }

    /// Whether another code costs anything is said nowhere, and the shop asks only where it is free: it is not allowed, then.
    async fn resend_cost(&self, _id: &SupplierOrderId) -> Result<Option<Money>, PoolError> {
        Ok(None)
    }

    async fn resend(&self, id: &SupplierOrderId) -> Result<Resent, PurchaseError> {
        Ok(self.caller.run(&endpoints::REUSE, &order(id), |json, _| decode::reused(json, id)).await?)
    }

    async fn rental_offers(&self) -> Result<Vec<RentalOffer>, PoolError> {
        Ok(self.catalogue().await?.rentals())
    }

    async fn rental_services(&self, product: u32) -> Result<Option<Vec<ServiceId>>, PoolError> {
        let service = self.catalogue().await?.service(product).ok_or_else(|| unavailable("no such product"))?;
        Ok(Some(vec![service]))
    }

    async fn rental_cost(&self, request: &RentRequest) -> Result<Money, PoolError> {
        let products = self.rental(request.product, request.days).await?;
        let found = to_be_had(&products, |_| true);
        found.unwrap_or_else(|| Err(unavailable("no such product"))).map(|(_, cost)| cost)
    }

    /// Whoever rents has asked for the cost just before ([`SmsPool::rental_cost`]).
    async fn rent(&self, request: &RentRequest) -> Result<Purchased, PurchaseError> {
        self.buy(Instant::now(), request.product, Kind::Rental(request.days), None).await
    }

    /// The price of the product, whether or not another number is in stock: the rental has its own.
    async fn renew_cost(&self, rental: &Renewal) -> Result<Option<Money>, PoolError> {
        let products = self.rental(rental.product, rental.days).await?;
        let cost = products.iter().filter_map(|product| product.cost).min();
        if cost.is_none() && !products.is_empty() {
            return Err(unavailable("no readable price"));
        }
        Ok(cost)
    }

    /// Whoever extends has asked for the cost just before ([`SmsPool::renew_cost`]): there is no other way to hold the
    /// supplier to it.
    async fn renew(&self, rental: &Renewal) -> Result<Renewed, PurchaseError> {
        let decode = |json: &Json<'_>, now| decode::renewed(json, rental, now);
        Ok(self.caller.run(&endpoints::RENEW, &order(&rental.id), decode).await?)
    }

    async fn rental_messages(&self, id: &SupplierOrderId) -> Result<Vec<Message>, PoolError> {
        Ok(self.caller.run(&endpoints::MESSAGES, &order(id), |json, _| decode::received(json, id)).await?)
    }

    async fn rental_refund(&self, id: &SupplierOrderId) -> Result<Cancelled, PoolError> {
        self.cancel(id).await
    }

    async fn wake(&self, id: &SupplierOrderId) -> Result<UnixSeconds, PoolError> {
        Ok(self.caller.run(&endpoints::ACTIVATE, &order(id), decode::awake_until).await?)
    }
}

/// Whether a list was refused in words that are about the list, and not about us.
fn names_nothing(failure: &Failure) -> bool {
    let about_list = [ErrorCode::Rejected, ErrorCode::OutOfStock, ErrorCode::Unavailable];
    failure.proof == Proof::Refused && about_list.contains(&failure.error.code)
}

fn is_temporary(product: &Product, folded_name: &str) -> bool {
    product.kind == Kind::Temporary && product.folded_name() == folded_name
}

/// The cheapest of the wanted products that can be had, or why none can; `None` where none is wanted.
fn to_be_had(products: &[Product], wanted: impl Fn(&Product) -> bool) -> Option<Result<(u32, Money), PoolError>> {
    let wanted: Vec<&Product> = products.iter().filter(|product| wanted(product)).collect();
    let cheapest = wanted.iter().filter_map(|product| Some((product.for_sale()?, product.id))).min();
    let none_left = || {
        let cause = format!("{}: none are available", endpoints::PRODUCTS.path);
        PoolError { code: ErrorCode::OutOfStock, cause, advice: Advice::None }
    };
    match cheapest {
        Some((cost, id)) => Some(Ok((id, cost))),
        None if wanted.is_empty() => None,
        None if wanted.iter().all(|product| product.stock == Stock::None) => Some(Err(none_left())),
        None => Some(Err(unavailable("no readable price"))),
    }
}

fn unavailable(why: &str) -> PoolError {
    let cause = format!("{}: {why}", endpoints::PRODUCTS.path);
    PoolError { code: ErrorCode::Unavailable, cause, advice: Advice::None }
}

fn order(id: &SupplierOrderId) -> [(&'static str, String); 1] {
    [("order_id", id.as_str().to_owned())]
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
