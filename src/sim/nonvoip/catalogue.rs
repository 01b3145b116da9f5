//! What the supplier sells: a product per service and kind of number, with prices derived from a seed. A product's id is
//! the same under every seed.

use crate::options::Dialect;
use crate::supplier::{Books, CENT, below, mix};

/// The only country, by the number that suppliers' lists give the United States.
pub(crate) const UNITED_STATES: u32 = 1;

/// The services by name.
const SERVICES: [&str; 40] = [
    "WhatsApp",
    "Telegram",
    "Google",
    "Facebook",
    "Instagram",
    "Twitter",
    "Discord",
    "Amazon",
    "Uber",
    "Tinder",
    "Microsoft",
    "Apple",
    "TikTok",
    "Snapchat",
    "Signal",
    "Viber",
    "LinkedIn",
    "Netflix",
    "PayPal",
    "Venmo",
    "Cash App",
    "Coinbase",
    "Steam",
    "Twitch",
    "Reddit",
    "Airbnb",
    "Lyft",
    "DoorDash",
    "Walmart",
    "eBay",
    "Craigslist",
    "Yahoo",
    "OpenAI",
    "Bumble",
    "Hinge",
    "Zelle",
    "Chime",
    "Robinhood",
    "Grubhub",
    "Ticketmaster",
];

/// For how long a number is sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// For one code.
    ShortTerm,
    /// Rented for a day.
    Day,
    /// Rented for three days.
    ThreeDays,
    /// Rented for thirty days.
    Month,
}

impl Kind {
    const ALL: [Self; 4] = [Self::ShortTerm, Self::Day, Self::ThreeDays, Self::Month];

    /// How many days; none for one code.
    pub(crate) fn days(self) -> Option<u32> {
        match self {
            Self::ShortTerm => None,
            Self::Day => Some(1),
            Self::ThreeDays => Some(3),
            Self::Month => Some(30),
        }
    }

    /// As products and orders name it.
    pub(crate) fn word(self, dialect: Dialect) -> &'static str {
        match (self, dialect) {
            (Self::ShortTerm, _) => "short_term",
            (Self::Day, Dialect::Clients) => "1day",
            (Self::Day, Dialect::Typed) => "1-day",
            (Self::Day, Dialect::Sparse) => "1_day",
            (Self::ThreeDays, _) => "3days",
            (Self::Month, _) => "long_term",
        }
    }

    /// The kind that a request names.
    pub(crate) fn named(word: &str, dialect: Dialect) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word(dialect) == word)
    }

    /// The id of this kind's product for the first service, less one.
    fn first_id(self) -> u32 {
        match self {
            Self::ShortTerm => 100,
            Self::Day => 300,
            Self::ThreeDays => 500,
            Self::Month => 700,
        }
    }

    /// What it costs, in parts of what one code costs.
    fn times(self) -> i64 {
        match self {
            Self::ShortTerm => 1,
            Self::Day => 3,
            Self::ThreeDays => 5,
            Self::Month => 12,
        }
    }
}

/// A product as it is sold now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Product {
    pub(crate) id: u32,
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) network: u32,
    pub(crate) price: i64,
    pub(crate) stock: u32,
}

/// All products as they are sold now.
pub(crate) fn products(books: &Books) -> Vec<Product> {
    Kind::ALL
        .into_iter()
        .flat_map(|kind| (1..).zip(SERVICES).filter_map(move |(at, name)| product(books, kind, at, name)))
        .collect()
}

/// One product by its id.
pub(crate) fn find(books: &Books, id: u32) -> Option<Product> {
    let kind = Kind::ALL.into_iter().rfind(|kind| id > kind.first_id())?;
    let at = id - kind.first_id();
    let name = *SERVICES.get(usize::try_from(at).ok()?.checked_sub(1)?)?;
    product(books, kind, at, name)
}

fn product(books: &Books, kind: Kind, at: u32, name: &'static str) -> Option<Product> {
    let (seed, id) = (books.options.seed, kind.first_id() + at);
    // From 0.50 to 3.00 for one code, by the service; every sixth service is not for rent.
    let random = mix(seed, u64::from(at));
    let usual = i64::from(50 + below(random, 251)) * kind.times() * CENT;
    if kind != Kind::ShortTerm && at.is_multiple_of(6) {
        return None;
    }
    let placard = books.shelf.placard(UNITED_STATES, id).unwrap_or_default();
    let price = placard.price.unwrap_or(usual);
    // The level of all prices is that of one-time numbers.
    let price = if kind == Kind::ShortTerm { books.shelf.at_level(price) } else { price };
    let stock = placard.stock.or_else(|| books.shelf.lines(id)).unwrap_or(20 + below(random >> 16, 500));
    Some(Product { id, name, kind, network: 1 + below(random >> 32, 2), price, stock })
}
