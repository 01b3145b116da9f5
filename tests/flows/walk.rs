//! A walk from `/start` to the order in both languages, through the machine; the search; a card's question. And
//! worlds that differ in what is sold, for the tables.

use std::sync::Arc;

use engine::machine::{self, Input, Outcome, Turn};
use engine::registry::AnyEffect;
use engine::session::Session;
use engine::{Ctx, Face, Lang};
use shop::catalogue::{Catalogue, PriceList};
use shop::command::{Command, Refusal};
use shop::ledger::{self, Wallet};
use shop::order::{Number, Order, Received, State};
use shop::pool::{Message, PoolCountry, PoolOffer, PoolService, RentalOffer};
use shop::pricing::Margin;
use shop::settings::ServerSettings;
use shop::{CountryId, Days, Money, OrderId, Phone, QuoteId, ServerId, ServiceId, SupplierOrderId, UserId};

use flows::app::{Entry, Pick, Raqam, Refused};
use flows::env::{self, Credentials, Door, Env, EnvFacts, HistoryPage, Movement, ServerFacts, StatementPage, Visit};
use flows::inline::{Chat, inline};
use flows::purchase::sample_wish;
use flows::{AnyState, card, purchase};
use gallery::lints::{self, Look, Stands};

const NOW: i64 = 1_795_392_000;

fn catalogue(countries: &[(u32, &str, &str)], priced: &[u32]) -> Catalogue {
    let countries: Vec<_> = countries
        .iter()
        .map(|(id, iso2, name)| PoolCountry { id: CountryId(*id), name: (*name).to_owned(), iso2: (*iso2).to_owned() })
        .collect();
    let services = [(1, "1688"), (395, "Google/Gmail"), (817, "Not Listed"), (907, "Telegram"), (1012, "WhatsApp")];
    let services: Vec<_> = services.map(|(id, name)| PoolService { id: ServiceId(id), name: name.to_owned() }).into();
    let offers =
        [395, 817, 907, 1012].map(|id| PoolOffer { service: ServiceId(id), cost: Money::from_cents(24), pool: None });
    let list = Arc::new(PriceList::new(&offers, Margin::DEFAULT, NOW));
    let bare = Catalogue::new(&countries, &services);
    priced.iter().fold(bare, |catalogue, id| catalogue.with_prices(CountryId(*id), Arc::clone(&list)))
}

fn rented(catalogue: &Catalogue) -> Catalogue {
    let offer = |country| RentalOffer {
        product: 7,
        country: CountryId(country),
        costs: [(Days(7), Money::from_cents(300)), (Days(30), Money::from_cents(900))].into(),
        receives: shop::pool::Receives::Any,
        refund_within_s: Some(1_200),
        refund_min_days: Days(1),
    };
    catalogue.with_rentals(vec![offer(1)], Margin::DEFAULT, NOW)
}

fn worldwide() -> Catalogue {
    let all = [(1, "US", "United States"), (2, "GB", "United Kingdom"), (5, "LV", "Latvia"), (77, "TR", "Turkey")];
    rented(&catalogue(&all, &[1, 2]))
}

fn order(id: u64, state: State, messages: usize) -> Order {
    let number = Number {
        supplier_id: SupplierOrderId::parse(&format!("S{id}")).expect("an id"),
        phone: Phone::parse("12025550123").expect("a phone"),
        cost: Money::from_cents(24),
        pool: None,
        bought_at: NOW - 60,
        expires_at: NOW + 1_140,
    };
    let message = |index: usize| Received {
        message: Message {
            key: index.to_string(),
            text: format!("Code <b>48291{index}</b> https://x.example"),
            code: Some(format!("48291{index}")),
        },
        at: NOW - 5,
    };
    Order {
        id: OrderId(id),
        user: UserId(1),
        wish: sample_wish(),
        quote: QuoteId(id),
        parent: None,
        price: Money::from_cents(32),
        quoted_cost: Money::from_cents(24),
        state,
        created_at: NOW - 60,
        number: Some(number),
        messages: (0..messages).map(message).collect(),
        ended_at: None,
        checked_at: None,
        watched_until: None,
        resend_asked_at: None,
    }
}

fn facts(servers: Vec<(ServerId, Catalogue)>) -> EnvFacts {
    let server = |(id, catalogue)| ServerFacts {
        id,
        settings: ServerSettings::default(),
        credentials: Credentials::Present,
        catalogue: Arc::new(catalogue),
    };
    EnvFacts {
        name: "Sami".to_owned(),
        visit: Visit::First,
        wallet: Wallet { available: Money::from_cents(500), held: Money::from_cents(32) },
        open: vec![order(1, State::Active, 0)],
        order: None,
        history: Some(HistoryPage { orders: vec![order(2, State::Done, 1)], total: 31, anchor: Some(OrderId(2)) }),
        statement: Some(StatementPage {
            entries: vec![Movement {
                transaction: ledger::hold(UserId(1), OrderId(1), Money::from_cents(32), NOW),
                wish: Some(sample_wish()),
            }],
            total: 12,
            anchor: Some(9),
        }),
        last: Some(sample_wish()),
        recent_countries: vec![CountryId(2)],
        recent_services: vec![],
        servers: servers.into_iter().map(server).collect(),
        support_url: Some("https://t.me/support".to_owned()),
        support: env::Support::Answers,
        shop_open: Door::Selling,
    }
}

fn one_country() -> Catalogue {
    rented(&catalogue(&[(1, "US", "United States")], &[1]))
}

/// Two servers, one, prices not loaded, nothing loaded, nothing sold.
pub(crate) fn worlds() -> Vec<Env> {
    let two = || facts(vec![(ServerId::One, one_country()), (ServerId::Two, worldwide())]);
    let ended = order(1, State::Done, 1);
    vec![
        env::build(two()),
        env::build(EnvFacts { open: vec![], order: Some(ended), last: None, visit: Visit::Return, ..two() }),
        env::build(facts(vec![(ServerId::Two, worldwide())])),
        env::build(facts(vec![(
            ServerId::Two,
            catalogue(&[(1, "US", "United States"), (2, "GB", "United Kingdom")], &[]),
        )])),
        env::build(facts(vec![(ServerId::Two, Catalogue::new(&[], &[]))])),
        env::build(EnvFacts { shop_open: Door::Stopped, open: vec![], order: Some(order(1, State::Done, 1)), ..two() }),
    ]
}

fn cx(env: &Env, lang: Lang, fresh: u64) -> Ctx<'_, Env> {
    Ctx { lang, now: NOW, fresh, env }
}

struct Walker {
    session: Session,
    lang: Lang,
    env: Env,
    fresh: u64,
}

impl Walker {
    fn new(lang: Lang) -> Self {
        let servers = vec![(ServerId::One, one_country()), (ServerId::Two, worldwide())];
        Self {
            session: Session::default(),
            lang,
            env: env::build(EnvFacts { open: vec![], ..facts(servers) }),
            fresh: 100,
        }
    }

    /// The wallet holds so many cents now.
    fn has(&mut self, cents: i32) {
        let servers = vec![(ServerId::One, one_country()), (ServerId::Two, worldwide())];
        let wallet = Wallet { available: Money::from_cents(cents), held: Money::ZERO };
        self.env = env::build(EnvFacts { open: vec![], wallet, ..facts(servers) });
    }

    /// The quote's time is over.
    fn expire(&mut self) -> Outcome {
        let instance = self.session.frames.last().expect("a frame").instance;
        let timer = serde_json::to_value(purchase::Timer::QuoteExpired).expect("plain data");
        let input = Input::Timer { instance, timer };
        let turn = machine::handle::<Raqam>(&self.session, input, &cx(&self.env, self.lang, 0));
        self.session = turn.session;
        turn.outcome
    }

    /// What the screen says.
    fn shown(&self) -> String {
        machine::view::<Raqam>(&self.session, &cx(&self.env, self.lang, 0)).rendered.plain_text()
    }

    fn take(&mut self, input: Input<Raqam>) -> Turn<Raqam> {
        self.fresh += 1;
        let turn = machine::handle::<Raqam>(&self.session, input, &cx(&self.env, self.lang, self.fresh));
        assert_eq!(turn.outcome, Outcome::Stepped);
        self.session = turn.session.clone();
        turn
    }

    fn press(&mut self, label: &str) -> Turn<Raqam> {
        let view = machine::view::<Raqam>(&self.session, &cx(&self.env, self.lang, 0));
        let look = Look { name: label.to_owned(), lang: self.lang, rendered: &view.rendered, stands: Stands::Alone };
        assert_eq!(lints::check(&look), []);
        let bare = |text: &str| text.replace(['\u{200E}', '\u{200F}', '\u{2066}', '\u{2068}', '\u{2069}'], "");
        let found = view.rendered.rows.iter().flatten().find(|button| bare(&button.label) == label);
        let labels: Vec<_> = view.rendered.rows.iter().flatten().map(|button| bare(&button.label)).collect();
        let Some(Face::Callback(token)) = found.map(|button| button.face.clone()) else {
            panic!("{label} not in {labels:?}")
        };
        assert!(token.len() <= 64);
        self.take(Input::Token(token))
    }

    fn state(&self) -> AnyState {
        machine::states::<Raqam>(&self.session).pop().expect("a state")
    }
}

#[test]
fn a_person_walks_from_start_to_the_order_in_both_languages() {
    let english =
        ["🛒 Buy a number", "Server 2 🌍 All countries (4)", "🟢 Temporary", "💬 WhatsApp · $0.32", "✅ Buy for $0.32"];
    let arabic = ["🛒 شراء رقم", "سيرفر 2 🌍 كل الدول (4)", "🟢 مؤقت", "💬 واتساب · $0.32", "✅ شراء بسعر $0.32"];
    for (lang, [buy, server, kind, service, confirm]) in [(Lang::En, english), (Lang::Ar, arabic)] {
        let mut walker = Walker::new(lang);
        walker.take(Input::Start(Entry::Welcome));
        for label in [buy, server, kind] {
            walker.press(label);
        }
        walker.take(Input::Pick(Pick::Country("GB".to_owned())));
        let turn = walker.press(service);
        let quoted = turn.effects.iter().any(|(_, effect)| matches!(effect, AnyEffect::Do(Command::Quote { price, .. }) if *price == Money::from_cents(32)));
        assert!(quoted, "{:?}", turn.effects);
        let before = walker.session.clone();
        let turn = walker.press(confirm);
        let bought = turn.effects.iter().find_map(|(_, effect)| {
            let AnyEffect::Do(Command::Buy { quote, current }) = effect else { return None };
            Some((quote.order(), *current))
        });
        let (order, current) = bought.expect("a purchase");
        assert_eq!(current, Some(Money::from_cents(32)));
        assert_eq!(walker.state(), AnyState::Purchase(purchase::State::Waiting { order }));
        walker.session = before;
        walker.has(22);
        walker.take(Input::Refused(Refused(Refusal::NotEnough { missing: Money::from_cents(10) })));
        walker.press(if lang == Lang::En { "🔄 I have topped up" } else { "🔄 شحنت رصيدي" });
        walker.has(500);
        walker.press(if lang == Lang::En { "↩️ Back" } else { "↩️ رجوع" });
        walker.press(if lang == Lang::En { "🏠 Home" } else { "🏠 الرئيسية" });
        walker.press(if lang == Lang::En {
            "🔁 Again: WhatsApp 🇺🇸"
        } else {
            "🔁 تكرار: واتساب 🇺🇸"
        });
        assert!(matches!(walker.state(), AnyState::Purchase(purchase::State::Confirm(_))));
        walker.take(Input::Start(Entry::Numbers));
        walker.take(Input::Start(Entry::Order(OrderId(1))));
    }
}

/// The screen once said “This price has expired” after two minutes, in the middle of topping up.
#[test]
fn whoever_tops_up_still_reads_what_is_missing_when_the_price_is_too_old() {
    let mut walker = Walker::new(Lang::En);
    walker.has(10);
    walker.take(Input::Start(Entry::Again(sample_wish())));
    assert!(walker.shown().contains("Missing: $0.22"), "{}", walker.shown());
    for _ in 0..2 {
        walker.expire();
        assert!(walker.shown().contains("Missing: $0.22"), "{}", walker.shown());
    }
    walker.has(20);
    assert!(walker.shown().contains("Missing: $0.12"), "what is missing follows the wallet: {}", walker.shown());
    walker.has(100);
    assert!(walker.shown().contains("Price: $0.32"), "{}", walker.shown());
    walker.press("✅ Buy for $0.32");
    assert!(!walker.shown().contains("Buy for"), "{}", walker.shown());
}

#[test]
fn a_sold_out_service_is_offered_where_it_is_sold() {
    let mut walker = Walker::new(Lang::En);
    let elsewhere = shop::order::Wish { country: CountryId(77), iso2: "TR".to_owned(), ..sample_wish() };
    walker.take(Input::Start(Entry::Again(elsewhere)));
    let instance = walker.session.frames.last().expect("a frame").instance;
    let reply = flows::Reply::CostFailed { code: shop::ErrorCode::OutOfStock };
    walker.press("🔄 Show the price");
    walker.take(Input::Reply { instance, reply });
    assert!(walker.shown().contains("No numbers right now"), "{}", walker.shown());
    walker.press("🇬🇧 United Kingdom · $0.32");
    assert!(walker.shown().contains("Country: United Kingdom 🇬🇧"), "{}", walker.shown());
}

#[test]
fn a_server_that_stops_leads_to_the_other_one() {
    let mut walker = Walker::new(Lang::En);
    for label in ["🛒 Buy a number", "Server 1 🇺🇸 US only (1)", "🟢 Temporary"] {
        walker.press(label);
    }
    walker.env = env::build(facts(vec![(ServerId::Two, worldwide())]));
    assert!(walker.shown().contains("Server 1 is unavailable right now. Please use Server 2"), "{}", walker.shown());
    walker.press("🔀 Other server");
    assert!(walker.shown().contains("Choose a server"), "{}", walker.shown());
}

#[test]
fn the_inline_search_finds_loads_and_keeps_quiet_elsewhere() {
    let env = &worlds()[0];
    let ask = |query: &str, chat| inline(query, "garbage", chat, None, env, Lang::Ar);
    let page = ask("sp:turk", Chat::Private);
    assert_eq!(page.results.first().and_then(|hit| hit.token.as_deref()), Some("c_TR"));
    assert_eq!(ask("sp_svc:1:whats", Chat::Private).results[0].token.as_deref(), Some("s_1012"));
    let loading = ask("sp_svc:5:whats", Chat::Private);
    assert_eq!((loading.cache_s, loading.results.len(), loading.results[0].token.clone()), (0, 1, None));
    assert_eq!(ask("sp:qqqqqq", Chat::Private).results.len(), 1);
    assert!(ask("whats", Chat::Private).results.len() == 1 && ask("", Chat::Private).results.len() > 5);
    assert!(ask("sp:", Chat::Elsewhere).results.is_empty());
    let long = "ط".repeat(256);
    assert_eq!(ask(&long, Chat::Private).results.len(), 1);
}

#[test]
fn a_card_is_cancelled_once_and_only_after_a_question() {
    let order = order(3, State::Active, 0);
    let cx = card::CardCx { lang: Lang::En, now: NOW, wallet: Wallet::default(), support_url: None, elsewhere: &[] };
    assert_eq!(card::read_token(&card::token(OrderId(3), &card::Action::Yes)), Some((OrderId(3), "yes")));
    for hostile in ["", "o.", "o.3", "o.3.", "o.03.yes", "o.3.zz", "o.-3.yes", "o.3.yes.x"] {
        assert_eq!(card::read_token(hostile), None, "{hostile}");
    }
    let asked = card::press(&order, card::Ask::No, "yes", &cx);
    assert_eq!((asked.ask, asked.command), (card::Ask::Cancel, None));
    let answered = card::press(&order, card::Ask::Cancel, "yes", &cx);
    assert_eq!(answered.command, Some(Command::Cancel(OrderId(3))));
}

/// An old list once quoted prices of any age: the supplier refused them, again and again.
#[test]
fn a_price_older_than_five_minutes_is_asked_for() {
    let mut walker = Walker::new(Lang::En);
    walker.take(Input::Start(Entry::Again(sample_wish())));
    for (age, asks) in [(299, false), (300, true)] {
        let now = NOW + age;
        let quote = |session: &Session| {
            let view = machine::view::<Raqam>(session, &Ctx { now, ..cx(&walker.env, Lang::En, 0) });
            let buttons = view.rendered.rows.concat();
            let fresh = buttons.into_iter().find(|button| button.label.contains("Fresh price"));
            let Some(Face::Callback(token)) = fresh.map(|button| button.face) else { panic!("no such button") };
            token
        };
        let cx = |fresh| Ctx { now, ..cx(&walker.env, Lang::En, fresh) };
        let timer = purchase::Timer::QuoteExpired;
        let instance = walker.session.frames.last().expect("a frame").instance;
        let expired = Input::Timer { instance, timer: serde_json::to_value(timer).expect("a timer") };
        let expired = machine::handle::<Raqam>(&walker.session, expired, &cx(200)).session;
        let token = quote(&expired);
        let turn = machine::handle::<Raqam>(&expired, Input::Token(token), &cx(201));
        let asked = turn.effects.iter().any(|(_, effect)| matches!(effect, AnyEffect::Job(flows::Job::AskCost { .. })));
        assert_eq!(asked, asks, "{age}: {:?}", turn.effects);
        let again = purchase::again(&sample_wish(), &cx(202)).expect("its server is there");
        assert_eq!(again.1.is_none(), asks, "{age}: no price is quoted that may be an old one");
    }
}

/// A line was once rented out for services that it does not receive, where its list had not been asked for.
#[test]
fn a_line_is_asked_what_it_receives_before_it_is_sold() {
    let line = |receives| RentalOffer {
        product: 7,
        country: CountryId(1),
        costs: [(Days(7), Money::from_cents(300))].into(),
        receives,
        refund_within_s: None,
        refund_min_days: Days(0),
    };
    let all = catalogue(&[(1, "US", "United States"), (2, "GB", "United Kingdom")], &[]);
    let with = |receives| all.with_rentals(vec![line(receives)], Margin::DEFAULT, NOW);
    let mut walker = Walker::new(Lang::En);
    let env = |catalogue| env::build(EnvFacts { open: vec![], ..facts(vec![(ServerId::Two, catalogue)]) });
    walker.env = env(with(shop::pool::Receives::Unasked));
    walker.take(Input::Start(Entry::Buy));
    for label in ["📅 Rental", "7 days"] {
        walker.press(label);
    }
    let turn = walker.take(Input::Pick(Pick::Country("US".to_owned())));
    let product = shop::catalogue::Product::Rental(Days(7));
    let load = flows::Job::LoadOffers { server: ServerId::Two, country: CountryId(1), product };
    assert!(turn.effects.iter().any(|(_, effect)| *effect == AnyEffect::Job(load.clone())), "{:?}", turn.effects);
    let instance = turn.session.frames.last().expect("a frame").instance;
    let code = shop::ErrorCode::Unreachable;
    let failed = flows::Reply::LoadFailed { country: Some(CountryId(1)), code };
    walker.take(Input::Reply { instance, reply: failed });
    walker.press("🔄 Try again");
    walker.env = env(with(shop::pool::Receives::Only(vec![ServiceId(1012)])));
    walker.take(Input::Reply { instance, reply: flows::Reply::OffersLoaded { country: CountryId(1) } });
    walker.press("💬 WhatsApp · $3.90");
    assert!(matches!(walker.state(), AnyState::Purchase(purchase::State::Confirm(_))));
}
