//! The playground through its front door: pages and posts over HTTP, against the real binary.

use std::path::PathBuf;
use std::process::Stdio;

use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use sim::script::Script;
use sim::{Rate, SimOptions, TelegramRates};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::support::{PATIENCE, World, fresh_folder};

/// A running `raqam playground`, and its events.
struct Page {
    url: String,
    client: Client,
    events: Response,
    process: Child,
    /// Where it keeps what is temporary.
    folder: PathBuf,
}

impl Page {
    async fn open() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_raqam"));
        let folder = fresh_folder();
        command
            .args(["playground", "--port", "0"])
            .env_clear()
            .env("TMPDIR", &folder)
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut process = command.spawn().expect("the binary runs");
        let said = BufReader::new(process.stdout.take().expect("it is piped")).lines().next_line().await;
        let said = said.expect("a pipe is readable").expect("the playground says where it is");
        let url = said.split([' ', ';']).find(|word| word.starts_with("http://")).expect(&said).to_owned();
        let client = Client::builder().no_proxy().build().expect("a client");
        let events = client.get(format!("{url}/events")).send().await.expect("events");
        Self { url, client, events, process, folder }
    }

    /// SIGTERM: it ends in order, and nothing of it stays.
    async fn close(mut self) {
        let id = self.process.id().expect("it runs").to_string();
        let sent = std::process::Command::new("kill").args(["-TERM", &id]).status().expect("kill runs");
        assert!(sent.success());
        let ended = timeout(PATIENCE, self.process.wait()).await.expect("it ends").expect("a child ends");
        assert!(ended.success(), "{ended}");
        assert_eq!(std::fs::read_dir(&self.folder).expect("the folder is there").count(), 0, "something stays");
    }

    async fn get(&self, path: &str) -> String {
        let answer = self.client.get(format!("{}{path}", self.url)).send().await.expect(path);
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.text().await.expect(path)
    }

    async fn post(&self, path: &str, body: Value) {
        let answer = self.client.post(format!("{}{path}", self.url)).json(&body).send().await.expect(path);
        let (status, text) = (answer.status(), answer.text().await.expect(path));
        assert!(status.is_success(), "{path} {body}: {status}: {text}");
    }

    /// What the events of a recording showed when they were tried again.
    async fn try_again(&self, recording: &str) -> Value {
        let path = format!("{}/recording", self.url);
        let answer = self.client.post(path).body(recording.to_owned()).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{}", answer.status());
        answer.json().await.expect("JSON")
    }

    /// Looks at a part of the page whenever something changed, until it shows what is wanted.
    async fn until(&mut self, path: &str, wanted: impl Fn(&str) -> bool) -> String {
        let mut shown = String::new();
        let seen = async {
            loop {
                shown = plain(&self.get(path).await);
                if wanted(&shown) {
                    return;
                }
                self.events.chunk().await.expect("events are readable").expect("the playground runs");
            }
        };
        let seen = timeout(PATIENCE, seen).await.is_ok();
        assert!(seen, "{path} does not show it: {shown}");
        shown
    }

    async fn see(&mut self, phone: usize, text: &str) -> String {
        self.until(&format!("/phone/{phone}"), |chat| chat.contains(text)).await
    }

    /// Taps the newest button whose label has these words, once it is there.
    async fn tap(&mut self, phone: usize, label: &str) {
        let chat = self.until(&format!("/phone/{phone}"), |chat| spot(chat, label).is_some()).await;
        let [message, row, column] = spot(&chat, label).expect("it was there");
        self.post(&format!("/phone/{phone}/tap"), json!({ "message": message, "row": row, "column": column })).await;
    }

    /// Buys by quick picks in English at Server 2, up to the number.
    async fn buy(&mut self) {
        self.reach_confirm().await;
        self.tap(2, "Buy for").await;
        self.see(2, "Your number is ready").await;
    }

    /// The same up to the last question.
    async fn reach_confirm(&mut self) {
        for label in ["Buy a number", "Server 2", "Temporary", "United States", "WhatsApp"] {
            self.tap(2, label).await;
        }
        self.see(2, "Buy for").await;
    }

    /// What a search lists.
    async fn search(&self, phone: usize, query: &str) -> String {
        let url = format!("{}/phone/{phone}/search", self.url);
        let answer = self.client.post(url).json(&json!({ "query": query })).send().await.expect("an answer");
        plain(&answer.text().await.expect("a list"))
    }

    /// All entries of the ledger that the inspector shows.
    async fn ledger(&self) -> Vec<String> {
        let (mut entries, mut seen) = (std::collections::BTreeSet::new(), 0);
        loop {
            let newest = self.newest_beat().await;
            // What comes by itself becomes a beat a moment later, and takes its entries along.
            if newest == seen {
                return entries.into_iter().collect();
            }
            for beat in seen + 1..=newest {
                let shown = self.get(&format!("/inspector?beat={beat}")).await;
                let own = shown.split("data-entry=\"").skip(1);
                entries.extend(own.map(|entry| entry.split("</pre>").next().unwrap_or_default().to_owned()));
            }
            seen = newest;
        }
    }

    async fn newest_beat(&self) -> u64 {
        let listed = self.get("/inspector").await;
        between(&listed, "data-beat=\"", "\"").and_then(|text| text.parse().ok()).expect("a beat")
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = self.process.start_kill();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Without direction marks.
fn plain(text: &str) -> String {
    sim::telegram::plain(text)
}

fn between<'text>(text: &'text str, from: &str, to: &str) -> Option<&'text str> {
    text.split_once(from)?.1.split_once(to).map(|(found, _)| found)
}

/// Where the newest button with these words is.
fn spot(chat: &str, label: &str) -> Option<[i64; 3]> {
    let newest = chat
        .split("<button")
        .skip(1)
        .filter(|button| button.split("</button>").next().is_some_and(|own| own.contains(label)));
    let button = newest.last()?;
    let number = |name: &str| between(button, &format!("{name}=\""), "\"")?.parse().ok();
    Some([number("data-tap")?, number("data-row")?, number("data-column")?])
}

#[tokio::test]
async fn playground_a_kill_in_mid_order_loses_nothing_and_the_copied_test_plays() {
    let mut page = Page::open().await;
    page.buy().await;
    page.post("/bot/kill", json!({})).await;
    assert!(page.get("/bot").await.contains("bot is dead"));
    page.tap(2, "Check now").await;
    assert!(page.get("/phone/2").await.contains("waiting"), "the button waits for the bot");
    page.post("/sms", json!({ "text": "Your WhatsApp code is 482913", "when": "now" })).await;
    page.post("/bot/start", json!({})).await;
    let chat = page.see(2, "482913").await;
    assert_eq!(chat.matches("🔑").count(), 1, "{chat}");
    page.until("/phone/2", |chat| !chat.contains("waiting\"")).await;
    // Beats are added while they are read: the last entry may stand in one that came meanwhile.
    let captured = async {
        while !page.ledger().await.iter().any(|entry| entry.contains(": Capture,")) {
            page.events.chunk().await.expect("events are readable").expect("the playground runs");
        }
    };
    timeout(PATIENCE, captured).await.expect("the capture is shown");
    let ledger = page.ledger().await;
    for kind in ["Hold", "Cost", "Capture"] {
        let own = ledger.iter().filter(|entry| entry.contains(&format!(": {kind},"))).count();
        assert_eq!(own, 1, "{kind} in {ledger:#?}");
    }
    let script = page.get("/phone/2/script").await;
    page.close().await;
    assert!(
        script.contains("tap \"✅ Buy for") && script.contains("sms smspool ") && script.contains("\nsee "),
        "{script}"
    );
    let mut options = SimOptions::default();
    let rate = Rate { burst: 200, per_second: 200.0 };
    options.telegram.rates = Some(TelegramRates { one_chat: rate, all_chats: rate });
    let mut world = World::with_both_servers(options).await;
    world.play_script(&Script::parse("copied", &script).expect("the copied test is a conversation")).await;
}

#[tokio::test]
async fn playground_what_the_bot_kept_of_a_purchase_is_tried_again_and_comes_out_equal() {
    let mut page = Page::open().await;
    page.buy().await;
    let bought = page.until("/inspector", |beats| beats.contains("Ledger") && beats.contains("<svg")).await;
    let lit = between(&bought, "node state lit\" data-node=\"", "\"");
    assert_eq!(lit, Some("Waiting"), "the state that is shown is lit");
    assert!(
        bought.contains("arrow taken") && bought.contains("Confirm → Waiting"),
        "the edge that was taken is marked"
    );
    let recording = page.get("/phone/2/recording").await;
    assert!(recording.lines().count() > 6 && !recording.contains("Ada"), "{recording}");
    let equal = page.try_again(&recording).await;
    assert_eq!(equal["differ"], 0, "{equal}");
    let other = page.try_again(&recording.replace("Temporary", "Permanent")).await;
    assert!(other["differ"].as_u64() > Some(0), "{other}");
    assert!(other["text"].as_str().is_some_and(|text| text.contains("DIFFERS")), "{other}");
    page.close().await;
}

#[tokio::test]
async fn playground_a_link_brings_somebody_new_to_the_same_state() {
    let mut page = Page::open().await;
    page.reach_confirm().await;
    let script = page.get("/phone/2/script").await;
    let steps: Vec<&str> = script.lines().filter(|line| !line.starts_with("see ") && !line.starts_with('#')).collect();
    page.close().await;
    // The playground was started anew meanwhile.
    let mut page = Page::open().await;
    let before = page.get("/phone/2/owner").await;
    let url = format!("{}/phone/2/replay", page.url);
    let answer = page.client.post(&url).body(steps.join("\n")).send().await.expect("a replay");
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap_or_default());
    page.see(2, "Buy for").await;
    assert_ne!(page.get("/phone/2/owner").await, before, "somebody new has the phone");
    for (bad, word) in [("dance", "dance"), ("tap", "quoted"), ("kill", "kill")] {
        let answer = page.client.post(&url).body(bad).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::CONFLICT);
        let text = answer.text().await.expect("words");
        assert!(text.contains(word), "{bad}: {text}");
    }
    let clock = format!("{}/clock", page.url);
    for _ in 0..2 {
        let ages = json!({ "by": "9223372036854775807ms" });
        let refused = page.client.post(&clock).json(&ages).send().await.expect("an answer");
        assert_eq!(refused.status(), StatusCode::CONFLICT);
    }
    let long = page.client.post(&url).body("send x\n".repeat(10_000)).send().await.expect("an answer");
    assert_eq!(long.status(), StatusCode::CONFLICT, "too long");
    page.close().await;
}

#[tokio::test]
async fn playground_pages_of_others_are_refused_and_what_people_write_is_text() {
    let mut page = Page::open().await;
    let (url, client) = (page.url.clone(), page.client.clone());
    let foreign = client.post(format!("{url}/bot/kill")).header("origin", "https://example.org").send().await;
    assert_eq!(foreign.expect("an answer").status(), StatusCode::FORBIDDEN);
    let rebound = client.get(&url).header("host", "example.org").send().await.expect("an answer");
    assert_eq!(rebound.status(), StatusCode::FORBIDDEN);
    let front = client.get(&url).send().await.expect("the page");
    let policy = front.headers()["content-security-policy"].to_str().expect("text").to_owned();
    assert!(policy.starts_with("default-src 'self'") && !policy.contains("unsafe"), "{policy}");
    let front = front.text().await.expect("the page");
    assert!(!front.contains("https://") && !front.contains(" style=") && !front.contains(" onclick="), "{front}");

    let hostile = "<script>alert(1)</script>";
    page.post("/phone/2/new", json!({ "name": hostile })).await;
    page.see(2, "&lt;script&gt;alert(1)").await;
    page.buy().await;
    page.post("/sms", json!({ "text": "<b>482913</b> <img src=x onerror=alert(1)>", "when": "now" })).await;
    page.see(2, "&lt;img src=x onerror=alert(1)&gt;").await;
    for path in ["/", "/phone/2", "/phone/2/owner", "/inspector", "/inspector?beat=8"] {
        let shown = page.get(path).await;
        assert!(!shown.contains("<script>") && !shown.contains("<img"), "{path}: {shown}");
    }
    page.close().await;
}

#[tokio::test]
async fn playground_mirror_does_the_same_in_the_other_language_and_failures_can_be_ordered() {
    let mut page = Page::open().await;
    let chat = page.until("/phone/2", |chat| spot(chat, "Buy a number").is_some()).await;
    let [message, row, column] = spot(&chat, "Buy a number").expect("it was there");
    page.see(1, "شراء رقم").await;
    let body = json!({ "message": message, "row": row, "column": column, "mirror": true });
    page.post("/phone/2/tap", body).await;
    page.see(2, "Choose a server").await;
    page.see(1, "اختر السيرفر").await;
    page.post("/server/2/control/0", json!({})).await;
    page.until("/controls", |shown| shown.contains("/control/cancel/1")).await;
    page.post("/control/cancel/1", json!({})).await;
    page.until("/controls", |shown| !shown.contains("/control/cancel/1")).await;
    page.post("/server/2/control/0", json!({})).await;
    for label in ["Server 2", "Temporary", "United States", "WhatsApp", "Buy for"] {
        page.tap(2, label).await;
    }
    page.see(2, "has just sold out").await;
    page.until("/controls", |shown| !shown.contains("/control/cancel/2")).await;
    page.close().await;
}

#[tokio::test]
async fn playground_a_supplier_that_is_down_leaves_the_other_server_alone_and_sells_when_it_is_well() {
    let mut page = Page::open().await;
    let front = page.get("/controls").await;
    assert!(front.contains("Server 1 ") && front.contains("Server 2 "), "{front}");
    // Server 1's lists are there before it falls ill: the days of its rentals are told.
    page.tap(1, "شراء رقم").await;
    page.see(1, "أو 30 يومًا").await;
    page.post("/server/1/mood", json!({ "mood": "down" })).await;
    page.until("/controls", |shown| shown.contains("server ill\" data-server=\"1\"")).await;
    page.buy().await;
    page.until("/controls", |shown| shown.contains("<dt>sold</dt><dd>1</dd>")).await;
    page.post("/server/2/sms", json!({})).await;
    page.see(2, "482913").await;
    page.post("/server/1/mood", json!({ "mood": "well" })).await;
    page.until("/controls", |shown| !shown.contains("server ill")).await;
    page.tap(1, "سيرفر 1").await;
    page.tap(1, "مؤقت").await;
    // A question that was asked while the supplier was down still waits for its answer to time out.
    let again = "إعادة المحاولة";
    for wanted in ["واتساب", "شراء بسعر"] {
        while !page.until("/phone/1", |chat| chat.contains(wanted) || chat.contains(again)).await.contains(wanted) {
            page.tap(1, again).await;
        }
        page.tap(1, wanted).await;
    }
    page.see(1, "رقمك جاهز").await;
    let none = page.client.post(format!("{}/server/3/sms", page.url)).send().await.expect("an answer");
    assert_eq!(none.status(), StatusCode::NOT_FOUND);
    page.post("/server/1/sms", json!({})).await;
    page.see(1, "482913").await;
    let script = page.get("/phone/1/script").await;
    assert!(script.contains("# the supplier of Server 1 is down") && script.contains("sms nonvoip "), "{script}");
    let chats = page.get("/phone/1").await + &page.get("/phone/2").await;
    for name in ["nonvoip", "smspool"] {
        assert!(!chats.to_lowercase().contains(name), "a phone shows {name}");
    }
    page.close().await;
}

#[tokio::test]
async fn playground_what_comes_by_itself_is_a_beat_and_the_log_tells_what_was_done_without_secrets() {
    let mut page = Page::open().await;
    page.post("/sms", json!({ "when": "none" })).await;
    page.buy().await;
    let chat = page.get("/phone/2").await;
    let number: String =
        between(&chat, "data-copy=\"+", "\"").expect("a number").chars().filter(char::is_ascii_digit).collect();
    page.post("/sms", json!({ "text": "Your WhatsApp code is 482913", "when": "now" })).await;
    page.see(2, "482913").await;
    let listed = page.until("/inspector", |beats| beats.contains("by itself: a message came")).await;
    assert!(listed.contains("an SMS arrived: “<bdi>Your WhatsApp"), "{listed}");
    let newest = page.newest_beat().await;
    let (mut log, mut told) = (String::new(), 0);
    for beat in 1..=newest {
        let shown = page.get(&format!("/inspector?beat={beat}")).await;
        let own = between(&shown, "<pre class=\"log\">", "</pre>").unwrap_or_default();
        if between(&shown, "beat open", "</button>").is_some_and(|head| head.contains("tapped")) {
            assert!(own.contains("an update came") && own.contains("telegram was called"), "beat {beat}: {own}");
            told += 1;
        }
        log.push_str(own);
    }
    assert_eq!(told, 6, "each tap has lines");
    assert!(log.contains("/purchase/sms") && log.contains("Step+Buy"), "{log}");
    for secret in ["482913", "WhatsApp code", &number, &number[number.len() - 7..], "AAsimulated-token", "Ada"] {
        assert!(!log.contains(secret), "the log has {secret}: {log}");
    }
    page.close().await;
}

#[tokio::test]
async fn playground_prices_that_really_moved_are_asked_about_again_and_a_timer_is_a_beat() {
    let mut page = Page::open().await;
    for label in ["شراء رقم", "سيرفر 2", "مؤقت", "أمريكا", "واتساب"] {
        page.tap(1, label).await;
    }
    page.see(1, "شراء بسعر").await;
    page.post("/clock", json!({ "by": "3m" })).await;
    page.see(1, "انتهت مدة هذا السعر").await;
    page.until("/inspector", |beats| beats.contains("by itself: a message changed")).await;
    page.tap(1, "سعر جديد").await;
    page.reach_confirm().await;
    let listed = page.search(1, "sp_svc:1:WhatsApp").await;
    page.post("/server/2/prices", json!({ "percent": 150 })).await;
    page.until("/controls", |shown| shown.contains("prices: 150%")).await;
    // The supplier refuses the old price, and the bot fetches the list anew.
    page.tap(1, "شراء بسعر").await;
    page.see(1, "تغيّر السعر").await;
    let fetched = async { while page.search(1, "sp_svc:1:WhatsApp").await == listed {} };
    timeout(PATIENCE, fetched).await.expect("new prices in the list");
    page.tap(2, "Buy for").await;
    page.see(2, "Buy at the new price?").await;
    page.tap(2, "Buy for").await;
    page.see(2, "Your number is ready").await;
    assert!(page.get("/phone/2/script").await.contains("\nprices smspool 150%\n"));
    let refused = page.client.post(format!("{}/server/2/prices", page.url)).json(&json!({ "percent": 0 })).send().await;
    assert_eq!(refused.expect("an answer").status(), StatusCode::CONFLICT);
    page.close().await;
}

#[tokio::test]
async fn playground_a_lost_edit_is_not_seen_until_an_old_button_is_pressed() {
    let mut page = Page::open().await;
    let controls = page.get("/controls").await;
    let lost = controls.split("<button").find(|button| button.contains(">Lost edit<")).expect("the control");
    let path = between(lost, "data-post=\"", "\"").expect("a path").to_owned();
    // The gift's edit of each menu is over: the lost one is the next.
    for phone in [1, 2] {
        page.see(phone, "✎").await;
    }
    page.tap(2, "Wallet").await;
    page.until("/phone/2", |chat| spot(chat, "My numbers").is_none()).await;
    page.post(&path, json!({})).await;
    page.tap(2, "Home").await;
    page.until("/controls", |shown| !shown.contains("/control/cancel/1")).await;
    let chat = page.until("/phone/2", |chat| !chat.contains("waiting\"")).await;
    assert!(spot(&chat, "My numbers").is_none(), "the menu is seen: {chat}");
    // To the bot this is an old button: its session is at the menu.
    page.tap(2, "Home").await;
    page.until("/phone/2", |chat| spot(chat, "My numbers").is_some()).await;
    page.close().await;
}
