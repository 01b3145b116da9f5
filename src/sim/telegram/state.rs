//! What Telegram knows: chats, messages, open queries, waiting updates and the record of calls.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};
use tokio::sync::{Notify, watch};

use super::faults::Faults;
use super::inline::{InlineAnswer, Search};
use super::message::Message;
use super::payments::{Checkout, Payment};
use super::profile::Profile;
use super::updates::Updates;
use crate::bucket::Bucket;
use crate::clock::SimClock;
use crate::options::TelegramOptions;
use crate::request::Params;

/// Everything that handlers and simulated users share.
#[derive(Debug)]
pub(crate) struct Shared {
    state: Mutex<State>,
    pub(crate) arrived: Notify,
    pub(crate) recorded: Notify,
    pub(crate) clock: SimClock,
    pub(crate) options: TelegramOptions,
}

impl Shared {
    pub(crate) fn new(options: TelegramOptions, clock: SimClock) -> Arc<Self> {
        let state = Mutex::new(State::new(&options, clock.now()));
        Arc::new(Self { state, arrived: Notify::new(), recorded: Notify::new(), clock, options })
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A refusal as the Bot API words it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: u16,
    pub(crate) description: String,
    pub(crate) retry_after: Option<u32>,
}

impl Refusal {
    pub(crate) fn bad_request(reason: impl std::fmt::Display) -> Self {
        Self::new(400, format!("Bad Request: {reason}"))
    }

    pub(crate) fn new(code: u16, description: impl Into<String>) -> Self {
        Self { code, description: description.into(), retry_after: None }
    }

    pub(crate) fn too_many(seconds: u32) -> Self {
        let description = format!("Too Many Requests: retry after {seconds}");
        Self { code: 429, description, retry_after: Some(seconds) }
    }
}

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Self::bad_request(reason)
    }
}

/// One call that the bot made.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its place in the record, from 1; never used twice.
    pub serial: u64,
    /// The method as the bot spelled it.
    pub method: String,
    /// Its parameters; in forms, nested values are still text.
    pub params: Value,
    /// When, in simulated Unix milliseconds.
    pub at_ms: i64,
    /// The error code it was answered with, none for success.
    pub error: Option<u16>,
}

/// An answer to a button press.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Toast {
    /// The text shown, empty for a silent answer.
    pub text: String,
    /// Whether it was a window to be closed by hand.
    pub alert: bool,
}

#[derive(Debug)]
pub(crate) struct Chat {
    pub(crate) id: i64,
    pub(crate) user: Value,
    pub(crate) private: Value,
    pub(crate) started: bool,
    pub(crate) blocked: bool,
    pub(crate) messages: BTreeMap<i64, Message>,
    pub(crate) toasts: Vec<Toast>,
    /// Answers that the pressing user has not read yet, by query id.
    pub(crate) answers: HashMap<String, Toast>,
    pub(crate) search: Option<Search>,
    pub(crate) pinned: Option<i64>,
    pub(crate) bucket: Bucket,
    pub(crate) changed: watch::Sender<u64>,
}

impl Chat {
    pub(crate) fn touch(&self) {
        self.changed.send_modify(|version| *version += 1);
    }
}

#[derive(Clone, Debug)]
pub(crate) struct OpenQuery {
    pub(crate) user: i64,
    pub(crate) made_ms: i64,
}

#[derive(Clone, Debug)]
pub(crate) struct OpenSearch {
    pub(crate) user: i64,
    pub(crate) made_ms: i64,
    pub(crate) query: String,
    pub(crate) offset: String,
}

#[derive(Debug, Default)]
pub(crate) struct Journal {
    pub(crate) calls: VecDeque<Call>,
    pub(crate) last_call: u64,
    pub(crate) counts: BTreeMap<String, u64>,
    pub(crate) unknown: Vec<String>,
}

pub(crate) type CacheKey = (String, String, Option<i64>);

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) options: TelegramOptions,
    pub(crate) bot: Value,
    pub(crate) chats: HashMap<i64, Chat>,
    pub(crate) updates: Updates,
    pub(crate) callbacks: HashMap<String, OpenQuery>,
    pub(crate) searches: HashMap<String, OpenSearch>,
    pub(crate) checkouts: HashMap<String, Checkout>,
    /// Invoice payloads by message id; users never see them.
    pub(crate) payloads: HashMap<i64, String>,
    /// Payments by charge id: who paid how many Stars, and whether they were given back.
    pub(crate) payments: BTreeMap<String, Payment>,
    pub(crate) inline_cache: HashMap<CacheKey, (i64, InlineAnswer)>,
    pub(crate) journal: Journal,
    pub(crate) faults: Faults,
    pub(crate) profile: Profile,
    global: Option<Bucket>,
    next_message_id: i64,
    next_query_id: u64,
}

impl State {
    fn new(options: &TelegramOptions, now_ms: i64) -> Self {
        let named = options.token.as_deref().and_then(|token| token.split(':').next()?.parse::<i64>().ok());
        let bot = json!({
            "id": named.unwrap_or(options.bot_id),
            "is_bot": true,
            "first_name": options.bot_name,
            "username": options.bot_username,
        });
        Self {
            bot,
            chats: HashMap::new(),
            updates: Updates::new(options.first_update_id),
            callbacks: HashMap::new(),
            searches: HashMap::new(),
            checkouts: HashMap::new(),
            payloads: HashMap::new(),
            payments: BTreeMap::new(),
            inline_cache: HashMap::new(),
            journal: Journal::default(),
            faults: Faults::default(),
            profile: Profile::default(),
            global: options.rates.map(|rates| Bucket::full(rates.all_chats, now_ms)),
            next_message_id: 1,
            next_query_id: 1,
            options: options.clone(),
        }
    }

    /// Makes the user known; a known one keeps the chat and takes the new name and language.
    pub(crate) fn add_user(&mut self, id: i64, first_name: &str, language_code: &str, now_ms: i64) {
        let mut user = json!({ "id": id, "is_bot": false, "first_name": first_name });
        if !language_code.is_empty() {
            user["language_code"] = json!(language_code);
        }
        let private = json!({ "id": id, "type": "private", "first_name": first_name });
        if let Some(chat) = self.chats.get_mut(&id) {
            (chat.user, chat.private) = (user, private);
            return;
        }
        let per_chat =
            self.options.rates.map_or(crate::bucket::Rate { burst: 1, per_second: 1.0 }, |rates| rates.one_chat);
        let chat = Chat {
            id,
            user,
            private,
            started: false,
            blocked: false,
            messages: BTreeMap::new(),
            toasts: Vec::new(),
            answers: HashMap::new(),
            search: None,
            pinned: None,
            bucket: Bucket::full(per_chat, now_ms),
            changed: watch::channel(0).0,
        };
        self.chats.insert(id, chat);
    }

    /// A group or channel in which this user writes now.
    pub(crate) fn add_other_chat(&mut self, id: i64, chat: &Value, user: i64, now_ms: i64) {
        let writer = self.chats.get(&user).map(|chat| chat.user.clone());
        self.add_user(id, "", "", now_ms);
        if let Some(added) = self.chats.get_mut(&id) {
            added.private = chat.clone();
            added.user = writer.unwrap_or_default();
        }
    }

    pub(crate) fn message_id(&mut self) -> i64 {
        self.next_message_id += 1;
        self.next_message_id
    }

    pub(crate) fn query_id(&mut self) -> String {
        self.next_query_id += 1;
        format!("{}", 4_242_000_000_000_000_u64 + self.next_query_id)
    }

    /// The chat that a call writes to, if Telegram would let it.
    pub(crate) fn reachable(&mut self, params: &Params) -> Result<&mut Chat, Refusal> {
        let id = params.integer("chat_id").or_else(|| params.integer("user_id"));
        let chat = id.and_then(|id| self.chats.get_mut(&id)).filter(|chat| chat.started);
        let chat = chat.ok_or_else(|| Refusal::bad_request("chat not found"))?;
        if chat.blocked {
            return Err(Refusal::new(403, "Forbidden: bot was blocked by the user"));
        }
        Ok(chat)
    }

    /// Counts a message or an edit against the limits per chat and of the whole bot.
    pub(crate) fn pace(&mut self, params: &Params, now_ms: i64) -> Result<(), Refusal> {
        let (Some(rates), Some(global)) = (self.options.rates, self.global.as_mut()) else {
            return Ok(());
        };
        let wait = global.wait_seconds(rates.all_chats, now_ms);
        if wait > 0 {
            return Err(Refusal::too_many(wait));
        }
        if let Some(chat) = params.integer("chat_id").and_then(|id| self.chats.get_mut(&id)) {
            chat.bucket.take(rates.one_chat, now_ms).map_err(Refusal::too_many)?;
        }
        global.take(rates.all_chats, now_ms).map_err(Refusal::too_many)
    }

    /// The message in the Bot API's form.
    pub(crate) fn message_json(&self, chat: &Chat, message: &Message) -> Value {
        message.to_json(&chat.private, &chat.user, &self.bot)
    }

    /// Keeps a message and returns its Bot API form.
    pub(crate) fn keep(&mut self, chat_id: i64, message: Message) -> Value {
        let Some(chat) = self.chats.get_mut(&chat_id) else {
            return Value::Null;
        };
        let json = message.to_json(&chat.private, &chat.user, &self.bot);
        chat.messages.insert(message.id, message);
        chat.touch();
        json
    }

    /// Counts a call on its arrival: a poll that waits has been made.
    pub(crate) fn count(&mut self, lower: &str) {
        *self.journal.counts.entry(lower.to_owned()).or_default() += 1;
    }

    pub(crate) fn record(&mut self, method: &str, params: Map<String, Value>, at_ms: i64, error: Option<u16>) {
        if self.options.recorded_max == 0 {
            return;
        }
        if self.journal.calls.len() >= self.options.recorded_max {
            self.journal.calls.pop_front();
        }
        self.journal.last_call += 1;
        let (serial, method) = (self.journal.last_call, method.to_owned());
        self.journal.calls.push_back(Call { serial, method, params: Value::Object(params), at_ms, error });
    }
}
