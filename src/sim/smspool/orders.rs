//! Buying, checking, cancelling and resending one-time numbers.

use serde_json::{Value, json};

use super::catalogue::{self, Country, Offer, Service, offers, pool_name};
use super::fresh_code;
use super::refusals::{about, cancel_locked, missing, no_balance, out_of_stock, price_not_found, say};
use crate::options::SmsPoolOptions;
use crate::request::Params;
use crate::supplier::{Answer, Books, Order, OrderStatus, Problem, below, code_in, millis, money};

/// The status of an order that was given back when that was asked for.
const CANCELLED: u8 = 6;

/// `POST /purchase/sms`.
pub(crate) fn purchase(books: &mut Books, params: &Params, now_ms: i64) -> Answer {
    let service = params.word("service").ok_or_else(|| missing("service"))?;
    let country = params.word("country").ok_or_else(|| missing("country"))?;
    let service = catalogue::service(&service).ok_or_else(|| about(400, "Invalid service", "service"))?;
    let country = catalogue::country(&country).ok_or_else(|| about(400, "Invalid country", "country"))?;
    let offer = choose(books, params, country, service)?;
    if books.balance < offer.price {
        return Err(no_balance(offer, books.balance));
    }
    books.charge(offer.price);
    books.shelf.take(country.id, service.id);
    let order = new_order(books, country, service, offer, now_ms);
    let answer = purchase_answer(&order, country, service, params);
    books.add_order(order);
    Ok(answer)
}

fn choose(books: &Books, params: &Params, country: &Country, service: &Service) -> Result<Offer, Problem> {
    let mut offers = offers(books, country.id, service.id);
    if let Some(wanted) = params.word("pool") {
        let (wanted, _) = catalogue::pool(&wanted).ok_or_else(|| about(400, "Invalid pool", "pool"))?;
        // The default pool is the automatic choice.
        offers.retain(|offer| wanted == 0 || offer.pool == wanted);
    }
    let all = offers.clone();
    offers.retain(|offer| offer.stock > 0);
    if offers.is_empty() {
        return Err(out_of_stock(&all));
    }
    if let Some(limit) = params.word("max_price") {
        let most = money::read(&limit).ok_or_else(|| about(400, "Invalid max_price", "max_price"))?;
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

fn new_order(books: &mut Books, country: &Country, service: &Service, offer: Offer, now_ms: i64) -> Order {
    let code = fresh_code(books);
    let national = format!("{}{:08}", 2 + below(books.random(), 8), below(books.random(), 100_000_000));
    let hidden_ms = books.faults.take_hidden().map_or(0, millis);
    Order {
        code,
        country: country.id,
        service: service.id,
        service_name: service.name.trim(),
        pool: offer.pool,
        cc: country.dial_code.to_owned(),
        national,
        cost_micros: offer.price,
        made_ms: now_ms,
        expires_ms: now_ms + millis(books.options.order_life),
        status: OrderStatus::Pending,
        texts: Vec::new(),
        hidden_until_ms: now_ms + hidden_ms,
        completed_ms: None,
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
fn find(books: &Books, params: &Params, unknown: &str) -> Result<usize, Problem> {
    let code = params.word("orderid").ok_or_else(|| missing("orderid"))?;
    books.by_code.get(&code).copied().ok_or_else(|| say(404, unknown))
}

/// `POST /sms/check`.
pub(crate) fn check(books: &Books, options: &SmsPoolOptions, params: &Params, now_ms: i64) -> Answer {
    let order = &books.orders[find(books, params, "We could not find this order!")?];
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
        OrderStatus::Refunded | OrderStatus::Expired => json!({
            "status": if order.completed_ms < Some(order.expires_ms) { CANCELLED } else { options.expired_status }, "message": "This order has been refunded", "resend": 0, "expiration": expiration,
            "time_left": time_left,
        }),
    })
}

/// `POST /sms/cancel`.
pub(crate) fn cancel(books: &mut Books, params: &Params, now_ms: i64) -> Answer {
    let index = find(books, params, "We could not find this order!")?;
    let order = &books.orders[index];
    match order.status {
        OrderStatus::Refunded | OrderStatus::Expired => Err(say(404, "We could not find this order!")),
        OrderStatus::Completed => Err(say(400, "Your order has already received a SMS and cannot be refunded.")),
        OrderStatus::Pending if now_ms < order.made_ms + millis(books.options.cancel_lock) => Err(cancel_locked()),
        OrderStatus::Pending => {
            let amount = money::show(order.cost_micros);
            books.refund(index, now_ms);
            let message = format!("The order has been cancelled, and you have been refunded {amount} dollars.");
            Ok(json!({ "success": 1, "message": message }))
        }
    }
}

/// `POST /sms/cancel_all`: every order that may be cancelled now.
pub(crate) fn cancel_all(books: &mut Books, now_ms: i64) -> Answer {
    let lock_ms = millis(books.options.cancel_lock);
    let open = |index: &usize| {
        let order = &books.orders[*index];
        order.status == OrderStatus::Pending && now_ms >= order.made_ms + lock_ms
    };
    let indexes: Vec<usize> = books.active.iter().copied().filter(open).collect();
    for index in &indexes {
        books.refund(*index, now_ms);
    }
    let codes: Vec<&str> = indexes.iter().map(|index| books.orders[*index].code.as_str()).collect();
    Ok(json!({ "success": 1, "message": "Your active orders have been refunded", "refunded_orders": codes }))
}

/// `POST /sms/check_resend`.
pub(crate) fn check_resend(books: &Books, options: &SmsPoolOptions, params: &Params, now_ms: i64) -> Answer {
    let order = &books.orders[find(books, params, "We could not find this order.")?];
    if order.status != OrderStatus::Completed {
        return Err(say(400, "This number cannot be resent at the moment, please try again later."));
    }
    let hours = (order.made_ms + 5 * 86_400_000 - now_ms).max(0) / 3_600_000;
    let charge: Value = serde_json::from_str(&options.resend_charge).unwrap_or(json!(0));
    Ok(json!({
        "success": 1, "message": "This phonenumber is available for resend!", "resends": 2, "resendCost": plain_number(&charge),
        "expires_in_hour": hours,
    }))
}

/// `POST /sms/resend`: a new order for the same number.
pub(crate) fn resend(books: &mut Books, options: &SmsPoolOptions, params: &Params, now_ms: i64) -> Answer {
    let index = find(books, params, "This order could not be found.")?;
    if books.orders[index].texts.is_empty() {
        return Err(say(400, "You can only re-send to a phonenumber that has received a SMS"));
    }
    let cost = money::read(&options.resend_charge).unwrap_or(0);
    if books.balance < cost {
        return Err(say(400, "You do not have enough balance to resend this number."));
    }
    books.charge(cost);
    let code = fresh_code(books);
    let order = Order {
        code: code.clone(),
        cost_micros: cost,
        made_ms: now_ms,
        expires_ms: now_ms + millis(books.options.order_life),
        status: OrderStatus::Pending,
        texts: Vec::new(),
        hidden_until_ms: now_ms,
        completed_ms: None,
        ..books.orders[index].clone()
    };
    books.active.remove(&index);
    books.add_order(order);
    let charge: Value = serde_json::from_str(&options.resend_charge).unwrap_or(json!(0));
    Ok(json!({
        "success": 1, "message": "Your number has been requested again!", "order_id": code, "charge": plain_number(&charge),
    }))
}

/// 0 rather than 0.0, as the supplier writes it.
fn plain_number(number: &Value) -> Value {
    if number.as_f64() == Some(0.0) { json!(0) } else { number.clone() }
}

/// `POST /sms/activate` and `/sms/reactivate`.
pub(crate) fn activate(books: &Books, params: &Params, message: &str) -> Answer {
    let order = &books.orders[find(books, params, "We could not find this order!")?];
    if order.pool != 7 {
        return Err(say(400, "You can only activate orders from pool: 7"));
    }
    Ok(json!({ "success": 1, "message": message }))
}
