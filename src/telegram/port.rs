//! The one way out to Telegram. One call is one HTTP request with a deadline; its failure is named by what the caller
//! can do about it. Repeating is the caller's decision, made where it is known whether a repetition does harm.
//!
//! teloxide holds the client, the token and the address, and its [`Payload`] says what a method is called and brings
//! back; the request itself is made here, because teloxide sleeps for ten seconds inside a request after a server
//! error, and because answers are decoded only as far as somebody reads them.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use teloxide::requests::Payload;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::StartError;
use crate::methods::AnswerCallbackQuery;
use crate::observe::{Observer, Seen};

/// How long a call may take beyond what its method says.
const DEADLINE: Duration = Duration::from_secs(15);
/// What a long poll gets beyond the time that Telegram holds it.
const POLL_SLACK: Duration = Duration::from_secs(10);
/// The longest pause that is waited out before a call of the whole bot is tried again.
const PAUSE_MAX: Duration = Duration::from_secs(60);
const CONNECT_DEADLINE: Duration = Duration::from_secs(5);
const POOL_IDLE: Duration = Duration::from_secs(90);
/// How many calls may be under way, polls not counted: each may need a connection.
const CALLS_AT_ONCE: usize = 256;

/// Why a call did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
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
    /// There was no connection: it cannot have arrived.
    #[error("not sent: {0}")]
    NotSent(String),
}

impl CallError {
    /// The pause that Telegram asks for.
    const fn pause(&self) -> Option<Duration> {
        match self {
            Self::RetryAfter(pause) => Some(*pause),
            Self::NotModified
            | Self::Gone
            | Self::TooOld
            | Self::Blocked
            | Self::Unauthorized
            | Self::Conflict(_)
            | Self::Markup(_)
            | Self::Refused(_)
            | Self::Network(_)
            | Self::NotSent(_) => None,
        }
    }
}

/// Telegram, as seen by one bot.
pub(crate) struct Port {
    bot: teloxide::Bot,
    methods: String,
    lanes: Semaphore,
    /// Answers to presses have lanes of their own: they must not wait behind messages.
    answers: Semaphore,
    observer: Observer,
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
    #[serde(default)]
    retry_after: serde_json::Value,
}

impl Parameters {
    /// The pause that is asked for, of whatever number.
    fn pause(&self) -> Option<Duration> {
        self.retry_after.as_f64().map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default())
    }
}

impl Port {
    /// A port for this token. Nothing is sent yet.
    pub(crate) fn new(token: &str, api_url: &str, observer: Observer) -> Result<Self, StartError> {
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
        let [lanes, answers] = [CALLS_AT_ONCE; 2].map(Semaphore::new);
        Ok(Self { bot, methods, lanes, answers, observer })
    }

    /// Makes one call, in its turn.
    pub(crate) async fn call<P>(&self, payload: &P) -> Result<P::Output, CallError>
    where
        P: Payload + Serialize + Sync,
        P::Output: DeserializeOwned,
    {
        let body = serde_json::to_vec(payload).map_err(|error| CallError::Refused(error.to_string()))?;
        let _lane = match payload.timeout_hint() {
            None if P::NAME == AnswerCallbackQuery::NAME => self.answers.acquire().await.ok(),
            None => self.lanes.acquire().await.ok(),
            Some(_) => None,
        };
        let sent_at = Instant::now();
        let result = self.exchange(payload, body).await;
        let (ended, took) = (result.as_ref().err().map_or("ok", Into::into), sent_at.elapsed());
        // A call that Telegram holds is a poll: one would follow the other.
        if payload.timeout_hint().is_none() {
            tracing::debug!(method = P::NAME, result = ended, took_ms = took.as_millis(), "telegram was called");
        }
        self.observer.see(&Seen::Called {
            method: P::NAME,
            result: ended,
            pause: result.as_ref().err().and_then(CallError::pause),
            took,
        });
        result
    }

    async fn exchange<P>(&self, payload: &P, body: Vec<u8>) -> Result<P::Output, CallError>
    where
        P: Payload + Sync,
        P::Output: DeserializeOwned,
    {
        let deadline = payload.timeout_hint().map_or(DEADLINE, |held| held + POLL_SLACK);
        let request = self.bot.client().post(format!("{}{}", self.methods, P::NAME));
        let request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json")).body(body);
        let passage = failpoint::before(|| format!("telegram:{}", P::NAME));
        let response = request.timeout(deadline).send().await.map_err(network)?;
        let status = response.status().as_u16();
        let pause = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let body = response.bytes().await.map_err(network)?;
        passage.after();
        read(status, &body, pause.map(Duration::from_secs))
    }
}

/// A pause that Telegram asks the whole bot for, as far as it is believed: nobody knows why it would be long.
pub(crate) fn believed(pause: Duration) -> Duration {
    if pause > PAUSE_MAX {
        tracing::warn!(asked_s = pause.as_secs(), pause_s = PAUSE_MAX.as_secs(), "telegram asks for a long pause");
    }
    pause.min(PAUSE_MAX)
}

/// The address of a failed request holds the token: it is left out.
fn network(error: reqwest::Error) -> CallError {
    use std::error::Error as _;
    let error = error.without_url();
    let cause = error.source().map(ToString::to_string).unwrap_or_default();
    let words = format!("{error}: {cause}");
    if error.is_connect() { CallError::NotSent(words) } else { CallError::Network(words) }
}

/// Reads an answer; `pause` is what its header asks for.
fn read<T: DeserializeOwned>(status: u16, body: &[u8], pause: Option<Duration>) -> Result<T, CallError> {
    let reply: Reply<T> = match serde_json::from_slice(body) {
        Ok(reply) => reply,
        Err(error) => return Err(unreadable(status, &error, pause)),
    };
    if let Some(result) = reply.result {
        return Ok(result);
    }
    let code = if reply.error_code == 0 { status } else { reply.error_code };
    let pause = reply.parameters.and_then(|parameters| parameters.pause());
    Err(classify(code, reply.description, pause))
}

/// What Telegram itself did not write: something on the way speaks, and whether the call was made is not known.
fn unreadable(status: u16, error: &serde_json::Error, pause: Option<Duration>) -> CallError {
    match status {
        413 => CallError::Refused(format!("HTTP {status}")),
        429 => CallError::RetryAfter(pause.unwrap_or_default().max(Duration::from_secs(1))),
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
        408 => CallError::Network(description),
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
        assert_eq!(read::<bool>(code, body.as_bytes(), None).as_ref(), Err(expected), "{description}");
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
        let none = |status, body: &str| read::<bool>(status, body.as_bytes(), None);
        let pause = |seconds| Err(CallError::RetryAfter(Duration::from_secs(seconds)));
        assert_eq!(read::<bool>(429, flood, None), pause(7));
        assert_eq!(none(200, r#"{"ok":true,"result":true}"#), Ok(true));
        for (status, body) in [(502, "<html>"), (200, "[]"), (200, ""), (408, ""), (403, "<html>"), (404, "nginx")] {
            assert!(matches!(none(status, body), Err(CallError::Network(_))), "{status} {body}");
        }
        assert_eq!(none(413, "too large"), Err(CallError::Refused("HTTP 413".into())));
        assert_eq!((none(429, ""), read(429, b"<html>", Some(Duration::from_secs(9)))), (pause(1), pause(9)));
    }

    #[test]
    fn no_pause_of_the_whole_bot_is_believed_beyond_a_minute() {
        assert_eq!(believed(Duration::from_secs(86_400)), PAUSE_MAX);
        assert_eq!(believed(Duration::from_secs(5)), Duration::from_secs(5));
    }

    #[test]
    fn a_pause_of_any_form_is_a_pause_and_no_refusal() {
        for asked in ["-5", "0.5", "0"] {
            let body = format!(r#"{{"ok":false,"error_code":429,"parameters":{{"retry_after":{asked}}}}}"#);
            let pause = read::<bool>(429, body.as_bytes(), None);
            assert_eq!(pause, Err(CallError::RetryAfter(Duration::from_secs(1))), "{asked}");
        }
        let words = br#"{"ok":false,"error_code":429,"parameters":{"retry_after":"soon"}}"#;
        assert_eq!(read::<bool>(429, words, None), Err(CallError::RetryAfter(Duration::from_secs(1))));
    }
}
