//! What the operator does in the middle of things, or types wrongly.

use std::process::Output;
use std::time::Duration;

use sim::{Role, SimOptions};

use super::{BUY, READY, TO_CONFIRM, audited, bought, play, world};
use crate::support::{PATIENCE, SERVER_2, Shop, World, at_each_server};

/// What the bot was given to encrypt secrets with, in a world that has another key.
const OTHER_MASTER_KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

at_each_server! {
    #[tokio::test]
    fault_65_a_margin_that_rises_before_the_press_asks_again,
    fault_67_a_suspended_users_order_finishes_and_nothing_new_is_sold_to_them,
    fault_69_a_margin_that_is_none_is_refused_and_the_old_one_stays,
    fault_74_without_its_master_key_nothing_starts_and_nothing_is_stored_in_clear,
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn granted(world: &World, arguments: &[&str]) -> String {
    let output = world.raqam(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    said(&output)
}

/// A refusal in one line.
fn refused(world: &World, arguments: &[&str]) -> String {
    let output = world.raqam(arguments);
    let said = said(&output);
    assert!(!output.status.success() && said.trim_end().lines().count() == 1, "{arguments:?}: {said}");
    said
}

/// The bot dies while it is asked, or the command that works on the file alone does. A repeat under the same nonce says
/// what became of it, and makes it true once.
#[tokio::test]
async fn fault_12_a_credit_that_is_killed_happens_once_or_not_at_all() {
    let mut world = world(&SERVER_2).await;
    for round in 0..6_u32 {
        let nonce = format!("round-{round}");
        let credit = ["credit", "12", "1.00", "--reason", "test", "--nonce", &nonce];
        let mut command = world.spawn_command(&credit);
        // Now and then it is over by then.
        let in_time = tokio::time::timeout(Duration::from_millis(4 * u64::from(round)), command.wait()).await;
        match (&mut world.bot, round % 2) {
            (Some(_), 0) => world.kill(),
            _ => drop(command.start_kill()),
        }
        assert!(in_time.is_err() || command.wait().await.is_ok());
        command.wait().await.expect("a command ends");
        for _ in 0..2 {
            granted(&world, &credit);
        }
        let books = granted(&world, &credit);
        assert!(books.contains(&format!("Balance of 12: ${}.00", round + 1)), "{books}");
        assert!(books.contains("was credited before"), "{books}");
        if world.bot.is_none() {
            world.start().await;
        }
    }
    audited(&world);
}

/// The quote is void: nobody pays more than was shown, and the new price is asked for.
async fn fault_65_a_margin_that_rises_before_the_press_asks_again(shop: &'static Shop) {
    let mut world = world(shop).await;
    play(&mut world, &format!("{TO_CONFIRM}settings margin {} 100\n", shop.server)).await;
    let user = world.sim.telegram.known_user(7).expect("a customer");
    let priced = async {
        while !user.search("sp_svc:1:WhatsApp").await.expect("an answer").results[0].description.contains("$0.44") {
            world.sim.clock.advance(Duration::from_secs(1));
        }
    };
    tokio::time::timeout(PATIENCE, priced).await.expect("the new price");
    play(&mut world, &format!("{BUY}newest \"The price changed: $0.29 → $0.44. Buy at the new price?\"\n")).await;
    assert_eq!(world.supplier().count_of(Role::Purchase), 0);
    play(&mut world, &format!("tap \"✅ Buy for $0.44\"\n{READY}sms \"code 6565\"\nsee \"$0.44 charged\"\n")).await;
    play(&mut world, "send /wallet\nnewest \"Balance: $19.56\"\n").await;
}

async fn fault_67_a_suspended_users_order_finishes_and_nothing_new_is_sold_to_them(shop: &'static Shop) {
    let mut world = world(shop).await;
    bought(&mut world).await;
    // The next one is about to be bought.
    play(&mut world, TO_CONFIRM).await;
    assert!(granted(&world, &["suspend", "7"]).contains("open orders go on"));
    play(&mut world, "tap \"✅ Buy for $0.29\"\n").await;
    let user = world.sim.telegram.known_user(7).expect("a customer");
    user.see_toast("Your account is suspended").await.expect("a refusal");
    play(&mut world, "sms \"code 6767\"\nsee \"🔑 6767\"\nsee \"$0.29 charged\"\ncount purchase 1\n").await;
    granted(&world, &["admit", "7"]);
    bought(&mut world).await;
    assert!(refused(&world, &["suspend", "nobody"]).contains("USER"));
    audited(&world);
}

#[tokio::test]
async fn fault_68_a_debit_below_zero_is_refused_with_what_is_there() {
    let mut world = world(&SERVER_2).await;
    bought(&mut world).await;
    // What is held for an open order is not there to be taken.
    for amount in ["20.00", "19.72", "999999"] {
        let said = refused(&world, &["debit", "7", amount, "--reason", "test"]);
        assert!(said.contains("only $19.71"), "{said}");
    }
    assert!(granted(&world, &["debit", "7", "19.71", "--reason", "test", "--nonce", "d-1"]).contains("Debited."));
    let again = granted(&world, &["debit", "7", "19.71", "--reason", "test", "--nonce", "d-1"]);
    assert!(again.contains("debited before") && again.contains("Balance of 7: $0.00 (held $0.29)"), "{again}");
    assert!(refused(&world, &["debit", "7", "0.01", "--reason", "test"]).contains("only $0.00"));
    assert!(refused(&world, &["debit", "70", "0.01", "--reason", "test"]).contains("only $0.00"));
    audited(&world);
}

async fn fault_69_a_margin_that_is_none_is_refused_and_the_old_one_stays(shop: &'static Shop) {
    let world = World::without_bot_at(shop, SimOptions::default()).await;
    granted(&world, &["settings", "margin", shop.server, "12.5"]);
    for percent in ["", " ", "1e9", "1000000000", "1000.01", "-1", "10%", "0.001", "NaN", "١٢", "30,5"] {
        let said = refused(&world, &["settings", "margin", shop.server, percent]);
        assert!(said.contains("from 0 to 1000"), "{said}");
        let shown = granted(&world, &["settings"]);
        assert!(shown.contains("12.50 % (saved)"), "{percent:?}: {shown}");
    }
}

async fn fault_74_without_its_master_key_nothing_starts_and_nothing_is_stored_in_clear(shop: &'static Shop) {
    let mut world = World::without_bot_at(shop, SimOptions::default()).await;
    let (key, typed_key) = (world.supplier().key(), (shop.typed_key)(world.supplier()));
    granted(&world, &["settings", "key", shop.server, &typed_key]);
    let file = world.database().with_file_name("raqam.redb.key");
    let master_key = std::fs::read_to_string(&file).expect("made at the first start");
    let starts = |environment: &[(&str, &str)]| {
        let output = world.raqam_with(&["serve"], environment);
        let said = said(&output);
        assert!(!output.status.success() && said.trim_end().lines().count() == 1, "{said}");
        said
    };
    let wrong = starts(&[("MASTER_KEY", OTHER_MASTER_KEY)]);
    assert!(wrong.contains("cannot be read with this master key"), "{wrong}");
    assert!(starts(&[("MASTER_KEY", "short")]).contains("MASTER_KEY must be 64 hexadecimal digits"));
    std::fs::remove_file(&file).expect("removed");
    assert!(starts(&[]).contains("the master key is missing"));
    assert!(!file.exists(), "no new key takes the place of the lost one");
    for kept in std::fs::read_dir(world.database().parent().expect("a folder")).expect("readable").flatten() {
        let bytes = std::fs::read(kept.path()).expect("readable");
        assert!(!bytes.windows(key.len()).any(|window| window == key.as_bytes()), "{} holds it", kept.path().display());
    }
    world.start_with(&[("MASTER_KEY", master_key.trim())]).await;
}
