//! Telegram's limits and the rules of writing, held against every screen.

use std::collections::BTreeSet;

use engine::direction::{FSI, LRI, PDI, RLM, is_ltr, is_rtl};
use engine::{Face, Lang, Rendered};

const TEXT_UNITS_MAX: usize = 4096;
const LABEL_CHARACTERS_MAX: usize = 100;

/// Holds a screen against the limits and the rules of its language.
pub(crate) fn check(name: &str, rendered: &Rendered, lang: Lang) {
    let text = rendered.plain_text();
    assert!(!text.trim().is_empty(), "{name}: no text");
    assert!(text.encode_utf16().count() <= TEXT_UNITS_MAX, "{name}: too long");
    assert!(!text.contains("%{"), "{name}: a placeholder was not filled: {text}");
    direction(name, &text, lang);
    for row in &rendered.rows {
        assert!(!row.is_empty(), "{name}: an empty row");
        for button in row {
            let label = &button.label;
            assert!(
                !label.trim().is_empty() && label.chars().count() <= LABEL_CHARACTERS_MAX,
                "{name}: label {label:?}"
            );
            assert!(!label.contains('\n') && !label.contains("%{"), "{name}: label {label:?}");
            direction(name, label, lang);
            face(name, &button.face);
        }
    }
}

fn face(name: &str, face: &Face) {
    match face {
        Face::Callback(token) => assert!((1..=64).contains(&token.len()), "{name}: token {token}"),
        Face::Copy(text) => {
            assert!((1..=256).contains(&text.chars().count()), "{name}: copies {text:?}");
            assert!(!text.contains([RLM, LRI, FSI, PDI]), "{name}: copies a mark");
        }
        Face::Inline(query) => assert!(query.chars().count() <= 256, "{name}: query {query}"),
        Face::Url(address) => assert!(address.starts_with("https://"), "{name}: address {address}"),
    }
}

/// No two buttons of a screen do the same.
pub(crate) fn unique(name: &str, rendered: &Rendered) {
    let mut seen = BTreeSet::new();
    for button in rendered.rows.iter().flatten() {
        if let Face::Callback(token) = &button.face {
            assert!(seen.insert(token), "{name}: two buttons send {token}");
        }
    }
}

/// Isolates are balanced on each line; an Arabic line begins Arabic (or with a mark), and has no Latin letter or digit
/// outside an isolate.
pub(crate) fn direction(name: &str, text: &str, lang: Lang) {
    for line in text.split('\n') {
        let mut depth = 0_i32;
        let mut outside = String::new();
        for c in line.chars() {
            match c {
                LRI | FSI => depth += 1,
                PDI => depth -= 1,
                _ if depth == 0 => outside.push(c),
                _ => {}
            }
            assert!(depth >= 0, "{name}: an isolate is closed twice in {line:?}");
            assert!(!matches!(c, '\u{202A}'..='\u{202E}'), "{name}: an embedding in {line:?}");
        }
        assert_eq!(depth, 0, "{name}: an isolate stays open in {line:?}");
        if lang == Lang::Ar {
            let latin = outside.chars().find(|c| c.is_alphanumeric() && !is_rtl(*c));
            assert_eq!(latin, None, "{name}: outside an isolate in {line:?}");
            let first = line.chars().find(|c| *c == RLM || is_rtl(*c) || is_ltr(*c));
            assert!(first.is_none_or(|c| c == RLM || is_rtl(c)), "{name}: begins the wrong way: {line:?}");
        }
    }
}

#[test]
fn the_rules_see_what_breaks_them() {
    for wrong in ["سعر 5", "Turkey تركيا", "\u{2066}1", "1\u{2069}"] {
        let seen = std::panic::catch_unwind(|| direction("test", wrong, Lang::Ar));
        assert!(seen.is_err(), "{wrong:?} passed");
    }
    direction("test", "سعر \u{2066}5\u{2069}", Lang::Ar);
}
