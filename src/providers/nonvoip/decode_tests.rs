//! The fields of `nonvoip.md` 2, wherever and however they may be written.

use shop::Days;

use super::*;
use crate::candidate::NOW;

fn json(body: &str) -> Json<'_> {
    Json::parse(body.as_bytes()).unwrap_or_else(|| panic!("not JSON: {body}"))
}

fn id() -> SupplierOrderId {
    SupplierOrderId::parse("77").expect("an id")
}

#[test]
fn balances_stand_in_several_places_and_are_amounts_or_nothing() {
    let cases = [
        (r#"{"status":"success","balance":"50.00"}"#, Some("50.00")),
        (r#"{"balance":5.25}"#, Some("5.25")),
        (r#"{"status":"success","balance":["50.00"]}"#, Some("50.00")),
        (r#"[{"balance":"0"}]"#, Some("0.00")),
        (r#"{"status":"success","message":[{"balance":"7"}]}"#, Some("7.00")),
        (r#"{"status":"success","message":{"balance":7}}"#, Some("7.00")),
        (r#"{"balance":"1,250.50"}"#, Some("1250.50")),
        (r#"{"balance":"125000"}"#, Some("125000.00")),
        (r#"{"balance":"1,25"}"#, None),
        (r#"{"balance":"1250,000"}"#, None),
        (r#"{"balance":"1.250,00"}"#, None),
        (r#"{"balance":"-1"}"#, None),
        (r#"{"balance":"5,00"}"#, None),
        (r#"{"balance":1e3}"#, None),
        (r#"{"balance":[]}"#, None),
        (r#"{"status":"success"}"#, None),
        ("[]", None),
    ];
    for (body, expected) in cases {
        assert_eq!(balance(&json(body)).ok().map(Money::to_decimal).as_deref(), expected, "{body}");
    }
}

#[test]
fn products_are_rows_with_a_number_a_name_and_a_kind() {
    let one = |fields: &str, ask| {
        let body = format!(r#"{{"status":"success","message":[{{{fields}}}]}}"#);
        let listing = products(&json(&body), ask).expect("a list");
        let elsewhere = ask == Ask::Everything && !fields.contains("type");
        assert_eq!(listing.products.len() + listing.left_out, usize::from(!elsewhere), "{fields}");
        listing.products.into_iter().next().map(|product| (product.id, product.kind, product.for_sale()))
    };
    let cents = |cents| Some(Money::from_cents(cents));
    let cases = [
        (r#""product_id":5,"name":"A","price":"0.50""#, Ask::Temporary, Some((5, Kind::Temporary, cents(50)))),
        (r#""id":"5","name":"A","price":0.5"#, Ask::OneDay, Some((5, Kind::Rental(Days(1)), cents(50)))),
        (r#""id":5,"name":"A","type":"30-days","price":1"#, Ask::OneDay, Some((5, Kind::Rental(Days(30)), cents(100)))),
        (r#""id":5,"name":"A","type":" ","price":1"#, Ask::Long, Some((5, Kind::Rental(Days(30)), cents(100)))),
        (r#""id":5,"name":5,"type":"short_term","price":"x""#, Ask::Everything, Some((5, Kind::Temporary, None))),
        (r#""id":5,"name":"A","price":1"#, Ask::Everything, None),
        (r#""id":5,"name":"A","type":"lifetime","price":1"#, Ask::Long, None),
        (r#""id":5,"name":"A","price":null"#, Ask::Long, Some((5, Kind::Rental(Days(30)), None))),
        (r#""id":0,"name":"A""#, Ask::Temporary, None),
        (r#""id":-1,"name":"A""#, Ask::Temporary, None),
        (r#""id":4294967296,"name":"A""#, Ask::Temporary, None),
        (r#""id":"A5","name":"A""#, Ask::Temporary, None),
        (r#""id":5,"name":" \n ""#, Ask::Temporary, None),
        (r#""id":5"#, Ask::Temporary, None),
    ];
    for (fields, ask, expected) in cases {
        assert_eq!(one(fields, ask), expected, "{fields}");
    }
}

#[test]
fn what_does_not_say_none_is_available() {
    let cases = [
        ("3", true),
        (r#""3""#, true),
        ("true", true),
        ("null", true),
        (r#""""#, true),
        (r#""many""#, true),
        ("{}", true),
        ("0", false),
        (r#""0""#, false),
        ("-1", false),
        ("false", false),
        (r#""No""#, false),
    ];
    for (available, expected) in cases {
        let body = format!(r#"[{{"id":5,"name":"A","price":1,"available":{available}}}]"#);
        let listing = products(&json(&body), Ask::Temporary).expect("a list");
        assert_eq!(listing.products[0].for_sale().is_some(), expected, "{available}");
    }
}

#[test]
fn lists_come_as_an_array_one_object_or_keyed() {
    let row = r#"{"product_id":5,"name":"A","price":1}"#;
    let count = |body: &str| products(&json(body), Ask::Temporary).ok().map(|listing| listing.products.len());
    let cases = [
        (format!(r#"{{"status":"success","message":[{row},{row}]}}"#), Some(2)),
        (format!(r#"{{"status":"success","message":{row}}}"#), Some(1)),
        (format!(r#"{{"status":"success","message":{{"0":{row},"1":{row}}}}}"#), Some(2)),
        (format!("[{row}]"), Some(1)),
        (r#"{"status":"success","message":[]}"#.to_owned(), Some(0)),
        (r#"{"status":"success","message":{}}"#.to_owned(), Some(0)),
        (r#"{"status":"success","message":"none"}"#.to_owned(), Some(0)),
        (r#"{"status":"success","message":null}"#.to_owned(), Some(0)),
        (r#"{"status":"odd","message":"none"}"#.to_owned(), None),
        (r#"{"message":null}"#.to_owned(), None),
        (r#"{"status":"success"}"#.to_owned(), None),
    ];
    for (body, expected) in cases {
        assert_eq!(count(&body), expected, "{body}");
    }
}

#[test]
fn numbers_are_of_the_united_states() {
    let read = |number: &str| {
        let body = format!(r#"{{"message":[{{"number":{number}}}]}}"#);
        super::number(&json(&body), &id()).map(|phone| phone.as_str().to_owned())
    };
    for number in [r#""2025550123""#, "2025550123", r#""12025550123""#, r#""+12025550123""#, r#"" +1 (202) 555-0123""#]
    {
        assert_eq!(read(number).as_deref(), Some("+12025550123"), "{number}");
    }
    for number in
        [r#""""#, "null", r#""22025550123""#, r#""202555012""#, r#""+447700900123""#, r#""120255501234""#, "[]"]
    {
        assert_eq!(read(number), None, "{number}");
    }
}

#[test]
fn messages_stand_in_rows_or_beside_them() {
    let cases = [
        (r#"{"status":"success","sms":"Code 1234","pin":"1234"}"#, vec![(Some("1234"), "Code 1234")]),
        (r#"{"status":"success","sms":"Your code: 0042"}"#, vec![(Some("0042"), "Your code: 0042")]),
        (r#"{"status":"success","sms":"Code 0042","pin":42}"#, vec![(Some("0042"), "Code 0042")]),
        (r#"{"status":"success","sms":"hello","pin":"no code here"}"#, vec![(None, "hello")]),
        (r#"{"status":"success","pin":"1234"}"#, vec![(Some("1234"), "1234")]),
        (r#"{"sms":"Code 1234"}"#, vec![(Some("1234"), "Code 1234")]),
        (r#"{"status":"received","sms":"Code 1234"}"#, vec![(Some("1234"), "Code 1234")]),
        (r#"{"status":"success","message":{"sms":"Code 1234"}}"#, vec![(Some("1234"), "Code 1234")]),
        (
            r#"{"status":"success","message":[{"sms":"Code 1111"},{"sms":""},{"sms":"Code 2222"}],"sms":null}"#,
            vec![(Some("1111"), "Code 1111"), (Some("2222"), "Code 2222")],
        ),
        (
            r#"{"status":"success","message":[{"sms":"Code 1111"}],"sms":"Code 3333"}"#,
            vec![(Some("1111"), "Code 1111"), (Some("3333"), "Code 3333")],
        ),
        (r#"{"status":"success","message":[{"sms":"Code 1111"}],"pin":"1111"}"#, vec![(Some("1111"), "Code 1111")]),
        (r#"[{"sms":"Code 1234","order_id":77}]"#, vec![(Some("1234"), "Code 1234")]),
        (
            r#"{"status":"success","order_id":"77","message":[{"order_id":77,"sms":"Code 1234"},{"order_id":78,"sms":"Code 5678"}]}"#,
            vec![(Some("1234"), "Code 1234")],
        ),
        (r#"{"status":"success","message":[]}"#, vec![]),
        (r#"{"status":"success","message":null}"#, vec![]),
        (r#"{"status":"success","message":[{"order_id":78,"sms":"Code 5678"}]}"#, vec![]),
        (r#"{"status":"success","sms":"","pin":""}"#, vec![]),
        (r#"{"status":"error","message":"x","sms":"Code 1234"}"#, vec![]),
        (r#"{"status":"waiting"}"#, vec![]),
    ];
    for (body, expected) in cases {
        let messages = received(&json(body), &id()).unwrap_or_else(|why| panic!("{why}: {body}"));
        let seen: Vec<_> = messages.iter().map(|message| (message.code.as_deref(), message.text.as_str())).collect();
        assert_eq!(seen, expected, "{body}");
        let newest = messages.last().cloned().map_or(Check::Pending, Check::Received);
        assert_eq!(check(&json(body), &id()), Ok(newest), "{body}");
    }
    // Fault 35.
    const OTHER: &str = r#"{"status":"success","order_id":78,"sms":"Code 1234"}"#;
    for body in ["{}", "[]", r#"{"status":"success","message":"Code 1234"}"#, r#"{"message":"x"}"#, OTHER] {
        assert!(received(&json(body), &id()).is_err() && check(&json(body), &id()).is_err(), "{body}");
    }
}

/// Two rows are two orders: the number of one is not the other's.
#[test]
fn an_order_has_the_number_of_its_own_row() {
    let read = |body: &str| {
        let ordered = ordered(&json(body), Kind::Temporary, NOW).expect("an order");
        (ordered.id.as_str().to_owned(), ordered.phone.map(|phone| phone.as_str().to_owned()))
    };
    let number = Some("+12025550123".to_owned());
    let cases = [
        (r#"{"message":[{"order_id":77,"number":""},{"order_id":78,"number":"2025550123"}]}"#, None),
        (r#"{"message":[{"order_id":77},{"number":"2025550123"}]}"#, number.clone()),
        (r#"{"order_id":77,"message":{"number":"2025550123"}}"#, number.clone()),
        (r#"{"message":[{"number":"2025550123"}],"order_id":"77"}"#, number),
    ];
    for (body, expected) in cases {
        assert_eq!(read(body), ("77".to_owned(), expected), "{body}");
    }
}

#[test]
fn a_woken_number_is_awake_until_a_plausible_moment() {
    let until = |fields: &str| {
        let body = format!(r#"{{"status":"success","message":[{{{fields}}}]}}"#);
        awake_until(&json(&body), NOW).expect("a moment") - NOW
    };
    let cases = [
        (r#""end_on":"2024-01-15 09:00:00""#, 432),
        (r#""end_on":"2024-01-15T09:00:00Z","duration":99"#, 432),
        (r#""end_on":1705309200"#, 432),
        (r#""end_on":"2024-01-15 08:00:00","duration":5"#, 300),
        (r#""end_on":"2024-02-15 08:00:00","duration":"5""#, 300),
        (r#""end_on":"soon","duration":0"#, 600),
        (r#""duration":9223372036854775807"#, 600),
        (r#""duration":-5"#, 600),
        ("", 600),
    ];
    for (fields, expected) in cases {
        assert_eq!(until(fields), expected, "{fields}");
    }
    for body in [r#"{"status":"error","message":"x"}"#, "{}", r#"{"status":"pending"}"#] {
        assert!(awake_until(&json(body), NOW).is_err(), "{body}");
    }
}
