//! Extensions over the wire, for each supplier: sent once, read with care, and only the closed list of purchase-protocol 3
//! is a definite "no".

use std::sync::Arc;
use std::time::Duration;

use shop::pool::{Extendable, PoolError, PurchaseError, Renewal, Renewed};
use shop::{CountryId, Days, ErrorCode, Money, ServiceId, SupplierOrderId};

use crate::Client;
use crate::candidate::{CANDIDATES, Candidate, HTML, NOW};
use crate::loopback::{Loopback, Reply, answer};

const DAY_S: i64 = 86_400;
/// When the rental ends: nine days from now.
const END: i64 = NOW + 9 * DAY_S;

fn rental() -> Renewal {
    let id = SupplierOrderId::parse("ABCDEFGH").expect("an id");
    Renewal { id, country: CountryId(1), product: 6, days: Days(7), service: ServiceId(1108), ends_at: END }
}

/// What came of it: `+7.0 days`, `no 0x0001`, `unknown 0x0009`.
fn verdict(result: Result<Renewed, PurchaseError>) -> String {
    match result {
        Ok(Renewed { expires_at, cost }) => {
            let tenths = (expires_at - END) * 10 / DAY_S;
            let cost = cost.map_or(String::new(), |cost| format!(" at {}", cost.to_decimal()));
            format!("+{}.{} days{cost}", tenths / 10, tenths % 10)
        }
        Err(PurchaseError::DefiniteNo(error)) => format!("no {}", error.code),
        Err(PurchaseError::Unknown(error)) => format!("unknown {}", error.code),
    }
}

async fn check(candidate: &Candidate, path: &str, reply: Reply, expected: &str) {
    let server = Loopback::start(vec![reply]).await;
    let seen = verdict(candidate.client(&server.url).renew(&rental()).await);
    let line = format!("POST {path} ");
    assert_eq!(seen, expected, "{}", candidate.name);
    let requests = server.requests();
    assert!(requests.len() == 1 && requests[0].starts_with(&line), "sent once: {requests:?}");
    assert!(requests[0].contains("ABCDEFGH"), "{}", requests[0]);
}

const SMSPOOL: (&Candidate, &str) = (&CANDIDATES[0], "/rental/extend");
const NONVOIP: (&Candidate, &str) = (&CANDIDATES[1], "/renew");

async fn check_each((candidate, path): (&Candidate, &str), cases: &[(u16, &str, &str)]) {
    for (status, body, expected) in cases {
        check(candidate, path, answer(*status, "", body), expected).await;
    }
}

#[tokio::test]
async fn documented_and_doubtful_answers_of_the_second_server() {
    let yes = |end: i64| format!(r#"{{"success":1,"message":"extended!","expiration_date":{end}}}"#);
    let (week, rounded, much, same) =
        (yes(END + 7 * DAY_S), yes(END + 6 * DAY_S), yes(END + 14 * DAY_S), yes(END + 60));
    check_each(
        SMSPOOL,
        &[
            (200, &week, "+7.0 days"),
            (200, &rounded, "+6.0 days"),
            // More than was asked for, nonsense, or nothing: it is extended all the same.
            (200, &much, "+7.0 days"),
            (200, &yes(1), "+7.0 days"),
            (200, r#"{"success":1,"expiration_date":null}"#, "+7.0 days"),
            (200, r#"{"success":"1","expiry":"soon","cost":"2.10"}"#, "+7.0 days at 2.10"),
            // The end has not moved: the yes proves nothing.
            (200, &same, "unknown 0x0009"),
            (200, r#"{"success":1,"rental_code":"OTHER"}"#, "unknown 0x0009"),
            (200, r#"{"message":"Your rental has been succesfully extended!"}"#, "unknown 0x0009"),
            (404, r#"{"success":0,"message":"This rental could not be found."}"#, "no 0x0007"),
            (400, r#"{"success":0,"message":"This rental is currently out of stock!"}"#, "no 0x0001"),
            (400, r#"{"success":0,"message":"You do not have enough balance to extend this rental."}"#, "no 0x0000"),
            (200, r#"{"success":0,"message":"This rental cannot be extended."}"#, "no 0x0003"),
            // A refusal that names the rental may have extended it.
            (200, r#"{"success":0,"message":"x","rental_code":"ABCDEFGH"}"#, "unknown 0x0003"),
        ],
    )
    .await;
}

#[tokio::test]
async fn documented_and_doubtful_answers_of_the_first_server() {
    let yes = |field: &str| format!(r#"{{"status":"success","message":[{{"order_id":"ABCDEFGH",{field}}}]}}"#);
    let seconds = yes(&format!(r#""expiration":{}"#, 16 * DAY_S));
    let text = yes(&format!(r#""expiration":"{}""#, 16 * DAY_S));
    let unmoved = yes(&format!(r#""expiration":{}"#, 9 * DAY_S));
    let from_now = yes(&format!(r#""expiration":{}"#, 12 * DAY_S));
    // Nine and seven days after 2024-01-15 08:52:48.
    let (utc, zoned) = (yes(r#""expires":"2024-01-31 08:52:48""#), yes(r#""expires":"2024-01-31T08:52:48Z""#));
    check_each(
        NONVOIP,
        &[
            (200, &seconds, "+7.0 days"),
            (200, &text, "+7.0 days"),
            (200, &utc, "+7.0 days"),
            (200, &zoned, "+7.0 days"),
            // The supplier's own word, where it is a later end.
            (200, &from_now, "+3.0 days"),
            (200, &yes(r#""expires":"soon""#), "+7.0 days"),
            (200, r#"{"status":"success","message":"Renewed."}"#, "+7.0 days"),
            (200, r#"{"status":"success","message":{"expiration":1382400}}"#, "+7.0 days"),
            (200, &unmoved, "unknown 0x0009"),
            (200, r#"{"status":"success","message":[{"order_id":"OTHER"}]}"#, "unknown 0x0009"),
            (200, r#"{"status":"pending","message":"Renewed."}"#, "unknown 0x0009"),
            (200, r#"{"status":"error","message":"Insufficient balance."}"#, "no 0x0000"),
            (400, r#"{"status":"error","message":"Order not found"}"#, "no 0x0007"),
            (200, r#"{"status":"error","message":"Renewal is not allowed"}"#, "no 0x0003"),
            (200, r#"{"status":"error","message":"This product is out of stock."}"#, "no 0x0001"),
            (200, r#"{"status":"error","message":[{"order_id":"ABCDEFGH"}]}"#, "unknown 0x0003"),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_is_sent_names_the_rental_and_the_days() {
    let body = async |(candidate, _): (&Candidate, &str)| {
        let server = Loopback::start(vec![answer(200, "", "{}")]).await;
        assert_eq!(verdict(candidate.client(&server.url).renew(&rental()).await), "unknown 0x0009");
        server.requests()[0].split_once("\r\n\r\n").expect("a body").1.to_owned()
    };
    assert_eq!(body(SMSPOOL).await, "days=7&rental_code=ABCDEFGH");
    assert!(body(NONVOIP).await.contains(r#""order_id":"ABCDEFGH""#));
}

#[tokio::test]
async fn what_proves_nothing_is_unknown_and_never_sent_again() {
    for (candidate, path) in [SMSPOOL, NONVOIP] {
        let again = format!("Location: {path}\r\n");
        for (reply, expected) in [
            (answer(429, "Retry-After: 7\r\n", "{}"), "no 0x0006"),
            (answer(403, "", HTML), "no 0x0005"),
            (answer(500, "", ""), "unknown 0x0002"),
            (answer(502, "", HTML), "unknown 0x0002"),
            (answer(200, "", HTML), "unknown 0x0002"),
            (answer(307, &again, ""), "unknown 0x0009"),
            (answer(200, "", ""), "unknown 0x0009"),
            (answer(200, "", "[]"), "unknown 0x0009"),
            (answer(200, "", "{}"), "unknown 0x0009"),
            (Reply::Close, "unknown 0x0002"),
            (Reply::Flood, "unknown 0x0009"),
        ] {
            check(candidate, path, reply, expected).await;
        }
        let server = Loopback::start(vec![Reply::Stall]).await;
        assert_eq!(verdict(candidate.hurried(&server.url).renew(&rental()).await), "unknown 0x0004");
        assert_eq!(server.requests().len(), 1);
        let nowhere = candidate.impatient("https://supplier.invalid").renew(&rental()).await;
        assert_eq!(verdict(nowhere), "no 0x0002", "nothing left");
    }
}

/// What more days cost, by answers that come in this order.
async fn cost(candidate: &Candidate, bodies: &[(u16, &str)]) -> Result<Option<String>, ErrorCode> {
    let replies = bodies.iter().map(|(status, body)| answer(*status, "", body)).collect();
    let server = Loopback::start(replies).await;
    let client: Arc<dyn Client> = candidate.keyless(&server.url, Duration::from_secs(10));
    client.set_key(candidate.key.into()).expect("a key");
    let cost: Result<Option<Money>, PoolError> = client.renew_cost(&rental()).await;
    assert_eq!(server.requests().len(), bodies.len(), "{}", candidate.name);
    cost.map(|cost| cost.map(Money::to_decimal)).map_err(|error| error.code)
}

#[tokio::test]
async fn the_second_server_prices_lines_that_can_be_extended() {
    const COUNTRIES: (u16, &str) = (200, r#"[{"ID":1,"name":"United States","short_name":"US"}]"#);
    let line = |fields: &str| {
        format!(r#"{{"success":1,"data":[{{"ID":6,"name":"United States","pricing":{{"7":5}},{fields}}}]}}"#)
    };
    let of = async |bodies: &[(u16, &str)]| cost(SMSPOOL.0, &[&[COUNTRIES], bodies].concat()).await;
    let (whole, single) = (line(r#""pool":7"#), line(r#""single_service":{"7":3},"single_service_extend":{"7":2}"#));
    assert_eq!(of(&[(200, &whole), (200, r#"{"pricing":{"7":5},"extend":{"7":4}}"#)]).await, Ok(Some("4.00".into())));
    assert_eq!(of(&[(200, &single)]).await, Ok(Some("2.00".into())));
    // A line that is sold once only is in the other list.
    let others = whole.replace(r#""ID":6"#, r#""ID":7"#);
    assert_eq!(of(&[(200, &others)]).await, Ok(None));
    let none = r#"{"success":0,"message":"No available rentals found for your search."}"#;
    assert_eq!(of(&[(404, none)]).await, Ok(None));
    assert_eq!(of(&[(500, "")]).await, Err(ErrorCode::Unreachable));
}

#[tokio::test]
async fn a_line_of_the_other_list_is_sold_once_only() {
    let line = |id: u32| format!(r#"{{"success":1,"data":[{{"ID":{id},"name":"US","pricing":{{"7":5}}}}]}}"#);
    let countries = r#"[{"ID":1,"name":"United States","short_name":"US"}]"#;
    // What stands in both lists can be extended.
    let both =
        r#"{"success":1,"data":[{"ID":6,"name":"US","pricing":{"7":5}},{"ID":7,"name":"US","pricing":{"7":4}}]}"#;
    for other in [line(7), both.to_owned()] {
        let replies = [countries, &line(6), &other].map(|body| answer(200, "", body)).to_vec();
        let server = Loopback::start(replies).await;
        let offers = SMSPOOL.0.client(&server.url).rental_offers().await.expect("offers");
        let told: Vec<_> = offers.iter().map(|offer| (offer.product, offer.extendable)).collect();
        assert_eq!(told, [(6, Extendable::Perhaps), (7, Extendable::Never)]);
    }
}

#[tokio::test]
async fn the_first_server_prices_the_product_whether_or_not_it_is_in_stock() {
    let list = |row: &str| format!(r#"{{"status":"success","message":[{row}]}}"#);
    let product = |price: &str, days: &str| {
        list(&format!(r#"{{"product_id":6,"name":"Acorns","price":{price},"available":0,"type":"{days}"}}"#))
    };
    // Asked for under each word, after a restart.
    let of = async |body: &str| cost(NONVOIP.0, &[(200, body); 5]).await;
    let seven = Renewal { days: Days(3), ..rental() };
    let server = Loopback::start(vec![answer(200, "", &product(r#""2.50""#, "3days")); 5]).await;
    let cost = NONVOIP.0.client(&server.url).renew_cost(&seven).await;
    assert_eq!(cost, Ok(Some(Money::from_cents(250))));
    assert_eq!(of(&product(r#""2.50""#, "3days")).await, Ok(None), "for other days");
    assert_eq!(of(&list("")).await, Ok(None));
}
