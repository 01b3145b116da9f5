//! A supplier that answers from a scene, and the servers that are built from what it answers.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use flows::env::{Credentials, ServerFacts};
use shop::catalogue::{Catalogue, PriceList};
use shop::pool::{
    Advice, Cancelled, Check, Listed, ListedOrder, ListedRental, Message, PoolCountry, PoolError, PoolOffer,
    PoolService, PurchaseError, PurchaseRequest, Purchased, Receives, RentRequest, RentalOffer, Resent, SmsPool,
};
use shop::pricing::Margin;
use shop::server::Coverage;
use shop::settings::{Selling, ServerSettings};
use shop::trouble::{Since, Trouble, Troubles};
use shop::{CountryId, Days, ErrorCode, Money, ServerId, ServiceId, SupplierOrderId, UnixSeconds};

use crate::scenes::{NOW, Prices, Scene, World};

/// The country whose prices nobody could fetch.
const UNPRICED: CountryId = CountryId(5);
/// The country that sells nothing.
const EMPTY: CountryId = CountryId(61);
/// The service that no country sells.
const UNSOLD: ServiceId = ServiceId(1);
/// Services that a supplier calls by its own name.
const NAMES_OF_SUPPLIERS: &[(u32, &str)] = &[(666, "SMSPool"), (667, "www.Non-VoIP-us-number.com"), (668, "نون فويب")];
/// How long one rents at server 1, in days.
const DAYS_AT_ONE: [u16; 3] = [1, 3, 30];

/// What both suppliers offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Supply {
    pub(crate) scene: Scene,
    pub(crate) world: World,
    pub(crate) prices: Prices,
    pub(crate) fetched_at: UnixSeconds,
}

thread_local! {
    /// What was asked for before: the mock would only say the same again, and walks ask at each step.
    static ASKED: RefCell<BTreeMap<(Supply, ServerId), Arc<Catalogue>>> = const { RefCell::new(BTreeMap::new()) };
}

/// Both servers.
pub(crate) fn servers(supply: Supply) -> Vec<ServerFacts> {
    let asked = |id| {
        let fresh = || Arc::new(catalogue(&MockPool { supply, server: id }));
        ASKED.with_borrow_mut(|known| Arc::clone(known.entry((supply, id)).or_insert_with(fresh)))
    };
    let [mut one, mut two] = [ServerId::One, ServerId::Two].map(|id| stocked(id, asked(id)));
    match supply.world {
        World::ServerOneOff => one.settings.selling = Some(Selling::Off),
        World::ServerOnePaused => one.settings.troubles = silent(),
        World::AllPaused => (one.settings.troubles, two.settings.troubles) = (silent(), silent()),
        World::OnlyServerPaused => {
            one.settings.selling = Some(Selling::Off);
            two.settings.troubles = silent();
        }
        World::Whole | World::ShopClosed | World::RentalsLoading | World::ListsLoading | World::PricesLoading => {}
    }
    vec![one, two]
}

/// A supplier that does not answer.
fn silent() -> Troubles {
    let since = Since { at: NOW - 300, until: None, needed: None, told: true };
    Troubles { now: BTreeMap::from([(Trouble::Silent, since)]), ..Troubles::default() }
}

/// The service of the examples, as a server numbers it.
pub(crate) const fn whatsapp(server: ServerId) -> ServiceId {
    match server.profile().coverage {
        Coverage::Only(_) => ServiceId(31),
        Coverage::World => ServiceId(1012),
    }
}

/// A server that sells this.
#[must_use]
pub fn server(id: ServerId, catalogue: Catalogue) -> ServerFacts {
    stocked(id, Arc::new(catalogue))
}

fn stocked(id: ServerId, catalogue: Arc<Catalogue>) -> ServerFacts {
    ServerFacts { id, settings: ServerSettings::default(), credentials: Credentials::Present, catalogue }
}

/// Asks the mock what the shop asks a supplier, and builds the catalogue that screens are drawn from.
fn catalogue(pool: &MockPool) -> Catalogue {
    let Supply { scene, world, fetched_at, .. } = pool.supply;
    if world == World::ListsLoading || scene == Scene::Empty {
        return Catalogue::new(&[], &[]);
    }
    at_once(async {
        let (countries, services) =
            (pool.countries().await.expect("countries"), pool.services().await.expect("services"));
        let mut catalogue = Catalogue::new(&countries, &services);
        let priced = if world == World::PricesLoading { &[] } else { countries.as_slice() };
        for country in priced {
            if let Ok(offers) = pool.offers(country.id).await {
                let list = PriceList::new(&offers, Margin::DEFAULT, fetched_at);
                catalogue = catalogue.with_prices(country.id, Arc::new(list));
            }
        }
        if world == World::RentalsLoading {
            return catalogue;
        }
        catalogue.with_rentals(pool.rental_offers().await.expect("rentals"), Margin::DEFAULT, fetched_at)
    })
}

/// What a future gives that never waits.
fn at_once<T>(work: impl Future<Output = T>) -> T {
    match std::pin::pin!(work).poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(done) => done,
        std::task::Poll::Pending => unreachable!("a mock never waits"),
    }
}

/// A supplier that answers from a scene and sells nothing.
struct MockPool {
    supply: Supply,
    server: ServerId,
}

impl MockPool {
    /// What a number costs more here, in cents.
    const fn surcharge(&self) -> i32 {
        match self.server.profile().coverage {
            Coverage::Only(_) => 31,
            Coverage::World => 0,
        }
    }

    /// A line for each service and length.
    async fn single_lines(&self) -> Result<Vec<RentalOffer>, PoolError> {
        let services = self.services().await?;
        let lines = services.iter().flat_map(|service| DAYS_AT_ONE.map(|days| (service.id, days)));
        let line = |(product, (service, days)): (u32, (ServiceId, u16))| RentalOffer {
            product,
            country: CountryId(1),
            costs: BTreeMap::from([(Days(days), Money::from_cents(i32::from(days) * 40 + 160))]),
            receives: Receives::Only(vec![service]),
            refund_within_s: None,
            refund_min_days: Days(0),
            extendable: shop::pool::Extendable::Perhaps,
        };
        Ok((501..).zip(lines).map(line).collect())
    }
}

fn nothing() -> PoolError {
    PoolError {
        code: ErrorCode::Unexpected,
        cause: "smspool.net says: buy at NonVoipUsNumber.com".to_owned(),
        advice: Advice::None,
    }
}

#[async_trait]
impl SmsPool for MockPool {
    async fn balance(&self) -> Result<Money, PoolError> {
        Ok(Money::from_cents(100_000))
    }

    async fn countries(&self) -> Result<Vec<PoolCountry>, PoolError> {
        let country = |(id, iso2, name): (u32, &str, &str)| PoolCountry {
            id: CountryId(id),
            iso2: iso2.to_owned(),
            name: name.to_owned(),
        };
        let usual = [
            (1, "US", "United States"),
            (2, "GB", "United Kingdom"),
            (3, "NL", "Netherlands"),
            (5, "LV", "Latvia"),
            (24, "FR", "France"),
            (60, "TR", "Turkey"),
            (61, "BA", "Bosnia"),
        ];
        if self.server.profile().coverage != Coverage::World {
            return Ok(vec![country(usual[0])]);
        }
        Ok(match self.supply.scene {
            Scene::Empty => vec![],
            Scene::Usual => usual.map(country).into(),
            Scene::Longest => usual
                .into_iter()
                .chain([(90, "XA", "The United Federation of Extraordinarily Long Names and Islands")])
                .map(country)
                .collect(),
            Scene::Hostile => usual
                .into_iter()
                .chain([
                    (91, "XB", "<b>\u{202E}dna\u{0}lliH</b> & Co"),
                    (92, "../", "no"),
                    (93, "XC", "SMSPool Island"),
                ])
                .map(country)
                .collect(),
        })
    }

    /// Two suppliers spell and number the same services differently.
    async fn services(&self) -> Result<Vec<PoolService>, PoolError> {
        let service = |(id, name): (u32, &str)| PoolService { id: ServiceId(id), name: name.to_owned() };
        if self.supply.scene == Scene::Empty {
            return Ok(vec![]);
        }
        let example = (whatsapp(self.server).0, self.supply.scene.service_name());
        if self.server.profile().coverage != Coverage::World {
            let usual = [
                (21, "Telegram"),
                (22, "Google / Gmail / Youtube"),
                (23, "Facebook"),
                (24, "Instagram"),
                (25, "Twitter"),
                (26, "Discord"),
                (27, "Amazon / AWS"),
                (28, "Signal"),
                (29, "Venmo"),
            ];
            return Ok(usual.into_iter().chain([example]).map(service).collect());
        }
        let usual = [
            (907, "Telegram"),
            (395, "Google/Gmail"),
            (329, "Facebook"),
            (457, "Instagram"),
            (948, "Twitter / X"),
            (273, "Discord"),
            (39, "Amazon / Amazon Web Services"),
            (951, "Uber / Postmates"),
            (829, "Signal"),
            (1, "1688"),
            (1004, "Weee!"),
            (817, "Not Listed"),
        ];
        let hostile = if self.supply.scene == Scene::Hostile { NAMES_OF_SUPPLIERS } else { &[] };
        Ok(usual.into_iter().chain([example]).chain(hostile.iter().copied()).map(service).collect())
    }

    async fn offers(&self, country: CountryId) -> Result<Vec<PoolOffer>, PoolError> {
        match country {
            UNPRICED => return Err(nothing()),
            EMPTY => return Ok(vec![]),
            CountryId(_) => {}
        }
        let services = self.services().await?.into_iter().map(|service| service.id).filter(|id| *id != UNSOLD);
        let cost = |service: ServiceId| match self.supply.scene {
            Scene::Longest => Money::from_micros(769_220_000),
            // Each country its own price, and WhatsApp the dearest.
            Scene::Usual | Scene::Empty | Scene::Hostile if service == whatsapp(self.server) => {
                Money::from_cents(i32::try_from(country.0).unwrap_or_default() + 23 + self.surcharge())
            }
            Scene::Usual | Scene::Empty | Scene::Hostile => Money::from_cents(12 + self.surcharge()),
        };
        let charged = |cost: Money| match self.supply.prices {
            Prices::Usual => cost,
            Prices::Raised => cost.checked_add(cost).unwrap_or(cost),
        };
        Ok(services.map(|service| PoolOffer { service, cost: charged(cost(service)), pool: Some(7) }).collect())
    }

    async fn cost(&self, _: CountryId, _: ServiceId) -> Result<PoolOffer, PoolError> {
        Err(nothing())
    }

    async fn purchase(&self, _: &PurchaseRequest) -> Result<Purchased, PurchaseError> {
        Err(PurchaseError::DefiniteNo(nothing()))
    }

    async fn check(&self, _: &SupplierOrderId) -> Result<Check, PoolError> {
        Err(nothing())
    }

    async fn cancel(&self, _: &SupplierOrderId) -> Result<Cancelled, PoolError> {
        Err(nothing())
    }

    async fn resend_cost(&self, _: &SupplierOrderId) -> Result<Option<Money>, PoolError> {
        Err(nothing())
    }

    async fn resend(&self, _: &SupplierOrderId) -> Result<Resent, PurchaseError> {
        Err(PurchaseError::DefiniteNo(nothing()))
    }

    async fn active(&self) -> Result<Listed<ListedOrder>, PoolError> {
        Ok(Listed::default())
    }

    async fn history(&self) -> Result<Listed<ListedOrder>, PoolError> {
        Ok(Listed::default())
    }

    async fn rental_offers(&self) -> Result<Vec<RentalOffer>, PoolError> {
        let days: &[u16] = match (self.server.profile().coverage, self.supply.scene) {
            (_, Scene::Empty) => return Ok(vec![]),
            (Coverage::Only(_), _) => return self.single_lines().await,
            (Coverage::World, Scene::Usual) => &[7, 30],
            (Coverage::World, Scene::Longest | Scene::Hostile) => &[1, 3, 7, 30],
        };
        let costs: BTreeMap<Days, Money> =
            days.iter().map(|days| (Days(*days), Money::from_cents(i32::from(*days) * 50))).collect();
        let (refund_within_s, refund_min_days) = (Some(7_200), Days(28));
        Ok(vec![RentalOffer {
            product: 6,
            country: CountryId(1),
            costs,
            receives: Receives::Any,
            refund_within_s,
            refund_min_days,
            extendable: shop::pool::Extendable::Perhaps,
        }])
    }

    async fn rental_services(&self, _: u32) -> Result<Option<Vec<ServiceId>>, PoolError> {
        Ok(None)
    }

    async fn rental_cost(&self, _: &RentRequest) -> Result<Money, PoolError> {
        Err(nothing())
    }

    async fn rent(&self, _: &RentRequest) -> Result<Purchased, PurchaseError> {
        Err(PurchaseError::DefiniteNo(nothing()))
    }

    async fn rental_messages(&self, _: &SupplierOrderId) -> Result<Vec<Message>, PoolError> {
        Ok(vec![])
    }

    async fn rental_refund(&self, _: &SupplierOrderId) -> Result<Cancelled, PoolError> {
        Err(nothing())
    }

    async fn rentals(&self) -> Result<Listed<ListedRental>, PoolError> {
        Ok(Listed::default())
    }
}
