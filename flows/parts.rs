//! Parts that screens share: names, moments, footers, pages.

use engine::direction::is_rtl;
use engine::{Button, Lang, Row, Span, Target, Text, TimeStyle, To};
use shop::catalogue::{Country, Service};
use shop::order::{Order, Wish};
use shop::places::{self, Script};
use shop::server::{Coverage, names_a_supplier};
use shop::{OrderId, Phone, ServerId, UnixSeconds};

use crate::env::{PAGE_ROWS, script};
use crate::keys;
use crate::text::{Key, number, say, words};

/// A phone shows so many characters of a label that shares its row with another one.
pub(crate) const HALF_ROW_CHARACTERS: usize = 25;
/// A flag or an emoji, with its blank.
pub(crate) const ICON_CHARACTERS: usize = 3;
/// A supplier's message is cut to so many characters.
pub(crate) const MESSAGE_CHARACTERS_MAX: usize = 3_000;

/// A row of a table.
pub(crate) const fn row<K: Copy>(from: K, on: &'static str, when: &'static str, to: To<K>) -> Row<K> {
    Row { from, on, when, to }
}

/// A button with a plain label.
pub(crate) fn button<A>(lang: Lang, key: Key, action: A) -> Button<A> {
    Button::press(words(lang, key), action)
}

/// `[🏠 Home]`.
pub(crate) fn home<A>(lang: Lang) -> Button<A> {
    Button::new(words(lang, keys::COMMON_HOME), Target::Home)
}

/// `[↩️ Back] [🏠 Home]`.
pub(crate) fn footer<A>(lang: Lang) -> [Button<A>; 2] {
    [Button::new(words(lang, keys::COMMON_BACK), Target::Back), home(lang)]
}

/// A button to support, where there is an address; nothing else.
pub(crate) fn support<A>(lang: Lang, key: Key, address: Option<&str>) -> Option<Button<A>> {
    address.map(|address| Button::new(words(lang, key), Target::Url(address.to_owned())))
}

/// The address of support with an order in the message that is about to be written, where it is a name at Telegram; any
/// other address as it is. What it says is for support to read: one language will do.
pub(crate) fn support_about(address: &str, order: OrderId) -> String {
    let name = address.strip_prefix("https://t.me/").unwrap_or_default();
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_name { format!("{address}?text=Order%20{order}") } else { address.to_owned() }
}

/// `[📋 …]` that copies this.
pub(crate) fn copy<A>(label: Text, copied: &str) -> Button<A> {
    Button::new(label, Target::Copy(copied.to_owned()))
}

/// How many pages so many rows take, at least one.
pub(crate) fn pages(total: u32) -> u32 {
    total.div_ceil(PAGE_ROWS).max(1)
}

/// “page 2 of 5”, `page` counted from 0.
pub(crate) fn page_of(lang: Lang, page: u32, pages: u32) -> Text {
    let (page, pages) = (number(u64::from(page) + 1), number(u64::from(pages)));
    say(lang, keys::COMMON_PAGE, &[("page", page), ("pages", pages)])
}

/// `[Previous] [Next]`, as far as there are such pages.
pub(crate) fn turning<A>(lang: Lang, page: u32, pages: u32, to: impl Fn(u32) -> A) -> Vec<Button<A>> {
    let previous = page.checked_sub(1).map(|page| button(lang, keys::COMMON_PREVIOUS, to(page)));
    let next = (page + 1 < pages).then(|| button(lang, keys::COMMON_NEXT, to(page + 1)));
    previous.into_iter().chain(next).collect()
}

/// The server's name with its sign: the flag of its only country, or the world.
pub(crate) fn server(lang: Lang, server: ServerId) -> Text {
    say(lang, keys::SERVER_NAME, &server_parts(server))
}

/// The same on a button, where nothing is bold.
pub(crate) fn server_label(lang: Lang, server: ServerId) -> Text {
    say(lang, keys::SERVER_LABEL, &server_parts(server))
}

/// What texts say about a server: `n`, `sign`.
pub(crate) fn server_parts(server: ServerId) -> [(&'static str, Text); 2] {
    let sign = match server.profile().coverage {
        Coverage::Only(iso2) => flag(iso2),
        Coverage::World => Text::plain("🌍"),
    };
    [("n", server_number(server)), ("sign", sign)]
}

/// The number by which people know a server.
pub(crate) fn server_number(server: ServerId) -> Text {
    number(u64::from(server.number()))
}

/// A country by its ISO code; the code itself where it is unknown.
pub(crate) fn country(lang: Lang, iso2: &str) -> Text {
    Text::plain(places::place(iso2).map_or(iso2, |place| place.name(script(lang))))
}

/// The same as short as readers know it, for a label.
pub(crate) fn short_country(lang: Lang, iso2: &str) -> Text {
    Text::plain(places::place(iso2).map_or(iso2, |place| place.short_name(script(lang))))
}

/// A flag; nothing for what is no ISO code.
pub(crate) fn flag(iso2: &str) -> Text {
    Text::plain(places::flag(iso2).unwrap_or_default())
}

/// A listed country.
pub(crate) fn country_name(lang: Lang, country: &Country) -> Text {
    let translated = (country.arabic != country.english).then_some(country.arabic.as_str());
    name(lang, &country.english, translated)
}

/// A service by a supplier's name. Old orders may hold one that gives the supplier away.
pub(crate) fn service(lang: Lang, supplier_name: &str) -> Text {
    if names_a_supplier(supplier_name) {
        return words(lang, keys::SERVICE_UNNAMED);
    }
    name(lang, supplier_name, places::brand(supplier_name).map(|brand| brand.arabic.as_str()))
}

/// A listed service.
pub(crate) fn service_name(lang: Lang, service: &Service) -> Text {
    let arabic = service.name(Script::Arabic);
    name(lang, &service.name, (arabic != service.name).then_some(arabic))
}

/// A supplier's name, or ours in Arabic; what has no Arabic name is foreign there, and so is what a supplier writes in
/// Arabic letters to an English reader.
fn name(lang: Lang, latin: &str, arabic: Option<&str>) -> Text {
    match (script(lang), arabic) {
        (Script::Latin, _) if latin.contains(is_rtl) => Text::any(latin),
        (Script::Latin, _) => Text::plain(latin),
        (Script::Arabic, Some(arabic)) => Text::plain(arabic),
        (Script::Arabic, None) => Text::any(latin),
    }
}

/// A service's emoji before a label, with its blank; nothing where there is none.
pub(crate) fn with_icon(icon: Option<&str>, label: Text) -> Text {
    icon.map_or_else(Text::new, |icon| Text::plain(format!("{icon} "))).then(label)
}

/// A service's emoji by a supplier's name; the general sign for unknown ones.
pub(crate) fn icon(name: &str) -> &'static str {
    places::brand(name).map_or("🏷", |brand| brand.icon.as_str())
}

/// What most screens say about a wish: `service`, `country`, `flag`.
pub(crate) fn named(lang: Lang, wish: &Wish) -> [(&'static str, Text); 3] {
    let service = service(lang, &wish.service_name);
    [("service", service), ("country", country(lang, &wish.iso2)), ("flag", flag(&wish.iso2))]
}

/// A phone number to copy on a tap.
pub(crate) fn phone_code(phone: &Phone) -> Text {
    Text::code(phone.as_str())
}

/// An order's phone number as words, or that there is none.
pub(crate) fn phone(lang: Lang, order: &Order) -> Text {
    let number = order.number.as_ref();
    number.map_or_else(|| words(lang, keys::CARD_NO_NUMBER), |number| Text::ltr(number.phone.as_str()))
}

/// A stranger's message: cut, and with links that nobody can tap.
pub(crate) fn message(text: &str, characters_max: usize) -> String {
    cut(text, characters_max).replace("://", "://\u{2060}")
}

/// A text of at most so many characters, with an ellipsis where it was longer.
pub(crate) fn cut(text: &str, characters_max: usize) -> String {
    if text.chars().count() <= characters_max {
        return text.to_owned();
    }
    text.chars().take(characters_max.saturating_sub(1)).chain(['…']).collect()
}

/// A name on a button that a phone shows whole, with an ellipsis where it was longer.
pub(crate) fn short(name: Text, characters_max: usize) -> Text {
    match name.spans() {
        [Span::Words(words)] => Text::plain(cut(words, characters_max)),
        [Span::Any(words)] => Text::any(cut(words, characters_max)),
        _ => name,
    }
}

/// Lines below each other; empty ones are left out.
pub(crate) fn lines(lines: impl IntoIterator<Item = Text>) -> Text {
    Text::joined(lines, "\n")
}

/// Paragraphs with an empty line between them; empty ones are left out.
pub(crate) fn paragraphs(paragraphs: impl IntoIterator<Item = Text>) -> Text {
    Text::joined(paragraphs, "\n\n")
}

/// “in 12 minutes”, counting by itself.
pub(crate) fn left(unix: UnixSeconds) -> Text {
    Text::time(unix, TimeStyle::Relative, clock(unix))
}

/// A date.
pub(crate) fn date(unix: UnixSeconds) -> Text {
    Text::time(unix, TimeStyle::Date, day(unix))
}

/// A date with its time.
pub(crate) fn date_time(unix: UnixSeconds) -> Text {
    Text::time(unix, TimeStyle::DateTime, format!("{} {}", day(unix), clock(unix)))
}

/// `14:35 UTC`.
fn clock(unix: UnixSeconds) -> String {
    let minute = unix.rem_euclid(86_400) / 60;
    format!("{:02}:{:02} UTC", minute / 60, minute % 60)
}

/// `2026-11-23`, by the days of a year that begins in March
/// (<https://howardhinnant.github.io/date_algorithms.html#civil_from_days>).
fn day(unix: UnixSeconds) -> String {
    let days = unix.div_euclid(86_400) + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (unix, expected) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_709_164_800, "2024-02-29"),
            (1_735_689_599, "2024-12-31"),
            (1_795_392_000, "2026-11-23"),
        ] {
            assert_eq!(day(unix), expected);
        }
        assert_eq!(clock(1_735_689_599), "23:59 UTC");
    }

    #[test]
    fn names_in_the_other_script_are_isolated() {
        for (lang, supplier_name, expected) in [
            (Lang::En, "Weee!", Text::plain("Weee!")),
            (Lang::Ar, "Weee!", Text::any("Weee!")),
            (Lang::Ar, "WhatsApp", Text::plain("واتساب")),
            (Lang::En, "سوق", Text::any("سوق")),
        ] {
            assert_eq!(service(lang, supplier_name), expected);
        }
    }

    #[test]
    fn support_at_telegram_is_told_the_order() {
        for (address, expected) in [
            ("https://t.me/raqam_support", "https://t.me/raqam_support?text=Order%200001"),
            ("https://t.me/+invitation", "https://t.me/+invitation"),
            ("https://help.example/form", "https://help.example/form"),
        ] {
            assert_eq!(support_about(address, OrderId(1)), expected);
        }
    }

    #[test]
    fn messages_are_cut_and_their_links_are_broken() {
        assert_eq!(message("see https://x.example", 1_000), "see https://\u{2060}x.example");
        assert_eq!(message("abcdef", 4), "abc…");
    }
}
