//! What stands outside the flows, by the same rules: cards in every state, messages with sound, notices, searches, the
//! profile.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use engine::{Lang, direction};
use flows::card::{self, Ask, CardCx};
use flows::purchase::{self, Elsewhere};
use flows::words::{self, Notice};
use flows::{inline, note};
use shop::catalogue::{Catalogue, Product};
use shop::command::{Note, Refusal};
use shop::order::{CloseReason, Number, Order, RefundReason, State};
use shop::pool::{PoolCountry, PoolService};
use shop::{CountryId, ErrorCode, Money, OrderId, ServiceId};
use strum::IntoEnumIterator as _;

use gallery::scenes::NOW;
use gallery::shown::show;
use gallery::{LANGS, SCENES, Scene};

use crate::lints;
use crate::screens::take;

/// Orders in every state and at every moment that has a screen of its own, with a word for each.
fn orders(scene: Scene) -> Vec<(String, Order, Ask)> {
    let closing = |reason| State::Closing { reason, deadline: NOW + 500, next_try: NOW + 10 };
    let just_made = Order { created_at: NOW - 2, ..scene.order(2, State::Reserved) };
    let buying = |state: State| Order { state, ..just_made.clone() };
    let (active, fresh_rental) = (scene.order(1, State::Active), scene.order(3, State::Active));
    let child = Order { parent: Some(OrderId(1)), price: Money::ZERO, ..active.clone() };
    let refundable = with_life(&fresh_rental, 30 * 86_400 - 600);
    let refunded = |reason| scene.order(102, State::Refunded(reason));
    let mut all: Vec<(&str, Order, Ask)> = vec![
        ("reserved", just_made.clone(), Ask::No),
        ("buying", buying(State::Buying { boot: 1, sent_at: NOW - 1 }), Ask::No),
        ("still_trying", Order { created_at: NOW - 9, ..just_made.clone() }, Ask::No),
        ("ambiguous", scene.order(4, State::Ambiguous { sent_at: NOW - 60, clean_misses: 1 }), Ask::No),
        ("active", active.clone(), Ask::No),
        ("hurry", with_life(&active, 90), Ask::No),
        ("asking", active.clone(), Ask::Cancel),
        ("waiting_more", child.clone(), Ask::No),
        ("asking_free", child.clone(), Ask::Cancel),
        ("active_rental", fresh_rental.clone(), Ask::No),
        ("refundable_rental", refundable.clone(), Ask::No),
        ("asking_rental", refundable, Ask::Cancel),
        ("cancelling", Order { state: closing(CloseReason::Cancel), ..active.clone() }, Ask::No),
        ("cancelling_free", Order { state: closing(CloseReason::Cancel), ..child.clone() }, Ask::No),
        ("ending", Order { state: closing(CloseReason::Expiry), ..active }, Ask::No),
        ("ending_free", Order { state: closing(CloseReason::Expiry), ..child.clone() }, Ask::No),
        ("done", scene.order(1, State::Done), Ask::No),
        ("done_rental", scene.order(3, State::Done), Ask::No),
        ("rental_ended", scene.order(106, State::Done), Ask::No),
        ("code_after_refund", scene.order(107, State::Refunded(RefundReason::Expired)), Ask::No),
        ("price_changed", refunded(RefundReason::PriceChanged), Ask::No),
        ("not_started", refunded(RefundReason::NotStarted), Ask::No),
        ("not_bought", refunded(RefundReason::NotBought), Ask::No),
        ("unknown", refunded(RefundReason::Unknown), Ask::No),
        ("cancelled", refunded(RefundReason::Cancelled), Ask::No),
        ("cancelled_early", Order { number: None, ..refunded(RefundReason::Cancelled) }, Ask::No),
        ("cancelled_free", Order { state: State::Refunded(RefundReason::Cancelled), ..child }, Ask::No),
        ("expired", to_its_end(&refunded(RefundReason::Expired)), Ask::No),
        ("withdrawn", refunded(RefundReason::Expired), Ask::No),
    ];
    let longest = Order { id: OrderId(u64::MAX), ..scene.order(1, State::Active) };
    all.push(("longest_number", longest, Ask::No));
    let mut all: Vec<_> = all.into_iter().map(|(name, order, ask)| (name.to_owned(), order, ask)).collect();
    all.extend(
        ErrorCode::iter().map(|code| (format!("refused_{code}"), refunded(RefundReason::Refused(code)), Ask::No)),
    );
    all
}

/// The order as one that nobody ended before its time.
fn to_its_end(order: &Order) -> Order {
    let number = order.number.clone();
    let number = number.map(|number| Number { expires_at: order.ended_at.unwrap_or(number.expires_at), ..number });
    Order { number, ..order.clone() }
}

/// The order with so many seconds left.
fn with_life(order: &Order, left_s: i64) -> Order {
    let number = order.number.clone().map(|number| Number { expires_at: NOW + left_s, ..number });
    Order { number, ..order.clone() }
}

/// Where else something sold out is for sale.
static ELSEWHERE: LazyLock<Vec<Elsewhere>> = LazyLock::new(|| {
    let env = Scene::Usual.env();
    let server = env.main_server().expect("a server");
    purchase::elsewhere(&Scene::Usual.wish(Product::Temporary), server.catalogue(), Lang::En)
});

fn cx(scene: Scene, lang: Lang) -> CardCx<'static> {
    let usual = scene != Scene::Empty;
    let support_url = usual.then_some("https://t.me/raqam_support");
    let elsewhere = if usual { ELSEWHERE.as_slice() } else { &[] };
    CardCx { lang, now: NOW, wallet: scene.wallet(), support_url, elsewhere }
}

#[test]
fn cards_in_every_state() {
    for scene in SCENES {
        for (name, order, ask) in orders(scene) {
            for lang in LANGS {
                let rendered = card::render(&order, ask, &cx(scene, lang));
                let name = format!("card.{name}.{}.{}", scene.name(), lang.code());
                lints::check(&name, &rendered, lang);
                lints::unique(&name, &rendered);
                take(&name, &show(&rendered));
            }
        }
    }
}

#[test]
fn every_button_of_every_card_answers_in_every_state() {
    for (name, order, ask) in orders(Scene::Usual) {
        for action in <card::Action as engine::Action>::examples() {
            let code = engine::Action::encode(&action);
            let step = card::press(&order, ask, &code, &cx(Scene::Usual, Lang::En));
            let leads_somewhere =
                step.command.is_some() || step.entry.is_some() || step.popup.is_some() || step.ask != ask;
            let asked_again = ask == Ask::Cancel && matches!(action, card::Action::Cancel);
            let shows_itself = asked_again || matches!(action, card::Action::Refresh | card::Action::Keep);
            assert!(leads_somewhere || shows_itself, "{name} {code}");
        }
        for hostile in ["", "x", "yes-1", "CANCEL", "é"] {
            let step = card::press(&order, ask, hostile, &cx(Scene::Usual, Lang::Ar));
            assert!(step.command.is_none() && step.popup.is_some(), "{name} {hostile:?}");
        }
    }
}

#[test]
fn messages_with_sound() {
    for scene in SCENES {
        for (name, fact, order, earlier_messages) in notes(scene) {
            for lang in LANGS {
                let subject = note::Subject { order: order.as_ref(), earlier_messages };
                let (rendered, _) = note::render(&fact, subject, &cx(scene, lang));
                let name = format!("note.{name}.{}.{}", scene.name(), lang.code());
                lints::check(&name, &rendered, lang);
                lints::unique(&name, &rendered);
                take(&name, &show(&rendered));
            }
        }
    }
}

/// Every message with sound: its fact, its order, and how many messages came before that.
fn notes(scene: Scene) -> Vec<(&'static str, Note, Option<Order>, usize)> {
    let (done, rental) = (scene.order(1, State::Done), scene.order(3, State::Done));
    let child = Order { parent: Some(OrderId(9)), price: Money::ZERO, ..done.clone() };
    let late = scene.order(107, State::Refunded(RefundReason::Expired));
    let no_code = scene.order(105, State::Done);
    let refunded = |reason| Some(scene.order(102, State::Refunded(reason)));
    let id = OrderId(102);
    let code = |order: &Order, index| Note::Code { order: order.id, index, code: order.code().map(str::to_owned) };
    vec![
        ("code", code(&done, 0), Some(done.clone()), 0),
        ("code_alone", code(&done, 0), None, 0),
        ("code_again", code(&child, 0), Some(child), 1),
        ("rental_code", code(&rental, 0), Some(rental.clone()), 0),
        ("rental_code_again", code(&rental, 1), Some(rental), 0),
        ("not_charged", code(&late, 0), Some(late), 0),
        ("no_code", code(&no_code, 0), Some(no_code), 0),
        ("expired", Note::Expired(id), refunded(RefundReason::Expired).map(|order| to_its_end(&order)), 0),
        ("expired_alone", Note::Expired(id), None, 0),
        ("cancelled", Note::Cancelled(id), refunded(RefundReason::Cancelled), 0),
        ("cancelled_alone", Note::Cancelled(id), None, 0),
        ("failed", Note::Failed(id), refunded(RefundReason::NotBought), 0),
        ("failed_unknown", Note::Failed(id), refunded(RefundReason::Unknown), 0),
        ("failed_refused", Note::Failed(id), refunded(RefundReason::Refused(ErrorCode::OutOfStock)), 0),
        ("failed_alone", Note::Failed(id), None, 0),
        ("no_resend", Note::NoResend(done.id), Some(done), 0),
        ("no_resend_alone", Note::NoResend(id), None, 0),
        ("kept", Note::Kept(OrderId(106)), Some(scene.order(106, State::Done)), 0),
        ("rental_ended", Note::RentalEnded(OrderId(106)), Some(scene.order(106, State::Done)), 0),
        ("rental_ended_alone", Note::RentalEnded(OrderId(106)), None, 0),
        ("credited", Note::Credited { amount: Money::from_cents(500) }, None, 0),
    ]
}

#[test]
fn notices_fit_over_a_chat() {
    for lang in LANGS {
        let mut all = String::new();
        for notice in Notice::iter() {
            let text =
                direction::plain(&words::words(notice, lang, Some("https://t.me/raqam_support")), lang.direction());
            assert!((1..=200).contains(&text.chars().count()), "{notice:?} {text}");
            lints::direction("notice", &text, lang);
            all.push_str(&format!("{notice:?}: {text}\n"));
        }
        let refusals = [
            Refusal::NotEnough { missing: Money::from_cents(12) },
            Refusal::QuoteExpired,
            Refusal::QuoteUsed(OrderId(1)),
            Refusal::PriceChanged { now: Money::from_cents(40) },
            Refusal::NotSelling,
            Refusal::TooManyOpen,
            Refusal::ShopBusy,
            Refusal::TooFast,
            Refusal::Suspended,
            Refusal::UnknownOrder,
            Refusal::TooLate,
            Refusal::NoCodeYet,
        ];
        for refusal in refusals.into_iter().chain((0..=12).map(|seconds_ago| Refusal::JustChecked { seconds_ago })) {
            let text = direction::plain(&words::refusal(&refusal, lang), lang.direction());
            assert!((1..=200).contains(&text.chars().count()), "{refusal:?} {text}");
            lints::direction("refusal", &text, lang);
            all.push_str(&format!("{refusal:?}: {text}\n"));
        }
        take(&format!("notices.{}", lang.code()), &all);
    }
}

#[test]
fn the_profile_fits() {
    for lang in LANGS {
        let profile = words::profile(lang);
        let fits = |text: &str, most: usize| (1..=most).contains(&text.chars().count());
        assert!(fits(&profile.name, 64) && fits(&profile.description, 512) && fits(&profile.short_description, 120));
        assert_eq!(profile.commands.len(), 5);
        assert!(profile.commands.iter().all(|(command, text)| fits(command, 32) && fits(text, 256)));
        take(&format!("profile.{}", lang.code()), &format!("{profile:#?}"));
    }
}

#[test]
fn searches_answer_within_the_limits() {
    let long = "q".repeat(256);
    for scene in SCENES {
        let env = scene.env();
        for lang in LANGS {
            for query in [
                "sp:",
                "sp:fr",
                "sp:تركيا",
                "sp:+1",
                "sp_svc:1:",
                "sp_svc:1:wha",
                "sp_svc:9999:x",
                "",
                "tele",
                &long,
                "\u{202E}",
            ] {
                let page = inline::inline(query, "", inline::Chat::Private, None, &env, lang);
                assert!(page.results.len() <= 50 && page.next_offset.len() <= 64, "{query}");
                for hit in &page.results {
                    assert!((1..=64).contains(&hit.id.len()) && !hit.title.is_empty(), "{query} {}", hit.id);
                    for text in [&hit.title, &hit.description] {
                        lints::direction(query, text, lang);
                    }
                }
                let elsewhere = inline::inline(query, "", inline::Chat::Elsewhere, None, &env, lang);
                assert!(elsewhere.results.is_empty() && elsewhere.button.is_some(), "{query}");
            }
            for (name, query) in
                [("countries", "sp:"), ("services", "sp_svc:1:"), ("nothing", "sp:qqqqq"), ("loading", "sp_svc:5:")]
            {
                let shown = format!("{:#?}", inline::inline(query, "", inline::Chat::Private, None, &env, lang));
                take(&format!("search.{name}.{}.{}", scene.name(), lang.code()), &shown);
            }
        }
    }
}

#[test]
fn what_a_supplier_lists_twice_is_one_result() {
    let country = |id| PoolCountry { id: CountryId(id), iso2: "US".to_owned(), name: "United States".to_owned() };
    let service = |name: &str| PoolService { id: ServiceId(5), name: name.to_owned() };
    let catalogue = Catalogue::new(&[country(1), country(93)], &[service("Telegram"), service("Telegram 2")]);
    let env = SCENES[0].env_with(catalogue);
    for query in ["sp:", "sp:united", "", "tele"] {
        let page = inline::inline(query, "", inline::Chat::Private, None, &env, Lang::En);
        let ids: BTreeSet<&str> = page.results.iter().map(|hit| hit.id.as_str()).collect();
        assert_eq!(ids.len(), page.results.len(), "{query}: {:#?}", page.results);
    }
}
