//! No screen breaks a rule, and every rule sees what breaks it.

use std::collections::BTreeSet;

use engine::direction::Piece;
use engine::{Face, Lang, Rendered, RenderedButton, Template, Text, Tone};
use gallery::lints::{self, Lint, Look, Stands};
use gallery::{screens, unlisted};
use strum::IntoEnumIterator as _;

#[test]
fn no_screen_breaks_a_rule() {
    let found = lints::every(&screens::all(), &unlisted::all());
    let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}

fn button(label: &str, tone: Tone, face: Face) -> RenderedButton {
    RenderedButton { label: label.to_owned(), tone, face }
}

fn press(label: &str, code: &str) -> RenderedButton {
    button(label, Tone::Default, Face::Callback(format!("buy.3.-.{code}")))
}

fn toned(tone: Tone, code: &str) -> RenderedButton {
    RenderedButton { tone, ..press("A", code) }
}

fn only(face: Face) -> Vec<Vec<RenderedButton>> {
    vec![vec![button("A", Tone::Default, face)]]
}

/// A text with these buttons, and a way home below them.
fn screen(text: &str, mut rows: Vec<Vec<RenderedButton>>) -> Rendered {
    rows.push(vec![press("🏠", "_h")]);
    Rendered { pieces: vec![Piece::Text(text.to_owned())], rows }
}

/// The same screen with labels in Arabic.
fn in_arabic(mut rendered: Rendered) -> Rendered {
    rendered.rows.iter_mut().flatten().for_each(|button| "باب".clone_into(&mut button.label));
    rendered
}

fn one_row(row: impl IntoIterator<Item = RenderedButton>) -> Rendered {
    screen("Hello", vec![row.into_iter().collect()])
}

fn copied(code: &str) -> Rendered {
    let pieces = vec![Piece::Text("Code ".to_owned()), Piece::Code(code.to_owned())];
    Rendered { pieces, ..screen("", vec![]) }
}

/// A screen of a flow above the root for each rule, and what it alone should be told.
fn planted() -> Vec<(Lint, Lang, Rendered)> {
    let many = |count: usize| (0..count).map(|n| press("A", &format!("x-{n}"))).collect::<Vec<_>>();
    let many_rows = (0..17).map(|row| (0..6).map(|n| press("A", &format!("y-{}", row * 6 + n))).collect());
    let en = |lint, rendered| (lint, Lang::En, rendered);
    let ar = |lint, text: &str| (lint, Lang::Ar, in_arabic(screen(text, vec![])));
    vec![
        en(Lint::NoText, screen(" \n", vec![])),
        en(Lint::TextLength, screen(&"👋".repeat(2_049), vec![])),
        en(Lint::Placeholder, screen("Hello %{name}", vec![])),
        en(Lint::Placeholder, one_row([press("Pay %{price}", "p")])),
        en(Lint::CallbackBytes, screen("Hello", only(Face::Callback("a".repeat(65))))),
        en(Lint::CallbackBytes, screen("Hello", only(Face::Callback(String::new())))),
        en(Lint::CopyLength, screen("Hello", only(Face::Copy("a".repeat(257))))),
        en(Lint::CopyLength, screen("Hello", only(Face::Copy(String::new())))),
        en(Lint::QueryLength, screen("Hello", only(Face::Inline("a".repeat(257))))),
        en(Lint::Address, screen("Hello", only(Face::Url("http://example.com".to_owned())))),
        en(Lint::EmptyRow, one_row([])),
        en(Lint::ButtonCount, one_row(many(9))),
        en(Lint::ButtonCount, screen("Hello", many_rows.collect())),
        en(Lint::LabelLine, one_row([press("A\nB", "p")])),
        en(Lint::LabelLine, one_row([press(" ", "p")])),
        en(Lint::LabelLength, one_row([press(&"a".repeat(49), "p")])),
        en(Lint::RowWidth, one_row([press(&"a".repeat(26), "p"), press("b", "q")])),
        en(Lint::SameAction, one_row([press("A", "p"), press("B", "p")])),
        en(Lint::OnePrimary, one_row([toned(Tone::Primary, "p"), toned(Tone::Primary, "q")])),
        en(Lint::OneSuccess, one_row([toned(Tone::Success, "p"), toned(Tone::Success, "q")])),
        en(Lint::DangerAlone, Rendered { rows: vec![vec![toned(Tone::Danger, "_h")]], ..screen("Hello", vec![]) }),
        en(Lint::WaysOut, Rendered { rows: vec![vec![press("A", "p")]], ..screen("Hello", vec![]) }),
        ar(Lint::LineStart, "سعر\n🇺🇸 أمريكا"),
        en(Lint::LineStart, screen("\u{2068}أحمد\u{2069} paid", vec![])),
        ar(Lint::Isolated, "سعر 5"),
        en(Lint::IsolateBalance, screen("\u{2066}1", vec![])),
        en(Lint::IsolateBalance, screen("1\u{2069}", vec![])),
        en(Lint::Override, screen("a\u{202E}b", vec![])),
        ar(Lint::StrayMark, "\u{200F}سعر"),
        ar(Lint::StrayMark, "\u{200F}\u{200F}🇺🇸 أمريكا"),
        en(Lint::StrayMark, screen("a \u{200F}b", vec![])),
        en(Lint::StrayMark, screen("\u{200E}Hello", vec![])),
        en(Lint::CopiedMark, copied("\u{2066}123\u{2069}")),
        en(Lint::CopiedMark, screen("Hello", only(Face::Copy("\u{200F}123".to_owned())))),
        ar(Lint::PluralForm, "بقي \u{2066}5\u{2069} دقيقة"),
        ar(Lint::PluralForm, "بقي \u{2066}11\u{2069} دقائق."),
        en(Lint::PluralForm, screen("1 minutes left", vec![])),
    ]
}

fn look(rendered: &Rendered, lang: Lang) -> Look<'_> {
    Look { name: "planted".to_owned(), lang, rendered, stands: Stands::AboveRoot }
}

fn names(found: &[lints::Finding]) -> Vec<&'static str> {
    found.iter().map(|finding| finding.lint.name()).collect()
}

#[test]
fn every_rule_sees_what_breaks_it_and_nothing_else() {
    for (lint, lang, rendered) in planted() {
        let found = lints::check(&look(&rendered, lang));
        assert_eq!(names(&found), [lint.name()], "{rendered:?}");
        assert!(found[0].to_string().starts_with("planted: "), "{}", found[0]);
    }
    let seen: BTreeSet<Lint> = planted().into_iter().map(|(lint, ..)| lint).collect();
    let elsewhere = [Lint::SameButtons, Lint::SameTemplate];
    let unseen: Vec<_> = Lint::iter().filter(|lint| !seen.contains(lint) && !elsewhere.contains(lint)).collect();
    assert!(unseen.is_empty(), "no screen breaks {unseen:?}");
}

#[test]
fn a_screen_that_breaks_no_rule_is_left_alone() {
    for (lang, text) in [
        (Lang::En, "5 minutes for \u{2068}Noor\u{2069}, then 1 minute"),
        (Lang::Ar, "بقي \u{2066}5\u{2069} دقائق\n\u{200F}🇺🇸 أمريكا\n\n\u{200F}\u{2068}Ada\u{2069} مرحبًا"),
    ] {
        let calm = [toned(Tone::Danger, "d"), toned(Tone::Success, "s"), toned(Tone::Primary, "p")];
        let rendered = screen(text, vec![calm.into()]);
        let rendered = if lang == Lang::Ar { in_arabic(rendered) } else { rendered };
        assert_eq!(lints::check(&look(&rendered, lang)), []);
    }
}

#[test]
fn the_root_needs_no_way_out_but_a_way_on() {
    let (bare, busy) = (Rendered { rows: vec![], ..screen("Hello", vec![]) }, one_row([press("A", "p")]));
    let at_root = |rendered| Look { stands: Stands::AtRoot, ..look(rendered, Lang::En) };
    assert_eq!(names(&lints::check(&at_root(&bare))), ["ways-out"]);
    assert_eq!(lints::check(&at_root(&busy)), []);
    assert_eq!(lints::check(&Look { stands: Stands::Alone, ..look(&bare, Lang::En) }), []);
}

#[test]
fn both_languages_have_the_same_buttons_in_mirrored_rows() {
    let row = |codes: &[&str]| one_row(codes.iter().map(|code| press("A", code)));
    let pair =
        |left: &[&str], right: &[&str]| names(&lints::pair(&look(&row(left), Lang::En), &look(&row(right), Lang::Ar)));
    assert_eq!(pair(&["a", "b"], &["b", "a"]), [] as [&str; 0]);
    assert_eq!(pair(&["c-1", "c-2"], &["c-1", "c-2"]), [] as [&str; 0], "a list is sorted by names");
    for (left, right) in [(["a", "b"].as_slice(), ["a", "b"].as_slice()), (&["a"], &["b"]), (&["a"], &["a", "b"])] {
        assert_eq!(pair(left, right), ["same-buttons"], "{left:?} {right:?}");
    }
    assert_eq!(pair(&["p-1", "q"], &["q", "p-2"]), ["same-buttons"]);
    let more = screen("Hello", vec![vec![press("A", "a")], vec![press("B", "b")]]);
    let found = lints::pair(&look(&row(&["a"]), Lang::En), &look(&more, Lang::Ar));
    assert_eq!(names(&found), ["same-buttons"]);
}

#[test]
fn both_files_have_the_same_placeholders_and_markup() {
    let parsed = |source: &str| Template::parse(source).expect("a template");
    let differ = |key: &str, left: &str, right: &str| lints::difference(key, &parsed(left), &parsed(right)).is_some();
    assert!(differ("a.b", "Hi %{name}", "أهلًا"));
    assert!(differ("a.b", "<b>Hi</b>", "أهلًا"));
    assert!(!differ("a.b", "<b>%{n}</b> of %{n}", "<b>%{n}</b>"));
    assert!(!differ("minutes.two", "%{n} minutes", "دقيقتين") && differ("minutes.few", "%{n} minutes", "دقائق"));
}

/// The text of a key is found on a screen that shows it, so that a finding can name it.
#[test]
fn a_finding_about_a_text_names_a_screen() {
    let shots = screens::all();
    let looks: Vec<Look<'_>> = shots.iter().map(Look::from).collect();
    let help = flows::text::template(Lang::En, "help.overview").expect("a text");
    assert_eq!(lints::shown_on(help, &looks), Some("home.Help.overview.usual.en"));
    let nowhere = Template::parse("What nobody says").expect("a template");
    assert_eq!(lints::shown_on(&nowhere, &looks), None);
    assert_eq!(nowhere.fill(&[]), Text::plain("What nobody says"));
}
