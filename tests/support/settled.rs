//! What must hold when a world has come to rest, whatever happened before: no open order, books that hold, our costs the
//! supplier's, and for each person either the code or the money.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use shop::ledger::Account;
use sim::supplier::Order;
use sim::{Role, SimOptions, SimUser, SupplierSim};
use store::{Options, Store};

use super::{Shop, UNITED_STATES, World, left_after};

/// What the supplier charges for one, and what a person pays for it, in cents.
const COST: &str = "0.50";
pub(crate) const PRICE_CENTS: u64 = 65;
/// How often a person asks for the balance: Telegram's own pauses may take a moment.
const ASKED_MAX: u32 = 3;

impl World {
    /// A running world whose one price is known, so that wallets can be told, and where cancels are taken at once.
    pub(crate) async fn of_one_price(shop: &'static Shop, mut options: SimOptions) -> Self {
        shop.options(&mut options).cancel_lock = Duration::ZERO;
        let mut world = Self::without_bot_at(shop, options).await;
        assert!(world.supplier().set_price(UNITED_STATES, shop.whatsapp, COST));
        world.start().await;
        world
    }

    /// Waits until no order is open; time is moved on where an order waits for time alone.
    pub(crate) async fn settle(&mut self, told: &str) {
        for _ in 0..60 {
            let status = self.raqam(&["status"]);
            if String::from_utf8_lossy(&status.stdout).contains("Open orders: none") {
                return;
            }
            let supplier = self.supplier().clone();
            let (watched, looks) = (supplier.count_of(self.shop.watch), supplier.count_of(Role::Check));
            self.play("clock +3m\n").await;
            let within = Duration::from_secs(3);
            tokio::select! {
                _ = supplier.wait_count_of(self.shop.watch, watched + 1, within) => {}
                _ = supplier.wait_count_of(Role::Check, looks + 1, within) => {}
            }
        }
        let status = self.raqam(&["status"]);
        panic!("{told}: orders stay open: {}", String::from_utf8_lossy(&status.stdout));
    }

    /// Every invariant of the books holds.
    pub(crate) fn assert_audit(&self, told: &str) {
        let audit = self.raqam(&["audit"]);
        assert!(audit.status.success(), "{told}: {}", String::from_utf8_lossy(&audit.stdout));
    }

    /// The code or the money: each code that came for this person stands in the chat, and no more than these was paid. How
    /// many numbers were.
    pub(crate) async fn assert_code_or_money(&self, user: &SimUser, told: &str) -> u64 {
        let received: Vec<Order> =
            orders_of(self.supplier(), user).into_iter().filter(|order| !order.texts.is_empty()).collect();
        // Another code on the same number is an order of its own at the supplier, and free.
        let paid: BTreeSet<&str> = received.iter().map(|order| order.national.as_str()).collect();
        for text in received.iter().flat_map(|order| &order.texts) {
            let code = text.rsplit(' ').next().expect("a text ends in its code");
            let shows = |messages: &[sim::telegram::Message]| {
                messages.iter().any(|message| message.from_bot && message.text.contains(code)).then_some(())
            };
            let seen = user.wait_for(shows).await;
            assert!(seen.is_some(), "{told}: code {code} did not arrive; the chat shows:\n{}", user.chat());
        }
        let paid = paid.len() as u64;
        let balance = format!("Balance: {}", left_after(paid, PRICE_CENTS));
        for _ in 0..ASKED_MAX {
            let asked = user.send("/wallet");
            if user.see_after(asked, &balance).await.is_ok() {
                return paid;
            }
        }
        panic!("{told}: not {balance:?}; the chat shows:\n{}", user.chat());
    }

    /// What the ledger says that we paid is what the supplier charged and did not give back. The bot must be gone.
    pub(crate) fn assert_our_cost_is_what_the_supplier_kept(&self, told: &str) {
        let store = Store::open(&self.database(), Options::default()).expect("a store");
        let truth = self.supplier().truth();
        assert_eq!(paid_micros(&store), truth.charged_micros - truth.refunded_micros, "{told}");
    }
}

/// What suppliers were paid and have not given back, by the ledger.
pub(crate) fn paid_micros(store: &Store) -> i64 {
    let transactions = (1..).map_while(|seq| store.transaction(seq).expect("readable books"));
    let postings = transactions.flat_map(|transaction| transaction.postings().to_vec());
    let paid = postings.filter(|posting| posting.account == Account::SupplierFloat);
    paid.map(|posting| -posting.delta.micros()).sum()
}

/// A code arrives on an order; each is another one, so that none is taken for another.
pub(crate) fn deliver_code(supplier: &SupplierSim, order: &str) {
    static CODES: AtomicU64 = AtomicU64::new(100_000);
    let code = CODES.fetch_add(1, Ordering::Relaxed);
    supplier.deliver_sms(order, &format!("Your code is {code}"));
}

/// The supplier's orders whose numbers stand in a person's chat.
pub(crate) fn orders_of(supplier: &SupplierSim, user: &SimUser) -> Vec<Order> {
    let messages = user.messages();
    let shown = |order: &Order| {
        let number = format!("+{}{}", order.cc, order.national);
        messages.iter().any(|message| message.from_bot && message.text.contains(&number))
    };
    supplier.orders().into_iter().filter(shown).collect()
}
