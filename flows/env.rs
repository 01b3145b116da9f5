//! The world as the flows see it: built from facts by [`build`], and what must be read for it ([`needs`]).

use std::sync::Arc;

use engine::registry::Registry;
use engine::{Lang, Text};
use serde::{Deserialize, Serialize};
use shop::catalogue::{Catalogue, Country, Product, Service};
use shop::ledger::{Transaction, Wallet};
use shop::order::{Order, Wish};
use shop::places::Script;
use shop::pricing::Margin;
use shop::server::Coverage;
use shop::settings::ServerSettings;
use shop::{CountryId, OrderId, ServerId, ServiceId};

use crate::AnyState;
use crate::app::{Kept, Raqam};
use crate::orders::Filter;
use crate::purchase::{self, Begin};
use crate::text::say;
use crate::{keys, parts, servers};

/// How many rows a page of a list has.
pub const PAGE_ROWS: u32 = 10;

/// What the shell knows of one person and of the shop.
#[derive(Debug, Clone)]
pub struct EnvFacts {
    /// The person's first name, as the messenger has it.
    pub name: String,
    /// Whether the person was here before.
    pub visit: Visit,
    /// The person's money.
    pub wallet: Wallet,
    /// The orders listed under “my numbers”.
    pub open: Vec<Order>,
    /// The order that [`Needs::order`] asked for, if it is this person's.
    pub order: Option<Order>,
    /// The page that [`Needs::history`] asked for.
    pub history: Option<HistoryPage>,
    /// The page that [`Needs::statement`] asked for.
    pub statement: Option<StatementPage>,
    /// What was bought last.
    pub last: Option<Wish>,
    /// Countries bought in, the latest first.
    pub recent_countries: Vec<CountryId>,
    /// Services bought for, the latest first.
    pub recent_services: Vec<ServiceId>,
    /// All servers.
    pub servers: Vec<ServerFacts>,
    /// Where support is reached.
    pub support_url: Option<String>,
    /// Whether somebody answers tickets.
    pub support: Support,
    /// Whether anything is sold at all.
    pub shop_open: Door,
}

/// What the shell knows of one server.
#[derive(Debug, Clone)]
pub struct ServerFacts {
    /// Which.
    pub id: ServerId,
    /// How it sells.
    pub settings: ServerSettings,
    /// Whether it can sell.
    pub credentials: Credentials,
    /// What it sells.
    pub catalogue: Arc<Catalogue>,
}

impl ServerFacts {
    fn is_offered(&self) -> bool {
        self.settings.sells() && self.credentials == Credentials::Present
    }
}

/// Whether the supplier's key is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credentials {
    /// It is.
    Present,
    /// It is not: the server is not offered.
    Missing,
}

/// Whether a server that is offered sells right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sales {
    /// It does.
    #[default]
    Open,
    /// Something keeps it from selling for a while: one looks around, and buys later.
    Paused,
}

impl Sales {
    /// Whether it sells.
    #[must_use]
    pub const fn are_open(&self) -> bool {
        matches!(self, Self::Open)
    }
}

/// Whether somebody was here before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visit {
    /// Never.
    First,
    /// Yes.
    Return,
}

/// Whether somebody answers tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Support {
    /// Somebody does.
    Answers,
    /// Nobody does: none are taken.
    #[default]
    Nobody,
}

/// Whether the shop sells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// It does.
    Selling,
    /// It is stopped.
    Stopped,
}

/// A page of ended orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryPage {
    /// The orders, the newest first, at most [`PAGE_ROWS`].
    pub orders: Vec<Order>,
    /// How many there are on all pages.
    pub total: u32,
    /// The newest order of the first page: later pages count from it, so that new orders do not shift them.
    pub anchor: Option<OrderId>,
}

/// A page of transactions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementPage {
    /// The movements, the newest first, at most [`PAGE_ROWS`].
    pub entries: Vec<Movement>,
    /// How many there are on all pages.
    pub total: u32,
    /// The place in the books of the first page's newest: later pages count from it.
    pub anchor: Option<u64>,
}

/// A transaction with what it was for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movement {
    /// The transaction.
    pub transaction: Transaction,
    /// What its order was for, where there is one.
    pub wish: Option<Wish>,
}

/// The world as the flows see it. Only servers that are offered are in it.
#[derive(Debug, Clone)]
pub struct Env {
    pub(crate) name: String,
    pub(crate) visit: Visit,
    pub(crate) wallet: Wallet,
    pub(crate) open: Vec<Order>,
    pub(crate) order: Option<Order>,
    pub(crate) history: Option<HistoryPage>,
    pub(crate) statement: Option<StatementPage>,
    pub(crate) last: Option<Wish>,
    pub(crate) recent_countries: Vec<CountryId>,
    pub(crate) recent_services: Vec<ServiceId>,
    pub(crate) support_url: Option<String>,
    pub(crate) support: Support,
    pub(crate) servers: Vec<Server>,
}

/// A server that is offered.
#[derive(Debug, Clone)]
pub struct Server {
    pub(crate) id: ServerId,
    pub(crate) margin: Margin,
    pub(crate) sales: Sales,
    pub(crate) catalogue: Arc<Catalogue>,
}

/// What must be read from the store before the shown state can be shown or stepped.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Needs {
    /// An order of this person.
    pub order: Option<OrderId>,
    /// A page of ended orders.
    pub history: Option<HistoryRequest>,
    /// A page of transactions.
    pub statement: Option<StatementRequest>,
    /// What is for sale where the person is looking.
    pub market: Option<Place>,
    /// What other servers have of the same.
    pub beside: Option<Beside>,
}

/// The same at other servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside {
    /// At others than this one.
    pub server: ServerId,
    /// In this country, by its ISO code.
    pub iso2: String,
    /// What kind of number.
    pub product: Product,
}

/// Where somebody buys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// At which server.
    pub server: ServerId,
    /// In which country.
    pub country: CountryId,
    /// What kind of number.
    pub product: Product,
}

/// Which page of transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatementRequest {
    /// Only this place in the books and older ones.
    pub anchor: Option<u64>,
    /// The page, from 0.
    pub page: u32,
}

/// Which page of ended orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryRequest {
    /// Only this order and older ones.
    pub anchor: Option<OrderId>,
    /// Which orders.
    pub filter: Filter,
    /// The page, from 0.
    pub page: u32,
}

/// The servers that are offered, in order: neither off nor without credentials, and none where the shop is stopped.
#[must_use]
pub fn offered(servers: Vec<ServerFacts>, door: Door) -> Vec<Server> {
    let offered = |server: &ServerFacts| door == Door::Selling && server.is_offered();
    let mut servers: Vec<Server> = servers.into_iter().filter(offered).map(Server::from).collect();
    servers.sort_by_key(|server| server.id);
    servers
}

/// The world from the facts.
#[must_use]
pub fn build(facts: EnvFacts) -> Env {
    let servers = offered(facts.servers, facts.shop_open);
    Env {
        name: facts.name,
        visit: facts.visit,
        wallet: facts.wallet,
        open: facts.open,
        order: facts.order,
        history: facts.history,
        statement: facts.statement,
        last: facts.last,
        recent_countries: facts.recent_countries,
        recent_services: facts.recent_services,
        support_url: facts.support_url,
        support: facts.support,
        servers,
    }
}

/// What the shown state (the last one) needs.
#[must_use]
pub fn needs(states: &[AnyState]) -> Needs {
    states.last().map(<Raqam as Registry>::needs).unwrap_or_default()
}

impl Needs {
    /// The markets that are looked at, as far as these servers have them: their prices should be fetched.
    #[must_use]
    pub fn markets(&self, servers: &[ServerFacts]) -> Vec<Place> {
        let at = |server: &ServerFacts| {
            let Beside { server: own, iso2, product } = self.beside.as_ref()?;
            let sells = server.id != *own && server.is_offered() && !server.settings.is_paused();
            let country = server.catalogue.country_by_iso2(iso2).filter(|_| sells)?;
            Some(Place { server: server.id, country: country.id, product: *product })
        };
        self.market.into_iter().chain(servers.iter().filter_map(at)).collect()
    }
}

impl Beside {
    /// The same as this.
    #[must_use]
    pub fn of(wish: &Wish) -> Self {
        Self { server: wish.server, iso2: wish.iso2.clone(), product: wish.product }
    }
}

impl From<ServerFacts> for Server {
    fn from(facts: ServerFacts) -> Self {
        let sales = if facts.settings.is_paused() { Sales::Paused } else { Sales::Open };
        Self { id: facts.id, margin: facts.settings.margin(), sales, catalogue: facts.catalogue }
    }
}

impl Env {
    /// The servers that are offered, in order.
    #[must_use]
    pub fn servers(&self) -> &[Server] {
        &self.servers
    }

    /// A server, if it is offered.
    #[must_use]
    pub fn server(&self, id: ServerId) -> Option<&Server> {
        self.servers.iter().find(|server| server.id == id)
    }

    /// A server, if it sells right now.
    #[must_use]
    pub fn selling(&self, id: ServerId) -> Option<&Server> {
        self.server(id).filter(|server| server.sales.are_open())
    }

    /// What was chosen at a server, in terms that all servers share.
    pub(crate) fn kept(&self, server: ServerId, country: Option<CountryId>, service: Option<ServiceId>) -> Kept {
        let catalogue = self.server(server).map(|server| &server.catalogue);
        let country = catalogue.zip(country).and_then(|(catalogue, id)| catalogue.country(id));
        let service = catalogue.zip(service).and_then(|(catalogue, id)| catalogue.service(id));
        let (country, service) = (country.map(|known| known.iso2.clone()), service.map(|known| known.name.clone()));
        Kept { country, service }
    }

    /// The server that is meant where none was chosen: the last that sells all over the world, else the last.
    #[must_use]
    pub fn main_server(&self) -> Option<&Server> {
        let sells_everywhere = |server: &&Server| server.id.profile().coverage == Coverage::World;
        self.servers.iter().rfind(sells_everywhere).or_else(|| self.servers.last())
    }

    /// “Server 1 is unavailable right now”, with another one to use where there is one.
    pub(crate) fn down(&self, server: ServerId, lang: Lang) -> Text {
        let n = ("n", parts::server_number(server));
        match self.servers.iter().find(|other| other.id != server && other.sales.are_open()) {
            Some(other) => say(lang, keys::SERVER_DOWN_OTHER, &[n, ("other", parts::server_number(other.id))]),
            None => say(lang, keys::SERVER_DOWN, &[n]),
        }
    }

    /// An order of this person, as far as it was read.
    #[must_use]
    pub fn order(&self, id: OrderId) -> Option<&Order> {
        self.order.iter().chain(&self.open).find(|order| order.id == id)
    }

    /// The flow that buying begins with: the choice of the server, skipped where one is offered and sells. `None`:
    /// nothing is sold.
    pub(crate) fn buying(&self, kept: Kept) -> Option<AnyState> {
        match self.servers.as_slice() {
            [] => None,
            [server] if server.sales.are_open() => {
                Some(AnyState::Purchase(purchase::State::ChooseType(server.begin(&kept))))
            }
            [_, ..] => Some(AnyState::Servers(servers::State::Choose(kept))),
        }
    }
}

impl Server {
    /// Which one this is.
    #[must_use]
    pub const fn id(&self) -> ServerId {
        self.id
    }

    /// What it sells.
    #[must_use]
    pub const fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
    }

    /// A purchase at this server with what was chosen before, as far as it is sold here.
    pub(crate) fn begin(&self, kept: &Kept) -> Begin {
        let country = kept.country.as_deref().and_then(|iso2| self.catalogue.country_by_iso2(iso2));
        let service = kept.service.as_deref().and_then(|name| self.catalogue.service_named(name));
        Begin {
            server: self.id,
            country: country.map(|country| country.id),
            service: service.map(|service| service.id),
        }
    }

    /// The country of a wish: suppliers' numbers may be reused, ISO codes are not.
    pub(crate) fn country_of(&self, wish: &Wish) -> Option<&Country> {
        let same = self.catalogue.country(wish.country).filter(|country| country.iso2 == wish.iso2);
        same.or_else(|| self.catalogue.country_by_iso2(&wish.iso2))
    }

    /// The service of a wish.
    pub(crate) fn service_of(&self, wish: &Wish) -> Option<&Service> {
        let same = self.catalogue.service(wish.service).filter(|service| service.name == wish.service_name);
        same.or_else(|| self.catalogue.service_named(&wish.service_name))
    }

    /// The only country, where there is one only: then nobody has to choose.
    pub(crate) fn only_country(&self) -> Option<&Country> {
        match self.catalogue.countries() {
            [country] => Some(country),
            [] | [_, _, ..] => None,
        }
    }
}

/// The script in which a language names things.
pub(crate) const fn script(lang: Lang) -> Script {
    match lang {
        Lang::En => Script::Latin,
        Lang::Ar => Script::Arabic,
    }
}
