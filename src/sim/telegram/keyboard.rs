//! Checks of inline keyboards, as strict as Telegram or stricter.

use serde_json::{Map, Value, json};

/// How a message's keyboard may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Under {
    Text,
    Invoice,
}

const KINDS: [&str; 10] = [
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
];
const BUTTONS_MAX: usize = 100;
const BYTES_MAX: usize = 10_240;

/// The keyboard to keep, none for an empty one, or Telegram's refusal.
pub(crate) fn check(markup: Option<Value>, under: Under) -> Result<Option<Value>, String> {
    let Some(markup) = markup else {
        return Ok(None);
    };
    let Some(rows) = markup.get("inline_keyboard") else {
        return check_other(&markup);
    };
    let rows = rows.as_array().ok_or("object expected as reply markup")?;
    if rows.is_empty() {
        return Ok(None);
    }
    let mut count = 0;
    for (row_index, row) in rows.iter().enumerate() {
        let row =
            row.as_array().ok_or("field \"inline_keyboard\" of the InlineKeyboardMarkup must be an Array of Arrays")?;
        if row.is_empty() {
            return Err("inline keyboard row must be non-empty".to_owned());
        }
        for (column, button) in row.iter().enumerate() {
            count += 1;
            check_button(button, under, row_index + column == 0).map_err(|error| {
                if error.starts_with("BUTTON") { error } else { format!("can't parse inline keyboard button: {error}") }
            })?;
        }
    }
    if count > BUTTONS_MAX || rows.iter().map(|row| row.to_string().len()).sum::<usize>() > BYTES_MAX {
        return Err("reply markup is too long".to_owned());
    }
    Ok(Some(json!({ "inline_keyboard": rows })))
}

/// Reply keyboards are accepted and not shown.
fn check_other(markup: &Value) -> Result<Option<Value>, String> {
    let known = ["keyboard", "remove_keyboard", "force_reply"];
    if markup.as_object().is_some_and(|fields| fields.is_empty() || known.iter().any(|name| fields.contains_key(*name)))
    {
        return Ok(None);
    }
    Err("can't parse reply keyboard markup JSON object".to_owned())
}

fn check_button(button: &Value, under: Under, first: bool) -> Result<(), String> {
    let fields = button.as_object().ok_or("InlineKeyboardButton must be an Object")?;
    let label = fields.get("text").and_then(Value::as_str).ok_or("Can't find field \"text\"")?;
    if super::text::is_blank(label) {
        return Err("Field \"text\" must be non-empty".to_owned());
    }
    let kinds: Vec<&str> =
        KINDS.into_iter().filter(|kind| fields.get(*kind).is_some_and(|value| !value.is_null())).collect();
    let [kind] = kinds.as_slice() else {
        return Err(match kinds.as_slice() {
            [] => "Text buttons are unallowed in the inline keyboard".to_owned(),
            many => format!("Exactly one of the optional fields must be used, found {}", many.join(", ")),
        });
    };
    if let Some(style) = fields.get("style").and_then(Value::as_str)
        && !["primary", "success", "danger"].contains(&style)
    {
        return Err("Field \"style\" has an unsupported value".to_owned());
    }
    check_kind(fields, kind, under, first)
}

fn check_kind(fields: &Map<String, Value>, kind: &str, under: Under, first: bool) -> Result<(), String> {
    let value = &fields[kind];
    let text = value.as_str().unwrap_or_default();
    match kind {
        "callback_data" if !(1..=64).contains(&text.len()) => Err("BUTTON_DATA_INVALID".to_owned()),
        "url" if !is_url(text) => Err(format!("BUTTON_URL_INVALID: inline keyboard button URL '{text}' is invalid")),
        "copy_text" => {
            let copied = value["text"].as_str().unwrap_or_default();
            let length = copied.encode_utf16().count();
            if (1..=256).contains(&length) { Ok(()) } else { Err("BUTTON_COPY_TEXT_INVALID".to_owned()) }
        }
        "switch_inline_query_current_chat" if text.encode_utf16().count() > 256 => {
            Err("BUTTON_DATA_INVALID".to_owned())
        }
        "web_app" | "login_url" if !value["url"].as_str().is_some_and(|url| url.starts_with("https://")) => {
            Err("BUTTON_URL_INVALID".to_owned())
        }
        "pay" if under == Under::Text || !first => Err("BUTTON_TYPE_INVALID".to_owned()),
        _ => Ok(()),
    }
}

/// Whether Telegram would take the address in a button or a link.
pub(crate) fn is_url(text: &str) -> bool {
    if text.starts_with("tg://") {
        return text.len() > 5;
    }
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let local = host.split(':').next().unwrap_or_default();
    !text.contains(char::is_whitespace) && local.contains('.') && !local.starts_with('.') && !local.ends_with('.')
}
