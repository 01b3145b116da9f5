//! The one way out to Telegram. One call is one HTTP request with a deadline; its failure is named by what the caller
//! can do about it. Repeating is the caller's decision, made where it is known whether a repetition does harm.
//!
//! teloxide holds the client, the token and the address, and its [`Payload`] says what a method is called and brings
//! back; the request itself is made here, because teloxide sleeps for ten seconds inside a request after a server
//! error, and because answers are decoded only as far as somebody reads them.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderValue};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use teloxide::requests::Payload;
use tokio::sync::Semaphore;

use crate::StartError;

/// How long a call may take beyond what its method says.
const DEADLINE: Duration = Duration::from_secs(15);
/// What a long poll gets beyond the time that Telegram holds it.
const POLL_SLACK: Duration = Duration::from_secs(10);
const CONNECT_DEADLINE: Duration = Duration::from_secs(5);
const POOL_IDLE: Duration = Duration::from_secs(90);
/// How many calls may be under way, polls not counted: each may need a connection.
const CALLS_AT_ONCE: usize = 256;

/// Why a call did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallError {
    /// The message shows this already: as good as done.
    #[error("not modified")]
    NotModified,
    /// The message is not there any more, or may not be changed any more.
    #[error("the message is gone")]
    Gone,
    /// The press or query is too old to be answered.
    #[error("too old")]
    TooOld,
    /// The person blocked the bot, left, or never started it.
    #[error("unreachable")]
    Blocked,
    /// Ask again after this.
    #[error("retry after {} s", .0.as_secs())]
    RetryAfter(Duration),
    /// The token is not valid (any more).
    #[error("unauthorized")]
    Unauthorized,
    /// Somebody else polls with this token, or a webhook is set.
    #[error("conflict: {0}")]
    Conflict(String),
    /// The formatting is wrong: a mistake of ours.
    #[error("cannot parse: {0}")]
    Markup(String),
    /// Refused for good: a mistake of ours.
    #[error("refused: {0}")]
    Refused(String),
    /// It may or may not have arrived.
    #[error("network: {0}")]
    Network(String),
}

/// Telegram, as seen by one bot.
pub(crate) struct Port {
    bot: teloxide::Bot,
    methods: String,
    lanes: Semaphore,
}

/// What every answer looks like.
#[derive(Deserialize)]
struct Reply<T> {
    result: Option<T>,
    #[serde(default)]
    error_code: u16,
    #[serde(default)]
    description: String,
    parameters: Option<Parameters>,
}

#[derive(Deserialize)]
struct Parameters {
    retry_after: Option<u64>,
}

impl Port {
    /// A port for this token. Nothing is sent yet.
    pub(crate) fn new(token: &str, api_url: &str) -> Result<Self, StartError> {
        let address = reqwest::Url::parse(api_url).map_err(|_| StartError::Address(api_url.to_owned()))?;
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_DEADLINE)
            .pool_idle_timeout(POOL_IDLE)
            .redirect(reqwest::redirect::Policy::none())
            .tcp_nodelay(true)
            .build()
            .map_err(|error| StartError::Client(error.to_string()))?;
        let bot = teloxide::Bot::with_client(token, client).set_api_url(address);
        let methods = format!("{}/bot{}/", bot.api_url().as_str().trim_end_matches('/'), bot.token());
        Ok(Self { bot, methods, lanes: Semaphore::new(CALLS_AT_ONCE) })
    }

    /// Makes one call, in its turn.
    pub(crate) async fn call<P>(&self, payload: &P) -> Result<P::Output, CallError>
    where
        P: Payload + Serialize + Sync,
        P::Output: DeserializeOwned,
    {
        let body = serde_json::to_vec(payload).map_err(|error| CallError::Refused(error.to_string()))?;
        let _lane = match payload.timeout_hint() {
            None => self.lanes.acquire().await.ok(),
            Some(_) => None,
        };
        let deadline = payload.timeout_hint().map_or(DEADLINE, |held| held + POLL_SLACK);
        let request = self.bot.client().post(format!("{}{}", self.methods, P::NAME));
        let request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json")).body(body);
        let response = request.timeout(deadline).send().await.map_err(network)?;
        let status = response.status().as_u16();
        let body = response.bytes().await.map_err(network)?;
        read(status, &body)
    }
}

/// The address of a failed request holds the token: it is left out.
fn network(error: reqwest::Error) -> CallError {
    use std::error::Error as _;
    let error = error.without_url();
    let cause = error.source().map(ToString::to_string).unwrap_or_default();
    CallError::Network(format!("{error}: {cause}"))
}

fn read<T: DeserializeOwned>(status: u16, body: &[u8]) -> Result<T, CallError> {
    let reply: Reply<T> = match serde_json::from_slice(body) {
        Ok(reply) => reply,
        Err(_) if status >= 500 => return Err(CallError::Network(format!("HTTP {status}"))),
        Err(error) => return Err(unreadable(status, &error)),
    };
    if let Some(result) = reply.result {
        return Ok(result);
    }
    let code = if reply.error_code == 0 { status } else { reply.error_code };
    let pause = reply.parameters.and_then(|parameters| parameters.retry_after).map(Duration::from_secs);
    Err(classify(code, reply.description, pause))
}

/// A 2xx that cannot be read has happened all the same: whether it did what was asked is not known.
fn unreadable(status: u16, error: &serde_json::Error) -> CallError {
    match status {
        401 | 404 => CallError::Unauthorized,
        400 | 402..=499 => CallError::Refused(format!("HTTP {status}")),
        _ => CallError::Network(format!("HTTP {status}: {error}")),
    }
}

/// Telegram's wording changes: matched loosely, on the code and a key word.
fn classify(code: u16, description: String, pause: Option<Duration>) -> CallError {
    const GONE: [&str; 6] = [
        "message to edit not found",
        "message can't be edited",
        "message to delete not found",
        "message can't be deleted",
        "message identifier is not specified",
        "message_id_invalid",
    ];
    if let Some(pause) = pause {
        return CallError::RetryAfter(pause.max(Duration::from_secs(1)));
    }
    let words = description.to_lowercase();
    let says = |part: &str| words.contains(part);
    match code {
        400 if says("message is not modified") => CallError::NotModified,
        400 if GONE.iter().any(|part| says(part)) => CallError::Gone,
        400 if says("query is too old") || says("query id is invalid") => CallError::TooOld,
        400 if says("can't parse entities") => CallError::Markup(description),
        400 if says("chat not found") || says("peer_id_invalid") => CallError::Blocked,
        401 | 404 => CallError::Unauthorized,
        403 => CallError::Blocked,
        409 => CallError::Conflict(description),
        429 => CallError::RetryAfter(Duration::from_secs(1)),
        400..=499 => CallError::Refused(description),
        _ => CallError::Network(format!("{code} {description}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: u16, description: &str, expected: &CallError) {
        let body = format!(r#"{{"ok":false,"error_code":{code},"description":"{description}"}}"#);
        assert_eq!(read::<bool>(code, body.as_bytes()).as_ref(), Err(expected), "{description}");
    }

    #[test]
    fn failures_are_named_by_what_can_be_done() {
        check(400, "Bad Request: message is not modified: specified new message content…", &CallError::NotModified);
        check(400, "Bad Request: message to edit not found", &CallError::Gone);
        check(400, "Bad Request: message can't be edited", &CallError::Gone);
        check(
            400,
            "Bad Request: query is too old and response timeout expired or query ID is invalid",
            &CallError::TooOld,
        );
        check(403, "Forbidden: bot was blocked by the user", &CallError::Blocked);
        check(401, "Unauthorized", &CallError::Unauthorized);
        check(500, "Internal Server Error", &CallError::Network("500 Internal Server Error".into()));
        let markup = "Bad Request: can't parse entities: unexpected end tag";
        check(400, markup, &CallError::Markup(markup.into()));
        check(400, "Bad Request: BUTTON_DATA_INVALID", &CallError::Refused("Bad Request: BUTTON_DATA_INVALID".into()));
    }

    #[test]
    fn answers_of_all_kinds_are_read() {
        let flood =
            br#"{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":7}}"#;
        assert_eq!(read::<bool>(429, flood), Err(CallError::RetryAfter(Duration::from_secs(7))));
        assert_eq!(read::<bool>(200, br#"{"ok":true,"result":true}"#), Ok(true));
        for (status, body) in [(502, "<html>"), (200, "[]"), (200, "")] {
            assert!(matches!(read::<bool>(status, body.as_bytes()), Err(CallError::Network(_))), "{status} {body}");
        }
        assert_eq!(read::<bool>(413, b"too large"), Err(CallError::Refused("HTTP 413".into())));
    }
}
