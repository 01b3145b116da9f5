//! Methods that send, change and remove messages.

use serde_json::{Map, Value, json};

use super::keyboard::{self, Under};
use super::message::Message;
use super::state::{Refusal, State};
use super::text;
use crate::request::Params;

type Answer = Result<Value, Refusal>;

const DAY_MS: i64 = 86_400_000;

/// `sendMessage`.
pub(crate) fn send(state: &mut State, params: &Params, now_ms: i64) -> Answer {
    let chat_id = state.reachable(params)?.id;
    let (body, entities) = text::read(params, "text", "entities")?;
    let markup = keyboard::check(params.json("reply_markup")?, Under::Text)?;
    state.pace(params, now_ms)?;
    let mut message = Message::text(state.message_id(), now_ms, body, entities);
    message.markup = markup;
    Ok(keep_own(state, chat_id, params, message))
}

/// `sendDocument`: the file is not kept.
pub(crate) fn send_document(state: &mut State, params: &Params, now_ms: i64) -> Answer {
    let chat_id = state.reachable(params)?.id;
    let document =
        params.0.get("document").ok_or_else(|| Refusal::bad_request("there is no document in the request"))?;
    let name = document["file_name"].as_str().unwrap_or("file").to_owned();
    let size = document["file_size"].as_u64().unwrap_or(1);
    state.pace(params, now_ms)?;
    let id = state.message_id();
    let mut message = Message::text(id, now_ms, String::new(), Vec::new());
    message.markup = keyboard::check(params.json("reply_markup")?, Under::Text)?;
    let file = json!({
        "file_id": format!("file{id}"), "file_unique_id": format!("unique{id}"), "file_name": name, "file_size": size,
    });
    message.extra.insert("document".to_owned(), file);
    if let Some(caption) = params.word("caption") {
        message.extra.insert("caption".to_owned(), json!(caption));
    }
    Ok(keep_own(state, chat_id, params, message))
}

/// `sendInvoice`, Stars only.
pub(crate) fn send_invoice(state: &mut State, params: &Params, now_ms: i64) -> Answer {
    let chat_id = state.reachable(params)?.id;
    let field = |name: &str, most: usize| {
        let value = params.text(name).unwrap_or_default();
        let fits = (1..=most).contains(&value.encode_utf16().count());
        if fits { Ok(value) } else { Err(Refusal::bad_request(format!("{name} is empty or too long"))) }
    };
    let (title, description) = (field("title", 32)?, field("description", 255)?);
    let payload = params.text("payload").filter(|payload| (1..=128).contains(&payload.len()));
    let payload = payload.ok_or_else(|| Refusal::bad_request("INVOICE_PAYLOAD_INVALID"))?;
    if params.text("currency").as_deref() != Some("XTR") {
        return Err(Refusal::bad_request("CURRENCY_INVALID"));
    }
    let prices = params.json("prices")?.unwrap_or_default();
    let total = match prices.as_array().map(Vec::as_slice) {
        Some([price]) => price["amount"].as_i64().filter(|amount| (1..=100_000).contains(amount)),
        Some(_) | None => None,
    };
    let total = total.ok_or_else(|| Refusal::bad_request("STARS_INVOICE_INVALID"))?;
    let markup = keyboard::check(params.json("reply_markup")?, Under::Invoice)?;
    state.pace(params, now_ms)?;
    let mut message = Message::text(state.message_id(), now_ms, String::new(), Vec::new());
    let pay_button = || json!({ "inline_keyboard": [[{ "text": format!("Pay ⭐{total}"), "pay": true }]] });
    message.markup = Some(markup.unwrap_or_else(pay_button));
    let start = params.text("start_parameter").unwrap_or_default();
    let invoice = json!({
        "title": title, "description": description, "start_parameter": start, "currency": "XTR", "total_amount": total,
    });
    message.extra.insert("invoice".to_owned(), invoice);
    let id = message.id;
    state.payloads.insert(id, payload);
    Ok(keep_own(state, chat_id, params, message))
}

fn keep_own(state: &mut State, chat_id: i64, params: &Params, mut message: Message) -> Value {
    message.from_bot = true;
    message.silent = params.flag("disable_notification");
    state.keep(chat_id, message)
}

/// `editMessageText`.
pub(crate) fn edit_text(state: &mut State, params: &Params, now_ms: i64) -> Answer {
    refuse_inline_message(params)?;
    let chat_id = state.reachable(params)?.id;
    let (body, entities) = text::read(params, "text", "entities")?;
    let markup = keyboard::check(params.json("reply_markup")?, Under::Text)?;
    edit(state, params, chat_id, now_ms, |message| {
        if !message.extra.is_empty() {
            return Err(Refusal::bad_request("there is no text in the message to edit"));
        }
        let same = message.text == body && message.entities == entities && message.markup == markup;
        (message.text, message.entities, message.markup) = (body, entities, markup);
        Ok(same)
    })
}

/// `editMessageReplyMarkup`.
pub(crate) fn edit_markup(state: &mut State, params: &Params, now_ms: i64) -> Answer {
    refuse_inline_message(params)?;
    let chat_id = state.reachable(params)?.id;
    let markup = keyboard::check(params.json("reply_markup")?, Under::Text)?;
    edit(state, params, chat_id, now_ms, |message| {
        let same = message.markup == markup;
        message.markup = markup;
        Ok(same)
    })
}

fn refuse_inline_message(params: &Params) -> Result<(), Refusal> {
    match params.word("inline_message_id") {
        Some(_) => Err(Refusal::bad_request("MESSAGE_ID_INVALID")),
        None => Ok(()),
    }
}

/// Changes a message of the bot; the change says whether everything stayed the same.
fn edit(
    state: &mut State,
    params: &Params,
    chat_id: i64,
    now_ms: i64,
    change: impl FnOnce(&mut Message) -> Result<bool, Refusal>,
) -> Answer {
    let not_found = || Refusal::bad_request("message to edit not found");
    let id = params.integer("message_id").ok_or_else(|| Refusal::bad_request("message identifier is not specified"))?;
    let old = state.chats.get(&chat_id).and_then(|chat| chat.messages.get(&id)).ok_or_else(not_found)?;
    if !old.from_bot {
        return Err(Refusal::bad_request("message can't be edited"));
    }
    let mut changed = old.clone();
    if change(&mut changed)? {
        return Err(Refusal::bad_request(
            "message is not modified: specified new message content and reply markup are exactly the same as a current \
             content and reply markup of the message",
        ));
    }
    state.pace(params, now_ms)?;
    changed.edited_ms = Some(now_ms);
    Ok(state.keep(chat_id, changed))
}

/// `deleteMessage`.
pub(crate) fn delete(state: &mut State, params: &Params, now_ms: i64) -> Answer {
    let chat = state.reachable(params)?;
    let id = params.integer("message_id").ok_or_else(|| Refusal::bad_request("message identifier is not specified"))?;
    let message = chat.messages.get(&id).ok_or_else(|| Refusal::bad_request("message to delete not found"))?;
    if now_ms - message.date_ms > 2 * DAY_MS {
        return Err(Refusal::bad_request("message can't be deleted"));
    }
    chat.messages.remove(&id);
    chat.touch();
    Ok(json!(true))
}

/// `deleteMessages`: what is not there is skipped.
pub(crate) fn delete_many(state: &mut State, params: &Params, now_ms: i64) -> Answer {
    let chat = state.reachable(params)?;
    let ids = params.json("message_ids")?.unwrap_or_default();
    let ids: Vec<i64> = ids.as_array().into_iter().flatten().filter_map(Value::as_i64).collect();
    if !(1..=100).contains(&ids.len()) {
        return Err(Refusal::bad_request("message identifiers are not specified or too many"));
    }
    for id in ids {
        if chat.messages.get(&id).is_some_and(|message| now_ms - message.date_ms <= 2 * DAY_MS) {
            chat.messages.remove(&id);
        }
    }
    chat.touch();
    Ok(json!(true))
}

/// `pinChatMessage`.
pub(crate) fn pin(state: &mut State, params: &Params) -> Answer {
    let chat = state.reachable(params)?;
    let id = params.integer("message_id").filter(|id| chat.messages.contains_key(id));
    chat.pinned = Some(id.ok_or_else(|| Refusal::bad_request("message to pin not found"))?);
    chat.touch();
    Ok(json!(true))
}

/// `unpinChatMessage`.
pub(crate) fn unpin(state: &mut State, params: &Params) -> Answer {
    let chat = state.reachable(params)?;
    chat.pinned.take().ok_or_else(|| Refusal::bad_request("message to unpin not found"))?;
    chat.touch();
    Ok(json!(true))
}

/// `sendChatAction`.
pub(crate) fn chat_action(state: &mut State, params: &Params) -> Answer {
    state.reachable(params)?;
    params.word("action").map(|_| json!(true)).ok_or_else(|| Refusal::bad_request("wrong parameter action in request"))
}

/// `getChat`.
pub(crate) fn get_chat(state: &mut State, params: &Params) -> Answer {
    let id = params.integer("chat_id");
    let chat = id.and_then(|id| state.chats.get(&id)).filter(|chat| chat.started);
    let chat = chat.ok_or_else(|| Refusal::bad_request("chat not found"))?;
    let mut full = chat.private.as_object().cloned().unwrap_or_default();
    full.extend(full_chat_fields());
    if let Some(pinned) = chat.pinned.and_then(|id| chat.messages.get(&id)) {
        full.insert("pinned_message".to_owned(), state.message_json(chat, pinned));
    }
    Ok(Value::Object(full))
}

fn full_chat_fields() -> Map<String, Value> {
    let gifts = json!({
        "unlimited_gifts": true, "limited_gifts": true, "unique_gifts": true, "premium_subscription": true,
        "gifts_from_channels": true,
    });
    Map::from_iter([
        ("accent_color_id".to_owned(), json!(0)),
        ("max_reaction_count".to_owned(), json!(11)),
        ("accepted_gift_types".to_owned(), gifts),
        ("can_send_gift".to_owned(), json!(true)),
    ])
}
