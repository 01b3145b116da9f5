//! The judge: a small model of wallets and orders that shares no code with the shop. It looks at the books after every
//! commit, and at every purchase that a supplier is asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use shop::clock::Clock as _;
use shop::order::{Order, State, StateKind};
use shop::pool::{PurchaseRequest, RentRequest};
use shop::{OrderId, QuoteId, ServerId, SupplierOrderId, UnixSeconds, UserId};
use store::Store;

use super::diary::{BEGINNING_MS, Diary, VirtualClock, locked};
use super::incidents::Incidents;
use super::user_id;

/// How much later than its deadline an order may still be open while the process lives, in seconds.
const LATE_S: i64 = 60;

/// From how many people on not every commit is looked at.
const CROWD: u64 = 20;

/// The judge.
pub(crate) struct Judge {
    clock: Arc<VirtualClock>,
    diary: Arc<Diary>,
    people: u64,
    /// Let go at the end: the store's disk knows the judge.
    books: Mutex<Option<Store>>,
    model: Mutex<Model>,
    /// What kept servers from selling.
    pub(crate) incidents: Incidents,
}

/// What the judge remembers.
#[derive(Default)]
struct Model {
    quotes: BTreeMap<QuoteId, Quoted>,
    orders: BTreeMap<OrderId, Seen>,
    calls: BTreeMap<OrderId, u32>,
    /// When an order came to a state, where every commit is looked at. It comes to each once.
    since_ms: BTreeMap<(OrderId, StateKind), u64>,
    adjusted: BTreeMap<String, Adjustment>,
    up_since: UnixSeconds,
}

/// A price as it was shown.
#[derive(Clone, Copy)]
pub(crate) struct Quoted {
    pub(crate) person: u64,
    pub(crate) server: ServerId,
    pub(crate) price_micros: i64,
    pub(crate) cost_micros: i64,
    /// Which service: rentals are told apart by it.
    pub(crate) service: u32,
}

struct Seen {
    kind: StateKind,
    messages: usize,
}

/// What the operator gave or took. Whether it is in the books is known once somebody was told so.
struct Adjustment {
    person: u64,
    micros: i64,
    told: bool,
    stored: bool,
}

impl Judge {
    pub(crate) fn new(people: u64, clock: Arc<VirtualClock>, diary: Arc<Diary>) -> Arc<Self> {
        let incidents = Incidents::new(clock.clone(), user_id(people));
        Arc::new(Self { clock, diary, people, books: Mutex::default(), model: Mutex::default(), incidents })
    }

    /// From now on the judge reads these books.
    pub(crate) fn takes(&self, books: Store) {
        *locked(&self.books) = Some(books);
    }

    /// The judge is done, and lets the books go.
    pub(crate) fn leaves(&self) {
        *locked(&self.books) = None;
    }

    /// The process lives since now.
    pub(crate) fn process_is_up(&self) {
        locked(&self.model).up_since = self.clock.now();
    }

    /// Since when it lives, from the beginning.
    pub(crate) fn up_since_ms(&self) -> u64 {
        let since_ms = locked(&self.model).up_since * 1_000 - BEGINNING_MS;
        u64::try_from(since_ms).unwrap_or(0)
    }

    /// A person is shown this price.
    pub(crate) fn is_quoted(&self, quote: QuoteId, quoted: Quoted) {
        locked(&self.model).quotes.insert(quote, quoted);
    }

    /// At which server a price was shown.
    pub(crate) fn server_of(&self, quote: QuoteId) -> Option<ServerId> {
        locked(&self.model).quotes.get(&quote).map(|quoted| quoted.server)
    }

    /// The operator asks for an adjustment under this nonce.
    pub(crate) fn is_to_be_adjusted(&self, nonce: &str, person: u64, micros: i64) {
        let adjustment = Adjustment { person, micros, told: false, stored: false };
        locked(&self.model).adjusted.entry(nonce.to_owned()).or_insert(adjustment);
    }

    /// The operator was told that the adjustment is stored.
    pub(crate) fn was_adjusted(&self, nonce: &str) {
        if let Some(adjustment) = locked(&self.model).adjusted.get_mut(nonce) {
            adjustment.told = true;
        }
    }

    /// A temporary number is asked for: once for its order, which the books say is being bought. For which order.
    pub(crate) fn a_purchase_is_asked_for(&self, server: ServerId, request: &PurchaseRequest) -> Option<OrderId> {
        self.asked_to_sell(server, |quoted| quoted.cost_micros == request.max_cost.micros())
    }

    /// The same for a rental.
    pub(crate) fn a_rental_is_asked_for(&self, server: ServerId, request: &RentRequest) -> Option<OrderId> {
        self.asked_to_sell(server, |quoted| quoted.service == request.service.0)
    }

    fn asked_to_sell(&self, server: ServerId, is_meant: impl Fn(&Quoted) -> bool) -> Option<OrderId> {
        let books = self.books()?;
        let mut model = locked(&self.model);
        let mut quotes = model.quotes.iter().filter(|(_, quoted)| quoted.server == server);
        let meant = quotes.find(|(_, quoted)| is_meant(quoted)).map(|(quote, _)| quote.order());
        let Some(order) = meant else {
            self.diary.violated("I6", "a purchase that nobody was quoted");
            return None;
        };
        let calls = model.calls.entry(order).or_default();
        *calls += 1;
        self.diary.note(format!("bot: asks the supplier to sell, for order {order}"));
        if *calls > 1 {
            self.diary.violated("I6", format!("order {order} was bought {calls} times"));
        }
        let stored = books.order(order).expect("readable books");
        if !stored.is_some_and(|order| matches!(order.state, State::Buying { .. })) {
            self.diary.violated("B", format!("order {order} is not stored as being bought"));
        }
        Some(order)
    }

    /// The supplier's id of some order of ours.
    pub(crate) fn an_owned_id(&self) -> Option<SupplierOrderId> {
        let orders = self.books()?.open_orders().expect("readable books");
        orders.into_iter().find_map(|order| order.number.map(|number| number.supplier_id))
    }

    /// How many purchases the supplier was asked for, and how many orders there are.
    pub(crate) fn purchases_and_orders(&self) -> (u32, usize) {
        let model = locked(&self.model);
        (model.calls.values().sum(), model.orders.len())
    }

    /// When an order came to that state, from the beginning.
    pub(crate) fn since_ms(&self, order: OrderId, kind: StateKind) -> Option<u64> {
        locked(&self.model).since_ms.get(&(order, kind)).copied()
    }

    fn books(&self) -> Option<Store> {
        locked(&self.books).clone()
    }

    /// Every order that there is.
    pub(crate) fn orders(&self) -> Vec<Order> {
        let Some(books) = self.books() else { return Vec::new() };
        let model = locked(&self.model);
        let mut ids: BTreeSet<OrderId> = model.quotes.keys().map(|quote| quote.order()).collect();
        ids.extend(model.orders.keys());
        ids.extend(books.open_orders().expect("readable books").iter().map(|order| order.id));
        ids.into_iter().filter_map(|id| books.order(id).expect("readable books")).collect()
    }

    /// What the operator was told is in the books.
    pub(crate) fn looks_at_promises(&self) {
        let Some(books) = self.books() else { return };
        for (nonce, _) in locked(&self.model).adjusted.iter().filter(|(_, one)| one.told) {
            if books.transaction_by_key(&format!("adjust/{nonce}")).expect("readable books").is_none() {
                self.diary.violated("durability", format!("adjustment {nonce} was promised and is gone"));
            }
        }
    }

    /// Looks at the books after a commit; in a crowd now and then, for each look reads everybody's.
    pub(crate) fn looks(&self) {
        let Some(books) = self.books() else { return };
        self.incidents.looks(&books);
        if self.people > CROWD && !books.commits().is_multiple_of(self.people) {
            return;
        }
        let orders = self.orders();
        for person in 0..self.people {
            self.looks_at_wallet(&books, person, &orders);
        }
        let mut owners = BTreeMap::new();
        for order in &orders {
            self.looks_at_order(order);
            if let Some(number) = &order.number
                && let Some(other) = owners.insert(number.supplier_id.clone(), order.id)
            {
                self.diary.violated("I7", format!("orders {other} and {} have the same number", order.id));
            }
        }
    }

    /// What a person has is what was given, less what is kept for open orders, less what was paid for finished ones.
    fn looks_at_wallet(&self, books: &Store, person: u64, orders: &[Order]) {
        let (mut given, mut open, mut paid) = (0, 0, 0);
        for (nonce, adjustment) in locked(&self.model).adjusted.iter_mut().filter(|(_, one)| one.person == person) {
            adjustment.stored |= is_stored(books, adjustment, nonce);
            if adjustment.stored {
                given += adjustment.micros;
            }
        }
        for order in orders.iter().filter(|order| order.user == user_id(person)) {
            match order.state {
                State::Reserved
                | State::Buying { .. }
                | State::Ambiguous { .. }
                | State::Active
                | State::Closing { .. } => open += order.price.micros(),
                State::Done => paid += order.price.micros(),
                State::Refunded(_) => {}
            }
        }
        let wallet = books.user(user_id(person)).expect("readable books").wallet;
        let (available, held) = (wallet.available.micros(), wallet.held.micros());
        if (available, held) != (given - open - paid, open) {
            let how = format!(
                "person {person} has {available} + {held} held; given {given}, in open orders {open}, paid {paid}"
            );
            self.diary.violated("wallet", how);
        }
    }

    /// An order keeps its price, moves along the allowed ways, loses no message, and is never paid without one.
    fn looks_at_order(&self, order: &Order) {
        let mut model = locked(&self.model);
        let quoted = model.quotes.get(&order.quote).copied();
        let seen = Seen { kind: order.kind(), messages: order.messages.len() };
        let before = model.orders.insert(order.id, seen);
        if self.people <= CROWD {
            model.since_ms.entry((order.id, order.kind())).or_insert_with(|| self.clock.elapsed_ms());
        }
        drop(model);
        let id = order.id;
        if let Some(quoted) = quoted.filter(|_| order.parent.is_none()) {
            let same = quoted.price_micros == order.price.micros() && user_id(quoted.person) == order.user;
            if !same {
                self.diary.violated("I11", format!("order {id} is not what was quoted"));
            }
        }
        match before {
            None => self.diary.note(format!("books: order {id} of person {}", person_of(order.user))),
            Some(before) if before.kind == order.kind() && before.messages == order.messages.len() => return,
            Some(before) => {
                self.diary.note(format!("books: order {id} is {:?}, {} messages", order.state, order.messages.len()));
                let seen_all = self.people <= CROWD;
                if seen_all && before.kind != order.kind() && !may_become(before.kind, order.kind()) {
                    self.diary.violated("order", format!("{id} went from {:?} to {:?}", before.kind, order.kind()));
                }
                if before.messages > order.messages.len() {
                    self.diary.violated("messages", format!("order {id} lost a message"));
                }
            }
        }
        let temporary = !order.is_rental() && order.parent.is_none();
        if temporary && order.state == State::Done && order.messages.is_empty() {
            self.diary.violated("I9", format!("order {id} is paid for, and no message is stored"));
        }
    }

    /// No order is open past its deadline, given that the process has lived for a while.
    pub(crate) fn looks_at_the_time(&self) {
        let (now, up_since) = (self.clock.now(), locked(&self.model).up_since);
        let Some(books) = self.books() else { return };
        for order in books.open_orders().expect("readable books") {
            let expires_at = order.number.as_ref().map_or(now, |number| number.expires_at);
            let deadline = match order.state {
                State::Reserved => order.created_at + 20,
                State::Buying { sent_at, .. } => sent_at + 120,
                State::Ambiguous { sent_at, .. } => sent_at + 180,
                State::Active => expires_at,
                State::Closing { deadline, .. } => deadline,
                State::Done | State::Refunded(_) => continue,
            };
            if now > deadline.max(up_since) + LATE_S {
                let how = format!("order {} is {:?}, {} s too long", order.id, order.state, now - deadline);
                self.diary.violated("I12", how);
            }
        }
    }
}

fn is_stored(books: &Store, adjustment: &Adjustment, nonce: &str) -> bool {
    adjustment.stored || books.transaction_by_key(&format!("adjust/{nonce}")).expect("readable books").is_some()
}

/// The ways of purchase-protocol, section 3.
fn may_become(before: StateKind, after: StateKind) -> bool {
    let next: &[StateKind] = match before {
        StateKind::Reserved => &[StateKind::Buying, StateKind::Refunded],
        StateKind::Buying => &[StateKind::Active, StateKind::Ambiguous, StateKind::Refunded],
        StateKind::Ambiguous => &[StateKind::Active, StateKind::Refunded],
        StateKind::Active => &[StateKind::Done, StateKind::Closing, StateKind::Refunded],
        StateKind::Closing => &[StateKind::Done, StateKind::Refunded],
        StateKind::Done | StateKind::Refunded => &[],
    };
    next.contains(&after)
}

fn person_of(user: UserId) -> u64 {
    user.0 - user_id(0).0
}
