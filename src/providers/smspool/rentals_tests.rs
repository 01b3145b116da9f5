//! Rentals: the sample bodies of `smspool.md` 6 and their older forms.

use super::*;

const NOW: i64 = 1_704_561_885;

fn json(body: &str) -> Json<'_> {
    Json::parse(body.as_bytes()).unwrap_or_else(|| panic!("not JSON: {body}"))
}

fn money(text: &str) -> Money {
    Money::parse(text).expect("an amount")
}

fn known() -> Vec<PoolCountry> {
    let rows = [(1, "United States", "US"), (2, "United Kingdom", "GB"), (3, "Turkey", "TR")];
    rows.map(|(id, name, iso2)| PoolCountry { id: CountryId(id), name: name.to_owned(), iso2: iso2.to_owned() }).into()
}

fn lines_of(rows: &str) -> Vec<Line> {
    lines(&json(&format!(r#"{{"success":1,"data":{rows}}}"#)), &known()).expect("lines")
}

#[test]
fn a_line_has_a_country_prices_and_a_refund_window() {
    let sample = r#"[{"ID":6,"name":"United States","tag":"United States","region":"North America","pricing":{"30":20},"priority":10,"pool":7,"single_service":null,"single_service_extend":null,"is_refundable":1,"refund_within":2,"refund_min_days":28}]"#;
    let offer = RentalOffer {
        product: 6,
        country: CountryId(1),
        costs: BTreeMap::from([(Days(30), money("20"))]),
        receives: Receives::Unasked,
        refund_within_s: Some(7200),
        refund_min_days: Days(28),
        extendable: shop::pool::Extendable::Perhaps,
    };
    let extends = offer.costs.clone();
    assert_eq!(lines_of(sample), [Line { offer, single: false, extends }]);
}

#[test]
fn prices_come_as_objects_or_as_text() {
    let costs = |fields: &str| {
        let rows = format!(r#"[{{"ID":"6","name":"USA - Foxtrot",{fields}}}]"#);
        let first = lines_of(&rows).pop();
        first.map(|line| {
            (line.single, line.offer.costs.into_iter().map(|(d, m)| (d.0, m.to_decimal())).collect::<Vec<_>>())
        })
    };
    let plain = |rows: &[(u16, &str)]| rows.iter().map(|(days, cost)| (*days, (*cost).to_owned())).collect::<Vec<_>>();
    let cases = [
        (r#""pricing":{"1":"2.50","30":20.5}"#, Some((false, plain(&[(1, "2.50"), (30, "20.50")])))),
        (r#""pricing":"{\"30\":10}""#, Some((false, plain(&[(30, "10.00")])))),
        (r#""pricing":{"30":20},"single_service":"{\"30\":10}""#, Some((true, plain(&[(30, "10.00")])))),
        (r#""pricing":{"30":20},"single_service":{"7":4}"#, Some((true, plain(&[(7, "4.00")])))),
        (r#""pricing":{"30":20},"single_service":"""#, Some((false, plain(&[(30, "20.00")])))),
        (r#""pricing":{"30":"0","7":-1,"0":5,"999":5,"x":5,"3":1e3,"1":1}"#, Some((false, plain(&[(1, "1.00")])))),
        (r#""pricing":{"30":0}"#, None),
        (r#""pricing":[20]"#, None),
        (r#""pricing":null"#, None),
        (r#""pool":7"#, None),
    ];
    for (fields, expected) in cases {
        assert_eq!(costs(fields), expected, "{fields}");
    }
}

#[test]
fn countries_are_found_by_name_code_or_short_form() {
    let cases = [
        ("United States", Some(1)),
        ("united states - Foxtrot", Some(1)),
        ("USA (Non-VoIP)", Some(1)),
        ("us", Some(1)),
        ("UK", Some(2)),
        ("Great Britain", Some(2)),
        ("Türkiye", Some(3)),
        ("Atlantis", None),
        ("", None),
        (" - ", None),
    ];
    for (text, expected) in cases {
        assert_eq!(find_country(text, &known()).map(|id| id.0), expected, "{text}");
    }
}

#[test]
fn a_product_of_both_types_costs_the_higher_price() {
    let row = |pricing: &str| lines_of(&format!(r#"[{{"ID":6,"name":"US","pricing":{pricing}}}]"#));
    let all = merged(row(r#"{"30":20,"7":5}"#).into_iter().chain(row(r#"{"30":25,"1":2}"#)));
    assert_eq!(all.len(), 1);
    let costs: Vec<_> = all[0].offer.costs.iter().map(|(days, cost)| (days.0, cost.to_decimal())).collect();
    assert_eq!(costs, [(1, "2.00".to_owned()), (7, "5.00".to_owned()), (30, "25.00".to_owned())]);
}

#[test]
fn a_rental_answers_no_cost() {
    let sample = r#"{"success":1,"message":"Your rental has been ordered, it will take upto 24 hours to activate ...","phonenumber":"123456789","days":30,"rental_code":"ABCDEFGH","expiry":1707153885}"#;
    let bought = rented(&json(sample), Days(30), NOW).expect("a rental");
    assert_eq!((bought.id.as_str(), bought.phone.as_str(), bought.cost), ("ABCDEFGH", "+123456789", None));
    assert_eq!(bought.expires_at, 1_707_153_885);
    for expiry in ["1", "null", "1707153885000000", r#""x""#] {
        let body = format!(r#"{{"success":1,"phonenumber":123456789,"rental_code":"A","expiry":{expiry}}}"#);
        assert_eq!(rented(&json(&body), Days(30), NOW).expect("a rental").expires_at, NOW + 30 * DAY_S, "{expiry}");
    }
}

#[test]
fn prices_of_one_product_are_read_by_day() {
    let body = r#"{"pricing":{"30":"20.00"},"extend":{"30":18}}"#;
    assert_eq!(pricing(&json(body), Days(30)), Ok(Some(money("20"))));
    assert_eq!(pricing(&json(body), Days(7)), Ok(None));
    assert!(pricing(&json("{}"), Days(7)).is_err());
}

#[test]
fn more_days_have_prices_of_their_own_where_those_are_listed() {
    let week = |body: &str| extension_pricing(&json(body), Days(7));
    assert_eq!(week(r#"{"pricing":{"7":"5"},"extend":{"7":"4.50","30":18}}"#), Ok(Some(money("4.5"))));
    assert_eq!(week(r#"{"pricing":{"7":"5"},"extend":{"30":18}}"#), Ok(None), "not by so many");
    for extend in ["null", "{}", "\"\"", "[]"] {
        assert_eq!(week(&format!(r#"{{"pricing":{{"7":5}},"extend":{extend}}}"#)), Ok(Some(money("5"))), "{extend}");
    }
    assert!(week(r#"{"success":1}"#).is_err());
    let single = |extend: &str| {
        let row = format!(r#"[{{"ID":6,"name":"US","pricing":{{"7":5}},"single_service":{{"7":3}},{extend}}}]"#);
        lines_of(&row).pop().and_then(|line| line.extends.get(&Days(7)).map(|cost| cost.to_decimal()))
    };
    assert_eq!(single(r#""single_service_extend":"{\"7\":2}""#), Some("2.00".to_owned()));
    assert_eq!(single(r#""single_service_extend":null"#), Some("3.00".to_owned()));
}

#[test]
fn services_of_a_product_are_a_list_or_any() {
    let ids = services(&json(r#"[{"ID":1108,"name":"Acorns","pool":1},{"ID":"7","name":"x"}]"#));
    assert_eq!(ids, Ok(Some(vec![ServiceId(7), ServiceId(1108)])));
    assert_eq!(services(&json("[]")), Ok(None));
    assert!(services(&json(r#"[{"name":"x"}]"#)).is_err());
}

#[test]
fn messages_come_as_array_or_object() {
    let row = r#"{"ID":1,"message":"Code 0042","sender":null,"timestamp":"2024-01-06 17:37:53"}"#;
    for body in [
        format!(r#"{{"success":1,"messages":[{row}],"source":7}}"#),
        format!(r#"{{"success":1,"messages":{{"0":{row}}}}}"#),
    ] {
        let list = messages(&json(&body)).expect("messages");
        assert_eq!(
            list,
            [Message { code: Some("0042".to_owned()), text: "Code 0042".to_owned(), key: "1".to_owned() }]
        );
    }
    for body in [r#"{"success":1,"messages":[]}"#, r#"{"success":1,"messages":null}"#, r#"{"success":1,"messages":{}}"#]
    {
        assert_eq!(messages(&json(body)), Ok(Vec::new()), "{body}");
    }
    for body in ["{}", r#"{"messages":"x"}"#, r#"{"success":1,"messages":[{}]}"#] {
        assert!(messages(&json(body)).is_err(), "{body}");
    }
    // One message that could not be read once hid all others.
    let mixed = format!(r#"{{"success":1,"messages":[{{}},7,{row}]}}"#);
    assert_eq!(messages(&json(&mixed)).map(|list| list.len()), Ok(1));
}

#[test]
fn rented_lines_are_listed() {
    let sample = r#"[{"rental_code":"ABCDEFGH","rental":7,"phonenumber":"12345678901","country_name":"US","expiration_date":1707154129,"source":11,"state":"Unknown","type":1}]"#;
    let list = rentals(&json(sample), NOW, None).expect("rentals").rows;
    assert_eq!((list[0].id.as_str(), list[0].product, list[0].expires_at), ("ABCDEFGH", Some(7), 1_707_154_129));
    assert!(rentals(&json(r#"[{"rental":7}]"#), NOW, None).is_err());
    let mixed = rentals(&json(&sample.replace('[', r#"[{"rental":7},"#)), NOW, None).expect("rentals");
    assert_eq!((mixed.rows.len(), mixed.completeness), (1, shop::pool::Completeness::Partial));
    // A product of the legacy family is a country.
    let legacy = rentals(&json(sample), NOW, Some(&known())).expect("rentals");
    assert_eq!(legacy.rows[0].product, Some(1));
}
