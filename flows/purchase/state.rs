//! The states of a purchase, their buttons and their timer.

use serde::{Deserialize, Serialize};
use shop::catalogue::Product;
use shop::command::Refusal;
use shop::order::Wish;
use shop::{CountryId, ErrorCode, Money, OrderId, QuoteId, ServerId, ServiceId};

use crate::env::Place;

/// Where a person stands in a purchase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, strum::EnumDiscriminants)]
#[strum_discriminants(
    name(Kind),
    derive(PartialOrd, Ord, strum::IntoStaticStr, strum::EnumIter, strum::EnumMessage),
    doc = "The kinds of [`State`]."
)]
pub enum State {
    /// Temporary or rental?
    ChooseType(Begin),
    /// A rental for how long?
    ChooseDuration(Begin),
    /// In which country?
    SearchCountry(CountrySearch),
    /// For which service?
    SearchService(ServiceSearch),
    /// At this price?
    Confirm(Draft),
    /// The order is made; its card tells the rest.
    Waiting {
        /// Which order.
        order: OrderId,
    },
}

/// A purchase at a server, with what is already chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begin {
    /// At which server.
    pub server: ServerId,
    /// The country, where it is known already.
    pub country: Option<CountryId>,
    /// The service, where it is known already.
    pub service: Option<ServiceId>,
}

/// Looking for a country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountrySearch {
    /// At which server.
    pub server: ServerId,
    /// For what kind of number.
    pub product: Product,
    /// The service, where it is known already.
    pub service: Option<ServiceId>,
    /// What is listed.
    pub shown: Shown,
}

/// Looking for a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceSearch {
    /// At which server.
    pub server: ServerId,
    /// For what kind of number.
    pub product: Product,
    /// In which country.
    pub country: CountryId,
    /// The service that waits for the prices, where it is known already.
    pub service: Option<ServiceId>,
    /// What is listed.
    pub shown: Shown,
    /// How the prices are being fetched, where there are none yet.
    pub load: Load,
}

/// What a search lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// A few that are likely.
    Quick,
    /// Everything; this page, from 0.
    List(u32),
    /// What meets these typed words.
    Found(String),
}

/// How prices are being fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Load {
    /// Nobody asked.
    Idle,
    /// Somebody did.
    Asked,
    /// It failed.
    Failed(ErrorCode),
}

/// Everything is chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// What is wished for.
    pub wish: Wish,
    /// How far the price is.
    pub mode: Mode,
}

/// How far the price is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Nobody asked for it.
    Unpriced,
    /// It is being asked for.
    Asking,
    /// It could not be had.
    Failed(ErrorCode),
    /// It is offered.
    Offered {
        /// The price.
        quote: Shelf,
        /// What the first line says.
        news: News,
    },
    /// It was offered too long ago.
    Expired(Shelf),
    /// The wallet does not hold the price. The screen says what is missing now.
    Short {
        /// The price.
        quote: Shelf,
    },
    /// It cannot be bought now.
    Stopped(Stop),
}

/// A price as it stands on the shelf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shelf {
    /// The quote.
    pub id: QuoteId,
    /// What the supplier charges.
    pub cost: Money,
    /// What the person pays.
    pub price: Money,
}

/// What the first line of an offer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// Nothing.
    None,
    /// The price was another one.
    Changed {
        /// Which.
        old: Money,
    },
    /// An earlier price had expired.
    Renewed,
}

/// Why nothing can be bought now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::EnumIter)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// The server does not sell.
    NotSelling,
    /// Too many open orders of this person.
    TooManyOpen,
    /// Too many open orders of all, or too many purchases of all within a minute.
    ShopBusy,
    /// Too many purchases of this person within a minute.
    TooFast,
    /// The person is suspended.
    Suspended,
    /// Another extension of the rental is not settled yet.
    BeingExtended,
    /// The rental is over, or is not extended.
    NotExtendable,
}

engine::actions! {
    /// The buttons.
    pub enum Action {
        /// A number for one verification.
        "t" => Temporary,
        /// A number for days.
        "r" => Rental,
        /// For so many days.
        "d" => Days(u16),
        /// This country.
        "c" => Country(u32),
        /// This page of the full list.
        "l" => List(u32),
        /// This service.
        "s" => Service(u32),
        /// The service for whatever is not listed.
        "o" => NotListed,
        /// The same screen, with prices asked for again.
        "a" => Refresh,
        /// Yes, at this price.
        "b" once => Buy,
        /// A fresh price.
        "q" => Requote,
        /// Another country.
        "x" => OtherCountry,
        /// Another service.
        "y" => OtherService,
        /// The choice of the server.
        "z" => OtherServer,
        /// The same at this server, by its number.
        "w" => Server(u8),
    }
}

/// The timer of a purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
pub enum Timer {
    /// The offered price is too old now.
    QuoteExpired,
}

engine::labelled!(Timer);

impl State {
    /// The market that it shows, where it shows one.
    pub(crate) const fn place(&self) -> Option<Place> {
        match self {
            Self::SearchService(search) => {
                Some(Place { server: search.server, country: search.country, product: search.product })
            }
            Self::Confirm(Draft { wish, .. }) => {
                Some(Place { server: wish.server, country: wish.country, product: wish.product })
            }
            Self::ChooseType(_) | Self::ChooseDuration(_) | Self::SearchCountry(_) | Self::Waiting { .. } => None,
        }
    }
}

impl Mode {
    /// The price that was shown last, if any.
    pub(super) const fn shelf(&self) -> Option<Shelf> {
        match self {
            Self::Offered { quote, .. } | Self::Expired(quote) | Self::Short { quote } => Some(*quote),
            Self::Unpriced | Self::Asking | Self::Failed(_) | Self::Stopped(_) => None,
        }
    }
}

impl Stop {
    /// The stop that a refusal means, where it means one.
    pub(super) const fn of(refusal: &Refusal) -> Option<Self> {
        match refusal {
            Refusal::NotSelling => Some(Self::NotSelling),
            Refusal::TooManyOpen => Some(Self::TooManyOpen),
            Refusal::ShopBusy => Some(Self::ShopBusy),
            Refusal::TooFast => Some(Self::TooFast),
            Refusal::Suspended => Some(Self::Suspended),
            Refusal::BeingExtended => Some(Self::BeingExtended),
            // Nothing else that is bought here can be too late.
            Refusal::TooLate => Some(Self::NotExtendable),
            Refusal::NotEnough { .. }
            | Refusal::QuoteExpired
            | Refusal::QuoteUsed(_)
            | Refusal::PriceChanged { .. }
            | Refusal::UnknownOrder
            | Refusal::NoCodeYet
            | Refusal::JustChecked { .. }
            | Refusal::BelowZero { .. }
            | Refusal::TooManyTickets
            | Refusal::TicketsTooFast
            | Refusal::TicketClosed
            | Refusal::TextTooLong
            | Refusal::NonceUsed => None,
        }
    }
}
