//! An order and its states. What is durable before each call to a supplier is the heart of the purchase protocol:
//! an order in [`State::Buying`] may have been charged, and is never bought again.

use serde::{Deserialize, Serialize};

use crate::catalogue::Product;
use crate::pool::{ListedOrder, Message};
use crate::server::Rentals;
use crate::{
    CountryId, ErrorCode, Money, OrderId, Phone, QuoteId, ServerId, ServiceId, SupplierOrderId, UnixSeconds, UserId,
};

/// How long a quote may be bought at, in seconds.
pub const QUOTE_LIFE_S: i64 = 120;
/// How long a reserved order may wait for its purchase call, in seconds.
pub const RESERVED_LIFE_S: i64 = 20;
/// When an ambiguous purchase without a match is given back, in seconds after it was sent.
pub const AMBIGUOUS_LIFE_S: i64 = 180;
/// How long after the sending a clean miss may count, in seconds.
pub const CLEAN_MISS_AFTER_S: i64 = 90;
/// How many clean misses prove that nothing was bought.
pub const CLEAN_MISSES_NEEDED: u8 = 3;
/// How long a closing order waits for the supplier's refund, in seconds.
pub const CLOSE_LIFE_S: i64 = 600;
/// How much earlier than the supplier's our own refund window of a rental ends, in seconds: a cancel takes a moment.
pub const REFUND_WINDOW_SLACK_S: i64 = 60;
/// How long a refunded order is still watched for a late message, in seconds.
pub const LATE_WATCH_S: i64 = 1_800;
/// How long a rental may take to wake, in seconds.
pub const WAKING_MAX_S: i64 = 120;
/// How long one is watched on where that time was over before anybody looked, in seconds.
pub const LAST_LOOK_S: i64 = 150;

/// What a user wants: the same for a quote and an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// From which server.
    pub server: ServerId,
    /// Temporary, or a rental of so many days.
    pub product: Product,
    /// Where, by the supplier's number.
    pub country: CountryId,
    /// The country's ISO code at that time: ids may be reused.
    pub iso2: String,
    /// For which service, by the supplier's number.
    pub service: ServiceId,
    /// The service's name in the supplier's list at that time.
    pub service_name: String,
    /// The rental product, for rentals.
    pub rental_product: Option<u32>,
    /// Seconds within which an unused rental may be given back; `None`: never (or not a rental).
    pub refund_within_s: Option<u32>,
    /// The rental that is to be extended; `None` where a number is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extends: Option<OrderId>,
}

/// A price that was shown to one user. It is the only price: what it says is what is charged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// Its name.
    pub id: QuoteId,
    /// To whom it was shown.
    pub user: UserId,
    /// For what.
    pub wish: Wish,
    /// What the supplier charges.
    pub cost: Money,
    /// What the user pays.
    pub price: Money,
    /// When it was shown.
    pub quoted_at: UnixSeconds,
    /// The order that used it.
    pub used_by: Option<OrderId>,
}

/// A number that a user wants, has or had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its name.
    pub id: OrderId,
    /// Whose.
    pub user: UserId,
    /// For what.
    pub wish: Wish,
    /// The quote that it used.
    pub quote: QuoteId,
    /// The order whose number is reused here, for another code.
    pub parent: Option<OrderId>,
    /// What the user pays.
    pub price: Money,
    /// What the supplier was to charge, when the price was quoted.
    pub quoted_cost: Money,
    /// Where it stands.
    pub state: State,
    /// When it was made.
    pub created_at: UnixSeconds,
    /// What the supplier gave; from [`State::Active`] on. An extension has none: the number is its rental's.
    pub number: Option<Number>,
    /// What an extension brought, once the supplier was paid for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended: Option<Extended>,
    /// Received messages, oldest first.
    pub messages: Vec<Received>,
    /// When it ended.
    pub ended_at: Option<UnixSeconds>,
    /// When a supplier was last asked about it.
    pub checked_at: Option<UnixSeconds>,
    /// When another code was asked for.
    #[serde(default)]
    pub resend_asked_at: Option<UnixSeconds>,
    /// Our balance at the supplier just before the purchase call, where it lists no orders: what it took shows there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance_before: Option<Money>,
    /// What became of the last wish to wake it; `None`: there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wake: Option<Wake>,
    /// Until when the supplier's side is watched after the end (a second message, a late one, a late refund).
    pub watched_until: Option<UnixSeconds>,
}

/// What the supplier gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Number {
    /// The supplier's id of the order.
    pub supplier_id: SupplierOrderId,
    /// The phone number.
    pub phone: Phone,
    /// What the supplier charged.
    pub cost: Money,
    /// The supplier's sub-stock, where named.
    pub pool: Option<u32>,
    /// When it was issued.
    pub bought_at: UnixSeconds,
    /// When it ends.
    pub expires_at: UnixSeconds,
}

/// What an extension brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extended {
    /// What the supplier charged.
    pub cost: Money,
    /// The rental's new end.
    pub until: UnixSeconds,
}

/// What became of the wish to wake a rental.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wake {
    /// The supplier is being asked.
    Asked {
        /// Since when.
        at: UnixSeconds,
    },
    /// It is awake.
    Awake {
        /// Until when.
        until: UnixSeconds,
    },
    /// The supplier could not.
    Failed {
        /// When.
        at: UnixSeconds,
    },
}

/// Whether a rental that sleeps can receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sleep {
    /// It cannot: it must be woken first.
    Asleep,
    /// The same, and the last try to wake it failed.
    NotWoken,
    /// It is being woken.
    Waking,
    /// It can.
    Awake {
        /// Until when.
        until: UnixSeconds,
    },
}

/// A message with its time of arrival here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// The message.
    pub message: Message,
    /// When it was stored.
    pub at: UnixSeconds,
}

/// Where an order stands. The comment on each says where the money is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, strum::EnumDiscriminants)]
#[serde(rename_all = "snake_case")]
#[strum_discriminants(
    name(StateKind),
    derive(PartialOrd, Ord, strum::IntoStaticStr, strum::EnumIter),
    doc = "The kinds of [`State`]."
)]
pub enum State {
    /// Held. No supplier was contacted: every way out is free.
    Reserved,
    /// Held. The purchase call was, or is about to be, made: once and never again.
    Buying {
        /// Which life of the process made it.
        boot: u64,
        /// When.
        sent_at: UnixSeconds,
    },
    /// Held. The answer is unknown: the supplier may have charged us.
    Ambiguous {
        /// When the call was made.
        sent_at: UnixSeconds,
        /// How often complete lists did not show it.
        clean_misses: u8,
    },
    /// Held; the supplier was paid. Waiting for a message.
    Active,
    /// Held; the supplier was paid. Getting the money back from it, if no message comes first.
    Closing {
        /// Why.
        reason: CloseReason,
        /// When the user gets the money back, whatever the supplier says.
        deadline: UnixSeconds,
        /// When the supplier is asked next.
        next_try: UnixSeconds,
    },
    /// Captured. A message was received, or a rental can no longer be given back.
    Done,
    /// Released: the user has the money back.
    Refunded(RefundReason),
}

/// Why an order is being closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseReason {
    /// The user wants it.
    Cancel,
    /// Its time is up.
    Expiry,
}

/// Why a user got the money back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundReason {
    /// The supplier said no.
    Refused(ErrorCode),
    /// The price rose above what was shown.
    PriceChanged,
    /// It waited too long for its turn, or sales were stopped meanwhile.
    NotStarted,
    /// It turned out that nothing was bought.
    NotBought,
    /// Nobody could find out in time; the user does not wait for it.
    Unknown,
    /// The user cancelled.
    Cancelled,
    /// No message came in time.
    Expired,
}

impl Wish {
    /// Whether a row of the supplier's lists is for the same service in the same country.
    #[must_use]
    pub fn is_kind_of(&self, row: &ListedOrder) -> bool {
        row.iso2.eq_ignore_ascii_case(&self.iso2)
            && row.service_name.trim().eq_ignore_ascii_case(self.service_name.trim())
    }
}

impl Order {
    /// The same without what was received, whose it is and which number it is: what a screen says of it is left.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        let number = self.number.clone().map(|number| Number {
            supplier_id: SupplierOrderId::anonymous(),
            phone: number.phone.masked(),
            ..number
        });
        let messages = self.messages.iter();
        let messages =
            messages.map(|received| Received { message: received.message.anonymous(), ..*received }).collect();
        Self { user: UserId(0), number, messages, ..self.clone() }
    }

    /// Whether the user's money is held for it.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        !matches!(self.state, State::Done | State::Refunded(_))
    }

    /// Whether it belongs under “my numbers” at this time: open, or a number that can still receive.
    #[must_use]
    pub fn is_listed(&self, now: UnixSeconds) -> bool {
        if self.is_extension() {
            // Its number is listed as its rental's.
            return false;
        }
        let receives =
            matches!(self.state, State::Done) && self.number.as_ref().is_some_and(|number| now < number.expires_at);
        self.is_open() || receives
    }

    /// Whether it is a rental.
    #[must_use]
    pub const fn is_rental(&self) -> bool {
        matches!(self.wish.product, Product::Rental(_))
    }

    /// Whether it extends a rental.
    #[must_use]
    pub const fn is_extension(&self) -> bool {
        self.wish.extends.is_some()
    }

    /// Whether it can receive now, where its server's rentals sleep; `None`: it never sleeps, or has ended.
    #[must_use]
    pub fn sleep(&self, now: UnixSeconds) -> Option<Sleep> {
        let sleeps = self.is_rental() && self.wish.server.profile().rentals == Rentals::Sleep;
        let number = self.number.as_ref().filter(|number| sleeps && now < number.expires_at)?;
        if !matches!(self.state, State::Active | State::Done) {
            return None;
        }
        Some(match self.wake {
            Some(Wake::Asked { at }) if (0..WAKING_MAX_S).contains(&(now - at)) => Sleep::Waking,
            Some(Wake::Awake { until }) if now < until => Sleep::Awake { until: until.min(number.expires_at) },
            Some(Wake::Asked { .. } | Wake::Failed { .. }) => Sleep::NotWoken,
            Some(Wake::Awake { .. }) | None => Sleep::Asleep,
        })
    }

    /// The newest code.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.messages.iter().rev().find_map(|received| received.message.code.as_deref())
    }

    /// Whether a cancel can be wished for now: nothing received, not closing, and for rentals inside the window.
    #[must_use]
    pub fn can_cancel(&self, now: UnixSeconds) -> bool {
        let waiting = matches!(self.state, State::Reserved | State::Active) && self.messages.is_empty();
        waiting && (!self.is_rental() || self.refund_ends_at().is_some_and(|end| now < end))
    }

    /// Whether a row of the supplier's lists is another code on its number that its user asked for.
    #[must_use]
    pub fn has_asked_for(&self, row: &ListedOrder) -> bool {
        let has_asked = self.state == State::Done && self.resend_asked_at.is_some();
        let on_it = self.number.as_ref().is_some_and(|number| Some(&number.phone) == row.phone.as_ref());
        has_asked && on_it && self.wish.is_kind_of(row)
    }

    /// When an unused rental can no longer be given back; `None` where it never can, or there is no number.
    #[must_use]
    pub fn refund_ends_at(&self) -> Option<UnixSeconds> {
        let number = self.number.as_ref()?;
        let within_s = self.wish.refund_within_s.map(i64::from)?;
        Some(number.bought_at + (within_s - REFUND_WINDOW_SLACK_S).max(0))
    }

    /// How far the order has come, counted up with each change that its card shows; a stale press carries an older one.
    #[must_use]
    pub fn kind(&self) -> StateKind {
        StateKind::from(&self.state)
    }
}
