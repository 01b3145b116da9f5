//! Conversations as tables.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use engine::registry::Registry as _;
use engine::session::{Frame, Session};
use flows::Raqam;
use flows::recorded::Kept;
use gallery::replay::in_words;
use serde_json::Value;
use shop::{UnixSeconds, UserId};
use store::{SessionView, Store, StoreError};

use super::{Answer, events};
use crate::operator::status::age;

/// How many conversations are listed, and how much is shown of an event: an answer fits on the control socket.
const LISTED_MAX: usize = 1_000;
const INPUT_CHARACTERS_MAX: usize = 160;

/// Conversations in one state.
#[derive(Default)]
struct Group {
    count: u64,
    oldest: Option<UnixSeconds>,
    newest_revision: u64,
    versions: BTreeSet<u16>,
}

/// All conversations by flow and state.
pub(super) fn overview(store: &Store, now: UnixSeconds) -> Result<Answer, StoreError> {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    store.each_session(|SessionView { session, last_event_at, .. }| {
        let group = groups.entry(top(&session)).or_default();
        group.count += 1;
        group.oldest = group.oldest.into_iter().chain(last_event_at).min();
        group.newest_revision = group.newest_revision.max(session.revision);
        group.versions.extend(session.frames.last().map(|frame| frame.version));
    })?;
    let mut text = format!("{:<32} {:>8} {:>12} {:>10}  versions\n", "flow.state", "sessions", "oldest", "revision");
    for (state, group) in &groups {
        let versions: Vec<String> = group.versions.iter().map(u16::to_string).collect();
        let oldest = since(group.oldest, now);
        let (count, revision) = (group.count, group.newest_revision);
        let _ = writeln!(text, "{state:<32} {count:>8} {oldest:>12} {revision:>10}  {}", versions.join(", "));
    }
    let _ = write!(text, "{} sessions", groups.values().map(|group| group.count).sum::<u64>());
    Ok(Answer::granted(text))
}

/// Single conversations, those that have been quiet for longest first.
pub(super) fn list(
    store: &Store,
    now: UnixSeconds,
    flow: Option<&str>,
    state: Option<&str>,
    limit: usize,
) -> Result<Answer, StoreError> {
    let mut found = Vec::new();
    store.each_session(|view| {
        let shown = view.session.frames.last();
        let in_flow = flow.is_none_or(|flow| shown.is_some_and(|frame| frame.flow == flow));
        let in_state = state.is_none_or(|state| shown.is_some_and(|frame| state_of(frame) == state));
        if in_flow && in_state {
            found.push(view);
        }
    })?;
    let limit = limit.min(LISTED_MAX);
    found.sort_by_key(|view| (view.last_event_at, view.user));
    let mut text = format!(
        "{:<14} {:<32} {:>7} {:>10} {:>12} {:>7}\n",
        "user", "flow.state", "version", "revision", "age", "frames"
    );
    for SessionView { user, session, last_event_at } in found.iter().take(limit) {
        let version = session.frames.last().map_or_else(|| "-".to_owned(), |frame| frame.version.to_string());
        let (state, age, frames) = (top(session), since(*last_event_at, now), session.frames.len());
        let revision = session.revision;
        let _ = writeln!(text, "{:<14} {state:<32} {version:>7} {revision:>10} {age:>12} {frames:>7}", user.0);
    }
    let _ = write!(text, "{} of {} sessions", found.len().min(limit), found.len());
    Ok(Answer::granted(text))
}

/// One conversation with its last events.
pub(super) fn one(store: &Store, now: UnixSeconds, user: UserId) -> Result<Answer, StoreError> {
    let view = store.user(user)?;
    if view.session.revision == 0 {
        return Ok(Answer::refused(format!("{} has no conversation", user.0)));
    }
    let mut text =
        format!("Revision {}, the next frame is {}\n", view.session.revision, view.session.next_instance + 1);
    view.session.frames.iter().for_each(|frame| text.push_str(&described("Frame", frame)));
    view.session.quarantine.iter().for_each(|frame| text.push_str(&described("Put aside", frame)));
    for (instance, due_at) in store.timers_of(user)? {
        let _ = writeln!(text, "Timer of frame {instance}, due in {} s", due_at - now);
    }
    let living = view.living.map_or_else(|| "none".to_owned(), |living| living.message_id.to_string());
    let _ = writeln!(text, "Living message: {living}");
    let events = events(store, user)?;
    let _ = writeln!(text, "Last events: {}, unreadable: {}", events.events.len(), events.unreadable);
    events.events.iter().for_each(|event| text.push_str(&line(event, now)));
    Ok(Answer::granted(text.trim_end()))
}

/// An event: time, event, edges, ending.
fn line(event: &Kept, now: UnixSeconds) -> String {
    let record = &event.record;
    let edges: Vec<String> = record.came.edges.iter().map(ToString::to_string).collect();
    let books = if event.refused { ", refused by the books" } else { "" };
    let exact = event.inexact.map_or_else(String::new, |part| format!(", not exact in its {}", <&str>::from(part)));
    let input = cut(&in_words(&record.input));
    let edges = if edges.is_empty() { String::new() } else { format!("  {}", edges.join("; ")) };
    let age = since(Some(record.at), now);
    format!("  {age:>12}  {input}{edges}  {:?}{books}{exact}\n", record.came.ending)
}

/// As much of an event as tells which it was.
fn cut(words: &str) -> String {
    match words.char_indices().nth(INPUT_CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words.to_owned(),
    }
}

/// Where a conversation is: `buy.Confirm`.
pub(super) fn top(session: &Session) -> String {
    session.frames.last().map_or_else(
        || "nowhere".to_owned(),
        |frame| {
            let unreadable = if is_readable(frame) { "" } else { " (unreadable)" };
            format!("{}.{}{unreadable}", frame.flow, state_of(frame))
        },
    )
}

fn is_readable(frame: &Frame) -> bool {
    Raqam::thaw(&frame.flow, frame.version, &frame.body).is_ok()
}

/// A state's name as it is stored, whether this program knows it or not.
fn state_of(frame: &Frame) -> &str {
    match &frame.body {
        Value::String(name) => name,
        Value::Object(fields) => fields.keys().next().map_or("?", String::as_str),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => "?",
    }
}

fn described(what: &str, frame: &Frame) -> String {
    let unreadable = match Raqam::thaw(&frame.flow, frame.version, &frame.body) {
        Ok(_) => String::new(),
        Err(error) => format!(", UNREADABLE: {error}"),
    };
    let (instance, version) = (frame.instance, frame.version);
    format!("{what} {instance}: {}.{}, version {version}{unreadable}\n", frame.flow, state_of(frame))
}

fn since(at: Option<UnixSeconds>, now: UnixSeconds) -> String {
    at.map_or_else(|| "unknown".to_owned(), |at| age(now - at))
}
