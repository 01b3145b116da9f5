//! Pushing updates to a webhook on loopback: one at a time, in order, again until it says 200.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::state::Shared;
use super::updates::Webhook;

const ATTEMPT: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(200);

/// Delivers until the webhook is removed or replaced. Addresses that are not local get nothing.
pub(crate) async fn deliver(shared: Arc<Shared>, webhook: Webhook) {
    let Some((host, path)) = split(&webhook.url) else {
        return;
    };
    loop {
        let arrived = shared.arrived.notified();
        tokio::pin!(arrived);
        arrived.as_mut().enable();
        let next = {
            let mut state = shared.lock();
            if state.updates.webhook.as_ref().is_none_or(|current| current.serial != webhook.serial) {
                return;
            }
            state.updates.first(shared.clock.now())
        };
        let Some((id, body)) = next else {
            arrived.await;
            continue;
        };
        let attempt = tokio::time::timeout(ATTEMPT, post(&host, &path, webhook.secret.as_deref(), &body)).await;
        match attempt.unwrap_or_else(|_| Err("Connection timed out".to_owned())) {
            Ok(()) => shared.lock().updates.confirm(id + 1),
            Err(error) => {
                let now_ms = shared.clock.now();
                if let Some(current) = shared.lock().updates.webhook.as_mut() {
                    current.last_error = Some((now_ms, error));
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn split(url: &str) -> Option<(String, String)> {
    let rest = url.strip_prefix("http://")?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    Some((host.to_owned(), format!("/{path}")))
}

async fn post(host: &str, path: &str, secret: Option<&str>, body: &str) -> Result<(), String> {
    let mut stream = TcpStream::connect(host).await.map_err(|error| error.to_string())?;
    let secret = secret.map(|secret| format!("X-Telegram-Bot-Api-Secret-Token: {secret}\r\n")).unwrap_or_default();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\n{secret}Content-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.map_err(|error| error.to_string())?;
    let mut answer = vec![0; 64];
    let length = stream.read(&mut answer).await.map_err(|error| error.to_string())?;
    let line = String::from_utf8_lossy(&answer[..length]).into_owned();
    match line.split(' ').nth(1) {
        Some(code) if code.starts_with('2') => Ok(()),
        code => Err(format!("Wrong response from the webhook: {}", code.unwrap_or("nothing"))),
    }
}
