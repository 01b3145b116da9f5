//! What only this supplier says about a purchase, and the price that is read before it. The rest: `purchase_tests` of the
//! crate.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use shop::pool::{Advice, PurchaseError, PurchaseRequest, RentRequest, SmsPool};
use shop::{CountryId, Days, ErrorCode, Money, ServiceId};

use super::wire_tests::{answering, asked, client};
use super::{NonVoipClient, NonVoipConfig};
use crate::candidate::{CANDIDATES, Candidate, Fixed, HTML, NOW, request, verdict};
use crate::http::Deadlines;
use crate::key::Credentials;
use crate::loopback::{Loopback, Reply, answer};

const THIS: &Candidate = &CANDIDATES[1];
const STOCK: &str = THIS.before[0];

async fn check_each(cases: Vec<(Reply, &str)>) {
    THIS.check_each(cases).await;
}

fn ordered(row: &str) -> Reply {
    answer(200, "", &format!(r#"{{"status":"success","message":{row}}}"#))
}

#[tokio::test]
async fn fault_34_answers_of_other_types_are_understood() {
    check_each(vec![
        (ordered(r#"[{"order_id":12345678,"number":2025550123}]"#), "bought 12345678"),
        (ordered(r#"{"order_id":"A1","number":"+1 (202) 555-0123"}"#), "bought A1"),
        (ordered(r#"{"0":{"order_id":"A2","number":"2025550123"}}"#), "bought A2"),
        (answer(200, "", r#"{"status":"success","order_id":"A3","number":"12025550123"}"#), "bought A3"),
        (answer(201, "", r#"[{"order_id":"A4","number":"12025550123"}]"#), "bought A4"),
        (answer(200, "", r#"{"status":"queued","message":[{"order_id":"A5","number":"12025550123"}]}"#), "bought A5"),
    ])
    .await;
}

#[tokio::test]
async fn fault_36_clear_refusals_are_a_definite_no() {
    let said = |status, text: &str| answer(status, "", &format!(r#"{{"status":"error","message":"{text}"}}"#));
    check_each(vec![
        (said(200, "Insufficient balance."), "no 0x0000"),
        (said(400, "Insufficient balance."), "no 0x0000"),
        (said(200, "No numbers available"), "no 0x0001"),
        (said(404, "Product not found"), "no 0x000A"),
        (said(200, "Invalid email or password"), "no 0x0005"),
        (said(200, "Too many requests"), "no 0x0006"),
        (said(400, "something new"), "no 0x0003"),
        (answer(200, "", r#"{"status":"error"}"#), "no 0x0003"),
        (answer(200, "", r#"{"status":"fail","message":["Insufficient balance."]}"#), "no 0x0000"),
        (answer(200, "", r#"{"status":false,"message":null}"#), "no 0x0003"),
        (answer(200, "", r#"{"status":"error","message":"something new","order_id":0}"#), "no 0x0003"),
    ])
    .await;
}

#[tokio::test]
async fn fault_33_what_is_neither_an_order_nor_a_refusal_is_unknown() {
    check_each(vec![
        (ordered("[]"), "unknown 0x0009"),
        (ordered(r#""Your order is placed""#), "unknown 0x0009"),
        (ordered(r#"[{"number":"12025550123"}]"#), "unknown 0x0009"),
        (ordered(r#"[{"order_id":0,"number":"12025550123"}]"#), "unknown 0x0009"),
        (ordered(r#"[{"order_id":"../x","number":"12025550123"}]"#), "unknown 0x0009"),
        (answer(200, "", r#"{"status":"processing","message":"Your order is being made"}"#), "unknown 0x0009"),
        (answer(400, "", r#"{"message":"Insufficient balance."}"#), "unknown 0x0000"),
        (answer(500, "", r#"{"status":"error","message":"Product is out of stock."}"#), "unknown 0x0002"),
        (answer(302, "", r#"{"status":"error","message":"moved"}"#), "unknown 0x0009"),
        (
            answer(200, "", r#"{"status":"error","message":[{"order_id":"A1","number":"12025550123"}]}"#),
            "unknown 0x0003",
        ),
        (answer(429, "", r#"{"status":"error","order_id":7}"#), "unknown 0x0006"),
        (answer(200, "", r#"{"status":"error","status":"success","message":"x"}"#), "unknown 0x0009"),
    ])
    .await;
}

#[tokio::test]
async fn a_bought_number_has_the_price_that_was_read_and_an_end() {
    let cases = [
        (r#""expiration":600"#, 600),
        (r#""expiration":"600""#, 600),
        (r#""expiration":1705309368"#, 600),
        (r#""expiration":"2024-01-15T09:02:48Z""#, 600),
        (r#""expiration":30"#, 900),
        (r#""expiration":"soon""#, 900),
        (r#""expiration":0"#, 900),
        (r#""till_expiration":700"#, 700),
        (r#""service":"WhatsApp""#, 900),
    ];
    for (field, life) in cases {
        let server = THIS.server(ordered(&format!(r#"[{{"order_id":"A","number":"2025550123",{field}}}]"#))).await;
        let bought = client(&server).purchase(&request()).await.expect("a number");
        assert_eq!((bought.phone.as_str(), bought.pool), ("+12025550123", None));
        assert_eq!((bought.cost, bought.expires_at - NOW), (Some(Money::from_cents(24)), life), "{field}");
    }
}

/// `/order` takes no highest price: whatever is wrong with what is read before it, nothing was sent.
#[tokio::test]
async fn the_price_is_read_first_and_no_answer_to_that_buys_anything() {
    let row = |fields: &str| {
        let row = format!(r#"{{"product_id":1012,"name":"WhatsApp","type":"short_term",{fields}}}"#);
        answer(200, "", &format!(r#"{{"status":"success","message":[{row}]}}"#))
    };
    let cases = [
        (row(r#""price":"0.25","available":5"#), ErrorCode::OutOfStock, Advice::PriceChanged),
        (row(r#""price":"0.24","available":0"#), ErrorCode::OutOfStock, Advice::None),
        (row(r#""price":"0.24","available":"0""#), ErrorCode::OutOfStock, Advice::None),
        (row(r#""price":"0.24","available":false"#), ErrorCode::OutOfStock, Advice::None),
        (row(r#""price":"0,24""#), ErrorCode::Unavailable, Advice::None),
        (row(r#""price":"0""#), ErrorCode::Unavailable, Advice::None),
        (row(r#""price":"-0.24""#), ErrorCode::Unavailable, Advice::None),
        (ordered("[]"), ErrorCode::Unavailable, Advice::None),
        (ordered(r#"[{"product_id":7,"name":"WhatsApp","price":"0.10"}]"#), ErrorCode::Unavailable, Advice::None),
        (
            answer(200, "", r#"{"status":"error","message":"Product not available"}"#),
            ErrorCode::OutOfStock,
            Advice::None,
        ),
        (answer(404, "", r#"{"status":"error","message":"Product not found"}"#), ErrorCode::Unavailable, Advice::None),
        (answer(403, "", HTML), ErrorCode::InvalidKey, Advice::None),
        (answer(429, "", ""), ErrorCode::RateLimited, Advice::RetryAfter(60)),
        (answer(502, "", HTML), ErrorCode::Unreachable, Advice::None),
        (answer(200, "", HTML), ErrorCode::Unreachable, Advice::None),
        (answer(200, "", "{"), ErrorCode::Unexpected, Advice::None),
        (Reply::Close, ErrorCode::Unreachable, Advice::None),
        (Reply::Flood, ErrorCode::Unexpected, Advice::None),
    ];
    for (index, (reply, code, advice)) in cases.into_iter().enumerate() {
        let server = Loopback::start(vec![reply]).await;
        let result = client(&server).purchase(&request()).await;
        let Err(PurchaseError::DefiniteNo(error)) = result else { panic!("case {index}: {result:?}") };
        assert_eq!((error.code, error.advice, THIS.purchases(&server)), (code, advice, 0), "case {index}");
    }
    let elsewhere = PurchaseRequest { country: CountryId(2), ..request() };
    let server = answering(&[STOCK, THIS.bought]).await;
    let result = client(&server).purchase(&elsewhere).await;
    assert_eq!((verdict(&result), server.requests().len()), ("no 0x000A".to_owned(), 0));
}

#[tokio::test]
async fn no_answer_about_the_price_in_time_is_a_definite_no() {
    let server = Loopback::start(vec![Reply::Stall]).await;
    let client = THIS.keyless(&server.url, Duration::from_millis(200));
    client.set_key(THIS.key.into()).expect("a key");
    let result = client.purchase(&request()).await;
    assert_eq!((verdict(&result), THIS.purchases(&server)), ("no 0x0004".to_owned(), 0));
}

/// A purchase that waited for the price until its time was up is not sent any more.
#[tokio::test]
async fn the_reading_of_the_price_is_part_of_the_time_limit() {
    let server = answering(&[THIS.balance, STOCK, THIS.bought]).await;
    let deadlines = Deadlines { change: Duration::from_millis(50), ..Deadlines::default() };
    let credentials = Some(Credentials::parse(&THIS.key.into()).expect("an account"));
    let config = NonVoipConfig { base_url: server.url.clone(), credentials, requests_per_second: 2, deadlines };
    let client = NonVoipClient::new(config, Arc::new(Fixed)).expect("a client");
    client.balance().await.expect("a balance");
    // The price waits half a second for its turn.
    let result = client.purchase(&request()).await;
    let paths: Vec<_> = asked(&server).into_iter().map(|(path, _)| path).collect();
    assert_eq!(
        (verdict(&result).as_str(), paths.as_slice()),
        ("no 0x0004", &["/balance".to_owned(), "/products".to_owned()][..])
    );
}

/// Two networks sell the same service under one name.
#[tokio::test]
async fn the_cheapest_product_of_a_service_is_ordered() {
    let listed = r#"{"status":"success","message":[
        {"product_id":1012,"name":"WhatsApp","price":"0.24","available":1},
        {"product_id":2000,"name":"WHATSAPP","price":"0.20","available":"7"},
        {"product_id":2001,"name":"WhatsApp","price":"0.10","available":0},
        {"product_id":2002,"name":"Telegram","price":"0.05"}]}"#;
    let server = answering(&[listed, listed, THIS.bought, THIS.bought]).await;
    let client = client(&server);
    client.offers(CountryId(1)).await.expect("offers");
    let bought = client.purchase(&request()).await.expect("a number");
    assert_eq!(bought.cost, Some(Money::from_cents(20)));
    let short = json!({"type": "short_term"});
    let expected = [("/products", short.clone()), ("/products", short), ("/order", json!({"product_id": 2000}))];
    assert_eq!(asked(&server), expected.map(|(path, body)| (path.to_owned(), body)));
}

#[tokio::test]
async fn a_service_of_one_product_is_looked_up_alone_and_by_its_name() {
    let renamed = STOCK.replace("WhatsApp", "Telegram");
    let server = answering(&[STOCK, STOCK, THIS.bought, &renamed]).await;
    let client = client(&server);
    client.offers(CountryId(1)).await.expect("offers");
    assert_eq!(verdict(&client.purchase(&request()).await), "bought ABCDEFGH");
    let alone = ("/products".to_owned(), json!({"type": "short_term", "id": 1012}));
    assert_eq!(asked(&server)[1], alone);
    let renamed = client.purchase(&request()).await;
    assert_eq!((verdict(&renamed), THIS.purchases(&server)), ("no 0x000A".to_owned(), 1), "another service by now");
}

/// What `id` does is documented nowhere in full: a list that lacks the product proves nothing.
#[tokio::test]
async fn a_product_that_is_not_found_alone_is_looked_for_in_the_whole_list() {
    const EMPTY: &str = r#"{"status":"success","message":[]}"#;
    let server = answering(&[STOCK, EMPTY, STOCK, THIS.bought]).await;
    let client = client(&server);
    client.offers(CountryId(1)).await.expect("offers");
    assert_eq!(verdict(&client.purchase(&request()).await), "bought ABCDEFGH");
    assert_eq!(asked(&server)[2], ("/products".to_owned(), json!({"type": "short_term"})));
}

/// "`number` empty but sold": the order is known, so its number is asked for.
#[tokio::test]
async fn a_number_that_is_not_allocated_yet_is_asked_for() {
    let sold = r#"{"status":"success","message":[{"order_id":77,"number":"","expiration":900}]}"#;
    let none = r#"{"status":"error","message":"No SMS yet"}"#;
    let there = r#"{"status":"error","message":[{"order_id":77,"number":"2025550123"}]}"#;
    let server = answering(&[STOCK, sold, none, there]).await;
    let bought = client(&server).purchase(&request()).await.expect("a number");
    assert_eq!((bought.id.as_str(), bought.phone.as_str()), ("77", "+12025550123"));
    let paths: Vec<_> = asked(&server).into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, ["/products", "/order", "/getsms", "/getsms"]);
}

#[tokio::test]
async fn a_number_that_is_never_allocated_is_unknown() {
    let sold = r#"{"status":"success","message":[{"order_id":77,"number":null}]}"#;
    let server = Loopback::start(vec![answer(200, "", STOCK), answer(200, "", sold), answer(502, "", HTML)]).await;
    let result = client(&server).purchase(&request()).await;
    assert_eq!((verdict(&result), THIS.purchases(&server)), ("unknown 0x0009".to_owned(), 1));
    let paths: Vec<_> = asked(&server).into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, ["/products", "/order", "/getsms", "/getsms", "/getsms", "/reject"]);
    // Within the time limit of the purchase.
    let server = Loopback::start(vec![answer(200, "", STOCK), answer(200, "", sold), Reply::Stall]).await;
    let begun = std::time::Instant::now();
    let result = THIS.hurried(&server.url).purchase(&request()).await;
    assert_eq!((verdict(&result), THIS.purchases(&server)), ("unknown 0x0009".to_owned(), 1));
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

/// The number never came: the order is known, and was once left with the supplier although it takes it back.
#[tokio::test]
async fn an_order_without_a_number_is_given_back_and_not_bought() {
    let sold = r#"{"status":"success","message":[{"order_id":77,"number":""}]}"#;
    let none = r#"{"status":"error","message":"No SMS yet"}"#;
    let rejected = r#"{"status":"success","message":"Order rejected and refunded"}"#;
    let server = answering(&[STOCK, sold, none, none, none, rejected]).await;
    assert_eq!(verdict(&client(&server).purchase(&request()).await), "no 0x0001");
    assert_eq!(asked(&server)[5], ("/reject".to_owned(), json!({"order_id": 77})));
}

#[tokio::test]
async fn a_rental_is_ordered_once_and_ends_when_it_is_said() {
    const DAY_S: i64 = 86_400;
    let request = RentRequest { country: CountryId(1), product: 30, days: Days(30), service: ServiceId(1) };
    let cases = [
        (r#""expires":"2024-02-14 08:52:48""#, 30 * DAY_S),
        (r#""expires":"2024-02-14T08:52:48Z""#, 30 * DAY_S),
        (r#""expires":"2024-02-13T08:52:48+00:00""#, 29 * DAY_S),
        (r#""expires":"2024-02-13 08:52:48 UTC""#, 29 * DAY_S),
        (r#""expires":1707814368"#, 29 * DAY_S),
        (r#""expires":1707814368000"#, 29 * DAY_S),
        (r#""expiration":2505600"#, 29 * DAY_S),
        (r#""expires":"2034-02-14 08:52:48""#, 30 * DAY_S),
        (r#""expires":"2024-01-01 00:00:00""#, 30 * DAY_S),
        (r#""expires":"next month""#, 30 * DAY_S),
        (r#""expires":null"#, 30 * DAY_S),
    ];
    for (field, life) in cases {
        let server =
            Loopback::start(vec![ordered(&format!(r#"[{{"order_id":5,"number":"12025550123",{field}}}]"#))]).await;
        let rented = client(&server).rent(&request).await.expect("a rental");
        assert_eq!((rented.id.as_str(), rented.cost, rented.expires_at - NOW), ("5", None, life), "{field}");
        assert_eq!(asked(&server), [("/order".to_owned(), json!({"product_id": 30}))]);
    }
    let faults = [
        (answer(200, "", THIS.out_of_stock), "no 0x0001"),
        (answer(429, "", ""), "no 0x0006"),
        (answer(502, "", HTML), "unknown 0x0002"),
        (answer(200, "", ""), "unknown 0x0009"),
        (Reply::Close, "unknown 0x0002"),
    ];
    for (reply, expected) in faults {
        let server = Loopback::start(vec![reply]).await;
        let result = client(&server).rent(&request).await;
        assert_eq!((verdict(&result), THIS.purchases(&server)), (expected.to_owned(), 1));
    }
}

#[tokio::test]
async fn another_code_is_asked_for_once() {
    let free = r#"{"status":"success","message":[{"till_expiration":900}]}"#;
    let cases = [
        (answer(200, "", free), "again 0.00"),
        (ordered(r#"{"price":"0.10"}"#), "again 0.10"),
        (ordered(r#"[{"cost":0.2}]"#), "again 0.20"),
        (ordered(r#"[{"price":"1e9"}]"#), "unknown 0x0009"),
        (answer(200, "", r#"{"status":"error","message":"Number can not be reused"}"#), "no 0x0003"),
        (answer(200, "", r#"{"status":"error","message":"Order already rejected"}"#), "no 0x0003"),
        (answer(200, "", r#"{"status":"error","message":"Order not found"}"#), "no 0x0007"),
        (answer(429, "", ""), "no 0x0006"),
        (answer(200, "", "{}"), "unknown 0x0009"),
        (answer(502, "", HTML), "unknown 0x0002"),
        (Reply::Close, "unknown 0x0002"),
    ];
    for (index, (reply, expected)) in cases.into_iter().enumerate() {
        let server = Loopback::start(vec![reply]).await;
        let seen = match client(&server).resend(&super::wire_tests::id()).await {
            Ok(resent) => {
                assert_eq!(resent.id, super::wire_tests::id());
                format!("again {}", resent.charge.to_decimal())
            }
            Err(PurchaseError::DefiniteNo(error)) => format!("no {}", error.code),
            Err(PurchaseError::Unknown(error)) => format!("unknown {}", error.code),
        };
        assert_eq!((seen.as_str(), server.requests().len()), (expected, 1), "case {index}");
    }
}
