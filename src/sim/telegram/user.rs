//! A simulated person in a private chat with the bot: writes, taps, blocks. What the person sees is in `seeing`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::html::Entity;
use super::message::{Button, ButtonAction, Message};
use super::payments::Checkout;
use super::render::plain;
use super::state::{OpenQuery, Shared, State, Toast};
use super::text;

/// A simulated user; clones act for the same person.
#[derive(Clone, Debug)]
pub struct SimUser {
    pub(crate) id: i64,
    pub(crate) shared: Arc<Shared>,
}

/// Why a simulated user could not do something; carries the screen as seen.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// The text did not appear in time.
    #[error("did not see {wanted:?}; the chat shows:\n{chat}")]
    NotSeen {
        /// What was looked for.
        wanted: String,
        /// The chat as seen.
        chat: String,
    },
    /// The text was there and should not be.
    #[error("should not see {unwanted:?}; the chat shows:\n{chat}")]
    Seen {
        /// What was looked for.
        unwanted: String,
        /// The chat as seen.
        chat: String,
    },
    /// No message has such a button.
    #[error("no button {label:?}; the chat shows:\n{chat}")]
    NoButton {
        /// The label that was looked for.
        label: String,
        /// The chat as seen.
        chat: String,
    },
    /// The bot did not answer the press, the query or the checkout in time.
    #[error("the bot did not answer {what}; the chat shows:\n{chat}")]
    NoAnswer {
        /// What was left without an answer.
        what: String,
        /// The chat as seen.
        chat: String,
    },
    /// No inline result has such a title.
    #[error("no result {title:?} in the list:\n{list}")]
    NoResult {
        /// The title that was looked for.
        title: String,
        /// The titles as listed.
        list: String,
    },
}

/// What a tap led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tap {
    /// The bot answered the press.
    Answered(Toast),
    /// An address opened.
    Opened(String),
    /// A text went to the clipboard.
    Copied(String),
    /// The input field now holds this query; the results are on the screen.
    Searched(super::inline::InlineAnswer),
    /// An invoice was paid.
    Paid,
}

impl SimUser {
    /// The user's id, which is also the chat's.
    #[must_use]
    pub fn id(&self) -> i64 {
        self.id
    }

    /// Writes a text; commands are marked as Telegram marks them. Returns the message's id.
    pub fn send(&self, words: &str) -> i64 {
        let entities = text::commands(words);
        self.send_with(words, entities)
    }

    pub(crate) fn send_with(&self, words: &str, entities: Vec<Entity>) -> i64 {
        self.act(|state, now_ms| {
            let message = Message::text(state.message_id(), now_ms, words.to_owned(), entities);
            deliver(state, self.id, message, now_ms)
        })
    }

    /// Replies to the newest message that shows a text. `None` where none does.
    pub fn reply(&self, shown: &str, words: &str) -> Option<i64> {
        let wanted = plain(shown);
        self.act(|state, now_ms| {
            let chat = state.chats.get(&self.id)?;
            let message = chat.messages.values().rev().find(|message| plain(&message.text).contains(&wanted))?;
            let replied = state.message_json(chat, message);
            let mut message = Message::text(state.message_id(), now_ms, words.to_owned(), text::commands(words));
            message.extra.insert("reply_to_message".to_owned(), replied);
            Some(deliver(state, self.id, message, now_ms))
        })
    }

    /// Opens `https://t.me/<bot>?start=<payload>`.
    pub fn open_link(&self, payload: &str) -> i64 {
        self.send(format!("/start {payload}").trim())
    }

    /// Sends a message with any Bot API fields over the usual ones; null removes a field (`{"from": null}`).
    /// With another `chat` it goes there, and the bot can answer there.
    pub fn send_raw(&self, fields: &Value) -> i64 {
        self.act(|state, now_ms| {
            let text = fields["text"].as_str().unwrap_or_default().to_owned();
            let mut message = Message::text(state.message_id(), now_ms, text, Vec::new());
            message.extra = fields.as_object().cloned().unwrap_or_default();
            message.extra.remove("text");
            let elsewhere = fields["chat"]["id"].as_i64().filter(|id| *id != self.id);
            if let Some(other) = elsewhere {
                state.add_other_chat(other, &fields["chat"], self.id, now_ms);
                message.extra.remove("chat");
            }
            deliver(state, elsewhere.unwrap_or(self.id), message, now_ms)
        })
    }

    /// Edits an own message, which the bot gets as `edited_message`.
    pub fn edit(&self, message_id: i64, words: &str) {
        self.act(|state, now_ms| {
            let kept = state.chats.get(&self.id).and_then(|chat| chat.messages.get(&message_id)).cloned();
            let Some(mut message) = kept else { return };
            message.text = words.to_owned();
            message.entities = text::commands(words);
            message.edited_ms = Some(now_ms);
            let json = state.keep(self.id, message);
            state.updates.push("edited_message", &json, now_ms);
        });
    }

    /// Taps the newest button with this label and waits for what comes of it.
    ///
    /// # Errors
    /// When no such button appears, or the bot does not answer.
    pub async fn tap(&self, label: &str) -> Result<Tap, UserError> {
        let (message_id, button) = self.button(None, label).await?;
        self.tap_button(message_id, button).await
    }

    /// Taps a button of one particular message.
    ///
    /// # Errors
    /// As [`SimUser::tap`].
    pub async fn tap_on(&self, message_id: i64, label: &str) -> Result<Tap, UserError> {
        let (message_id, button) = self.button(Some(message_id), label).await?;
        self.tap_button(message_id, button).await
    }

    /// Presses a button twice without waiting in between.
    ///
    /// # Errors
    /// As [`SimUser::tap`].
    pub async fn double_tap(&self, label: &str) -> Result<[Toast; 2], UserError> {
        let (message_id, button) = self.button(None, label).await?;
        let ButtonAction::Callback(data) = button.action else {
            return Err(self.no_button(label));
        };
        let first = self.press_now(message_id, Some(&data));
        let second = self.press_now(message_id, Some(&data));
        Ok([self.answer_to(&first).await?, self.answer_to(&second).await?])
    }

    /// Presses with any data on any message, as a modified client can, and waits for the answer.
    ///
    /// # Errors
    /// When the bot does not answer.
    pub async fn press_raw(&self, message_id: i64, data: &str) -> Result<Toast, UserError> {
        let query = self.press_now(message_id, Some(data));
        self.answer_to(&query).await
    }

    /// Presses and does not wait; no data leaves the field out. Returns the query's id.
    #[must_use]
    pub fn press_now(&self, message_id: i64, data: Option<&str>) -> String {
        self.act(|state, now_ms| press(state, self.id, message_id, data, now_ms))
    }

    /// Waits for the answer to a press.
    ///
    /// # Errors
    /// When the bot does not answer in time.
    pub async fn answer_to(&self, query: &str) -> Result<Toast, UserError> {
        let found = self.until(|state| state.chats.get_mut(&self.id)?.answers.remove(query)).await;
        found.ok_or_else(|| UserError::NoAnswer { what: "the press".to_owned(), chat: self.chat() })
    }

    /// Stops the bot: its messages are refused with 403 from now on.
    pub fn block(&self) {
        self.change_membership(true);
    }

    /// Starts the bot again without a message.
    pub fn unblock(&self) {
        self.change_membership(false);
    }

    fn change_membership(&self, blocked: bool) {
        self.act(|state, now_ms| {
            let status = |blocked: bool| if blocked { "kicked" } else { "member" };
            let Some(chat) = state.chats.get_mut(&self.id) else {
                return;
            };
            let before = std::mem::replace(&mut chat.blocked, blocked);
            chat.touch();
            let member = |blocked: bool| match blocked {
                true => json!({ "user": state.bot, "status": status(true), "until_date": 0 }),
                false => json!({ "user": state.bot, "status": status(false) }),
            };
            let change = json!({
                "chat": chat.private, "from": chat.user, "date": now_ms / 1000,
                "old_chat_member": member(before), "new_chat_member": member(blocked),
            });
            state.updates.push("my_chat_member", &change, now_ms);
        });
    }

    async fn tap_button(&self, message_id: i64, button: Button) -> Result<Tap, UserError> {
        match button.action {
            ButtonAction::Callback(data) => self.press_raw(message_id, &data).await.map(Tap::Answered),
            ButtonAction::Url(url) => Ok(Tap::Opened(url)),
            ButtonAction::Copy(copied) => Ok(Tap::Copied(copied)),
            ButtonAction::Search(query) => self.search(&query).await.map(Tap::Searched),
            ButtonAction::Pay => self.pay(message_id).await.map(|()| Tap::Paid),
            ButtonAction::Other(_) => Err(self.no_button(&button.label)),
        }
    }

    /// Pays the invoice in this message and waits for the bot's word on the checkout.
    ///
    /// # Errors
    /// When the bot does not answer within ten seconds of simulated time, or refuses.
    pub async fn pay(&self, message_id: i64) -> Result<(), UserError> {
        let refused = |what: String| UserError::NoAnswer { what, chat: self.chat() };
        let id = self.act(|state, now_ms| open_checkout(state, self.id, message_id, now_ms));
        let id = id.ok_or_else(|| refused("there is no invoice to pay".to_owned()))?;
        let verdict = self.until(|state| state.checkouts.get(&id).and_then(|open| open.verdict.clone())).await;
        match verdict {
            Some(Ok(())) => Ok(()),
            Some(Err(reason)) => Err(refused(format!("the checkout with a yes: {reason}"))),
            None => Err(refused("the checkout".to_owned())),
        }
    }

    async fn button(&self, message_id: Option<i64>, label: &str) -> Result<(i64, Button), UserError> {
        let wanted = plain(label).trim().to_owned();
        let found = self.until(|state| find_button(state, self.id, message_id, &wanted)).await;
        found.ok_or_else(|| self.no_button(label))
    }

    fn no_button(&self, label: &str) -> UserError {
        UserError::NoButton { label: label.to_owned(), chat: self.chat() }
    }

    /// Does something to the state as this user, then wakes pollers.
    pub(crate) fn act<T>(&self, action: impl FnOnce(&mut State, i64) -> T) -> T {
        let now_ms = self.shared.clock.now();
        let result = action(&mut self.shared.lock(), now_ms);
        self.shared.arrived.notify_waiters();
        result
    }

    /// Looks again whenever this chat changes, until there is a result or patience ends.
    pub(crate) async fn until<T>(&self, mut look: impl FnMut(&mut State) -> Option<T>) -> Option<T> {
        let mut changed = self.shared.lock().chats.get(&self.id)?.changed.subscribe();
        let end = tokio::time::Instant::now() + self.shared.options.patience;
        loop {
            changed.borrow_and_update();
            if let Some(found) = look(&mut self.shared.lock()) {
                return Some(found);
            }
            tokio::time::timeout_at(end, changed.changed()).await.ok()?.ok()?;
        }
    }
}

/// Keeps a user's message and tells the bot; writing to the bot also starts and unblocks it.
pub(crate) fn deliver(state: &mut State, chat_id: i64, message: Message, now_ms: i64) -> i64 {
    let id = message.id;
    if let Some(chat) = state.chats.get_mut(&chat_id) {
        (chat.started, chat.blocked) = (true, false);
    }
    let json = state.keep(chat_id, message);
    state.updates.push("message", &json, now_ms);
    id
}

fn press(state: &mut State, user: i64, message_id: i64, data: Option<&str>, now_ms: i64) -> String {
    let id = state.query_id();
    state.callbacks.insert(id.clone(), OpenQuery { user, made_ms: now_ms });
    let Some(chat) = state.chats.get(&user) else {
        return id;
    };
    let message = match chat.messages.get(&message_id) {
        Some(message) => state.message_json(chat, message),
        None => json!({ "chat": chat.private, "message_id": message_id, "date": 0 }),
    };
    let mut query =
        json!({ "id": id, "from": chat.user, "message": message, "chat_instance": format!("{}", user * 7 + 3) });
    if let Some(data) = data {
        query["data"] = json!(data);
    }
    state.updates.push("callback_query", &query, now_ms);
    id
}

fn open_checkout(state: &mut State, user: i64, message_id: i64, now_ms: i64) -> Option<String> {
    let chat = state.chats.get(&user)?;
    let stars = chat.messages.get(&message_id)?.extra.get("invoice")?["total_amount"].as_i64()?;
    let (from, payload) = (chat.user.clone(), state.payloads.get(&message_id)?.clone());
    let id = state.query_id();
    let query = json!({ "id": id, "from": from, "currency": "XTR", "total_amount": stars, "invoice_payload": payload });
    state.checkouts.insert(id.clone(), Checkout { user, made_ms: now_ms, stars, payload, verdict: None });
    state.updates.push("pre_checkout_query", &query, now_ms);
    Some(id)
}

const LOOK_BACK: usize = 50;

/// The newest message with a matching button; in it an exact label wins over a beginning, that over a part.
fn find_button(state: &State, user: i64, only: Option<i64>, wanted: &str) -> Option<(i64, Button)> {
    let chat = state.chats.get(&user)?;
    let messages = chat.messages.values().rev().filter(|message| only.is_none_or(|id| message.id == id));
    messages.take(LOOK_BACK).filter(|message| message.markup.is_some()).find_map(|message| {
        let buttons: Vec<Button> = message.buttons().into_iter().flatten().collect();
        let index = best_match(buttons.iter().map(|button| button.label.as_str()), wanted)?;
        Some((message.id, buttons[index].clone()))
    })
}

/// Which label matches best: exactly, by its beginning, or by a part.
pub(crate) fn best_match<'label>(labels: impl Iterator<Item = &'label str>, wanted: &str) -> Option<usize> {
    let labels: Vec<String> = labels.map(|label| plain(label).trim().to_owned()).collect();
    let position = |matches: &dyn Fn(&str) -> bool| labels.iter().position(|label| matches(label));
    position(&|label| label == wanted)
        .or_else(|| position(&|label| label.starts_with(wanted)))
        .or_else(|| position(&|label| label.contains(wanted)))
}
