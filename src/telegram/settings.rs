//! How a bot is set up.

use std::time::Duration;

use crate::observe::Observer;

/// A bot's token. It has no `Debug`, so that no log can show it.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// Keeps a token secret.
    #[must_use]
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

/// How a bot is set up.
#[derive(Clone)]
pub struct Settings {
    /// The token from @BotFather.
    pub token: Token,
    /// The Bot API server's address.
    pub api_url: String,
    /// What is allowed.
    pub limits: Limits,
    /// Who is told what happens.
    pub observer: Observer,
}

impl Settings {
    /// This token at Telegram's own server with the usual limits.
    #[must_use]
    pub fn new(token: Token) -> Self {
        Self {
            token,
            api_url: "https://api.telegram.org".to_owned(),
            limits: Limits::default(),
            observer: Observer::default(),
        }
    }
}

/// Limits; every field has a usable default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How many updates of one person may wait.
    pub mailbox_max: usize,
    /// How long a person's mailbox stays when nothing comes.
    pub mailbox_idle: Duration,
    /// How many updates of one person count as a flood …
    pub flood_events: usize,
    /// … within this time.
    pub flood_window: Duration,
    /// Messages and edits a second that nobody asked for.
    pub unasked_per_second: u32,
    /// Deliveries under way at a time.
    pub deliveries_at_once: usize,
    /// Inline queries a second, of all persons.
    pub inline_per_second: u32,
    /// Inline queries answered at a time.
    pub inline_at_once: usize,
    /// An inline query that waited longer is not answered any more.
    pub inline_age_max: Duration,
    /// How long Telegram holds a poll.
    pub poll: Duration,
    /// How often the handling of an update may fail before it is put aside.
    pub tries_max: u32,
    /// How long a stop may take.
    pub stop_within: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            mailbox_max: 64,
            mailbox_idle: Duration::from_secs(60),
            flood_events: 30,
            flood_window: Duration::from_secs(10),
            unasked_per_second: 25,
            deliveries_at_once: 64,
            inline_per_second: 200,
            inline_at_once: 64,
            inline_age_max: Duration::from_secs(25),
            poll: Duration::from_secs(50),
            tries_max: 3,
            stop_within: Duration::from_secs(10),
        }
    }
}
