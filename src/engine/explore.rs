//! Every state tried with every event: what the tests hold against the table.

use std::collections::{BTreeMap, BTreeSet};

use strum::IntoEnumIterator as _;

use crate::action::Action;
use crate::flow::{CtxOf, Flow, name_of};
use crate::step::{Event, Row, Step};

/// What exploring a flow found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exploration<K: Ord + 'static> {
    /// The edges that were taken: state, event label, target's name.
    pub observed: BTreeSet<(K, String, String)>,
    /// The matrix: state, event label, what came of it (several where fixtures or worlds differ).
    pub cells: BTreeMap<(K, String), BTreeSet<String>>,
}

/// Takes one step from every fixture with every probe and every example of an action, without the table's guard.
#[must_use]
pub fn explore<F: Flow>(contexts: &[CtxOf<'_, F>]) -> Exploration<F::Kind> {
    let mut found = Exploration { observed: BTreeSet::new(), cells: BTreeMap::new() };
    for cx in contexts {
        for kind in F::Kind::iter() {
            for fixture in F::fixtures(kind) {
                for event in events::<F>(&fixture.state, cx) {
                    let on = event.label();
                    let step = F::update(fixture.state.clone(), event, cx);
                    note::<F>(&mut found, kind, on, &step);
                }
            }
        }
    }
    found
}

fn note<F: Flow>(found: &mut Exploration<F::Kind>, kind: F::Kind, on: String, step: &Step<F>) {
    let cell = match step {
        Step::Ignore(reason) => {
            let reason: &'static str = reason.into();
            format!("ignore {reason}")
        }
        Step::Go(..) | Step::Push(..) | Step::Done(..) => step.target().map(name_of).unwrap_or_default(),
    };
    if let Some(to) = step.target() {
        found.observed.insert((kind, on.clone(), name_of(to)));
    }
    found.cells.entry((kind, on)).or_default().insert(cell);
}

/// The screen's own actions, an example of every other action, and the flow's probes.
fn events<F: Flow>(state: &F::State, cx: &CtxOf<'_, F>) -> Vec<Event<F>> {
    let mut actions: Vec<F::Action> = F::view(state, cx).actions().cloned().collect();
    actions.extend(F::Action::examples());
    let mut all = F::probes();
    all.extend([Event::Back, Event::Cancel]);
    all.extend(actions.into_iter().map(Event::Press));
    all
}

/// The rows of a table in the terms of [`Exploration::observed`].
#[must_use]
pub fn declared<K: Copy + Ord + Into<&'static str>>(table: &[Row<K>]) -> BTreeSet<(K, String, String)> {
    table.iter().map(|row| (row.from, row.on.to_owned(), name_of(row.to))).collect()
}

/// The kinds that no path from the flow's beginnings reaches, and those that no path leaves.
#[must_use]
pub fn unreachable_and_trapped<F: Flow>() -> (Vec<F::Kind>, Vec<F::Kind>) {
    let mut reached: BTreeSet<F::Kind> = F::INITIAL.iter().copied().collect();
    loop {
        let next: Vec<_> = F::TABLE.iter().filter(|row| reached.contains(&row.from)).filter_map(row_state).collect();
        let before = reached.len();
        reached.extend(next);
        if reached.len() == before {
            break;
        }
    }
    let leaves = |kind: F::Kind| F::TABLE.iter().any(|row| row.from == kind && row_state(row) != Some(kind));
    let unreachable = F::Kind::iter().filter(|kind| !reached.contains(kind)).collect();
    let trapped = F::Kind::iter().filter(|&kind| !leaves(kind)).collect();
    (unreachable, trapped)
}

fn row_state<K: Copy>(row: &Row<K>) -> Option<K> {
    match row.to {
        crate::step::To::State(kind) => Some(kind),
        crate::step::To::Push(_) | crate::step::To::Done => None,
    }
}

/// The matrix as a table that a person reads: a line per state and event.
#[must_use]
pub fn matrix<K: Ord + Copy + Into<&'static str>>(found: &Exploration<K>) -> String {
    let mut lines = Vec::new();
    for ((kind, on), cells) in &found.cells {
        let name: &'static str = (*kind).into();
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        lines.push(format!("{name:<16} | {on:<28} | {}", cells.join(" / ")));
    }
    lines.join("\n")
}
