//! The HTTP side of a supplier: limit, faults, record, answer.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State as Extract};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::faults::PoolFault;
use super::protocol::{Answer, Call, Problem, Refusal};
use super::record::PoolRequest;
use super::shapes::{lists_as_objects, varied};
use super::{Shared, State};
use crate::bucket::{Bucket, Rate};
use crate::request::{Params, clean_path};
use crate::wire::Line;

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(handle).layer(DefaultBodyLimit::max(1024 * 1024)).with_state(shared)
}

async fn handle(
    Extract(shared): Extract<Arc<Shared>>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
) -> Response {
    let (endpoint, method, headers) =
        (endpoint(&shared, &request), request.method().clone(), request.headers().clone());
    let mut params = match Params::read(request, shared.protocol.source()).await {
        Ok(params) => params,
        Err(error) => return refused(&shared, &Refusal::Unreadable(error), &Params::default()),
    };
    // What proves who asks goes no further: it is in no record.
    let credentials = shared.protocol.credentials(&mut params, &headers);
    if !shared.latency.is_zero() {
        tokio::time::sleep(shared.latency).await;
    }
    let fault = shared.lock().books.faults.take(&endpoint);
    if let Some(PoolFault::Delay(delay)) = fault {
        tokio::time::sleep(delay).await;
    }
    let early = fault.as_ref().and_then(|fault| before(&shared, fault, &params));
    let now_ms = shared.clock.now();
    let call = Call { method: &method, endpoint: &endpoint, credentials: &credentials, params: &params, now_ms };
    let response = match early {
        Some(Early::Silence) => Response::new(Body::empty()),
        Some(Early::Answer(answer)) => answer,
        None => {
            let answer = apply(&shared, &call);
            after(&shared, fault.as_ref(), &line, answer)
        }
    };
    let silent = fault.as_ref().is_some_and(is_silent);
    // Recorded before the silence, because a hanging request never returns.
    let status = if silent { 0 } else { response.status().as_u16() };
    let request = PoolRequest { serial: 0, endpoint, params: Value::Object(params.0), at_ms: now_ms, status };
    shared.lock().record.add(request);
    shared.recorded.notify_waiters();
    if silent {
        return silence(fault.as_ref(), &line).await;
    }
    response
}

/// The path behind what the supplier puts before each.
fn endpoint(shared: &Shared, request: &Request) -> String {
    let (path, prefix) = (clean_path(request.uri()), shared.protocol.prefix());
    match path.strip_prefix(prefix) {
        Some(endpoint) => endpoint.to_owned(),
        None => format!("{path} outside {prefix}"),
    }
}

fn is_silent(fault: &PoolFault) -> bool {
    [PoolFault::HangBefore, PoolFault::HangAfter, PoolFault::ResetBefore, PoolFault::ResetAfter].contains(fault)
}

enum Early {
    /// Nothing is carried out and nothing is answered.
    Silence,
    /// Nothing is carried out.
    Answer(Response),
}

fn before(shared: &Shared, fault: &PoolFault, params: &Params) -> Option<Early> {
    let refused = |refusal| refused(shared, &refusal, params);
    let found = match fault {
        PoolFault::HangBefore | PoolFault::ResetBefore => return Some(Early::Silence),
        PoolFault::Status(code, body) => text(*code, "text/html; charset=UTF-8", body.clone()),
        PoolFault::Cloudflare(code) => cloudflare_page(shared, *code),
        PoolFault::TooManyRequests(seconds) => too_many(refused(Refusal::TooManyRequests), *seconds),
        PoolFault::OutOfStock => refused(Refusal::OutOfStock),
        PoolFault::NoBalance => refused(Refusal::NoBalance),
        PoolFault::PriceNotFound => refused(Refusal::PriceNotFound),
        PoolFault::TooManyFailed => refused(Refusal::TooManyFailed),
        PoolFault::InvalidKey => refused(Refusal::InvalidKey),
        PoolFault::CancelLocked => refused(Refusal::CancelLocked),
        PoolFault::Refused(message) => refused(Refusal::Said(message.clone())),
        PoolFault::CloudflareAfter(_)
        | PoolFault::HangAfter
        | PoolFault::ResetAfter
        | PoolFault::Delay(_)
        | PoolFault::SlowLoris
        | PoolFault::HugeBody(_)
        | PoolFault::EmptyBody
        | PoolFault::TruncatedJson
        | PoolFault::Garbage(_)
        | PoolFault::VariedTypes
        | PoolFault::ListsAsObjects
        | PoolFault::EmptyNumber
        | PoolFault::MissingOrderId
        | PoolFault::DuplicateOrderId
        | PoolFault::Hidden(_) => return None,
    };
    Some(Early::Answer(found))
}

async fn silence(fault: Option<&PoolFault>, line: &Line) -> Response {
    if matches!(fault, Some(PoolFault::HangBefore | PoolFault::HangAfter)) {
        return std::future::pending().await;
    }
    line.cut();
    Response::new(Body::empty())
}

fn after(shared: &Shared, fault: Option<&PoolFault>, line: &Line, answer: Answer) -> Response {
    let (status, mut body) = match answer {
        Ok(body) => (200, body),
        Err(refusal) => (refusal.status, refusal.body),
    };
    match fault {
        Some(PoolFault::CloudflareAfter(code)) => {
            return cloudflare_page(shared, *code);
        }
        Some(PoolFault::SlowLoris) => line.drip(Duration::from_secs(1)),
        Some(PoolFault::HugeBody(bytes)) => {
            return text(status, "application/json", format!("\"{}\"", "x".repeat(*bytes)));
        }
        Some(PoolFault::EmptyBody) => return text(status, "application/json", String::new()),
        Some(PoolFault::TruncatedJson) => {
            let whole = body.to_string();
            let middle = whole.chars().count() / 2;
            return text(status, "application/json", whole.chars().take(middle).collect());
        }
        Some(PoolFault::Garbage(garbage)) => return text(200, "application/json", garbage.clone()),
        Some(PoolFault::VariedTypes) => body = varied(&body),
        Some(PoolFault::ListsAsObjects) => body = lists_as_objects(&body),
        Some(PoolFault::EmptyNumber) => {
            set(shared, &mut body, "number", json!(""));
            set(shared, &mut body, "phonenumber", json!(""));
        }
        Some(PoolFault::MissingOrderId) => {
            shared.protocol.told_order(&mut body).map(|fields| fields.remove("order_id"));
        }
        Some(PoolFault::DuplicateOrderId) => {
            let first = shared.lock().books.orders.first().map(|order| order.code.clone());
            set(shared, &mut body, "order_id", json!(first));
        }
        // Answered before, delayed before, silent later, or no change of the answer.
        Some(
            PoolFault::Status(..)
            | PoolFault::Cloudflare(_)
            | PoolFault::TooManyRequests(_)
            | PoolFault::OutOfStock
            | PoolFault::NoBalance
            | PoolFault::PriceNotFound
            | PoolFault::TooManyFailed
            | PoolFault::InvalidKey
            | PoolFault::CancelLocked
            | PoolFault::Refused(_)
            | PoolFault::HangBefore
            | PoolFault::HangAfter
            | PoolFault::ResetBefore
            | PoolFault::ResetAfter
            | PoolFault::Delay(_)
            | PoolFault::Hidden(_),
        )
        | None => {}
    }
    text(status, "application/json; charset=utf-8", body.to_string())
}

/// Sets a field that the answer has of an order.
fn set(shared: &Shared, body: &mut Value, name: &str, value: Value) {
    if let Some(field) = shared.protocol.told_order(body).and_then(|fields| fields.get_mut(name)) {
        *field = value;
    }
}

fn apply(shared: &Shared, call: &Call<'_>) -> Answer {
    let mut state = shared.lock();
    state.books.settle(call.now_ms);
    if !has_room(&mut state, call.now_ms) {
        return Err(shared.protocol.refusal(&Refusal::TooManyRequests, call.params));
    }
    let key = state.key.clone();
    let answer = shared.protocol.answer(&mut state.books, &key, call);
    let wrong_method = matches!(&answer, Some(Err(problem)) if problem.status == METHOD_NOT_ALLOWED);
    if answer.is_none() || wrong_method {
        let method = if *call.method == Method::POST { String::new() } else { format!("{} ", call.method) };
        state.record.unknown.push(format!("{method}{}", call.endpoint));
    }
    answer.unwrap_or_else(|| Err(shared.protocol.refusal(&Refusal::NoSuchPath, call.params)))
}

/// What is answered where a path is there for another method.
const METHOD_NOT_ALLOWED: u16 = 405;

/// Takes a request out of the limit, where there is one.
fn has_room(state: &mut State, now_ms: i64) -> bool {
    let Some(per_second) = state.books.options.requests_per_second else {
        return true;
    };
    let rate = Rate { burst: per_second, per_second: f64::from(per_second) };
    state.bucket.get_or_insert_with(|| Bucket::full(rate, now_ms)).take(rate, now_ms).is_ok()
}

fn refused(shared: &Shared, refusal: &Refusal, params: &Params) -> Response {
    let Problem { status, body } = shared.protocol.refusal(refusal, params);
    text(status, "application/json; charset=utf-8", body.to_string())
}

fn text(code: u16, kind: &'static str, body: String) -> Response {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, kind)], body).into_response()
}

fn too_many(mut response: Response, seconds: Option<u32>) -> Response {
    if let Some(seconds) = seconds {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn cloudflare_page(shared: &Shared, code: u16) -> Response {
    let host = shared.protocol.host();
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en-US\"><head><title>{host} | {code}: Bad gateway</title></head>\n<body><div \
         id=\"cf-wrapper\"><h1>Bad gateway <span>Error code {code}</span></h1><p>Visit <a \
         href=\"https://www.cloudflare.com/5xx-error-landing\">cloudflare.com</a> for more information.</p></div></body></html>\n"
    );
    text(code, "text/html; charset=UTF-8", page)
}
