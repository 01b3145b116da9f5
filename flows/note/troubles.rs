//! What an admin reads when a server stops selling by itself, and when it goes on.

use engine::{Lang, Screen, Text};
use shop::trouble::Trouble;
use shop::{ServerId, UnixSeconds};

use crate::card::Action;
use crate::keys;
use crate::parts::paragraphs;
use crate::text::{Key, duration, number, say, words};

/// It stopped.
pub(super) fn begun(server: ServerId, trouble: Trouble, lang: Lang) -> Screen<Action> {
    let about = say(lang, words_of(trouble), &[named(server)]);
    Screen::new(paragraphs([about, words(lang, keys::TROUBLE_PAUSED)]))
}

/// It goes on: what was wrong, and how long, in seconds.
pub(super) fn over(server: ServerId, trouble: Trouble, lasted_s: UnixSeconds, lang: Lang) -> Screen<Action> {
    let lasted = duration(lang, u64::try_from(lasted_s).unwrap_or(0));
    let about = say(lang, words_of(trouble), &[named(server)]);
    Screen::new(paragraphs([say(lang, keys::TROUBLE_OVER, &[named(server), ("duration", lasted)]), about]))
}

fn named(server: ServerId) -> (&'static str, Text) {
    ("n", number(u64::from(server.number())))
}

const fn words_of(trouble: Trouble) -> Key {
    match trouble {
        Trouble::Silent => keys::TROUBLE_SILENT,
        Trouble::NoMoney => keys::TROUBLE_NO_MONEY,
        Trouble::KeyRefused => keys::TROUBLE_KEY_REFUSED,
        Trouble::Blocked => keys::TROUBLE_BLOCKED,
        Trouble::Looking => keys::TROUBLE_LOOKING,
    }
}
