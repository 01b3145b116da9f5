//! The HTTP side of the supplier: key, limit, faults, record, answer.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State as Extract};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::time::Duration;

use super::catalogue::Offer;
use super::faults::{PoolFault, lists_as_objects, varied};
use super::state::{Answer, PoolRequest, Problem, State};
use super::{Shared, lists, orders, rentals};
use crate::bucket::{Bucket, Rate};
use crate::request::{Params, bearer, clean_path};
use crate::wire::Line;

/// Endpoints that answer without a key.
const KEYLESS: [&str; 15] = [
    "/country/retrieve_all",
    "/service/retrieve_all",
    "/pool/retrieve_all",
    "/pool/retrieve_valid",
    "/request/success_rate",
    "/request/suggested_countries",
    "/request/price",
    "/request/pricing",
    "/request/areacodes",
    "/sms/stock",
    "/sms/all_stock",
    "/rental/retrieve_all",
    "/rental/retrieve_pricing",
    "/rental/retrieve_services",
    "/rental/stock",
];

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(handle).layer(DefaultBodyLimit::max(1024 * 1024)).with_state(shared)
}

async fn handle(
    Extract(shared): Extract<Arc<Shared>>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
) -> Response {
    let endpoint = clean_path(request.uri());
    let key_in_header = bearer(request.headers());
    let mut params = match Params::read(request).await {
        Ok(params) => params,
        Err(error) => return problem(&Problem::message(400, error)),
    };
    // The key goes no further: it is in no record.
    let key = params.0.remove("key").and_then(|key| key.as_str().map(str::to_owned)).or(key_in_header);
    if !shared.options.latency.is_zero() {
        tokio::time::sleep(shared.options.latency).await;
    }
    let fault = shared.lock().faults.take(&endpoint);
    if let Some(PoolFault::Delay(delay)) = fault {
        tokio::time::sleep(delay).await;
    }
    let early = fault.as_ref().and_then(|fault| before(fault, &params));
    let now_ms = shared.clock.now();
    let answer = {
        let mut state = shared.lock();
        state.settle(now_ms);
        match early {
            Some(Early::Silence) => None,
            Some(Early::Answer(answer)) => Some(Err(answer)),
            None => Some(Ok(apply(&mut state, &endpoint, key.as_deref(), &params, now_ms))),
        }
    };
    let silent = matches!(
        fault,
        Some(PoolFault::HangBefore | PoolFault::HangAfter | PoolFault::ResetBefore | PoolFault::ResetAfter)
    );
    let response = match answer {
        None => Response::new(Body::empty()),
        Some(Err(early)) => early,
        Some(Ok(answer)) => after(&shared, fault.as_ref(), &line, answer),
    };
    // Recorded before the silence, because a hanging request never returns.
    record(&shared, endpoint, params, now_ms, if silent { 0 } else { response.status().as_u16() });
    shared.recorded.notify_waiters();
    if silent {
        return silence(fault.as_ref(), &line).await;
    }
    response
}

enum Early {
    /// Nothing is carried out and nothing is answered.
    Silence,
    /// Nothing is carried out.
    Answer(Response),
}

fn before(fault: &PoolFault, params: &Params) -> Option<Early> {
    let offer = Offer { pool: 7, price: 240_000, stock: 1, success_rate: 90 };
    let found = match fault {
        PoolFault::HangBefore | PoolFault::ResetBefore => return Some(Early::Silence),
        PoolFault::Status(code, body) => text(*code, "text/html; charset=UTF-8", body.clone()),
        PoolFault::Cloudflare(code) => text(*code, "text/html; charset=UTF-8", cloudflare_page(*code)),
        PoolFault::TooManyRequests(seconds) => too_many(*seconds),
        PoolFault::OutOfStock => problem(&orders::out_of_stock(&[])),
        PoolFault::NoBalance => problem(&orders::no_balance(offer, 0)),
        PoolFault::PriceNotFound => {
            problem(&orders::price_not_found(&params.word("max_price").unwrap_or("0.01".to_owned())))
        }
        PoolFault::TooManyFailed => problem(&Problem::message(
            422,
            "You have made too many failed purchases, please improve your success rate and try again in 6 hours. You can \
             circumvent this by opening a business account in your settings page for an increased ratelimit.",
        )),
        PoolFault::InvalidKey => problem(&Problem::param(403, "Invalid API key", "key")),
        PoolFault::CancelLocked => problem(&orders::cancel_locked()),
        PoolFault::Refused(message) => problem(&Problem::message(200, message.clone())),
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
            return text(*code, "text/html; charset=UTF-8", cloudflare_page(*code));
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
            set(&mut body, "number", json!(""));
            set(&mut body, "phonenumber", json!(""));
        }
        Some(PoolFault::MissingOrderId) => {
            body.as_object_mut().map(|fields| fields.remove("order_id"));
        }
        Some(PoolFault::DuplicateOrderId) => {
            let first = shared.lock().orders.first().map(|order| order.code.clone());
            set(&mut body, "order_id", json!(first));
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

/// Sets a field of an answer that is an object.
fn set(body: &mut Value, name: &str, value: Value) {
    if let Some(fields) = body.as_object_mut() {
        fields.insert(name.to_owned(), value);
    }
}

fn apply(state: &mut State, endpoint: &str, key: Option<&str>, params: &Params, now_ms: i64) -> Answer {
    limit(state, now_ms)?;
    if !KEYLESS.contains(&endpoint) {
        match key {
            None | Some("") => return Err(Problem::missing("key")),
            Some(key) if key != state.key => {
                return Err(Problem::param(403, "Invalid API key", "key"));
            }
            Some(_) => {}
        }
    }
    match endpoint {
        "/purchase/sms" => orders::purchase(state, params, now_ms),
        "/sms/check" => orders::check(state, params, now_ms),
        "/sms/cancel" => orders::cancel(state, params, now_ms),
        "/sms/cancel_all" => orders::cancel_all(state, now_ms),
        "/sms/resend" => orders::resend(state, params, now_ms),
        "/sms/check_resend" => orders::check_resend(state, params, now_ms),
        "/sms/activate" => {
            orders::activate(state, params, "Your order has been activated, you can now use resend on it.")
        }
        "/sms/reactivate" => orders::activate(
            state,
            params,
            "Your order has been reactivated, please head to your dashboard to request a code.",
        ),
        "/sms/clear_cache" => Ok(json!({ "success": 1, "message": "Orders cleared successfully." })),
        "/sms/missed" => Ok(json!([])),
        "/request/archive" => Ok(json!({ "success": 1, "message": "All your inactive orders have been archived." })),
        "/request/balance" => Ok(json!({ "balance": super::money::show(state.balance) })),
        "/request/active" => lists::active(state, now_ms),
        "/request/history" => lists::history(state, params, now_ms),
        "/request/price" => lists::price(state, params),
        "/request/pricing" => lists::pricing(state, params),
        "/request/success_rate" => lists::success_rate(state, params),
        "/request/suggested_countries" => lists::suggested(state, params),
        "/request/areacodes" => Ok(json!([])),
        "/sms/all_stock" => lists::all_stock(state, params),
        "/sms/unarchive" => Ok(json!({ "success": 1, "message": "Your order has been unarchived." })),
        "/sms/stock" => lists::stock(state, params),
        "/country/retrieve_all" => Ok(lists::country_list()),
        "/service/retrieve_all" => lists::service_list(state, params),
        "/pool/retrieve_all" => Ok(lists::pool_list()),
        "/pool/retrieve_valid" => lists::valid_pools(state, params),
        rental => apply_rental(state, rental, params, now_ms),
    }
}

fn apply_rental(state: &mut State, endpoint: &str, params: &Params, now_ms: i64) -> Answer {
    match endpoint {
        "/purchase/rental" => rentals::purchase(state, params, now_ms),
        "/purchase/rent" => rentals::purchase_by_country(state, params, now_ms),
        "/request/rent_price" => rentals::price_by_country(state, params),
        "/rental/retrieve_all" => rentals::list(state, params),
        "/rental/retrieve_services" => rentals::services(state, params),
        "/rental/retrieve_pricing" => rentals::pricing(state, params),
        "/rental/service_price" => rentals::service_price(state, params),
        "/rental/stock" => rentals::stock(state, params),
        "/rental/retrieve_messages" => rentals::messages(state, params),
        "/rental/retrieve_status" => rentals::status(state, params, now_ms),
        "/rental/retrieve" => Ok(rentals::own(state, Some(now_ms))),
        "/rental/retrieve_history" => Ok(rentals::own(state, None)),
        "/rental/info" => rentals::info(state, params),
        "/rental/refund" => rentals::refund(state, params, now_ms),
        "/rental/extend" => rentals::extend(state, params),
        "/rental/auto_extend" => rentals::auto_extend(state, params),
        "/rental/reset" => rentals::reset(state, params),
        "/rental/history" => Ok(rentals::history(state)),
        unknown => {
            state.unknown.push(unknown.to_owned());
            Err(Problem::message(404, "Not found"))
        }
    }
}

fn limit(state: &mut State, now_ms: i64) -> Result<(), Problem> {
    let Some(per_second) = state.options.requests_per_second else {
        return Ok(());
    };
    let rate = Rate { burst: per_second, per_second: f64::from(per_second) };
    let bucket = state.bucket.get_or_insert_with(|| Bucket::full(rate, now_ms));
    bucket.take(rate, now_ms).map_err(|_| Problem::message(429, "Too many requests, please slow down."))
}

fn record(shared: &Shared, endpoint: String, params: Params, at_ms: i64, status: u16) {
    let mut state = shared.lock();
    let max = state.options.recorded_max;
    *state.counts.entry(endpoint.clone()).or_default() += 1;
    if max == 0 {
        return;
    }
    if state.requests.len() >= max {
        state.requests.pop_front();
    }
    state.last_request += 1;
    let serial = state.last_request;
    state.requests.push_back(PoolRequest { serial, endpoint, params: Value::Object(params.0), at_ms, status });
}

fn problem(problem: &Problem) -> Response {
    text(problem.status, "application/json; charset=utf-8", problem.body.to_string())
}

fn text(code: u16, kind: &'static str, body: String) -> Response {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, kind)], body).into_response()
}

fn too_many(seconds: Option<u32>) -> Response {
    let mut response = problem(&Problem::message(429, "Too many requests, please slow down."));
    if let Some(seconds) = seconds {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn cloudflare_page(code: u16) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en-US\"><head><title>api.smspool.net | {code}: Bad gateway</title></head>\n<body><div \
         id=\"cf-wrapper\"><h1>Bad gateway <span>Error code {code}</span></h1><p>Visit <a \
         href=\"https://www.cloudflare.com/5xx-error-landing\">cloudflare.com</a> for more information.</p></div></body></html>\n"
    )
}
