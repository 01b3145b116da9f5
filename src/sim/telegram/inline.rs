//! Inline mode: checking the bot's results, caching them as Telegram does, and answers to button presses.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::html::Entity;
use super::keyboard::{self, Under};
use super::state::{CacheKey, Refusal, State, Toast};
use super::text;
use crate::request::Params;

/// How long Telegram keeps a pressed button or a typed query open.
const CALLBACK_MS: i64 = 150_000;
const INLINE_MS: i64 = 30_000;

/// One inline result as it is listed and as it would be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InlineResult {
    /// The bot's id of the result.
    pub id: String,
    /// The listed title.
    pub title: String,
    /// The line under the title.
    pub description: String,
    /// The text of the message that a pick sends.
    pub text: String,
    /// The styles of that text.
    pub entities: Vec<Entity>,
    /// The keyboard of that message.
    pub markup: Option<Value>,
}

/// One page of inline results.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InlineAnswer {
    /// The results in order.
    pub results: Vec<InlineResult>,
    /// What to ask for the next page, empty at the end.
    pub next_offset: String,
    /// The label and start parameter of the button above the results.
    pub button: Option<(String, String)>,
}

/// What a user has in front of the input field.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    pub(crate) id: String,
    pub(crate) answer: Option<InlineAnswer>,
}

/// `answerCallbackQuery`.
pub(crate) fn answer_callback(state: &mut State, params: &Params, now_ms: i64) -> Result<Value, Refusal> {
    let text = params.text("text").unwrap_or_default();
    if text.encode_utf16().count() > 200 {
        return Err(Refusal::bad_request("MESSAGE_TOO_LONG"));
    }
    let id = params.word("callback_query_id").unwrap_or_default();
    let open = state.callbacks.remove(&id).filter(|open| now_ms - open.made_ms <= CALLBACK_MS).ok_or_else(too_old)?;
    let toast = Toast { text, alert: params.flag("show_alert") };
    if let Some(chat) = state.chats.get_mut(&open.user) {
        if !toast.text.is_empty() {
            chat.toasts.push(toast.clone());
        }
        chat.answers.insert(id, toast);
        chat.touch();
    }
    Ok(json!(true))
}

pub(crate) fn too_old() -> Refusal {
    Refusal::bad_request("query is too old and response timeout expired or query ID is invalid")
}

/// `answerInlineQuery`.
pub(crate) fn answer_inline(state: &mut State, params: &Params, now_ms: i64) -> Result<Value, Refusal> {
    let answer = read_answer(params)?;
    let id = params.word("inline_query_id").unwrap_or_default();
    let open = state.searches.remove(&id).filter(|open| now_ms - open.made_ms <= INLINE_MS).ok_or_else(too_old)?;
    let cache_s = params.integer("cache_time").unwrap_or(300).max(0);
    if state.options.inline_cache && cache_s > 0 {
        let owner = params.flag("is_personal").then_some(open.user);
        forget_old_answers(state, now_ms);
        state.inline_cache.insert((open.query, open.offset, owner), (now_ms + cache_s * 1000, answer.clone()));
    }
    if let Some(chat) = state.chats.get_mut(&open.user) {
        if let Some(search) = chat.search.as_mut().filter(|search| search.id == id) {
            search.answer = Some(answer);
        }
        chat.touch();
    }
    Ok(json!(true))
}

/// Keeps the cache small in long runs.
fn forget_old_answers(state: &mut State, now_ms: i64) {
    const ANSWERS_MAX: usize = 2_000;
    if state.inline_cache.len() >= ANSWERS_MAX {
        state.inline_cache.retain(|_, (until_ms, _)| now_ms < *until_ms);
    }
    if state.inline_cache.len() >= ANSWERS_MAX {
        state.inline_cache.clear();
    }
}

/// What Telegram would answer from its cache, the user's own first.
pub(crate) fn cached(state: &State, user: i64, query: &str, offset: &str, now_ms: i64) -> Option<InlineAnswer> {
    [Some(user), None].into_iter().find_map(|owner| {
        let key: CacheKey = (query.to_owned(), offset.to_owned(), owner);
        state.inline_cache.get(&key).filter(|(until_ms, _)| now_ms < *until_ms).map(|(_, answer)| answer.clone())
    })
}

fn read_answer(params: &Params) -> Result<InlineAnswer, Refusal> {
    let results = params.json("results")?.unwrap_or_default();
    let results =
        results.as_array().ok_or_else(|| Refusal::bad_request("can't parse inline query results: array expected"))?;
    if results.len() > 50 {
        return Err(Refusal::bad_request("RESULTS_TOO_MUCH"));
    }
    let results = results.iter().map(read_result).collect::<Result<Vec<_>, _>>()?;
    let mut seen = HashSet::new();
    if !results.iter().all(|result| seen.insert(result.id.as_str())) {
        return Err(Refusal::bad_request("RESULT_ID_DUPLICATE"));
    }
    let next_offset = params.text("next_offset").unwrap_or_default();
    if next_offset.len() > 64 {
        return Err(Refusal::bad_request("NEXT_OFFSET_INVALID"));
    }
    let button = params.json("button")?.as_ref().map(read_button).transpose()?;
    Ok(InlineAnswer { results, next_offset, button })
}

fn read_result(result: &Value) -> Result<InlineResult, Refusal> {
    let field = |name: &str| result[name].as_str().unwrap_or_default().to_owned();
    let refuse = |reason: &str| Refusal::bad_request(format!("can't parse inline query result: {reason}"));
    let id = field("id");
    if !(1..=64).contains(&id.len()) {
        return Err(Refusal::bad_request("RESULT_ID_INVALID"));
    }
    if field("type") != "article" {
        return Err(refuse("the simulator knows the type \"article\" only"));
    }
    let title = field("title");
    if text::is_blank(&title) {
        return Err(Refusal::bad_request("ARTICLE_TITLE_EMPTY"));
    }
    let content = &result["input_message_content"];
    let words =
        content["message_text"].as_str().ok_or_else(|| refuse("input_message_content.message_text is missing"))?;
    let mode = content["parse_mode"].as_str().unwrap_or_default();
    let (text, entities) = text::parse(words, mode, content.get("entities").filter(|entities| !entities.is_null()))?;
    let markup = result.get("reply_markup").filter(|markup| !markup.is_null()).cloned();
    let markup = keyboard::check(markup, Under::Text)?;
    Ok(InlineResult { id, title, description: field("description"), text, entities, markup })
}

fn read_button(button: &Value) -> Result<(String, String), Refusal> {
    let label = button["text"].as_str().unwrap_or_default().to_owned();
    let parameter = button["start_parameter"].as_str().unwrap_or_default().to_owned();
    let valid = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    if text::is_blank(&label) {
        return Err(Refusal::bad_request("BUTTON_TEXT_EMPTY"));
    }
    if button.get("web_app").is_none() && (!(1..=64).contains(&parameter.len()) || !parameter.chars().all(valid)) {
        return Err(Refusal::bad_request("START_PARAM_INVALID"));
    }
    Ok((label, parameter))
}
