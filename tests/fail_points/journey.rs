//! A whole journey of one person, who begins anew where the process died under it.

use std::collections::BTreeSet;
use std::time::Duration;

use sim::supplier::{Order, OrderStatus};
use sim::telegram::{Message, UserError};
use sim::{SimUser, SupplierSim};

use crate::support::{AnotherCode, ClockHand, Shop, deliver_code, orders_of};

/// How often a person tries anything again.
const TRIES: u32 = 4;
/// After so long nobody looks for a lost purchase any more.
const LOOKED_FOR: Duration = Duration::from_secs(181);

/// The person, with what surrounds them.
pub(crate) struct Journey {
    /// Who.
    pub(crate) user: SimUser,
    /// Where they buy.
    pub(crate) shop: &'static Shop,
    /// Where codes come from.
    pub(crate) supplier: SupplierSim,
    /// Moves the time where a purchase waits for nothing else.
    pub(crate) clock_hand: ClockHand,
}

/// What became of a purchase, as far as the chat tells.
enum Came {
    Number(Order),
    Refund,
}

impl Journey {
    /// Starts the bot, buys a number and receives its codes, buys another and cancels it; how often Buy was pressed.
    pub(crate) async fn run(self) -> u64 {
        let started = self.user.send("/start");
        // Every wait may end in vain: the process is dead, and comes back. What must hold is checked in the end.
        let _ = self.user.see_after(started, "Noor").await;
        let (kept, presses) = self.buy().await;
        if let Some(order) = kept {
            self.receive(&order).await;
            if self.shop.another_code == AnotherCode::Sold {
                self.receive_another(&order).await;
            }
        }
        let (unwanted, more) = self.buy().await;
        if unwanted.is_some() {
            self.cancel().await;
        }
        presses + more
    }

    async fn buy(&self) -> (Option<Order>, u64) {
        let mut presses = 0;
        for _ in 0..TRIES {
            let asked = self.user.send("/buy");
            if self.choose(asked).await.is_err() {
                continue;
            }
            let before = orders_of(&self.supplier, &self.user).into_iter().map(|order| order.code).collect();
            presses += 1;
            let _ = self.user.tap("✅ Buy for").await;
            match self.outcome(asked, &before).await {
                Some(Came::Number(order)) => return (Some(order), presses),
                Some(Came::Refund) => return (None, presses),
                None => {}
            }
        }
        (None, presses)
    }

    async fn choose(&self, asked: i64) -> Result<(), UserError> {
        // An older menu has the same button, and is out of date.
        self.user.see_after(asked, "What kind of number?").await?;
        for label in self.shop.to_services.iter().chain(&["WhatsApp"]) {
            self.user.tap(label).await?;
        }
        self.user.see_newest("Confirm your order").await
    }

    async fn outcome(&self, asked: i64, before: &BTreeSet<String>) -> Option<Came> {
        for _ in 0..TRIES {
            let came = self.user.wait_for(|messages| self.came(messages, asked, before)).await;
            let is_looked_for = says(&self.user.messages(), asked, "Checking with the server");
            if came.is_some() || !is_looked_for {
                return came;
            }
            self.clock_hand.advance(LOOKED_FOR);
        }
        None
    }

    fn came(&self, messages: &[Message], asked: i64, before: &BTreeSet<String>) -> Option<Came> {
        let mut new = orders_of(&self.supplier, &self.user).into_iter();
        if let Some(order) = new.find(|order| order.status == OrderStatus::Pending && !before.contains(&order.code)) {
            return Some(Came::Number(order));
        }
        let refunds = ["No number was issued", "The server did not answer", "Your order was not started"];
        refunds.iter().any(|words| says(messages, asked, words)).then_some(Came::Refund)
    }

    async fn receive(&self, order: &Order) {
        deliver_code(&self.supplier, &order.code);
        let _ = self.user.see("🔑").await;
    }

    /// Another code on the same number is another order at the supplier.
    async fn receive_another(&self, first: &Order) {
        for _ in 0..TRIES {
            let _ = self.user.tap("🔁 Another code").await;
            let _ = self.user.see("Waiting for one more code").await;
            let is_next = |order: &Order| order.national == first.national && order.code != first.code;
            if let Some(next) = self.supplier.orders().into_iter().find(is_next) {
                deliver_code(&self.supplier, &next.code);
                let _ = self.user.see("🔑 Code 2").await;
                return;
            }
        }
    }

    async fn cancel(&self) {
        for _ in 0..TRIES {
            let _ = self.user.tap("✖️ Cancel & refund").await;
            let _ = self.user.tap("✖️ Yes, cancel").await;
            if self.user.see("Cancelled").await.is_ok() {
                return;
            }
        }
    }
}

/// Whether the bot says this in a message that is newer than the one with this number.
fn says(messages: &[Message], asked: i64, words: &str) -> bool {
    messages.iter().any(|message| message.from_bot && message.id > asked && message.text.contains(words))
}
