//! The step loop: load, decide, store, answer, and say what is to be shown. Each press is answered exactly once, right
//! after its step is stored; everything that is shown is left to the next round of output.

use std::sync::Arc;

use engine::machine::{self, Input, Outcome, Turn};
use engine::registry::AnyEffect;
use engine::token::{Stale, Token};
use engine::{Lang, Reason, Surface, Taken, Text};

use crate::host::{
    Cause, Commit, Committed, Decided, Delivered, Entered, Host, HostResult, Living, Loaded, Notice, Person, Popup,
    Replied, Reply, Standing,
};
use crate::input::{Incoming, What};
use crate::mailbox::Work;
use crate::observe::Seen;
use crate::output::Unanswered;
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
    /// The language that the person speaks, where it was looked up.
    pub(crate) lang: Option<Lang>,
    /// Whether the person did something.
    pub(crate) acted: bool,
}

/// How a step ended.
pub(crate) struct Ended {
    pub(crate) lang: Lang,
    pub(crate) result: Result<Stored, Unstored>,
    /// The panel as it was before.
    pub(crate) living: Option<Living>,
    /// Whether a stale press met a session that is on a card.
    pub(crate) on_card: bool,
}

impl Ended {
    fn new<H: Host>(shared: &Shared<H>, loaded: &Loaded<H::App>, result: Result<Stored, Unstored>) -> Self {
        let surface = || machine::view::<H::App>(&loaded.session, &shared.context(loaded)).surface;
        let on_card = matches!(result, Err(Unstored::Stale(_))) && matches!(surface(), Surface::Card(_));
        Self { lang: loaded.lang, result, living: loaded.living, on_card }
    }
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

/// How an attempt ended, and what is kept of its events.
type Tried<H> = (Result<Stored, Unstored>, Vec<<H as Host>::Trace>);

/// Handles one thing.
pub(crate) async fn take<H: Host>(
    shared: Arc<Shared<H>>,
    work: Arc<Work<H::App>>,
    person: Person,
) -> HostResult<After> {
    match &*work {
        Work::Update(incoming, _, unanswered) => update(&shared, incoming, unanswered.as_ref()).await,
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
    Ok(After { todo, lang: Some(ended.lang), acted: false })
}

/// What a message means to the session.
enum Means<A: engine::registry::Registry> {
    /// A step.
    Input(Input<A>),
    /// No step, and why.
    Nothing(Reason),
}

/// What becomes of a person's message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Message {
    /// It stays.
    Stays,
    /// It has served where it led to a step; else it stays.
    Serves(i32),
    /// It is of no use to anybody.
    Goes(i32),
}

async fn update<H: Host>(
    shared: &Arc<Shared<H>>,
    incoming: &Incoming,
    unanswered: Option<&Unanswered>,
) -> HostResult<After> {
    let (person, id) = (&incoming.person, incoming.update);
    if let Some(reply) = reply(incoming)
        && shared.host.reply(person, &reply, id).await? == Replied::Taken
    {
        let todo = Todo { outbox: Some(Asked::Yes), ..Todo::default() };
        return Ok(After { todo, lang: None, acted: true });
    }
    let (means, message) = match &incoming.what {
        What::Press(press) => return presses::take(shared, incoming, press, unanswered).await,
        What::Command { name, payload, message_id } => command(shared, name, payload, *message_id),
        What::Pick { token, message_id } => {
            let pick = shared.host.pick(token).map(Input::Pick);
            (pick.map_or(Means::Nothing(Reason::NotForSale), Means::Input), Message::Goes(*message_id))
        }
        What::Text { text, message_id } => (Means::Input(Input::Text(text.clone())), Message::Serves(*message_id)),
        What::Explanation { message_id } => (Means::Nothing(Reason::AlreadyHere), Message::Goes(*message_id)),
        What::NotUnderstood => (Means::Nothing(Reason::NotUnderstood), Message::Stays),
        What::Presence(presence) => {
            shared.host.presence(person.id, *presence).await?;
            shared.host.handled(id).await?;
            let todo = Todo { outbox: Some(Asked::No), ..Todo::default() };
            return Ok(After { todo, lang: None, acted: true });
        }
        What::Elsewhere { chat_id } => {
            let lang = shared.host.load(person).await?.lang;
            presses::point_to_private_chat(shared, *chat_id, lang);
            shared.host.handled(id).await?;
            return Ok(After { todo: Todo::default(), lang: Some(lang), acted: false });
        }
        What::Inline { .. } => {
            shared.host.handled(id).await?;
            return Ok(After { todo: Todo::default(), lang: None, acted: false });
        }
    };
    let ended = match means {
        Means::Input(input) => step(shared, person, &Cause::Update(id), input).await?,
        Means::Nothing(reason) => no_step(shared, person, reason, id).await?,
    };
    Ok(after_message(shared, incoming, message, ended))
}

/// What somebody writes in reply to one of our messages; a command is a command wherever it stands.
fn reply(incoming: &Incoming) -> Option<Reply> {
    let to = incoming.reply_to?;
    match &incoming.what {
        What::Text { text, .. } => Some(Reply { to, text: Some(text.clone()) }),
        What::NotUnderstood => Some(Reply { to, text: None }),
        What::Command { .. }
        | What::Pick { .. }
        | What::Explanation { .. }
        | What::Press(_)
        | What::Inline { .. }
        | What::Presence(_)
        | What::Elsewhere { .. } => None,
    }
}

/// A command with a payload that means nothing counts without it.
fn command<H: Host>(shared: &Shared<H>, name: &str, payload: &str, message_id: i32) -> (Means<H::App>, Message) {
    let entered = match shared.host.entry(name, payload) {
        Entered::Unknown => shared.host.entry(name, ""),
        entered @ (Entered::Enter(_) | Entered::ShowAgain) => entered,
    };
    match entered {
        Entered::Enter(entry) => (Means::Input(Input::Start(entry)), Message::Stays),
        Entered::ShowAgain => (Means::Nothing(Reason::AlreadyHere), Message::Goes(message_id)),
        Entered::Unknown => (Means::Nothing(Reason::NotUnderstood), Message::Stays),
    }
}

/// Something that no step is made of.
async fn no_step<H: Host>(shared: &Shared<H>, person: &Person, reason: Reason, update: i64) -> HostResult<Ended> {
    let loaded = shared.host.load(person).await?;
    shared.host.handled(update).await?;
    let unstored = match loaded.standing {
        Standing::Welcome => {
            shared.observer.see(&Seen::Ignored { taken: None, reason });
            Unstored::Ignored(reason)
        }
        Standing::Suspended => Unstored::Suspended,
    };
    Ok(Ended::new(shared, &loaded, Err(unstored)))
}

/// What a message leads to: a panel in its place where the message disappears, below it where it stays.
fn after_message<H: Host>(shared: &Arc<Shared<H>>, incoming: &Incoming, message: Message, ended: Ended) -> After {
    let lang = ended.lang;
    let words = |notice: Notice| Some(shared.host.words(notice, lang));
    let (notice, outbox, goes) = match (ended.result, message) {
        (Err(Unstored::Suspended), _) => {
            shared.tell(incoming.person.id, &shared.host.words(Notice::Suspended, lang), lang);
            return After { todo: Todo::default(), lang: Some(lang), acted: true };
        }
        (Ok(stored), Message::Stays) => (stored.popup.map(popup_text), stored.outgoing, None),
        (Ok(stored), Message::Serves(id) | Message::Goes(id)) => {
            (stored.popup.map(popup_text), stored.outgoing, Some(id))
        }
        (Err(unstored), Message::Goes(id)) => (pick_notice(unstored).and_then(words), None, Some(id)),
        (Err(unstored), Message::Stays | Message::Serves(_)) => {
            (message_notice(&incoming.what, unstored).and_then(words), None, None)
        }
    };
    let panel = if goes.is_some() { Panel::IN_PLACE } else { Panel::BELOW };
    let todo = Todo { outbox, delete: goes.into_iter().collect(), ..Todo::panel(panel.noticing(notice)) };
    After { todo, lang: Some(lang), acted: true }
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
        Unstored::Ignored(
            Reason::NotHere | Reason::AlreadyHere | Reason::TooLate | Reason::NotUnderstood | Reason::TooLong,
        )
        | Unstored::Stale(_)
        | Unstored::Suspended => None,
    }
}

fn message_notice(what: &What, unstored: Unstored) -> Option<Notice> {
    match unstored {
        Unstored::Failed => Some(Notice::Failed),
        Unstored::Ignored(Reason::NotForSale) => Some(Notice::NotForSale),
        Unstored::Ignored(Reason::TooLong) => Some(Notice::TooLong),
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
    for _ in 0..CONFLICTS_MAX {
        let loaded = shared.host.load(person).await?;
        let tried = match (loaded.standing, cause) {
            (Standing::Suspended, Cause::Update(_)) => Some((Err(Unstored::Suspended), Vec::new())),
            (Standing::Suspended, Cause::Key(_)) | (Standing::Welcome, _) => {
                attempt(shared, person, cause, &loaded, input.clone()).await?
            }
        };
        if let Some((result, traces)) = tried {
            if result.is_err() {
                settle(shared, person, cause, &loaded, &traces).await?;
            }
            return ended(shared, person, &loaded, result).await;
        }
    }
    tracing::error!("a session changes under every step");
    let loaded = shared.host.load(person).await?;
    settle(shared, person, cause, &loaded, &[]).await?;
    Ok(Ended::new(shared, &loaded, Err(Unstored::Failed)))
}

/// A step that says something may have changed the language: it is said in the one that holds now.
async fn ended<H: Host>(
    shared: &Shared<H>,
    person: &Person,
    loaded: &Loaded<H::App>,
    result: Result<Stored, Unstored>,
) -> HostResult<Ended> {
    let speaks = matches!(&result, Ok(Stored { popup: Some(_), outgoing: Some(_) }));
    let ended = Ended::new(shared, loaded, result);
    Ok(if speaks { Ended { lang: shared.host.load(person).await?.lang, ..ended } } else { ended })
}

/// Decides and stores; a refusal goes back into the same session. `None`: the session changed meanwhile.
async fn attempt<H: Host>(
    shared: &Arc<Shared<H>>,
    person: &Person,
    cause: &Cause,
    loaded: &Loaded<H::App>,
    input: Input<H::App>,
) -> HostResult<Option<Tried<H>>> {
    let (mut input, mut traces) = (input, Vec::new());
    for _ in 0..=REFUSALS_MAX {
        let turn = decide(shared, person, loaded, &input, &mut traces);
        if let Some(unstored) = unstored(shared, &turn.outcome, turn.taken.last()) {
            let unstored = if traces.len() > 1 { Unstored::Failed } else { unstored };
            return Ok(Some((Err(unstored), traces)));
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
        match shared.host.commit(commit, &traces).await? {
            Committed::Stored => {
                turn.taken.iter().for_each(|taken| shared.observer.see(&Seen::Taken(taken)));
                return Ok(Some((Ok(Stored { popup, outgoing }), traces)));
            }
            Committed::Conflict => return Ok(None),
            Committed::Refused(refusal) => input = Input::Refused(refusal),
        }
    }
    tracing::error!("the domain refuses every answer to its refusals");
    Ok(Some((Err(Unstored::Failed), traces)))
}

/// What becomes of an event, and what is kept of it.
fn decide<H: Host>(
    shared: &Shared<H>,
    person: &Person,
    loaded: &Loaded<H::App>,
    input: &Input<H::App>,
    traces: &mut Vec<H::Trace>,
) -> Turn<H::App> {
    let cx = shared.context(loaded);
    let turn = machine::handle::<H::App>(&loaded.session, input.clone(), &cx);
    if let Some(taken) = turn.taken.first() {
        tracing::Span::current().record("flow", taken.flow);
    }
    for taken in &turn.taken {
        tracing::debug!(flow = taken.flow, from = taken.from, on = taken.on, to = taken.to, "a flow took an event");
    }
    for unreadable in &turn.unreadable {
        tracing::error!(%unreadable, "a frame of a session is put aside");
    }
    traces.push(shared.host.trace(&Decided { person, session: &loaded.session, input, cx: &cx, turn: &turn }));
    turn
}

/// Marks the cause of no step as done.
async fn settle<H: Host>(
    shared: &Shared<H>,
    person: &Person,
    cause: &Cause,
    loaded: &Loaded<H::App>,
    traces: &[H::Trace],
) -> HostResult<()> {
    match cause {
        Cause::Update(update) => shared.host.passed_over(*update, traces).await,
        Cause::Key(_) => {
            let commit = Commit {
                person: person.clone(),
                cause: cause.clone(),
                from_revision: loaded.session.revision,
                session: loaded.session.clone(),
                effects: Vec::new(),
            };
            // Refused or overtaken, it comes again and is ignored again.
            shared.host.commit(commit, traces).await.map(|_| ())
        }
    }
}

/// Why nothing is stored of a turn whose last event was `taken`.
fn unstored<H: Host>(shared: &Shared<H>, outcome: &Outcome, taken: Option<&Taken>) -> Option<Unstored> {
    match outcome {
        Outcome::Stepped => None,
        Outcome::Ignored(reason) => {
            tracing::debug!(reason = <&str>::from(*reason), "an event changes nothing");
            shared.observer.see(&Seen::Ignored { taken, reason: *reason });
            Some(Unstored::Ignored(*reason))
        }
        Outcome::Stale(stale) => {
            tracing::debug!(reason = <&str>::from(*stale), "a button does not count any more");
            count(&shared.counters.stale);
            shared.observer.see(&Seen::Stale(*stale));
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
