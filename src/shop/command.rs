//! What can be asked of the books, what they refuse, and what is written when they agree.

use serde::{Deserialize, Serialize};

use crate::ledger::Transaction;
use crate::order::{CloseReason, Order, Quote, RefundReason, Wish};
use crate::orphan::{Orphan, Settlement};
use crate::pool::{Message, Purchased};
use crate::pricing::Margin;
use crate::settings::{Limit, PollEvery, SealedKey, Selling};
use crate::ticket::{Subject, Ticket};
use crate::trouble::{Trouble, Troubles};
use crate::{ErrorCode, Money, OrderId, QuoteId, ServerId, SupplierOrderId, TicketId, UnixSeconds, UserId};

/// An intent. Applied as a whole or refused as a whole; applying one twice is harmless.
#[derive(Debug, Clone, PartialEq, Eq, strum::IntoStaticStr)]
pub enum Command {
    /// A price is shown to a user.
    Quote {
        /// The quote's new name.
        id: QuoteId,
        /// For what.
        wish: Wish,
        /// What the supplier charges.
        cost: Money,
        /// What the user would pay.
        price: Money,
    },
    /// The user buys at a quote.
    Buy {
        /// Which quote.
        quote: QuoteId,
        /// The price that a fresh quote would show now, where the catalogue has one.
        current: Option<Money>,
    },
    /// The user wants a number cancelled and the money back.
    Cancel(OrderId),
    /// The user wants another code on the same number, free of charge.
    Resend(OrderId),
    /// The user wants a look at the supplier's side now.
    CheckNow(OrderId),
    /// The user chooses a language, by its code (`en`, `ar`).
    SetLang(String),
    /// The user asks support something.
    OpenTicket {
        /// The ticket's new number.
        id: TicketId,
        /// What it is about.
        subject: Subject,
        /// What is asked.
        text: String,
        /// The order that it is about; one of somebody else's is left out.
        order: Option<OrderId>,
    },
    /// The user writes more on a ticket.
    WriteTicket {
        /// Which.
        ticket: TicketId,
        /// What.
        text: String,
    },
    /// Support answers a ticket: an admin, or the operator where there is no actor.
    AnswerTicket {
        /// Which.
        ticket: TicketId,
        /// What.
        text: String,
    },

    /// The worker takes a reserved order: from here on the purchase call may have been made.
    StartBuying {
        /// Which.
        order: OrderId,
        /// The process's life.
        boot: u64,
        /// Our balance at the supplier just now, where it lists no orders.
        balance: Option<Money>,
    },
    /// The supplier sold a number.
    Bought {
        /// For which order.
        order: OrderId,
        /// What it gave.
        purchased: Purchased,
    },
    /// The supplier extended a rental.
    Extended {
        /// The extension.
        order: OrderId,
        /// The rental's new end; `None`: as many days after the old one.
        expires_at: Option<UnixSeconds>,
        /// What it cost us; `None`: as quoted.
        cost: Option<Money>,
    },
    /// The supplier's definite no (or nobody was asked): the user gets the money back.
    NotBought {
        /// For which order.
        order: OrderId,
        /// Why.
        reason: RefundReason,
    },
    /// Nobody knows whether the supplier sold: find out.
    BuyingUnknown(OrderId),
    /// Complete lists of the supplier did not show the ambiguous order.
    CleanMiss(OrderId),
    /// Messages arrived for an order. Known ones are skipped.
    Received {
        /// For which order.
        order: OrderId,
        /// All messages that the supplier shows, or the new one.
        messages: Vec<Message>,
    },
    /// An order is to be closed, with a final look and the supplier's refund.
    StartClosing {
        /// Which.
        order: OrderId,
        /// Why.
        reason: CloseReason,
    },
    /// The supplier would not take it back yet.
    RetryClosing {
        /// Which.
        order: OrderId,
        /// When to ask next.
        next_try: UnixSeconds,
    },
    /// The supplier gave the money back, or the deadline has passed.
    Close {
        /// Which.
        order: OrderId,
        /// What the supplier did.
        supplier: SupplierRefund,
    },
    /// A rental can no longer be given back: it is earned.
    RentalKept(OrderId),
    /// A rental's time is over: it is no longer listed.
    RentalEnded(OrderId),
    /// The watch over a refunded order ended while nobody was there to look: it goes on for a moment.
    WatchOn(OrderId),
    /// Another code is on its way under this (new) supplier's id.
    Resent {
        /// The order whose number is reused.
        order: OrderId,
        /// The new order's name.
        child: OrderId,
        /// The supplier's id to watch.
        id: SupplierOrderId,
        /// When it ends.
        expires_at: UnixSeconds,
        /// What the supplier charged us; the user is not charged.
        charge: Money,
    },
    /// The supplier gives no further code on this number, or not for free.
    NoResend(OrderId),
    /// The user wants a rental that sleeps woken.
    Wake(OrderId),
    /// A rental is awake.
    Woken {
        /// Which.
        order: OrderId,
        /// Until when.
        until: UnixSeconds,
    },
    /// The supplier could not wake a rental.
    NotWoken(OrderId),
    /// A supplier's order that no order of ours owns was found.
    Orphaned(Orphan),
    /// The worker takes an orphan: from here on the supplier may have been asked to take it back.
    GiveOrphanBack(SupplierOrderId),
    /// The supplier has not taken it back yet.
    RetryOrphan {
        /// The supplier's id.
        id: SupplierOrderId,
        /// When to ask next.
        next_try: UnixSeconds,
    },
    /// The supplier gave an orphan's cost back, or it never will.
    SettleOrphan {
        /// The supplier's id.
        id: SupplierOrderId,
        /// Which of the two.
        settlement: Settlement,
    },

    /// The operator gives or takes money. The nonce makes a repeat harmless.
    Adjust {
        /// Whose wallet; an unknown user is created.
        user: UserId,
        /// How much; negative takes.
        amount: Money,
        /// Why, for the books.
        reason: String,
        /// The operator's name for this one adjustment.
        nonce: String,
    },
    /// The operator sets a server's margin.
    SetMargin(ServerId, Margin),
    /// The operator switches a server on or off.
    SetSelling(ServerId, Selling),
    /// The operator saves a supplier's key, encrypted.
    SetKey(ServerId, SealedKey),
    /// The operator says how often a server's orders are asked about.
    SetPoll(ServerId, PollEvery),
    /// The operator limits the open orders of a server, or does not any more.
    SetOpenMax(ServerId, Option<u32>),
    /// The operator sets a limit.
    SetLimit(Limit, u32),
    /// The configuration says who answers tickets.
    SetAdmins(Vec<UserId>),
    /// The operator closes a ticket.
    CloseTicket(TicketId),
    /// Something keeps a server from selling.
    Troubled {
        /// Which server.
        server: ServerId,
        /// What.
        trouble: Trouble,
        /// Until when, where that is known.
        until: Option<UnixSeconds>,
        /// The balance that ends it.
        needed: Option<Money>,
    },
    /// It does not any more.
    Recovered {
        /// Which server.
        server: ServerId,
        /// From what.
        trouble: Trouble,
    },
}

/// What a user wants of the supplier's side, now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// A look at it.
    Check,
    /// Another code.
    Resend,
    /// That the rental is woken.
    Wake,
}

/// What a supplier did when an order was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SupplierRefund {
    /// It gave its charge back.
    Confirmed,
    /// It did not say so in time: the loss is ours, and the order is watched on.
    Unconfirmed,
}

/// Why a command is refused. Not an error: a screen says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The wallet does not hold the price.
    NotEnough {
        /// What is missing.
        missing: Money,
    },
    /// The quote is too old, or unknown.
    QuoteExpired,
    /// The quote was bought already; this is the order.
    QuoteUsed(OrderId),
    /// The price is another one now.
    PriceChanged {
        /// What it is now.
        now: Money,
    },
    /// Nothing is sold on this server at the moment.
    NotSelling,
    /// The user has too many open orders.
    TooManyOpen,
    /// The shop has too many open orders, or sold too many within a minute.
    ShopBusy,
    /// The user bought too many within a minute.
    TooFast,
    /// The user is suspended.
    Suspended,
    /// No such order of this user.
    UnknownOrder,
    /// The order is past that: what was wished for cannot be done (any more).
    TooLate,
    /// The rental is being extended: until that is settled it is neither extended again nor given back.
    BeingExtended,
    /// A code must have arrived before another one can be asked for.
    NoCodeYet,
    /// The order was looked at a moment ago.
    JustChecked {
        /// How many seconds ago.
        seconds_ago: i64,
    },
    /// The operator would take more than is there.
    BelowZero {
        /// What is there.
        available: Money,
    },
    /// The same nonce was used for something else.
    NonceUsed,
    /// Too many of the user's tickets wait for an answer.
    TooManyTickets,
    /// The user wrote too much to support within an hour.
    TicketsTooFast,
    /// No such ticket of this user, or nothing more is written on it.
    TicketClosed,
    /// A text for a ticket is empty, or longer than it may be.
    TextTooLong,
}

/// What is written when a command is granted. All of it, in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// A quote, new or used.
    Quote(Quote),
    /// An order, new or changed. The card and the wakes follow from it.
    Order(Box<Order>),
    /// A transaction.
    Post(Transaction),
    /// A message with sound for a user.
    Tell(UserId, Note),
    /// A user's language.
    Lang(UserId, String),
    /// What a user bought last, for shortcuts, and one more purchase of this minute.
    Bought(UserId, Wish),
    /// The supplier's id belongs to this order from now on.
    Owns(SupplierOrderId, OrderId),
    /// A supplier's order without an owner, new or changed.
    Orphan(Orphan),
    /// A setting.
    Margin(ServerId, Margin),
    /// A setting.
    Selling(ServerId, Selling),
    /// A setting.
    Key(ServerId, SealedKey),
    /// A setting.
    Poll(ServerId, PollEvery),
    /// A setting.
    OpenMax(ServerId, Option<u32>),
    /// A setting.
    Limit(Limit, u32),
    /// Who answers tickets.
    Admins(Vec<UserId>),
    /// A ticket, new or changed.
    Ticket(Box<Ticket>),
    /// What keeps a server from selling.
    Troubles(ServerId, Troubles),
    /// Somebody asks for something on the supplier's side.
    Requested(OrderId, Request),
    /// A fact for the operator, counted and shown by `raqam status`.
    Alarm(Alarm),
}

/// A message with sound, as facts; `flows` words it in the user's language when it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// A message arrived on a number.
    Code {
        /// Which order.
        order: OrderId,
        /// Which of its messages, from 0.
        index: u32,
        /// The code itself, so that the row alone can be delivered.
        code: Option<String>,
    },
    /// A number ended without a message; the money is back.
    Expired(OrderId),
    /// A cancelled number's money is back.
    Cancelled(OrderId),
    /// A purchase failed after a while; the money is back.
    Failed(OrderId),
    /// The number cannot receive another code.
    NoResend(OrderId),
    /// A rental could not be given back any more: it stays, and is paid.
    Kept(OrderId),
    /// A rental's time is over.
    RentalEnded(OrderId),
    /// The operator gave money.
    Credited {
        /// How much.
        amount: Money,
    },
    /// For an admin: a user wrote to support.
    Ticket {
        /// Which ticket.
        ticket: TicketId,
        /// Which of its texts, from 0.
        index: u32,
    },
    /// Support answered.
    TicketAnswer {
        /// Which ticket.
        ticket: TicketId,
        /// Which of its texts, from 0.
        index: u32,
    },
    /// For an admin: a ticket was answered.
    TicketAnswered {
        /// Which ticket.
        ticket: TicketId,
        /// Which of its texts, from 0.
        index: u32,
    },
    /// What the user wrote in reply is on the ticket.
    TicketWritten(TicketId),
    /// Support closed a ticket.
    TicketClosed(TicketId),
    /// For an admin: a server does not sell any more, for a while.
    ServerTroubled {
        /// Which server.
        server: ServerId,
        /// Why.
        trouble: Trouble,
        /// Since when.
        since: UnixSeconds,
    },
    /// For an admin: that is over.
    ServerRecovered {
        /// Which server.
        server: ServerId,
        /// What was wrong.
        trouble: Trouble,
        /// Since when.
        since: UnixSeconds,
    },
    /// A reply did not reach a ticket.
    ReplyNotSent {
        /// Which ticket.
        ticket: TicketId,
        /// Why.
        why: NotSent,
    },
}

/// Why a reply did not reach a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotSent {
    /// It was no text.
    NoText,
    /// It was longer than it may be.
    TooLong,
    /// There were too many within an hour.
    TooFast,
    /// Nothing more is written on the ticket.
    Closed,
}

/// A fact for the operator.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::IntoStaticStr, strum::EnumIter,
)]
#[serde(rename_all = "snake_case")]
pub enum Alarm {
    /// Our balance at the supplier is too low.
    BalanceTooLow,
    /// The supplier refuses the key.
    InvalidKey,
    /// A supplier's order without an owner was found.
    Orphan,
    /// A supplier charged more than it said.
    CostAboveQuote,
    /// A supplier answered a purchase with the number of another order.
    DuplicateOrder,
    /// A refund was given to a user that the supplier did not confirm.
    UnconfirmedRefund,
    /// A supplier keeps what an order without an owner cost us.
    WrittenOff,
    /// Nobody could find out whether a supplier that lists no orders charged us: look at our balance there.
    UnclearPurchase,
}

/// The code's alarm, where it is one.
#[must_use]
pub const fn alarm_of(code: ErrorCode) -> Option<Alarm> {
    match code {
        ErrorCode::BalanceTooLow => Some(Alarm::BalanceTooLow),
        ErrorCode::InvalidKey => Some(Alarm::InvalidKey),
        ErrorCode::OutOfStock
        | ErrorCode::Unreachable
        | ErrorCode::Rejected
        | ErrorCode::TimedOut
        | ErrorCode::RateLimited
        | ErrorCode::OrderNotFound
        | ErrorCode::MessageNotFetched
        | ErrorCode::Unexpected
        | ErrorCode::Unavailable => None,
    }
}
