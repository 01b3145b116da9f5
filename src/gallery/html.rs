//! The gallery as a folder of static files: no server, no network.
//!
//! `index.html` is the frame, `gallery.css` and `gallery.js` make it work, `screens.js` holds every screen as markup
//! that was made here. Two runs write the same bytes.

mod bubble;

use std::collections::BTreeMap;

use engine::diagram::Lights;
use engine::{Lang, Rendered};
use maud::{DOCTYPE, html};
use serde_json::{Value, json};
use strum::IntoEnumIterator as _;

use crate::lints::{self, Finding, Lint};
use crate::presses::{Press, Screens};
use crate::screens::Shot;
use crate::unlisted::Unlisted;
use crate::{diagrams, screens, shown, svg, unlisted};

const STYLE: &str = include_str!("html/gallery.css");
const SCRIPT: &str = include_str!("html/gallery.js");

/// What marks a folder as a gallery.
pub const GENERATOR: &str = "<meta name=\"generator\" content=\"raqam gallery\">";

/// A gallery, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gallery {
    /// Names and contents.
    pub files: Vec<(&'static str, String)>,
    /// How many screens of flows there are.
    pub screens: usize,
    /// How many screens of no flow there are.
    pub unlisted: usize,
    /// The rules that are broken.
    pub findings: Vec<Finding>,
}

/// Makes the gallery.
#[must_use]
pub fn gallery() -> Gallery {
    let (shots, others) = (screens::all(), unlisted::all());
    let findings = lints::every(&shots, &others);
    let found = by_screen(&findings);
    let screens = Screens::new(&shots);
    let notices = unlisted::notices();
    let mut all: Vec<Value> = shots.iter().map(|shot| of_shot(shot, &screens.presses(shot), &found)).collect();
    all.extend(others.iter().map(|screen| of_unlisted(screen, &found)));
    all.extend(notices.iter().map(|screen| of_unlisted(screen, &found)));
    let files = vec![
        ("index.html", frame()),
        ("gallery.css", STYLE.to_owned()),
        ("gallery.js", SCRIPT.to_owned()),
        ("screens.js", format!("const GALLERY = {};\n", data(&all))),
    ];
    Gallery { files, screens: shots.len(), unlisted: others.len() + notices.len(), findings }
}

fn by_screen(findings: &[Finding]) -> BTreeMap<&str, Vec<&Finding>> {
    let mut all: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        all.entry(&finding.screen).or_default().push(finding);
    }
    all
}

/// A line for each screen, so that two galleries can be compared.
fn data(screens: &[Value]) -> String {
    let screens: Vec<String> = screens.iter().map(Value::to_string).collect();
    let flows: Vec<Value> = diagrams::all()
        .iter()
        .map(|diagram| json!({ "tag": diagram.picture.flow, "svg": svg::svg(&diagram.picture, &Lights::default()) }))
        .collect();
    let lints: Vec<Value> = Lint::iter().map(|lint| json!([lint.name(), lint.sentence()])).collect();
    let (flows, lints) = (Value::from(flows), Value::from(lints));
    format!("{{\n\"flows\": {flows},\n\"lints\": {lints},\n\"screens\": [\n{}\n]}}", screens.join(",\n"))
}

fn of_shot(shot: &Shot, presses: &[Press], found: &BTreeMap<&str, Vec<&Finding>>) -> Value {
    let surface = match shot.view.surface {
        engine::Surface::Living => "",
        engine::Surface::Card(_) => "card",
    };
    let place = [shot.flow, shot.state, &shot.example.replace(' ', "_"), shot.scene.name()];
    entry(&shot.name(), place, surface, shot.lang, &shot.view.rendered, presses, found)
}

fn of_unlisted(screen: &Unlisted, found: &BTreeMap<&str, Vec<&Finding>>) -> Value {
    let place = [screen.kind, "", &screen.example, screen.scene.name()];
    entry(&screen.name(), place, "", screen.lang, &screen.rendered, &[], found)
}

fn entry(
    name: &str,
    [flow, state, example, scene]: [&str; 4],
    surface: &str,
    lang: Lang,
    rendered: &Rendered,
    presses: &[Press],
    found: &BTreeMap<&str, Vec<&Finding>>,
) -> Value {
    let text = rendered.plain_text();
    let broken: Vec<Value> = found
        .get(name)
        .into_iter()
        .flatten()
        .map(|finding| json!([finding.lint.name(), finding.lint.sentence(), finding.what]))
        .collect();
    json!({
        "name": name, "flow": flow, "state": state, "example": example, "scene": scene, "lang": lang.code(),
        "surface": surface, "units": text.encode_utf16().count(), "html": bubble::bubble(rendered, lang, presses),
        "text": shown::show(rendered), "found": broken,
    })
}

fn frame() -> String {
    let choice = |id: &str, label: &str| {
        html! { label { (label) select id=(id) { option value="" { "all" } } } }
    };
    let page = html! {
        (DOCTYPE)
        html lang="en" data-theme="both" data-langs="both" {
            head {
                meta charset="utf-8";
                (maud::PreEscaped(GENERATOR))
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Raqam · gallery" }
                link rel="stylesheet" href="gallery.css";
            }
            body {
                header {
                    h1 { a href="#" { "Raqam" } " gallery" }
                    input id="search" type="search" placeholder="Search texts, buttons, names…  ( / )"
                        aria-label="Search";
                    (choice("flow", "flow")) (choice("state", "state")) (choice("scene", "world"))
                    (choice("lint", "rule"))
                    fieldset id="langs" {
                        button data-value="en" { "English" } button data-value="ar" { "العربية" }
                        button data-value="both" { "both" }
                    }
                    fieldset id="theme" {
                        button data-value="light" { "light" } button data-value="dark" { "dark" }
                        button data-value="both" { "both" }
                    }
                    label class="check" { input id="marks" type="checkbox"; "marks" }
                    label class="check" { input id="bytes" type="checkbox"; "bytes" }
                }
                main { p id="count" {} section id="one" hidden {} section id="wall" {} }
                div id="toast" role="status" {}
                noscript { "This gallery needs JavaScript; it loads nothing from any network." }
                script src="screens.js" {}
                script src="gallery.js" {}
            }
        }
    };
    page.into_string() + "\n"
}
