//! One life of the process: the real office, worker and host over the simulated supplier and the simulated Telegram. This
//! is the driver that stands where crate `telegram` stands in the product.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use engine::registry::AnyEffect;
use raqam::host::ShopHost;
use raqam::market::Market;
use raqam::office::Office;
use raqam::pseudonym::Pseudonyms;
use raqam::shell::Shell;
use raqam::worker::Worker;
use shop::catalogue::Product;
use shop::clock::Clock;
use shop::command::Command;
use shop::order::{Order, Wish};
use shop::pool::SmsPool;
use shop::pricing::{Margin, sale_price};
use shop::{CountryId, Days, Money, QuoteId, ServerId, ServiceId};
use telegram::host::{
    CardPress, Cause, Commit, Committed, Delivery, Host as _, HostResult, Person, Presence, RawUpdate,
};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::chats::{Deed, Doing};
use super::diary::locked;
use super::judge::Quoted;
use super::plan::{Kind, What};
use super::pool::SimPool;
use super::supplier::{RENTAL_REFUND_S, service_name};
use super::world::World;
use super::{RENTAL_COST, RENTAL_PRODUCT, user_id};

/// How often suppliers are asked for messages.
pub(super) const POLL_EVERY: Duration = Duration::from_secs(10);
/// How often Telegram is asked for updates.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How often messages that failed are tried again.
const RETRY_EVERY_LOOKS: u32 = 20;
/// How often a card is looked at for the button that asks again.
const ANSWERS_AFTER_MS: [u64; 2] = [1_500, 5_000];

/// The running parts that a life's tasks share.
struct Life {
    world: Arc<World>,
    host: ShopHost,
    /// One thing at a time for each person, in order.
    turns: Mutex<BTreeMap<u64, Arc<tokio::sync::Mutex<()>>>>,
    delivering: Mutex<BTreeSet<u64>>,
}

/// Starts everything in the order of the composition root, and runs until the world is settled.
pub(super) async fn live(world: Arc<World>) {
    let clock: Arc<dyn Clock> = world.clock.clone();
    let pseudonyms = Pseudonyms::of_secret(b"the simulation's");
    let opened = Office::open(world.store.clone(), clock.clone(), pseudonyms).await;
    let (office, follow_ups) = opened.expect("an office");
    let settings = world.store.settings().expect("settings");
    let open = |server: &ServerId| {
        let pool: Arc<dyn SmsPool> = Arc::new(SimPool::new(&world, *server));
        let market = Market::open(*server, pool, &office, &settings);
        market.key_was_set();
        (*server, market)
    };
    let markets: BTreeMap<_, _> = world.suppliers.keys().map(open).collect();
    let shell = Arc::new(Shell::new(office, markets.clone(), None, POLL_EVERY));
    let worker = Worker::recover(shell.clone(), follow_ups).await.expect("a recovery");
    world.judge.process_is_up();
    world.diary.note("bot: open for business");
    let (_stop, shutdown) = watch::channel(false);
    let turns = Mutex::default();
    let life = Arc::new(Life { world, host: ShopHost { shell }, turns, delivering: Mutex::default() });
    tokio::join!(worker.run(shutdown.clone()), look_after(markets, shutdown), life.clone().take_in(), life.deliver());
}

/// Runs all markets.
async fn look_after(markets: BTreeMap<ServerId, Arc<Market>>, shutdown: watch::Receiver<bool>) {
    let mut running: JoinSet<()> =
        markets.into_values().map(|market| market.run(POLL_EVERY, shutdown.clone())).collect();
    while running.join_next().await.is_some() {}
}

impl Life {
    /// Takes updates in, the unhandled ones of an earlier life first.
    async fn take_in(self: Arc<Self>) {
        for update in self.host.unhandled().await.expect("updates") {
            self.clone().start(&update);
        }
        let mut offset = self.host.next_offset().await.expect("an offset");
        loop {
            let batch = self.world.chats.poll(offset);
            if let Some(last) = batch.last() {
                offset = last.id + 1;
                for update in self.host.take_in(batch, offset).await.expect("an intake") {
                    self.clone().start(&update);
                }
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    fn start(self: Arc<Self>, update: &RawUpdate) {
        let update = update.id;
        let Some(deed) = self.world.chats.deed(update) else { return };
        let turn = locked(&self.turns).entry(deed.person).or_default().clone();
        tokio::spawn(async move {
            let _turn = turn.lock().await;
            let server = self.server_of(&deed);
            if let Err(error) = self.handle(update, &deed).await {
                self.world.diary.violated("handling", error);
            }
            let (done_at_ms, now_ms) = (self.world.chats.done_at_ms(update), self.world.clock.elapsed_ms());
            if let (Some(server), Some(done_at_ms)) = (server, done_at_ms) {
                self.world.presses.is_stored(server, done_at_ms, now_ms);
            }
        });
    }

    /// Which server a deed is about.
    fn server_of(&self, deed: &Deed) -> Option<ServerId> {
        match &deed.what {
            Doing::Act(index) => match self.world.plan.acts[*index].what {
                What::Buy { server, .. } => Some(server),
                What::Wake | What::Adjust { .. } | What::Press(_) | What::Block | What::Return => None,
            },
            Doing::Confirm(quote) => self.world.judge.server_of(*quote),
            Doing::Press { .. } | Doing::Return | Doing::Look(_) => None,
        }
    }

    async fn handle(&self, update: i64, deed: &Deed) -> HostResult<()> {
        match &deed.what {
            Doing::Act(index) => match self.world.plan.acts[*index].what {
                What::Buy { server, product, service, think_ms, presses } => {
                    let quote = self.quote(update, deed.person, (server, product, service), *index).await?;
                    for press in 0..presses.min(quote.map_or(0, |_| presses)) {
                        let (after_ms, quote) = (think_ms + press * 50, quote.expect("there is one"));
                        self.world.chats.later(after_ms, deed.person, Doing::Confirm(quote));
                    }
                    Ok(())
                }
                What::Adjust { cents, times } => self.adjust(update, deed.person, cents, times).await,
                What::Wake => self.wake(update, deed.person).await,
                What::Press(_) | What::Block | What::Return => self.host.handled(update).await,
            },
            Doing::Confirm(quote) => self.confirm(update, deed.person, *quote).await,
            Doing::Press { card, action, message_id } => {
                let press = CardPress { card: card.clone(), action: action.clone(), message_id: Some(*message_id) };
                self.host.press_card(&person(deed.person), &press, update).await?;
                if action == "cancel" {
                    for after_ms in ANSWERS_AFTER_MS {
                        self.world.chats.later(after_ms, deed.person, Doing::Look("Yes, cancel"));
                    }
                }
                Ok(())
            }
            Doing::Return => {
                self.host.presence(user_id(deed.person).0, Presence::Back).await?;
                self.host.handled(update).await
            }
            Doing::Look(_) => self.host.handled(update).await,
        }
    }

    /// Shows a price. Each costs a little more than all others, so that a purchase tells whose it is.
    async fn quote(
        &self,
        update: i64,
        who: u64,
        (server, product, service): (ServerId, Kind, u32),
        index: usize,
    ) -> HostResult<Option<QuoteId>> {
        let nth = u32::try_from(index).expect("few acts");
        let service = if product == Kind::Rental { 5_000 + nth } else { service };
        let cost = match product {
            Kind::Temporary => Money::from_micros(200_000 + i64::from(nth)),
            Kind::Rental => RENTAL_COST,
        };
        let price = sale_price(cost, Margin::DEFAULT).expect("a price");
        let id = QuoteId(self.host.fresh());
        let quoted = Quoted { person: who, server, price_micros: price.micros(), cost_micros: cost.micros(), service };
        self.world.judge.is_quoted(id, quoted);
        let wish = wish(server, product, service);
        let stored = self.step(update, who, Command::Quote { id, wish, cost, price }).await?;
        Ok(stored.then_some(id))
    }

    async fn confirm(&self, update: i64, who: u64, quote: QuoteId) -> HostResult<()> {
        if let Some(pressed_at_ms) = self.world.chats.done_at_ms(update) {
            self.world.presses.buys(quote.order(), pressed_at_ms);
        }
        self.step(update, who, Command::Buy { quote, current: None }).await.map(drop)
    }

    /// Wakes a person's newest rental that sleeps.
    async fn wake(&self, update: i64, who: u64) -> HostResult<()> {
        let shell = &self.host.shell;
        let now = shell.office.clock.now();
        let orders = shell.office.store.open_orders().expect("readable books");
        let sleeps = |order: &&Order| order.user == user_id(who) && order.sleep(now).is_some();
        match orders.iter().rfind(sleeps) {
            Some(order) => self.step(update, who, Command::Wake(order.id)).await.map(drop),
            None => self.host.handled(update).await,
        }
    }

    /// A step of a conversation that has one command; whether it was stored. A refused one is done with.
    async fn step(&self, update: i64, who: u64, command: Command) -> HostResult<bool> {
        let person = person(who);
        let mut session = self.host.shell.office.store.user(user_id(who)).expect("readable books").session;
        let from_revision = session.revision;
        session.revision += 1;
        let effects = vec![(0, AnyEffect::Do(command))];
        let commit = Commit { person, cause: Cause::Update(update), from_revision, session, effects };
        match self.host.commit(commit, &[]).await? {
            Committed::Stored => Ok(true),
            Committed::Refused(refused) => {
                self.world.diary.note(format!("bot: refuses {who}: {:?}", refused.0));
                self.host.handled(update).await.map(|()| false)
            }
            Committed::Conflict => {
                self.world.diary.violated("turns", "two steps of one person at once");
                Ok(false)
            }
        }
    }

    async fn adjust(&self, update: i64, who: u64, cents: i32, times: u64) -> HostResult<()> {
        let (amount, nonce) = (Money::from_cents(cents), format!("nonce-{update}"));
        self.world.judge.is_to_be_adjusted(&nonce, who, amount.micros());
        for _ in 0..times {
            let (user, reason) = (user_id(who), "simulated".to_owned());
            let command = Command::Adjust { user, amount, reason, nonce: nonce.clone() };
            if let Ok(store::Outcome::Stored(_)) = self.host.shell.office.command(vec![command]).await {
                self.world.judge.was_adjusted(&nonce);
            }
        }
        self.host.handled(update).await
    }

    /// Delivers what is outgoing whenever something was stored, and now and then what failed before.
    async fn deliver(self: Arc<Self>) {
        let (mut seen, mut looks) = (u64::MAX, 0_u32);
        loop {
            let commits = self.world.store.commits();
            looks += 1;
            if commits != seen || looks.is_multiple_of(RETRY_EVERY_LOOKS) {
                seen = commits;
                for user in self.host.users_with_outgoing().await.expect("users") {
                    if locked(&self.delivering).insert(user) {
                        tokio::spawn(self.clone().deliver_to(user));
                    }
                }
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn deliver_to(self: Arc<Self>, user: u64) {
        let who = user - user_id(0).0;
        for outgoing in self.host.outgoing(user).await.expect("outgoing") {
            tokio::time::sleep(self.world.telegram_takes()).await;
            let delivery = self.world.chats.deliver(who, &outgoing);
            let arrived = matches!(delivery, Delivery::Delivered { .. });
            self.host.sent(user, &outgoing.id, delivery).await.expect("a mark");
            if !arrived {
                break;
            }
        }
        locked(&self.delivering).remove(&user);
    }
}

fn person(who: u64) -> Person {
    Person { id: user_id(who).0, name: format!("Person {who}"), language_code: Some("en".to_owned()) }
}

fn wish(server: ServerId, product: Kind, service: u32) -> Wish {
    let rental = product == Kind::Rental;
    Wish {
        server,
        product: if rental { Product::Rental(Days(7)) } else { Product::Temporary },
        country: CountryId(1),
        iso2: "US".to_owned(),
        service: ServiceId(service),
        service_name: service_name(service),
        rental_product: rental.then_some(RENTAL_PRODUCT),
        refund_within_s: rental.then(|| u32::try_from(RENTAL_REFUND_S).expect("a short time")),
        extends: None,
    }
}
