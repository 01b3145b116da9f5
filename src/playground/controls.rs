//! What can be made to fail: one row for each, with its label and the words of the simulators' own faults.

use sim::{PoolFault, Sim, TelegramFault};

use crate::act::Act;

/// A failure that can be ordered.
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

/// A failure that was ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ordered {
    /// Its number on the page.
    pub(crate) number: u64,
    /// Which control.
    pub(crate) control: usize,
    fault: u64,
}

/// What is ordered.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    kept: Vec<Ordered>,
    last: u64,
}

impl Orders {
    /// Orders a failure.
    ///
    /// # Errors
    /// A sentence where there is no such control.
    pub(crate) fn add(&mut self, control: usize, sim: &Sim) -> Result<(), String> {
        let fault = CONTROLS.get(control).ok_or("there is no such control")?.order(sim)?;
        self.last += 1;
        self.kept.push(Ordered { number: self.last, control, fault });
        Ok(())
    }

    /// Takes an order back.
    pub(crate) fn cancel(&mut self, number: u64, sim: &Sim) {
        for ordered in self.kept.iter().filter(|ordered| ordered.number == number) {
            match CONTROLS[ordered.control].side {
                Side::Supplier => sim.smspool.forget_fault(ordered.fault),
                Side::Telegram => sim.telegram.forget_fault(ordered.fault),
            }
        }
        self.kept.retain(|ordered| ordered.number != number);
    }

    /// Lets go of what has happened; whether there was anything.
    pub(crate) fn settle(&mut self, sim: &Sim) -> bool {
        let before = self.kept.len();
        self.kept.retain(|ordered| {
            let left = match CONTROLS[ordered.control].side {
                Side::Supplier => sim.smspool.fault_left(ordered.fault),
                Side::Telegram => sim.telegram.fault_left(ordered.fault),
            };
            left > 0
        });
        self.kept.len() != before
    }

    /// What is still to come.
    pub(crate) fn pending(&self) -> Vec<Ordered> {
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
        let mut orders = Orders::default();
        for (index, control) in CONTROLS.iter().enumerate() {
            orders.add(index, &sim).expect(control.label);
            let script = Script::parse("one line", &control.act().script_line(1)).expect(control.label);
            let is_fault =
                matches!(script.lines[0].step, Step::World(World::PoolFault { .. } | World::TelegramFault { .. }));
            assert!(is_fault, "{}", control.label);
        }
        assert!(!orders.settle(&sim), "nothing has happened yet");
        assert_eq!(orders.pending().len(), CONTROLS.len());
        orders.cancel(1, &sim);
        assert_eq!(orders.pending().len(), CONTROLS.len() - 1);
        sim.smspool.clear_faults();
        sim.telegram.clear_faults();
        assert!(orders.settle(&sim) && orders.pending().is_empty());
    }
}
