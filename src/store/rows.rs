//! The stored rows that are not already types of `shop` or `engine`.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use shop::command::Note;
use shop::order::{Order, State, Wish};
use shop::settings::PURCHASES_WITHIN_S;
use shop::{CountryId, OrderId, ServerId, ServiceId, UnixSeconds, UserId};

use crate::intent::Standing;

/// How many recent countries and services are remembered.
const RECENT_MAX: usize = 4;

/// What is known of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UserRow {
    /// The language; `None` until the person writes (the operator may know somebody earlier).
    pub(crate) lang: Option<String>,
    /// The first name, as it was last seen; empty until then.
    pub(crate) name: String,
    pub(crate) standing: Standing,
    pub(crate) reach: Reach,
    pub(crate) living: Option<LivingRow>,
    /// The newest message in the chat that the bot knows of, the living one aside.
    pub(crate) newest: Option<i32>,
    pub(crate) last: Option<Wish>,
    pub(crate) recent_countries: Vec<(ServerId, CountryId)>,
    pub(crate) recent_services: Vec<(ServerId, ServiceId)>,
    /// The purchases of the last minute.
    #[serde(default)]
    pub(crate) purchases: Purchases,
    pub(crate) created_at: UnixSeconds,
}

/// How many purchases were made in each second of the last minute, oldest first. Whoever counts needs no other row.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Purchases(Vec<(UnixSeconds, u32)>);

impl Purchases {
    /// None so far.
    const NONE: Self = Self(Vec::new());

    /// How many were made in the minute that ends now. A clock that was set back leaves none in its future.
    pub(crate) fn until(&self, now: UnixSeconds) -> u32 {
        self.0.iter().filter(|(at, _)| is_recent(*at, now)).map(|(_, count)| count).sum()
    }

    /// One more; what counts no longer is forgotten.
    pub(crate) fn add(&mut self, now: UnixSeconds) {
        self.0.retain(|(at, _)| is_recent(*at, now));
        match self.0.last_mut() {
            Some((at, count)) if *at == now => *count = count.saturating_add(1),
            Some(_) | None => self.0.push((now, 1)),
        }
    }
}

fn is_recent(at: UnixSeconds, now: UnixSeconds) -> bool {
    (0..PURCHASES_WITHIN_S).contains(&(now - at))
}

/// Whether messages arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reach {
    /// They do.
    Reachable,
    /// The person blocked the bot: everything waits for their return.
    Parked,
}

impl UserRow {
    /// Somebody new.
    pub(crate) const fn new(lang: Option<String>, created_at: UnixSeconds) -> Self {
        Self {
            lang,
            name: String::new(),
            standing: Standing::Welcome,
            reach: Reach::Reachable,
            living: None,
            newest: None,
            last: None,
            recent_countries: Vec::new(),
            recent_services: Vec::new(),
            purchases: Purchases::NONE,
            created_at,
        }
    }

    /// Remembers a purchase for the shortcuts and the limits.
    pub(crate) fn bought(&mut self, wish: Wish, now: UnixSeconds) {
        self.purchases.add(now);
        if wish.extends.is_some() {
            // Nothing that would be bought again by itself.
            return;
        }
        remember(&mut self.recent_countries, (wish.server, wish.country));
        remember(&mut self.recent_services, (wish.server, wish.service));
        self.last = Some(wish);
    }
}

fn remember<T: PartialEq>(recent: &mut Vec<T>, newest: T) {
    recent.retain(|known| *known != newest);
    recent.insert(0, newest);
    recent.truncate(RECENT_MAX);
}

/// The message that shows a session's screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LivingRow {
    /// Its id in the private chat.
    pub message_id: i32,
    /// When it was sent.
    pub sent_at: i64,
}

/// An order's card: where it stands and whether it shows something old.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardRow {
    /// Whose.
    pub user: UserId,
    /// The message, once it was sent.
    pub message_id: Option<i32>,
    /// Whether it must be shown anew.
    pub due: bool,
    /// Counts the changes, so that showing an old one does not hide a newer one.
    pub version: u64,
    /// Whether the card asks something.
    pub ask: Ask,
}

/// Whether a card asks its user to confirm something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// It shows the order.
    #[default]
    Nothing,
    /// It asks whether to cancel.
    Cancel,
}

/// A message to be delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TellRow {
    pub(crate) note: Note,
    pub(crate) attempts: u32,
    pub(crate) not_before: UnixSeconds,
    pub(crate) created_at: UnixSeconds,
}

/// Why an order is still looked after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Watch {
    /// The user's money is held.
    Open,
    /// A paid rental that still receives.
    Rental,
    /// It ended; the supplier's side is watched until then.
    Late(UnixSeconds),
}

impl Watch {
    /// Why this order is looked after; `None`: it is not.
    pub(crate) const fn of(order: &Order) -> Option<Self> {
        if order.is_open() {
            return Some(Self::Open);
        }
        match order.watched_until {
            _ if is_running_rental(order) => Some(Self::Rental),
            Some(until) => Some(Self::Late(until)),
            None => None,
        }
    }
}

/// How an order ended, as far as the history filters by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ending {
    /// It has not; running rentals have not either.
    None,
    /// The price was earned.
    Received,
    /// The user has the money back.
    Refunded,
}

impl Ending {
    /// How this order ended.
    pub(crate) const fn of(order: &Order) -> Self {
        match order.state {
            State::Done if is_running_rental(order) => Self::None,
            State::Done => Self::Received,
            State::Refunded(_) => Self::Refunded,
            State::Reserved
            | State::Buying { .. }
            | State::Ambiguous { .. }
            | State::Active
            | State::Closing { .. } => Self::None,
        }
    }
}

/// Whether somebody must look after this order: it is open, a running rental, or still watched after its end.
#[must_use]
pub const fn needs_watching(order: &Order) -> bool {
    Watch::of(order).is_some()
}

const fn is_running_rental(order: &Order) -> bool {
    order.is_rental() && matches!(order.state, State::Done) && order.ended_at.is_none()
}

/// Who owns a supplier's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Owner {
    /// An order of ours.
    Order(OrderId),
    /// Nobody.
    Orphan,
}

/// A job of a frame, as stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredJob {
    pub(crate) instance: u64,
    pub(crate) body: Value,
}

/// When an update was taken in, and as which arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SeenRow {
    pub(crate) at: UnixSeconds,
    pub(crate) arrival: u64,
}

/// The same, by arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ArrivalRow {
    pub(crate) at: UnixSeconds,
    pub(crate) update: i64,
}

/// What could not be handled or delivered, kept for the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// What it was: `update/<id>`, `message/<user>`, or the key of a job or timer.
    pub source: String,
    /// Why it is here.
    pub reason: String,
    /// What it said.
    pub body: String,
    /// Since when.
    pub at: UnixSeconds,
}

/// What a dead letter was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum LetterKind {
    /// An update of Telegram's.
    Update,
    /// A message to somebody.
    Message,
    /// The result of a job.
    Job,
    /// A timer.
    Timer,
    /// Something that this version does not know.
    Other,
}

impl DeadLetter {
    /// What it was.
    #[must_use]
    pub fn kind(&self) -> LetterKind {
        match self.source.split('/').next() {
            Some("update") => LetterKind::Update,
            Some("message") => LetterKind::Message,
            Some("j") => LetterKind::Job,
            Some("t") => LetterKind::Timer,
            Some(_) | None => LetterKind::Other,
        }
    }
}

/// How often an alarm rang.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AlarmRow {
    /// How often.
    pub count: u64,
    /// When last.
    pub last_at: UnixSeconds,
}
