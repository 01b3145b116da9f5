//! SIGKILL to the real process in each state of a purchase, and in the middle of one: a restart goes on.

use sim::{Role, SimOptions};

use crate::support::{PATIENCE, Shop, World, at_each_server};

async fn killed_after(shop: &'static Shop, step: usize) {
    let mut world = World::at(shop, SimOptions::default()).await;
    world.customer(7, "en").await;
    world.credit(7, "100.00");
    for (number, (action, seen)) in shop.rental.iter().enumerate() {
        world.play(&format!("user 7\n{action}\nnewest \"{seen}\"\n")).await;
        if number == step {
            world.kill();
            world.start().await;
        }
    }
    assert_eq!(world.supplier().count_of(Role::Rent), 1);
    world.play("user 7\nsms \"code 90210\"\nsee \"90210\"\n").await;
}

macro_rules! kills {
    ($shop:ident: $($name:ident),* $(,)?) => {
        #[test]
        fn each_step_has_its_test() {
            assert_eq!([$(stringify!($name)),*].len(), crate::support::$shop.rental.len());
        }

        kills!(@step $shop, 0usize, $($name)*);
    };
    (@step $shop:ident, $step:expr, $name:ident $($rest:ident)*) => {
        #[tokio::test]
        async fn $name() {
            super::killed_after(&crate::support::$shop, $step).await;
        }

        kills!(@step $shop, $step + 1, $($rest)*);
    };
    (@step $shop:ident, $step:expr,) => {};
}

mod rental_at_server_1 {
    kills! {
        SERVER_1:
            killed_in_choose_type,
            killed_in_choose_duration,
            killed_in_search_service,
            killed_in_confirm,
            killed_in_waiting,
    }
}

mod rental_at_server_2 {
    kills! {
        SERVER_2:
            killed_in_choose_type,
            killed_in_choose_duration,
            killed_in_search_country,
            killed_in_search_service,
            killed_in_confirm,
            killed_in_waiting,
    }
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
