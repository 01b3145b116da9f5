//! Journeys of one person through the whole conversation, told a line a turn.

use std::time::Instant;

use engine::{Effect, Event, Flow as _, Lang, Step};
use flows::card::Extending;
use flows::purchase::{self, Action, Kind, Purchase};
use flows::{AnyState, Job, Reply, env};
use gallery::scenes::World;
use gallery::{LANGS, Person, Scene, context, server};
use shop::catalogue::{Catalogue, Product};
use shop::command::Refusal;
use shop::order::{Order, State as OrderState, Wish};
use shop::pool::{Extendable, PoolCountry, PoolService, Receives, RentalOffer};
use shop::pricing::Margin;
use shop::{CountryId, Days, ErrorCode, Money, ServerId, ServiceId};

#[test]
fn a_number_is_bought_and_its_code_arrives_in_english() {
    Person::new(Lang::En)
        .start("/start")
        .press("Buy a number")
        .press("Server 2")
        .press("Temporary")
        .picks("Turkey")
        .press("WhatsApp")
        .sees("Price: $1.08")
        .press("Buy for $1.08")
        .sees_state(Kind::Waiting)
        .gets("+905551234567")
        .copies("+905551234567")
        .receives("482913")
        .sees("code received")
        .hears("482913");
}

#[test]
fn a_number_is_bought_and_its_code_arrives_in_arabic() {
    Person::new(Lang::Ar)
        .start("/start")
        .press("شراء رقم")
        .press("سيرفر 2")
        .press("مؤقت")
        .picks("تركيا")
        .press("واتساب")
        .sees("$1.08")
        .press("شراء بسعر $1.08")
        .sees_state(Kind::Waiting)
        .gets("+905551234567")
        .copies("+905551234567")
        .receives("482913")
        .sees("وصل الكود")
        .hears("482913");
}

/// What a thousand journeys take is printed, not judged: another machine is another clock.
#[test]
fn a_thousand_journeys_in_both_languages() {
    let begun = Instant::now();
    for turn in 0..1_000 {
        let lang = LANGS[turn % LANGS.len()];
        let labels = match lang {
            Lang::En => ["Buy a number", "Server 2", "Temporary", "WhatsApp", "Buy for"],
            Lang::Ar => ["شراء رقم", "سيرفر 2", "مؤقت", "واتساب", "شراء بسعر"],
        };
        let [buy, two, temporary, service, confirm] = labels;
        let mut person = Person::new(lang);
        person.start("/start").press(buy).press(two).press(temporary).picks("TR").press(service).press(confirm);
        person.sees_state(Kind::Waiting);
    }
    println!("1,000 journeys of six screens: {:.2} s", begun.elapsed().as_secs_f64());
}

#[test]
fn whoever_has_too_little_tops_up_and_goes_on() {
    Person::new(Lang::En)
        .has(22)
        .start("/buy")
        .press("Server 2")
        .press("Temporary")
        .press("United States")
        .press("WhatsApp")
        .sees("Missing: $0.10")
        .press("I have topped up")
        .sees("Missing: $0.10")
        .is_credited(500)
        .hears("$5.00")
        .press("Buy for $0.32")
        .sees_state(Kind::Waiting)
        .start("/numbers")
        .sees("WhatsApp")
        .start("/menu")
        .press("Again: WhatsApp")
        .sees_state(Kind::Confirm);
}

/// The screen once said “This price has expired” after two minutes, in the middle of topping up.
#[test]
fn whoever_tops_up_still_reads_what_is_missing_when_the_price_is_too_old() {
    let mut person = Person::at("buy.Confirm.offered");
    person.press("Other service").press("WhatsApp").has(10).waits().sees("Missing: $0.22");
    person.has(20).sees("Missing: $0.12").has(100).sees("Price: $0.32");
    person.press("Buy for $0.32").sees_no("Buy for").sees_state(Kind::Waiting);
}

#[test]
fn the_books_refusal_is_told_and_nothing_is_bought() {
    let mut person = Person::at("buy.Confirm.offered");
    person.refuse(Refusal::TooFast).press("Buy").sees_state(Kind::Confirm).sees_button("Try again");
    person.press("Try again").press("Buy").sees_state(Kind::Waiting);
}

#[test]
fn what_sells_out_at_the_press_is_told_so_and_is_free() {
    let mut person = Person::at("buy.Confirm.offered");
    person
        .press("Buy for $0.32")
        .gets_none(ErrorCode::OutOfStock)
        .sees("No numbers right now")
        .sees_button("Try again");
}

#[test]
fn a_number_is_cancelled_once_and_only_after_a_question() {
    let mut person = Person::at("buy.Confirm.offered");
    person.press("Buy for $0.32").gets("+12025550123").press("Cancel").sees_button("Keep");
    person.press("Keep").sees("+12025550123").press("Cancel").press("Yes").sees_no("Keep");
}

#[test]
fn a_sold_out_service_is_offered_where_it_is_sold() {
    Person::at("buy.Confirm.sold-out").sees("No numbers right now").press("United Kingdom").sees("United Kingdom 🇬🇧");
}

#[test]
fn a_server_that_stops_leads_to_the_other_one() {
    Person::new(Lang::En)
        .start("/buy")
        .press("Server 1")
        .press("Temporary")
        .finds(World::ServerOneOff)
        .sees("Server 1 is unavailable right now. Please use Server 2")
        .press("Other server")
        .sees("Choose a server");
}

#[test]
fn a_paused_server_lets_one_look_around_and_sells_when_the_pause_is_over() {
    let mut person = Person::new(Lang::En);
    person.finds(World::ServerOnePaused).start("/buy").press("Server 1").sees("Choose a server");
    person.toasts("Server 1 is unavailable right now. Please use Server 2 or try again later.");
    person
        .finds(World::AllPaused)
        .press("Server 1")
        .toasts("Server 1 is unavailable right now. Please try again later.");
    person.finds(World::Whole).press("Server 1").press("Temporary").finds(World::ServerOnePaused).press("Telegram");
    person.sees("Server 1 is unavailable right now. You were not charged.").sees_no("Buy for");
    person.press("Try again").toasts("Server 1 is unavailable right now").sees_no("Buy for");
    person.finds(World::Whole).press("Try again").press("Buy for $0.56").sees_state(Kind::Waiting);
}

#[test]
fn the_only_server_s_pause_is_told_and_its_end_leads_in() {
    let mut person = Person::new(Lang::Ar);
    person.finds(World::OnlyServerPaused).start("/menu").press("شراء رقم").sees("سيرفر 2 غير متاح الآن. حاول لاحقًا.");
    person.press("إعادة المحاولة").toasts("سيرفر 2 غير متاح الآن").sees("أرقامك ورصيدك في أمان.");
    // The button is that of the choice: it leads in as soon as the server sells.
    person.finds(World::ServerOneOff).press("سيرفر 2").sees("أي نوع من الأرقام تريد؟");
}

/// One country only: nobody is asked for it. Each service has lines of its own, and so have the days.
#[test]
fn a_rental_of_the_one_country_server_takes_days_and_a_service() {
    let mut person = Person::new(Lang::En);
    person
        .has(5_000)
        .start("/buy")
        .press("Server 1 🇺🇸 US only (1)")
        .press("Rental")
        .sees("How long?")
        .sees_no("7 days");
    person.press("1 day").sees_state(Kind::SearchService).sees("🇺🇸 United States").sees_no("not listed");
    person.types("venm").press("Venmo · $2.60").sees("Type: Rental · 1 day").sees("Price: $2.60");
    person.sees_no("Other country").press("Buy for $2.60").sees_state(Kind::Waiting);
    let mut person = Person::new(Lang::Ar);
    person.has(5_000).start("/buy").press("سيرفر 1").press("إيجار").press("30 يومًا").picks("واتساب");
    person.sees("النوع: إيجار · 30 يومًا").sees("السعر: $17.68").press("شراء بسعر $17.68").sees_state(Kind::Waiting);
}

/// The screen offers no such button then; one that comes through all the same orders nothing of the books.
#[test]
fn a_buy_press_at_a_paused_server_orders_nothing() {
    for (example, orders) in [("offered", true), ("server-paused", false)] {
        let fixture = Purchase::fixtures(Kind::Confirm).into_iter().find(|fixture| fixture.name == example);
        let state = fixture.expect("such an example").state;
        let env = Scene::Usual.env_of(example, &AnyState::Purchase(state.clone()));
        let step = Purchase::update(state, Event::Press(Action::Buy), &context(&env, Lang::En));
        let Step::Go(_, effects) = step else { panic!("{example}: {step:?}") };
        assert_eq!(effects.iter().any(|effect| matches!(effect, Effect::Do(_))), orders, "{example}: {effects:?}");
    }
}

/// An old list once quoted prices of any age: the supplier refused them, again and again.
#[test]
fn a_price_older_than_five_minutes_is_asked_for() {
    // The list of every world was fetched a minute ago.
    for (age, asks) in [(239, false), (240, true)] {
        let mut person = Person::at("buy.Confirm.expired");
        person.passes(age).press("Fresh price");
        assert_eq!(person.asked().any(|job| matches!(job, Job::AskCost { .. })), asks, "{age}: {}", person.screen());
        if asks {
            person.answers(Reply::Cost { cost: Money::from_cents(40) }).sees("$0.52");
        }
    }
}

/// A line was once rented out for services that it does not receive, where its list had not been asked for.
#[test]
fn a_line_is_asked_what_it_receives_before_it_is_sold() {
    let stock = |receives| vec![server(ServerId::Two, one_line(receives))];
    let (product, code) = (Product::Rental(Days(7)), ErrorCode::Unreachable);
    let load = Job::LoadOffers { server: ServerId::Two, country: CountryId(1), product };
    let mut person = Person::new(Lang::En);
    person.sold_by(stock(Receives::Unasked)).start("/buy").press("Rental").press("7 days").picks("United States");
    assert_eq!(person.asked().collect::<Vec<_>>(), [&load]);
    person.answers(Reply::LoadFailed { country: Some(CountryId(1)), code }).press("Try again");
    assert_eq!(person.asked().collect::<Vec<_>>(), [&load]);
    person.sold_by(stock(Receives::Only(vec![ServiceId(1012)])));
    person.answers(Reply::OffersLoaded { country: CountryId(1) });
    person.press("WhatsApp · $3.90").sees_state(Kind::Confirm).sees_no("Telegram");
}

/// A rental's own line has its price, whatever else is cheaper; a line that is sold once only is not extended.
#[test]
fn a_rental_is_extended_at_the_price_of_its_own_line() {
    let rental = |product| {
        let order = Scene::Usual.order(3, OrderState::Done);
        let week = Product::Rental(Days(7));
        Order { wish: Wish { product: week, rental_product: Some(product), ..order.wish.clone() }, ..order }
    };
    let line = |extendable, product, cents| RentalOffer {
        product,
        costs: [(Days(7), Money::from_cents(cents))].into(),
        extendable,
        ..rented(Receives::Any)
    };
    let of = |extendable, product| {
        let lines = vec![line(extendable, 6, 300), line(extendable, 7, 200)];
        let catalogue = one_line(Receives::Any).with_rentals(lines, Margin::DEFAULT, gallery::scenes::NOW);
        let servers = env::offered(vec![server(ServerId::Two, catalogue)], env::Door::Selling);
        purchase::extending(&rental(product), &servers)
    };
    assert_eq!(of(Extendable::Perhaps, 6), Extending::At(Money::from_cents(390)));
    assert_eq!(of(Extendable::Perhaps, 7), Extending::At(Money::from_cents(260)));
    assert_eq!(of(Extendable::Perhaps, 8), Extending::Unpriced);
    assert_eq!(of(Extendable::Never, 6), Extending::No);
    assert_eq!(purchase::extending(&rental(6), &[]), Extending::No, "its server is not offered");
}

/// Two countries, and one line of the first to rent for a week.
fn one_line(receives: Receives) -> Catalogue {
    let country = |(id, iso2, name): (u32, &str, &str)| PoolCountry {
        id: CountryId(id),
        iso2: iso2.to_owned(),
        name: name.to_owned(),
    };
    let service = |(id, name): (u32, &str)| PoolService { id: ServiceId(id), name: name.to_owned() };
    let countries = [(1, "US", "United States"), (2, "GB", "United Kingdom")].map(country);
    let services = [(907, "Telegram"), (1012, "WhatsApp")].map(service);
    Catalogue::new(&countries, &services).with_rentals(vec![rented(receives)], Margin::DEFAULT, gallery::scenes::NOW)
}

fn rented(receives: Receives) -> RentalOffer {
    RentalOffer {
        product: 7,
        country: CountryId(1),
        costs: [(Days(7), Money::from_cents(300))].into(),
        receives,
        refund_within_s: None,
        refund_min_days: Days(0),
        extendable: Extendable::Perhaps,
    }
}

#[test]
fn what_fails_shows_the_screen_and_the_last_steps() {
    let failing = || {
        Person::new(Lang::Ar).start("/start").press("شراء رقم").press("لا زر كهذا");
    };
    let said = std::panic::catch_unwind(failing).expect_err("there is no such button");
    let said = said.downcast_ref::<String>().expect("it says why").clone();
    for part in ["no button says “لا زر كهذا”", "[ سيرفر 1 🇺🇸 أمريكا فقط (1) ]", "after: /start, then presses شراء رقم"]
    {
        assert!(said.contains(part), "{part:?} is missing:\n{said}");
    }
    let said = std::panic::catch_unwind(|| Person::at("buy.Confirm.ofered")).expect_err("there is no such example");
    let said = said.downcast_ref::<String>().expect("it says why").clone();
    assert!(said.contains("nearest: buy.Confirm.offered"), "{said}");
}
