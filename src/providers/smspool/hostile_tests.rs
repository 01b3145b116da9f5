//! The hostile answers of `bad-inputs.md` and faults 33 and 34: whatever arrives, every decoder answers, nothing panics,
//! and no purchase is made out of nonsense.

use shop::pool::Check;
use shop::{CountryId, Days, ErrorCode, ServiceId, SupplierOrderId};

use super::{decode, endpoints, errors, rentals};
use crate::failure::Failure;
use crate::http::{Answer, Body};
use crate::json::Json;

const NOW: i64 = 1_705_308_768;

const TEXTS: [&str; 26] = [
    "",
    " ",
    "null",
    "[]",
    "\"\"",
    "0",
    "true",
    "{}",
    "[null]",
    "[[]]",
    "[{}]",
    "{",
    "[",
    "}",
    "\u{feff}{}",
    "<html>",
    "NaN",
    r#"{"success":1}"#,
    r#"{"success":"1","order_id":"","number":""}"#,
    r#"{"success":1,"success":0}"#,
    r#"{"success":1e400,"order_id":1e400,"number":1e400}"#,
    r#"{"success":1,"order_id":"A","number":"\ud800"}"#,
    r#"{"data":{"0":null,"1":[]}}"#,
    r#"{"messages":{"0":{}}}"#,
    r#"{"pricing":"{\"30\":"}"#,
    r#"{"pools":[[]],"errors":{"a":1}}"#,
];

fn bodies() -> Vec<Vec<u8>> {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(10_000), close.repeat(10_000));
    let (rows, objects) = (deep("[", "]"), deep(r#"{"a":"#, "}"));
    let order = format!(r#"{{"success":1,"order_id":{rows},"number":{rows}}}"#);
    let listed = format!(r#"[{{"order_code":{rows}}},{objects}]"#);
    let pricing = format!(r#"{{"pricing":{objects},"messages":{rows},"errors":{rows},"pools":{objects}}}"#);
    let mut bodies: Vec<Vec<u8>> = TEXTS.iter().map(|text| text.as_bytes().to_vec()).collect();
    bodies.extend([rows, objects, order, listed, pricing].map(String::into_bytes));
    bodies.extend([vec![0xff, 0xfe, 0], vec![0; 1000], b"{\"order_id\":\"\xff\"}".to_vec()]);
    bodies
}

#[test]
fn hostile_answers_are_typed_failures() {
    for body in bodies() {
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        let json = Json::parse(&body);
        for status in [200, 302, 400, 404, 422, 500] {
            let answer = Answer { status, wait_s: None, body: Body::Whole(body.clone()) };
            let refused = errors::refusal(&endpoints::PURCHASE, &answer, json.as_ref());
            assert!(refused.is_some() || status == 200, "{status} {shown}");
        }
        if let Some(json) = json {
            decode_everything(&json, &shown);
        }
    }
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
