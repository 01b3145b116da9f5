//! Worlds for the screens: usual, empty, longest and hostile ones, asked from a mock supplier through the same builder
//! that the running shop uses.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use engine::{Ctx, Lang};
use flows::env::{self, Credentials, Door, Env, EnvFacts, HistoryPage, ServerFacts, StatementPage, Visit};
use shop::catalogue::{Catalogue, PriceList, Product};
use shop::ledger::{self, Wallet};
use shop::order::{CloseReason, Number, Order, Received, RefundReason, State, Wish};
use shop::pool::{
    Cancelled, Check, ListedOrder, ListedRental, Message, PoolCountry, PoolError, PoolOffer, PoolService,
    PurchaseError, PurchaseRequest, Purchased, RentRequest, RentalOffer, Resent, SmsPool,
};
use shop::pricing::Margin;
use shop::settings::ServerSettings;
use shop::{CountryId, Days, ErrorCode, Money, OrderId, Phone, QuoteId, ServerId, ServiceId, SupplierOrderId, UserId};

/// The time in all scenes: 2026-01-15 12:00:00 UTC.
pub(crate) const NOW: i64 = 1_768_478_400;
/// A number that no scene gets twice.
pub(crate) const FRESH: u64 = 90_000;
/// Whose world it is.
pub(crate) const USER: UserId = UserId(1_001);

/// A kind of world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scene {
    /// As on most days.
    Usual,
    /// Nothing bought, nothing fetched, no money.
    Empty,
    /// The longest names, the largest amounts, as many orders as there may be.
    Longest,
    /// Names and messages that try to break out.
    Hostile,
}

pub(crate) const SCENES: [Scene; 4] = [Scene::Usual, Scene::Empty, Scene::Longest, Scene::Hostile];
pub(crate) const LANGS: [Lang; 2] = [Lang::En, Lang::Ar];

impl Scene {
    /// The scene's name in file names.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Usual => "usual",
            Self::Empty => "empty",
            Self::Longest => "longest",
            Self::Hostile => "hostile",
        }
    }

    /// The world.
    pub(crate) fn env(self) -> Env {
        self.env_with(catalogue(&MockPool(self)))
    }

    /// The world with another catalogue.
    pub(crate) fn env_with(self, catalogue: Catalogue) -> Env {
        let rows = match self {
            Self::Usual => 3,
            Self::Empty => 0,
            Self::Longest => 10,
            Self::Hostile => 2,
        };
        let open: Vec<Order> = (1..=rows).map(|id| self.order(id, open_state(id))).collect();
        let ended: Vec<Order> = (11..11 + rows).map(|id| self.order(id, ended_state(id))).collect();
        let anchor = ended.last().map(|order| order.id);
        let total = if self == Self::Longest { 10_000 } else { u32::try_from(rows).unwrap_or_default() };
        let (wallet, last) = (self.wallet(), (self != Self::Empty).then(|| self.wish(Product::Temporary)));
        env::build(EnvFacts {
            name: self.person().to_owned(),
            visit: if self == Self::Empty { Visit::First } else { Visit::Return },
            wallet,
            order: open.first().or(ended.first()).cloned(),
            open,
            history: Some(HistoryPage { orders: ended, total, anchor }),
            statement: Some(StatementPage { entries: self.transactions(), total }),
            last,
            recent_countries: if self == Self::Empty { vec![] } else { vec![CountryId(1), CountryId(2)] },
            recent_services: if self == Self::Empty { vec![] } else { vec![ServiceId(1012)] },
            servers: vec![ServerFacts {
                id: ServerId::Two,
                settings: ServerSettings::default(),
                credentials: Credentials::Present,
                catalogue: Arc::new(catalogue),
            }],
            support_url: (self != Self::Empty).then(|| "https://t.me/raqam_support".to_owned()),
            shop_open: Door::Selling,
        })
    }

    /// A person's first name.
    pub(crate) const fn person(self) -> &'static str {
        match self {
            Self::Usual | Self::Empty => "Noor",
            Self::Longest => "Maximiliana Konstantinopolitanska-Featherstonehaugh",
            Self::Hostile => "\u{202E}<b>نور</b>&amp;\u{2066}",
        }
    }

    pub(crate) const fn wallet(self) -> Wallet {
        let (available, held) = match self {
            Self::Usual | Self::Hostile => (12_340_000, 960_000),
            Self::Empty => (0, 0),
            Self::Longest => (999_999_990_000, 888_888_880_000),
        };
        Wallet { available: Money::from_micros(available), held: Money::from_micros(held) }
    }

    fn price(self) -> Money {
        if self == Self::Longest { Money::from_micros(999_990_000) } else { Money::from_cents(32) }
    }

    /// What somebody wants.
    pub(crate) fn wish(self, product: Product) -> Wish {
        let rental = matches!(product, Product::Rental(_));
        Wish {
            server: ServerId::Two,
            product,
            country: CountryId(1),
            iso2: "US".to_owned(),
            service: ServiceId(1012),
            service_name: self.service_name().to_owned(),
            rental_product: rental.then_some(6),
            refund_within_s: rental.then_some(7_200),
        }
    }

    const fn service_name(self) -> &'static str {
        match self {
            Self::Usual | Self::Empty => "WhatsApp",
            Self::Longest => "Microsoft / Microsoft Rewards / Outlook and everything else",
            Self::Hostile => "<i>What</i>\u{202E}sApp & \"friends\"",
        }
    }

    fn text(self) -> String {
        match self {
            Self::Usual | Self::Empty => "Your code is 482913. Do not share it.".to_owned(),
            Self::Longest => format!("482913 {}", "very long message ".repeat(600)),
            Self::Hostile => {
                "<a href=\"https://evil.example\">482913</a>\n\u{202E}رمزك 482913 & <b>\n\nhttps://evil.example/x"
                    .to_owned()
            }
        }
    }

    /// An order in this world.
    pub(crate) fn order(self, id: u64, state: State) -> Order {
        let rental = id % 10 == 3;
        let product = if rental { Product::Rental(Days(30)) } else { Product::Temporary };
        let has_number = matches!(state, State::Active | State::Closing { .. } | State::Done)
            || matches!(state, State::Refunded(RefundReason::Expired | RefundReason::Cancelled));
        let message = Message { code: Some("482913".to_owned()), text: self.text(), key: String::new() };
        Order {
            id: OrderId(if self == Self::Longest { id + 2_000_000_000 } else { id }),
            user: USER,
            wish: self.wish(product),
            quote: QuoteId(id),
            parent: None,
            price: self.price(),
            quoted_cost: Money::from_cents(24),
            created_at: NOW - 600,
            number: has_number.then(|| Number {
                supplier_id: SupplierOrderId::parse("ABCDEFGH").expect("an id"),
                phone: Phone::parse("+12025550123").expect("a phone"),
                cost: Money::from_cents(24),
                pool: Some(7),
                bought_at: NOW - 600,
                expires_at: NOW + if rental { 29 * 86_400 } else { 600 },
            }),
            messages: if state == State::Done { vec![Received { message, at: NOW - 60 }] } else { vec![] },
            ended_at: (matches!(state, State::Refunded(_)) || (state == State::Done && !rental)).then_some(NOW - 30),
            checked_at: None,
            resend_asked_at: None,
            watched_until: None,
            state,
        }
    }

    fn transactions(self) -> Vec<ledger::Transaction> {
        let (price, id) = (self.price(), OrderId(11));
        let reason = if self == Self::Hostile { "<b>\u{202E}gift" } else { "welcome gift" };
        match self {
            Self::Empty => vec![],
            Self::Usual | Self::Longest | Self::Hostile => vec![
                ledger::release(USER, id, price, NOW - 30),
                ledger::hold(USER, id, price, NOW - 600),
                ledger::adjust(USER, Money::from_cents(500), reason, "n", NOW - 900),
            ],
        }
    }
}

/// A context over a world.
pub(crate) const fn context(env: &Env, lang: Lang) -> Ctx<'_, Env> {
    Ctx { lang, now: NOW, fresh: FRESH, env }
}

/// One state of each kind, in turn.
fn open_state(id: u64) -> State {
    match id % 5 {
        1 => State::Active,
        2 => State::Reserved,
        3 => State::Done,
        4 => State::Ambiguous { sent_at: NOW - 60, clean_misses: 1 },
        _ => State::Closing { reason: CloseReason::Cancel, deadline: NOW + 500, next_try: NOW + 10 },
    }
}

fn ended_state(id: u64) -> State {
    match id % 4 {
        0 => State::Refunded(RefundReason::Refused(ErrorCode::OutOfStock)),
        1 => State::Refunded(RefundReason::Expired),
        2 => State::Refunded(RefundReason::Cancelled),
        _ => State::Done,
    }
}

/// Asks the mock what the shop asks a supplier, and builds the catalogue that screens are drawn from.
fn catalogue(pool: &MockPool) -> Catalogue {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let (countries, services) =
            (pool.countries().await.expect("countries"), pool.services().await.expect("services"));
        let mut catalogue = Catalogue::new(&countries, &services);
        for country in &countries {
            let offers = pool.offers(country.id).await.expect("offers");
            catalogue = catalogue.with_prices(country.id, Arc::new(PriceList::new(&offers, Margin::DEFAULT, NOW - 60)));
        }
        catalogue.with_rentals(pool.rental_offers().await.expect("rentals"), Margin::DEFAULT, NOW - 60)
    })
}

/// A supplier that answers from a scene and sells nothing.
struct MockPool(Scene);

fn nothing() -> PoolError {
    PoolError {
        code: ErrorCode::Unexpected,
        cause: "the mock sells nothing".to_owned(),
        advice: shop::pool::Advice::None,
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
            (24, "FR", "France"),
            (60, "TR", "Turkey"),
            (61, "BA", "Bosnia"),
        ];
        Ok(match self.0 {
            Scene::Empty => vec![],
            Scene::Usual => usual.map(country).into(),
            Scene::Longest => usual
                .into_iter()
                .chain([(90, "XA", "The United Federation of Extraordinarily Long Names and Islands")])
                .map(country)
                .collect(),
            Scene::Hostile => usual
                .into_iter()
                .chain([(91, "XB", "<b>\u{202E}dna\u{0}lliH</b> & Co"), (92, "../", "no")])
                .map(country)
                .collect(),
        })
    }

    async fn services(&self) -> Result<Vec<PoolService>, PoolError> {
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
        ];
        let service = |(id, name): (u32, &str)| PoolService { id: ServiceId(id), name: name.to_owned() };
        Ok(match self.0 {
            Scene::Empty => vec![],
            Scene::Usual | Scene::Longest | Scene::Hostile => {
                usual.into_iter().chain([(1012, self.0.service_name())]).map(service).collect()
            }
        })
    }

    async fn offers(&self, _: CountryId) -> Result<Vec<PoolOffer>, PoolError> {
        let services = self.services().await?;
        let cost = if self.0 == Scene::Longest { Money::from_micros(769_220_000) } else { Money::from_cents(24) };
        Ok(services.into_iter().map(|service| PoolOffer { service: service.id, cost, pool: Some(7) }).collect())
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

    async fn resend(&self, _: &SupplierOrderId) -> Result<Resent, PoolError> {
        Err(nothing())
    }

    async fn active(&self) -> Result<Vec<ListedOrder>, PoolError> {
        Ok(vec![])
    }

    async fn history(&self) -> Result<Vec<ListedOrder>, PoolError> {
        Ok(vec![])
    }

    async fn rental_offers(&self) -> Result<Vec<RentalOffer>, PoolError> {
        let days: &[u16] = match self.0 {
            Scene::Empty => return Ok(vec![]),
            Scene::Usual => &[7, 30],
            Scene::Longest | Scene::Hostile => &[1, 3, 7, 30],
        };
        let costs: BTreeMap<Days, Money> =
            days.iter().map(|days| (Days(*days), Money::from_cents(i32::from(*days) * 50))).collect();
        let (refund_within_s, refund_min_days) = (Some(7_200), Days(28));
        Ok(vec![RentalOffer {
            product: 6,
            country: CountryId(1),
            costs,
            services: None,
            refund_within_s,
            refund_min_days,
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

    async fn rentals(&self) -> Result<Vec<ListedRental>, PoolError> {
        Ok(vec![])
    }
}
