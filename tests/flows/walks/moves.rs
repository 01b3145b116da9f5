//! What may happen next on a walk.

use std::collections::BTreeSet;

use engine::{Action as _, Event, Flow, Lang};
use flows::{Job, Kept, Output, Pick, Raqam, Reply};
use gallery::scenes::{Prices, World};
use proptest::sample::select;
use proptest::strategy::{BoxedStrategy, Strategy, Union};
use shop::ledger::Wallet;
use shop::{ErrorCode, Money, ServiceId};
use strum::IntoEnumIterator as _;

use super::walk::{Rests, Walk, kind_name};
use super::{Edge, Known};

/// Something that happens.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Move<F: Flow> {
    /// The flow is given an event: a press, a text, an answer, …
    Give(Event<F>),
    /// The frame's timer goes off.
    Ring,
    /// The books refuse what the last step ordered.
    Refuse(<F::App as engine::App>::Refusal),
    /// The world changes.
    Change(Change),
}

/// A change of the world.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Change {
    /// Something is taken away, or back again.
    World(World),
    /// Suppliers charge something else.
    Prices(Prices),
    /// The person has another amount.
    Wallet(Wallet),
    /// The lists are fetched anew.
    Fetch,
    /// So many seconds pass.
    Pass(i64),
    /// The person speaks another language.
    Speak(Lang),
}

/// Moves of one kind, with their weight.
type Group<F> = (u32, Vec<Move<F>>);

/// What may happen next. What takes a wanted row comes first, and a change of the world after which something would.
/// Then comes what nobody has tried yet where the state has this shape.
pub(super) fn any_of<F: Flow<App = Raqam>>(walk: &Walk<F>, known: &Known) -> BoxedStrategy<Move<F>> {
    let mut groups = groups(walk);
    let (new, shape) = (leading(walk, &groups, &known.untaken), walk.shape());
    let all = groups.iter().flat_map(|(_, moves)| moves);
    let untried = all.filter(|next| !known.tried.contains(&(shape.clone(), next.word(walk)))).cloned().collect();
    groups.extend([(24, new), (12, untried), (2, old(walk))]);
    groups.retain(|(_, moves)| !moves.is_empty());
    Union::new_weighted(groups.into_iter().map(|(weight, moves)| (weight, select(moves))).collect()).boxed()
}

/// What leads to a wanted row: at once, or after a change, or else by a button that is not offered.
fn leading<F: Flow<App = Raqam>>(walk: &Walk<F>, groups: &[Group<F>], wanted: &BTreeSet<Edge>) -> Vec<Move<F>> {
    let state = kind_name::<F>(&walk.state);
    let is_wanted = |on: &str| wanted.iter().any(|(from, label, _)| *from == state && label == on);
    let all = groups.iter().flat_map(|(_, moves)| moves);
    let hopeful: Vec<_> = all.filter(|next| next.label(walk).is_some_and(|on| is_wanted(&on))).collect();
    let takes = |walk: &Walk<F>, next: &Move<F>| {
        let edge = walk.clone().take(next);
        edge.is_ok_and(|edge| edge.is_some_and(|edge| wanted.contains(&edge)))
    };
    let now: Vec<_> = hopeful.iter().filter(|next| takes(walk, next)).map(|next| (*next).clone()).collect();
    if !now.is_empty() {
        return now;
    }
    let later = |change: &Move<F>| {
        let mut changed = walk.clone();
        !hopeful.is_empty() && changed.take(change).is_ok() && hopeful.iter().any(|next| takes(&changed, next))
    };
    // To look ahead costs more than to walk: a change is looked for now and then.
    let looks = walk.steps.is_multiple_of(4);
    let changed: Vec<_> = changes().into_iter().filter(|change| looks && later(change)).collect();
    if changed.is_empty() { old(walk).into_iter().filter(|next| takes(walk, next)).collect() } else { changed }
}

/// What may happen, in groups with their weights; the simplest first.
fn groups<F: Flow<App = Raqam>>(walk: &Walk<F>) -> Vec<Group<F>> {
    let give = |events: Vec<Event<F>>| events.into_iter().map(Move::Give).collect();
    if walk.rests == Rests::UnderChild {
        // Everything else is the child's.
        let kept = Kept { country: Some("US".to_owned()), service: Some("WhatsApp".to_owned()) };
        let ended = vec![Event::Resume(Output::Left), Event::Resume(Output::OtherServer(kept))];
        return vec![(4, give(ended)), (1, give(vec![Event::Cancel])), (1, changes())];
    }
    let presses = walk.screen().actions().cloned().map(Event::Press).collect();
    let late = F::probes().into_iter().filter(|probe| !matches!(probe, Event::Press(_) | Event::Resume(_)));
    let refusals = if walk.before.is_some() { refusals() } else { Vec::new() };
    vec![
        (8, give(presses)),
        (2, give(vec![Event::Back])),
        (3, if walk.armed.is_some() { vec![Move::Ring] } else { Vec::new() }),
        (6, give(walk.asked.iter().flat_map(answers).map(Event::Reply).collect())),
        (6, refusals),
        (3, give(picks())),
        (1, give(texts())),
        (2, give(late.collect())),
        (3, changes()),
        (1, give(vec![Event::Cancel])),
    ]
}

/// Buttons of other screens. The machine lets no press pass that is not offered; a flow bears it all the same.
fn old<F: Flow<App = Raqam>>(walk: &Walk<F>) -> Vec<Move<F>> {
    if walk.rests == Rests::UnderChild {
        return Vec::new();
    }
    let probes =
        F::probes().into_iter().filter_map(|probe| if let Event::Press(action) = probe { Some(action) } else { None });
    F::Action::examples().into_iter().chain(probes).map(|action| Move::Give(Event::Press(action))).collect()
}

/// What a job may bring back.
fn answers(job: &Job) -> Vec<Reply> {
    let failures = [ErrorCode::Unreachable, ErrorCode::OutOfStock, ErrorCode::Unavailable];
    match job {
        Job::LoadOffers { country, .. } => {
            let failed = failures.map(|code| Reply::LoadFailed { country: Some(*country), code });
            [vec![Reply::OffersLoaded { country: *country }], failed.into()].concat()
        }
        Job::AskCost { .. } => {
            let costs = [24, 90_000, -1].map(|cents| Reply::Cost { cost: Money::from_cents(cents) });
            [costs.to_vec(), failures.map(|code| Reply::CostFailed { code }).into()].concat()
        }
    }
}

/// Every refusal: a flow bears also those of what it never orders.
fn refusals<F: Flow<App = Raqam>>() -> Vec<Move<F>> {
    crate::buttons::refusals().into_iter().map(Move::Refuse).collect()
}

fn picks<F: Flow<App = Raqam>>() -> Vec<Event<F>> {
    let countries = ["US", "GB", "LV", "BA", "XX"].map(|iso2| Event::Pick(Pick::Country(iso2.to_owned())));
    let services = [1_012, 907, 1, 999_999].map(|id| Event::Pick(Pick::Service(ServiceId(id))));
    countries.into_iter().chain(services).collect()
}

fn texts<F: Flow>() -> Vec<Event<F>> {
    let long = "طويل ".repeat(1_000);
    let hostile = "<b>\u{202E}&amp;\u{2066}</i>\u{0}\n../";
    ["", "united", "whats", hostile, &long].map(|text| Event::Text(text.to_owned())).into()
}

fn changes<F: Flow>() -> Vec<Move<F>> {
    let wallet = |cents| Change::Wallet(Wallet { available: Money::from_cents(cents), held: Money::ZERO });
    let mut all: Vec<Change> = World::iter().map(Change::World).collect();
    all.extend(Prices::iter().map(Change::Prices));
    all.extend([0, 10, 100_000].map(wallet));
    all.extend([Change::Fetch, Change::Pass(130), Change::Pass(301)]);
    all.extend([Lang::En, Lang::Ar].map(Change::Speak));
    all.into_iter().map(Move::Change).collect()
}

impl<F: Flow<App = Raqam>> Move<F> {
    /// What it is, in a word.
    pub(super) fn word(&self, walk: &Walk<F>) -> String {
        self.label(walk).unwrap_or_else(|| self.to_string())
    }

    /// The event that it gives the flow, in the terms of tables.
    fn label(&self, walk: &Walk<F>) -> Option<String> {
        match self {
            Self::Give(event) => Some(event.label()),
            Self::Ring => walk.armed.as_ref().map(|(timer, _)| Event::<F>::Timer(timer.clone()).label()),
            Self::Refuse(refused) => Some(Event::<F>::Refused(refused.clone()).label()),
            Self::Change(_) => None,
        }
    }
}

impl<F: Flow<App = Raqam>> std::fmt::Display for Move<F> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Give(event) => write!(formatter, "{event:?}"),
            Self::Ring => write!(formatter, "the timer goes off"),
            Self::Refuse(refused) => write!(formatter, "the books refuse it: {refused:?}"),
            Self::Change(change) => write!(formatter, "the world changes: {change:?}"),
        }
    }
}
