//! What can be made to fail: one row for each, with its label and the words of the simulators' own faults.

use sim::{PoolFault, Role, Sim, TelegramFault};

use crate::act::Act;
use crate::supplier::{Mood, Server};

/// A failure that can be ordered.
pub(crate) struct Control {
    /// On the button.
    pub(crate) label: &'static str,
    /// Under the pointer.
    pub(crate) hint: &'static str,
    /// Telegram's method, or the word of a supplier's endpoint.
    target: &'static str,
    /// What goes wrong, as the simulators spell it.
    fault: &'static str,
}

/// Which simulator fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// A supplier.
    Supplier(Server),
    /// Telegram.
    Telegram,
}

const BUY: Role = Role::Purchase;
const EDIT: &str = "editMessageText";

/// What can fail at a supplier, in the order of the page.
const SUPPLIER: [Control; 8] = [
    supplier("Out of stock", "the next purchase: no numbers are left", "out-of-stock"),
    supplier("Price refused", "the next purchase: nothing is sold at our price any more", "price-not-found"),
    supplier(
        "Timeout, charged",
        "the next purchase: sold and charged, the answer is a gateway timeout",
        "cloudflare-after 524",
    ),
    supplier("Timeout, not charged", "the next purchase: not sold, the answer is a gateway timeout", "cloudflare 524"),
    supplier(
        "No answer, charged",
        "the next purchase: sold and charged, the line stays open until the bot gives up",
        "hang-after",
    ),
    supplier("Supplier 500", "the next purchase: an error page", "500"),
    supplier("Wrong key", "the next purchase: the key is refused", "invalid-key"),
    supplier("Low balance", "the next purchase: our balance there is too small", "balance"),
];

/// What can fail at Telegram.
const TELEGRAM: [Control; 5] = [
    telegram("429 on an edit", "the next edit: too many requests, again in 3 s", EDIT, "429 3"),
    telegram("429 on a message", "the next message: too many requests, again in 3 s", "sendMessage", "429 3"),
    telegram(
        "Lost edit",
        "the next edit: Telegram says that it is done, and the chat does not show it",
        EDIT,
        "unseen",
    ),
    telegram("Edit cut off", "the next edit: the line breaks before it arrives", EDIT, "drop-before"),
    telegram(
        "Lost answer to an edit",
        "the next edit: done, and the line breaks before the answer",
        EDIT,
        "drop-after",
    ),
];

const fn supplier(label: &'static str, hint: &'static str, fault: &'static str) -> Control {
    Control { label, hint, target: BUY.word(), fault }
}

const fn telegram(label: &'static str, hint: &'static str, target: &'static str, fault: &'static str) -> Control {
    Control { label, hint, target, fault }
}

impl Side {
    /// All of them, in the order of the page.
    pub(crate) const ALL: [Self; 3] = [Self::Supplier(Server::One), Self::Supplier(Server::Two), Self::Telegram];

    /// What can fail there.
    pub(crate) const fn controls(self) -> &'static [Control] {
        match self {
            Self::Supplier(_) => &SUPPLIER,
            Self::Telegram => &TELEGRAM,
        }
    }

    /// Its word in a script.
    const fn word(self) -> &'static str {
        match self {
            Self::Supplier(server) => server.word(),
            Self::Telegram => "telegram",
        }
    }
}

impl Control {
    /// The order as an act.
    pub(crate) fn act(&self, side: Side) -> Act {
        let label = match side {
            Side::Supplier(server) => format!("{} at Server {}", self.label, server.number()),
            Side::Telegram => self.label.to_owned(),
        };
        Act::Fault { label, words: format!("{} {} {}", side.word(), self.target, self.fault) }
    }

    /// Orders the failure once; the simulator's number for it.
    fn order(&self, side: Side, sim: &Sim) -> Result<u64, String> {
        let words: Vec<&str> = self.fault.split(' ').collect();
        match side {
            Side::Supplier(server) => server
                .of_sim(sim)
                .fault_on(BUY, 1, PoolFault::parse(&words)?)
                .ok_or_else(|| format!("the supplier has no {}", self.target)),
            Side::Telegram => Ok(sim.telegram.fault(self.target, None, 1, TelegramFault::parse(&words)?)),
        }
    }
}

/// A failure that was asked for and has not happened yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PendingFault {
    /// Its number on the page.
    pub(crate) number: u64,
    /// Who fails.
    pub(crate) side: Side,
    /// Which control.
    control: usize,
    /// Its number at the simulator.
    sim: u64,
}

impl PendingFault {
    /// The label of its control.
    pub(crate) fn label(&self) -> &'static str {
        self.side.controls()[self.control].label
    }
}

/// The failures that were asked for, and how each supplier is.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    kept: Vec<PendingFault>,
    last: u64,
    /// A supplier's mood, with its number at the simulator; none where it is well.
    moods: [Option<(Mood, u64)>; 2],
}

impl Faults {
    /// Orders a failure.
    ///
    /// # Errors
    /// A sentence where there is no such control.
    pub(crate) fn add(&mut self, side: Side, control: usize, sim: &Sim) -> Result<(), String> {
        let made = side.controls().get(control).ok_or("there is no such control")?.order(side, sim)?;
        self.last += 1;
        self.kept.push(PendingFault { number: self.last, side, control, sim: made });
        Ok(())
    }

    /// Takes a failure back.
    pub(crate) fn cancel(&mut self, number: u64, sim: &Sim) {
        for fault in self.kept.iter().filter(|fault| fault.number == number) {
            match fault.side {
                Side::Supplier(server) => server.of_sim(sim).forget_fault(fault.sim),
                Side::Telegram => sim.telegram.forget_fault(fault.sim),
            }
        }
        self.kept.retain(|fault| fault.number != number);
    }

    /// Lets go of what has happened; whether there was anything.
    pub(crate) fn settle(&mut self, sim: &Sim) -> bool {
        let before = self.kept.len();
        self.kept.retain(|fault| {
            let left = match fault.side {
                Side::Supplier(server) => server.of_sim(sim).fault_left(fault.sim),
                Side::Telegram => sim.telegram.fault_left(fault.sim),
            };
            left > 0
        });
        self.kept.len() != before
    }

    /// What is still to come.
    pub(crate) fn pending(&self) -> Vec<PendingFault> {
        self.kept.clone()
    }

    /// How a supplier is.
    pub(crate) fn mood(&self, server: Server) -> Mood {
        self.moods[server.index()].map_or(Mood::Well, |(mood, _)| mood)
    }

    /// Makes every endpoint of a supplier fail from now on, or none.
    pub(crate) fn set_mood(&mut self, server: Server, mood: Mood, sim: &Sim) {
        let supplier = server.of_sim(sim);
        if let Some((_, fault)) = self.moods[server.index()].take() {
            supplier.forget_fault(fault);
        }
        self.moods[server.index()] = mood.fault().map(|fault| (mood, supplier.fault("*", u32::MAX, fault)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::SimOptions;
    use sim::script::{Script, Step, World};

    #[tokio::test]
    async fn every_control_orders_what_its_line_in_a_script_orders() {
        let sim = Sim::start(SimOptions::default()).await.expect("loopback has free ports");
        let mut faults = Faults::default();
        let all = || Side::ALL.into_iter().flat_map(|side| side.controls().iter().map(move |control| (side, control)));
        for side in Side::ALL {
            for (index, control) in side.controls().iter().enumerate() {
                faults.add(side, index, &sim).expect(control.label);
            }
        }
        for (side, control) in all() {
            let script = Script::parse("one line", &control.act(side).script_line(1)).expect(control.label);
            let supplier = match &script.lines[0].step {
                Step::World(World::PoolFault { supplier, .. }) => Some(Server::of(*supplier)),
                Step::World(World::TelegramFault { .. }) => None,
                other @ (Step::User { .. } | Step::Act(_) | Step::Look(_) | Step::World(_) | Step::Extra { .. }) => {
                    panic!("{}: {other:?}", control.label)
                }
            };
            assert_eq!(supplier.map_or(Side::Telegram, Side::Supplier), side, "{}", control.label);
        }
        assert!(!faults.settle(&sim), "nothing has happened yet");
        assert_eq!(faults.pending().len(), all().count());
        faults.cancel(1, &sim);
        assert_eq!(faults.pending().len(), all().count() - 1);
        sim.smspool.clear_faults();
        sim.nonvoip.clear_faults();
        sim.telegram.clear_faults();
        assert!(faults.settle(&sim) && faults.pending().is_empty());
    }

    #[tokio::test]
    async fn a_mood_replaces_the_one_before_and_is_one_supplier_s_own() {
        let sim = Sim::start(SimOptions::default()).await.expect("loopback has free ports");
        let mut faults = Faults::default();
        faults.set_mood(Server::One, Mood::Down, &sim);
        let (_, down) = faults.moods[0].expect("a failure");
        faults.set_mood(Server::One, Mood::Slow, &sim);
        let (_, slow) = faults.moods[0].expect("a failure");
        assert_eq!((sim.nonvoip.fault_left(down), sim.nonvoip.fault_left(slow)), (0, u32::MAX));
        assert_eq!((faults.mood(Server::One), faults.mood(Server::Two)), (Mood::Slow, Mood::Well));
        faults.set_mood(Server::One, Mood::Well, &sim);
        assert_eq!((sim.nonvoip.fault_left(slow), faults.mood(Server::One)), (0, Mood::Well));
    }
}
