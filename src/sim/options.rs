//! What a simulation starts with; every field has a usable default.

use std::time::Duration;

use crate::bucket::Rate;
use crate::clock::SimClock;

/// The whole world's options.
#[derive(Clone, Debug, Default)]
pub struct SimOptions {
    /// The clock that all servers read.
    pub clock: SimClock,
    /// Telegram's side.
    pub telegram: TelegramOptions,
    /// The first supplier's side.
    pub smspool: SmsPoolOptions,
    /// The second supplier's side.
    pub nonvoip: NonVoipOptions,
}

impl SimOptions {
    /// Without rate limits, cached inline answers and a record of calls: for load runs.
    #[must_use]
    pub fn for_load() -> Self {
        let mut options = Self::default();
        options.telegram.rates = None;
        options.telegram.recorded_max = 0;
        options.telegram.inline_cache = false;
        for common in [&mut options.smspool.common, &mut options.nonvoip.common] {
            common.requests_per_second = None;
            common.recorded_max = 0;
        }
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

/// What every simulated supplier can be told.
#[derive(Clone, Debug)]
pub struct SupplierOptions {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The accepted API key; the password where the supplier asks for one.
    pub key: String,
    /// The account's balance in US dollars.
    pub balance: String,
    /// When an SMS with a six-digit code arrives by itself after a purchase; none waits for `deliver_sms`.
    pub sms_after: Option<Duration>,
    /// How long after a purchase cancelling is refused.
    pub cancel_lock: Duration,
    /// How long an order lives.
    pub order_life: Duration,
    /// Requests per second of simulated time before 429; none switches the limit off.
    pub requests_per_second: Option<u32>,
    /// How long every call takes.
    pub latency: Duration,
    /// What prices, stock, numbers and codes are derived from.
    pub seed: u64,
    /// How many requests are remembered; 0 remembers none.
    pub recorded_max: usize,
}

impl Default for SupplierOptions {
    fn default() -> Self {
        Self {
            port: 0,
            key: "0123456789abcdefghijklmnopqrstuv".to_owned(),
            balance: "1000.00".to_owned(),
            sms_after: None,
            cancel_lock: Duration::from_secs(60),
            order_life: Duration::from_secs(1200),
            requests_per_second: Some(32),
            latency: Duration::ZERO,
            seed: 1,
            recorded_max: 100_000,
        }
    }
}

/// What becomes of the money for an order that ends without an SMS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unused {
    /// It is given back.
    Refunded,
    /// It is kept: only what was given back in time is not paid.
    Paid,
}

/// Options of the SMSPool simulator.
#[derive(Clone, Debug)]
pub struct SmsPoolOptions {
    /// What every supplier can be told.
    pub common: SupplierOptions,
    /// Whether a completed order stays in `/request/active` until it expires.
    pub completed_stays_active: bool,
    /// The status that an order without an SMS ends with when it expires: 6 or 2; nobody has seen which.
    pub expired_status: u8,
    /// What a resend costs in US dollars.
    pub resend_charge: String,
}

impl Default for SmsPoolOptions {
    fn default() -> Self {
        Self {
            common: SupplierOptions::default(),
            completed_stays_active: true,
            expired_status: 6,
            resend_charge: "0.00".to_owned(),
        }
    }
}

/// How NonVoipUsNumber writes what nobody has seen. Each is a whole guess, so that three of them hold every doubt in each
/// of its ways; a client must take them all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// As the public clients read it: text for amounts, `+1` before a number, refusals with HTTP 200, one day is `1day`.
    Clients,
    /// Numbers for amounts, text for ids, one object instead of a list of one, ten digits, refusals with HTTP 400, the SMS
    /// only inside `message`, one day is `1-day`.
    Typed,
    /// The balance in a list of one, the stock never told, a number that is empty at first (later it stands beside "no SMS
    /// yet") and has eleven digits, the SMS only beside `message`, one day is `1_day`.
    Sparse,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Clients, Self::Typed, Self::Sparse];
}

/// Options of the NonVoipUsNumber simulator.
#[derive(Clone, Debug)]
pub struct NonVoipOptions {
    /// What every supplier can be told.
    pub common: SupplierOptions,
    /// The account's e-mail address.
    pub email: String,
    /// How it writes what nobody has seen.
    pub dialect: Dialect,
    /// Whether an order that ends without an SMS is given back by itself: nobody has seen it, so it is not.
    pub unused: Unused,
    /// How long a rented number stays awake.
    pub awake: Duration,
    /// How long a number stays empty after its purchase, in the dialect in which it does.
    pub number_after: Duration,
}

impl Default for NonVoipOptions {
    fn default() -> Self {
        let common = SupplierOptions {
            key: "correct horse battery staple".to_owned(),
            // Neither is known of this supplier; the shorter of two seen lives.
            cancel_lock: Duration::ZERO,
            order_life: Duration::from_secs(600),
            seed: 2,
            ..SupplierOptions::default()
        };
        Self {
            common,
            email: "buyer@example.org".to_owned(),
            dialect: Dialect::Clients,
            unused: Unused::Paid,
            awake: Duration::from_secs(600),
            number_after: Duration::from_secs(2),
        }
    }
}
