//! What a command looks at, gathered from the books: the arguments of [`shop::decide::decide`].

use shop::command::Command;
use shop::decide::Facts;
use shop::ledger::{Key, Wallet};
use shop::order::{Order, Quote};
use shop::orphan::Orphan;
use shop::{OrderId, QuoteId, SupplierOrderId, TicketId, UnixSeconds, UserId};

use crate::intent::Standing;
use crate::orders::{OPEN_ORDERS, open_orders_at};
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
    let quote = names.quote.map_or(Ok(None), |quote| books.quote(quote))?;
    let rental = rental_of(books, quote.as_ref(), order.as_ref())?;
    let user = actor.or(names.user).or_else(|| order.as_ref().map(|order| order.user));
    let owner = names.supplier.map_or(Ok(None), |id| books.owner(id))?;
    let row = user.map_or(Ok(None), |user| books.user_row(user))?;
    let purchases_of_user = row.as_ref().map_or(0, |row| row.purchases.until(now));
    let open = |count: &str| books.number(count).map(|open| u32::try_from(open).unwrap_or(u32::MAX));
    Ok(Facts {
        now,
        wallet: names.user.or(user).map_or(Ok(Wallet::default()), |user| books.wallet(user))?,
        suspended: row.is_some_and(|row| row.standing == Standing::Suspended),
        settings: books.settings()?,
        is_being_extended: is_being_extended(books, command, rental.as_ref().or(order.as_ref()))?,
        order,
        rental,
        owner: owner.and_then(|owner| match owner {
            Owner::Order(order) => Some(order),
            Owner::Orphan => None,
        }),
        orphan: names.supplier.map_or(Ok(None), |id| books.orphan(id))?,
        adjusted: names
            .nonce
            .map_or(Ok(None), |nonce| books.transaction_of(&Key::Adjust(nonce.to_owned()).to_string()))?,
        open_of_user: user.map_or(Ok(0), |user| open_of(books, user))?,
        open_in_all: open(OPEN_ORDERS)?,
        open_at_server: quote.as_ref().map_or(Ok(0), |quote| open(&open_orders_at(quote.wish.server)))?,
        quote,
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

/// The rental that a quote or an order is to extend.
fn rental_of(books: &impl Read, quote: Option<&Quote>, order: Option<&Order>) -> Result<Option<Order>> {
    let wish = quote.map(|quote| &quote.wish).or(order.map(|order| &order.wish));
    wish.and_then(|wish| wish.extends).map_or(Ok(None), |rental| books.order(rental))
}

/// Whether an extension of this rental is open, for those commands that ask.
fn is_being_extended(books: &impl Read, command: &Command, rental: Option<&Order>) -> Result<bool> {
    let (Command::Buy { .. } | Command::Cancel(_), Some(rental)) = (command, rental) else { return Ok(false) };
    if !rental.is_rental() {
        return Ok(false);
    }
    for (order, watch) in books.watched_of(rental.user)? {
        let extends = if watch == Watch::Open { books.order(order)?.and_then(|it| it.wish.extends) } else { None };
        if extends == Some(rental.id) {
            return Ok(true);
        }
    }
    Ok(false)
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
        | Command::SetPoll(..)
        | Command::SetOpenMax(..)
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
        | Command::Extended { order, .. }
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
