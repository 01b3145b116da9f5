//! Somebody on the way through one flow: where it stands, what is still expected, and the world around it.

use std::collections::BTreeSet;

use engine::registry::{freeze_as, thaw_as};
use engine::{Ctx, Effect, Event, Fixture, Flow, Lang, Reason, Screen, Step};
use flows::{Env, Job, Raqam, Reply};
use gallery::scenes::{FRESH, Moment, World};
use gallery::{LANGS, Scene};
use proptest::prop_oneof;
use proptest::sample::select;
use proptest::strategy::{BoxedStrategy, Strategy};
use serde_json::Value;
use shop::command::Command;
use shop::{Money, QuoteId};
use strum::IntoEnumIterator as _;

use super::Edge;
use super::moves::{Change, Move};

/// How many questions are remembered: the answers to the older ones come late.
const ASKED_MAX: usize = 3;

/// Who has no more than this can buy little.
const POOR: Money = Money::from_cents(10);

/// How a flow is opened: in which state, by whom, in which world.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Opening<F: Flow> {
    pub(super) example: &'static str,
    pub(super) state: F::State,
    pub(super) lang: Lang,
    pub(super) moment: Moment,
}

/// Where somebody is.
#[derive(Debug, Clone)]
pub(super) struct Walk<F: Flow> {
    opening: Opening<F>,
    pub(super) lang: Lang,
    pub(super) moment: Moment,
    pub(super) state: F::State,
    /// What a frame is never without: it is shown, or a child of it is.
    pub(super) rests: Rests,
    /// The frame's one timer, and when it is due.
    pub(super) armed: Option<(F::Timer, i64)>,
    /// The last questions.
    pub(super) asked: Vec<Job>,
    /// The walk before the last step, where that step ordered something of the books.
    pub(super) before: Option<Box<Self>>,
    /// Whether the last event was none of a button that the screen did not offer.
    pub(super) offered: bool,
    /// How many events there were.
    pub(super) steps: u64,
    quoted: BTreeSet<QuoteId>,
    bought: BTreeSet<QuoteId>,
}

/// Whether the flow is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rests {
    /// It is.
    No,
    /// A child of it is.
    UnderChild,
}

/// Every example of the states that a flow begins with, in every world and language; rather those of which rows are wanted.
pub(super) fn openings<F: Flow<App = Raqam>>(wanted: &BTreeSet<Edge>) -> BoxedStrategy<Walk<F>> {
    let examples: Vec<Fixture<F>> = F::INITIAL.iter().flat_map(|kind| F::fixtures(*kind)).collect();
    let is_wanted = |example: &&Fixture<F>| wanted.iter().any(|(from, ..)| *from == kind_name::<F>(&example.state));
    let rather: Vec<_> = examples.iter().filter(is_wanted).cloned().collect();
    let rather = if rather.is_empty() { examples.clone() } else { rather };
    // Most days are usual: only there is everything for sale.
    let scenes = vec![Scene::Usual, Scene::Usual, Scene::Usual, Scene::Longest, Scene::Hostile, Scene::Empty];
    let opened = |(Fixture { name, state }, scene, lang): (Fixture<F>, Scene, Lang)| {
        let moment = Moment::of(scene, World::of(name));
        Walk::open(Opening { example: name, state: scene.dressed(&state), lang, moment })
    };
    let example = prop_oneof![1 => select(examples), 2 => select(rather)];
    (example, select(scenes), select(LANGS.to_vec())).prop_map(opened).boxed()
}

impl<F: Flow<App = Raqam>> Walk<F> {
    pub(super) fn open(opening: Opening<F>) -> Self {
        Self {
            lang: opening.lang,
            moment: opening.moment,
            state: opening.state.clone(),
            rests: Rests::No,
            armed: None,
            asked: Vec::new(),
            before: None,
            offered: true,
            steps: 0,
            quoted: BTreeSet::new(),
            bought: BTreeSet::new(),
            opening,
        }
    }

    pub(super) fn opening(&self) -> Opening<F> {
        self.opening.clone()
    }

    pub(super) fn env(&self) -> Env {
        self.moment.env(&F::needs(&self.state))
    }

    pub(super) const fn cx<'e>(&self, env: &'e Env) -> Ctx<'e, Env> {
        Ctx { lang: self.lang, now: self.moment.now, fresh: FRESH + self.steps, env }
    }

    pub(super) fn screen(&self) -> Screen<F::Action> {
        let env = self.env();
        F::view(&self.state, &self.cx(&env))
    }

    /// What the state is like, whatever its numbers and names are, and whether its person has money.
    pub(super) fn shape(&self) -> String {
        let mut shape = format!("{} ", self.moment.wallet.available > POOR);
        outline(&freeze_as::<F>(&self.state).body, &mut shape);
        shape
    }

    /// One step on: the row that was taken, or `None` where nothing was, or what is wrong with it.
    pub(super) fn take(&mut self, next: &Move<F>) -> Result<Option<Edge>, String> {
        match next {
            Move::Give(event) => self.give(event),
            Move::Ring => match self.armed.take() {
                Some((timer, due)) => {
                    self.moment.now = self.moment.now.max(due);
                    self.give(&Event::Timer(timer))
                }
                None => Ok(None),
            },
            Move::Refuse(refused) => match self.before.take() {
                // Nothing of the step was written; the world is as it is now.
                Some(before) => {
                    *self = Self { moment: self.moment, steps: self.steps, ..*before };
                    self.give(&Event::Refused(refused.clone()))
                }
                None => Ok(None),
            },
            Move::Change(change) => {
                self.change(*change);
                Ok(None)
            }
        }
    }

    fn change(&mut self, change: Change) {
        match change {
            Change::World(world) => self.moment.world = world,
            Change::Prices(prices) => self.moment.prices = prices,
            Change::Wallet(wallet) => self.moment.wallet = wallet,
            Change::Fetch => self.moment.fetched_at = self.moment.now,
            Change::Pass(seconds) => self.moment.now += seconds,
            Change::Speak(lang) => self.lang = lang,
        }
    }

    fn give(&mut self, event: &Event<F>) -> Result<Option<Edge>, String> {
        if let Event::Reply(Reply::OffersLoaded { .. }) = event {
            self.moment.fetched_at = self.moment.now;
            self.moment.world =
                if self.moment.world == World::PricesLoading { World::Whole } else { self.moment.world };
        }
        self.steps += 1;
        let (from, on, env) = (F::kind(&self.state), event.label(), self.env());
        let cx = self.cx(&env);
        let offers = |action: &F::Action| F::view(&self.state, &cx).actions().any(|offered| offered == action);
        self.offered = !matches!(event, Event::Press(action) if !offers(action));
        let step =
            engine::flow::step::<F>(self.state.clone(), event.clone(), &cx).map_err(|error| error.to_string())?;
        if F::update(self.state.clone(), event.clone(), &cx) != step {
            return Err("the same event in the same state was another step the second time".to_owned());
        }
        if self.offered && matches!((event, &step), (Event::Press(_), Step::Ignore(Reason::NotHere))) {
            return Err(format!("the button {on} is offered, and means nothing"));
        }
        let to = step.target().map(engine::flow::name_of);
        let (before, ordered) = (Self { before: None, ..self.clone() }, orders(&step));
        match step {
            Step::Go(state, effects) => self.go(state, Rests::No, effects)?,
            Step::Push(_, state, effects) => self.go(state, Rests::UnderChild, effects)?,
            Step::Done(_, effects) => {
                self.go(self.opening.state.clone(), Rests::No, effects)?;
                (self.armed, self.asked) = (None, Vec::new());
                // It is opened again as if for the first time.
                self.bought.retain(|quote| quote.0 >= FRESH);
            }
            Step::Ignore(_) => {}
        }
        self.before = ordered.then(|| Box::new(before));
        Ok(to.map(|to| (from.into(), on, to)))
    }

    fn go(&mut self, state: F::State, rests: Rests, effects: Vec<Effect<F>>) -> Result<(), String> {
        let frozen = freeze_as::<F>(&state);
        let thawed = thaw_as::<F>(frozen.version, &frozen.body);
        if thawed.as_ref() != Ok(&state) {
            return Err(format!("{state:?} is read back as {thawed:?}"));
        }
        (self.state, self.rests) = (state, rests);
        effects.into_iter().try_for_each(|effect| self.perform(effect))
    }

    fn perform(&mut self, effect: Effect<F>) -> Result<(), String> {
        match effect {
            Effect::Do(command) => self.order(&command)?,
            Effect::Job(job) => {
                self.asked.insert(0, job);
                self.asked.truncate(ASKED_MAX);
            }
            Effect::Arm { timer, after_s } => self.armed = Some((timer, self.moment.now + i64::from(after_s))),
            Effect::Disarm => self.armed = None,
            Effect::Tell(_) => {}
            Effect::Toast(text) | Effect::Alert(text) => super::rules::notice(&text, self.lang)?,
        }
        Ok(())
    }

    /// A quote is bought at most once, and only where it was made: in this walk, or before it. Until then it may be made
    /// again under its name.
    fn order(&mut self, command: &Command) -> Result<(), String> {
        if let Command::Quote { id, .. } = command {
            self.quoted.insert(*id);
            return if self.bought.contains(id) { Err(format!("{id:?} is quoted and was bought")) } else { Ok(()) };
        }
        let Command::Buy { quote, .. } = command else { return Ok(()) };
        if quote.0 >= FRESH && !self.quoted.contains(quote) {
            return Err(format!("{quote:?} is bought, and nobody was quoted it"));
        }
        if self.bought.insert(*quote) { Ok(()) } else { Err(format!("{quote:?} is bought twice")) }
    }
}

/// The names of a value's fields and variants, without its data.
fn outline(value: &Value, shape: &mut String) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                shape.push_str(name);
                outline(field, shape);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| outline(item, shape)),
        // A variant without data; names and texts are written otherwise.
        Value::String(name) if name.chars().all(|c| c.is_ascii_lowercase() || c == '_') => shape.push_str(name),
        Value::Null => shape.push('-'),
        Value::String(_) | Value::Bool(_) | Value::Number(_) => shape.push('.'),
    }
}

/// Whether a step orders something of the books, which they may refuse.
fn orders<F: Flow<App = Raqam>>(step: &Step<F>) -> bool {
    match step {
        Step::Go(_, effects) | Step::Push(_, _, effects) | Step::Done(_, effects) => {
            effects.iter().any(|effect| matches!(effect, Effect::Do(_)))
        }
        Step::Ignore(_) => false,
    }
}

/// The kind of a state, by name.
pub(super) fn kind_name<F: Flow>(state: &F::State) -> &'static str {
    F::Kind::iter().find(|kind| *kind == F::kind(state)).map_or("", Into::into)
}
