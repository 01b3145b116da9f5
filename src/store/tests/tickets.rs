//! Support tickets in the books: limits, repeats, who may answer, and files that never had any.

use shop::command::{Command, Note, Refusal};
use shop::ticket::{State, Subject, TEXTS_MAX, WITHIN_S};
use shop::{TicketId, UserId};

use super::opening::{Folder, open as opened};
use super::{START, USER, World};
use crate::tables::Tab;
use crate::{DeliveryRow, Intent, Outcome, OutgoingRow, ReplyStep, Side};

const ADMIN: UserId = UserId(9_001);
const STRANGER: UserId = UserId(66);

fn ticket(id: u64) -> Command {
    Command::OpenTicket { id: TicketId(id), subject: Subject::Code, text: format!("question {id}"), order: None }
}

fn by(actor: Option<UserId>, command: Command, now: i64) -> Intent {
    Intent::Domain { actor, commands: vec![command], now }
}

async fn world() -> World {
    let world = World::rich().await;
    world.apply(by(None, Command::SetAdmins(vec![ADMIN]), START)).await;
    world
}

fn notes(world: &World, user: UserId) -> Vec<(u64, Note)> {
    let rows = world.store.outgoing(user, world.now).expect("rows");
    let note = |row| match row {
        OutgoingRow::Tell { seq, note, .. } => Some((seq, note)),
        OutgoingRow::Card { .. } => None,
    };
    rows.into_iter().filter_map(note).collect()
}

#[tokio::test]
async fn one_user_cannot_flood_support() {
    let mut world = world().await;
    let refused = |refusal| Outcome::Refused(refusal);
    for id in 1..=3 {
        world.apply(by(Some(USER), ticket(id), START)).await;
    }
    assert_eq!(world.apply(by(Some(USER), ticket(4), START)).await, refused(Refusal::TooManyTickets));
    for id in 1..=3 {
        world.apply(by(None, Command::CloseTicket(TicketId(id)), START)).await;
    }
    for id in 4..=5 {
        world.apply(by(Some(USER), ticket(id), START)).await;
    }
    assert_eq!(world.apply(by(Some(USER), ticket(6), START + 3_599)).await, refused(Refusal::TicketsTooFast));
    world.apply(by(Some(USER), ticket(6), START + 3_600)).await;
    world.now = START + 3_600;
    assert_eq!(notes(&world, ADMIN).len(), 6);
    assert_eq!(world.store.status(world.now).expect("a status").tickets_waiting, 3);
}

#[tokio::test]
async fn a_repeat_writes_nothing_and_only_an_admin_answers() {
    let world = world().await;
    for _ in 0..2 {
        world.apply(by(Some(USER), ticket(1), START)).await;
    }
    assert_eq!(notes(&world, ADMIN).len(), 1);
    let answer = |text: &str| Command::AnswerTicket { ticket: TicketId(1), text: text.to_owned() };
    for actor in [USER, STRANGER] {
        let outcome = world.apply(by(Some(actor), answer("x"), START)).await;
        assert_eq!(outcome, Outcome::Refused(Refusal::TicketClosed), "{actor:?}");
    }
    let more = Command::WriteTicket { ticket: TicketId(1), text: "more".to_owned() };
    assert_eq!(world.apply(by(Some(STRANGER), more, START)).await, Outcome::Refused(Refusal::TicketClosed));
    let long = by(Some(ADMIN), answer(&"x".repeat(3_001)), START);
    assert_eq!(world.apply(long).await, Outcome::Refused(Refusal::TextTooLong));
    for _ in 0..2 {
        world.apply(by(Some(ADMIN), answer("here"), START)).await;
    }
    let ticket = world.store.ticket(TicketId(1)).expect("rows").expect("a ticket");
    assert_eq!((ticket.texts.len(), ticket.state), (2, State::Answered));
}

/// A reply is understood by the message that it replies to, and an update makes one only once.
#[tokio::test]
async fn a_delivered_ticket_can_be_replied_to() {
    let world = world().await;
    world.apply(by(Some(USER), ticket(1), START)).await;
    assert_eq!(world.store.ticket_message(ADMIN, 77).expect("rows"), None);
    let (seq, _) = notes(&world, ADMIN).pop().expect("a note");
    let delivery = DeliveryRow::Delivered(77);
    world.apply(Intent::Sent { user: ADMIN, seq: Some(seq), delivery, now: START }).await;
    let message = world.store.ticket_message(ADMIN, 77).expect("rows").expect("a ticket's");
    assert_eq!((message.ticket, message.side), (TicketId(1), Side::Admin));
    assert_eq!(world.store.ticket_message(USER, 77).expect("rows"), None, "ids of messages are each chat's own");
    let command = Command::AnswerTicket { ticket: TicketId(1), text: "here".to_owned() };
    let step = ReplyStep { user: ADMIN, update: 5, commands: vec![command], tells: vec![], now: START };
    world.apply(Intent::Reply(Box::new(step))).await;
    assert_eq!(
        world.store.ticket(TicketId(1)).expect("rows").expect("a ticket").texts.len(),
        1,
        "no such update waits"
    );
}

/// An admin who never wrote is unknown: what waits for them is due when they write.
#[tokio::test]
async fn an_admin_who_cannot_be_reached_is_waited_for() {
    let world = world().await;
    world.apply(by(Some(USER), ticket(1), START)).await;
    world.apply(Intent::Sent { user: ADMIN, seq: None, delivery: DeliveryRow::Unreachable, now: START }).await;
    assert!(notes(&world, ADMIN).is_empty());
    world.apply(Intent::Reachable { user: ADMIN }).await;
    assert_eq!(notes(&world, ADMIN).len(), 1);
}

/// What was not delivered to somebody who is an admin no more told them what users write to support.
#[tokio::test]
async fn whoever_is_no_admin_any_more_is_told_nothing_more_of_tickets() {
    let world = world().await;
    world.apply(by(None, Command::SetAdmins(vec![ADMIN, STRANGER]), START)).await;
    world.apply(by(Some(USER), ticket(1), START)).await;
    world.apply(by(Some(STRANGER), ticket(2), START)).await;
    let answer = |id: u64| Command::AnswerTicket { ticket: TicketId(id), text: "here".to_owned() };
    for id in [1, 2] {
        world.apply(by(Some(ADMIN), answer(id), START)).await;
    }
    world.apply(by(None, Command::SetAdmins(vec![ADMIN]), START)).await;
    let left: Vec<Note> = notes(&world, STRANGER).into_iter().map(|(_, note)| note).collect();
    assert_eq!(left, [Note::TicketAnswer { ticket: TicketId(2), index: 1 }], "their own ticket's answer alone");
    assert_eq!(notes(&world, ADMIN).len(), 4);
}

/// A ticket that was sent while there was no admin reached nobody, whoever became one.
#[tokio::test]
async fn a_new_admin_is_told_of_every_ticket_that_waits() {
    let world = world().await;
    world.apply(by(None, Command::SetAdmins(vec![]), START)).await;
    for id in 1..=3 {
        world.apply(by(Some(USER), ticket(id), START)).await;
    }
    world.apply(by(Some(USER), Command::WriteTicket { ticket: TicketId(2), text: "more".to_owned() }, START)).await;
    world.apply(by(None, Command::CloseTicket(TicketId(3)), START)).await;
    for _ in 0..2 {
        world.apply(by(None, Command::SetAdmins(vec![ADMIN]), START)).await;
    }
    let told: Vec<Note> = notes(&world, ADMIN).into_iter().map(|(_, note)| note).collect();
    let note = |ticket, index| Note::Ticket { ticket: TicketId(ticket), index };
    assert_eq!(told, [note(1, 0), note(2, 0), note(2, 1)]);
}

/// A talk that a user has filled can still be answered: it waits, and must not wait for ever.
#[tokio::test]
async fn a_full_ticket_can_still_be_answered() {
    let world = world().await;
    world.apply(by(Some(USER), ticket(1), START)).await;
    let mut now = START;
    let more = |n: usize| Command::WriteTicket { ticket: TicketId(1), text: format!("more {n}") };
    for n in 1..TEXTS_MAX {
        now += WITHIN_S / 10;
        world.apply(by(Some(USER), more(n), now)).await;
    }
    assert_eq!(world.apply(by(Some(USER), more(TEXTS_MAX), now)).await, Outcome::Refused(Refusal::TicketClosed));
    let answer = Command::AnswerTicket { ticket: TicketId(1), text: "here".to_owned() };
    world.apply(by(Some(ADMIN), answer, now)).await;
    let ticket = world.store.ticket(TicketId(1)).expect("rows").expect("a ticket");
    assert_eq!((ticket.texts.len(), ticket.state), (TEXTS_MAX + 1, State::Answered));
}

#[test]
fn a_file_from_before_there_were_tickets_gets_their_tables() {
    let folder = Folder::new();
    drop(opened(&folder.file()).expect("a store"));
    let database = redb::Database::open(folder.file()).expect("a file");
    let transaction = database.begin_write().expect("a transaction");
    for tab in [Tab::Tickets, Tab::UserTickets, Tab::TicketMessages] {
        assert!(transaction.delete_table(tab.definition()).expect("deleted"));
    }
    transaction.commit().expect("committed");
    drop(database);
    let store = opened(&folder.file()).expect("a store");
    assert_eq!(store.tickets().expect("rows"), Vec::new());
    assert_eq!(store.status(START).expect("a status").tickets_waiting, 0);
}
