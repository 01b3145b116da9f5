//! The client against a server on loopback: what leaves, and what comes of the answers. Purchases: `purchase_tests`.

use std::sync::Arc;
use std::time::Duration;

use shop::pool::{Advice, Cancelled, Check, PoolCountry, RentRequest, SmsPool};
use shop::{CountryId, Days, ErrorCode, Money, ServiceId, SupplierOrderId};

use super::{RentalApi, SmsPoolClient, SmsPoolConfig};
use crate::candidate::{Fixed, HTML, SMSPOOL_KEY as KEY};
use crate::http::Deadlines;
use crate::loopback::{Loopback, Reply, answer};

fn client_with(url: &str, rental_api: RentalApi, deadline: Duration) -> SmsPoolClient {
    let config = SmsPoolConfig {
        base_url: url.to_owned(),
        key: Some(KEY.into()),
        rental_api,
        requests_per_second: 10_000,
        deadlines: Deadlines { connect: deadline, read: deadline, change: deadline },
    };
    SmsPoolClient::new(config, Arc::new(Fixed)).expect("a client")
}

pub(super) fn client(server: &Loopback) -> SmsPoolClient {
    client_with(&server.url, RentalApi::Documented, Duration::from_secs(10))
}

fn rent_request() -> RentRequest {
    RentRequest { country: CountryId(1), product: 6, days: Days(30), service: ServiceId(1108) }
}

fn id() -> SupplierOrderId {
    SupplierOrderId::parse("ABCDEFGH").expect("an id")
}

/// Every call, as it leaves: method, path and body.
#[tokio::test]
async fn every_endpoint_is_called_as_documented() {
    let server = Loopback::start(vec![answer(200, "", "{}")]).await;
    let (client, id) = (client(&server), id());
    let legacy = client_with(&server.url, RentalApi::Legacy, Duration::from_secs(10));
    let _ = client.balance().await;
    let _ = client.countries().await;
    let _ = client.services().await;
    let _ = client.offers(CountryId(1)).await;
    let _ = client.cost(CountryId(1), ServiceId(2)).await;
    let _ = client.check(&id).await;
    let _ = client.cancel(&id).await;
    let _ = client.resend_cost(&id).await;
    let _ = client.resend(&id).await;
    let _ = client.active().await;
    let _ = client.history().await;
    let _ = client.rental_services(6).await;
    let _ = client.rental_cost(&rent_request()).await;
    let _ = client.rent(&rent_request()).await;
    let _ = client.rental_messages(&id).await;
    let _ = client.rental_refund(&id).await;
    let _ = client.rentals().await;
    let _ = legacy.rental_cost(&rent_request()).await;
    let _ = legacy.rent(&rent_request()).await;
    let line = |request: &String| {
        let (first, rest) = request.split_once(" HTTP/1.1\r\n").expect("a request line");
        format!("{first} {}", rest.split_once("\r\n\r\n").expect("a body").1).trim_end().to_owned()
    };
    let expected = [
        "POST /request/balance",
        "GET /country/retrieve_all",
        "GET /service/retrieve_all",
        "POST /request/pricing country=1",
        "POST /request/price country=1&service=2",
        "POST /sms/check orderid=ABCDEFGH",
        "POST /sms/cancel orderid=ABCDEFGH",
        "POST /sms/check_resend orderid=ABCDEFGH",
        "POST /sms/resend orderid=ABCDEFGH",
        "POST /request/active",
        "POST /request/history start=0&length=500",
        "POST /rental/retrieve_services rental=6",
        // Which kind of line it is, stands in the list of lines, which needs the countries.
        "GET /country/retrieve_all",
        "POST /purchase/rental id=6&days=30&service_id=1108",
        "POST /rental/retrieve_messages rental_code=ABCDEFGH",
        "POST /rental/refund rental_code=ABCDEFGH",
        "POST /rental/retrieve",
        "POST /request/rent_price country=1&service=1108&duration=30",
        "POST /purchase/rent country=1&service=1108&duration=30",
    ];
    assert_eq!(server.requests().iter().map(line).collect::<Vec<_>>(), expected);
}

/// A line's kind is read once; a line for all services then has an endpoint for its price.
#[tokio::test]
async fn a_line_is_priced_by_its_kind_also_after_a_restart() {
    let countries = r#"[{"ID":1,"name":"United States","short_name":"US"}]"#;
    let lines = |single: &str| {
        format!(
            r#"{{"success":1,"data":[{{"ID":6,"name":"United States","pricing":{{"30":20}},"single_service":{single}}}]}}"#
        )
    };
    let none = r#"{"success":0,"message":"No available rentals found for your search."}"#;
    let cases = [
        (lines("null"), "20.00", "POST /rental/retrieve_pricing"),
        (lines(r#"{"30":10}"#), "10.00", "POST /rental/retrieve_all"),
    ];
    for (lines, cost, last) in cases {
        let pricing = if last.ends_with("pricing") { r#"{"pricing":{"30":20},"extend":{}}"# } else { lines.as_str() };
        let script =
            [answer(200, "", countries), answer(200, "", &lines), answer(404, "", none), answer(200, "", pricing)];
        let server = Loopback::start(script.to_vec()).await;
        let client = client(&server);
        for call in 1..=2 {
            let priced = client.rental_cost(&rent_request()).await.map(Money::to_decimal);
            assert_eq!(priced.as_deref(), Ok(cost), "call {call}");
        }
        let asked = server.requests();
        assert!(asked[3].starts_with(last), "{asked:?}");
    }
}

/// Faults 39 and 42: the lock of a cancel is an outcome, a 429 pauses reads for as long as it says.
#[tokio::test]
async fn cancels_end_in_an_outcome_or_an_error() {
    let locked = r#"{"success":0,"message":"This phone number cannot be cancelled yet, please try again later!"}"#;
    let unknown = r#"{"success":0,"message":"We could not find this order!"}"#;
    let cases = [
        (answer(200, "", r#"{"success":1,"message":"refunded 0.24 dollars."}"#), Ok(Cancelled::Refunded)),
        (answer(400, "", locked), Ok(Cancelled::Locked)),
        (answer(200, "", locked), Ok(Cancelled::Locked)),
        (answer(404, "", unknown), Ok(Cancelled::Refused)),
        (answer(400, "", r#"{"success":0,"message":"Already completed"}"#), Ok(Cancelled::Refused)),
        (answer(404, "", HTML), Err(ErrorCode::OrderNotFound)),
        (answer(200, "", "{}"), Err(ErrorCode::Unexpected)),
        (answer(503, "", HTML), Err(ErrorCode::Unreachable)),
        (answer(429, "", ""), Err(ErrorCode::RateLimited)),
        (Reply::Close, Err(ErrorCode::Unreachable)),
    ];
    for (index, (reply, expected)) in cases.into_iter().enumerate() {
        let server = Loopback::start(vec![reply]).await;
        let result = client(&server).cancel(&id()).await;
        assert_eq!(result.map_err(|error| error.code), expected, "case {index}");
    }
}

#[tokio::test]
async fn a_429_names_the_wait_and_holds_reads_back_but_not_cancels() {
    let accepted = answer(200, "", r#"{"success":1}"#);
    let server = Loopback::start(vec![answer(429, "Retry-After: 86400\r\n", ""), accepted]).await;
    let client = client(&server);
    let first = client.active().await.expect_err("refused");
    assert_eq!((first.code, first.advice), (ErrorCode::RateLimited, Advice::RetryAfter(60)));
    let second = client.active().await.expect_err("held back");
    assert_eq!(second.code, ErrorCode::RateLimited);
    assert!(matches!(second.advice, Advice::RetryAfter(wait_s) if (50..=60).contains(&wait_s)), "{second:?}");
    assert_eq!(client.cancel(&id()).await, Ok(Cancelled::Refunded));
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn rental_lines_of_both_types_are_merged_with_their_countries() {
    let countries = r#"[{"ID":1,"name":"United States","short_name":"US","region":"North America"}]"#;
    let lines = r#"{"success":1,"data":[{"ID":6,"name":"United States","tag":"United States","region":"North America","pricing":{"30":20},"priority":10,"pool":7,"single_service":null,"single_service_extend":null,"is_refundable":1,"refund_within":2,"refund_min_days":28}]}"#;
    let none = r#"{"success":0,"message":"No available rentals found for your search."}"#;
    let rented = r#"{"success":1,"message":"m","phonenumber":"12345678901","days":30,"rental_code":"RENTCODE","expiry":1707900768}"#;
    let replies =
        vec![answer(200, "", countries), answer(200, "", lines), answer(404, "", none), answer(200, "", rented)];
    let server = Loopback::start(replies).await;
    let client = client(&server);
    let offers = client.rental_offers().await.expect("offers");
    assert_eq!(offers.len(), 1);
    assert_eq!((offers[0].product, offers[0].country, offers[0].refund_within_s), (6, CountryId(1), Some(7200)));
    let rented = client.rent(&rent_request()).await.expect("a rental");
    assert_eq!((rented.cost, rented.expires_at), (None, 1_707_900_768));
    assert!(server.requests()[3].ends_with("\r\n\r\nid=6&days=30"), "a whole line takes no service");
}

#[tokio::test]
async fn legacy_rentals_are_one_product_per_country() {
    let countries =
        r#"[{"ID":1,"name":"United States","short_name":"US"},{"ID":2,"name":"United Kingdom","short_name":"GB"}]"#;
    let server =
        Loopback::start(vec![answer(200, "", countries), answer(200, "", r#"{"price":"10.00"}"#), answer(404, "", "")])
            .await;
    let client = client_with(&server.url, RentalApi::Legacy, Duration::from_secs(10));
    let offers = client.rental_offers().await.expect("offers");
    assert_eq!(offers.iter().map(|offer| (offer.product, offer.country.0)).collect::<Vec<_>>(), [(1, 1), (2, 2)]);
    assert_eq!(client.rental_cost(&rent_request()).await, Ok(Money::from_cents(1000)));
    let gone = client.rental_cost(&rent_request()).await.expect_err("no such path");
    assert_eq!(gone.code, ErrorCode::Unavailable);
}

#[tokio::test]
async fn reads_decode_over_the_wire() {
    let country = r#"[{"ID":"1","name":"United States","short_name":"us"}]"#;
    let check = r#"{"status":"3","sms":"012345","full_sms":"Code: 012345","expiration":1704562249}"#;
    let resend = r#"{"success":1,"message":"This phonenumber is available for resend!","resends":2,"resendCost":0.1,"expires_in_hour":115}"#;
    let no_resend = r#"{"success":0,"message":"This number cannot be resent at the moment, please try again later."}"#;
    let replies =
        vec![answer(200, "", country), answer(200, "", check), answer(200, "", resend), answer(400, "", no_resend)];
    let server = Loopback::start(replies).await;
    let client = client(&server);
    let expected = PoolCountry { id: CountryId(1), name: "United States".to_owned(), iso2: "US".to_owned() };
    assert_eq!(client.countries().await, Ok(vec![expected]));
    let Ok(Check::Received(message)) = client.check(&id()).await else { panic!("a message") };
    assert_eq!((message.code.as_deref(), message.text.as_str()), (Some("012345"), "Code: 012345"));
    assert_eq!(client.resend_cost(&id()).await, Ok(Some(Money::from_cents(10))));
    assert_eq!(client.resend_cost(&id()).await, Ok(None));
}
