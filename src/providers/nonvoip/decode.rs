//! From the supplier's answers to the shop's types. Fields are looked for in the rows of `message` and beside it: where
//! they stand differs between sources (nonvoip.md 2).

use jiff::civil::DateTime;
use jiff::tz::Offset;
use serde_json::value::RawValue;
use shop::ids::Phone;
use shop::pool::{Check, Message, Resent};
use shop::{Days, Money, SupplierOrderId, UnixSeconds};

use super::catalogue::{Ask, Kind, Product, Stock};
use super::envelope::{objects, rows, text, verdict};
use super::words::Words;
use crate::decode::{Decoded, message, name, object, order_id, price, timestamp};
use crate::endpoint::Subject;
use crate::failure::Verdict;
use crate::json::{Json, Object, scalar};

const DAY_S: i64 = 86_400;
/// Larger numbers are Unix time, smaller ones seconds from now.
const SPAN_MAX_S: i64 = 400 * DAY_S;
/// A temporary order lives so long unless the answer says otherwise (nonvoip.md 2, known texts).
const LIFE_DEFAULT_S: i64 = 15 * 60;
const LIFE_MIN_S: i64 = 60;
const LIFE_MAX_S: i64 = 72 * 3600;
/// The end of a rental may be off by so much.
const EXPIRY_SLACK_S: i64 = 2 * DAY_S;
/// A woken number is awake so long unless the answer says otherwise.
const AWAKE_DEFAULT_S: i64 = 10 * 60;
const AWAKE_MAX_S: i64 = DAY_S;

/// `/balance`: beside `status`, or in a list of one.
pub(super) fn balance(json: &Json<'_>) -> Decoded<Money> {
    let beside = objects(json).iter().find_map(|object| object.money("balance"));
    let listed = || Money::parse(&scalar(json.object()?.rows("balance")?.first()?)?).ok();
    beside.or_else(listed).ok_or("no readable balance")
}

/// The readable rows of a list of products, and how many are not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listing {
    pub(super) products: Vec<Product>,
    pub(super) left_out: usize,
}

/// `/products`, asked for under a word.
pub(super) fn products(json: &Json<'_>, ask: Ask) -> Decoded<Listing> {
    let rows = rows(json).ok_or("no list")?;
    let products: Vec<Product> = rows.iter().filter_map(|row| product(row, ask)).collect();
    let left_out = rows.len() - products.len();
    Ok(Listing { products, left_out })
}

fn product(row: &RawValue, ask: Ask) -> Option<Product> {
    let row = Object::of(row)?;
    let id = row.id("product_id").or_else(|| row.id("id")).filter(|id| *id > 0)?;
    let said = row.text("type").filter(|text| !text.trim().is_empty());
    let kind = said.map_or_else(|| ask.kind(), |text| Kind::read(&text))?;
    Some(Product { id, name: name(&row.text("name")?)?, kind, cost: price(&row), stock: stock(&row) })
}

/// Only what says "none" is out of stock: the field comes as number, text or flag, or not at all.
fn stock(row: &Object<'_>) -> Stock {
    let text = row.text("available").unwrap_or_default();
    let text = text.trim().to_ascii_lowercase();
    let none = text == "false" || text == "no" || text.parse::<i64>().is_ok_and(|count| count <= 0);
    if none { Stock::None } else { Stock::Some }
}

/// A product that was ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ordered {
    pub(super) id: SupplierOrderId,
    /// `None`: sold, and not allocated yet.
    pub(super) phone: Option<Phone>,
    pub(super) expires_at: UnixSeconds,
}

/// `/order`. Without a usable id nothing is said to be bought: the caller must reconcile.
pub(super) fn ordered(json: &Json<'_>, kind: Kind, now: UnixSeconds) -> Decoded<Ordered> {
    let objects = objects(json);
    let with_id = |object: &Object<'_>| order_id(object, &["order_id"]);
    let id = objects.iter().find_map(with_id).ok_or("no usable order id")?;
    Ok(Ordered { id, phone: phone(&objects), expires_at: expires_at(&objects, kind, now) })
}

/// The number of `/getsms`, whatever else it says; `None` where it is not allocated yet.
pub(super) fn number(json: &Json<'_>) -> Option<Phone> {
    phone(&objects(json))
}

/// A number of the United States: ten digits, or eleven with the calling code, with or without plus.
fn phone(objects: &[Object<'_>]) -> Option<Phone> {
    objects.iter().find_map(|object| {
        let phone = object.phone("number")?;
        match phone.as_str().trim_start_matches('+') {
            national if national.len() == 10 => Phone::parse(&format!("1{national}")),
            full if full.len() == 11 && full.starts_with('1') => Some(phone),
            _ => None,
        }
    })
}

fn expires_at(objects: &[Object<'_>], kind: Kind, now: UnixSeconds) -> UnixSeconds {
    let said = |keys: [&str; 3]| keys.iter().find_map(|key| moment_in(objects, key, now));
    match kind {
        Kind::Temporary => {
            let life = said(["expiration", "till_expiration", "expires"]).map(|at| at - now);
            now + life.filter(|life| (LIFE_MIN_S..=LIFE_MAX_S).contains(life)).unwrap_or(LIFE_DEFAULT_S)
        }
        Kind::Rental(Days(days)) => {
            let expected = now + i64::from(days) * DAY_S;
            let near = |at: &i64| (at - expected).abs() <= EXPIRY_SLACK_S && *at > now;
            said(["expires", "expiration", "till_expiration"]).filter(near).unwrap_or(expected)
        }
    }
}

fn moment_in(objects: &[Object<'_>], key: &str, now: UnixSeconds) -> Option<UnixSeconds> {
    objects.iter().find_map(|object| moment(object, key, now))
}

/// A moment as a number of seconds from now, as Unix time, or as date and time, which are UTC (nonvoip.md 1).
fn moment(object: &Object<'_>, key: &str, now: UnixSeconds) -> Option<UnixSeconds> {
    match object.integer(key) {
        Some(span) if (1..=SPAN_MAX_S).contains(&span) => Some(now + span),
        Some(_) => timestamp(object, key),
        None => date_time(&object.text(key)?),
    }
}

fn date_time(text: &str) -> Option<UnixSeconds> {
    let text = text.trim();
    let bare = text.trim_end_matches("UTC").trim_end_matches("GMT").trim_end();
    let zoned = || text.parse::<jiff::Timestamp>().ok();
    let utc = || Offset::UTC.to_timestamp(bare.parse::<DateTime>().ok()?).ok();
    zoned().or_else(utc).map(jiff::Timestamp::as_second)
}

/// `/getsms` of a temporary order. Whatever is neither a message nor a word about its end means that no SMS is there yet.
pub(super) fn check(json: &Json<'_>) -> Decoded<Check> {
    if let Some(newest) = received(json)?.pop() {
        return Ok(Check::Received(newest));
    }
    match ending(json) {
        Words::GivenBack => Ok(Check::Refunded),
        Words::Expired => Ok(Check::Ended),
        Words::RateLimit
        | Words::Balance
        | Words::Account
        | Words::OutOfStock
        | Words::NoProduct
        | Words::NoOrder
        | Words::TooEarly
        | Words::Other => Ok(Check::Pending),
    }
}

/// What a refusal says about the order's end; nothing where the answer is no refusal.
fn ending(json: &Json<'_>) -> Words {
    let refused = json.object().filter(|object| verdict(object) == Verdict::Refused);
    refused.and_then(text).map_or(Words::Other, |text| Words::of(&text, Subject::Messages))
}

/// All messages of `/getsms`, oldest first as far as that is known: the rows of `message`, and `sms` beside them. Nothing
/// in a refusal is a message.
pub(super) fn received(json: &Json<'_>) -> Decoded<Vec<Message>> {
    let whole = object(json)?;
    if verdict(whole) == Verdict::Refused {
        return Ok(Vec::new());
    }
    let mut messages: Vec<Message> = Vec::new();
    let rows = rows(json);
    let listed = rows.iter().flatten().copied().filter_map(Object::of);
    for message in listed.filter_map(|row| message(&row, "pin", "sms")) {
        messages.push(message);
    }
    let beside = message(whole, "pin", "sms").filter(|_| messages.is_empty() || whole.text("sms").is_some());
    messages.extend(beside.filter(|beside| messages.iter().all(|known| known.text != beside.text)));
    // A yes with a sentence could be an SMS and could be none: nobody is told a guess.
    match (verdict(whole), messages.is_empty()) {
        (Verdict::Accepted, true) if rows.is_none() && text(whole).is_some() => Err("a yes without a message"),
        (Verdict::Unsaid, true) if whole.raw("status").is_none() => Err("neither messages nor a status"),
        (Verdict::Accepted | Verdict::Unsaid | Verdict::Refused, _) => Ok(messages),
    }
}

/// `/reject`: only a clear yes is a yes, and that it was given back before.
pub(super) fn given_back(json: &Json<'_>) -> Decoded<()> {
    let whole = object(json)?;
    let before = || text(whole).is_some_and(|text| Words::of(&text, Subject::GivingBack) == Words::GivenBack);
    match verdict(whole) {
        Verdict::Accepted => Ok(()),
        Verdict::Refused if before() => Ok(()),
        Verdict::Refused | Verdict::Unsaid => Err("neither success nor refusal"),
    }
}

/// `/reuse`: the same order goes on. Without a price in the answer it was free.
pub(super) fn reused(json: &Json<'_>, id: &SupplierOrderId) -> Decoded<Resent> {
    accepted(json)?;
    let objects = objects(json);
    let priced = objects.iter().find_map(|object| ["price", "cost"].into_iter().find(|key| object.raw(key).is_some()));
    let charge = match priced {
        None => Money::ZERO,
        Some(key) => objects.iter().find_map(|object| object.money(key)).ok_or("no readable price")?,
    };
    Ok(Resent { id: id.clone(), charge })
}

/// `/activate`: until when the number can receive.
pub(super) fn awake_until(json: &Json<'_>, now: UnixSeconds) -> Decoded<UnixSeconds> {
    accepted(json)?;
    let objects = objects(json);
    let plausible = |at: &i64| (1..=AWAKE_MAX_S).contains(&(at - now));
    let minutes = || objects.iter().find_map(|object| object.integer("duration"));
    let lasting = || minutes()?.checked_mul(60)?.checked_add(now);
    let said = moment_in(&objects, "end_on", now).filter(plausible);
    Ok(said.or_else(|| lasting().filter(plausible)).unwrap_or(now + AWAKE_DEFAULT_S))
}

fn accepted(json: &Json<'_>) -> Decoded<()> {
    let accepted = verdict(object(json)?) == Verdict::Accepted;
    accepted.then_some(()).ok_or("neither success nor refusal")
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
