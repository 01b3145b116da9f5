//! What a supplier says in its own words stays with us: neither its name nor its sentences are in anything that the bot
//! sends to Telegram.

use sim::{PoolFault, Role, SimOptions};

use crate::support::{Shop, World, at_each_server};

/// What both suppliers say wherever they are asked.
const SENTENCE: &str = "Buy at www.SMSPool.net or NonVoipUsNumber.com instead, says marigold";
/// What of it may stand nowhere.
const TELLTALES: [&str; 5] = ["smspool", "nonvoip", "usnumber", "instead", "marigold"];

const TO_CONFIRM: &str = "send /buy\nchoose \"WhatsApp\"\nnewest \"Confirm your order\"\n";
const BUY: &str = "tap \"✅ Buy for\"\n";

at_each_server! {
    #[tokio::test]
    a_suppliers_own_message_reaches_no_user,
}

async fn a_suppliers_own_message_reaches_no_user(shop: &'static Shop) {
    let mut options = SimOptions::default();
    options.telegram.rates = None;
    let mut world = World::at(shop, options).await;
    world.customer(7, "en").await;
    let play = async |world: &mut World, steps: &str| world.play(&format!("user 7\n{steps}")).await;
    let body = format!("<p>{SENTENCE}</p>");
    for refusal in [PoolFault::Refused(SENTENCE.to_owned()), PoolFault::Status(403, body.clone())] {
        play(&mut world, TO_CONFIRM).await;
        let fault = world.supplier().fault_on(Role::Purchase, 1, refusal).expect("it sells");
        play(&mut world, &format!("{BUY}newest \"not charged\"\n")).await;
        assert_eq!(world.supplier().fault_left(fault), 0, "it was said");
        play(&mut world, "send /start\n").await;
        world.until_all_sell().await;
    }
    play(&mut world, &format!("{TO_CONFIRM}{BUY}newest \"Your number is ready\"\n")).await;
    for role in [shop.watch, Role::Check, Role::Cancel, Role::Balance, Role::Offers, Role::RentalOffers] {
        world.fault_on(role, 1_000, PoolFault::Refused(SENTENCE.to_owned()));
    }
    play(&mut world, "tap \"🔄 Check now\"\nclock +6m\ntap \"✖️ Cancel & refund\"\ntap \"✖️ Yes, cancel\"\n").await;
    play(&mut world, "see \"Cancelling\"\nclock +11m\nsee \"returned. Balance: $20.00\"\n").await;
    play(&mut world, "send /buy\nsend /numbers\nsend /wallet\nnewest \"Balance: $20.00\"\n").await;
    let calls = world.sim.telegram.all_calls();
    assert!(calls.len() > 20, "the chat is elsewhere");
    for call in calls {
        let sent = format!("{call:?}").to_lowercase();
        let told = TELLTALES.iter().find(|telltale| sent.contains(*telltale));
        assert_eq!(told, None, "{sent}");
    }
}
