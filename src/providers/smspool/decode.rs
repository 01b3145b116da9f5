//! From the supplier's answers about temporary numbers to the shop's types. What cannot be read safely is left out of a
//! list, or makes the whole answer unusable where leaving it out could cost money.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use shop::ids::Phone;
use shop::money::MICROS_PER_CENT;
use shop::pool::{
    Check, Completeness, Listed, ListedOrder, Message, PoolCountry, PoolOffer, PoolService, Purchased, Resent,
};
use shop::{CountryId, Money, ServiceId, SupplierOrderId, UnixSeconds};

use crate::code::extract_code;
use crate::decode::{Decoded, SMS_CHARACTERS, cut, message, name, object, order_id, price, timestamp};
use crate::json::{Json, Object};

/// An order lives so long unless the answer says otherwise (smspool.md 2, order life).
const LIFE_DEFAULT_S: i64 = 1200;
const LIFE_MIN_S: i64 = 60;
const LIFE_MAX_S: i64 = 72 * 3600;
const KEY_CHARACTERS: usize = 80;

/// `/request/balance`.
pub(super) fn balance(json: &Json<'_>) -> Decoded<Money> {
    object(json)?.money("balance").ok_or("no readable balance")
}

/// `/country/retrieve_all`. Rows without an ISO code (the form of 2022) cannot be shown and are left out.
pub(super) fn countries(json: &Json<'_>) -> Decoded<Vec<PoolCountry>> {
    let country = |row: &Object<'_>| {
        let iso2 = iso2(&row.text("short_name")?)?;
        Some(PoolCountry { id: CountryId(row.id("ID")?), name: name(&row.text("name")?)?, iso2 })
    };
    distinct(json, |row| country(row).map(|country| (country.id, country)))
}

/// `/service/retrieve_all`. Names come with trailing blanks and line breaks (smspool.md 4).
pub(super) fn services(json: &Json<'_>) -> Decoded<Vec<PoolService>> {
    let service =
        |row: &Object<'_>| Some(PoolService { id: ServiceId(row.id("ID")?), name: name(&row.text("name")?)? });
    distinct(json, |row| service(row).map(|service| (service.id, service)))
}

/// `/request/pricing` of one country: the cheapest offer of each service. Offers without a readable price above zero, or
/// of another country than the one asked for, are not for sale.
pub(super) fn offers(json: &Json<'_>, country: CountryId) -> Decoded<Vec<PoolOffer>> {
    let rows = json.rows("data").ok_or("no list")?;
    let mut cheapest: BTreeMap<ServiceId, PoolOffer> = BTreeMap::new();
    for row in rows.iter().copied().filter_map(Object::of) {
        let here = row.raw("country").is_none() || row.id("country") == Some(country.0);
        let Some(offer) = offer(&row).filter(|_| here) else {
            continue;
        };
        let known = cheapest.get(&offer.service);
        if known.is_none_or(|known| offer.cost < known.cost) {
            cheapest.insert(offer.service, offer);
        }
    }
    if cheapest.is_empty() && !rows.is_empty() {
        return Err("no offer has a readable price");
    }
    Ok(cheapest.into_values().collect())
}

fn offer(row: &Object<'_>) -> Option<PoolOffer> {
    let service = ServiceId(row.id("service")?);
    Some(PoolOffer { service, cost: price(row)?, pool: row.id("pool") })
}

/// `/request/price`; `price` present is the test of success (smspool.md 4).
pub(super) fn cost(json: &Json<'_>, service: ServiceId) -> Decoded<PoolOffer> {
    let object = object(json)?;
    let cost = price(object).ok_or("no readable price")?;
    Ok(PoolOffer { service, cost, pool: object.id("pool") })
}

/// `/purchase/sms`. Without a usable id and number nothing is said to be bought: the caller must reconcile.
pub(super) fn purchased(json: &Json<'_>, now: UnixSeconds) -> Decoded<Purchased> {
    let object = object(json)?;
    let id = order_id(object, &["order_id", "orderid"]).ok_or("no usable order id")?;
    let phone = full_number(object).ok_or("no usable number")?;
    let expires_at = now + life_s(object, now);
    Ok(Purchased { id, phone, cost: charged(object), expires_at, pool: object.id("pool") })
}

/// `number` has the calling code, without plus; else `cc` and `phonenumber` are put together (smspool.md 5).
fn full_number(object: &Object<'_>) -> Option<Phone> {
    object.phone("number").or_else(|| {
        let (cc, national) = (object.text("cc")?, object.text("phonenumber")?);
        let national = Phone::parse(&format!("{}{}", cc.trim(), national.trim()));
        national.filter(|_| !cc.trim().is_empty())
    })
}

/// `cost` against `cost_in_cents`: if they differ by more than a cent, the larger one (purchase-protocol 1).
pub(super) fn charged(object: &Object<'_>) -> Option<Money> {
    let by_cents = object.money("cost_in_cents").map(|cents| {
        let micros = cents.micros().saturating_add(99) / 100;
        Money::from_micros(micros)
    });
    match (object.money("cost"), by_cents) {
        (Some(cost), Some(cents)) if (cost.micros() - cents.micros()).abs() > MICROS_PER_CENT => {
            tracing::warn!(%cost, %cents, "the supplier's cost and cost_in_cents disagree");
            Some(cost.max(cents))
        }
        (Some(cost), _) => Some(cost),
        (None, cents) => cents,
    }
}

/// Seconds left of a new order: `expires_in`, else `expiration`, else the documented default; 60 s to 72 h.
fn life_s(object: &Object<'_>, now: UnixSeconds) -> i64 {
    let plausible = |life: &i64| (LIFE_MIN_S..=LIFE_MAX_S).contains(life);
    let said = object.integer("expires_in");
    let until = timestamp(object, "expiration").map(|at| at.saturating_sub(now));
    let near = said.filter(|life| *life > 0).map(|life| life.clamp(LIFE_MIN_S, LIFE_MAX_S));
    said.filter(plausible).or(until.filter(plausible)).or(near).unwrap_or(LIFE_DEFAULT_S)
}

/// `/sms/check`.
pub(super) fn check(json: &Json<'_>) -> Decoded<Check> {
    let object = object(json)?;
    let status = object.text("status").ok_or("no status")?;
    match status_of(&status) {
        Status::Pending | Status::Unknown => Ok(Check::Pending),
        Status::Refunded => Ok(Check::Refunded),
        Status::Ended => Ok(Check::Ended),
        Status::Completed => {
            message(object, "sms", "full_sms").map(Check::Received).ok_or("completed without a message")
        }
    }
}

enum Status {
    Pending,
    /// A word that nobody documents.
    Unknown,
    Completed,
    Refunded,
    Ended,
}

/// The official table (smspool.md 3): 2 is expired and 3 completed, not the other way round. The lists use words, two
/// spellings of "completed" among them. 1, 4, 7, 8 mean: keep asking.
fn status_of(text: &str) -> Status {
    match text.trim().to_ascii_lowercase().as_str() {
        "3" | "completed" | "complete" => Status::Completed,
        "6" | "refunded" => Status::Refunded,
        "2" | "5" | "expired" | "cancelled" | "canceled" => Status::Ended,
        "1" | "4" | "7" | "8" | "pending" | "resend" | "processing" | "activating" => Status::Pending,
        _ => Status::Unknown,
    }
}

/// A message of a rental: text only, with the supplier's id of it.
pub(super) fn rental_message(row: &Object<'_>) -> Option<Message> {
    let text = cut(&row.text("message")?, SMS_CHARACTERS);
    let key = row.text("ID").or_else(|| row.text("id")).unwrap_or_default();
    Some(Message { code: extract_code(&text), text, key: cut(&key, KEY_CHARACTERS) })
}

/// `/sms/check_resend`.
pub(super) fn resend_cost(json: &Json<'_>) -> Decoded<Money> {
    let object = object(json)?;
    let allowed = object.flag("success") == Some(true);
    object.money("resendCost").filter(|_| allowed).ok_or("no readable cost")
}

/// `/sms/resend`. A new id may come back; without one the old order goes on (the form of 2022).
pub(super) fn resent(json: &Json<'_>, old: &SupplierOrderId) -> Decoded<Resent> {
    let object = object(json)?;
    if object.flag("success") != Some(true) {
        return Err("neither success nor refusal");
    }
    let id = match object.text("order_id").filter(|text| !text.is_empty()) {
        Some(text) => SupplierOrderId::parse(&text).ok_or("no usable order id")?,
        None => old.clone(),
    };
    let charge = match object.raw("charge") {
        Some(_) => object.money("charge").ok_or("no readable charge")?,
        None => Money::ZERO,
    };
    Ok(Resent { id, charge })
}

/// `/sms/cancel`, `/rental/refund`: only a clear yes is a yes.
pub(super) fn accepted(json: &Json<'_>) -> Decoded<()> {
    let accepted = object(json)?.flag("success") == Some(true);
    accepted.then_some(()).ok_or("neither success nor refusal")
}

/// `/request/active` and `/request/history`. One row without a usable id hides no other, but the list is not whole then:
/// reconciling would take a bought number for one that was never bought.
pub(super) fn orders(json: &Json<'_>, now: UnixSeconds) -> Decoded<Listed<ListedOrder>> {
    readable(&json.rows("data").ok_or("no list")?, |row| listed(row, now))
}

/// The readable rows of a list of orders; an error where there are rows and none is readable.
pub(super) fn readable<T>(rows: &[&RawValue], read: impl Fn(&RawValue) -> Option<T>) -> Decoded<Listed<T>> {
    let read: Vec<T> = rows.iter().filter_map(|row| read(row)).collect();
    if read.is_empty() && !rows.is_empty() {
        return Err("no row is readable");
    }
    let completeness = if read.len() == rows.len() { Completeness::Whole } else { Completeness::Partial };
    Ok(Listed { rows: read, completeness })
}

fn listed(row: &RawValue, now: UnixSeconds) -> Option<ListedOrder> {
    let row = Object::of(row)?;
    let id = order_id(&row, &["order_code", "order_id", "orderid"])?;
    let expiry = timestamp(&row, "expiry").or_else(|| timestamp(&row, "expiration"));
    let left = row.integer("time_left").filter(|left| (0..=LIFE_MAX_S).contains(left));
    let expires_at = expiry.or(left.map(|left| now + left));
    Some(ListedOrder {
        id,
        phone: row.phone("phonenumber").or_else(|| row.phone("number")),
        iso2: row.text("short_name").and_then(|text| iso2(&text)).unwrap_or_default(),
        service_name: row.text("service").and_then(|text| name(&text)).unwrap_or_default(),
        cost: row.money("cost"),
        expires_at: expires_at.unwrap_or(now + LIFE_DEFAULT_S),
        bought_at: expires_at.and_then(|at| bought_at(at, now)),
        check: listed_check(&row),
    })
}

/// Expiry less the default life: the list does not tell an order's life, and its `timestamp` is local time of an unknown
/// zone (smspool.md 2). `None` where that would lie in the future: then the life is longer.
fn bought_at(expires_at: UnixSeconds, now: UnixSeconds) -> Option<UnixSeconds> {
    Some(expires_at - LIFE_DEFAULT_S).filter(|at| *at <= now + LIFE_MIN_S)
}

/// A row with a code under an unknown word has received it (where it waits for another code, the code is an old one); one
/// that says completed and shows no message is to be asked about alone.
fn listed_check(row: &Object<'_>) -> Check {
    match row.text("status").map_or(Status::Unknown, |text| status_of(&text)) {
        Status::Refunded => Check::Refunded,
        Status::Ended => Check::Ended,
        Status::Pending => Check::Pending,
        Status::Unknown => {
            let message = message(row, "code", "full_code").filter(|message| message.code.is_some());
            message.map_or(Check::Pending, Check::Received)
        }
        Status::Completed => message(row, "code", "full_code").map_or(Check::Unread, Check::Received),
    }
}

/// The readable rows of a list, the first of each id; an error where there are rows and none is readable.
fn distinct<K: Ord, V>(json: &Json<'_>, read: impl Fn(&Object<'_>) -> Option<(K, V)>) -> Decoded<Vec<V>> {
    let rows = json.rows("data").ok_or("no list")?;
    let mut seen = std::collections::BTreeSet::new();
    let readable = rows.iter().copied().filter_map(Object::of).filter_map(|row| read(&row));
    let mut kept = Vec::new();
    for (key, value) in readable {
        if seen.insert(key) {
            kept.push(value);
        }
    }
    if kept.is_empty() && !rows.is_empty() { Err("no row is readable") } else { Ok(kept) }
}

fn iso2(text: &str) -> Option<String> {
    let text = text.trim();
    let letters = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    letters.then(|| text.to_ascii_uppercase())
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
