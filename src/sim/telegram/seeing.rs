//! What a simulated user sees and waits to see.

use tokio::sync::watch;

use super::message::Message;
use super::render::{self, Marks, plain};
use super::state::{Chat, State, Toast};
use super::user::{SimUser, UserError};

/// How many of the newest messages count as on the screen.
const ON_SCREEN: usize = 10;

impl SimUser {
    /// Waits until the visible chat (the last ten messages and their buttons, without direction marks) shows the text.
    ///
    /// # Errors
    /// When it does not appear in time.
    pub async fn see(&self, wanted: &str) -> Result<(), UserError> {
        self.see_all(&[wanted]).await
    }

    /// Waits until the visible chat shows all the texts at once.
    ///
    /// # Errors
    /// When one of them does not appear in time; it is named.
    pub async fn see_all(&self, wanted: &[&str]) -> Result<(), UserError> {
        let wanted: Vec<String> = wanted.iter().map(|text| plain(text)).collect();
        let mut missing = None;
        let look = |state: &mut State| {
            let shown = on_screen(state.chats.get(&self.id)?);
            missing = wanted.iter().find(|text| !shown.contains(text.as_str())).cloned();
            missing.is_none().then_some(())
        };
        match self.until(look).await {
            Some(()) => Ok(()),
            None => Err(UserError::NotSeen { wanted: missing.unwrap_or_default(), chat: self.chat() }),
        }
    }

    /// Waits until the visible chat does not show the text.
    ///
    /// # Errors
    /// When it is still there in the end.
    pub async fn not_see(&self, unwanted: &str) -> Result<(), UserError> {
        let text = plain(unwanted);
        let look = |state: &mut State| (!on_screen(state.chats.get(&self.id)?).contains(&text)).then_some(());
        match self.until(look).await {
            Some(()) => Ok(()),
            None => Err(UserError::Seen { unwanted: unwanted.to_owned(), chat: self.chat() }),
        }
    }

    /// Waits until the bot's newest message shows the text.
    ///
    /// # Errors
    /// When it does not in time.
    pub async fn see_newest(&self, wanted: &str) -> Result<(), UserError> {
        let text = plain(wanted);
        let look = |state: &mut State| {
            let newest = newest_of_bot(state.chats.get(&self.id)?)?;
            render::visible(newest).contains(&text).then_some(())
        };
        match self.until(look).await {
            Some(()) => Ok(()),
            None => Err(UserError::NotSeen { wanted: wanted.to_owned(), chat: self.chat() }),
        }
    }

    /// Waits until a message of the bot's that is newer than this one shows the text.
    ///
    /// # Errors
    /// When none does in time.
    pub async fn see_after(&self, message_id: i64, wanted: &str) -> Result<(), UserError> {
        let text = plain(wanted);
        let look = |state: &mut State| {
            let newer = state.chats.get(&self.id)?.messages.range(message_id + 1..);
            let mut shown = newer.filter(|(_, message)| message.from_bot);
            shown.any(|(_, message)| render::visible(message).contains(&text)).then_some(())
        };
        match self.until(look).await {
            Some(()) => Ok(()),
            None => Err(UserError::NotSeen { wanted: wanted.to_owned(), chat: self.chat() }),
        }
    }

    /// Waits until a toast or an alert showed the text.
    ///
    /// # Errors
    /// When none did in time.
    pub async fn see_toast(&self, wanted: &str) -> Result<(), UserError> {
        self.see_toast_after(0, wanted).await
    }

    /// As [`SimUser::see_toast`], without the first so many toasts.
    ///
    /// # Errors
    /// When none did in time.
    pub async fn see_toast_after(&self, skipped: usize, wanted: &str) -> Result<(), UserError> {
        let text = plain(wanted);
        let look = |state: &mut State| {
            let toasts = &state.chats.get(&self.id)?.toasts;
            toasts.iter().skip(skipped).any(|toast| plain(&toast.text).contains(&text)).then_some(())
        };
        match self.until(look).await {
            Some(()) => Ok(()),
            None => Err(UserError::NotSeen { wanted: wanted.to_owned(), chat: self.toast_list() }),
        }
    }

    /// Waits until the caller's own check of the messages, oldest first, yields something; none when patience ends.
    pub async fn wait_for<T>(&self, mut check: impl FnMut(&[Message]) -> Option<T>) -> Option<T> {
        let mut changed = self.read(|chat| chat.changed.subscribe())?;
        let end = tokio::time::Instant::now() + self.shared.options.patience;
        loop {
            changed.borrow_and_update();
            // The check runs without the lock, so that it may ask the simulator for more.
            if let Some(found) = check(&self.messages()) {
                return Some(found);
            }
            tokio::time::timeout_at(end, changed.changed()).await.ok()?.ok()?;
        }
    }

    /// The bot's newest message as a person sees it, with its buttons in rows; empty when there is none.
    #[must_use]
    pub fn screen(&self) -> String {
        self.screen_with(Marks::Hidden)
    }

    /// As [`SimUser::screen`], with direction marks hidden or written out.
    #[must_use]
    pub fn screen_with(&self, marks: Marks) -> String {
        self.read(|chat| newest_of_bot(chat).map(|message| render::message(message, marks)))
            .flatten()
            .unwrap_or_default()
    }

    /// The visible chat as a person sees it.
    #[must_use]
    pub fn chat(&self) -> String {
        self.chat_with(Marks::Hidden)
    }

    /// As [`SimUser::chat`], with direction marks hidden or written out.
    #[must_use]
    pub fn chat_with(&self, marks: Marks) -> String {
        let show = |chat: &Chat| {
            let shown: Vec<String> = newest(chat).iter().map(|message| render::message(message, marks)).collect();
            shown.join("\n\n")
        };
        self.read(show).unwrap_or_default()
    }

    /// All messages that are still in the chat, oldest first.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        self.read(|chat| chat.messages.values().cloned().collect()).unwrap_or_default()
    }

    /// The bot's newest message.
    #[must_use]
    pub fn newest(&self) -> Option<Message> {
        self.read(|chat| newest_of_bot(chat).cloned()).flatten()
    }

    /// All toasts and alerts with a text so far.
    #[must_use]
    pub fn toasts(&self) -> Vec<Toast> {
        self.read(|chat| chat.toasts.clone()).unwrap_or_default()
    }

    /// A receiver that changes whenever anything in this chat does.
    #[must_use]
    pub fn on_change(&self) -> Option<watch::Receiver<u64>> {
        self.read(|chat| chat.changed.subscribe())
    }

    /// Whether the person stopped the bot.
    #[must_use]
    pub fn has_blocked(&self) -> bool {
        self.read(|chat| chat.blocked).unwrap_or_default()
    }

    fn toast_list(&self) -> String {
        let lines: Vec<String> = self.toasts().iter().map(|toast| format!("toast: {}", plain(&toast.text))).collect();
        format!("{}\n{}", lines.join("\n"), self.chat())
    }

    pub(crate) fn read<T>(&self, look: impl FnOnce(&Chat) -> T) -> Option<T> {
        self.shared.lock().chats.get(&self.id).map(look)
    }
}

fn newest_of_bot(chat: &Chat) -> Option<&Message> {
    chat.messages.values().rev().find(|message| message.from_bot)
}

fn newest(chat: &Chat) -> Vec<&Message> {
    let mut messages: Vec<&Message> = chat.messages.values().rev().take(ON_SCREEN).collect();
    messages.reverse();
    messages
}

fn on_screen(chat: &Chat) -> String {
    newest(chat).into_iter().map(render::visible).collect::<Vec<_>>().join("\n")
}
