//! How the shop is doing, in words for the operator: counts, losses, alarms. Never a text, a code or a phone number.

use std::fmt::Write as _;

use shop::UnixSeconds;
use shop::order::StateKind;
use store::{Status, Store, StoreError};
use strum::EnumMessage as _;

/// Everything that the database says about it.
pub(super) fn shown(store: &Store, now: UnixSeconds) -> Result<String, StoreError> {
    let status = store.status(now)?;
    let mut text = format!("Users: {}\n", status.users);
    for hold in store.holds() {
        let _ = writeln!(text, "SALES ARE ON HOLD: {}", hold.get_message().unwrap_or_default());
    }
    orders(&mut text, &status);
    let _ = writeln!(text, "Messages waiting: {}; dead letters: {}", status.outbox, status.dead_letters);
    for (alarm, row) in &status.alarms {
        let alarm: &'static str = alarm.into();
        let _ = writeln!(text, "Alarm: {alarm} × {}, last at {} (Unix seconds)", row.count, row.last_at);
    }
    Ok(text)
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
