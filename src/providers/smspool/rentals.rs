//! From the supplier's answers about rentals to the shop's types. Rentals are products per country line, not pairs of
//! country and service (smspool.md 6).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;
use shop::pool::{Listed, ListedRental, Message, PoolCountry, Purchased, Receives, Renewal, Renewed, RentalOffer};
use shop::{CountryId, Days, Money, ServiceId, UnixSeconds};

use super::decode::{accepted, charged, readable, rental_message};
use crate::decode::{Decoded, object, order_id, price, timestamp};
use crate::json::{Json, Object, scalar};

const DAY_S: i64 = 86_400;
const DAYS_MAX: u16 = 365;
/// A line may take a day to activate, so its end may be off by so much.
const EXPIRY_SLACK_S: i64 = 2 * DAY_S;

/// A product with what the shop's type has no place for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) offer: RentalOffer,
    /// Whether the product is sold for one service, chosen by `service_id`.
    pub(super) single: bool,
    /// What so many days more of a product for one service cost; a whole one's are asked for
    /// ([`extension_pricing`]).
    pub(super) extends: BTreeMap<Days, Money>,
}

/// `/rental/retrieve_all`. A product without a readable price or a known country is not for rent.
pub(super) fn lines(json: &Json<'_>, countries: &[PoolCountry]) -> Decoded<Vec<Line>> {
    let rows = json.rows("data").ok_or("no list")?;
    Ok(rows.into_iter().filter_map(Object::of).filter_map(|row| line(&row, countries)).collect())
}

/// Both types of lines as one list. A product that stands in both has the days of both, at the higher price.
pub(super) fn merged(lines: impl IntoIterator<Item = Line>) -> Vec<Line> {
    let mut by_product: BTreeMap<u32, Line> = BTreeMap::new();
    for line in lines {
        match by_product.get_mut(&line.offer.product) {
            Some(known) => {
                for (days, cost) in line.offer.costs {
                    let entry = known.offer.costs.entry(days).or_insert(cost);
                    *entry = cost.max(*entry);
                }
            }
            None => {
                by_product.insert(line.offer.product, line);
            }
        }
    }
    by_product.into_values().collect()
}

fn line(row: &Object<'_>, countries: &[PoolCountry]) -> Option<Line> {
    let texts = ["short_name", "tag", "name"].into_iter().filter_map(|key| row.text(key));
    let country = texts.filter_map(|text| find_country(&text, countries)).next()?;
    let single = row.raw("single_service").filter(|raw| !day_costs(raw).is_empty());
    let costs = day_costs(single.or_else(|| row.raw("pricing"))?);
    let extends = row.raw("single_service_extend").map(day_costs).filter(|costs| !costs.is_empty());
    let within_hours = row.id("refund_within").filter(|hours| *hours > 0);
    let refundable = row.flag("is_refundable") == Some(true);
    let offer = RentalOffer {
        product: row.id("ID").or_else(|| row.id("id"))?,
        country,
        costs,
        receives: row
            .id("service_id")
            .or_else(|| row.id("service"))
            .map_or(Receives::Unasked, |id| Receives::Only(vec![ServiceId(id)])),
        refund_within_s: within_hours.filter(|_| refundable).map(|hours| hours.saturating_mul(3600)),
        refund_min_days: Days(row.id("refund_min_days").and_then(|days| u16::try_from(days).ok()).unwrap_or(0)),
        extendable: shop::pool::Extendable::Perhaps,
    };
    let extends = extends.unwrap_or_else(|| offer.costs.clone());
    (!offer.costs.is_empty()).then_some(Line { offer, single: single.is_some(), extends })
}

/// Prices by days: an object, or a string that holds one (the documents of 2022). Unreadable days are left out.
fn day_costs(raw: &RawValue) -> BTreeMap<Days, Money> {
    let text = scalar(raw).unwrap_or_else(|| raw.get().to_owned());
    let Some(object) = Object::parse(&text) else {
        return BTreeMap::new();
    };
    let days = |key: &str| key.trim().parse().ok().filter(|days| (1..=DAYS_MAX).contains(days)).map(Days);
    let cost = |raw| Money::parse(&scalar(raw)?).ok().filter(|cost| *cost > Money::ZERO);
    object.entries().filter_map(|(key, raw)| Some((days(key)?, cost(raw)?))).collect()
}

/// `/rental/retrieve_pricing`.
pub(super) fn pricing(json: &Json<'_>, days: Days) -> Decoded<Option<Money>> {
    let raw = object(json)?.raw("pricing").ok_or("no pricing")?;
    Ok(day_costs(raw).get(&days).copied())
}

/// The same for so many days more: under `extend`, or at the price of a new rental where there is no such list.
pub(super) fn extension_pricing(json: &Json<'_>, days: Days) -> Decoded<Option<Money>> {
    let answer = object(json)?;
    let listed = answer.raw("extend").map(day_costs).filter(|costs| !costs.is_empty());
    listed.map_or_else(|| pricing(json, days), |costs| Ok(costs.get(&days).copied()))
}

/// `/rental/extend`. The documented answer names no cost.
pub(super) fn renewed(json: &Json<'_>, rental: &Renewal) -> Decoded<Renewed> {
    accepted(json)?;
    let object = object(json)?;
    if order_id(object, &["rental_code"]).is_some_and(|named| named != rental.id) {
        return Err("an answer about another rental");
    }
    let said = ["expiration_date", "expiry", "expiration"].iter().find_map(|key| timestamp(object, key));
    let expires_at = rental.end_said(said).ok_or("the end has not moved")?;
    Ok(Renewed { expires_at, cost: charged(object) })
}

/// `/request/rent_price` of the legacy family.
pub(super) fn legacy_price(json: &Json<'_>) -> Decoded<Money> {
    price(object(json)?).ok_or("no readable price")
}

/// The products of the legacy family: one per country, priced on asking.
pub(super) fn legacy_offers(countries: &[PoolCountry]) -> Vec<RentalOffer> {
    let offer = |country: &PoolCountry| RentalOffer {
        product: country.id.0,
        country: country.id,
        costs: BTreeMap::new(),
        receives: Receives::Any,
        refund_within_s: None,
        refund_min_days: Days(0),
        extendable: shop::pool::Extendable::Perhaps,
    };
    countries.iter().map(offer).collect()
}

/// `/rental/retrieve_services`; an empty list names no limit.
pub(super) fn services(json: &Json<'_>) -> Decoded<Option<Vec<ServiceId>>> {
    let rows = json.rows("data").or_else(|| json.rows("services")).ok_or("no list")?;
    let ids: BTreeSet<ServiceId> =
        rows.iter().copied().filter_map(Object::of).filter_map(|row| row.id("ID")).map(ServiceId).collect();
    match (rows.is_empty(), ids.is_empty()) {
        (true, _) => Ok(None),
        (false, true) => Err("no row is readable"),
        (false, false) => Ok(Some(ids.into_iter().collect())),
    }
}

/// `/purchase/rental` and `/purchase/rent`. The documented answer names no cost.
pub(super) fn rented(json: &Json<'_>, days: Days, now: UnixSeconds) -> Decoded<Purchased> {
    let object = object(json)?;
    let id = order_id(object, &["rental_code", "order_id", "orderid"]).ok_or("no usable rental code")?;
    let phone = object.phone("phonenumber").or_else(|| object.phone("number")).ok_or("no usable number")?;
    let expected = now + days.seconds();
    let said = timestamp(object, "expiry").or_else(|| timestamp(object, "expiration"));
    let expires_at = said.filter(|at| (at - expected).abs() <= EXPIRY_SLACK_S && *at > now).unwrap_or(expected);
    Ok(Purchased { id, phone, cost: charged(object), expires_at, pool: object.id("pool") })
}

/// `/rental/retrieve_messages`: an array now, an object keyed "0", "1" in 2022; null where there are none.
pub(super) fn messages(json: &Json<'_>) -> Decoded<Vec<Message>> {
    let answer = object(json)?;
    if answer.flag("success") == Some(true) && answer.raw("messages").is_none() {
        return Ok(Vec::new());
    }
    let rows = answer.rows("messages").ok_or("no messages")?;
    // One message that cannot be read hides no other.
    readable(&rows, |row| Object::of(row).as_ref().and_then(rental_message)).map(|listed| listed.rows)
}

/// `/rental/retrieve` and `/rental/retrieve_history`. `by_country` are the countries of the legacy family, whose products
/// are countries.
pub(super) fn rentals(
    json: &Json<'_>,
    now: UnixSeconds,
    by_country: Option<&[PoolCountry]>,
) -> Decoded<Listed<ListedRental>> {
    readable(&json.rows("data").ok_or("no list")?, |row| rental(row, now, by_country))
}

fn rental(row: &RawValue, now: UnixSeconds, by_country: Option<&[PoolCountry]>) -> Option<ListedRental> {
    let row = Object::of(row)?;
    // In some lists `rental` is the product's number, so it is the last place to look for the code.
    let id = order_id(&row, &["rental_code", "order_code"])?;
    let expires_at = ["expiration_date", "expiry"].iter().find_map(|key| timestamp(&row, key)).unwrap_or(now);
    let product = match by_country {
        None => row.id("rental"),
        Some(countries) => row.text("country_name").and_then(|name| find_country(&name, countries)).map(|id| id.0),
    };
    Some(ListedRental { id, phone: row.phone("phonenumber"), product, expires_at })
}

/// The country that a product's name means: an ISO code, an English name or a usual short form, without what follows
/// " - " or "(".
pub(super) fn find_country(text: &str, countries: &[PoolCountry]) -> Option<CountryId> {
    let plain = text.split(" - ").next().unwrap_or_default();
    let plain = plain.split('(').next().unwrap_or_default().trim().to_lowercase();
    let wanted = SHORT_FORMS.iter().find(|(short, _)| *short == plain).map(|(_, iso2)| *iso2);
    let fits = |country: &&PoolCountry| match wanted {
        Some(iso2) => country.iso2 == iso2,
        None => country.iso2.eq_ignore_ascii_case(&plain) || country.name.to_lowercase() == plain,
    };
    countries.iter().find(fits).map(|country| country.id)
}

const SHORT_FORMS: [(&str, &str); 10] = [
    ("usa", "US"),
    ("united states of america", "US"),
    ("uk", "GB"),
    ("great britain", "GB"),
    ("england", "GB"),
    ("uae", "AE"),
    ("russian federation", "RU"),
    ("czechia", "CZ"),
    ("türkiye", "TR"),
    ("holland", "NL"),
];

#[cfg(test)]
#[path = "rentals_tests.rs"]
mod tests;
