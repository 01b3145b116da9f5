//! What holds for every simulated supplier, over the control routes as another process uses them.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{PoolFault, Role, Sim, SimClock, SimOptions, Supplier, SupplierSim};

/// A supplier with 5.00 on the account, and what a purchase of its first service for 0.50 says.
async fn worlds() -> Vec<(Sim, Supplier, Value)> {
    let mut worlds = Vec::new();
    for (supplier, service, wish) in [
        (Supplier::SmsPool, 1012, json!({ "country": 1, "service": 1012 })),
        (Supplier::NonVoip, 101, json!({ "product_id": 101 })),
    ] {
        let mut options = SimOptions { clock: SimClock::frozen(1_800_000_000_000), ..SimOptions::default() };
        (options.smspool.common.balance, options.nonvoip.common.balance) = ("5.00".to_owned(), "5.00".to_owned());
        let sim = Sim::start(options).await.unwrap();
        assert!(sim.supplier(supplier).set_price(1, service, "0.50"));
        worlds.push((sim, supplier, wish));
    }
    worlds
}

async fn call(supplier: &SupplierSim, role: Role, mut body: Value) -> reqwest::Result<Value> {
    let key = if supplier.email().is_some() { "password" } else { "key" };
    (body["email"], body[key]) = (json!(supplier.email()), json!(supplier.key()));
    let url = format!("{}{}", supplier.url(), supplier.path(role).unwrap());
    reqwest::Client::new().post(url).json(&body).send().await?.json().await
}

/// A request to a control route.
async fn control(supplier: &SupplierSim, path: &str, body: Option<Value>) -> Value {
    let mut url: reqwest::Url = supplier.url().parse().unwrap();
    url.set_path(path);
    let http = reqwest::Client::new();
    let request = body.map_or_else(|| http.get(url.clone()), |body| http.post(url.clone()).json(&body));
    request.send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn what_serves_a_purpose_is_a_path_that_the_supplier_has() {
    for (sim, supplier, _) in worlds().await {
        let supplier = sim.supplier(supplier);
        let served: Vec<Role> = Role::ALL.into_iter().filter(|role| supplier.path(*role).is_some()).collect();
        assert!(served.len() > 10, "{served:?}");
        for role in served {
            call(supplier, role, json!({})).await.unwrap();
            assert!(supplier.count_of(role) > 0, "{role:?}");
        }
        assert_eq!(supplier.unknown_calls(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn another_process_steers_any_supplier() {
    for (sim, supplier, wish) in worlds().await {
        let supplier = sim.supplier(supplier);
        let purchase = supplier.path(Role::Purchase).unwrap();
        control(supplier, "/sim/faults", Some(json!({ "endpoint": purchase, "fault": "reset-after" }))).await;
        assert!(call(supplier, Role::Purchase, wish.clone()).await.is_err());
        let truth = json!({ "balance": "4.50", "charged": "0.50", "refunded": "0.00" });
        assert_eq!(control(supplier, "/sim/truth", None).await, truth);
        let delivered = control(supplier, "/sim/sms", Some(json!({ "text": "code 1234" }))).await;
        let orders = control(supplier, "/sim/orders", None).await;
        assert_eq!(orders[0]["order_code"], delivered["delivered"]);
        assert_eq!((&orders[0]["texts"], &orders[0]["status"]), (&json!(["code 1234"]), &json!("completed")));
        control(supplier, "/sim/balance", Some(json!({ "balance": "0.49" }))).await;
        control(supplier, "/sim/clock/advance", Some(json!({ "by": "1s" }))).await;
        let poor = call(supplier, Role::Purchase, wish).await.unwrap().to_string();
        assert!(poor.contains("Insufficient balance"), "{poor}");
        let requests = control(supplier, "/sim/requests", None).await;
        assert_eq!((&requests[0]["status"], requests.as_array().unwrap().len()), (&json!(0), 2));
        assert!(!requests.to_string().contains(&supplier.key()) && !requests.to_string().contains("example.org"));
        control(supplier, "/sim/key", Some(json!({ "key": "another" }))).await;
        assert_eq!(supplier.key(), "another");
    }
}

#[tokio::test]
async fn a_failure_without_an_answer_hits_what_serves_the_purpose() {
    for (sim, supplier, wish) in worlds().await {
        let supplier = sim.supplier(supplier);
        supplier.fault_on(Role::Purchase, 1, PoolFault::HangAfter).unwrap();
        let (other, hanging) = (supplier.clone(), wish.clone());
        let hanging = tokio::spawn(async move { call(&other, Role::Purchase, hanging).await.map(drop) });
        assert_eq!(supplier.wait_count_of(Role::Purchase, 1, Duration::from_secs(10)).await, 1);
        assert_eq!((supplier.orders().len(), hanging.is_finished()), (1, false));
        call(supplier, Role::Purchase, wish).await.unwrap();
        assert_eq!((supplier.orders().len(), supplier.truth().charged_micros), (2, 1_000_000));
        hanging.abort();
    }
}
