//! What stands outside the flows, by the same rules: cards in every state, messages with sound, notices, searches, the
//! profile.

use std::collections::BTreeSet;

use engine::{Lang, direction};
use flows::card::{self, Ask, CardCx};
use flows::words::{self, Notice};
use flows::{inline, note};
use shop::catalogue::Catalogue;
use shop::command::{Note, Refusal};
use shop::order::{CloseReason, Order, RefundReason, State};
use shop::pool::{PoolCountry, PoolService};
use shop::{CountryId, ErrorCode, Money, OrderId, ServiceId};
use strum::IntoEnumIterator as _;

use crate::scenes::{LANGS, NOW, SCENES, Scene};
use crate::{gallery, lints};

/// Orders in every state, with a word for each. Numbers that end with 3 are rentals.
fn orders(scene: Scene) -> Vec<(String, Order, Ask)> {
    let closing = |reason| State::Closing { reason, deadline: NOW + 500, next_try: NOW + 10 };
    let mut all: Vec<(String, Order, Ask)> = [
        ("reserved", 1, State::Reserved),
        ("buying", 1, State::Buying { boot: 1, sent_at: NOW - 1 }),
        ("ambiguous", 1, State::Ambiguous { sent_at: NOW - 60, clean_misses: 1 }),
        ("active", 1, State::Active),
        ("active_rental", 3, State::Active),
        ("cancelling", 1, closing(CloseReason::Cancel)),
        ("ending", 1, closing(CloseReason::Expiry)),
        ("done", 1, State::Done),
        ("done_rental", 3, State::Done),
        ("price_changed", 1, State::Refunded(RefundReason::PriceChanged)),
        ("not_started", 1, State::Refunded(RefundReason::NotStarted)),
        ("not_bought", 1, State::Refunded(RefundReason::NotBought)),
        ("unknown", 1, State::Refunded(RefundReason::Unknown)),
        ("cancelled", 1, State::Refunded(RefundReason::Cancelled)),
        ("expired", 1, State::Refunded(RefundReason::Expired)),
    ]
    .map(|(name, id, state)| (name.to_owned(), scene.order(id, state), Ask::No))
    .into();
    all.extend(ErrorCode::iter().map(|code| {
        (format!("refused_{code}"), scene.order(1, State::Refunded(RefundReason::Refused(code))), Ask::No)
    }));
    all.push(("asking".to_owned(), scene.order(1, State::Active), Ask::Cancel));
    all
}

const fn cx(scene: Scene, lang: Lang) -> CardCx<'static> {
    CardCx { lang, now: NOW, wallet: scene.wallet(), support_url: Some("https://t.me/raqam_support") }
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
                gallery::take(&name, &gallery::show(&rendered));
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
    let notes = |scene: Scene| {
        let (done, rental) = (scene.order(1, State::Done), scene.order(3, State::Done));
        let expired = scene.order(1, State::Refunded(RefundReason::Expired));
        let cancelled = scene.order(1, State::Refunded(RefundReason::Cancelled));
        let failed = scene.order(1, State::Refunded(RefundReason::NotBought));
        let mut no_code = done.clone();
        no_code.messages[0].message.code = None;
        let code = |order: &Order| Note::Code { order: order.id, index: 0, code: order.code().map(str::to_owned) };
        [
            ("code", code(&done), Some(done.clone())),
            ("rental_code", code(&rental), Some(rental)),
            ("no_code", code(&no_code), Some(no_code)),
            ("expired", Note::Expired(expired.id), Some(expired)),
            ("cancelled", Note::Cancelled(cancelled.id), Some(cancelled)),
            ("failed", Note::Failed(failed.id), Some(failed)),
            ("no_resend", Note::NoResend(done.id), Some(done)),
            ("credited", Note::Credited { amount: Money::from_cents(500) }, None),
        ]
    };
    for scene in SCENES {
        for (name, fact, order) in notes(scene) {
            for lang in LANGS {
                let (rendered, _) =
                    note::render(&fact, order.as_ref(), scene.wallet(), lang, NOW, Some("https://t.me/raqam_support"));
                let name = format!("note.{name}.{}.{}", scene.name(), lang.code());
                lints::check(&name, &rendered, lang);
                gallery::take(&name, &gallery::show(&rendered));
            }
        }
    }
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
        gallery::take(&format!("notices.{}", lang.code()), &all);
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
        gallery::take(&format!("profile.{}", lang.code()), &format!("{profile:#?}"));
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
            let shown = format!("{:#?}", inline::inline("sp:", "", inline::Chat::Private, None, &env, lang));
            gallery::take(&format!("search.{}.{}", scene.name(), lang.code()), &shown);
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
