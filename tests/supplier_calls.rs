//! How often the supplier is called: counted by the simulator, not by us.

use std::collections::BTreeSet;
use std::time::Duration;

use sim::{Role, SimOptions};

use crate::support::{PATIENCE, SERVER_1, Shop, World, at_each_server};

const TO_CONFIRM: &str = "tap \"🛒 Buy a number\"\nchoose \"WhatsApp\"\nsee \"Confirm your order\"\n";

at_each_server! {
    #[tokio::test]
    fault_62_two_presses_buy_once,
    a_warm_search_calls_nobody,
}

async fn fault_62_two_presses_buy_once(shop: &'static Shop) {
    let mut world = World::at(shop, SimOptions::default()).await;
    world.play("user 1 \"Ada\" en\nsend /start\ncredit 1 5.00\n").await;
    world
        .play(&format!(
            "user 1\n{TO_CONFIRM}double-tap \"✅ Buy for\"\ntoast \"Already on it…\"\nsee \"Your number is ready\"\n"
        ))
        .await;
    assert_eq!(world.supplier().count_of(Role::Purchase), 1);
    assert_eq!(world.supplier().orders().len(), 1);
}

async fn a_warm_search_calls_nobody(shop: &'static Shop) {
    let mut world = World::at(shop, SimOptions::default()).await;
    let user = world.customer(2, "en").await;
    world.play("user 2\ntap \"🛒 Buy a number\"\nchoose\n").await;
    user.see("Choose a service").await.expect("services");
    user.search("sp_svc:1:w").await.expect("an answer");
    let before = world.supplier().requests().len();
    for query in ["sp:", "sp:f", "sp:fr", "sp_svc:1:", "sp_svc:1:t", "sp_svc:1:te", "sp_svc:1:tel", "nothing like it"] {
        user.search(query).await.expect("an answer");
    }
    assert_eq!(world.supplier().requests().len(), before);
}

#[tokio::test]
async fn fault_51_one_list_a_tick_for_two_hundred_open_orders() {
    let mut options = SimOptions::for_load();
    options.smspool.common.recorded_max = 100_000;
    options.smspool.common.order_life = Duration::from_secs(7_200);
    let mut world = World::without_bot(options).await;
    let pace = [("POLL_SECONDS", "2"), ("SUPPLIER_REQUESTS_PER_SECOND", "1000"), ("FLOOD_EVENTS", "1000")];
    world.start_with(&pace).await;
    assert!(world.raqam(&["settings", "limit", "purchases-in-all", "1000"]).status.success());
    let users = 20;
    for id in 0..users {
        world.customer(1_000 + id, "en").await;
    }
    let journeys = (0..users).map(|id| buy_ten(&world, 1_000 + id));
    join_all(journeys).await;
    assert_eq!(world.supplier().orders().len(), 200);
    let purchases = world.supplier().count_of(Role::Purchase);
    let lists = world.supplier().count_of(Role::OpenOrders);
    let checks = world.supplier().count_of(Role::Check);
    let seen = world.supplier().wait_count_of(Role::OpenOrders, lists + 5, PATIENCE).await;
    assert!(seen >= lists + 5, "the monitor stands still");
    assert_eq!(world.supplier().count_of(Role::Check), checks, "nobody is asked about alone");
    assert_eq!(world.supplier().count_of(Role::Purchase), purchases);
    // A restart asks no differently: one list, and the code that came meanwhile is there.
    world.kill();
    let (lists, newest) = (world.supplier().count_of(Role::OpenOrders), world.supplier().orders().pop());
    assert!(world.supplier().deliver_sms(&newest.expect("an order").code, "code 5151"));
    world.start_with(&pace).await;
    let seen = world.supplier().wait_count_of(Role::OpenOrders, lists + 3, PATIENCE).await;
    assert!(seen >= lists + 3, "the monitor stands still");
    assert_eq!(world.supplier().count_of(Role::Check), checks, "nobody is asked about alone");
    let codes = (0..users).filter(|id| {
        let user = world.sim.telegram.known_user(1_000 + id).expect("a customer");
        user.messages().iter().any(|message| message.text.contains("5151"))
    });
    assert_eq!(codes.count(), 1);
}

/// Where no list tells, each open order is asked about alone: in turn, and no faster than our own limit.
#[tokio::test]
async fn fault_51_open_orders_that_nothing_lists_are_asked_about_in_turn() {
    const ORDERS: usize = 12;
    const PER_SECOND: usize = 5;
    let mut options = SimOptions::for_load();
    options.nonvoip.common.recorded_max = 100_000;
    options.nonvoip.common.order_life = Duration::from_secs(7_200);
    let mut world = World::without_bot_at(&SERVER_1, options).await;
    world.start_with(&[("SUPPLIER_REQUESTS_PER_SECOND", "1000"), ("FLOOD_EVENTS", "1000")]).await;
    for user in 0..2 {
        world.customer(1_000 + user, "en").await;
        world.credit(1_000 + user, "80.00");
    }
    for order in 0..ORDERS {
        let user = 1_000 + order % 2;
        world
            .play(&format!("user {user}\nsend /buy\nchoose \"WhatsApp\"\ntap \"Buy for\"\nnewest \"is ready\"\n"))
            .await;
    }
    world.kill();
    let (before, looks) = (world.supplier().last_request(), world.supplier().count_of(Role::Check));
    world.start_with(&[("SUPPLIER_REQUESTS_PER_SECOND", &PER_SECOND.to_string())]).await;
    let wanted = looks + 2 * ORDERS as u64;
    assert!(world.supplier().wait_count_of(Role::Check, wanted, PATIENCE).await >= wanted, "the monitor stands still");
    let requests = world.supplier().requests_after(before);
    let check = world.supplier().path(Role::Check).expect("a path");
    let asked = requests.iter().filter(|it| it.endpoint == check);
    let orders: BTreeSet<_> = asked.map(|it| it.params["order_id"].to_string()).collect();
    assert_eq!(orders.len(), ORDERS, "twice as many looks as orders, and somebody is left out");
    let times: Vec<i64> = requests.iter().map(|it| it.at_ms).collect();
    // The simulator's clock and the limit's are not the same one: a call may be seen some milliseconds late.
    let crowded = times.windows(PER_SECOND + 1).filter(|window| window[PER_SECOND] - window[0] < 900).count();
    assert_eq!(crowded, 0, "more than {PER_SECOND} calls in a second: {times:?}");
}

async fn buy_ten(world: &World, id: i64) {
    let user = world.sim.telegram.known_user(id).expect("a customer");
    for _ in 0..10 {
        user.send("/buy");
        for label in ["Temporary", "United States", "Facebook"] {
            user.tap(label).await.unwrap_or_else(|error| panic!("{label}: {error}"));
        }
        user.tap("Buy for").await.unwrap_or_else(|error| panic!("{error}"));
        user.see_newest("Your number is ready").await.unwrap_or_else(|error| panic!("{error}"));
    }
}

/// Runs all at once, on this task.
async fn join_all(work: impl Iterator<Item = impl Future<Output = ()>>) {
    let mut running: Vec<_> = work.map(Box::pin).collect();
    std::future::poll_fn(|context| {
        running.retain_mut(|one| one.as_mut().poll(context).is_pending());
        if running.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}
