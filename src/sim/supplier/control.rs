//! Control of a simulated supplier over HTTP, for shells and other processes.
//!
//! | route | body | does |
//! |---|---|---|
//! | `GET /sim/clock`, `POST /sim/clock/advance` | | as on Telegram's server |
//! | `GET /sim/truth` | | balance, charged, refunded |
//! | `GET /sim/orders`, `GET /sim/rentals` | | everything bought, with texts |
//! | `POST /sim/sms` | `{"text":"…"}`, optional `order` or `rental` | an SMS arrives, on the newest order without a code |
//! | `GET /sim/counts`, `GET /sim/requests` | | requests per endpoint; all requests without keys |
//! | `POST /sim/faults` | `{"endpoint":"/purchase/sms","fault":"out-of-stock","times":1}` | orders a failure |
//! | `DELETE /sim/faults` | | forgets ordered failures |
//! | `POST /sim/balance` | `{"balance":"5.00"}` | sets the balance |
//! | `POST /sim/price` | `{"country":1,"service":1012,"price":"0.50"}` | sets a price, in all pools |
//! | `POST /sim/prices` | `{"percent":120}` | sets all prices, in percent of the usual ones |
//! | `POST /sim/stock` | `{"country":1,"service":1012,"stock":0}`, or `{"rental":1,"stock":0}` | sets the stock |
//! | `POST /sim/key` | `{"key":"…"}` | changes the accepted key or password |

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Order, PoolFault, SupplierSim, money};
use crate::control::{bad, clock_routes};

pub(crate) fn router(pool: SupplierSim) -> Router {
    let clock = clock_routes(pool.clock().clone());
    Router::new()
        .route("/sim/truth", get(truth))
        .route("/sim/orders", get(orders))
        .route("/sim/rentals", get(rentals))
        .route("/sim/sms", post(sms))
        .route("/sim/counts", get(counts))
        .route("/sim/requests", get(requests))
        .route("/sim/faults", post(add_fault).delete(clear_faults))
        .route("/sim/balance", post(balance))
        .route("/sim/price", post(price))
        .route("/sim/prices", post(prices))
        .route("/sim/stock", post(stock))
        .route("/sim/key", post(key))
        .with_state(pool)
        .merge(clock)
}

async fn truth(State(pool): State<SupplierSim>) -> Json<Value> {
    let truth = pool.truth();
    let show = |micros: i64| money::show(micros);
    Json(json!({
        "balance": show(truth.balance_micros), "charged": show(truth.charged_micros), "refunded": show(truth.refunded_micros),
    }))
}

async fn orders(State(pool): State<SupplierSim>) -> Json<Value> {
    let show = |order: &Order| {
        json!({
            "order_code": order.code, "country": order.country, "service": order.service, "pool": order.pool,
            "number": format!("{}{}", order.cc, order.national), "cost": money::show(order.cost_micros),
            "status": format!("{:?}", order.status).to_lowercase(), "texts": order.texts, "made_ms": order.made_ms,
            "expires_ms": order.expires_ms,
        })
    };
    Json(pool.orders().iter().map(show).collect())
}

async fn rentals(State(pool): State<SupplierSim>) -> Json<Value> {
    let rentals = pool.rentals();
    let show = rentals.iter().map(|rental| {
        json!({
            "rental_code": rental.code, "product": rental.product, "service": rental.service, "number": rental.number,
            "days": rental.days, "refunded": rental.refunded, "expires_ms": rental.expires_ms,
            "texts": rental.texts.iter().map(|(_, text, _)| text).collect::<Vec<_>>(),
        })
    });
    Json(show.collect())
}

#[derive(Deserialize)]
struct Sms {
    text: String,
    order: Option<String>,
    rental: Option<String>,
}

async fn sms(State(pool): State<SupplierSim>, Json(sms): Json<Sms>) -> Response {
    let delivered = match (&sms.order, &sms.rental) {
        (Some(order), _) => pool.deliver_sms(order, &sms.text).then(|| order.clone()),
        (None, Some(rental)) => pool.deliver_rental_sms(rental, Some("Sender"), &sms.text).then(|| rental.clone()),
        (None, None) => pool.deliver_latest(&sms.text),
    };
    match delivered {
        Some(code) => Json(json!({ "delivered": code })).into_response(),
        None => bad(StatusCode::CONFLICT, "no such order is open"),
    }
}

async fn counts(State(pool): State<SupplierSim>) -> Json<Value> {
    Json(json!({ "counts": pool.counts(), "unknown": pool.unknown_calls() }))
}

async fn requests(State(pool): State<SupplierSim>) -> Json<Value> {
    let requests = pool.requests();
    let show = requests.iter().map(|request| {
        json!({ "endpoint": request.endpoint, "params": request.params, "at_ms": request.at_ms, "status": request.status })
    });
    Json(show.collect())
}

#[derive(Deserialize)]
struct NewFault {
    endpoint: String,
    fault: String,
    times: Option<u32>,
}

async fn add_fault(State(pool): State<SupplierSim>, Json(new): Json<NewFault>) -> Response {
    let words: Vec<&str> = new.fault.split_whitespace().collect();
    match PoolFault::parse(&words) {
        Ok(fault) => {
            pool.fault(&new.endpoint, new.times.unwrap_or(1), fault);
            Json(json!({ "ordered": true })).into_response()
        }
        Err(error) => bad(StatusCode::BAD_REQUEST, &error),
    }
}

async fn clear_faults(State(pool): State<SupplierSim>) -> Json<Value> {
    pool.clear_faults();
    Json(json!({ "cleared": true }))
}

#[derive(Deserialize)]
struct Balance {
    balance: String,
}

async fn balance(State(pool): State<SupplierSim>, Json(new): Json<Balance>) -> Response {
    done(pool.set_balance(&new.balance), "no amount")
}

#[derive(Deserialize)]
struct Place {
    #[serde(default)]
    country: u32,
    #[serde(default)]
    service: u32,
    rental: Option<u32>,
    price: Option<String>,
    stock: Option<u32>,
}

async fn price(State(pool): State<SupplierSim>, Json(place): Json<Place>) -> Response {
    let price = place.price.unwrap_or_default();
    done(pool.set_price(place.country, place.service, &price), "no price")
}

#[derive(Deserialize)]
struct Level {
    percent: u32,
}

async fn prices(State(pool): State<SupplierSim>, Json(level): Json<Level>) -> Json<Value> {
    pool.set_price_level(level.percent);
    Json(json!({ "set": true }))
}

async fn stock(State(pool): State<SupplierSim>, Json(place): Json<Place>) -> Response {
    let stock = place.stock.unwrap_or(0);
    match place.rental {
        Some(product) => pool.set_rental_stock(product, stock),
        None => pool.set_stock(place.country, place.service, stock),
    }
    done(true, "")
}

#[derive(Deserialize)]
struct Key {
    key: String,
}

async fn key(State(pool): State<SupplierSim>, Json(new): Json<Key>) -> Json<Value> {
    pool.set_key(&new.key);
    Json(json!({ "set": true }))
}

fn done(accepted: bool, otherwise: &str) -> Response {
    if accepted { Json(json!({ "set": true })).into_response() } else { bad(StatusCode::BAD_REQUEST, otherwise) }
}
