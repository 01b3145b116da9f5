//! What a command does to the books: facts in, writes or a refusal out. Shared by every storage and by the models.
//!
//! Each function here handles one intent. All of them are safe to apply twice: an order that is already past the
//! intent gives no writes, and no transaction can be posted under the same key again.

mod buying;
mod closing;
mod extending;
mod orphaning;
mod receiving;
mod ticketing;
mod troubling;

use crate::command::{Command, Note, Refusal, Write};
use crate::ledger::{self, Transaction, Wallet};
use crate::order::{Order, Quote, Wake};
use crate::orphan::Orphan;
use crate::settings::Settings;
use crate::ticket::{self, Ticket};
use crate::{OrderId, ServerId, UnixSeconds, UserId};

/// What the books say, as far as a command looks at it.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// The time.
    pub now: UnixSeconds,
    /// What the user in question has.
    pub wallet: Wallet,
    /// Whether the user is suspended.
    pub suspended: bool,
    /// The settings.
    pub settings: Settings,
    /// The quote in question.
    pub quote: Option<Quote>,
    /// The order in question.
    pub order: Option<Order>,
    /// The rental that the quote or order in question is to extend.
    pub rental: Option<Order>,
    /// Whether an extension of the rental in question is open.
    pub is_being_extended: bool,
    /// Who owns the supplier's id in question.
    pub owner: Option<OrderId>,
    /// The supplier's order in question, where nobody owns it.
    pub orphan: Option<Orphan>,
    /// The adjustment that was made under the nonce in question.
    pub adjusted: Option<Transaction>,
    /// Open orders of the user.
    pub open_of_user: u32,
    /// Open orders of all users.
    pub open_in_all: u32,
    /// Open orders of all users at the server that a quote in question names.
    pub open_at_server: u32,
    /// Purchases of the user within the last minute.
    pub purchases_of_user: u32,
    /// Purchases of all users within the last minute.
    pub purchases_in_all: u32,
    /// The ticket in question.
    pub ticket: Option<Ticket>,
    /// The user's tickets.
    pub tickets: ticket::Count,
    /// All tickets that wait for an answer, oldest first: only where new admins are told of them.
    pub tickets_waiting: Vec<Ticket>,
}

/// Decides a command. `actor` is the user whose step it is part of; `None` for the shop's own and the operator's.
///
/// # Errors
/// A [`Refusal`]: nothing is to be written.
pub fn decide(actor: Option<UserId>, command: &Command, facts: &Facts) -> Result<Vec<Write>, Refusal> {
    match command {
        Command::Quote { id, wish, cost, price } => {
            let user = actor.ok_or(Refusal::UnknownOrder)?;
            let (wish, quoted_at) = (wish.clone(), facts.now);
            Ok(vec![Write::Quote(Quote { id: *id, user, wish, cost: *cost, price: *price, quoted_at, used_by: None })])
        }
        Command::Buy { current, .. } => buying::buy(actor.ok_or(Refusal::UnknownOrder)?, *current, facts),
        Command::StartBuying { boot, balance, .. } => buying::start(*boot, *balance, facts),
        Command::Bought { purchased, .. } => buying::bought(purchased, facts),
        Command::Extended { expires_at, cost, .. } => extending::extended(*expires_at, *cost, facts),
        Command::NotBought { reason, .. } => buying::not_bought(*reason, facts),
        Command::BuyingUnknown(_) => buying::unknown(facts),
        Command::CleanMiss(_) => buying::clean_miss(facts),
        Command::Orphaned(orphan) => Ok(orphaning::found(orphan, facts)),
        Command::GiveOrphanBack(_) => orphaning::start(facts),
        Command::RetryOrphan { next_try, .. } => orphaning::retry(*next_try, facts),
        Command::SettleOrphan { settlement, .. } => orphaning::settle(*settlement, facts),
        Command::Received { messages, .. } => receiving::received(messages, facts),
        Command::RentalKept(_) => receiving::rental_kept(facts),
        Command::RentalEnded(_) => receiving::rental_ended(facts),
        Command::WatchOn(_) => closing::watch_on(facts),
        Command::CheckNow(_) => receiving::check_now(own_order(actor, facts)?, facts),
        Command::Resend(_) => receiving::resend(own_order(actor, facts)?, facts),
        Command::Resent { child, id, expires_at, charge, .. } => {
            receiving::resent(*child, id, *expires_at, *charge, facts)
        }
        Command::NoResend(_) => order(facts).map(|order| vec![Write::Tell(order.user, Note::NoResend(order.id))]),
        Command::Wake(_) => receiving::wake(own_order(actor, facts)?, facts),
        Command::Woken { until, .. } => receiving::woken(Wake::Awake { until: *until }, facts),
        Command::NotWoken(_) => receiving::woken(Wake::Failed { at: facts.now }, facts),
        Command::Cancel(_) => closing::cancel(own_order(actor, facts)?, facts),
        Command::StartClosing { reason, .. } => closing::start(*reason, facts),
        Command::RetryClosing { next_try, .. } => closing::retry(*next_try, facts),
        Command::Close { supplier, .. } => closing::close(*supplier, facts),
        Command::OpenTicket { id, subject, text, order } => {
            ticketing::open(actor.ok_or(Refusal::TicketClosed)?, (*id, subject, text), *order, facts)
        }
        Command::WriteTicket { text, .. } => ticketing::write(actor.ok_or(Refusal::TicketClosed)?, text, facts),
        Command::AnswerTicket { text, .. } => ticketing::answer(actor, text, facts),
        Command::CloseTicket(_) => ticketing::close(facts),
        Command::SetAdmins(admins) => Ok(ticketing::appoint(admins, facts)),
        Command::SetLang(lang) => Ok(vec![Write::Lang(actor.ok_or(Refusal::UnknownOrder)?, lang.clone())]),
        Command::Adjust { user, amount, reason, nonce } => {
            let transaction = ledger::adjust(*user, *amount, reason, nonce, facts.now);
            adjust(*user, transaction, facts)
        }
        Command::SetMargin(server, margin) => Ok(vec![Write::Margin(*server, *margin)]),
        Command::SetSelling(server, selling) => Ok(changed(*server, Write::Selling(*server, *selling), facts)),
        Command::SetKey(server, key) => Ok(changed(*server, Write::Key(*server, key.clone()), facts)),
        Command::Troubled { server, trouble, until, needed } => {
            Ok(troubling::begin(*server, *trouble, (*until, *needed), facts))
        }
        Command::Recovered { server, trouble } => Ok(troubling::end(*server, *trouble, facts)),
        Command::SetPoll(server, every) => Ok(vec![Write::Poll(*server, *every)]),
        Command::SetOpenMax(server, most) => Ok(vec![Write::OpenMax(*server, *most)]),
        Command::SetLimit(limit, number) => Ok(vec![Write::Limit(*limit, *number)]),
    }
}

/// A setting that may have been the reason of a trouble.
fn changed(server: ServerId, setting: Write, facts: &Facts) -> Vec<Write> {
    [setting].into_iter().chain(troubling::end_with_settings(server, facts)).collect()
}

/// The same nonce with the same amount is the same adjustment: nothing more to write. With another one it is refused.
fn adjust(user: UserId, transaction: Transaction, facts: &Facts) -> Result<Vec<Write>, Refusal> {
    let amount = transaction.available_delta();
    if let Some(before) = &facts.adjusted {
        let same = before.user == Some(user) && before.available_delta() == amount;
        return if same { Ok(Vec::new()) } else { Err(Refusal::NonceUsed) };
    }
    let available = facts.wallet.available;
    let after = available.checked_add(amount).filter(|after| !after.is_negative());
    if after.is_none() {
        return Err(Refusal::BelowZero { available });
    }
    let mut writes = vec![Write::Post(transaction)];
    if amount > crate::Money::ZERO {
        writes.push(Write::Tell(user, Note::Credited { amount }));
    }
    Ok(writes)
}

/// The order in question, where it is the actor's own.
fn own_order(actor: Option<UserId>, facts: &Facts) -> Result<&Order, Refusal> {
    facts.order.as_ref().filter(|order| Some(order.user) == actor).ok_or(Refusal::UnknownOrder)
}

/// The order in question, for the shop's own commands.
fn order(facts: &Facts) -> Result<&Order, Refusal> {
    facts.order.as_ref().ok_or(Refusal::UnknownOrder)
}

fn put(order: Order) -> Write {
    Write::Order(Box::new(order))
}
