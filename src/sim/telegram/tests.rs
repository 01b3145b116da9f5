//! The simulated Telegram against a plain HTTP client that knows nothing of it.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Tap, TelegramFault};
use crate::{Sim, SimClock, SimOptions, SimUser};

const START_MS: i64 = 1_800_000_000_000;

mod rare;

struct Bot {
    http: reqwest::Client,
    base: String,
}

impl Bot {
    fn new(sim: &Sim) -> Self {
        Self { http: reqwest::Client::new(), base: format!("{}/bot{}", sim.telegram.url(), sim.telegram.token()) }
    }

    async fn call(&self, method: &str, params: Value) -> Value {
        let sent = self.http.post(format!("{}/{method}", self.base)).json(&params).send().await.unwrap();
        sent.json().await.unwrap()
    }

    /// The result of a call that must succeed.
    async fn ok(&self, method: &str, params: Value) -> Value {
        let answer = self.call(method, params).await;
        assert_eq!(answer["ok"], json!(true), "{method}: {answer}");
        answer["result"].clone()
    }

    async fn refused(&self, method: &str, params: Value, code: u16, part: &str) {
        let answer = self.call(method, params).await;
        assert_eq!(answer["error_code"], json!(code), "{method}: {answer}");
        assert!(answer["description"].as_str().unwrap().contains(part), "{method}: {answer}");
    }

    async fn updates(&self, offset: i64) -> Vec<Value> {
        self.ok("getUpdates", json!({ "offset": offset })).await.as_array().unwrap().clone()
    }
}

async fn world() -> (Sim, Bot, SimUser) {
    let mut options = SimOptions { clock: SimClock::frozen(START_MS), ..SimOptions::default() };
    options.telegram.patience = Duration::from_secs(5);
    let sim = Sim::start(options).await.unwrap();
    let bot = Bot::new(&sim);
    let user = sim.telegram.user(1001, "Ahmad", "ar");
    (sim, bot, user)
}

fn keyboard(rows: &Value) -> Value {
    json!({ "inline_keyboard": rows })
}

#[tokio::test]
async fn updates_wait_until_an_offset_confirms_them() {
    let (_sim, bot, user) = world().await;
    user.send("/start p_c_TR");
    user.send("hello");
    let first = bot.updates(0).await;
    assert_eq!(first.len(), 2);
    assert_eq!(first[0]["message"]["entities"][0], json!({ "type": "bot_command", "offset": 0, "length": 6 }));
    assert_eq!(first[0]["message"]["from"]["language_code"], json!("ar"));
    assert_eq!(bot.updates(0).await, first, "nothing was confirmed");
    let second_id = first[1]["update_id"].as_i64().unwrap();
    assert_eq!(bot.updates(second_id).await, first[1..]);
    assert!(bot.updates(second_id + 1).await.is_empty());
    assert!(bot.updates(0).await.is_empty(), "confirmed updates are gone");
}

#[tokio::test]
async fn a_waiting_poll_wakes_for_an_update_and_yields_to_a_newer_poll() {
    let (sim, bot, user) = world().await;
    let poll = || bot.call("getUpdates", json!({ "timeout": 30 }));
    let (first, second) = tokio::join!(poll(), async {
        // The first poll is on its way; the second comes when the server has seen it.
        while sim.telegram.shared.lock().updates.pollers() == 0 {
            tokio::task::yield_now().await;
        }
        let (second, ()) = tokio::join!(poll(), async {
            while sim.telegram.shared.lock().updates.pollers() < 2 {
                tokio::task::yield_now().await;
            }
            user.send("hi");
        });
        second
    });
    assert_eq!(first["error_code"], json!(409), "{first}");
    assert_eq!(second["result"][0]["message"]["text"], json!("hi"));
}

#[tokio::test]
async fn old_presses_and_queries_are_forgotten() {
    let (sim, bot, user) = world().await;
    user.send("/start");
    let sent = bot.ok("sendMessage", json!({ "chat_id": 1001, "text": "x", "reply_markup": keyboard(&json!([[{ "text": "A", "callback_data": "a" }]])) })).await;
    let query = user.press_now(sent["message_id"].as_i64().unwrap(), Some("a"));
    sim.clock.advance(Duration::from_secs(151));
    let kinds: Vec<Value> = bot.updates(0).await;
    assert_eq!(kinds.len(), 1, "only the message is left: {kinds:?}");
    bot.refused("answerCallbackQuery", json!({ "callback_query_id": query }), 400, "query is too old").await;
}

#[tokio::test]
async fn a_tap_brings_the_query_and_its_answer_comes_back() {
    let (_sim, bot, user) = world().await;
    user.send("/start");
    let rows = json!([
        [{ "text": "\u{200F}🛒 شراء رقم", "callback_data": "b1" }, { "text": "Site", "url": "https://example.org" }],
        [{ "text": "Copy", "copy_text": { "text": "482913" } }],
    ]);
    let text = "<b>Main</b> &lt;menu&gt; <code>42</code>";
    let sent = bot.ok("sendMessage", json!({ "chat_id": 1001, "text": text, "parse_mode": "HTML", "reply_markup": keyboard(&rows), "disable_notification": true })).await;
    assert_eq!(sent["text"], json!("Main <menu> 42"));
    user.see_all(&["Main <menu> 42", "شراء رقم"]).await.unwrap();
    assert_eq!(
        user.screen().lines().skip(1).collect::<Vec<_>>(),
        ["*Main* <menu> `42`", "[ 🛒 شراء رقم ] [ Site ↗ ]", "[ Copy ⧉ ]"]
    );
    assert!(user.newest().unwrap().silent);
    assert_eq!(user.tap("Copy").await.unwrap(), Tap::Copied("482913".to_owned()));
    assert_eq!(user.tap("Site").await.unwrap(), Tap::Opened("https://example.org".to_owned()));
    let (tapped, ()) = tokio::join!(user.tap("شراء"), async {
        let last = bot.ok("getUpdates", json!({ "timeout": 5, "offset": -1 })).await;
        let query = &last[0]["callback_query"];
        assert_eq!((&query["data"], &query["message"]["message_id"]), (&json!("b1"), &sent["message_id"]));
        let answer = json!({ "callback_query_id": query["id"], "text": "Done", "show_alert": true });
        bot.ok("answerCallbackQuery", answer.clone()).await;
        bot.refused("answerCallbackQuery", answer, 400, "query ID is invalid").await;
    });
    let Tap::Answered(toast) = tapped.unwrap() else { panic!("no answer") };
    assert_eq!((toast.text.as_str(), toast.alert), ("Done", true));
}

#[tokio::test]
async fn edits_and_deletions_are_as_strict_as_telegram() {
    let (sim, bot, user) = world().await;
    bot.refused("sendMessage", json!({ "chat_id": 1001, "text": "x" }), 400, "chat not found").await;
    let own = user.send("hi");
    let sent = bot.ok("sendMessage", json!({ "chat_id": 1001, "text": "one" })).await["message_id"].clone();
    let edit = |text: &str| json!({ "chat_id": 1001, "message_id": sent, "text": text });
    bot.refused("editMessageText", edit("one"), 400, "message is not modified").await;
    assert!(bot.ok("editMessageText", edit("two")).await["edit_date"].is_i64());
    bot.refused("editMessageText", json!({ "chat_id": 1001, "message_id": own, "text": "x" }), 400, "can't be edited")
        .await;
    bot.refused(
        "editMessageText",
        json!({ "chat_id": 1001, "message_id": 999, "text": "x" }),
        400,
        "message to edit not found",
    )
    .await;
    bot.refused("deleteMessage", json!({ "chat_id": 1001, "message_id": 999 }), 400, "message to delete not found")
        .await;
    bot.ok("deleteMessage", json!({ "chat_id": 1001, "message_id": own })).await;
    user.not_see("hi").await.unwrap();
    sim.clock.advance(Duration::from_secs(3 * 86_400));
    bot.refused("deleteMessage", json!({ "chat_id": 1001, "message_id": sent }), 400, "message can't be deleted").await;
    user.block();
    bot.refused("sendMessage", json!({ "chat_id": 1001, "text": "x" }), 403, "blocked by the user").await;
    bot.refused("sendPhotograph", json!({}), 404, "Not Found").await;
    assert_eq!(sim.telegram.unknown_calls(), ["sendPhotograph"]);
}

#[tokio::test]
async fn bad_texts_and_keyboards_are_refused() {
    let (_sim, bot, user) = world().await;
    user.send("/start");
    let long = "я".repeat(4097);
    for (text, part) in
        [("", "empty"), ("\u{200F} ", "empty"), (long.as_str(), "too long"), ("<b>x", "can't parse entities")]
    {
        bot.refused("sendMessage", json!({ "chat_id": 1001, "text": text, "parse_mode": "HTML" }), 400, part).await;
    }
    let data = "ب".repeat(33);
    for (rows, part) in [
        (json!([[{ "text": "A", "callback_data": data }]]), "BUTTON_DATA_INVALID"),
        (json!([[{ "text": "A", "callback_data": "" }]]), "BUTTON_DATA_INVALID"),
        (json!([[{ "text": "A" }]]), "Text buttons are unallowed"),
        (json!([[{ "text": " ", "callback_data": "a" }]]), "non-empty"),
        (json!([[]]), "row must be non-empty"),
        (json!([[{ "text": "A", "callback_data": "a", "url": "https://a.org" }]]), "Exactly one"),
        (json!([[{ "text": "A", "url": "nonsense" }]]), "BUTTON_URL_INVALID"),
        (json!([[{ "text": "A", "copy_text": { "text": "" } }]]), "BUTTON_COPY_TEXT_INVALID"),
        (json!((0..101).map(|_| json!([{ "text": "A", "callback_data": "a" }])).collect::<Vec<_>>()), "too long"),
    ] {
        bot.refused("sendMessage", json!({ "chat_id": 1001, "text": "x", "reply_markup": keyboard(&rows) }), 400, part)
            .await;
    }
}

#[tokio::test]
async fn inline_results_are_listed_picked_and_cached() {
    let (_sim, bot, user) = world().await;
    user.send("/start");
    let article = |id: &str, title: &str| {
        let link = format!("🌍 <a href=\"https://t.me/raqam_bot?start=p_c_{id}\">{title}</a>");
        json!({ "type": "article", "id": format!("c:{id}"), "title": title, "input_message_content": { "message_text": link, "parse_mode": "HTML" } })
    };
    let (page, ()) = tokio::join!(user.search("sp:fr"), async {
        let last = bot.ok("getUpdates", json!({ "timeout": 5, "offset": -1 })).await;
        let query = &last[0]["inline_query"];
        assert_eq!((&query["query"], &query["chat_type"]), (&json!("sp:fr"), &json!("sender")));
        let twice = json!([article("FR", "France"), article("FR", "France")]);
        bot.refused(
            "answerInlineQuery",
            json!({ "inline_query_id": query["id"], "results": twice }),
            400,
            "RESULT_ID_DUPLICATE",
        )
        .await;
        let results = json!([article("FR", "France 🇫🇷"), article("TR", "Turkey")]);
        bot.ok(
            "answerInlineQuery",
            json!({ "inline_query_id": query["id"], "results": results, "is_personal": true, "cache_time": 60 }),
        )
        .await;
    });
    assert_eq!(page.unwrap().results.len(), 2);
    user.search("sp:fr").await.expect("the second answer comes from the cache");
    user.pick("France").unwrap();
    let last = bot.ok("getUpdates", json!({ "offset": -1 })).await;
    let message = &last[0]["message"];
    assert_eq!(message["via_bot"]["username"], json!("raqam_bot"));
    assert_eq!(message["entities"][0]["url"], json!("https://t.me/raqam_bot?start=p_c_FR"));
    assert_eq!(message["entities"][0]["offset"], json!(3));
    assert!(user.pick("Peru").is_err());
}

#[tokio::test]
async fn limits_and_ordered_failures_answer_429() {
    let (sim, bot, user) = world().await;
    user.send("/start");
    let hello = json!({ "chat_id": 1001, "text": "x" });
    for _ in 0..20 {
        bot.ok("sendMessage", hello.clone()).await;
    }
    let answer = bot.call("sendMessage", hello.clone()).await;
    assert_eq!(answer["parameters"]["retry_after"], json!(1), "{answer}");
    sim.clock.advance(Duration::from_secs(2));
    sim.telegram.fault("sendMessage", Some(1001), 1, TelegramFault::TooManyRequests(30));
    let answer = bot.call("sendMessage", hello.clone()).await;
    assert_eq!(
        answer,
        json!({ "ok": false, "error_code": 429, "description": "Too Many Requests: retry after 30", "parameters": { "retry_after": 30 } })
    );
    sim.telegram.fault("sendMessage", None, 1, TelegramFault::DropAfter);
    let before = user.messages().len();
    let sent = bot.http.post(format!("{}/sendMessage", bot.base)).json(&hello).send().await;
    assert!(sent.is_err(), "the answer is lost");
    assert_eq!(user.messages().len(), before + 1, "and the message is there");
    assert_eq!(sim.telegram.count("sendMessage"), 23);
}
