//! Which SMS comes when: by itself some seconds after a purchase, unless another text, another delay or none was asked
//! for the next number.

use std::collections::BTreeMap;
use std::time::Duration;

use sim::OrderStatus;
use sim::supplier::Order;

use crate::supplier::Server;

/// When an SMS comes by itself.
pub(crate) const DELAY: Duration = Duration::from_secs(10);

/// What the next number gets instead of the usual.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// This text so long after the purchase.
    Text { text: String, delay: Duration },
    /// Nothing.
    Nothing,
}

/// An SMS that will come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    /// The supplier's order.
    pub(crate) order: String,
    /// The text.
    pub(crate) text: String,
    at_ms: i64,
}

/// The plan.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// What was asked for the next number.
    pub(crate) next: Option<Next>,
    /// How many scripts are played, which bring their own.
    pub(crate) scripts: u32,
    planned: BTreeMap<(Server, String), Option<Due>>,
}

impl Plan {
    /// Plans for a server's numbers that are new, and takes out what is due by now; whether a wish was used up.
    pub(crate) fn look(&mut self, server: Server, orders: &[Order], now_ms: i64) -> (Vec<Due>, bool) {
        let had_next = self.next.is_some();
        for order in orders.iter().filter(|order| order.status == OrderStatus::Pending) {
            let key = (server, order.code.clone());
            if !self.planned.contains_key(&key) {
                let due = if self.scripts > 0 { None } else { self.plan(order) };
                self.planned.insert(key, due);
            }
        }
        let ready = |due: &Option<Due>| due.as_ref().is_some_and(|due| due.at_ms <= now_ms);
        let own = self.planned.iter_mut().filter(|((planned, _), _)| *planned == server).map(|(_, due)| due);
        let due = own.filter_map(|due| if ready(due) { due.take() } else { None }).collect();
        (due, had_next != self.next.is_some())
    }

    /// A number that got its SMS by hand gets none by itself any more.
    pub(crate) fn forget(&mut self, server: Server, order: String) {
        self.planned.insert((server, order), None);
    }

    fn plan(&mut self, order: &Order) -> Option<Due> {
        let (text, delay) = match self.next.take() {
            None => (usual_text(order), DELAY),
            Some(Next::Nothing) => return None,
            Some(Next::Text { text, delay }) if text.is_empty() => (usual_text(order), delay),
            Some(Next::Text { text, delay }) => (text, delay),
        };
        let delay_ms = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX / 4);
        Some(Due { order: order.code.clone(), text, at_ms: order.made_ms.saturating_add(delay_ms) })
    }
}

/// A code that differs from number to number.
fn usual_text(order: &Order) -> String {
    let mixed = order.code.bytes().fold(17_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    format!("Your verification code is {}", 100_000 + mixed % 900_000)
}
