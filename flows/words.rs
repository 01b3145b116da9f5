//! Short notices outside of any flow, and the bot's profile.

use engine::{Lang, Text, direction};
use shop::command::Refusal;

use crate::keys;
use crate::text::{Key, Noun, count, money, say, words as word};

/// Something that the shell has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumIter, strum::IntoStaticStr)]
pub enum Notice {
    /// The button belongs to a screen that is gone.
    OldMenu,
    /// The order belongs to somebody else.
    NotYours,
    /// There is nothing of this name.
    NothingHere,
    /// It was pressed before, and is being done.
    AlreadyDone,
    /// What was chosen is not sold.
    NotForSale,
    /// Words that mean nothing here.
    NotUnderstood,
    /// A text longer than it may be.
    TooLong,
    /// Too many taps.
    Flood,
    /// The last wish is still being worked on.
    Busy,
    /// The person is suspended.
    Suspended,
    /// Not a private chat.
    PrivateOnly,
    /// The label of the button that opens the private chat.
    OpenPrivate,
    /// A mistake of ours.
    Failed,
}

/// What people see of the bot before they talk to it. The strings have their marks set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The bot's name.
    pub name: String,
    /// What an empty chat says.
    pub description: String,
    /// What the profile says.
    pub short_description: String,
    /// The listed commands without slash, each with its description.
    pub commands: Vec<(&'static str, String)>,
}

/// A notice in words.
#[must_use]
pub fn words(notice: Notice, lang: Lang, support_url: Option<&str>) -> Text {
    let key = match notice {
        Notice::OldMenu => keys::WORDS_OLD_MENU,
        Notice::NotYours => keys::WORDS_NOT_YOURS,
        Notice::NothingHere => keys::WORDS_NOTHING_HERE,
        Notice::AlreadyDone => keys::WORDS_ALREADY_DONE,
        Notice::NotForSale => keys::WORDS_NOT_FOR_SALE,
        Notice::NotUnderstood => keys::WORDS_NOT_UNDERSTOOD,
        Notice::TooLong => keys::WORDS_TOO_LONG,
        Notice::Flood => keys::WORDS_FLOOD,
        Notice::Busy => keys::WORDS_BUSY,
        Notice::Suspended => return suspended(lang, support_url),
        Notice::PrivateOnly => keys::WORDS_PRIVATE_ONLY,
        Notice::OpenPrivate => keys::WORDS_OPEN_PRIVATE,
        Notice::Failed => keys::WORDS_FAILED,
    };
    word(lang, key)
}

/// A refusal of the books in words.
#[must_use]
pub fn refusal(refusal: &Refusal, lang: Lang) -> Text {
    let key = match refusal {
        Refusal::NotEnough { missing } => return say(lang, keys::REFUSAL_NOT_ENOUGH, &[("missing", money(*missing))]),
        Refusal::PriceChanged { now } => return say(lang, keys::REFUSAL_PRICE_CHANGED, &[("now", money(*now))]),
        Refusal::JustChecked { seconds_ago } => return just_checked(*seconds_ago, lang),
        Refusal::QuoteExpired => keys::REFUSAL_QUOTE_EXPIRED,
        Refusal::QuoteUsed(_) => keys::REFUSAL_ALREADY_BOUGHT,
        Refusal::NotSelling => keys::REFUSAL_NOT_SELLING,
        Refusal::TooManyOpen => keys::REFUSAL_TOO_MANY_OPEN,
        Refusal::ShopBusy => keys::REFUSAL_SHOP_BUSY,
        Refusal::TooFast => keys::REFUSAL_TOO_FAST,
        Refusal::Suspended => keys::REFUSAL_SUSPENDED,
        Refusal::UnknownOrder => keys::REFUSAL_UNKNOWN_ORDER,
        Refusal::TooLate => keys::REFUSAL_TOO_LATE,
        Refusal::BeingExtended => keys::REFUSAL_BEING_EXTENDED,
        Refusal::NoCodeYet => keys::REFUSAL_NO_CODE_YET,
        Refusal::TooManyTickets => keys::REFUSAL_TOO_MANY_TICKETS,
        Refusal::TicketsTooFast => keys::REFUSAL_TICKETS_TOO_FAST,
        Refusal::TicketClosed => keys::REFUSAL_TICKET_CLOSED,
        Refusal::TextTooLong => keys::WORDS_TOO_LONG,
        // The operator's own refusals; no user sees them.
        Refusal::BelowZero { .. } | Refusal::NonceUsed => keys::REFUSAL_NOT_POSSIBLE,
    };
    word(lang, key)
}

/// The bot's profile in a language.
#[must_use]
pub fn profile(lang: Lang) -> Profile {
    let shown = |key: Key| direction::plain(&word(lang, key), lang.direction());
    let name = direction::plain(&word(lang, keys::PROFILE_NAME), engine::Direction::LeftToRight);
    Profile {
        // A name takes no marks.
        name: name.trim_start_matches(direction::LRM).to_owned(),
        description: shown(keys::PROFILE_DESCRIPTION),
        short_description: shown(keys::PROFILE_SHORT),
        commands: vec![
            ("start", shown(keys::PROFILE_START)),
            ("buy", shown(keys::PROFILE_BUY)),
            ("numbers", shown(keys::PROFILE_NUMBERS)),
            ("wallet", shown(keys::PROFILE_WALLET)),
            ("help", shown(keys::PROFILE_HELP)),
        ],
    }
}

fn suspended(lang: Lang, support_url: Option<&str>) -> Text {
    match support_url {
        Some(address) => say(lang, keys::WORDS_SUSPENDED_ADDRESS, &[("support", Text::ltr(address))]),
        None => word(lang, keys::WORDS_SUSPENDED),
    }
}

/// Another code was asked for a moment ago.
pub(crate) fn just_asked(seconds_ago: i64, lang: Lang) -> Text {
    let seconds = u64::try_from(seconds_ago).unwrap_or(0).max(1);
    say(lang, keys::REFUSAL_JUST_ASKED, &[("seconds", count(lang, Noun::Seconds, seconds))])
}

fn just_checked(seconds_ago: i64, lang: Lang) -> Text {
    match u64::try_from(seconds_ago).unwrap_or(0) {
        0 => word(lang, keys::REFUSAL_JUST_NOW),
        seconds => say(lang, keys::REFUSAL_JUST_CHECKED, &[("seconds", count(lang, Noun::Seconds, seconds))]),
    }
}
