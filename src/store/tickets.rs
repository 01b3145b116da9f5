//! Support tickets: the talks themselves, whose they are, and which messages in chats speak of them.

use serde::{Deserialize, Serialize};
use shop::command::Note;
use shop::ticket::{Count, State, Ticket, WITHIN_S};
use shop::{TicketId, UnixSeconds, UserId};

use crate::codec::decode;
use crate::draft::Draft;
use crate::error::StoreError;
use crate::query::all;
use crate::read::{Read, Result, Sort, Span};
use crate::rows::TellRow;
use crate::store::Store;
use crate::tables::{Tab, one, two};

/// Whether a ticket waits, and since when it is there: what the limits count.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct TicketMark {
    waiting: bool,
    opened_at: UnixSeconds,
}

/// To whom a message about a ticket went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// To an admin: a reply to it is an answer.
    Admin,
    /// To the ticket's user: a reply to it is one more text.
    User,
}

/// A message that speaks of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketMessage {
    /// Which ticket.
    pub ticket: TicketId,
    /// To whom it went.
    pub side: Side,
}

impl TicketMessage {
    /// What a reply to this message would be about.
    const fn of(note: &Note) -> Option<Self> {
        match *note {
            Note::Ticket { ticket, .. } | Note::TicketAnswered { ticket, .. } => {
                Some(Self { ticket, side: Side::Admin })
            }
            Note::TicketAnswer { ticket, .. } | Note::TicketWritten(ticket) | Note::TicketClosed(ticket) => {
                Some(Self { ticket, side: Side::User })
            }
            Note::ServerTroubled { .. }
            | Note::ServerRecovered { .. }
            | Note::ReplyNotSent { .. }
            | Note::Code { .. }
            | Note::Expired(_)
            | Note::Cancelled(_)
            | Note::Failed(_)
            | Note::NoResend(_)
            | Note::Kept(_)
            | Note::RentalEnded(_)
            | Note::Credited { .. } => None,
        }
    }
}

/// Writes a ticket with what the limits count.
pub(crate) fn put(draft: &mut Draft<'_, '_>, ticket: &Ticket) -> Result<()> {
    let mark = TicketMark { waiting: ticket.state == State::Waiting, opened_at: ticket.opened_at };
    draft.put(Tab::UserTickets, two(ticket.user.0, ticket.id.0), &mark)?;
    draft.put(Tab::Tickets, one(ticket.id.0), ticket)
}

/// A note stands in somebody's chat: replies to it are understood from now on.
pub(crate) fn delivered(draft: &mut Draft<'_, '_>, user: UserId, note: &Note, message_id: i32) -> Result<()> {
    match TicketMessage::of(note) {
        Some(message) => draft.put(Tab::TicketMessages, message_key(user, message_id), &message),
        None => Ok(()),
    }
}

/// How many tickets of this user the limits count.
pub(crate) fn count(books: &impl Read, user: UserId, now: UnixSeconds) -> Result<Count> {
    let mut count = Count::default();
    books.scan(Tab::UserTickets, &Span::of(user.0), Sort::Ascending, &mut |_, bytes| {
        let mark: TicketMark = decode(bytes)?;
        count.waiting += u32::from(mark.waiting);
        count.opened += u32::from((0..WITHIN_S).contains(&(now - mark.opened_at)));
        Ok(true)
    })?;
    Ok(count)
}

/// How many tickets wait for an answer.
pub(crate) fn waiting(books: &impl Read) -> Result<u64> {
    let mut waiting = 0;
    books.scan(Tab::UserTickets, &Span::all(), Sort::Ascending, &mut |_, bytes| {
        waiting += u64::from(decode::<TicketMark>(bytes)?.waiting);
        Ok(true)
    })?;
    Ok(waiting)
}

/// The tickets that wait for an answer.
pub(crate) fn all_waiting(books: &impl Read) -> Result<Vec<Ticket>> {
    let mut waiting = Vec::new();
    books.scan(Tab::Tickets, &Span::all(), Sort::Ascending, &mut |_, bytes| {
        let ticket: Ticket = decode(bytes)?;
        waiting.extend((ticket.state == State::Waiting).then_some(ticket));
        Ok(true)
    })?;
    Ok(waiting)
}

/// What was to be told to admins who are none among these any more is not told.
pub(crate) fn withdraw(draft: &mut Draft<'_, '_>, admins: &[UserId]) -> Result<()> {
    let before = draft.settings()?.admins;
    for admin in before.iter().filter(|admin| !admins.contains(admin)) {
        for (key, bytes) in draft.rows(Tab::Outbox, &Span::of(admin.0), Sort::Ascending, usize::MAX)? {
            let row: TellRow = decode(&bytes)?;
            if TicketMessage::of(&row.note).is_some_and(|message| message.side == Side::Admin) {
                draft.remove(Tab::Outbox, key);
            }
        }
    }
    Ok(())
}

fn message_key(user: UserId, message_id: i32) -> Vec<u8> {
    two(user.0, u64::from(message_id.cast_unsigned()))
}

#[expect(clippy::missing_errors_doc, reason = "the queries fail alike: see `query`")]
impl Store {
    /// A ticket.
    pub fn ticket(&self, ticket: TicketId) -> std::result::Result<Option<Ticket>, StoreError> {
        self.snapshot()?.ticket(ticket)
    }

    /// All tickets, oldest first.
    pub fn tickets(&self) -> std::result::Result<Vec<Ticket>, StoreError> {
        all(&self.snapshot()?, Tab::Tickets)
    }

    /// What a message in somebody's chat says of a ticket.
    pub fn ticket_message(
        &self,
        user: UserId,
        message_id: i32,
    ) -> std::result::Result<Option<TicketMessage>, StoreError> {
        self.snapshot()?.row(Tab::TicketMessages, &message_key(user, message_id))
    }
}
