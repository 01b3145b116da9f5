//! Lists: the account's orders, and the catalogue with prices and stock.

use serde_json::{Value, json};

use super::catalogue::{self, Country, Offer, POOLS, Service, countries, offers, pool_name, services};
use super::local_time;
use super::refusals::{about, missing, say};
use crate::options::SmsPoolOptions;
use crate::request::Params;
use crate::supplier::{Answer, Books, Order, OrderStatus, Problem, code_in, money};

/// `POST /request/active`: what waits, or has its code and has not expired.
pub(crate) fn active(books: &Books, options: &SmsPoolOptions, now_ms: i64) -> Answer {
    let orders = books.active.iter().rev().map(|index| &books.orders[*index]);
    let stays = |order: &&Order| options.completed_stays_active || order.status == OrderStatus::Pending;
    let visible = orders.filter(|order| order.hidden_until_ms <= now_ms).filter(stays);
    Ok(visible.map(|order| order_json(order, now_ms)).collect())
}

/// `POST /request/history`, newest first.
pub(crate) fn history(books: &Books, params: &Params, now_ms: i64) -> Answer {
    let number = |name: &str, otherwise: usize| {
        params.integer(name).and_then(|number| usize::try_from(number).ok()).unwrap_or(otherwise)
    };
    let search = params.word("search").map(|search| search.to_lowercase());
    let matches = |order: &&Order| search.as_deref().is_none_or(|search| is_found(order, search));
    let page = books.orders.iter().rev().filter(|order| order.hidden_until_ms <= now_ms).filter(matches);
    let page = page.skip(number("start", 0)).take(number("length", 100));
    let show = |order: &Order| {
        let mut shown = order_json(order, now_ms);
        shown["pool"] = json!(order.pool);
        shown["completed_on"] = json!(local_time(order.completed_ms.unwrap_or(order.made_ms)));
        shown
    };
    Ok(page.map(show).collect())
}

fn is_found(order: &Order, search: &str) -> bool {
    let country = short_name(order);
    let number = format!("{}{}", order.cc, order.national);
    number.contains(search.trim_start_matches('+'))
        || order.code.to_lowercase().contains(search)
        || order.service_name.to_lowercase().contains(search)
        || country.to_lowercase() == search
}

fn short_name(order: &Order) -> &'static str {
    catalogue::country(&order.country.to_string()).map_or("", |country| country.short_name)
}

fn order_json(order: &Order, now_ms: i64) -> Value {
    let full = order.texts.last().map_or("", String::as_str);
    let (status, code) = match order.status {
        OrderStatus::Pending => ("pending", "0".to_owned()),
        OrderStatus::Completed => ("completed", code_in(full)),
        OrderStatus::Refunded | OrderStatus::Expired => ("refunded", "0".to_owned()),
    };
    json!({
        "timestamp": local_time(order.made_ms),
        "cost": money::show(order.cost_micros),
        "order_code": order.code,
        "phonenumber": format!("{}{}", order.cc, order.national),
        "code": code,
        "full_code": full,
        "short_name": short_name(order),
        "service": order.service_name,
        "status": status,
        "expiry": order.expires_ms / 1000,
        "time_left": ((order.expires_ms - now_ms) / 1000).max(0),
    })
}

/// `/country/retrieve_all`.
pub(crate) fn country_list() -> Value {
    let show = |country: &Country| json!({ "ID": country.id, "name": country.name, "short_name": country.short_name, "region": country.region });
    countries().iter().map(show).collect()
}

/// `/service/retrieve_all`; with a country, what is sold there.
pub(crate) fn service_list(books: &Books, params: &Params) -> Answer {
    let country = optional_country(params)?;
    let sold = |service: &&Service| country.is_none_or(|country| !offers(books, country.id, service.id).is_empty());
    let show = |service: &Service| json!({ "ID": service.id, "name": service.name, "favourite": 0 });
    Ok(services().iter().filter(sold).map(show).collect())
}

/// `/pool/retrieve_all`.
pub(crate) fn pool_list() -> Value {
    POOLS.iter().map(|(id, name)| json!({ "ID": id, "name": name })).collect()
}

/// `/pool/retrieve_valid`.
pub(crate) fn valid_pools(books: &Books, params: &Params) -> Answer {
    let (country, service) = place(params)?;
    let show = |offer: &Offer| {
        let mut shown = json!({
            "pool": offer.pool, "name": pool_name(offer.pool), "custom_area": 0, "price": money::show(offer.price),
        });
        if params.flag("include_stock") {
            shown["stock"] = json!(offer.stock);
        }
        shown
    };
    Ok(offers(books, country.id, service.id).iter().map(show).collect())
}

/// `/request/price`.
pub(crate) fn price(books: &Books, params: &Params) -> Answer {
    let (country, service) = place(params)?;
    let offers = filtered(books, params, country.id, service.id)?;
    let (Some(low), Some(high)) = (offers.first(), offers.last()) else {
        return Err(say(200, "We could not find a price for this service and country."));
    };
    Ok(json!({
        "price": money::show(low.price), "high_price": money::show(high.price), "pool": low.pool,
        "success_rate": low.success_rate,
    }))
}

/// `/request/pricing`: every offer under the filters; without any it is as huge as the real one.
pub(crate) fn pricing(books: &Books, params: &Params) -> Answer {
    let most = params.word("max_price").and_then(|price| money::read(&price));
    every_offer(books, params, |country, service, offer| {
        let row = || {
            json!({
                "country": country.id, "country_name": country.name, "short_name": country.short_name,
                "service": service.id, "service_name": service.name, "pool": offer.pool,
                "price": money::show(offer.price),
            })
        };
        most.is_none_or(|most| offer.price <= most).then(row)
    })
}

/// `/sms/all_stock`.
pub(crate) fn all_stock(books: &Books, params: &Params) -> Answer {
    every_offer(books, params, |country, service, offer| {
        Some(json!({ "country": country.id, "service": service.id, "pool": offer.pool, "stock": offer.stock }))
    })
}

fn every_offer(books: &Books, params: &Params, row: impl Fn(&Country, &Service, &Offer) -> Option<Value>) -> Answer {
    let (only_country, only_service) = (optional_country(params)?, optional_service(params)?);
    let mut rows = Vec::new();
    for country in countries() {
        if only_country.is_some_and(|only| only.id != country.id) {
            continue;
        }
        for service in services() {
            if only_service.is_some_and(|only| only.id != service.id) {
                continue;
            }
            let offers = filtered(books, params, country.id, service.id)?;
            rows.extend(offers.iter().filter_map(|offer| row(country, service, offer)));
        }
    }
    Ok(Value::Array(rows))
}

/// `/request/success_rate`: one service in all countries.
pub(crate) fn success_rate(books: &Books, params: &Params) -> Answer {
    let service = required_service(params)?;
    let only = optional_country(params)?;
    let row = |country: &Country| {
        let offers = offers(books, country.id, service.id);
        let (low, high) = (offers.first()?, offers.last()?);
        Some(json!({
            "country": country.id, "country_id": country.id, "name": country.name, "short_name": country.short_name,
            "success_rate": low.success_rate.to_string(), "price": money::show(high.price), "low_price": money::show(low.price),
        }))
    };
    Ok(countries().iter().filter(|one| only.is_none_or(|only| only.id == one.id)).filter_map(row).collect())
}

/// `/request/suggested_countries`.
pub(crate) fn suggested(books: &Books, params: &Params) -> Answer {
    let service = required_service(params)?;
    let row = |country: &Country| {
        let offer = *offers(books, country.id, service.id).first()?;
        Some(json!({
            "pool": offer.pool, "country_id": country.id, "name": country.name, "short_name": country.short_name,
            "price": money::show(offer.price),
        }))
    };
    Ok(countries().iter().filter_map(row).take(20).collect())
}

/// `/sms/stock`.
pub(crate) fn stock(books: &Books, params: &Params) -> Answer {
    let (country, service) = place(params)?;
    let offers = filtered(books, params, country.id, service.id)?;
    let amount: u32 = offers.iter().map(|offer| offer.stock).sum();
    let mut answer = json!({ "success": 1, "amount": amount });
    if let Some(cheapest) = offers.first().filter(|_| params.flag("include_price")) {
        answer["price"] = json!(money::show(cheapest.price));
    }
    Ok(answer)
}

fn filtered(books: &Books, params: &Params, country: u32, service: u32) -> Result<Vec<Offer>, Problem> {
    let mut offers = offers(books, country, service);
    if let Some(pool) = params.word("pool") {
        let (pool, _) = catalogue::pool(&pool).ok_or_else(|| about(400, "Invalid pool", "pool"))?;
        offers.retain(|offer| pool == 0 || offer.pool == pool);
    }
    Ok(offers)
}

/// The country and the service that a request must name.
pub(crate) fn place(params: &Params) -> Result<(&'static Country, &'static Service), Problem> {
    let country = optional_country(params)?.ok_or_else(|| missing("country"))?;
    Ok((country, required_service(params)?))
}

fn required_service(params: &Params) -> Result<&'static Service, Problem> {
    optional_service(params)?.ok_or_else(|| missing("service"))
}

fn optional_service(params: &Params) -> Result<Option<&'static Service>, Problem> {
    let invalid = || about(400, "Invalid service", "service");
    params.word("service").map(|service| catalogue::service(&service).ok_or_else(invalid)).transpose()
}

fn optional_country(params: &Params) -> Result<Option<&'static Country>, Problem> {
    let invalid = || about(400, "Invalid country", "country");
    params.word("country").map(|country| catalogue::country(&country).ok_or_else(invalid)).transpose()
}
