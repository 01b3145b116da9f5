//! Support tickets at the command line: listed, shown, answered, closed. Their texts are shown to the operator who asks
//! for them, and never logged.

use std::fmt::Write as _;

use shop::TicketId;
use shop::command::{Command, Refusal};
use shop::ticket::{Author, State, Subject, Ticket};
use store::{Outcome, StoreError};

use super::{Answer, Listed, Operator};

/// How many of the newest tickets are listed, and of a ticket's newest texts shown: an answer fits on the control socket.
const LISTED_MAX: usize = 200;
const TEXTS_SHOWN_MAX: usize = 20;

impl Operator {
    pub(super) fn tickets(&self, listed: Listed) -> Result<Answer, StoreError> {
        let wanted = |ticket: &Ticket| listed == Listed::All || ticket.state == State::Waiting;
        let tickets = self.office.store.tickets()?;
        let lines: Vec<String> = tickets.iter().filter(|ticket| wanted(ticket)).map(line).collect();
        let older = lines.len().saturating_sub(LISTED_MAX);
        let head = (older > 0).then(|| format!("({older} older ones are left out)"));
        let shown: Vec<String> = head.into_iter().chain(lines.into_iter().skip(older)).collect();
        Ok(Answer::granted(if shown.is_empty() { "No tickets.".to_owned() } else { shown.join("\n") }))
    }

    pub(super) fn show_ticket(&self, id: TicketId) -> Result<Answer, StoreError> {
        let Some(ticket) = self.office.store.ticket(id)? else { return Ok(unknown(id)) };
        let mut text = line(&ticket);
        let older = ticket.texts.len().saturating_sub(TEXTS_SHOWN_MAX);
        if older > 0 {
            let _ = write!(text, "\n\n({older} older texts are left out)");
        }
        for written in ticket.texts.iter().skip(older) {
            let by = match written.by {
                Author::User => "user".to_owned(),
                Author::Admin(admin) => format!("admin {}", admin.0),
                Author::Operator => "operator".to_owned(),
            };
            let _ = write!(text, "\n\n[{}] {by}:\n{}", written.at, indented(&written.text));
        }
        Ok(Answer::granted(text))
    }

    pub(super) async fn answer_ticket(&self, ticket: TicketId, text: String) -> Result<Answer, StoreError> {
        self.on_ticket(ticket, Command::AnswerTicket { ticket, text }, "is answered").await
    }

    pub(super) async fn close_ticket(&self, ticket: TicketId) -> Result<Answer, StoreError> {
        self.on_ticket(ticket, Command::CloseTicket(ticket), "is closed").await
    }

    async fn on_ticket(&self, id: TicketId, command: Command, done: &str) -> Result<Answer, StoreError> {
        if self.office.store.ticket(id)?.is_none() {
            return Ok(unknown(id));
        }
        Ok(match self.office.command(vec![command]).await? {
            Outcome::Refused(Refusal::TextTooLong) => {
                Answer::refused("the text is empty or too long: nothing was sent")
            }
            Outcome::Refused(_) => Answer::refused(format!("ticket {} is closed: nothing was sent", id.0)),
            Outcome::Stored(_) | Outcome::Conflict | Outcome::TakenIn(_) | Outcome::Reserved(_) | Outcome::Done => {
                Answer::granted(format!("Ticket {} {done}.", id.0))
            }
        })
    }
}

fn unknown(id: TicketId) -> Answer {
    Answer::refused(format!("there is no ticket {}", id.0))
}

/// `12  waiting  user 1001  order 002F  Code  1 text`
fn line(ticket: &Ticket) -> String {
    let state: &'static str = ticket.state.into();
    let subject = match &ticket.subject {
        Subject::Code | Subject::Payment | Subject::Other => <&'static str>::from(&ticket.subject).to_owned(),
        Subject::Typed(typed) => format!("“{}”", harmless(typed)),
    };
    let order = ticket.order.map_or_else(|| "-".to_owned(), |order| order.to_string());
    format!("{}  {state}  user {}  order {order}  {subject}  {} texts", ticket.id.0, ticket.user.0, ticket.texts.len())
}

/// No line of what somebody wrote can pass for the head of another's text.
fn indented(text: &str) -> String {
    harmless(text).lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

/// Nothing in it moves a terminal's cursor, or turns around what stands beside it.
fn harmless(text: &str) -> String {
    let turns = |letter: char| matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(|letter| *letter == '\n' || !(letter.is_control() || turns(*letter))).collect()
}
