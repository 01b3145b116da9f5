//! What the store can be asked to write. Each intent is one transaction: all of it, or nothing.

use engine::session::Session;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shop::command::{Command, Note};
use shop::{OrderId, UnixSeconds, UserId};

use crate::rows::{Ask, LivingRow};
use crate::traces::Trace;

/// An intent. It carries the time, the ids and the revision that it needs; the store makes none of them up.
#[derive(Debug, strum::IntoStaticStr)]
pub enum Intent {
    /// A batch of updates and the offset to ask for next. Known ids (of 8 days) are skipped. → [`crate::Outcome::TakenIn`]
    TakeIn {
        /// The batch, in order.
        updates: Vec<RawUpdate>,
        /// The offset.
        next_offset: i64,
        /// The time.
        now: UnixSeconds,
    },
    /// An update is done with that needed no step.
    Handled {
        /// Which.
        update: i64,
        /// What a session made of it, if it was for one.
        traces: Vec<Trace>,
    },
    /// An update that nobody can handle becomes a dead letter.
    Bury {
        /// Which.
        update: i64,
        /// Why.
        reason: String,
        /// The time.
        now: UnixSeconds,
    },
    /// One step of a conversation.
    Step(Box<Step>),
    /// The operator puts another session in the place of one. → [`crate::Outcome::Conflict`]
    Session {
        /// Whose.
        user: UserId,
        /// The revision that it replaces.
        from_revision: u64,
        /// The session to store, of a later revision.
        session: Box<Session>,
    },
    /// Commands of the shop itself (no actor) or of the operator, all or nothing.
    Domain {
        /// The user whose wish it is, if it is one's.
        actor: Option<UserId>,
        /// The commands, in order; each sees what the ones before it wrote.
        commands: Vec<Command>,
        /// The time.
        now: UnixSeconds,
    },
    /// A press on an order's card.
    Card(Box<CardStep>),
    /// A reply to one of the bot's messages.
    Reply(Box<ReplyStep>),
    /// A session is on an order's card now. [`crate::Changed::left`] names the messages that show neither any more.
    AdoptCard {
        /// Whose.
        user: UserId,
        /// Which order.
        order: OrderId,
        /// Where it shall stand.
        place: CardPlace,
    },
    /// A card was shown.
    CardShown {
        /// Whose card.
        order: OrderId,
        /// Where it stands now.
        message_id: i32,
        /// Which version was shown: where that is no longer the newest, the card stays due.
        version: u64,
    },
    /// Remembers (or forgets) the message that shows the session's screen.
    Living {
        /// Whose.
        user: UserId,
        /// The message.
        living: Option<LivingRow>,
    },
    /// How the delivery of a message (or a card, which has no `seq`) ended.
    Sent {
        /// To whom.
        user: UserId,
        /// Which message; `None`: a card, where only [`DeliveryRow::Unreachable`] means something.
        seq: Option<u64>,
        /// How.
        delivery: DeliveryRow,
        /// The time.
        now: UnixSeconds,
    },
    /// A card that Telegram refuses for good is not tried again until its order changes.
    CardRefused {
        /// Whose card.
        order: OrderId,
        /// Which version was refused.
        version: u64,
    },
    /// A card shows something that has changed with time alone: it is due.
    TouchCard {
        /// Whose card.
        order: OrderId,
    },
    /// The user wrote again: what was parked is due.
    Reachable {
        /// Who.
        user: UserId,
    },
    /// Somebody wrote. Makes an unknown person known; never overwrites.
    User {
        /// Who.
        user: UserId,
        /// The language to begin with.
        lang: String,
        /// The time.
        now: UnixSeconds,
    },
    /// The operator suspends a person, or lets them in again.
    Suspend {
        /// Who; somebody unknown becomes known.
        user: UserId,
        /// What it shall be.
        standing: Standing,
        /// The time.
        now: UnixSeconds,
    },
    /// Keeps bytes under a name.
    Cache {
        /// The name.
        name: String,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// A job or a timer that no step can be made of: its row becomes a dead letter.
    PutAside {
        /// Its key.
        key: String,
        /// Why.
        reason: String,
        /// The time.
        now: UnixSeconds,
    },
    /// Which bot works with this database. The first one keeps it; for another one → [`crate::Outcome::Conflict`]
    Own {
        /// The bot's id.
        bot: u64,
    },
    /// Numbers that nobody gets twice. → [`crate::Outcome::Reserved`]
    ReserveIds {
        /// How many.
        count: u64,
    },
    /// Panics inside the writer, before anything is flushed.
    #[cfg(test)]
    Panic,
    /// Holds the writer until the other end of the channel is dropped. What is sent tells the sender that it is held.
    #[cfg(test)]
    Wait(std::sync::mpsc::Receiver<()>),
    /// Posts a transaction as it is.
    #[cfg(test)]
    Post(shop::ledger::Transaction),
}

impl Intent {
    /// What it is called, with its commands: `Step+Quote`.
    #[must_use]
    pub fn name(&self) -> String {
        let commands = match self {
            Self::Step(step) => step.commands.as_slice(),
            Self::Card(card) => &card.commands,
            Self::Reply(reply) => &reply.commands,
            Self::Domain { commands, .. } => commands,
            Self::TakeIn { .. }
            | Self::Handled { .. }
            | Self::Session { .. }
            | Self::Bury { .. }
            | Self::AdoptCard { .. }
            | Self::CardShown { .. }
            | Self::Living { .. }
            | Self::Sent { .. }
            | Self::CardRefused { .. }
            | Self::TouchCard { .. }
            | Self::Reachable { .. }
            | Self::User { .. }
            | Self::Suspend { .. }
            | Self::Cache { .. }
            | Self::PutAside { .. }
            | Self::Own { .. }
            | Self::ReserveIds { .. } => &[],
            #[cfg(test)]
            Self::Panic | Self::Wait(_) | Self::Post(_) => &[],
        };
        let words = std::iter::once(self.into()).chain(commands.iter().map(<&'static str>::from));
        words.collect::<Vec<&'static str>>().join("+")
    }
}

/// An update as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawUpdate {
    /// Telegram's number.
    pub id: i64,
    /// The update's JSON.
    pub body: String,
}

/// One step of a conversation, with everything that it causes.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Whose.
    pub user: UserId,
    /// The first name; empty where it is not known.
    pub name: String,
    /// The language, for somebody new.
    pub lang: String,
    /// What is done with by this step.
    pub cause: Cause,
    /// The revision that the step started from.
    pub from_revision: u64,
    /// The session to store.
    pub session: Session,
    /// Commands, in order.
    pub commands: Vec<Command>,
    /// Jobs to run after the commit, in order.
    pub jobs: Vec<JobRow>,
    /// Timers to set or to drop, in order.
    pub timers: Vec<TimerChange>,
    /// Messages with sound.
    pub tells: Vec<Note>,
    /// What led to this.
    pub traces: Vec<Trace>,
    /// The time.
    pub now: UnixSeconds,
}

/// What made a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// An update that was taken in. One that is not waiting any more (or never was) makes the step do nothing.
    Update(i64),
    /// A job or a timer, by its key: its row goes with the step, and a second step of it does nothing. Any other key
    /// stands for nothing stored.
    Key(String),
}

/// A job that a frame wants done.
#[derive(Debug, Clone, PartialEq)]
pub struct JobRow {
    /// Which frame.
    pub instance: u64,
    /// What.
    pub body: Value,
}

/// A change of a frame's one timer.
#[derive(Debug, Clone, PartialEq)]
pub enum TimerChange {
    /// Sets it, in place of an earlier one.
    Arm {
        /// Which frame's.
        instance: u64,
        /// What it will say.
        body: Value,
        /// When.
        due_at: UnixSeconds,
    },
    /// Drops it.
    Disarm {
        /// Which frame's.
        instance: u64,
    },
}

/// A press on an order's card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardStep {
    /// Whose press.
    pub user: UserId,
    /// Which card; somebody else's is refused.
    pub order: OrderId,
    /// The update, handled with this.
    pub update: i64,
    /// What the card asks from now on; `None`: as before.
    pub ask: Option<Ask>,
    /// Commands, in order.
    pub commands: Vec<Command>,
    /// The time.
    pub now: UnixSeconds,
}

/// A reply to one of the bot's messages, which is no step of the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyStep {
    /// Whose reply.
    pub user: UserId,
    /// The update, handled with this.
    pub update: i64,
    /// Commands, in order.
    pub commands: Vec<Command>,
    /// What is said to whoever replied.
    pub tells: Vec<Note>,
    /// The time.
    pub now: UnixSeconds,
}

/// Where a session's card shall stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardPlace {
    /// In the living message; where there is none, where it stands already.
    Living,
    /// Below everything else, as a new message.
    Below,
}

/// How a delivery ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryRow {
    /// It stands in the chat as this message.
    Delivered(i32),
    /// The person blocked the bot: everything waits until they come back.
    Unreachable,
    /// Telegram refuses it for good: a dead letter, with a reason.
    Refused(String),
    /// It may or may not have arrived: again later, at least 20 times and for a day.
    Unknown(String),
    /// It cannot have arrived: again later, as often as it takes.
    NotSent,
}

/// Whether a person is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// As everybody.
    Welcome,
    /// Suspended by the operator: no purchases.
    Suspended,
}
