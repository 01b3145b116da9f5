//! What happens rarely: payments, the control routes, webhooks, groups.

use super::*;

#[tokio::test]
async fn a_star_payment_needs_the_bots_word_and_brings_the_payment() {
    let (_sim, bot, user) = world().await;
    user.send("/start");
    let invoice = json!({
        "chat_id": 1001, "title": "Top up", "description": "100 Stars", "payload": "t1", "provider_token": "", "currency": "XTR",
        "prices": [{ "label": "Stars", "amount": 100 }], "start_parameter": "top",
    });
    bot.ok("sendInvoice", invoice).await;
    let (paid, ()) = tokio::join!(user.tap("Pay"), async {
        let last = bot.ok("getUpdates", json!({ "timeout": 5, "offset": -1 })).await;
        let id = &last[0]["pre_checkout_query"]["id"];
        bot.ok("answerPreCheckoutQuery", json!({ "pre_checkout_query_id": id, "ok": true })).await;
    });
    assert_eq!(paid.unwrap(), Tap::Paid);
    let last = bot.ok("getUpdates", json!({ "offset": -1 })).await;
    assert_eq!(last[0]["message"]["successful_payment"]["invoice_payload"], json!("t1"));
    assert_eq!(bot.ok("getMyStarBalance", json!({})).await, json!({ "amount": 100 }));
}

#[tokio::test]
async fn another_process_can_do_everything_over_http() {
    let (sim, bot, _user) = world().await;
    let post = |path: &str, body: Value| bot.http.post(format!("{}/sim/{path}", sim.telegram.url())).json(&body).send();
    post("users", json!({ "id": 7, "first_name": "Lena", "language_code": "en" })).await.unwrap();
    post("users/7/send", json!({ "text": "/start" })).await.unwrap();
    bot.ok("sendMessage", json!({ "chat_id": 7, "text": "Welcome" })).await;
    let chat =
        bot.http.get(format!("{}/sim/users/7/chat", sim.telegram.url())).send().await.unwrap().text().await.unwrap();
    assert!(chat.contains("Welcome") && chat.contains("/start"), "{chat}");
    let moved: Value = post("clock/advance", json!({ "by": "20m" })).await.unwrap().json().await.unwrap();
    assert_eq!(moved, json!({ "now_ms": START_MS + 1_200_000, "offset_ms": 1_200_000 }));
    let missing = post("users/8/send", json!({ "text": "x" })).await.unwrap();
    assert_eq!(missing.status(), 404, "nobody has this id");
    let wrong: Value =
        bot.http.get(format!("{}/botwrong/getMe", sim.telegram.url())).send().await.unwrap().json().await.unwrap();
    assert_eq!(wrong["error_code"], json!(401));
}

#[tokio::test]
async fn a_webhook_gets_updates_in_order_until_it_says_yes() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (_sim, bot, user) = world().await;
    let hook = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", hook.local_addr().unwrap());
    bot.ok("setWebhook", json!({ "url": url, "secret_token": "s3" })).await;
    bot.refused("getUpdates", json!({}), 409, "webhook is active").await;
    user.send("one");
    user.send("two");
    let mut seen = Vec::new();
    for status in ["500 No", "200 OK", "200 OK"] {
        let (mut stream, _) = hook.accept().await.unwrap();
        let mut request = String::new();
        while !request.contains("\"text\":") || !request.ends_with("}}") {
            let mut bytes = [0; 4096];
            let length = stream.read(&mut bytes).await.unwrap();
            request.push_str(&String::from_utf8_lossy(&bytes[..length]));
        }
        assert!(request.contains("X-Telegram-Bot-Api-Secret-Token: s3\r\n"), "{request}");
        seen.push(request.contains("\"text\":\"one\""));
        stream.write_all(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").as_bytes()).await.unwrap();
    }
    assert_eq!(seen, [true, true, false], "the first is sent again after a failure");
}

#[tokio::test]
async fn a_group_has_its_own_chat() {
    let (sim, bot, user) = world().await;
    let chat = json!({ "id": -100_123, "type": "supergroup", "title": "Friends" });
    user.send_raw(&json!({ "text": "/start@raqam_bot", "chat": chat }));
    let updates = bot.updates(0).await;
    assert_eq!(updates[0]["message"]["chat"], chat);
    assert_eq!(updates[0]["message"]["from"]["id"], json!(1001));
    bot.ok("sendMessage", json!({ "chat_id": -100_123, "text": "Write to me in private" })).await;
    assert!(sim.telegram.known_user(-100_123).unwrap().chat().contains("in private"));
    assert!(user.messages().is_empty());
}

#[tokio::test]
async fn dropping_the_simulation_ends_waiting_polls_and_closes_the_ports() {
    let (sim, bot, _user) = world().await;
    let url = format!("{}/getUpdates", bot.base);
    let poll = bot.http.post(&url).json(&json!({ "timeout": 50 })).send();
    let (polled, ()) = tokio::join!(poll, async {
        while sim.telegram.shared.lock().updates.pollers() == 0 {
            tokio::task::yield_now().await;
        }
        drop(sim);
    });
    assert!(polled.is_err(), "{polled:?}");
    assert!(bot.http.post(&url).send().await.is_err());
}

#[tokio::test]
async fn an_edit_can_be_accepted_and_not_be_seen() {
    let (sim, bot, user) = world().await;
    user.send("/start");
    let sent = bot.ok("sendMessage", json!({ "chat_id": 1001, "text": "one" })).await;
    let fault = sim.telegram.fault("editMessageText", None, 1, TelegramFault::parse(&["unseen"]).unwrap());
    let edit = |text: &str| json!({ "chat_id": 1001, "message_id": sent["message_id"], "text": text });
    let accepted = bot.ok("editMessageText", edit("two")).await;
    assert_eq!((&accepted["text"], sim.telegram.fault_left(fault)), (&json!("two"), 0));
    assert_eq!(user.newest().unwrap().text, "one", "the person still sees what was there");
    bot.ok("editMessageText", edit("three")).await;
    assert_eq!(user.newest().unwrap().text, "three");
}
