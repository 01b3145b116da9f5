//! Inline queries take a side door: no mailbox, no step, answered from memory. Only the newest query of a person
//! counts, an old one is not answered any more, and beyond a rate they are dropped, so that nothing else ever waits.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::gate::Pace;
use crate::host::{Host, InlinePage, InlineRequest, InlineResult};
use crate::html;
use crate::input::{Bot, PICK_PREFIX};
use crate::methods::{AnswerInlineQuery, Article, ArticleContent, InlineButton, NO_PREVIEW};
use crate::port::CallError;
use crate::shared::{Shared, count};

/// Telegram takes at most so many results.
const RESULTS_MAX: usize = 50;

/// An inline query to answer.
pub(crate) struct Query {
    pub(crate) update: i64,
    pub(crate) id: String,
    pub(crate) request: InlineRequest,
    pub(crate) arrived: Instant,
}

/// The side door.
pub(crate) struct InlineDoor<H: Host> {
    shared: Arc<Shared<H>>,
    pace: Pace,
    lanes: Semaphore,
    /// Who is being answered, with the query that came meanwhile.
    busy: Mutex<HashMap<u64, Option<Query>>>,
}

impl<H: Host> InlineDoor<H> {
    /// Nobody is being answered yet.
    pub(crate) fn new(shared: Arc<Shared<H>>) -> Arc<Self> {
        let pace = Pace::per_second(shared.limits.inline_per_second);
        let lanes = Semaphore::new(shared.limits.inline_at_once);
        Arc::new(Self { shared, pace, lanes, busy: Mutex::new(HashMap::new()) })
    }

    /// Answers a query, or drops it. Never waits.
    pub(crate) fn take(self: &Arc<Self>, query: Query) {
        let user = query.request.person.id;
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiting) = busy.get_mut(&user) {
            if let Some(superseded) = waiting.replace(query) {
                self.drop_query(superseded.update);
            }
        } else if self.pace.try_turn() {
            busy.insert(user, None);
            let span = tracing::error_span!("inline", user = self.shared.host.pseudonym(user));
            tokio::spawn(Arc::clone(self).answer_all(user, query).instrument(span));
        } else {
            self.drop_query(query.update);
        }
    }

    fn drop_query(&self, update: i64) {
        count(&self.shared.counters.inline_dropped);
        self.shared.mark_handled(update);
    }

    async fn answer_all(self: Arc<Self>, user: u64, first: Query) {
        let _leaving = LeaveOnPanic { door: &self, user };
        let mut next = Some(first);
        while let Some(query) = next {
            let lane = self.lanes.acquire().await;
            let newest = match self.newer(user) {
                Some(newer) => {
                    self.drop_query(query.update);
                    newer
                }
                None => query,
            };
            if newest.arrived.elapsed() <= self.shared.limits.inline_age_max {
                self.answer(newest).await;
            } else {
                self.drop_query(newest.update);
            }
            drop(lane);
            next = self.finish_or_next(user);
        }
    }

    fn newer(&self, user: u64) -> Option<Query> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&user).and_then(Option::take)
    }

    fn finish_or_next(&self, user: u64) -> Option<Query> {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let next = busy.get_mut(&user).and_then(Option::take);
        if next.is_none() {
            busy.remove(&user);
        }
        next
    }

    async fn answer(&self, query: Query) {
        match self.shared.host.inline(&query.request).await {
            Ok(page) => {
                let payload = payload(query.id, page, &self.shared.bot);
                match self.shared.output.port.call(&payload).await {
                    Ok(_) | Err(CallError::TooOld) => {}
                    Err(error) => tracing::warn!(%error, "an inline query was not answered"),
                }
            }
            Err(error) => self.shared.fail(error),
        }
        self.shared.mark_handled(query.update);
    }
}

/// Whoever's answer panicked may ask again.
struct LeaveOnPanic<'a, H: Host> {
    door: &'a InlineDoor<H>,
    user: u64,
}

impl<H: Host> Drop for LeaveOnPanic<'_, H> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.door.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.user);
        }
    }
}

fn payload(id: String, page: InlinePage, bot: &Bot) -> AnswerInlineQuery {
    AnswerInlineQuery {
        inline_query_id: id,
        results: page.results.into_iter().take(RESULTS_MAX).map(|result| article(result, bot)).collect(),
        cache_time: page.cache_s,
        is_personal: true,
        next_offset: page.next_offset,
        button: page.button.map(|(text, start_parameter)| InlineButton { text, start_parameter }),
    }
}

fn article(result: InlineResult, bot: &Bot) -> Article {
    let mut message_text = String::new();
    html::escape_into(&mut message_text, &result.lead);
    if let Some(token) = &result.token {
        message_text.push_str("<a href=\"");
        html::escape_into(&mut message_text, &bot.link(&format!("{PICK_PREFIX}{token}")));
        message_text.push_str("\">");
    }
    html::escape_into(&mut message_text, &result.words);
    if result.token.is_some() {
        message_text.push_str("</a>");
    }
    html::escape_into(&mut message_text, &result.tail);
    if message_text.trim().is_empty() {
        html::escape_into(&mut message_text, &result.title);
    }
    let content = ArticleContent { message_text, parse_mode: "HTML", link_preview_options: NO_PREVIEW };
    Article {
        kind: "article",
        id: result.id,
        title: result.title,
        description: result.description,
        input_message_content: content,
    }
}
