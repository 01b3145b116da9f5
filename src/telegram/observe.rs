//! What whoever counts or traces may know of the driver's work: closed lists and durations, never a person, a text or
//! an id of Telegram's.

use crate::host::Presence;
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
