//! SIGKILL to the real process in each state of a purchase, and in the middle of one: a restart goes on.

use sim::{Role, SimOptions};

use crate::support::{PATIENCE, Shop, World, at_each_server};

/// The steps of a rental's journey (it passes through every state), with what is on the screen in each state.
const STEPS: [(&str, &str); 6] = [
    ("send /buy", "What kind of number?"),
    ("tap \"📅 Rental\"", "How long?"),
    ("tap \"30 days\"", "Choose a country"),
    ("tap \"United States\"", "Choose a service"),
    ("tap \"WhatsApp\"", "Confirm your order"),
    ("tap \"✅ Buy for\"", "Messages: 0"),
];

async fn killed_after(step: usize) {
    let mut world = World::with(SimOptions::default()).await;
    world.customer(7, "en").await;
    world.credit(7, "100.00");
    for (number, (action, seen)) in STEPS.iter().enumerate() {
        world.play(&format!("user 7\n{action}\nnewest \"{seen}\"\n")).await;
        if number == step {
            world.kill();
            world.start().await;
        }
    }
    assert_eq!(world.sim.smspool.count("/purchase/rental"), 1);
    world.play("user 7\nsms \"code 90210\"\nsee \"90210\"\n").await;
}

macro_rules! kills {
    ($($name:ident: $step:literal),* $(,)?) => {
        $(#[tokio::test]
        async fn $name() {
            killed_after($step).await;
        })*
    };
}

kills! {
    killed_in_choose_type: 0,
    killed_in_choose_duration: 1,
    killed_in_search_country: 2,
    killed_in_search_service: 3,
    killed_in_confirm: 4,
    killed_in_waiting: 5,
}

at_each_server! {
    #[tokio::test]
    fault_06_killed_in_the_middle_of_a_purchase,
    fault_50_a_code_that_came_while_the_process_was_dead_arrives,
}

async fn fault_06_killed_in_the_middle_of_a_purchase(shop: &'static Shop) {
    let mut world = World::at(shop, SimOptions::default()).await;
    world.customer(8, "en").await;
    world.play("user 8\nsend /buy\nchoose \"WhatsApp\"\nsee \"Confirm your order\"\n").await;
    // The supplier carries the purchase out and keeps the answer back.
    world.play("user 8\nfault supplier purchase hang-after\ntap \"✅ Buy for\"\n").await;
    assert_eq!(world.supplier().wait_count_of(Role::Purchase, 1, PATIENCE).await, 1);
    world.kill();
    world.start().await;
    world.play(&format!("user 8\n{}count purchase 1\n", shop.lost.ends)).await;
    assert_eq!(world.supplier().truth().refunded_micros, 0);
}

async fn fault_50_a_code_that_came_while_the_process_was_dead_arrives(shop: &'static Shop) {
    let mut world = World::at(shop, SimOptions::default()).await;
    world.customer(9, "ar").await;
    world.play("user 9\nsend /buy\nchoose-ar \"واتساب\"\ntap \"✅ شراء بسعر\"\nsee \"رقمك جاهز\"\n").await;
    world.kill();
    world.play("user 9\nsms \"code 24680\"\n").await;
    world.start().await;
    world.play("user 9\nsee \"24680\"\n").await;
}

#[tokio::test]
async fn sigterm_ends_cleanly() {
    let mut world = World::with(SimOptions::default()).await;
    world.customer(10, "en").await;
    let status = world.bot.take().expect("a bot").terminate().await;
    assert!(status.success(), "{status}");
}
