//! The simulated supplier against a plain HTTP client: a purchase's life, refusals, failures, rentals.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{OrderStatus, PoolFault, Sim, SimClock, SimOptions};

const START_MS: i64 = 1_800_000_000_000;

struct Client {
    http: reqwest::Client,
    base: String,
    key: String,
}

impl Client {
    async fn try_post(&self, path: &str, fields: &[(&str, &str)]) -> reqwest::Result<reqwest::Response> {
        self.http.post(format!("{}{path}", self.base)).bearer_auth(&self.key).form(fields).send().await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> (u16, Value) {
        let answer = self.try_post(path, fields).await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn ok(&self, path: &str, fields: &[(&str, &str)]) -> Value {
        let (status, body) = self.post(path, fields).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    async fn refused(&self, path: &str, fields: &[(&str, &str)], status: u16, part: &str) -> Value {
        let (found, body) = self.post(path, fields).await;
        assert_eq!(found, status, "{path}: {body}");
        assert!(body.to_string().contains(part), "{path}: {body}");
        body
    }

    async fn buy(&self) -> String {
        let bought = self.ok("/purchase/sms", BUY).await;
        bought["order_id"].as_str().unwrap().to_owned()
    }
}

const BUY: &[(&str, &str)] = &[("country", "US"), ("service", "1012")];

async fn world() -> (Sim, Client) {
    let mut options = SimOptions { clock: SimClock::frozen(START_MS), ..SimOptions::default() };
    options.smspool.common.balance = "5.00".to_owned();
    let sim = Sim::start(options).await.unwrap();
    sim.smspool.set_price(1, 1012, "0.24");
    let client = Client { http: reqwest::Client::new(), base: sim.smspool.url().to_owned(), key: sim.smspool.key() };
    (sim, client)
}

#[tokio::test]
async fn a_purchase_gets_its_code() {
    let (sim, client) = world().await;
    let bought = client.ok("/purchase/sms", BUY).await;
    assert_eq!((&bought["success"], &bought["cost"], &bought["expires_in"]), (&json!(1), &json!("0.24"), &json!(1200)));
    assert!(bought["number"].is_i64() && bought["phonenumber"].is_string(), "{bought}");
    let code = bought["order_id"].as_str().unwrap();
    let pending = client.ok("/sms/check", &[("orderid", code)]).await;
    assert_eq!(pending, json!({ "status": 1, "resend": 0, "expiration": START_MS / 1000 + 1200, "time_left": 1200 }));
    let active = client.ok("/request/active", &[]).await;
    assert_eq!(
        (&active[0]["order_code"], &active[0]["code"], &active[0]["status"]),
        (&json!(code), &json!("0"), &json!("pending"))
    );
    assert!(sim.smspool.deliver_sms(code, "Your code is 082-913 🙂"));
    let received = client.ok("/sms/check", &[("orderid", code)]).await;
    assert_eq!((&received["status"], &received["sms"]), (&json!(3), &json!("082913")));
    client.refused("/sms/cancel", &[("orderid", code)], 400, "already received").await;
    sim.clock.advance(Duration::from_secs(1200));
    assert_eq!(client.ok("/request/active", &[]).await, json!([]));
    assert_eq!(client.ok("/request/balance", &[]).await, json!({ "balance": "4.76" }));
    assert_eq!(sim.smspool.truth().refunded_micros, 0);
}

#[tokio::test]
async fn cancelling_is_locked_then_refunds_once() {
    let (sim, client) = world().await;
    let code = client.buy().await;
    client.refused("/sms/cancel", &[("orderid", &code)], 400, "cannot be cancelled yet").await;
    sim.clock.advance(Duration::from_secs(60));
    let cancelled = client.ok("/sms/cancel", &[("orderid", &code)]).await;
    assert_eq!(cancelled["message"], json!("The order has been cancelled, and you have been refunded 0.24 dollars."));
    client.refused("/sms/cancel", &[("orderid", &code)], 404, "We could not find this order!").await;
    assert_eq!(client.ok("/sms/check", &[("orderid", &code)]).await["status"], json!(6));
    assert_eq!(client.ok("/request/balance", &[]).await, json!({ "balance": "5.00" }));
    assert!(!sim.smspool.deliver_sms(&code, "late"), "the number is gone");
}

#[tokio::test]
async fn an_order_without_sms_expires_and_refunds() {
    let (sim, client) = world().await;
    let code = client.buy().await;
    sim.clock.advance(Duration::from_secs(1199));
    assert_eq!(client.ok("/sms/check", &[("orderid", &code)]).await["time_left"], json!(1));
    sim.clock.advance(Duration::from_secs(1));
    assert_eq!(client.ok("/sms/check", &[("orderid", &code)]).await["status"], json!(6));
    assert_eq!(sim.smspool.order(&code).unwrap().status, OrderStatus::Refunded);
    assert_eq!(client.ok("/request/balance", &[]).await, json!({ "balance": "5.00" }));
    let history = client.ok("/request/history", &[("search", &code)]).await;
    assert_eq!((&history[0]["status"], &history[0]["timestamp"]), (&json!("refunded"), &json!("2027-01-15 09:00:00")));
}

#[tokio::test]
async fn refusals_have_the_documented_shapes() {
    let (sim, mut client) = world().await;
    client.refused("/purchase/sms", &[("country", "US")], 400, "\"param\":\"service\"").await;
    client.refused("/sms/resend", &[("orderid", "NOTTHERE")], 404, "This order could not be found.").await;
    client.refused("/sms/check_resend", &[("orderid", "NOTTHERE")], 404, "We could not find this order.").await;
    let cheap = [BUY[0], BUY[1], ("max_price", "0.01")];
    assert_eq!(
        client.refused("/purchase/sms", &cheap, 422, "below the price of: 0.01").await["type"],
        json!("PRICE_NOT_FOUND")
    );
    sim.smspool.set_stock(1, 1012, 0);
    let empty = client.refused("/purchase/sms", BUY, 422, "<p>").await;
    assert_eq!(empty["type"], json!("OUT_OF_STOCK"));
    sim.smspool.set_stock(1, 1012, 9);
    sim.smspool.set_balance("0.10");
    let poor = client.refused("/purchase/sms", BUY, 422, "the price is: 0.24 while you only have: 0.10").await;
    assert_eq!(poor["type"], json!("BALANCE_ERROR"));
    client.key = "wrong".to_owned();
    let forbidden = client.refused("/request/balance", &[], 403, "Invalid API key").await;
    assert!(forbidden.get("message").is_none());
    assert!(client.ok("/country/retrieve_all", &[]).await.as_array().unwrap().len() > 140, "no key needed");
    assert_eq!(sim.smspool.truth().charged_micros, 0);
    let recorded = format!("{:?}", sim.smspool.requests());
    assert!(!recorded.contains("wrong") && !recorded.contains(&sim.smspool.key()));
}

#[tokio::test]
async fn a_resend_is_a_new_order_for_the_same_number() {
    let (sim, client) = world().await;
    let code = client.buy().await;
    client.refused("/sms/resend", &[("orderid", &code)], 400, "has received a SMS").await;
    sim.smspool.deliver_latest("1234");
    let again = client.ok("/sms/resend", &[("orderid", &code)]).await;
    assert_eq!(again["charge"], json!(0));
    let new = again["order_id"].as_str().unwrap();
    assert_ne!(new, code);
    let numbers = [&code, new].map(|code| sim.smspool.order(code).unwrap().national);
    assert_eq!(numbers[0], numbers[1]);
    assert_eq!(sim.smspool.deliver_latest("5678").as_deref(), Some(new));
}

#[tokio::test]
async fn ordered_failures_come_before_or_after_the_charge() {
    let (sim, client) = world().await;
    sim.smspool.fault("/purchase/sms", 1, PoolFault::ResetBefore);
    assert!(client.try_post("/purchase/sms", BUY).await.is_err());
    assert_eq!(sim.smspool.orders().len(), 0);
    sim.smspool.fault("/purchase/sms", 1, PoolFault::Hidden(Duration::from_secs(70)));
    sim.smspool.fault("/purchase/sms", 1, PoolFault::ResetAfter);
    assert!(client.try_post("/purchase/sms", BUY).await.is_err());
    assert_eq!(sim.smspool.orders().len(), 1);
    assert_eq!(client.ok("/request/active", &[]).await, json!([]), "hidden so far");
    sim.clock.advance(Duration::from_secs(70));
    assert_eq!(client.ok("/request/active", &[]).await.as_array().unwrap().len(), 1);
    sim.smspool.fault("/purchase/sms", 1, PoolFault::VariedTypes);
    let varied = client.ok("/purchase/sms", BUY).await;
    assert_eq!((&varied["success"], &varied["cost"]), (&json!(true), &json!(0.24)));
    assert!(varied["number"].as_str().unwrap().starts_with('+'));
    sim.smspool.fault("/purchase/sms", 1, PoolFault::Cloudflare(502));
    let page = client.try_post("/purchase/sms", BUY).await.unwrap();
    assert_eq!(page.status(), 502);
    assert!(page.text().await.unwrap().contains("<!DOCTYPE html>"));
    sim.smspool.fault("/purchase/sms", 1, PoolFault::TooManyRequests(Some(30)));
    assert_eq!(client.try_post("/purchase/sms", BUY).await.unwrap().headers()["retry-after"], "30");
    assert_eq!(sim.smspool.count("/purchase/sms"), 5);
}

#[tokio::test]
async fn more_than_32_requests_a_second_are_refused() {
    let (sim, client) = world().await;
    for _ in 0..32 {
        client.ok("/request/balance", &[]).await;
    }
    client.refused("/request/balance", &[], 429, "Too many").await;
    sim.clock.advance(Duration::from_secs(1));
    client.ok("/request/balance", &[]).await;
}

#[tokio::test]
async fn both_families_of_rentals_lead_to_a_number_with_messages() {
    let (sim, client) = world().await;
    sim.smspool.set_balance("100.00");
    let list = client.ok("/rental/retrieve_all", &[("type", "1")]).await;
    let line = list["data"].as_array().unwrap().iter().find(|line| line["pricing"].get("7").is_some()).unwrap();
    let id = line["ID"].to_string();
    client.refused("/purchase/rental", &[("id", &id), ("days", "2")], 400, "available: 1, 3, 7, 30").await;
    let rented = client.ok("/purchase/rental", &[("id", &id), ("days", "7")]).await;
    assert_eq!(rented["expiry"], json!(START_MS / 1000 + 7 * 86_400));
    let code = rented["rental_code"].as_str().unwrap();
    assert!(sim.smspool.deliver_rental_sms(code, None, "hello 1234"));
    let messages = client.ok("/rental/retrieve_messages", &[("rental_code", code)]).await;
    assert_eq!(messages["messages"][0]["message"], json!("hello 1234"));
    client.refused("/rental/refund", &[("rental_code", code)], 400, "cannot be refunded").await;
    let by_country = [("country", line["name"].as_str().unwrap()), ("service", "1012"), ("duration", "30")];
    let price = client.ok("/request/rent_price", &by_country).await;
    assert!(price["price"].is_string(), "{price}");
    let second = client.ok("/purchase/rent", &by_country).await;
    let second = second["rental_code"].as_str().unwrap();
    client.ok("/rental/refund", &[("rental_code", second)]).await;
    assert_eq!(client.ok("/rental/retrieve", &[]).await.as_array().unwrap().len(), 1);
    assert!(sim.smspool.unknown_calls().is_empty());
}

#[tokio::test]
async fn an_sms_comes_by_itself_when_asked_to() {
    let mut options = SimOptions { clock: SimClock::frozen(START_MS), ..SimOptions::default() };
    options.smspool.common.sms_after = Some(Duration::from_secs(8));
    let sim = Sim::start(options).await.unwrap();
    let client = Client { http: reqwest::Client::new(), base: sim.smspool.url().to_owned(), key: sim.smspool.key() };
    let code = client.buy().await;
    sim.clock.advance(Duration::from_secs(8));
    let received = client.ok("/sms/check", &[("orderid", &code)]).await;
    assert_eq!(received["sms"].as_str().unwrap().len(), 6, "{received}");
    assert!(received["full_sms"].as_str().unwrap().starts_with("Your WhatsApp code is "), "{received}");
}

#[tokio::test]
async fn all_prices_move_together_in_whole_cents_and_a_limit_from_before_is_refused() {
    let (sim, client) = world().await;
    sim.smspool.set_price_level(120);
    let price = client.ok("/request/price", BUY).await;
    assert_eq!(price["price"], json!("0.29"), "0.24 and a fifth, rounded up");
    let old_limit = [BUY, &[("max_price", "0.24")]].concat();
    client.refused("/purchase/sms", &old_limit, 422, "PRICE_NOT_FOUND").await;
    sim.smspool.set_price_level(100);
    client.ok("/purchase/sms", &old_limit).await;
}
