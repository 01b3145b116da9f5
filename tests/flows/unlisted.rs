//! What stands outside the flows, by the same rules: cards in every state, messages with sound, notices, searches, the
//! profile.

use std::collections::BTreeSet;

use engine::{Lang, direction};
use flows::card::{self, Ask};
use flows::inline;
use flows::words::{self, Notice};
use shop::catalogue::Catalogue;
use shop::command::{Command, Refusal};
use shop::order::{Order, State, WAKING_MAX_S, Wake};
use shop::pool::{PoolCountry, PoolService};
use shop::{CountryId, Money, OrderId, ServiceId};
use strum::IntoEnumIterator as _;

use gallery::scenes::{NOW, SLEEPER, SUPPORT_URL};
use gallery::shown::show;
use gallery::unlisted::{self, card_context, orders};
use gallery::{LANGS, SCENES, Scene, lints};

use crate::screens::take;

#[test]
fn cards_in_every_state_and_messages_with_sound() {
    for screen in unlisted::all() {
        take(&screen.name(), &show(&screen.rendered));
    }
}

#[test]
fn every_button_of_every_card_answers_in_every_state() {
    for (name, order, ask) in orders(Scene::Usual) {
        for action in <card::Action as engine::Action>::examples() {
            let code = engine::Action::encode(&action);
            let step = card::press(&order, ask, &code, &card_context(Scene::Usual, Lang::En));
            let leads_somewhere =
                step.command.is_some() || step.entry.is_some() || step.popup.is_some() || step.ask != ask;
            let asked_again = ask == Ask::Cancel && matches!(action, card::Action::Cancel);
            let shows_itself = asked_again || matches!(action, card::Action::Refresh | card::Action::Keep);
            assert!(leads_somewhere || shows_itself, "{name} {code}");
        }
        for hostile in ["", "x", "yes-1", "CANCEL", "é"] {
            let step = card::press(&order, ask, hostile, &card_context(Scene::Usual, Lang::Ar));
            assert!(step.command.is_none() && step.popup.is_some(), "{name} {hostile:?}");
        }
    }
}

#[test]
fn notices_fit_over_a_chat() {
    for lang in LANGS {
        let mut all = String::new();
        for notice in Notice::iter() {
            let text = direction::plain(&words::words(notice, lang, Some(SUPPORT_URL)), lang.direction());
            assert!((1..=200).contains(&text.chars().count()), "{notice:?} {text}");
            assert_eq!(lints::line("notice", lang, &text), []);
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
            Refusal::TooManyTickets,
            Refusal::TicketsTooFast,
            Refusal::TicketClosed,
            Refusal::TextTooLong,
        ];
        for refusal in refusals.into_iter().chain((0..=12).map(|seconds_ago| Refusal::JustChecked { seconds_ago })) {
            let text = direction::plain(&words::refusal(&refusal, lang), lang.direction());
            assert!((1..=200).contains(&text.chars().count()), "{refusal:?} {text}");
            assert_eq!(lints::line("refusal", lang, &text), []);
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
                        assert_eq!(lints::line(query, lang, text), []);
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

#[test]
fn a_search_finds_loads_and_keeps_quiet_elsewhere() {
    let env = Scene::Usual.env();
    let ask = |query: &str, chat| inline::inline(query, "garbage", chat, None, &env, Lang::Ar);
    let page = ask("sp:turk", inline::Chat::Private);
    assert_eq!(page.results.first().and_then(|hit| hit.token.as_deref()), Some("c_TR"));
    assert_eq!(ask("sp_svc:1:whats", inline::Chat::Private).results[0].token.as_deref(), Some("s_1012"));
    let loading = ask("sp_svc:5:whats", inline::Chat::Private);
    assert_eq!((loading.cache_s, loading.results.len(), loading.results[0].token.clone()), (0, 1, None));
    assert_eq!(ask("sp:qqqqqq", inline::Chat::Private).results.len(), 1);
    assert_eq!(ask("whats", inline::Chat::Private).results.len(), 1);
    assert!(ask("", inline::Chat::Private).results.len() > 5);
    assert!(ask("sp:", inline::Chat::Elsewhere).results.is_empty());
    assert_eq!(ask(&"ط".repeat(256), inline::Chat::Private).results.len(), 1);
}

#[test]
fn a_rental_is_woken_by_a_button_that_stands_only_where_it_sleeps() {
    let asleep = Scene::Usual.order(SLEEPER, State::Done);
    let state = |wake| Order { wake, ..asleep.clone() };
    for (wake, sleeps, notice) in [
        (None, true, ""),
        (Some(Wake::Failed { at: NOW - 5 }), true, ""),
        (Some(Wake::Asked { at: NOW - WAKING_MAX_S }), true, ""),
        (Some(Wake::Asked { at: NOW - 5 }), false, "Waking the number, up to 2 minutes"),
        (Some(Wake::Awake { until: NOW + 60 }), false, "The number is active until "),
        (Some(Wake::Awake { until: NOW }), true, ""),
    ] {
        let (order, cx) = (state(wake), card_context(Scene::Usual, Lang::En));
        let offered = card::view(&order, Ask::No, &cx).actions().any(|action| *action == card::Action::Wake);
        let step = card::press(&order, Ask::No, "wake", &cx);
        assert_eq!((offered, step.command), (sleeps, sleeps.then_some(Command::Wake(order.id))), "{wake:?}");
        let said = step.popup.map_or_else(String::new, |popup| match popup {
            card::Popup::Toast(text) | card::Popup::Alert(text) => {
                direction::plain(&text, engine::Direction::LeftToRight)
            }
        });
        assert!(said.contains(notice) && said.is_empty() == sleeps, "{wake:?}: {said}");
    }
    // The press is stored: the books have asked the supplier.
    let (woken, cx) = (state(Some(Wake::Asked { at: NOW })), card_context(Scene::Usual, Lang::Ar));
    let Some(card::Popup::Toast(text)) = card::granted(&card::Action::Wake, &woken, &cx) else { panic!("a toast") };
    assert!(
        direction::plain(&text, engine::Direction::RightToLeft).contains("جارٍ تفعيل الرقم، ويستغرق دقيقتين على الأكثر…")
    );
    // Rentals of a server that keeps them awake have nothing to wake.
    let awake = Scene::Usual.order(3, State::Done);
    let step = card::press(&awake, Ask::No, "wake", &card_context(Scene::Usual, Lang::En));
    assert!(step.command.is_none() && step.popup.is_some());
}

#[test]
fn a_card_reads_its_own_tokens_alone_and_asks_before_it_cancels() {
    let order = Scene::Usual.order(1, State::Active);
    assert_eq!(card::read_token(&card::token(OrderId(3), &card::Action::Yes)), Some((OrderId(3), "yes")));
    for hostile in ["", "o.", "o.3", "o.3.", "o.03.yes", "o.3.zz", "o.-3.yes", "o.3.yes.x"] {
        assert_eq!(card::read_token(hostile), None, "{hostile}");
    }
    let asked = card::press(&order, Ask::No, "yes", &card_context(Scene::Usual, Lang::En));
    assert_eq!((asked.ask, asked.command), (Ask::Cancel, None));
    let answered = card::press(&order, Ask::Cancel, "yes", &card_context(Scene::Usual, Lang::En));
    assert_eq!(answered.command, Some(Command::Cancel(OrderId(1))));
}
