//! Books with a past, written through the store's front door: orders that ended, with their money, cards and messages, and
//! open ones whose numbers a simulated supplier sold.

use std::sync::Arc;

use providers::{SmsPoolClient, SmsPoolConfig};
use shop::catalogue::Product;
use shop::clock::Clock;
use shop::command::Command;
use shop::order::{RefundReason, Wish};
use shop::pool::{Message, PurchaseRequest, Purchased, SmsPool};
use shop::settings::Limit;
use shop::{CountryId, Money, OrderId, Phone, QuoteId, ServerId, ServiceId, SupplierOrderId, UnixSeconds, UserId};
use sim::Sim;
use store::{DeliveryRow, Intent, Outcome, OutgoingRow, Store};
use tokio::task::JoinSet;

/// How many people have ever bought.
const USERS: u64 = 2_000;
/// How many seconds lie between two orders of the past: 100,000 within ten weeks.
const APART_S: i64 = 60;
/// How many intents are handed over at once.
const AT_ONCE: u64 = 512;
/// How long a temporary number lives.
const LIFE_S: i64 = 1_200;
/// Of so many orders of the past one was refunded.
const REFUNDED_OF: u64 = 4;
/// The country and the service that everybody buys, by the supplier's ids, and what the supplier takes.
const PLACE: (CountryId, ServiceId) = (CountryId(1), ServiceId(1012));
const COST: Money = Money::from_cents(50);
const PRICE: Money = Money::from_cents(65);

/// Books that are being written.
pub(crate) struct Books {
    store: Store,
    now: UnixSeconds,
    next: u64,
}

/// The time of a simulated world.
struct WorldClock(sim::SimClock);

impl Clock for WorldClock {
    fn now_ms(&self) -> i64 {
        self.0.now()
    }
}

impl Books {
    /// New books whose `USERS` have money, and whose limits hold nothing up. Ids from 1 to `orders` are taken.
    pub(crate) async fn new(store: Store, now: UnixSeconds, orders: u64) -> Self {
        let books = Self { store, now, next: 1 };
        books.apply(Intent::ReserveIds { count: orders }).await;
        let limits = [Limit::OpenPerUser, Limit::OpenInAll, Limit::PurchasesPerUser, Limit::PurchasesInAll];
        books.domain(None, limits.map(|limit| Command::SetLimit(limit, 1_000_000)).into(), now).await;
        for user in 1..=USERS {
            let (user, amount, nonce) = (UserId(user), Money::from_cents(1_000_000), format!("past-{user}"));
            books.domain(None, vec![Command::Adjust { user, amount, reason: "a bench".to_owned(), nonce }], now).await;
        }
        books
    }

    /// So many orders that ended long ago.
    pub(crate) async fn add_ended(&mut self, count: u64) {
        let begin = self.now - APART_S * i64::try_from(count).expect("few orders") - LIFE_S;
        let mut lives = Vec::new();
        let times = (0..).map(|nth| begin + nth * APART_S);
        for (at, id) in times.zip(self.next..self.next + count) {
            let (order, mut commands) = (OrderId(id), bought(id));
            if id.is_multiple_of(REFUNDED_OF) {
                commands.push(Command::NotBought { order, reason: RefundReason::NotStarted });
            } else {
                let message =
                    Message { key: String::new(), text: format!("Your code is {id}"), code: Some(id.to_string()) };
                commands.push(Command::StartBuying { order, boot: 0, balance: None });
                commands.push(Command::Bought { order, purchased: purchased(id, at) });
                commands.push(Command::Received { order, messages: vec![message] });
            }
            lives.push((owner(id), commands, at));
        }
        self.next += count;
        self.carry_out(lives).await;
        self.forget_ended_watches(count).await;
    }

    /// So many orders whose numbers wait for a message, sold by the simulated supplier.
    pub(crate) async fn add_open(&mut self, count: u64, sim: &Sim) {
        assert!(sim.smspool.set_price(PLACE.0.0, PLACE.1.0, &COST.to_decimal()));
        let config = SmsPoolConfig {
            base_url: sim.smspool.url().to_owned(),
            key: Some(sim.smspool.key().into()),
            requests_per_second: 1_000_000,
            ..SmsPoolConfig::default()
        };
        let pool = SmsPoolClient::new(config, Arc::new(WorldClock(sim.clock.clone()))).expect("a client");
        let request = PurchaseRequest { country: PLACE.0, service: PLACE.1, max_cost: COST };
        let mut lives = Vec::new();
        for id in self.next..self.next + count {
            let (order, mut commands) = (OrderId(id), bought(id));
            let purchased = pool.purchase(&request).await.expect("a number");
            commands
                .extend([Command::StartBuying { order, boot: 0, balance: None }, Command::Bought { order, purchased }]);
            lives.push((owner(id), commands, self.now));
        }
        self.next += count;
        self.carry_out(lives).await;
    }

    /// Everybody has seen what they were sent.
    pub(crate) async fn deliver_all(&self) {
        let mut deliveries = Vec::new();
        for user in self.store.users_with_outgoing(self.now).expect("a query") {
            for (message_id, row) in (1..).zip(self.store.outgoing(user, self.now).expect("a query")) {
                deliveries.push(match row {
                    OutgoingRow::Tell { seq, .. } => {
                        let delivery = DeliveryRow::Delivered(message_id);
                        Intent::Sent { user, seq: Some(seq), delivery, now: self.now }
                    }
                    OutgoingRow::Card { card, order } => {
                        Intent::CardShown { order: order.id, message_id, version: card.version }
                    }
                });
            }
        }
        self.apply_all(deliveries).await;
    }

    async fn carry_out(&self, lives: Vec<(UserId, Vec<Command>, UnixSeconds)>) {
        let intent = |(user, commands, now)| Intent::Domain { actor: Some(user), commands, now };
        self.apply_all(lives.into_iter().map(intent).collect()).await;
    }

    /// As time does it: with each batch of updates a few.
    async fn forget_ended_watches(&self, count: u64) {
        for _ in 0..=count / 256 {
            self.apply(Intent::TakeIn { updates: Vec::new(), next_offset: 0, now: self.now }).await;
        }
    }

    async fn apply_all(&self, intents: Vec<Intent>) {
        let mut running = JoinSet::new();
        for intent in intents {
            if running.len() >= usize::try_from(AT_ONCE).expect("small") {
                running.join_next().await.expect("one runs").expect("no panic");
            }
            let store = self.store.clone();
            running.spawn(async move { stored(&store.apply(intent).await.expect("stored")) });
        }
        while let Some(joined) = running.join_next().await {
            joined.expect("no panic");
        }
    }

    async fn domain(&self, actor: Option<UserId>, commands: Vec<Command>, now: UnixSeconds) {
        self.apply(Intent::Domain { actor, commands, now }).await;
    }

    async fn apply(&self, intent: Intent) {
        stored(&self.store.apply(intent).await.expect("stored"));
    }
}

fn stored(outcome: &Outcome) {
    let refused = matches!(outcome, Outcome::Refused(_) | Outcome::Conflict);
    assert!(!refused, "{outcome:?}");
}

const fn owner(order: u64) -> UserId {
    UserId(1 + order % USERS)
}

/// What a user does who buys.
fn bought(id: u64) -> Vec<Command> {
    let wish = Wish {
        server: ServerId::Two,
        product: Product::Temporary,
        country: PLACE.0,
        iso2: "US".to_owned(),
        service: PLACE.1,
        service_name: "WhatsApp".to_owned(),
        rental_product: None,
        refund_within_s: None,
        extends: None,
    };
    let quote = Command::Quote { id: QuoteId(id), wish, cost: COST, price: PRICE };
    vec![quote, Command::Buy { quote: QuoteId(id), current: Some(PRICE) }]
}

/// A number of the past, which no supplier knows any more.
fn purchased(id: u64, at: UnixSeconds) -> Purchased {
    Purchased {
        id: SupplierOrderId::parse(&format!("PAST{id}")).expect("an id"),
        phone: Phone::parse(&format!("1202{id:07}")).expect("a number"),
        cost: Some(COST),
        expires_at: at + LIFE_S,
        pool: None,
    }
}
