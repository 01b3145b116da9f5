//! A phone's chat as HTML: bubbles, keyboards, invoices, and the panel of inline results.

use maud::{Markup, html};
use serde_json::Value;
use sim::telegram::{Button, ButtonAction, InlineAnswer, Message};

use crate::phone::{Spot, Waiting};
use crate::rich;
use crate::world::World;

/// How many of the newest messages are shown.
const SHOWN_MAX: usize = 60;

/// The chat of a phone, oldest message first.
pub(crate) fn chat(world: &World, phone: usize) -> Markup {
    let (user, waiting) = {
        let phone = world.phone(phone);
        (phone.person.user.clone(), phone.waiting.clone())
    };
    let messages = user.messages();
    let shown = &messages[messages.len().saturating_sub(SHOWN_MAX)..];
    let days: Vec<i64> = shown.iter().map(|message| message.date_ms.div_euclid(86_400_000)).collect();
    html! {
        @for (index, message) in shown.iter().enumerate() {
            @if index == 0 || days[index] != days[index - 1] {
                div.day dir="auto" { time data-unix=(message.date_ms / 1000) data-format="D" {} }
            }
            (self::message(message, &waiting))
        }
        @if user.has_blocked() { div.day { "⛔️ blocked" } }
    }
}

fn message(message: &Message, waiting: &[Waiting]) -> Markup {
    let side = if message.from_bot { "theirs" } else { "mine" };
    if let Some(paid) = message.extra.get("successful_payment") {
        return html! { div.day data-message=(message.id) { "⭐ " (paid["total_amount"]) " ✓" } };
    }
    html! {
        article.message.(side) data-message=(message.id) {
            div.bubble {
                @if message.via_bot { div.via { "via @" (BOT) } }
                // An invoice, a file and a payment have no text of their own.
                @if !message.text.is_empty() || message.extra.is_empty() { (rich::text(&message.text, &message.entities)) }
                @if let Some(invoice) = message.extra.get("invoice") { (self::invoice(invoice)) }
                @if let Some(document) = message.extra.get("document") { (self::document(document)) }
                (stamp(message))
            }
            (keyboard(message, waiting))
        }
    }
}

/// The simulated bot's user name, as in the simulator's options.
pub(crate) const BOT: &str = "raqam_bot";

fn stamp(message: &Message) -> Markup {
    let clock = |ms: i64| {
        let minutes = ms.div_euclid(60_000);
        format!("{:02}:{:02}", minutes.div_euclid(60).rem_euclid(24), minutes.rem_euclid(60))
    };
    html! {
        span.stamp {
            @if message.edited_ms.is_some() { span.edited { "✎ " } }
            @if message.from_bot && message.silent { span.silent title="without a sound" { "🔕 " } }
            (clock(message.date_ms))
            @if !message.from_bot { " ✓✓" }
        }
    }
}

fn invoice(invoice: &Value) -> Markup {
    let field = |name: &str| invoice[name].as_str().unwrap_or_default();
    html! {
        div.invoice dir="auto" {
            div.title { (field("title")) }
            div.line dir="auto" { (field("description")) }
            div.amount { "⭐ " (invoice["total_amount"]) }
        }
    }
}

fn document(document: &Value) -> Markup {
    html! { div.document dir="auto" { "📄 " (document["file_name"].as_str().unwrap_or_default()) } }
}

fn keyboard(message: &Message, waiting: &[Waiting]) -> Markup {
    let rows = message.buttons();
    html! {
        @if !rows.is_empty() {
            div.keyboard {
                @for (row, buttons) in rows.iter().enumerate() {
                    div.row {
                        @for (column, button) in buttons.iter().enumerate() {
                            (key(button, Spot { message: message.id, row, column }, waiting))
                        }
                    }
                }
            }
        }
    }
}

fn key(button: &Button, spot: Spot, waiting: &[Waiting]) -> Markup {
    let tone = button.style.as_deref().unwrap_or("plain");
    let busy = waiting.iter().any(|waiting| waiting.spot == spot);
    let (sign, what) = match &button.action {
        ButtonAction::Url(_) => ("↗", "opens an address"),
        ButtonAction::Copy(_) => ("⧉", "copies"),
        ButtonAction::Search(_) => ("⌕", "searches"),
        ButtonAction::Callback(_) | ButtonAction::Pay | ButtonAction::Other(_) => ("", ""),
    };
    html! {
        button.key.(tone).waiting[busy] type="button" data-tap=(spot.message) data-row=(spot.row)
            data-column=(spot.column) aria-busy=(busy) {
            span.label dir="auto" { (button.label) }
            @if !sign.is_empty() { span.sign title=(what) { (sign) } }
        }
    }
}

/// A page of inline results; the next one is asked for at its end.
pub(crate) fn results(answer: &InlineAnswer, offset: &str) -> Markup {
    html! {
        @if let Some((label, parameter)) = &answer.button {
            @if offset.is_empty() {
                button.over type="button" data-send=(format!("/start {parameter}")) {
                    span dir="auto" { (label) }
                }
            }
        }
        @if answer.results.is_empty() && offset.is_empty() && answer.button.is_none() { div.none { "…" } }
        @for result in &answer.results {
            button.result type="button" data-pick=(result.id) {
                span.tile aria-hidden="true" { (initial(&result.title)) }
                span.words {
                    span.title dir="auto" { (result.title) }
                    span.description dir="auto" { (result.description) }
                }
            }
        }
        @if !answer.next_offset.is_empty() { div.more data-next=(answer.next_offset) { "…" } }
    }
}

/// What a client shows in the place of a picture.
fn initial(title: &str) -> String {
    let plain = sim::telegram::plain(title);
    plain.chars().find(|letter| letter.is_alphanumeric()).map(String::from).unwrap_or_default()
}
