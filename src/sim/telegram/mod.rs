//! Telegram's Bot API on loopback, and the simulated people who write to the bot.
//! Start at [`TelegramSim`]; it knows nothing of any bot's code.

mod control;
mod faults;
mod html;
mod inline;
mod keyboard;
mod message;
mod messages;
mod payments;
mod profile;
mod render;
mod search;
mod seeing;
mod server;
mod state;
#[cfg(test)]
mod tests;
mod text;
mod updates;
mod user;
mod webhook;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

pub use faults::TelegramFault;
pub use html::Entity;
pub use inline::{InlineAnswer, InlineResult};
pub use message::{Button, ButtonAction, Message};
pub use render::{Marks, plain};
pub use state::{Call, Toast};
pub use user::{SimUser, Tap, UserError};

use crate::clock::SimClock;
use crate::options::TelegramOptions;
use state::Shared;

/// A handle on the simulated Telegram; clones share one world.
#[derive(Clone, Debug)]
pub struct TelegramSim {
    shared: Arc<Shared>,
    url: String,
}

impl TelegramSim {
    pub(crate) fn new(options: TelegramOptions, clock: SimClock) -> Self {
        Self { shared: Shared::new(options, clock), url: String::new() }
    }

    pub(crate) fn router(&self) -> axum::Router {
        control::router(self.clone()).fallback_service(server::router(Arc::clone(&self.shared)))
    }

    pub(crate) fn set_url(&mut self, url: String) {
        self.url = url;
    }

    /// The base address, `http://127.0.0.1:<port>`, to be used as the Bot API's.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A token that the simulator accepts.
    #[must_use]
    pub fn token(&self) -> String {
        let any = || format!("{}:AAsimulated-token-of-no-value-00000000", self.shared.options.bot_id);
        self.shared.options.token.clone().unwrap_or_else(any)
    }

    /// How long simulated users wait in real time.
    #[must_use]
    pub fn patience(&self) -> Duration {
        self.shared.options.patience
    }

    /// The bot's user name without `@`.
    #[must_use]
    pub fn bot_username(&self) -> &str {
        &self.shared.options.bot_username
    }

    /// The clock that this server reads.
    #[must_use]
    pub fn clock(&self) -> &SimClock {
        &self.shared.clock
    }

    /// A person with a private chat; the same id is the same person.
    #[must_use]
    pub fn user(&self, id: i64, first_name: &str, language_code: &str) -> SimUser {
        let now_ms = self.shared.clock.now();
        self.shared.lock().add_user(id, first_name, language_code, now_ms);
        SimUser { id, shared: Arc::clone(&self.shared) }
    }

    /// A person who is already known.
    #[must_use]
    pub fn known_user(&self, id: i64) -> Option<SimUser> {
        self.shared.lock().chats.contains_key(&id).then(|| SimUser { id, shared: Arc::clone(&self.shared) })
    }

    /// Orders a failure of a method (`*` for all), for one chat or all, a number of times. Returns its number.
    pub fn fault(&self, method: &str, chat: Option<i64>, times: u32, fault: TelegramFault) -> u64 {
        self.shared.lock().faults.add(method, chat, times, fault)
    }

    /// How often an ordered failure is still to come.
    #[must_use]
    pub fn fault_left(&self, fault: u64) -> u32 {
        self.shared.lock().faults.left(fault)
    }

    /// Forgets one ordered failure.
    pub fn forget_fault(&self, fault: u64) {
        self.shared.lock().faults.forget(fault);
    }

    /// Forgets all failures that are still ordered.
    pub fn clear_faults(&self) {
        self.shared.lock().faults.clear();
    }

    /// Delivers a whole update of any shape; the id is filled in and returned.
    pub fn inject_update(&self, update: Value) -> i64 {
        let now_ms = self.shared.clock.now();
        let id = self.shared.lock().updates.push_raw(update, now_ms);
        self.shared.arrived.notify_waiters();
        id
    }

    /// Delivers the newest update once more under the same id; false when there was none.
    pub fn repeat_last_update(&self) -> bool {
        let repeated = self.shared.lock().updates.repeat_last();
        self.shared.arrived.notify_waiters();
        repeated
    }

    /// Lets update ids go on from here, as Telegram does after a quiet week.
    pub fn restart_update_ids(&self, next_id: i64) {
        self.shared.lock().updates.restart_ids(next_id);
    }

    /// How many updates wait to be confirmed.
    #[must_use]
    pub fn waiting_updates(&self) -> usize {
        self.shared.lock().updates.waiting()
    }

    /// The recorded calls of one method, oldest first.
    #[must_use]
    pub fn calls(&self, method: &str) -> Vec<Call> {
        let state = self.shared.lock();
        state.journal.calls.iter().filter(|call| call.method.eq_ignore_ascii_case(method)).cloned().collect()
    }

    /// All recorded calls, oldest first.
    #[must_use]
    pub fn all_calls(&self) -> Vec<Call> {
        self.shared.lock().journal.calls.iter().cloned().collect()
    }

    /// The recorded calls after this place in the record, oldest first.
    #[must_use]
    pub fn calls_after(&self, serial: u64) -> Vec<Call> {
        self.shared.lock().journal.calls.iter().filter(|call| call.serial > serial).cloned().collect()
    }

    /// The place of the newest recorded call; 0 before the first.
    #[must_use]
    pub fn last_call(&self) -> u64 {
        self.shared.lock().journal.last_call
    }

    /// The updates that were made after this place, with their places, as the bot gets them; the newest 1,000 are kept.
    #[must_use]
    pub fn updates_after(&self, place: u64) -> Vec<(u64, Value)> {
        let made = self.shared.lock().updates.made_after(place);
        let read = |(place, body): (u64, String)| (place, serde_json::from_str(&body).unwrap_or_default());
        made.into_iter().map(read).collect()
    }

    /// How many updates were made so far: the place of the newest.
    #[must_use]
    pub fn last_update(&self) -> u64 {
        self.shared.lock().updates.made_count()
    }

    /// How often a method was called, refused calls included.
    #[must_use]
    pub fn count(&self, method: &str) -> u64 {
        self.shared.lock().journal.counts.get(&method.to_lowercase()).copied().unwrap_or(0)
    }

    /// Waits until a method was called so often, or this long in real time; returns the count then.
    pub async fn wait_count(&self, method: &str, wanted: u64, within: Duration) -> u64 {
        let reached = async {
            loop {
                let recorded = self.shared.recorded.notified();
                tokio::pin!(recorded);
                recorded.as_mut().enable();
                if self.count(method) >= wanted {
                    return;
                }
                recorded.await;
            }
        };
        // Whether it was reached shows in the count.
        let _ = tokio::time::timeout(within, reached).await;
        self.count(method)
    }

    /// All counters by lower-case method name.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.shared.lock().journal.counts.clone()
    }

    /// Methods that the bot called and Telegram does not have; a test should find none.
    #[must_use]
    pub fn unknown_calls(&self) -> Vec<String> {
        self.shared.lock().journal.unknown.clone()
    }
}
