//! Screens of the questions before the price.

use engine::{Button, Lang, Screen, Target, Text, Tone};
use shop::catalogue::{Catalogue, Country, Product};
use shop::search::{self, CountryHit, ServiceHit};
use shop::{CountryId, Days, Money, ServerId, ServiceId};

use super::Cx;
use super::search::has_choice;
use super::state::{Action, Begin, CountrySearch, Load, ServiceSearch, Shown};
use crate::env::{PAGE_ROWS, Server, script};
use crate::parts::{
    self, HALF_ROW_CHARACTERS, ICON_CHARACTERS, button, footer, page_of, pages, paragraphs, turning, with_icon,
};
use crate::text::{Key, Noun, count, money, say, words};
use crate::{card, keys};

const QUICK_COUNTRIES: usize = 4;
const QUICK_SERVICES: usize = 6;
const FOUND_MAX: usize = 8;

/// Temporary or rental?
pub(super) fn kind(begin: &Begin, cx: &Cx<'_>) -> Screen<Action> {
    let lang = cx.lang;
    let Some(server) = cx.env.server(begin.server) else { return closed(begin.server, cx) };
    let rents = server.catalogue.rentals_fetched_at().is_none() || !server.catalogue.rental_days().is_empty();
    let key = if rents { keys::KIND_CHOOSE } else { keys::KIND_CHOOSE_TEMPORARY };
    let question = say(lang, key, &[("server", parts::server(lang, server.id))]);
    let saved = saved(begin, server, lang);
    let saved = if saved.is_empty() { saved } else { say(lang, keys::KIND_SAVED, &[("what", saved)]) };
    let rental = rents.then(|| button(lang, keys::KIND_RENTAL_BUTTON, Action::Rental));
    Screen::new(paragraphs([saved, question]))
        .row([button(lang, keys::KIND_TEMPORARY_BUTTON, Action::Temporary)].into_iter().chain(rental))
        .row(footer(lang))
}

/// For how long?
pub(super) fn duration(begin: &Begin, cx: &Cx<'_>) -> Screen<Action> {
    let lang = cx.lang;
    let Some(server) = cx.env.server(begin.server) else { return closed(begin.server, cx) };
    let saved = saved(begin, server, lang);
    let saved = if saved.is_empty() { saved } else { say(lang, keys::KIND_DURATION_SAVED, &[("what", saved)]) };
    let rented = server.catalogue.rental_days();
    if rented.is_empty() {
        return without_days(server, lang);
    }
    let days = rented.into_iter().map(|days| {
        let price = begin
            .country
            .zip(begin.service)
            .and_then(|(country, service)| server.catalogue.offer(country, Product::Rental(days), service)?.price);
        Button::press(priced(count(lang, Noun::Days, u64::from(days.0)), price), Action::Days(days.0))
    });
    Screen::new(paragraphs([saved, words(lang, keys::KIND_DURATION)])).grid(days, 2).row(footer(lang))
}

/// No days to choose from: the list is still on its way, or nothing is for rent any more.
fn without_days(server: &Server, lang: Lang) -> Screen<Action> {
    match server.catalogue.rentals_fetched_at() {
        Some(_) => Screen::new(words(lang, keys::COUNTRY_UNSOLD)).row(footer(lang)),
        None => loading(lang),
    }
}

/// The supplier's lists are still on their way.
fn loading(lang: Lang) -> Screen<Action> {
    let refresh = button(lang, keys::COMMON_REFRESH, Action::Refresh);
    Screen::new(words(lang, keys::COUNTRY_LOADING)).row([refresh]).row(footer(lang))
}

/// In which country?
pub(super) fn country(search: &CountrySearch, cx: &Cx<'_>) -> Screen<Action> {
    let lang = cx.lang;
    let Some(server) = cx.env.server(search.server) else { return closed(search.server, cx) };
    if server.catalogue.is_empty() {
        return loading(lang);
    }
    let service = search.service.and_then(|id| server.catalogue.service(id));
    let saved = service.map_or_else(Text::new, |service| {
        say(lang, keys::COUNTRY_SAVED, &[("service", parts::service_name(lang, service))])
    });
    let screen = match &search.shown {
        Shown::Quick => quick_countries(search, &server.catalogue, cx),
        Shown::List(page) => all_countries(*page, search, &server.catalogue, lang),
        Shown::Found(query) => found_countries(query, search, &server.catalogue, cx),
    };
    let text = paragraphs([saved, screen.text]);
    Screen { text, ..screen }.row(footer(lang))
}

fn quick_countries(search: &CountrySearch, catalogue: &Catalogue, cx: &Cx<'_>) -> Screen<Action> {
    let lang = cx.lang;
    let listed = search::countries(catalogue, script(lang), search.product, "", &[]);
    if listed.is_empty() {
        return Screen::new(words(lang, keys::COUNTRY_UNSOLD));
    }
    let find = |id: &CountryId| listed.iter().find(|hit| hit.country.id == *id);
    let mut quick: Vec<&CountryHit<'_>> =
        cx.env.recent_countries.iter().filter_map(find).take(QUICK_COUNTRIES).collect();
    for hit in &listed {
        if quick.len() < QUICK_COUNTRIES && !quick.iter().any(|known| known.country.id == hit.country.id) {
            quick.push(hit);
        }
    }
    Screen::new(words(lang, keys::COUNTRY_CHOOSE))
        .row([search_countries(lang)])
        .grid(quick.into_iter().map(|hit| country_button(hit.country, lang)), 2)
        .row([button(lang, keys::COUNTRY_FULL_LIST, Action::List(0))])
}

fn all_countries(page: u32, search: &CountrySearch, catalogue: &Catalogue, lang: Lang) -> Screen<Action> {
    let listed = search::countries(catalogue, script(lang), search.product, "", &[]);
    let pages = pages(u32::try_from(listed.len()).unwrap_or(u32::MAX));
    let page = page.min(pages - 1);
    let shown = listed.iter().skip((page * PAGE_ROWS) as usize).take(PAGE_ROWS as usize);
    Screen::new(say(lang, keys::COUNTRY_LIST, &[("page", page_of(lang, page, pages))]))
        .grid(shown.map(|hit| country_button(hit.country, lang)), 2)
        .row(turning(lang, page, pages, Action::List))
}

fn found_countries(query: &str, search: &CountrySearch, catalogue: &Catalogue, cx: &Cx<'_>) -> Screen<Action> {
    let lang = cx.lang;
    let found = search::countries(catalogue, script(lang), search.product, query, &cx.env.recent_countries);
    let key = if found.is_empty() { keys::COUNTRY_NONE } else { keys::COUNTRY_FOUND };
    let buttons = found.iter().take(FOUND_MAX).map(|hit| country_button(hit.country, lang));
    Screen::new(say(lang, key, &[("query", Text::any(query))])).row([search_countries(lang)]).grid(buttons, 2)
}

fn search_countries(lang: Lang) -> Button<Action> {
    Button::new(words(lang, keys::COUNTRY_SEARCH_BUTTON), Target::Inline("sp:".to_owned())).tone(Tone::Primary)
}

fn country_button(country: &Country, lang: Lang) -> Button<Action> {
    let name = parts::short(parts::country_name(lang, country), HALF_ROW_CHARACTERS - ICON_CHARACTERS);
    Button::press(Text::plain(format!("{} ", country.flag)).then(name), Action::Country(country.id.0))
}

/// For which service?
pub(super) fn service(search: &ServiceSearch, cx: &Cx<'_>) -> Screen<Action> {
    let lang = cx.lang;
    let Some(server) = cx.env.server(search.server) else { return closed(search.server, cx) };
    if server.catalogue.is_empty() {
        return loading(lang);
    }
    let Some(country) = server.catalogue.country(search.country) else {
        return Screen::new(words(lang, keys::SERVICE_UNSOLD)).row(elsewhere(server, lang)).row(footer(lang));
    };
    let screen = if !server.catalogue.is_loaded(country.id, search.product) {
        unloaded(search.load, country, server, cx)
    } else if !server.catalogue.sells(country.id, search.product) {
        at(country, keys::SERVICE_UNSOLD, lang).row(elsewhere(server, lang))
    } else {
        listed(search, country, server, cx)
    };
    screen.row(footer(lang))
}

fn unloaded(load: Load, country: &Country, server: &Server, cx: &Cx<'_>) -> Screen<Action> {
    let (lang, address) = (cx.lang, cx.env.support_url.as_deref());
    let again = |key| button(lang, key, Action::Refresh);
    match load {
        Load::Asked => at(country, keys::SERVICE_LOADING, lang).row([again(keys::COMMON_REFRESH)]),
        Load::Idle => at(country, keys::SERVICE_IDLE, lang).row([again(keys::SERVICE_SHOW_PRICES)]),
        Load::Failed(code) => Screen::new(card::error_text(code, None, address, lang))
            .row([again(keys::COMMON_TRY_AGAIN)])
            .row(elsewhere(server, lang))
            .row(card::support_after(code, address, lang)),
    }
}

/// A sentence about a country.
fn at(country: &Country, sentence: Key, lang: Lang) -> Screen<Action> {
    Screen::new(paragraphs([say(lang, keys::SERVICE_PLACE, &about(country, lang)), words(lang, sentence)]))
}

fn listed(search: &ServiceSearch, country: &Country, server: &Server, cx: &Cx<'_>) -> Screen<Action> {
    match &search.shown {
        Shown::Found(query) => found_services(query, search, country, server, cx),
        Shown::Quick | Shown::List(_) => quick_services(search, country, server, cx.lang),
    }
}

fn quick_services(search: &ServiceSearch, country: &Country, server: &Server, lang: Lang) -> Screen<Action> {
    let hits = search::services(&server.catalogue, script(lang), country.id, search.product, "", &[]);
    let other = server.catalogue.other_service().map(|service| service.id);
    let quick = hits.iter().filter(|hit| Some(hit.service.id) != other).take(QUICK_SERVICES);
    let unsold = |id: &ServiceId| server.catalogue.offer(country.id, search.product, *id).is_none();
    let missing =
        search.service.filter(unsold).and_then(|id| server.catalogue.service(id)).map_or_else(Text::new, |service| {
            say(lang, keys::SERVICE_NOT_SOLD, &[("service", parts::service_name(lang, service))])
        });
    Screen::new(paragraphs([missing, say(lang, keys::SERVICE_CHOOSE, &about(country, lang))]))
        .row([search_services(country, lang)])
        .grid(quick.map(|hit| service_button(hit, lang)), 2)
        .row(not_listed(search, server, lang))
}

fn found_services(
    query: &str,
    search: &ServiceSearch,
    country: &Country,
    server: &Server,
    cx: &Cx<'_>,
) -> Screen<Action> {
    let lang = cx.lang;
    let recent: &[ServiceId] = &cx.env.recent_services;
    let hits = search::services(&server.catalogue, script(lang), country.id, search.product, query, recent);
    let key = if hits.is_empty() { keys::SERVICE_NONE } else { keys::SERVICE_FOUND };
    let [flag, name] = about(country, lang);
    let text = say(lang, key, &[flag, name, ("query", Text::any(query))]);
    Screen::new(text)
        .row([search_services(country, lang)])
        .grid(hits.iter().take(FOUND_MAX).map(|hit| service_button(hit, lang)), 2)
        .row(not_listed(search, server, lang))
}

fn search_services(country: &Country, lang: Lang) -> Button<Action> {
    let query = Target::Inline(format!("sp_svc:{}:", country.id.0));
    Button::new(words(lang, keys::SERVICE_SEARCH_BUTTON), query).tone(Tone::Primary)
}

/// `[📨 My service is not listed]`, where the service for that is sold.
fn not_listed(search: &ServiceSearch, server: &Server, lang: Lang) -> Option<Button<Action>> {
    let other = server.catalogue.other_service()?;
    server.catalogue.offer(search.country, search.product, other.id)?;
    Some(button(lang, keys::SERVICE_NOT_LISTED, Action::NotListed))
}

fn service_button(hit: &ServiceHit<'_>, lang: Lang) -> Button<Action> {
    Button::press(priced(service_label(hit, lang), hit.price), Action::Service(hit.service.id.0))
}

/// The name is cut, so that the price can be read behind it.
fn service_label(hit: &ServiceHit<'_>, lang: Lang) -> Text {
    let price = hit.price.map_or(0, |price| " · ".chars().count() + price.to_string().chars().count());
    let room = HALF_ROW_CHARACTERS.saturating_sub(ICON_CHARACTERS + price);
    with_icon(hit.service.icon.as_deref(), parts::short(parts::service_name(lang, hit.service), room))
}

pub(super) fn priced(label: Text, price: Option<Money>) -> Text {
    Text::joined([label].into_iter().chain(price.map(money)), " · ")
}

fn elsewhere(server: &Server, lang: Lang) -> Option<Button<Action>> {
    has_choice(server).then(|| button(lang, keys::COMMON_OTHER_COUNTRY, Action::OtherCountry))
}

fn about(country: &Country, lang: Lang) -> [(&'static str, Text); 2] {
    [("flag", Text::plain(&country.flag)), ("country", parts::country_name(lang, country))]
}

/// What is chosen already: `🇬🇧 United Kingdom · WhatsApp`.
fn saved(begin: &Begin, server: &Server, lang: Lang) -> Text {
    let country = begin.country.and_then(|id| server.catalogue.country(id)).filter(|_| has_choice(server));
    let country = country.map(|country| with_flag(country, lang));
    let service = begin.service.and_then(|id| server.catalogue.service(id));
    let service = service.map(|service| parts::service_name(lang, service));
    Text::joined(country.into_iter().chain(service), " · ")
}

/// The server is not offered any more: another one is, or none.
pub(super) fn closed(server: ServerId, cx: &Cx<'_>) -> Screen<Action> {
    let lang = cx.lang;
    let sells = !cx.env.servers().is_empty();
    let other = sells.then(|| button(lang, keys::COMMON_OTHER_SERVER, Action::OtherServer).tone(Tone::Primary));
    let text = if sells { cx.env.down(server, lang) } else { words(lang, keys::HOME_PAUSED) };
    Screen::new(text).row(other).row(footer(lang))
}

/// `🇬🇧 United Kingdom`.
fn with_flag(country: &Country, lang: Lang) -> Text {
    Text::plain(format!("{} ", country.flag)).then(parts::country_name(lang, country))
}

/// “Temporary”, “Rental · 7 days”.
pub(super) fn product(product: Product, lang: Lang) -> Text {
    match product {
        Product::Temporary => words(lang, keys::KIND_TEMPORARY),
        Product::Rental(Days(days)) => {
            say(lang, keys::KIND_RENTAL, &[("days", count(lang, Noun::Days, u64::from(days)))])
        }
    }
}
