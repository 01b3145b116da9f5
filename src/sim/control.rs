//! What the control routes of both servers share: the clock and error answers.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock::{SimClock, parse_duration};

/// `GET /sim/clock` and `POST /sim/clock/advance`.
pub(crate) fn clock_routes(clock: SimClock) -> Router {
    Router::new().route("/sim/clock", get(read)).route("/sim/clock/advance", post(advance)).with_state(clock)
}

/// An error with a sentence.
pub(crate) fn bad(status: StatusCode, reason: &str) -> Response {
    (status, Json(json!({ "error": reason }))).into_response()
}

fn show(clock: &SimClock) -> Json<Value> {
    Json(json!({ "now_ms": clock.now(), "offset_ms": clock.offset_ms() }))
}

async fn read(State(clock): State<SimClock>) -> Json<Value> {
    show(&clock)
}

#[derive(Deserialize)]
struct Advance {
    by: Option<String>,
    ms: Option<u64>,
}

async fn advance(State(clock): State<SimClock>, Json(advance): Json<Advance>) -> Response {
    let named = advance.by.as_deref().and_then(parse_duration);
    let Some(by) = named.or_else(|| advance.ms.map(Duration::from_millis)) else {
        return bad(StatusCode::BAD_REQUEST, "say {\"by\":\"20m\"} or {\"ms\":5000}");
    };
    clock.advance(by);
    show(&clock).into_response()
}
