//! How each server does: its supplier's answers are listened to, a breaker is turned, and what is wrong is written down
//! until it is over. The books decide what follows (`shop::trouble`); nothing here sells or stops selling.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shop::breaker::{Breaker, Call, Heard, Turned, heard};
use shop::command::Command;
use shop::pool::{PoolError, PurchaseError, SmsPool};
use shop::trouble::{Since, Trouble, Troubles};
use shop::{ErrorCode, Money, ServerId, UnixSeconds};
use tokio::sync::{Notify, watch};

use crate::office::Office;

/// How often it is looked whether what is wrong is over, at least.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// One server's health.
pub struct Health {
    server: ServerId,
    office: Arc<Office>,
    breaker: Mutex<Breaker>,
    key_refused: AtomicBool,
    turned: Notify,
}

impl Health {
    /// A server that is as it was when the process ended.
    #[must_use]
    pub fn new(server: ServerId, office: Arc<Office>, troubles: &Troubles) -> Arc<Self> {
        let was_open = troubles.now.contains_key(&Trouble::Silent);
        let breaker = if was_open { Breaker::open_since_before(office.clock.now()) } else { Breaker::default() };
        let (key_refused, turned) = (AtomicBool::new(false), Notify::new());
        Arc::new(Self { server, office, breaker: Mutex::new(breaker), key_refused, turned })
    }

    /// Whose health it is.
    pub(crate) const fn server(&self) -> ServerId {
        self.server
    }

    /// A read came to an end.
    pub fn read<T>(&self, answer: &Result<T, PoolError>) {
        self.heard(Call::Read, answer.as_ref().err());
    }

    /// A purchase came to an end.
    pub fn purchased<T>(&self, answer: &Result<T, PurchaseError>) {
        self.heard(
            Call::Purchase,
            answer.as_ref().err().map(|error| match error {
                PurchaseError::DefiniteNo(error) | PurchaseError::Unknown(error) => error,
            }),
        );
    }

    fn heard(&self, call: Call, error: Option<&PoolError>) {
        let Some(heard) = error.map_or(Some(Heard::Answer), |error| heard(error.code)) else { return };
        let turned = self.breaker().heard(call, heard, self.office.clock.now());
        if turned.is_some() {
            self.turned.notify_one();
        }
        self.count(turned);
        let is_refused = error.is_some_and(|error| error.code == ErrorCode::InvalidKey);
        if is_refused && !self.key_refused.swap(true, Ordering::Relaxed) {
            self.turned.notify_one();
        }
    }

    /// Writes down what is wrong, and that it is over, until the shutdown. `has_key` tells whether there is a key that could
    /// be refused; `pool` is asked without being listened to.
    pub async fn run(
        self: Arc<Self>,
        pool: Arc<dyn SmsPool>,
        has_key: impl Fn() -> bool,
        every: Duration,
        mut shutdown: watch::Receiver<bool>,
    ) {
        loop {
            tokio::select! {
                biased;
                _ = shutdown.changed() => return,
                () = self.turned.notified() => {}
                () = tokio::time::sleep(every.min(LOOK_EVERY)) => {}
            }
            if has_key() {
                self.look(pool.as_ref()).await;
            }
        }
    }

    async fn look(&self, pool: &dyn SmsPool) {
        let troubles = match self.office.store.settings() {
            Ok(settings) => settings.server(self.server).troubles.clone(),
            Err(error) => return tracing::error!(%error, "the settings were not read"),
        };
        let now = self.office.clock.now();
        let balance = self.asked(&troubles, pool, now).await;
        self.begin(&troubles, balance.as_ref()).await;
        let has = balance.and_then(Result::ok);
        for (trouble, since) in &troubles.now {
            if self.is_over(*trouble, since, has, now) {
                tracing::info!(
                    server = self.server.number(),
                    trouble = <&str>::from(trouble),
                    "the server sells again"
                );
                if *trouble == Trouble::KeyRefused {
                    self.key_refused.store(false, Ordering::Relaxed);
                }
                self.command(Command::Recovered { server: self.server, trouble: *trouble }).await;
            }
        }
    }

    /// Our balance, where it tells that something is wrong or over: asked once for all of it.
    async fn asked(
        &self,
        troubles: &Troubles,
        pool: &dyn SmsPool,
        now: UnixSeconds,
    ) -> Option<Result<Money, PoolError>> {
        let ends = troubles.now.keys().any(|trouble| ends_by_asking(*trouble));
        let is_asked = ends || self.key_refused.load(Ordering::Relaxed) || self.breaker().is_probe_due(now);
        if !is_asked {
            return None;
        }
        // What is refused from here on is looked into anew; what is known to be refused, when that is over.
        if !troubles.now.contains_key(&Trouble::KeyRefused) {
            self.key_refused.store(false, Ordering::Relaxed);
        }
        let balance = pool.balance().await;
        let said = balance.as_ref().map_or_else(|error| heard(error.code), |_| Some(Heard::Answer));
        let turned = said.and_then(|said| self.breaker().probed(said, self.office.clock.now()));
        self.count(turned);
        Some(balance)
    }

    /// What was refused may have been sent with another key than the one that is set now: the balance tells.
    async fn begin(&self, troubles: &Troubles, balance: Option<&Result<Money, PoolError>>) {
        let is_silent = self.breaker().is_open();
        let is_refused = matches!(balance, Some(Err(error)) if error.code == ErrorCode::InvalidKey);
        let begun = [(Trouble::Silent, is_silent), (Trouble::KeyRefused, is_refused)];
        for (trouble, begins) in begun {
            if begins && !troubles.now.contains_key(&trouble) {
                tracing::error!(
                    server = self.server.number(),
                    trouble = <&str>::from(trouble),
                    "the server sells nothing"
                );
                let (server, until, needed) = (self.server, None, None);
                self.command(Command::Troubled { server, trouble, until, needed }).await;
            }
        }
    }

    fn is_over(&self, trouble: Trouble, since: &Since, balance: Option<Money>, now: UnixSeconds) -> bool {
        match trouble {
            Trouble::Silent => !self.breaker().is_open(),
            Trouble::NoMoney | Trouble::KeyRefused => {
                balance.is_some_and(|balance| balance >= since.needed.unwrap_or(Money::ZERO))
            }
            // One from the future was begun by a clock that was set back since.
            Trouble::Blocked => since.until.is_none_or(|until| now >= until) || now < since.at,
            // The purchase that is looked for ends it.
            Trouble::Looking => false,
        }
    }

    fn count(&self, turned: Option<Turned>) {
        if let (Some(metrics), Some(turned)) = (self.office.metrics(), turned) {
            metrics.breaker(self.server, turned);
        }
    }

    async fn command(&self, command: Command) {
        if let Err(error) = self.office.command(vec![command]).await {
            tracing::error!(%error, "how a server does was not stored");
        }
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether our balance at the supplier tells that it is over.
const fn ends_by_asking(trouble: Trouble) -> bool {
    match trouble {
        Trouble::NoMoney | Trouble::KeyRefused => true,
        Trouble::Silent | Trouble::Blocked | Trouble::Looking => false,
    }
}
