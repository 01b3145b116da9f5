//! The list of faults, rows 1 to 11: the process is killed at one named moment, and what the person sees is checked.

use std::os::unix::process::ExitStatusExt as _;

use sim::{Role, SimOptions, SimUser, SupplierSim};

use Point::{After, Before, Named};

use crate::support::{PATIENCE, PRICE_CENTS, SERVER_2, Shop, World, left_after};

const CONFIRM: &str = "send /buy\nchoose \"WhatsApp\"\nsee \"Confirm your order\"\n";
const NUMBER: &str = "send /buy\nchoose \"WhatsApp\"\ntap \"✅ Buy for\"\nsee \"Your number is ready\"\n";
const CODE: &str = "send /buy\nchoose \"WhatsApp\"\ntap \"✅ Buy for\"\nsee \"Your number is ready\"\n\
                    sms \"Your code is 482913\"\nsee \"482913\"\n";
const CANCEL: &str = "send /buy\nchoose \"WhatsApp\"\ntap \"✅ Buy for\"\ntap \"✖️ Cancel & refund\"\n\
                      see \"Cancel this number?\"\n";
/// The number is there, and its code comes to whoever waits for it.
const CODE_COMES: &str = "see \"Your number is ready\"\nsms \"Your code is 482913\"\nsee \"482913\"\n";
/// The purchase is looked for, and was not made.
const NOT_BOUGHT: &str = "see \"Checking with the server\"\nclock +181s\nsee \"returned\"\n";

/// One fault, from a ready chat to what must be seen.
struct Fault {
    /// What is played before the process that dies begins.
    ready: &'static str,
    /// Where it dies.
    point: Point,
    /// What is done meanwhile.
    act: Act,
    /// What is played between its end and the next start.
    dead: &'static str,
    /// What is played then: what the person must see.
    seen: &'static str,
    /// How many numbers the person has paid for in the end.
    numbers: u64,
    /// How many purchases the supplier has seen.
    purchases: u64,
}

/// A moment at which the process dies.
#[derive(Clone, Copy)]
enum Point {
    /// By its name.
    Named(&'static str),
    /// Before a call to the supplier for this purpose.
    Before(Role),
    /// When such a call was answered.
    After(Role),
}

impl Point {
    fn name(self, supplier: &SupplierSim) -> String {
        let call = |role, when| format!("supplier:{}:{when}", supplier.path(role).expect("the supplier has that"));
        match self {
            Self::Named(name) => name.to_owned(),
            Self::Before(role) => call(role, "before"),
            Self::After(role) => call(role, "after"),
        }
    }
}

/// What is done while the process that dies runs.
#[derive(Clone, Copy)]
enum Act {
    /// This button is pressed.
    Tap(&'static str),
    /// A code arrives.
    Sms,
}

const BUY: Act = Act::Tap("✅ Buy for");
const YES_CANCEL: Act = Act::Tap("✖️ Yes, cancel");

impl Fault {
    /// Buy is pressed, and the number comes all the same, once.
    const fn bought_once(point: Point) -> Self {
        Self { ready: CONFIRM, point, act: BUY, dead: "", seen: CODE_COMES, numbers: 1, purchases: 1 }
    }

    /// Buy is pressed, and nothing is bought.
    const fn not_bought(point: Point, seen: &'static str) -> Self {
        Self { seen, numbers: 0, purchases: 0, ..Self::bought_once(point) }
    }

    /// Buy is pressed, the supplier sells a number, and its answer is lost.
    const fn lost(shop: &Shop, point: Point) -> Self {
        Self { seen: shop.lost.ends, numbers: shop.lost.numbers, ..Self::bought_once(point) }
    }

    /// A code comes, and arrives all the same.
    const fn received(point: Point) -> Self {
        Self { ready: NUMBER, act: Act::Sms, seen: "see \"482913\"\n", ..Self::bought_once(point) }
    }

    /// A number is cancelled, and the money comes back all the same.
    const fn cancelled(point: Point) -> Self {
        let seen = "see \"Cancelled\"\nsee \"returned. Balance\"\n";
        Self { ready: CANCEL, act: YES_CANCEL, seen, numbers: 0, ..Self::bought_once(point) }
    }

    async fn check(&self, shop: &'static Shop) {
        let mut world = ready(shop, self.ready).await;
        let told = &self.point.name(world.supplier());
        let user = world.sim.telegram.known_user(7).expect("a customer");
        let mut bot = world.spawn(&[("FAILPOINTS", &format!("{told}=1*return"))]);
        // Nobody may be there to answer the press.
        let acting = tokio::spawn(act(user.clone(), world.supplier().clone(), self.act));
        let status = tokio::time::timeout(PATIENCE, bot.ended()).await;
        let status = status.unwrap_or_else(|_| panic!("{told} was not passed: {}", bot.log()));
        assert!(status.signal().is_some(), "{told}: it ended by itself, {status}");
        acting.abort();
        world.play(&format!("user 7\n{}", self.dead)).await;
        world.start().await;
        world.play(&format!("user 7\n{}", self.seen)).await;
        finish(&mut world, &user, self.numbers, self.purchases, told).await;
    }
}

/// A customer with money whose chat stands where this script leads, and no bot.
async fn ready(shop: &'static Shop, script: &str) -> World {
    let mut world = World::of_one_price(shop, SimOptions::default()).await;
    world.customer(7, "en").await;
    world.play(&format!("user 7\n{script}")).await;
    world.kill();
    world
}

async fn act(user: SimUser, supplier: SupplierSim, act: Act) {
    match act {
        Act::Tap(label) => drop(user.tap(label).await),
        Act::Sms => drop(supplier.deliver_latest("Your code is 482913")),
    }
}

/// The balance, the supplier's count and books, and our books.
async fn finish(world: &mut World, user: &SimUser, numbers: u64, purchases: u64, told: &str) {
    world.settle(told).await;
    let asked = user.send("/wallet");
    let balance = format!("Balance: {}", left_after(numbers, PRICE_CENTS));
    user.see_after(asked, &balance).await.unwrap_or_else(|error| panic!("{told}: {error}"));
    assert_eq!(world.supplier().count_of(Role::Purchase), purchases, "{told}");
    world.assert_audit(told);
    world.assert_code_or_money(user, told).await;
    world.kill();
    world.assert_our_cost_is_what_the_supplier_kept(told);
}

/// A test of each for each server.
macro_rules! faults {
    ($($name:ident: $fault:expr;)*) => {
        $(async fn $name(shop: &'static Shop) {
            let fault: fn(&'static Shop) -> Fault = $fault;
            fault(shop).check(shop).await;
        })*

        crate::support::at_each_server! {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            fault_06_a_charge_without_an_answer_is_looked_for,
            $($name),*
        }
    };
}

faults! {
    fault_01_the_press_comes_again_after_an_end_before_its_intake: |_| Fault::bought_once(Named("telegram:getUpdates:after"));
    fault_01_the_press_comes_again_after_an_end_at_its_intake: |_| Fault::bought_once(Named("commit:TakeIn:before"));
    fault_02_a_press_that_was_taken_in_is_handled_at_the_next_start: |_| Fault::bought_once(Named("commit:TakeIn:after"));
    fault_02_a_press_that_waited_too_long_gets_a_fresh_quote: |_| Fault {
        dead: "clock +151s\n",
        ..Fault::not_bought(Named("commit:TakeIn:after"), "see \"Confirm your order\"\n")
    };
    fault_03_a_purchase_that_was_not_reserved_is_handled_anew: |_| Fault::bought_once(Named("commit:Step+Buy:before"));
    fault_04_a_reserved_purchase_goes_on: |_| Fault::bought_once(Named("commit:Step+Buy:after"));
    fault_04_a_reserved_purchase_that_waited_too_long_is_refunded: |_| Fault {
        dead: "clock +21s\n",
        ..Fault::not_bought(Named("commit:Step+Buy:after"), "see \"Your order was not started\"\n")
    };
    fault_05_a_purchase_that_was_not_sent_is_looked_for_and_refunded: |_| Fault::not_bought(Named("commit:Domain+StartBuying:after"), NOT_BOUGHT);
    fault_05_a_purchase_is_not_sent_again_before_its_call: |_| Fault::not_bought(Before(Role::Purchase), NOT_BOUGHT);
    fault_07_an_answer_that_was_read_is_looked_for: |shop| Fault::lost(shop, After(Role::Purchase));
    fault_07_an_answer_that_was_not_stored_is_looked_for: |shop| Fault::lost(shop, Named("commit:Domain+Bought:before"));
    fault_08_a_number_that_was_stored_is_shown_at_the_next_start: |_| Fault::bought_once(Named("commit:Domain+Bought:after"));
    fault_09_a_code_that_was_seen_is_read_again: |_| Fault::received(Named("commit:Domain+Received:before"));
    fault_10_a_code_that_was_stored_is_sent_at_the_next_start: |_| Fault::received(Named("commit:Domain+Received:after"));
    fault_10_a_code_that_was_about_to_be_sent_is_sent: |_| Fault::received(Named("telegram:sendMessage:before"));
    fault_10_a_code_that_may_have_been_sent_is_sent: |_| Fault::received(Named("telegram:sendMessage:after"));
    fault_11_a_cancel_that_was_not_stored_is_handled_anew: |_| Fault::cancelled(Named("commit:Card+Cancel:before"));
    fault_11_a_cancel_that_was_stored_goes_on: |_| Fault::cancelled(Named("commit:Card+Cancel:after"));
    fault_11_a_cancel_is_sent_after_an_end_before_it: |_| Fault::cancelled(Before(Role::Cancel));
    fault_11_a_cancel_that_was_granted_refunds_once: |_| Fault::cancelled(After(Role::Cancel));
    fault_11_a_refund_that_was_not_stored_comes_once: |_| Fault::cancelled(Named("commit:Domain+Close:before"));
    fault_11_a_refund_that_was_stored_comes_once: |_| Fault::cancelled(Named("commit:Domain+Close:after"));
}

/// The supplier gave a second code, and its answer died with the process: nobody looked for it. Where another code is free.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_code_is_found_when_its_answer_died_with_the_process() {
    let fault = Fault {
        ready: CODE,
        act: Act::Tap("🔁 Another code"),
        dead: "sms \"Your code is 771204\"\n",
        seen: "see \"🔑 Code 2: 771204\"\n",
        ..Fault::bought_once(After(Role::Resend))
    };
    fault.check(&SERVER_2).await;
}

/// No point lies between the supplier's charge and its answer: the supplier keeps the answer back.
async fn fault_06_a_charge_without_an_answer_is_looked_for(shop: &'static Shop) {
    let mut world = ready(shop, CONFIRM).await;
    let user = world.sim.telegram.known_user(7).expect("a customer");
    world.start().await;
    world.play("user 7\nfault supplier purchase hang-after\ntap \"✅ Buy for\"\n").await;
    assert_eq!(world.supplier().wait_count_of(Role::Purchase, 1, PATIENCE).await, 1);
    world.kill();
    world.start().await;
    world.play(&format!("user 7\n{}", shop.lost.ends)).await;
    finish(&mut world, &user, shop.lost.numbers, 1, "after the charge").await;
}
