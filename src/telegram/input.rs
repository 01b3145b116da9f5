//! One raw update to what it means to us. Nothing of it is believed: fields that are missing, of another type or of
//! another bot end in a named [`What`], never in a panic. Only the fields that are read here are parsed at all.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::host::{CardPress, InlineRequest, Person};

/// The longest payload of a deep link.
const PAYLOAD_MAX: usize = 64;
/// The longest name of a command.
const COMMAND_MAX: usize = 32;
/// The longest inline query.
const QUERY_MAX: usize = 256;
/// What a pick's start parameter begins with.
pub(crate) const PICK_PREFIX: &str = "p_";
/// What the data of a card's button begins with.
const CARD_PREFIX: &str = "o.";

/// The contents that a person can send besides text; a message without any of them is Telegram's own notice.
const CONTENTS: [&str; 19] = [
    "animation",
    "audio",
    "contact",
    "dice",
    "document",
    "game",
    "location",
    "paid_media",
    "photo",
    "poll",
    "sticker",
    "story",
    "venue",
    "video",
    "video_note",
    "voice",
    "checklist",
    "caption",
    "live_photo",
];

/// An update that somebody in particular caused.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Incoming {
    pub(crate) update: i64,
    pub(crate) person: Person,
    pub(crate) what: What,
    /// The message in the private chat that this one replies to.
    pub(crate) reply_to: Option<i32>,
}

/// What an update means.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum What {
    /// A command in the private chat.
    Command { name: String, payload: String, message_id: i32 },
    /// A search result was picked.
    Pick { token: String, message_id: i32 },
    /// Something was typed.
    Text { text: String, message_id: i32 },
    /// A search result that only explains was picked.
    Explanation { message_id: i32 },
    /// A photo, a sticker and the like.
    NotUnderstood,
    /// A button was pressed.
    Press(Press),
    /// Something is typed after the bot's name.
    Inline { id: String, request: InlineRequest },
    /// The person blocked the bot, or came back.
    Presence(crate::host::Presence),
    /// The bot was addressed in a group.
    Elsewhere { chat_id: i64 },
}

/// A press on a button.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Press {
    /// The callback to answer.
    pub(crate) callback: String,
    /// The message that carries the button.
    pub(crate) message_id: Option<i32>,
    /// Whose button it is.
    pub(crate) button: Button,
}

/// A pressed button by where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Button {
    /// The session's: a token, as it came.
    Token(String),
    /// A card's.
    Card(CardPress),
    /// In a group or a foreign chat, where none of our buttons should be.
    Elsewhere,
    /// In somebody else's private chat.
    NotYours,
}

/// Why an update is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Useless {
    /// Nobody we serve caused it, or it is of a kind that we do not handle.
    Ignored,
    /// It is not what Telegram writes.
    Unreadable,
}

/// Reads an update.
pub(crate) fn decode(id: i64, body: &str, bot: &Bot) -> Result<Incoming, Useless> {
    let update: Update = serde_json::from_str(body).map_err(|_| Useless::Unreadable)?;
    if let Some(query) = update.callback_query {
        return press(id, query);
    }
    if let Some(message) = update.message {
        return written(id, message, body, bot);
    }
    if let Some(query) = update.inline_query {
        return inline(id, query);
    }
    update.my_chat_member.map_or(Err(Useless::Ignored), |change| presence(id, change))
}

/// Who the bot is, as far as reading depends on it.
#[derive(Debug, Clone)]
pub(crate) struct Bot {
    pub(crate) id: u64,
    pub(crate) username: String,
}

impl Bot {
    /// The link that opens the private chat with a start parameter.
    pub(crate) fn link(&self, parameter: &str) -> String {
        format!("https://t.me/{}?start={parameter}", self.username)
    }

    /// The token of a pick's link, if it is ours.
    fn pick_token<'a>(&self, link: &'a str) -> Option<&'a str> {
        let rest = link.strip_prefix("https://t.me/").or_else(|| link.strip_prefix("http://t.me/"))?;
        let (name, query) = rest.split_once('?')?;
        let ours = name.trim_end_matches('/').eq_ignore_ascii_case(&self.username);
        let parameter = query.strip_prefix("start=").filter(|_| ours)?;
        is_payload(parameter).then(|| parameter.strip_prefix(PICK_PREFIX)).flatten()
    }
}

#[derive(Deserialize)]
struct Update {
    message: Option<Message>,
    callback_query: Option<CallbackQuery>,
    inline_query: Option<InlineQuery>,
    my_chat_member: Option<MemberChange>,
}

#[derive(Deserialize)]
struct User {
    id: i64,
    #[serde(default)]
    is_bot: bool,
    #[serde(default)]
    first_name: String,
    language_code: Option<String>,
}

#[derive(Deserialize)]
struct Chat {
    id: i64,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Message {
    message_id: i64,
    from: Option<User>,
    sender_chat: Option<IgnoredAny>,
    chat: Chat,
    text: Option<String>,
    #[serde(default)]
    entities: Vec<Entity>,
    via_bot: Option<User>,
    forward_origin: Option<IgnoredAny>,
    forward_date: Option<IgnoredAny>,
    reply_to_message: Option<RepliedTo>,
}

/// The message that another one replies to. What else stands in it is not read.
#[derive(Deserialize)]
struct RepliedTo {
    message_id: i64,
}

#[derive(Deserialize)]
struct Entity {
    #[serde(rename = "type")]
    kind: String,
    url: Option<String>,
}

#[derive(Deserialize)]
struct CallbackQuery {
    id: String,
    from: User,
    message: Option<Carrier>,
    data: Option<String>,
}

/// The message under a pressed button, accessible or not.
#[derive(Deserialize)]
struct Carrier {
    message_id: i64,
    chat: Chat,
}

#[derive(Deserialize)]
struct InlineQuery {
    id: String,
    from: User,
    #[serde(default)]
    query: String,
    #[serde(default)]
    offset: String,
    chat_type: Option<String>,
}

#[derive(Deserialize)]
struct MemberChange {
    chat: Chat,
    from: User,
    new_chat_member: Member,
}

#[derive(Deserialize)]
struct Member {
    status: String,
}

impl User {
    fn person(self) -> Result<Person, Useless> {
        let id = u64::try_from(self.id).ok().filter(|&id| id > 0 && !self.is_bot).ok_or(Useless::Ignored)?;
        Ok(Person { id, name: self.first_name, language_code: self.language_code })
    }
}

impl Chat {
    fn is_private(&self) -> bool {
        self.kind == "private"
    }
}

fn written(update: i64, message: Message, body: &str, bot: &Bot) -> Result<Incoming, Useless> {
    if message.sender_chat.is_some() {
        return Err(Useless::Ignored);
    }
    let addressed = message.addresses(bot);
    let private = message.chat.is_private();
    let chat_id = message.chat.id;
    let message_id = i32::try_from(message.message_id).map_err(|_| Useless::Unreadable)?;
    let forwarded = message.forward_origin.is_some() || message.forward_date.is_some();
    let reply_to = message.reply_to_message.and_then(|replied| i32::try_from(replied.message_id).ok());
    let via_us = message.via_bot.map(|via| u64::try_from(via.id) == Ok(bot.id));
    let person = message.from.ok_or(Useless::Ignored)?.person()?;
    if !private {
        let what = What::Elsewhere { chat_id };
        return if addressed { Ok(Incoming { update, person, what, reply_to: None }) } else { Err(Useless::Ignored) };
    }
    let Some(text) = message.text else {
        return not_text(body).map(|what| Incoming { update, person, what, reply_to });
    };
    let mut links =
        message.entities.iter().filter(|entity| entity.kind == "text_link").filter_map(|it| it.url.as_deref());
    let pick = links.find_map(|link| bot.pick_token(link)).filter(|_| !forwarded && via_us != Some(false));
    let what = match pick {
        Some(token) => What::Pick { token: token.to_owned(), message_id },
        None if via_us == Some(true) && !forwarded => What::Explanation { message_id },
        None => typed(text, message_id, bot),
    };
    Ok(Incoming { update, person, what, reply_to })
}

impl Message {
    /// Whether a message in a group speaks to this bot.
    fn addresses(&self, bot: &Bot) -> bool {
        let text = self.text.as_deref().unwrap_or_default();
        let named = |part: &str| part.strip_prefix('@').is_some_and(|name| name.eq_ignore_ascii_case(&bot.username));
        let mentioned = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '@')).any(named);
        mentioned || command(text, bot).is_some()
    }
}

/// A message without text: of a person, or a notice of Telegram's own.
fn not_text(body: &str) -> Result<What, Useless> {
    #[derive(Deserialize)]
    struct Keys<'a> {
        #[serde(borrow)]
        message: std::collections::BTreeMap<std::borrow::Cow<'a, str>, IgnoredAny>,
    }
    let keys: Keys<'_> = serde_json::from_str(body).map_err(|_| Useless::Unreadable)?;
    let content = CONTENTS.iter().any(|content| keys.message.contains_key(*content));
    if content { Ok(What::NotUnderstood) } else { Err(Useless::Ignored) }
}

fn typed(text: String, message_id: i32, bot: &Bot) -> What {
    let Some((name, payload)) = command(&text, bot) else {
        return What::Text { text, message_id };
    };
    match payload.strip_prefix(PICK_PREFIX) {
        Some(token) if name == "start" => What::Pick { token: token.to_owned(), message_id },
        Some(_) | None => What::Command { name, payload, message_id },
    }
}

/// A command of ours with its payload; what is no payload counts as none.
fn command(text: &str, bot: &Bot) -> Option<(String, String)> {
    let rest = text.strip_prefix('/')?;
    let (word, payload) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let (name, addressee) = word.split_once('@').map_or((word, None), |(name, to)| (name, Some(to)));
    let valid = (1..=COMMAND_MAX).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !valid || addressee.is_some_and(|to| !to.eq_ignore_ascii_case(&bot.username)) {
        return None;
    }
    let payload = Some(payload.trim()).filter(|payload| is_payload(payload)).unwrap_or_default();
    Some((name.to_ascii_lowercase(), payload.to_owned()))
}

fn is_payload(text: &str) -> bool {
    (1..=PAYLOAD_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

fn press(update: i64, query: CallbackQuery) -> Result<Incoming, Useless> {
    let person = query.from.person()?;
    let data = query.data.unwrap_or_default();
    let message_id = query.message.as_ref().and_then(|message| i32::try_from(message.message_id).ok());
    let button = match &query.message {
        Some(message) if !message.chat.is_private() => Button::Elsewhere,
        Some(message) if u64::try_from(message.chat.id) != Ok(person.id) => Button::NotYours,
        Some(_) | None => button(data, message_id),
    };
    let what = What::Press(Press { callback: query.id, message_id, button });
    Ok(Incoming { update, person, what, reply_to: None })
}

/// Three parts after our own prefix are a card's; all else is left to the session, which refuses what it did not write.
fn button(data: String, message_id: Option<i32>) -> Button {
    let card = data.strip_prefix(CARD_PREFIX).and_then(|rest| rest.split_once('.'));
    let valid = |part: &str| !part.is_empty() && !part.contains('.');
    match card {
        Some((card, action)) if valid(card) && valid(action) && data.len() <= PAYLOAD_MAX => {
            Button::Card(CardPress { card: card.to_owned(), action: action.to_owned(), message_id })
        }
        Some(_) | None => Button::Token(data),
    }
}

fn inline(update: i64, query: InlineQuery) -> Result<Incoming, Useless> {
    let person = query.from.person()?;
    let private = query.chat_type.as_deref().is_none_or(|kind| kind == "sender");
    let text = query.query.chars().take(QUERY_MAX).collect();
    let request = InlineRequest { person: person.clone(), query: text, offset: query.offset, private };
    Ok(Incoming { update, person, what: What::Inline { id: query.id, request }, reply_to: None })
}

fn presence(update: i64, change: MemberChange) -> Result<Incoming, Useless> {
    use crate::host::Presence;
    if !change.chat.is_private() {
        return Err(Useless::Ignored);
    }
    let what = match change.new_chat_member.status.as_str() {
        "kicked" | "left" => Presence::Gone,
        "member" => Presence::Back,
        _ => return Err(Useless::Ignored),
    };
    Ok(Incoming { update, person: change.from.person()?, what: What::Presence(what), reply_to: None })
}
