//! A person's orders, quotes and money in memory: what [`Person`](crate::Person)'s commands are decided against, by the
//! very function that decides them in the shop. No store: nothing here is kept, and there is one person alone.

use std::collections::BTreeMap;

use flows::env::{HistoryPage, HistoryRequest, Movement, PAGE_ROWS, StatementPage};
use flows::orders::Filter;
use shop::command::{Command, Note, Refusal, Write};
use shop::decide::{Facts, decide};
use shop::extension;
use shop::ledger::{Account, Transaction, Wallet};
use shop::order::{Order, Quote, State, Wish};
use shop::settings::Settings;
use shop::ticket::{self, Ticket};
use shop::{Money, OrderId, QuoteId, TicketId, UnixSeconds};

use crate::scenes::{Scene, USER};

/// Purchases are counted over so many seconds.
const PURCHASES_WITHIN_S: i64 = 60;

/// What stands in the books of one person.
#[derive(Debug, Clone, Default)]
pub(crate) struct Books {
    pub(crate) wallet: Wallet,
    pub(crate) orders: BTreeMap<OrderId, Order>,
    pub(crate) settings: Settings,
    /// Messages with sound, the oldest first.
    pub(crate) notes: Vec<Note>,
    /// The language that was chosen, by its code.
    pub(crate) lang: Option<String>,
    /// What was bought, and when, the latest last.
    pub(crate) bought: Vec<(Wish, UnixSeconds)>,
    /// Tickets to support.
    pub(crate) tickets: BTreeMap<TicketId, Ticket>,
    quotes: BTreeMap<QuoteId, Quote>,
    /// The newest first.
    movements: Vec<Movement>,
}

impl Books {
    /// The books of somebody who has this and did nothing yet.
    pub(crate) fn with(available: Money) -> Self {
        Self { wallet: Wallet { available, held: Money::ZERO }, ..Self::default() }
    }

    /// The books of a scene's person.
    pub(crate) fn of(scene: Scene) -> Self {
        let stored = scene.in_store();
        let orders = stored.open.iter().chain(&stored.ended).map(|order| (order.id, order.clone())).collect();
        Self { wallet: scene.wallet(), orders, movements: stored.movements.clone(), ..Self::default() }
    }

    /// With a price that was shown before.
    pub(crate) fn quote(&mut self, quote: Quote) {
        self.quotes.insert(quote.id, quote);
    }

    /// Decides commands in order: all of them are carried out, or none. `about` is the order that they name.
    pub(crate) fn obey(
        &mut self,
        commands: &[Command],
        about: Option<OrderId>,
        now: UnixSeconds,
    ) -> Result<(), Refusal> {
        let mut draft = self.clone();
        for command in commands {
            let facts = draft.facts(command, about, now);
            for write in decide(Some(USER), command, &facts)? {
                draft.carry_out(write, now);
            }
        }
        *self = draft;
        Ok(())
    }

    fn facts(&self, command: &Command, about: Option<OrderId>, now: UnixSeconds) -> Facts {
        let quote = if let Command::Buy { quote, .. } = command { self.quotes.get(quote).cloned() } else { None };
        let order = about.and_then(|id| self.orders.get(&id)).cloned();
        let wish = quote.as_ref().map(|quote| &quote.wish).or(order.as_ref().map(|order| &order.wish));
        let rental = wish.and_then(|wish| wish.extends).and_then(|id| self.orders.get(&id)).cloned();
        let in_question = rental.as_ref().or(order.as_ref()).map(|rental| rental.id);
        let is_being_extended = in_question.is_some_and(|id| extension::is_open(id, self.orders.values()));
        let open = u32::try_from(self.orders.values().filter(|order| order.is_open()).count()).unwrap_or(u32::MAX);
        let ticket = if let Command::WriteTicket { ticket, .. } = command { Some(*ticket) } else { None };
        let count = |counts: &dyn Fn(&Ticket) -> bool| {
            u32::try_from(self.tickets.values().filter(|ticket| counts(ticket)).count()).unwrap_or(u32::MAX)
        };
        let waiting = |ticket: &Ticket| ticket.state == ticket::State::Waiting;
        let lately = |ticket: &Ticket| now - ticket.opened_at < ticket::WITHIN_S;
        let recent = self.bought.iter().filter(|(_, at)| now - at < PURCHASES_WITHIN_S).count();
        let purchases = u32::try_from(recent).unwrap_or(u32::MAX);
        Facts {
            now,
            wallet: self.wallet,
            suspended: false,
            settings: self.settings.clone(),
            quote,
            order,
            rental,
            is_being_extended,
            ticket: ticket.and_then(|id| self.tickets.get(&id)).cloned(),
            tickets: ticket::Count { waiting: count(&waiting), opened: count(&lately) },
            tickets_waiting: Vec::new(),
            owner: None,
            orphan: None,
            adjusted: None,
            open_of_user: open,
            open_in_all: open,
            open_at_server: open,
            purchases_of_user: purchases,
            purchases_in_all: purchases,
        }
    }

    fn carry_out(&mut self, write: Write, now: UnixSeconds) {
        match write {
            Write::Quote(quote) => self.quote(quote),
            Write::Order(order) => {
                self.orders.insert(order.id, *order);
            }
            Write::Ticket(ticket) => {
                self.tickets.insert(ticket.id, *ticket);
            }
            Write::Admins(admins) => self.settings.admins = admins,
            Write::Post(transaction) => self.post(transaction),
            // What others are told, nobody reads here.
            Write::Tell(user, note) => self.notes.extend((user == USER).then_some(note)),
            Write::Lang(_, lang) => self.lang = Some(lang),
            Write::Bought(_, wish) => self.bought.push((wish, now)),
            Write::Margin(server, margin) => self.settings.server_mut(server).margin = Some(margin),
            Write::Selling(server, selling) => self.settings.server_mut(server).selling = Some(selling),
            Write::Poll(server, every) => self.settings.server_mut(server).poll = Some(every),
            Write::OpenMax(server, most) => self.settings.server_mut(server).open_max = most,
            Write::Limit(limit, number) => *self.settings.limits.of_mut(limit) = number,
            // The worker's and the operator's: neither is here.
            Write::Owns(..)
            | Write::Orphan(_)
            | Write::Key(..)
            | Write::Troubles(..)
            | Write::Requested(..)
            | Write::Alarm(_) => {}
        }
    }

    fn post(&mut self, transaction: Transaction) {
        let moved = |account: &Account| {
            let own = transaction.postings().iter().filter(|posting| posting.account == *account);
            Money::from_micros(own.map(|posting| posting.delta.micros()).sum())
        };
        let sum = |now: Money, account| now.checked_add(moved(&account)).unwrap_or(now);
        self.wallet = Wallet {
            available: sum(self.wallet.available, Account::Available(USER)),
            held: sum(self.wallet.held, Account::Held(USER)),
        };
        let wish = transaction.order.and_then(|id| self.orders.get(&id)).map(|order| order.wish.clone());
        if transaction.available_delta() != Money::ZERO {
            self.movements.insert(0, Movement { transaction, wish });
        }
    }

    /// The orders that are listed as in use.
    pub(crate) fn in_use(&self, now: UnixSeconds) -> Vec<Order> {
        self.orders.values().filter(|order| order.is_listed(now)).cloned().collect()
    }

    /// A page of the ended orders.
    pub(crate) fn history(&self, request: HistoryRequest) -> HistoryPage {
        history(self.orders.values().rev().filter(|order| !order.is_open()), request)
    }

    /// A page of what has moved.
    pub(crate) fn statement(&self, page: u32) -> StatementPage {
        statement(&self.movements, page)
    }
}

/// A page of ended orders, which come the newest first.
pub(crate) fn history<'o>(ended: impl Iterator<Item = &'o Order>, request: HistoryRequest) -> HistoryPage {
    let meets = |order: &Order| match request.filter {
        Filter::All => true,
        Filter::Received => order.state == State::Done,
        Filter::Refunded => order.state != State::Done,
    };
    let all: Vec<&Order> = ended.filter(|order| meets(order)).collect();
    let anchor = all.first().map(|order| order.id);
    let (total, from) = (total(all.len()), page_start(request.page));
    let orders = all.into_iter().skip(from).take(PAGE_ROWS as usize).cloned().collect();
    HistoryPage { orders, total, anchor }
}

/// A page of movements, which come the newest first.
pub(crate) fn statement(movements: &[Movement], page: u32) -> StatementPage {
    let total = total(movements.len());
    let entries = movements.iter().skip(page_start(page)).take(PAGE_ROWS as usize).cloned().collect();
    StatementPage { entries, total, anchor: (total > 0).then_some(u64::from(total)) }
}

fn total(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// In `usize`: a forged button may ask for the last page that there can be.
const fn page_start(page: u32) -> usize {
    page as usize * PAGE_ROWS as usize
}
