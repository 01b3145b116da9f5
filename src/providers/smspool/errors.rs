//! From an answer to one of the product's eleven codes: `smspool-errors.md`, "Decision order", step by step.
//!
//! Also decides what an answer *proves*: only the closed list of purchase-protocol 3 proves that nothing was bought.

use shop::ErrorCode;
use shop::pool::{Advice, PoolError, PurchaseError};

use super::endpoints::{Endpoint, Subject};
use super::json::{Json, Object};
use crate::CallEnd;
use crate::http::{Answer, Body, PAUSE_DEFAULT_S, SendError};

/// What is certain about a call that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    /// The request never left, or was turned away at the door: nothing happened.
    NotDone,
    /// The supplier said no in so many words: nothing happened.
    Refused,
    /// It may have happened.
    Nothing,
}

/// A failed call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) error: PoolError,
    pub(super) proof: Proof,
    pub(super) status: Option<u16>,
}

impl Failure {
    /// What became of the call, for whoever counts.
    pub(super) fn ended(&self) -> CallEnd {
        match (self.error.code, self.proof) {
            (ErrorCode::RateLimited, _) => CallEnd::RateLimited,
            (_, Proof::Refused) => CallEnd::Refused,
            (_, Proof::NotDone) => CallEnd::NotDone,
            (_, Proof::Nothing) => CallEnd::Unknown,
        }
    }
}

impl From<Failure> for PoolError {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

impl From<Failure> for PurchaseError {
    fn from(failure: Failure) -> Self {
        match failure.proof {
            Proof::NotDone | Proof::Refused => Self::DefiniteNo(failure.error),
            Proof::Nothing => Self::Unknown(failure.error),
        }
    }
}

/// A cancel's time lock is asked again after so long (purchase-protocol 3, CLOSING).
const LOCK_RETRY_S: u32 = 15;
/// Longest block that a text may impose on us.
const BLOCK_HOURS_MAX: u32 = 24;
const CAUSE_CHARACTERS: usize = 120;

/// Step 1: there was no answer.
pub(super) fn unsent(endpoint: &Endpoint, error: SendError) -> Failure {
    let (code, advice, proof, reason) = match error {
        SendError::NoKey => (ErrorCode::InvalidKey, Advice::None, Proof::NotDone, "no key is set".to_owned()),
        SendError::NoTurn(wait_s) => {
            let advice = Advice::RetryAfter(wait_s);
            (ErrorCode::RateLimited, advice, Proof::NotDone, "no turn within our own limit".to_owned())
        }
        SendError::Connect(cause) => (ErrorCode::Unreachable, Advice::None, Proof::NotDone, cause),
        SendError::TimedOut => (ErrorCode::TimedOut, Advice::None, Proof::Nothing, "no answer in time".to_owned()),
        SendError::Broken(cause) => (ErrorCode::Unreachable, Advice::None, Proof::Nothing, cause),
    };
    let cause = shorten(&format!("{}: {}", endpoint.path, clean(&reason)));
    Failure { error: PoolError { code, cause, advice }, proof, status: None }
}

/// Steps 2 to 8; `None` where the supplier accepted and `json` is worth decoding.
pub(super) fn refusal(endpoint: &Endpoint, answer: &Answer, json: Option<&Json<'_>>) -> Option<Failure> {
    let object = json.and_then(Json::object);
    let success = object.and_then(|object| object.flag("success"));
    let has_errors = object.is_some_and(|object| object.rows("errors").is_some_and(|rows| !rows.is_empty()));
    let in_2xx = (200..300).contains(&answer.status);
    if in_2xx && json.is_some() && success != Some(false) && (success == Some(true) || !has_errors) {
        return None;
    }
    let text = object.and_then(message).map(|text| clean(&text));
    let (code, advice) = decide(endpoint, answer, object, text.as_deref());
    let reason = text.unwrap_or_else(|| describe(answer, object));
    let cause = shorten(&format!("{} HTTP {}: {reason}", endpoint.path, answer.status));
    let proof = proof(answer.status, success, object);
    Some(Failure { error: PoolError { code, cause, advice }, proof, status: Some(answer.status) })
}

/// An accepted answer whose content cannot be used.
pub(super) fn undecodable(endpoint: &Endpoint, status: u16, reason: &str) -> Failure {
    let code = match endpoint.subject {
        Subject::Messages => ErrorCode::MessageNotFetched,
        Subject::Sale | Subject::Order => ErrorCode::Unexpected,
    };
    let cause = shorten(&format!("{} HTTP {status}: {reason}", endpoint.path));
    let error = PoolError { code, cause, advice: Advice::None };
    Failure { error, proof: Proof::Nothing, status: Some(status) }
}

/// The closed list of purchase-protocol 3. An answer that names an order proves nothing, whatever else it says.
fn proof(status: u16, success: Option<bool>, object: Option<&Object<'_>>) -> Proof {
    let names_order = object.is_some_and(|object| {
        let named = |key| object.text(key).is_some_and(|id| !id.is_empty());
        named("order_id") || named("orderid") || named("rental_code") || named("token")
    });
    if names_order || success == Some(true) {
        return Proof::Nothing;
    }
    match status {
        401 | 403 | 429 => Proof::NotDone,
        200..=299 | 400..=499 if success == Some(false) => Proof::Refused,
        _ => Proof::Nothing,
    }
}

fn decide(
    endpoint: &Endpoint,
    answer: &Answer,
    object: Option<&Object<'_>>,
    text: Option<&str>,
) -> (ErrorCode, Advice) {
    if answer.status == 429 {
        let wait_s = answer.retry_after_s.unwrap_or(PAUSE_DEFAULT_S);
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
    let refused = object.is_some_and(|object| object.flag("success") == Some(false));
    let messages = endpoint.subject == Subject::Messages;
    match (answer.status, endpoint.subject) {
        (404 | 405, Subject::Sale) => ErrorCode::Unavailable,
        (404, Subject::Order | Subject::Messages) => ErrorCode::OrderNotFound,
        (400..=499, _) if is_html(&answer.body) => ErrorCode::Unreachable,
        (400..=499, _) if messages => ErrorCode::MessageNotFetched,
        (400..=499, _) => ErrorCode::Rejected,
        _ if refused && messages => ErrorCode::MessageNotFetched,
        _ if refused => ErrorCode::Rejected,
        (500..=599, _) => ErrorCode::Unreachable,
        _ => by_body(&answer.body, messages),
    }
}

/// A success status without a usable answer.
fn by_body(body: &Body, messages: bool) -> ErrorCode {
    match body {
        Body::TimedOut => ErrorCode::TimedOut,
        Body::Broken => ErrorCode::Unreachable,
        Body::Whole(_) if is_html(body) => ErrorCode::Unreachable,
        Body::Whole(_) | Body::TooLong if messages => ErrorCode::MessageNotFetched,
        Body::Whole(_) | Body::TooLong => ErrorCode::Unexpected,
    }
}

fn describe(answer: &Answer, object: Option<&Object<'_>>) -> String {
    let text = match &answer.body {
        Body::TooLong => "the answer is too long",
        Body::TimedOut => "the answer took too long",
        Body::Broken => "the answer broke off",
        Body::Whole(_) if object.is_some() => "no reason given",
        Body::Whole(_) if is_html(&answer.body) => "a web page instead of JSON",
        Body::Whole(_) => "not the JSON that was expected",
    };
    text.to_owned()
}

fn is_html(body: &Body) -> bool {
    matches!(body, Body::Whole(bytes) if bytes.trim_ascii_start().first() == Some(&b'<'))
}

/// The number before "hour", 1 to [`BLOCK_HOURS_MAX`]; 1 where there is none.
fn hours(text: &str) -> u32 {
    let before = text.split("hour").next().unwrap_or_default();
    let number = before.split_whitespace().next_back().and_then(|word| word.parse::<u32>().ok());
    number.unwrap_or(1).clamp(1, BLOCK_HOURS_MAX)
}

/// A text without HTML, curly apostrophes, line breaks, and without long runs of digits or letters, which could be a
/// phone number, a code or a key.
fn clean(text: &str) -> String {
    let mut plain = String::new();
    let mut in_tag = false;
    for character in text.chars().take(10_000) {
        match character {
            '<' => in_tag = true,
            '>' if in_tag => in_tag = false,
            _ if in_tag => {}
            '\u{2018}' | '\u{2019}' => plain.push('\''),
            _ => plain.push(character),
        }
    }
    let entities =
        [("&#39;", "'"), ("&#039;", "'"), ("&apos;", "'"), ("&rsquo;", "'"), ("&nbsp;", " "), ("&amp;", "&")];
    let plain = entities.iter().fold(plain, |text, (from, to)| text.replace(from, to));
    let words: Vec<&str> =
        plain.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    mask(&words.join(" "))
}

fn mask(text: &str) -> String {
    let mut masked = String::new();
    let mut run = String::new();
    for character in text.chars().chain([' ']) {
        if character.is_alphanumeric() || character == '-' {
            run.push(character);
            continue;
        }
        let digits = run.chars().filter(|c| c.is_numeric()).count();
        let secret = run.chars().count() >= 20 || digits >= 5;
        masked.push_str(if secret { "…" } else { &run });
        run.clear();
        masked.push(character);
    }
    masked.trim_end().to_owned()
}

fn shorten(text: &str) -> String {
    text.chars().take(CAUSE_CHARACTERS).collect()
}

#[cfg(test)]
#[path = "errors_tests.rs"]
mod tests;
