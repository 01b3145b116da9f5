//! What the messenger's driver needs from its product: a place to keep things, and meanings. The driver owns intake,
//! mailboxes, the step loop and everything outgoing; the host owns the database and every word.
//!
//! Rules that the driver keeps: updates are taken in (durably) before they are acknowledged; a step is visible only
//! after [`Host::commit`] stored it; what must reach a person is read from [`Host::outgoing`] until [`Host::sent`].

use async_trait::async_trait;
use engine::machine::{Input, Turn};
use engine::registry::{AnyEffect, Registry};
use engine::session::Session;
use engine::{Ctx, Lang, Rendered, Text};

/// The host could not keep or read something. The process must stop: what was promised is not known any more.
#[derive(Debug, thiserror::Error)]
#[error("storage: {0}")]
pub struct HostError(pub String);

/// Shorthand for what every call of a host returns.
pub type HostResult<T> = Result<T, HostError>;

/// An update as it came, before anything of it is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawUpdate {
    /// Telegram's number: unique among the updates of a week.
    pub id: i64,
    /// The update's JSON.
    pub body: String,
}

/// Who wrote or pressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Telegram's numeric id; in a private chat also the chat's.
    pub id: u64,
    /// The first name; empty where it is unknown.
    pub name: String,
    /// The language of the person's app.
    pub language_code: Option<String>,
}

/// Everything that one step may look at.
pub struct Loaded<A: Registry> {
    /// The stored conversation; empty for a new person.
    pub session: Session,
    /// The language to speak.
    pub lang: Lang,
    /// The product's world for this person.
    pub env: A::Env,
    /// The message that shows the session's screen.
    pub living: Option<Living>,
    /// The newest other message that was reported with [`Host::sent`]: above it, nobody looks for the screen.
    pub newest: Option<i32>,
    /// Whether this person is served.
    pub standing: Standing,
}

/// Whether a person is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// As everybody.
    Welcome,
    /// Suspended by the operator.
    Suspended,
}

/// The message that shows the session's screen and is edited as the session moves on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Living {
    /// Its id in the private chat.
    pub message_id: i32,
    /// When it was sent, in seconds; Telegram lets nobody edit what is older than 48 hours.
    pub sent_at: i64,
}

/// A step to be stored, in one transaction with everything that it causes.
pub struct Commit<A: Registry> {
    /// Whose.
    pub person: Person,
    /// What is done with by this step.
    pub cause: Cause,
    /// The revision that the step started from; another one in the store means that somebody else was faster.
    pub from_revision: u64,
    /// The session to store.
    pub session: Session,
    /// Commands, jobs, timers and messages, in order, with the frame that wants each. Never toasts or alerts.
    pub effects: Vec<(u64, AnyEffect<A>)>,
}

/// An event and what was decided about it; nothing of it is stored yet.
pub struct Decided<'a, A: Registry> {
    /// Whose.
    pub person: &'a Person,
    /// The session as it was.
    pub session: &'a Session,
    /// The event.
    pub input: &'a Input<A>,
    /// The context in which it was decided.
    pub cx: &'a Ctx<'a, A::Env>,
    /// What came of it.
    pub turn: &'a Turn<A>,
}

/// What made a step, to be marked as done in its transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// An update.
    Update(i64),
    /// Something of the host's own (a job's answer, a timer) by the host's key.
    Key(String),
}

/// How a commit ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Committed<A: Registry> {
    /// All of it is stored.
    Stored,
    /// The domain said no: nothing is stored. The refusal goes back into the session.
    Refused(A::Refusal),
    /// The session changed meanwhile: nothing is stored. Load again.
    Conflict,
}

/// A press on a card's button: `o.<card>.<action>`, the parts as they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardPress {
    /// Which card.
    pub card: String,
    /// What was pressed.
    pub action: String,
    /// The message that carries the button.
    pub message_id: Option<i32>,
}

/// What a press on a card leads to, already stored.
#[derive(Debug, Clone, PartialEq)]
pub enum CardAnswer<A: Registry> {
    /// It is done; the notice answers the press.
    Done(Option<Popup>),
    /// Something for the session (the card's ways to the menu or to another purchase).
    Leads(Option<Popup>, Input<A>),
    /// There is no such card.
    Unknown,
}

/// A message that replies to another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The message that it replies to.
    pub to: i32,
    /// What it says; `None` for what is no text.
    pub text: Option<String>,
}

/// Whether a reply was taken, already stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replied {
    /// It was: something may be outgoing now.
    Taken,
    /// It means nothing by itself: it goes on as a message like any other.
    Not,
}

/// Where the card that a session is on shall stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardPlace {
    /// In the living message; where there is none, where it stands already.
    Living,
    /// Below everything else, as a new message.
    Below,
}

/// What a command means.
#[derive(Debug, Clone, PartialEq)]
pub enum Entered<E> {
    /// A way in.
    Enter(E),
    /// The person comes back to where they were: the screen again, and no step.
    ShowAgain,
    /// Nothing that the product knows.
    Unknown,
}

/// Whose the host's memory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// This bot's.
    Us,
    /// Another bot's: ids of messages and people would be mixed up.
    Another,
}

/// A notice over the chat.
#[derive(Debug, Clone, PartialEq)]
pub enum Popup {
    /// Short, goes by itself.
    Toast(Text),
    /// Must be closed.
    Alert(Text),
}

/// What the driver itself has to say; the product words it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumIter)]
pub enum Notice {
    /// A button of an old menu was pressed.
    OldMenu,
    /// A button of somebody else's was pressed.
    NotYours,
    /// The press changes nothing here.
    NothingHere,
    /// A button that counts once was pressed again.
    AlreadyDone,
    /// What was chosen is not for sale.
    NotForSale,
    /// A text that nothing can be made of.
    NotUnderstood,
    /// A text is longer than can be used.
    TooLong,
    /// Too many events in a short time.
    Flood,
    /// Too much is going on: try again.
    Busy,
    /// The person is suspended.
    Suspended,
    /// The bot works in private chats only.
    PrivateOnly,
    /// The label of the button that opens the private chat.
    OpenPrivate,
    /// An error of ours; nothing has changed.
    Failed,
}

/// Something that must reach a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// The host's key; a second delivery under the same key is the same thing again.
    pub id: String,
    /// What it is.
    pub kind: OutgoingKind,
}

/// What must reach a person.
#[derive(Debug, Clone, PartialEq)]
pub enum OutgoingKind {
    /// A new message.
    Message {
        /// What it shows.
        rendered: Rendered,
        /// Whether it rings.
        sound: Sound,
    },
    /// A card whose subject has changed: edited where it is, sent where it is not.
    Card {
        /// Where it is.
        message_id: Option<i32>,
        /// What it should show now.
        rendered: Rendered,
    },
}

/// Whether a message rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sound {
    /// It does.
    Rings,
    /// It does not.
    Silent,
}

/// How a delivery ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// It stands in the chat under this id.
    Delivered {
        /// The message.
        message_id: i32,
    },
    /// The person blocked the bot or left: park everything until they come back.
    Unreachable,
    /// Telegram refuses it for good (it will be a dead letter), with a reason for the log.
    Refused(String),
    /// It may or may not have arrived: try again later.
    Unknown(String),
    /// It cannot have arrived: try again later, as often as it takes.
    NotSent,
}

/// Whether a person can be written to, as Telegram tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// The person blocked the bot.
    Gone,
    /// The person is back: what was parked may be sent.
    Back,
}

/// An inline query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlineRequest {
    /// Who types.
    pub person: Person,
    /// What was typed, at most 256 characters.
    pub query: String,
    /// What the last page's `next_offset` said; empty at first.
    pub offset: String,
    /// Whether it is typed in the private chat with the bot.
    pub private: bool,
}

/// The answer to an inline query.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InlinePage {
    /// At most 50 results.
    pub results: Vec<InlineResult>,
    /// Where the next page starts; empty at the end.
    pub next_offset: String,
    /// How long Telegram may keep the answer, in seconds.
    pub cache_s: u32,
    /// The button over the results: its label and start parameter.
    pub button: Option<(String, String)>,
}

/// One result of an inline query. All texts have their marks set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlineResult {
    /// 1 to 64 bytes, unique in the page.
    pub id: String,
    /// The title.
    pub title: String,
    /// The line under the title.
    pub description: String,
    /// What the message that the pick sends says before the link.
    pub lead: String,
    /// The link's words.
    pub words: String,
    /// What it says after the link.
    pub tail: String,
    /// The pick's token, carried by the link's address; `None` for a result that explains.
    pub token: Option<String>,
}

/// What Telegram shows of the bot, in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The language; English is the default for all others.
    pub lang: Lang,
    /// The bot's name, at most 64 characters.
    pub name: String,
    /// What an empty chat shows, at most 512 characters.
    pub description: String,
    /// What the bot's profile shows, at most 120 characters.
    pub short_description: String,
    /// The commands with their descriptions.
    pub commands: Vec<(String, String)>,
}

/// A product's side of the conversation.
#[async_trait]
pub trait Host: Send + Sync + 'static {
    /// The product's flows.
    type App: Registry<
            Env: Send + Sync,
            Entry: Send + Sync,
            Pick: Send + Sync,
            Command: Send + Sync,
            Job: Send + Sync,
            Reply: Send + Sync,
            Refusal: Send + Sync,
            Message: Send + Sync,
        >;
    /// What the host keeps of an event, to tell later what happened.
    type Trace: Send + Sync;

    /// Milliseconds since 1970-01-01 UTC.
    fn now_ms(&self) -> i64;
    /// A number that nobody gets twice.
    fn fresh(&self) -> u64;
    /// What this person is called in the log: nobody finds a person by it, and it is the same every time.
    fn pseudonym(&self, user: u64) -> String;

    /// This bot is about to run; the first one owns what is kept.
    async fn own(&self, bot: u64) -> HostResult<Owner>;
    /// The offset to ask for next.
    async fn next_offset(&self) -> HostResult<i64>;
    /// Stores a batch and the next offset in one transaction; returns those that were never seen before, in order.
    async fn take_in(&self, batch: Vec<RawUpdate>, next_offset: i64) -> HostResult<Vec<RawUpdate>>;
    /// Updates that were taken in and not yet handled, in order of arrival: the work that a crash left.
    async fn unhandled(&self) -> HostResult<Vec<RawUpdate>>;
    /// Marks an update as handled that needed no step.
    async fn handled(&self, update: i64) -> HostResult<()>;
    /// Puts an update aside that nobody can handle.
    async fn bury(&self, update: i64, reason: &str) -> HostResult<()>;

    /// Puts a delivery of the host's own aside that nobody can handle.
    async fn put_aside(&self, key: &str, reason: &str) -> HostResult<()>;

    /// Reads everything that a step may look at, and changes nothing.
    async fn load(&self, person: &Person) -> HostResult<Loaded<Self::App>>;
    /// Makes what is kept of an event.
    fn trace(&self, decided: &Decided<'_, Self::App>) -> Self::Trace;
    /// Stores a step with what led to it, or refuses all of it. All but the last of the events were refused before: each
    /// is followed by its refusal.
    async fn commit(&self, commit: Commit<Self::App>, traces: &[Self::Trace]) -> HostResult<Committed<Self::App>>;
    /// Marks an update as handled of which no step was made, with what was decided about it, as in [`Host::commit`].
    async fn passed_over(&self, update: i64, traces: &[Self::Trace]) -> HostResult<()>;
    /// Remembers the living message.
    async fn set_living(&self, user: u64, living: Living) -> HostResult<()>;

    /// What a command with its payload means.
    fn entry(&self, command: &str, payload: &str) -> Entered<<Self::App as engine::App>::Entry>;
    /// What a pick's token means.
    fn pick(&self, token: &str) -> Option<<Self::App as engine::App>::Pick>;
    /// The words for what the driver has to say.
    fn words(&self, notice: Notice, lang: Lang) -> Text;
    /// Answers an inline query from memory.
    async fn inline(&self, request: &InlineRequest) -> HostResult<InlinePage>;
    /// What Telegram shows of the bot, one per language.
    fn profiles(&self) -> Vec<Profile>;

    /// Handles a press on a card's button: checks owner and state, stores what follows and that the update is handled.
    /// If it leads on, a commit with the same update as its cause follows: it must not count as a repeat.
    async fn press_card(&self, person: &Person, press: &CardPress, update: i64) -> HostResult<CardAnswer<Self::App>>;
    /// Handles a reply to a message of the bot's that asks for one: stores what follows and that the update is handled.
    async fn reply(&self, _person: &Person, _reply: &Reply, _update: i64) -> HostResult<Replied> {
        Ok(Replied::Not)
    }
    /// The session is on the card `key`: it takes its place, and there is no living message any more, in one
    /// transaction. Returns the messages that showed either and do so no more. May be called again for the same card.
    async fn adopt_card(&self, user: u64, key: &str, place: CardPlace) -> HostResult<Vec<i32>>;

    /// What must reach this person now, the most urgent first.
    async fn outgoing(&self, user: u64) -> HostResult<Vec<Outgoing>>;
    /// How a delivery ended.
    async fn sent(&self, user: u64, id: &str, delivery: Delivery) -> HostResult<()>;
    /// Telegram says that a person blocked the bot or came back. Nothing is asked for: the driver asks for
    /// [`Host::outgoing`] afterwards, and reports [`Delivery::Unreachable`] anyway.
    async fn presence(&self, _user: u64, _presence: Presence) -> HostResult<()> {
        Ok(())
    }
    /// Everybody who has something outgoing or waiting: read once at the start.
    async fn users_with_outgoing(&self) -> HostResult<Vec<u64>>;
}

/// Something for a session that does not come from Telegram.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivered<A: Registry> {
    /// Whose session.
    pub user: u64,
    /// The host's key of it: marked as done with the step.
    pub key: String,
    /// What happened.
    pub input: Input<A>,
}
