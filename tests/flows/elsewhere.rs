//! What cannot be had here is offered elsewhere, with its price; a press leads to that place's question and buys nothing.

use engine::Lang;
use flows::card::{self, Action};
use flows::env::{self, Needs};
use flows::purchase::{self, Elsewhere, Kind, Lack, sample_wish};
use flows::{AnyState, Env};
use gallery::scenes::{Moment, World};
use gallery::{Person, Scene};
use shop::catalogue::Product;
use shop::order::Wish;
use shop::{Days, ErrorCode, Money, OrderId, ServerId, ServiceId};

fn in_world(world: World) -> Env {
    Moment::of(Scene::Usual, world).env(&Needs::default())
}

/// What other servers are offered for a wish in a world.
fn servers(lack: Lack, wish: &Wish, env: &Env) -> Vec<Elsewhere> {
    let places = purchase::elsewhere(lack, wish, env.servers(), Lang::En);
    places.into_iter().filter(|place| !matches!(place, Elsewhere::Country { .. })).collect()
}

fn at(server: ServerId, cents: i32) -> Vec<Elsewhere> {
    vec![Elsewhere::Server { server, price: Money::from_cents(cents) }]
}

#[test]
fn another_server_is_offered_where_it_sells_the_same_at_a_known_price() {
    let env = in_world(World::Whole);
    let check = |wish: Wish, expected: Vec<Elsewhere>| {
        assert_eq!(servers(Lack::SoldOut, &wish, &env), expected, "{wish:?}");
    };
    let wish =
        |service: u32, name: &str| Wish { service: ServiceId(service), service_name: name.to_owned(), ..sample_wish() };
    check(wish(1012, "WhatsApp"), at(ServerId::One, 72));
    check(wish(0, " whatsAPP "), at(ServerId::One, 72));
    // Each supplier has its own spelling of a brand.
    check(wish(395, "Google/Gmail"), at(ServerId::One, 56));
    check(wish(1004, "Weee!"), vec![]);
    let venmo = Wish { server: ServerId::One, ..wish(29, "Venmo") };
    check(venmo, vec![]);
    check(wish(0, " venmo "), at(ServerId::One, 56));
    check(Wish { iso2: "GB".to_owned(), ..sample_wish() }, vec![]);
    let rental = |days| Wish { product: Product::Rental(Days(days)), ..sample_wish() };
    check(rental(30), at(ServerId::One, 1_768));
    check(rental(7), vec![]);
    let from_one = Wish { server: ServerId::One, service: ServiceId(31), ..sample_wish() };
    check(from_one, at(ServerId::Two, 32));
}

#[test]
fn a_server_that_is_off_or_paused_is_not_offered_and_one_without_a_price_is_named_without_one() {
    for (world, sold_out, down) in [
        (World::ServerOneOff, vec![], vec![]),
        (World::ServerOnePaused, vec![], vec![]),
        (World::AllPaused, vec![], vec![]),
        (World::ShopClosed, vec![], vec![]),
        (World::PricesLoading, vec![Elsewhere::OtherServer], vec![Elsewhere::OtherServer]),
        (World::ListsLoading, vec![Elsewhere::OtherServer], vec![Elsewhere::OtherServer]),
    ] {
        let env = in_world(world);
        assert_eq!(servers(Lack::SoldOut, &sample_wish(), &env), sold_out, "{world:?}");
        assert_eq!(servers(Lack::ServerDown, &sample_wish(), &env), down, "{world:?}");
    }
    // Nobody else sells it, and yet another server is up.
    let elsewhere = Wish { iso2: "GB".to_owned(), ..sample_wish() };
    assert_eq!(servers(Lack::ServerDown, &elsewhere, &in_world(World::Whole)), [Elsewhere::OtherServer]);
}

#[test]
fn only_what_is_the_server_s_fault_is_offered_at_another_one() {
    let lack = |code| Lack::of_code(code);
    for code in [ErrorCode::Rejected, ErrorCode::OrderNotFound, ErrorCode::MessageNotFetched, ErrorCode::Unexpected] {
        assert_eq!(lack(code), None, "{code}");
    }
    for code in ["0x0000", "0x0002", "0x0004", "0x0005", "0x0006", "0x000A"] {
        let code = <ErrorCode as strum::IntoEnumIterator>::iter().find(|known| known.to_string() == code);
        assert_eq!(code.and_then(lack), Some(Lack::ServerDown), "{code:?}");
    }
    assert_eq!(lack(ErrorCode::OutOfStock), Some(Lack::SoldOut));
}

#[test]
fn the_prices_of_other_servers_are_wanted_while_the_question_is_shown() {
    let fixture = purchase_example("offered");
    let needs = env::needs(&[AnyState::Purchase(fixture)]);
    let wanted = |world| {
        let facts = Moment::of(Scene::Usual, world).servers();
        needs.markets(&facts).into_iter().map(|place| (place.server, place.country.0)).collect::<Vec<_>>()
    };
    assert_eq!(wanted(World::Whole), [(ServerId::Two, 1), (ServerId::One, 1)]);
    assert_eq!(wanted(World::ServerOneOff), [(ServerId::Two, 1)]);
    assert_eq!(wanted(World::ServerOnePaused), [(ServerId::Two, 1)]);
}

fn purchase_example(name: &str) -> purchase::State {
    let fixtures = <purchase::Purchase as engine::Flow>::fixtures(Kind::Confirm);
    fixtures.into_iter().find(|fixture| fixture.name == name).expect("such an example").state
}

#[test]
fn a_press_on_another_server_leads_to_its_own_question() {
    let mut person = Person::at("buy.Confirm.sold-out");
    person.press("Server 1 🇺🇸 · $0.72").sees_state(Kind::Confirm).sees("Price: $0.72").sees("Country: United States");
    person.press("Buy for $0.72").sees_state(Kind::Waiting);
    let mut person = Person::at("buy.Confirm.server-paused");
    person.press("Server 2 🌍 · $0.32").sees("Price: $0.32").sees_button("Buy for $0.32");
}

#[test]
fn a_card_offers_another_server_and_buys_nothing_by_itself() {
    let mut person = Person::at("buy.Confirm.offered");
    person.press("Buy for $0.32").gets_none(ErrorCode::BalanceTooLow).sees("Temporarily unavailable");
    person.press("Server 1 🇺🇸 · $0.72").sees_state(Kind::Confirm).sees("Price: $0.72").sees_button("Buy for $0.72");
}

#[test]
fn without_a_price_the_choice_of_the_server_opens_with_what_was_chosen() {
    let mut person = Person::at("buy.Confirm.unreachable");
    person.finds(World::PricesLoading).press("Other server").sees("Choose a server");
    person.sees("United States · WhatsApp").press("Server 1").sees("WhatsApp").sees("What kind of number?");
    let mut person = Person::at("buy.Confirm.offered");
    person.press("Buy for $0.32").gets_none(ErrorCode::Unreachable).finds(World::PricesLoading);
    person.press("Other server").sees("Choose a server").sees("United States · WhatsApp");
}

/// Cards live for months: the buttons of every version that was released mean what they meant.
#[test]
fn buttons_of_released_cards_are_still_read() {
    for (code, action) in [
        ("check", Action::Check),
        ("resend", Action::Resend),
        ("cancel", Action::Cancel),
        ("keep", Action::Keep),
        ("yes", Action::Yes),
        ("another", Action::Another),
        ("home", Action::Home),
        ("again", Action::Again),
        ("country", Action::Country),
        ("at-e2q", Action::At(u16::from_be_bytes(*b"GB"))),
        ("service", Action::Service),
        ("refresh", Action::Refresh),
        ("messages", Action::Messages),
        ("numbers", Action::Numbers),
        ("ticket-c", Action::Ticket(12)),
        ("on-1", Action::On(1)),
        ("server", Action::OtherServer),
        ("wake", Action::Wake),
    ] {
        let token = format!("o.2u.{code}");
        assert_eq!(card::read_token(&token), Some((OrderId(102), code)), "{code}");
        assert_eq!(card::token(OrderId(102), &action), token);
    }
}
