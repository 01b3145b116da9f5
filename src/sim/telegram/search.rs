//! A simulated user at the bot's inline mode: types a query, pages, picks.

use serde_json::json;

use super::inline::{self, InlineAnswer, InlineResult, Search};
use super::message::Message;
use super::render::plain;
use super::state::OpenSearch;
use super::user::{SimUser, UserError, best_match, deliver};

impl SimUser {
    /// Types `@bot query` in the private chat and waits for the first page of results.
    ///
    /// # Errors
    /// When the bot does not answer in time.
    pub async fn search(&self, query: &str) -> Result<InlineAnswer, UserError> {
        self.ask(query, "", "sender").await
    }

    /// Asks for the page that an earlier answer named in `next_offset`; the results are added to the list.
    ///
    /// # Errors
    /// When the bot does not answer in time.
    pub async fn search_page(&self, query: &str, offset: &str) -> Result<InlineAnswer, UserError> {
        let before = self.results();
        let page = self.ask(query, offset, "sender").await?;
        self.act(|state, _| {
            let search = state.chats.get_mut(&self.id).and_then(|chat| chat.search.as_mut());
            if let Some(answer) = search.and_then(|search| search.answer.as_mut()) {
                answer.results.splice(0..0, before);
            }
        });
        Ok(page)
    }

    /// Types `@bot query` in another kind of chat ("private", "group", "supergroup", "channel").
    ///
    /// # Errors
    /// When the bot does not answer in time.
    pub async fn search_in(&self, chat_type: &str, query: &str) -> Result<InlineAnswer, UserError> {
        self.ask(query, "", chat_type).await
    }

    /// The results that are listed now.
    #[must_use]
    pub fn results(&self) -> Vec<InlineResult> {
        let listed = |search: &Search| search.answer.as_ref().map(|answer| answer.results.clone());
        self.read(|chat| chat.search.as_ref().and_then(listed)).flatten().unwrap_or_default()
    }

    /// Picks the listed result with this title: its message goes to the private chat with `via_bot`.
    ///
    /// # Errors
    /// When no such result is listed.
    pub fn pick(&self, title: &str) -> Result<i64, UserError> {
        let result = self.result(title)?;
        Ok(self.send_result(&result, true))
    }

    /// As [`SimUser::pick`], from a client that hides `via_bot`.
    ///
    /// # Errors
    /// When no such result is listed.
    pub fn pick_hidden(&self, title: &str) -> Result<i64, UserError> {
        let result = self.result(title)?;
        Ok(self.send_result(&result, false))
    }

    /// The listed result with this title: exactly, by its beginning, or by a part.
    ///
    /// # Errors
    /// When no such result is listed.
    pub fn result(&self, title: &str) -> Result<InlineResult, UserError> {
        let results = self.results();
        let wanted = plain(title).trim().to_owned();
        match best_match(results.iter().map(|result| result.title.as_str()), &wanted) {
            Some(index) => Ok(results[index].clone()),
            None => {
                let titles: Vec<String> = results.iter().map(|result| plain(&result.title)).collect();
                Err(UserError::NoResult { title: title.to_owned(), list: titles.join("\n") })
            }
        }
    }

    /// Sends a result's message, even one of an earlier list.
    pub fn send_result(&self, result: &InlineResult, via_bot: bool) -> i64 {
        self.act(|state, now_ms| {
            let id = state.message_id();
            let mut message = Message::text(id, now_ms, result.text.clone(), result.entities.clone());
            message.markup.clone_from(&result.markup);
            message.via_bot = via_bot;
            deliver(state, self.id, message, now_ms)
        })
    }

    async fn ask(&self, query: &str, offset: &str, chat_type: &str) -> Result<InlineAnswer, UserError> {
        let query: String = query.chars().take(256).collect();
        let id = self.act(|state, now_ms| {
            let id = state.query_id();
            let answer = inline::cached(state, self.id, &query, offset, now_ms);
            let known = answer.is_some();
            let Some(chat) = state.chats.get_mut(&self.id) else { return id };
            chat.search = Some(Search { id: id.clone(), answer });
            if known {
                return id;
            }
            let asked = json!({
                "id": id, "from": chat.user, "chat_type": chat_type, "query": query, "offset": offset,
            });
            let open = OpenSearch { user: self.id, made_ms: now_ms, query: query.clone(), offset: offset.to_owned() };
            state.searches.insert(id.clone(), open);
            state.updates.push("inline_query", &asked, now_ms);
            id
        });
        let look = |state: &mut super::state::State| {
            let search = state.chats.get(&self.id)?.search.as_ref().filter(|search| search.id == id)?;
            search.answer.clone()
        };
        let found = self.until(look).await;
        found.ok_or_else(|| UserError::NoAnswer { what: format!("the query {query:?}"), chat: self.chat() })
    }
}
