//! Telegram and the people behind it: what they do becomes updates, what they are told stands in their chats.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use engine::direction::Piece;
use engine::{Face, Rendered};
use shop::QuoteId;
use telegram::host::{Delivery, Outgoing, OutgoingKind, RawUpdate};

use super::diary::{Diary, VirtualClock, locked};
use super::plan::{Hits, Plan, Telegram, What};
use crate::support::Dice;

/// The id of the first update.
const FIRST_UPDATE: i64 = 700_000_001;
/// The most updates of one answer.
const BATCH_MAX: usize = 100;

/// Telegram.
pub(crate) struct Chats {
    plan: Arc<Plan>,
    clock: Arc<VirtualClock>,
    diary: Arc<Diary>,
    state: Mutex<Chatter>,
}

#[derive(Default)]
struct Chatter {
    /// What people will do, by time and order.
    due: BTreeMap<(u64, u64), Deed>,
    planned: u64,
    /// Every update that there ever was.
    updates: BTreeMap<i64, Update>,
    /// Those that the bot has not acknowledged.
    pending: BTreeSet<i64>,
    rooms: BTreeMap<u64, Room>,
    deliveries: u64,
}

/// What was done, and when.
struct Update {
    at_ms: u64,
    deed: Deed,
}

/// Something that a person (or the operator, for one) does to the bot.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Deed {
    pub(crate) person: u64,
    pub(crate) what: Doing,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Doing {
    /// The act of this place in the plan.
    Act(usize),
    /// Looks for a button with this label, and presses it.
    Look(&'static str),
    /// Presses Buy under a price.
    Confirm(QuoteId),
    /// Presses a button of a card.
    Press { card: String, action: String, message_id: i32 },
    /// Comes back after blocking.
    Return,
}

/// One chat.
#[derive(Default)]
pub(crate) struct Room {
    pub(crate) messages: BTreeMap<i32, Shown>,
    pub(crate) blocked: bool,
    /// Every text that was ever shown, and when.
    said: Vec<(u64, String)>,
}

/// A message in a chat.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) text: String,
    buttons: Vec<(String, String)>,
    /// The order whose card it is.
    pub(crate) card: Option<String>,
}

impl Chats {
    pub(crate) fn new(plan: Arc<Plan>, clock: Arc<VirtualClock>, diary: Arc<Diary>) -> Arc<Self> {
        let mut chatter = Chatter::default();
        for (index, act) in plan.acts.iter().enumerate() {
            chatter.plan(act.at_ms, Deed { person: act.person, what: Doing::Act(index) });
        }
        Arc::new(Self { plan, clock, diary, state: Mutex::new(chatter) })
    }

    /// This person does something in a while.
    pub(crate) fn later(&self, after_ms: u64, person: u64, what: Doing) {
        let at_ms = self.clock.elapsed_ms() + after_ms;
        locked(&self.state).plan(at_ms, Deed { person, what });
    }

    /// Whether nobody has anything left to do, and the bot has seen all that was done.
    pub(crate) fn is_quiet(&self) -> bool {
        let state = locked(&self.state);
        state.due.is_empty() && state.pending.is_empty()
    }

    /// What the update of this id is.
    pub(crate) fn deed(&self, update: i64) -> Option<Deed> {
        locked(&self.state).updates.get(&update).map(|update| update.deed.clone())
    }

    /// When the update of this id was done.
    pub(crate) fn done_at_ms(&self, update: i64) -> Option<u64> {
        locked(&self.state).updates.get(&update).map(|update| update.at_ms)
    }

    /// When a text with these words first stood in a person's chat, from a time on.
    pub(crate) fn said_at_ms(&self, person: u64, from_ms: u64, words: &str) -> Option<u64> {
        let says = |(at_ms, text): &&(u64, String)| *at_ms >= from_ms && text.contains(words);
        self.room(person, |room| room.said.iter().find(says).map(|(at_ms, _)| *at_ms))
    }

    /// The updates from this offset on; those below it are acknowledged.
    pub(crate) fn poll(&self, offset: i64) -> Vec<RawUpdate> {
        self.act();
        let mut state = locked(&self.state);
        state.pending.retain(|id| *id >= offset);
        let raw = |id: &i64| RawUpdate { id: *id, body: format!("{{\"update_id\":{id}}}") };
        state.pending.iter().take(BATCH_MAX).map(raw).collect()
    }

    /// Turns what is due into updates.
    fn act(&self) {
        let now_ms = self.clock.elapsed_ms();
        loop {
            let mut state = locked(&self.state);
            let Some(entry) = state.due.first_entry().filter(|entry| entry.key().0 <= now_ms) else { return };
            let ((at_ms, _), deed) = entry.remove_entry();
            let Deed { person, what } = deed.clone();
            let room = state.rooms.entry(person).or_default();
            match what {
                Doing::Act(index) => match self.plan.acts[index].what {
                    What::Block => room.blocked = true,
                    What::Return => {
                        room.blocked = false;
                        state.update(at_ms, Deed { person, what: Doing::Return });
                    }
                    What::Press(label) => state.press(at_ms, person, label),
                    What::Buy { .. } | What::Adjust { .. } | What::Wake => state.update(at_ms, deed),
                },
                Doing::Look(label) => state.press(at_ms, person, label),
                Doing::Confirm(_) | Doing::Press { .. } | Doing::Return => state.update(at_ms, deed),
            }
            drop(state);
            self.diary.note(format!("person {person}: {}", self.told(&what)));
        }
    }

    fn told(&self, what: &Doing) -> String {
        match what {
            Doing::Act(index) => format!("{:?}", self.plan.acts[*index].what),
            Doing::Look(_) | Doing::Confirm(_) | Doing::Press { .. } | Doing::Return => format!("{what:?}"),
        }
    }

    /// Takes a message or an edit, or does not, and says what is known of it.
    pub(crate) fn deliver(&self, person: u64, outgoing: &Outgoing) -> Delivery {
        let mut state = locked(&self.state);
        state.deliveries += 1;
        let mut dice = Dice::of(self.plan.seed, "delivery", state.deliveries);
        let now_ms = self.clock.elapsed_ms();
        let hit = |storm: &&super::plan::Storm| {
            storm.hits == Hits::Telegram && (storm.from_ms..storm.until_ms).contains(&now_ms)
        };
        let room = state.rooms.entry(person).or_default();
        if room.blocked {
            return Delivery::Unreachable;
        }
        if self.plan.storms.iter().any(|storm| hit(&storm)) {
            return if dice.one_in(2) { Delivery::NotSent } else { Delivery::Unknown("simulated".to_owned()) };
        }
        let luck = match self.plan.telegram {
            Telegram::Flaky => dice.below(30),
            Telegram::Steady => u64::MAX,
        };
        match luck {
            0 => Delivery::NotSent,
            1 => Delivery::Unknown("lost on the way".to_owned()),
            2 => {
                room.show(now_ms, outgoing);
                Delivery::Unknown("the answer was lost".to_owned())
            }
            _ => Delivery::Delivered { message_id: room.show(now_ms, outgoing) },
        }
    }

    /// What stands in a person's chat, and whether they can be reached.
    pub(crate) fn room<T>(&self, person: u64, read: impl FnOnce(&Room) -> T) -> T {
        read(locked(&self.state).rooms.entry(person).or_default())
    }
}

impl Chatter {
    fn plan(&mut self, at_ms: u64, deed: Deed) {
        self.planned += 1;
        self.due.insert((at_ms, self.planned), deed);
    }

    fn update(&mut self, at_ms: u64, deed: Deed) {
        let id = FIRST_UPDATE + i64::try_from(self.updates.len()).expect("few updates");
        self.updates.insert(id, Update { at_ms, deed });
        self.pending.insert(id);
    }

    /// Presses the button with this label on the newest message that has one.
    fn press(&mut self, at_ms: u64, person: u64, label: &str) {
        let room = self.rooms.entry(person).or_default();
        let found = room.messages.iter().rev().find_map(|(id, shown)| {
            let (_, token) = shown.buttons.iter().find(|(words, _)| words.contains(label))?;
            let (order, action) = flows::card::read_token(token)?;
            Some(Doing::Press { card: flows::card::key(order), action: action.to_owned(), message_id: *id })
        });
        if let Some(what) = found {
            self.update(at_ms, Deed { person, what });
        }
    }
}

impl Room {
    /// Shows a message, or edits the one that it replaces; its id.
    fn show(&mut self, now_ms: u64, outgoing: &Outgoing) -> i32 {
        let next = self.messages.keys().next_back().map_or(1, |last| last + 1);
        let (message_id, rendered) = match &outgoing.kind {
            OutgoingKind::Message { rendered, .. } => (next, rendered),
            OutgoingKind::Card { message_id, rendered } => {
                (message_id.filter(|id| self.messages.contains_key(id)).unwrap_or(next), rendered)
            }
        };
        let card = outgoing.id.strip_prefix('c').and_then(|id| Some(id.split_once('.')?.0.to_owned()));
        let shown = shown(rendered, card);
        self.said.push((now_ms, shown.text.clone()));
        self.messages.insert(message_id, shown);
        message_id
    }
}

fn shown(rendered: &Rendered, card: Option<String>) -> Shown {
    let text = rendered.pieces.iter().filter_map(|piece| match piece {
        Piece::Text(words) | Piece::Code(words) | Piece::Time { fallback: words, .. } => Some(words.as_str()),
        Piece::Open(_) | Piece::Close(_) => None,
    });
    let text = text.collect();
    let token = |face: &Face| match face {
        Face::Callback(token) => Some(token.clone()),
        Face::Copy(_) | Face::Inline(_) | Face::Url(_) => None,
    };
    let buttons = rendered.rows.iter().flatten();
    let buttons = buttons.filter_map(|button| Some((button.label.clone(), token(&button.face)?))).collect();
    Shown { text, buttons, card }
}
