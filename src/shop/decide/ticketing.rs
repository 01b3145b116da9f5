//! Support tickets: opened, written to and closed. Limits keep one user from flooding the operators.

use super::Facts;
use crate::command::{Note, Refusal, Write};
use crate::ids::TicketId;
use crate::ticket::{self, ADDED_MAX, Author, OPENED_MAX, State, Subject, TEXTS_MAX, Ticket, WAITING_MAX, Written};
use crate::{OrderId, UserId};

/// A user asks the operators something.
pub(super) fn open(
    user: UserId,
    (id, subject, text): (TicketId, &Subject, &str),
    order: Option<OrderId>,
    facts: &Facts,
) -> Result<Vec<Write>, Refusal> {
    if let Some(ticket) = &facts.ticket {
        return if ticket.user == user { Ok(Vec::new()) } else { Err(Refusal::TicketClosed) };
    }
    if facts.tickets.waiting >= WAITING_MAX {
        return Err(Refusal::TooManyTickets);
    }
    if facts.tickets.opened >= OPENED_MAX {
        return Err(Refusal::TicketsTooFast);
    }
    let text = ticket::kept(text, ticket::TEXT_UNITS_MAX).ok_or(Refusal::TextTooLong)?;
    let own = facts.order.as_ref().is_some_and(|order| order.user == user);
    let ticket = Ticket {
        id,
        user,
        subject: subject.clone(),
        order: order.filter(|_| own),
        opened_at: facts.now,
        state: State::Waiting,
        texts: vec![Written { by: Author::User, text: text.to_owned(), at: facts.now }],
    };
    Ok(told(ticket, facts))
}

/// A user writes more.
pub(super) fn write(user: UserId, text: &str, facts: &Facts) -> Result<Vec<Write>, Refusal> {
    let ticket = facts.ticket.as_ref().filter(|ticket| ticket.user == user).ok_or(Refusal::TicketClosed)?;
    let text = ticket::kept(text, ticket::TEXT_UNITS_MAX).ok_or(Refusal::TextTooLong)?;
    let Some(longer) = with(ticket, Author::User, text, State::Waiting, facts)? else { return Ok(Vec::new()) };
    if ticket.added_lately(facts.now) >= ADDED_MAX {
        return Err(Refusal::TicketsTooFast);
    }
    Ok(told(longer, facts))
}

/// An admin (or, without an actor, an operator at the command line) answers. All admins hear who did.
pub(super) fn answer(actor: Option<UserId>, text: &str, facts: &Facts) -> Result<Vec<Write>, Refusal> {
    let by = match actor {
        None => Author::Operator,
        Some(user) if facts.settings.admins.contains(&user) => Author::Admin(user),
        Some(_) => return Err(Refusal::TicketClosed),
    };
    let ticket = facts.ticket.as_ref().ok_or(Refusal::TicketClosed)?;
    let text = ticket::kept(text, ticket::ANSWER_UNITS_MAX).ok_or(Refusal::TextTooLong)?;
    let Some(longer) = with(ticket, by, text, State::Answered, facts)? else { return Ok(Vec::new()) };
    let (ticket, index) = (longer.id, newest(&longer));
    let mut writes = vec![Write::Tell(longer.user, Note::TicketAnswer { ticket, index })];
    writes
        .extend(facts.settings.admins.iter().map(|admin| Write::Tell(*admin, Note::TicketAnswered { ticket, index })));
    writes.push(Write::Ticket(Box::new(longer)));
    Ok(writes)
}

/// The operator closes it: its user is told.
pub(super) fn close(facts: &Facts) -> Result<Vec<Write>, Refusal> {
    let ticket = facts.ticket.as_ref().ok_or(Refusal::TicketClosed)?;
    if ticket.state == State::Closed {
        return Ok(Vec::new());
    }
    let closed = Ticket { state: State::Closed, ..ticket.clone() };
    Ok(vec![Write::Tell(ticket.user, Note::TicketClosed(ticket.id)), Write::Ticket(Box::new(closed))])
}

/// The operator names the admins. Who is new hears of everything that waits, for nobody may have heard of it.
pub(super) fn appoint(admins: &[UserId], facts: &Facts) -> Vec<Write> {
    let unanswered = facts.tickets_waiting.iter().flat_map(|ticket| {
        let answered = ticket.texts.iter().rposition(|written| written.by != Author::User).map_or(0, |place| place + 1);
        let indices = (0..).take(ticket.texts.len()).skip(answered);
        indices.map(|index| Note::Ticket { ticket: ticket.id, index })
    });
    let unanswered: Vec<Note> = unanswered.collect();
    let new = admins.iter().filter(|admin| !facts.settings.admins.contains(admin));
    let told = new.flat_map(|admin| unanswered.iter().map(|note| Write::Tell(*admin, note.clone())));
    [Write::Admins(admins.to_vec())].into_iter().chain(told).collect()
}

/// The ticket with one more text. `None` where that text is its newest already: the same intent once more.
fn with(ticket: &Ticket, by: Author, text: &str, state: State, facts: &Facts) -> Result<Option<Ticket>, Refusal> {
    // What waits can be answered, however long the talk is.
    let full = by == Author::User && ticket.texts.len() >= TEXTS_MAX;
    if ticket.state == State::Closed || full {
        return Err(Refusal::TicketClosed);
    }
    if ticket.texts.last().is_some_and(|last| last.by == by && last.text == text) {
        return Ok(None);
    }
    let mut longer = Ticket { state, ..ticket.clone() };
    longer.texts.push(Written { by, text: text.to_owned(), at: facts.now });
    Ok(Some(longer))
}

/// A user's ticket with its newest text goes to all admins.
fn told(ticket: Ticket, facts: &Facts) -> Vec<Write> {
    let note = Note::Ticket { ticket: ticket.id, index: newest(&ticket) };
    let admins = facts.settings.admins.iter().map(|admin| Write::Tell(*admin, note.clone()));
    admins.chain([Write::Ticket(Box::new(ticket))]).collect()
}

fn newest(ticket: &Ticket) -> u32 {
    u32::try_from(ticket.texts.len().saturating_sub(1)).unwrap_or(u32::MAX)
}
