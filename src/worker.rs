//! The order worker: executes what `shop::monitor`, `shop::reconcile` and `shop::recover` decide, one task per order at
//! a time, over a copy of the open orders that every commit renews.

mod tasks;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use shop::OrderId;
use shop::monitor::{self, Task};
use shop::order::{Order, State};
use shop::{ServerId, recover};
use store::StoreError;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::effects;
use crate::office::FollowUp;
use crate::shell::Shell;

/// How often ambiguous purchases are looked for.
const RECONCILE_EVERY: Duration = Duration::from_secs(5);
/// How many tasks run at once; more wait for the next tick.
const TASKS_MAX: usize = 256;
/// How long running tasks may finish at the end of the process: longer than a purchase call.
const DRAIN: Duration = Duration::from_secs(50);

/// What a task is about: never two at once about the same thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum About {
    /// One order.
    Order(OrderId),
    /// A server's list of open orders.
    List(ServerId),
    /// The purchases whose answer was lost.
    Reconciling,
}

/// The worker's state.
pub struct Worker {
    shell: Arc<Shell>,
    follow_ups: mpsc::Receiver<FollowUp>,
    open: BTreeMap<OrderId, Order>,
    last_asked: BTreeMap<OrderId, i64>,
    reminded: BTreeSet<OrderId>,
    running: BTreeSet<About>,
    tasks: JoinSet<tasks::Finished>,
}

impl Worker {
    /// Reads the open orders and settles what a crash left half-done. Nothing is sold before this returns.
    ///
    /// # Errors
    /// [`StoreError`] where the store cannot be read or written.
    pub async fn recover(shell: Arc<Shell>, follow_ups: mpsc::Receiver<FollowUp>) -> Result<Self, StoreError> {
        let office = &shell.office;
        let orders = office.store.open_orders()?;
        for command in recover::at_start(&orders, office.clock.now(), office.boot) {
            office.command(vec![command]).await?;
        }
        let open = office.store.open_orders()?.into_iter().map(|order| (order.id, order)).collect();
        let (last_asked, reminded, running, tasks) = Default::default();
        Ok(Self { shell, follow_ups, open, last_asked, reminded, running, tasks })
    }

    /// Runs until the follow-ups end or the shutdown comes; then lets running calls finish within a bound.
    pub async fn run(mut self, mut shutdown: tokio::sync::watch::Receiver<bool>) {
        let every = self.shell.poll_every;
        let mut tick = interval_at(Instant::now(), every);
        let mut reconcile = interval_at(Instant::now() + RECONCILE_EVERY, RECONCILE_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        reconcile.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = shutdown.changed() => break,
                Some(follow_up) = self.follow_ups.recv() => self.follow(follow_up),
                Some(finished) = self.tasks.join_next() => self.finished(finished),
                _ = tick.tick() => self.tick(),
                _ = reconcile.tick() => self.reconcile(),
            }
        }
        let drain = async { while self.tasks.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(DRAIN, drain).await;
    }

    fn follow(&mut self, follow_up: FollowUp) {
        match follow_up {
            FollowUp::Orders(orders) => {
                let reserved: Vec<OrderId> =
                    orders.iter().filter(|order| order.state == State::Reserved).map(|order| order.id).collect();
                self.renew(orders);
                self.start_reserved(&reserved);
            }
            FollowUp::Wake(users) => self.shell.wake(users),
            FollowUp::Check(order) => self.spawn_check(order),
            FollowUp::Resend(order) => self.spawn(About::Order(order), tasks::resend(self.shell.clone(), order)),
            FollowUp::Jobs(jobs) => jobs.into_iter().for_each(|job| effects::spawn(&self.shell, job)),
            FollowUp::Settings => self.shell.settings_changed(),
            FollowUp::Alarms(alarms) => self.shell.alarms(&alarms),
        }
    }

    fn renew(&mut self, orders: Vec<Order>) {
        for order in orders {
            if store::needs_watching(&order) {
                self.open.insert(order.id, order);
            } else {
                self.open.remove(&order.id);
                self.last_asked.remove(&order.id);
                self.reminded.remove(&order.id);
            }
        }
    }

    /// New reservations are bought at once, not at the next tick.
    fn start_reserved(&mut self, reserved: &[OrderId]) {
        let now = self.shell.office.clock.now();
        for id in reserved {
            let task = self.open.get(id).and_then(|order| monitor::reserved(order, self.open.values(), now));
            task.into_iter().for_each(|task| self.start(task));
        }
    }

    fn tick(&mut self) {
        let office = &self.shell.office;
        let last_asked = |order| self.last_asked.get(&order).copied();
        let tasks = monitor::due(&self.open.values(), office.clock.now(), office.boot, &last_asked);
        tasks.into_iter().for_each(|task| self.start(task));
        self.remind();
    }

    fn start(&mut self, task: Task) {
        let shell = self.shell.clone();
        match task {
            Task::Buy(id) => self.spawn(About::Order(id), tasks::buy(shell, id)),
            Task::Check(id) => self.spawn_check(id),
            Task::Close(id) => self.spawn(About::Order(id), tasks::close(shell, id)),
            Task::RentalMessages(id) => self.spawn(About::Order(id), tasks::rental_messages(shell, id)),
            Task::List(server) => self.spawn(About::List(server), tasks::list(shell, server)),
            Task::Apply(command) => {
                let about = tasks::order_of(&command).map_or(About::Reconciling, About::Order);
                self.spawn(about, tasks::apply(shell, vec![command]));
            }
            // All ambiguous orders are looked for together, by their own clock.
            Task::Reconcile(_) => {}
        }
    }

    fn spawn_check(&mut self, id: OrderId) {
        let rental = self.open.get(&id).is_some_and(Order::is_rental);
        let shell = self.shell.clone();
        if rental {
            self.spawn(About::Order(id), tasks::rental_messages(shell, id));
        } else {
            self.spawn(About::Order(id), tasks::check(shell, id));
        }
    }

    fn spawn(&mut self, about: About, task: impl Future<Output = Vec<Task>> + Send + 'static) {
        if self.tasks.len() < TASKS_MAX && self.running.insert(about) {
            self.tasks.spawn(async move { tasks::Finished { about, next: task.await } });
        }
    }

    fn finished(&mut self, finished: Result<tasks::Finished, tokio::task::JoinError>) {
        match finished {
            Ok(tasks::Finished { about, next }) => {
                self.running.remove(&about);
                if let About::Order(order) = about {
                    self.last_asked.insert(order, self.shell.office.clock.now());
                }
                next.into_iter().for_each(|task| self.start(task));
            }
            Err(error) => {
                // What the task was about stays marked as running until the next start: better idle than twice.
                tracing::error!(%error, "an order task panicked");
            }
        }
    }

    fn reconcile(&mut self) {
        let lost = |order: &Order| matches!(order.state, State::Ambiguous { .. });
        if self.open.values().any(lost) {
            let orders = self.open.values().cloned().collect();
            self.spawn(About::Reconciling, tasks::reconcile(self.shell.clone(), orders));
        }
    }

    /// Cards that change with time alone: once when little time is left.
    fn remind(&mut self) {
        let now = self.shell.office.clock.now();
        let soon = |order: &&Order| {
            let ends_soon = order.number.as_ref().is_some_and(|number| (0..120).contains(&(number.expires_at - now)));
            order.state == State::Active && !order.is_rental() && ends_soon && !self.reminded.contains(&order.id)
        };
        let due: Vec<OrderId> = self.open.values().filter(soon).map(|order| order.id).collect();
        for order in due {
            self.reminded.insert(order);
            self.spawn(About::Order(order), tasks::touch_card(self.shell.clone(), order));
        }
    }
}
