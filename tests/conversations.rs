//! Conversations that a tester can read and write: each `tests/conversations/*.chat` is played against the real binary.

use std::path::PathBuf;
use std::time::Duration;

use sim::script::Script;
use sim::{Rate, SimOptions, TelegramRates};

use crate::support::{SERVER_1, SERVER_2, Shop, UNITED_STATES, World, at_each_server};

macro_rules! conversations {
    (each: $($each:ident),*; server_1: $($one:ident),*; server_2: $($two:ident),*; both: $($both:ident),*;) => {
        $(async fn $each(shop: &'static Shop) {
            play(shop, stringify!($each)).await;
        })*

        at_each_server! {
            #[tokio::test]
            $($each),*
        }

        $(#[tokio::test]
        async fn $one() {
            play(&SERVER_1, stringify!($one)).await;
        })*

        $(#[tokio::test]
        async fn $two() {
            play(&SERVER_2, stringify!($two)).await;
        })*

        $(#[tokio::test]
        async fn $both() {
            play_at_both(stringify!($both)).await;
        })*

        #[test]
        fn every_conversation_is_played() {
            let mut written: Vec<String> = std::fs::read_dir(folder()).expect("the folder is there").flatten().map(|entry| {
                entry.path().file_stem().expect("a name").to_string_lossy().into_owned()
            }).collect();
            written.sort();
            let mut played = vec![$(stringify!($each).to_owned(),)* $(stringify!($one).to_owned(),)* $(stringify!($two).to_owned(),)* $(stringify!($both).to_owned()),*];
            played.sort();
            assert_eq!(written, played);
        }
    };
}

// Those of one server show what only it has: a choice of countries, lists, rentals that never sleep; or none of these.
conversations! {
    each:
        buy_in_arabic,
        fault_36_out_of_stock,
        fault_42_cancel_and_refund,
        fault_47_second_message,
        history_and_buy_again,
        not_enough_money,
        old_buttons,
        three_cards,
        too_fast,
        wallet_statement;
    server_1:
        fault_27_us_only_purchase_without_an_answer,
        us_only_buy_in_english,
        us_only_expiry_refunds,
        us_only_rental_extended,
        us_only_rental_in_arabic,
        us_only_rental_in_english;
    server_2:
        back_from_search,
        buy_in_english,
        expiry_refunds,
        fault_27_purchase_without_an_answer,
        fault_36_sold_out_elsewhere,
        fault_47_second_code,
        fault_54_blocked_and_back,
        language_switch,
        rental_end,
        rental_extended,
        rental_in_arabic,
        ticket,
        typed_search;
    both:
        demo_rental,
        demo_temporary;
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/conversations")
}

/// A shop with one server: nobody is asked for it.
async fn play(shop: &'static Shop, name: &str) {
    let mut options = options();
    let common = shop.options(&mut options);
    (common.order_life, common.cancel_lock) = (Duration::from_secs(1_200), Duration::from_secs(60));
    let mut world = World::without_bot_at(shop, options).await;
    assert!(world.supplier().set_price(UNITED_STATES, shop.whatsapp, "0.22"));
    world.start().await;
    play_in(world, name).await;
}

/// The demo's shop.
async fn play_at_both(name: &str) {
    let mut options = options();
    options.smspool.common.cancel_lock = Duration::from_secs(60);
    play_in(World::with_both_servers(options).await, name).await;
}

/// Conversations are played faster than a person types.
fn options() -> SimOptions {
    let rate = Rate { burst: 200, per_second: 200.0 };
    let mut options = SimOptions::default();
    options.telegram.rates = Some(TelegramRates { one_chat: rate, all_chats: rate });
    options
}

async fn play_in(mut world: World, name: &str) {
    let script = Script::load(&folder().join(format!("{name}.chat"))).unwrap_or_else(|error| panic!("{error}"));
    world.play_script(&script).await;
    assert_eq!(world.sim.telegram.unknown_calls(), Vec::<String>::new());
    assert_eq!(world.sim.nonvoip.unknown_calls(), Vec::<String>::new());
    assert_eq!(world.sim.smspool.unknown_calls(), Vec::<String>::new());
}
