//! The declared table and what the code does are the same: every state is tried with every event.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use engine::explore::{Exploration, declared, explore, matrix, unreachable_and_trapped};
use engine::registry::{Registry as _, Visitor};
use engine::{Flow, Lang, diagram};
use flows::{AnyState, Raqam};

use crate::screens::take;
use gallery::{LANGS, SCENES, context, scenes};

/// Tries everything in every world, and compares.
fn compare<F: Flow<App = Raqam>>() {
    let envs: Vec<_> = SCENES.iter().map(|scene| scene.env()).chain(scenes::worlds()).collect();
    let contexts: Vec<_> = envs.iter().flat_map(|env| LANGS.map(|lang| context(env, lang))).collect();
    let found: Exploration<F::Kind> = explore::<F>(&contexts);
    let declared: BTreeSet<_> = declared(F::TABLE);
    let undeclared: Vec<_> = found.observed.difference(&declared).collect();
    let never_taken: Vec<_> = declared.difference(&found.observed).collect();
    assert!(undeclared.is_empty(), "{}: taken, but not in the table: {undeclared:#?}", F::TAG);
    assert!(never_taken.is_empty(), "{}: in the table, but never taken: {never_taken:#?}", F::TAG);
    let (unreachable, trapped) = unreachable_and_trapped::<F>();
    assert!(unreachable.is_empty(), "{}: no way leads to {unreachable:?}", F::TAG);
    assert!(trapped.is_empty(), "{}: no way leads out of {trapped:?}", F::TAG);
    let rows: BTreeSet<_> = F::TABLE.iter().collect();
    assert_eq!(rows.len(), F::TABLE.len(), "{}: a row stands twice", F::TAG);
    take(&format!("matrix.{}", F::TAG), &matrix(&found));
    take(&format!("diagram.{}", F::TAG), &diagram::mermaid::<F>());
}

/// A flow above the root ends on a cancel, whatever its state: the way to the main menu is never blocked.
fn cancels<F: Flow<App = Raqam>>() {
    let env = SCENES[0].env();
    for kind in <F::Kind as strum::IntoEnumIterator>::iter() {
        for fixture in F::fixtures(kind) {
            let step = F::update(fixture.state, engine::Event::Cancel, &context(&env, Lang::En));
            let ends = matches!(step, engine::Step::Done(..));
            assert!(ends || F::TAG == "home", "{} {kind:?} does not end on a cancel", F::TAG);
        }
    }
}

struct Tables;

impl Visitor<Raqam> for Tables {
    fn visit<F: Flow<App = Raqam>>(&mut self, _: fn(F::State) -> AnyState) {
        compare::<F>();
        cancels::<F>();
    }
}

#[test]
fn the_code_does_what_the_tables_say() {
    Raqam::each(&mut Tables);
}

#[test]
fn a_purchase_has_exactly_its_six_states() {
    let names: Vec<&'static str> =
        <<flows::purchase::Purchase as Flow>::Kind as strum::IntoEnumIterator>::iter().map(Into::into).collect();
    assert_eq!(names, ["ChooseType", "ChooseDuration", "SearchCountry", "SearchService", "Confirm", "Waiting"]);
}

/// A flow that nobody registered would compile, and be neither tested nor reached.
#[test]
fn every_flow_of_the_folder_is_registered() {
    let registered = Raqam::TAGS;
    let written = files(Path::new(env!("CARGO_MANIFEST_DIR")));
    assert_eq!(written.len(), registered.len(), "one of these has no line in `registry!` of flows/lib.rs: {written:?}");
}

/// The files below a folder that make a flow.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let makes_a_flow = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.lines().any(|line| line.starts_with("impl Flow for "))
    };
    let below = folders.iter().flat_map(|folder| self::files(folder));
    files.into_iter().filter(makes_a_flow).chain(below).collect()
}
