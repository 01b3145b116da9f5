//! Every row of `smspool-errors.md`, and what each failure proves.

use super::super::endpoints as at;
use super::*;
use crate::http::{Body, SendError};

fn answer(status: u16, body: &str) -> Answer {
    Answer { status, wait_s: None, body: Body::Whole(body.as_bytes().to_vec()) }
}

fn judged(endpoint: &Endpoint, answer: &Answer) -> Option<Failure> {
    let json = match &answer.body {
        Body::Whole(bytes) => Json::parse(bytes),
        Body::TooLong | Body::TimedOut | Body::Broken => None,
    };
    refusal(endpoint, answer, json.as_ref())
}

fn check(endpoint: &Endpoint, status: u16, body: &str, code: u8, advice: Advice, proof: Proof) {
    let failure = judged(endpoint, &answer(status, body)).unwrap_or_else(|| panic!("accepted: {status} {body}"));
    let seen = (failure.error.code as u8, failure.error.advice, failure.proof);
    assert_eq!(seen, (code, advice, proof), "{} {status} {body}", endpoint.path);
    assert!(failure.error.cause.chars().count() <= 120);
}

fn said(text: &str) -> String {
    format!(r#"{{"success":0,"message":"{text}"}}"#)
}

fn param(text: &str, param: &str) -> String {
    format!(r#"{{"success":0,"errors":[{{"message":"{text}","param":"{param}","description":"d"}}]}}"#)
}

const MISSING: &str = "You are missing a required parameter for this request.";

const NO_FUNDS: &str = "<p>Pool <b>Foxtrot</b>: Insufficient balance, the price is: 0.24 while you only have: 0.00</p>";
const NO_FUNDS_RENTAL: &str =
    "You do not have enough balance, please top up your account with 10.00 dollars in order to purchase this rental.";
const NO_STOCK: &str = "<p>We couldn't find an available phone number for you, please try again later!</p>";
const PRICE: &str = "We could not find a suitable pool below the price of: 0.01";
const DAYS: &str = "You selected a invalid amount of days! The following days are available: 30";
const RENTAL_ID: &str = "Invalid rental ID, please enter a valid rental ID from /rental/retrieve_all endpoint";
const LOCKED: &str = "Your order cannot be cancelled yet, please try again later.";
const LOCKED_2026: &str = "This phone number cannot be cancelled yet, please try again later!";
const NO_GUARANTEE: &str = "This phonenumber is not available for re-send, please keep in mind that one-time phonenumbers have no guarantee for resends.";
const BLOCKED: &str = "You have made too many failed purchases, please improve your success rate and try again in 6 hours. You can circumvent this by opening a business account in your settings page for an increased ratelimit.";

fn check_words<const N: usize>(cases: [(&Endpoint, u16, &str, u8, Advice); N]) {
    for (endpoint, status, text, code, advice) in cases {
        check(endpoint, status, &said(text), code, advice, Proof::Refused);
    }
}

#[test]
fn refused_purchases_have_their_codes() {
    let none = Advice::None;
    let six_hours = Advice::RetryAfter(6 * 3600);
    check_words([
        (&at::PURCHASE, 422, NO_FUNDS, 0, none),
        (&at::RENT, 400, NO_FUNDS_RENTAL, 0, none),
        (&at::PURCHASE, 422, NO_STOCK, 1, none),
        (&at::PURCHASE, 422, "We couldn\u{2019}t find an available phone number", 1, none),
        (&at::PURCHASE, 422, "We couldn&#39;t find an available phone number", 1, none),
        (&at::PURCHASE, 422, PRICE, 1, Advice::PriceChanged),
        (&at::RENT, 400, "This rental is currently out of stock!", 1, none),
        (&at::RENTAL_LINES, 404, "No available rentals found for your search.", 1, none),
        (&at::RENT, 400, DAYS, 3, none),
        (&at::RENT, 400, RENTAL_ID, 10, none),
        (&at::PURCHASE, 422, BLOCKED, 6, six_hours),
        (&at::PURCHASE, 200, BLOCKED, 6, six_hours),
        (&at::PURCHASE, 400, "Too many requests", 6, Advice::RetryAfter(5)),
        (&at::PURCHASE, 400, "Rate limit reached", 6, Advice::RetryAfter(5)),
        // Neither "balance" nor "order" alone means anything.
        (&at::PURCHASE, 400, "Your balance is fine and so is your order", 3, none),
        (&at::PURCHASE, 404, "something new", 10, none),
        (&at::BALANCE, 400, "Invalid API key", 5, none),
    ]);
}

#[test]
fn refusals_about_an_order_have_their_codes() {
    let (none, lock) = (Advice::None, Advice::RetryAfter(15));
    check_words([
        (&at::CANCEL, 400, LOCKED, 3, lock),
        (&at::CANCEL, 400, LOCKED_2026, 3, lock),
        (&at::CHECK_RESEND, 400, "This number cannot be resent at the moment, please try again later.", 3, none),
        (&at::RESEND, 400, "You can only re-send to a phonenumber that has received a SMS", 3, none),
        (&at::RESEND, 400, NO_GUARANTEE, 3, none),
        (&at::RESEND, 400, "You can only activate orders from pool: 7", 3, none),
        (&at::RENTAL_REFUND, 400, "You cannot reset the port for this type of rental.", 3, none),
        (&at::CANCEL, 404, "We could not find this order!", 7, none),
        (&at::CHECK_RESEND, 404, "We could not find this order.", 7, none),
        (&at::RESEND, 404, "This order could not be found.", 7, none),
        (&at::RENTAL_REFUND, 404, "This rental could not be found.", 7, none),
        (&at::RENTAL_MESSAGES, 404, "No rental was found!", 7, none),
        (&at::CHECK, 404, "We could not find this order!", 7, none),
        (&at::CHECK, 200, "something new", 8, none),
        (&at::RENTAL_MESSAGES, 400, "something new", 8, none),
    ]);
}

#[test]
fn types_and_parameters_go_before_words() {
    let none = Advice::None;
    let typed = |kind: &str| format!(r#"{{"success":0,"message":"new words","type":"{kind}"}}"#);
    let pooled = |kinds: [&str; 2]| {
        let [a, b] = kinds;
        format!(
            r#"{{"success":0,"pools":{{"Alpha":{{"success":0,"type":"{a}"}},"Bravo":{{"type":"{b}","message":"m"}}}}}}"#
        )
    };
    let cases = [
        (typed("BALANCE_ERROR"), 0, none),
        (typed("OUT_OF_STOCK"), 1, none),
        (typed("PRICE_NOT_FOUND"), 1, Advice::PriceChanged),
        (typed("NEVER_SEEN"), 3, none),
        (pooled(["OUT_OF_STOCK", "BALANCE_ERROR"]), 0, none),
        (pooled(["OUT_OF_STOCK", "PRICE_NOT_FOUND"]), 1, Advice::PriceChanged),
        (pooled(["OUT_OF_STOCK", "OUT_OF_STOCK"]), 1, none),
        (param(MISSING, "service"), 3, none),
        (param(MISSING, "key"), 5, none),
    ];
    for (body, code, advice) in cases {
        check(&at::PURCHASE, 422, &body, code, advice, Proof::Refused);
    }
    check(&at::BALANCE, 400, &param(MISSING, "key"), 5, none, Proof::Refused);
    check(&at::HISTORY, 403, &param("Invalid API key", "key"), 5, none, Proof::NotDone);
    check(&at::BALANCE, 200, r#"{"errors":[{"message":"Invalid API key","param":"key"}]}"#, 5, none, Proof::Nothing);
}

#[test]
fn statuses_decide_where_there_are_no_words() {
    const HTML: &str = "  <!DOCTYPE html><html>Cloudflare</html>";
    let (none, nothing) = (Advice::None, Proof::Nothing);
    let cases: [(&Endpoint, u16, &str, u8, Proof); 24] = [
        (&at::BALANCE, 401, "", 5, Proof::NotDone),
        (&at::CHECK, 403, HTML, 5, Proof::NotDone),
        (&at::BALANCE, 500, "", 2, nothing),
        (&at::BALANCE, 502, HTML, 2, nothing),
        (&at::PURCHASE, 503, HTML, 2, nothing),
        (&at::PURCHASE, 504, "", 2, nothing),
        (&at::CHECK, 520, "error code: 520", 2, nothing),
        (&at::CHECK, 524, HTML, 2, nothing),
        (&at::BALANCE, 200, HTML, 2, nothing),
        (&at::BALANCE, 200, "", 9, nothing),
        (&at::PURCHASE, 200, "not json", 9, nothing),
        (&at::PURCHASE, 204, "", 9, nothing),
        (&at::PURCHASE, 302, "", 9, nothing),
        (&at::CHECK, 200, "not json", 8, nothing),
        (&at::CHECK, 418, "not json", 8, nothing),
        (&at::LEGACY_RENT, 404, HTML, 10, nothing),
        (&at::LEGACY_RENT_PRICE, 405, "", 10, nothing),
        (&at::COUNTRIES, 404, "", 10, nothing),
        (&at::CANCEL, 404, "", 7, nothing),
        (&at::CHECK, 404, HTML, 7, nothing),
        (&at::CANCEL, 418, "", 3, nothing),
        (&at::PURCHASE, 400, HTML, 2, nothing),
        (&at::PURCHASE, 400, "{}", 3, nothing),
        (&at::PURCHASE, 500, r#"{"success":0,"type":"OUT_OF_STOCK"}"#, 1, nothing),
    ];
    for (endpoint, status, body, code, proof) in cases {
        check(endpoint, status, body, code, none, proof);
    }
}

#[test]
fn a_429_says_when_to_come_back() {
    let limited = |wait_s| Answer { status: 429, wait_s, body: Body::Whole(Vec::new()) };
    for (said, wait_s) in [(None, 5), (Some(0), 0), (Some(60), 60)] {
        let failure = judged(&at::PURCHASE, &limited(said)).expect("refused");
        assert_eq!((failure.error.code, failure.proof), (ErrorCode::RateLimited, Proof::NotDone));
        assert_eq!(failure.error.advice, Advice::RetryAfter(wait_s));
    }
}

#[test]
fn a_body_that_does_not_come_is_judged_by_its_status() {
    let cases = [
        (200, Body::TimedOut, ErrorCode::TimedOut, Proof::Nothing),
        (200, Body::Broken, ErrorCode::Unreachable, Proof::Nothing),
        (200, Body::TooLong, ErrorCode::Unexpected, Proof::Nothing),
        (422, Body::TooLong, ErrorCode::Rejected, Proof::Nothing),
        (403, Body::TooLong, ErrorCode::InvalidKey, Proof::NotDone),
    ];
    for (status, body, code, proof) in cases {
        let failure = judged(&at::PURCHASE, &Answer { status, wait_s: None, body }).expect("refused");
        assert_eq!((failure.error.code, failure.proof), (code, proof), "{status}");
    }
}

#[test]
fn only_what_never_left_proves_something_without_an_answer() {
    let cases = [
        (SendError::NoKey, ErrorCode::InvalidKey, Proof::NotDone),
        (SendError::NoTurn(3), ErrorCode::RateLimited, Proof::NotDone),
        (SendError::TooLate, ErrorCode::TimedOut, Proof::NotDone),
        (SendError::Connect("refused".to_owned()), ErrorCode::Unreachable, Proof::NotDone),
        (SendError::TimedOut, ErrorCode::TimedOut, Proof::Nothing),
        (SendError::Broken("reset".to_owned()), ErrorCode::Unreachable, Proof::Nothing),
    ];
    for (error, code, proof) in cases {
        let failure = Failure::unsent(&at::PURCHASE, error);
        assert_eq!((failure.error.code, failure.proof), (code, proof));
    }
}

#[test]
fn what_is_accepted_is_not_searched_for_words() {
    let refunded = r#"{"status":6,"message":"This order has been refunded","resend":0}"#;
    let quoting = r#"{"success":1,"message":"Insufficient balance, rate limit, out of stock","errors":[]}"#;
    for (endpoint, body) in [(&at::CHECK, refunded), (&at::PURCHASE, quoting), (&at::ACTIVE, "[]")] {
        assert_eq!(judged(endpoint, &answer(200, body)), None, "{body}");
    }
}

#[test]
fn causes_carry_no_numbers_codes_or_keys() {
    let cases = [
        ("number 12025550123 failed", "number … failed"),
        ("+1-202-555-0123, code 123-456", "+…, code …"),
        ("key CANARYkeyCANARYkeyCANARYkey12345 bad", "key … bad"),
        ("<p>a\\n<b>b</b> 0.24</p>", "a b 0.24"),
        ("code 4821 of 202 555 0123", "code … of … … …"),
        ("(202) 555.0123, in 120 s, 15 of 100.00", "(…) ….…, in 120 s, 15 of 100.00"),
        ("no user some.one@example.net, some.one&#64;example.net", "no user … …"),
        ("٠١٢٣٤٥٦", "…"),
    ];
    for (text, expected) in cases {
        let failure = judged(&at::BALANCE, &answer(400, &said(text))).expect("refused");
        assert_eq!(failure.error.cause, format!("/request/balance HTTP 400: {expected}"));
    }
}
