//! A database that is older than what was there before: a disk that forgot what it had synced, or a copy put in its
//! place. It is noticed, nothing is sold from it, and what is open goes on.

use std::process::Output;

use crate::support::World;

const BUY: &str = "user 5\nsend /buy\ntap \"🟢 Temporary\"\ntap \"United States\"\ntap \"WhatsApp\"\ntap \"✅ Buy for\"\nsee \"Your number is ready\"\n";

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A shop with an open order.
async fn selling() -> World {
    let mut world = World::new().await;
    world.customer(5, "en").await;
    world.play(BUY).await;
    world
}

/// Another credit, and an audit that keeps its head.
fn credit_and_audit(world: &World) {
    world.credit(5, "3.00");
    let audit = world.raqam(&["audit"]);
    assert!(audit.status.success(), "{}", said(&audit));
}

#[tokio::test]
async fn fault_16_a_disk_that_forgot_is_noticed() {
    let mut world = selling().await;
    world.kill();
    let old = std::fs::read(world.database()).expect("a database");
    world.start().await;
    credit_and_audit(&world);
    world.kill();
    std::fs::write(world.database(), old).expect("writable");

    let audit = world.raqam(&["audit"]);
    let (table, names) = (said(&audit), ["I13    BROKEN", "was there", "raqam.redb.head", "raqam restore"]);
    assert!(!audit.status.success() && names.iter().all(|name| table.contains(name)), "{table}");
    world.bot = Some(world.spawn(&[]));
    world.play("user 5\nsend /menu\nsee \"paused\"\nsms \"code 777123\"\nsee \"777123\"\n").await;
    let status = said(&world.raqam(&["status"]));
    assert!(status.contains("SALES ARE ON HOLD: the books are older than what was there before"), "{status}");
    let log = world.bot.as_mut().expect("a bot").log();
    assert!(log.contains("ERROR") && names[1..].iter().all(|name| log.contains(name)), "{log}");

    // The way out, where no newer copy is left: a person looks, and removes the file.
    world.kill();
    std::fs::remove_file(world.database().with_file_name("raqam.redb.head")).expect("removed");
    world.start().await;
    world.play(BUY).await;
    assert!(world.raqam(&["audit"]).status.success());
}

#[tokio::test]
async fn an_older_backup_is_restored_on_purpose_and_sells_again() {
    let mut world = selling().await;
    let backup = world.database().with_file_name("backup.redb").display().to_string();
    assert!(world.raqam(&["backup", &backup]).status.success());
    credit_and_audit(&world);
    world.kill();
    std::fs::write(world.database(), b"a disk's last words").expect("writable");
    let refused = world.raqam(&["restore", &backup]);
    assert!(!refused.status.success() && said(&refused).contains("--forget-what-came-later"), "{}", said(&refused));
    let restored = world.raqam(&["restore", &backup, "--forget-what-came-later"]);
    assert!(restored.status.success(), "{}", said(&restored));
    assert!(world.raqam(&["audit"]).status.success());
    world.start().await;
    world.play(BUY).await;
    assert!(!said(&world.raqam(&["status"])).contains("ON HOLD"));
}

/// The key may come from the environment, and leave no file that tells.
#[tokio::test]
async fn a_database_that_is_missing_is_missed_by_its_head() {
    let mut world = World::new().await;
    world.kill();
    for file in ["raqam.redb", "raqam.redb.key"] {
        std::fs::remove_file(world.database().with_file_name(file)).expect("removed");
    }
    let output = world.raqam(&["status"]);
    assert!(!output.status.success() && said(&output).contains("raqam.redb.head"), "{}", said(&output));
    assert!(!world.database().exists());
}
