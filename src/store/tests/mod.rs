//! The store through its front door: intents in, queries out. In memory, or in a folder of its own.

mod batches;
mod books;
mod dice;
mod disk;
mod extensions;
mod life;
mod limits;
mod lists;
mod migrating;
mod model;
mod old_books;
mod opening;
mod orphans;
mod outgoing;
mod power;
mod servers;
mod steps;
mod tickets;
mod traces;

use engine::session::Session;
use shop::catalogue::Product;
use shop::command::{Command, Refusal};
use shop::ledger::Wallet;
use shop::order::{Order, Wish};
use shop::orphan::Orphan;
use shop::pool::{Message, Purchased};
use shop::{CountryId, Money, OrderId, Phone, QuoteId, ServerId, ServiceId, SupplierOrderId, UserId};

use crate::{Cause, Changed, Intent, Outcome, RawUpdate, Step, Store};

const USER: UserId = UserId(7);
const START: i64 = 1_700_000_000;
/// What the supplier charges, and what 30 % more makes of it.
const COST: Money = Money::from_micros(1_000_000);
const PRICE: Money = Money::from_micros(1_300_000);

/// A store with a clock, and updates that come one after the other.
struct World {
    store: Store,
    now: i64,
    updates: i64,
}

impl World {
    fn new() -> Self {
        Self { store: Store::in_memory().expect("a store"), now: START, updates: 0 }
    }

    /// A world whose user has money.
    async fn rich() -> Self {
        let world = Self::new();
        world.domain(vec![adjust(10_000_000, "n1")]).await;
        world
    }

    async fn apply(&self, intent: Intent) -> Outcome {
        self.store.apply(intent).await.expect("stored")
    }

    /// An update is taken in.
    async fn update(&mut self) -> i64 {
        self.updates += 1;
        let updates = vec![RawUpdate { id: self.updates, body: "{}".to_owned() }];
        let intent = Intent::TakeIn { updates, next_offset: self.updates + 1, now: self.now };
        assert_eq!(self.apply(intent).await, Outcome::TakenIn(vec![self.updates]));
        self.updates
    }

    /// A step with commands on the user's session as it is.
    fn step(&self, update: i64, commands: Vec<Command>) -> Step {
        step_of(&self.store, USER, update, commands, self.now).expect("a view")
    }

    async fn press(&mut self, commands: Vec<Command>) -> Outcome {
        let update = self.update().await;
        self.apply(Intent::Step(Box::new(self.step(update, commands)))).await
    }

    async fn domain(&self, commands: Vec<Command>) -> Changed {
        stored(self.apply(Intent::Domain { actor: None, commands, now: self.now }).await)
    }

    /// A quote is shown and bought.
    async fn buy(&mut self, id: u64) -> OrderId {
        stored(self.press(vec![quote(id)]).await);
        stored(self.press(vec![buy(id)]).await);
        OrderId(id)
    }

    /// A number is bought at the supplier, too.
    async fn active(&mut self, id: u64) -> OrderId {
        let order = self.buy(id).await;
        self.domain(vec![Command::StartBuying { order, boot: 1, balance: None }]).await;
        self.domain(vec![Command::Bought { order, purchased: self.purchased(&format!("S{id}")) }]).await;
        order
    }

    fn purchased(&self, id: &str) -> Purchased {
        let phone = Phone::parse("12025550123").expect("a phone");
        Purchased { id: supplier(id), phone, cost: Some(COST), expires_at: self.now + 1_200, pool: None }
    }

    fn order(&self, order: OrderId) -> Order {
        self.store.order(order).expect("a query").expect("an order")
    }

    /// The wallet in cents, and nothing for the audit to say.
    fn check(&self, available: i64, held: i64) {
        let Wallet { available: a, held: h } = self.store.user(USER).expect("a view").wallet;
        assert_eq!((a.micros() / 10_000, h.micros() / 10_000), (available, held));
        let audit = self.store.audit().expect("an audit");
        assert_eq!(audit.findings().collect::<Vec<_>>(), Vec::<&str>::new());
    }
}

fn stored(outcome: Outcome) -> Changed {
    let Outcome::Stored(changed) = outcome else { panic!("not stored: {outcome:?}") };
    *changed
}

fn refusal(outcome: Outcome) -> Refusal {
    let Outcome::Refused(refusal) = outcome else { panic!("not refused: {outcome:?}") };
    refusal
}

fn adjust(micros: i64, nonce: &str) -> Command {
    let amount = Money::from_micros(micros);
    Command::Adjust { user: USER, amount, reason: "test".to_owned(), nonce: nonce.to_owned() }
}

fn wish() -> Wish {
    Wish {
        server: ServerId::Two,
        product: Product::Temporary,
        country: CountryId(1),
        iso2: "US".to_owned(),
        service: ServiceId(2),
        service_name: "WhatsApp".to_owned(),
        rental_product: None,
        refund_within_s: None,
        extends: None,
    }
}

fn quote(id: u64) -> Command {
    Command::Quote { id: QuoteId(id), wish: wish(), cost: COST, price: PRICE }
}

fn buy(id: u64) -> Command {
    Command::Buy { quote: QuoteId(id), current: Some(PRICE) }
}

/// The step that an update of somebody's makes, with commands, on the session as it is.
fn step_of(
    store: &Store,
    user: UserId,
    update: i64,
    commands: Vec<Command>,
    now: i64,
) -> Result<Step, crate::StoreError> {
    let mut session = store.user(user)?.session;
    let from_revision = session.revision;
    session.revision += 1;
    Ok(Step {
        user,
        name: "Noor".to_owned(),
        lang: "ar".to_owned(),
        cause: Cause::Update(update),
        from_revision,
        session,
        commands,
        jobs: Vec::new(),
        timers: Vec::new(),
        tells: Vec::new(),
        traces: Vec::new(),
        now,
    })
}

fn supplier(id: &str) -> SupplierOrderId {
    SupplierOrderId::parse(id).expect("an id")
}

/// A temporary number that nobody owns was found then, and ends after its 20 minutes.
fn orphaned(id: &str, cost: Money, now: i64) -> Command {
    Command::Orphaned(Orphan::new(supplier(id), ServerId::Two, Product::Temporary, cost, Some(now + 1_200), now))
}

fn message(code: &str) -> Message {
    Message { key: code.to_owned(), text: format!("code {code}"), code: Some(code.to_owned()) }
}

fn session(revision: u64) -> Session {
    Session { revision, ..Session::default() }
}
