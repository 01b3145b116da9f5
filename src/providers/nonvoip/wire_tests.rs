//! The client against a server on loopback: what leaves, and what comes of the answers. Purchases: `purchase_tests`.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use shop::pool::{Advice, Cancelled, Check, PoolCountry, RentRequest, SmsPool};
use shop::{CountryId, Days, ErrorCode, Money, ServiceId, SupplierOrderId};

use super::{NonVoipClient, NonVoipConfig};
use crate::candidate::{Fixed, HTML, NONVOIP_KEY, NOW};
use crate::key::Credentials;
use crate::loopback::{Loopback, Reply, answer};
use crate::{CallEnd, Called};

pub(super) fn client(server: &Loopback) -> NonVoipClient {
    let credentials = Some(Credentials::parse(&NONVOIP_KEY.into()).expect("an account"));
    let base_url = server.url.clone();
    let config = NonVoipConfig { base_url, credentials, requests_per_second: 10_000, ..NonVoipConfig::default() };
    NonVoipClient::new(config, Arc::new(Fixed)).expect("a client")
}

/// A server that answers with these bodies, in order.
pub(super) async fn answering(bodies: &[&str]) -> Loopback {
    Loopback::start(bodies.iter().map(|body| answer(200, "", body)).collect()).await
}

/// What was asked for: the paths, and the bodies without the login, which stands in each.
pub(super) fn asked(server: &Loopback) -> Vec<(String, Value)> {
    let (email, password) = NONVOIP_KEY.split_once('\n').expect("two lines");
    let parts = |request: &String| {
        let (head, body) = request.split_once("\r\n\r\n").expect("a head and a body");
        let head = head.to_ascii_lowercase();
        assert!(head.contains("\r\ncontent-type: application/json"), "{head}");
        assert!(!head.contains("authorization") && !head.contains("canary"), "{head}");
        let path = head.strip_prefix("post ").and_then(|rest| rest.split(' ').next()).expect("a POST").to_owned();
        let mut body: Value = serde_json::from_str(body).expect("JSON");
        let fields = body.as_object_mut().expect("an object");
        assert_eq!(fields.remove("email"), Some(email.into()));
        assert_eq!(fields.remove("password"), Some(password.into()));
        (path, body)
    };
    server.requests().iter().map(parts).collect()
}

pub(super) fn id() -> SupplierOrderId {
    SupplierOrderId::parse("4711").expect("an id")
}

fn rent_request(product: u32, days: u16) -> RentRequest {
    RentRequest { country: CountryId(1), product, days: Days(days), service: ServiceId(1) }
}

const SHORT: &str = r#"{"status":"success","message":[
    {"product_id":1,"name":"WhatsApp","price":"0.50","available":3,"type":"short_term"},
    {"product_id":"2","name":" whatsapp ","price":0.40,"available":"1","network":2},
    {"product_id":3,"name":"Telegram","price":"1.00","available":0}]}"#;
const LONG: &str = r#"{"status":"success","message":[
    {"product_id":30,"name":"WhatsApp","price":"9.50","available":2,"type":"long_term"},
    {"product_id":31,"name":"Signal","price":"8","available":1}]}"#;
const THREE_DAYS: &str = r#"{"status":"success","message":{"0":{"product_id":33,"name":"Signal","price":"2.00"}}}"#;
const NOTHING: &str = r#"{"status":"error","message":"Invalid type"}"#;
const EMPTY: &str = r#"{"status":"success","message":[]}"#;

/// Every call, as it leaves: path and body.
#[tokio::test]
async fn every_endpoint_is_called_as_documented() {
    let server = answering(&["{}"]).await;
    let (client, id) = (client(&server), id());
    let _ = client.balance().await;
    let _ = client.services().await;
    let _ = client.offers(CountryId(1)).await;
    let _ = client.cost(CountryId(1), ServiceId(2)).await;
    let _ = client.rent(&rent_request(30, 30)).await;
    let _ = client.check(&id).await;
    let _ = client.rental_messages(&id).await;
    let _ = client.cancel(&id).await;
    let _ = client.rental_refund(&id).await;
    let _ = client.resend(&id).await;
    let _ = client.wake(&id).await;
    let short = json!({"type": "short_term"});
    let order = json!({"order_id": 4711});
    let expected = [
        ("/balance", json!({})),
        ("/products", short.clone()),
        ("/products", short.clone()),
        ("/products", short),
        ("/order", json!({"product_id": 30})),
        ("/getsms", order.clone()),
        ("/getsms", order.clone()),
        ("/reject", order.clone()),
        ("/reject", order.clone()),
        ("/reuse", order.clone()),
        ("/activate", order),
    ];
    assert_eq!(asked(&server), expected.map(|(path, body)| (path.to_owned(), body)));
}

#[tokio::test]
async fn what_the_supplier_lacks_is_answered_without_a_call() {
    let server = answering(&["{}"]).await;
    let client = client(&server);
    let country = PoolCountry { id: CountryId(1), name: "United States".to_owned(), iso2: "US".to_owned() };
    assert_eq!(client.countries().await, Ok(vec![country]));
    assert_eq!(client.offers(CountryId(2)).await, Ok(Vec::new()));
    assert_eq!(client.cost(CountryId(2), ServiceId(1)).await.map_err(|e| e.code), Err(ErrorCode::Unavailable));
    assert_eq!(client.resend_cost(&id()).await, Ok(None));
    assert!(client.active().await.is_ok_and(|list| list.rows.is_empty()));
    assert!(client.history().await.is_ok_and(|list| list.rows.is_empty()));
    assert!(client.rentals().await.is_ok_and(|list| list.rows.is_empty()));
    assert_eq!(server.requests().len(), 0);
}

/// Both lists are asked for at the same moment, and must speak of the same services.
#[tokio::test]
async fn services_and_rentals_come_from_one_reading_of_all_lists() {
    let server = answering(&[SHORT, EMPTY, LONG, THREE_DAYS, NOTHING]).await;
    let client = client(&server);
    let (services, rentals) = tokio::join!(client.services(), client.rental_offers());
    let services: Vec<_> = services.expect("services").into_iter().map(|s| (s.id.0, s.name)).collect();
    let named = [(1, "WhatsApp".to_owned()), (3, "Telegram".to_owned()), (31, "Signal".to_owned())];
    assert_eq!(services, named);
    let of = |offer: &shop::pool::RentalOffer| {
        let costs: Vec<_> = offer.costs.iter().map(|(days, cost)| (days.0, cost.to_decimal())).collect();
        (offer.product, offer.receives.clone(), costs)
    };
    let only = |service| shop::pool::Receives::Only(vec![ServiceId(service)]);
    let priced = |days, cost: &str| vec![(days, cost.to_owned())];
    let expected =
        [(30, only(1), priced(30, "9.50")), (31, only(31), priced(30, "8.00")), (33, only(31), priced(3, "2.00"))];
    assert_eq!(rentals.expect("rentals").iter().map(of).collect::<Vec<_>>(), expected);
    let words = [json!({"type": "short_term"}), json!({}), json!({"type": "long_term"}), json!({"type": "3days"})];
    let words: Vec<_> = words.into_iter().chain([json!({"type": "1day"})]).collect();
    assert_eq!(asked(&server).into_iter().map(|(_, body)| body).collect::<Vec<_>>(), words);
    assert_eq!(client.rental_services(33).await, Ok(Some(vec![ServiceId(31)])));
    assert_eq!(client.rental_services(3333).await.map_err(|error| error.code), Err(ErrorCode::Unavailable));
    assert_eq!(server.requests().len(), 5);
}

/// A list that is refused names nothing; one that could not be read is not an empty one.
#[tokio::test]
async fn a_word_that_is_refused_is_skipped_and_an_outage_is_not() {
    let refused = answer(400, "", r#"{"status":"error","message":"Unknown type"}"#);
    let cases = [
        (refused.clone(), Ok(3)),
        (answer(200, "", NOTHING), Ok(3)),
        (answer(200, "", EMPTY), Ok(3)),
        (answer(200, "", r#"{"status":"error","message":"Invalid email or password"}"#), Err(ErrorCode::InvalidKey)),
        (answer(200, "", r#"{"status":"error","message":"Too many requests"}"#), Err(ErrorCode::RateLimited)),
        (answer(503, "", HTML), Err(ErrorCode::Unreachable)),
        (answer(404, "", HTML), Err(ErrorCode::Unavailable)),
        (answer(400, "", "{}"), Err(ErrorCode::Rejected)),
        (answer(200, "", r#"{"status":"success","#), Err(ErrorCode::Unexpected)),
        (Reply::Close, Err(ErrorCode::Unreachable)),
    ];
    for (index, (reply, expected)) in cases.into_iter().enumerate() {
        let rest = [SHORT, EMPTY, LONG].map(|body| answer(200, "", body));
        let server = Loopback::start(rest.into_iter().chain([reply]).collect()).await;
        let services = client(&server).services().await.map(|list| list.len());
        assert_eq!(services.map_err(|error| error.code), expected, "case {index}");
    }
    let server = Loopback::start(vec![refused]).await;
    let services = client(&server).services().await.map_err(|error| error.code);
    assert_eq!(services, Err(ErrorCode::Unavailable), "temporary numbers are sold always");
}

#[tokio::test]
async fn offers_are_the_cheapest_of_what_is_available() {
    let server = answering(&[SHORT]).await;
    let offers = client(&server).offers(CountryId(1)).await.expect("offers");
    let shown: Vec<_> = offers.iter().map(|offer| (offer.service.0, offer.cost.to_decimal(), offer.pool)).collect();
    assert_eq!(shown, [(1, "0.40".to_owned(), None)]);
}

#[tokio::test]
async fn a_cost_is_read_anew() {
    let dearer = SHORT.replace("0.40", "0.45").replace("0.50", "0.60");
    let server = answering(&[SHORT, &dearer]).await;
    let client = client(&server);
    client.offers(CountryId(1)).await.expect("offers");
    let cost = client.cost(CountryId(1), ServiceId(1)).await.map(|offer| offer.cost.to_decimal());
    assert_eq!(cost, Ok("0.45".to_owned()));
    for (service, code) in [(3, ErrorCode::OutOfStock), (4, ErrorCode::Unavailable)] {
        let cost = client.cost(CountryId(1), ServiceId(service)).await;
        assert_eq!(cost.map_err(|error| error.code), Err(code), "{service}");
    }
}

#[tokio::test]
async fn a_rental_is_priced_alone_and_also_after_a_restart() {
    let one = r#"{"status":"success","message":{"product_id":30,"name":"WhatsApp","price":"9.75","type":"30 days"}}"#;
    let server = answering(&[SHORT, EMPTY, LONG, THREE_DAYS, NOTHING, one]).await;
    let client = client(&server);
    let cost = |product, days| {
        let request = rent_request(product, days);
        let client = &client;
        async move { client.rental_cost(&request).await.map(Money::to_decimal).map_err(|error| error.code) }
    };
    assert_eq!(cost(30, 30).await, Ok("9.50".to_owned()), "from the list");
    assert_eq!(cost(30, 30).await, Ok("9.75".to_owned()), "alone");
    assert_eq!(asked(&server).pop(), Some(("/products".to_owned(), json!({"type": "long_term", "id": 30}))));
    assert_eq!(cost(30, 3).await, Err(ErrorCode::Unavailable), "not for these days");
}

#[tokio::test]
async fn checks_say_how_an_order_stands() {
    let said = |text: &str| format!(r#"{{"status":"error","message":"{text}"}}"#);
    let cases = [
        (answer(200, "", &said("No SMS yet")), Ok(Check::Pending)),
        (answer(400, "", &said("SMS not found")), Ok(Check::Pending)),
        (answer(404, "", &said("something new")), Ok(Check::Pending)),
        (answer(200, "", r#"{"status":"pending"}"#), Ok(Check::Pending)),
        (answer(200, "", &said("Order was rejected")), Ok(Check::Refunded)),
        (answer(400, "", &said("This order has been refunded already")), Ok(Check::Refunded)),
        (answer(200, "", &said("Number expired")), Ok(Check::Ended)),
        (answer(400, "", &said("Order not found")), Err(ErrorCode::OrderNotFound)),
        (answer(200, "", &said("Invalid order_id")), Err(ErrorCode::OrderNotFound)),
        (answer(200, "", &said("Invalid email or password")), Err(ErrorCode::InvalidKey)),
        (answer(403, "", &said("No SMS yet")), Err(ErrorCode::InvalidKey)),
        (answer(429, "", &said("No SMS yet")), Err(ErrorCode::RateLimited)),
        (answer(500, "", &said("No SMS yet")), Err(ErrorCode::Unreachable)),
        (answer(502, "", HTML), Err(ErrorCode::Unreachable)),
        (answer(200, "", HTML), Err(ErrorCode::Unreachable)),
        (answer(404, "", HTML), Err(ErrorCode::Unavailable)),
        (answer(200, "", "not json"), Err(ErrorCode::MessageNotFetched)),
        (answer(200, "", "{}"), Err(ErrorCode::MessageNotFetched)),
        (Reply::Close, Err(ErrorCode::Unreachable)),
    ];
    for (index, (reply, expected)) in cases.into_iter().enumerate() {
        let server = Loopback::start(vec![reply]).await;
        let seen = client(&server).check(&id()).await.map_err(|error| error.code);
        assert_eq!(seen, expected, "case {index}");
    }
}

#[tokio::test]
async fn a_rentals_messages_are_all_that_came() {
    let two = r#"{"status":"success","message":[{"sms":"Code 1111","pin":"1111"},{"sms":"Code 002222"}],"sms":"Code 002222","pin":2222}"#;
    let server = answering(&[two, r#"{"status":"error","message":"No SMS yet"}"#]).await;
    let client = client(&server);
    let messages = client.rental_messages(&id()).await.expect("messages");
    let seen: Vec<_> = messages.iter().map(|m| (m.code.as_deref(), m.text.as_str(), m.key.as_str())).collect();
    assert_eq!(seen, [(Some("1111"), "Code 1111", ""), (Some("002222"), "Code 002222", "")]);
    assert_eq!(client.rental_messages(&id()).await, Ok(Vec::new()));
}

#[tokio::test]
async fn cancels_end_in_an_outcome_or_an_error() {
    let said = |text: &str| format!(r#"{{"status":"error","order_id":4711,"message":"{text}"}}"#);
    let cases = [
        (answer(200, "", r#"{"status":"success","message":"Rejected"}"#), Ok(Cancelled::Refunded)),
        (answer(200, "", &said("Order already rejected")), Ok(Cancelled::Refunded)),
        (answer(400, "", &said("Order already refunded")), Ok(Cancelled::Refunded)),
        (answer(400, "", &said("Please wait 2 minutes")), Ok(Cancelled::Locked)),
        (answer(200, "", &said("Cannot be rejected yet")), Ok(Cancelled::Locked)),
        (answer(400, "", &said("SMS already delivered")), Ok(Cancelled::Refused)),
        (answer(200, "", &said("Reject is not allowed")), Ok(Cancelled::Refused)),
        (answer(404, "", &said("Order not found")), Ok(Cancelled::Refused)),
        (answer(404, "", HTML), Err(ErrorCode::Unavailable)),
        (answer(200, "", "{}"), Err(ErrorCode::Unexpected)),
        (answer(200, "", r#"{"status":"queued"}"#), Err(ErrorCode::Unexpected)),
        (answer(503, "", &said("Order already rejected")), Err(ErrorCode::Unreachable)),
        (answer(429, "", ""), Err(ErrorCode::RateLimited)),
        (Reply::Close, Err(ErrorCode::Unreachable)),
    ];
    for (index, (reply, expected)) in cases.into_iter().enumerate() {
        let server = Loopback::start(vec![reply]).await;
        let client = client(&server);
        let seen = [client.cancel(&id()).await, client.rental_refund(&id()).await];
        assert_eq!(seen.map(|result| result.map_err(|error| error.code)), [expected, expected], "case {index}");
    }
}

#[tokio::test]
async fn a_number_that_sleeps_is_woken_until_a_moment_or_not_at_all() {
    let woken = r#"{"status":"success","message":[{"end_on":"2024-01-15 09:00:00"}]}"#;
    let server = answering(&[woken, r#"{"status":"error","message":"Number is offline"}"#]).await;
    let client = client(&server);
    assert_eq!(client.wake(&id()).await, Ok(1_705_309_200));
    assert_eq!(client.wake(&id()).await.map_err(|error| error.code), Err(ErrorCode::Rejected));
}

/// The default of a client that is known to work (nonvoip.md 1), and the limit's own headers.
#[tokio::test]
async fn limits_hold_reads_back_but_not_cancels() {
    let reset = format!("X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: {}\r\n", NOW + 30);
    let balance = r#"{"status":"success","balance":"5.00"}"#;
    let used_up = "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 40\r\n";
    let cases = [
        (answer(429, "", ""), Err(Advice::RetryAfter(60)), 51..=60),
        (answer(429, "Retry-After: 20\r\n", ""), Err(Advice::RetryAfter(20)), 16..=20),
        (answer(429, "Retry-After: 86400\r\n", ""), Err(Advice::RetryAfter(60)), 51..=60),
        (answer(429, &reset, ""), Err(Advice::RetryAfter(30)), 21..=30),
        (answer(200, used_up, balance), Ok(Money::from_cents(500)), 31..=40),
    ];
    for (index, (reply, first, wait)) in cases.into_iter().enumerate() {
        let server = Loopback::start(vec![reply, answer(200, "", r#"{"status":"success"}"#)]).await;
        let client = client(&server);
        assert_eq!(client.balance().await.map_err(|error| error.advice), first, "case {index}");
        let second = client.balance().await.expect_err("held back");
        assert_eq!(second.code, ErrorCode::RateLimited);
        assert!(matches!(second.advice, Advice::RetryAfter(wait_s) if wait.contains(&wait_s)), "{index} {second:?}");
        assert_eq!(client.cancel(&id()).await, Ok(Cancelled::Refunded));
        assert_eq!(server.requests().len(), 2);
    }
}

#[tokio::test]
async fn an_observer_is_told_of_each_call() {
    let server = answering(&[r#"{"status":"success","balance":5}"#, NOTHING]).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&told);
    let tell = move |called: &Called| keep.lock().expect("no panic").push((called.path, called.ended));
    let client = client(&server).observed_by(tell);
    let _ = client.balance().await;
    let _ = client.resend(&id()).await;
    assert_eq!(*told.lock().expect("no panic"), [("/balance", CallEnd::Ok), ("/reuse", CallEnd::Refused)]);
}
