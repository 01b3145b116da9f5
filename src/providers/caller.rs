//! One call to a supplier from its start to its end: sent by the HTTP core, judged and read by the supplier's own rules,
//! told to the observer, and logged once if it failed.

use std::sync::Arc;

use secrecy::SecretString;
use shop::clock::Clock;
use shop::pool::{Advice, Cancelled, PoolError};
use shop::{ErrorCode, UnixSeconds};
use tokio::time::Instant;

use crate::decode::Decoded;
use crate::endpoint::Endpoint;
use crate::failure::{Failure, Proof};
use crate::http::{Answer, Body, Form, Http, Way};
use crate::json::Json;
use crate::{CallEnd, Called, ConfigError, Observer};

/// Which failure an answer stands for; `None` where it is worth decoding.
pub(crate) type Refusal = fn(&Endpoint, &Answer, Option<&Json<'_>>) -> Option<Failure>;

/// Calls one supplier.
pub(crate) struct Caller {
    http: Http,
    clock: Arc<dyn Clock>,
    refusal: Refusal,
    observer: Option<Box<Observer>>,
}

impl Caller {
    pub(crate) fn new(
        way: Way<'_>,
        key: Option<SecretString>,
        refusal: Refusal,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigError> {
        let http = Http::new(way, clock.clone())?;
        if let Some(key) = key {
            http.set_key(key)?;
        }
        Ok(Self { http, clock, refusal, observer: None })
    }

    pub(crate) fn observed_by(self, tell: impl Fn(&Called) + Send + Sync + 'static) -> Self {
        Self { observer: Some(Box::new(tell)), ..self }
    }

    pub(crate) fn set_key(&self, key: SecretString) -> Result<(), ConfigError> {
        self.http.set_key(key)
    }

    pub(crate) fn now(&self) -> UnixSeconds {
        self.clock.now()
    }

    /// When something that began at `called` and may cost money must be over.
    pub(crate) fn change_end(&self, called: Instant) -> Instant {
        self.http.change_end(called)
    }

    pub(crate) async fn run<T>(
        &self,
        endpoint: &Endpoint,
        form: &Form<'_>,
        decode: impl FnOnce(&Json<'_>, UnixSeconds) -> Decoded<T> + Send,
    ) -> Result<T, Failure> {
        self.run_since(Instant::now(), endpoint, form, decode).await
    }

    /// The same as a part of something that began at `called`.
    pub(crate) async fn run_since<T>(
        &self,
        called: Instant,
        endpoint: &Endpoint,
        form: &Form<'_>,
        decode: impl FnOnce(&Json<'_>, UnixSeconds) -> Decoded<T> + Send,
    ) -> Result<T, Failure> {
        let started = Instant::now();
        let sent = self.http.send(endpoint.outgoing(form), called).await;
        let result = match sent {
            Err(error) => Err(Failure::unsent(endpoint, error)),
            Ok(answer) => self.read(endpoint, &answer, decode),
        };
        let (ended, took) = (result.as_ref().err().map_or(CallEnd::Ok, Failure::ended), started.elapsed());
        tracing::debug!(
            endpoint = endpoint.path,
            result = <&str>::from(ended),
            took_ms = took.as_millis(),
            "the supplier was called"
        );
        if let Some(tell) = &self.observer {
            tell(&Called { path: endpoint.path, ended, took });
        }
        result.inspect_err(|failure| log(endpoint, failure, started))
    }

    fn read<T>(
        &self,
        endpoint: &Endpoint,
        answer: &Answer,
        decode: impl FnOnce(&Json<'_>, UnixSeconds) -> Decoded<T>,
    ) -> Result<T, Failure> {
        let json = match &answer.body {
            Body::Whole(bytes) => Json::parse(bytes),
            Body::TooLong | Body::TimedOut | Body::Broken => None,
        };
        let unreadable = |reason| Failure::undecodable(endpoint, answer.status, reason);
        match ((self.refusal)(endpoint, answer, json.as_ref()), &json) {
            (Some(failure), _) => Err(failure),
            (None, Some(json)) => decode(json, self.now()).map_err(unreadable),
            (None, None) => Err(unreadable("no JSON")),
        }
    }

    /// A cancel or refund: what the supplier refuses in words is an outcome, not a failure.
    pub(crate) async fn give_back(
        &self,
        endpoint: &Endpoint,
        form: &Form<'_>,
        accepted: impl FnOnce(&Json<'_>) -> Decoded<()> + Send,
    ) -> Result<Cancelled, PoolError> {
        match self.run(endpoint, form, |json, _| accepted(json)).await {
            Ok(()) => Ok(Cancelled::Refunded),
            Err(failure) => match (failure.proof, failure.error.code, failure.error.advice) {
                (Proof::Refused, ErrorCode::Rejected, Advice::RetryAfter(_)) => Ok(Cancelled::Locked),
                (Proof::Refused, ErrorCode::Rejected | ErrorCode::OrderNotFound, _) => Ok(Cancelled::Refused),
                _ => Err(failure.error),
            },
        }
    }
}

fn log(endpoint: &Endpoint, failure: &Failure, started: Instant) {
    let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let PoolError { code, cause, .. } = &failure.error;
    tracing::warn!(endpoint = endpoint.path, status = failure.status, %code, elapsed_ms, %cause, "supplier call failed");
}
