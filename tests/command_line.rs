//! The command line as an operator types it: good values, bad values, with the bot running and without.

use std::process::Output;

use sim::SimOptions;

use crate::support::{PATIENCE, World};

/// User 5 buys a temporary number.
const BUY: &str = r#"user 5
send /buy
tap "🟢 Temporary"
tap "United States"
tap "WhatsApp"
tap "✅ Buy for"
see "Your number is ready"
"#;

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test]
async fn credit_works_with_and_without_a_running_bot_and_once_per_nonce() {
    let mut world = World::without_bot(SimOptions::default()).await;
    assert!(world.credit(5, "2.50").contains("+$2.50"));
    world.start().await;
    assert!(world.credit(5, "1.00").contains("Balance of 5: $3.50"));
    for _ in 0..2 {
        let output = world.raqam(&["credit", "5", "4.00", "--reason", "prize", "--nonce", "n-1"]);
        assert!(output.status.success() && said(&output).contains("Balance of 5: $7.50"), "{}", said(&output));
    }
    let other = world.raqam(&["credit", "5", "9.00", "--reason", "prize", "--nonce", "n-1"]);
    assert!(!other.status.success() && said(&other).contains("nonce"), "{}", said(&other));
    // Somebody credited before they ever wrote is told when they come.
    let user = world.sim.telegram.user(5, "Noor", "en");
    user.send("/start");
    user.see("$7.50").await.expect("the balance");
}

#[tokio::test]
async fn bad_amounts_users_and_options_are_refused_in_one_line() {
    let world = World::without_bot(SimOptions::default()).await;
    let long = "9".repeat(400);
    for amount in ["1e9", "-5", "0", "0.0000001", "١٢", "1,5", "NaN", "", long.as_str()] {
        refused(&world, &["credit", "5", amount, "--reason", "x"], "AMOUNT");
    }
    for user in ["0", "-1", "abc", "@name", "99999999999999999999"] {
        refused(&world, &["credit", "--reason", "x", "--", user, "1"], "USER");
    }
    refused(&world, &["credit", "5", "1", "--reason", " "], "--reason");
    for percent in ["10%", "-1", "1e3", "", "1000.01"] {
        refused(&world, &["settings", "margin", "2", percent], "margin");
    }
    refused(&world, &["settings", "off", "3"], "server");
    refused(&world, &["settings", "limit", "orders", "3"], "purchases-per-user");
    for number in ["many", "1.5", "4294967296", ""] {
        refused(&world, &["settings", "limit", "purchases-per-user", number], "whole number");
    }
    for seconds in ["0", "301", "ten"] {
        refused(&world, &["settings", "poll", "2", seconds], "1 to 300");
    }
    refused(&world, &["settings", "open-max", "2", "many"], "whole number");
    for key in ["short", "has blanks in it, and is long enough", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"] {
        refused(&world, &["settings", "key", "2", key], "key");
    }
    for (option, value) in
        [("--port", "70000"), ("--poll-seconds", "0"), ("--smspool-api-url", "http://example.org"), ("--token", " ")]
    {
        let output = world.raqam(&["serve", option, value]);
        assert!(!output.status.success(), "{option} {value}");
        let name = option.trim_start_matches("--").replace('-', "_").to_uppercase();
        assert!(
            said(&output).starts_with(&format!("raqam: {name}")) && said(&output).lines().count() == 1,
            "{}",
            said(&output)
        );
    }
}

fn refused(world: &World, arguments: &[&str], word: &str) {
    let output = world.raqam(arguments);
    let said = said(&output);
    assert!(!output.status.success(), "{arguments:?} was taken: {said}");
    assert!(said.contains(word) && said.trim_end().lines().count() == 1, "{arguments:?}: {said}");
}

#[tokio::test]
async fn settings_show_their_source_and_change_the_price_at_once() {
    let mut world = World::with(SimOptions::default()).await;
    let shown = said(&world.raqam(&["settings"]));
    assert!(shown.contains("30.00 % (default)") && shown.contains("set (environment)"), "{shown}");
    assert!(said(&world.raqam(&["settings", "margin", "2", "100"])).contains("100.00 % (saved)"));
    assert!(said(&world.raqam(&["settings", "off", "2"])).contains("off (saved)"));
    world.play("user 5 \"Noor\" en\nsend /start\nsee \"paused\"\n").await;
    assert!(world.raqam(&["settings", "on", "2"]).status.success());
    for limit in [
        "20 open orders a user",
        "10000 open orders in all",
        "10 purchases a minute a user",
        "120 purchases a minute in all",
    ] {
        assert!(shown.contains(&format!("{limit} (default)")), "{limit}: {shown}");
    }
    assert!(shown.contains("poll     1 s (default)") && shown.contains("no limit of its own (default)"), "{shown}");
    assert!(said(&world.raqam(&["settings", "poll", "2", "300"])).contains("poll     300 s (saved)"));
    assert!(said(&world.raqam(&["settings", "open-max", "2", "5"])).contains("open-max 5 (saved)"));
    assert!(!said(&world.raqam(&["settings", "open-max", "2", "none"])).contains("open-max 5"));
    let limited = said(&world.raqam(&["settings", "limit", "purchases-per-user", "3"]));
    assert!(limited.contains("3 purchases a minute a user (saved)"), "{limited}");
    world.play("user 5\nsend /menu\ntap \"🛒 Buy a number\"\nsee \"What kind of number?\"\n").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_saved_key_wins_and_is_never_in_clear_on_disk() {
    let mut world = World::without_bot(SimOptions::default()).await;
    let key = world.sim.smspool.key();
    let shown = said(&world.raqam(&["settings", "key", "2", &key]));
    assert!(shown.contains("set (saved"), "{shown}");
    world.start_with(&[("SMSPOOL_API_KEY", "a-wrong-key-in-the-environment-1")]).await;
    assert!(said(&world.raqam(&["status"])).contains("$1000.00"));
    for file in std::fs::read_dir(world.database().parent().expect("a folder")).expect("readable").flatten() {
        let bytes = std::fs::read(file.path()).unwrap_or_default();
        let clear = bytes.windows(key.len()).any(|window| window == key.as_bytes());
        assert!(!clear, "{} holds the key in clear", file.path().display());
    }
}

#[tokio::test]
async fn fault_21_a_second_bot_on_the_same_file_is_refused() {
    let world = World::with(SimOptions::default()).await;
    let output = world.raqam(&["serve"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("in use by another process"), "{}", said(&output));
    // The first one goes on.
    assert!(world.credit(5, "1.00").contains("Balance of 5: $1.00"));
}

/// Fault 78: a full disk or a closed pipe under the log stops nothing.
#[tokio::test]
async fn fault_78_a_log_that_cannot_be_written_stops_nothing() {
    let mut world = World::without_bot(SimOptions::default()).await;
    world.start_logging_to(std::path::Path::new("/dev/full")).await;
    world.customer(5, "en").await;
    world.play(&format!("{BUY}sms \"code 4711\"\nsee \"4711\"\n")).await;
}

/// A server that is asked seldom is asked seldom, and at its limit sells nothing more.
#[tokio::test]
async fn a_server_has_its_own_round_its_own_limit_and_its_own_figures() {
    let mut world = World::with(SimOptions::default()).await;
    world.customer(5, "en").await;
    for arguments in [["settings", "open-max", "2", "1"], ["settings", "poll", "2", "300"]] {
        assert!(world.raqam(&arguments).status.success());
    }
    world.play(BUY).await;
    let figures = world.status().await;
    let row = |name: &str| -> Vec<String> {
        let line = figures.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {figures}"));
        line[name.len()..].split_whitespace().map(str::to_owned).collect()
    };
    assert_eq!(row("Today (UTC)"), ["Server", "2"], "server 1 has no key: {figures}");
    assert_eq!(
        (row("numbers sold"), row("open orders")),
        (vec!["1".to_owned()], ["1", "of", "1"].map(str::to_owned).into())
    );
    assert_eq!(row("revenue"), ["$0.00"]);
    world
        .play("user 5\nsend /buy\ntap \"🟢 Temporary\"\ntap \"United States\"\ntap \"WhatsApp\"\ntap \"✅ Buy for\"\n")
        .await;
    world.play("user 5\nsee \"a lot of orders right now\"\n").await;
    // The next round is minutes away: the code does not come by itself, and does when rounds are short again.
    world.play("user 5\nsms \"code 4711\"\n").await;
    let lists = world.sim.smspool.count("/request/active");
    assert!(world.raqam(&["settings", "open-max", "2", "none"]).status.success());
    assert_eq!(world.sim.smspool.count("/request/active"), lists);
    assert!(world.raqam(&["settings", "poll", "2", "1"]).status.success());
    world.play("user 5\nsee \"4711\"\n").await;
    let after = world.status().await;
    assert!(after.lines().any(|line| line.starts_with("success") && line.ends_with("100 %")), "{after}");
}

/// Orders and the operator do not wait for Telegram.
#[tokio::test]
async fn without_telegram_orders_are_looked_after_and_the_operator_is_served() {
    let mut world = World::with(SimOptions::default()).await;
    world.customer(5, "en").await;
    world.play(BUY).await;
    world.kill();
    world.play("user 5\nfault telegram getMe 502 2\nsms \"code 1234\"\n").await;
    let listed = world.sim.smspool.count("/request/active");
    let mut bot = world.spawn(&[("TELEGRAM_API_URL", "http://127.0.0.1:9")]);
    assert!(world.sim.smspool.wait_count("/request/active", listed + 1, PATIENCE).await > listed, "{}", bot.log());
    assert!(world.credit(5, "1.00").contains("Credited"), "over the socket of the running bot");
    assert!(bot.terminate().await.success());
    world.start().await;
    world.play("user 5\nsee \"1234\"\n").await;
}

#[tokio::test]
async fn a_bad_line_in_the_env_file_is_named_without_what_it_holds() {
    let world = World::without_bot(SimOptions::default()).await;
    let folder = world.database().parent().expect("a folder").to_owned();
    std::fs::write(folder.join(".env"), "ADMIN_PASSWORD=correct horse battery\n").expect("writable");
    let output = world.raqam(&["status"]);
    assert!(!output.status.success() && said(&output).contains(".env"), "{}", said(&output));
    assert!(!said(&output).contains("horse"), "{}", said(&output));
}

/// The README's first command: both conversations to their ends, and the books.
#[tokio::test]
async fn the_demo_plays_both_conversations_and_prints_the_ledger() {
    let output = World::without_bot(SimOptions::default()).await.raqam(&["demo"]);
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    let parts = [
        "Server 2",
        "Your number is ready",
        "🔑 `482913`",
        "سيرفر 1",
        "الحالة: *مفعّل* حتى",
        "🔑 الكود: `551234`",
        "أرقامي",
        "Transaction 8: Capture",
    ];
    for part in parts {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[tokio::test]
async fn every_command_has_help_and_diagrams_print() {
    let world = World::without_bot(SimOptions::default()).await;
    for command in [
        "serve", "demo", "sim", "credit", "debit", "suspend", "admit", "settings", "status", "diagram", "sessions",
        "replay",
    ] {
        let output = world.raqam(&[command, "--help"]);
        assert!(output.status.success() && said(&output).contains("Usage"), "{command}");
    }
    let diagrams = said(&world.raqam(&["diagram"]));
    for state in ["ChooseType", "ChooseDuration", "SearchCountry", "SearchService", "Confirm", "Waiting"] {
        assert!(diagrams.contains(state), "{state}");
    }
}
