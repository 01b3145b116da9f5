//! Random walks through every flow, from where it is opened: presses, picks, texts, answers that come or fail or come
//! late, timers, refusals, and a world that changes between two steps. After each step the rules of `walks/rules.rs` are
//! held; a walk that breaks one is shrunk to the shortest that still does.
//!
//! The model is the flow's own table. A walk prefers events whose row nobody has taken yet, so that few walks take every
//! row; which ones they are depends on the seed alone. `WALKS=2000 WALK_SEED=7 cargo test -p flows walks` tries more.

mod combination;
mod moves;
mod rules;
mod walk;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use engine::Flow;
use engine::explore::declared;
use engine::registry::{Registry as _, Visitor};
use flows::{AnyState, Raqam};
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use proptest_state_machine::strategy::Sequential;

use moves::Move;
use walk::{Opening, Walk};

/// How many walks there are for each row of a flow's table.
const WALKS_PER_ROW: u32 = 3;
/// How many steps a walk has at most.
const STEPS_MAX: usize = 40;
/// How often a failing walk is made simpler, at most.
const SHRINKS_MAX: u32 = 20_000;

/// A row of a flow's table, by its words: state, event, target.
type Edge = (&'static str, String, String);

/// What the walks so far have seen of a flow: the next ones rather go elsewhere.
struct Known {
    /// Rows that nobody took.
    untaken: BTreeSet<Edge>,
    /// What was tried where the state had which shape.
    tried: BTreeSet<(String, String)>,
}

/// How much is tried, and from which seed.
#[derive(Debug, Clone, Copy)]
struct Budget {
    walks: u32,
    seed: u64,
}

/// What the walks of a flow did.
struct Tally {
    walks: u32,
    steps: usize,
    taken: BTreeSet<Edge>,
    /// Those that were taken without a button that the screen did not offer.
    offered: BTreeSet<Edge>,
}

/// The shortest walk that breaks a rule.
struct Broken<F: Flow> {
    opening: Opening<F>,
    moves: Vec<Move<F>>,
    report: String,
}

impl Budget {
    /// `WALKS` and `WALK_SEED`, or what takes seconds.
    fn of<F: Flow>() -> Self {
        let rows = u32::try_from(F::TABLE.len()).unwrap_or(u32::MAX);
        let walks = number("WALKS").and_then(|walks| u32::try_from(walks).ok());
        Self { walks: walks.unwrap_or((rows * WALKS_PER_ROW).max(20)), seed: number("WALK_SEED").unwrap_or(1) }
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is no number")))
}

/// The rows of a flow's table.
fn edges<F: Flow>() -> BTreeSet<Edge> {
    declared(F::TABLE).into_iter().map(|(from, on, to)| (from.into(), on, to)).collect()
}

/// Walks through a flow until the budget is used, or a rule is broken.
fn walks<F: Flow<App = Raqam>>(budget: Budget) -> Result<Tally, Broken<F>> {
    let config =
        Config { cases: budget.walks, failure_persistence: None, max_shrink_iters: SHRINKS_MAX, ..Config::default() };
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&budget.seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let steps = Cell::new(0);
    let (taken, offered) = (RefCell::new(BTreeSet::new()), RefCell::new(BTreeSet::new()));
    let walked = runner.run(&anywhere::<F>(), |(walk, moves, seen)| {
        let mut walk = walk;
        for next in &moves {
            if let Some(seen) = &seen {
                seen.fetch_add(1, Ordering::SeqCst);
            }
            let edge = walk.take(next).and_then(|edge| rules::hold(&walk).map(|()| edge));
            steps.set(steps.get() + 1);
            let edge = edge.map_err(TestCaseError::fail)?;
            if walk.offered {
                offered.borrow_mut().extend(edge.clone());
            }
            taken.borrow_mut().extend(edge);
        }
        Ok(())
    });
    match walked {
        Ok(()) => {
            let (taken, offered) = (taken.into_inner(), offered.into_inner());
            Ok(Tally { walks: budget.walks, steps: steps.get(), taken, offered })
        }
        Err(TestError::Fail(_, (walk, moves, _))) => Err(Broken::shortest(walk.opening(), moves, budget)),
        Err(TestError::Abort(reason)) => panic!("the walks of {} were given up: {reason}", F::TAG),
    }
}

/// Every walk through a flow; those come first that take rows which no walk has taken.
fn anywhere<F: Flow<App = Raqam>>() -> impl Strategy<Value = (Walk<F>, Vec<Move<F>>, Option<Arc<AtomicUsize>>)> {
    let known = Arc::new(Mutex::new(Known { untaken: edges::<F>(), tried: BTreeSet::new() }));
    let [opening, going] = [Arc::clone(&known), Arc::clone(&known)];
    let open = move || walk::openings::<F>(&locked(&opening).untaken);
    let prefer = move |walk: &Walk<F>| moves::any_of(walk, &locked(&going));
    let take = move |mut walk: Walk<F>, next: &Move<F>| {
        locked(&known).tried.insert((walk.shape(), next.word(&walk)));
        if let Ok(Some(edge)) = walk.take(next) {
            locked(&known).untaken.remove(&edge);
        }
        walk
    };
    Sequential::new((1..=STEPS_MAX).into(), open, |_, _| true, prefer, take)
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<F: Flow<App = Raqam>> Broken<F> {
    /// Steps are left out, first many that follow each other, until none can be: two may be superfluous where neither
    /// alone is.
    fn shortest(opening: Opening<F>, mut moves: Vec<Move<F>>, budget: Budget) -> Self {
        let breaks = |moves: &[Move<F>]| !rules::broken(&opening, moves).is_empty();
        let shorter = |moves: &[Move<F>]| without_a_run(moves).find(|fewer| breaks(fewer));
        while let Some(fewer) = shorter(&moves) {
            moves = fewer;
        }
        let report = format!(
            "{} breaks a rule after {} steps\n{}\nrun it again: WALKS={} WALK_SEED={} cargo test -p flows walks\n",
            F::TAG,
            moves.len(),
            rules::broken(&opening, &moves),
            budget.walks,
            budget.seed,
        );
        Self { opening, moves, report }
    }
}

fn without_a_run<T: Clone>(all: &[T]) -> impl Iterator<Item = Vec<T>> + use<'_, T> {
    let runs = (1..=all.len()).rev().flat_map(|length| (0..=all.len() - length).map(move |from| (from, length)));
    runs.map(|(from, length)| [&all[..from], &all[from + length..]].concat())
}

struct Walks;

impl Visitor<Raqam> for Walks {
    fn visit<F: Flow<App = Raqam>>(&mut self, _: fn(F::State) -> AnyState) {
        let begun = Instant::now();
        let tally = match walks::<F>(Budget::of::<F>()) {
            Ok(tally) => tally,
            Err(broken) => panic!("{}", broken.report),
        };
        let declared = edges::<F>();
        println!(
            "{:<5} {:>5} walks {:>6} steps {:>5.2} s, rows taken {:>3} of {:>3}; only by a button that was not offered: {:?}",
            F::TAG,
            tally.walks,
            tally.steps,
            begun.elapsed().as_secs_f64(),
            declared.intersection(&tally.taken).count(),
            declared.len(),
            tally.taken.difference(&tally.offered).collect::<Vec<_>>()
        );
        let missing: Vec<_> = declared.difference(&tally.taken).collect();
        assert!(missing.is_empty(), "{}: rows that no walk took: {missing:#?}", F::TAG);
    }
}

#[test]
fn walks_through_every_flow_keep_the_rules_and_take_every_row() {
    Raqam::each(&mut Walks);
}

/// The lock jams at its fifth right turn; one wrong turn, and it begins anew.
#[test]
fn a_fault_five_steps_deep_is_found_and_shrunk_to_five_steps() {
    let Err(broken) = walks::<combination::Combination>(Budget { walks: 2_000, seed: 1 }) else {
        panic!("nobody found the fault");
    };
    assert_eq!(broken.moves, combination::opens_in_five(), "{}", broken.report);
    assert!(broken.report.contains("5. Locked: Press(Red)"), "{}", broken.report);
    let again = rules::broken(&broken.opening, &broken.moves[..4]);
    assert!(again.is_empty(), "four steps break nothing: {again}");
}
