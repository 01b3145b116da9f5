//! Control of the simulated Telegram over HTTP, for shells and other processes. JSON in, JSON or plain text out.
//!
//! | route | body | does |
//! |---|---|---|
//! | `GET /sim/clock` | | `{"now_ms":…,"offset_ms":…}` |
//! | `POST /sim/clock/advance` | `{"by":"20m"}` or `{"ms":5000}` | moves the clock of both servers |
//! | `GET /sim/bot` | | URL, token and user name to start a bot with |
//! | `POST /sim/users` | `{"id":1001,"first_name":"Ahmad","language_code":"ar"}` | adds a person |
//! | `POST /sim/users/{id}/send` | `{"text":"/start"}` | writes |
//! | `POST /sim/users/{id}/raw` | message fields | sends a message of any shape |
//! | `POST /sim/users/{id}/tap` | `{"label":"Buy"}`, optional `message_id` | taps and answers with what came of it |
//! | `POST /sim/users/{id}/double-tap` | `{"label":"Buy"}` | presses twice at once |
//! | `POST /sim/users/{id}/press` | `{"message_id":5,"data":"x"}` | presses with forged data |
//! | `POST /sim/users/{id}/search` | `{"query":"sp:fr"}`, optional `offset` | inline search |
//! | `POST /sim/users/{id}/pick` | `{"title":"France"}`, optional `"hidden":true` | picks a result |
//! | `POST /sim/users/{id}/see` | `{"text":"…"}` | waits until it is visible |
//! | `POST /sim/users/{id}/block`, `/unblock` | | blocks the bot |
//! | `GET /sim/users/{id}/chat`, `/screen` | `?marks=1` shows direction marks | the chat as plain text |
//! | `GET /sim/users/{id}/toasts` | | toasts so far |
//! | `GET /sim/calls` | `?method=sendMessage` | recorded calls |
//! | `GET /sim/counts` | | calls per method, unknown methods |
//! | `POST /sim/faults` | `{"method":"sendMessage","fault":"429 2","times":1,"chat":1001}` | orders a failure |
//! | `DELETE /sim/faults` | | forgets ordered failures |
//! | `POST /sim/updates` | an update | injects it; `{"repeat":true}` repeats the last one |

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::faults::TelegramFault;
use super::inline::InlineAnswer;
use super::state::{Call, Toast};
use super::user::{SimUser, Tap, UserError};
use super::{Marks, TelegramSim};
use crate::control::{bad, clock_routes};

pub(crate) fn router(telegram: TelegramSim) -> Router {
    let clock = clock_routes(telegram.clock().clone());
    Router::new()
        .route("/sim/bot", get(bot))
        .route("/sim/users", post(add_user))
        .route("/sim/users/{id}/{action}", get(show).post(act))
        .route("/sim/calls", get(calls))
        .route("/sim/counts", get(counts))
        .route("/sim/faults", post(add_fault).delete(clear_faults))
        .route("/sim/updates", post(inject))
        .with_state(telegram)
        .merge(clock)
}

async fn bot(State(telegram): State<TelegramSim>) -> Json<Value> {
    Json(json!({ "url": telegram.url(), "token": telegram.token(), "username": telegram.bot_username() }))
}

#[derive(Deserialize)]
struct NewUser {
    id: i64,
    #[serde(default)]
    first_name: String,
    #[serde(default)]
    language_code: String,
}

async fn add_user(State(telegram): State<TelegramSim>, Json(new): Json<NewUser>) -> Json<Value> {
    let name = if new.first_name.is_empty() { "User" } else { new.first_name.as_str() };
    let user = telegram.user(new.id, name, &new.language_code);
    Json(json!({ "id": user.id() }))
}

#[derive(Deserialize)]
struct Look {
    marks: Option<String>,
}

async fn show(
    State(telegram): State<TelegramSim>,
    Path((id, what)): Path<(i64, String)>,
    Query(look): Query<Look>,
) -> Response {
    let Some(user) = telegram.known_user(id) else {
        return bad(StatusCode::NOT_FOUND, "no such user");
    };
    let marks = if look.marks.is_some() { Marks::Escaped } else { Marks::Hidden };
    match what.as_str() {
        "chat" => format!("{}\n", user.chat_with(marks)).into_response(),
        "screen" => format!("{}\n", user.screen_with(marks)).into_response(),
        "toasts" => Json(user.toasts().iter().map(toast_json).collect::<Vec<_>>()).into_response(),
        _ => bad(StatusCode::NOT_FOUND, "known: chat, screen, toasts"),
    }
}

async fn act(
    State(telegram): State<TelegramSim>,
    Path((id, what)): Path<(i64, String)>,
    body: Option<Json<Value>>,
) -> Response {
    let Some(user) = telegram.known_user(id) else {
        return bad(StatusCode::NOT_FOUND, "no such user");
    };
    let body = body.map(|Json(body)| body).unwrap_or_default();
    match perform(&user, &what, &body).await {
        Some(Ok(done)) => Json(done).into_response(),
        Some(Err(error)) => bad(StatusCode::CONFLICT, &error.to_string()),
        None => bad(StatusCode::NOT_FOUND, "no such action, see the module's documentation"),
    }
}

async fn perform(user: &SimUser, what: &str, body: &Value) -> Option<Result<Value, UserError>> {
    let word = |name: &str| body[name].as_str().unwrap_or_default();
    let message = body["message_id"].as_i64();
    Some(match what {
        "send" => Ok(json!({ "message_id": user.send(word("text")) })),
        "raw" => Ok(json!({ "message_id": user.send_raw(body) })),
        "tap" => match message {
            Some(message) => user.tap_on(message, word("label")).await,
            None => user.tap(word("label")).await,
        }
        .map(|tap| tap_json(&tap)),
        "double-tap" => user.double_tap(word("label")).await.map(|toasts| json!(toasts.each_ref().map(toast_json))),
        "press" => user.press_raw(message.unwrap_or(0), word("data")).await.map(|toast| toast_json(&toast)),
        "search" if word("offset").is_empty() => user.search(word("query")).await.map(|answer| answer_json(&answer)),
        "search" => user.search_page(word("query"), word("offset")).await.map(|answer| answer_json(&answer)),
        "pick" if body["hidden"] == json!(true) => {
            user.pick_hidden(word("title")).map(|id| json!({ "message_id": id }))
        }
        "pick" => user.pick(word("title")).map(|id| json!({ "message_id": id })),
        "see" => user.see(word("text")).await.map(|()| json!({ "seen": true })),
        "block" => {
            user.block();
            Ok(json!({ "blocked": true }))
        }
        "unblock" => {
            user.unblock();
            Ok(json!({ "blocked": false }))
        }
        _ => return None,
    })
}

fn toast_json(toast: &Toast) -> Value {
    json!({ "text": toast.text, "alert": toast.alert })
}

fn tap_json(tap: &Tap) -> Value {
    match tap {
        Tap::Answered(toast) => json!({ "answered": toast_json(toast) }),
        Tap::Opened(url) => json!({ "opened": url }),
        Tap::Copied(text) => json!({ "copied": text }),
        Tap::Searched(answer) => json!({ "searched": answer_json(answer) }),
        Tap::Paid => json!({ "paid": true }),
    }
}

fn answer_json(answer: &InlineAnswer) -> Value {
    let results = answer.results.iter().map(|result| {
        json!({ "id": result.id, "title": result.title, "description": result.description, "text": result.text })
    });
    json!({
        "results": results.collect::<Vec<_>>(),
        "next_offset": answer.next_offset,
        "button": answer.button.as_ref().map(|(label, parameter)| json!({ "text": label, "start_parameter": parameter })),
    })
}

#[derive(Deserialize)]
struct Which {
    method: Option<String>,
}

async fn calls(State(telegram): State<TelegramSim>, Query(which): Query<Which>) -> Json<Value> {
    let calls = which.method.map_or_else(|| telegram.all_calls(), |method| telegram.calls(&method));
    let show =
        |call: &Call| json!({ "method": call.method, "params": call.params, "at_ms": call.at_ms, "error": call.error });
    Json(calls.iter().map(show).collect())
}

async fn counts(State(telegram): State<TelegramSim>) -> Json<Value> {
    Json(json!({ "counts": telegram.counts(), "unknown": telegram.unknown_calls() }))
}

#[derive(Deserialize)]
struct NewFault {
    method: String,
    fault: String,
    chat: Option<i64>,
    times: Option<u32>,
}

async fn add_fault(State(telegram): State<TelegramSim>, Json(new): Json<NewFault>) -> Response {
    let words: Vec<&str> = new.fault.split_whitespace().collect();
    match TelegramFault::parse(&words) {
        Ok(fault) => {
            telegram.fault(&new.method, new.chat, new.times.unwrap_or(1), fault);
            Json(json!({ "ordered": true })).into_response()
        }
        Err(error) => bad(StatusCode::BAD_REQUEST, &error),
    }
}

async fn clear_faults(State(telegram): State<TelegramSim>) -> Json<Value> {
    telegram.clear_faults();
    Json(json!({ "cleared": true }))
}

async fn inject(State(telegram): State<TelegramSim>, Json(update): Json<Value>) -> Json<Value> {
    if update["repeat"] == json!(true) {
        return Json(json!({ "repeated": telegram.repeat_last_update() }));
    }
    Json(json!({ "update_id": telegram.inject_update(update) }))
}
