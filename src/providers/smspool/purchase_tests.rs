//! What only this supplier says about a purchase. The rest: `purchase_tests` of the crate.

use std::sync::Arc;
use std::time::Duration;

use shop::pool::SmsPool;

use super::wire_tests::client;
use super::{SmsPoolClient, SmsPoolConfig};
use crate::candidate::{CANDIDATES, Candidate, Fixed, SMSPOOL_KEY as KEY, request};
use crate::http::Deadlines;
use crate::loopback::{Loopback, Reply, answer};

const THIS: &Candidate = &CANDIDATES[0];
const BOUGHT: &str = THIS.bought;

async fn check_each(cases: Vec<(Reply, &str)>) {
    THIS.check_each(cases).await;
}

#[tokio::test]
async fn fault_34_answers_of_other_types_are_understood() {
    check_each(vec![
        (answer(200, "", r#"{"success":"1","number":"+12345678901","order_id":12345678}"#), "bought 12345678"),
        (
            answer(200, "", r#"{"success":true,"number":"","cc":"44","phonenumber":"7700900123","order_id":"A1"}"#),
            "bought A1",
        ),
    ])
    .await;
}

#[tokio::test]
async fn fault_36_clear_refusals_are_a_definite_no() {
    check_each(vec![
        (answer(400, "", r#"{"success":0,"errors":[{"message":"You are missing a required parameter for this request.","param":"service"}]}"#), "no 0x0003"),
        (answer(500, "", r#"{"success":0,"message":"x"}"#), "unknown 0x0003"),
    ])
    .await;
}

#[tokio::test]
async fn fault_33_an_order_without_a_usable_id_or_number_is_unknown() {
    check_each(vec![
        (
            answer(200, "", r#"{"success":1,"message":"..","cc":"1","phonenumber":"2334567890","token":"t"}"#),
            "unknown 0x0009",
        ),
        (answer(200, "", r#"{"success":1,"order_id":"ABCDEFGH","number":""}"#), "unknown 0x0009"),
        (answer(200, "", r#"{"success":0,"order_id":"ABCDEFGH","number":12345678901}"#), "unknown 0x0003"),
        (answer(200, "", r#"{"success":0,"success":1,"order_id":"ABCDEFGH","number":12345678901}"#), "unknown 0x0009"),
    ])
    .await;
}

#[tokio::test]
async fn the_key_travels_in_the_header_only() {
    let server = Loopback::start(vec![answer(200, "", BOUGHT)]).await;
    let client = client(&server);
    client.purchase(&request()).await.expect("a number");
    let sent = server.requests().remove(0);
    let (head, body) = sent.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("POST /purchase/sms HTTP/1.1\r\n"), "{head}");
    assert!(head.contains(&format!("authorization: Bearer {KEY}\r\n")), "{head}");
    assert!(head.contains("content-type: application/x-www-form-urlencoded"), "{head}");
    assert_eq!(body, "country=1&service=1012&max_price=0.24&pricing_option=0");
    assert_eq!(sent.matches(KEY).count(), 1);
}

/// The wait for a turn once came on top: an answer could arrive after the order was given up.
#[tokio::test]
async fn the_wait_for_a_turn_is_part_of_the_time_limit() {
    let server = Loopback::start(vec![Reply::Stall]).await;
    let (read, change) = (Duration::from_secs(15), Duration::from_secs(2));
    let config = SmsPoolConfig {
        base_url: server.url.clone(),
        key: Some(KEY.into()),
        requests_per_second: 2,
        deadlines: Deadlines { connect: read, read, change },
        ..SmsPoolConfig::default()
    };
    let client = SmsPoolClient::new(config, Arc::new(Fixed)).expect("a client");
    let begun = std::time::Instant::now();
    let request = request();
    // The third one waits more than a second for its turn.
    let all = tokio::join!(client.purchase(&request), client.purchase(&request), client.purchase(&request));
    assert!(all.0.is_err() && all.1.is_err() && all.2.is_err());
    assert_eq!(server.requests().len(), 3);
    assert!(begun.elapsed() < Duration::from_millis(3_000), "{:?}", begun.elapsed());
}
