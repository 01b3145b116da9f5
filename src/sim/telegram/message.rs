//! A message as Telegram keeps it, as the Bot API writes it, and as a person sees it.

use serde_json::{Map, Value, json};

use super::html::Entity;

/// One message of a private chat.
#[derive(Clone, Debug)]
pub struct Message {
    /// The message's id, unique in the simulator.
    pub id: i64,
    /// When it was sent, in Unix milliseconds.
    pub date_ms: i64,
    /// When it was last edited.
    pub edited_ms: Option<i64>,
    /// Whether the bot sent it.
    pub from_bot: bool,
    /// Whether it was sent through the bot's inline mode.
    pub via_bot: bool,
    /// Whether it came without a sound.
    pub silent: bool,
    /// The plain text.
    pub text: String,
    /// The text's styles.
    pub entities: Vec<Entity>,
    /// The inline keyboard as sent.
    pub markup: Option<Value>,
    /// Further fields: photo, invoice, `successful_payment`; a null removes a field.
    pub extra: Map<String, Value>,
}

/// A button under a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    /// The label as sent.
    pub label: String,
    /// The colour: `primary`, `success` or `danger`; none is the app's own.
    pub style: Option<String>,
    /// What a tap does.
    pub action: ButtonAction,
}

/// What a tap on a button does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ButtonAction {
    /// Sends this data to the bot.
    Callback(String),
    /// Opens this address.
    Url(String),
    /// Copies this text.
    Copy(String),
    /// Types this query after the bot's name.
    Search(String),
    /// Pays the invoice.
    Pay,
    /// Something that the simulated user cannot do, by field name.
    Other(String),
}

impl Message {
    pub(crate) fn text(id: i64, date_ms: i64, text: String, entities: Vec<Entity>) -> Self {
        Self {
            id,
            date_ms,
            edited_ms: None,
            from_bot: false,
            via_bot: false,
            silent: false,
            text,
            entities,
            markup: None,
            extra: Map::new(),
        }
    }

    /// The buttons, row by row.
    #[must_use]
    pub fn buttons(&self) -> Vec<Vec<Button>> {
        let rows = self.markup.as_ref().and_then(|markup| markup["inline_keyboard"].as_array());
        let row = |row: &Value| row.as_array().map(|row| row.iter().map(read_button).collect()).unwrap_or_default();
        rows.map(|rows| rows.iter().map(row).collect()).unwrap_or_default()
    }

    /// The message as the Bot API writes it.
    pub(crate) fn to_json(&self, chat: &Value, user: &Value, bot: &Value) -> Value {
        let mut fields = Map::new();
        fields.insert("message_id".into(), json!(self.id));
        fields.insert("from".into(), if self.from_bot { bot.clone() } else { user.clone() });
        fields.insert("chat".into(), chat.clone());
        fields.insert("date".into(), json!(self.date_ms / 1000));
        if let Some(edited_ms) = self.edited_ms {
            fields.insert("edit_date".into(), json!(edited_ms / 1000));
        }
        if self.via_bot {
            fields.insert("via_bot".into(), bot.clone());
        }
        if !self.text.is_empty() {
            fields.insert("text".into(), json!(self.text));
        }
        if !self.entities.is_empty() {
            fields.insert("entities".into(), json!(self.entities));
        }
        if let Some(markup) = &self.markup {
            fields.insert("reply_markup".into(), markup.clone());
        }
        for (name, value) in &self.extra {
            if value.is_null() {
                fields.remove(name);
            } else {
                fields.insert(name.clone(), value.clone());
            }
        }
        Value::Object(fields)
    }
}

fn read_button(button: &Value) -> Button {
    let text = |name: &str| button.get(name).and_then(Value::as_str).map(str::to_owned);
    let copied = || button.get("copy_text").and_then(|copy| copy["text"].as_str()).map(str::to_owned);
    let action = text("callback_data")
        .map(ButtonAction::Callback)
        .or_else(|| text("url").map(ButtonAction::Url))
        .or_else(|| copied().map(ButtonAction::Copy))
        .or_else(|| text("switch_inline_query_current_chat").map(ButtonAction::Search))
        .or_else(|| button.get("pay").map(|_| ButtonAction::Pay))
        .unwrap_or_else(|| ButtonAction::Other(other_kind(button)));
    Button { label: text("text").unwrap_or_default(), style: text("style"), action }
}

fn other_kind(button: &Value) -> String {
    let fields = button.as_object().into_iter().flat_map(Map::keys);
    fields.filter(|name| name.as_str() != "text").cloned().collect::<Vec<_>>().join(",")
}
