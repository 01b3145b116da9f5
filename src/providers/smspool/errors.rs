//! From an answer to one of the product's eleven codes: `smspool-errors.md`, "Decision order", step by step.
//!
//! Step 1, the call without an answer, is every supplier's: [`Failure::unsent`].

use shop::ErrorCode;
use shop::pool::Advice;

use crate::endpoint::{Endpoint, Subject};
use crate::failure::{Failure, LOCK_RETRY_S, Proof, Verdict, by_body, clean, describe, is_html};
use crate::http::Answer;
use crate::json::{Json, Object};

/// Longest block that a text may impose on us.
const BLOCK_HOURS_MAX: u32 = 24;
/// Reads are paused so long after a 429 that names no time.
pub(super) const PAUSE_DEFAULT_S: u32 = 5;

/// Steps 2 to 8; `None` where the supplier accepted and `json` is worth decoding.
pub(super) fn refusal(endpoint: &Endpoint, answer: &Answer, json: Option<&Json<'_>>) -> Option<Failure> {
    let object = json.and_then(Json::object);
    let verdict = verdict(object);
    let has_errors = object.is_some_and(|object| object.rows("errors").is_some_and(|rows| !rows.is_empty()));
    let in_2xx = (200..300).contains(&answer.status);
    if in_2xx && json.is_some() && verdict != Verdict::Refused && (verdict == Verdict::Accepted || !has_errors) {
        return None;
    }
    let text = object.and_then(message).map(|text| clean(&text));
    let said = decide(endpoint, answer, object, text.as_deref());
    let reason = text.as_deref().unwrap_or_else(|| describe(answer, object.is_some()));
    let proof = Proof::of(answer.status, verdict, object.is_some_and(names_order));
    Some(Failure::answered(endpoint, answer.status, said, proof, reason))
}

/// What an answer says of itself, in `success`.
fn verdict(object: Option<&Object<'_>>) -> Verdict {
    match object.and_then(|object| object.flag("success")) {
        Some(true) => Verdict::Accepted,
        Some(false) => Verdict::Refused,
        None => Verdict::Unsaid,
    }
}

fn names_order(object: &Object<'_>) -> bool {
    let named = |key: &&str| object.text(key).is_some_and(|id| !id.is_empty());
    ["order_id", "orderid", "rental_code", "token"].iter().any(named)
}

fn decide(
    endpoint: &Endpoint,
    answer: &Answer,
    object: Option<&Object<'_>>,
    text: Option<&str>,
) -> (ErrorCode, Advice) {
    if answer.status == 429 {
        let wait_s = answer.wait_s.unwrap_or(PAUSE_DEFAULT_S);
        return (ErrorCode::RateLimited, Advice::RetryAfter(wait_s));
    }
    if matches!(answer.status, 401 | 403) || object.is_some_and(blames_key) {
        return (ErrorCode::InvalidKey, Advice::None);
    }
    object
        .and_then(by_type)
        .or_else(|| text.and_then(by_text))
        .unwrap_or_else(|| (by_status(endpoint, answer, object), Advice::None))
}

/// Step 3: an entry of `errors` about the parameter `key`, in whatever words.
fn blames_key(object: &Object<'_>) -> bool {
    let about_key = |entry: Object<'_>| entry.text("param").is_some_and(|param| param == "key");
    let entries = object.rows("errors").unwrap_or_default();
    entries.into_iter().filter_map(Object::of).any(about_key)
}

/// Step 4: `type`, at the top or inside `pools`. Of several the one wins that says most: our balance, then the price.
fn by_type(object: &Object<'_>) -> Option<(ErrorCode, Advice)> {
    let pools = object.rows("pools").unwrap_or_default();
    let inner = pools.into_iter().filter_map(Object::of).filter_map(|pool| pool.text("type"));
    let types: Vec<String> = match object.text("type").filter(|name| known_type(name).is_some()) {
        Some(top) => vec![top],
        None => inner.collect(),
    };
    let mut found: Vec<_> = types.iter().filter_map(|name| known_type(name)).collect();
    found.sort_by_key(|(rank, _, _)| *rank);
    found.first().map(|(_, code, advice)| (*code, *advice))
}

fn known_type(name: &str) -> Option<(u8, ErrorCode, Advice)> {
    match name.trim() {
        "BALANCE_ERROR" => Some((0, ErrorCode::BalanceTooLow, Advice::None)),
        "PRICE_NOT_FOUND" => Some((1, ErrorCode::OutOfStock, Advice::PriceChanged)),
        "OUT_OF_STOCK" => Some((2, ErrorCode::OutOfStock, Advice::None)),
        _ => None,
    }
}

/// Step 5: `message`, else the first of `errors`, else the first of `pools`.
fn message(object: &Object<'_>) -> Option<String> {
    let of_rows = |key: &str| {
        let rows = object.rows(key).unwrap_or_default();
        rows.into_iter().filter_map(Object::of).find_map(|row| row.text("message"))
    };
    let own = object.text("message").filter(|text| !text.trim().is_empty());
    own.or_else(|| of_rows("errors")).or_else(|| of_rows("pools"))
}

/// Step 6: the texts, in the documented order.
fn by_text(text: &str) -> Option<(ErrorCode, Advice)> {
    let text = text.to_lowercase();
    let has = |needles: &[&str]| needles.iter().any(|needle| text.contains(needle));
    if has(&["cannot be cancelled yet"]) {
        Some((ErrorCode::Rejected, Advice::RetryAfter(LOCK_RETRY_S)))
    } else if has(&["too many failed purchases"]) {
        Some((ErrorCode::RateLimited, Advice::RetryAfter(hours(&text) * 3600)))
    } else if has(&["too many requests", "rate limit"]) {
        Some((ErrorCode::RateLimited, Advice::RetryAfter(PAUSE_DEFAULT_S)))
    } else if has(&["insufficient balance", "not enough balance", "not have enough balance"]) {
        Some((ErrorCode::BalanceTooLow, Advice::None))
    } else if has(&["suitable pool below"]) {
        Some((ErrorCode::OutOfStock, Advice::PriceChanged))
    } else if has(&["couldn't find an available", "out of stock", "no available rentals"]) {
        Some((ErrorCode::OutOfStock, Advice::None))
    } else if has(&[
        "could not find this order",
        "order could not be found",
        "rental could not be found",
        "no rental was found",
    ]) {
        Some((ErrorCode::OrderNotFound, Advice::None))
    } else if has(&["invalid api key"]) {
        Some((ErrorCode::InvalidKey, Advice::None))
    } else if has(&["invalid rental id"]) {
        // The product is gone: the table's row, which the decision order does not repeat.
        Some((ErrorCode::Unavailable, Advice::None))
    } else {
        None
    }
}

/// Steps 7 and 8.
fn by_status(endpoint: &Endpoint, answer: &Answer, object: Option<&Object<'_>>) -> ErrorCode {
    let refused = verdict(object) == Verdict::Refused;
    let unclear = match endpoint.subject {
        Subject::Messages => ErrorCode::MessageNotFetched,
        Subject::Sale | Subject::Order | Subject::GivingBack => ErrorCode::Rejected,
    };
    match (answer.status, endpoint.subject) {
        (404 | 405, Subject::Sale) => ErrorCode::Unavailable,
        (404, Subject::Order | Subject::GivingBack | Subject::Messages) => ErrorCode::OrderNotFound,
        (400..=499, _) if is_html(&answer.body) => ErrorCode::Unreachable,
        (400..=499, _) => unclear,
        _ if refused => unclear,
        (500..=599, _) => ErrorCode::Unreachable,
        _ => by_body(&answer.body, endpoint.subject),
    }
}

/// The number before "hour", 1 to [`BLOCK_HOURS_MAX`]; 1 where there is none.
fn hours(text: &str) -> u32 {
    let before = text.split("hour").next().unwrap_or_default();
    let number = before.split_whitespace().next_back().and_then(|word| word.parse::<u32>().ok());
    number.unwrap_or(1).clamp(1, BLOCK_HOURS_MAX)
}

#[cfg(test)]
#[path = "errors_tests.rs"]
mod tests;
