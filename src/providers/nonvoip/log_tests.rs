//! No secret in any log line: canaries in the login, the numbers, the codes and the texts, at every level.

use std::sync::Arc;

use shop::pool::SmsPool;
use shop::{CountryId, SupplierOrderId};

use super::{NonVoipClient, NonVoipConfig};
use crate::candidate::{CANDIDATES, Fixed, NONVOIP_KEY, request};
use crate::captured;
use crate::key::Credentials;
use crate::loopback::{Loopback, answer};

#[tokio::test]
async fn failures_are_logged_once_without_secrets() {
    captured::listen();
    let (email, password) = NONVOIP_KEY.split_once('\n').expect("two lines");
    let quoted = password.replace('"', "\\\"");
    let echo = |text: &str| answer(400, "", &format!(r#"{{"status":"error","message":"{text}"}}"#));
    let left_out = r#"{"status":"success","message":[{"product_id":0,"name":"x"},{"product_id":1012,"name":"WhatsApp","price":"0.24","type":"short_term"}]}"#;
    let replies = vec![
        echo(&format!("Wrong password {quoted} for {email}")),
        echo(&format!("{email}: number +1 202 555 0123, code 9988 or 998877, refused")),
        answer(200, "", r#"{"status":"success","sms":"Code 998877 for 12025550123","pin":"998877"}"#),
        answer(200, "", r#"{"status":"success","message":"Code 998877"}"#),
        answer(502, "", "<html>12025550123</html>"),
        answer(200, "", left_out),
        answer(200, "", CANDIDATES[1].before[0]),
        answer(200, "", CANDIDATES[1].bought),
    ];
    let server = Loopback::start(replies).await;
    let credentials = Some(Credentials::parse(&NONVOIP_KEY.into()).expect("an account"));
    let config = NonVoipConfig { base_url: server.url.clone(), credentials, ..NonVoipConfig::default() };
    assert!(!format!("{config:?}").to_lowercase().contains("canary"));
    let client = NonVoipClient::new(config, Arc::new(Fixed)).expect("a client");
    let id = SupplierOrderId::parse("4711").expect("an id");
    assert!(client.balance().await.is_err());
    assert!(client.resend(&id).await.is_err());
    assert!(client.check(&id).await.is_ok());
    assert!(client.check(&id).await.is_err());
    assert!(client.offers(CountryId(1)).await.is_err());
    assert!(client.offers(CountryId(1)).await.is_ok());
    assert!(client.purchase(&request()).await.is_ok());
    let lines = captured::lines();
    let ours = lines.iter().filter(|line| line.starts_with("providers"));
    let (calls, ours): (Vec<_>, Vec<_>) = ours.partition(|line| line.contains("the supplier was called"));
    assert_eq!((calls.len(), ours.len()), (8, 5), "each call, each failure and the bad row once: {lines:?}");
    for field in ["endpoint=\"/balance\"", "status=400", "code=0x0005", "elapsed_ms=", "cause="] {
        assert!(ours[0].contains(field), "{field}: {}", ours[0]);
    }
    assert!(ours[1].contains("refused"), "the reason is there: {}", ours[1]);
    let secrets = [email, password, "canary", "CANARY", "555", "0123", "9988", "998877"];
    for secret in secrets {
        assert!(!lines.iter().any(|line| line.contains(secret)), "{secret}: {lines:?}");
    }
}
