//! From an answer to one of the product's eleven codes: the table of nonvoip.md 3.

use shop::ErrorCode;
use shop::pool::Advice;

use super::envelope;
use super::words::Words;
use crate::endpoint::{Endpoint, Subject};
use crate::failure::{Failure, LOCK_RETRY_S, Proof, Verdict, by_body, clean, describe, is_html};
use crate::http::Answer;
use crate::json::{Json, Object};

/// Reads are paused so long after a 429 that names no time (nonvoip.md 1).
pub(super) const PAUSE_DEFAULT_S: u32 = 60;

/// `None` where the answer is worth decoding: the supplier accepted, said neither yes nor no, or said how an order
/// stands.
pub(super) fn refusal(endpoint: &Endpoint, answer: &Answer, json: Option<&Json<'_>>) -> Option<Failure> {
    let object = json.and_then(Json::object);
    let verdict = object.map_or(Verdict::Unsaid, envelope::verdict);
    if (200..300).contains(&answer.status) && json.is_some() && verdict != Verdict::Refused {
        return None;
    }
    let text = object.and_then(envelope::text);
    let words = text.as_deref().map_or(Words::Other, |text| Words::of(text, endpoint.subject));
    let proof = Proof::of(answer.status, verdict, names_order(endpoint.subject, json));
    let said_in_words = verdict == Verdict::Refused && proof != Proof::NotDone && answer.status < 500;
    if said_in_words && tells_how_an_order_stands(endpoint.subject, words) {
        return None;
    }
    let code = code(endpoint.subject, answer, verdict, words);
    // A sentence about the login could repeat it.
    let about_login = code.0 == ErrorCode::InvalidKey;
    let reason = if about_login { Some("the login is refused".to_owned()) } else { text.map(|text| clean(&text)) };
    let reason = reason.as_deref().unwrap_or_else(|| describe(answer, object.is_some()));
    Some(Failure::answered(endpoint, answer.status, code, proof, reason))
}

/// "No SMS yet" is an error of the supplier's and an answer to us, and so is "already given back".
const fn tells_how_an_order_stands(subject: Subject, words: Words) -> bool {
    match (subject, words) {
        (
            Subject::Messages,
            Words::OutOfStock | Words::NoProduct | Words::TooEarly | Words::GivenBack | Words::Expired | Words::Other,
        )
        | (Subject::GivingBack, Words::GivenBack) => true,
        (Subject::Messages, Words::RateLimit | Words::Balance | Words::Account | Words::NoOrder)
        | (Subject::Sale | Subject::Order | Subject::GivingBack, _) => false,
    }
}

/// A refusal that names an order may have made it. Where an order is given back, its own id means nothing.
fn names_order(subject: Subject, json: Option<&Json<'_>>) -> bool {
    let named = |object: &Object<'_>| envelope::order_named(object).is_some();
    subject != Subject::GivingBack && json.is_some_and(|json| envelope::objects(json).iter().any(named))
}

fn code(subject: Subject, answer: &Answer, verdict: Verdict, words: Words) -> (ErrorCode, Advice) {
    let wait = Advice::RetryAfter(answer.wait_s.unwrap_or(PAUSE_DEFAULT_S));
    match answer.status {
        429 => return (ErrorCode::RateLimited, wait),
        401 | 403 => return (ErrorCode::InvalidKey, Advice::None),
        500..=599 => return (ErrorCode::Unreachable, Advice::None),
        _ => {}
    }
    match words {
        Words::RateLimit => (ErrorCode::RateLimited, wait),
        Words::TooEarly => (ErrorCode::Rejected, Advice::RetryAfter(LOCK_RETRY_S)),
        Words::Balance => (ErrorCode::BalanceTooLow, Advice::None),
        Words::Account => (ErrorCode::InvalidKey, Advice::None),
        Words::OutOfStock => (ErrorCode::OutOfStock, Advice::None),
        Words::NoProduct => (ErrorCode::Unavailable, Advice::None),
        Words::NoOrder => (ErrorCode::OrderNotFound, Advice::None),
        Words::GivenBack | Words::Expired | Words::Other => (by_status(subject, answer, verdict), Advice::None),
    }
}

/// Where no words decide. A 404 without an envelope is a path that is gone, and no word about an order.
fn by_status(subject: Subject, answer: &Answer, verdict: Verdict) -> ErrorCode {
    match answer.status {
        200..=299 | 400..=499 if verdict == Verdict::Refused => ErrorCode::Rejected,
        404 | 405 | 410 => ErrorCode::Unavailable,
        400..=499 if is_html(&answer.body) => ErrorCode::Unreachable,
        400..=499 if subject == Subject::Messages => ErrorCode::MessageNotFetched,
        400..=499 => ErrorCode::Rejected,
        _ => by_body(&answer.body, subject),
    }
}

#[cfg(test)]
#[path = "errors_tests.rs"]
mod tests;
