//! The panel: what the living message should show, compared with what it shows. An edit where that is possible, a new
//! message where it is not; never a message that nobody asked for.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use engine::direction::{self, Piece};
use engine::{Lang, Rendered, Surface, machine};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::gate::Urgency;
use crate::host::{CardPlace, Host, HostResult, Living, Loaded, Person, Sound};
use crate::methods::words;
use crate::port::CallError;
use crate::shared::Shared;
use crate::todo::{Asked, Panel, Place};

/// Telegram lets nobody edit or delete what is older than 48 hours; a little less, so as not to be caught by it.
const EDITABLE_S: i64 = 47 * 3600 + 1800;
/// How many cards are remembered, to tell their messages from old menus.
const CARDS_REMEMBERED: usize = 16;

/// What is known of a person's chat; forgotten with the mailbox, which costs one edit too many at worst.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// The message that shows a screen, and a hash of that screen.
    pub(crate) shown: Option<(i32, u64)>,
    /// The same, where it was shown a second time because an old button was pressed on it.
    pub(crate) shown_again: Option<(i32, u64)>,
    /// The card that the session is on.
    pub(crate) card: Option<String>,
    /// Messages that have become cards: no old menus, whatever is pressed on them.
    pub(crate) cards: VecDeque<i32>,
    /// Rings when the person does something while a round is under way: it waits for no turn any more.
    pub(crate) hurry: Arc<Notify>,
    /// Since when what this round shows and delivers waits.
    pub(crate) waits_since: Option<Instant>,
}

impl Memory {
    /// Remembers a message as a card.
    pub(crate) fn note_card(&mut self, message_id: i32) {
        if !self.cards.contains(&message_id) {
            self.cards.push_back(message_id);
            if self.cards.len() > CARDS_REMEMBERED {
                self.cards.pop_front();
            }
        }
    }

    /// Whether the panel must come down to where the person looks.
    fn must_move(&self, panel: &Panel, loaded_buried: Buried) -> bool {
        match panel.place {
            Place::Below => true,
            Place::From(pressed) if !self.cards.contains(&pressed) => true,
            Place::Same | Place::Again | Place::From(_) => panel.asked == Asked::Yes && loaded_buried == Buried::Yes,
        }
    }
}

/// Whether a message stands below the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Buried {
    Yes,
    No,
}

impl Buried {
    fn of<A: engine::registry::Registry>(loaded: &Loaded<A>) -> Self {
        let buried = loaded.living.is_some_and(|living| loaded.newest > Some(living.message_id));
        if buried { Self::Yes } else { Self::No }
    }
}

/// How showing the panel ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// It shows what it should, or there is nothing to be done about it.
    Done,
    /// The session is on a card now: it is outgoing.
    OnCard,
    /// Telegram asked for a pause.
    Later,
    /// It may or may not have arrived.
    Unknown,
}

/// Shows the panel as it should be now.
pub(crate) async fn show<H: Host>(
    shared: &Shared<H>,
    person: &Person,
    panel: &Panel,
    memory: &mut Memory,
) -> HostResult<(Shown, Option<Living>)> {
    let loaded = shared.host.load(person).await?;
    let (living, buried) = (loaded.living, Buried::of(&loaded));
    let view = machine::view::<H::App>(&loaded.session, &shared.context(&loaded));
    match view.surface {
        Surface::Card(key) => {
            say_beside_card(shared, person.id, panel, loaded.lang).await;
            let below = memory.must_move(panel, Buried::No) || buried == Buried::Yes;
            let place = if below { CardPlace::Below } else { CardPlace::Living };
            Ok((adopt(shared, person.id, key, place, living, memory).await?, None))
        }
        Surface::Living => {
            memory.card = None;
            let rendered = with_notice(view.rendered, panel, &loaded);
            let place = match panel.place {
                _ if memory.must_move(panel, buried) => Place::Below,
                Place::Again => Place::Again,
                Place::Same | Place::From(_) | Place::Below => Place::Same,
            };
            let panel = Panel { place, ..panel.clone() };
            show_living(shared, person.id, &rendered, &panel, living, memory).await
        }
    }
}

/// A card is the product's alone: a notice that would stand over a panel is a message of its own there.
async fn say_beside_card<H: Host>(shared: &Shared<H>, user: u64, panel: &Panel, lang: Lang) {
    if let Some(notice) = panel.notice.as_ref().filter(|notice| !notice.is_empty()) {
        let rendered = words(direction::directed(notice, lang.direction()));
        if let Err(error) = shared.output.send(user, &rendered, Sound::Silent).await {
            tracing::info!(%error, "a notice was not sent");
        }
    }
}

/// The living message becomes the card, once per stay on it; where the person looks elsewhere, the card comes there.
async fn adopt<H: Host>(
    shared: &Shared<H>,
    user: u64,
    key: String,
    place: CardPlace,
    living: Option<Living>,
    memory: &mut Memory,
) -> HostResult<Shown> {
    if living.is_none() && place == CardPlace::Living && memory.card.as_ref() == Some(&key) {
        return Ok(Shown::Done);
    }
    let left = shared.host.adopt_card(user, &key, place).await?;
    if let (CardPlace::Living, Some(living)) = (place, living) {
        memory.note_card(living.message_id);
    }
    for message_id in left {
        memory.cards.retain(|card| *card != message_id);
        shared.output.remove(user, message_id).await;
    }
    memory.shown = None;
    memory.card = Some(key);
    Ok(Shown::OnCard)
}

async fn show_living<H: Host>(
    shared: &Shared<H>,
    user: u64,
    rendered: &Rendered,
    panel: &Panel,
    living: Option<Living>,
    memory: &mut Memory,
) -> HostResult<(Shown, Option<Living>)> {
    let hash = hash_of(rendered);
    let in_place = panel.place != Place::Below;
    if let Some(living) = living.filter(|living| in_place && is_young(*living, shared.now_s())) {
        let now = Some((living.message_id, hash));
        let seems_shown = memory.shown == now;
        // An edit that Telegram accepted and the person does not see is made once more, and no oftener.
        if seems_shown && (panel.place != Place::Again || memory.shown_again == now) {
            return Ok((Shown::Done, Some(living)));
        }
        if panel.asked == Asked::No {
            shared.unasked_turn(Urgency::Patient, &memory.hurry).await;
        }
        match shared.output.edit(user, living.message_id, rendered).await {
            Ok(()) => {
                memory.shown = now;
                memory.shown_again = now.filter(|_| seems_shown);
                return Ok((Shown::Done, Some(living)));
            }
            Err(CallError::Gone) => {}
            Err(error) => return Ok((failed(&error), Some(living))),
        }
    }
    if panel.asked == Asked::No {
        return Ok((Shown::Done, living));
    }
    match shared.output.send(user, rendered, Sound::Silent).await {
        Ok(message_id) => {
            let next = Living { message_id, sent_at: shared.now_s() };
            replace(shared, user, living, next).await?;
            memory.shown = Some((message_id, hash));
            Ok((Shown::Done, Some(next)))
        }
        Err(error) => Ok((failed(&error), living)),
    }
}

/// Remembers the new panel, then takes the old one away.
async fn replace<H: Host>(shared: &Shared<H>, user: u64, old: Option<Living>, new: Living) -> HostResult<()> {
    shared.host.set_living(user, new).await?;
    if let Some(old) = old {
        if is_young(old, shared.now_s()) {
            shared.output.remove(user, old.message_id).await;
        } else {
            shared.output.strip(user, old.message_id).await;
        }
    }
    Ok(())
}

fn failed(error: &CallError) -> Shown {
    match error {
        CallError::RetryAfter(_) => Shown::Later,
        CallError::Network(_) | CallError::NotSent(_) => {
            tracing::warn!(%error, "the panel was not shown; it is tried again");
            Shown::Unknown
        }
        CallError::Blocked | CallError::Unauthorized => {
            tracing::info!(%error, "the panel was not shown");
            Shown::Done
        }
        CallError::NotModified
        | CallError::Gone
        | CallError::TooOld
        | CallError::Conflict(_)
        | CallError::Markup(_)
        | CallError::Refused(_) => {
            tracing::error!(%error, "telegram refuses the panel");
            Shown::Done
        }
    }
}

const fn is_young(living: Living, now_s: i64) -> bool {
    now_s - living.sent_at < EDITABLE_S
}

fn with_notice<A: engine::registry::Registry>(mut rendered: Rendered, panel: &Panel, loaded: &Loaded<A>) -> Rendered {
    if let Some(notice) = panel.notice.as_ref().filter(|notice| !notice.is_empty()) {
        let mut pieces = direction::directed(notice, loaded.lang.direction());
        pieces.push(Piece::Text("\n\n".to_owned()));
        pieces.append(&mut rendered.pieces);
        rendered.pieces = pieces;
    }
    rendered
}

fn hash_of(rendered: &Rendered) -> u64 {
    let mut hasher = DefaultHasher::new();
    rendered.hash(&mut hasher);
    hasher.finish()
}
