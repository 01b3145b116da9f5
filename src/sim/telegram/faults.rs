//! Failures of Telegram that a test can order: by method, by chat, a number of times.

use std::time::Duration;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TelegramFault {
    /// 429 with this `retry_after` in seconds; nothing is applied.
    TooManyRequests(u32),
    /// An error answer with this code and description; nothing is applied.
    Refuse(u16, String),
    /// An HTML page with this status, as a proxy in front of Telegram writes it.
    BadGateway(u16),
    /// The connection closes and nothing is applied.
    DropBefore,
    /// The call is applied and the connection closes without an answer.
    DropAfter,
    /// The call is answered as if it were applied, and nobody sees anything of it.
    Unseen,
    /// The call is applied and the answer never comes while the connection stays open.
    HangAfter,
    /// The call is answered after this long.
    Delay(Duration),
    /// The call is applied and answered 200 with this body.
    Garbage(String),
}

#[derive(Clone, Debug)]
struct Ordered {
    id: u64,
    method: String,
    chat: Option<i64>,
    fault: TelegramFault,
    left: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Faults {
    ordered: Vec<Ordered>,
    last_id: u64,
}

impl Faults {
    /// Orders a failure; its number names it from now on.
    pub(crate) fn add(&mut self, method: &str, chat: Option<i64>, times: u32, fault: TelegramFault) -> u64 {
        self.last_id += 1;
        self.ordered.push(Ordered { id: self.last_id, method: method.to_lowercase(), chat, fault, left: times });
        self.last_id
    }

    pub(crate) fn clear(&mut self) {
        self.ordered.clear();
    }

    /// How often this failure is still to come.
    pub(crate) fn left(&self, id: u64) -> u32 {
        self.ordered.iter().find(|one| one.id == id).map_or(0, |one| one.left)
    }

    /// Forgets one failure.
    pub(crate) fn forget(&mut self, id: u64) {
        self.ordered.retain(|one| one.id != id);
    }

    /// The fault for this call, if one was ordered; counts it down.
    pub(crate) fn take(&mut self, method: &str, chat: Option<i64>) -> Option<TelegramFault> {
        let meant =
            |one: &Ordered| (one.method == "*" || one.method == method) && (one.chat.is_none() || one.chat == chat);
        let index = self.ordered.iter().position(meant)?;
        self.ordered[index].left = self.ordered[index].left.saturating_sub(1);
        if self.ordered[index].left == 0 {
            return Some(self.ordered.remove(index).fault);
        }
        Some(self.ordered[index].fault.clone())
    }
}

impl TelegramFault {
    /// Reads a fault from words: `429 2`, `401`, `502`, `drop-before`, `drop-after`, `unseen`, `hang`, `delay 2s`, `garbage {}`.
    ///
    /// # Errors
    /// A sentence when the words name no fault.
    pub fn parse(words: &[&str]) -> Result<Self, String> {
        let (first, rest) = words.split_first().ok_or("name a fault")?;
        let detail = rest.join(" ");
        Ok(match *first {
            "429" => Self::TooManyRequests(detail.parse().unwrap_or(1)),
            "401" => Self::Refuse(401, "Unauthorized".to_owned()),
            "403" => Self::Refuse(403, "Forbidden: bot was blocked by the user".to_owned()),
            "drop-before" => Self::DropBefore,
            "drop-after" => Self::DropAfter,
            "unseen" => Self::Unseen,
            "hang" => Self::HangAfter,
            "delay" => Self::Delay(crate::clock::parse_duration(&detail).ok_or("delay needs a duration")?),
            "garbage" => Self::Garbage(detail),
            code => match code.parse::<u16>() {
                Ok(code @ 500..=599) if detail.is_empty() => Self::BadGateway(code),
                Ok(code @ 400..=599) => Self::Refuse(code, detail),
                Ok(_) | Err(_) => return Err(format!("unknown Telegram fault {code}")),
            },
        })
    }
}
