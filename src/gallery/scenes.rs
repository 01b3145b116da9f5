//! Worlds for the screens: usual, empty, longest and hostile ones, asked from a mock supplier and a mock store through the
//! same builder that the running shop uses.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use engine::{Ctx, Lang};
use flows::AnyState;
use flows::env::{
    self, Door, Env, EnvFacts, HistoryRequest, Movement, Needs, ServerFacts, StatementRequest, Support, Visit,
};
use flows::orders::Filter;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use shop::catalogue::{Catalogue, Product};
use shop::ledger::{self, Wallet};
use shop::order::{CloseReason, Number, Order, Received, RefundReason, State, Wish};
use shop::pool::Message;
use shop::{CountryId, Days, ErrorCode, Money, OrderId, Phone, QuoteId, ServerId, ServiceId, SupplierOrderId, UserId};
use strum::IntoEnumIterator as _;

use crate::{books, mock};

/// The time in all scenes: 2026-01-15 12:00:00 UTC.
pub const NOW: i64 = 1_768_478_400;
/// A number that no scene gets twice.
pub const FRESH: u64 = 90_000;
/// Where support is reached in all scenes but the empty one.
pub const SUPPORT_URL: &str = "https://t.me/raqam_support";
/// Whose world it is.
pub const USER: UserId = UserId(1_001);

/// The order whose rental sleeps.
pub const SLEEPER: u64 = 8;

/// A kind of world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scene {
    /// As on most days.
    Usual,
    /// Nothing bought, nothing fetched, no money.
    Empty,
    /// The longest names, the largest amounts, as many orders as there may be.
    Longest,
    /// Names and messages that try to break out.
    Hostile,
}

/// A person's orders and money.
#[derive(Debug)]
pub(crate) struct Stored {
    /// Orders in use.
    pub(crate) open: Vec<Order>,
    /// Ended ones, the newest first.
    pub(crate) ended: Vec<Order>,
    /// What has moved, the newest first.
    pub(crate) movements: Vec<Movement>,
}

thread_local! {
    /// They are written once: screens and walks read them again and again.
    static STORED: RefCell<BTreeMap<Scene, Rc<Stored>>> = const { RefCell::new(BTreeMap::new()) };
}

/// All worlds.
pub const SCENES: [Scene; 4] = [Scene::Usual, Scene::Empty, Scene::Longest, Scene::Hostile];
/// All languages.
pub const LANGS: [Lang; 2] = [Lang::En, Lang::Ar];

impl Scene {
    /// The scene's name in file names.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Usual => "usual",
            Self::Empty => "empty",
            Self::Longest => "longest",
            Self::Hostile => "hostile",
        }
    }

    /// The world, as far as no state asks for more.
    pub fn env(self) -> Env {
        self.world(
            World::Whole,
            &Needs {
                order: Some(OrderId(1)),
                history: Some(FIRST_PAGE),
                statement: Some(StatementRequest { anchor: None, page: 0 }),
                ..Needs::default()
            },
        )
    }

    /// The world of an example: what its state needs is read as the shop reads it, and its name may take something away.
    pub fn env_of(self, example: &str, state: &AnyState) -> Env {
        self.world(World::of(example), &env::needs(std::slice::from_ref(state)))
    }

    /// The world with one server that sells this.
    pub fn env_with(self, catalogue: Catalogue) -> Env {
        self.with_servers(vec![mock::server(ServerId::Two, catalogue)], World::Whole, &Needs::default())
    }

    fn world(self, world: World, needs: &Needs) -> Env {
        self.with_servers(Moment::of(self, world).servers(), world, needs)
    }

    fn with_servers(self, servers: Vec<ServerFacts>, world: World, needs: &Needs) -> Env {
        env::build(self.facts(servers, world, needs))
    }

    /// What the shell would know in this world of somebody who did nothing yet.
    pub(crate) fn around(self, servers: Vec<ServerFacts>, world: World) -> EnvFacts {
        EnvFacts {
            name: self.person().to_owned(),
            visit: Visit::First,
            wallet: Wallet::default(),
            order: None,
            open: vec![],
            history: None,
            statement: None,
            last: None,
            recent_countries: vec![],
            recent_services: vec![],
            servers,
            support_url: (self != Self::Empty).then(|| SUPPORT_URL.to_owned()),
            support: if self == Self::Empty { Support::Nobody } else { Support::Answers },
            shop_open: if world == World::ShopClosed { Door::Stopped } else { Door::Selling },
        }
    }

    /// What the shell would know in this world.
    pub(crate) fn facts(self, servers: Vec<ServerFacts>, world: World, needs: &Needs) -> EnvFacts {
        let stored = self.in_store();
        let lived = self != Self::Empty;
        EnvFacts {
            visit: if lived { Visit::Return } else { Visit::First },
            wallet: self.wallet(),
            order: needs.order.and_then(|id| self.stored(id)),
            open: stored.open.clone(),
            history: needs.history.map(|request| books::history(stored.ended.iter(), request)),
            statement: needs.statement.map(|request| books::statement(&stored.movements, request.page)),
            last: lived.then(|| self.wish(Product::Temporary)),
            recent_countries: if lived { vec![CountryId(1), CountryId(2)] } else { vec![] },
            recent_services: if lived { vec![ServiceId(1012)] } else { vec![] },
            ..self.around(servers, world)
        }
    }

    /// The orders in use.
    const fn open_ids(self) -> Range<u64> {
        match self {
            Self::Usual => 1..13,
            Self::Empty => 1..1,
            Self::Longest => 1..21,
            Self::Hostile => 1..6,
        }
    }

    /// The ended orders.
    const fn ended_ids(self) -> Range<u64> {
        match self {
            Self::Usual => 101..122,
            Self::Empty => 101..101,
            Self::Longest => 101..150,
            Self::Hostile => 101..108,
        }
    }

    /// The order of this number, if it is in this world.
    fn stored(self, id: OrderId) -> Option<Order> {
        let stored = self.in_store();
        stored.open.iter().chain(&stored.ended).find(|order| order.id == id).cloned()
    }

    /// A state of an example as this world would have it: with its service's name.
    pub fn dressed<S: Serialize + DeserializeOwned>(self, state: &S) -> S {
        let mut value = serde_json::to_value(state).expect("states are plain data");
        self.dress(&mut value);
        serde_json::from_value(value).expect("a state of its own making")
    }

    fn dress(self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    if name == "service_name" {
                        *field = Value::from(self.service_name());
                    }
                    self.dress(field);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.dress(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    /// A person's first name.
    pub const fn person(self) -> &'static str {
        match self {
            Self::Usual | Self::Empty => "Noor",
            Self::Longest => "Maximiliana Konstantinopolitanska-Featherstonehaugh",
            Self::Hostile => "\u{202E}<b>نور</b>&amp;\u{2066}",
        }
    }

    /// The person's money.
    pub const fn wallet(self) -> Wallet {
        let (available, held) = match self {
            Self::Usual | Self::Hostile => (32_340_000, 960_000),
            Self::Empty => (0, 0),
            Self::Longest => (999_999_990_000, 888_888_880_000),
        };
        Wallet { available: Money::from_micros(available), held: Money::from_micros(held) }
    }

    fn price(self) -> Money {
        if self == Self::Longest { Money::from_micros(999_990_000) } else { Money::from_cents(32) }
    }

    /// What somebody wants.
    pub fn wish(self, product: Product) -> Wish {
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
            extends: None,
        }
    }

    /// What an order is for. Old orders of a hostile world are for what a supplier called by its own name.
    fn wish_of(self, id: u64, product: Product) -> Wish {
        match (self, id) {
            (Self::Hostile, 4 | 103) => Wish { service_name: "SMSPool.net".to_owned(), ..self.wish(product) },
            (Self::Usual | Self::Empty | Self::Longest | Self::Hostile, SLEEPER) => self.wish_at_one(product),
            (Self::Usual | Self::Empty | Self::Longest | Self::Hostile, _) => self.wish(product),
        }
    }

    /// The same at server 1, whose rentals sleep.
    fn wish_at_one(self, product: Product) -> Wish {
        let (server, service) = (ServerId::One, mock::whatsapp(ServerId::One));
        Wish { server, service, rental_product: Some(501), refund_within_s: None, ..self.wish(product) }
    }

    /// What the service of the examples is called.
    pub const fn service_name(self) -> &'static str {
        match self {
            Self::Usual | Self::Empty => "WhatsApp",
            Self::Longest => "Microsoft / Microsoft Rewards / Outlook and everything else",
            Self::Hostile => "<i>What</i>\u{202E}sApp & \"friends\"",
        }
    }

    fn text(self, id: u64) -> String {
        match self {
            Self::Usual if id == 105 => "Your account was opened. See https://example.com/start\nThank you.".to_owned(),
            Self::Usual | Self::Empty => "Your code is 482913. Do not share it.".to_owned(),
            Self::Longest => format!("482913 {}", "very long message ".repeat(600)),
            Self::Hostile => {
                "<a href=\"https://evil.example\">482913</a>\n\u{202E}رمزك 482913 & <b>\n\nhttps://evil.example/x"
                    .to_owned()
            }
        }
    }

    /// An order in this world. Numbers 3, 8 and 106 are rentals, the second one that sleeps; those below 100 are in use.
    pub fn order(self, id: u64, state: State) -> Order {
        let rental = [3, SLEEPER, 106].contains(&id);
        let product = if rental { Product::Rental(Days(30)) } else { Product::Temporary };
        let has_number = matches!(state, State::Active | State::Closing { .. } | State::Done)
            || matches!(state, State::Refunded(RefundReason::Expired | RefundReason::Cancelled));
        let in_use = id < 100;
        let (created_at, life) = (NOW - 600, if rental { 30 * 86_400 } else { 1_200 });
        let age = (150 - i64::try_from(id).unwrap_or_default()) * 7_200;
        let created_at = if in_use { created_at } else { created_at - life - age };
        let ends_at = created_at + life;
        let ended = matches!(state, State::Refunded(_)) || (state == State::Done && !(rental && in_use));
        Order {
            id: OrderId(id),
            user: USER,
            wish: self.wish_of(id, product),
            quote: QuoteId(id),
            parent: None,
            price: if rental && self != Self::Longest { Money::from_cents(1_950) } else { self.price() },
            quoted_cost: Money::from_cents(24),
            created_at,
            number: has_number.then(|| Number {
                supplier_id: SupplierOrderId::parse("ABCDEFGH").expect("an id"),
                phone: Phone::parse("+12025550123").expect("a phone"),
                cost: Money::from_cents(24),
                pool: Some(7),
                bought_at: created_at,
                expires_at: ends_at,
            }),
            extended: None,
            messages: self.messages(id, &state, created_at + 240),
            ended_at: ended.then_some(if rental { ends_at } else { created_at + 300 }),
            checked_at: None,
            resend_asked_at: None,
            balance_before: None,
            wake: None,
            watched_until: None,
            state,
        }
    }

    fn messages(self, id: u64, state: &State, at: i64) -> Vec<Received> {
        let count = match (id, state) {
            (3, State::Done) => 7,
            (107, _) | (_, State::Done) => 1,
            (_, _) => 0,
        };
        // Order 105 received words without a code.
        let code = (id != 105).then(|| "482913".to_owned());
        let message = |key: i64| Message { code: code.clone(), text: self.text(id), key: key.to_string() };
        (0..count).map(|key| Received { message: message(key), at: at + key * 60 }).collect()
    }

    /// What stands in the books of this world.
    pub(crate) fn in_store(self) -> Rc<Stored> {
        let read = || {
            let open: Vec<Order> = self.open_ids().map(|id| self.order(id, open_state(id))).collect();
            let ended: Vec<Order> = self.ended_ids().rev().map(|id| self.order(id, ended_state(id))).collect();
            let movements = self.movements(&ended);
            Rc::new(Stored { open, ended, movements })
        };
        STORED.with_borrow_mut(|known| Rc::clone(known.entry(self).or_insert_with(read)))
    }

    fn movements(self, ended: &[Order]) -> Vec<Movement> {
        if self == Self::Empty {
            return vec![];
        }
        let reason = if self == Self::Hostile { "<b>\u{202E}gift" } else { "welcome gift" };
        let mut all: Vec<ledger::Transaction> = Vec::new();
        for order in ended {
            if order.state != State::Done {
                all.push(ledger::release(USER, order.id, order.price, order.ended_at.unwrap_or(NOW)));
            }
            all.push(ledger::hold(USER, order.id, order.price, order.created_at));
        }
        all.push(ledger::adjust(USER, Money::from_cents(-50), reason, "m", NOW - 6_000_000));
        all.push(ledger::adjust(USER, Money::from_cents(500), reason, "n", NOW - 6_000_000));
        let of = |id| ended.iter().find(|order| order.id == id).map(|order| order.wish.clone());
        let wish = |transaction: &ledger::Transaction| of(transaction.order?);
        all.into_iter().map(|transaction| Movement { wish: wish(&transaction), transaction }).collect()
    }
}

/// What is taken away from the world: by an example's name, or while somebody walks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::EnumIter)]
pub enum World {
    /// Nothing.
    Whole,
    /// Server 1 does not sell.
    ServerOneOff,
    /// Server 1 does not sell for a while.
    ServerOnePaused,
    /// No server sells for a while.
    AllPaused,
    /// There is one server, and it does not sell for a while.
    OnlyServerPaused,
    /// Nothing is sold.
    ShopClosed,
    /// What is for rent was not fetched yet.
    RentalsLoading,
    /// No list was fetched yet.
    ListsLoading,
    /// What there is is known, but no price of it.
    PricesLoading,
}

impl World {
    /// What the name of an example takes away.
    #[must_use]
    pub fn of(example: &str) -> Self {
        match example {
            "server-off" => Self::ServerOneOff,
            "server-paused" => Self::ServerOnePaused,
            "all-paused" => Self::AllPaused,
            "only-server-paused" => Self::OnlyServerPaused,
            "shop-closed" => Self::ShopClosed,
            "rentals-loading" => Self::RentalsLoading,
            "lists-loading" => Self::ListsLoading,
            "prices-loading" => Self::PricesLoading,
            _ => Self::Whole,
        }
    }
}

/// What suppliers charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::EnumIter)]
pub enum Prices {
    /// As on most days.
    Usual,
    /// Twice as much.
    Raised,
}

/// A world at a moment: whoever walks passes from one to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Which world.
    pub scene: Scene,
    /// What is taken away from it.
    pub world: World,
    /// What suppliers charge.
    pub prices: Prices,
    /// When the prices were fetched.
    pub fetched_at: i64,
    /// The person's money.
    pub wallet: Wallet,
    /// The time.
    pub now: i64,
}

impl Moment {
    /// A world at the time of all scenes.
    #[must_use]
    pub const fn of(scene: Scene, world: World) -> Self {
        Self { scene, world, prices: Prices::Usual, fetched_at: NOW - 60, wallet: scene.wallet(), now: NOW }
    }

    /// The world, with what is needed read for it.
    #[must_use]
    pub fn env(&self, needs: &Needs) -> Env {
        let facts = self.scene.facts(self.servers(), self.world, needs);
        env::build(EnvFacts { wallet: self.wallet, ..facts })
    }

    /// What the servers sell now.
    #[must_use]
    pub fn servers(&self) -> Vec<ServerFacts> {
        mock::servers(mock::Supply {
            scene: self.scene,
            world: self.world,
            prices: self.prices,
            fetched_at: self.fetched_at,
        })
    }
}

/// The usual world, and what it is where something is taken away.
#[must_use]
pub fn worlds() -> Vec<Env> {
    World::iter()
        .map(|world| Scene::Usual.world(world, &Needs { order: Some(OrderId(1)), ..Needs::default() }))
        .collect()
}

const FIRST_PAGE: HistoryRequest = HistoryRequest { anchor: None, filter: Filter::All, page: 0 };

/// A context over a world.
pub const fn context(env: &Env, lang: Lang) -> Ctx<'_, Env> {
    Ctx { lang, now: NOW, fresh: FRESH, env }
}

/// One state of each kind, in turn. Rentals stay in use when their first message is there.
fn open_state(id: u64) -> State {
    match id % 5 {
        1 => State::Active,
        2 => State::Reserved,
        3 if id == 3 || id == SLEEPER => State::Done,
        3 => State::Active,
        4 => State::Ambiguous { sent_at: NOW - 60, clean_misses: 1 },
        _ => State::Closing { reason: CloseReason::Cancel, deadline: NOW + 500, next_try: NOW + 10 },
    }
}

/// From 101 on: received, expired, cancelled, refused, completed, a rental that ended, refunded before its code came.
fn ended_state(id: u64) -> State {
    match id % 7 {
        4 | 2 => State::Refunded(RefundReason::Expired),
        5 => State::Refunded(RefundReason::Cancelled),
        6 => State::Refunded(RefundReason::Refused(ErrorCode::OutOfStock)),
        _ => State::Done,
    }
}
