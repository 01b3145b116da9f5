//! The list of faults, rows 1 to 11: the process is killed at one named moment, and what the person sees is checked.

use std::os::unix::process::ExitStatusExt as _;

use sim::{SimOptions, SimUser};

use crate::support::{PATIENCE, SERVER_2, World};

const CONFIRM: &str =
    "user 7\nsend /buy\ntap \"🟢 Temporary\"\ntap \"United States\"\ntap \"WhatsApp\"\nsee \"Confirm your order\"\n";
const NUMBER: &str = "user 7\nsend /buy\ntap \"🟢 Temporary\"\ntap \"United States\"\ntap \"WhatsApp\"\n\
                      tap \"✅ Buy for\"\nsee \"Your number is ready\"\n";
const CODE: &str = "user 7\nsend /buy\ntap \"🟢 Temporary\"\ntap \"United States\"\ntap \"WhatsApp\"\n\
                    tap \"✅ Buy for\"\nsee \"Your number is ready\"\nsms \"Your code is 482913\"\nsee \"482913\"\n";
const CANCEL: &str = "user 7\nsend /buy\ntap \"🟢 Temporary\"\ntap \"United States\"\ntap \"WhatsApp\"\n\
                      tap \"✅ Buy for\"\ntap \"✖️ Cancel & refund\"\nsee \"Cancel this number?\"\n";
/// The number is there, and its code comes to whoever waits for it.
const CODE_COMES: &str = "user 7\nsee \"Your number is ready\"\nsms \"Your code is 482913\"\nsee \"482913\"\n";

/// One fault, from a ready chat to what must be seen.
struct Fault {
    /// What is played before the process that dies begins.
    ready: &'static str,
    /// Where it dies.
    point: &'static str,
    /// What is done meanwhile.
    act: Act,
    /// What is played between its end and the next start.
    dead: &'static str,
    /// What is played then: what the person must see.
    seen: &'static str,
    /// The balance in the end.
    balance: &'static str,
    /// How many purchases the supplier has seen.
    purchases: u64,
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
/// With one code, and with none.
const CHARGED: &str = "Balance: $19.35";
const UNCHARGED: &str = "Balance: $20.00";

impl Fault {
    /// Buy is pressed, and the number comes all the same, once.
    const fn bought_once(point: &'static str) -> Self {
        Self { ready: CONFIRM, point, act: BUY, dead: "", seen: CODE_COMES, balance: CHARGED, purchases: 1 }
    }

    /// A code comes, and arrives all the same.
    const fn received(point: &'static str) -> Self {
        let seen = "user 7\nsee \"482913\"\n";
        Self { ready: NUMBER, point, act: Act::Sms, dead: "", seen, balance: CHARGED, purchases: 1 }
    }

    /// A number is cancelled, and the money comes back all the same.
    const fn cancelled(point: &'static str) -> Self {
        let seen = "user 7\nsee \"Cancelled\"\nsee \"returned. Balance\"\n";
        Self { ready: CANCEL, point, act: YES_CANCEL, dead: "", seen, balance: UNCHARGED, purchases: 1 }
    }

    async fn check(&self) {
        let told = self.point;
        let mut world = ready(self.ready).await;
        let user = world.sim.telegram.known_user(7).expect("a customer");
        let mut bot = world.spawn(&[("FAILPOINTS", &format!("{told}=1*return"))]);
        // Nobody may be there to answer the press.
        let acting = tokio::spawn(act(user.clone(), world.sim.smspool.clone(), self.act));
        let status = tokio::time::timeout(PATIENCE, bot.ended()).await;
        let status = status.unwrap_or_else(|_| panic!("{told} was not passed: {}", bot.log()));
        assert!(status.signal().is_some(), "{told}: it ended by itself, {status}");
        acting.abort();
        world.play(self.dead).await;
        world.start().await;
        world.play(self.seen).await;
        finish(&mut world, &user, self.balance, self.purchases, told).await;
    }
}

/// A customer with money whose chat stands where this script leads, and no bot.
async fn ready(script: &str) -> World {
    let mut world = World::of_one_price(&SERVER_2, SimOptions::default()).await;
    world.customer(7, "en").await;
    world.play(script).await;
    world.kill();
    world
}

async fn act(user: SimUser, supplier: sim::SupplierSim, act: Act) {
    match act {
        Act::Tap(label) => drop(user.tap(label).await),
        Act::Sms => drop(supplier.deliver_latest("Your code is 482913")),
    }
}

/// The balance, the supplier's count and books, and our books.
async fn finish(world: &mut World, user: &SimUser, balance: &str, purchases: u64, told: &str) {
    world.settle(told).await;
    let asked = user.send("/wallet");
    user.see_after(asked, balance).await.unwrap_or_else(|error| panic!("{told}: {error}"));
    assert_eq!(world.sim.smspool.count("/purchase/sms"), purchases, "{told}");
    world.assert_audit(told);
    world.assert_code_or_money(user, told).await;
    world.kill();
    world.assert_our_cost_is_what_the_supplier_kept(told);
}

macro_rules! faults {
    ($($(#[$meta:meta])* $name:ident: $fault:expr;)*) => {
        $($(#[$meta])*
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            $fault.check().await;
        })*
    };
}

faults! {
    fault_01_the_press_comes_again_after_an_end_before_its_intake: Fault::bought_once("telegram:getUpdates:after");
    fault_01_the_press_comes_again_after_an_end_at_its_intake: Fault::bought_once("commit:TakeIn:before");
    fault_02_a_press_that_was_taken_in_is_handled_at_the_next_start: Fault::bought_once("commit:TakeIn:after");
    fault_02_a_press_that_waited_too_long_gets_a_fresh_quote: Fault {
        dead: "clock +151s\n",
        seen: "user 7\nsee \"Confirm your order\"\n",
        balance: UNCHARGED,
        purchases: 0,
        ..Fault::bought_once("commit:TakeIn:after")
    };
    fault_03_a_purchase_that_was_not_reserved_is_handled_anew: Fault::bought_once("commit:Step+Buy:before");
    fault_04_a_reserved_purchase_goes_on: Fault::bought_once("commit:Step+Buy:after");
    fault_04_a_reserved_purchase_that_waited_too_long_is_refunded: Fault {
        dead: "clock +21s\n",
        seen: "user 7\nsee \"Your order was not started\"\n",
        balance: UNCHARGED,
        purchases: 0,
        ..Fault::bought_once("commit:Step+Buy:after")
    };
    fault_05_a_purchase_that_was_not_sent_is_looked_for_and_refunded: Fault {
        seen: "user 7\nsee \"Checking with the server\"\nclock +181s\nsee \"returned\"\n",
        balance: UNCHARGED,
        purchases: 0,
        ..Fault::bought_once("commit:Domain+StartBuying:after")
    };
    fault_05_a_purchase_is_not_sent_again_before_its_call: Fault {
        seen: "user 7\nsee \"Checking with the server\"\nclock +181s\nsee \"returned\"\n",
        balance: UNCHARGED,
        purchases: 0,
        ..Fault::bought_once("supplier:/purchase/sms:before")
    };
    fault_07_an_answer_that_was_read_is_found_in_the_list: Fault::bought_once("supplier:/purchase/sms:after");
    fault_07_an_answer_that_was_not_stored_is_found_in_the_list: Fault::bought_once("commit:Domain+Bought:before");
    fault_08_a_number_that_was_stored_is_shown_at_the_next_start: Fault::bought_once("commit:Domain+Bought:after");
    fault_09_a_code_that_was_seen_is_read_again: Fault::received("commit:Domain+Received:before");
    fault_10_a_code_that_was_stored_is_sent_at_the_next_start: Fault::received("commit:Domain+Received:after");
    fault_10_a_code_that_was_about_to_be_sent_is_sent: Fault::received("telegram:sendMessage:before");
    fault_10_a_code_that_may_have_been_sent_is_sent: Fault::received("telegram:sendMessage:after");
    fault_11_a_cancel_that_was_not_stored_is_handled_anew: Fault::cancelled("commit:Card+Cancel:before");
    fault_11_a_cancel_that_was_stored_goes_on: Fault::cancelled("commit:Card+Cancel:after");
    fault_11_a_cancel_is_sent_after_an_end_before_it: Fault::cancelled("supplier:/sms/cancel:before");
    fault_11_a_cancel_that_was_granted_refunds_once: Fault::cancelled("supplier:/sms/cancel:after");
    fault_11_a_refund_that_was_not_stored_comes_once: Fault::cancelled("commit:Domain+Close:before");
    fault_11_a_refund_that_was_stored_comes_once: Fault::cancelled("commit:Domain+Close:after");
    /// The supplier gave a second code, and its answer died with the process: nobody looked for it.
    another_code_is_found_when_its_answer_died_with_the_process: Fault {
        ready: CODE,
        act: Act::Tap("🔁 Another code"),
        dead: "user 7\nsms \"Your code is 771204\"\n",
        seen: "user 7\nsee \"🔑 Code 2: 771204\"\n",
        ..Fault::bought_once("supplier:/sms/resend:after")
    };
}

/// No point lies between the supplier's charge and its answer: the supplier keeps the answer back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_06_a_charge_without_an_answer_is_found_in_the_list() {
    let mut world = ready(CONFIRM).await;
    let user = world.sim.telegram.known_user(7).expect("a customer");
    world.start().await;
    world.play("user 7\nfault smspool /purchase/sms hang-after\ntap \"✅ Buy for\"\n").await;
    assert_eq!(world.sim.smspool.wait_count("/purchase/sms", 1, PATIENCE).await, 1);
    world.kill();
    world.start().await;
    world.play(CODE_COMES).await;
    finish(&mut world, &user, CHARGED, 1, "after the charge").await;
}
