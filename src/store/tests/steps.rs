//! Steps of conversations: whole or not at all, and once.

use serde_json::json;
use shop::command::{Command, Refusal};
use shop::{Money, QuoteId, UserId};

use super::{START, USER, World, buy, quote, refusal, session, stored};
use crate::{Ask, CardStep, Cause, Changed, Intent, JobRow, LivingRow, Outcome, RawUpdate, Standing, TimerChange};

#[tokio::test]
async fn a_refused_step_writes_nothing() {
    let mut world = World::new();
    stored(world.press(vec![quote(1)]).await);
    let before = world.store.user(USER).expect("a view");
    let update = world.update().await;
    let mut step = world.step(update, vec![quote(2), buy(1)]);
    step.jobs = vec![JobRow { instance: 1, body: json!(1) }];
    let outcome = world.apply(Intent::Step(Box::new(step))).await;
    assert!(matches!(refusal(outcome), Refusal::NotEnough { missing } if missing > Money::ZERO));
    assert_eq!(world.store.user(USER).expect("a view"), before);
    assert_eq!(world.store.quote(QuoteId(2)).expect("a query"), None);
    assert_eq!(world.store.quote(QuoteId(1)).expect("a query").expect("a quote").used_by, None);
    assert_eq!(world.store.jobs().expect("jobs"), []);
    assert_eq!(world.store.unhandled().expect("updates").len(), 1);
}

#[tokio::test]
async fn an_update_is_taken_in_once() {
    let world = World::new();
    let update = |id| RawUpdate { id, body: "not JSON".to_owned() };
    let take = |updates, now| Intent::TakeIn { updates, next_offset: 9, now };
    let first = world.apply(take(vec![update(5), update(5), update(-3)], START)).await;
    assert_eq!(first, Outcome::TakenIn(vec![5, -3]));
    assert_eq!(world.apply(take(vec![update(5), update(2)], START)).await, Outcome::TakenIn(vec![2]));
    let order: Vec<i64> = world.store.unhandled().expect("updates").iter().map(|update| update.id).collect();
    assert_eq!(order, [5, -3, 2]);
    assert_eq!(world.store.next_offset().expect("an offset"), 9);
    world.apply(Intent::Handled { update: 5, traces: Vec::new() }).await;
    world.apply(Intent::Bury { update: -3, reason: "why".to_owned(), now: START }).await;
    assert_eq!(world.store.unhandled().expect("updates").len(), 1);
    assert_eq!(world.store.dead_letters(9).expect("letters")[0].body, "not JSON");
    assert_eq!(world.apply(take(vec![update(5)], START + 1)).await, Outcome::TakenIn(vec![]));
    let later = START + 9 * 86_400;
    world.apply(take(vec![], later)).await;
    assert_eq!(world.apply(take(vec![update(5), update(2)], later)).await, Outcome::TakenIn(vec![5]));
}

#[tokio::test]
async fn a_step_from_an_old_session_conflicts() {
    let mut world = World::new();
    stored(world.press(vec![]).await);
    let update = world.update().await;
    let mut step = world.step(update, vec![quote(1)]);
    step.from_revision = 0;
    assert_eq!(world.apply(Intent::Step(Box::new(step))).await, Outcome::Conflict);
    assert_eq!(world.store.user(USER).expect("a view").session, session(1));
    assert_eq!(world.store.unhandled().expect("updates").len(), 1);
}

#[tokio::test]
async fn a_second_step_of_the_same_cause_does_nothing() {
    let mut world = World::rich().await;
    stored(world.press(vec![quote(1)]).await);
    let update = world.update().await;
    let step = world.step(update, vec![buy(1)]);
    stored(world.apply(Intent::Step(Box::new(step.clone()))).await);
    let again = stored(world.apply(Intent::Step(Box::new(step))).await);
    assert_eq!(again, Changed::default());
    world.check(870, 130);
}

#[tokio::test]
async fn a_job_is_answered_by_one_step() {
    let mut world = World::new();
    let update = world.update().await;
    let mut step = world.step(update, vec![]);
    step.jobs = vec![JobRow { instance: 3, body: json!("a") }, JobRow { instance: 3, body: json!("b") }];
    let jobs = stored(world.apply(Intent::Step(Box::new(step))).await).jobs;
    let keys: Vec<&str> = jobs.iter().map(|job| job.key.as_str()).collect();
    assert_eq!(keys, ["j/7/1/0", "j/7/1/1"]);
    assert_eq!(world.store.jobs().expect("jobs"), jobs);
    let mut answer = world.step(0, vec![quote(1)]);
    answer.cause = Cause::Key(keys[0].to_owned());
    stored(world.apply(Intent::Step(Box::new(answer.clone()))).await);
    assert_eq!(stored(world.apply(Intent::Step(Box::new(answer))).await), Changed::default());
    assert_eq!(world.store.user(USER).expect("a view").session.revision, 2);
    let aside = || Intent::PutAside { key: keys[1].to_owned(), reason: "it panics".to_owned(), now: START };
    world.apply(aside()).await;
    world.apply(aside()).await;
    assert_eq!(world.store.jobs().expect("jobs"), []);
    let letters = world.store.dead_letters(9).expect("letters");
    assert_eq!((letters.len(), letters[0].source.as_str(), letters[0].reason.as_str()), (1, keys[1], "it panics"));
}

#[tokio::test]
async fn a_timer_that_was_set_anew_is_not_answered_under_its_old_key() {
    let mut world = World::new();
    for due_at in [START + 5, START + 3] {
        let update = world.update().await;
        let mut step = world.step(update, vec![]);
        step.timers = vec![TimerChange::Arm { instance: 4, body: json!("tick"), due_at }];
        assert!(stored(world.apply(Intent::Step(Box::new(step))).await).timers_changed);
    }
    assert_eq!(world.store.next_timer_at().expect("a time"), Some(START + 3));
    assert_eq!(world.store.due_timers(START + 2, 9).expect("timers"), []);
    let due = world.store.due_timers(START + 9, 9).expect("timers");
    assert_eq!(due.len(), 1);
    for (key, revision) in [(format!("t/7/4/{}", START + 5), 2), (due[0].key.clone(), 3)] {
        let mut step = world.step(0, vec![]);
        step.cause = Cause::Key(key);
        stored(world.apply(Intent::Step(Box::new(step))).await);
        assert_eq!(world.store.user(USER).expect("a view").session.revision, revision);
    }
    let update = world.update().await;
    let mut step = world.step(update, vec![]);
    let arm = TimerChange::Arm { instance: 4, body: json!("tick"), due_at: START };
    step.timers = vec![arm, TimerChange::Disarm { instance: 4 }];
    stored(world.apply(Intent::Step(Box::new(step))).await);
    assert_eq!(world.store.next_timer_at().expect("a time"), None);
}

#[tokio::test]
async fn a_suspended_user_buys_nothing() {
    let mut world = World::rich().await;
    stored(world.press(vec![quote(1)]).await);
    world.apply(Intent::Suspend { user: USER, standing: Standing::Suspended, now: START }).await;
    assert_eq!(refusal(world.press(vec![buy(1)]).await), Refusal::Suspended);
    world.check(1_000, 0);
}

#[tokio::test]
async fn a_language_is_filled_once_and_changed_by_wish_only() {
    let mut world = World::rich().await;
    assert!(!world.store.user(USER).expect("a view").exists);
    for lang in ["ar", "en"] {
        world.apply(Intent::User { user: USER, lang: lang.to_owned(), now: START }).await;
        assert_eq!(world.store.lang(USER).expect("a query").as_deref(), Some("ar"));
    }
    let changed = stored(world.press(vec![Command::SetLang("en".to_owned())]).await);
    assert_eq!(changed.langs, [(USER, "en".to_owned())]);
    assert_eq!(world.store.user(USER).expect("a view").lang.as_deref(), Some("en"));
}

#[tokio::test]
async fn a_press_on_a_card_counts_for_its_owner_alone() {
    let mut world = World::rich().await;
    let order = world.active(1).await;
    let update = world.update().await;
    let press = |user, ask, commands| CardStep { user, order, update, ask, commands, now: START };
    let strange = press(UserId(8), Some(Ask::Cancel), vec![Command::Cancel(order)]);
    assert_eq!(refusal(world.apply(Intent::Card(Box::new(strange))).await), Refusal::UnknownOrder);
    stored(world.apply(Intent::Card(Box::new(press(USER, Some(Ask::Cancel), vec![])))).await);
    assert_eq!(world.store.card(order).expect("a query").expect("a card").ask, Ask::Cancel);
    let again = press(USER, None, vec![Command::Cancel(order)]);
    assert_eq!(stored(world.apply(Intent::Card(Box::new(again))).await), Changed::default());
    stored(world.press(vec![Command::Cancel(order)]).await);
    assert_eq!(world.store.card(order).expect("a query").expect("a card").ask, Ask::Nothing);
}

#[tokio::test]
async fn reserved_numbers_are_never_given_twice() {
    let world = World::new();
    assert_eq!(world.apply(Intent::ReserveIds { count: 100 }).await, Outcome::Reserved(1));
    assert_eq!(world.apply(Intent::ReserveIds { count: 1 }).await, Outcome::Reserved(101));
    assert_eq!(world.apply(Intent::ReserveIds { count: 1 }).await, Outcome::Reserved(102));
}

#[tokio::test]
async fn a_database_belongs_to_the_bot_that_used_it_first() {
    let world = World::new();
    assert_eq!(world.apply(Intent::Own { bot: 77 }).await, Outcome::Done);
    assert_eq!(world.apply(Intent::Own { bot: 78 }).await, Outcome::Conflict);
    assert_eq!(world.apply(Intent::Own { bot: 77 }).await, Outcome::Done);
}

#[tokio::test]
async fn whoever_only_looks_has_a_panel_and_is_new_all_the_same() {
    let mut world = World::new();
    let living = LivingRow { message_id: 4, sent_at: START };
    world.apply(Intent::Living { user: USER, living: Some(living) }).await;
    let view = world.store.user(USER).expect("a view");
    assert_eq!((view.living, view.exists, view.lang), (Some(living), false, None));
    stored(world.press(vec![]).await);
    let view = world.store.user(USER).expect("a view");
    assert_eq!((view.living, view.exists, view.name.as_str()), (Some(living), true, "Noor"));
}
