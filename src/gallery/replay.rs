//! A recorded session as a file, and the same events tried again on today's flows.
//!
//! The file is lines of JSON: what it is, the lists of each catalogue under their names, then the events, oldest first.
//! [`read`] checks it, [`replay()`] tries each event from what was recorded with it, [`text`] writes what came of that.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use engine::machine::Input;
use engine::registry::Registry as _;
use engine::replay::{self, Came, Difference, Part};
use engine::{Label as _, Lang};
use flows::Raqam;
use flows::recorded::Kept;
use serde::{Deserialize, Serialize};
use shop::catalogue::{Catalogue, Lists};

use crate::shown;

/// The form of the file. A change takes the next number.
pub const FORMAT: u32 = 1;

/// A recorded session.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Recording {
    /// The version of the program that recorded it.
    pub program: String,
    /// The lists of catalogues, by the names that the events give them.
    pub lists: BTreeMap<String, Lists>,
    /// The events, oldest first.
    pub events: Vec<Kept>,
}

/// Why a file is not replayed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// The first line does not say that this is one.
    #[error("this is no recorded session: its first line does not say so")]
    NotARecording,
    /// It was written by another version.
    #[error("the file has format {found}, and this program reads format {FORMAT} only")]
    UnknownFormat {
        /// The format found.
        found: u32,
    },
    /// A line cannot be read.
    #[error("line {line} is damaged: {cause}")]
    Damaged {
        /// Which, from 1.
        line: usize,
        /// What is wrong.
        cause: String,
    },
    /// There is no event.
    #[error("the file has no event")]
    Empty,
    /// An event names lists that are not there.
    #[error("event {event} needs lists that the file does not have")]
    MissingLists {
        /// Which, from 1.
        event: usize,
    },
    /// An event is of a flow that is no longer there.
    #[error("event {event} is of the flow {flow:?}, and there is none of that name any more")]
    GoneFlow {
        /// Which, from 1.
        event: usize,
        /// The flow's tag.
        flow: String,
    },
}

/// An event that was tried again.
#[derive(Debug, Clone, PartialEq)]
pub struct Replayed {
    /// When it was, in seconds since 1970-01-01 UTC.
    pub at: i64,
    /// The language.
    pub lang: Lang,
    /// The screen that it meets now.
    pub screen: String,
    /// The event in words.
    pub event: String,
    /// What comes of it now.
    pub came: Came,
    /// Whether the books refused it then.
    pub refused: bool,
    /// In what it could not be recorded exactly.
    pub inexact: Option<Part>,
    /// What is not as it was. Where the event could not be recorded exactly, that may be so without a change.
    pub differences: Vec<Difference>,
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// The first one.
    RaqamSession { format: u32, program: String },
    /// Lists with their name.
    Lists { name: String, lists: Lists },
    /// An event.
    Event(Box<Kept>),
}

/// The first line of a file of any format.
#[derive(Deserialize)]
struct FirstLine {
    raqam_session: Header,
}

#[derive(Deserialize)]
struct Header {
    format: u32,
    #[serde(default)]
    program: String,
}

/// The file of a recording.
#[must_use]
pub fn write(recording: &Recording) -> String {
    let mut text = String::new();
    let mut add = |line: &Line| {
        text.push_str(&serde_json::to_string(line).expect("plain data: maps have string keys, numbers are finite"));
        text.push('\n');
    };
    add(&Line::RaqamSession { format: FORMAT, program: recording.program.clone() });
    for (name, lists) in &recording.lists {
        add(&Line::Lists { name: name.clone(), lists: lists.clone() });
    }
    recording.events.iter().for_each(|event| add(&Line::Event(Box::new(event.clone()))));
    text
}

/// A recording from its file.
///
/// # Errors
/// [`ReplayError`]: it is none, damaged, of an unknown format, or without an event.
pub fn read(text: &str) -> Result<Recording, ReplayError> {
    let mut lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let first = lines.next().and_then(|(_, line)| serde_json::from_str::<FirstLine>(line).ok());
    let Header { format, program } = first.ok_or(ReplayError::NotARecording)?.raqam_session;
    if format != FORMAT {
        return Err(ReplayError::UnknownFormat { found: format });
    }
    let mut recording = Recording { program, ..Recording::default() };
    for (line, text) in lines {
        let damaged = |cause: String| ReplayError::Damaged { line, cause };
        match serde_json::from_str(text).map_err(|error| damaged(error.to_string()))? {
            Line::RaqamSession { .. } => return Err(damaged("a second first line".to_owned())),
            Line::Lists { name, lists } => drop(recording.lists.insert(name, lists)),
            Line::Event(event) => recording.events.push(*event),
        }
    }
    if recording.events.is_empty() { Err(ReplayError::Empty) } else { Ok(recording) }
}

/// Tries every event again.
///
/// # Errors
/// [`ReplayError::MissingLists`] and [`ReplayError::GoneFlow`].
pub fn replay(recording: &Recording) -> Result<Vec<Replayed>, ReplayError> {
    let lists = recording.lists.iter().map(|(name, lists)| (name.clone(), Catalogue::of_lists(lists))).collect();
    (1..).zip(&recording.events).map(|(event, kept)| try_again(event, kept, &lists)).collect()
}

fn try_again(event: usize, kept: &Kept, lists: &BTreeMap<String, Catalogue>) -> Result<Replayed, ReplayError> {
    let record = &kept.record;
    if let Some(gone) = record.came.edges.iter().find(|edge| !Raqam::TAGS.contains(&edge.flow.as_str())) {
        return Err(ReplayError::GoneFlow { event, flow: gone.flow.clone() });
    }
    let env = record.facts.env(lists).ok_or(ReplayError::MissingLists { event })?;
    let (view, came) = replay::again(record, &env);
    let screen = shown::show(&view.rendered);
    Ok(Replayed {
        at: record.at,
        lang: record.lang,
        event: in_words(&record.input),
        differences: replay::differences(record, &screen, &came),
        refused: kept.refused,
        inexact: kept.inexact,
        screen,
        came,
    })
}

impl Replayed {
    /// Whether something changed since it was recorded.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.inexact.is_none() && !self.differences.is_empty()
    }
}

/// What was tried, as text: each screen, each event, what comes of it, and what is not as it was.
#[must_use]
pub fn text(replayed: &[Replayed]) -> String {
    let mut text = String::new();
    for (number, event) in (1..).zip(replayed) {
        one(&mut text, number, event);
    }
    let differ = replayed.iter().filter(|event| event.differs()).count();
    let inexact = replayed.iter().filter(|event| event.inexact.is_some()).count();
    let _ = write!(text, "{} events, {differ} of them differ, {inexact} were not recorded exactly", replayed.len());
    text
}

fn one(text: &mut String, number: usize, event: &Replayed) {
    let _ = writeln!(text, "── {number} ── at {} ── {}\n{}\n", event.at, event.lang.code(), event.screen);
    let _ = writeln!(text, "  event    {}", event.event);
    for edge in &event.came.edges {
        let _ = writeln!(text, "  edge     {edge}");
    }
    for effect in &event.came.effects {
        let _ = writeln!(text, "  effect   {effect}");
    }
    let _ = writeln!(text, "  ending   {:?}", event.came.ending);
    if event.refused {
        let _ = writeln!(text, "  refused  by the books: nothing of it was stored");
    }
    if let Some(part) = event.inexact {
        let _ = writeln!(text, "  inexact  in its {}: more was used than was recorded", <&str>::from(part));
    }
    for Difference { part, was, is } in &event.differences {
        let _ = writeln!(
            text,
            "  DIFFERS  in its {}\n    was\n{}\n    is\n{}",
            <&str>::from(part),
            indented(was),
            indented(is)
        );
    }
    text.push('\n');
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("      {line}")).collect::<Vec<_>>().join("\n")
}

/// An event as a person would say it.
#[must_use]
pub fn in_words(input: &Input<Raqam>) -> String {
    match input {
        Input::Token(data) => format!("press {data:?}"),
        Input::Pick(pick) => format!("pick {pick:?}"),
        Input::Text(text) => format!("text {text:?}"),
        Input::Start(entry) => format!("start {}", entry.label()),
        Input::Timer { timer, .. } => format!("timer {timer}"),
        Input::Reply { reply, .. } => format!("reply {}", reply.label()),
        Input::Refused(refusal) => format!("refused {}", refusal.label()),
    }
}
