//! Support tickets: what a user asks the operators, and what they answer. Nothing here moves money.

use serde::{Deserialize, Serialize};

use crate::ids::TicketId;
use crate::{OrderId, UnixSeconds, UserId};

/// The longest subject, as messengers count: in UTF-16 units.
pub const SUBJECT_UNITS_MAX: usize = 64;
/// The longest text of a user.
pub const TEXT_UNITS_MAX: usize = 2_000;
/// The longest answer.
pub const ANSWER_UNITS_MAX: usize = 3_000;
/// The most lines of any text: each of them costs a few marks where it is shown.
pub const LINES_MAX: usize = 100;
/// How many tickets of one user may wait for an answer.
pub const WAITING_MAX: u32 = 3;
/// How many tickets one user may open within [`WITHIN_S`].
pub const OPENED_MAX: u32 = 5;
/// How many texts one user may add to a ticket within [`WITHIN_S`].
pub const ADDED_MAX: usize = 20;
/// How many texts a ticket holds before its user has to take a new one.
pub const TEXTS_MAX: usize = 200;
/// The time that the limits count over, in seconds.
pub const WITHIN_S: i64 = 3_600;

/// A ticket: a talk between one user and the operators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// Its number.
    pub id: TicketId,
    /// Whose.
    pub user: UserId,
    /// What it is about.
    pub subject: Subject,
    /// The order that it is about, if it is about one.
    pub order: Option<OrderId>,
    /// Since when.
    pub opened_at: UnixSeconds,
    /// Where it stands.
    pub state: State,
    /// What was written, oldest first; never empty.
    pub texts: Vec<Written>,
}

/// What a ticket is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A code did not come.
    Code,
    /// A payment.
    Payment,
    /// Something else.
    Other,
    /// What the user typed.
    Typed(String),
}

/// Where a ticket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum State {
    /// The user waits for an answer.
    Waiting,
    /// The operators wrote last.
    Answered,
    /// Nothing more is written.
    Closed,
}

/// One text of a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// By whom.
    pub by: Author,
    /// What.
    pub text: String,
    /// When.
    pub at: UnixSeconds,
}

/// Who wrote a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// The ticket's user.
    User,
    /// An admin, in the chat with the bot.
    Admin(UserId),
    /// An operator at the command line.
    Operator,
}

/// How many tickets a user has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// Those that wait for an answer.
    pub waiting: u32,
    /// Those that were opened within [`WITHIN_S`].
    pub opened: u32,
}

impl Ticket {
    /// How many texts its user wrote within [`WITHIN_S`].
    #[must_use]
    pub fn added_lately(&self, now: UnixSeconds) -> usize {
        let recent = |written: &&Written| written.by == Author::User && (0..WITHIN_S).contains(&(now - written.at));
        self.texts.iter().filter(recent).count()
    }

    /// One of its texts, from 0.
    #[must_use]
    pub fn text(&self, index: u32) -> Option<&Written> {
        self.texts.get(index as usize)
    }
}

/// A text as it is kept: without blanks around it. `None` where it is empty, or longer than it may be.
#[must_use]
pub fn kept(text: &str, units_max: usize) -> Option<&str> {
    let text = text.trim();
    let fits = text.encode_utf16().count() <= units_max && text.lines().count() <= LINES_MAX;
    (fits && !text.is_empty()).then_some(text)
}
