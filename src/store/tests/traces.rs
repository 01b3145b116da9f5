//! The ring of events, the lists that they share, and sessions that the operator replaces.

use std::sync::Arc;

use engine::session::Frame;
use redb::Database;

use super::opening::Folder;
use super::*;
use crate::tables::Tab;
use crate::traces::LISTS_MAX;
use crate::{NamedLists, Options, TRACES_MAX, TimerChange, Trace};

const DAY: i64 = 86_400;

fn trace(number: u64, at: i64, lists: &str) -> Trace {
    let lists = NamedLists { name: Arc::from(lists), body: Arc::from(format!("the lists of {lists}")) };
    Trace { user: USER, at, body: format!("event {number}"), lists: vec![lists] }
}

fn bodies(world: &World) -> Vec<String> {
    world.store.traces(USER).expect("readable").into_iter().map(|trace| trace.body).collect()
}

async fn ignored(world: &mut World, traces: Vec<Trace>) {
    let update = world.update().await;
    world.apply(Intent::Handled { update, traces }).await;
}

#[tokio::test]
async fn the_last_64_events_of_a_session_are_kept_in_order_with_what_came_of_them() {
    let mut world = World::new();
    for number in 1..=TRACES_MAX + 6 {
        let update = world.update().await;
        let trace = trace(number, world.now, "a");
        // Steps and events that are ignored, in turn.
        let intent = if number % 2 == 0 {
            Intent::Step(Box::new(Step { traces: vec![trace], ..world.step(update, vec![]) }))
        } else {
            Intent::Handled { update, traces: vec![trace] }
        };
        world.apply(intent).await;
    }
    let expected: Vec<String> = (7..=TRACES_MAX + 6).map(|number| format!("event {number}")).collect();
    assert_eq!(bodies(&world), expected);
    let views = world.store.traces(USER).expect("readable");
    assert_eq!((views.len() as u64, views[0].at), (TRACES_MAX, world.now));
    let two = vec![trace(71, world.now, "a"), trace(72, world.now, "a")];
    ignored(&mut world, two).await;
    assert_eq!(bodies(&world)[62..], ["event 71", "event 72"]);
}

#[tokio::test]
async fn what_is_not_stored_leaves_no_event() {
    let mut world = World::new();
    let update = world.update().await;
    let step = Step { traces: vec![trace(1, world.now, "a")], ..world.step(update, vec![]) };
    let refused = Step { commands: vec![buy(99)], ..step.clone() };
    assert!(matches!(world.apply(Intent::Step(Box::new(refused))).await, Outcome::Refused(_)));
    let overtaken = Step { from_revision: 5, ..step.clone() };
    assert_eq!(world.apply(Intent::Step(Box::new(overtaken))).await, Outcome::Conflict);
    assert_eq!(bodies(&world), [""; 0]);
    // An update that is handled already leaves no second one.
    for _ in 0..2 {
        world.apply(Intent::Step(Box::new(step.clone()))).await;
        world.apply(Intent::Handled { update, traces: step.traces.clone() }).await;
    }
    assert_eq!(bodies(&world), ["event 1"]);
}

#[tokio::test]
async fn lists_are_kept_once_and_go_when_nothing_has_named_them_for_long() {
    let mut world = World::new();
    let now = world.now;
    for (number, (day, lists)) in (1..).zip([(0, "a"), (0, "b"), (20, "a"), (40, "c"), (60, "d")]) {
        ignored(&mut world, vec![trace(number, now + day * DAY, lists)]).await;
    }
    let kept = |name: &str| world.store.lists(name).expect("readable");
    assert_eq!(["a", "b", "c", "d"].map(|name| kept(name).is_some()), [false, false, true, true]);
    assert_eq!(kept("c").as_deref(), Some("the lists of c"));
    assert_eq!(bodies(&world).len(), 5);
}

/// A supplier that changes a price of its rentals at each refresh makes new lists each time.
#[tokio::test]
async fn lists_that_change_all_the_time_do_not_fill_the_file() {
    let mut world = World::new();
    let now = world.now;
    let name = |number: u64| format!("lists {number}");
    for number in 1..=3 * LISTS_MAX as u64 {
        let day = i64::try_from(number / LISTS_MAX as u64).expect("small");
        ignored(&mut world, vec![trace(number, now + day * DAY, &name(number))]).await;
        assert!(world.store.lists(&name(number)).expect("readable").is_some(), "the newest are always there");
    }
    let kept =
        (1..=3 * LISTS_MAX as u64).filter(|number| world.store.lists(&name(*number)).expect("readable").is_some());
    assert_eq!(kept.count(), LISTS_MAX);
    assert!(world.store.lists(&name(1)).expect("readable").is_none(), "those that were named longest ago go first");
}

#[tokio::test]
async fn a_replaced_session_drops_the_timers_of_frames_that_are_gone_and_overtakes_a_step() {
    let mut world = World::new();
    let update = world.update().await;
    let arm = |instance| TimerChange::Arm { instance, body: serde_json::Value::Null, due_at: START + 100 };
    let step = Step { timers: vec![arm(1), arm(2)], ..world.step(update, vec![]) };
    world.apply(Intent::Step(Box::new(step))).await;

    let update = world.update().await;
    let meanwhile = world.step(update, vec![]);
    let body = serde_json::Value::Null;
    let frame = Frame { flow: "home".to_owned(), version: 1, instance: 2, body };
    let mut session = session(2);
    session.frames.push(frame);
    let intent = |from_revision| Intent::Session { user: USER, from_revision, session: Box::new(session.clone()) };
    assert_eq!(world.apply(intent(0)).await, Outcome::Conflict);
    assert!(stored(world.apply(intent(1)).await).show.contains(&USER));
    assert_eq!(world.store.timers_of(USER).expect("readable"), [(2, START + 100)]);
    assert_eq!(world.apply(Intent::Step(Box::new(meanwhile))).await, Outcome::Conflict);
    let mut sessions = Vec::new();
    world.store.each_session(|view| sessions.push((view.user, view.session, view.last_event_at))).expect("readable");
    assert_eq!(sessions, [(USER, session, None)]);
}

#[tokio::test]
async fn a_file_of_a_program_that_kept_no_events_opens_and_keeps_them_from_then_on() {
    let folder = Folder::new();
    drop(Store::open(&folder.file(), Options::default()).expect("a new file"));
    {
        let database = Database::open(folder.file()).expect("a file");
        let transaction = database.begin_write().expect("a transaction");
        for tab in [Tab::Traces, Tab::Lists, Tab::ListsNamed] {
            assert!(transaction.delete_table(tab.definition()).expect("a table"));
        }
        transaction.commit().expect("durable");
    }
    let store = Store::open(&folder.file(), Options::default()).expect("an old file");
    assert_eq!(store.traces(USER).expect("readable"), []);
    let mut world = World { store, now: START, updates: 0 };
    let event = trace(1, world.now, "a");
    ignored(&mut world, vec![event]).await;
    let backup = folder.0.join("backup.redb");
    world.store.backup(&backup).expect("a backup");
    let copied = Store::open(&backup, Options::default()).expect("a backup opens");
    assert_eq!(copied.traces(USER).expect("readable"), world.store.traces(USER).expect("readable"));
    assert!(copied.lists("a").expect("readable").is_some() && bodies(&world) == ["event 1"]);
}
