//! How the shop is doing, in words for the operator: counts, losses, alarms. Never a text, a code or a phone number.

use std::fmt::Write as _;

use shop::order::StateKind;
use shop::settings::Settings;
use shop::{ServerId, UnixSeconds};
use store::{Status, Store, StoreError};
use strum::EnumMessage as _;

/// How many of the newest dead letters are shown.
const LETTERS_SHOWN: usize = 5;
/// How much of a reason is shown.
const REASON_CHARACTERS: usize = 100;
/// A word with so many digits may be a code, a phone number or somebody's id.
const DIGITS_MAX: usize = 2;
/// A word of so many characters may be a key.
const WORD_CHARACTERS_MAX: usize = 20;

/// Everything that the database says about it.
pub(super) fn shown(store: &Store, now: UnixSeconds) -> Result<String, StoreError> {
    let status = store.status(now)?;
    let mut text = format!("Users: {}\n", status.users);
    for hold in store.holds() {
        let _ = writeln!(text, "SALES ARE ON HOLD: {}", hold.get_message().unwrap_or_default());
    }
    troubles(&mut text, &store.settings()?, now);
    orders(&mut text, &status);
    let _ = writeln!(text, "Messages waiting: {}; dead letters: {}", status.outbox, status.dead_letters);
    let _ = writeln!(text, "Tickets waiting for an answer: {}", status.tickets_waiting);
    for letter in store.dead_letters(LETTERS_SHOWN)? {
        let kind: &'static str = letter.kind().into();
        let _ = writeln!(text, "  {kind}, {} ago: {}", age(now - letter.at), harmless(&letter.reason));
    }
    for (alarm, row) in &status.alarms {
        let alarm: &'static str = alarm.into();
        let _ = writeln!(text, "Alarm: {alarm} × {}, last at {} (Unix seconds)", row.count, row.last_at);
    }
    Ok(text)
}

/// Which servers sell nothing by themselves, why, and since when.
fn troubles(text: &mut String, settings: &Settings, now: UnixSeconds) {
    for server in ServerId::ALL {
        for (trouble, since) in &settings.server(*server).troubles.now {
            let (number, why) = (server.number(), trouble.get_message().unwrap_or_default());
            let _ = writeln!(text, "SERVER {number} SELLS NOTHING: {why}, since {}", age(now - since.at));
        }
    }
}

/// Open orders, and what is not settled with the suppliers.
fn orders(text: &mut String, status: &Status) {
    let count = |(state, count): (&StateKind, &u64)| format!("{} {count}", <&'static str>::from(state));
    let ended = |state: &StateKind| matches!(state, StateKind::Done | StateKind::Refunded);
    let open: Vec<String> = status.orders.iter().filter(|(state, _)| !ended(state)).map(count).collect();
    let _ = writeln!(text, "Open orders: {}", if open.is_empty() { "none".to_owned() } else { open.join(", ") });
    let _ = writeln!(
        text,
        "Purchases without a clear answer: {}; refunds that a supplier did not confirm: {}",
        status.ambiguous, status.unsettled
    );
    let (orphans, written_off) = (&status.orphans, &status.written_off);
    let _ = writeln!(
        text,
        "Supplier orders without an owner: {} being given back, {} given back, {} written off",
        orphans.open, orphans.given_back, orphans.written_off
    );
    let _ = writeln!(
        text,
        "Written off: {} in all, {} orders and {} without an owner",
        written_off.amount, written_off.orders, written_off.orphans
    );
}

/// `3 min`: in one unit, rounded down.
pub(super) fn age(seconds: i64) -> String {
    match seconds.max(0) {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

/// A reason may be Telegram's own words, which may quote what was sent: what stands in quotes, words with digits and
/// long words are left out, and nothing in it moves a terminal's cursor.
fn harmless(reason: &str) -> String {
    let parts = reason.split(['"', '`']).enumerate();
    let unquoted: String = parts.map(|(index, part)| if index % 2 == 0 { part } else { "…" }).collect();
    let words = unquoted.split(|letter: char| letter.is_whitespace() || letter.is_control());
    let shown: Vec<&str> =
        words.filter(|word| !word.is_empty()).map(|word| if is_harmless(word) { word } else { "…" }).collect();
    shown.join(" ").chars().take(REASON_CHARACTERS).collect()
}

fn is_harmless(word: &str) -> bool {
    let digits = word.chars().filter(|letter| letter.is_numeric()).count();
    digits <= DIGITS_MAX && word.chars().count() <= WORD_CHARACTERS_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_quotes_nothing() {
        let cases = [
            ("its handling panics", "its handling panics"),
            ("Bad Request: chat not found", "Bad Request: chat not found"),
            ("can't parse \"code 4711\" at byte 12", "can't parse … at byte 12"),
            ("an open \"quote 4711", "an open …"),
            ("sent 4711 to +12025550123 by ١٢٣٤", "sent … to … by …"),
            ("a\u{1b}[2Jb\nc", "a [2Jb c"),
            ("aaaaaaaaaabbbbbbbbbbc", "…"),
        ];
        for (reason, shown) in cases {
            assert_eq!(harmless(reason), shown, "{reason:?}");
        }
        assert_eq!(harmless(&"word ".repeat(100)).chars().count(), REASON_CHARACTERS);
    }

    #[test]
    fn ages_are_in_one_unit() {
        for (seconds, shown) in [(-5, "0 s"), (119, "119 s"), (120, "2 min"), (7_200, "2 h"), (172_800, "2 days")] {
            assert_eq!(age(seconds), shown);
        }
    }
}
