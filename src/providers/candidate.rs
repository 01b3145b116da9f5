//! The suppliers' clients for the tests that all of them must pass: a row per supplier.

use std::sync::Arc;
use std::time::Duration;

use shop::clock::Clock;
use shop::pool::{PurchaseError, PurchaseRequest, Purchased};
use shop::{CountryId, Money, ServiceId};

use crate::http::Deadlines;
use crate::loopback::{Loopback, Reply, answer};
use crate::{Client, NonVoipClient, NonVoipConfig, SmsPoolClient, SmsPoolConfig};

pub(crate) const NOW: i64 = 1_705_308_768;
pub(crate) const HTML: &str = "<!DOCTYPE html><html><body>502 Bad Gateway</body></html>";
pub(crate) const SMSPOOL_KEY: &str = "CANARYkeyCANARYkeyCANARYkey12345";
pub(crate) const NONVOIP_KEY: &str = "canary@example.net\nCANARY \"word\" 12345";

/// A clock that stands.
pub(crate) struct Fixed;

impl Clock for Fixed {
    fn now_ms(&self) -> i64 {
        NOW * 1000
    }
}

/// A supplier's client, and how its supplier answers.
pub(crate) struct Candidate {
    pub(crate) name: &'static str,
    pub(crate) key: &'static str,
    /// A client without a key.
    build: fn(String, Deadlines) -> Arc<dyn Client>,
    pub(crate) balance: &'static str,
    /// What is read before a purchase is sent.
    pub(crate) before: &'static [&'static str],
    /// The path that buys.
    pub(crate) buys: &'static str,
    /// `ABCDEFGH` was bought.
    pub(crate) bought: &'static str,
    pub(crate) out_of_stock: &'static str,
}

pub(crate) const CANDIDATES: [Candidate; 2] = [
    Candidate {
        name: "smspool",
        key: SMSPOOL_KEY,
        build: |base_url, deadlines| {
            let config = SmsPoolConfig { base_url, deadlines, requests_per_second: 10_000, ..SmsPoolConfig::default() };
            Arc::new(SmsPoolClient::new(config, Arc::new(Fixed)).expect("a client"))
        },
        balance: r#"{"balance":"5.00"}"#,
        before: &[],
        buys: "/purchase/sms",
        bought: r#"{"success":1,"number":1234567890,"cc":"1","phonenumber":"234567890","order_id":"ABCDEFGH","country":"United States","service":"Service","pool":1,"expires_in":1200,"expiration":1705309968,"message":"You have succesfully ordered ...","cost":"0.24","cost_in_cents":24}"#,
        out_of_stock: r#"{"success":0,"message":"<p>Pool <b>Foxtrot</b>: We couldn't find an available phone number for you, please try again later!</p>","type":"OUT_OF_STOCK"}"#,
    },
    Candidate {
        name: "nonvoip",
        key: NONVOIP_KEY,
        build: |base_url, deadlines| {
            let config = NonVoipConfig { base_url, deadlines, requests_per_second: 10_000, ..NonVoipConfig::default() };
            Arc::new(NonVoipClient::new(config, Arc::new(Fixed)).expect("a client"))
        },
        balance: r#"{"status":"success","balance":"5.00"}"#,
        before: &[
            r#"{"status":"success","message":[{"product_id":1012,"name":"WhatsApp","price":"0.24","available":5,"type":"short_term"}]}"#,
        ],
        buys: "/order",
        bought: r#"{"status":"success","message":[{"order_id":"ABCDEFGH","number":"12025550123","service":"WhatsApp","type":"short_term","status":"pending","expiration":900}]}"#,
        out_of_stock: r#"{"status":"error","message":"Product is out of stock."}"#,
    },
];

impl Candidate {
    /// A client without a key, whose calls may all take so long.
    pub(crate) fn keyless(&self, url: &str, deadline: Duration) -> Arc<dyn Client> {
        self.with_deadlines(url, Deadlines { connect: deadline, read: deadline, change: deadline })
    }

    fn with_deadlines(&self, url: &str, deadlines: Deadlines) -> Arc<dyn Client> {
        (self.build)(url.to_owned(), deadlines)
    }

    pub(crate) fn client(&self, url: &str) -> Arc<dyn Client> {
        self.keyed(self.keyless(url, Duration::from_secs(10)))
    }

    /// A client whose purchases must be over soon.
    pub(crate) fn hurried(&self, url: &str) -> Arc<dyn Client> {
        self.keyed(self.with_deadlines(url, Deadlines { change: Duration::from_secs(1), ..Deadlines::default() }))
    }

    /// A client that gives up soon where no connection comes about.
    pub(crate) fn impatient(&self, url: &str) -> Arc<dyn Client> {
        self.keyed(self.with_deadlines(url, Deadlines { connect: Duration::from_secs(1), ..Deadlines::default() }))
    }

    fn keyed(&self, client: Arc<dyn Client>) -> Arc<dyn Client> {
        client.set_key(self.key.into()).expect("a key");
        client
    }

    /// A server that answers one purchase so.
    pub(crate) async fn server(&self, reply: Reply) -> Loopback {
        let mut replies: Vec<Reply> = self.before.iter().map(|body| answer(200, "", body)).collect();
        replies.push(reply);
        Loopback::start(replies).await
    }

    /// How often a purchase arrived.
    pub(crate) fn purchases(&self, server: &Loopback) -> usize {
        let line = format!("POST {} ", self.buys);
        server.requests().iter().filter(|request| request.starts_with(&line)).count()
    }

    /// Buys once per case, each from a server of its own that counts.
    pub(crate) async fn check_each(&self, cases: Vec<(Reply, &str)>) {
        for (index, (reply, expected)) in cases.into_iter().enumerate() {
            let server = self.server(reply).await;
            let result = self.client(&server.url).purchase(&request()).await;
            let seen = (verdict(&result), self.purchases(&server));
            assert_eq!(seen, (expected.to_owned(), 1), "{} case {index}", self.name);
        }
    }
}

/// A purchase that each candidate's [`Candidate::before`] allows.
pub(crate) fn request() -> PurchaseRequest {
    PurchaseRequest { country: CountryId(1), service: ServiceId(1012), max_cost: Money::from_cents(24) }
}

pub(crate) fn verdict(result: &Result<Purchased, PurchaseError>) -> String {
    match result {
        Ok(bought) => format!("bought {}", bought.id.as_str()),
        Err(PurchaseError::DefiniteNo(error)) => format!("no {}", error.code),
        Err(PurchaseError::Unknown(error)) => format!("unknown {}", error.code),
    }
}
