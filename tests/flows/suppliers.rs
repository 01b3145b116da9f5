//! The suppliers' names never reach a user: not in a text of ours, not by a name or a message of theirs. Nor does any
//! flow know which of them it deals with.

use std::path::{Path, PathBuf};

use engine::Lang;
use flows::inline::{Chat, inline};
use flows::words;
use gallery::shown::show;
use gallery::{LANGS, Person, SCENES, Scene, screens, server, unlisted};
use shop::catalogue::{Catalogue, PriceList};
use shop::pool::{PoolCountry, PoolOffer, PoolService};
use shop::pricing::Margin;
use shop::search::fold;
use shop::server::names_a_supplier;
use shop::{CountryId, Money, ServerId, ServiceId};

/// The names as people write them, in both scripts.
const NAMES: [&str; 8] =
    ["SMSPool", "smspool.net", "NonVoip", "non voip", "nonvoipusnumber.com", "اس ام اس بول", "سمس بول", "نون فويب"];

/// Holds a text against the names, whatever stands between their letters.
fn check(place: &str, text: &str) {
    let squashed = |text: &str| fold(text).replace(' ', "");
    let text = squashed(text);
    for name in NAMES {
        assert!(!text.contains(&squashed(name)), "{place} names {name}");
    }
}

#[test]
fn every_spelling_is_one_that_the_shop_knows() {
    for name in NAMES {
        assert!(names_a_supplier(name), "{name}");
    }
    let caught = std::panic::catch_unwind(|| check("a planted text", "Numbers by <b>SMS-Pool</b>"));
    assert!(caught.is_err(), "nothing would be found");
}

#[test]
fn no_text_and_no_snapshot_names_a_supplier() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (locales, snapshots) = (files(&root.join("locales")), files(&root.join("snapshots")));
    assert!(locales.len() == LANGS.len() && snapshots.len() > 1_000, "the files are elsewhere");
    for file in locales.iter().chain(&snapshots) {
        check(&file.display().to_string(), &std::fs::read_to_string(file).expect("a text"));
    }
}

/// What differs between servers stands in `shop::server`: a third one changes nothing here.
#[test]
fn no_flow_knows_which_server_it_deals_with() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()];
    let mut read = 0;
    while let Some(folder) = folders.pop() {
        for path in files(&folder) {
            let is_example = path.ends_with("fixtures.rs");
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !is_example {
                let text = std::fs::read_to_string(&path).expect("a text");
                read += 1;
                for server in ServerId::ALL {
                    assert!(!text.contains(&format!("ServerId::{server:?}")), "{} names {server:?}", path.display());
                }
            }
        }
    }
    assert!(read > 30, "the flows are elsewhere");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("an entry").path()).collect()
}

/// In the hostile world the suppliers list services, a country and failures under their own names, and so do old orders.
#[test]
fn no_screen_card_message_notice_search_or_profile_names_a_supplier() {
    for shot in screens::all() {
        check(&shot.name(), &show(&shot.view.rendered));
    }
    for screen in unlisted::all().into_iter().chain(unlisted::notices()) {
        check(&screen.name(), &show(&screen.rendered));
    }
    for lang in LANGS {
        check("the profile", &format!("{:?}", words::profile(lang)));
        for scene in SCENES {
            for query in ["", "sp:", "sp:sms", "sp:xc", "sp_svc:1:", "sp_svc:1:pool", "sp_svc:1:voip"] {
                let page = inline(query, "", Chat::Private, None, &scene.env(), lang);
                // What was typed is quoted where nothing is found: that is the person's own word.
                check(query, &format!("{:?}", page.results));
            }
        }
    }
}

#[test]
fn what_a_supplier_calls_by_its_own_name_is_not_for_sale() {
    let services: Vec<PoolService> = (1..)
        .zip(NAMES.into_iter().chain(["Telegram"]))
        .map(|(id, name)| PoolService { id: ServiceId(id), name: name.to_owned() })
        .collect();
    let countries = [("US", "United States by SMSPool"), ("ZZ", "NonVoip Island")];
    let countries: Vec<PoolCountry> = (1..)
        .zip(countries)
        .map(|(id, (iso2, name))| PoolCountry { id: CountryId(id), iso2: iso2.to_owned(), name: name.to_owned() })
        .collect();
    let offer = |service: &PoolService| PoolOffer { service: service.id, cost: Money::from_cents(20), pool: None };
    let offers: Vec<PoolOffer> = services.iter().map(offer).collect();
    let prices = PriceList::new(&offers, Margin::DEFAULT, gallery::scenes::NOW).into();
    let catalogue = Catalogue::new(&countries, &services).with_prices(CountryId(1), prices);
    let mut person = Person::new(Lang::En);
    person.sold_by(vec![server(ServerId::Two, catalogue)]).start("/buy").press("Temporary");
    check("the only country's services", &person.screen());
    person.sees("United States").sees_button("Telegram · $0.26");
    for typed in ["sms", "voip", "pool"] {
        person.types(typed).sees("Nothing");
        check(typed, &person.screen());
    }
}

/// What an order was for is written down with it: an old one may hold a name that is not for sale any more.
#[test]
fn an_old_order_for_a_supplier_s_own_name_is_told_without_it() {
    let order = Scene::Hostile.order(103, shop::order::State::Refunded(shop::order::RefundReason::Cancelled));
    assert_eq!(order.wish.service_name, "SMSPool.net", "the example lost its name");
    for lang in LANGS {
        let cx = unlisted::card_context(Scene::Hostile, lang);
        check("its card", &show(&flows::card::render(&order, flows::card::Ask::No, &cx)));
    }
}
