//! What a command looks at, gathered from the books: the arguments of [`shop::decide::decide`].

use shop::command::Command;
use shop::decide::Facts;
use shop::ledger::{Key, Wallet};
use shop::orphan::Orphan;
use shop::{OrderId, QuoteId, SupplierOrderId, TicketId, UnixSeconds, UserId};

use crate::intent::Standing;
use crate::read::{Read, Result};
use crate::rows::{Owner, Watch};
use crate::tickets;

/// What a command names.
#[derive(Default)]
struct Names<'c> {
    user: Option<UserId>,
    quote: Option<QuoteId>,
    order: Option<OrderId>,
    supplier: Option<&'c SupplierOrderId>,
    nonce: Option<&'c str>,
    ticket: Option<TicketId>,
}

/// The facts for one command.
pub(crate) fn gather(books: &impl Read, actor: Option<UserId>, command: &Command, now: UnixSeconds) -> Result<Facts> {
    let names = names(command);
    let order = names.order.map_or(Ok(None), |order| books.order(order))?;
    let user = actor.or(names.user).or_else(|| order.as_ref().map(|order| order.user));
    let owner = names.supplier.map_or(Ok(None), |id| books.owner(id))?;
    let row = user.map_or(Ok(None), |user| books.user_row(user))?;
    let purchases_of_user = row.as_ref().map_or(0, |row| row.purchases.until(now));
    Ok(Facts {
        now,
        wallet: names.user.or(user).map_or(Ok(Wallet::default()), |user| books.wallet(user))?,
        suspended: row.is_some_and(|row| row.standing == Standing::Suspended),
        settings: books.settings()?,
        quote: names.quote.map_or(Ok(None), |quote| books.quote(quote))?,
        order,
        owner: owner.and_then(|owner| match owner {
            Owner::Order(order) => Some(order),
            Owner::Orphan => None,
        }),
        orphan: names.supplier.map_or(Ok(None), |id| books.orphan(id))?,
        adjusted: names
            .nonce
            .map_or(Ok(None), |nonce| books.transaction_of(&Key::Adjust(nonce.to_owned()).to_string()))?,
        open_of_user: user.map_or(Ok(0), |user| open_of(books, user))?,
        open_in_all: u32::try_from(books.number("open_orders")?).unwrap_or(u32::MAX),
        purchases_of_user,
        ticket: names.ticket.map_or(Ok(None), |ticket| books.ticket(ticket))?,
        tickets: match (names.ticket, actor) {
            (Some(_), Some(user)) => tickets::count(books, user, now)?,
            (None, _) | (_, None) => Default::default(),
        },
        tickets_waiting: if matches!(command, Command::SetAdmins(_)) {
            tickets::all_waiting(books)?
        } else {
            Vec::new()
        },
        purchases_in_all: names.quote.map_or(Ok(0), |_| books.purchases().map(|purchases| purchases.until(now)))?,
    })
}

/// How many orders of a user hold money.
fn open_of(books: &impl Read, user: UserId) -> Result<u32> {
    let open = books.watched_of(user)?.iter().filter(|(_, watch)| *watch == Watch::Open).count();
    Ok(u32::try_from(open).unwrap_or(u32::MAX))
}

fn names(command: &Command) -> Names<'_> {
    match command {
        Command::Quote { .. }
        | Command::SetLang(_)
        | Command::SetMargin(..)
        | Command::SetSelling(..)
        | Command::SetKey(..)
        | Command::SetAdmins(_)
        | Command::Troubled { .. }
        | Command::Recovered { .. }
        | Command::SetLimit(..) => Names::default(),
        Command::Buy { quote, .. } => Names { quote: Some(*quote), ..Names::default() },
        Command::Cancel(order)
        | Command::Resend(order)
        | Command::NoResend(order)
        | Command::Wake(order)
        | Command::NotWoken(order)
        | Command::Woken { order, .. }
        | Command::CheckNow(order)
        | Command::BuyingUnknown(order)
        | Command::CleanMiss(order)
        | Command::RentalKept(order)
        | Command::RentalEnded(order)
        | Command::WatchOn(order)
        | Command::StartBuying { order, .. }
        | Command::NotBought { order, .. }
        | Command::Received { order, .. }
        | Command::StartClosing { order, .. }
        | Command::RetryClosing { order, .. }
        | Command::Close { order, .. } => Names { order: Some(*order), ..Names::default() },
        Command::Bought { order, purchased } => {
            Names { order: Some(*order), supplier: Some(&purchased.id), ..Names::default() }
        }
        Command::Resent { order, id, .. } => Names { order: Some(*order), supplier: Some(id), ..Names::default() },
        Command::Orphaned(Orphan { id, .. })
        | Command::GiveOrphanBack(id)
        | Command::RetryOrphan { id, .. }
        | Command::SettleOrphan { id, .. } => Names { supplier: Some(id), ..Names::default() },
        Command::OpenTicket { id, order, .. } => Names { ticket: Some(*id), order: *order, ..Names::default() },
        Command::WriteTicket { ticket, .. } | Command::AnswerTicket { ticket, .. } | Command::CloseTicket(ticket) => {
            Names { ticket: Some(*ticket), ..Names::default() }
        }
        Command::Adjust { user, nonce, .. } => Names { user: Some(*user), nonce: Some(nonce), ..Names::default() },
    }
}
