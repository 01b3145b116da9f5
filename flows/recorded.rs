//! An event as it is kept to be tried again: everything that decided it, and nothing that tells who somebody is or what
//! they received. Names, phone numbers, messages and codes are replaced before anything else is done; what was typed is
//! kept, unless it could be a code.
//!
//! A catalogue has far too many prices to be kept with every event. Its lists are kept once, under a name; of its prices
//! only those of the countries and services that the session, the event and the shown buttons name by their numbers.
//! Whether that is enough is not believed but tried: [`record`] takes the same step from what is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::machine::{self, Input, Turn};
use engine::registry::View;
use engine::replay::{self, Came, Part, Record};
use engine::session::{Frame, Session};
use engine::token::Token;
use engine::{Ctx, Face, action};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shop::catalogue::{Catalogue, Slice};
use shop::ledger::Wallet;
use shop::order::{Order, Wish};
use shop::pricing::Margin;
use shop::{CountryId, ServerId, ServiceId};

use crate::app::{Entry, Raqam};
use crate::env::{Env, HistoryPage, Movement, Sales, Server, StatementPage, Support, Visit};

/// A text with so many digits may be a code or a phone number: none of them is kept.
const CODE_DIGITS_MIN: usize = 4;
/// The field of a wish that names its service,
const SERVICE_NAME: &str = "service_name";
/// and that of what was kept; in states it holds a number.
const SERVICE: &str = "service";
/// What stands for a name.
const NAME: &str = "•••";

/// What the world was, as far as an event could see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Whether the person was here before.
    pub visit: Visit,
    /// Whether the person's name was known; it is not kept.
    #[serde(default)]
    pub named: bool,
    /// The person's money.
    pub wallet: Wallet,
    /// The orders listed under “my numbers”.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<Order>,
    /// The order that the state asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// The page of ended orders that the state asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<HistoryPage>,
    /// The page of transactions that the state asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<StatementPage>,
    /// What was bought last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Wish>,
    /// Countries bought in, the latest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recent_countries: Vec<CountryId>,
    /// Services bought for, the latest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recent_services: Vec<ServiceId>,
    /// Where support is reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support_url: Option<String>,
    /// Whether somebody answered tickets.
    #[serde(default)]
    pub support: Support,
    /// The servers that were offered, in order.
    pub servers: Vec<ServerPart>,
}

/// What an event could see of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerPart {
    /// Which.
    pub id: ServerId,
    /// How its prices are made.
    pub margin: Margin,
    /// Whether it sold.
    #[serde(default, skip_serializing_if = "Sales::are_open")]
    pub sales: Sales,
    /// The name under which its lists are kept.
    pub lists: String,
    /// Some of its prices.
    pub slice: Slice,
}

/// An event as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// Whether the books refused what was decided: nothing of it was stored, and the refusal is the next event.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub refused: bool,
    /// In what the same step from the kept facts differs from the real one; `None`: in nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inexact: Option<Part>,
    /// The event.
    pub record: Record<Raqam, Facts>,
}

/// A real step, with what decided it.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// The session as it was.
    pub session: &'a Session,
    /// The event.
    pub input: &'a Input<Raqam>,
    /// The context.
    pub cx: &'a Ctx<'a, Env>,
    /// What came of it.
    pub turn: &'a Turn<Raqam>,
}

/// Makes what is kept of an event. `lists` names a server's lists, `draw` writes a screen as text.
#[must_use]
pub fn record(seen: Seen<'_>, lists: impl Fn(&Server) -> String, draw: impl Fn(&View) -> String) -> Kept {
    let (whole, typed) = (anonymous(seen.cx.env), Typed { env: seen.cx.env });
    let (session, input) = (typed.session(seen.session), typed.input(seen.input));
    let mut came = Came::of(seen.turn, seen.cx.lang);
    came.session = came.session.map(|session| typed.session(&session));
    let met = machine::view::<Raqam>(&session, &Ctx { env: &whole, ..*seen.cx });
    let mut named = Named { env: &whole, numbers: BTreeSet::new() };
    named.in_view(&met);
    named.in_value(&serde_json::to_value(&input).unwrap_or_default());
    came.session.iter().chain([&session]).for_each(|session| named.in_session(session));
    named.in_facts();
    let (facts, part) = part(&whole, &named.numbers, lists);
    let Ctx { now: at, lang, fresh, .. } = *seen.cx;
    let mut record = Record { at, lang, fresh, session, facts, screen: String::new(), input, came };
    let (view, again) = replay::again(&record, &part);
    record.screen = draw(&view);
    let differs = record.came.differences(&again).into_iter().map(|difference| difference.part).next();
    let inexact = if view == met { differs } else { Some(Part::Screen) };
    Kept { refused: false, inexact, record }
}

impl Facts {
    /// The world again, from what is kept and the lists under their names; `None` where one of those is missing.
    #[must_use]
    pub fn env(&self, lists: &BTreeMap<String, Catalogue>) -> Option<Env> {
        let server = |part: &ServerPart| {
            let catalogue = Arc::new(lists.get(&part.lists)?.with_slice(part.slice.clone()));
            Some(Server { id: part.id, margin: part.margin, sales: part.sales, catalogue })
        };
        let facts = self.clone();
        Some(Env {
            name: if self.named { NAME.to_owned() } else { String::new() },
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
            servers: self.servers.iter().map(server).collect::<Option<_>>()?,
        })
    }
}

/// The same world with nothing in it that tells who somebody is or what they received.
fn anonymous(env: &Env) -> Env {
    let orders = |orders: &[Order]| orders.iter().map(Order::anonymous).collect();
    let movement =
        |movement: &Movement| Movement { transaction: movement.transaction.anonymous(), wish: movement.wish.clone() };
    Env {
        name: if env.name.is_empty() { String::new() } else { NAME.to_owned() },
        open: orders(&env.open),
        order: env.order.as_ref().map(Order::anonymous),
        history: env.history.as_ref().map(|page| HistoryPage { orders: orders(&page.orders), ..*page }),
        statement: env
            .statement
            .as_ref()
            .map(|page| StatementPage { entries: page.entries.iter().map(movement).collect(), ..*page }),
        last: env.last.clone(),
        recent_countries: env.recent_countries.clone(),
        recent_services: env.recent_services.clone(),
        support_url: env.support_url.clone(),
        support: env.support,
        servers: env.servers.clone(),
        visit: env.visit,
        wallet: env.wallet,
    }
}

/// What is kept of a world in which these numbers were named, and the world that can be made of that.
fn part(env: &Env, named: &BTreeSet<u32>, lists: impl Fn(&Server) -> String) -> (Facts, Env) {
    let mut part = env.clone();
    let servers = part.servers.iter_mut().map(|server| {
        let slice = server.catalogue.slice(named);
        server.catalogue = Arc::new(server.catalogue.with_slice(slice.clone()));
        ServerPart { id: server.id, margin: server.margin, sales: server.sales, lists: lists(server), slice }
    });
    let servers = servers.collect();
    let facts = Facts {
        visit: env.visit,
        named: !env.name.is_empty(),
        wallet: env.wallet,
        open: env.open.clone(),
        order: env.order.clone(),
        history: env.history.clone(),
        statement: env.statement.clone(),
        last: env.last.clone(),
        recent_countries: env.recent_countries.clone(),
        recent_services: env.recent_services.clone(),
        support_url: env.support_url.clone(),
        support: env.support,
        servers,
    };
    (facts, part)
}

/// What people typed: in the event itself, and in what states remember of it.
struct Typed<'a> {
    env: &'a Env,
}

impl Typed<'_> {
    fn session(&self, session: &Session) -> Session {
        let frames = |frames: &[Frame]| frames.iter().map(|frame| self.frame(frame)).collect();
        Session { frames: frames(&session.frames), quarantine: frames(&session.quarantine), ..*session }
    }

    fn frame(&self, frame: &Frame) -> Frame {
        let mut frame = frame.clone();
        self.value(&mut frame.body);
        frame
    }

    fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Some(masked) = self.masked(text) {
                    *text = masked;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(fields) => fields.values_mut().for_each(|field| self.value(field)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn input(&self, input: &Input<Raqam>) -> Input<Raqam> {
        match input {
            Input::Text(text) => Input::Text(self.masked(text).unwrap_or_else(|| text.clone())),
            // What is no token of ours may be anything.
            Input::Token(data) if Token::parse(data).is_none() => Input::Token(String::new()),
            Input::Start(Entry::Command { name, about }) if !names_something(about) => {
                let about = self.masked(about).unwrap_or_else(|| about.clone());
                Input::Start(Entry::Command { name: name.clone(), about })
            }
            Input::Token(_)
            | Input::Pick(_)
            | Input::Start(_)
            | Input::Timer { .. }
            | Input::Reply { .. }
            | Input::Refused(_) => input.clone(),
        }
    }

    /// The text with zeros for digits, where it could be a code. A name of the catalogue is none.
    fn masked(&self, text: &str) -> Option<String> {
        let could_be_a_code = text.chars().filter(|letter| letter.is_numeric()).count() >= CODE_DIGITS_MIN;
        let is_a_name = || self.env.servers.iter().any(|server| is_listed(&server.catalogue, text));
        (could_be_a_code && !is_a_name())
            .then(|| text.chars().map(|letter| if letter.is_numeric() { '0' } else { letter }).collect())
    }
}

/// Whether what follows a command is one of our own names, such as `o_2F`: a letter, and a number in base 36.
fn names_something(about: &str) -> bool {
    about.split_once('_').is_some_and(|(kind, number)| kind.len() == 1 && u64::from_str_radix(number, 36).is_ok())
}

fn is_listed(catalogue: &Catalogue, name: &str) -> bool {
    catalogue.services().iter().any(|service| service.name == name)
}

/// The numbers by which countries and services may be named. One that names something else costs a price too many.
struct Named<'a> {
    env: &'a Env,
    numbers: BTreeSet<u32>,
}

impl Named<'_> {
    fn in_view(&mut self, view: &View) {
        for button in view.rendered.rows.iter().flatten() {
            if let Face::Callback(data) = &button.face {
                self.in_code(data);
            }
        }
    }

    fn in_session(&mut self, session: &Session) {
        session.frames.iter().for_each(|frame| self.in_value(&frame.body));
    }

    fn in_value(&mut self, value: &Value) {
        match value {
            Value::Number(number) => self.numbers.extend(number.as_u64().and_then(|number| u32::try_from(number).ok())),
            Value::String(text) => {
                self.in_code(text);
                self.by_iso2(text);
            }
            Value::Array(items) => items.iter().for_each(|item| self.in_value(item)),
            Value::Object(fields) => fields.iter().for_each(|(name, field)| {
                if let (SERVICE_NAME | SERVICE, Value::String(service)) = (name.as_str(), field) {
                    self.by_name(service);
                }
                self.in_value(field);
            }),
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// What the home screen and an order's screens offer once more, and the service for whatever is not listed.
    fn in_facts(&mut self) {
        let env = self.env;
        let other = env.servers.iter().filter_map(|server| server.catalogue.other_service());
        self.numbers.extend(other.map(|service| service.id.0));
        for wish in env.last.iter().chain(env.order.iter().map(|order| &order.wish)) {
            self.numbers.extend([wish.country.0, wish.service.0]);
            self.by_iso2(&wish.iso2);
            self.by_name(&wish.service_name);
        }
    }

    /// The number behind a button: `buy.3.-.s-s4`.
    fn in_code(&mut self, data: &str) {
        let number = data.rsplit_once('-').and_then(|(_, number)| action::from_base36(number));
        self.numbers.extend(number.and_then(|number| u32::try_from(number).ok()));
    }

    /// A service as each server numbers it.
    fn by_name(&mut self, text: &str) {
        let services = self.env.servers.iter().filter_map(|server| server.catalogue.service_named(text));
        self.numbers.extend(services.map(|service| service.id.0));
    }

    fn by_iso2(&mut self, text: &str) {
        if text.len() == 2 {
            let countries = self.env.servers.iter().filter_map(|server| server.catalogue.country_by_iso2(text));
            self.numbers.extend(countries.map(|country| country.id.0));
        }
    }
}
