//! Everything that runs, in one place: the office, the markets, the way back to the chats.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use flows::Raqam;
use shop::command::Alarm;
use shop::order::Wish;
use shop::pool::SmsPool;
use shop::server::OrderLists;
use shop::trouble::{Trouble, Troubles};
use shop::{ServerId, UnixSeconds, UserId};
use telegram::host::Delivered;
use telegram::{Handle, Posted, Status};
use tokio::sync::watch;

use crate::host::ShopHost;
use crate::host::trace::Recorder;
use crate::market::Market;
use crate::office::Office;
use crate::till::{Till, Turn};

/// How long something may be on its way into a session before it is passed on again, in seconds.
const DELIVERY_LIFE_S: i64 = 60;

/// How many people may wait for the first catalogue.
const WAITING_MAX: usize = 10_000;

/// The parts of a running shop.
pub struct Shell {
    /// The store and what follows from commits.
    pub office: Arc<Office>,
    /// The servers that have a supplier.
    pub markets: BTreeMap<ServerId, Arc<Market>>,
    /// Where users find a person.
    pub support_url: Option<String>,
    /// How often suppliers are asked for messages.
    pub poll_every: Duration,
    chats: RwLock<Option<Handle<ShopHost>>>,
    waiting: Mutex<BTreeSet<UserId>>,
    delivering: Mutex<BTreeMap<String, UnixSeconds>>,
    /// What is kept of events.
    pub(crate) recorder: Recorder,
}

impl Shell {
    /// A shell whose chats are not connected yet.
    #[must_use]
    pub fn new(
        office: Arc<Office>,
        markets: BTreeMap<ServerId, Arc<Market>>,
        support_url: Option<String>,
        poll_every: Duration,
    ) -> Self {
        Self {
            office,
            markets,
            support_url,
            poll_every,
            chats: RwLock::default(),
            waiting: Mutex::default(),
            delivering: Mutex::default(),
            recorder: Recorder::default(),
        }
    }

    /// Connects the chats.
    pub fn connect(&self, chats: Handle<ShopHost>) {
        *self.chats.write().unwrap_or_else(PoisonError::into_inner) = Some(chats);
    }

    /// Lets the chats go: they hold this shell, and the database stays open as long as they do.
    pub fn disconnect(&self) {
        *self.chats.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn chats(&self) -> Option<Handle<ShopHost>> {
        self.chats.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the chats count, once they are connected.
    #[must_use]
    pub fn chats_status(&self) -> Option<Status> {
        self.chats().map(|chats| chats.status())
    }

    /// The supplier of a server.
    #[must_use]
    pub fn pool(&self, server: ServerId) -> Option<Arc<dyn SmsPool>> {
        self.markets.get(&server).map(|market| market.pool())
    }

    /// Whether a server does not buy for a while.
    #[must_use]
    pub fn is_paused(&self, server: ServerId) -> bool {
        self.office.store.settings().is_ok_and(|settings| settings.server(server).is_paused())
    }

    /// Whether a purchase is looked for at a server that only our balance tells of.
    #[must_use]
    pub fn is_looking(&self, server: ServerId) -> bool {
        let looking = |troubles: &Troubles| troubles.now.contains_key(&Trouble::Looking);
        self.office.store.settings().is_ok_and(|settings| looking(&settings.server(server).troubles))
    }

    /// Waits for the turn to buy at a server where only our balance tells what became of it. Where the supplier lists our
    /// orders there are no turns, and nobody waits.
    pub(crate) async fn turn_to_buy(&self, server: ServerId) -> Option<Turn<'_>> {
        match self.till(server) {
            Some(till) => Some(till.to_buy().await),
            None => None,
        }
    }

    /// The same to give something back there. `None` where the turn did not come in time.
    pub(crate) async fn turn_to_give_back(&self, server: ServerId, within: Duration) -> Option<Option<Turn<'_>>> {
        match self.till(server) {
            Some(till) => till.to_give_back(within).await.map(Some),
            None => Some(None),
        }
    }

    fn till(&self, server: ServerId) -> Option<&Till> {
        match server.profile().lists {
            OrderLists::Kept => None,
            OrderLists::Absent => self.markets.get(&server).map(|market| &market.till),
        }
    }

    /// A price was not the supplier's any more: its list is fetched at once.
    pub fn prices_changed(&self, wish: &Wish) {
        if let Some(market) = self.markets.get(&wish.server) {
            market.renew(wish.country, wish.product);
        }
    }

    /// All suppliers.
    #[must_use]
    pub fn pools(&self) -> Vec<(ServerId, Arc<dyn SmsPool>)> {
        self.markets.iter().map(|(server, market)| (*server, market.pool())).collect()
    }

    /// These users have something outgoing.
    pub fn wake(&self, users: BTreeSet<UserId>) {
        if let Some(chats) = self.chats() {
            users.into_iter().for_each(|user| chats.wake(user.0));
        }
    }

    /// These users' sessions were changed for them: their screens are shown.
    pub fn show(&self, users: BTreeSet<UserId>) {
        if let Some(chats) = self.chats() {
            users.into_iter().for_each(|user| chats.show(user.0));
        }
    }

    /// Passes something into a user's session: once per key while it is on its way.
    pub fn deliver(&self, delivered: Delivered<Raqam>) {
        let Some(chats) = self.chats() else { return };
        let (key, now) = (delivered.key.clone(), self.office.clock.now());
        if self.delivering().get(&key).is_some_and(|since| (0..DELIVERY_LIFE_S).contains(&(now - since))) {
            return;
        }
        self.delivering().insert(key.clone(), now);
        if chats.deliver(delivered) == Posted::Refused {
            self.delivered(&key);
        }
    }

    /// This person looks at a catalogue that is not complete yet: the finished one is shown by itself.
    pub fn note_waiting(&self, user: UserId) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < WAITING_MAX {
            waiting.insert(user);
        }
    }

    /// Renews the screens of those who waited, whenever a catalogue has changed.
    pub async fn show_catalogue(self: Arc<Self>, market: Arc<Market>, mut shutdown: watch::Receiver<bool>) {
        let mut built = market.built();
        loop {
            tokio::select! {
                _ = shutdown.changed() => return,
                changed = built.changed() => if changed.is_err() { return },
            }
            let waited = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
            self.wake(waited);
        }
    }

    /// What was on its way under this key has arrived.
    pub fn delivered(&self, key: &str) {
        self.delivering().remove(key);
    }

    /// Margins, switches or keys changed: prices follow.
    pub fn settings_changed(&self) {
        match self.office.store.settings() {
            Ok(settings) => self.markets.values().for_each(|market| market.set_settings(&settings)),
            Err(error) => tracing::error!(%error, "settings were not read"),
        }
    }

    /// Facts for the operator.
    pub fn alarms(&self, alarms: &[Alarm]) {
        for alarm in alarms {
            let name: &'static str = alarm.into();
            tracing::error!(alarm = name, "the operator should look: see `raqam status`");
        }
    }

    fn delivering(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, UnixSeconds>> {
        self.delivering.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
