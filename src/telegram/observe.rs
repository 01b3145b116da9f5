//! What whoever counts or traces may know of the driver's work: closed lists and durations, never a person, a text or
//! an id of Telegram's.

use std::sync::Arc;
use std::time::Duration;

use engine::token::Stale;
use engine::{Reason, Taken};

use crate::host::{Delivery, Presence};
use crate::input::{Button, What};

/// What kind of update came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::IntoStaticStr, strum::EnumIter)]
#[strum(serialize_all = "snake_case")]
pub enum UpdateKind {
    /// A command in the private chat.
    Command,
    /// A search result that stands for something.
    Pick,
    /// A search result that only explains.
    Explanation,
    /// Something typed.
    Text,
    /// A photo, a sticker and the like.
    NotUnderstood,
    /// A press on the session's screen.
    Press,
    /// A press on a card.
    CardPress,
    /// A press where none of our buttons should be.
    ForeignPress,
    /// An inline query.
    Inline,
    /// The person blocked the bot.
    Gone,
    /// The person is back.
    Back,
    /// The bot was addressed in a group.
    Elsewhere,
    /// Of no use to us.
    Ignored,
    /// Not what Telegram writes.
    Unreadable,
}

impl UpdateKind {
    /// The kind of something that could be read.
    pub(crate) const fn of(what: &What) -> Self {
        match what {
            What::Command { .. } => Self::Command,
            What::Pick { .. } => Self::Pick,
            What::Explanation { .. } => Self::Explanation,
            What::Text { .. } => Self::Text,
            What::NotUnderstood => Self::NotUnderstood,
            What::Press(press) => match press.button {
                Button::Token(_) => Self::Press,
                Button::Card(_) => Self::CardPress,
                Button::Elsewhere | Button::NotYours => Self::ForeignPress,
            },
            What::Inline { .. } => Self::Inline,
            What::Presence(Presence::Gone) => Self::Gone,
            What::Presence(Presence::Back) => Self::Back,
            What::Elsewhere { .. } => Self::Elsewhere,
        }
    }

    /// Its name, for labels and spans.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// Something that the driver has seen or done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Seen<'a> {
    /// An update came in for the first time.
    Update(UpdateKind),
    /// An update is handled: its step, if there is one, is stored.
    Handled {
        /// What it was.
        kind: UpdateKind,
        /// Since it came in.
        took: Duration,
    },
    /// A press is answered, as far as Telegram could be reached, this long after it came in.
    Answered(Duration),
    /// A stored step took a flow this way.
    Taken(&'a Taken),
    /// An event changes nothing.
    Ignored {
        /// Which flow it was given; `None` where it was none for the shown flow.
        taken: Option<&'a Taken>,
        /// Why.
        reason: Reason,
    },
    /// A press on a button that does not count any more.
    Stale(Stale),
    /// What changed is shown, this long after it was stored.
    Shown(Duration),
    /// A delivery was tried.
    Delivered {
        /// The host's key of it.
        id: &'a str,
        /// How it ended.
        delivery: &'a Delivery,
        /// Since its person was waked for it.
        took: Duration,
    },
    /// The handling of something panicked.
    Panicked,
    /// A call to Telegram was made.
    Called {
        /// The method's name.
        method: &'static str,
        /// `ok`, or the failure's name, of a closed list.
        result: &'static str,
        /// The pause that Telegram asks for.
        pause: Option<Duration>,
        /// From sending to the whole answer.
        took: Duration,
    },
}

/// Who is told what the driver sees, at once and in the driver's own tasks: it must not wait. Nobody, as a rule.
#[derive(Clone, Default)]
pub struct Observer(Option<Arc<Tell>>);

/// What is called with everything that is seen.
type Tell = dyn Fn(&Seen<'_>) + Send + Sync;

impl Observer {
    /// Somebody who is told.
    #[must_use]
    pub fn new(tell: impl Fn(&Seen<'_>) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(tell)))
    }

    /// Tells it.
    pub(crate) fn see(&self, seen: &Seen<'_>) {
        if let Some(tell) = &self.0 {
            tell(seen);
        }
    }
}
