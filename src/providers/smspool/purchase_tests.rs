//! Purchases over the wire: each is sent once, and only the closed list of purchase-protocol 3 is a definite "no".

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use shop::pool::{PoolError, PurchaseError, PurchaseRequest, SmsPool};
use shop::{CountryId, ErrorCode, Money, ServiceId};

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::wire_tests::{Fixed, KEY, client, client_with};
use super::{RentalApi, SmsPoolClient, SmsPoolConfig};
use crate::http::Deadlines;
use crate::loopback::{Loopback, Reply, answer};

const BOUGHT: &str = r#"{"success":1,"number":1234567890,"cc":"1","phonenumber":"234567890","order_id":"ABCDEFGH","country":"United States","service":"Service","pool":1,"expires_in":1200,"expiration":1705309968,"message":"You have succesfully ordered ...","cost":"0.24","cost_in_cents":24}"#;
const NO_STOCK: &str = r#"{"success":0,"message":"<p>Pool <b>Foxtrot</b>: We couldn't find an available phone number for you, please try again later!</p>","type":"OUT_OF_STOCK"}"#;
const HTML: &str = "<!DOCTYPE html><html><body>502 Bad Gateway</body></html>";

fn request() -> PurchaseRequest {
    PurchaseRequest { country: CountryId(1), service: ServiceId(1012), max_cost: Money::from_cents(24) }
}

async fn buy(reply: Reply) -> (Result<String, PurchaseError>, usize) {
    let server = Loopback::start(vec![reply]).await;
    let result = client(&server).purchase(&request()).await;
    (result.map(|bought| bought.id.as_str().to_owned()), server.requests().len())
}

fn verdict(result: &Result<String, PurchaseError>) -> String {
    match result {
        Ok(id) => format!("bought {id}"),
        Err(PurchaseError::DefiniteNo(error)) => format!("no {}", error.code),
        Err(PurchaseError::Unknown(error)) => format!("unknown {}", error.code),
    }
}

/// Buys once per case, each from a server of its own that counts.
async fn check_each(cases: Vec<(Reply, &str)>) {
    for (index, (reply, expected)) in cases.into_iter().enumerate() {
        let (result, requests) = buy(reply).await;
        assert_eq!((verdict(&result).as_str(), requests), (expected, 1), "case {index}");
    }
}

#[tokio::test]
async fn fault_34_answers_of_other_types_are_understood() {
    check_each(vec![
        (answer(200, "", BOUGHT), "bought ABCDEFGH"),
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
        (answer(422, "", NO_STOCK), "no 0x0001"),
        (answer(200, "", NO_STOCK), "no 0x0001"),
        (answer(400, "", r#"{"success":0,"errors":[{"message":"You are missing a required parameter for this request.","param":"service"}]}"#), "no 0x0003"),
        (answer(403, "", HTML), "no 0x0005"),
        (answer(401, "", ""), "no 0x0005"),
        (answer(429, "", ""), "no 0x0006"),
        (answer(429, "Retry-After: 7\r\n", "{}"), "no 0x0006"),
    ])
    .await;
}

/// With the class "a purchase timeout reported as not charged".
#[tokio::test]
async fn fault_33_nonsense_is_unknown_and_never_sent_again() {
    check_each(vec![
        (answer(200, "", ""), "unknown 0x0009"),
        (answer(200, "", "null"), "unknown 0x0009"),
        (answer(200, "", "[]"), "unknown 0x0009"),
        (answer(200, "", r#"{"success":1,"order_id":"ABC"#), "unknown 0x0009"),
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
async fn fault_31_errors_of_the_server_are_unknown_and_never_sent_again() {
    check_each(vec![
        (answer(500, "", r#"{"success":0,"message":"x"}"#), "unknown 0x0003"),
        (answer(502, "", HTML), "unknown 0x0002"),
        (answer(503, "", HTML), "unknown 0x0002"),
        (answer(520, "", ""), "unknown 0x0002"),
        (answer(302, "Location: /purchase/sms\r\n", ""), "unknown 0x0009"),
        (answer(307, "Location: /purchase/sms\r\n", ""), "unknown 0x0009"),
        (Reply::Close, "unknown 0x0002"),
    ])
    .await;
}

#[tokio::test]
async fn fault_32_html_is_unknown_unless_the_status_says_no() {
    check_each(vec![
        (answer(200, "", HTML), "unknown 0x0002"),
        (answer(400, "", HTML), "unknown 0x0002"),
        (answer(404, "", HTML), "unknown 0x000A"),
        (answer(403, "", HTML), "no 0x0005"),
    ])
    .await;
}

/// Buys where the answer must come within a fifth of a second.
async fn hurried(reply: Reply) {
    let server = Loopback::start(vec![reply]).await;
    let client = client_with(&server.url, RentalApi::Documented, Duration::from_millis(200));
    let result = client.purchase(&request()).await.map(|bought| bought.id.as_str().to_owned());
    assert_eq!((verdict(&result).as_str(), server.requests().len()), ("unknown 0x0004", 1));
    assert_eq!(client.balance().await.map_err(|error| error.code), Err(ErrorCode::TimedOut));
}

#[tokio::test]
async fn fault_26_no_answer_within_the_deadline_proves_nothing() {
    hurried(Reply::Stall).await;
}

#[tokio::test]
async fn fault_40_an_answer_that_drips_or_floods_is_cut_and_proves_nothing() {
    hurried(Reply::Drip).await;
    check_each(vec![(Reply::Flood, "unknown 0x0009")]).await;
    let server = Loopback::start(vec![Reply::Flood]).await;
    let offers = client(&server).offers(CountryId(1)).await.map(|list| list.len());
    assert_eq!(offers.map_err(|error| error.code), Err(ErrorCode::Unexpected), "a list has its limit, too");
}

/// The trap of a dead pooled connection: a purchase never shares its connection with an earlier or later request.
#[tokio::test]
async fn each_purchase_has_a_connection_of_its_own() {
    let server = Loopback::start(vec![answer(200, "", r#"{"balance":"5.00"}"#)]).await;
    let client = client(&server);
    for _ in 0..3 {
        assert_eq!(client.balance().await, Ok(Money::from_cents(500)));
        let result = client.purchase(&request()).await;
        assert!(matches!(result, Err(PurchaseError::Unknown(_))), "{result:?}");
    }
    let ports = server.connections();
    assert_eq!(ports.len(), 6);
    for index in [1, 3, 5] {
        let shared = ports.iter().filter(|port| **port == ports[index]).count();
        assert_eq!(shared, 1, "{ports:?}");
    }
}

/// A server on loopback that counts who got through its TLS, with a certificate that nobody vouches for and that ended
/// years ago.
async fn expired_tls() -> (String, Arc<AtomicUsize>) {
    let key = rcgen::KeyPair::generate().expect("a key");
    let mut certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    (certificate.not_before, certificate.not_after) =
        (rcgen::date_time_ymd(2020, 1, 1), rcgen::date_time_ymd(2021, 1, 1));
    let signed = certificate.self_signed(&key).expect("a certificate");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("TLS");
    let config = config.with_no_client_auth().with_single_cert(vec![signed.der().clone()], key).expect("a pair");
    let (acceptor, through) = (TlsAcceptor::from(Arc::new(config)), Arc::new(AtomicUsize::new(0)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let counted = Arc::clone(&through);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if acceptor.accept(stream).await.is_ok() {
                counted.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    (format!("https://localhost:{port}"), through)
}

/// A purchase at an address where no request can be sent.
async fn bought_at(url: &str) -> String {
    let deadlines = Deadlines { connect: Duration::from_secs(2), ..Deadlines::default() };
    let key = Some(KEY.into());
    let config = SmsPoolConfig { base_url: url.to_owned(), key, deadlines, ..SmsPoolConfig::default() };
    let client = SmsPoolClient::new(config, Arc::new(Fixed)).expect("a client");
    verdict(&client.purchase(&request()).await.map(|bought| bought.id.as_str().to_owned()))
}

#[tokio::test]
async fn fault_41_a_certificate_that_expired_is_a_definite_no() {
    let (url, through) = expired_tls().await;
    assert_eq!((bought_at(&url).await.as_str(), through.load(Ordering::SeqCst)), ("no 0x0002", 0));
}

#[tokio::test]
async fn fault_41_a_server_without_tls_is_a_definite_no_and_gets_no_plain_request() {
    let server = Loopback::start(vec![answer(200, "", BOUGHT)]).await;
    let url = server.url.replace("http://", "https://");
    assert_eq!((bought_at(&url).await.as_str(), server.requests().len()), ("no 0x0002", 0));
}

#[tokio::test]
async fn fault_41_a_name_that_does_not_resolve_is_a_definite_no() {
    assert_eq!(bought_at("https://supplier.invalid").await, "no 0x0002");
}

#[tokio::test]
async fn fault_41_a_refused_connection_is_a_definite_no() {
    // Bound and not listening: the port is nobody else's, and refuses.
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let url = format!("http://{}", socket.local_addr().expect("an address"));
    let client = client_with(&url, RentalApi::Documented, Duration::from_secs(10));
    let result = client.purchase(&request()).await;
    let Err(PurchaseError::DefiniteNo(PoolError { code, cause, .. })) = result else {
        panic!("{result:?}");
    };
    assert_eq!(code, ErrorCode::Unreachable);
    assert!(cause.contains("refused"), "{cause}");
}

#[tokio::test]
async fn without_a_key_nothing_is_bought_and_nothing_sent() {
    let server = Loopback::start(vec![answer(200, "", BOUGHT)]).await;
    let config = SmsPoolConfig { base_url: server.url.clone(), ..SmsPoolConfig::default() };
    let client = SmsPoolClient::new(config, Arc::new(Fixed)).expect("a client");
    let result = client.purchase(&request()).await.map(|bought| bought.id.as_str().to_owned());
    assert_eq!((verdict(&result).as_str(), server.requests().len()), ("no 0x0005", 0));
    client.set_key(KEY.into()).expect("a key");
    assert!(client.purchase(&request()).await.is_ok());
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
    let (read, change) = (Duration::from_secs(15), Duration::from_millis(1_500));
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
    // The second one waits a second for its turn.
    let both = tokio::join!(client.purchase(&request), client.purchase(&request));
    assert!(both.0.is_err() && both.1.is_err());
    assert_eq!(server.requests().len(), 2);
    assert!(begun.elapsed() < Duration::from_millis(2_300), "{:?}", begun.elapsed());
}
