//! Every row of the table in `nonvoip.md` 3, and what each failure proves.

use shop::ErrorCode;
use shop::pool::Advice;

use super::super::endpoints as at;
use super::*;
use crate::http::Body;

fn judged(endpoint: &Endpoint, status: u16, body: &str) -> Option<Failure> {
    let answer = Answer { status, wait_s: None, body: Body::Whole(body.as_bytes().to_vec()) };
    refusal(endpoint, &answer, Json::parse(body.as_bytes()).as_ref())
}

fn said(text: &str) -> String {
    format!(r#"{{"status":"error","message":"{text}"}}"#)
}

#[test]
fn refusals_in_words_have_their_codes() {
    let (none, lock, minute) = (Advice::None, Advice::RetryAfter(15), Advice::RetryAfter(60));
    let cases = [
        (&at::ORDER, "Insufficient balance.", 0, none),
        (&at::ORDER, "Product is out of stock", 1, none),
        (&at::ORDER, "This product is not available", 1, none),
        (&at::REJECT, "SMS already delivered", 3, none),
        (&at::REJECT, "Not allowed", 3, none),
        (&at::REJECT, "You have to wait 2 minutes", 3, lock),
        (&at::ORDER, "something new", 3, none),
        (&at::BALANCE, "Invalid email or password", 5, none),
        (&at::BALANCE, "Your account is disabled", 5, none),
        (&at::ORDER, "Too many requests", 6, minute),
        (&at::REJECT, "Order not found", 7, none),
        (&at::REUSE, "Invalid number", 7, none),
        (&at::MESSAGES, "Order does not exist", 7, none),
        (&at::ORDER, "Product does not exist", 10, none),
        (&at::ORDER, "Invalid product_id", 10, none),
    ];
    for (endpoint, text, code, advice) in cases {
        for status in [200, 400, 404, 422] {
            let failure = judged(endpoint, status, &said(text)).unwrap_or_else(|| panic!("accepted: {text}"));
            let seen = (failure.error.code as u8, failure.error.advice, failure.proof);
            assert_eq!(seen, (code, advice, Proof::Refused), "{} {status} {text}", endpoint.path);
            assert!(failure.error.cause.starts_with(endpoint.path), "{}", failure.error.cause);
        }
    }
}

#[test]
fn statuses_decide_where_there_are_no_words() {
    const HTML: &str = "  <!DOCTYPE html><html>Cloudflare</html>";
    let nothing = Proof::Nothing;
    let cases = [
        (&at::BALANCE, 401, "", 5, Proof::NotDone),
        (&at::MESSAGES, 403, HTML, 5, Proof::NotDone),
        (&at::BALANCE, 403, r#"{"status":"error","message":"Insufficient balance."}"#, 5, Proof::NotDone),
        (&at::ORDER, 429, HTML, 6, Proof::NotDone),
        (&at::ORDER, 500, r#"{"status":"error","message":"Insufficient balance."}"#, 2, nothing),
        (&at::ORDER, 502, HTML, 2, nothing),
        (&at::MESSAGES, 520, "error code: 520", 2, nothing),
        (&at::ORDER, 200, HTML, 2, nothing),
        (&at::ORDER, 200, "", 9, nothing),
        (&at::MESSAGES, 200, "", 8, nothing),
        (&at::MESSAGES, 418, "", 8, nothing),
        (&at::ORDER, 418, "", 3, nothing),
        (&at::ORDER, 400, HTML, 2, nothing),
        (&at::ORDER, 400, "{}", 3, nothing),
        (&at::ORDER, 404, HTML, 10, nothing),
        (&at::MESSAGES, 404, "", 10, nothing),
        (&at::ACTIVATE, 410, "", 10, nothing),
        (&at::ORDER, 302, "", 9, nothing),
    ];
    for (endpoint, status, body, code, proof) in cases {
        let failure = judged(endpoint, status, body).unwrap_or_else(|| panic!("accepted: {status} {body}"));
        assert_eq!((failure.error.code as u8, failure.proof), (code, proof), "{} {status} {body}", endpoint.path);
    }
}

#[test]
fn what_says_how_an_order_stands_is_no_failure() {
    let cases = [
        (&at::MESSAGES, 200, said("No SMS yet")),
        (&at::MESSAGES, 400, said("something new")),
        (&at::MESSAGES, 200, said("Order was refunded")),
        (&at::MESSAGES, 200, said("Order expired")),
        (&at::REJECT, 400, said("Order already refunded")),
        (&at::ORDER, 200, r#"{"status":"success","message":"Insufficient balance, out of stock"}"#.to_owned()),
        (&at::BALANCE, 200, r#"{"balance":"1"}"#.to_owned()),
    ];
    for (endpoint, status, body) in cases {
        assert_eq!(judged(endpoint, status, &body), None, "{} {body}", endpoint.path);
    }
}

#[test]
fn a_sentence_about_the_login_is_not_repeated() {
    let failure = judged(&at::BALANCE, 400, &said("Wrong password hunter for a@b.example")).expect("refused");
    assert_eq!(failure.error.code, ErrorCode::InvalidKey);
    assert_eq!(failure.error.cause, "/balance HTTP 400: the login is refused");
}
