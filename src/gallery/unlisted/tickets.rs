//! Messages about support tickets, to users and to admins.

use flows::note::{self, TicketFacts};
use shop::command::{NotSent, Note};
use shop::ticket::{ANSWER_UNITS_MAX, Author, LINES_MAX, State, Subject, TEXT_UNITS_MAX, Ticket, Written};
use shop::{OrderId, TicketId, UserId};

use super::{Unlisted, card_context};
use crate::scenes::{LANGS, NOW, SCENES, Scene, USER};

const ID: TicketId = TicketId(12);
const ADMIN: UserId = UserId(7_000_001);

/// A ticket with a question, an answer and one more text.
fn ticket(scene: Scene) -> Ticket {
    let (question, answer) = match scene {
        Scene::Usual | Scene::Empty => ("The code did not come.".to_owned(), "It is on its way.".to_owned()),
        Scene::Longest => {
            ("🙂".repeat(TEXT_UNITS_MAX / 2), "سطر\n".repeat(LINES_MAX) + &"x".repeat(ANSWER_UNITS_MAX - 400))
        }
        Scene::Hostile => {
            let text = "<b>\u{202E}مرحبا</b> https://evil.example @all\n/start \u{2066}".to_owned();
            (text.clone(), text)
        }
    };
    let subject = match scene {
        Scene::Usual => Subject::Code,
        Scene::Empty => Subject::Payment,
        Scene::Longest => Subject::Other,
        Scene::Hostile => Subject::Typed("<i>\u{202E}t.me/evil".to_owned()),
    };
    let written = |by, text: &str| Written { by, text: text.to_owned(), at: NOW };
    Ticket {
        id: ID,
        user: USER,
        subject,
        order: (scene != Scene::Empty).then_some(OrderId(101)),
        opened_at: NOW,
        state: State::Waiting,
        texts: vec![
            written(Author::User, &question),
            written(Author::Admin(ADMIN), &answer),
            written(Author::User, "?"),
        ],
    }
}

/// Every message about tickets, each in both languages side by side.
pub(super) fn all() -> Vec<Unlisted> {
    let notes = [
        ("ticket", Note::Ticket { ticket: ID, index: 0 }),
        ("ticket_more", Note::Ticket { ticket: ID, index: 2 }),
        ("ticket_answer", Note::TicketAnswer { ticket: ID, index: 1 }),
        ("ticket_answered", Note::TicketAnswered { ticket: ID, index: 1 }),
        ("ticket_written", Note::TicketWritten(ID)),
        ("ticket_closed", Note::TicketClosed(ID)),
        ("reply_no_text", Note::ReplyNotSent { ticket: ID, why: NotSent::NoText }),
        ("reply_too_long", Note::ReplyNotSent { ticket: ID, why: NotSent::TooLong }),
        ("reply_too_fast", Note::ReplyNotSent { ticket: ID, why: NotSent::TooFast }),
        ("reply_closed", Note::ReplyNotSent { ticket: ID, why: NotSent::Closed }),
    ];
    let mut all = Vec::new();
    for scene in SCENES {
        let ticket = ticket(scene);
        let facts = TicketFacts { ticket: Some(&ticket), name: scene.person() };
        for (name, fact) in &notes {
            all.extend(LANGS.map(|lang| message(name, scene, fact, facts, lang)));
        }
    }
    // A ticket that is not there any more.
    for (name, fact) in &notes[..4] {
        let name = format!("{name}_alone");
        all.extend(LANGS.map(|lang| message(&name, Scene::Usual, fact, TicketFacts::default(), lang)));
    }
    all
}

fn message(name: &str, scene: Scene, fact: &Note, ticket: TicketFacts<'_>, lang: engine::Lang) -> Unlisted {
    let subject = note::Subject { ticket, ..note::Subject::default() };
    let (rendered, _) = note::render(fact, subject, &card_context(scene, lang));
    Unlisted { kind: "note", example: name.to_owned(), scene, lang, rendered }
}
