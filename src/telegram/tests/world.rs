//! A product of two states, kept in memory, and a bot that runs it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use engine::direction::Piece;
use engine::registry::AnyEffect;
use engine::session::Session;
use engine::{Button, Ctx, Effect, Event, Fixture, Flow, Lang, Reason, Rendered, Row, Screen, Step, Style, Text, To};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};

use super::server::{Log, Server};
use crate::host::*;
use crate::{Bot, Error, Handle, Limits, Settings, Token};

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Door;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, strum::EnumDiscriminants)]
#[strum_discriminants(name(Kind), derive(strum::EnumIter, strum::EnumMessage, strum::IntoStaticStr, PartialOrd, Ord))]
pub(crate) enum State {
    Shut,
    Open,
    Sold,
}

engine::actions! {
    /// The buttons.
    pub(crate) enum Action { "f" => Flip, "b" once => Buy, "x" => Crash, "s" once => Sell }
}
engine::registry! {
    impl Door { root: Any::Home(State::Shut) }
    pub enum Any { Home => Door }
}

impl engine::App for Door {
    type Env = ();
    type Entry = ();
    type Pick = ();
    type Command = ();
    type Job = ();
    type Reply = ();
    type Refusal = ();
    type Message = ();
    type Output = ();
    type State = Any;
    type Needs = ();
}

const fn row(from: Kind, on: &'static str, to: Kind) -> Row<Kind> {
    Row { from, on, when: "", to: To::State(to) }
}

impl Flow for Door {
    type App = Self;
    type State = State;
    type Kind = Kind;
    type Action = Action;
    type Timer = ();
    const TAG: &'static str = "home";
    const VERSION: u16 = 1;
    const MIGRATIONS: &'static [engine::Migration] = &[];
    const INITIAL: &'static [Kind] = &[Kind::Shut];
    const TABLE: &'static [Row<Kind>] = &[
        row(Kind::Shut, "Flip", Kind::Open),
        row(Kind::Open, "Flip", Kind::Shut),
        row(Kind::Shut, "Buy", Kind::Shut),
        row(Kind::Shut, "text", Kind::Open),
        row(Kind::Open, "text", Kind::Shut),
        row(Kind::Shut, "start none", Kind::Shut),
        row(Kind::Open, "start none", Kind::Shut),
        row(Kind::Shut, "Sell", Kind::Sold),
        row(Kind::Sold, "start none", Kind::Shut),
        row(Kind::Shut, "refused none", Kind::Shut),
    ];

    fn kind(state: &State) -> Kind {
        state.into()
    }

    fn update(state: State, event: Event<Self>, _: &Ctx<'_, ()>) -> Step<Self> {
        match (state, event) {
            (State::Shut, Event::Press(Action::Flip)) => Step::Go(State::Open, vec![]),
            (State::Open, Event::Press(Action::Flip)) => Step::Go(State::Shut, vec![]),
            (State::Shut, Event::Press(Action::Sell)) => Step::Go(State::Sold, vec![]),
            (_, Event::Press(Action::Crash)) => panic!("as ordered"),
            (state, Event::Press(Action::Buy)) => Step::Go(state, vec![Effect::Do(())]),
            (State::Shut, Event::Text(text)) if text == "open" => Step::Go(State::Open, vec![]),
            (State::Open, Event::Text(text)) if text == "shut" => Step::Go(State::Shut, vec![]),
            (_, Event::Start(())) => Step::Go(State::Shut, vec![]),
            (state, Event::Refused(())) => Step::Go(state, vec![Effect::Alert(Text::plain("no money"))]),
            (_, Event::Text(_)) => Step::Ignore(Reason::NotUnderstood),
            _ => Step::Ignore(Reason::NotHere),
        }
    }

    fn view(state: &State, _: &Ctx<'_, ()>) -> Screen<Action> {
        if *state == State::Sold {
            return Screen::new(Text::plain("sold")).on_card("k1");
        }
        let words = Text::plain(if *state == State::Open { "open" } else { "shut" });
        let buttons = [Action::Flip, Action::Buy, Action::Crash, Action::Sell]
            .map(|action| Button::press(Text::plain("x"), action));
        Screen::new(words.styled(Style::Bold)).row(buttons)
    }

    fn fixtures(_: Kind) -> Vec<Fixture<Self>> {
        Vec::new()
    }

    fn probes() -> Vec<Event<Self>> {
        Vec::new()
    }
}

pub(crate) struct TestHost {
    pub(crate) loads: Semaphore,
    pub(crate) traces: Mutex<Vec<String>>,
    log: Log,
    fresh: AtomicU64,
    inner: Mutex<Inner>,
}

#[derive(Default)]
pub(crate) struct Inner {
    sessions: HashMap<u64, Session>,
    pub(crate) living: HashMap<u64, Living>,
    newest: HashMap<u64, i32>,
    cards: HashMap<u64, i32>,
    outgoing: HashMap<u64, Vec<Outgoing>>,
    waiting: BTreeMap<i64, String>,
    seen: HashSet<i64>,
}

impl TestHost {
    pub(crate) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    pub(crate) fn queue(&self, user: u64, outgoing: Outgoing) {
        self.inner().outgoing.entry(user).or_default().push(outgoing);
    }

    pub(crate) fn left_over(&self, id: i64, update: &Value) {
        let mut update = update.clone();
        update["update_id"] = json!(id);
        self.inner().waiting.insert(id, update.to_string());
    }

    fn done(&self, update: i64) {
        self.inner().waiting.remove(&update);
    }
}

#[async_trait]
impl Host for TestHost {
    type App = Door;
    type Trace = String;

    fn now_ms(&self) -> i64 {
        1_800_000_000_000
    }
    fn fresh(&self) -> u64 {
        self.fresh.fetch_add(1, Ordering::Relaxed)
    }
    fn pseudonym(&self, user: u64) -> String {
        format!("p{user}")
    }
    async fn own(&self, _: u64) -> HostResult<Owner> {
        Ok(Owner::Us)
    }
    async fn next_offset(&self) -> HostResult<i64> {
        Ok(self.inner().waiting.keys().last().map_or(0, |id| id + 1))
    }
    async fn take_in(&self, batch: Vec<RawUpdate>, next_offset: i64) -> HostResult<Vec<RawUpdate>> {
        let mut inner = self.inner();
        let fresh: Vec<_> = batch.into_iter().filter(|raw| inner.seen.insert(raw.id)).collect();
        inner.waiting.extend(fresh.iter().map(|raw| (raw.id, raw.body.clone())));
        self.log.line(format!("take_in {}", next_offset - 1));
        Ok(fresh)
    }
    async fn unhandled(&self) -> HostResult<Vec<RawUpdate>> {
        Ok(self.inner().waiting.iter().map(|(id, body)| RawUpdate { id: *id, body: body.clone() }).collect())
    }
    async fn handled(&self, update: i64) -> HostResult<()> {
        self.done(update);
        self.log.line(format!("handled {update}"));
        Ok(())
    }
    async fn bury(&self, update: i64, _: &str) -> HostResult<()> {
        self.done(update);
        self.log.line(format!("bury {update}"));
        Ok(())
    }
    async fn put_aside(&self, key: &str, _: &str) -> HostResult<()> {
        self.log.line(format!("put aside {key}"));
        Ok(())
    }
    async fn load(&self, person: &Person) -> HostResult<Loaded<Door>> {
        self.log.line(format!("loading {}", person.id));
        let _open = self.loads.acquire().await;
        let inner = self.inner();
        let session = inner.sessions.get(&person.id).cloned().unwrap_or_default();
        let living = inner.living.get(&person.id).copied();
        let newest = inner.newest.get(&person.id).copied();
        Ok(Loaded { session, lang: Lang::En, env: (), living, newest, standing: Standing::Welcome })
    }
    fn trace(&self, decided: &Decided<'_, Door>) -> String {
        format!("{:?} at {}", decided.input, decided.session.revision)
    }
    async fn passed_over(&self, update: i64, traces: &[String]) -> HostResult<()> {
        self.traces.lock().unwrap().extend_from_slice(traces);
        self.handled(update).await
    }
    async fn commit(&self, commit: Commit<Door>, traces: &[String]) -> HostResult<Committed<Door>> {
        let cause = match &commit.cause {
            Cause::Update(update) => update.to_string(),
            Cause::Key(key) => key.clone(),
        };
        if commit.effects.iter().any(|(_, effect)| matches!(effect, AnyEffect::Do(()))) {
            self.log.line(format!("refused {cause}"));
            return Ok(Committed::Refused(()));
        }
        if let Cause::Update(update) = commit.cause {
            self.done(update);
        }
        self.traces.lock().unwrap().extend_from_slice(traces);
        self.inner().sessions.insert(commit.person.id, commit.session);
        self.log.line(format!("commit {cause}"));
        Ok(Committed::Stored)
    }
    async fn set_living(&self, user: u64, living: Living) -> HostResult<()> {
        self.inner().living.insert(user, living);
        self.log.line(format!("living {user} {}", living.message_id));
        Ok(())
    }
    fn entry(&self, command: &str, payload: &str) -> Entered<()> {
        match (command, payload) {
            ("start", "") => Entered::Enter(()),
            ("start", "back") => Entered::ShowAgain,
            _ => Entered::Unknown,
        }
    }
    fn pick(&self, _: &str) -> Option<()> {
        None
    }
    fn words(&self, notice: Notice, _: Lang) -> Text {
        Text::plain(format!("{notice:?}"))
    }
    async fn inline(&self, _: &InlineRequest) -> HostResult<InlinePage> {
        let token = Some("c_TR".into());
        let (lead, words, tail) = ("<🌍 ".into(), "Turkey".into(), " 🇹🇷".into());
        let result =
            InlineResult { id: "1".into(), title: "T".into(), description: String::new(), lead, words, tail, token };
        Ok(InlinePage { results: vec![result], cache_s: 5, ..InlinePage::default() })
    }
    fn profiles(&self) -> Vec<Profile> {
        Vec::new()
    }
    async fn press_card(&self, _: &Person, press: &CardPress, update: i64) -> HostResult<CardAnswer<Door>> {
        if press.card == "k1" {
            return Ok(CardAnswer::Leads(
                Some(Popup::Alert(Text::plain("to the menu"))),
                engine::machine::Input::Start(()),
            ));
        }
        self.done(update);
        Ok(CardAnswer::Unknown)
    }
    async fn adopt_card(&self, user: u64, key: &str, place: CardPlace) -> HostResult<Vec<i32>> {
        let mut inner = self.inner();
        let (living, card) = (inner.living.remove(&user).map(|it| it.message_id), inner.cards.remove(&user));
        let message_id = if place == CardPlace::Living { living.or(card) } else { None };
        inner.cards.extend(message_id.map(|id| (user, id)));
        drop(inner);
        self.log.line(format!("adopt {user} {key} {message_id:?}"));
        let rendered = Rendered { pieces: vec![Piece::Text("the card".into())], rows: Vec::new() };
        self.queue(user, Outgoing { id: key.to_owned(), kind: OutgoingKind::Card { message_id, rendered } });
        Ok(living.into_iter().chain(card).filter(|old| Some(*old) != message_id).collect())
    }
    async fn outgoing(&self, user: u64) -> HostResult<Vec<Outgoing>> {
        Ok(self.inner().outgoing.get(&user).cloned().unwrap_or_default())
    }
    async fn sent(&self, user: u64, id: &str, delivery: Delivery) -> HostResult<()> {
        self.inner().outgoing.entry(user).or_default().retain(|waiting| waiting.id != id);
        if let Delivery::Delivered { message_id } = delivery {
            let newest = self.inner().newest.get(&user).copied().max(Some(message_id)).expect("a message");
            self.inner().newest.insert(user, newest);
            if id == "k1" {
                self.inner().cards.insert(user, message_id);
            }
        }
        self.log.line(format!("sent {user} {id} {delivery:?}"));
        Ok(())
    }
    async fn users_with_outgoing(&self) -> HostResult<Vec<u64>> {
        Ok(Vec::new())
    }
}

pub(crate) struct World {
    pub(crate) log: Log,
    pub(crate) server: Server,
    pub(crate) host: Arc<TestHost>,
    pub(crate) handle: Handle<TestHost>,
    running: tokio::task::JoinHandle<Result<(), Error>>,
    shutdown: watch::Sender<bool>,
}

impl World {
    pub(crate) async fn start(limits: Limits) -> Self {
        Self::start_with(limits, |_| {}).await
    }

    pub(crate) async fn start_with(limits: Limits, prepare: impl FnOnce(&TestHost)) -> Self {
        let log = Log::new();
        let server = Server::start(log.clone()).await;
        let (loads, fresh) = (Semaphore::new(1), AtomicU64::new(1));
        let host =
            Arc::new(TestHost { loads, traces: Mutex::default(), log: log.clone(), fresh, inner: Mutex::default() });
        prepare(&host);
        let taken = host.inner().waiting.len();
        server.skip(i64::try_from(taken).unwrap());
        let settings = Settings { api_url: server.url.clone(), limits, ..Settings::new(Token::new("77:secret")) };
        let running = Bot::start(Arc::clone(&host), settings).await.unwrap();
        let handle = running.handle.clone();
        let (shutdown, stopped) = watch::channel(false);
        Self { log, server, host, handle, running: tokio::spawn(running.run_until(stopped)), shutdown }
    }

    /// Stops the bot; what was begun is finished.
    pub(crate) async fn stop(self) -> Log {
        self.shutdown.send_replace(true);
        self.running.await.unwrap().unwrap();
        self.log
    }
}

fn person(id: u64) -> Value {
    json!({"id": id, "is_bot": false, "first_name": "A", "language_code": "en"})
}

pub(crate) fn text(user: u64, text: &str) -> Value {
    json!({"message": {"message_id": 50, "from": person(user), "chat": {"id": user, "type": "private"}, "date": 1, "text": text}})
}

pub(crate) fn press(user: u64, message: i64, data: &str) -> Value {
    let message = json!({"message_id": message, "date": 0, "chat": {"id": user, "type": "private"}});
    json!({"callback_query": {"id": "cb", "from": person(user), "message": message, "data": data, "chat_instance": "1"}})
}
