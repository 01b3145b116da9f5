//! The inspector: the beats, newest first, and all that belongs to the one that is looked at.

use std::collections::BTreeSet;

use maud::{Markup, PreEscaped, html};
use serde_json::Value;
use sim::supplier::PoolRequest;
use sim::telegram::Call;

use crate::act::Act;
use crate::beats::{Beat, Place};
use crate::bot::Diagram;
use crate::diff::{JsonLine, beside};
use crate::supplier::Server;
use crate::world::World;

/// How many beats are listed.
const LISTED_MAX: usize = 80;
/// How many lines of the log are shown.
const LOG_MAX: usize = 200;

/// The list, with the chosen beat opened; the newest one where none is chosen.
pub(crate) fn inspector(world: &World, chosen: Option<u64>) -> Markup {
    let beats = world.beats().newest(LISTED_MAX);
    let open = chosen.or_else(|| beats.first().map(|(beat, _)| beat.number));
    html! {
        ol.beats reversed {
            @for (beat, end) in &beats {
                @let is_open = open == Some(beat.number);
                li.beat.open[is_open] {
                    button.head type="button" data-beat=(beat.number) aria-expanded=(is_open) {
                        span.number { (beat.number) }
                        span.where.world[beat.phone.is_none()] { (whose(beat)) }
                        span.what.unasked[matches!(beat.act, Act::ByItself { .. })] { (beat.act.title()) }
                        time.at data-unix=(beat.at_ms / 1000) data-format="T" {}
                    }
                    @if is_open { (details(world, beat, end.as_ref())) }
                }
            }
        }
    }
}

fn whose(beat: &Beat) -> &'static str {
    match beat.phone {
        Some(0) => "phone 1",
        Some(_) => "phone 2",
        None => "world",
    }
}

fn details(world: &World, beat: &Beat, end: Option<&Beat>) -> Markup {
    let until = end.map_or_else(|| world.place(), |end| end.place);
    let now = if end.is_none() { Some(world.stands()) } else { None };
    let after = end.map(|end| &end.before).or(now.as_ref());
    let phones: Vec<usize> = beat.phone.map_or_else(|| vec![0, 1], |phone| vec![phone]);
    let people: Vec<i64> = phones.iter().map(|phone| beat.before[*phone].user).collect();
    let updates = updates(world, beat.place, until, &people);
    let calls = calls(world, beat, until, &people);
    html! {
        div.details {
            (part("Update", updates.len(), &html! {
                @for update in &updates { (json(&beside(update, Some(update)))) }
            }))
            @for phone in &phones {
                @let before = beat.before[*phone].session.as_ref();
                @let after = after.and_then(|stands| stands[*phone].session.as_ref());
                @if beat.phone.is_some() || before != after { (session(world, (*phone, beat.before[*phone].user), before, after)) }
            }
            (part("Calls out", calls.len(), &html! { @for call in &calls { (call) } }))
            (ledger(world, beat.place, until, &people))
            (log(world, beat.place, until))
        }
    }
}

/// A part that can be folded; the page remembers which ones are.
fn part(title: &str, count: usize, inside: &Markup) -> Markup {
    html! {
        details.part data-part=(title) open[title != "Update"] {
            summary { (title) " " span.count { (count) } }
            @if count == 0 { p.none { "none" } } @else { (inside) }
        }
    }
}

fn json(lines: &[JsonLine]) -> Markup {
    html! {
        pre.json {
            @for line in lines { span.changed[line.changed] { (line.text) } }
        }
    }
}

fn session(world: &World, (phone, user): (usize, i64), before: Option<&Value>, after: Option<&Value>) -> Markup {
    let side = |title: &str, value: Option<&Value>, other: Option<&Value>| {
        html! {
            div.side {
                h4 { (title) }
                @match value {
                    Some(value) => (json(&beside(value, other))),
                    None => p.none { "not known: the bot did not run" },
                }
            }
        }
    };
    let diagram = after.and_then(|after| world.bot.diagram(user, before, after));
    let title = format!("Session of phone {}", phone + 1);
    html! {
        (part(&title, usize::from(before.or(after).is_some()), &html! {
            div.sides { (side("before", before, after.or(before))) (side("after", after, before.or(after))) }
        }))
        @if let Some(diagram) = diagram { (self::diagram(&diagram)) }
    }
}

fn diagram(diagram: &Diagram) -> Markup {
    let inside = html! {
        p.state { "conversation " b { (diagram.flow) } ", state " b.lit { (diagram.state) } }
        div.picture { (PreEscaped(&diagram.svg)) }
    };
    part("Diagram", 1, &inside)
}

fn updates(world: &World, from: Place, until: Place, people: &[i64]) -> Vec<Value> {
    let made = world.sim.telegram.updates_after(from.update).into_iter();
    let within = made.take_while(|(place, _)| *place <= until.update).map(|(_, update)| update);
    within.filter(|update| from_one_of(update, people)).collect()
}

/// Whether one of these people made the update.
fn from_one_of(update: &Value, people: &[i64]) -> bool {
    let contents = update.as_object().into_iter().flat_map(|fields| fields.values());
    contents.filter_map(|content| content["from"]["id"].as_i64()).any(|from| people.contains(&from))
}

/// The calls to Telegram and the suppliers, in order of time.
fn calls(world: &World, beat: &Beat, until: Place, people: &[i64]) -> Vec<Markup> {
    let queries: BTreeSet<String> = updates(world, beat.place, until, people)
        .iter()
        .flat_map(|update| update.as_object().into_iter().flat_map(|fields| fields.values()))
        .filter_map(|content| content["id"].as_str().map(str::to_owned))
        .collect();
    let telegram = world.sim.telegram.calls_after(beat.place.call).into_iter();
    let telegram = telegram.filter(|call| call.serial <= until.call && belongs(call, beat, people, &queries));
    let mut all: Vec<(i64, Markup)> = telegram.map(|call| (call.at_ms, telegram_call(&call))).collect();
    for server in Server::ALL {
        let (after, last) = (beat.place.requests[server.index()], until.requests[server.index()]);
        let made = server.of_sim(&world.sim).requests_after(after).into_iter();
        let made = made.filter(|request| request.serial <= last);
        all.extend(made.map(|request| (request.at_ms, supplier_call(server, &request))));
    }
    all.sort_by_key(|(at_ms, _)| *at_ms);
    all.into_iter().map(|(_, shown)| shown).collect()
}

fn belongs(call: &Call, beat: &Beat, people: &[i64], queries: &BTreeSet<String>) -> bool {
    if call.method.eq_ignore_ascii_case("getUpdates") {
        return false;
    }
    let param = |name: &str| {
        let value = &call.params[name];
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    };
    match (&call.params["chat_id"], beat.phone) {
        (Value::Null, Some(_)) => {
            ["callback_query_id", "inline_query_id"].iter().any(|name| queries.contains(&param(name)))
        }
        (Value::Null, None) => true,
        (_, _) => people.iter().any(|person| person.to_string() == param("chat_id")),
    }
}

fn telegram_call(call: &Call) -> Markup {
    let answer = call.error.map_or_else(|| "ok".to_owned(), |code| code.to_string());
    call_line("Telegram", &call.method, &answer, call.error.is_none(), &call.params)
}

fn supplier_call(server: Server, request: &PoolRequest) -> Markup {
    let answer = if request.status == 0 { "no answer".to_owned() } else { request.status.to_string() };
    let side = format!("Server {}", server.number());
    call_line(&side, &request.endpoint, &answer, (200..300).contains(&request.status), &request.params)
}

fn call_line(side: &str, name: &str, answer: &str, good: bool, params: &Value) -> Markup {
    html! {
        details.call {
            summary {
                span.to { (side) } code { (name) }
                span.answer.bad[!good] { (answer) }
            }
            (json(&beside(params, Some(params))))
        }
    }
}

fn ledger(world: &World, from: Place, until: Place, people: &[i64]) -> Markup {
    let entries = world.bot.entries_after(from.entry).into_iter();
    let within = entries.filter(|entry| entry.place <= until.entry);
    let own: Vec<_> = within.filter(|entry| entry.user.is_none_or(|user| people.contains(&user))).collect();
    part("Ledger", own.len(), &html! { @for entry in &own { pre.entry data-entry=(entry.place) { (entry.text) } } })
}

fn log(world: &World, from: Place, until: Place) -> Markup {
    let lines = world.bot.log_after(from.log_line);
    let own: Vec<_> = lines.into_iter().take_while(|(place, _)| *place <= until.log_line).take(LOG_MAX).collect();
    part("Log", own.len(), &html! { pre.log { @for (_, line) in &own { span { (line) } } } })
}
