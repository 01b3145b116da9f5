//! What a simulation starts with; every field has a usable default.

use std::time::Duration;

use crate::bucket::Rate;
use crate::clock::SimClock;

/// The whole world's options.
#[derive(Clone, Debug, Default)]
pub struct SimOptions {
    /// The clock that both servers read.
    pub clock: SimClock,
    /// Telegram's side.
    pub telegram: TelegramOptions,
    /// The supplier's side.
    pub smspool: SmsPoolOptions,
}

impl SimOptions {
    /// Without rate limits, cached inline answers and a record of calls: for load runs.
    #[must_use]
    pub fn for_load() -> Self {
        let mut options = Self::default();
        options.telegram.rates = None;
        options.telegram.recorded_max = 0;
        options.telegram.inline_cache = false;
        options.smspool.requests_per_second = None;
        options.smspool.recorded_max = 0;
        options
    }
}

/// Telegram's limits on messages and edits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TelegramRates {
    /// In one chat.
    pub one_chat: Rate,
    /// Of the whole bot.
    pub all_chats: Rate,
}

impl Default for TelegramRates {
    fn default() -> Self {
        Self { one_chat: Rate { burst: 20, per_second: 1.0 }, all_chats: Rate { burst: 30, per_second: 30.0 } }
    }
}

/// Options of the Telegram simulator.
#[derive(Clone, Debug)]
pub struct TelegramOptions {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The only accepted bot token; none accepts any.
    pub token: Option<String>,
    /// The bot's id where the token does not name one.
    pub bot_id: i64,
    /// The bot's user name without `@`.
    pub bot_username: String,
    /// The bot's name.
    pub bot_name: String,
    /// The id of the first update.
    pub first_update_id: i64,
    /// The limits, in simulated time: under a standing clock they refill only when it is moved. None switches them off.
    pub rates: Option<TelegramRates>,
    /// How long every call takes.
    pub latency: Duration,
    /// Whether inline answers are cached for their `cache_time`, as Telegram does.
    pub inline_cache: bool,
    /// How many calls are remembered; 0 remembers none.
    pub recorded_max: usize,
    /// How long a simulated user waits in real time for something to appear.
    pub patience: Duration,
}

impl Default for TelegramOptions {
    fn default() -> Self {
        Self {
            port: 0,
            token: None,
            bot_id: 7_000_000_001,
            bot_username: "raqam_bot".to_owned(),
            bot_name: "Raqam".to_owned(),
            first_update_id: 700_000_001,
            rates: Some(TelegramRates::default()),
            latency: Duration::ZERO,
            inline_cache: true,
            recorded_max: 100_000,
            patience: Duration::from_secs(10),
        }
    }
}

/// Options of the SMSPool simulator.
#[derive(Clone, Debug)]
pub struct SmsPoolOptions {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The accepted API key.
    pub key: String,
    /// The account's balance in US dollars.
    pub balance: String,
    /// When an SMS with a six-digit code arrives by itself after a purchase; none waits for `deliver_sms`.
    pub sms_after: Option<Duration>,
    /// How long after a purchase cancelling is refused.
    pub cancel_lock: Duration,
    /// How long an order lives.
    pub order_life: Duration,
    /// Whether a completed order stays in `/request/active` until it expires.
    pub completed_stays_active: bool,
    /// The status that an order without an SMS ends with when it expires: 6 or 2; nobody has seen which.
    pub expired_status: u8,
    /// What a resend costs in US dollars.
    pub resend_charge: String,
    /// Requests per second of simulated time before 429; none switches the limit off.
    pub requests_per_second: Option<u32>,
    /// How long every call takes.
    pub latency: Duration,
    /// What prices, stock, numbers and codes are derived from.
    pub seed: u64,
    /// How many requests are remembered; 0 remembers none.
    pub recorded_max: usize,
}

impl Default for SmsPoolOptions {
    fn default() -> Self {
        Self {
            port: 0,
            key: "0123456789abcdefghijklmnopqrstuv".to_owned(),
            balance: "1000.00".to_owned(),
            sms_after: None,
            cancel_lock: Duration::from_secs(60),
            order_life: Duration::from_secs(1200),
            completed_stays_active: true,
            expired_status: 6,
            resend_charge: "0.00".to_owned(),
            requests_per_second: Some(32),
            latency: Duration::ZERO,
            seed: 1,
            recorded_max: 100_000,
        }
    }
}
