//! How the shop is doing, in words for the operator: counts, losses, alarms. Never a text, a code or a phone number.

use std::fmt::Write as _;

use shop::order::StateKind;
use shop::settings::Settings;
use shop::{ServerId, UnixSeconds};
use store::{Day, ServerStatus, Status, Store, StoreError};
use strum::EnumMessage as _;

use crate::market;

/// How many of the newest dead letters are shown.
const LETTERS_SHOWN: usize = 5;
/// How much of a reason is shown.
const REASON_CHARACTERS: usize = 100;
/// A word with so many digits may be a code, a phone number or somebody's id.
const DIGITS_MAX: usize = 2;
/// A word of so many characters may be a key.
const WORD_CHARACTERS_MAX: usize = 20;

/// Everything that the database says about it; `servers` are those that have a key.
pub(super) fn shown(store: &Store, servers: &[ServerId], now: UnixSeconds) -> Result<String, StoreError> {
    let status = store.status(now)?;
    let mut text = format!("Users: {}\n", status.users);
    for hold in store.holds() {
        let _ = writeln!(text, "SALES ARE ON HOLD: {}", hold.get_message().unwrap_or_default());
    }
    let settings = store.settings()?;
    troubles(&mut text, &settings, now);
    let columns = servers.iter().map(|server| column(store, *server, &status, &settings, now));
    table(&mut text, &columns.collect::<Result<Vec<_>, _>>()?);
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

/// The rows of a server's column, without its head.
const ROWS: [&str; 9] = [
    "numbers sold",
    "codes received",
    "refunded",
    "success",
    "revenue",
    "cost",
    "margin",
    "open orders",
    "oldest list",
];

/// A server's day so far, its open orders and the age of its lists: a head, then a cell for each of [`ROWS`].
fn column(
    store: &Store,
    server: ServerId,
    status: &Status,
    settings: &Settings,
    now: UnixSeconds,
) -> Result<Vec<String>, StoreError> {
    let ServerStatus { today, open } = status.servers.get(&server).copied().unwrap_or_default();
    let oldest = market::lists_kept_at(store, server)?.into_iter().min();
    let open_max = settings.server(server).open_max.map(|most| format!(" of {most}")).unwrap_or_default();
    Ok(vec![
        format!("Server {}", server.number()),
        today.sold.to_string(),
        today.received.to_string(),
        today.refunded.to_string(),
        success(&today),
        today.revenue.to_string(),
        today.cost.to_string(),
        today.margin().to_string(),
        format!("{open}{open_max}"),
        oldest.map_or_else(|| "none yet".to_owned(), |fetched_at| age(now - fetched_at)),
    ])
}

/// Of the orders that were settled today, how many brought a code.
fn success(today: &Day) -> String {
    match today.received + today.refunded {
        0 => "–".to_owned(),
        settled => format!("{} %", today.received * 100 / settled),
    }
}

/// Columns side by side, their cells to the right.
fn table(text: &mut String, columns: &[Vec<String>]) {
    if columns.is_empty() {
        return;
    }
    let names = ["Today (UTC)"].into_iter().chain(ROWS);
    let wide = names.clone().map(str::len).max().unwrap_or_default();
    for (row, name) in names.enumerate() {
        let _ = write!(text, "{name:<wide$}");
        for column in columns {
            let width = column.iter().map(|cell| cell.chars().count()).max().unwrap_or_default() + 2;
            let _ = write!(text, "{:>width$}", column.get(row).map_or("", String::as_str));
        }
        text.push('\n');
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
    fn columns_stand_side_by_side_and_a_day_without_an_end_has_no_success() {
        let column = |head: &str, cell: &str| [head].into_iter().chain([cell; ROWS.len()]).map(str::to_owned).collect();
        let mut text = String::new();
        table(&mut text, &[column("Server 1", "7"), column("Server 2", "−$1234.50")]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[..2], ["Today (UTC)     Server 1   Server 2", "numbers sold           7  −$1234.50"]);
        assert!(lines.iter().all(|line| line.chars().count() == lines[0].chars().count()), "{text}");
        let mut none = String::new();
        table(&mut none, &[]);
        assert_eq!(none, "");
        let day = |received, refunded| Day { received, refunded, ..Day::default() };
        assert_eq!([success(&day(0, 0)), success(&day(2, 1)), success(&day(0, 4))], ["–", "66 %", "0 %"]);
    }

    #[test]
    fn ages_are_in_one_unit() {
        for (seconds, shown) in [(-5, "0 s"), (119, "119 s"), (120, "2 min"), (7_200, "2 h"), (172_800, "2 days")] {
            assert_eq!(age(seconds), shown);
        }
    }
}
