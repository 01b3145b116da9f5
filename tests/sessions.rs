//! Conversations in the operator's hands: seen, recorded and replayed, begun anew and taken back, with and without a
//! running bot, and never at the cost of an order.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Output;

use engine::session::Frame;
use shop::UserId;
use sim::telegram::ButtonAction;
use sim::{SimOptions, SimUser};
use store::{Intent, Options, Store};

use crate::support::World;

/// Until the price is on the screen.
const ASK: &str =
    "send /buy\ntap \"🟢 Temporary\"\ntap \"United States\"\ntap \"WhatsApp\"\nsee \"Confirm your order\"\n";
fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn granted(world: &World, arguments: &[&str]) -> String {
    let output = world.raqam(arguments);
    let said = said(&output);
    assert!(output.status.success(), "{arguments:?}: {said}");
    said
}

fn refused(world: &World, arguments: &[&str], words: &str) {
    let output = world.raqam(arguments);
    let said = said(&output);
    assert!(!output.status.success() && said.contains(words), "{arguments:?}: {said}");
}

/// The data of a button on the newest message that has it.
fn data_of(user: &SimUser, label: &str) -> String {
    let buttons = user.messages().into_iter().flat_map(|message| message.buttons()).flatten();
    let mut found = buttons.filter(|button| button.label.contains(label)).filter_map(|button| match button.action {
        ButtonAction::Callback(data) => Some(data),
        ButtonAction::Url(_)
        | ButtonAction::Copy(_)
        | ButtonAction::Search(_)
        | ButtonAction::Pay
        | ButtonAction::Other(_) => None,
    });
    found.next_back().unwrap_or_else(|| panic!("no button {label:?} in {}", user.chat()))
}

/// A purchase in Arabic, with a typed country, an old button and a word that means nothing there. Ends with a code.
const ARABIC: &str = r#"user 12 "ليلى" ar-EG
send /start
see "أهلًا ليلى"
credit 12 5.00
tap "🛒 شراء رقم"
tap "🟢 مؤقت"
see "اختر الدولة"
send 482913
send امريكا
tap "أمريكا"
see "اختر الخدمة"
press "home.zz.-.zz"
tap "واتساب"
see "تأكيد الطلب"
send شكرا
tap "✅ شراء بسعر"
see "رقمك جاهز"
send ما هذا
sms "Your code is 735519. Do not share it."
see "735519"
"#;

/// What nobody may find in a trace: codes, texts of messages, names.
const CANARIES: [&str; 5] = ["735519", "482913", "Do not share", "ليلى", "Your code"];

#[tokio::test]
async fn a_recorded_conversation_comes_out_the_same_and_tells_no_secrets() {
    let mut world = World::with(SimOptions::for_load()).await;
    world.play(ARABIC).await;
    let overview = granted(&world, &["sessions"]);
    assert!(overview.contains("buy.Waiting"), "{overview}");
    let listed = granted(&world, &["sessions", "list", "--flow", "buy", "--state", "Waiting"]);
    assert!(listed.contains("12 ") && listed.contains("1 of 1 sessions"), "{listed}");
    assert!(granted(&world, &["sessions", "list", "--state", "Confirm"]).contains("0 of 0 sessions"));
    let shown = granted(&world, &["sessions", "show", "12"]);
    for part in ["buy Confirm --Buy--> Waiting", "Stale(OtherInstance)", "Ignored(NotUnderstood)", "text \"000000\""] {
        assert!(shown.contains(part), "{part}: {shown}");
    }

    let (file, again) = (world.file("session.jsonl"), world.file("again.jsonl"));
    let recorded = granted(&world, &["sessions", "record", "12", &file.display().to_string()]);
    assert!(recorded.contains("0 cannot be read, and 0 are too old"), "{recorded}");
    refused(&world, &["sessions", "record", "12", &file.display().to_string()], "exists already");
    let replayed = granted(&world, &["replay", &file.display().to_string()]);
    assert!(replayed.contains("0 of them differ, 0 were not recorded exactly"), "{replayed}");
    assert!(replayed.contains("واتساب"), "{replayed}");
    let mode = std::fs::metadata(&file).expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);

    // What was kept outlives the process, and is read without one, too.
    world.kill();
    granted(&world, &["sessions", "record", "12", &again.display().to_string()]);
    let text = std::fs::read_to_string(&file).expect("a file");
    assert_eq!(std::fs::read_to_string(&again).expect("a file"), text);
    let traces = traces(&world, 12);
    for canary in CANARIES {
        assert!(!text.contains(canary) && !traces.iter().any(|trace| trace.contains(canary)), "{canary}");
    }
    if let Ok(path) = std::env::var("RECORD_SESSION") {
        std::fs::copy(&file, path).expect("writable");
    }
    // A changed word is a difference, and a failure.
    std::fs::write(&again, text.replace("\"Confirm\"", "\"Confirmed\"")).expect("writable");
    refused(&world, &["replay", &again.display().to_string()], "DIFFERS  in its edges");
    std::fs::write(&again, &text[..text.len() - 40]).expect("writable");
    refused(&world, &["replay", &again.display().to_string()], "is damaged");
}

fn traces(world: &World, user: u64) -> Vec<String> {
    let store = Store::open(&world.database(), Options::default()).expect("no bot runs");
    store.traces(UserId(user)).expect("readable").into_iter().map(|trace| trace.body).collect()
}

#[tokio::test]
async fn a_reset_in_the_middle_of_an_order_shows_the_menu_at_once_and_leaves_the_order() {
    let mut world = World::with(SimOptions::for_load()).await;
    let user = world.customer(5061, "en").await;
    world.play(&format!("user 5061\n{ASK}")).await;
    let old_buy = data_of(&user, "Buy for");
    world.play("user 5061\ntap \"✅ Buy for\"\nnewest \"Your number is ready\"\n").await;
    let reset = granted(&world, &["sessions", "reset", "5061"]);
    assert!(reset.contains("home.Menu"), "{reset}");
    // Nobody has pressed anything.
    user.see_newest("Buy a number").await.expect("the menu");
    let orders = "sms \"code 24680\"\nsee \"24680\"\ncount /purchase/sms 1\n";
    world.play(&format!("user 5061\npress \"{old_buy}\"\ntoast \"out of date\"\n{orders}")).await;
    assert!(granted(&world, &["audit"]).contains("I4     held"));
    let log = world.bot.as_mut().expect("a bot").log();
    let changed = log.lines().find(|line| line.contains("the operator changed a session")).expect("it is logged");
    let pseudonym = between(changed, "user=\"", "\"").expect("a name");
    assert!(pseudonym.len() == 12 && !changed.contains("5061"), "{changed}");
    let own = log.lines().any(|line| line.contains("update{") && line.contains(&format!("user=\"{pseudonym}\"")));
    assert!(own, "it is not the name that the person's own lines have: {log}");
}

#[tokio::test]
async fn a_rewound_session_asks_again_and_the_old_buy_button_does_not_count() {
    let mut world = World::with(SimOptions::for_load()).await;
    let user = world.customer(62, "en").await;
    world.play(&format!("user 62\n{ASK}")).await;
    let old_buy = data_of(&user, "Buy for");
    world.play("user 62\ntap \"✅ Buy for\"\nnewest \"Your number is ready\"\n").await;
    refused(&world, &["sessions", "rewind", "62", "60"], "there is nothing to go back to");
    refused(&world, &["sessions", "rewind", "99"], "has no conversation");
    let before = granted(&world, &["sessions", "show", "62"]);
    let rewound = granted(&world, &["sessions", "rewind", "62"]);
    assert!(rewound.contains("buy.Confirm"), "{rewound}");
    user.see_newest("Confirm your order").await.expect("the question");
    let after = granted(&world, &["sessions", "show", "62"]);
    assert!(revision(&after) > revision(&before), "{before}\n{after}");
    assert!(!after.contains("Timer"), "{after}");
    // The old button is another stay's. The new one finds its price used: it leads to the order, not to a second one.
    world.play(&format!("user 62\npress \"{old_buy}\"\ntoast \"out of date\"\ncount /purchase/sms 1\n")).await;
    assert_ne!(data_of(&user, "Buy for"), old_buy);
    world.play("user 62\ntap \"✅ Buy for\"\nnewest \"Your number is ready\"\ncount /purchase/sms 1\n").await;
    // Killed at once after another change: what was said is so.
    granted(&world, &["sessions", "rewind", "62", "2"]);
    world.kill();
    let there = granted(&world, &["sessions", "show", "62"]);
    assert!(revision(&there) > revision(&after), "{there}");
    world.start().await;
    world.play("user 62\nsms \"code 13579\"\nsee \"13579\"\n").await;
    assert!(granted(&world, &["audit"]).contains("I4     held"));
}

fn between<'text>(text: &'text str, from: &str, to: &str) -> Option<&'text str> {
    text.split_once(from)?.1.split_once(to).map(|(found, _)| found)
}

fn revision(shown: &str) -> u64 {
    let digits = shown.split_once("Revision ").map(|(_, rest)| rest.split_once(',').expect("a comma").0);
    digits.and_then(|digits| digits.parse().ok()).unwrap_or_else(|| panic!("no revision in {shown}"))
}

#[tokio::test]
async fn a_frame_that_cannot_be_read_is_seen_and_freed_without_touching_the_database() {
    let mut world = World::with(SimOptions::for_load()).await;
    world.customer(63, "en").await;
    world.kill();
    {
        let store = Store::open(&world.database(), Options::default()).expect("no bot runs");
        let mut session = store.user(UserId(63)).expect("readable").session;
        let from_revision = session.revision;
        session.revision += 1;
        let body = serde_json::json!({ "Kneading": {} });
        session.frames.push(Frame { flow: "bakery".to_owned(), version: 3, instance: 90, body });
        session.next_instance = 90;
        let intent = Intent::Session { user: UserId(63), from_revision, session: Box::new(session) };
        store.apply(intent).await.expect("stored");
    }
    let overview = granted(&world, &["sessions"]);
    assert!(overview.contains("bakery.Kneading (unreadable)"), "{overview}");
    let shown = granted(&world, &["sessions", "show", "63"]);
    assert!(shown.contains("Frame 90: bakery.Kneading, version 3, UNREADABLE: no flow bakery"), "{shown}");
    granted(&world, &["sessions", "reset", "63"]);
    let shown = granted(&world, &["sessions", "show", "63"]);
    assert!(shown.contains("home.Menu") && shown.contains("Put aside 90: bakery.Kneading"), "{shown}");
    world.start().await;
    world.play("user 63\nsend /menu\nsee \"Buy a number\"\n").await;
}

#[tokio::test]
async fn a_session_keeps_its_last_64_events() {
    let mut world = World::without_bot(SimOptions::for_load()).await;
    world.start_with(&[("FLOOD_EVENTS", "1000")]).await;
    let user = world.customer(64, "en").await;
    for _ in 0..34 {
        user.send("/help");
        user.see_newest("Choose a server").await.expect("help");
        user.send("/menu");
        user.see_newest("Buy a number").await.expect("the menu");
    }
    world.kill();
    assert_eq!(traces(&world, 64).len(), 64);
}

/// The longest texts of the widest letters: what an operator asks for still fits into an answer of a running bot.
#[tokio::test]
async fn a_session_full_of_the_longest_texts_is_still_shown() {
    let mut world = World::without_bot(SimOptions::for_load()).await;
    world.start_with(&[("FLOOD_EVENTS", "1000")]).await;
    let user = world.customer(65, "en").await;
    for _ in 0..30 {
        user.send(&"\u{202e}".repeat(4_096));
    }
    user.send("/help");
    user.see_newest("Choose a server").await.expect("help");
    let shown = granted(&world, &["sessions", "show", "65"]);
    assert!(shown.contains("Revision") && shown.matches("text \"").count() == 30, "{shown}");
    assert!(granted(&world, &["sessions", "list", "--limit", "1000000"]).contains("65 "));
}
