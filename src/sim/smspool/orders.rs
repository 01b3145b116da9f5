//! Buying, checking, cancelling and resending one-time numbers.

use serde_json::{Map, Value, json};

use super::catalogue::{self, Country, Offer, Service, below, pool_name};
use super::money;
use super::state::{Answer, Order, OrderStatus, Problem, State, millis};
use crate::request::Params;

/// `POST /purchase/sms`.
pub(crate) fn purchase(state: &mut State, params: &Params, now_ms: i64) -> Answer {
    let service = params.word("service").ok_or_else(|| Problem::missing("service"))?;
    let country = params.word("country").ok_or_else(|| Problem::missing("country"))?;
    let service = catalogue::service(&service).ok_or_else(|| Problem::param(400, "Invalid service", "service"))?;
    let country = catalogue::country(&country).ok_or_else(|| Problem::param(400, "Invalid country", "country"))?;
    let offer = choose(state, params, country, service)?;
    if state.balance < offer.price {
        return Err(no_balance(offer, state.balance));
    }
    state.charge(offer.price);
    state.take_stock(country.id, service.id);
    let order = new_order(state, country, service, offer, now_ms);
    let answer = purchase_answer(&order, country, service, params);
    state.add_order(order);
    Ok(answer)
}

fn choose(state: &State, params: &Params, country: &Country, service: &Service) -> Result<Offer, Problem> {
    let mut offers = state.offers(country.id, service.id);
    if let Some(wanted) = params.word("pool") {
        let (wanted, _) = catalogue::pool(&wanted).ok_or_else(|| Problem::param(400, "Invalid pool", "pool"))?;
        // The default pool is the automatic choice.
        offers.retain(|offer| wanted == 0 || offer.pool == wanted);
    }
    let all = offers.clone();
    offers.retain(|offer| offer.stock > 0);
    if offers.is_empty() {
        return Err(out_of_stock(&all));
    }
    if let Some(limit) = params.word("max_price") {
        let most = money::read(&limit).ok_or_else(|| Problem::param(400, "Invalid max_price", "max_price"))?;
        offers.retain(|offer| offer.price <= most);
        if offers.is_empty() {
            return Err(price_not_found(&limit));
        }
    }
    let best = match params.integer("pricing_option") {
        Some(1) => offers.iter().max_by_key(|offer| offer.success_rate),
        Some(_) | None => offers.iter().min_by_key(|offer| offer.price),
    };
    best.copied().ok_or_else(|| out_of_stock(&all))
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

fn new_order(state: &mut State, country: &Country, service: &Service, offer: Offer, now_ms: i64) -> Order {
    let code = state.fresh_code();
    let national = format!("{}{:08}", 2 + below(state.random(), 8), below(state.random(), 100_000_000));
    let hidden_ms = state.faults.take_hidden().map_or(0, millis);
    Order {
        code,
        country: country.id,
        service: service.id,
        pool: offer.pool,
        cc: country.dial_code.to_owned(),
        national,
        cost_micros: offer.price,
        made_ms: now_ms,
        expires_ms: now_ms + millis(state.options.order_life),
        status: OrderStatus::Pending,
        texts: Vec::new(),
        hidden_until_ms: now_ms + hidden_ms,
        completed_ms: None,
        ended_as: 6,
    }
}

fn purchase_answer(order: &Order, country: &Country, service: &Service, params: &Params) -> Value {
    let full = format!("{}{}", order.cc, order.national);
    let message = format!(
        "You have succesfully ordered a {} number from pool: {} for {}.",
        service.name.trim(),
        pool_name(order.pool),
        money::show(order.cost_micros)
    );
    if params.flag("create_token") {
        let token = format!("{0}{0}{0}{0}", order.code.to_lowercase());
        return json!({
            "success": 1, "message": message, "cc": order.cc, "phonenumber": order.national, "token": token,
            "url": format!("https://api.smspool.net/token/{token}"),
        });
    }
    json!({
        "success": 1,
        "number": full.parse::<i64>().unwrap_or_default(),
        "cc": order.cc,
        "phonenumber": order.national,
        "order_id": order.code,
        "country": country.name,
        "service": service.name.trim(),
        "pool": order.pool,
        "expires_in": (order.expires_ms - order.made_ms) / 1000,
        "expiration": order.expires_ms / 1000,
        "message": message,
        "cost": money::show(order.cost_micros),
        "cost_in_cents": order.cost_micros / money::CENT,
    })
}

/// The order that a request names, or the endpoint's own words for none.
fn find(state: &State, params: &Params, missing: &str) -> Result<usize, Problem> {
    let code = params.word("orderid").ok_or_else(|| Problem::missing("orderid"))?;
    state.by_code.get(&code).copied().ok_or_else(|| Problem::message(404, missing))
}

/// `POST /sms/check`.
pub(crate) fn check(state: &State, params: &Params, now_ms: i64) -> Answer {
    let order = &state.orders[find(state, params, "We could not find this order!")?];
    let expiration = order.expires_ms / 1000;
    let time_left = ((order.expires_ms - now_ms) / 1000).max(0);
    Ok(match order.status {
        OrderStatus::Pending => {
            json!({ "status": 1, "resend": 0, "expiration": expiration, "time_left": time_left })
        }
        OrderStatus::Completed => {
            let full = order.texts.last().map_or("", String::as_str);
            json!({ "status": 3, "sms": code_in(full), "full_sms": full, "expiration": expiration })
        }
        OrderStatus::Refunded => json!({
            "status": order.ended_as, "message": "This order has been refunded", "resend": 0, "expiration": expiration,
            "time_left": time_left,
        }),
    })
}

/// The code in a text: the first run of four or more digits, perhaps with a dash in it, else the whole text's first word with a digit.
pub(crate) fn code_in(text: &str) -> String {
    let runs = text.split(|letter: char| !letter.is_ascii_digit() && letter != '-');
    let digits = runs.map(|run| run.chars().filter(char::is_ascii_digit).collect::<String>());
    let found = digits.into_iter().find(|run| (4..=10).contains(&run.len()));
    let with_digit = || text.split_whitespace().find(|word| word.contains(|letter: char| letter.is_ascii_digit()));
    found.or_else(|| with_digit().map(str::to_owned)).unwrap_or_default()
}

/// `POST /sms/cancel`.
pub(crate) fn cancel(state: &mut State, params: &Params, now_ms: i64) -> Answer {
    let index = find(state, params, "We could not find this order!")?;
    let order = &state.orders[index];
    match order.status {
        OrderStatus::Refunded => Err(Problem::message(404, "We could not find this order!")),
        OrderStatus::Completed => {
            Err(Problem::message(400, "Your order has already received a SMS and cannot be refunded."))
        }
        OrderStatus::Pending if now_ms < order.made_ms + millis(state.options.cancel_lock) => Err(cancel_locked()),
        OrderStatus::Pending => {
            let amount = money::show(order.cost_micros);
            state.refund(index, now_ms, 6);
            let message = format!("The order has been cancelled, and you have been refunded {amount} dollars.");
            Ok(json!({ "success": 1, "message": message }))
        }
    }
}

/// The refusal in the first minutes.
pub(crate) fn cancel_locked() -> Problem {
    Problem::message(400, "Your order cannot be cancelled yet, please try again later.")
}

/// `POST /sms/cancel_all`: every order that may be cancelled now.
pub(crate) fn cancel_all(state: &mut State, now_ms: i64) -> Answer {
    let lock_ms = millis(state.options.cancel_lock);
    let open = |index: &usize| {
        let order = &state.orders[*index];
        order.status == OrderStatus::Pending && now_ms >= order.made_ms + lock_ms
    };
    let indexes: Vec<usize> = state.active.iter().copied().filter(open).collect();
    for index in &indexes {
        state.refund(*index, now_ms, 6);
    }
    let codes: Vec<&str> = indexes.iter().map(|index| state.orders[*index].code.as_str()).collect();
    Ok(json!({ "success": 1, "message": "Your active orders have been refunded", "refunded_orders": codes }))
}

/// `POST /sms/check_resend`.
pub(crate) fn check_resend(state: &State, params: &Params, now_ms: i64) -> Answer {
    let order = &state.orders[find(state, params, "We could not find this order.")?];
    if order.status != OrderStatus::Completed {
        return Err(Problem::message(400, "This number cannot be resent at the moment, please try again later."));
    }
    let hours = (order.made_ms + 5 * 86_400_000 - now_ms).max(0) / 3_600_000;
    let charge: Value = serde_json::from_str(&state.options.resend_charge).unwrap_or(json!(0));
    Ok(json!({
        "success": 1, "message": "This phonenumber is available for resend!", "resends": 2, "resendCost": plain_number(&charge),
        "expires_in_hour": hours,
    }))
}

/// `POST /sms/resend`: a new order for the same number.
pub(crate) fn resend(state: &mut State, params: &Params, now_ms: i64) -> Answer {
    let index = find(state, params, "This order could not be found.")?;
    if state.orders[index].texts.is_empty() {
        return Err(Problem::message(400, "You can only re-send to a phonenumber that has received a SMS"));
    }
    let cost = money::read(&state.options.resend_charge).unwrap_or(0);
    if state.balance < cost {
        return Err(Problem::message(400, "You do not have enough balance to resend this number."));
    }
    state.charge(cost);
    let code = state.fresh_code();
    let order = Order {
        code: code.clone(),
        cost_micros: cost,
        made_ms: now_ms,
        expires_ms: now_ms + millis(state.options.order_life),
        status: OrderStatus::Pending,
        texts: Vec::new(),
        hidden_until_ms: now_ms,
        completed_ms: None,
        ..state.orders[index].clone()
    };
    state.active.remove(&index);
    state.add_order(order);
    let charge: Value = serde_json::from_str(&state.options.resend_charge).unwrap_or(json!(0));
    Ok(json!({
        "success": 1, "message": "Your number has been requested again!", "order_id": code, "charge": plain_number(&charge),
    }))
}

/// 0 rather than 0.0, as the supplier writes it.
fn plain_number(number: &Value) -> Value {
    if number.as_f64() == Some(0.0) { json!(0) } else { number.clone() }
}

/// `POST /sms/activate` and `/sms/reactivate`.
pub(crate) fn activate(state: &State, params: &Params, message: &str) -> Answer {
    let order = &state.orders[find(state, params, "We could not find this order!")?];
    if order.pool != 7 {
        return Err(Problem::message(400, "You can only activate orders from pool: 7"));
    }
    Ok(json!({ "success": 1, "message": message }))
}
