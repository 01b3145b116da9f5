//! Both languages say the same things: the same keys, none unused, all plural forms.

use std::collections::BTreeSet;

use engine::{Lang, Text};

const ENGLISH: &str = include_str!("../../locales/en.yml");
const ARABIC: &str = include_str!("../../locales/ar.yml");

/// The keys of a locale file: names of two levels, as our files have them.
fn keys(file: &str) -> BTreeSet<String> {
    let mut group = String::new();
    let mut found = BTreeSet::new();
    for line in file.lines() {
        let Some((name, _)) = line.split_once(':') else { continue };
        let indent = name.len() - name.trim_start().len();
        let plain = !name.trim().is_empty()
            && name.trim().bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        match (indent, plain) {
            (0, true) => group = name.trim().to_owned(),
            (2, true) => {
                found.insert(format!("{group}.{}", name.trim()));
            }
            _ => {}
        }
    }
    found
}

#[test]
fn both_files_have_the_keys_of_the_code_and_no_others() {
    let code: BTreeSet<String> = flows::text::keys().map(str::to_owned).collect();
    for (name, file) in [("en.yml", ENGLISH), ("ar.yml", ARABIC)] {
        let file = keys(file);
        let missing: Vec<_> = code.difference(&file).collect();
        let unused: Vec<_> = file.difference(&code).collect();
        assert!(missing.is_empty(), "{name} lacks {missing:?}");
        assert!(unused.is_empty(), "{name} has texts that nothing shows: {unused:?}");
    }
}

#[test]
fn arabic_texts_are_arabic_and_carry_no_marks() {
    for (name, file) in [("en.yml", ENGLISH), ("ar.yml", ARABIC)] {
        let mark = file.chars().find(
            |c| matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '⟦' | '⟧'),
        );
        assert_eq!(mark, None, "{name} has a mark: the renderer sets them");
    }
    assert!(!ARABIC.contains(['→', '◀', '▶', '?', ';']), "Arabic has its own punctuation");
}

#[test]
fn every_counted_noun_has_the_forms_of_cldr() {
    use icu_plurals::{PluralCategory, PluralRuleType, PluralRules};
    let rules = PluralRules::try_new(icu_locale_core::locale!("ar").into(), PluralRuleType::Cardinal.into())
        .expect("Arabic rules");
    for n in [0_u64, 1, 2, 3, 10, 11, 99, 100, 101, 102, 103, 111, 200, 1000] {
        let expected = match rules.category_for(n) {
            PluralCategory::Zero => "zero",
            PluralCategory::One => "one",
            PluralCategory::Two => "two",
            PluralCategory::Few => "few",
            PluralCategory::Many => "many",
            PluralCategory::Other => "other",
        };
        assert_eq!(flows::text::plural(Lang::Ar, n), expected, "{n}");
        for (noun, counted) in flows::text::counted(Lang::Ar, n) {
            let template = flows::text::template(Lang::Ar, &format!("{noun}.{expected}")).expect("a form");
            assert_eq!(counted, template.fill(&[("n", Text::ltr(n.to_string()))]), "{n} {noun}");
        }
    }
    let counted: BTreeSet<&str> = flows::text::counted(Lang::Ar, 1).map(|(noun, _)| noun).collect();
    let listed: BTreeSet<&str> = flows::text::keys().filter_map(|key| key.strip_suffix(".few")).collect();
    assert_eq!(counted, listed, "a noun of the files is counted by nobody");
}
