//! The order worker: executes what `shop::monitor`, `shop::reconcile` and `shop::recover` decide, one task per order at
//! a time, over a copy of the open orders that every commit renews.

mod buying;
mod finding;
mod orphans;
mod queue;
mod rounds;
mod tasks;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use shop::command::Request;
use shop::monitor::{self, Asked, Task, Tick};
use shop::order::{Order, Sleep, State, Wake};
use shop::orphan::{self, Orphan};
use shop::reconcile;
use shop::{OrderId, ServerId, SupplierOrderId, UnixSeconds, recover};
use store::StoreError;
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};
use tracing::{Instrument as _, Span};

use crate::effects;
use crate::office::FollowUp;
use crate::shell::Shell;
use queue::{About, Queue, Room};
use rounds::Rounds;
use tasks::{After, Supplier};

/// How often ambiguous purchases are looked for, at least; suppliers who are asked for messages more often are asked for
/// these as often.
const RECONCILE_EVERY: Duration = Duration::from_secs(5);
/// How often purchases are looked for whose users have their money back already, in seconds.
const LATE_EVERY_S: i64 = 60;
/// How often the copy of the open orders is read anew, in seconds: commits may be told in another order than they came.
const REREAD_EVERY_S: i64 = 60;
/// When a card says that the supplier is slow, in seconds after the order was made.
const SLOW_AFTER_S: i64 = 8;
/// When a card says that little time is left, in seconds before the end.
const HURRY_S: i64 = 120;
/// How long running tasks may finish at the end of the process: longer than a purchase call.
const DRAIN: Duration = Duration::from_secs(50);

/// The worker's state.
pub struct Worker {
    shell: Arc<Shell>,
    follow_ups: mpsc::Receiver<FollowUp>,
    open: BTreeMap<OrderId, Order>,
    held_back: BTreeSet<OrderId>,
    asked: BTreeMap<OrderId, Asked>,
    reminded: BTreeSet<(OrderId, Reminder)>,
    orphans: BTreeMap<SupplierOrderId, Orphan>,
    read_at: UnixSeconds,
    late_at: UnixSeconds,
    rounds: Rounds,
    queue: Queue,
    running: HashMap<Id, About>,
    tasks: JoinSet<After>,
}

/// Why a card is shown anew without a change of its order: once each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reminder {
    Slow,
    Hurry,
    /// A rental fell asleep at that time.
    Asleep(UnixSeconds),
}

impl Worker {
    /// Reads the open orders and settles what a crash left half-done. Nothing is sold before this returns.
    ///
    /// # Errors
    /// [`StoreError`] where the store cannot be read or written.
    pub async fn recover(shell: Arc<Shell>, follow_ups: mpsc::Receiver<FollowUp>) -> Result<Self, StoreError> {
        let office = shell.office.clone();
        let orders = office.store.open_orders()?;
        for command in recover::at_start(&orders, office.clock.now(), office.boot) {
            office.command(vec![command]).await?;
        }
        let (open, held_back, asked, reminded, orphans) = Default::default();
        let (queue, running, tasks) = Default::default();
        let (read_at, late_at) = (office.clock.now(), 0);
        let rounds = Rounds::new(shell.poll_every, &office.store.settings()?);
        let mut worker = Self {
            shell,
            follow_ups,
            open,
            held_back,
            asked,
            reminded,
            orphans,
            read_at,
            late_at,
            rounds,
            queue,
            running,
            tasks,
        };
        worker.replace(office.store.open_orders()?);
        worker.replace_orphans(office.store.orphans()?);
        Ok(worker)
    }

    /// Runs until the follow-ups end or the shutdown comes; then lets running calls finish within a bound.
    pub async fn run(mut self, mut shutdown: tokio::sync::watch::Receiver<bool>) {
        let look_every = self.rounds.shortest().min(RECONCILE_EVERY);
        let mut reconcile = interval_at(Instant::now() + look_every, look_every);
        reconcile.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for (server, pool) in self.shell.pools() {
            self.tasks.spawn(finding::warn_of_strangers(self.shell.clone(), server, pool));
        }
        loop {
            // What is seldom comes first, so that nothing waits for ever; a simulation repeats the order.
            tokio::select! {
                biased;
                _ = shutdown.changed() => break,
                () = sleep_until(self.rounds.next()) => self.tick(),
                _ = reconcile.tick() => self.reconcile(),
                Some(joined) = self.tasks.join_next_with_id() => self.finished(joined),
                Some(follow_up) = self.follow_ups.recv() => self.follow(follow_up),
            }
            self.run_waiting();
        }
        let drain = async { while self.tasks.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(DRAIN, drain).await;
    }

    fn follow(&mut self, follow_up: FollowUp) {
        match follow_up {
            FollowUp::Orders(orders) => {
                // New reservations are bought at once, not at the next tick.
                let new: Vec<OrderId> = orders.iter().map(|order| order.id).collect();
                orders.into_iter().for_each(|order| self.renew(order));
                self.start_reserved(new);
            }
            FollowUp::Wake(users) => self.shell.wake(users),
            FollowUp::Show(users) => self.shell.show(users),
            FollowUp::Request(order, Request::Check) => self.push(self.look(order)),
            FollowUp::Request(order, Request::Resend) => self.push(Task::Resend(order)),
            FollowUp::Request(order, Request::Wake) => self.push(Task::Wake(order)),
            FollowUp::Jobs(jobs) => jobs.into_iter().for_each(|job| effects::spawn(&self.shell, job)),
            FollowUp::Settings => self.settings_changed(),
            FollowUp::Alarms(alarms) => self.shell.alarms(&alarms),
        }
    }

    fn settings_changed(&mut self) {
        self.shell.settings_changed();
        match self.shell.office.store.settings() {
            Ok(settings) => self.rounds.follow(&settings),
            Err(error) => tracing::error!(%error, "the settings were not read"),
        }
    }

    /// Lets a task wait for its turn, at its server.
    fn push(&mut self, task: Task) {
        self.queue.push(self.room(&task), task);
    }

    fn room(&self, task: &Task) -> Room {
        match task {
            Task::List(server) | Task::Reconcile(server) => Some(*server),
            Task::GiveBack(id) => self.orphans.get(id).map(|orphan| orphan.server),
            Task::Buy(order)
            | Task::Check(order)
            | Task::Close(order)
            | Task::RentalMessages(order)
            | Task::Resend(order)
            | Task::Wake(order)
            | Task::TouchCard(order) => self.open.get(order).map(|order| order.wish.server),
            // Asks no supplier.
            Task::Apply(_) => None,
        }
    }

    fn look(&self, order: OrderId) -> Task {
        let rental = self.open.get(&order).is_some_and(Order::is_rental);
        if rental { Task::RentalMessages(order) } else { Task::Check(order) }
    }

    fn renew(&mut self, order: Order) {
        if store::needs_watching(&order) {
            self.open.insert(order.id, order);
        } else {
            self.open.remove(&order.id);
            self.asked.remove(&order.id);
            self.reminded.retain(|(reminded, _)| *reminded != order.id);
        }
    }

    fn replace(&mut self, orders: Vec<Order>) {
        self.open.clear();
        orders.into_iter().for_each(|order| self.renew(order));
        self.asked.retain(|order, _| self.open.contains_key(order));
        self.reminded.retain(|(order, _)| self.open.contains_key(order));
    }

    fn replace_orphans(&mut self, orphans: Vec<Orphan>) {
        let open = orphans.into_iter().filter(Orphan::is_open);
        self.orphans = open.map(|orphan| (orphan.id.clone(), orphan)).collect();
    }

    fn renew_orphan(&mut self, id: SupplierOrderId) {
        match self.shell.office.store.orphan(&id) {
            Ok(Some(orphan)) if orphan.is_open() => drop(self.orphans.insert(id, orphan)),
            Ok(_) => drop(self.orphans.remove(&id)),
            Err(error) => tracing::error!(%error, "an order without an owner was not read"),
        }
    }

    /// Buys those of these orders that are reserved; some must wait for another one, and are tried when a task ends.
    fn start_reserved(&mut self, orders: impl IntoIterator<Item = OrderId>) {
        let now = self.shell.office.clock.now();
        for id in orders {
            let reserved = self.open.get(&id).filter(|order| order.state == State::Reserved);
            let Some(order) = reserved.filter(|_| !self.queue.is_running(&About::Order(id))) else { continue };
            match monitor::reserved(order, self.open.values(), now) {
                Some(task) => self.push(task),
                None => {
                    self.held_back.insert(id);
                }
            }
        }
    }

    fn tick(&mut self) {
        let office = self.shell.office.clone();
        let now = office.clock.now();
        if !(0..REREAD_EVERY_S).contains(&(now - self.read_at)) {
            self.read_at = now;
            match office.store.open_orders() {
                Ok(orders) => self.replace(orders),
                Err(error) => tracing::error!(%error, "open orders were not read"),
            }
            match office.store.orphans() {
                Ok(orphans) => self.replace_orphans(orphans),
                Err(error) => tracing::error!(%error, "orders without an owner were not read"),
            }
        }
        let asked_about = self.rounds.take_due();
        for server in ServerId::ALL {
            self.tick_at(*server, &asked_about, now);
        }
        self.remind(now);
    }

    /// What is due at a server: no order of another one changes it. Orders are asked about where it is their server's round.
    fn tick_at(&mut self, server: ServerId, asked_about: &[ServerId], now: UnixSeconds) {
        let tick = Tick { now, boot: self.shell.office.boot, every_s: self.rounds.every_s(server) };
        let asked = |order| self.asked.get(&order).copied().unwrap_or_default();
        let own = self.open.values().filter(|order| order.wish.server == server);
        let tasks = monitor::due(&own, tick, &asked);
        let given_back = orphan::due(self.orphans.values().filter(|orphan| orphan.server == server), now);
        let is_due = |task: &Task| !task.is_look() || asked_about.contains(&server);
        for task in tasks.into_iter().chain(given_back).filter(is_due) {
            self.queue.push_due(self.room(&task), task);
        }
    }

    fn run_waiting(&mut self) {
        while let Some((about, task)) = self.queue.next() {
            let (shell, span) = (self.shell.clone(), self.span(&about));
            let running = match task {
                Task::Buy(id) => self.tasks.spawn(buying::buy(shell, id).instrument(span)),
                Task::Check(id) => self.tasks.spawn(tasks::check(shell, id).instrument(span)),
                Task::Close(id) => self.tasks.spawn(tasks::close(shell, id).instrument(span)),
                Task::RentalMessages(id) => self.tasks.spawn(tasks::rental_messages(shell, id).instrument(span)),
                Task::List(server) => self.tasks.spawn(tasks::list(shell, server).instrument(span)),
                Task::Apply(command) => self.tasks.spawn(tasks::apply(shell, command).instrument(span)),
                Task::Resend(id) => self.tasks.spawn(finding::resend(shell, id).instrument(span)),
                Task::Wake(id) => self.tasks.spawn(tasks::wake(shell, id).instrument(span)),
                Task::TouchCard(id) => self.tasks.spawn(tasks::touch_card(shell, id).instrument(span)),
                Task::Reconcile(server) => self.tasks.spawn(finding::reconcile(shell, server).instrument(span)),
                Task::GiveBack(id) => self.tasks.spawn(orphans::give_back(shell, id).instrument(span)),
            };
            self.running.insert(running.id(), about);
        }
    }

    /// What the log lines of a task have in common: the order that it is about, and whose that is.
    fn span(&self, about: &About) -> Span {
        match about {
            About::Order(id) | About::Card(id) => {
                let user = || self.open.get(id).map(|order| self.shell.office.pseudonyms.of(order.user));
                tracing::error_span!("order", id = %id, user = user())
            }
            About::Orphan(_) => tracing::error_span!("orphan"),
            About::List(server) => tracing::error_span!("list", server = server.number()),
            About::Reconciling(server) => tracing::error_span!("reconciling", server = server.number()),
            About::Books => tracing::error_span!("books"),
        }
    }

    /// A task that panicked ends like any other: what it left half-done is found by the order's state, never by trying
    /// again ([`shop::command::Command::StartBuying`] is granted once).
    fn finished(&mut self, joined: Result<(Id, After), JoinError>) {
        let (id, after) = joined.unwrap_or_else(|error| {
            tracing::error!(%error, "an order task panicked");
            if let Some(metrics) = self.shell.office.metrics() {
                metrics.panicked();
            }
            (error.id(), After::default())
        });
        let Some(about) = self.running.remove(&id) else { return };
        self.queue.ended(&about);
        let now = self.shell.office.clock.now();
        match about {
            About::Order(order) if self.open.contains_key(&order) => {
                let asked = self.asked.entry(order).or_default();
                match after.supplier {
                    Supplier::Unasked => {}
                    Supplier::Silent => asked.tried_at = Some(now),
                    Supplier::Answered => (asked.tried_at, asked.answered_at) = (Some(now), Some(now)),
                }
            }
            About::Orphan(id) => self.renew_orphan(id),
            About::Reconciling(server) if after.supplier == Supplier::Answered => self.looked_for(server, now),
            About::Order(_) | About::Card(_) | About::List(_) | About::Reconciling(_) | About::Books => {}
        }
        after.next.into_iter().for_each(|task| self.push(task));
        // Some may have waited for this one: two purchases of a kind could not be told apart.
        let held_back = std::mem::take(&mut self.held_back);
        self.start_reserved(held_back);
    }

    /// The supplier told of all that could be a lost purchase of that server.
    fn looked_for(&mut self, server: ServerId, now: UnixSeconds) {
        let lost = |order: &&Order| order.wish.server == server && order.number.is_none();
        for order in self.open.values().filter(lost) {
            self.asked.entry(order.id).or_default().answered_at = Some(now);
        }
    }

    fn reconcile(&mut self) {
        let now = self.shell.office.clock.now();
        let late_is_due = !(0..LATE_EVERY_S).contains(&(now - self.late_at));
        let is_due = |order: &&Order| reconcile::is_lost(order, now) && (late_is_due || order.is_open());
        let servers: BTreeSet<ServerId> = self.open.values().filter(is_due).map(|order| order.wish.server).collect();
        if late_is_due && !servers.is_empty() {
            self.late_at = now;
        }
        servers.into_iter().for_each(|server| self.push(Task::Reconcile(server)));
    }

    /// Cards that change with time alone: once when the supplier is slow, once when little time is left.
    fn remind(&mut self, now: UnixSeconds) {
        let mut due = Vec::new();
        for order in self.open.values() {
            due.extend(reminder(order, now).map(|reminder| (order.id, reminder)));
        }
        for (order, reminder) in due {
            if self.reminded.insert((order, reminder)) {
                self.push(Task::TouchCard(order));
            }
        }
    }
}

fn reminder(order: &Order, now: UnixSeconds) -> Option<Reminder> {
    let ends_soon = order.number.as_ref().is_some_and(|number| (0..HURRY_S).contains(&(number.expires_at - now)));
    if let Some(Wake::Awake { until }) = order.wake.filter(|_| order.sleep(now) == Some(Sleep::Asleep)) {
        return Some(Reminder::Asleep(until));
    }
    match order.state {
        State::Reserved | State::Buying { .. } => (now - order.created_at >= SLOW_AFTER_S).then_some(Reminder::Slow),
        State::Active if ends_soon && !order.is_rental() => Some(Reminder::Hurry),
        State::Active | State::Ambiguous { .. } | State::Closing { .. } | State::Done | State::Refunded(_) => None,
    }
}
