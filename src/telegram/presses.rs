//! Presses: whose button it is, what it leads to, the one answer, and what becomes of the message that carried it.

use std::sync::Arc;

use engine::direction;
use engine::token::Stale;
use engine::{Face, Lang, Reason, Rendered, RenderedButton, Tone};

use crate::host::{CardAnswer, CardPress, Cause, Host, HostResult, Living, Notice, Popup, Sound, Standing};
use crate::input::{Button, Incoming, Press};
use crate::output::{Answer, Unanswered};
use crate::shared::{Shared, popup};
use crate::steps::{self, After, Ended, Unstored, counts_once};
use crate::todo::{Asked, Panel, Place, Todo};

/// Handles a press.
pub(crate) async fn take<H: Host>(
    shared: &Arc<Shared<H>>,
    incoming: &Incoming,
    press: &Press,
    unanswered: Option<&Unanswered>,
) -> HostResult<After> {
    let person = &incoming.person;
    match &press.button {
        Button::Token(data) => {
            let input = engine::machine::Input::Token(data.clone());
            let ended = steps::step(shared, person, &Cause::Update(incoming.update), input).await?;
            answer(shared, unanswered, token_answer(shared, &ended, data));
            Ok(after_token(&ended, press.message_id))
        }
        Button::Card(card) => on_card(shared, incoming, card, unanswered).await,
        Button::Elsewhere => foreign(shared, incoming, unanswered, Notice::PrivateOnly).await,
        Button::NotYours => foreign(shared, incoming, unanswered, Notice::NotYours).await,
    }
}

fn answer<H: Host>(shared: &Arc<Shared<H>>, unanswered: Option<&Unanswered>, answer: Answer) {
    if let Some(unanswered) = unanswered {
        shared.answer(unanswered, answer);
    }
}

/// A button that should not be where it was pressed.
async fn foreign<H: Host>(
    shared: &Arc<Shared<H>>,
    incoming: &Incoming,
    unanswered: Option<&Unanswered>,
    notice: Notice,
) -> HostResult<After> {
    let lang = shared.host.load(&incoming.person).await?.lang;
    shared.host.handled(incoming.update).await?;
    answer(shared, unanswered, shared.notice(notice, lang));
    Ok(After { todo: Todo::default(), lang: Some(lang), acted: false })
}

/// A card's button: the host's business; its answer may lead on into the session.
async fn on_card<H: Host>(
    shared: &Arc<Shared<H>>,
    incoming: &Incoming,
    card: &CardPress,
    unanswered: Option<&Unanswered>,
) -> HostResult<After> {
    let person = &incoming.person;
    let loaded = shared.host.load(person).await?;
    let lang = loaded.lang;
    if loaded.standing == Standing::Suspended {
        shared.host.handled(incoming.update).await?;
        answer(shared, unanswered, shared.notice(Notice::Suspended, lang));
        return Ok(After { todo: Todo::default(), lang: Some(lang), acted: true });
    }
    let shown = |notice: Option<Popup>| notice.map(|notice| popup(&notice, lang));
    let mut todo = Todo { outbox: Some(Asked::Yes), ..Todo::default() };
    let words = match shared.host.press_card(person, card, incoming.update).await? {
        CardAnswer::Done(notice) => shown(notice).unwrap_or_default(),
        CardAnswer::Leads(notice, input) => {
            let ended = steps::step(shared, person, &Cause::Update(incoming.update), input).await?;
            todo.panel = Some(Panel::IN_PLACE);
            shown(notice).unwrap_or_else(|| token_answer(shared, &ended, ""))
        }
        CardAnswer::Unknown => {
            todo.panel = Some(Panel::BELOW);
            todo.strip.extend(card.message_id);
            shared.notice(Notice::OldMenu, lang)
        }
    };
    answer(shared, unanswered, words);
    Ok(After { todo, lang: Some(lang), acted: true })
}

/// The answer to a press on the session's own button.
fn token_answer<H: Host>(shared: &Shared<H>, ended: &Ended, data: &str) -> Answer {
    let unstored = match &ended.result {
        Ok(stored) => return stored.popup.as_ref().map(|words| popup(words, ended.lang)).unwrap_or_default(),
        Err(unstored) => *unstored,
    };
    let notice = match unstored {
        Unstored::Suspended => Notice::Suspended,
        Unstored::Failed => Notice::Failed,
        // Twice on a button that counts once: the first press has led on to the card.
        Unstored::Stale(Stale::NotOffered | Stale::OtherRevision) if counts_once(data) && ended.on_card => {
            Notice::AlreadyDone
        }
        Unstored::Stale(Stale::NotOffered | Stale::OtherRevision | Stale::OtherInstance | Stale::Unreadable) => {
            Notice::OldMenu
        }
        Unstored::Ignored(Reason::NotForSale) => Notice::NotForSale,
        Unstored::Ignored(Reason::NotUnderstood) => Notice::NotUnderstood,
        Unstored::Ignored(Reason::TooLong) => Notice::TooLong,
        Unstored::Ignored(Reason::NotHere | Reason::AlreadyHere | Reason::TooLate) => Notice::NothingHere,
    };
    shared.notice(notice, ended.lang)
}

/// What is shown after a press: the panel where it is, or below an old menu, whose buttons go. Where the person pressed
/// is not always where the panel stands (a crash may lose its place): it comes to them.
fn after_token(ended: &Ended, pressed: Option<i32>) -> After {
    let lang = Some(ended.lang);
    if matches!(ended.result, Err(Unstored::Suspended)) {
        return After { todo: Todo::default(), lang, acted: true };
    }
    let on_panel = pressed.is_some() && ended.living.map(|living: Living| living.message_id) == pressed;
    let place = match pressed {
        Some(_) if on_panel && matches!(ended.result, Err(Unstored::Stale(_))) => Place::Again,
        Some(_) if on_panel => Place::Same,
        Some(message_id) => Place::From(message_id),
        None => Place::Below,
    };
    let strip = pressed.filter(|_| !on_panel).into_iter().collect();
    let outbox = ended.result.as_ref().ok().and_then(|stored| stored.outgoing);
    let panel = Some(Panel { place, ..Panel::IN_PLACE });
    After { todo: Todo { panel, strip, delete: Vec::new(), outbox }, lang, acted: true }
}

/// In a group: one message with the way to the private chat.
pub(crate) fn point_to_private_chat<H: Host>(shared: &Arc<Shared<H>>, chat_id: i64, lang: Lang) {
    let direction = lang.direction();
    let button = RenderedButton {
        label: direction::plain(&shared.host.words(Notice::OpenPrivate, lang), direction),
        tone: Tone::Default,
        face: Face::Url(shared.bot.link("group")),
    };
    let text = shared.host.words(Notice::PrivateOnly, lang);
    let rendered = Rendered { pieces: direction::directed(&text, direction), rows: vec![vec![button]] };
    let shared = Arc::clone(shared);
    shared.clone().chores.spawn(async move {
        if let Err(error) = shared.output.send_anywhere(chat_id, &rendered, Sound::Silent).await {
            tracing::info!(%error, "a group was not answered");
        }
    });
}
