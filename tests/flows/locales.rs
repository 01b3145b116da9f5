//! Both languages say the same things: the same keys, the same placeholders, none unused, all plural forms.

use std::collections::{BTreeMap, BTreeSet};

use engine::Lang;

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
fn both_languages_have_the_same_placeholders_and_whole_markup() {
    for key in flows::text::keys() {
        let holes = |lang: Lang| -> BTreeMap<String, usize> {
            let template =
                flows::text::template(lang, key).unwrap_or_else(|| panic!("{key} is no template in {lang:?}"));
            template.placeholders().into_iter().fold(BTreeMap::new(), |mut all, name| {
                *all.entry(name).or_default() += 1;
                all
            })
        };
        let (english, arabic): (Vec<_>, Vec<_>) =
            (holes(Lang::En).into_keys().collect(), holes(Lang::Ar).into_keys().collect());
        // The Arabic forms for one and two say the number in words.
        let counted = key.ends_with(".one") || key.ends_with(".two") || key.ends_with(".zero");
        assert!(english == arabic || counted, "{key}: {english:?} and {arabic:?}");
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
fn arabic_plurals_follow_cldr() {
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
    }
}
