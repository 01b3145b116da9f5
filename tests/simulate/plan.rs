//! What happens in a simulated world, as plain data: drawn from a seed, and made smaller piece by piece when it fails.

use std::collections::BTreeMap;

use shop::ServerId;
use shop::server::OrderLists;
use strum::IntoEnumIterator as _;

use crate::support::Dice;

/// Everything that is not the bot's own doing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    /// What delays, and faults of single deliveries, are derived from.
    pub(crate) seed: u64,
    /// How many people there are. Each begins with ten dollars.
    pub(crate) people: u64,
    /// What people do.
    pub(crate) acts: Vec<Act>,
    /// What becomes of each supplier's first, second, third … purchase.
    pub(crate) fates: BTreeMap<ServerId, Vec<Fate>>,
    /// When the process dies, and for how long it stays dead.
    pub(crate) deaths: Vec<Death>,
    /// When things fail that work otherwise.
    pub(crate) storms: Vec<Storm>,
    /// How Telegram takes messages.
    pub(crate) telegram: Telegram,
}

/// How Telegram takes messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Telegram {
    /// It loses one now and then, or its answer.
    Flaky,
    /// It takes all.
    Steady,
}

/// Something that a person does, or that is done to one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Act {
    pub(crate) at_ms: u64,
    pub(crate) person: u64,
    pub(crate) what: What,
}

/// What is done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum What {
    /// Looks at a price, thinks, and presses Buy so many times.
    Buy { server: ServerId, product: Kind, service: u32, think_ms: u64, presses: u64 },
    /// Wakes the newest rental that sleeps.
    Wake,
    /// Presses the button with this label on the newest card that has it.
    Press(&'static str),
    /// The operator gives (or takes) cents, so many times under one nonce.
    Adjust { cents: i32, times: u64 },
    /// Blocks the bot.
    Block,
    /// Comes back.
    Return,
}

/// What is bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Temporary,
    Rental,
}

/// What becomes of one purchase call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fate {
    pub(crate) answer: Answer,
    pub(crate) number: Life,
    /// What somebody else does to our balance meanwhile, in cents: a top-up, or a charge of a stranger with our login.
    pub(crate) foreign_cents: i32,
}

/// What the supplier answers, and what it did.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    /// It sells, and says so.
    Sold { after_ms: u64 },
    /// It says no, in one of the clear ways.
    Refused { after_ms: u64, why: Why },
    /// No answer arrives; nothing was sold.
    LostUnsold { after_ms: u64 },
    /// No answer arrives; it was sold, and its lists show that after a while.
    LostSold { after_ms: u64, listed_after_ms: u64 },
    /// It sells, and answers with the id of an earlier order.
    Anothers { after_ms: u64 },
    /// It sells nothing, and answers with the id of an earlier order.
    Pretended { after_ms: u64 },
    /// It sells for much more than was allowed, and says so.
    Dear { after_ms: u64 },
}

/// Why a supplier says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    SoldOut,
    PriceRose,
    OurBalance,
    RateLimit,
    Unreachable,
}

/// What a sold number lives through.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Life {
    /// How long it can receive. Rentals live for their days.
    pub(crate) life_s: u64,
    /// How long cancelling is refused.
    pub(crate) lock_s: u64,
    /// When messages arrive after the sale.
    pub(crate) messages_s: Vec<u64>,
    /// Whether the supplier never gives the money back, whatever happens.
    pub(crate) keeps_money: bool,
    /// What becomes of the money when its time is over without a message.
    pub(crate) lapse: Lapse,
    /// What a request to wake it leads to, where it sleeps.
    pub(crate) waking: Waking,
    /// What a request for another code leads to.
    pub(crate) another: Another,
}

/// What becomes of the money for a number whose time is over without a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lapse {
    /// The supplier gives it back by itself.
    GivenBack,
    /// It keeps it.
    Kept,
}

/// What a request to wake a rental leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waking {
    /// It wakes.
    Wakes,
    /// The supplier says no.
    Refused,
    /// It wakes, and the answer is lost half of the time.
    AnswerLost,
}

const WAKINGS: [Waking; 4] = [Waking::Wakes, Waking::Wakes, Waking::Refused, Waking::AnswerLost];

/// What a request for another code leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Another {
    NotForFree,
    NewOrder,
    SameOrder,
    NewOrderAnswerLost,
}

const ANOTHERS: [Another; 4] =
    [Another::NotForFree, Another::NewOrder, Another::SameOrder, Another::NewOrderAnswerLost];

/// The process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Death {
    pub(crate) at_ms: u64,
    pub(crate) down_ms: u64,
}

/// A time in which something fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Storm {
    pub(crate) from_ms: u64,
    pub(crate) until_ms: u64,
    pub(crate) hits: Hits,
}

/// What fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hits {
    /// A supplier's lists come only in part.
    Lists(ServerId),
    /// A supplier does not answer reads.
    Reads(ServerId),
    /// A supplier cancels, and its answer is lost.
    Cancels(ServerId),
    /// A supplier is down: nothing is answered, or not even heard.
    Down(ServerId),
    /// A supplier takes its time for each answer.
    Slow(ServerId),
    /// A supplier answers garbage, and says what is not so.
    Lies(ServerId),
    /// Telegram takes no messages.
    Telegram,
}

const MINUTE_MS: u64 = 60_000;

impl Plan {
    /// A small world: a few people within a few minutes.
    pub(crate) fn draw(seed: u64) -> Self {
        let mut dice = Dice::of(seed, "plan", 0);
        let people = dice.between(1, 5);
        let wishes = dice.between(1, 7);
        Self::of_size(seed, people, wishes, 4 * MINUTE_MS)
    }

    /// So many people with so many wishes within so long.
    pub(crate) fn of_size(seed: u64, people: u64, wishes: u64, within_ms: u64) -> Self {
        let mut dice = Dice::of(seed, "size", 0);
        let mut acts: Vec<Act> = (0..wishes).flat_map(|_| wish(&mut dice, people, within_ms)).collect();
        acts.extend((0..dice.below(3)).map(|_| aside(&mut dice, people, within_ms)));
        acts.sort_by_key(|act| act.at_ms);
        let fates = ServerId::iter().map(|server| (server, (0..wishes).map(|_| fate(&mut dice, server)).collect()));
        let fates = fates.collect();
        let deaths = (0..dice.pick(&[0, 0, 1, 1, 2, 3])).map(|_| death(&mut dice, within_ms)).collect();
        let storms = (0..dice.pick(&[0, 0, 1, 2])).map(|_| storm(&mut dice, within_ms)).collect();
        Self { seed, people, acts, fates, deaths, storms, telegram: Telegram::Flaky }
    }

    /// How much there is of it.
    pub(crate) fn weight(&self) -> usize {
        let plain = Fate::plain();
        let fates = self.fates.values().flatten().filter(|fate| **fate != plain).count();
        self.acts.len() + fates + self.deaths.len() + self.storms.len()
    }

    /// This plan with one thing less, in all ways.
    pub(crate) fn smaller(&self) -> Vec<Self> {
        let mut smaller = Vec::new();
        for at in 0..self.acts.len() {
            smaller.push(Self { acts: without(&self.acts, at), ..self.clone() });
        }
        for at in 0..self.deaths.len() {
            smaller.push(Self { deaths: without(&self.deaths, at), ..self.clone() });
        }
        for at in 0..self.storms.len() {
            smaller.push(Self { storms: without(&self.storms, at), ..self.clone() });
        }
        let plain = Fate::plain();
        for (server, of_server) in &self.fates {
            for (at, _) in of_server.iter().enumerate().filter(|(_, fate)| **fate != plain) {
                let mut fates = self.fates.clone();
                fates.entry(*server).and_modify(|of_server| of_server[at] = plain.clone());
                smaller.push(Self { fates, ..self.clone() });
            }
        }
        smaller
    }
}

impl Fate {
    /// A number that is sold at once and receives nothing.
    pub(crate) fn plain() -> Self {
        let number = Life {
            life_s: 1_200,
            lock_s: 0,
            messages_s: Vec::new(),
            keeps_money: false,
            lapse: Lapse::GivenBack,
            waking: Waking::Wakes,
            another: Another::NotForFree,
        };
        Self { answer: Answer::Sold { after_ms: 500 }, number, foreign_cents: 0 }
    }
}

fn without<T: Clone>(all: &[T], at: usize) -> Vec<T> {
    all.iter().enumerate().filter(|(index, _)| *index != at).map(|(_, one)| one.clone()).collect()
}

/// A purchase, and what its person does about it later.
fn wish(dice: &mut Dice, people: u64, within_ms: u64) -> Vec<Act> {
    let (at_ms, person) = (dice.below(within_ms), dice.below(people));
    let server = a_server(dice);
    let product = if dice.one_in(5) { Kind::Rental } else { Kind::Temporary };
    let think_ms = if dice.one_in(12) { dice.between(100_000, 200_000) } else { dice.between(300, 5_000) };
    let presses = if dice.one_in(4) { 2 } else { 1 };
    let service = u32::try_from(dice.between(1, 3)).expect("a small number");
    let mut acts = vec![Act { at_ms, person, what: What::Buy { server, product, service, think_ms, presses } }];
    if product == Kind::Rental && dice.one_in(2) {
        acts.push(Act { at_ms: at_ms + think_ms + dice.between(60_000, 1_500_000), person, what: What::Wake });
    }
    if dice.one_in(2) {
        let label = dice.pick(&["Cancel", "Cancel", "Check now", "Another code"]);
        let at_ms = at_ms + think_ms + dice.between(500, 400_000);
        acts.push(Act { at_ms, person, what: What::Press(label) });
    }
    acts
}

/// Something that has nothing to do with a purchase.
fn aside(dice: &mut Dice, people: u64, within_ms: u64) -> Act {
    let (at_ms, person) = (dice.below(within_ms * 2), dice.below(people));
    let what = match dice.below(5) {
        0 | 1 => What::Adjust { cents: 500, times: dice.between(1, 3) },
        2 => What::Adjust { cents: -900, times: 1 },
        3 => What::Block,
        _ => What::Return,
    };
    Act { at_ms, person, what }
}

fn a_server(dice: &mut Dice) -> ServerId {
    dice.pick(&[ServerId::One, ServerId::Two])
}

fn fate(dice: &mut Dice, server: ServerId) -> Fate {
    let quick = dice.between(100, 4_000);
    let late = if dice.one_in(2) { 45_000 } else { dice.between(200, 45_000) };
    let answer = match dice.below(22) {
        0..10 => Answer::Sold { after_ms: if dice.one_in(10) { 44_000 } else { quick } },
        10 => Answer::Refused { after_ms: quick, why: Why::SoldOut },
        11 => Answer::Refused { after_ms: quick, why: Why::PriceRose },
        12 => Answer::Refused { after_ms: quick, why: if dice.one_in(2) { Why::OurBalance } else { Why::RateLimit } },
        13 | 14 => Answer::LostUnsold { after_ms: late },
        15..19 => {
            let listed_after_ms = dice.pick(&[0, 0, 0, 70_000, 200_000]);
            Answer::LostSold { after_ms: late, listed_after_ms }
        }
        19 => Answer::Anothers { after_ms: quick },
        20 => Answer::Pretended { after_ms: quick },
        _ => Answer::Dear { after_ms: quick },
    };
    let lost = matches!(
        answer,
        Answer::LostSold { .. } | Answer::LostUnsold { .. } | Answer::Anothers { .. } | Answer::Pretended { .. }
    );
    let foreign_cents = if lost && dice.one_in(5) { dice.pick(&[2_000, -2_000]) } else { 0 };
    Fate { answer, number: life(dice, server), foreign_cents }
}

fn life(dice: &mut Dice, server: ServerId) -> Life {
    let life_s = if dice.one_in(3) { 600 } else { 1_200 };
    let mut messages_s = Vec::new();
    if !dice.one_in(3) {
        let until_s = if dice.one_in(4) { life_s + 60 } else { 120 };
        messages_s.push(dice.between(2, until_s));
        if dice.one_in(4) {
            messages_s.push(messages_s[0] + dice.between(20, 300));
        }
    }
    Life {
        life_s,
        lock_s: if dice.one_in(2) { 0 } else { dice.between(10, 180) },
        messages_s,
        keeps_money: dice.one_in(15),
        lapse: match server.profile().lists {
            OrderLists::Kept => Lapse::GivenBack,
            OrderLists::Absent => dice.pick(&[Lapse::GivenBack, Lapse::Kept]),
        },
        waking: dice.pick(&WAKINGS),
        another: dice.pick(&ANOTHERS),
    }
}

fn death(dice: &mut Dice, within_ms: u64) -> Death {
    let at_ms = if dice.one_in(4) { dice.below(within_ms * 6) } else { dice.below(within_ms + MINUTE_MS) };
    let down_ms = match dice.below(6) {
        0 => dice.between(MINUTE_MS, 60 * MINUTE_MS),
        1 => 0,
        _ => dice.between(200, 10_000),
    };
    Death { at_ms, down_ms }
}

fn storm(dice: &mut Dice, within_ms: u64) -> Storm {
    let from_ms = dice.below(within_ms * 2);
    // Some outlast every deadline.
    let longest_ms = if dice.one_in(3) { 25 * MINUTE_MS } else { 5 * MINUTE_MS };
    let until_ms = from_ms + dice.between(10_000, longest_ms);
    let server = a_server(dice);
    let hits = dice.pick(&[Hits::Lists(server), Hits::Reads(server), Hits::Cancels(server), Hits::Telegram]);
    Storm { from_ms, until_ms, hits }
}
