//! What is kept of an event is enough to try it again, and tells nobody's secrets. Sessions that were recorded in a
//! running shop stand in `recorded/*.jsonl`: each of them is a test, put there by `raqam sessions record`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use engine::machine::{self, Input};
use engine::registry::{Registry as _, Visitor};
use engine::replay;
use engine::session::Session;
use engine::{Event, Face, Flow, Lang};
use flows::recorded::{Kept, Seen, record};
use flows::{AnyState, Entry, Env, Raqam};
use gallery::replay::{FORMAT, Recording, ReplayError};
use gallery::screens::{INSTANCE, session};
use gallery::{LANGS, SCENES, Scene, context, shown};
use shop::catalogue::Catalogue;
use strum::IntoEnumIterator as _;

/// What is done with the events of one state.
type Each<'a> = &'a mut dyn FnMut(&Session, &[Input<Raqam>], &Env, Lang);

/// Every event that a test has for every example of every flow, in two worlds; the languages take turns.
struct Everything<'a>(Each<'a>, usize);

impl Visitor<Raqam> for Everything<'_> {
    fn visit<F: Flow<App = Raqam>>(&mut self, wrap: fn(F::State) -> AnyState) {
        for scene in [Scene::Usual, Scene::Hostile] {
            for fixture in F::Kind::iter().flat_map(F::fixtures) {
                let state = scene.dressed(&fixture.state);
                let state = wrap(state);
                let (env, session) = (scene.env_of(fixture.name, &state), session(&state));
                self.1 += 1;
                let lang = LANGS[self.1 % LANGS.len()];
                let inputs: Vec<_> = probes::<F>().into_iter().chain(presses(&session, &env, lang)).collect();
                (self.0)(&session, &inputs, &env, lang);
            }
        }
    }
}

fn probes<F: Flow<App = Raqam>>() -> Vec<Input<Raqam>> {
    let instance = INSTANCE;
    let input = |event| {
        Some(match event {
            Event::Pick(pick) => Input::Pick(pick),
            Event::Text(text) => Input::Text(text),
            Event::Start(entry) => Input::Start(entry),
            Event::Timer(timer) => Input::Timer { instance, timer: serde_json::to_value(timer).expect("plain data") },
            Event::Reply(reply) => Input::Reply { instance, reply },
            Event::Refused(refusal) => Input::Refused(refusal),
            // Presses are taken from the screen; a child's end is no input.
            Event::Press(_) | Event::Resume(_) | Event::Back | Event::Cancel => return None,
        })
    };
    let typed = ["wh", "تركيا", "zzzz", "+90", "hello there, how are you"].map(|text| Input::Text(text.to_owned()));
    F::probes().into_iter().filter_map(input).chain(typed).collect()
}

/// Every button of the screen, and one that is not on it.
fn presses(session: &Session, env: &Env, lang: Lang) -> Vec<Input<Raqam>> {
    let view = machine::view::<Raqam>(session, &context(env, lang));
    let data = view.rendered.rows.into_iter().flatten().filter_map(|button| match button.face {
        Face::Callback(data) => Some(data),
        Face::Copy(_) | Face::Inline(_) | Face::Url(_) => None,
    });
    data.chain(["buy.3.-.s-s4".to_owned()]).map(Input::Token).collect()
}

fn keep(session: &Session, input: &Input<Raqam>, env: &Env, lang: Lang) -> Kept {
    let cx = context(env, lang);
    let turn = machine::handle::<Raqam>(session, input.clone(), &cx);
    let seen = Seen { session, input, cx: &cx, turn: &turn };
    record(seen, |server| format!("{:?}", server.id()), |view| shown::show(&view.rendered))
}

fn lists(env: &Env) -> BTreeMap<String, Catalogue> {
    let lists =
        |server: &flows::env::Server| (format!("{:?}", server.id()), Catalogue::of_lists(&server.catalogue().lists()));
    env.servers().iter().map(lists).collect()
}

#[test]
fn every_event_in_every_state_is_recorded_exactly_and_comes_out_the_same() {
    let (mut events, mut wrong) = (0, Vec::new());
    let mut each = |session: &Session, inputs: &[Input<Raqam>], env: &Env, lang: Lang| {
        let lists = lists(env);
        for input in inputs {
            events += 1;
            wrong.extend(difference(&keep(session, input, env, lang), &lists));
        }
    };
    Raqam::each(&mut Everything(&mut each, 0));
    assert!(events > 5_000, "{events}");
    assert!(wrong.is_empty(), "{} of {events}:\n{}", wrong.len(), wrong[..wrong.len().min(5)].join("\n"));
}

/// What is not exact of an event that was written to a file and read back.
fn difference(kept: &Kept, lists: &BTreeMap<String, Catalogue>) -> Option<String> {
    let text = serde_json::to_string(kept).expect("plain data");
    let back: Kept = serde_json::from_str(&text).expect("what was written");
    assert_eq!(back, *kept);
    let env = back.record.facts.env(lists).expect("all lists");
    let (view, came) = replay::again(&back.record, &env);
    let differences = replay::differences(&back.record, &shown::show(&view.rendered), &came);
    let exact = kept.inexact.is_none() && differences.is_empty();
    (!exact)
        .then(|| format!("{:?} {:?} in {:?}: {differences:?}", kept.inexact, back.record.input, back.record.session))
}

/// What stands for what nobody may know, as one may look for it.
const CANARIES: [&str; 6] = ["482913", "2025550123", "Do not share", "ABCDEFGH", "Noor", "٤٨٢٩١٣"];

#[test]
fn nothing_that_is_kept_tells_who_somebody_is_or_what_they_received() {
    let mut events = 0;
    let mut each = |session: &Session, inputs: &[Input<Raqam>], env: &Env, lang: Lang| {
        let typed =
            ["my code is 482913", "482-913", "+1 202 555 0123", "٤٨٢٩١٣"].map(|text| Input::Text(text.to_owned()));
        let forged = ["482913", "482913.Do not share.x.2025550123"].map(|data| Input::Token(data.to_owned()));
        // Somebody pastes the code behind the command: `/support 482913`.
        let behind = ["482913", "p_482913-x", "2025550123"]
            .map(|about| Input::Start(Entry::Command { name: "support".to_owned(), about: about.to_owned() }));
        for input in typed.iter().chain(&forged).chain(&behind).chain(inputs.first()) {
            let kept = keep(session, input, env, lang);
            let again = kept.record.came.session.as_ref().map(|after| keep(after, input, env, lang));
            let text = serde_json::to_string(&(kept, again)).expect("plain data");
            let told: Vec<_> = CANARIES.iter().filter(|canary| text.contains(*canary)).collect();
            assert!(told.is_empty(), "{told:?} after {input:?} in {text}");
            events += 1;
        }
    };
    Raqam::each(&mut Everything(&mut each, 0));
    assert!(events > 500, "{events}");
    // The canaries are there to be found: screens that people see have them.
    let seen = serde_json::to_string(&seen_by_people()).expect("plain data");
    let missing: Vec<_> = CANARIES[..3].iter().filter(|canary| !seen.contains(**canary)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

fn seen_by_people() -> Vec<String> {
    gallery::screens::all().iter().map(|shot| shown::show(&shot.view.rendered)).collect()
}

#[test]
fn what_was_typed_is_kept_unless_it_could_be_a_code() {
    let env = SCENES[0].env();
    let session = Session::default();
    for (typed, kept) in [
        ("whatsapp", "whatsapp"),
        ("bet365", "bet365"),
        ("+966", "+966"),
        ("1688", "1688"),
        ("G-482913", "G-000000"),
        ("٤٨ ٢٩", "00 00"),
        ("my number 12 34", "my number 00 00"),
    ] {
        let record = keep(&session, &Input::Text(typed.to_owned()), &env, Lang::En).record;
        assert_eq!(record.input, Input::Text(kept.to_owned()), "{typed}");
    }
}

fn recorded_sessions() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/flows/recorded");
    let files = std::fs::read_dir(folder).expect("the folder is there").flatten().map(|entry| entry.path());
    files.filter(|file| file.extension().is_some_and(|name| name == "jsonl")).collect()
}

#[test]
fn recorded_sessions_come_out_the_same() {
    let mut events = 0;
    for file in recorded_sessions() {
        let name = file.display();
        let text = std::fs::read_to_string(&file).expect("a recorded session is readable");
        let recording = gallery::replay::read(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let replayed = gallery::replay::replay(&recording).unwrap_or_else(|error| panic!("{name}: {error}"));
        let differ: Vec<_> = replayed.iter().filter(|event| event.differs()).cloned().collect();
        assert!(differ.is_empty(), "{name}\n{}", gallery::replay::text(&differ));
        assert!(replayed.iter().all(|event| event.inexact.is_none()), "{name}");
        events += replayed.len();
    }
    assert!(events >= 10, "{events} recorded events");
}

#[test]
fn a_damaged_or_foreign_file_is_refused_with_its_reason() {
    let env = SCENES[0].env();
    let event = keep(&Session::default(), &Input::Text("hi".to_owned()), &env, Lang::En);
    let whole = |event: Kept| {
        let servers = env.servers().iter();
        let lists = servers.map(|server| (format!("{:?}", server.id()), server.catalogue().lists())).collect();
        Recording { program: "test".to_owned(), lists, events: vec![event] }
    };
    let written = gallery::replay::write(&whole(event.clone()));
    let read = gallery::replay::read(&written).expect("what was written");
    assert_eq!(read, whole(event.clone()));
    assert!(!gallery::replay::replay(&read).expect("it can be tried")[0].differs());

    let mut of_no_flow = event.clone();
    of_no_flow.record.came.edges[0].flow = "bakery".to_owned();
    let gone = gallery::replay::replay(&whole(of_no_flow));
    assert_eq!(gone, Err(ReplayError::GoneFlow { event: 1, flow: "bakery".to_owned() }));
    let without_lists = Recording { lists: BTreeMap::new(), ..whole(event) };
    assert_eq!(gallery::replay::replay(&without_lists), Err(ReplayError::MissingLists { event: 1 }));

    let header = written.lines().next().expect("a first line").to_owned();
    let refused = |text: &str| gallery::replay::read(text).expect_err("it must be refused");
    assert_eq!(refused(""), ReplayError::NotARecording);
    assert_eq!(refused("{\"hello\": 1}"), ReplayError::NotARecording);
    assert_eq!(refused(&header), ReplayError::Empty);
    let later = header.replace(&format!("\"format\":{FORMAT}"), "\"format\":999");
    assert_eq!(refused(&later), ReplayError::UnknownFormat { found: 999 });
    let cut = &written[..written.len() - 20];
    assert!(matches!(refused(cut), ReplayError::Damaged { line: 4, .. }), "{:?}", refused(cut));
}
