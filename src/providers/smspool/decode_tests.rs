//! The sample bodies of `smspool.md`, their known variants, and wrong values of single fields.

use super::*;

const NOW: i64 = 1_705_308_768;

fn json(body: &str) -> Json<'_> {
    Json::parse(body.as_bytes()).unwrap_or_else(|| panic!("not JSON: {body}"))
}

fn money(text: &str) -> Money {
    Money::parse(text).expect("an amount")
}

fn bought(extra: &str) -> Decoded<Purchased> {
    let body = format!(r#"{{"success":1,"order_id":"ABCDEFGH","number":1234567890{extra}}}"#);
    purchased(&json(&body), NOW)
}

#[test]
fn balances_are_amounts_or_nothing() {
    let cases = [
        (r#"{"balance":"5.00"}"#, Some("5")),
        (r#"{"balance":5.25}"#, Some("5.25")),
        (r#"{"balance":0}"#, Some("0")),
        (r#"{"balance":"-1"}"#, None),
        (r#"{"balance":"5,00"}"#, None),
        (r#"{"balance":1e3}"#, None),
        (r#"{"balance":null}"#, None),
        (r#"{"balance":["5"]}"#, None),
        ("[]", None),
        ("null", None),
    ];
    for (body, expected) in cases {
        assert_eq!(balance(&json(body)).ok(), expected.map(money), "{body}");
    }
}

#[test]
fn catalogues_keep_what_can_be_shown() {
    let body = r#"[{"ID":1,"name":"United States","short_name":"US","region":"North America"},
        {"ID":"2","name":" United\r\nKingdom ","short_name":"gb"},{"ID":3,"name":"Old"},{"ID":1,"name":"Again","short_name":"US"},
        {"ID":-4,"name":"x","short_name":"XX"},{"ID":5,"name":"","short_name":"YY"},{"ID":6,"name":"x","short_name":"U1"},null,7,[]]"#;
    let list = countries(&json(body)).expect("countries");
    let shown: Vec<_> = list.iter().map(|c| (c.id.0, c.name.as_str(), c.iso2.as_str())).collect();
    assert_eq!(shown, [(1, "United States", "US"), (2, "United Kingdom", "GB")]);
    let list = services(&json(r#"[{"ID":1012,"name":"WhatsApp","favourite":0},{"ID":"644","name":"Trailing \r\n"}]"#));
    let shown: Vec<_> = list.expect("services").into_iter().map(|s| (s.id.0, s.name)).collect();
    assert_eq!(shown, [(1012, "WhatsApp".to_owned()), (644, "Trailing".to_owned())]);
    assert!(countries(&json(r#"[{"ID":"x"}]"#)).is_err());
    assert_eq!(countries(&json("[]")), Ok(Vec::new()));
}

#[test]
fn offers_are_the_cheapest_readable_ones() {
    let row = |service: u32, price: &str, pool: &str| {
        format!(
            r#"{{"country":20,"country_name":"Malaysia","short_name":"MY","service":{service},"service_name":"x","pool":{pool},"price":{price}}}"#
        )
    };
    let rows = [
        row(846, r#""0.05""#, "3"),
        row(846, "0.02", r#""7""#),
        row(846, r#""0.02""#, "9"),
        row(1, r#""0,24""#, "1"),
        row(2, r#""""#, "1"),
        row(3, r#""-1""#, "1"),
        row(4, r#""1e-3""#, "1"),
        row(5, r#""0.123456789""#, "1"),
        row(6, "1e308", "1"),
        row(7, "0", "1"),
        row(8, r#""0.00""#, "1"),
        row(9, "null", "1"),
        row(10, "0.1234", "null"),
        r#"{"country":21,"service":11,"price":"0.01"}"#.to_owned(),
        "[]".to_owned(),
    ];
    let body = format!("[{}]", rows.join(","));
    let list = offers(&json(&body), CountryId(20)).expect("offers");
    let shown: Vec<_> = list.iter().map(|offer| (offer.service.0, offer.cost, offer.pool)).collect();
    assert_eq!(shown, [(10, money("0.1234"), None), (846, money("0.02"), Some(7))]);
    assert!(offers(&json(&format!("[{}]", rows[3])), CountryId(20)).is_err());
    assert_eq!(offers(&json("[]"), CountryId(20)), Ok(Vec::new()));
}

#[test]
fn a_price_is_present_or_the_answer_is_unusable() {
    let offer = cost(&json(r#"{"price":"0.24","high_price":"0.24","pool":7,"success_rate":100}"#), ServiceId(5));
    assert_eq!(offer, Ok(PoolOffer { service: ServiceId(5), cost: money("0.24"), pool: Some(7) }));
    for body in
        ["{}", r#"{"price":"0"}"#, r#"{"price":{}}"#, r#"{"price":"0.24","price":"9.99"}"#.replace("9.99", "").as_str()]
    {
        assert!(Json::parse(body.as_bytes()).is_none_or(|json| cost(&json, ServiceId(5)).is_err()), "{body}");
    }
}

#[test]
fn a_bought_number_is_read_from_number_or_its_parts() {
    let sample = r#"{"success":1,"number":1234567890,"cc":"1","phonenumber":"234567890","order_id":"ABCDEFGH","country":"United States","service":"Service","pool":1,"expires_in":1200,"expiration":1705309968,"message":"You have succesfully ordered ...","cost":"0.24","cost_in_cents":24}"#;
    let order = purchased(&json(sample), NOW).expect("an order");
    assert_eq!((order.id.as_str(), order.phone.as_str()), ("ABCDEFGH", "+1234567890"));
    assert_eq!((order.cost, order.expires_at, order.pool), (Some(money("0.24")), NOW + 1200, Some(1)));
    let number = |fields: &str| {
        let body = format!(r#"{{"success":1,"order_id":"A",{fields}}}"#);
        purchased(&json(&body), NOW).ok().map(|order| order.phone.as_str().to_owned())
    };
    let cases = [
        (r#""number":"+1234567890""#, Some("+1234567890")),
        (r#""number":"","cc":1,"phonenumber":234567890"#, Some("+1234567890")),
        (r#""number":null,"cc":"44","phonenumber":"7700900123""#, Some("+447700900123")),
        (r#""number":"12ab567890","cc":"","phonenumber":"234567890""#, None),
        (r#""number":0"#, None),
        (r#""number":"""#, None),
        (r#""phonenumber":"234567890""#, None),
        (r#""number":[1234567890]"#, None),
        (r#""number":1e12"#, None),
    ];
    for (fields, expected) in cases {
        assert_eq!(number(fields).as_deref(), expected, "{fields}");
    }
}

#[test]
fn an_order_without_a_usable_id_is_not_bought() {
    let long = "x".repeat(1024);
    for id in [r#""../etc""#, r#""a\"b""#, &format!("\"{long}\""), r#""""#, "null", "{}", "-1.5", r#""a b""#] {
        let body = format!(r#"{{"success":1,"order_id":{id},"number":1234567890}}"#);
        assert!(purchased(&json(&body), NOW).is_err(), "{id}");
    }
    let by_number = purchased(&json(r#"{"success":1,"order_id":12345678,"number":1234567890}"#), NOW);
    assert_eq!(by_number.expect("an order").id.as_str(), "12345678");
}

#[test]
fn the_larger_of_two_costs_counts() {
    let cases = [
        (r#","cost":"0.24","cost_in_cents":24"#, Some("0.24")),
        (r#","cost":0.24,"cost_in_cents":24.0"#, Some("0.24")),
        (r#","cost":"0.245","cost_in_cents":24"#, Some("0.245")),
        (r#","cost":"0.24","cost_in_cents":240"#, Some("2.40")),
        (r#","cost":"2.40","cost_in_cents":24"#, Some("2.40")),
        (r#","cost":"0,24","cost_in_cents":24"#, Some("0.24")),
        (r#","cost":"1e308""#, None),
        (r#","cost":"-1","cost_in_cents":-100"#, None),
        ("", None),
    ];
    for (extra, expected) in cases {
        assert_eq!(bought(extra).expect("an order").cost, expected.map(money), "{extra}");
    }
}

#[test]
fn the_end_of_an_order_is_plausible() {
    let cases = [
        (r#","expires_in":1200,"expiration":1705309968"#, 1200),
        (r#","expires_in":"599""#, 599),
        (r#","expires_in":600,"expiration":1705309968000"#, 600),
        (r#","expires_in":600,"expiration":1"#, 600),
        (r#","expiration":"1705309968""#, 1200),
        (r#","expiration":1705309968000"#, 1200),
        (r#","expires_in":0,"expiration":1705309368"#, 600),
        (r#","expires_in":-5"#, 1200),
        (r#","expires_in":1"#, 60),
        (r#","expires_in":1000000000000"#, 72 * 3600),
        (r#","expires_in":99999999999999999999"#, 1200),
        (r#","expires_in":"soon","expiration":1"#, 1200),
        ("", 1200),
    ];
    for (extra, life) in cases {
        assert_eq!(bought(extra).expect("an order").expires_at - NOW, life, "{extra}");
    }
}

#[test]
fn the_status_table_is_not_off_by_one() {
    let pending = r#"{"status":1,"resend":0,"expiration":1704562249,"time_left":1173}"#;
    let refunded =
        r#"{"status":6,"message":"This order has been refunded","resend":0,"expiration":1,"time_left":1134}"#;
    assert_eq!(check(&json(pending)), Ok(Check::Pending));
    assert_eq!(check(&json(refunded)), Ok(Check::Refunded));
    for (status, expected) in [
        ("0", Check::Pending),
        ("2", Check::Ended),
        ("4", Check::Pending),
        ("5", Check::Ended),
        (r#""6""#, Check::Refunded),
        ("7", Check::Pending),
        ("8", Check::Pending),
        ("9", Check::Pending),
        (r#""?""#, Check::Pending),
    ] {
        let body = format!(r#"{{"status":{status},"sms":"12345","message":"refunded"}}"#);
        assert_eq!(check(&json(&body)), Ok(expected), "{status}");
    }
    for body in [
        r#"{"status":null}"#,
        "{}",
        "[]",
        r#"{"status":[3]}"#,
        r#"{"status":3}"#,
        r#"{"status":3,"sms":"0","full_sms":""}"#,
    ] {
        assert!(check(&json(body)).is_err(), "{body}");
    }
}

#[test]
fn a_code_is_a_string() {
    let cases = [
        (r#""sms":"12345","full_sms":"Full code: 12345""#, Some("12345"), "Full code: 12345"),
        (r#""sms":"001234","full_sms":null"#, Some("001234"), "001234"),
        (r#""sms":1234,"full_sms":"Code 001234""#, Some("001234"), "Code 001234"),
        (r#""sms":"0","full_sms":"G-123456 is your code""#, Some("G-123456"), "G-123456 is your code"),
        (r#""full_sms":"Your code: 123-456""#, Some("123-456"), "Your code: 123-456"),
        (r#""sms":"abcXYZ","full_sms":"use abcXYZ""#, Some("abcXYZ"), "use abcXYZ"),
        (r#""sms":"Your code is 4821","full_sms":"""#, Some("4821"), "Your code is 4821"),
        (r#""sms":null,"full_sms":"hello""#, None, "hello"),
        (r#""sms":"","full_sms":"<b>رمز</b>\n👍 5678""#, Some("5678"), "<b>رمز</b>\n👍 5678"),
    ];
    for (fields, code, text) in cases {
        let body = format!(r#"{{"status":3,{fields}}}"#);
        let Ok(Check::Received(message)) = check(&json(&body)) else {
            panic!("no message: {fields}");
        };
        assert_eq!((message.code.as_deref(), message.text.as_str()), (code, text), "{fields}");
    }
}

#[test]
fn a_very_long_sms_is_cut_at_a_character() {
    let body = format!(r#"{{"status":3,"full_sms":"{}"}}"#, "٣é".repeat(500_000));
    let Ok(Check::Received(message)) = check(&json(&body)) else {
        panic!("no message");
    };
    assert_eq!(message.text.chars().count(), SMS_CHARACTERS);
}

#[test]
fn resends_keep_or_change_the_id() {
    let old = SupplierOrderId::parse("OLDOLDOL").expect("an id");
    let resent =
        |body: &str| resent(&json(body), &old).ok().map(|resent| (resent.id.as_str().to_owned(), resent.charge));
    let new = r#"{"success":1,"message":"Your number has been requested again!","order_id":"QRXWQWZK","charge":0}"#;
    assert_eq!(resent(new), Some(("QRXWQWZK".to_owned(), Money::ZERO)));
    assert_eq!(resent(r#"{"success":1,"message":"m","resend":0}"#), Some(("OLDOLDOL".to_owned(), Money::ZERO)));
    assert_eq!(resent(r#"{"success":1,"order_id":"N","charge":"0.10"}"#), Some(("N".to_owned(), money("0.10"))));
    for body in ["{}", r#"{"success":1,"charge":"1e9"}"#, r#"{"success":1,"order_id":"../"}"#] {
        assert_eq!(resent(body), None, "{body}");
    }
}

#[test]
fn open_orders_are_listed_with_derived_times() {
    let now = 1_704_560_669;
    let sample = r#"[{"timestamp":"2024-01-06 18:03:15","cost":"0.24","order_code":"ABCDEFGH","phonenumber":"1234567890","code":"0","full_code":"","short_name":"US","service":"Test","status":"pending","expiry":1704561795,"time_left":1126}]"#;
    let list = orders(&json(sample), now).expect("orders");
    let expected = ListedOrder {
        id: SupplierOrderId::parse("ABCDEFGH").expect("an id"),
        phone: Phone::parse("1234567890"),
        iso2: "US".to_owned(),
        service_name: "Test".to_owned(),
        cost: Some(money("0.24")),
        expires_at: 1_704_561_795,
        // 17:03:15 UTC, as smspool.md derives it.
        bought_at: Some(1_704_560_595),
        check: Check::Pending,
    };
    assert_eq!(list, Listed { rows: vec![expected], completeness: Completeness::Whole });
    assert_eq!(orders(&json("[]"), now), Ok(Listed { rows: Vec::new(), completeness: Completeness::Whole }));
    for body in ["{}", "null", r#"[{"cost":"0.24"}]"#, "[7]", r#"[{"order_code":"../x"}]"#] {
        assert!(orders(&json(body), now).is_err(), "{body}");
    }
}

/// One bad row once hid everybody's orders.
#[test]
fn an_unreadable_row_hides_no_other() {
    for bad in ["7", "null", "{}", r#"{"order_code":"../x"}"#] {
        let list = orders(&json(&format!(r#"[{bad},{{"order_code":"A"}}]"#)), NOW).expect("orders");
        assert_eq!(list.rows.len(), 1, "{bad}");
        assert_eq!(list.completeness, Completeness::Partial, "an absence proves nothing: {bad}");
    }
}

#[test]
fn rows_of_every_state_and_type_are_read() {
    let row = |fields: &str| {
        let body = format!(r#"[{{"order_code":"A",{fields}}}]"#);
        orders(&json(&body), NOW).expect("orders").rows.remove(0)
    };
    let received = |code: Option<&str>, text: &str| {
        Check::Received(Message { code: code.map(str::to_owned), text: text.to_owned(), key: String::new() })
    };
    let cases = [
        (r#""status":"completed","code":"0123","full_code":"Code 0123""#, received(Some("0123"), "Code 0123")),
        (r#""status":"complete","code":"0123","full_code":"0""#, received(Some("0123"), "0123")),
        (r#""status":"COMPLETED","code":"0","full_code":"""#, Check::Unread),
        (r#""status":"refunded","code":"0""#, Check::Refunded),
        (r#""status":"cancelled""#, Check::Ended),
        (r#""status":3,"code":"1234""#, received(Some("1234"), "1234")),
        (r#""status":null"#, Check::Pending),
        (r#""status":"new word""#, Check::Pending),
        (r#""status":"new word","code":"0123","full_code":"Code 0123""#, received(Some("0123"), "Code 0123")),
        // The code of the order before, while another one is awaited.
        (r#""status":"resend","code":"0123","full_code":"Code 0123""#, Check::Pending),
        (r#""status":"pending","code":"0123""#, Check::Pending),
    ];
    for (fields, expected) in cases {
        assert_eq!(row(fields).check, expected, "{fields}");
    }
    let lean = row(r#""phonenumber":12345678901,"time_left":"500","cost":"x","short_name":null"#);
    assert_eq!(lean.phone, Phone::parse("12345678901"));
    assert_eq!((lean.cost, lean.iso2.as_str(), lean.expires_at), (None, "", NOW + 500));
    assert_eq!(row(r#""expiry":99999999999999999"#).bought_at, None);
    assert_eq!(row(&format!(r#""expiry":{}"#, NOW + 5000)).bought_at, None);
}
