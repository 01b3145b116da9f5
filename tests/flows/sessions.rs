//! Stored states are a promise: bytes that any version wrote load in every later one. `sessions/v1.json` is frozen: what
//! stands in it is never written again, only read. Examples of a new state are added to it as new snapshots are
//! (`INSTA_UPDATE=unseen` or `always`); a new version adds a file.

use std::collections::BTreeMap;

use engine::registry::{Registry, Visitor, freeze_as};
use engine::session::{Frame, Session};
use engine::{Flow, Lang, machine};
use flows::{AnyState, Entry, Raqam};
use serde_json::Value;
use strum::IntoEnumIterator as _;

use gallery::{SCENES, context};

use crate::screens::writes_what_is_new;

const FROZEN: &str = include_str!("sessions/v1.json");

/// The examples of all flows, frozen as they are today.
#[derive(Default)]
struct Today(BTreeMap<String, Value>);

impl Visitor<Raqam> for Today {
    fn visit<F: Flow<App = Raqam>>(&mut self, _: fn(F::State) -> AnyState) {
        for kind in F::Kind::iter() {
            let name: &'static str = kind.into();
            for fixture in F::fixtures(kind) {
                let frame = freeze_as::<F>(&fixture.state).into_frame(1);
                let value = serde_json::to_value(frame).expect("a frame is plain data");
                self.0.insert(format!("{} {name} {}", F::TAG, fixture.name), value);
            }
        }
    }
}

fn today() -> BTreeMap<String, Value> {
    let mut today = Today::default();
    Raqam::each(&mut today);
    today.0
}

#[test]
fn states_of_version_one_load() {
    let frozen: BTreeMap<String, Frame> = serde_json::from_str(FROZEN).expect("the frozen file is whole");
    assert!(frozen.len() >= 20, "the frozen file lost its states");
    for (name, frame) in frozen {
        let state = <Raqam as Registry>::thaw(&frame.flow, frame.version, &frame.body);
        assert!(state.is_ok(), "{name}: {state:?}");
    }
}

#[test]
fn states_are_written_as_they_were_frozen() {
    let frozen: BTreeMap<String, Value> = serde_json::from_str(FROZEN).expect("the frozen file is whole");
    for (name, value) in today() {
        if let Some(before) = frozen.get(&name) {
            assert_eq!(before, &value, "{name} is written in another form: that takes a version and a migration");
        }
    }
}

#[test]
fn every_kind_of_state_of_version_one_is_frozen() {
    let frozen: BTreeMap<String, Value> = serde_json::from_str(FROZEN).expect("the frozen file is whole");
    let missing: BTreeMap<_, _> =
        today().into_iter().filter(|(name, value)| value["version"] == 1 && !frozen.contains_key(name)).collect();
    if !missing.is_empty() && writes_what_is_new() {
        return freeze(frozen, missing);
    }
    let names: Vec<&str> = missing.keys().map(String::as_str).collect();
    assert!(
        missing.is_empty(),
        "not frozen in tests/flows/sessions/v1.json: {names:?}; `INSTA_UPDATE=unseen cargo test -p flows` adds them:\n{}",
        Value::from_iter(missing.clone())
    );
}

/// Adds examples; what is frozen stays as it is.
fn freeze(mut frozen: BTreeMap<String, Value>, missing: BTreeMap<String, Value>) {
    frozen.extend(missing);
    let text = serde_json::to_string_pretty(&frozen).expect("plain data");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/flows/sessions/v1.json");
    std::fs::write(file, text + "\n").expect("the frozen file is writable");
}

#[test]
fn what_cannot_be_read_is_put_aside_and_the_person_starts_again() {
    let env = SCENES[0].env();
    let frame = |flow: &str, version: u16, body: Value| Frame { flow: flow.to_owned(), version, instance: 1, body };
    for unreadable in [
        frame("bakery", 1, Value::Null),
        frame("buy", 999, Value::Null),
        frame("home", 0, Value::Null),
        frame("home", 1, serde_json::json!({"no": "state"})),
    ] {
        let session = Session { revision: 5, next_instance: 1, frames: vec![unreadable.clone()], quarantine: vec![] };
        let turn =
            machine::handle::<Raqam>(&session, machine::Input::Text("hello".to_owned()), &context(&env, Lang::En));
        assert_eq!(turn.session.quarantine, [unreadable]);
        assert_eq!(turn.session.frames.len(), 1);
        assert!(!machine::view::<Raqam>(&session, &context(&env, Lang::Ar)).rendered.rows.is_empty());
    }
}

#[test]
fn whoever_loses_the_root_alone_still_has_a_way_home() {
    const WALLET: &str = <flows::wallet::Wallet as Flow>::TAG;
    let env = SCENES[0].env();
    let frozen: BTreeMap<String, Frame> = serde_json::from_str(FROZEN).expect("the frozen file is whole");
    let root = Frame { flow: "bakery".to_owned(), version: 1, instance: 1, body: Value::Null };
    let shown = frozen.values().find(|frame| frame.flow == WALLET).expect("a wallet");
    let shown = Frame { instance: 2, ..shown.clone() };
    let session =
        Session { revision: 5, next_instance: 2, frames: vec![root.clone(), shown.clone()], quarantine: vec![] };
    let cx = context(&env, Lang::En);
    let states = machine::states::<Raqam>(&session);
    assert!(matches!(states.as_slice(), [AnyState::Home(_), AnyState::Wallet(_)]), "{states:?}");
    let home = machine::handle::<Raqam>(&session, machine::Input::Token(format!("{WALLET}.2.-._h")), &cx);
    let start = machine::handle::<Raqam>(&session, machine::Input::Start(Entry::Buy), &cx);
    for turn in [home, start] {
        assert_eq!((turn.outcome, turn.session.quarantine), (machine::Outcome::Stepped, vec![root.clone()]));
        assert_eq!(turn.session.frames[0].flow, "home");
    }
}

/// The log and the operator's list say why a frame cannot be read, and not what its person wrote into it.
#[test]
fn why_a_frame_cannot_be_read_quotes_nothing_that_was_typed() {
    let typed = "my code is 482913 ` \" Noor";
    for body in [
        serde_json::json!({ "Text": { "topic": typed, "before": "" } }),
        serde_json::json!({ "Text": { "topic": { "More": typed }, "before": "" } }),
        serde_json::json!({ "Confirm": { "topic": { "More": 1 }, "text": { typed: typed } } }),
        serde_json::json!(typed),
    ] {
        let error = Raqam::thaw("ticket", 1, &body).expect_err("no state").to_string();
        assert!(!error.contains("482913") && !error.contains("Noor"), "{error}");
        assert!(error.starts_with("flow ticket version 1: "), "{error}");
    }
    let unknown = Raqam::thaw("ticket", 1, &serde_json::json!({ "Kneading": {} })).expect_err("no state").to_string();
    assert!(unknown.contains("unknown variant `Kneading`"), "{unknown}");
}
