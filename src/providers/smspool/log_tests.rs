//! One log line per failed call, and no secret in any: canaries in the key, the numbers, the codes and the texts.

use std::sync::Arc;

use shop::pool::SmsPool;
use shop::{CountryId, SupplierOrderId};

use super::{SmsPoolClient, SmsPoolConfig};
use crate::candidate::{Fixed, SMSPOOL_KEY as KEY};
use crate::captured;
use crate::loopback::{Loopback, answer};

#[tokio::test]
async fn failures_are_logged_once_without_secrets() {
    captured::listen();
    let echo = format!(r#"{{"success":0,"message":"<b>key {KEY}</b> number +12025550123 code 998877 refused"}}"#);
    let replies = vec![
        answer(400, "", &echo),
        answer(200, "", r#"{"status":3,"sms":"998877","full_sms":"Code 998877"}"#),
        answer(200, "", r#"{"status":{"sms":"998877"}}"#),
        answer(502, "", "<html>12025550123</html>"),
    ];
    let server = Loopback::start(replies).await;
    let config = SmsPoolConfig { base_url: server.url.clone(), key: Some(KEY.into()), ..SmsPoolConfig::default() };
    let client = SmsPoolClient::new(config, Arc::new(Fixed)).expect("a client");
    let id = SupplierOrderId::parse("ABCDEFGH").expect("an id");
    assert!(client.balance().await.is_err());
    assert!(client.check(&id).await.is_ok());
    assert!(client.check(&id).await.is_err());
    assert!(client.offers(CountryId(1)).await.is_err());
    let lines = captured::lines();
    let ours = lines.iter().filter(|line| line.starts_with("providers"));
    let (calls, ours): (Vec<_>, Vec<_>) = ours.partition(|line| line.contains("the supplier was called"));
    assert_eq!((calls.len(), ours.len()), (4, 3), "each call, and each failure once: {lines:?}");
    for field in ["endpoint=\"/request/balance\"", "status=400", "code=0x0003", "elapsed_ms=", "cause="] {
        assert!(ours[0].contains(field), "{field}: {}", ours[0]);
    }
    for secret in [KEY, "2025550123", "998877"] {
        assert!(!lines.iter().any(|line| line.contains(secret)), "{secret}");
    }
    assert!(!format!("{:?}", SmsPoolConfig { key: Some(KEY.into()), ..SmsPoolConfig::default() }).contains(KEY));
}
