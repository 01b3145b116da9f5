//! Purchases over the wire, for each supplier: sent once, and only the closed list of purchase-protocol 3 is a definite
//! "no". What only one supplier says stands in its own `purchase_tests`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use shop::pool::{PoolError, PurchaseError, SmsPool};
use shop::{CountryId, ErrorCode, Money};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::candidate::{CANDIDATES, HTML, request, verdict};
use crate::loopback::{Loopback, Reply, answer};

/// Each case is tried on each supplier.
async fn check_each(cases: Vec<(Reply, &str)>) {
    for candidate in &CANDIDATES {
        candidate.check_each(cases.clone()).await;
    }
}

#[tokio::test]
async fn what_is_bought_is_bought_and_what_is_out_of_stock_is_a_definite_no() {
    for candidate in &CANDIDATES {
        let (bought, refused) = (candidate.bought, candidate.out_of_stock);
        let cases = [(200, bought, "bought ABCDEFGH"), (200, refused, "no 0x0001"), (422, refused, "no 0x0001")];
        candidate.check_each(cases.map(|(status, body, seen)| (answer(status, "", body), seen)).to_vec()).await;
    }
}

#[tokio::test]
async fn fault_36_who_is_turned_away_at_the_door_has_bought_nothing() {
    check_each(vec![
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
    let bodies = ["", "null", "[]", "{}", "\"\"", "[{}]", r#"{"success":1,"order_id":"ABC"#, r#"{"status":"success""#];
    check_each(bodies.map(|body| (answer(200, "", body), "unknown 0x0009")).to_vec()).await;
}

#[tokio::test]
async fn fault_31_errors_of_the_server_are_unknown_and_never_sent_again() {
    for candidate in &CANDIDATES {
        let again = format!("Location: {}\r\n", candidate.buys);
        let cases = vec![
            (answer(500, "", ""), "unknown 0x0002"),
            (answer(502, "", HTML), "unknown 0x0002"),
            (answer(503, "", HTML), "unknown 0x0002"),
            (answer(520, "", ""), "unknown 0x0002"),
            (answer(302, &again, ""), "unknown 0x0009"),
            (answer(307, &again, ""), "unknown 0x0009"),
            (Reply::Close, "unknown 0x0002"),
        ];
        candidate.check_each(cases).await;
    }
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

/// Buys where the purchase must be over soon, and reads where an answer must come at once.
async fn hurried(reply: Reply) {
    for candidate in &CANDIDATES {
        let server = candidate.server(reply.clone()).await;
        let result = candidate.hurried(&server.url).purchase(&request()).await;
        let seen = (verdict(&result), candidate.purchases(&server));
        assert_eq!(seen, ("unknown 0x0004".to_owned(), 1), "{}", candidate.name);
        let client = candidate.keyless(&server.url, Duration::from_millis(200));
        client.set_key(candidate.key.into()).expect("a key");
        assert_eq!(client.balance().await.map_err(|error| error.code), Err(ErrorCode::TimedOut), "{}", candidate.name);
    }
}

#[tokio::test]
async fn fault_26_no_answer_within_the_deadline_proves_nothing() {
    hurried(Reply::Stall).await;
}

#[tokio::test]
async fn fault_40_an_answer_that_drips_or_floods_is_cut_and_proves_nothing() {
    hurried(Reply::Drip).await;
    check_each(vec![(Reply::Flood, "unknown 0x0009")]).await;
    for candidate in &CANDIDATES {
        let server = Loopback::start(vec![Reply::Flood]).await;
        let offers = candidate.client(&server.url).offers(CountryId(1)).await.map(|list| list.len());
        assert_eq!(offers.map_err(|error| error.code), Err(ErrorCode::Unexpected), "a list has its limit, too");
    }
}

/// The trap of a dead pooled connection: a purchase never shares its connection with an earlier or later request.
#[tokio::test]
async fn each_purchase_has_a_connection_of_its_own() {
    for candidate in &CANDIDATES {
        let round = [&[candidate.balance], candidate.before, &["{}"]].concat();
        let replies = round.repeat(3).into_iter().map(|body| answer(200, "", body)).collect();
        let server = Loopback::start(replies).await;
        let client = candidate.client(&server.url);
        for _ in 0..3 {
            assert_eq!(client.balance().await, Ok(Money::from_cents(500)));
            let result = client.purchase(&request()).await;
            assert!(matches!(result, Err(PurchaseError::Unknown(_))), "{result:?}");
        }
        let ports = server.connections();
        assert_eq!(ports.len(), 3 * round.len());
        for purchase in ports.iter().skip(round.len() - 1).step_by(round.len()) {
            assert_eq!(ports.iter().filter(|port| *port == purchase).count(), 1, "{} {ports:?}", candidate.name);
        }
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

/// A purchase from each supplier at an address where no request can be sent.
async fn nothing_leaves_for(url: &str) {
    for candidate in &CANDIDATES {
        let result = candidate.impatient(url).purchase(&request()).await;
        assert_eq!(verdict(&result), "no 0x0002", "{}", candidate.name);
    }
}

#[tokio::test]
async fn fault_41_a_certificate_that_expired_is_a_definite_no() {
    let (url, through) = expired_tls().await;
    nothing_leaves_for(&url).await;
    assert_eq!(through.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn fault_41_a_server_without_tls_is_a_definite_no_and_gets_no_plain_request() {
    let server = Loopback::start(vec![answer(200, "", "{}")]).await;
    nothing_leaves_for(&server.url.replace("http://", "https://")).await;
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn fault_41_a_name_that_does_not_resolve_is_a_definite_no() {
    nothing_leaves_for("https://supplier.invalid").await;
}

#[tokio::test]
async fn fault_41_a_refused_connection_is_a_definite_no() {
    // Bound and not listening: the port is nobody else's, and refuses.
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let url = format!("http://{}", socket.local_addr().expect("an address"));
    for candidate in &CANDIDATES {
        let result = candidate.client(&url).purchase(&request()).await;
        let Err(PurchaseError::DefiniteNo(PoolError { code, cause, .. })) = result else {
            panic!("{result:?}");
        };
        assert_eq!(code, ErrorCode::Unreachable);
        assert!(cause.contains("refused"), "{cause}");
    }
}

#[tokio::test]
async fn without_a_key_nothing_is_bought_and_nothing_sent() {
    for candidate in &CANDIDATES {
        let server = candidate.server(answer(200, "", candidate.bought)).await;
        let client = candidate.keyless(&server.url, Duration::from_secs(10));
        // The shop knows the clients as pools only.
        let pool: Arc<dyn SmsPool> = client.clone();
        let result = pool.purchase(&request()).await;
        assert_eq!((verdict(&result), server.requests().len()), ("no 0x0005".to_owned(), 0), "{}", candidate.name);
        assert!(client.set_key("no key".into()).is_err());
        assert!(pool.purchase(&request()).await.is_err());
        client.set_key(candidate.key.into()).expect("a key");
        assert_eq!(verdict(&pool.purchase(&request()).await), "bought ABCDEFGH", "{}", candidate.name);
        assert_eq!(candidate.purchases(&server), 1);
    }
}
