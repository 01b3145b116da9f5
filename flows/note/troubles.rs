//! What an admin reads when a server stops selling by itself, and when that is over.

use engine::{Lang, Screen};
use shop::trouble::Trouble;
use shop::{ServerId, UnixSeconds};

use crate::card::Action;
use crate::keys;
use crate::parts::{date_time, server_parts};
use crate::text::{Key, duration, say, words};

const MINUTE_S: u64 = 60;
const HOUR_S: u64 = 3_600;
const DAY_S: u64 = 86_400;

/// It stopped.
pub(super) fn begun(server: ServerId, trouble: Trouble, since: UnixSeconds, lang: Lang) -> Screen<Action> {
    let [n, sign] = server_parts(server);
    Screen::new(say(lang, words_of(trouble).begun, &[n, sign, ("since", date_time(since))]))
}

/// It is over: what was wrong, and how long, in seconds.
pub(super) fn over(server: ServerId, trouble: Trouble, lasted_s: UnixSeconds, lang: Lang) -> Screen<Action> {
    let [n, sign] = server_parts(server);
    let what = ("what", words(lang, words_of(trouble).name));
    let lasted = duration(lang, rounded(u64::try_from(lasted_s).unwrap_or(0)));
    Screen::new(say(lang, keys::TROUBLE_OVER, &[n, sign, what, ("duration", lasted)]))
}

/// So many seconds without what is small beside them.
const fn rounded(seconds: u64) -> u64 {
    let unit = match seconds {
        0..MINUTE_S => 1,
        MINUTE_S..HOUR_S => MINUTE_S,
        HOUR_S..DAY_S => HOUR_S,
        DAY_S.. => DAY_S,
    };
    seconds - seconds % unit
}

/// How a trouble is told.
struct Words {
    /// That it began, and when.
    begun: Key,
    /// What it is, in two or three words.
    name: Key,
}

const fn words_of(trouble: Trouble) -> Words {
    let (begun, name) = match trouble {
        Trouble::Silent => (keys::TROUBLE_SILENT, keys::TROUBLE_SILENT_NAME),
        Trouble::NoMoney => (keys::TROUBLE_NO_MONEY, keys::TROUBLE_NO_MONEY_NAME),
        Trouble::KeyRefused => (keys::TROUBLE_KEY_REFUSED, keys::TROUBLE_KEY_REFUSED_NAME),
        Trouble::Blocked => (keys::TROUBLE_BLOCKED, keys::TROUBLE_BLOCKED_NAME),
        Trouble::Looking => (keys::TROUBLE_LOOKING, keys::TROUBLE_LOOKING_NAME),
    };
    Words { begun, name }
}
