//! Failures of the supplier that a test can order: by endpoint, a number of times.

use std::collections::VecDeque;
use std::time::Duration;

use crate::clock::parse_duration;

/// What goes wrong. "After" means that the request is carried out first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PoolFault {
    /// This HTTP status and body; nothing is carried out.
    Status(u16, String),
    /// A Cloudflare page with this status; nothing is carried out.
    Cloudflare(u16),
    /// Carried out, answered with a Cloudflare page with this status.
    CloudflareAfter(u16),
    /// 429 with or without `Retry-After` seconds.
    TooManyRequests(Option<u32>),
    /// No numbers are left; nothing is carried out.
    OutOfStock,
    /// Our balance is too small; nothing is carried out.
    NoBalance,
    /// Nothing is sold at our price; nothing is carried out.
    PriceNotFound,
    /// The block after too many failed purchases.
    TooManyFailed,
    /// As with a revoked key or a changed password.
    InvalidKey,
    /// Too early to give an order back.
    CancelLocked,
    /// A refusal in the supplier's usual shape, with this message.
    Refused(String),
    /// No answer, the connection stays open; nothing is carried out.
    HangBefore,
    /// No answer, the connection stays open; the request was carried out.
    HangAfter,
    /// The connection closes; nothing is carried out.
    ResetBefore,
    /// The connection closes; the request was carried out.
    ResetAfter,
    /// The answer comes this much later in real time.
    Delay(Duration),
    /// Carried out, answered one byte a second.
    SlowLoris,
    /// Carried out, answered with this many bytes.
    HugeBody(usize),
    /// Carried out, answered 200 without a body.
    EmptyBody,
    /// Carried out, the JSON ends in the middle.
    TruncatedJson,
    /// Carried out, answered 200 with this body.
    Garbage(String),
    /// Carried out; integers come as text, amounts as numbers, numbers with "+", `success` as true.
    VariedTypes,
    /// Carried out; lists come as objects keyed "0", "1".
    ListsAsObjects,
    /// Carried out; `number` and `phonenumber` are empty.
    EmptyNumber,
    /// Carried out; `order_id` is missing.
    MissingOrderId,
    /// Carried out; `order_id` is that of the first order.
    DuplicateOrderId,
    /// The next purchase is in no list for so long; goes together with another fault.
    Hidden(Duration),
}

#[derive(Clone, Debug)]
struct Ordered {
    id: u64,
    endpoint: String,
    fault: PoolFault,
    left: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Faults {
    ordered: Vec<Ordered>,
    /// How long the next orders stay hidden, one entry per order.
    hidden: VecDeque<Duration>,
    last_id: u64,
}

impl Faults {
    /// Orders a failure; its number names it from now on.
    pub(crate) fn add(&mut self, endpoint: &str, times: u32, fault: PoolFault) -> u64 {
        self.last_id += 1;
        if let PoolFault::Hidden(duration) = fault {
            self.hidden.extend((0..times).map(|_| duration));
        } else {
            self.ordered.push(Ordered { id: self.last_id, endpoint: endpoint.to_owned(), fault, left: times });
        }
        self.last_id
    }

    pub(crate) fn clear(&mut self) {
        (self.ordered, self.hidden) = Default::default();
    }

    /// How often this failure is still to come.
    pub(crate) fn left(&self, id: u64) -> u32 {
        self.ordered.iter().find(|one| one.id == id).map_or(0, |one| one.left)
    }

    /// Forgets one failure.
    pub(crate) fn forget(&mut self, id: u64) {
        self.ordered.retain(|one| one.id != id);
    }

    /// The fault for this request, if one was ordered; counts it down.
    pub(crate) fn take(&mut self, endpoint: &str) -> Option<PoolFault> {
        let meant = |one: &Ordered| one.endpoint == "*" || one.endpoint == endpoint;
        let index = self.ordered.iter().position(meant)?;
        self.ordered[index].left = self.ordered[index].left.saturating_sub(1);
        if self.ordered[index].left == 0 {
            return Some(self.ordered.remove(index).fault);
        }
        Some(self.ordered[index].fault.clone())
    }

    /// How long the order that is being made stays hidden.
    pub(crate) fn take_hidden(&mut self) -> Option<Duration> {
        self.hidden.pop_front()
    }
}

impl PoolFault {
    /// Reads a fault from words: `out-of-stock`, `429 30`, `502`, `cloudflare-after 502`, `hang-after`, `delay 2s`, `hidden 70s`, `garbage []`.
    ///
    /// # Errors
    /// A sentence when the words name no fault.
    pub fn parse(words: &[&str]) -> Result<Self, String> {
        let (first, rest) = words.split_first().ok_or("name a fault")?;
        let detail = rest.join(" ");
        let duration = || parse_duration(&detail).ok_or(format!("{first} needs a duration"));
        Ok(match *first {
            "out-of-stock" => Self::OutOfStock,
            "balance" => Self::NoBalance,
            "price-not-found" => Self::PriceNotFound,
            "too-many-failed" => Self::TooManyFailed,
            "invalid-key" => Self::InvalidKey,
            "locked" => Self::CancelLocked,
            "refused" => Self::Refused(detail),
            "cloudflare" => Self::Cloudflare(detail.parse().unwrap_or(502)),
            "cloudflare-after" => Self::CloudflareAfter(detail.parse().unwrap_or(502)),
            "hang-before" => Self::HangBefore,
            "hang-after" => Self::HangAfter,
            "reset-before" => Self::ResetBefore,
            "reset-after" => Self::ResetAfter,
            "delay" => Self::Delay(duration()?),
            "hidden" => Self::Hidden(duration()?),
            "slow-loris" => Self::SlowLoris,
            "huge" => Self::HugeBody(detail.parse().unwrap_or(100_000_000)),
            "empty" => Self::EmptyBody,
            "truncated" => Self::TruncatedJson,
            "garbage" => Self::Garbage(detail),
            "varied" => Self::VariedTypes,
            "lists-as-objects" => Self::ListsAsObjects,
            "empty-number" => Self::EmptyNumber,
            "missing-order-id" => Self::MissingOrderId,
            "duplicate-order-id" => Self::DuplicateOrderId,
            "429" => Self::TooManyRequests(detail.parse().ok()),
            code => match code.parse::<u16>() {
                Ok(code @ 500..=599) if detail.is_empty() => Self::Cloudflare(code),
                Ok(code) => Self::Status(code, detail),
                Err(_) => return Err(format!("unknown supplier fault {code}")),
            },
        })
    }
}
