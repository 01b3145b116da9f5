//! The step loop: load, decide, store, answer, and say what is to be shown. Each press is answered exactly once, right
//! after its step is stored; everything that is shown is left to the next round of output.

use std::sync::Arc;

use engine::machine::{self, Input, Outcome};
use engine::registry::AnyEffect;
use engine::token::{Stale, Token};
use engine::{Lang, Reason, Text};

use crate::host::{
    Cause, Commit, Committed, Delivered, Host, HostResult, Living, Loaded, Notice, Person, Popup, Standing,
};
use crate::input::{Incoming, What};
use crate::mailbox::Work;
use crate::output::{Ticket, short};
use crate::presses;
use crate::shared::{Shared, count};
use crate::todo::{Asked, Panel, Todo};

/// How often a step is decided anew because the session changed meanwhile.
const CONFLICTS_MAX: u32 = 3;
/// How often the domain may say no to what a flow makes of its refusals.
const REFUSALS_MAX: u32 = 3;

/// What handling something leaves to be done.
pub(crate) struct After {
    pub(crate) todo: Todo,
    pub(crate) lang: Lang,
    /// Whether the person did something.
    pub(crate) acted: bool,
}

/// How a step ended.
pub(crate) struct Ended {
    pub(crate) lang: Lang,
    pub(crate) result: Result<Stored, Unstored>,
    /// The panel as it was before.
    pub(crate) living: Option<Living>,
}

/// A step that was stored.
pub(crate) struct Stored {
    /// What the step says over the chat.
    pub(crate) popup: Option<Popup>,
    /// Whether something may be outgoing now.
    pub(crate) outgoing: Option<Asked>,
}

/// Why there was no step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unstored {
    Suspended,
    Ignored(Reason),
    Stale(Stale),
    /// A mistake of ours, or a session that never stands still.
    Failed,
}

/// Handles one thing.
pub(crate) async fn take<H: Host>(
    shared: Arc<Shared<H>>,
    work: Arc<Work<H::App>>,
    person: Person,
) -> HostResult<After> {
    match &*work {
        Work::Update(incoming, ticket) => update(&shared, incoming, ticket.as_ref()).await,
        Work::Delivered(delivered) => delivery(&shared, person, delivered).await,
    }
}

async fn delivery<H: Host>(
    shared: &Arc<Shared<H>>,
    person: Person,
    delivered: &Delivered<H::App>,
) -> HostResult<After> {
    let ended = step(shared, &person, &Cause::Key(delivered.key.clone()), delivered.input.clone()).await?;
    let mut todo = Todo::default();
    if let Ok(stored) = ended.result {
        todo.panel = Some(Panel::UNASKED);
        todo.outbox = stored.outgoing.map(|_| Asked::No);
    }
    Ok(After { todo, lang: ended.lang, acted: false })
}

async fn update<H: Host>(shared: &Arc<Shared<H>>, incoming: &Incoming, ticket: Option<&Ticket>) -> HostResult<After> {
    let host = &shared.host;
    let (person, id) = (&incoming.person, incoming.update);
    let (input, used) = match &incoming.what {
        What::Press(press) => return presses::take(shared, incoming, press, ticket).await,
        What::Command { name, payload, .. } => {
            (host.entry(name, payload).or_else(|| host.entry(name, "")).map(Input::Start), None)
        }
        What::Pick { token, message_id } => (host.pick(token).map(Input::Pick), Some(*message_id)),
        What::Text { text, message_id } => (Some(Input::Text(text.clone())), Some(*message_id)),
        What::NotUnderstood => (None, None),
        What::Presence(presence) => {
            host.presence(person.id, *presence).await?;
            host.handled(id).await?;
            let todo = Todo { outbox: Some(Asked::No), ..Todo::default() };
            return Ok(After { todo, lang: lang_of(person), acted: true });
        }
        What::Elsewhere { chat_id } => {
            presses::point_to_private_chat(shared, *chat_id, lang_of(person));
            host.handled(id).await?;
            return Ok(After { todo: Todo::default(), lang: lang_of(person), acted: false });
        }
        What::Inline { .. } => {
            host.handled(id).await?;
            return Ok(After { todo: Todo::default(), lang: lang_of(person), acted: false });
        }
    };
    let ended = match input {
        Some(input) => step(shared, person, &Cause::Update(id), input).await?,
        None => unusable(shared, person, &incoming.what, id).await?,
    };
    Ok(after_message(shared, incoming, used, ended))
}

/// Something that no step can be made of.
async fn unusable<H: Host>(shared: &Arc<Shared<H>>, person: &Person, what: &What, update: i64) -> HostResult<Ended> {
    let loaded = shared.host.load(person).await?;
    shared.host.handled(update).await?;
    let reason = if matches!(what, What::Pick { .. }) { Reason::NotForSale } else { Reason::NotUnderstood };
    let unstored = match loaded.standing {
        Standing::Welcome => Unstored::Ignored(reason),
        Standing::Suspended => Unstored::Suspended,
    };
    Ok(Ended { lang: loaded.lang, result: Err(unstored), living: loaded.living })
}

/// What a message leads to: a panel in its place where the message disappears, below it where it stays.
fn after_message<H: Host>(shared: &Arc<Shared<H>>, incoming: &Incoming, used: Option<i32>, ended: Ended) -> After {
    let lang = ended.lang;
    let words = |notice: Notice| Some(shared.host.words(notice, lang));
    let is_pick = matches!(incoming.what, What::Pick { .. });
    let todo = match ended.result {
        Ok(stored) => {
            let notice = stored.popup.map(popup_text);
            let panel = if used.is_some() { Panel::IN_PLACE } else { Panel::BELOW };
            let delete = used.into_iter().collect();
            Todo { panel: Some(panel.noticing(notice)), delete, outbox: stored.outgoing, strip: Vec::new() }
        }
        Err(Unstored::Suspended) => {
            shared.tell(incoming.person.id, &shared.host.words(Notice::Suspended, lang), lang);
            Todo::default()
        }
        Err(unstored) if is_pick && used.is_some() => {
            let notice = pick_notice(unstored).and_then(words);
            Todo { delete: used.into_iter().collect(), ..Todo::panel(Panel::IN_PLACE.noticing(notice)) }
        }
        Err(unstored) => Todo::panel(Panel::BELOW.noticing(message_notice(&incoming.what, unstored).and_then(words))),
    };
    After { todo, lang, acted: true }
}

fn popup_text(popup: Popup) -> Text {
    match popup {
        Popup::Toast(text) | Popup::Alert(text) => text,
    }
}

/// A second tap on a result changes nothing and needs no words.
fn pick_notice(unstored: Unstored) -> Option<Notice> {
    match unstored {
        Unstored::Ignored(Reason::NotForSale) => Some(Notice::NotForSale),
        Unstored::Failed => Some(Notice::Failed),
        Unstored::Ignored(Reason::NotHere | Reason::AlreadyHere | Reason::TooLate | Reason::NotUnderstood)
        | Unstored::Stale(_)
        | Unstored::Suspended => None,
    }
}

fn message_notice(what: &What, unstored: Unstored) -> Option<Notice> {
    match unstored {
        Unstored::Failed => Some(Notice::Failed),
        Unstored::Ignored(Reason::NotForSale) => Some(Notice::NotForSale),
        Unstored::Ignored(Reason::AlreadyHere) => None,
        // A known command that changes nothing still shows the screen; it was understood.
        Unstored::Ignored(Reason::NotHere | Reason::TooLate) if matches!(what, What::Command { .. }) => None,
        Unstored::Ignored(Reason::NotHere | Reason::TooLate | Reason::NotUnderstood)
        | Unstored::Stale(_)
        | Unstored::Suspended => Some(Notice::NotUnderstood),
    }
}

/// Takes one step for a person and stores it with its cause. Whatever happens, the cause is done with afterwards.
pub(crate) async fn step<H: Host>(
    shared: &Arc<Shared<H>>,
    person: &Person,
    cause: &Cause,
    input: Input<H::App>,
) -> HostResult<Ended> {
    let mut lang = lang_of(person);
    for _ in 0..CONFLICTS_MAX {
        let loaded = shared.host.load(person).await?;
        lang = loaded.lang;
        let tried = match (loaded.standing, cause) {
            (Standing::Suspended, Cause::Update(_)) => Some(Err(Unstored::Suspended)),
            (Standing::Suspended, Cause::Key(_)) | (Standing::Welcome, _) => {
                attempt(shared, person, cause, &loaded, input.clone()).await?
            }
        };
        if let Some(result) = tried {
            if result.is_err() {
                settle(shared, person, cause, &loaded).await?;
            }
            return Ok(Ended { lang, result, living: loaded.living });
        }
    }
    tracing::error!(user = short(person.id), "a session changes under every step");
    let loaded = shared.host.load(person).await?;
    settle(shared, person, cause, &loaded).await?;
    Ok(Ended { lang, result: Err(Unstored::Failed), living: loaded.living })
}

/// Decides and stores; a refusal goes back into the same session. `None`: the session changed meanwhile.
async fn attempt<H: Host>(
    shared: &Arc<Shared<H>>,
    person: &Person,
    cause: &Cause,
    loaded: &Loaded<H::App>,
    input: Input<H::App>,
) -> HostResult<Option<Result<Stored, Unstored>>> {
    let (mut input, mut refused) = (input, false);
    for _ in 0..=REFUSALS_MAX {
        let turn = machine::handle::<H::App>(&loaded.session, input, &shared.context(loaded));
        for unreadable in &turn.unreadable {
            tracing::error!(user = short(person.id), %unreadable, "a frame of a session is put aside");
        }
        if let Some(unstored) = unstored(shared, &turn.outcome) {
            return Ok(Some(Err(if refused { Unstored::Failed } else { unstored })));
        }
        let (effects, popup) = without_popups(turn.effects);
        let outgoing = effects.iter().any(|(_, effect)| may_write(effect)).then_some(Asked::Yes);
        let commit = Commit {
            person: person.clone(),
            cause: cause.clone(),
            from_revision: loaded.session.revision,
            session: turn.session,
            effects,
        };
        match shared.host.commit(commit).await? {
            Committed::Stored => return Ok(Some(Ok(Stored { popup, outgoing }))),
            Committed::Conflict => return Ok(None),
            Committed::Refused(refusal) => input = Input::Refused(refusal),
        }
        refused = true;
    }
    tracing::error!(user = short(person.id), "the domain refuses every answer to its refusals");
    Ok(Some(Err(Unstored::Failed)))
}

/// Marks the cause of no step as done.
async fn settle<H: Host>(
    shared: &Shared<H>,
    person: &Person,
    cause: &Cause,
    loaded: &Loaded<H::App>,
) -> HostResult<()> {
    match cause {
        Cause::Update(update) => shared.host.handled(*update).await,
        Cause::Key(_) => {
            let commit = Commit {
                person: person.clone(),
                cause: cause.clone(),
                from_revision: loaded.session.revision,
                session: loaded.session.clone(),
                effects: Vec::new(),
            };
            // Refused or overtaken, it comes again and is ignored again.
            shared.host.commit(commit).await.map(|_| ())
        }
    }
}

fn unstored<H: Host>(shared: &Shared<H>, outcome: &Outcome) -> Option<Unstored> {
    match outcome {
        Outcome::Stepped => None,
        Outcome::Ignored(reason) => Some(Unstored::Ignored(*reason)),
        Outcome::Stale(stale) => {
            count(&shared.counters.stale);
            Some(Unstored::Stale(*stale))
        }
        Outcome::Undeclared(undeclared) => {
            count(&shared.counters.undeclared);
            tracing::error!(%undeclared, "a flow took a step that its table does not have");
            Some(Unstored::Failed)
        }
    }
}

type Effects<A> = Vec<(u64, AnyEffect<A>)>;

/// Takes toasts and alerts out of the effects; the first alert counts, else the first toast.
fn without_popups<A: engine::registry::Registry>(effects: Effects<A>) -> (Effects<A>, Option<Popup>) {
    let (mut kept, mut toast, mut alert) = (Vec::with_capacity(effects.len()), None, None);
    for (instance, effect) in effects {
        match effect {
            AnyEffect::Toast(text) => toast = toast.or(Some(Popup::Toast(text))),
            AnyEffect::Alert(text) => alert = alert.or(Some(Popup::Alert(text))),
            AnyEffect::Do(_) | AnyEffect::Job(_) | AnyEffect::Arm { .. } | AnyEffect::Disarm | AnyEffect::Tell(_) => {
                kept.push((instance, effect));
            }
        }
    }
    (kept, alert.or(toast))
}

/// Whether an effect may leave something to send.
const fn may_write<A: engine::registry::Registry>(effect: &AnyEffect<A>) -> bool {
    match effect {
        AnyEffect::Do(_) | AnyEffect::Job(_) | AnyEffect::Tell(_) => true,
        AnyEffect::Arm { .. } | AnyEffect::Disarm | AnyEffect::Toast(_) | AnyEffect::Alert(_) => false,
    }
}

/// Whether a token is one of those that count once.
pub(crate) fn counts_once(data: &str) -> bool {
    Token::parse(data).is_some_and(|token| token.revision.is_some())
}

/// The language of a person's app: what there is before the person is known.
pub(crate) fn lang_of(person: &Person) -> Lang {
    Lang::from_code(person.language_code.as_deref().unwrap_or_default())
}
