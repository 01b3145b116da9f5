//! Updates that nobody should send, read one by one.

use serde_json::{Value, json};

use crate::input::{Bot, Button, Useless, What, decode};

fn read(update: &Value) -> Result<What, Useless> {
    let bot = Bot { id: 77, username: "Test_bot".into() };
    decode(1, &update.to_string(), &bot).map(|incoming| incoming.what)
}

fn message(fields: &Value) -> Value {
    let mut message =
        json!({"message_id": 5, "date": 1, "chat": {"id": 9, "type": "private"}, "from": {"id": 9, "first_name": "A"}});
    for (key, value) in fields.as_object().unwrap() {
        message[key] = value.clone();
    }
    json!({"message": message})
}

fn press(fields: &Value) -> Value {
    let mut query = json!({"id": "c", "from": {"id": 9, "first_name": "A"}, "message": {"message_id": 5, "date": 0, "chat": {"id": 9, "type": "private"}}});
    for (key, value) in fields.as_object().unwrap() {
        query[key] = value.clone();
    }
    json!({"callback_query": query})
}

fn check(update: &Value, expected: &str) {
    let read = match read(update) {
        Ok(What::Press(press)) => format!("{:?} on {:?}", press.button, press.message_id),
        other => format!("{other:?}"),
    };
    assert!(read.contains(expected), "{update}\n  is {read}\n  not {expected}");
}

#[test]
fn messages() {
    let group = json!({"id": -5, "type": "supergroup"});
    check(&message(&json!({"text": ""})), "Text { text: \"\"");
    check(&message(&json!({"text": "<script>&lt;_*["})), "Text { text: \"<script>&lt;_*[\"");
    check(&message(&json!({"text": "x".repeat(4096)})), "Text {");
    check(&message(&json!({"text": "\u{200b}\u{202e}\u{0}"})), "Text {");
    check(&message(&json!({"text": "/Start@test_BOT abc-1"})), "Command { name: \"start\", payload: \"abc-1\"");
    check(&message(&json!({"text": "/start@other abc"})), "Text {");
    check(&message(&json!({"text": format!("/start {}", "a".repeat(65))})), "payload: \"\"");
    check(&message(&json!({"text": "/start a b"})), "payload: \"\"");
    check(&message(&json!({"text": "/start p_c_TR"})), "Pick { token: \"c_TR\"");
    check(&message(&json!({"text": "/"})), "Text {");
    check(&message(&json!({"photo": []})), "NotUnderstood");
    check(&message(&json!({"dice": {}})), "NotUnderstood");
    check(&message(&json!({"pinned_message": {}})), "Ignored");
    check(&message(&json!({"text": "x", "from": null})), "Ignored");
    check(&message(&json!({"text": "x", "from": {"id": 9, "is_bot": true, "first_name": "B"}})), "Ignored");
    check(&message(&json!({"text": "x", "from": {"id": -9, "first_name": "B"}})), "Ignored");
    check(&message(&json!({"text": "/start", "chat": group})), "Elsewhere { chat_id: -5 }");
    check(&message(&json!({"text": "hey @TEST_bot!", "chat": group})), "Elsewhere");
    check(&message(&json!({"text": "hey @test_bots", "chat": group})), "Ignored");
    check(&message(&json!({"text": "/start", "chat": group, "sender_chat": {"id": -5}})), "Ignored");
    check(&message(&json!({"text": "x", "message_id": 99_999_999_999_i64})), "Unreadable");
    check(&json!({"edited_message": message(&json!({"text": "/start"}))["message"]}), "Ignored");
    check(&json!({"channel_post": {"text": "/start"}}), "Ignored");
    for broken in [json!(null), json!([]), json!("x"), json!({"message": 5}), json!({"message": {"chat": 1}})] {
        check(&broken, "Unreadable");
    }
    assert_eq!(decode(1, "{", &Bot { id: 1, username: "b".into() }), Err(Useless::Unreadable));
    let deep = format!("{{\"poll\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    assert!(decode(1, &deep, &Bot { id: 1, username: "b".into() }).is_err());
}

#[test]
fn picks_are_our_own_links_and_nothing_else() {
    let link = |url: &str| json!([{"type": "text_link", "offset": 3, "length": 6, "url": url}]);
    let pick = |url: &str| json!({"text": "🌍 Turkey", "entities": link(url)});
    let ours = "https://t.me/test_bot?start=p_c_TR";
    check(&message(&pick(ours)), "Pick { token: \"c_TR\"");
    for other in [
        "https://t.me/other?start=p_c_TR",
        "https://t.me/test_bot?start=c_TR",
        "https://e.com/test_bot?start=p_c_TR",
        "https://t.me/test_bot?start=p_<b>",
    ] {
        check(&message(&pick(other)), "Text {");
    }
    let with = |key: &str, value: Value| {
        let mut fields = pick(ours);
        fields[key] = value;
        message(&fields)
    };
    check(&with("forward_origin", json!({"type": "user"})), "Text {");
    check(&with("via_bot", json!({"id": 78, "is_bot": true})), "Text {");
    check(&with("via_bot", json!({"id": 77, "is_bot": true})), "Pick {");
    let explained = json!({"text": "Nothing for x", "via_bot": {"id": 77, "is_bot": true}});
    check(&message(&explained), "Explanation { message_id: 5 }");
    check(&with("entities", json!([])), "Text {");
    check(&with("entities", json!([{"type": "tg-time", "unix": 1}])), "Text {");
}

#[test]
fn presses() {
    check(&press(&json!({"data": "home.1.-.f"})), "Token(\"home.1.-.f\") on Some(5)");
    check(&press(&json!({})), "Token(\"\")");
    check(
        &press(&json!({"data": "o.k1.cancel"})),
        "Card(CardPress { card: \"k1\", action: \"cancel\", message_id: Some(5) })",
    );
    for data in ["o.k1", "o.k1.", "o..x", "o.a.b.c", &format!("o.{}.x", "a".repeat(65))] {
        check(&press(&json!({"data": data})), "Token(");
    }
    check(&press(&json!({"data": "x", "message": null, "inline_message_id": "i"})), "Token(\"x\") on None");
    check(
        &press(&json!({"data": "x", "message": {"message_id": 5, "date": 0, "chat": {"id": 8, "type": "private"}}})),
        "NotYours",
    );
    check(
        &press(&json!({"data": "x", "message": {"message_id": 5, "chat": {"id": -8, "type": "group"}}})),
        "Elsewhere",
    );
    assert!(
        matches!(read(&press(&json!({"data": "o.a.b", "message": null}))), Ok(What::Press(it)) if matches!(it.button, Button::Card(_)))
    );
}

#[test]
fn inline_queries_and_presence() {
    let query = |fields: Value| json!({"inline_query": {"id": "q", "from": {"id": 9, "first_name": "A"}, "query": fields["q"], "offset": "junk", "chat_type": fields["t"]}});
    check(&query(json!({"q": "", "t": "sender"})), "private: true");
    check(&query(json!({"q": "x".repeat(300), "t": "group"})), "private: false");
    let member = |status: &str, kind: &str| json!({"my_chat_member": {"chat": {"id": 9, "type": kind}, "from": {"id": 9, "first_name": "A"}, "new_chat_member": {"status": status}}});
    check(&member("kicked", "private"), "Presence(Gone)");
    check(&member("member", "private"), "Presence(Back)");
    check(&member("member", "group"), "Ignored");
}
