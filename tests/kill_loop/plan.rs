//! What happens in a round of the kill loop, drawn from a seed.

use std::time::Duration;

use sim::{PoolFault, TelegramFault};

use crate::support::Dice;

/// A call at which the process may die: when one more of them has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// A call to Telegram, by its method.
    Telegram(&'static str),
    /// A purchase.
    Purchase,
    /// What is called again and again while an order is open.
    Watch,
}

const MOMENTS: [Moment; 6] = [
    Moment::Telegram("getUpdates"),
    Moment::Telegram("answerCallbackQuery"),
    Moment::Telegram("sendMessage"),
    Moment::Telegram("editMessageText"),
    Moment::Purchase,
    Moment::Watch,
];
/// The calls at which it may die again while it recovers.
const MOMENTS_OF_RECOVERY: [Moment; 4] =
    [Moment::Telegram("getMe"), Moment::Telegram("getUpdates"), Moment::Telegram("editMessageText"), Moment::Watch];

/// What happens in a round.
#[derive(Debug)]
pub(crate) struct Plan {
    /// What each person does; all begin at once.
    pub(crate) people: Vec<Person>,
    /// What goes wrong at the supplier's purchase.
    pub(crate) supplier: Option<PoolFault>,
    /// What goes wrong at Telegram: method, how often, how.
    pub(crate) telegram: Option<(&'static str, u32, TelegramFault)>,
    /// The call at which the process dies …
    pub(crate) moment: Moment,
    /// … when so many more of it have come.
    pub(crate) calls: u64,
    /// The call at which it dies once more, while it recovers.
    pub(crate) again: Option<Moment>,
    /// Whether Telegram repeats the newest update before and after the end of the process.
    pub(crate) repeats: bool,
}

/// What a person does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Person {
    /// How the wish ends, where a number comes at all.
    pub(crate) end: End,
    /// How Buy is pressed.
    pub(crate) press: Press,
}

/// How a wish ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End {
    /// The code comes.
    Code,
    /// The person cancels.
    Cancel,
}

/// How a button is pressed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Press {
    /// Once.
    Once,
    /// Twice, without waiting in between: still one wish.
    Twice,
}

impl Plan {
    /// The next plan.
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        let people = 1 + dice.below(2);
        let moment = dice.pick(&MOMENTS);
        Self {
            people: (0..people).map(|_| Person::draw(dice)).collect(),
            supplier: dice.pick(&suppliers()),
            telegram: dice.pick(&telegrams()),
            moment,
            calls: if moment == Moment::Purchase { 1 } else { 1 + dice.below(4) },
            again: (dice.below(3) == 0).then(|| dice.pick(&MOMENTS_OF_RECOVERY)),
            repeats: dice.below(3) == 0,
        }
    }
}

impl Person {
    fn draw(dice: &mut Dice) -> Self {
        Self {
            end: dice.pick(&[End::Code, End::Code, End::Cancel]),
            press: dice.pick(&[Press::Once, Press::Once, Press::Twice]),
        }
    }
}

fn suppliers() -> [Option<PoolFault>; 9] {
    [
        None,
        None,
        None,
        Some(PoolFault::OutOfStock),
        Some(PoolFault::ResetAfter),
        Some(PoolFault::ResetBefore),
        Some(PoolFault::Cloudflare(502)),
        Some(PoolFault::TruncatedJson),
        Some(PoolFault::Delay(Duration::from_millis(300))),
    ]
}

fn telegrams() -> [Option<(&'static str, u32, TelegramFault)>; 12] {
    let blocked = || TelegramFault::Refuse(403, "Forbidden: bot was blocked by the user".to_owned());
    [
        None,
        None,
        None,
        None,
        Some(("sendMessage", 2, TelegramFault::TooManyRequests(1))),
        Some(("editMessageText", 1, TelegramFault::TooManyRequests(1))),
        Some(("sendMessage", 1, TelegramFault::BadGateway(502))),
        Some(("editMessageText", 1, TelegramFault::DropAfter)),
        Some(("sendMessage", 1, TelegramFault::DropAfter)),
        Some(("answerCallbackQuery", 2, TelegramFault::BadGateway(500))),
        Some(("getUpdates", 1, TelegramFault::DropAfter)),
        Some(("editMessageText", 1, blocked())),
    ]
}
