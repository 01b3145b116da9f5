//! What a chat shows although nobody did anything there: a timer was due, or an SMS arrived. It is a beat of its own.

use std::time::{Duration, Instant};

use sim::telegram::{Call, Message};

use crate::act::{Act, Consequence};
use crate::beats::{Beat, Place, Stand};
use crate::events::Event;
use crate::phone;
use crate::world::World;

/// So long after an act, or after the last that followed from it, what a chat shows follows from it as well.
const FOLLOWS_FOR: Duration = Duration::from_secs(3);

/// How the records stood at the last look, and until when each chat's changes follow from an act.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    looked: Option<(Place, [Stand; 2])>,
    follows_until: [Option<Instant>; 2],
}

impl Watch {
    /// Something is about to be done.
    pub(crate) fn begin(&mut self, phone: Option<usize>, consequence: Consequence, place: Place, before: &[Stand; 2]) {
        self.looked = Some((place, before.clone()));
        for (index, until) in self.follows_until.iter_mut().enumerate() {
            if phone.is_none_or(|phone| phone == index) {
                *until = match consequence {
                    Consequence::Follows => Some(Instant::now() + FOLLOWS_FOR),
                    Consequence::ByItself => None,
                    Consequence::AsBefore => *until,
                };
            }
        }
    }

    fn follows(&self, phone: usize) -> bool {
        self.follows_until[phone].is_some_and(|until| Instant::now() < until)
    }
}

impl World {
    /// Adds a beat for each chat that changed by itself since the last look.
    pub(crate) fn look_for_unasked(&self, watch: &mut Watch) {
        let place = self.place();
        let Some((last_place, last_stands)) = watch.looked.take().filter(|(last, _)| *last != place) else {
            watch.looked.get_or_insert_with(|| (place, self.stands()));
            return;
        };
        // Calls and lines that came late belong to what the inspector shows.
        self.events.tell(Event::Beats);
        let calls = self.sim.telegram.calls_after(last_place.call);
        for phone in [0, 1] {
            let chat = last_stands[phone].user;
            let changes = calls.iter().filter(|call| call.serial <= place.call && call.error.is_none());
            let changes = changes.filter(|call| is_to(call, chat)).filter_map(|call| Some((change(call)?, call)));
            // A message that came says more than one that went for it.
            let Some((change, call)) = changes.min_by_key(|(change, _)| *change != CAME) else { continue };
            if !watch.follows(phone) && self.phone(phone).waiting.is_empty() {
                let (at_ms, before) = (call.at_ms, last_stands.clone());
                let act = Act::ByItself { change, words: self.words(phone, call) };
                self.add(Beat { number: 0, at_ms, phone: Some(phone), act, place: last_place, before });
            }
            watch.follows_until[phone] = Some(Instant::now() + FOLLOWS_FOR);
        }
        watch.looked = Some((place, self.stands()));
    }

    /// The first line of the message that a call made or changed.
    fn words(&self, phone: usize, call: &Call) -> String {
        let messages = self.person(phone).user.messages();
        let named = |message: &&Message| is(&call.params["message_id"], message.id);
        let newest = || messages.iter().rev().find(|message| message.from_bot);
        messages.iter().find(named).or_else(newest).map(phone::first_line).unwrap_or_default()
    }
}

const CAME: &str = "a message came";

/// What a call does to a chat; none for what is not seen.
fn change(call: &Call) -> Option<&'static str> {
    let method = call.method.to_lowercase();
    let known = [("send", CAME), ("edit", "a message changed"), ("delete", "a message went")];
    let change = known.into_iter().find(|(verb, _)| method.starts_with(verb)).map(|(_, change)| change);
    change.filter(|_| method != "sendchataction")
}

fn is_to(call: &Call, chat: i64) -> bool {
    is(&call.params["chat_id"], chat)
}

/// Whether a parameter is this number, written as one or as text.
fn is(param: &serde_json::Value, number: i64) -> bool {
    param.as_i64() == Some(number) || param.as_str().is_some_and(|text| text == number.to_string())
}
