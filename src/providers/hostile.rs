//! The hostile answers of `bad-inputs.md` and faults 33 and 34: whatever arrives, every decoder of every supplier answers,
//! nothing panics, and no purchase is made out of nonsense.

use crate::caller::Refusal;
use crate::endpoint::Endpoint;
use crate::failure::Proof;
use crate::http::{Answer, Body};
use crate::json::Json;

const TEXTS: [&str; 38] = [
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
    r#"{"status":"success"}"#,
    r#"{"status":"success","message":[]}"#,
    r#"{"status":"success","message":{}}"#,
    r#"{"status":"success","message":""}"#,
    r#"{"status":"success","message":[[],null,7,"text"]}"#,
    r#"{"status":"success","message":{"0":{},"1":[]}}"#,
    r#"{"status":"success","message":[{"order_id":"","number":"","sms":"","pin":0}]}"#,
    r#"{"status":"success","status":"error","message":"x"}"#,
    r#"{"status":{"status":"success"},"message":null}"#,
    r#"{"status":"success","message":[{"product_id":-1,"name":"x","price":1}]}"#,
    r#"{"status":"success","message":[{"product_id":1e3,"name":[],"price":"x","type":{}}]}"#,
    r#"{"status":"success","balance":{},"message":[{"order_id":"../etc","number":"12345"}]}"#,
];

fn bodies() -> Vec<Vec<u8>> {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(10_000), close.repeat(10_000));
    let (rows, objects) = (deep("[", "]"), deep(r#"{"a":"#, "}"));
    let order = format!(r#"{{"success":1,"order_id":{rows},"number":{rows}}}"#);
    let listed = format!(r#"[{{"order_code":{rows}}},{objects}]"#);
    let rows_of_rows = format!(r#"{{"status":"success","message":{rows},"balance":{rows}}}"#);
    let pricing = format!(r#"{{"pricing":{objects},"messages":{rows},"errors":{rows},"pools":{objects}}}"#);
    let mut bodies: Vec<Vec<u8>> = TEXTS.iter().map(|text| text.as_bytes().to_vec()).collect();
    bodies.extend([rows, objects, order, listed, rows_of_rows, pricing].map(String::into_bytes));
    bodies.extend([vec![0xff, 0xfe, 0], vec![0; 1000], b"{\"order_id\":\"\xff\"}".to_vec()]);
    bodies
}

/// Holds a supplier's `refusal` of purchases, and what `decode_everything` makes of it, against all of them.
pub(crate) fn check(purchase: &Endpoint, refusal: Refusal, decode_everything: fn(&Json<'_>, &str)) {
    for body in bodies() {
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        let json = Json::parse(&body);
        for status in [200, 302, 400, 404, 422, 500] {
            let answer = Answer { status, wait_s: None, body: Body::Whole(body.clone()) };
            let refused = refusal(purchase, &answer, json.as_ref());
            assert!(refused.is_some() || status == 200, "{status} {shown}");
            assert!(refused.is_none_or(|failure| failure.proof == Proof::Nothing), "{status} {shown}");
        }
        if let Some(json) = json {
            decode_everything(&json, &shown);
        }
    }
}
