//! The gallery has every screen, the same bytes each time, and buttons that lead somewhere.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use engine::Face;
use engine::registry::Registry as _;
use flows::Raqam;
use gallery::html::{Gallery, gallery};
use gallery::presses::{Leads, Screens};
use gallery::screens::{self, Shot};
use gallery::unlisted;
use serde_json::Value;

static MADE: LazyLock<Gallery> = LazyLock::new(gallery);
static SHOTS: LazyLock<Vec<Shot>> = LazyLock::new(screens::all);

fn data(gallery: &Gallery) -> Value {
    let (_, script) = gallery.files.iter().find(|(name, _)| *name == "screens.js").expect("the data");
    let json = script.strip_prefix("const GALLERY = ").and_then(|script| script.strip_suffix(";\n"));
    serde_json::from_str(json.expect("one constant")).expect("JSON")
}

fn text<'a>(screen: &'a Value, field: &str) -> &'a str {
    screen[field].as_str().expect("a text")
}

#[test]
fn the_gallery_has_every_screen_once_and_the_same_bytes_each_time() {
    let made = &*MADE;
    assert!(*made == gallery(), "two runs differ");
    // That there is one for each example, world and language is a test of `screens.rs`.
    assert_eq!(made.screens, SHOTS.len());
    let data = data(made);
    let screens = data["screens"].as_array().expect("screens");
    let of_flows = screens.iter().filter(|screen| !text(screen, "state").is_empty()).count();
    assert_eq!(
        (of_flows, screens.len()),
        (made.screens, made.screens + made.unlisted),
        "what is told is what is there"
    );
    let names: BTreeSet<&str> = screens.iter().map(|screen| text(screen, "name")).collect();
    assert_eq!(names.len(), screens.len(), "a name stands twice");
    let others: Vec<String> = unlisted::all().iter().map(unlisted::Unlisted::name).collect();
    assert!(others.iter().all(|name| names.contains(name.as_str())), "a card or a message is missing");
    let flows: Vec<&str> = data["flows"].as_array().expect("flows").iter().map(|flow| text(flow, "tag")).collect();
    assert_eq!(flows, Raqam::TAGS);
}

#[test]
fn the_pages_load_nothing_from_a_network_and_run_nothing_of_a_stranger() {
    let made = &*MADE;
    for (name, content) in &made.files {
        let loads = ["src=\"http", "href=\"http", "url(", "@import", "fetch(", "XMLHttpRequest"];
        let found: Vec<_> = loads.iter().filter(|load| content.contains(**load)).collect();
        assert!(found.is_empty(), "{name} loads: {found:?}");
    }
    for screen in data(made)["screens"].as_array().expect("screens") {
        let (name, html) = (text(screen, "name"), text(screen, "html"));
        // A hostile world names people and services like this.
        assert!(!html.contains("<i>What") && !html.contains("<b>نور") && !html.contains("href=\""), "{name}: {html}");
        let balanced = |tag: &str| {
            let opened = html.matches(&format!("<{tag}>")).count() + html.matches(&format!("<{tag} ")).count();
            opened == html.matches(&format!("</{tag}>")).count()
        };
        let tags = ["div", "button", "b", "i", "blockquote", "code", "a", "time", "span", "small"];
        assert!(tags.into_iter().all(balanced), "{name}: {html}");
    }
}

#[test]
fn every_button_leads_to_a_screen_of_the_gallery() {
    let shots = &*SHOTS;
    let names: BTreeSet<String> = shots.iter().map(Shot::name).collect();
    let screens = Screens::new(shots);
    let mut exact = 0;
    for shot in shots {
        let buttons = shot.view.rendered.rows.iter().flatten();
        let tokens = buttons.filter(|button| matches!(button.face, Face::Callback(_))).count();
        let presses = screens.presses(shot);
        assert_eq!(presses.len(), tokens, "{}", shot.name());
        for press in presses {
            match press.leads {
                Leads::To(name) => {
                    assert!(names.contains(&name), "{name}");
                    exact += 1;
                }
                Leads::Near(name) => assert!(names.contains(&name), "{name}"),
                Leads::Nowhere(why) => panic!("{} offers {}, which leads nowhere: {why}", shot.name(), press.token),
            }
        }
    }
    assert!(exact > shots.len(), "{exact} buttons lead to the very screen that they show");
}

#[test]
fn presses_open_children_go_back_go_home_and_switch_the_language() {
    let shots = &*SHOTS;
    let screens = Screens::new(shots);
    for (screen, token, expected) in [
        ("home.Menu.plain.usual.en", "home.3.-.w", "wal.Balance."),
        ("home.Menu.plain.usual.en", "home.3.-.q", "home.Help.overview.usual.en"),
        ("home.Help.terms.hostile.ar", "home.3.-._b", "home.Help.overview.hostile.ar"),
        ("home.Menu.welcome.usual.en", "home.3.-.l", "home.Menu.welcome.usual.ar"),
        ("buy.Confirm.offered.usual.ar", "buy.3.-._h", "home.Menu.plain.usual.ar"),
        ("buy.Confirm.offered.usual.en", "buy.3.7.b", "buy.Waiting."),
    ] {
        let shot = shots.iter().find(|shot| shot.name() == screen).expect("a screen");
        let press = screens.presses(shot).into_iter().find(|press| press.token == token);
        let (Leads::To(found) | Leads::Near(found) | Leads::Nowhere(found)) = press.expect("a button").leads;
        assert!(found.starts_with(expected), "{screen} {token} leads to {found}");
    }
}
