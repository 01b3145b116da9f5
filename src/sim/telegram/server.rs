//! The HTTP side of the Bot API: token, method, faults, record, answer.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State as Extract};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::faults::TelegramFault;
use super::state::{Refusal, Shared, State};
use super::{inline, messages, payments, profile, updates, webhook};
use crate::request::{Params, Source, clean_path};
use crate::wire::Line;

const BODY_MAX: usize = 60 * 1024 * 1024;

/// The Bot API's routes; everything else is 404.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(handle).layer(DefaultBodyLimit::max(BODY_MAX)).with_state(shared)
}

async fn handle(
    Extract(shared): Extract<Arc<Shared>>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
) -> Response {
    let path = clean_path(request.uri());
    let Some((token, method)) = path.strip_prefix("/bot").and_then(|rest| rest.split_once('/')) else {
        return refused(&Refusal::new(404, "Not Found"));
    };
    // The test environment's path is `/bot<token>/test/METHOD`.
    let method = method.strip_prefix("test/").unwrap_or(method);
    let good_shape = token.split_once(':').is_some_and(|(id, _)| id.chars().all(|digit| digit.is_ascii_digit()));
    if shared.options.token.as_deref().map_or(!good_shape, |wanted| wanted != token) {
        return refused(&Refusal::new(401, "Unauthorized"));
    }
    let method = method.to_owned();
    let params = match Params::read(request, Source::Anywhere).await {
        Ok(params) => params,
        Err(error) => {
            return refused(&Refusal::bad_request(format!("can't parse request: {error}")));
        }
    };
    if !shared.options.latency.is_zero() {
        tokio::time::sleep(shared.options.latency).await;
    }
    answer(&shared, &line, &method, params).await
}

async fn answer(shared: &Arc<Shared>, line: &Line, method: &str, params: Params) -> Response {
    let lower = method.to_lowercase();
    shared.lock().count(&lower);
    shared.recorded.notify_waiters();
    let fault = shared.lock().faults.take(&lower, params.integer("chat_id").or_else(|| params.integer("user_id")));
    let early = match &fault {
        Some(TelegramFault::TooManyRequests(seconds)) => Some(refused(&Refusal::too_many(*seconds))),
        Some(TelegramFault::Refuse(code, description)) => Some(refused(&Refusal::new(*code, description))),
        Some(TelegramFault::BadGateway(code)) => Some(html_page(*code)),
        Some(TelegramFault::DropBefore) => Some(cut(line)),
        Some(TelegramFault::Delay(delay)) => {
            tokio::time::sleep(*delay).await;
            None
        }
        Some(
            TelegramFault::DropAfter | TelegramFault::Unseen | TelegramFault::HangAfter | TelegramFault::Garbage(_),
        )
        | None => None,
    };
    if let Some(early) = early {
        shared.lock().record(method, params.0, shared.clock.now(), Some(early.status().as_u16()));
        shared.recorded.notify_waiters();
        return early;
    }
    let result = match &fault {
        Some(TelegramFault::Unseen) if lower != "getupdates" => perform_unseen(shared, &lower, &params),
        Some(_) | None => perform(shared, &lower, &params).await,
    };
    {
        let mut state = shared.lock();
        if result.as_ref().is_err_and(|refusal| refusal.code == 404) {
            state.journal.unknown.push(method.to_owned());
        }
        let error = result.as_ref().err().map(|refusal| refusal.code);
        state.record(method, params.0, shared.clock.now(), error);
    }
    shared.recorded.notify_waiters();
    match fault {
        Some(TelegramFault::DropAfter) => cut(line),
        Some(TelegramFault::HangAfter) => std::future::pending().await,
        Some(TelegramFault::Garbage(body)) => json_response(StatusCode::OK, body),
        Some(
            TelegramFault::TooManyRequests(_)
            | TelegramFault::Refuse(..)
            | TelegramFault::BadGateway(_)
            | TelegramFault::DropBefore
            | TelegramFault::Unseen
            | TelegramFault::Delay(_),
        )
        | None => match result {
            Ok(result) => json_response(StatusCode::OK, format!("{{\"ok\":true,\"result\":{result}}}")),
            Err(refusal) => refused(&refusal),
        },
    }
}

async fn perform(shared: &Arc<Shared>, method: &str, params: &Params) -> Result<String, Refusal> {
    if method == "getupdates" {
        return updates::poll(shared, params).await;
    }
    let now_ms = shared.clock.now();
    let (result, webhook) = {
        let mut state = shared.lock();
        let result = apply(&mut state, method, params, now_ms);
        (result, state.updates.webhook.clone())
    };
    if method == "setwebhook" || method == "deletewebhook" {
        // A poller that still waits must learn that it was replaced.
        shared.arrived.notify_waiters();
        if let Some(webhook) = webhook.filter(|_| method == "setwebhook" && result.is_ok()) {
            tokio::spawn(webhook::deliver(Arc::clone(shared), webhook));
        }
    }
    result.map(|value| value.to_string())
}

/// As [`perform`], and the chat goes on showing what it showed before.
fn perform_unseen(shared: &Shared, method: &str, params: &Params) -> Result<String, Refusal> {
    let now_ms = shared.clock.now();
    let mut state = shared.lock();
    let chat = params.integer("chat_id").unwrap_or_default();
    let shown = state.chats.get(&chat).map(|chat| chat.messages.clone());
    let result = apply(&mut state, method, params, now_ms);
    if let (Some(chat), Some(shown)) = (state.chats.get_mut(&chat), shown) {
        chat.messages = shown;
        chat.touch();
    }
    result.map(|value| value.to_string())
}

fn apply(state: &mut State, method: &str, params: &Params, now_ms: i64) -> Result<Value, Refusal> {
    match method {
        "getme" => Ok(me(state)),
        "deletewebhook" => Ok(updates::delete_webhook(state, params)),
        "setwebhook" => updates::set_webhook(state, params),
        "getwebhookinfo" => Ok(updates::webhook_info(state)),
        "logout" | "close" => Ok(json!(true)),
        "sendmessage" => messages::send(state, params, now_ms),
        "senddocument" => messages::send_document(state, params, now_ms),
        "sendinvoice" => messages::send_invoice(state, params, now_ms),
        "editmessagetext" => messages::edit_text(state, params, now_ms),
        "editmessagereplymarkup" => messages::edit_markup(state, params, now_ms),
        "deletemessage" => messages::delete(state, params, now_ms),
        "deletemessages" => messages::delete_many(state, params, now_ms),
        "pinchatmessage" => messages::pin(state, params),
        "unpinchatmessage" => messages::unpin(state, params),
        "sendchataction" => messages::chat_action(state, params),
        "getchat" => messages::get_chat(state, params),
        "answercallbackquery" => inline::answer_callback(state, params, now_ms),
        "answerinlinequery" => inline::answer_inline(state, params, now_ms),
        "answerprecheckoutquery" => payments::answer_checkout(state, params, now_ms),
        "refundstarpayment" => payments::refund(state, params),
        "getmystarbalance" => Ok(payments::balance(state)),
        "getstartransactions" => Ok(payments::transactions(state, params)),
        "setmycommands" => profile::set_commands(state, params),
        "getmycommands" => profile::get_commands(state, params),
        "deletemycommands" => profile::delete_commands(state, params),
        "setmyname" => profile::set_text(state, params, "name", 64),
        "getmyname" => profile::get_text(state, params, "name"),
        "setmydescription" => profile::set_text(state, params, "description", 512),
        "getmydescription" => profile::get_text(state, params, "description"),
        "setmyshortdescription" => profile::set_text(state, params, "short_description", 120),
        "getmyshortdescription" => profile::get_text(state, params, "short_description"),
        "setchatmenubutton" => profile::set_menu(state, params),
        "getchatmenubutton" => Ok(profile::get_menu(state)),
        _ => Err(Refusal::new(404, "Not Found")),
    }
}

fn me(state: &State) -> Value {
    let mut me = state.bot.clone();
    for (name, value) in [
        ("can_join_groups", true),
        ("can_read_all_group_messages", false),
        ("supports_inline_queries", true),
        ("can_connect_to_business", false),
        ("has_main_web_app", false),
    ] {
        me[name] = json!(value);
    }
    me
}

fn refused(refusal: &Refusal) -> Response {
    let mut body = json!({ "ok": false, "error_code": refusal.code, "description": refusal.description });
    if let Some(seconds) = refusal.retry_after {
        body["parameters"] = json!({ "retry_after": seconds });
    }
    let status = StatusCode::from_u16(refusal.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    json_response(status, body.to_string())
}

fn json_response(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

fn html_page(code: u16) -> Response {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::BAD_GATEWAY);
    let body = format!("<html><head><title>{status}</title></head><body><h1>{status}</h1><hr>nginx</body></html>");
    (status, [(header::CONTENT_TYPE, "text/html")], body).into_response()
}

/// Cuts the line; the answer never leaves.
fn cut(line: &Line) -> Response {
    line.cut();
    Response::new(Body::empty())
}
