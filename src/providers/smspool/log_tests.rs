//! One log line per failed call, and no secret in any: canaries in the key, the numbers, the codes and the texts.

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use shop::clock::Clock;
use shop::pool::SmsPool;
use shop::{CountryId, SupplierOrderId};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::{SmsPoolClient, SmsPoolConfig};
use crate::loopback::{Loopback, answer};

const KEY: &str = "CANARYkeyCANARYkeyCANARYkey12345";

/// Keeps our events as text.
#[derive(Clone)]
struct Captured(Arc<Mutex<Vec<String>>>, std::thread::ThreadId);

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, "{}={value:?} ", field.name());
    }
}

impl Subscriber for Captured {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        // Everybody logs here; only this test's own thread is looked at.
        if std::thread::current().id() != self.1 {
            return;
        }
        let mut line = format!("{} ", event.metadata().target());
        event.record(&mut Line(&mut line));
        self.0.lock().expect("no panic").push(line);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Fixed;

impl Clock for Fixed {
    fn now_ms(&self) -> i64 {
        1_705_308_768_000
    }
}

#[tokio::test]
async fn failures_are_logged_once_without_secrets() {
    let captured = Captured(Arc::default(), std::thread::current().id());
    // For the whole process: a subscriber of one thread races with the others for what each call site remembers.
    tracing::subscriber::set_global_default(captured.clone()).expect("no other test sets one");
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
    let lines = captured.0.lock().expect("no panic").clone();
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
