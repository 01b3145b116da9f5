//! The one way out to a supplier: deadlines, body limits, no redirects, no second sending of a purchase.
//!
//! Knows no supplier. It answers what arrived ([`Answer`]) or how sending failed ([`SendError`]), and tells "no byte
//! left" apart from everything else, because only that proves that nothing was bought.

use std::error::Error as _;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response, Url, redirect, retry};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use shop::clock::Clock;
use tokio::time::Instant;

use crate::ConfigError;
use crate::key::{Credentials, KeyForm};
use crate::limiter::{Limiter, Urgency};

/// How long a call may take; purchase-protocol 3 sets the defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// Until the connection stands.
    pub connect: Duration,
    /// From sending to the last byte of a read, and the longest wait for a turn.
    pub read: Duration,
    /// From the call to the last byte of a purchase or cancel, the wait for a turn included.
    pub change: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), read: Duration::from_secs(15), change: Duration::from_secs(45) }
    }
}

/// Which client, deadline and body limit a request gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    /// A small answer over a pooled connection.
    Read,
    /// A long list over a pooled connection.
    List,
    /// Something that may cost money: a fresh connection, sent once.
    Change,
}

/// Whether a call makes sense without a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyUse {
    /// Sent where there is one.
    Optional,
    /// Without one nothing is sent.
    Required,
}

/// The HTTP method, as far as the suppliers use any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// Without parameters.
    Get,
    /// Parameters in the body: urlencoded, or as JSON where the key is a login.
    Post,
}

/// Parameters, by name.
pub(crate) type Form<'a> = [(&'a str, String)];

/// What to send.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outgoing<'a> {
    pub(crate) method: Method,
    pub(crate) path: &'a str,
    pub(crate) form: &'a Form<'a>,
    pub(crate) lane: Lane,
    pub(crate) key: KeyUse,
}

/// What arrived; the status is known even where the body is not.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Seconds until more is allowed, of a 429 or where a limit is used up.
    pub(crate) wait_s: Option<u32>,
    pub(crate) body: Body,
}

/// The body of an answer.
#[derive(Debug)]
pub(crate) enum Body {
    /// All of it.
    Whole(Vec<u8>),
    /// Longer than its limit: cut and dropped.
    TooLong,
    /// The deadline passed while it came.
    TimedOut,
    /// The connection broke while it came.
    Broken,
}

/// Why there is no answer at all.
#[derive(Debug)]
pub(crate) enum SendError {
    /// Nothing was sent: no key is set.
    NoKey,
    /// Nothing was sent: our own limiter had no turn; seconds to wait.
    NoTurn(u32),
    /// Nothing was sent: the time limit had passed before.
    TooLate,
    /// Nothing was sent: DNS, TCP or TLS failed.
    Connect(String),
    /// The deadline passed; the request may have arrived.
    TimedOut,
    /// The connection broke; the request may have arrived.
    Broken(String),
}

/// A longer pause is not granted to anyone (faults, row 39).
pub(crate) const PAUSE_MAX_S: u32 = 60;
const BODY_MAX: usize = 256 * 1024;
const LIST_BODY_MAX: usize = 8 * 1024 * 1024;
/// Larger moments of a limit's reset are Unix time, smaller ones seconds from now.
const RESET_SECONDS_MAX: i64 = 1_000_000_000;

/// Where a supplier is and how it wants to be asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way<'a> {
    pub(crate) base_url: &'a str,
    pub(crate) requests_per_second: u32,
    pub(crate) deadlines: Deadlines,
    pub(crate) key_form: KeyForm,
    /// Reads are paused so long after a 429 that names no time.
    pub(crate) pause_default_s: u32,
}

/// The two HTTP clients of a supplier, with its key and its rate limit.
pub(crate) struct Http {
    read: Client,
    change: Client,
    base: String,
    key: RwLock<Option<SecretString>>,
    key_form: KeyForm,
    limiter: Limiter,
    pause_default_s: u32,
    deadlines: Deadlines,
    clock: Arc<dyn Clock>,
}

impl Http {
    pub(crate) fn new(way: Way<'_>, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        let Way { deadlines, key_form, pause_default_s, .. } = way;
        let url = checked_url(way.base_url)?;
        let builder = || {
            let builder = Client::builder()
                .redirect(redirect::Policy::none())
                .retry(retry::never())
                .connect_timeout(deadlines.connect)
                .user_agent("raqam");
            // A proxy of the environment is for the outside, not for a simulator on this machine.
            if is_loopback(&url) { builder.no_proxy() } else { builder }
        };
        let read = builder().build().map_err(ConfigError::Client)?;
        // Without idle connections and HTTP/2 no request can meet a dead connection and be sent again.
        let change = builder().pool_max_idle_per_host(0).http1_only().build().map_err(ConfigError::Client)?;
        Ok(Self {
            read,
            change,
            base: url.as_str().trim_end_matches('/').to_owned(),
            key: RwLock::new(None),
            key_form,
            limiter: Limiter::new(way.requests_per_second),
            pause_default_s,
            deadlines,
            clock,
        })
    }

    /// Takes a new key for all later calls.
    pub(crate) fn set_key(&self, key: SecretString) -> Result<(), ConfigError> {
        self.key_form.check(&key)?;
        *self.key.write().unwrap_or_else(PoisonError::into_inner) = Some(key);
        Ok(())
    }

    /// When something that began at `called` and may cost money must be over.
    pub(crate) fn change_end(&self, called: Instant) -> Instant {
        called + self.deadlines.change
    }

    /// Sends once and reads the answer within the lane's deadline and limit. A change's deadline counts from `called`:
    /// whoever waits for a purchase would have given the order up when a later answer came.
    pub(crate) async fn send(&self, outgoing: Outgoing<'_>, called: Instant) -> Result<Answer, SendError> {
        let request = self.request(outgoing)?;
        let (urgency, limit) = match outgoing.lane {
            Lane::Read => (Urgency::Read, BODY_MAX),
            Lane::List => (Urgency::Read, LIST_BODY_MAX),
            Lane::Change => (Urgency::Change, BODY_MAX),
        };
        let left = match urgency {
            Urgency::Read => self.deadlines.read,
            Urgency::Change => self.change_end(called).saturating_duration_since(Instant::now()),
        };
        if left.is_zero() {
            return Err(SendError::TooLate);
        }
        self.limiter.acquire(urgency, self.deadlines.read.min(left)).await.map_err(SendError::NoTurn)?;
        let end = match urgency {
            Urgency::Read => Instant::now() + self.deadlines.read,
            Urgency::Change => self.change_end(called),
        };
        if end <= Instant::now() {
            return Err(SendError::TooLate);
        }
        let passage = failpoint::before(|| format!("supplier:{}", outgoing.path));
        let answer = self.exchange(request, end, limit).await?;
        passage.after();
        if let Some(wait_s) = answer.wait_s {
            self.limiter.pause_reads(Duration::from_secs(wait_s.into()));
        }
        Ok(answer)
    }

    fn request(&self, outgoing: Outgoing<'_>) -> Result<RequestBuilder, SendError> {
        let client = match outgoing.lane {
            Lane::Read | Lane::List => &self.read,
            Lane::Change => &self.change,
        };
        let url = format!("{}{}", self.base, outgoing.path);
        let key = self.key.read().unwrap_or_else(PoisonError::into_inner);
        let request = match (outgoing.method, self.key_form) {
            (Method::Get, _) => client.get(url),
            (Method::Post, KeyForm::Bearer) => client.post(url).form(outgoing.form),
            (Method::Post, KeyForm::Login) => client.post(url).json(&json_body(key.as_ref(), outgoing.form)),
        };
        match (key.as_ref().and_then(|key| self.authorization(key)), outgoing.key) {
            (Some(value), _) => Ok(request.header(AUTHORIZATION, value)),
            (None, KeyUse::Required) if key.is_none() => Err(SendError::NoKey),
            (None, KeyUse::Required | KeyUse::Optional) => Ok(request),
        }
    }

    fn authorization(&self, key: &SecretString) -> Option<HeaderValue> {
        match self.key_form {
            KeyForm::Login => None,
            KeyForm::Bearer => {
                let mut value = HeaderValue::try_from(format!("Bearer {}", key.expose_secret())).ok()?;
                value.set_sensitive(true);
                Some(value)
            }
        }
    }

    async fn exchange(&self, request: RequestBuilder, end: Instant, limit: usize) -> Result<Answer, SendError> {
        let mut response = match tokio::time::timeout_at(end, request.send()).await {
            Err(_) => return Err(SendError::TimedOut),
            Ok(Err(error)) if error.is_connect() => {
                return Err(SendError::Connect(root_cause(&error)));
            }
            Ok(Err(error)) if error.is_timeout() => return Err(SendError::TimedOut),
            Ok(Err(error)) => return Err(SendError::Broken(root_cause(&error))),
            Ok(Ok(response)) => response,
        };
        let (status, wait_s) = (response.status().as_u16(), self.wait_s(&response));
        let body = tokio::time::timeout_at(end, read_body(&mut response, limit)).await;
        Ok(Answer { status, wait_s, body: body.unwrap_or(Body::TimedOut) })
    }

    fn wait_s(&self, response: &Response) -> Option<u32> {
        let reset = reset_s(response.headers(), self.clock.now());
        match response.status().as_u16() {
            429 => Some(retry_after_s(response.headers()).or(reset).unwrap_or(self.pause_default_s)),
            _ => reset,
        }
    }
}

/// The parameters as a JSON object, with the login. Whole numbers are written as numbers.
fn json_body(key: Option<&SecretString>, form: &Form<'_>) -> Map<String, Value> {
    let login = key.and_then(|key| Credentials::parse(key).ok());
    let login = login.iter().flat_map(|login| [("email", login.email()), ("password", login.password())]);
    let secrets = login.map(|(name, secret)| (name.to_owned(), Value::from(secret.expose_secret())));
    let whole = |text: &str| text.parse::<u64>().ok().filter(|number| number.to_string() == text);
    let value = |text: &str| whole(text).map_or_else(|| Value::from(text), Value::from);
    secrets.chain(form.iter().map(|(name, text)| ((*name).to_owned(), value(text)))).collect()
}

async fn read_body(response: &mut Response, limit: usize) -> Body {
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if bytes.len() + chunk.len() > limit => return Body::TooLong,
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return Body::Whole(bytes),
            Err(_) => return Body::Broken,
        }
    }
}

/// Seconds of `Retry-After`, cut to [`PAUSE_MAX_S`]. The form with a date has been seen nowhere and counts as absent.
fn retry_after_s(headers: &HeaderMap) -> Option<u32> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u32::MAX).min(PAUSE_MAX_S))
}

/// Where a limit is used up, the seconds until it is renewed, cut to [`PAUSE_MAX_S`]. The moment is a span or Unix time.
fn reset_s(headers: &HeaderMap, now: i64) -> Option<u32> {
    let number = |name| headers.get(name)?.to_str().ok()?.trim().parse::<i64>().ok();
    let reset = number("x-ratelimit-reset").filter(|_| number("x-ratelimit-remaining") == Some(0))?;
    let seconds = if reset > RESET_SECONDS_MAX { reset.saturating_sub(now) } else { reset };
    u32::try_from(seconds.min(PAUSE_MAX_S.into())).ok().filter(|seconds| *seconds > 0)
}

/// The innermost reason; the outer layers only repeat the URL.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    let mut text = String::from("no cause given");
    while let Some(inner) = cause {
        text = inner.to_string();
        cause = inner.source();
    }
    text
}

fn checked_url(text: &str) -> Result<Url, ConfigError> {
    let url = Url::parse(text.trim()).map_err(|_| ConfigError::Url)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ConfigError::Credentials);
    }
    if url.query().is_some() || url.fragment().is_some() || url.host_str().is_none() {
        return Err(ConfigError::Url);
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(ConfigError::PlainHttp),
        _ => Err(ConfigError::Url),
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address: Result<std::net::IpAddr, _> = bare.parse();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_safe_urls_are_taken() {
        let verdict = |text: &str| match checked_url(text) {
            Ok(_) => "ok",
            Err(ConfigError::PlainHttp) => "plain",
            Err(ConfigError::Credentials) => "credentials",
            Err(ConfigError::Url) => "url",
            Err(error) => panic!("{text}: {error}"),
        };
        let cases = [
            ("https://api.smspool.net", "ok"),
            ("https://api.smspool.net/", "ok"),
            ("http://127.0.0.1:8080", "ok"),
            ("http://localhost:1", "ok"),
            ("http://[::1]:1/smspool", "ok"),
            ("http://api.smspool.net", "plain"),
            ("http://127.0.0.1.example.net", "plain"),
            ("http://localhost.example.net", "plain"),
            ("https://user:pass@api.smspool.net", "credentials"),
            ("https://user@api.smspool.net", "credentials"),
            ("https://api.smspool.net?key=1", "url"),
            ("ftp://api.smspool.net", "url"),
            ("api.smspool.net", "url"),
            ("", "url"),
        ];
        for (text, expected) in cases {
            assert_eq!(verdict(text), expected, "{text}");
        }
    }

    #[test]
    fn a_used_up_limit_names_its_renewal() {
        const NOW: i64 = 1_705_308_768;
        let cases = [
            (Some("0"), Some("30"), Some(30)),
            (Some("0"), Some("3600"), Some(60)),
            (Some("0"), Some("1705308778"), Some(10)),
            (Some("0"), Some("1705308768000"), Some(60)),
            (Some("0"), Some("1705308768"), None),
            (Some("0"), Some("1705308000"), None),
            (Some("0"), Some("-5"), None),
            (Some("0"), Some("soon"), None),
            (Some("0"), Some("99999999999999999999"), None),
            (Some("0"), None, None),
            (Some("1"), Some("30"), None),
            (Some(""), Some("30"), None),
            (None, Some("30"), None),
        ];
        for (remaining, reset, expected) in cases {
            let mut headers = HeaderMap::new();
            let named = [("x-ratelimit-remaining", remaining), ("x-ratelimit-reset", reset)];
            for (name, value) in named.into_iter().filter_map(|(name, value)| Some((name, value?))) {
                headers.insert(name, HeaderValue::from_static(value));
            }
            assert_eq!(reset_s(&headers, NOW), expected, "{remaining:?} {reset:?}");
        }
    }

    #[test]
    fn a_login_and_the_parameters_are_one_json_object() {
        let form = [("product_id", "42".to_owned()), ("order_id", "007".to_owned()), ("type", "3days".to_owned())];
        let body = Value::from(json_body(Some(&"a@b\n\"1".into()), &form));
        assert_eq!(
            body,
            serde_json::json!({"email": "a@b", "password": "\"1", "product_id": 42, "order_id": "007", "type": "3days"})
        );
    }
}
