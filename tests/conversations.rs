//! Conversations that a tester can read and write: each `tests/conversations/*.chat` is played against the real binary.

use std::path::PathBuf;
use std::time::Duration;

use sim::script::Script;
use sim::{Rate, SimOptions, TelegramRates};

use crate::support::World;

macro_rules! conversations {
    ($($name:ident),* $(,)?) => {
        $(#[tokio::test]
        async fn $name() {
            play(stringify!($name)).await;
        })*

        #[test]
        fn every_conversation_is_played() {
            let mut written: Vec<String> = std::fs::read_dir(folder()).expect("the folder is there").flatten().map(|entry| {
                entry.path().file_stem().expect("a name").to_string_lossy().into_owned()
            }).collect();
            written.sort();
            let mut played = vec![$(stringify!($name).to_owned()),*];
            played.sort();
            assert_eq!(written, played);
        }
    };
}

conversations! {
    back_from_search,
    fault_54_blocked_and_back,
    buy_in_arabic,
    buy_in_english,
    fault_42_cancel_and_refund,
    demo_rental,
    demo_temporary,
    expiry_refunds,
    history_and_buy_again,
    language_switch,
    not_enough_money,
    old_buttons,
    fault_36_out_of_stock,
    fault_27_purchase_without_an_answer,
    rental_end,
    rental_in_arabic,
    fault_47_second_code,
    fault_47_second_message,
    fault_36_sold_out_elsewhere,
    three_cards,
    ticket,
    too_fast,
    typed_search,
    wallet_statement,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/conversations")
}

async fn play(name: &str) {
    let mut options = SimOptions::default();
    // Conversations are played faster than a person types.
    let rate = Rate { burst: 200, per_second: 200.0 };
    options.telegram.rates = Some(TelegramRates { one_chat: rate, all_chats: rate });
    options.smspool.common.cancel_lock = Duration::from_secs(60);
    let script = Script::load(&folder().join(format!("{name}.chat"))).unwrap_or_else(|error| panic!("{error}"));
    let mut world = World::with(options).await;
    world.play_script(&script).await;
    assert_eq!(world.sim.telegram.unknown_calls(), Vec::<String>::new());
    assert_eq!(world.sim.smspool.unknown_calls(), Vec::<String>::new());
}
