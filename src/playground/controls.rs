//! What can be made to fail: one row for each, with its label and the words of the simulators' own faults.

use sim::{PoolFault, Sim, TelegramFault};

use crate::act::Act;

/// A failure that can be fault.
pub(crate) struct Control {
    /// On the button.
    pub(crate) label: &'static str,
    /// Under the pointer.
    pub(crate) hint: &'static str,
    /// Who fails.
    side: Side,
    /// The method or endpoint.
    target: &'static str,
    /// What goes wrong, as the simulators spell it.
    fault: &'static str,
}

/// Which simulator fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// The supplier.
    Supplier,
    /// Telegram.
    Telegram,
}

const BUY: &str = "/purchase/sms";
const EDIT: &str = "editMessageText";

/// All of them, in the order of the page.
pub(crate) const CONTROLS: [Control; 13] = [
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
    Control { label, hint, side: Side::Supplier, target: BUY, fault }
}

const fn telegram(label: &'static str, hint: &'static str, target: &'static str, fault: &'static str) -> Control {
    Control { label, hint, side: Side::Telegram, target, fault }
}

impl Control {
    /// Which simulator fails.
    pub(crate) fn side(&self) -> Side {
        self.side
    }

    /// The order as an act.
    pub(crate) fn act(&self) -> Act {
        let server = match self.side {
            Side::Supplier => "smspool",
            Side::Telegram => "telegram",
        };
        Act::Fault { label: self.label.to_owned(), words: format!("{server} {} {}", self.target, self.fault) }
    }

    /// Orders the failure once; the simulator's number for it.
    fn order(&self, sim: &Sim) -> Result<u64, String> {
        let words: Vec<&str> = self.fault.split(' ').collect();
        Ok(match self.side {
            Side::Supplier => sim.smspool.fault(self.target, 1, PoolFault::parse(&words)?),
            Side::Telegram => sim.telegram.fault(self.target, None, 1, TelegramFault::parse(&words)?),
        })
    }
}

/// A failure that was asked for and has not happened yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PendingFault {
    /// Its number on the page.
    pub(crate) number: u64,
    /// Which control.
    pub(crate) control: usize,
    /// Its number at the simulator.
    sim: u64,
}

/// The failures that were asked for.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    kept: Vec<PendingFault>,
    last: u64,
}

impl Faults {
    /// Orders a failure.
    ///
    /// # Errors
    /// A sentence where there is no such control.
    pub(crate) fn add(&mut self, control: usize, sim: &Sim) -> Result<(), String> {
        let made = CONTROLS.get(control).ok_or("there is no such control")?.order(sim)?;
        self.last += 1;
        self.kept.push(PendingFault { number: self.last, control, sim: made });
        Ok(())
    }

    /// Takes a failure back.
    pub(crate) fn cancel(&mut self, number: u64, sim: &Sim) {
        for fault in self.kept.iter().filter(|fault| fault.number == number) {
            match CONTROLS[fault.control].side {
                Side::Supplier => sim.smspool.forget_fault(fault.sim),
                Side::Telegram => sim.telegram.forget_fault(fault.sim),
            }
        }
        self.kept.retain(|fault| fault.number != number);
    }

    /// Lets go of what has happened; whether there was anything.
    pub(crate) fn settle(&mut self, sim: &Sim) -> bool {
        let before = self.kept.len();
        self.kept.retain(|fault| {
            let left = match CONTROLS[fault.control].side {
                Side::Supplier => sim.smspool.fault_left(fault.sim),
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
        for (index, control) in CONTROLS.iter().enumerate() {
            faults.add(index, &sim).expect(control.label);
            let script = Script::parse("one line", &control.act().script_line(1)).expect(control.label);
            let is_fault =
                matches!(script.lines[0].step, Step::World(World::PoolFault { .. } | World::TelegramFault { .. }));
            assert!(is_fault, "{}", control.label);
        }
        assert!(!faults.settle(&sim), "nothing has happened yet");
        assert_eq!(faults.pending().len(), CONTROLS.len());
        faults.cancel(1, &sim);
        assert_eq!(faults.pending().len(), CONTROLS.len() - 1);
        sim.smspool.clear_faults();
        sim.telegram.clear_faults();
        assert!(faults.settle(&sim) && faults.pending().is_empty());
    }
}
