//! How things stand, read when somebody asks: lengths of tables and queues, open orders, ages. And our balance at the
//! suppliers, which is asked for once a minute so that a scrape never waits for one.

use std::sync::Arc;
use std::time::Duration;

use shop::command::Alarm as Raised;
use shop::order::StateKind;
use shop::settings::Settings;
use shop::trouble::Trouble;
use shop::{Money, ServerId};
use store::{Counts, Hold, StoreError};
use strum::IntoEnumIterator as _;
use telegram::Status;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use super::Metrics;
use super::labels::{Alarm, List, Queue, Reason, Server, ServerTrouble, State, Table};
use crate::shell::Shell;

/// How often suppliers are asked for our balance.
const BALANCE_EVERY: Duration = Duration::from_secs(60);
/// How many micro-dollars a dollar has.
const MICROS: f64 = 1_000_000.0;

/// Brings the figures that are read up to date. Reads the open orders: not for the thread of a conversation.
///
/// # Errors
/// [`StoreError`], where the file cannot be read.
pub(crate) fn read(metrics: &Metrics, shell: &Shell) -> Result<(), StoreError> {
    metrics.count_rows(&shell.office.store.counts()?);
    metrics.queue("store", shell.office.store.queued());
    metrics.queue("follow_ups", shell.office.follow_ups_waiting());
    if let Some(status) = shell.chats_status() {
        metrics.chats(&status);
    }
    let held = shell.office.store.holds();
    for hold in Hold::iter() {
        metrics.levels.holds.get_or_create(&Reason { reason: hold.into() }).set(held.contains(&hold).into());
    }
    metrics.count_troubles(&shell.office.store.settings()?);
    let now = shell.office.clock.now();
    for market in shell.markets.values() {
        let server = market.server.number();
        metrics.levels.paused.get_or_create(&Server { server }).set(shell.is_paused(market.server).into());
        for (list, fetched_at) in market.lists_fetched_at() {
            metrics.levels.list_age.get_or_create(&List { server, list }).set(now - fetched_at);
        }
    }
    Ok(())
}

/// Asks suppliers for our balance until the shutdown.
pub(crate) async fn ask_balances(metrics: Arc<Metrics>, shell: Arc<Shell>, mut shutdown: watch::Receiver<bool>) {
    let mut ticks = interval(BALANCE_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            _ = shutdown.changed() => return,
            _ = ticks.tick() => {}
        }
        for market in shell.markets.values().filter(|market| market.has_key()) {
            let pool = market.pool();
            tokio::select! {
                biased;
                _ = shutdown.changed() => return,
                // A failure is counted with the other calls.
                balance = pool.balance() => if let Ok(balance) = balance {
                    metrics.levels.balance.get_or_create(&Server { server: market.server.number() }).set(dollars(balance));
                }
            }
        }
    }
}

impl Metrics {
    fn count_rows(&self, counts: &Counts) {
        self.levels.users.set(clamped(counts.users));
        self.levels.sessions.set(clamped(counts.sessions));
        for state in StateKind::iter() {
            let count = counts.orders.get(&state).copied().unwrap_or_default();
            self.levels.orders.get_or_create(&State { state: state.into() }).set(clamped(count));
        }
        for (server, count) in &counts.open {
            self.levels.open.get_or_create(&Server { server: server.number() }).set(clamped(*count));
        }
        for (table, count) in [
            ("outbox", counts.outbox),
            ("inbox", counts.inbox),
            ("jobs", counts.jobs),
            ("timers", counts.timers),
            ("dead_letters", counts.dead_letters),
        ] {
            self.levels.rows.get_or_create(&Table { table }).set(clamped(count));
        }
        for alarm in Raised::iter() {
            let count = counts.alarms.get(&alarm).copied().unwrap_or_default();
            raise(&self.levels.alarms.get_or_create(&Alarm { alarm: alarm.into() }), count);
        }
    }

    /// Each trouble of each server, a zero where all is well.
    fn count_troubles(&self, settings: &Settings) {
        for server in ServerId::ALL {
            let now = &settings.server(*server).troubles.now;
            for trouble in Trouble::iter() {
                let label = ServerTrouble { server: server.number(), trouble: trouble.into() };
                self.levels.troubles.get_or_create(&label).set(now.contains_key(&trouble).into());
            }
        }
    }

    fn chats(&self, status: &Status) {
        self.levels.mailboxes.set(clamped(status.mailboxes as u64));
        self.queue("mailboxes", status.waiting);
        self.levels.unauthorized.set(status.unauthorized.into());
        for (reason, count) in
            [("flood", status.flooded), ("busy", status.busy), ("inline_overtaken", status.inline_dropped)]
        {
            raise(&self.chats.refused.get_or_create(&Reason { reason }), count);
        }
        raise(&self.chats.undeclared, status.undeclared);
        raise(&self.chats.buried, status.buried);
    }

    fn queue(&self, queue: &'static str, length: usize) {
        self.levels.queued.get_or_create(&Queue { queue }).set(clamped(length as u64));
    }
}

/// Raises a counter to what somebody else has counted; two who ask at once raise it once.
fn raise(counter: &prometheus_client::metrics::counter::Counter, to: u64) {
    counter.inner().fetch_max(to, std::sync::atomic::Ordering::Relaxed);
}

fn clamped(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Money as Prometheus wants it. Only shown: nothing is ever calculated from it.
#[expect(clippy::cast_precision_loss, reason = "a balance of nine billion dollars is still exact to the micro-dollar")]
fn dollars(money: Money) -> f64 {
    money.micros() as f64 / MICROS
}
