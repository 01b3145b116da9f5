//! The inline search: what stands under the input field while somebody types. Answered from memory alone.

use std::collections::BTreeSet;

use engine::direction::{self, LRM, RLM};
use engine::{Lang, Text};
use shop::catalogue::{Country, Product, Service};
use shop::search;
use shop::{CountryId, Money, ServerId};

use crate::AnyState;
use crate::app::BACK;
use crate::env::{Env, Server, script};
use crate::keys;
use crate::purchase::State as Buying;
use crate::text::{Key, money, say, words};

/// Results on a page, at most.
pub const RESULTS_MAX: usize = 50;
/// What begins a search for a country.
const COUNTRY_PREFIX: &str = "sp:";
/// What begins a search for a service; the country's number and a colon follow.
const SERVICE_PREFIX: &str = "sp_svc:";
const COUNTRIES_CACHE_S: u32 = 60;
const PRICES_CACHE_S: u32 = 10;
/// What is quoted of a query that found nothing, in characters.
const QUOTED_CHARACTERS_MAX: usize = 40;

/// Where the query was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chat {
    /// In the private chat with the bot.
    Private,
    /// Anywhere else: nothing of the person may show there.
    Elsewhere,
}

/// An answer to a query.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The results.
    pub results: Vec<Hit>,
    /// The offset of the next page; empty where there is none.
    pub next_offset: String,
    /// How long the messenger may keep the answer, in seconds.
    pub cache_s: u32,
    /// A button above the results: its label, and the start parameter that it opens the bot with.
    pub button: Option<(String, String)>,
}

/// A result. All strings have their marks set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Unique in the answer.
    pub id: String,
    /// The first line.
    pub title: String,
    /// The second line; may be empty.
    pub description: String,
    /// The message that a pick sends: what stands before the link,
    pub lead: String,
    /// the words that are the link (plain words where there is no token),
    pub words: String,
    /// and what stands after it.
    pub tail: String,
    /// What the pick means, for [`crate::pick`]; `None` where the result only explains.
    pub token: Option<String>,
}

/// What is looked for.
enum Wanted<'a> {
    Country { text: &'a str },
    Service { country: CountryId, text: &'a str },
    Anything { text: &'a str },
}

/// Answers a query. `state` is the shown state of the person's conversation.
#[must_use]
pub fn inline(query: &str, offset: &str, chat: Chat, state: Option<&AnyState>, env: &Env, lang: Lang) -> Page {
    let button = Some((plain(&words(lang, keys::INLINE_BACK), lang), BACK.to_owned()));
    if chat == Chat::Elsewhere {
        return Page { button, cache_s: COUNTRIES_CACHE_S, ..Page::default() };
    }
    let place = Place::of(state);
    let server = place.server.and_then(|server| env.server(server)).or_else(|| env.main_server());
    let page = match server {
        Some(server) if !server.catalogue.is_empty() => {
            let wanted = wanted_by(query, &place);
            answer(&wanted, offset, &place, server, env, lang)
        }
        Some(_) => explained(lang, keys::INLINE_LOADING, keys::INLINE_LOADING_HINT, ""),
        None => explained(lang, keys::INLINE_EMPTY, keys::HOME_PAUSED, ""),
    };
    Page { button, ..page }
}

/// The country whose prices a query is about to need, so that they can be fetched before it is answered again.
#[must_use]
pub fn wanted(query: &str, state: Option<&AnyState>, env: &Env) -> Option<(ServerId, CountryId)> {
    let place = Place::of(state);
    match (wanted_by(query, &place), place.product) {
        (Wanted::Service { country, .. }, Product::Temporary) => {
            Some((place.server.or_else(|| Some(env.main_server()?.id))?, country))
        }
        (Wanted::Service { .. } | Wanted::Country { .. } | Wanted::Anything { .. }, _) => None,
    }
}

/// What the conversation says about a query.
struct Place {
    server: Option<ServerId>,
    product: Product,
    asks: Asks,
}

/// What the shown state asks for.
enum Asks {
    Country,
    Service(CountryId),
    Nothing,
}

impl Place {
    fn of(state: Option<&AnyState>) -> Self {
        let nowhere = Self { server: None, product: Product::Temporary, asks: Asks::Nothing };
        // Only a purchase asks for something: every other flow, of today or tomorrow, is nowhere.
        let Some(AnyState::Purchase(buying)) = state else { return nowhere };
        match buying {
            Buying::ChooseType(begin) | Buying::ChooseDuration(begin) => Self { server: Some(begin.server), ..nowhere },
            Buying::SearchCountry(search) => {
                Self { server: Some(search.server), product: search.product, asks: Asks::Country }
            }
            Buying::SearchService(search) => {
                Self { server: Some(search.server), product: search.product, asks: Asks::Service(search.country) }
            }
            Buying::Confirm(draft) => Self {
                server: Some(draft.wish.server),
                product: draft.wish.product,
                asks: Asks::Service(draft.wish.country),
            },
            Buying::Waiting { .. } => nowhere,
        }
    }
}

/// Reads the prefix; without one the shown state decides.
fn wanted_by<'a>(query: &'a str, place: &Place) -> Wanted<'a> {
    if let Some(rest) = query.strip_prefix(SERVICE_PREFIX) {
        let (number, text) = rest.split_once(':').unwrap_or((rest, ""));
        let plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        return match number.parse().ok().filter(|_| plain) {
            Some(country) => Wanted::Service { country: CountryId(country), text },
            None => Wanted::Anything { text: rest },
        };
    }
    if let Some(text) = query.strip_prefix(COUNTRY_PREFIX) {
        return Wanted::Country { text };
    }
    match place.asks {
        Asks::Country => Wanted::Country { text: query },
        Asks::Service(country) => Wanted::Service { country, text: query },
        Asks::Nothing => Wanted::Anything { text: query },
    }
}

fn answer(wanted: &Wanted<'_>, offset: &str, place: &Place, server: &Server, env: &Env, lang: Lang) -> Page {
    match *wanted {
        Wanted::Country { text } => {
            paged(countries(text, place, server, env, lang), text, offset, COUNTRIES_CACHE_S, lang)
        }
        Wanted::Service { country, .. } if is_loading(server, country, place.product) => {
            explained(lang, keys::INLINE_LOADING, keys::INLINE_LOADING_HINT, "")
        }
        Wanted::Service { country, text } => {
            paged(services(text, country, place, server, env, lang), text, offset, PRICES_CACHE_S, lang)
        }
        Wanted::Anything { text } => {
            let mut hits = countries(text, place, server, env, lang);
            hits.extend(named_services(text, server, env, lang));
            paged(hits, text, offset, PRICES_CACHE_S, lang)
        }
    }
}

fn is_loading(server: &Server, country: CountryId, product: Product) -> bool {
    server.catalogue.country(country).is_some() && !server.catalogue.is_loaded(country, product)
}

fn countries(text: &str, place: &Place, server: &Server, env: &Env, lang: Lang) -> Vec<Hit> {
    let found = search::countries(&server.catalogue, script(lang), place.product, text, &env.recent_countries);
    found.into_iter().map(|hit| country_hit(hit.country, hit.from, lang)).collect()
}

fn services(text: &str, country: CountryId, place: &Place, server: &Server, env: &Env, lang: Lang) -> Vec<Hit> {
    let found = search::services(&server.catalogue, script(lang), country, place.product, text, &env.recent_services);
    found.into_iter().map(|hit| service_hit(hit.service, hit.price, lang)).collect()
}

/// Services where no country is chosen yet: what some country sells, without a price.
fn named_services(text: &str, server: &Server, env: &Env, lang: Lang) -> Vec<Hit> {
    let recent = env.recent_countries.iter().copied();
    let all = server.catalogue.countries().iter().map(|country| country.id);
    let listed = recent.chain(all).find(|country| server.catalogue.prices(*country).is_some());
    let any = listed.or_else(|| server.catalogue.countries().first().map(|country| country.id));
    let found = any.map(|country| {
        search::services(&server.catalogue, script(lang), country, Product::Temporary, text, &env.recent_services)
    });
    found.into_iter().flatten().map(|hit| service_hit(hit.service, None, lang)).collect()
}

/// One page of the hits; a garbled offset means the first. A supplier may list something twice, and two results of one
/// id would cost the whole page: the first one counts.
fn paged(mut hits: Vec<Hit>, text: &str, offset: &str, cache_s: u32, lang: Lang) -> Page {
    if hits.is_empty() {
        return if text.trim().is_empty() {
            explained(lang, keys::INLINE_EMPTY, keys::INLINE_EMPTY_HINT, "")
        } else {
            explained(lang, keys::INLINE_NOTHING, keys::INLINE_NOTHING_HINT, text)
        };
    }
    let mut known = BTreeSet::new();
    hits.retain(|hit| known.insert(hit.id.clone()));
    let total = hits.len();
    let start = offset.parse::<usize>().ok().filter(|start| *start < total).unwrap_or(0);
    let end = total.min(start + RESULTS_MAX);
    let results = hits.into_iter().skip(start).take(RESULTS_MAX).collect();
    let next_offset = if end < total { end.to_string() } else { String::new() };
    Page { results, next_offset, cache_s, button: None }
}

/// One result that explains why there are none. Not kept: it may change at any moment.
fn explained(lang: Lang, title: Key, hint: Key, query: &str) -> Page {
    let query = Text::any_cut(query.trim(), QUOTED_CHARACTERS_MAX);
    let title = plain(&say(lang, title, &[("query", query)]), lang);
    let description = plain(&words(lang, hint), lang);
    let hit = Hit {
        id: "none".to_owned(),
        words: title.clone(),
        title,
        description,
        lead: String::new(),
        tail: String::new(),
        token: None,
    };
    Page { results: vec![hit], ..Page::default() }
}

fn country_hit(country: &Country, from: Option<Money>, lang: Lang) -> Hit {
    let name = Text::plain(country.name(script(lang)));
    let code = Some(&country.calling_code).filter(|code| !code.is_empty()).map(|code| Text::ltr(format!("+{code}")));
    let from = from.map(|price| say(lang, keys::INLINE_COUNTRY_FROM, &[("price", money(price))]));
    let description = Text::joined(code.into_iter().chain(from), " · ");
    hit(&format!("c:{}", country.iso2), "🌍", &name, &country.flag, &description, lang, format!("c_{}", country.iso2))
}

fn service_hit(service: &Service, price: Option<Money>, lang: Lang) -> Hit {
    let shown = service.name(script(lang));
    let latin = (shown != service.name).then(|| Text::ltr(&service.name));
    let description = Text::joined(latin.into_iter().chain(price.map(money)), " · ");
    let (id, icon) = (service.id.0, service.icon.as_deref().unwrap_or_default());
    hit(&format!("s:{id}"), "🏷", &Text::plain(shown), icon, &description, lang, format!("s_{id}"))
}

/// The name comes first and the sign last, so that a line begins with a letter of its language.
fn hit(id: &str, sign: &str, name: &Text, icon: &str, description: &Text, lang: Lang, token: String) -> Hit {
    let tail = if icon.is_empty() { String::new() } else { format!(" {icon}") };
    let title = plain(&name.clone().then(Text::plain(&tail)), lang);
    let name = plain(name, lang);
    let bare = name.trim_start_matches([RLM, LRM]);
    let mark = &name[..name.len() - bare.len()];
    Hit {
        id: id.to_owned(),
        title,
        description: plain(description, lang),
        lead: format!("{mark}{sign} "),
        words: bare.to_owned(),
        tail,
        token: Some(token),
    }
}

fn plain(text: &Text, lang: Lang) -> String {
    direction::plain(text, lang.direction())
}
