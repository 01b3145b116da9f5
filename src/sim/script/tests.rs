//! Reading conversations, playing one, and the error of one that fails.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Act, Endpoint, Look, Script, Stage, Step, Turn, World, play};
use crate::{PoolFault, Role, Sim, SimOptions, SimUser, Supplier};

#[test]
fn lines_become_steps() {
    let text = "# a comment\n\nuser 1001 \"Ahmad\" ar\nsend /start p_c_TR\nsee \"a \\\"b\\\"\\nc\"\n\
                clock +20m\nprices 120%\nfault smspool /purchase/sms out-of-stock x2\nfault nonvoip purchase hang-after\n\
                sms nonvoip \"1234\"\ncount nonvoip /order 1\ncount purchase 1\ncredit 1001 5.00";
    let script = Script::parse("x.chat", text).unwrap();
    let steps: Vec<Step> = script.lines.into_iter().map(|line| line.step).collect();
    let nonvoip = Some(Supplier::NonVoip);
    let path = |path: &str| Endpoint::Path(path.to_owned());
    let fault = |supplier, endpoint, fault, times| Step::World(World::PoolFault { supplier, endpoint, fault, times });
    assert_eq!(
        steps,
        [
            Step::User { id: 1001, name: Some("Ahmad".to_owned()), language: "ar".to_owned() },
            Step::Act(Act::Send("/start p_c_TR".to_owned())),
            Step::Look(Look::See("a \"b\"\nc".to_owned())),
            Step::World(World::Clock(Duration::from_secs(1200))),
            Step::World(World::Prices { supplier: None, percent: 120 }),
            fault(Some(Supplier::SmsPool), path("/purchase/sms"), PoolFault::OutOfStock, 2),
            fault(nonvoip, Endpoint::For(Role::Purchase), PoolFault::HangAfter, 1),
            Step::World(World::Sms { supplier: nonvoip, text: "1234".to_owned() }),
            Step::World(World::PoolCount { supplier: nonvoip, endpoint: path("/order"), wanted: 1 }),
            Step::World(World::PoolCount { supplier: None, endpoint: Endpoint::For(Role::Purchase), wanted: 1 }),
            Step::Extra { verb: "credit".to_owned(), words: vec!["1001".to_owned(), "5.00".to_owned()] },
        ]
    );
    let error = Script::parse("x.chat", "prices high").unwrap_err().to_string();
    assert!(error.contains("no percentage"), "{error}");
    let error = Script::parse("x.chat", "user 1\nsee \"a").unwrap_err().to_string();
    assert!(error.starts_with("x.chat:2: see \"a\n"), "{error}");
}

/// Answers `/start` with a menu and a press with a toast and an edit.
async fn tiny_bot(base: String) {
    let http = reqwest::Client::new();
    let call = async |method: &str, params: Value| -> Value {
        http.post(format!("{base}/{method}")).json(&params).send().await.unwrap().json().await.unwrap()
    };
    let mut offset = 0;
    loop {
        let updates = call("getUpdates", json!({ "offset": offset, "timeout": 20 })).await;
        for update in updates["result"].as_array().unwrap() {
            offset = update["update_id"].as_i64().unwrap() + 1;
            if let Some(query) = update.get("callback_query") {
                let message = &query["message"];
                call("answerCallbackQuery", json!({ "callback_query_id": query["id"], "text": "Pressed" })).await;
                let edit =
                    json!({ "chat_id": message["chat"]["id"], "message_id": message["message_id"], "text": "Bye" });
                call("editMessageText", edit).await;
            } else {
                let markup = json!({ "inline_keyboard": [[{ "text": "Go", "callback_data": "go" }]] });
                let chat = &update["message"]["chat"]["id"];
                call("sendMessage", json!({ "chat_id": chat, "text": "Welcome", "reply_markup": markup })).await;
            }
        }
    }
}

#[derive(Default)]
struct Notes(Vec<String>);

impl Stage for Notes {
    async fn extra(&mut self, _: &Sim, user: Option<&SimUser>, verb: &str, words: &[String]) -> Result<(), String> {
        self.0.push(format!("{verb} {} by {:?}", words.join(","), user.map(SimUser::id)));
        Ok(())
    }

    fn turn(&mut self, turn: &Turn<'_>) {
        self.0.push(format!("{} -> {}", turn.line.source, turn.outcome));
    }
}

#[tokio::test]
async fn a_conversation_is_played_turn_by_turn() {
    let mut options = SimOptions::default();
    options.telegram.patience = Duration::from_millis(300);
    let sim = Sim::start(options).await.unwrap();
    let bot = tokio::spawn(tiny_bot(format!("{}/bot{}", sim.telegram.url(), sim.telegram.token())));
    let text = "user 1 \"Ahmad\" ar\nsend /start\ncount sendMessage 1\nsee \"Welcome\"\ntap \"Go\"\ntoast \"Pressed\"\nsee \"Bye\"\n\
                not-see \"Welcome\"\ncount answerCallbackQuery 1\ncredit 1 5.00";
    let mut notes = Notes::default();
    play(&sim, &Script::parse("x.chat", text).unwrap(), &mut notes).await.unwrap();
    assert!(notes.0.contains(&"tap \"Go\" -> toast: Pressed".to_owned()), "{:?}", notes.0);
    assert!(notes.0.contains(&"credit 1,5.00 by Some(1)".to_owned()), "{:?}", notes.0);
    let lacking = Script::parse("y.chat", "count nonvoip open-orders 0").unwrap();
    let error = play(&sim, &lacking, &mut ()).await.unwrap_err().to_string();
    assert!(error.contains("the supplier has no open-orders"), "{error}");
    let wrong = Script::parse("y.chat", "user 1\nsee \"Nothing like this\"").unwrap();
    let error = play(&sim, &wrong, &mut ()).await.unwrap_err().to_string();
    assert!(error.starts_with("y.chat:2: see \"Nothing like this\"\n") && error.contains("Bye"), "{error}");
    bot.abort();
}
