//! Examples of every state, its sub-screens included, and of every event. They refer to country 1 (US) and 2 (GB), to 5
//! whose prices nobody fetched and 61 which sells nothing, and to services of server 2's list: 1012 (WhatsApp), 907
//! (Telegram), 817 (the one for whatever is not listed), 1 (sold nowhere). `server-off`, `shop-closed` and `…-loading` name
//! their world.

use engine::{Event, Fixture};
use shop::catalogue::Product;
use shop::command::Refusal;
use shop::order::Wish;
use shop::{CountryId, Days, ErrorCode, Money, OrderId, QuoteId, ServerId, ServiceId};

use super::Purchase;
use super::state::{
    Begin, CountrySearch, Draft, Kind, Load, Mode, News, ServiceSearch, Shelf, Shown, State, Stop, Timer,
};
use crate::app::{Pick, Refused, Reply};
use crate::settings;

const US: CountryId = CountryId(1);
const WHATSAPP: ServiceId = ServiceId(1012);
/// The same as server 1 numbers it.
const WHATSAPP_AT_ONE: ServiceId = ServiceId(31);

/// The wish to extend the rental of the examples, order 3.
#[must_use]
pub fn sample_extension() -> Wish {
    let product = Product::Rental(Days(30));
    Wish { product, rental_product: Some(6), extends: Some(OrderId(3)), ..sample_wish() }
}

/// A wish for a temporary WhatsApp number of the United States, from server 2.
#[must_use]
pub fn sample_wish() -> Wish {
    Wish {
        server: ServerId::Two,
        product: Product::Temporary,
        country: US,
        iso2: "US".to_owned(),
        service: WHATSAPP,
        service_name: "WhatsApp".to_owned(),
        rental_product: None,
        refund_within_s: None,
        extends: None,
    }
}

pub(super) fn fixtures(kind: Kind) -> Vec<Fixture<Purchase>> {
    match kind {
        Kind::ChooseType => begins(State::ChooseType),
        Kind::ChooseDuration => durations(),
        Kind::SearchCountry => countries(),
        Kind::SearchService => services(),
        Kind::Confirm => drafts(),
        Kind::Waiting => vec![
            Fixture::new("waiting", State::Waiting { order: OrderId(1) }),
            Fixture::new("progress", State::Waiting { order: OrderId(2) }),
            Fixture::new("starting", State::Waiting { order: OrderId(u64::MAX) }),
        ],
    }
}

fn begins(state: fn(Begin) -> State) -> Vec<Fixture<Purchase>> {
    let begin = |server, country, service| state(Begin { server, country, service });
    vec![
        Fixture::new("fresh", begin(ServerId::Two, None, None)),
        Fixture::new("country-saved", begin(ServerId::Two, Some(US), None)),
        Fixture::new("both-saved", begin(ServerId::Two, Some(US), Some(WHATSAPP))),
        Fixture::new("server-one", begin(ServerId::One, None, None)),
        Fixture::new("server-off", begin(ServerId::One, None, None)),
        Fixture::new("shop-closed", begin(ServerId::Two, None, None)),
    ]
}

fn durations() -> Vec<Fixture<Purchase>> {
    let loading = State::ChooseDuration(Begin { server: ServerId::Two, country: None, service: None });
    let mut all = begins(State::ChooseDuration);
    all.push(Fixture::new("rentals-loading", loading));
    all
}

fn countries() -> Vec<Fixture<Purchase>> {
    let search = |product, service, shown| {
        State::SearchCountry(CountrySearch { server: ServerId::Two, product, service, shown })
    };
    let week = Product::Rental(Days(7));
    vec![
        Fixture::new("quick", search(Product::Temporary, None, Shown::Quick)),
        Fixture::new("service-saved", search(Product::Temporary, Some(WHATSAPP), Shown::Quick)),
        Fixture::new("rental", search(week, None, Shown::Quick)),
        Fixture::new("list", search(Product::Temporary, None, Shown::List(0))),
        Fixture::new("last-page", search(Product::Temporary, None, Shown::List(u32::MAX))),
        Fixture::new("found", search(Product::Temporary, None, Shown::Found("united".to_owned()))),
        Fixture::new("nothing-found", search(Product::Temporary, None, Shown::Found("qqqqq <b>".to_owned()))),
        Fixture::new("lists-loading", search(Product::Temporary, None, Shown::Quick)),
        Fixture::new("unsold", search(Product::Rental(Days(2)), None, Shown::Quick)),
        Fixture::new("server-off", {
            let (server, product, shown) = (ServerId::One, Product::Temporary, Shown::Quick);
            State::SearchCountry(CountrySearch { server, product, service: None, shown })
        }),
    ]
}

fn services() -> Vec<Fixture<Purchase>> {
    let search = |server, country, product, service, shown, load| {
        State::SearchService(ServiceSearch { server, product, country, service, shown, load })
    };
    let two = |country, service, shown, load| search(ServerId::Two, country, Product::Temporary, service, shown, load);
    let unpriced = CountryId(5);
    vec![
        Fixture::new("quick", two(US, None, Shown::Quick, Load::Idle)),
        Fixture::new("found", two(US, None, Shown::Found("whats".to_owned()), Load::Idle)),
        Fixture::new("nothing-found", two(US, None, Shown::Found("qqqqq".to_owned()), Load::Idle)),
        Fixture::new("sold-out", two(US, Some(ServiceId(1)), Shown::Quick, Load::Idle)),
        Fixture::new("loading", two(unpriced, Some(WHATSAPP), Shown::Quick, Load::Asked)),
        Fixture::new("refreshing", two(US, Some(WHATSAPP), Shown::Quick, Load::Asked)),
        Fixture::new("idle", two(unpriced, None, Shown::Quick, Load::Idle)),
        Fixture::new("failed", two(unpriced, None, Shown::Quick, Load::Failed(ErrorCode::Unreachable))),
        Fixture::new("failed-by-us", two(unpriced, None, Shown::Quick, Load::Failed(ErrorCode::Unexpected))),
        Fixture::new("unsold", two(CountryId(61), None, Shown::Quick, Load::Idle)),
        Fixture::new("country-gone", two(CountryId(999), None, Shown::Quick, Load::Idle)),
        Fixture::new("server-off", search(ServerId::One, US, Product::Temporary, None, Shown::Quick, Load::Idle)),
        Fixture::new("rental", search(ServerId::Two, US, Product::Rental(Days(7)), None, Shown::Quick, Load::Idle)),
        Fixture::new("server-one", search(ServerId::One, US, Product::Temporary, None, Shown::Quick, Load::Idle)),
        Fixture::new(
            "server-one-rental",
            search(ServerId::One, US, Product::Rental(Days(30)), None, Shown::Quick, Load::Idle),
        ),
    ]
}

fn drafts() -> Vec<Fixture<Purchase>> {
    let draft = |mode| State::Confirm(Draft { wish: sample_wish(), mode });
    let quote = Shelf { id: QuoteId(7), cost: Money::from_cents(24), price: Money::from_cents(32) };
    let dear = Shelf { id: QuoteId(8), cost: Money::from_cents(90_000), price: Money::from_cents(117_000) };
    let news = |news| Mode::Offered { quote, news };
    let rental = |days: u16, refund_within_s| {
        let (cost, price) = (Money::from_cents(i32::from(days) * 50), Money::from_cents(i32::from(days) * 65));
        let mode = Mode::Offered { quote: Shelf { id: QuoteId(9), cost, price }, news: News::None };
        let product = Product::Rental(Days(days));
        let wish = Wish { product, rental_product: Some(6), refund_within_s, ..sample_wish() };
        State::Confirm(Draft { wish, mode })
    };
    let from_one = Wish { server: ServerId::One, ..sample_wish() };
    let mut all: Vec<_> =
        FAILURES.into_iter().map(|(name, code)| Fixture::new(name, draft(Mode::Failed(code)))).collect();
    all.extend([
        Fixture::new("offered", draft(news(News::None))),
        Fixture::new("price-changed", draft(news(News::Changed { old: Money::from_cents(30) }))),
        Fixture::new("price-renewed", draft(news(News::Renewed))),
        Fixture::new("expired", draft(Mode::Expired(quote))),
        Fixture::new("unpriced", draft(Mode::Unpriced)),
        Fixture::new("asking", draft(Mode::Asking)),
        Fixture::new("too-dear", draft(Mode::Offered { quote: dear, news: News::None })),
        Fixture::new("short-of-money", draft(Mode::Short { quote: dear })),
        Fixture::new("topped-up", draft(Mode::Short { quote })),
        Fixture::new("not-selling", draft(Mode::Stopped(Stop::NotSelling))),
        Fixture::new("too-many-open", draft(Mode::Stopped(Stop::TooManyOpen))),
        Fixture::new("shop-busy", draft(Mode::Stopped(Stop::ShopBusy))),
        Fixture::new("too-fast", draft(Mode::Stopped(Stop::TooFast))),
        Fixture::new("suspended", draft(Mode::Stopped(Stop::Suspended))),
        Fixture::new("rental-refundable", rental(30, Some(7_200))),
        Fixture::new("rental-not-refundable", rental(7, None)),
        Fixture::new("server-off", State::Confirm(Draft { wish: from_one.clone(), mode: news(News::None) })),
    ]);
    let at_one = |mode| State::Confirm(Draft { wish: Wish { service: WHATSAPP_AT_ONE, ..from_one.clone() }, mode });
    let extension = |mode| State::Confirm(Draft { wish: sample_extension(), mode });
    let month = Shelf { id: QuoteId(9), cost: Money::from_cents(1_500), price: Money::from_cents(1_950) };
    let of_gone = Wish { extends: Some(OrderId(999)), ..sample_extension() };
    all.extend([
        Fixture::new("extension", extension(Mode::Offered { quote: month, news: News::None })),
        Fixture::new("extension-unpriced", extension(Mode::Unpriced)),
        Fixture::new("extension-failed", extension(Mode::Failed(ErrorCode::Unreachable))),
        Fixture::new("extension-never", extension(Mode::Failed(ErrorCode::Unavailable))),
        Fixture::new("being-extended", extension(Mode::Stopped(Stop::BeingExtended))),
        Fixture::new("not-extendable", extension(Mode::Stopped(Stop::NotExtendable))),
        Fixture::new(
            "extension-of-none",
            State::Confirm(Draft { wish: of_gone, mode: Mode::Offered { quote: month, news: News::None } }),
        ),
    ]);
    all.extend([
        Fixture::new("server-paused", at_one(news(News::None))),
        Fixture::new("all-paused", at_one(Mode::Stopped(Stop::NotSelling))),
    ]);
    all
}

const FAILURES: [(&str, ErrorCode); 8] = [
    ("no-balance", ErrorCode::BalanceTooLow),
    ("sold-out", ErrorCode::OutOfStock),
    ("unreachable", ErrorCode::Unreachable),
    ("rejected", ErrorCode::Rejected),
    ("timed-out", ErrorCode::TimedOut),
    ("rate-limited", ErrorCode::RateLimited),
    ("failed-by-us", ErrorCode::Unexpected),
    ("withdrawn", ErrorCode::Unavailable),
];

pub(super) fn probes() -> Vec<Event<Purchase>> {
    let mut probes = settings::probes();
    probes.extend([
        Event::Press(super::Action::Country(1)),
        Event::Press(super::Action::Country(2)),
        Event::Press(super::Action::Service(1012)),
        Event::Press(super::Action::Days(7)),
        Event::Press(super::Action::Server(1)),
        Event::Press(super::Action::Server(2)),
        Event::Pick(Pick::Country("US".to_owned())),
        Event::Pick(Pick::Country("LV".to_owned())),
        Event::Pick(Pick::Service(ServiceId(907))),
        Event::Pick(Pick::Service(ServiceId(1))),
        Event::Text(" \u{200F} ".to_owned()),
        Event::Timer(Timer::QuoteExpired),
        Event::Reply(Reply::OffersLoaded { country: US }),
        Event::Reply(Reply::OffersLoaded { country: CountryId(5) }),
        Event::Reply(Reply::LoadFailed { country: None, code: ErrorCode::TimedOut }),
        Event::Reply(Reply::Cost { cost: Money::from_cents(24) }),
        Event::Reply(Reply::CostFailed { code: ErrorCode::OutOfStock }),
    ]);
    probes.extend(refusals().into_iter().map(|refusal| Event::Refused(Refused(refusal))));
    probes
}

fn refusals() -> Vec<Refusal> {
    vec![
        Refusal::NotEnough { missing: Money::from_cents(12) },
        Refusal::QuoteExpired,
        Refusal::QuoteUsed(OrderId(1)),
        Refusal::PriceChanged { now: Money::from_cents(35) },
        Refusal::NotSelling,
        Refusal::TooManyOpen,
        Refusal::ShopBusy,
        Refusal::TooFast,
        Refusal::Suspended,
        Refusal::UnknownOrder,
        Refusal::TooLate,
        Refusal::BeingExtended,
        Refusal::NoCodeYet,
        Refusal::JustChecked { seconds_ago: 2 },
        Refusal::BelowZero { available: Money::ZERO },
        Refusal::NonceUsed,
    ]
}
