//! The second simulated supplier against a plain HTTP client: a purchase's life, rentals, refusals, doubts, failures.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{Dialect, OrderStatus, PoolFault, Role, Sim, SimClock, SimOptions, Unused};

const START_MS: i64 = 1_800_000_000_000;
/// WhatsApp for one code, for a day, for thirty days; Telegram for thirty days.
const WHATSAPP: u32 = 101;
const WHATSAPP_DAY: u32 = 301;
const WHATSAPP_MONTH: u32 = 701;
const TELEGRAM_MONTH: u32 = 702;

struct Client {
    http: reqwest::Client,
    base: String,
    email: String,
    password: String,
}

impl Client {
    fn new(sim: &Sim) -> Self {
        let (base, email) = (sim.nonvoip.url().to_owned(), sim.nonvoip.email().unwrap().to_owned());
        Self { http: reqwest::Client::new(), base, email, password: sim.nonvoip.key() }
    }

    async fn try_post(&self, path: &str, mut body: Value) -> reqwest::Result<reqwest::Response> {
        (body["email"], body["password"]) = (json!(self.email), json!(self.password));
        self.http.post(format!("{}{path}", self.base)).json(&body).send().await
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let answer = self.try_post(path, body).await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// What a success says.
    async fn ok(&self, path: &str, body: Value) -> Value {
        let (status, body) = self.post(path, body).await;
        assert_eq!((status, &body["status"]), (200, &json!("success")), "{path}: {body}");
        body
    }

    async fn refused(&self, path: &str, body: Value, words: &str) {
        let (status, found) = self.post(path, body).await;
        let expected = json!({ "status": "error", "message": words });
        assert_eq!((status, found), (200, expected), "{path}");
    }

    /// The first row of a success.
    async fn row(&self, path: &str, body: Value) -> Value {
        self.ok(path, body).await["message"][0].clone()
    }

    async fn buy(&self) -> String {
        self.row("/order", json!({ "product_id": WHATSAPP })).await["order_id"].to_string()
    }
}

async fn world_with(change: impl FnOnce(&mut SimOptions)) -> (Sim, Client) {
    let mut options = SimOptions { clock: SimClock::frozen(START_MS), ..SimOptions::default() };
    options.nonvoip.common.balance = "5.00".to_owned();
    change(&mut options);
    let sim = Sim::start(options).await.unwrap();
    assert!(sim.nonvoip.set_price(1, WHATSAPP, "0.50"));
    let client = Client::new(&sim);
    (sim, client)
}

async fn world() -> (Sim, Client) {
    world_with(|_| ()).await
}

#[tokio::test]
async fn a_purchase_gets_its_code() {
    let (sim, client) = world().await;
    let bought = client.row("/order", json!({ "product_id": WHATSAPP })).await;
    assert_eq!((&bought["service"], &bought["type"]), (&json!("WhatsApp"), &json!("short_term")));
    assert_eq!(bought["expiration"], json!(600));
    assert!(bought["number"].as_str().is_some_and(|number| number.starts_with("+1") && number.len() == 12), "{bought}");
    let id = &bought["order_id"];
    client.refused("/getsms", json!({ "order_id": id }), "No SMS received yet.").await;
    assert!(sim.nonvoip.deliver_sms(&id.to_string(), "Your code is 082-913"));
    let received = client.ok("/getsms", json!({ "order_id": id })).await;
    assert_eq!((&received["sms"], &received["pin"]), (&json!("Your code is 082-913"), &json!("082913")));
    assert_eq!(received["message"][0]["sms"], received["sms"]);
    let by_number = json!({ "service": "whatsapp", "number": bought["number"] });
    assert_eq!(client.ok("/getsms", by_number).await, received);
    client.refused("/reject", json!({ "order_id": id }), "The SMS was already delivered.").await;
    assert_eq!(client.ok("/balance", json!({})).await, json!({ "status": "success", "balance": "4.50" }));
    assert_eq!(sim.nonvoip.truth().refunded_micros, 0);
    assert!(sim.nonvoip.unknown_calls().is_empty());
}

#[tokio::test]
async fn only_posts_with_email_and_password_in_the_body_are_heard() {
    let (sim, mut client) = world().await;
    let got = client.http.get(format!("{}/balance", client.base)).send().await.unwrap();
    assert_eq!(got.status(), 405);
    client.email = "someone@example.org".to_owned();
    client.refused("/balance", json!({}), "Invalid email or password.").await;
    client.email = sim.nonvoip.email().unwrap().to_owned();
    let in_query =
        format!("{}/balance?email={}&password={}", client.base, client.email, "correct%20horse%20battery%20staple");
    let answer: Value = client.http.post(in_query).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["message"], json!("Invalid email or password."));
    let fields = [("email", client.email.as_str()), ("password", &sim.nonvoip.key())];
    let form = client.http.post(format!("{}/balance", client.base)).form(&fields).send().await.unwrap();
    assert_eq!(form.json::<Value>().await.unwrap()["balance"], json!("5.00"));
    let multipart = format!(
        "--x\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\n{}\r\n--x\r\nContent-Disposition: form-data; \
         name=\"password\"\r\n\r\n{}\r\n--x--\r\n",
        client.email, client.password
    );
    let multipart = client.http.post(format!("{}/balance", client.base)).body(multipart);
    let multipart = multipart.header("content-type", "multipart/form-data; boundary=x").send().await.unwrap();
    assert_eq!(multipart.json::<Value>().await.unwrap()["balance"], json!("5.00"));
    sim.nonvoip.set_key("another");
    client.refused("/balance", json!({}), "Invalid email or password.").await;
    let (status, _) = client.post("/receive", json!({})).await;
    assert_eq!(status, 404);
    client.base = client.base.trim_end_matches("/manager/api").to_owned();
    let (status, _) = client.post("/order", json!({ "product_id": WHATSAPP })).await;
    assert_eq!((status, sim.nonvoip.count("/order")), (404, 0));
    let unknown = ["GET /balance", "/receive", "/order outside /manager/api"];
    assert_eq!(sim.nonvoip.unknown_calls(), unknown);
    let recorded = format!("{:?}", sim.nonvoip.requests());
    assert!(!recorded.contains("example.org") && !recorded.contains("horse"), "{recorded}");
}

#[tokio::test]
async fn what_is_unknown_or_not_for_sale_is_refused_and_costs_nothing() {
    let (sim, client) = world().await;
    client.refused("/order", json!({ "product_id": 9_999 }), "Product not found.").await;
    client.refused("/order", json!({}), "The product_id field is required.").await;
    client.refused("/order", json!({ "product_ids": [WHATSAPP] }), "Several services are sold for 30 days only.").await;
    let six = json!({ "product_ids": [701, 702, 703, 704, 705, 707] });
    client.refused("/order", six, "Between 1 and 5 different product_ids are allowed.").await;
    for path in ["/getsms", "/reject", "/reuse", "/renew", "/activate"] {
        client.refused(path, json!({ "order_id": "1" }), "Order not found.").await;
        client.refused(path, json!({}), "The order_id field is required.").await;
    }
    sim.nonvoip.set_stock(1, WHATSAPP, 0);
    client.refused("/order", json!({ "product_id": WHATSAPP }), "This product is out of stock.").await;
    assert_eq!(client.row("/products", json!({ "id": WHATSAPP })).await["available"], json!(0));
    sim.nonvoip.set_stock(1, WHATSAPP, 1);
    sim.nonvoip.set_balance("0.49");
    client.refused("/order", json!({ "product_id": WHATSAPP }), "Insufficient balance.").await;
    assert_eq!((sim.nonvoip.truth().charged_micros, sim.nonvoip.orders().len()), (0, 0));
    sim.nonvoip.set_balance("1.00");
    client.buy().await;
    client.refused("/order", json!({ "product_id": WHATSAPP }), "This product is out of stock.").await;
}

#[tokio::test]
async fn the_catalogue_is_listed_by_type_network_and_id() {
    let (sim, client) = world().await;
    let count = async |body: Value| client.ok("/products", body).await["message"].as_array().unwrap().len();
    assert_eq!(count(json!({ "type": "short_term" })).await, 40);
    let networks = [count(json!({ "network": 1 })).await, count(json!({ "network": "2" })).await];
    assert_eq!(networks[0] + networks[1], count(json!({})).await);
    assert!(networks[0] > 20 && networks[1] > 20, "{networks:?}");
    for kind in ["1day", "3days", "long_term"] {
        assert!(count(json!({ "type": kind })).await > 30, "{kind}");
    }
    client.refused("/products", json!({ "type": "1_day" }), "Invalid type.").await;
    client.refused("/products", json!({ "network": 3 }), "Invalid network.").await;
    sim.nonvoip.set_price_level(120);
    let product = client.row("/products", json!({ "id": WHATSAPP })).await;
    assert_eq!((&product["name"], &product["price"]), (&json!("WhatsApp"), &json!("0.60")));
}

#[tokio::test]
async fn rejecting_refunds_once_and_only_what_was_rejected_is_not_paid() {
    let (sim, client) = world_with(|options| options.nonvoip.common.cancel_lock = Duration::from_secs(60)).await;
    let (first, second) = (client.buy().await, client.buy().await);
    let reject = json!({ "order_id": first });
    client.refused("/reject", reject.clone(), "This order is not allowed to be rejected yet.").await;
    sim.clock.advance(Duration::from_secs(60));
    assert_eq!(client.row("/reject", reject.clone()).await["status"], json!("rejected"));
    client.refused("/reject", reject.clone(), "This order was already rejected.").await;
    client.refused("/getsms", reject, "This order was rejected.").await;
    assert!(!sim.nonvoip.deliver_sms(&first, "late"), "the number is gone");
    sim.clock.advance(Duration::from_secs(540));
    client.refused("/getsms", json!({ "order_id": second }), "This order has expired.").await;
    assert_eq!(sim.nonvoip.order(&second).unwrap().status, OrderStatus::Expired);
    assert_eq!(client.ok("/balance", json!({})).await["balance"], json!("4.50"));
}

#[tokio::test]
async fn an_unused_order_is_given_back_where_that_is_the_guess() {
    let (sim, client) = world_with(|options| options.nonvoip.unused = Unused::Refunded).await;
    client.buy().await;
    sim.clock.advance(Duration::from_secs(600));
    assert_eq!(client.ok("/balance", json!({})).await["balance"], json!("5.00"));
}

#[tokio::test]
async fn a_reused_number_waits_again_under_the_same_order() {
    let (sim, client) = world().await;
    let code = client.buy().await;
    let order = json!({ "order_id": code });
    client.refused("/reuse", order.clone(), "Only numbers that received an SMS can be reused.").await;
    assert_eq!(sim.nonvoip.deliver_latest("1234").as_deref(), Some(code.as_str()));
    sim.clock.advance(Duration::from_secs(700));
    let again = client.row("/reuse", order.clone()).await;
    assert_eq!((&again["till_expiration"], again["order_id"].to_string()), (&json!(600), code.clone()));
    client.refused("/getsms", order.clone(), "No SMS received yet.").await;
    client.refused("/reject", order.clone(), "The SMS was already delivered.").await;
    assert_eq!(sim.nonvoip.deliver_latest("5678").as_deref(), Some(code.as_str()));
    assert_eq!(client.ok("/getsms", order.clone()).await["pin"], json!("5678"));
    client.row("/reuse", order.clone()).await;
    sim.clock.advance(Duration::from_secs(600));
    assert_eq!(client.ok("/getsms", order).await["pin"], json!("5678"), "what came stays");
    assert_eq!(sim.nonvoip.truth().charged_micros, 500_000);
}

#[tokio::test]
async fn a_rented_number_sleeps_until_it_is_woken() {
    let (sim, client) = world().await;
    assert!(sim.nonvoip.set_price(1, WHATSAPP_DAY, "2.00"));
    let rented = client.row("/order", json!({ "product_id": WHATSAPP_DAY })).await;
    assert_eq!((&rented["expires"], &rented["type"]), (&json!("2027-01-16 08:00:00"), &json!("1day")));
    let order = json!({ "order_id": rented["order_id"] });
    let code = rented["order_id"].to_string();
    assert!(sim.nonvoip.deliver_rental_sms(&code, None, "code 1111"));
    client.refused("/getsms", order.clone(), "No SMS received yet.").await;
    let woken = client.row("/activate", order.clone()).await;
    assert_eq!((&woken["end_on"], &woken["duration"]), (&json!("2027-01-15 08:10:00"), &json!(10)));
    assert_eq!(client.ok("/getsms", order.clone()).await["pin"], json!("1111"), "it waited");
    assert!(sim.nonvoip.deliver_rental_sms(&code, None, "code 2222"));
    let messages = client.ok("/getsms", order.clone()).await;
    assert_eq!((&messages["pin"], messages["message"].as_array().unwrap().len()), (&json!("2222"), 2));
    sim.clock.advance(Duration::from_secs(600));
    assert!(sim.nonvoip.deliver_rental_sms(&code, None, "code 3333"), "it sleeps again");
    assert_eq!(client.ok("/getsms", order.clone()).await["pin"], json!("2222"));
    client.refused("/reject", order.clone(), "The SMS was already delivered.").await;
    client.refused("/reuse", order.clone(), "Only short term numbers can be reused.").await;
    assert_eq!(client.row("/renew", order.clone()).await["expires"], json!("2027-01-17 08:00:00"));
    assert_eq!(client.ok("/balance", json!({})).await["balance"], json!("1.00"));
    client.refused("/renew", order.clone(), "Insufficient balance.").await;
    sim.clock.advance(Duration::from_secs(2 * 86_400));
    client.refused("/activate", order, "This order has expired.").await;
}

#[tokio::test]
async fn several_services_share_one_number_for_thirty_days_which_is_given_back_before_an_sms() {
    let (sim, client) = world().await;
    for product in [WHATSAPP_MONTH, TELEGRAM_MONTH] {
        assert!(sim.nonvoip.set_price(1, product, "2.00"));
    }
    let rented = client.row("/order", json!({ "product_ids": [WHATSAPP_MONTH, TELEGRAM_MONTH] })).await;
    assert_eq!((&rented["service"], &rented["type"]), (&json!("WhatsApp, Telegram"), &json!("long_term")));
    assert_eq!(client.ok("/balance", json!({})).await["balance"], json!("1.00"));
    let order = json!({ "order_id": rented["order_id"] });
    client.ok("/reject", order.clone()).await;
    client.refused("/reject", order, "This order was already rejected.").await;
    assert_eq!(client.ok("/balance", json!({})).await["balance"], json!("5.00"));
    sim.nonvoip.set_rental_stock(WHATSAPP_MONTH, 0);
    client.refused("/order", json!({ "product_id": WHATSAPP_MONTH }), "This product is out of stock.").await;
}

#[tokio::test]
async fn a_number_that_is_allocated_later_is_told_while_its_code_is_asked_for() {
    let (sim, client) = world_with(|options| options.nonvoip.dialect = Dialect::Sparse).await;
    let bought = client.row("/order", json!({ "product_id": WHATSAPP })).await;
    assert_eq!(bought["number"], json!(""));
    for (wait, national) in [(1, None), (1, Some(sim.nonvoip.orders()[0].national.clone()))] {
        sim.clock.advance(Duration::from_secs(wait));
        let (_, waiting) = client.post("/getsms", json!({ "order_id": bought["order_id"] })).await;
        let number = national.map(|national| format!("1{national}")).unwrap_or_default();
        assert_eq!((&waiting["status"], &waiting["number"]), (&json!("error"), &json!(number)));
    }
}

/// A purchase, an SMS and a refusal as one dialect writes them.
async fn in_dialect(dialect: Dialect) -> [Value; 4] {
    let (sim, client) = world_with(|options| options.nonvoip.dialect = dialect).await;
    let balance = client.ok("/balance", json!({})).await;
    let (status, mut refusal) = client.post("/getsms", json!({ "order_id": "1" })).await;
    refusal["http"] = json!(status);
    let mut bought = client.ok("/order", json!({ "product_id": WHATSAPP })).await;
    let code = sim.nonvoip.orders()[0].code.clone();
    sim.nonvoip.deliver_sms(&code, "code 1234");
    sim.clock.advance(Duration::from_secs(5));
    let mut received = client.ok("/getsms", json!({ "order_id": code })).await;
    let digits = sim.nonvoip.orders()[0].national.clone();
    for body in [&mut bought, &mut received] {
        *body = serde_json::from_str(&body.to_string().replace(&digits, "N")).unwrap();
    }
    [balance, refusal, bought, received]
}

#[tokio::test]
async fn the_dialects_hold_each_doubt_in_each_of_its_ways() {
    let row = |id: Value, number: &str, status: &str| json!({ "order_id": id, "number": number, "service": "WhatsApp", "type": "short_term", "status": status });
    let with = |mut row: Value, fields: Value| {
        row.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        row
    };
    let success = |message: Value| json!({ "status": "success", "message": message });
    let refusal = |http| json!({ "status": "error", "message": "Order not found.", "http": http });
    let (sms, expiration) = (json!({ "sms": "code 1234", "pin": "1234" }), json!({ "expiration": 600 }));
    let (id, id_text) = (json!(4_810_001), json!("4810001"));

    let [balance, no, bought, received] = in_dialect(Dialect::Clients).await;
    assert_eq!((&balance["balance"], no), (&json!("5.00"), refusal(200)));
    assert_eq!(bought, success(json!([with(row(id.clone(), "+1N", "waiting"), expiration.clone())])));
    let told = success(json!([with(row(id.clone(), "+1N", "completed"), sms.clone())]));
    assert_eq!(received, with(told, sms.clone()));

    let [balance, no, bought, received] = in_dialect(Dialect::Typed).await;
    assert_eq!((&balance["balance"], no), (&json!(5.0), refusal(400)));
    assert_eq!(bought, success(with(row(id_text.clone(), "N", "waiting"), expiration.clone())));
    assert_eq!(received, success(with(row(id_text, "N", "completed"), sms.clone())));

    let [balance, no, bought, received] = in_dialect(Dialect::Sparse).await;
    assert_eq!((&balance["balance"], no), (&json!(["5.00"]), refusal(200)));
    assert_eq!(bought, success(json!([with(row(id.clone(), "", "waiting"), expiration)])));
    assert_eq!(received, with(success(json!([row(id, "1N", "completed")])), sms));
}

#[tokio::test]
async fn each_dialect_has_its_word_for_a_day_and_its_way_with_stock() {
    for (dialect, day, available) in [
        (Dialect::Clients, "1day", Some(json!(7))),
        (Dialect::Typed, "1-day", Some(json!(7))),
        (Dialect::Sparse, "1_day", None),
    ] {
        let (sim, client) = world_with(|options| options.nonvoip.dialect = dialect).await;
        sim.nonvoip.set_rental_stock(WHATSAPP_DAY, 7);
        let products = client.ok("/products", json!({ "type": day })).await;
        let product = &products["message"][0];
        let id = product["product_id"].as_str().map_or_else(|| product["product_id"].to_string(), str::to_owned);
        assert_eq!((id, product.get("available")), (WHATSAPP_DAY.to_string(), available.as_ref()), "{dialect:?}");
        assert_eq!(product["price"].is_number(), dialect == Dialect::Typed, "{dialect:?}");
    }
}

#[tokio::test]
async fn ordered_failures_come_before_or_after_the_charge() {
    let (sim, client) = world().await;
    let buy = json!({ "product_id": WHATSAPP });
    sim.nonvoip.fault_on(Role::Purchase, 1, PoolFault::ResetBefore).unwrap();
    assert!(client.try_post("/order", buy.clone()).await.is_err());
    assert_eq!(sim.nonvoip.orders().len(), 0);
    sim.nonvoip.fault_on(Role::Purchase, 1, PoolFault::ResetAfter).unwrap();
    assert!(client.try_post("/order", buy.clone()).await.is_err());
    assert_eq!(sim.nonvoip.orders().len(), 1);
    sim.nonvoip.fault_on(Role::Purchase, 1, PoolFault::VariedTypes).unwrap();
    assert!(client.row("/order", buy.clone()).await["order_id"].is_string());
    sim.nonvoip.fault_on(Role::Purchase, 1, PoolFault::EmptyNumber).unwrap();
    assert_eq!(client.row("/order", buy.clone()).await["number"], json!(""));
    sim.nonvoip.fault_on(Role::Purchase, 1, PoolFault::MissingOrderId).unwrap();
    assert_eq!(client.row("/order", buy.clone()).await.get("order_id"), None);
    sim.nonvoip.fault_on(Role::Purchase, 1, PoolFault::DuplicateOrderId).unwrap();
    assert_eq!(client.row("/order", buy.clone()).await["order_id"], json!("4810001"));
    sim.nonvoip.fault_on(Role::Purchase, 1, PoolFault::NoBalance).unwrap();
    client.refused("/order", buy.clone(), "Insufficient balance.").await;
    sim.nonvoip.fault_on(Role::Purchase, 1, PoolFault::CloudflareAfter(524)).unwrap();
    let page = client.try_post("/order", buy.clone()).await.unwrap();
    assert_eq!(page.status(), 524);
    assert!(page.text().await.unwrap().contains("nonvoipusnumber.com"));
    sim.nonvoip.fault_on(Role::Purchase, 1, PoolFault::TooManyRequests(Some(30))).unwrap();
    let limited = client.try_post("/order", buy).await.unwrap();
    assert_eq!((limited.status().as_u16(), &limited.headers()["retry-after"]), (429, &"30".parse().unwrap()));
    assert_eq!((sim.nonvoip.count_of(Role::Purchase), sim.nonvoip.orders().len()), (9, 6));
    assert_eq!(sim.nonvoip.fault_on(Role::OpenOrders, 1, PoolFault::EmptyBody), None);
}
