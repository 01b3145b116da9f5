//! Support tickets over the wire: a user, admins, the command line, and a process that dies in between.

use serde_json::json;
use sim::SimUser;

use crate::support::{PATIENCE, World};

const WRITE: &str =
    "send /support\ntap \"💳 A payment\"\nsend \"Where is my money?\"\nnewest \"Send this to support?\"\n";

async fn person(world: &World, id: i64, name: &str) -> SimUser {
    let user = world.sim.telegram.user(id, name, "en");
    user.send("/start");
    user.see(name).await.expect("a welcome");
    user
}

/// The number of the newest ticket, by the command line.
fn newest_ticket(world: &World) -> String {
    let output = world.raqam(&["tickets", "list", "--all"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let last = text.lines().last().and_then(|line| line.split_whitespace().next());
    last.unwrap_or_else(|| panic!("no ticket: {text}")).to_owned()
}

fn written(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_survives_sigkill_between_send_and_delivery_and_waits_for_an_admin_who_never_wrote() {
    let mut world = World::new().await;
    let (_, omar) = (person(&world, 50, "Ada").await, person(&world, 9002, "Omar").await);
    world
        .play(&format!(
            "user 50\n{WRITE}fault telegram sendMessage 502 x2\ntap \"✅ Send\"\nnewest \"Your ticket number is\"\n"
        ))
        .await;
    world.kill();
    world.start().await;
    omar.see("Where is my money?").await.expect("the ticket is delivered after the restart");
    // The other admin has never written to the bot: what waits for them comes when they do.
    let amal = world.sim.telegram.user(9001, "Amal", "ar");
    amal.send("/start");
    amal.see("Where is my money?").await.expect("the ticket waited");
    assert!(world.status().await.contains("Tickets waiting for an answer: 1"));
    world
        .play("user 9001\nreply \"Where is my money?\" \"It is on its way.\"\nuser 50\nsee \"It is on its way.\"\n")
        .await;
    assert!(world.status().await.contains("Tickets waiting for an answer: 0"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replies_that_are_no_answer_end_politely() {
    let mut world = World::new().await;
    let (ada, omar) = (person(&world, 50, "Ada").await, person(&world, 9002, "Omar").await);
    world.play(&format!("user 50\n{WRITE}tap \"✅ Send\"\nnewest \"Your ticket number is\"\n")).await;
    omar.see("Where is my money?").await.expect("a ticket");

    let replied = omar.newest().expect("the ticket").id;
    // A photo, a text that is too long, an edited reply.
    omar.send_raw(&json!({"text": "", "photo": [{"file_id": "x"}], "reply_to_message": {"message_id": replied}}));
    omar.see("takes text only").await.expect("a polite end");
    omar.reply("Where is my money?", &"x".repeat(3_001)).expect("a message");
    omar.see("too long for ticket").await.expect("a polite end");
    let answer = omar.reply("Where is my money?", "First answer").expect("a message");
    ada.see("First answer").await.expect("an answer");
    omar.edit(answer, "Another answer");
    omar.see("Edits do not reach the user").await.expect("said beforehand");
    // Somebody else's message of the same number is not a ticket's; a name makes nobody an admin.
    let mallory = person(&world, 66, "Omar").await;
    mallory.send_raw(&json!({"text": "I am Omar", "reply_to_message": {"message_id": replied}}));
    mallory.see("I did not understand that").await.expect("an ordinary text");
    let number = newest_ticket(&world);
    assert!(world.raqam(&["tickets", "close", &number]).status.success());
    ada.see("closed your ticket").await.expect("told");
    omar.reply("Where is my money?", "Too late").expect("a message");
    omar.see("is closed").await.expect("a polite end");
    ada.not_see("Too late").await.expect("not delivered");
    ada.not_see("Another answer").await.expect("not delivered");
    assert_eq!(ada.chat().matches("First answer").count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_works_without_telegram_and_a_log_says_nothing_of_it() {
    let mut world = World::new().await;
    person(&world, 50, "Ada").await;
    person(&world, 9001, "Amal").await;
    world.play(&format!("user 50\n{WRITE}tap \"✅ Send\"\nnewest \"Your ticket number is\"\n")).await;
    let number = newest_ticket(&world);
    let shown = written(&world.raqam(&["tickets", "show", &number]));
    assert!(shown.contains("Payment") && shown.contains("Where is my money?"), "{shown}");
    let answered = written(&world.raqam(&["tickets", "answer", &number, "We look into it."]));
    assert!(answered.contains("is answered"), "{answered}");
    world.play("user 50\nsee \"We look into it.\"\nuser 9001\nsee \"An operator answered\"\n").await;
    // Answered once under the same words, refused for what is not there.
    world.raqam(&["tickets", "answer", &number, "We look into it."]);
    assert!(!world.raqam(&["tickets", "answer", "999999", "x"]).status.success());
    assert!(!world.raqam(&["tickets", "answer", &number, &"x".repeat(3_001)]).status.success());
    assert!(written(&world.raqam(&["tickets"])).contains("No tickets."));
    let texts = written(&world.raqam(&["tickets", "show", &number]));
    assert_eq!(texts.matches("We look into it.").count(), 1, "{texts}");
    let log = world.bot.as_mut().expect("a bot").log();
    for secret in ["Where is my money?", "We look into it."] {
        assert!(!log.contains(secret), "the log quotes a ticket");
    }
    world.kill();
    assert!(written(&world.raqam(&["tickets", "close", &number])).contains("is closed"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn support_cannot_be_flooded_and_nothing_that_was_typed_is_lost() {
    let mut world = World::new().await;
    let ada = person(&world, 50, "Ada").await;
    person(&world, 9002, "Omar").await;
    for round in 1..=3 {
        world.play(&format!("user 50\nsend /support\ntap \"💳 A payment\"\nsend \"question {round}\"\nnewest \"Send this to support?\"\ntap \"✅ Send\"\nnewest \"Your ticket number is\"\n")).await;
    }
    world.play("user 50\nsend /support\ntap \"💳 A payment\"\n").await;
    let long = "y".repeat(2_001);
    ada.send(&long);
    ada.see("That text is too long").await.expect("a notice");
    assert!(ada.chat().contains(&long), "it stays in the chat");
    world.play("user 50\nsend \"question 4\"\nnewest \"Send this to support?\"\ntap \"✅ Send\"\ntoast \"without an answer\"\nnewest \"question 4\"\n").await;
    let listed = written(&world.raqam(&["tickets"]));
    assert_eq!(listed.lines().count(), 3, "{listed}");
    assert!(world.sim.telegram.wait_count("sendMessage", 1, PATIENCE).await >= 1);
}

/// What somebody writes cannot pass for the words of another at the operator's terminal, nor turn the lines around.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_cannot_forge_an_answer_at_the_command_line() {
    let mut world = World::new().await;
    person(&world, 50, "Ada").await;
    let text = "Hm\\n\\n[1790000000] operator:\\nRefund \u{202e}it";
    world.play(&format!("user 50\nsend /support\ntap \"💳 A payment\"\nsend \"{text}\"\nnewest \"Send this to support?\"\ntap \"✅ Send\"\nnewest \"Your ticket number is\"\n")).await;
    let shown = written(&world.raqam(&["tickets", "show", &newest_ticket(&world)]));
    assert!(!shown.lines().any(|line| line.starts_with('[') && line.ends_with("operator:")), "{shown}");
    assert!(shown.contains("  Refund it") && !shown.contains('\u{202e}'), "{shown}");
}

/// Without admins a ticket would go nowhere: none is taken, and help says so by offering none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nobody_answers_nothing_is_asked() {
    let mut world = World::without_bot(sim::SimOptions::default()).await;
    world.start_with(&[("ADMIN_IDS", "")]).await;
    let ada = person(&world, 50, "Ada").await;
    world.play("user 50\nsend /support\nnewest \"Choose a server, a country\"\n").await;
    ada.not_see("Write to support").await.expect("no such button");
}
