//! What must reach people: tried until it stands there, parked while nobody is there, never lost silently.

use std::collections::BTreeSet;

use shop::command::{Command, Note};

use super::{START, USER, World, message, stored};
use crate::{DeliveryRow, Intent, LivingRow, OutgoingRow};

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
    world.apply(sent(&world, 1, DeliveryRow::Delivered)).await;
    world.apply(sent(&world, 1, DeliveryRow::Delivered)).await;
    assert!(seqs(&world).is_empty());
}

#[tokio::test]
async fn an_uncertain_message_is_tried_later_and_not_for_ever() {
    let mut world = World::rich().await;
    for _ in 0..20 {
        assert_eq!(seqs(&world), [1]);
        world.apply(sent(&world, 1, DeliveryRow::Unknown("timeout".to_owned()))).await;
        assert!(seqs(&world).is_empty());
        world.now += 300;
    }
    assert!(seqs(&world).is_empty());
    assert_eq!(world.store.status(world.now).expect("a status").dead_letters, 1);
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
    world.apply(Intent::CardRefused { order, version: card.version }).await;
    let rows = world.store.outgoing(USER, world.now).expect("rows");
    assert!(rows.iter().all(|row| matches!(row, OutgoingRow::Tell { .. })));
    assert_eq!(world.store.card(order).expect("a query").expect("a card").message_id, Some(55));
}

#[tokio::test]
async fn the_living_message_becomes_a_card_and_lives_no_more() {
    let mut world = World::rich().await;
    let order = world.buy(1).await;
    let living = LivingRow { message_id: 40, sent_at: START };
    world.apply(Intent::Living { user: USER, living: Some(living) }).await;
    assert_eq!(world.store.user(USER).expect("a view").living, Some(living));
    for message_id in [None, Some(40), None] {
        stored(world.apply(Intent::AdoptCard { user: USER, order, message_id }).await);
    }
    assert_eq!(world.store.user(USER).expect("a view").living, None);
    assert_eq!(world.store.card(order).expect("a query").expect("a card").message_id, Some(40));
    let other = Intent::AdoptCard { user: shop::UserId(8), order, message_id: Some(1) };
    stored(world.apply(other).await);
    assert_eq!(world.store.card(order).expect("a query").expect("a card").message_id, Some(40));
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
