//! The one way out to a supplier: deadlines, body limits, no redirects, no second sending of a purchase.
//!
//! Knows no supplier. It answers what arrived ([`Answer`]) or how sending failed ([`SendError`]), and tells "no byte
//! left" apart from everything else, because only that proves that nothing was bought.

use std::error::Error as _;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderValue, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response, Url, redirect, retry};
use secrecy::{ExposeSecret, SecretString};

use crate::ConfigError;
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
    /// Parameters in an urlencoded body.
    Post,
}

/// What to send.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outgoing<'a> {
    pub(crate) method: Method,
    pub(crate) path: &'a str,
    pub(crate) form: &'a [(&'a str, String)],
    pub(crate) lane: Lane,
    pub(crate) key: KeyUse,
}

/// What arrived; the status is known even where the body is not.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after_s: Option<u32>,
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
    /// Nothing was sent: DNS, TCP or TLS failed.
    Connect(String),
    /// The deadline passed; the request may have arrived.
    TimedOut,
    /// The connection broke; the request may have arrived.
    Broken(String),
}

/// Reads are paused so long after a 429 that names no time.
pub(crate) const PAUSE_DEFAULT_S: u32 = 5;
/// A longer pause is not granted to anyone (faults, row 39).
pub(crate) const PAUSE_MAX_S: u32 = 60;
const BODY_MAX: usize = 256 * 1024;
const LIST_BODY_MAX: usize = 8 * 1024 * 1024;

/// The two HTTP clients of a supplier, with its key and its rate limit.
pub(crate) struct Http {
    read: Client,
    change: Client,
    base: String,
    key: RwLock<Option<SecretString>>,
    limiter: Limiter,
    deadlines: Deadlines,
}

impl Http {
    pub(crate) fn new(base_url: &str, per_second: u32, deadlines: Deadlines) -> Result<Self, ConfigError> {
        let url = checked_url(base_url)?;
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
            limiter: Limiter::new(per_second),
            deadlines,
        })
    }

    /// Takes a new key for all later calls.
    pub(crate) fn set_key(&self, key: SecretString) -> Result<(), ConfigError> {
        let text = key.expose_secret();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if !(8..=128).contains(&text.len()) || !text.bytes().all(plain) {
            return Err(ConfigError::Key);
        }
        *self.key.write().unwrap_or_else(PoisonError::into_inner) = Some(key);
        Ok(())
    }

    /// Sends once and reads the answer within the lane's deadline and limit.
    pub(crate) async fn send(&self, outgoing: Outgoing<'_>) -> Result<Answer, SendError> {
        let authorization = self.authorization();
        if authorization.is_none() && outgoing.key == KeyUse::Required {
            return Err(SendError::NoKey);
        }
        let urgency = match outgoing.lane {
            Lane::Read | Lane::List => Urgency::Read,
            Lane::Change => Urgency::Change,
        };
        let (total, limit) = match outgoing.lane {
            Lane::Read => (self.deadlines.read, BODY_MAX),
            Lane::List => (self.deadlines.read, LIST_BODY_MAX),
            Lane::Change => (self.deadlines.change, BODY_MAX),
        };
        let called = tokio::time::Instant::now();
        self.limiter.acquire(urgency, self.deadlines.read.min(total)).await.map_err(SendError::NoTurn)?;
        // Whoever waits for a purchase counts from the call: a later answer would find the order given up.
        let from = match urgency {
            Urgency::Read => tokio::time::Instant::now(),
            Urgency::Change => called,
        };
        let end = from + total;
        let passage = failpoint::before(|| format!("supplier:{}", outgoing.path));
        let answer = exchange(self.request(outgoing, authorization), end, limit).await?;
        passage.after();
        if answer.status == 429 {
            let pause = answer.retry_after_s.unwrap_or(PAUSE_DEFAULT_S);
            self.limiter.pause_reads(Duration::from_secs(pause.into()));
        }
        Ok(answer)
    }

    fn authorization(&self) -> Option<HeaderValue> {
        let key = self.key.read().unwrap_or_else(PoisonError::into_inner);
        let text = format!("Bearer {}", key.as_ref()?.expose_secret());
        let mut value = HeaderValue::try_from(text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    fn request(&self, outgoing: Outgoing<'_>, authorization: Option<HeaderValue>) -> RequestBuilder {
        let client = match outgoing.lane {
            Lane::Read | Lane::List => &self.read,
            Lane::Change => &self.change,
        };
        let url = format!("{}{}", self.base, outgoing.path);
        let request = match outgoing.method {
            Method::Get => client.get(url),
            Method::Post => client.post(url).form(outgoing.form),
        };
        match authorization {
            Some(value) => request.header(AUTHORIZATION, value),
            None => request,
        }
    }
}

async fn exchange(request: RequestBuilder, end: tokio::time::Instant, limit: usize) -> Result<Answer, SendError> {
    let mut response = match tokio::time::timeout_at(end, request.send()).await {
        Err(_) => return Err(SendError::TimedOut),
        Ok(Err(error)) if error.is_connect() => {
            return Err(SendError::Connect(root_cause(&error)));
        }
        Ok(Err(error)) if error.is_timeout() => return Err(SendError::TimedOut),
        Ok(Err(error)) => return Err(SendError::Broken(root_cause(&error))),
        Ok(Ok(response)) => response,
    };
    let (status, retry_after_s) = (response.status().as_u16(), retry_after(&response));
    let body = tokio::time::timeout_at(end, read_body(&mut response, limit)).await;
    Ok(Answer { status, retry_after_s, body: body.unwrap_or(Body::TimedOut) })
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
fn retry_after(response: &Response) -> Option<u32> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u32::MAX).min(PAUSE_MAX_S))
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
            Err(ConfigError::Url | ConfigError::Key | ConfigError::Client(_)) => "url",
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
    fn keys_with_blanks_or_line_breaks_are_refused() {
        let http = Http::new("https://api.smspool.net", 16, Deadlines::default()).expect("a client");
        assert!(http.set_key("A1b2C3d4E5f6A1b2C3d4E5f6A1b2C3d4".into()).is_ok());
        for hostile in ["", "short", "key with blanks", "line\nbreaks", "ключключ", &"x".repeat(129)] {
            assert!(http.set_key(hostile.into()).is_err(), "{hostile:?}");
        }
    }
}
