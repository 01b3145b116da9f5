//! What must reach people: tried until it stands there, parked while nobody is there, never lost silently.

use std::collections::BTreeSet;

use shop::command::{Command, Note};

use super::{START, USER, World, message, stored};
use crate::{CardPlace, DeliveryRow, Intent, LivingRow, OutgoingRow};

fn seqs(world: &World) -> Vec<u64> {
    let rows = world.store.outgoing(USER, world.now).expect("rows");
    let seq = |row: &OutgoingRow| match row {
        OutgoingRow::Tell { seq, .. } => Some(*seq),
        OutgoingRow::Card { .. } => None,
    };
    rows.iter().filter_map(seq).collect()
}

fn sent(world: &World, seq: u64, delivery: DeliveryRow) -> Intent {
    Intent::Sent { user: USER, seq: Some(seq), delivery, now: world.now }
}

#[tokio::test]
async fn a_delivered_message_goes() {
    let world = World::rich().await;
    assert_eq!(seqs(&world), [1]);
    world.apply(sent(&world, 1, DeliveryRow::Delivered(9))).await;
    world.apply(sent(&world, 1, DeliveryRow::Delivered(9))).await;
    assert!(seqs(&world).is_empty());
}

#[tokio::test]
async fn fault_53_an_uncertain_message_is_tried_through_an_outage_and_not_for_ever() {
    let mut world = World::rich().await;
    let mut tries = 0;
    while !seqs(&world).is_empty() {
        world.apply(sent(&world, 1, DeliveryRow::Unknown("timeout".to_owned()))).await;
        assert!(seqs(&world).is_empty());
        (tries, world.now) = (tries + 1, world.now + 300);
    }
    assert!(tries >= 20 && world.now - START >= 86_400, "{tries}");
    assert_eq!(world.store.status(world.now).expect("a status").dead_letters, 1);
}

#[tokio::test]
async fn what_cannot_have_arrived_is_never_given_up() {
    let mut world = World::rich().await;
    for _ in 0..1_000 {
        world.apply(sent(&world, 1, DeliveryRow::NotSent)).await;
        assert!(seqs(&world).is_empty());
        world.now += 30;
        assert_eq!(seqs(&world), [1]);
    }
}

#[tokio::test]
async fn a_blocked_bot_waits_for_its_user() {
    let world = World::rich().await;
    world.apply(Intent::Sent { user: USER, seq: None, delivery: DeliveryRow::Unreachable, now: START }).await;
    assert!(seqs(&world).is_empty());
    assert!(world.store.users_with_outgoing(world.now).expect("users").is_empty());
    assert!(world.store.user(USER).expect("a view").parked);
    let changed = stored(world.apply(Intent::Reachable { user: USER }).await);
    assert_eq!(changed.wake, BTreeSet::from([USER]));
    assert_eq!(seqs(&world), [1]);
    assert_eq!(world.store.users_with_outgoing(world.now).expect("users"), BTreeSet::from([USER]));
}

#[tokio::test]
async fn a_refused_message_is_a_dead_letter() {
    let world = World::rich().await;
    world.apply(sent(&world, 1, DeliveryRow::Refused("too long".to_owned()))).await;
    let letters = world.store.dead_letters(9).expect("letters");
    assert_eq!((letters.len(), letters[0].reason.as_str(), letters[0].source.as_str()), (1, "too long", "message/7"));
    assert_eq!(letters[0].kind(), crate::LetterKind::Message);
}

#[tokio::test]
async fn a_card_that_changed_while_it_was_shown_stays_due() {
    let mut world = World::rich().await;
    let order = world.active(1).await;
    let shown = world.store.card(order).expect("a query").expect("a card");
    assert!(shown.due && shown.message_id.is_none());
    world.domain(vec![Command::Received { order, messages: vec![message("1")] }]).await;
    world.apply(Intent::CardShown { order, message_id: 55, version: shown.version }).await;
    let card = world.store.card(order).expect("a query").expect("a card");
    assert!(card.due && card.message_id == Some(55) && card.version == shown.version + 1);
    assert_eq!(world.store.user(USER).expect("a view").newest, Some(55));
    world.apply(Intent::CardRefused { order, version: card.version }).await;
    let rows = world.store.outgoing(USER, world.now).expect("rows");
    assert!(rows.iter().all(|row| matches!(row, OutgoingRow::Tell { .. })));
    assert_eq!(world.store.card(order).expect("a query").expect("a card").message_id, Some(55));
}

#[tokio::test]
async fn whoever_acts_can_be_reached_and_a_mere_look_changes_nothing() {
    let mut world = World::rich().await;
    let gone = Intent::Sent { user: USER, seq: None, delivery: DeliveryRow::Unreachable, now: START };
    world.apply(gone).await;
    let answer = crate::Step { cause: crate::Cause::Key("x/7/1/1".to_owned()), ..world.step(0, vec![]) };
    assert!(stored(world.apply(Intent::Step(Box::new(answer))).await).wake.is_empty());
    assert!(world.store.user(USER).expect("a view").parked);
    assert_eq!(stored(world.press(vec![]).await).wake, BTreeSet::from([USER]));
    assert_eq!(seqs(&world), [1]);
}

#[tokio::test]
async fn the_living_message_becomes_a_card_and_lives_no_more() {
    let mut world = World::rich().await;
    let order = world.buy(1).await;
    let living = |message_id| Intent::Living { user: USER, living: Some(LivingRow { message_id, sent_at: START }) };
    let adopt = |user, place| Intent::AdoptCard { user, order, place };
    let card = |world: &World| world.store.card(order).expect("a query").expect("a card").message_id;
    world.apply(living(40)).await;
    for _ in 0..2 {
        let changed = stored(world.apply(adopt(USER, CardPlace::Living)).await);
        assert!(changed.left.is_empty() && card(&world) == Some(40));
        assert_eq!(world.store.user(USER).expect("a view").living, None);
    }
    stored(world.apply(adopt(shop::UserId(8), CardPlace::Below)).await);
    assert_eq!(card(&world), Some(40));
    world.apply(living(50)).await;
    assert_eq!(stored(world.apply(adopt(USER, CardPlace::Living)).await).left, [40]);
    assert_eq!(card(&world), Some(50));
    world.apply(living(60)).await;
    assert_eq!(stored(world.apply(adopt(USER, CardPlace::Below)).await).left, [60, 50]);
    assert_eq!(card(&world), None);
}

#[tokio::test]
async fn a_steps_messages_are_stored_with_it() {
    let mut world = World::new();
    let update = world.update().await;
    let mut step = world.step(update, vec![]);
    step.tells = vec![Note::Failed(shop::OrderId(1))];
    assert!(stored(world.apply(Intent::Step(Box::new(step))).await).wake.contains(&USER));
    assert_eq!(seqs(&world), [1]);
}
