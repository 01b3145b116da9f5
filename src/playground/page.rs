//! The page around the phones: frames, controls, and the place of the inspector.

use maud::{DOCTYPE, Markup, html};

use crate::chat::BOT;
use crate::controls::Side;
use crate::sms::{DELAY, Next};
use crate::supplier::{Books, Mood, Server, dollars};
use crate::world::World;

/// The whole page; its parts are fetched as they change.
pub(crate) fn page(world: &World) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Raqam playground" }
                link rel="icon" href="/icon.svg";
                link rel="stylesheet" href="/diagram.css";
                link rel="stylesheet" href="/playground.css";
                script src="/playground.js" defer {}
            }
            body data-bot=(BOT) data-now=(world.now_ms()) {
                (bar(world))
                main {
                    div.phones { (phone(world, 0)) (phone(world, 1)) }
                    aside {
                        section.panel id="controls" { (controls(world)) }
                        section.panel.inspector {
                            h2 { "Inspector" }
                            div id="beats" {}
                        }
                    }
                }
                dialog.tried id="tried" { h3 {} pre {} form method="dialog" { button { "Close" } } }
                div.notes id="notes" role="status" {}
            }
        }
    }
}

fn bar(world: &World) -> Markup {
    html! {
        header.bar {
            h1 { span.logo aria-hidden="true" { "رقم" } "Raqam playground" }
            div.group {
                span.clock { span.dim { "simulated time" } time id="clock" {} }
                @for (label, by) in [("+1 min", "1m"), ("+15 min", "15m"), ("+1 day", "1d")] {
                    button type="button" data-clock=(by) { (label) }
                }
            }
            label.group.mirror title="what is done on one phone is done on the other" {
                input type="checkbox" id="mirror"; "Mirror"
            }
            div.group.bot id="bot" { (bot(world)) }
        }
    }
}

/// Whether the bot runs, and what can be done about it.
pub(crate) fn bot(world: &World) -> Markup {
    let running = world.bot.is_running();
    html! {
        @if running {
            span.light.up {} span { "bot runs" }
            button.danger type="button" data-post="/bot/kill" id="kill" { "Kill" }
        } @else {
            span.light.down {} span { "bot is dead" }
            button.success type="button" data-post="/bot/start" id="restart" { "Restart" }
        }
    }
}

fn phone(world: &World, phone: usize) -> Markup {
    let number = phone + 1;
    let person = world.person(phone);
    let direction = if person.language == "ar" { "rtl" } else { "ltr" };
    html! {
        section.device data-phone=(number) data-language=(person.language) {
            div.tools {
                span.owner data-owner { (owner(world, phone)) }
                button type="button" data-post=(format!("/phone/{number}/credit")) data-body=r#"{"amount":"5.00"}"#
                    title="credit this person" { "+$5" }
                button type="button" data-post=(format!("/phone/{number}/block")) title="stops or starts the bot" { "Block" }
                button type="button" data-new title="hands the phone to somebody new" { "New user" }
                details.menu {
                    summary title="this conversation" { "Script" }
                    div.items {
                        button type="button" data-copy-script { "Copy as test" }
                        button type="button" data-link { "Copy link to this state" }
                        a href=(format!("/phone/{number}/script")) download=(format!("phone-{number}.chat")) { "Save session" }
                        label { "Replay session…" input type="file" accept=".chat,text/plain" data-replay hidden; }
                        a href=(format!("/phone/{number}/recording")) download=(format!("phone-{number}.jsonl")) { "Save last events" }
                        label { "Try events again…" input type="file" accept=".jsonl" data-try hidden; }
                    }
                }
            }
            div.frame {
                div.screen dir=(direction) {
                    div.push hidden data-push { span.app { "Raqam" } span.line dir="auto" {} }
                    header.top {
                        span.avatar { "ر" }
                        div { div.name { "Raqam" } div.dim { (bot_word(&person.language)) } }
                    }
                    div.chat data-chat tabindex="0" {}
                    div.results hidden data-results {}
                    form.compose data-compose {
                        input type="text" name="text" autocomplete="off" maxlength="4096" dir="auto"
                            placeholder=(placeholder(&person.language)) aria-label="message";
                        button type="submit" aria-label="send" { "➤" }
                    }
                    div.toast hidden data-toast dir="auto" {}
                    dialog.alert data-alert { p dir="auto" {} form method="dialog" { button { "OK" } } }
                }
            }
        }
    }
}

/// Who has a phone.
pub(crate) fn owner(world: &World, phone: usize) -> Markup {
    let person = world.person(phone);
    html! { b dir="auto" { (person.name) } " · " (person.language) " · " (person.user.id()) }
}

// What Telegram's own app writes around a chat.
fn bot_word(language: &str) -> &'static str {
    if language == "ar" { "بوت" } else { "bot" }
}

fn placeholder(language: &str) -> &'static str {
    if language == "ar" { "الرسالة" } else { "Message" }
}

/// The suppliers' and Telegram's failures, and the next SMS.
pub(crate) fn controls(world: &World) -> Markup {
    html! {
        h2 { "Controls" }
        (sms(world))
        div.servers { @for server in Server::ALL { (supplier(world, server)) } }
        (telegram(world))
    }
}

/// A supplier: how it is, its books, what can fail once, its prices.
fn supplier(world: &World, server: Server) -> Markup {
    let (number, side) = (server.number(), Side::Supplier(server));
    let mood = world.faults().mood(server);
    html! {
        div.control.server.ill[mood != Mood::Well] data-server=(number) {
            h3 { "Server " (number) " " span.simulator { (server.simulator()) } }
            div.moods role="group" aria-label=(format!("how the supplier of Server {number} is")) {
                @for one in Mood::ALL {
                    button.mood type="button" data-post=(format!("/server/{number}/mood")) aria-pressed=(one == mood)
                        data-body=(format!(r#"{{"mood":"{}"}}"#, one.word())) title=(one.hint()) { (one.word()) }
                }
            }
            (truth(world, server))
            div.buttons {
                (orders(side, &format!("/server/{number}/control")))
                (prices(world, server))
                button type="button" data-post=(format!("/server/{number}/sms"))
                    title="a code arrives on this server's newest number" { "SMS now" }
            }
            div.chips {
                @let level = server.of_sim(&world.sim).price_level();
                @if level != USUAL_PERCENT {
                    (chip(&format!("prices: {level}%"), &format!("/server/{number}/prices"), &self::level(USUAL_PERCENT)))
                }
                (pending(world, side))
            }
        }
    }
}

/// What the supplier's own books say, whatever the bot believes.
fn truth(world: &World, server: Server) -> Markup {
    let Books { truth, sold, waiting } = Books::of(server.of_sim(&world.sim));
    html! {
        dl.truth {
            @for (name, value) in [
                ("balance", dollars(truth.balance_micros)),
                ("charged", dollars(truth.charged_micros)),
                ("given back", dollars(truth.refunded_micros)),
                ("sold", sold.to_string()),
                ("waiting", waiting.to_string()),
            ] { div { dt { (name) } dd { (value) } } }
        }
    }
}

fn telegram(world: &World) -> Markup {
    html! {
        div.control {
            h3 { "Telegram" }
            div.buttons {
                (orders(Side::Telegram, "/telegram/control"))
                button type="button" data-post="/repeat" title="the newest update comes a second time" {
                    "Duplicate update"
                }
            }
            div.chips { (pending(world, Side::Telegram)) }
        }
    }
}

/// A button for each failure that can be ordered.
fn orders(side: Side, path: &str) -> Markup {
    html! {
        @for (index, control) in side.controls().iter().enumerate() {
            button type="button" data-post=(format!("{path}/{index}")) title=(control.hint) { (control.label) }
        }
    }
}

/// A chip for each failure that is still to come.
fn pending(world: &World, side: Side) -> Markup {
    let pending = world.faults().pending();
    html! {
        @for fault in pending.iter().filter(|fault| fault.side == side) {
            (chip(fault.label(), &format!("/control/cancel/{}", fault.number), "{}"))
        }
    }
}

/// The usual prices.
const USUAL_PERCENT: u32 = 100;

/// Moves a supplier's prices themselves, in steps of a fifth of the usual ones.
fn prices(world: &World, server: Server) -> Markup {
    let (now, path) = (server.of_sim(&world.sim).price_level(), format!("/server/{}/prices", server.number()));
    let (more, less) = (now.saturating_add(20), now.saturating_sub(20).max(20));
    html! {
        button type="button" data-post=(path) data-body=(level(more)) title="all prices of the list go up" { "Prices +20%" }
        button type="button" data-post=(path) data-body=(level(less)) title="all prices of the list go down" { "Prices −20%" }
    }
}

fn level(percent: u32) -> String {
    format!(r#"{{"percent":{percent}}}"#)
}

fn sms(world: &World) -> Markup {
    let next = world.plan().next.clone();
    html! {
        div.control {
            h3 { "SMS" }
            form.sms data-sms {
                input type="text" name="text" maxlength="3000" placeholder="text (empty: a code)" aria-label="text";
                label { "after" input type="number" name="delay" min="0" max="1200" value=(DELAY.as_secs()) aria-label="seconds"; "s" }
                button type="submit" name="when" value="next" title="the next number gets this" { "Next number" }
                button type="submit" name="when" value="now" title="the newest number gets this now" { "Now" }
                button type="submit" name="when" value="none" title="the next number gets nothing" { "No SMS" }
            }
            div.chips {
                @match next {
                    None => span.dim { "each number gets a code " (DELAY.as_secs()) " s after it was bought" },
                    Some(Next::Nothing) => (sms_chip("next number: no SMS")),
                    Some(Next::Text { text, delay }) => (sms_chip(&format!(
                        "next number after {} s: {}", delay.as_secs(), if text.is_empty() { "a code" } else { &text }
                    ))),
                }
            }
        }
    }
}

fn sms_chip(text: &str) -> Markup {
    chip(text, "/sms/usual", "{}")
}

/// Something that holds until it is taken back.
fn chip(text: &str, back: &str, body: &str) -> Markup {
    html! {
        span.chip {
            span dir="auto" { (text) }
            button type="button" data-post=(back) data-body=(body) aria-label="take it back" { "×" }
        }
    }
}
