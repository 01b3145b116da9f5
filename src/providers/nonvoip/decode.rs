//! From the supplier's answers to the shop's types. Fields are looked for in the rows of `message` and beside it: where
//! they stand differs between sources (nonvoip.md 2).

use jiff::civil::DateTime;
use jiff::tz::Offset;
use serde_json::value::RawValue;
use shop::ids::Phone;
use shop::pool::{Check, Message, Renewal, Renewed, Resent};
use shop::{Money, SupplierOrderId, UnixSeconds};

use super::catalogue::{Ask, Kind, Product, Stock};
use super::envelope::{objects, order_named, rows, text, verdict};
use super::words::Words;
use crate::decode::{Decoded, message, name, object, price, timestamp};
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
    let beside = || objects(json).iter().find_map(|object| amount(&object.text("balance")?));
    let listed = || amount(&scalar(json.object()?.rows("balance")?.first()?)?);
    beside().or_else(listed).ok_or("no readable balance")
}

/// An amount whose thousands may be grouped by commas, as in `1,250.00`.
fn amount(text: &str) -> Option<Money> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let groups = whole.split_once(',').map(|(first, rest)| (first, rest.split(',')));
    let sound = groups.is_none_or(|(first, mut rest)| first.len() <= 3 && rest.all(|group| group.len() == 3));
    Money::parse(&format!("{}.{fraction}", whole.replace(',', ""))).ok().filter(|_| sound)
}

/// The readable rows of a list of products, and how many are not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listing {
    pub(super) products: Vec<Product>,
    pub(super) left_out: usize,
}

/// `/products`, asked for under a word. A yes with a sentence in the place of the list is an empty list.
pub(super) fn products(json: &Json<'_>, ask: Ask) -> Decoded<Listing> {
    let is_empty = |whole: &Object<'_>| verdict(whole) == Verdict::Accepted && whole.has("message");
    let rows = match rows(json) {
        Some(rows) => rows,
        None if json.object().is_some_and(is_empty) => Vec::new(),
        None => return Err("no list"),
    };
    let rows: Vec<_> = rows.into_iter().filter(|row| !stands_elsewhere(row, ask)).collect();
    let products: Vec<Product> = rows.iter().filter_map(|row| product(row, ask)).collect();
    let left_out = rows.len() - products.len();
    Ok(Listing { products, left_out })
}

/// A row without a type, asked for without one: the list that was asked for by its type tells what it is.
fn stands_elsewhere(row: &RawValue, ask: Ask) -> bool {
    ask == Ask::Everything && Object::of(row).is_some_and(|row| kind_word(&row).is_none())
}

fn kind_word(row: &Object<'_>) -> Option<String> {
    row.text("type").filter(|text| !text.trim().is_empty())
}

fn product(row: &RawValue, ask: Ask) -> Option<Product> {
    let row = Object::of(row)?;
    let id = row.id("product_id").or_else(|| row.id("id")).filter(|id| *id > 0)?;
    let kind = kind_word(&row).map_or_else(|| ask.kind(), |text| Kind::read(&text))?;
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
    let id = objects(json).iter().find_map(|object| SupplierOrderId::parse(&order_named(object)?));
    let id = id.ok_or("no usable order id")?;
    let objects = about(json, &id);
    Ok(Ordered { phone: phone(&objects), expires_at: expires_at(&objects, kind, now), id })
}

/// What an answer says of an order: nothing that names another one.
fn about<'a>(json: &Json<'a>, id: &SupplierOrderId) -> Vec<Object<'a>> {
    objects(json).into_iter().filter(|object| !names_another(object, id)).collect()
}

fn names_another(object: &Object<'_>, id: &SupplierOrderId) -> bool {
    order_named(object).is_some_and(|named| named != id.as_str())
}

/// The number of `/getsms`, whatever else it says; `None` where it is not allocated yet.
pub(super) fn number(json: &Json<'_>, id: &SupplierOrderId) -> Option<Phone> {
    phone(&about(json, id))
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
        Kind::Rental(days) => {
            let expected = now + days.seconds();
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
pub(super) fn check(json: &Json<'_>, id: &SupplierOrderId) -> Decoded<Check> {
    if let Some(newest) = received(json, id)?.pop() {
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
/// in a refusal is a message, and nothing that names another order.
pub(super) fn received(json: &Json<'_>, id: &SupplierOrderId) -> Decoded<Vec<Message>> {
    let whole = json.object();
    if whole.is_some_and(|whole| names_another(whole, id)) {
        return Err("another order's answer");
    }
    let said = whole.map_or(Verdict::Unsaid, verdict);
    if said == Verdict::Refused {
        return Ok(Vec::new());
    }
    let rows = rows(json);
    let listed = rows.iter().flatten().copied().filter_map(Object::of).filter(|row| !names_another(row, id));
    let mut messages: Vec<Message> = listed.filter_map(|row| message(&row, "pin", "sms")).collect();
    // A `pin` alone beside rows is the code of one of them.
    let beside = whole.filter(|whole| messages.is_empty() || whole.text("sms").is_some());
    let beside = beside.and_then(|whole| message(whole, "pin", "sms"));
    messages.extend(beside.filter(|beside| messages.iter().all(|known| known.text != beside.text)));
    let unclear = match said {
        // A yes with a sentence could be an SMS and could be none: nobody is told a guess.
        Verdict::Accepted => rows.is_none() && whole.and_then(text).is_some(),
        Verdict::Unsaid => whole.is_none_or(|whole| !whole.has("status")),
        Verdict::Refused => false,
    };
    if messages.is_empty() && unclear { Err("neither messages nor a clear word") } else { Ok(messages) }
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

/// `/renew`: the same order goes on. What tells of another order is no answer.
pub(super) fn renewed(json: &Json<'_>, rental: &Renewal, now: UnixSeconds) -> Decoded<Renewed> {
    accepted(json)?;
    let objects = objects(json);
    if objects.iter().any(|object| names_another(object, &rental.id)) {
        return Err("an answer about another order");
    }
    let keys = ["expires", "expiration", "till_expiration"];
    let said = keys.iter().find_map(|key| moment_in(&objects, key, now));
    let expires_at = rental.end_said(said).ok_or("the end has not moved")?;
    Ok(Renewed { expires_at, cost: None })
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
