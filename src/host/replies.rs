//! Replies to the bot's own messages about tickets: an admin's is an answer, a user's is one more text. Who may answer is
//! decided by numeric ids alone.

use shop::UserId;
use shop::command::{Command, NotSent, Note, Refusal};
use shop::ticket::{Author, Ticket};
use store::{Intent, Outcome, ReplyStep, Side, Standing, TicketMessage};
use telegram::host::{HostResult, Replied, Reply};

use super::{ShopHost, broken};

impl ShopHost {
    /// Takes a reply to a message about a ticket. Everything else goes on to the conversation.
    pub(super) async fn take_reply(&self, user: UserId, reply: &Reply, update: i64) -> HostResult<Replied> {
        let Some(TicketMessage { ticket, side }) = self.replied_to(user, reply.to)? else { return Ok(Replied::Not) };
        let step = |commands, tells| {
            let now = self.shell.office.clock.now();
            Intent::Reply(Box::new(ReplyStep { user, update, commands, tells, now }))
        };
        let not_sent = |why| step(vec![], vec![Note::ReplyNotSent { ticket, why }]);
        let Some(text) = reply.text.clone() else {
            self.apply(not_sent(NotSent::NoText)).await?;
            return Ok(Replied::Taken);
        };
        let intent = match side {
            Side::Admin => step(vec![Command::AnswerTicket { ticket, text }], vec![]),
            Side::User => step(vec![Command::WriteTicket { ticket, text }], vec![Note::TicketWritten(ticket)]),
        };
        match self.apply(intent).await? {
            Outcome::Refused(refusal) => self.apply(not_sent(why(&refusal))).await.map(drop)?,
            Outcome::Stored(_) | Outcome::Conflict | Outcome::TakenIn(_) | Outcome::Reserved(_) | Outcome::Done => {}
        }
        Ok(Replied::Taken)
    }

    /// What a message is about, where this person may reply to it.
    fn replied_to(&self, user: UserId, message_id: i32) -> HostResult<Option<TicketMessage>> {
        let store = &self.shell.office.store;
        let Some(message) = store.ticket_message(user, message_id).map_err(broken)? else { return Ok(None) };
        let may = match message.side {
            Side::Admin => store.settings().map_err(broken)?.admins.contains(&user),
            Side::User => self.user(user.0)?.standing == Standing::Welcome,
        };
        Ok(may.then_some(message))
    }

    /// The ticket that a message is about, and the first name of whoever wrote what it tells.
    pub(super) fn ticket_of(&self, note: &Note) -> HostResult<(Option<Ticket>, String)> {
        let store = &self.shell.office.store;
        let (id, index) = match *note {
            Note::Ticket { ticket, index }
            | Note::TicketAnswer { ticket, index }
            | Note::TicketAnswered { ticket, index } => (ticket, index),
            // These say no more than a number, or are about no ticket.
            Note::TicketWritten(_)
            | Note::TicketClosed(_)
            | Note::ServerTroubled { .. }
            | Note::ServerRecovered { .. }
            | Note::ReplyNotSent { .. }
            | Note::Code { .. }
            | Note::Expired(_)
            | Note::Cancelled(_)
            | Note::Failed(_)
            | Note::NoResend(_)
            | Note::Kept(_)
            | Note::RentalEnded(_)
            | Note::Credited { .. } => return Ok((None, String::new())),
        };
        let Some(ticket) = store.ticket(id).map_err(broken)? else { return Ok((None, String::new())) };
        let author = match ticket.text(index).map(|written| written.by) {
            Some(Author::User) => Some(ticket.user),
            Some(Author::Admin(admin)) => Some(admin),
            Some(Author::Operator) | None => None,
        };
        let name = match author {
            Some(author) => self.user(author.0)?.name,
            None => String::new(),
        };
        Ok((Some(ticket), name))
    }
}

/// Why the books did not take a reply.
const fn why(refusal: &Refusal) -> NotSent {
    match refusal {
        Refusal::TextTooLong => NotSent::TooLong,
        Refusal::TicketsTooFast => NotSent::TooFast,
        Refusal::TicketClosed
        // The rest is refused to nobody who replies.
        | Refusal::TooManyTickets
        | Refusal::NotEnough { .. }
        | Refusal::QuoteExpired
        | Refusal::QuoteUsed(_)
        | Refusal::PriceChanged { .. }
        | Refusal::NotSelling
        | Refusal::TooManyOpen
        | Refusal::ShopBusy
        | Refusal::TooFast
        | Refusal::Suspended
        | Refusal::UnknownOrder
        | Refusal::TooLate
        | Refusal::BeingExtended
        | Refusal::NoCodeYet
        | Refusal::JustChecked { .. }
        | Refusal::BelowZero { .. }
        | Refusal::NonceUsed => NotSent::Closed,
    }
}
