//! The panel: what the living message should show, compared with what it shows. An edit where that is possible, a new
//! message where it is not; never a message that nobody asked for.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

use engine::direction::{self, Piece};
use engine::{Lang, Rendered, Surface, machine};

use crate::host::{Host, HostResult, Living, Loaded, Person, Sound};
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
    /// The card that the session is on.
    pub(crate) card: Option<String>,
    /// Messages that have become cards: no old menus, whatever is pressed on them.
    pub(crate) cards: VecDeque<i32>,
    /// Whether a message stands below the panel.
    pub(crate) buried: bool,
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
    let living = loaded.living;
    let view = machine::view::<H::App>(&loaded.session, &shared.context(&loaded));
    match view.surface {
        Surface::Card(key) => {
            say_beside_card(shared, person.id, panel, loaded.lang).await;
            Ok((adopt(shared, person.id, key, living, memory).await?, None))
        }
        Surface::Living => {
            memory.card = None;
            let rendered = with_notice(view.rendered, panel, &loaded);
            show_living(shared, person.id, &rendered, panel, living, memory).await
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

/// The living message becomes the card, once per stay on it.
async fn adopt<H: Host>(
    shared: &Shared<H>,
    user: u64,
    key: String,
    living: Option<Living>,
    memory: &mut Memory,
) -> HostResult<Shown> {
    if living.is_none() && memory.card.as_ref() == Some(&key) {
        return Ok(Shown::Done);
    }
    // A panel that other messages have pushed up stays there as an old menu; the card opens below.
    let adopted = living.filter(|_| !memory.buried).map(|living| living.message_id);
    shared.host.adopt_card(user, &key, adopted).await?;
    if let Some(message_id) = adopted {
        memory.note_card(message_id);
    } else if let Some(living) = living {
        shared.host.set_living(user, None).await?;
        shared.output.remove(user, living.message_id).await;
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
    let must_move = panel.place == Place::Below || (panel.asked == Asked::Yes && memory.buried);
    if let Some(living) = living.filter(|living| !must_move && is_young(*living, shared.now_s())) {
        if memory.shown == Some((living.message_id, hash)) {
            return Ok((Shown::Done, Some(living)));
        }
        match shared.output.edit(user, living.message_id, rendered).await {
            Ok(()) => {
                memory.shown = Some((living.message_id, hash));
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
            memory.buried = false;
            Ok((Shown::Done, Some(next)))
        }
        Err(error) => Ok((failed(&error), living)),
    }
}

/// Remembers the new panel, then takes the old one away.
async fn replace<H: Host>(shared: &Shared<H>, user: u64, old: Option<Living>, new: Living) -> HostResult<()> {
    shared.host.set_living(user, Some(new)).await?;
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
        CallError::Network(_) => {
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
