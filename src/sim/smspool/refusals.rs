//! How the supplier says no.

use serde_json::{Map, json};

use super::catalogue::{Offer, pool_name};
use crate::supplier::{Problem, money};

/// Shape 1: a message.
pub(crate) fn say(status: u16, message: impl Into<String>) -> Problem {
    Problem { status, body: json!({ "success": 0, "message": message.into() }) }
}

/// Shape 2: an error about one parameter.
pub(crate) fn about(status: u16, message: &str, param: &str) -> Problem {
    let error = json!({ "message": message, "param": param, "description": format!("Parameter {param}") });
    Problem { status, body: json!({ "success": 0, "errors": [error] }) }
}

/// Shape 2 for what is not there.
pub(crate) fn missing(param: &str) -> Problem {
    about(400, "You are missing a required parameter for this request.", param)
}

/// 422: the block after too many failed purchases.
pub(crate) fn too_many_failed() -> Problem {
    say(
        422,
        "You have made too many failed purchases, please improve your success rate and try again in 6 hours. You can \
         circumvent this by opening a business account in your settings page for an increased ratelimit.",
    )
}

/// 422 with HTML in the message, one entry per pool.
pub(crate) fn out_of_stock(offers: &[Offer]) -> Problem {
    const TEXT: &str = "We couldn't find an available phone number for you, please try again later!";
    let mut pools = Map::new();
    let mut lines = String::new();
    let named: Vec<&str> =
        if offers.is_empty() { vec!["Foxtrot"] } else { offers.iter().map(|offer| pool_name(offer.pool)).collect() };
    for name in named {
        lines.push_str(&format!("<p>Pool <b>{name}</b>: {TEXT}</p>"));
        let inner = json!({
            "success": 0, "message": format!("<p>{TEXT}</p>"), "errors": [{ "message": TEXT }], "type": "OUT_OF_STOCK",
        });
        pools.insert(name.to_owned(), inner);
    }
    let body = json!({
        "success": 0, "message": lines, "type": "OUT_OF_STOCK", "pools": pools, "errors": [{ "message": TEXT }],
    });
    Problem { status: 422, body }
}

/// 422 because the account's balance is too small.
pub(crate) fn no_balance(offer: Offer, balance: i64) -> Problem {
    let name = pool_name(offer.pool);
    let text = format!(
        "Insufficient balance, the price is: {} while you only have: {}",
        money::show(offer.price),
        money::show(balance)
    );
    let inner = json!({ "success": 0, "message": text, "errors": [{ "message": text }], "type": "BALANCE_ERROR" });
    let body = json!({
        "success": 0, "message": format!("<p>Pool <b>{name}</b>: {text}</p>"), "type": "BALANCE_ERROR",
        "pools": { name: inner }, "errors": [{ "message": text }],
    });
    Problem { status: 422, body }
}

/// 422 because nothing is sold at the price.
pub(crate) fn price_not_found(limit: &str) -> Problem {
    let message = format!("We could not find a suitable pool below the price of: {limit}");
    Problem { status: 422, body: json!({ "message": message, "success": 0, "type": "PRICE_NOT_FOUND" }) }
}

/// The refusal in the first minutes.
pub(crate) fn cancel_locked() -> Problem {
    say(400, "Your order cannot be cancelled yet, please try again later.")
}
