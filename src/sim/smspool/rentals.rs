//! Rentals: the supplier's documented family, and the two other paths that lead to the same numbers.

use serde_json::{Map, Value, json};

use super::catalogue::{self, Country, countries};
use super::refusals::{missing, say};
use super::{fresh_code, local_time};
use crate::request::Params;
use crate::supplier::{Answer, Books, DAY_MS, Problem, Rental, below, mix, money};

const NO_RENTAL: &str = "No rental was found!";
const NOT_THIS: &str = "This rental could not be found.";

/// A line that can be rented.
#[derive(Clone, Debug)]
struct Product {
    id: u32,
    country: &'static Country,
    pricing: Vec<(u32, i64)>,
    single_service: Option<Vec<(u32, i64)>>,
    extendable: bool,
    refund_min_days: u32,
    pool: u32,
}

/// Two products per country (extendable and one-time) for the first sixty countries.
fn products(seed: u64) -> Vec<Product> {
    let lines = countries().iter().take(60).enumerate();
    lines
        .flat_map(|(index, country)| [true, false].map(|extendable| product(seed, index, country, extendable)))
        .collect()
}

fn product(seed: u64, index: usize, country: &'static Country, extendable: bool) -> Product {
    let id = u32::try_from(index * 2).unwrap_or(0) + if extendable { 1 } else { 2 };
    let random = mix(seed, 0xABCD_0000 | u64::from(id));
    let month = i64::from(800 + below(random, 1_700)) * money::CENT;
    // The United States and every third country are rented by the month only.
    let only_month = country.id == 1 || index.is_multiple_of(3);
    let pricing = match only_month {
        true => vec![(30, month)],
        false => vec![(1, month / 12), (3, month / 6), (7, month / 3), (30, month)]
            .into_iter()
            .map(|(days, price)| (days, price / money::CENT * money::CENT))
            .collect(),
    };
    let single_service = index.is_multiple_of(2).then(|| vec![(30, month / 2 / money::CENT * money::CENT)]);
    let pool = if extendable { 7 } else { 11 };
    Product { id, country, pricing, single_service, extendable, refund_min_days: if only_month { 28 } else { 0 }, pool }
}

fn find_product(books: &Books, id: Option<i64>) -> Option<Product> {
    let id = u32::try_from(id?).ok()?;
    products(books.options.seed).into_iter().find(|product| product.id == id)
}

fn price_map(pricing: &[(u32, i64)]) -> Value {
    // Whole dollars are integers in the real lists, others have decimals.
    let number = |price: i64| match price % 1_000_000 {
        0 => json!(price / 1_000_000),
        _ => serde_json::from_str(&money::show(price)).unwrap_or(Value::Null),
    };
    Value::Object(pricing.iter().map(|(days, price)| (days.to_string(), number(*price))).collect::<Map<_, _>>())
}

fn product_json(product: &Product) -> Value {
    let single = product.single_service.as_ref().map(|pricing| price_map(pricing).to_string());
    json!({
        "ID": product.id, "name": product.country.name, "tag": product.country.name, "region": product.country.region,
        "pricing": price_map(&product.pricing), "priority": 10, "pool": product.pool, "single_service": single,
        "single_service_extend": single, "is_refundable": 1, "refund_within": 2, "refund_min_days": product.refund_min_days,
    })
}

/// `/rental/retrieve_all`.
pub(crate) fn list(books: &Books, params: &Params) -> Answer {
    let extendable = params.integer("type") != Some(0);
    let wanted = products(books.options.seed).into_iter().filter(|product| product.extendable == extendable);
    let data: Vec<Value> = wanted.map(|product| product_json(&product)).collect();
    if data.is_empty() {
        return Err(say(404, "No available rentals found for your search."));
    }
    Ok(json!({ "success": 1, "data": data }))
}

/// `/rental/retrieve_services`.
pub(crate) fn services(books: &Books, params: &Params) -> Answer {
    let product = find_product(books, params.integer("rental")).ok_or_else(|| say(404, NOT_THIS))?;
    let show =
        |service: &catalogue::Service| json!({ "ID": service.id, "name": service.name.trim(), "pool": product.pool });
    Ok(catalogue::services().iter().filter(|service| service.id % 7 == 0 || service.id == 1012).map(show).collect())
}

/// `/rental/retrieve_pricing`.
pub(crate) fn pricing(books: &Books, params: &Params) -> Answer {
    let product = find_product(books, params.integer("id")).ok_or_else(invalid_product)?;
    let pricing = price_map(chosen_pricing(&product, params));
    Ok(json!({ "pricing": pricing, "extend": pricing }))
}

/// `/rental/service_price`.
pub(crate) fn service_price(books: &Books, params: &Params) -> Answer {
    let product = find_product(books, params.integer("id")).ok_or_else(invalid_product)?;
    Ok(json!({ "success": 1, "pricing": price_map(chosen_pricing(&product, params)) }))
}

fn chosen_pricing<'product>(product: &'product Product, params: &Params) -> &'product [(u32, i64)] {
    let service = params.word("service_id").or_else(|| params.word("service"));
    match (&product.single_service, service) {
        (Some(single), Some(_)) => single,
        (Some(_), None) | (None, _) => &product.pricing,
    }
}

fn invalid_product() -> Problem {
    say(400, "Invalid rental ID, please enter a valid rental ID from /rental/retrieve_all endpoint")
}

/// `/rental/stock`.
pub(crate) fn stock(books: &Books, params: &Params) -> Answer {
    let product = find_product(books, params.integer("id")).ok_or_else(invalid_product)?;
    Ok(json!({ "success": 1, "count": books.shelf.lines(product.id).unwrap_or(5) }))
}

/// `/purchase/rental`.
pub(crate) fn purchase(books: &mut Books, params: &Params, now_ms: i64) -> Answer {
    let id = params.integer("id").ok_or_else(|| missing("id"))?;
    let product = find_product(books, Some(id)).ok_or_else(invalid_product)?;
    let days = params.integer("days").ok_or_else(|| missing("days"))?;
    let service = params.word("service_id").and_then(|service| catalogue::service(&service)).map(|service| service.id);
    let pricing = chosen_pricing(&product, params).to_vec();
    rent(books, &product, &pricing, days, service, now_ms)
}

/// `/purchase/rent` with country, service and duration.
pub(crate) fn purchase_by_country(books: &mut Books, params: &Params, now_ms: i64) -> Answer {
    let (product, days, service) = by_country(books, params)?;
    let pricing = product.pricing.clone();
    rent(books, &product, &pricing, days, Some(service), now_ms)
}

/// `/request/rent_price` with service, country and duration.
pub(crate) fn price_by_country(books: &Books, params: &Params) -> Answer {
    let (product, days, _) = by_country(books, params)?;
    let price = product.pricing.iter().find(|(offered, _)| i64::from(*offered) == days);
    let (_, price) = price.ok_or_else(|| wrong_days(&product.pricing))?;
    Ok(json!({ "price": money::show(*price) }))
}

fn by_country(books: &Books, params: &Params) -> Result<(Product, i64, u32), Problem> {
    let (country, service) = super::lists::place(params)?;
    let days = params.integer("duration").ok_or_else(|| missing("duration"))?;
    let lines = products(books.options.seed).into_iter();
    let line = lines.into_iter().find(|product| product.country.id == country.id && product.extendable);
    let line = line.ok_or_else(|| say(404, "No available rentals found for your search."))?;
    Ok((line, days, service.id))
}

fn wrong_days(pricing: &[(u32, i64)]) -> Problem {
    let days: Vec<String> = pricing.iter().map(|(days, _)| days.to_string()).collect();
    let text = "You selected a invalid amount of days! The following days are available:";
    say(400, format!("{text} {}", days.join(", ")))
}

fn rent(
    books: &mut Books,
    product: &Product,
    pricing: &[(u32, i64)],
    days: i64,
    service: Option<u32>,
    now_ms: i64,
) -> Answer {
    let offered = pricing.iter().find(|(offered, _)| i64::from(*offered) == days);
    let (days, price) = *offered.ok_or_else(|| wrong_days(pricing))?;
    if books.shelf.lines(product.id) == Some(0) {
        return Err(say(400, "This rental is currently out of stock!"));
    }
    if books.balance < price {
        let lacking = money::show(price - books.balance);
        return Err(say(
            400,
            format!(
                "You do not have enough balance, please top up your account with {lacking} dollars in order to purchase this rental."
            ),
        ));
    }
    books.charge(price);
    books.shelf.take_line(product.id);
    let number = format!("{}{:09}", product.country.dial_code, below(books.random(), 1_000_000_000));
    let rental = Rental::new(fresh_code(books), product.id, number, days, now_ms);
    let rental = Rental { service, cost_micros: price, ..rental };
    let answer = json!({
        "success": 1,
        "message": "Your rental has been ordered, it will take upto 24 hours to activate this rental.",
        "phonenumber": rental.number, "days": days, "rental_code": rental.code, "expiry": rental.expires_ms / 1000,
    });
    books.rentals.push(rental);
    Ok(answer)
}

fn find(books: &Books, params: &Params, unknown: &str) -> Result<usize, Problem> {
    let code = params.word("rental_code").ok_or_else(|| missing("rental_code"))?;
    let index = books.rentals.iter().rposition(|rental| rental.code == code);
    index.filter(|index| !books.rentals[*index].refunded).ok_or_else(|| say(404, unknown))
}

/// `/rental/retrieve_messages`.
pub(crate) fn messages(books: &Books, params: &Params) -> Answer {
    let rental = &books.rentals[find(books, params, NO_RENTAL)?];
    let texts = rental.texts.iter().enumerate().map(|(index, (sender, text, at_ms))| {
        json!({ "ID": index + 1, "message": text, "sender": sender, "timestamp": local_time(*at_ms) })
    });
    Ok(json!({ "success": 1, "messages": texts.collect::<Vec<_>>(), "source": 7 }))
}

/// `/rental/retrieve_status`.
pub(crate) fn status(books: &Books, params: &Params, now_ms: i64) -> Answer {
    let rental = &books.rentals[find(books, params, NO_RENTAL)?];
    let status = json!({
        "available": i32::from(now_ms < rental.expires_ms), "phonenumber": rental.number,
        "activeFor": ((rental.expires_ms - now_ms) / 1000).max(0), "expiry": rental.expires_ms / 1000,
        "auto_extend": i32::from(rental.auto_extend),
    });
    Ok(json!({ "success": 1, "status": status }))
}

/// `/rental/retrieve`: those that run; `/rental/retrieve_history`: all that were not given back.
pub(crate) fn own(books: &Books, now_ms: Option<i64>) -> Value {
    let shown = books.rentals.iter().filter(|rental| !rental.refunded);
    let running = shown.filter(|rental| now_ms.is_none_or(|now_ms| now_ms < rental.expires_ms));
    let show = |rental: &Rental| {
        let product = find_product(books, Some(i64::from(rental.product)));
        json!({
            "rental_code": rental.code, "rental": rental.product, "phonenumber": rental.number,
            "country_name": product.as_ref().map_or("", |product| product.country.short_name),
            "expiration_date": rental.expires_ms / 1000, "source": product.as_ref().map_or(7, |product| product.pool),
            "state": "Unknown", "type": product.map_or(1, |product| i32::from(product.extendable)),
        })
    };
    running.map(show).collect()
}

/// `/rental/info`.
pub(crate) fn info(books: &Books, params: &Params) -> Answer {
    let rental = &books.rentals[find(books, params, NO_RENTAL)?];
    let product = find_product(books, Some(i64::from(rental.product)));
    let service = rental.service.and_then(|service| catalogue::service(&service.to_string()));
    Ok(json!({
        "rental_code": rental.code, "rental": rental.product, "service": rental.service,
        "service_name": service.map(|service| service.name.trim()), "price": money::show(rental.cost_micros),
        "country_name": product.as_ref().map_or("", |product| product.country.short_name), "phonenumber": rental.number,
        "expiration_date": rental.expires_ms / 1000, "auto_extend": i32::from(rental.auto_extend), "refund": 0,
        "source": product.as_ref().map_or(7, |product| product.pool),
        "type": product.map_or(1, |product| i32::from(product.extendable)),
    }))
}

/// `/rental/refund`: within two hours, long enough, and before the first message.
pub(crate) fn refund(books: &mut Books, params: &Params, now_ms: i64) -> Answer {
    let index = find(books, params, NOT_THIS)?;
    let rental = &books.rentals[index];
    let least = find_product(books, Some(i64::from(rental.product))).map_or(0, |product| product.refund_min_days);
    if !rental.texts.is_empty() || now_ms - rental.made_ms > 2 * 3_600_000 || rental.days < least {
        return Err(say(400, "This rental cannot be refunded."));
    }
    let cost = rental.cost_micros;
    books.rentals[index].refunded = true;
    books.give_back(cost);
    Ok(json!({ "success": 1, "message": "Your rental has been refunded!" }))
}

/// `/rental/extend`.
pub(crate) fn extend(books: &mut Books, params: &Params) -> Answer {
    let index = find(books, params, NOT_THIS)?;
    let days = params.integer("days").ok_or_else(|| missing("days"))?;
    let product = find_product(books, Some(i64::from(books.rentals[index].product))).ok_or_else(invalid_product)?;
    let pricing = match (&product.single_service, books.rentals[index].service) {
        (Some(single), Some(_)) => single,
        (Some(_), None) | (None, _) => &product.pricing,
    };
    let offered = pricing.iter().find(|(offered, _)| i64::from(*offered) == days);
    let (days, price) = *offered.ok_or_else(|| wrong_days(pricing))?;
    if !product.extendable {
        return Err(say(400, "This rental cannot be extended."));
    }
    if books.balance < price {
        return Err(say(400, "You do not have enough balance to extend this rental."));
    }
    books.charge(price);
    let rental = &mut books.rentals[index];
    rental.expires_ms += i64::from(days) * DAY_MS;
    rental.cost_micros += price;
    Ok(json!({
        "success": 1, "message": "Your rental has been succesfully extended!", "expiration_date": rental.expires_ms / 1000,
    }))
}

/// `/rental/auto_extend`.
pub(crate) fn auto_extend(books: &mut Books, params: &Params) -> Answer {
    let index = find(books, params, NOT_THIS)?;
    let rental = &mut books.rentals[index];
    rental.auto_extend = !rental.auto_extend;
    Ok(json!({
        "success": 1, "message": "Your auto extension status has been updated.", "auto_extend": i32::from(rental.auto_extend),
    }))
}

/// `/rental/reset`.
pub(crate) fn reset(books: &Books, params: &Params) -> Answer {
    find(books, params, NO_RENTAL)?;
    Err(say(400, "You cannot reset the port for this type of rental."))
}

/// `/rental/history`.
pub(crate) fn history(books: &Books) -> Value {
    let show = |(index, rental): (usize, &Rental)| {
        json!({
            "ID": index + 1, "rental": rental.code, "action": "activate", "cost": money::show(rental.cost_micros),
            "timestamp": local_time(rental.made_ms),
        })
    };
    books.rentals.iter().enumerate().map(show).collect()
}
