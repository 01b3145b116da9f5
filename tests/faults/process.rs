//! The process ends, is ended, or finds a file that it does not know.

use std::path::Path;
use std::time::Duration;

use sim::{PoolFault, Role, SimOptions};

use super::{BUY, READY, TO_CONFIRM, audited, bought, button, play, play_as, until_status, world};
use crate::support::{PATIENCE, SERVER_2, Shop, World, at_each_server};

/// A database of the first schema: an open order of 7's, one of 8's with its code, one of 9's that was cancelled.
const SCHEMA_1: &str = "tests/fixtures/schema-1.redb";

at_each_server! {
    #[tokio::test]
    fault_76_sigterm_in_the_middle_of_a_purchase_waits_for_its_answer,
    fault_77_a_process_that_is_killed_under_load_goes_on_after_a_restart,
}

/// Frozen. A new schema gets a file of its own: `WRITE_FIXTURE=path cargo test --test promises fault_22` makes one.
#[tokio::test]
async fn fault_22_a_file_of_the_first_schema_loads_in_every_later_version() {
    if let Ok(path) = std::env::var("WRITE_FIXTURE") {
        write_fixture(&path).await;
    }
    let mut world = World::without_bot(days_later()).await;
    assert!(world.supplier().set_price(1, 1012, "0.22"));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(SCHEMA_1);
    std::fs::copy(file, world.database()).expect("copied");
    // Written by another machine, whose master key was not taken along.
    audited(&world);
    until_status(&world, &["Users: 3", "Active 1", "Supplier orders without an owner: 0", "dead letters: 0"]).await;
    // It is worked with, not only read: sessions, cards and wallets.
    world.start().await;
    for (user, before, after) in [(8, "$19.71", "$19.42"), (9, "$20.00", "$19.71")] {
        world.sim.telegram.user(user, "Noor", "en").send("/wallet");
        play_as(&mut world, user, &format!("newest \"Balance: {before}\"\n{TO_CONFIRM}{BUY}{READY}")).await;
        play_as(&mut world, user, &format!("send /wallet\nnewest \"Balance: {after}\"\n")).await;
    }
    audited(&world);
}

/// Wherever the process dies, the old file or the new one is there, whole; the next start goes on.
#[tokio::test(flavor = "multi_thread")]
async fn fault_13_killed_while_the_file_is_brought_to_todays_form() {
    let old = Path::new(env!("CARGO_MANIFEST_DIR")).join(SCHEMA_1);
    let old = std::fs::read(old).expect("the frozen file");
    for moment in ["copy:before", "copy:after", "change:before", "change:after", "place:before", "place:after"] {
        let mut world = World::without_bot(days_later()).await;
        std::fs::write(world.database(), &old).expect("written");
        let mut bot = world.spawn(&[("FAILPOINTS", &format!("migrate:{moment}=1*return"))]);
        assert!(!bot.ended().await.success(), "{moment}");
        let kept = world.database().with_extension("redb.schema-1");
        assert_eq!(kept.exists(), moment == "place:after", "{moment}");
        world.start().await;
        assert!(kept.exists() && !world.database().with_extension("redb.migrating").exists(), "{moment}");
        audited(&world);
        until_status(&world, &["Users: 3"]).await;
        world.sim.telegram.user(8, "Noor", "en").send("/wallet");
        world.play("user 8\nsee \"$19.71\"\n").await;
    }
}

/// Telegram and the supplier go on with other numbers than those of the frozen file's own days.
fn days_later() -> SimOptions {
    let mut options = SimOptions::default();
    options.telegram.rates = None;
    options.telegram.first_update_id += 1_000;
    options.smspool.common.seed = 2;
    options
}

async fn write_fixture(path: &str) {
    let mut world = world(&SERVER_2).await;
    bought(&mut world).await;
    for user in [8, 9] {
        world.customer(user, "en").await;
        play_as(&mut world, user, &format!("{TO_CONFIRM}{BUY}{READY}")).await;
        if user == 8 {
            play_as(&mut world, user, "sms \"code 2222\"\nsee \"🔑 2222\"\n").await;
        }
    }
    play_as(&mut world, 9, "clock +2m\ntap \"✖️ Cancel & refund\"\ntap \"✖️ Yes, cancel\"\nsee \"returned\"\n").await;
    let made = world.raqam(&["backup", path]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// The answer of the call that runs is waited for and stored: nothing has to be looked for afterwards.
async fn fault_76_sigterm_in_the_middle_of_a_purchase_waits_for_its_answer(shop: &'static Shop) {
    let mut world = world(shop).await;
    play(&mut world, TO_CONFIRM).await;
    world.fault_on(Role::Purchase, 1, PoolFault::Delay(Duration::from_secs(2)));
    play(&mut world, &format!("{BUY}see \"Getting your number\"\n")).await;
    let ended = world.bot.take().expect("a bot").terminate().await;
    assert!(ended.success(), "{ended}");
    assert_eq!((world.supplier().count_of(Role::Purchase), world.supplier().orders().len()), (1, 1));
    world.start().await;
    play(&mut world, &format!("{READY}count purchase 1\nsms \"code 7676\"\nsee \"🔑 7676\"\n")).await;
    assert_eq!(world.supplier().count_of(Role::PastOrders), 0, "nothing was lost");
    audited(&world);
}

/// What the kernel does to a process without memory is a SIGKILL; here it comes while six people buy at once.
async fn fault_77_a_process_that_is_killed_under_load_goes_on_after_a_restart(shop: &'static Shop) {
    let mut world = world(shop).await;
    for user in 8..13 {
        world.customer(user, "en").await;
    }
    for user in 7..13 {
        play_as(&mut world, user, TO_CONFIRM).await;
    }
    let buyers: Vec<_> = (7..13).filter_map(|user| world.sim.telegram.known_user(user)).collect();
    for user in &buyers {
        let (message, data) = button(user, "✅ Buy");
        let _unanswered = user.press_now(message, Some(&data));
    }
    assert!(world.supplier().wait_count_of(Role::Purchase, 2, PATIENCE).await >= 2);
    world.kill();
    world.start().await;
    // Whose call was begun and not made has the money back three minutes later at the latest.
    play(&mut world, "clock +181s\n").await;
    let mut numbers = 0;
    for user in &buyers {
        let ended = user.wait_for(|_| {
            let chat = user.chat();
            let ready = chat.contains("Your number is ready");
            (ready || chat.contains("returned") || chat.contains("was not started")).then_some(ready)
        });
        numbers += usize::from(ended.await.unwrap_or_else(|| panic!("nothing came of it: {}", user.chat())));
    }
    let unowned = world.supplier().orders().len() - numbers;
    assert!(unowned <= shop.lost.unowned_max, "each number that was paid is somebody's, but for {unowned}");
    assert_eq!(world.supplier().truth().refunded_micros, 0);
    assert!(numbers + unowned >= 2 && world.supplier().count_of(Role::Purchase) <= 6);
    audited(&world);
}

/// The log goes into a pipe that nobody reads any more.
#[tokio::test]
async fn fault_78_a_log_that_nobody_reads_stops_nothing() {
    let mut world = World::without_bot(SimOptions::default()).await;
    world.start_without_a_reader_of_its_log().await;
    world.customer(7, "en").await;
    bought(&mut world).await;
    play(&mut world, "sms \"code 7878\"\nsee \"🔑 7878\"\n").await;
}
