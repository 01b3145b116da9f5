//! The Bot API's methods as payloads of our own: exactly the fields that are sent, and of the answers only what is
//! read. They include fields that are newer than teloxide (`style`, `copy_text`).

use std::time::Duration;

use engine::direction::Piece;
use engine::{Face, Rendered, RenderedButton, Tone};
use serde::de::IgnoredAny;
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use teloxide::requests::Payload;

use crate::html;

/// Every kind of update that is asked for.
const ALLOWED_UPDATES: [&str; 5] =
    ["message", "callback_query", "inline_query", "my_chat_member", "pre_checkout_query"];

macro_rules! payload {
    ($name:ident $(<$life:lifetime>)?, $method:literal => $output:ty) => {
        impl $(<$life>)? Payload for $name $(<$life>)? {
            type Output = $output;
            const NAME: &'static str = $method;
        }
    };
}

/// Who the bot is.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Me {
    pub(crate) id: u64,
    pub(crate) username: String,
}

/// A sent message.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Sent {
    pub(crate) message_id: i32,
}

/// `getMe`.
#[derive(Serialize)]
pub(crate) struct GetMe {}
payload!(GetMe, "getMe" => Me);

/// `getUpdates`: what arrived, unread.
#[derive(Serialize)]
pub(crate) struct GetUpdates {
    offset: i64,
    timeout: u64,
    limit: u8,
    allowed_updates: [&'static str; 5],
}

impl GetUpdates {
    pub(crate) const fn new(offset: i64, timeout: Duration) -> Self {
        Self { offset, timeout: timeout.as_secs(), limit: 100, allowed_updates: ALLOWED_UPDATES }
    }
}

impl Payload for GetUpdates {
    type Output = Vec<Box<RawValue>>;
    const NAME: &'static str = "getUpdates";

    fn timeout_hint(&self) -> Option<Duration> {
        Some(Duration::from_secs(self.timeout))
    }
}

/// What a message says and carries: the common part of sending and editing.
#[derive(Serialize)]
pub(crate) struct Content<'a> {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parse_mode: Option<&'static str>,
    link_preview_options: NoPreview,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_markup: Option<Keyboard<'a>>,
}

impl<'a> Content<'a> {
    /// Formatted.
    pub(crate) fn formatted(rendered: &'a Rendered) -> Self {
        Self::of(html::html(&rendered.pieces), Some("HTML"), rendered)
    }

    /// Without formatting: what is left to do where Telegram could not parse it.
    pub(crate) fn unformatted(rendered: &'a Rendered) -> Self {
        Self::of(html::plain(&rendered.pieces), None, rendered)
    }

    fn of(text: String, parse_mode: Option<&'static str>, rendered: &'a Rendered) -> Self {
        let reply_markup = (!rendered.rows.is_empty()).then_some(Keyboard { inline_keyboard: Rows(&rendered.rows) });
        Self { text, parse_mode, link_preview_options: NO_PREVIEW, reply_markup }
    }
}

#[derive(Serialize)]
pub(crate) struct NoPreview {
    is_disabled: bool,
}

pub(crate) const NO_PREVIEW: NoPreview = NoPreview { is_disabled: true };

#[derive(Serialize)]
struct Keyboard<'a> {
    inline_keyboard: Rows<'a>,
}

struct Rows<'a>(&'a [Vec<RenderedButton>]);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|row| row.iter().map(Key).collect::<Vec<_>>()))
    }
}

struct Key<'a>(&'a RenderedButton);

impl Serialize for Key<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("text", &self.0.label)?;
        match &self.0.face {
            Face::Callback(data) => map.serialize_entry("callback_data", data)?,
            Face::Copy(text) => map.serialize_entry("copy_text", &CopyText { text })?,
            Face::Inline(query) => map.serialize_entry("switch_inline_query_current_chat", query)?,
            Face::Url(address) => map.serialize_entry("url", address)?,
        }
        match self.0.tone {
            Tone::Default => {}
            Tone::Primary => map.serialize_entry("style", "primary")?,
            Tone::Success => map.serialize_entry("style", "success")?,
            Tone::Danger => map.serialize_entry("style", "danger")?,
        }
        map.end()
    }
}

#[derive(Serialize)]
struct CopyText<'a> {
    text: &'a str,
}

/// `sendMessage`.
#[derive(Serialize)]
pub(crate) struct SendMessage<'a> {
    pub(crate) chat_id: i64,
    pub(crate) disable_notification: bool,
    #[serde(flatten)]
    pub(crate) content: Content<'a>,
}
payload!(SendMessage<'a>, "sendMessage" => Sent);

/// `editMessageText`.
#[derive(Serialize)]
pub(crate) struct EditMessageText<'a> {
    pub(crate) chat_id: u64,
    pub(crate) message_id: i32,
    #[serde(flatten)]
    pub(crate) content: Content<'a>,
}
payload!(EditMessageText<'a>, "editMessageText" => IgnoredAny);

/// `editMessageReplyMarkup` without a keyboard: strips it.
#[derive(Serialize)]
pub(crate) struct StripKeyboard {
    pub(crate) chat_id: u64,
    pub(crate) message_id: i32,
}
payload!(StripKeyboard, "editMessageReplyMarkup" => IgnoredAny);

/// `deleteMessage`.
#[derive(Serialize)]
pub(crate) struct DeleteMessage {
    pub(crate) chat_id: u64,
    pub(crate) message_id: i32,
}
payload!(DeleteMessage, "deleteMessage" => IgnoredAny);

/// `answerCallbackQuery`.
#[derive(Serialize)]
pub(crate) struct AnswerCallbackQuery {
    pub(crate) callback_query_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) show_alert: bool,
}
payload!(AnswerCallbackQuery, "answerCallbackQuery" => IgnoredAny);

/// `answerInlineQuery`.
#[derive(Serialize)]
pub(crate) struct AnswerInlineQuery {
    pub(crate) inline_query_id: String,
    pub(crate) results: Vec<Article>,
    pub(crate) cache_time: u32,
    pub(crate) is_personal: bool,
    pub(crate) next_offset: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) button: Option<InlineButton>,
}
payload!(AnswerInlineQuery, "answerInlineQuery" => IgnoredAny);

/// One result of an inline query.
#[derive(Serialize)]
pub(crate) struct Article {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) id: String,
    pub(crate) title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) description: String,
    pub(crate) input_message_content: ArticleContent,
}

/// What a picked result sends.
#[derive(Serialize)]
pub(crate) struct ArticleContent {
    pub(crate) message_text: String,
    pub(crate) parse_mode: &'static str,
    pub(crate) link_preview_options: NoPreview,
}

/// The button over the results.
#[derive(Serialize)]
pub(crate) struct InlineButton {
    pub(crate) text: String,
    pub(crate) start_parameter: String,
}

/// A message of words alone, for notices outside the panel.
pub(crate) fn words(pieces: Vec<Piece>) -> Rendered {
    Rendered { pieces, rows: Vec::new() }
}
