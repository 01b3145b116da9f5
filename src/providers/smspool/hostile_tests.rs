//! The hostile answers of the crate's `hostile`, to this supplier's decoders.

use shop::pool::Check;
use shop::{CountryId, Days, ErrorCode, ServiceId, SupplierOrderId};

use super::{decode, endpoints, errors, rentals};
use crate::failure::Failure;
use crate::hostile;
use crate::json::Json;

const NOW: i64 = 1_705_308_768;

#[test]
fn hostile_answers_are_typed_failures() {
    hostile::check(&endpoints::PURCHASE, errors::refusal, decode_everything);
}

fn decode_everything(json: &Json<'_>, shown: &str) {
    let old = SupplierOrderId::parse("A").expect("an id");
    assert!(decode::purchased(json, NOW).is_err(), "{shown}");
    assert!(rentals::rented(json, Days(30), NOW).is_err(), "{shown}");
    assert!(decode::balance(json).is_err() && decode::resend_cost(json).is_err(), "{shown}");
    assert!(decode::cost(json, ServiceId(1)).is_err(), "{shown}");
    assert!(matches!(decode::check(json), Err(_) | Ok(Check::Pending)), "{shown}");
    assert!(decode::countries(json).is_ok_and(|list| list.is_empty()) || decode::countries(json).is_err());
    assert!(!matches!(decode::offers(json, CountryId(1)), Ok(list) if !list.is_empty()), "{shown}");
    assert!(!matches!(decode::orders(json, NOW), Ok(list) if !list.rows.is_empty()), "{shown}");
    assert!(!matches!(rentals::rentals(json, NOW, None), Ok(list) if !list.rows.is_empty()), "{shown}");
    assert!(!matches!(rentals::messages(json), Ok(list) if !list.is_empty()), "{shown}");
    assert!(!matches!(rentals::lines(json, &[]), Ok(list) if !list.is_empty()), "{shown}");
    let _ = (decode::services(json), decode::resent(json, &old), decode::accepted(json));
    let _ = (rentals::services(json), rentals::pricing(json, Days(1)), rentals::legacy_price(json));
}

#[test]
fn an_unreadable_answer_about_messages_is_a_message_not_fetched() {
    let failure = Failure::undecodable(&endpoints::CHECK, 200, "x");
    assert_eq!(failure.error.code, ErrorCode::MessageNotFetched);
}
