//! The judge: wallets and orders as the purchase protocol tells them, in plain maps and cents. It shares no code with
//! `shop` or the store.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// What the supplier charges as a rule.
pub(super) const COST: i64 = 100;
/// What a user pays.
pub(super) const PRICE: i64 = 130;
/// Seconds within which a quote may be bought at.
const QUOTE_LIFE: i64 = 120;
/// Seconds within which a reserved order may be bought.
const RESERVED_LIFE: i64 = 20;
/// How many open orders a person may have.
const OPEN_MAX: usize = 20;

/// Everything that the books should say.
#[derive(Debug, Clone, Default)]
pub(super) struct Judge {
    pub(super) now: i64,
    pub(super) boot: u64,
    pub(super) purses: BTreeMap<u64, Purse>,
    pub(super) sales: BTreeMap<u64, Sale>,
    /// What was earned.
    pub(super) earned: i64,
    /// What the supplier charged, without what it gave back.
    pub(super) spent: i64,
    /// Whether the last event was granted.
    pub(super) verdict: Verdict,
    pub(super) offers: BTreeMap<u64, Offer>,
    adjusted: BTreeMap<u64, (u64, i64)>,
    /// Who owns the supplier's numbers (`None`: nobody), and what they cost.
    owners: BTreeMap<u64, (Option<u64>, i64)>,
}

/// What came of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Verdict {
    #[default]
    Granted,
    Refused,
}

/// A person's money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Purse {
    pub(super) free: i64,
    pub(super) held: i64,
}

/// A price that was shown.
#[derive(Debug, Clone)]
pub(super) struct Offer {
    pub(super) user: u64,
    at: i64,
    used: bool,
}

/// A number that somebody bought.
#[derive(Debug, Clone)]
pub(super) struct Sale {
    pub(super) user: u64,
    made_at: i64,
    pub(super) stage: Stage,
    /// Which life of the process made the purchase call.
    boot: u64,
    /// What the supplier charged for its number, once there is one.
    cost: Option<i64>,
    codes: BTreeSet<u8>,
    /// Whether the supplier's refund is still to come.
    pub(super) unsettled: bool,
}

/// Where a sale stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Reserved,
    Buying,
    Ambiguous,
    Active,
    Closing,
    Done,
    Refunded,
}

/// Something that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    Adjust { user: u64, cents: i64, nonce: u64 },
    Quote { user: u64, quote: u64 },
    Buy { user: u64, quote: u64 },
    Cancel { user: u64, order: u64 },
    Work { order: u64, work: Work },
    Orphan { number: u64 },
    Restart,
    Wait { seconds: i64 },
}

/// What the worker does with an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    Start,
    Bought { number: u64, cost: i64 },
    Refused,
    NotStarted,
    NotFound,
    Unknown,
    CleanMiss,
    Message { code: u8 },
    Expire,
    CloseConfirmed,
    CloseUnconfirmed,
}

impl Judge {
    /// An empty shop.
    pub(super) fn at(now: i64) -> Self {
        Self { now, boot: 1, ..Self::default() }
    }

    /// What the books should say after this event.
    pub(super) fn after(mut self, event: &Event) -> Self {
        self.verdict = match *event {
            Event::Adjust { user, cents, nonce } => self.adjust(user, cents, nonce),
            Event::Quote { user, quote } => {
                self.offers.insert(quote, Offer { user, at: self.now, used: false });
                Verdict::Granted
            }
            Event::Buy { user, quote } => self.buy(user, quote),
            Event::Cancel { user, order } => self.cancel(user, order),
            Event::Work { order, work } => self.work(order, work),
            Event::Orphan { number } => self.orphan(number, COST),
            Event::Restart => self.restart(),
            Event::Wait { seconds } => {
                self.now += seconds;
                Verdict::Granted
            }
        };
        self
    }

    /// A name for a quote that no quote has.
    pub(super) fn next_quote(&self) -> u64 {
        self.offers.keys().max().map_or(1, |newest| newest + 1)
    }

    /// A supplier's number that was never seen.
    pub(super) fn unseen_number(&self) -> u64 {
        self.owners.keys().max().map_or(100, |newest| newest.max(&99) + 1)
    }

    fn adjust(&mut self, user: u64, cents: i64, nonce: u64) -> Verdict {
        if let Some(before) = self.adjusted.get(&nonce) {
            return if *before == (user, cents) { Verdict::Granted } else { Verdict::Refused };
        }
        let purse = self.purses.entry(user).or_default();
        if purse.free + cents < 0 {
            return Verdict::Refused;
        }
        purse.free += cents;
        self.adjusted.insert(nonce, (user, cents));
        Verdict::Granted
    }

    fn buy(&mut self, user: u64, quote: u64) -> Verdict {
        let open = self.sales.values().filter(|sale| sale.user == user && sale.stage.is_open()).count();
        let purse = self.purses.entry(user).or_default();
        let now = self.now;
        let offer = self.offers.get_mut(&quote).filter(|offer| offer.user == user && offer.is_good(now));
        let Some(offer) = offer.filter(|_| open < OPEN_MAX && purse.free >= PRICE) else {
            return Verdict::Refused;
        };
        offer.used = true;
        purse.free -= PRICE;
        purse.held += PRICE;
        let (made_at, stage, codes) = (self.now, Stage::Reserved, BTreeSet::new());
        self.sales.insert(quote, Sale { user, made_at, stage, boot: 0, cost: None, codes, unsettled: false });
        Verdict::Granted
    }

    fn cancel(&mut self, user: u64, order: u64) -> Verdict {
        let Some(sale) = self.sales.get_mut(&order).filter(|sale| sale.user == user) else {
            return Verdict::Refused;
        };
        match sale.stage {
            Stage::Closing => {}
            Stage::Reserved => self.give_back(order),
            Stage::Active => sale.stage = Stage::Closing,
            Stage::Buying | Stage::Ambiguous | Stage::Done | Stage::Refunded => return Verdict::Refused,
        }
        Verdict::Granted
    }

    fn work(&mut self, order: u64, work: Work) -> Verdict {
        let (now, boot) = (self.now, self.boot);
        let Some(sale) = self.sales.get_mut(&order) else { return Verdict::Refused };
        match work {
            Work::Start if sale.stage == Stage::Reserved && now - sale.made_at <= RESERVED_LIFE => {
                (sale.stage, sale.boot) = (Stage::Buying, boot);
            }
            Work::Start => return Verdict::Refused,
            Work::Bought { number, cost } => self.bought(order, number, cost),
            Work::Refused | Work::NotFound => match sale.stage {
                Stage::Reserved | Stage::Buying => self.give_back(order),
                Stage::Ambiguous => {
                    sale.unsettled = true;
                    self.give_back(order);
                }
                Stage::Active | Stage::Closing | Stage::Done | Stage::Refunded => {}
            },
            Work::NotStarted if sale.stage == Stage::Reserved => self.give_back(order),
            Work::Unknown if sale.stage == Stage::Buying => sale.stage = Stage::Ambiguous,
            Work::Message { code } => self.message(order, code),
            Work::Expire if sale.stage == Stage::Active => sale.stage = Stage::Closing,
            Work::CloseConfirmed => self.close(order, true),
            Work::CloseUnconfirmed => self.close(order, false),
            // The order is past that, or never came so far; a clean miss moves no money.
            Work::NotStarted | Work::Unknown | Work::CleanMiss | Work::Expire => {}
        }
        Verdict::Granted
    }

    fn bought(&mut self, order: u64, number: u64, cost: i64) {
        let sale = self.sales.get_mut(&order).expect("the caller looked");
        match self.owners.get(&number).copied() {
            Some((Some(owner), _)) if owner == order => {}
            // Another order's number is no answer.
            Some((Some(_), _)) if sale.stage == Stage::Buying => sale.stage = Stage::Ambiguous,
            Some((Some(_), _)) => {}
            orphan @ (Some((None, _)) | None) => match sale.stage {
                Stage::Buying | Stage::Ambiguous => {
                    // An orphan was paid for when it was found.
                    self.spent += if orphan.is_none() { cost } else { 0 };
                    let cost = orphan.map_or(cost, |(_, booked)| booked);
                    (sale.stage, sale.cost) = (Stage::Active, Some(cost));
                    self.owners.insert(number, (Some(order), cost));
                }
                Stage::Reserved | Stage::Active | Stage::Closing | Stage::Done | Stage::Refunded => {
                    self.orphan(number, cost);
                }
            },
        }
    }

    fn orphan(&mut self, number: u64, cost: i64) -> Verdict {
        if let Entry::Vacant(unknown) = self.owners.entry(number) {
            unknown.insert((None, cost));
            self.spent += cost;
        }
        Verdict::Granted
    }

    fn message(&mut self, order: u64, code: u8) {
        let sale = self.sales.get_mut(&order).expect("the caller looked");
        match sale.stage {
            Stage::Reserved | Stage::Buying | Stage::Ambiguous => {}
            Stage::Active | Stage::Closing => {
                sale.stage = Stage::Done;
                sale.codes.insert(code);
                self.purses.entry(sale.user).or_default().held -= PRICE;
                self.earned += PRICE;
            }
            Stage::Done | Stage::Refunded => drop(sale.codes.insert(code)),
        }
    }

    fn close(&mut self, order: u64, confirmed: bool) {
        let sale = self.sales.get_mut(&order).expect("the caller looked");
        let cost = sale.cost.unwrap_or(0);
        match sale.stage {
            Stage::Active | Stage::Closing => {
                sale.unsettled = !confirmed;
                self.give_back(order);
            }
            Stage::Refunded if sale.unsettled && confirmed => sale.unsettled = false,
            Stage::Refunded | Stage::Reserved | Stage::Buying | Stage::Ambiguous | Stage::Done => return,
        }
        self.spent -= if confirmed { cost } else { 0 };
    }

    fn restart(&mut self) -> Verdict {
        self.boot += 1;
        for order in self.sales.keys().copied().collect::<Vec<_>>() {
            let sale = self.sales.get_mut(&order).expect("one of them");
            match sale.stage {
                Stage::Buying if sale.boot != self.boot => sale.stage = Stage::Ambiguous,
                Stage::Reserved if self.now - sale.made_at > RESERVED_LIFE => self.give_back(order),
                Stage::Reserved | Stage::Buying | Stage::Ambiguous => {}
                Stage::Active | Stage::Closing | Stage::Done | Stage::Refunded => {}
            }
        }
        Verdict::Granted
    }

    fn give_back(&mut self, order: u64) {
        let sale = self.sales.get_mut(&order).expect("the caller looked");
        sale.stage = Stage::Refunded;
        let purse = self.purses.entry(sale.user).or_default();
        purse.held -= PRICE;
        purse.free += PRICE;
    }
}

impl Offer {
    /// Whether it can be bought at.
    pub(super) const fn is_good(&self, now: i64) -> bool {
        !self.used && now - self.at <= QUOTE_LIFE
    }
}

impl Sale {
    /// How many messages were received.
    pub(super) fn messages(&self) -> usize {
        self.codes.len()
    }
}

impl Stage {
    const fn is_open(self) -> bool {
        match self {
            Self::Reserved | Self::Buying | Self::Ambiguous | Self::Active | Self::Closing => true,
            Self::Done | Self::Refunded => false,
        }
    }
}
