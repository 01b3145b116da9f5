//! What is done about a supplier's order without an owner, and what its answers mean.

use super::*;
use crate::samples::{START, id, line, message, row, whole};

fn orphan(ends_at: Option<UnixSeconds>, state: OrphanState) -> Orphan {
    let new = Orphan::new(id("A"), ServerId::Two, Product::Temporary, Money::from_cents(24), ends_at, START);
    Orphan { state, ..new }
}

const BACK: OrphanState = OrphanState::GivingBack { next_try: START + 200 };

#[test]
fn it_is_watched_first_and_then_tried_again_and_again() {
    let at = |state, now| due([&orphan(None, state)].into_iter(), now).len();
    assert_eq!((at(OrphanState::Watched, START + 119), at(OrphanState::Watched, START + 120)), (0, 1));
    assert_eq!((at(BACK, START + 199), at(BACK, START + 200)), (0, 1));
    // A clock that was set back delays nothing but the first try, before which somebody may own it.
    assert_eq!((at(BACK, START - 1_000), at(OrphanState::Watched, START - 1_000)), (1, 0));
    let ended = [OrphanState::GivenBack { at: START }, OrphanState::WrittenOff { at: START, loss: Loss::NotReturned }];
    assert!(ended.iter().all(|state| at(*state, START + 1_000_000) == 0));
}

#[test]
fn a_few_at_a_time_those_first_that_waited_longest() {
    let numbered = |number: i64| Orphan {
        id: id(&format!("A{number}")),
        ..orphan(None, OrphanState::GivingBack { next_try: START - number })
    };
    let orphans: Vec<Orphan> = (0..100).map(numbered).collect();
    let tasks = due(orphans.iter(), START);
    assert_eq!((tasks.len(), &tasks[0]), (ORPHANS_AT_ONCE, &Task::GiveBack(id("A99"))));
}

/// What a try leads to, in short: `back`, `lost`, or the seconds until the next one.
fn told(ends_at: Option<UnixSeconds>, said: Said, now: UnixSeconds) -> String {
    let command = next(&orphan(ends_at, BACK), said, now);
    if let Command::RetryOrphan { next_try, .. } = command {
        (next_try - now).to_string()
    } else if let Command::SettleOrphan { settlement: Settlement::Returned, .. } = command {
        "back".to_owned()
    } else if let Command::SettleOrphan { settlement: Settlement::Lost(loss), .. } = command {
        format!("lost {loss:?}")
    } else {
        format!("{command:?}")
    }
}

#[test]
fn what_the_supplier_says_decides_until_the_deadline() {
    let end = START + 1_200;
    let deadline = end + CLOSE_LIFE_S;
    let cases = [
        (Some(end), Said::Returned, deadline + 9, "back"),
        (Some(end), Said::MessageArrived, START + 120, "lost MessageArrived"),
        (Some(end), Said::Locked, START + 120, "15"),
        (Some(end), Said::Kept, deadline - 1, "60"),
        (Some(end), Said::Kept, deadline, "lost NotReturned"),
        (Some(end), Said::Silent, START + 120, "60"),
        (None, Said::Kept, START + ORPHAN_LIFE_S - 1, "60"),
        (None, Said::Kept, START + ORPHAN_LIFE_S, "lost NotReturned"),
        (Some(i64::MAX), Said::Kept, START + ORPHAN_LIFE_MAX_S + CLOSE_LIFE_S, "lost NotReturned"),
        (Some(0), Said::Kept, START + CLOSE_LIFE_S, "lost NotReturned"),
    ];
    for (ends_at, said, now, expected) in cases {
        assert_eq!(told(ends_at, said, now), expected, "{ends_at:?} {said:?} {}", now - START);
    }
}

/// A supplier that is down may have given everything back by itself: silence proves no loss, for a day.
#[test]
fn silence_is_no_loss_for_a_day() {
    let deadline = START + ORPHAN_LIFE_S;
    assert_eq!(told(None, Said::Silent, deadline), "300");
    assert_eq!(told(None, Said::Silent, deadline + SILENCE_MAX_S - 1), "300");
    assert_eq!(told(None, Said::Silent, deadline + SILENCE_MAX_S), "lost NotReturned");
}

#[test]
fn a_refusal_is_looked_into() {
    let look = |check, history: Vec<ListedOrder>| read_look(&id("A"), check, &history);
    let received = || Check::Received(message("0042"));
    assert_eq!(look(Some(Check::Refunded), vec![]), Said::Returned);
    assert_eq!(look(Some(received()), vec![]), Said::MessageArrived);
    assert_eq!(look(None, vec![row("A", Check::Unread)]), Said::MessageArrived);
    assert_eq!(look(Some(Check::Ended), vec![]), Said::Kept, "an end alone proves nothing");
    assert_eq!(look(Some(Check::Ended), vec![row("A", Check::Refunded)]), Said::Returned);
    assert_eq!(look(None, vec![row("B", Check::Refunded)]), Said::Silent, "somebody else's");
    assert_eq!(look(None, vec![]), Said::Silent);
}

#[test]
fn a_rental_that_is_gone_was_given_back() {
    let (there, gone) = (whole(vec![line("A", START)]), whole(vec![line("B", START)]));
    assert_eq!(read_line(&id("A"), &gone, &[]), Said::Returned);
    assert_eq!(read_line(&id("A"), &Listed::default(), &[]), Said::Silent, "a list that was not read");
    assert_eq!(read_line(&id("A"), &there, &[]), Said::Kept);
    assert_eq!(read_line(&id("A"), &there, &[message("0042")]), Said::MessageArrived);
}
