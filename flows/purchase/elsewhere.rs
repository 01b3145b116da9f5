//! Where else something is for sale that cannot be had here: in other countries, and at other servers. Offered by the last
//! question and by an order's card, each place with its price; a press leads to that place's own question and buys nothing.

use engine::{Lang, Text};
use shop::catalogue::Product;
use shop::order::{Order, RefundReason, State, Wish};
use shop::{CountryId, ErrorCode, Money, ServerId, search};

use super::screens::priced;
use crate::env::{Sales, Server, script};
use crate::keys;
use crate::parts;
use crate::text::words;

/// How many countries are offered in place of a sold out one.
const PLACES_MAX: usize = 3;

/// Why something cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// It has sold out there.
    SoldOut,
    /// The server is the reason.
    ServerDown,
}

/// Where the same is for sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Elsewhere {
    /// In the same country at another server.
    Server {
        /// Which.
        server: ServerId,
        /// What the user pays there.
        price: Money,
    },
    /// At another server, as far as anybody can tell: no price is known.
    OtherServer,
    /// In another country at the same server.
    Country {
        /// The country, by the supplier's number.
        country: CountryId,
        /// Its ISO code.
        iso2: String,
        /// What the user pays there.
        price: Money,
    },
}

/// What another server has of a wish.
enum Stock {
    /// This, at a known price.
    Priced(Money),
    /// Nobody has asked yet.
    Unknown,
    /// Nothing.
    None,
}

/// Where else it is for sale: at other servers that sell right now, and, where it has sold out, in other countries, popular
/// ones first. `servers` are those that are offered.
#[must_use]
pub fn elsewhere(lack: Lack, wish: &Wish, servers: &[Server], lang: Lang) -> Vec<Elsewhere> {
    let own = servers.iter().find(|server| server.id == wish.server && server.sales == Sales::Open);
    let countries = match lack {
        Lack::SoldOut => own.map_or_else(Vec::new, |server| countries(wish, server, lang)),
        Lack::ServerDown => Vec::new(),
    };
    other_servers(lack, wish, servers).into_iter().chain(countries).collect()
}

/// Where else an order's wish is for sale, where the order ended for want of it.
#[must_use]
pub fn instead_of(order: &Order, servers: &[Server], lang: Lang) -> Vec<Elsewhere> {
    Lack::of_order(order).map_or_else(Vec::new, |lack| elsewhere(lack, &order.wish, servers, lang))
}

fn other_servers(lack: Lack, wish: &Wish, servers: &[Server]) -> Vec<Elsewhere> {
    let others = || servers.iter().filter(|server| server.id != wish.server && server.sales == Sales::Open);
    let priced = others().filter_map(|server| match stock(server, wish) {
        Stock::Priced(price) => Some(Elsewhere::Server { server: server.id, price }),
        Stock::Unknown | Stock::None => None,
    });
    let priced: Vec<_> = priced.collect();
    let perhaps = match lack {
        Lack::SoldOut => others().any(|server| matches!(stock(server, wish), Stock::Unknown)),
        Lack::ServerDown => others().next().is_some(),
    };
    if priced.is_empty() && perhaps { vec![Elsewhere::OtherServer] } else { priced }
}

/// The same service, by name, in the same country, by ISO code, as the same kind of number.
fn stock(server: &Server, wish: &Wish) -> Stock {
    let catalogue = &server.catalogue;
    let is_rental = matches!(wish.product, Product::Rental(_));
    if catalogue.is_empty() || is_rental && catalogue.rentals_fetched_at().is_none() {
        return Stock::Unknown;
    }
    let (Some(country), Some(service)) = (catalogue.country_by_iso2(&wish.iso2), server.service_of(wish)) else {
        return Stock::None;
    };
    if !catalogue.is_loaded(country.id, wish.product) {
        return Stock::Unknown;
    }
    match catalogue.offer(country.id, wish.product, service.id) {
        Some(offer) => offer.price.map_or(Stock::Unknown, Stock::Priced),
        None => Stock::None,
    }
}

fn countries(wish: &Wish, server: &Server, lang: Lang) -> Vec<Elsewhere> {
    let catalogue = &server.catalogue;
    let listed = search::countries(catalogue, script(lang), wish.product, "", &[]);
    let others = listed.into_iter().map(|hit| hit.country).filter(|country| country.iso2 != wish.iso2);
    let sold = others.filter_map(|country| {
        let price = catalogue.offer(country.id, wish.product, wish.service)?.price?;
        Some(Elsewhere::Country { country: country.id, iso2: country.iso2.clone(), price })
    });
    sold.take(PLACES_MAX).collect()
}

impl Lack {
    /// What a failure lacks; `None` where the same would fail elsewhere, or need not fail here again.
    #[must_use]
    pub const fn of_code(code: ErrorCode) -> Option<Self> {
        match code {
            ErrorCode::OutOfStock => Some(Self::SoldOut),
            ErrorCode::BalanceTooLow
            | ErrorCode::Unreachable
            | ErrorCode::TimedOut
            | ErrorCode::InvalidKey
            | ErrorCode::RateLimited
            | ErrorCode::Unavailable => Some(Self::ServerDown),
            ErrorCode::Rejected | ErrorCode::OrderNotFound | ErrorCode::MessageNotFetched | ErrorCode::Unexpected => {
                None
            }
        }
    }

    /// What an order ended for want of.
    #[must_use]
    pub const fn of_order(order: &Order) -> Option<Self> {
        let State::Refunded(reason) = order.state else { return None };
        match reason {
            RefundReason::Refused(code) => Self::of_code(code),
            RefundReason::NotStarted | RefundReason::NotBought | RefundReason::Unknown => Some(Self::ServerDown),
            RefundReason::PriceChanged | RefundReason::Cancelled | RefundReason::Expired => None,
        }
    }
}

impl Elsewhere {
    /// `Server 2 🌍 · $0.41`, `🔀 Other server`, `🇬🇧 United Kingdom · $0.41`.
    pub(crate) fn label(&self, lang: Lang) -> Text {
        match self {
            Self::Server { server, price } => priced(parts::server_label(lang, *server), Some(*price)),
            Self::OtherServer => words(lang, keys::COMMON_OTHER_SERVER),
            Self::Country { iso2, price, .. } => {
                let place = Text::joined([parts::flag(iso2), parts::country(lang, iso2)], " ");
                priced(place, Some(*price))
            }
        }
    }
}
