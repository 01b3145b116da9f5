//! Words by key: the only place that reads the locale files.
//!
//! A template is parsed once for each language; what is filled in are typed texts, never markup. The language is always
//! an argument. Writing direction is none of this module's business: `engine` settles it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use engine::{Lang, Template, Text};
use rust_i18n::t;
use shop::{Days, Money};
use strum::IntoEnumIterator as _;

use crate::keys;

/// The name of a text in the locale files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key(pub(crate) &'static str);

/// Things that are counted, in the case that follows “within”, “for” and “ago”.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumIter, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub(crate) enum Noun {
    /// Minutes.
    Minutes,
    /// Seconds.
    Seconds,
    /// Hours.
    Hours,
    /// Days.
    Days,
    /// Countries, standing alone.
    Countries,
}

type Templates = BTreeMap<&'static str, Template>;

static ENGLISH: LazyLock<Templates> = LazyLock::new(|| parsed(Lang::En));
static ARABIC: LazyLock<Templates> = LazyLock::new(|| parsed(Lang::Ar));

/// The keys of all texts.
pub fn keys() -> impl Iterator<Item = &'static str> {
    keys::ALL.iter().map(|key| key.0)
}

/// The template of a key as the locale file has it; `None` for an unknown key or wrong markup.
#[must_use]
pub fn template(lang: Lang, key: &str) -> Option<&'static Template> {
    match lang {
        Lang::En => ENGLISH.get(key),
        Lang::Ar => ARABIC.get(key),
    }
}

/// A text with its placeholders filled.
pub(crate) fn say(lang: Lang, key: Key, arguments: &[(&str, Text)]) -> Text {
    template(lang, key.0).map_or_else(|| Text::plain(key.0), |template| template.fill(arguments))
}

/// A text without placeholders.
pub(crate) fn words(lang: Lang, key: Key) -> Text {
    say(lang, key, &[])
}

/// “3 minutes”: the number with its noun in the right form.
pub(crate) fn count(lang: Lang, noun: Noun, n: u64) -> Text {
    let arguments = [("n", number(n))];
    match (noun, form(lang, n)) {
        (Noun::Minutes, form) => say(lang, form.of(MINUTES), &arguments),
        (Noun::Seconds, form) => say(lang, form.of(SECONDS), &arguments),
        (Noun::Hours, form) => say(lang, form.of(HOURS), &arguments),
        (Noun::Days, form) => say(lang, form.of(DAYS), &arguments),
        (Noun::Countries, form) => say(lang, form.of(COUNTRIES), &arguments),
    }
}

/// “3 and 30 days”: lengths beside each other; nothing where there are none. In Arabic each is counted with its noun.
pub(crate) fn day_list(lang: Lang, days: &[Days]) -> Text {
    let Some((last, before)) = days.split_last() else { return Text::new() };
    let counted = |days: &Days| count(lang, Noun::Days, u64::from(days.0));
    let each = |days: &Days| match lang {
        Lang::En => number(u64::from(days.0)),
        Lang::Ar => counted(days),
    };
    let joined = |key, first, rest| say(lang, key, &[("first", first), ("rest", rest)]);
    let mut before = before.iter().rev();
    let Some(beside) = before.next() else { return counted(last) };
    let list = joined(keys::DAY_LIST_LAST, each(beside), counted(last));
    before.fold(list, |rest, days| joined(keys::DAY_LIST_MORE, each(days), rest))
}

/// So many seconds in the largest unit that divides them.
pub(crate) fn duration(lang: Lang, seconds: u64) -> Text {
    match seconds {
        0..60 => count(lang, Noun::Seconds, seconds),
        _ if seconds.is_multiple_of(86_400) => count(lang, Noun::Days, seconds / 86_400),
        _ if seconds.is_multiple_of(3_600) => count(lang, Noun::Hours, seconds / 3_600),
        _ => count(lang, Noun::Minutes, seconds / 60),
    }
}

/// A plain number.
pub(crate) fn number(n: u64) -> Text {
    Text::ltr(n.to_string())
}

/// An amount: the one way in which money is written.
pub(crate) fn money(amount: Money) -> Text {
    Text::ltr(amount.to_string())
}

/// An amount with its sign: `+$5.00`, `−$1.20`.
pub(crate) fn signed(amount: Money) -> Text {
    let plus = if amount.is_negative() { "" } else { "+" };
    Text::ltr(format!("{plus}{amount}"))
}

/// CLDR's plural forms. English has a sentence of its own for zero, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Zero,
    One,
    Two,
    Few,
    Many,
    Other,
}

/// One key for each form.
type Forms = [Key; 6];

const MINUTES: Forms = [
    keys::MINUTES_ZERO,
    keys::MINUTES_ONE,
    keys::MINUTES_TWO,
    keys::MINUTES_FEW,
    keys::MINUTES_MANY,
    keys::MINUTES_OTHER,
];
const SECONDS: Forms = [
    keys::SECONDS_ZERO,
    keys::SECONDS_ONE,
    keys::SECONDS_TWO,
    keys::SECONDS_FEW,
    keys::SECONDS_MANY,
    keys::SECONDS_OTHER,
];
const HOURS: Forms =
    [keys::HOURS_ZERO, keys::HOURS_ONE, keys::HOURS_TWO, keys::HOURS_FEW, keys::HOURS_MANY, keys::HOURS_OTHER];
const DAYS: Forms =
    [keys::DAYS_ZERO, keys::DAYS_ONE, keys::DAYS_TWO, keys::DAYS_FEW, keys::DAYS_MANY, keys::DAYS_OTHER];
const COUNTRIES: Forms = [
    keys::COUNTRIES_ZERO,
    keys::COUNTRIES_ONE,
    keys::COUNTRIES_TWO,
    keys::COUNTRIES_FEW,
    keys::COUNTRIES_MANY,
    keys::COUNTRIES_OTHER,
];

impl Form {
    const fn of(self, forms: Forms) -> Key {
        match self {
            Self::Zero => forms[0],
            Self::One => forms[1],
            Self::Two => forms[2],
            Self::Few => forms[3],
            Self::Many => forms[4],
            Self::Other => forms[5],
        }
    }
}

const fn form(lang: Lang, n: u64) -> Form {
    match (lang, n, n % 100) {
        (Lang::En | Lang::Ar, 0, _) => Form::Zero,
        (Lang::En | Lang::Ar, 1, _) => Form::One,
        (Lang::Ar, 2, _) => Form::Two,
        (Lang::Ar, _, 3..=10) => Form::Few,
        (Lang::Ar, _, 11..=99) => Form::Many,
        (Lang::En | Lang::Ar, _, _) => Form::Other,
    }
}

/// The name of CLDR's plural category that a count takes.
#[must_use]
pub const fn plural(lang: Lang, n: u64) -> &'static str {
    match form(lang, n) {
        Form::Zero => "zero",
        Form::One => "one",
        Form::Two => "two",
        Form::Few => "few",
        Form::Many => "many",
        Form::Other => "other",
    }
}

/// Every counted thing, by its group of keys, with this number.
pub fn counted(lang: Lang, n: u64) -> impl Iterator<Item = (&'static str, Text)> {
    Noun::iter().map(move |noun| (noun.into(), count(lang, noun, n)))
}

fn parsed(lang: Lang) -> Templates {
    let read = |key: &Key| Some((key.0, Template::parse(&t!(key.0, locale = lang.code())).ok()?));
    keys::ALL.iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use engine::direction::plain;

    use super::*;

    #[test]
    fn arabic_plurals_take_their_forms() {
        let marked = |n| plain(&count(Lang::Ar, Noun::Minutes, n), engine::Direction::RightToLeft);
        let shown = |n| marked(n).replace(['\u{200F}', '\u{2066}', '\u{2069}'], "");
        for (n, expected) in [
            (1, "دقيقة واحدة"),
            (2, "دقيقتين"),
            (3, "3 دقائق"),
            (10, "10 دقائق"),
            (11, "11 دقيقة"),
            (99, "99 دقيقة"),
            (100, "100 دقيقة"),
            (103, "103 دقائق"),
            (111, "111 دقيقة"),
        ] {
            assert_eq!(shown(n), expected);
        }
        assert!(Noun::iter().all(|noun| !count(Lang::Ar, noun, 0).is_empty()));
    }

    #[test]
    fn lengths_stand_beside_each_other() {
        let shown = |lang: Lang, days: &[u16]| {
            let days: Vec<Days> = days.iter().copied().map(Days).collect();
            plain(&day_list(lang, &days), lang.direction()).replace(['\u{200F}', '\u{2066}', '\u{2069}'], "")
        };
        for (days, english, arabic) in [
            (&[][..], "", ""),
            (&[1], "1 day", "يوم واحد"),
            (&[3, 30], "3 and 30 days", "3 أيام أو 30 يومًا"),
            (&[1, 3, 30], "1, 3 and 30 days", "يوم واحد أو 3 أيام أو 30 يومًا"),
        ] {
            assert_eq!((shown(Lang::En, days).as_str(), shown(Lang::Ar, days).as_str()), (english, arabic));
        }
    }
}
