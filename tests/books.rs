//! The operator's view of the books, with the real binary: audit, backup, restore, and what stops the sales.

use std::process::Output;

use sim::SimOptions;

use crate::support::{PATIENCE, World};

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

const BUY: &str = "user 5\nsend /buy\ntap \"🟢 Temporary\"\ntap \"United States\"\ntap \"WhatsApp\"\ntap \"✅ Buy for\"\nsee \"Your number is ready\"\n";

#[tokio::test]
async fn an_audit_holds_while_the_bot_runs_and_after_a_kill() {
    let mut world = World::with(SimOptions::default()).await;
    world.customer(5, "en").await;
    world.play(&format!("{BUY}sms \"code 4711\"\nsee \"4711\"\n")).await;
    for round in ["running", "killed"] {
        let output = world.raqam(&["audit"]);
        let table = said(&output);
        assert!(output.status.success() && !table.contains("BROKEN"), "{round}: {table}");
        for invariant in ["I1 ", "I2 ", "I3 ", "I4 ", "I5 ", "I6 ", "I7 ", "I9 ", "I10 ", "I11 ", "I13 "] {
            assert!(table.contains(invariant), "{round}: {table}");
        }
        let json: serde_json::Value = serde_json::from_slice(&world.raqam(&["audit", "--json"]).stdout).expect("JSON");
        assert!(json["checked"]["I1"]["looked_at"].as_u64().is_some_and(|count| count >= 4), "{json}");
        if world.bot.is_some() {
            world.kill();
        }
    }
}

#[tokio::test]
async fn fault_75_a_backup_made_while_the_bot_runs_brings_the_shop_back() {
    let mut world = World::with(SimOptions::default()).await;
    world.customer(5, "en").await;
    world.play(BUY).await;
    let backup = world.database().with_file_name("backup.redb").display().to_string();
    assert!(world.raqam(&["backup", &backup]).status.success());
    let again = world.raqam(&["backup", &backup]);
    assert!(!again.status.success() && said(&again).contains("exists already"), "{}", said(&again));
    let running = world.raqam(&["restore", &backup]);
    assert!(!running.status.success() && said(&running).contains("in use"), "{}", said(&running));
    world.kill();
    std::fs::write(world.database(), b"a disk's last words").expect("writable");
    let damaged = world.raqam(&["status"]);
    assert!(!damaged.status.success() && said(&damaged).contains("raqam.redb"), "{}", said(&damaged));
    let restored = world.raqam(&["restore", &backup]);
    assert!(restored.status.success(), "{}", said(&restored));
    world.start().await;
    world.play("user 5\nsms \"code 90125\"\nsee \"90125\"\n").await;
    assert!(world.raqam(&["audit"]).status.success());
    assert_eq!(world.sim.smspool.count("/purchase/sms"), 1);
}

#[tokio::test]
async fn a_database_that_was_there_before_is_missed_and_never_made_anew() {
    let mut world = World::with(SimOptions::default()).await;
    world.kill();
    std::fs::remove_file(world.database()).expect("removed");
    for arguments in [["serve"], ["status"]] {
        let output = world.raqam(&arguments);
        assert!(!output.status.success() && said(&output).contains("restore"), "{}", said(&output));
        assert!(!world.database().exists());
    }
}

/// The supplier sold after the backup was made: its number is nobody's now, and the operator is told, twice.
#[tokio::test]
async fn fault_75_orders_that_are_newer_than_the_restored_backup_are_reported() {
    let mut world = World::with(SimOptions::default()).await;
    world.customer(5, "en").await;
    let gift = ["credit", "5", "1.00", "--reason", "a gift", "--nonce", "gift-1"];
    assert!(world.raqam(&gift).status.success());
    let backup = world.database().with_file_name("backup.redb").display().to_string();
    assert!(world.raqam(&["backup", &backup]).status.success());
    world.play(BUY).await;
    world.kill();
    let forgetful = world.raqam(&["restore", &backup]);
    assert!(!forgetful.status.success() && said(&forgetful).contains("would forget"), "{}", said(&forgetful));
    let restored = world.raqam(&["restore", &backup, "--forget-what-came-later"]);
    assert!(restored.status.success(), "{}", said(&restored));
    assert!(said(&restored).contains("Orders that the supplier took after the backup are not in it"));
    let lists = world.sim.smspool.count("/request/active");
    world.start().await;
    assert!(world.sim.smspool.wait_count("/request/active", lists + 1, PATIENCE).await > lists);
    let told = async {
        while !world.bot.as_mut().expect("a bot").log().contains("orders that nobody here knows server=2 count=1") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, told).await.expect("a warning");
    assert!(world.raqam(&["audit"]).status.success());
    // The gift came back with the backup, and is not given a second time under its name.
    assert!(said(&world.raqam(&gift)).contains("credited before"));
    world.play("user 5\nsend /wallet\nnewest \"Balance: $21.00\"\n").await;
    assert_eq!(world.sim.smspool.count("/purchase/sms"), 1);
}

/// Fault 17: where the disk is nearly full, nothing new is sold, and what is open goes on.
#[tokio::test]
async fn fault_17_a_disk_that_is_nearly_full_stops_the_sales_alone() {
    let mut world = World::with(SimOptions::default()).await;
    world.customer(5, "en").await;
    world.play(BUY).await;
    world.kill();
    // No disk of ours has a petabyte free.
    world.bot = Some(world.spawn(&[("FREE_DISK_MB_MIN", "1000000000")]));
    world.play("user 5\nsend /menu\nsee \"paused\"\nsms \"code 777123\"\nsee \"777123\"\n").await;
    assert!(said(&world.raqam(&["status"])).contains("SALES ARE ON HOLD"), "{}", said(&world.raqam(&["status"])));
}

/// The operator sees that something could not be handled, of what kind and why, and nothing of what it said.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_letters_are_seen_without_their_words() {
    let mut world = World::with(SimOptions::default()).await;
    world.customer(5, "en").await;
    assert!(world.status().await.contains("dead letters: 0\n"), "{}", world.status().await);
    for _ in 0..7 {
        world.sim.telegram.inject_update(serde_json::json!({ "message": "code 471100 for +12025550123" }));
    }
    let mut status = world.status().await;
    for _ in 0..100 {
        if status.contains("dead letters: 7\n") {
            break;
        }
        status = world.status().await;
    }
    assert!(status.contains("dead letters: 7\n"), "{status}");
    world.play("clock +5m\n").await;
    status = world.status().await;
    let letters: Vec<&str> = status.lines().filter(|line| line.starts_with("  update, ")).collect();
    assert_eq!(letters.len(), 5, "the newest few: {status}");
    assert!(letters.iter().all(|line| line.ends_with(" 5 min ago: it cannot be read")), "{status}");
    for secret in ["4711", "2025550123", "code 4", "for +"] {
        assert!(!status.contains(secret), "{secret}: {status}");
    }
}
