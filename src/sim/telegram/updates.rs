//! `getUpdates` and its queue: confirming by offset, long polling, forgetting, and the conflict of two pollers.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use serde_json::{Value, json};

use super::state::{Refusal, Shared, State};
use crate::request::Params;

const BATCH_MAX: usize = 100;
const POLL_MAX_S: u64 = 50;
const MINUTE_MS: i64 = 60_000;
/// How many updates are remembered for whoever looks on.
const MADE_MAX: usize = 1_000;

/// Kinds that are delivered only when asked for by name.
const UNUSUAL: [&str; 3] = ["chat_member", "message_reaction", "message_reaction_count"];

#[derive(Clone, Debug)]
struct Waiting {
    id: i64,
    expires_ms: i64,
    body: String,
}

/// Updates that the bot has not confirmed.
#[derive(Debug)]
pub(crate) struct Updates {
    next_id: i64,
    queue: VecDeque<Waiting>,
    /// Already confirmed updates that are delivered once more.
    again: Vec<String>,
    last: Option<String>,
    /// What was made lately, with its place among all, for whoever looks on.
    made: VecDeque<(u64, String)>,
    made_count: u64,
    allowed: Option<HashSet<String>>,
    /// Counts pollers: an older one notices that a newer one came.
    pollers: u64,
    pub(crate) webhook: Option<Webhook>,
}

/// Where updates are pushed to instead of being polled.
#[derive(Clone, Debug, Default)]
pub(crate) struct Webhook {
    pub(crate) url: String,
    pub(crate) secret: Option<String>,
    pub(crate) last_error: Option<(i64, String)>,
    pub(crate) serial: u64,
}

impl Updates {
    pub(crate) fn new(first_id: i64) -> Self {
        Self {
            next_id: first_id,
            queue: VecDeque::new(),
            again: Vec::new(),
            last: None,
            made: VecDeque::new(),
            made_count: 0,
            allowed: None,
            pollers: 0,
            webhook: None,
        }
    }

    /// Queues an update of this kind; returns its id, or nothing when the bot did not ask for the kind.
    pub(crate) fn push(&mut self, kind: &str, content: &Value, now_ms: i64) -> Option<i64> {
        let wanted = match &self.allowed {
            Some(allowed) if !allowed.is_empty() => allowed.contains(kind),
            Some(_) | None => !UNUSUAL.contains(&kind),
        };
        if !wanted {
            return None;
        }
        let life_ms = match kind {
            "callback_query" => 150_000,
            "inline_query" => MINUTE_MS / 2,
            _ => 24 * 60 * MINUTE_MS,
        };
        let id = self.next_id;
        self.push_body(format!("{{\"update_id\":{id},\"{kind}\":{content}}}"), now_ms + life_ms);
        Some(id)
    }

    /// Queues a whole update as it is, apart from its id.
    pub(crate) fn push_raw(&mut self, mut update: Value, now_ms: i64) -> i64 {
        let id = self.next_id;
        if let Some(fields) = update.as_object_mut() {
            fields.insert("update_id".to_owned(), json!(id));
        }
        self.push_body(update.to_string(), now_ms + 24 * 60 * MINUTE_MS);
        id
    }

    fn push_body(&mut self, body: String, expires_ms: i64) {
        self.last = Some(body.clone());
        self.made_count += 1;
        if self.made.len() >= MADE_MAX {
            self.made.pop_front();
        }
        self.made.push_back((self.made_count, body.clone()));
        self.queue.push_back(Waiting { id: self.next_id, expires_ms, body });
        self.next_id += 1;
    }

    /// Delivers the newest update a second time, confirmed or not.
    pub(crate) fn repeat_last(&mut self) -> bool {
        self.again.extend(self.last.clone());
        self.last.is_some()
    }

    /// The updates that were made after this place, oldest first; only the newest are remembered.
    pub(crate) fn made_after(&self, place: u64) -> Vec<(u64, String)> {
        self.made.iter().filter(|(made, _)| *made > place).cloned().collect()
    }

    /// How many updates were made so far.
    pub(crate) fn made_count(&self) -> u64 {
        self.made_count
    }

    /// From now on ids start here, as after a quiet week; waiting updates are kept under their ids.
    pub(crate) fn restart_ids(&mut self, next_id: i64) {
        self.next_id = next_id;
    }

    #[cfg(test)]
    pub(crate) fn pollers(&self) -> u64 {
        self.pollers
    }

    pub(crate) fn waiting(&self) -> usize {
        self.queue.len()
    }

    pub(crate) fn allow(&mut self, kinds: Option<&Value>) {
        if let Some(kinds) = kinds.and_then(Value::as_array) {
            self.allowed = Some(kinds.iter().filter_map(|kind| kind.as_str().map(str::to_owned)).collect());
        }
    }

    pub(crate) fn allowed(&self) -> Vec<String> {
        let mut kinds: Vec<_> = self.allowed.iter().flatten().cloned().collect();
        kinds.sort();
        kinds
    }

    /// Forgets what the offset confirms. An offset beyond the newest id confirms nothing, as after a restart of ids.
    pub(crate) fn confirm(&mut self, offset: i64) {
        if offset < 0 {
            let keep = usize::try_from(-offset).unwrap_or(usize::MAX);
            self.queue.drain(..self.queue.len().saturating_sub(keep));
        } else if offset <= self.next_id {
            while self.queue.front().is_some_and(|waiting| waiting.id < offset) {
                self.queue.pop_front();
            }
        }
    }

    pub(crate) fn confirm_all(&mut self) {
        self.queue.clear();
    }

    /// The next updates, without those that Telegram has forgotten meanwhile.
    pub(crate) fn batch(&mut self, limit: usize, now_ms: i64) -> Vec<String> {
        if self.queue.iter().take(limit).any(|waiting| waiting.expires_ms <= now_ms) {
            self.queue.retain(|waiting| waiting.expires_ms > now_ms);
        }
        let mut bodies = std::mem::take(&mut self.again);
        bodies.extend(self.queue.iter().take(limit).map(|waiting| waiting.body.clone()));
        bodies
    }

    /// The oldest waiting update with its id, for the webhook.
    pub(crate) fn first(&mut self, now_ms: i64) -> Option<(i64, String)> {
        let body = self.batch(1, now_ms).into_iter().next()?;
        Some((self.queue.front().map_or(0, |waiting| waiting.id), body))
    }
}

/// Serves one `getUpdates`; the answer is the finished JSON array.
pub(crate) async fn poll(shared: &Shared, params: &Params) -> Result<String, Refusal> {
    let limit = params.integer("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(BATCH_MAX);
    let limit = limit.clamp(1, BATCH_MAX);
    let timeout_s = params.integer("timeout").and_then(|timeout| u64::try_from(timeout).ok()).unwrap_or(0);
    let mine = begin(&mut shared.lock(), params)?;
    // An older poller wakes up and sees that it was replaced.
    shared.arrived.notify_waiters();
    let end = tokio::time::Instant::now() + Duration::from_secs(timeout_s.min(POLL_MAX_S));
    loop {
        let arrived = shared.arrived.notified();
        tokio::pin!(arrived);
        arrived.as_mut().enable();
        {
            let mut state = shared.lock();
            if state.updates.pollers != mine {
                return Err(conflict(
                    "terminated by other getUpdates request; make sure that only one bot instance is running",
                ));
            }
            let batch = state.updates.batch(limit, shared.clock.now());
            if !batch.is_empty() {
                return Ok(format!("[{}]", batch.join(",")));
            }
        }
        if tokio::time::timeout_at(end, arrived).await.is_err() {
            return Ok("[]".to_owned());
        }
    }
}

fn begin(state: &mut State, params: &Params) -> Result<u64, Refusal> {
    if state.updates.webhook.is_some() {
        return Err(conflict(
            "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
        ));
    }
    state.updates.allow(params.json("allowed_updates")?.as_ref());
    if let Some(offset) = params.integer("offset").filter(|offset| *offset != 0) {
        state.updates.confirm(offset);
    }
    state.updates.pollers += 1;
    Ok(state.updates.pollers)
}

fn conflict(reason: &str) -> Refusal {
    Refusal::new(409, format!("Conflict: {reason}"))
}

/// `setWebhook`: remembered; updates go to plain http on loopback, or nowhere if the address is not local.
pub(crate) fn set_webhook(state: &mut State, params: &Params) -> Result<Value, Refusal> {
    let url = params.word("url").unwrap_or_default();
    if url.is_empty() {
        return Ok(delete_webhook(state, params));
    }
    let local = url.starts_with("http://127.0.0.1") || url.starts_with("http://localhost");
    if !local && !url.starts_with("https://") {
        return Err(Refusal::bad_request("bad webhook: An HTTPS URL must be provided for webhook"));
    }
    let secret = params.word("secret_token");
    let valid = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    if secret.as_deref().is_some_and(|secret| secret.len() > 256 || !secret.chars().all(valid)) {
        return Err(Refusal::bad_request("secret token contains unallowed characters"));
    }
    state.updates.allow(params.json("allowed_updates")?.as_ref());
    if params.flag("drop_pending_updates") {
        state.updates.confirm_all();
    }
    state.updates.pollers += 1;
    let serial = state.updates.pollers;
    state.updates.webhook = Some(Webhook { url, secret, last_error: None, serial });
    Ok(json!(true))
}

/// `deleteWebhook`.
pub(crate) fn delete_webhook(state: &mut State, params: &Params) -> Value {
    if params.flag("drop_pending_updates") {
        state.updates.confirm_all();
    }
    state.updates.webhook = None;
    json!(true)
}

/// `getWebhookInfo`.
pub(crate) fn webhook_info(state: &State) -> Value {
    let mut info = json!({
        "url": state.updates.webhook.as_ref().map_or("", |webhook| webhook.url.as_str()),
        "has_custom_certificate": false,
        "pending_update_count": state.updates.waiting(),
    });
    let allowed = state.updates.allowed();
    if !allowed.is_empty() {
        info["allowed_updates"] = json!(allowed);
    }
    if let Some((at_ms, error)) = state.updates.webhook.as_ref().and_then(|webhook| webhook.last_error.clone()) {
        info["last_error_date"] = json!(at_ms / 1000);
        info["last_error_message"] = json!(error);
    }
    info
}
