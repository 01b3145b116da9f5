//! Search: what a person meant by a few letters, in either script, among what is sold.
//!
//! A linear scan over folded keys, ranked; typing errors are guessed at only when little else was found. Start at
//! [`countries`] and [`services`]. It never reads prefixes such as `sp:`, and never asks a supplier.

mod fold;
pub(crate) mod rank;

pub use fold::fold;

use crate::catalogue::{Catalogue, Country, Product, Service};
use crate::places::Script;
use crate::{CountryId, Money, ServiceId};
use rank::{Keys, Query, Rank};

/// With fewer hits than this, typing errors are guessed at.
const ENOUGH_HITS: usize = 5;

/// A country that sells what is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountryHit<'a> {
    /// The country.
    pub country: &'a Country,
    /// Its lowest known price.
    pub from: Option<Money>,
}

/// A service that is sold where and as it is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceHit<'a> {
    /// The service.
    pub service: &'a Service,
    /// Its price; `None`: only known on asking.
    pub price: Option<Money>,
}

/// The countries that sell the product, best hit first; all of them, popular ones first, for an empty query.
#[must_use]
pub fn countries<'a>(
    catalogue: &'a Catalogue,
    script: Script,
    product: Product,
    query: &str,
    recent: &[CountryId],
) -> Vec<CountryHit<'a>> {
    let sold = |country: &'a Country| {
        let hit = || CountryHit { country, from: catalogue.cheapest(country.id, product) };
        catalogue.sells(country.id, product).then(hit)
    };
    find(catalogue.countries_in(script), &Query::new(query), recent, sold)
}

/// The services that the country sells as this product, best hit first; all of them, popular ones first and "Other"
/// last, for an empty query.
#[must_use]
pub fn services<'a>(
    catalogue: &'a Catalogue,
    script: Script,
    country: CountryId,
    product: Product,
    query: &str,
    recent: &[ServiceId],
) -> Vec<ServiceHit<'a>> {
    let market = catalogue.market(country, product);
    let sold = |service: &'a Service| market.offer(service.id).map(|offer| ServiceHit { service, price: offer.price });
    find(catalogue.services_in(script), &Query::new(query), recent, sold)
}

/// What can be found.
trait Findable {
    type Id: PartialEq;

    fn id(&self) -> Self::Id;
    fn keys(&self) -> &Keys;

    /// The rank of the query, typing errors aside.
    fn rank(&self, query: &Query) -> Option<Rank> {
        self.keys().rank(query)
    }

    fn resembles(&self, query: &Query) -> bool {
        self.keys().resemble(query)
    }
}

impl Findable for Country {
    type Id = CountryId;

    fn id(&self) -> CountryId {
        self.id
    }

    fn keys(&self) -> &Keys {
        &self.keys
    }

    /// An ISO code counts when it is complete: `e` does not mean ES. Digits are a calling code and nothing else.
    fn rank(&self, query: &Query) -> Option<Rank> {
        if is_dialled(query) {
            return rank_of_dialled(&self.calling_code, query.text().trim_start_matches('0'));
        }
        if self.iso2.eq_ignore_ascii_case(query.text()) { Some(Rank::Key) } else { self.keys.rank(query) }
    }

    fn resembles(&self, query: &Query) -> bool {
        !is_dialled(query) && self.keys.resemble(query)
    }
}

impl Findable for Service {
    type Id = ServiceId;

    fn id(&self) -> ServiceId {
        self.id
    }

    fn keys(&self) -> &Keys {
        &self.keys
    }
}

/// The sold things that meet the query. `items` come in the order that breaks the last ties.
fn find<'a, T: Findable + 'a, H>(
    items: impl Iterator<Item = &'a T> + Clone,
    query: &Query,
    recent: &[T::Id],
    sold: impl Fn(&'a T) -> Option<H>,
) -> Vec<H> {
    if query.is_empty() {
        return items.filter_map(sold).collect();
    }
    let place = |item: &T| recent.iter().position(|id| *id == item.id()).unwrap_or(usize::MAX);
    let hit = |item: &'a T, rank: Rank| sold(item).map(|hit| ((rank, place(item)), hit));
    let mut hits: Vec<_> = items.clone().filter_map(|item| hit(item, item.rank(query)?)).collect();
    if hits.len() < ENOUGH_HITS && query.is_long_enough_for_typos() {
        let near = items.filter(|item| item.resembles(query) && item.rank(query).is_none());
        hits.extend(near.filter_map(|item| hit(item, Rank::Typo)));
    }
    // A stable sort keeps the items' order among equals.
    hits.sort_by_key(|(order, _)| *order);
    hits.into_iter().map(|(_, hit)| hit).collect()
}

fn is_dialled(query: &Query) -> bool {
    query.text().bytes().all(|byte| byte.is_ascii_digit())
}

fn rank_of_dialled(calling_code: &str, digits: &str) -> Option<Rank> {
    if calling_code == digits && !digits.is_empty() {
        return Some(Rank::Key);
    }
    calling_code.starts_with(digits).then_some(Rank::Prefix)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::catalogue::PriceList;
    use crate::pool::{PoolCountry, PoolOffer, PoolService};
    use crate::pricing::Margin;
    use Script::{Arabic, Latin};

    fn rows(table: &str) -> impl Iterator<Item = (u32, Vec<&str>)> {
        let rows = table.lines().filter(|line| !line.starts_with('#'));
        (1..).zip(rows.map(|line| line.split('\t').collect::<Vec<_>>()))
    }

    /// All countries of the table of names, and all services of the larger supplier. The United States sell everything at $1.30.
    fn catalogue() -> Catalogue {
        let countries: Vec<PoolCountry> = rows(include_str!("data/countries_en_ar.tsv"))
            .map(|(id, row)| PoolCountry { id: CountryId(id), name: row[3].to_owned(), iso2: row[0].to_owned() })
            .collect();
        let services: Vec<PoolService> = rows(include_str!("data/smspool-services.tsv"))
            .skip(1)
            .map(|(id, row)| PoolService { id: ServiceId(id), name: row[1].to_owned() })
            .collect();
        let offer = |service: &PoolService| PoolOffer { service: service.id, cost: Money::from_cents(100), pool: None };
        let offers: Vec<PoolOffer> = services.iter().map(offer).collect();
        let catalogue = Catalogue::new(&countries, &services);
        let us = id(&catalogue, "US");
        catalogue.with_prices(us, Arc::new(PriceList::new(&offers, Margin::DEFAULT, 0)))
    }

    fn id(catalogue: &Catalogue, iso2: &str) -> CountryId {
        catalogue.country_by_iso2(iso2).unwrap().id
    }

    fn found_countries(catalogue: &Catalogue, script: Script, query: &str, recent: &[&str]) -> Vec<String> {
        let recent: Vec<CountryId> = recent.iter().map(|iso2| id(catalogue, iso2)).collect();
        let hits = countries(catalogue, script, Product::Temporary, query, &recent);
        hits.iter().map(|hit| hit.country.iso2.clone()).collect()
    }

    fn found_services(catalogue: &Catalogue, script: Script, query: &str) -> Vec<String> {
        let hits = services(catalogue, script, id(catalogue, "US"), Product::Temporary, query, &[]);
        hits.iter().map(|hit| hit.service.name.clone()).collect()
    }

    fn check(query: &str, found: &[String], first: &[&str]) {
        assert_eq!(found.iter().take(first.len()).collect::<Vec<_>>(), first, "{query:?}: {found:?}");
    }

    #[test]
    fn a_country_is_found_by_any_of_its_names() {
        let catalogue = catalogue();
        for (query, first) in [
            ("us", "US"),
            ("US", "US"),
            ("united", "US"),
            ("united k", "GB"),
            ("france", "FR"),
            ("Türkiye", "TR"),
            ("turkey", "TR"),
            ("TURKE", "TR"),
            ("uk", "GB"),
            ("usa", "US"),
            ("holland", "NL"),
            ("korea", "KR"),
            ("swaziland", "SZ"),
            ("cote d'ivoire", "CI"),
            ("reunion", "RE"),
            ("palest", "PS"),
            ("in", "IN"),
            ("+44", "GB"),
            ("٩٦٦", "SA"),
            ("۹۷۱", "AE"),
            ("00971", "AE"),
            ("فرنسا", "FR"),
            ("امريكا", "US"),
            ("أمريكا", "US"),
            ("أميركا", "US"),
            ("المانيا", "DE"),
            ("ألمانيا", "DE"),
            ("السعوديه", "SA"),
            ("سعودية", "SA"),
            ("المملكة العربية السعودية", "SA"),
            ("هولنـــدا", "NL"),
            ("مَصْر", "EG"),
            ("سوريه", "SY"),
            ("كنــدا", "CA"),
            ("المغ", "MA"),
            ("المغرب", "MA"),
            ("الأردن", "JO"),
            ("الاردن", "JO"),
            ("انجلترا", "GB"),
            ("عمان", "OM"),
            ("تركیا", "TR"),
            ("روسيا", "RU"),
        ] {
            check(query, &found_countries(&catalogue, Arabic, query, &[]), &[first]);
            check(query, &found_countries(&catalogue, Latin, query, &[]), &[first]);
        }
    }

    #[test]
    fn typing_errors_are_forgiven() {
        let catalogue = catalogue();
        for (query, first) in [
            ("germny", "DE"),
            ("grance", "FR"),
            ("untied states", "US"),
            ("philipines", "PH"),
            ("فرنصا", "FR"),
            ("باكسنان", "PK"),
        ] {
            check(query, &found_countries(&catalogue, Latin, query, &[]), &[first]);
        }
        for (query, first) in [
            ("whatsap", "WhatsApp"),
            ("whtasapp", "WhatsApp"),
            ("telegrem", "Telegram"),
            ("واتصاب", "WhatsApp"),
            ("فيسبوكك", "Facebook"),
        ] {
            check(query, &found_services(&catalogue, Arabic, query), &[first]);
        }
        for query in ["xyz", "usq", "9999", "zzzzzz", "+96699"] {
            check(query, &found_countries(&catalogue, Latin, query, &[]), &[]);
            assert_eq!(found_countries(&catalogue, Latin, query, &[]), Vec::<String>::new(), "{query}");
        }
    }

    #[test]
    fn better_hits_stand_first() {
        let catalogue = catalogue();
        for (query, recent, first) in [
            ("+1", &[][..], &["US", "CA", "AS", "AI"][..]),
            ("1", &["JM"], &["JM", "US", "CA"]),
            ("united", &[], &["US", "GB", "AE"]),
            ("united", &["AE"], &["AE", "US", "GB"]),
            ("guinea", &["PG"], &["GN", "GW", "PG", "GQ"]),
            ("ind", &["ID"], &["ID", "IN"]),
            ("niger", &["NG"], &["NE", "NG"]),
            ("e", &[], &["GB", "TL", "EC", "EG"]),
            ("ا", &[], &["US", "GB", "DE", "IN"]),
            ("ال", &[], &["US", "GB", "DE", "IN"]),
            ("الس", &[], &["SA", "SV", "SN"]),
        ] {
            check(
                query,
                &found_countries(&catalogue, if query.is_ascii() { Latin } else { Arabic }, query, recent),
                first,
            );
        }
        check("youtube", &found_services(&catalogue, Latin, "youtube"), &["Youtube", "Google/Gmail"]);
        check("x", &found_services(&catalogue, Latin, "x"), &["Twitter / X"]);
    }

    #[test]
    fn a_service_is_found_by_any_of_its_names() {
        let catalogue = catalogue();
        for (query, first) in [
            ("whatsapp", "WhatsApp"),
            ("WHATS", "WhatsApp"),
            ("wa", "WhatsApp"),
            ("واتساب", "WhatsApp"),
            ("واتس اب", "WhatsApp"),
            ("تلغرام", "Telegram"),
            ("جوجل", "Google/Gmail"),
            ("گوگل", "Google/Gmail"),
            ("gmail", "Google/Gmail"),
            ("amazon web", "Amazon / Amazon Web Services"),
            ("postmates", "Uber / Postmates"),
            ("أوبر", "Uber / Postmates"),
            ("chatgpt", "OpenAI / ChatGPT"),
            ("not listed", "Not Listed"),
            ("أخرى", "Not Listed"),
            ("1688", "1688"),
        ] {
            check(query, &found_services(&catalogue, Arabic, query), &[first]);
            check(query, &found_services(&catalogue, Latin, query), &[first]);
        }
    }

    #[test]
    fn an_empty_query_lists_all_popular_ones_first() {
        let catalogue = catalogue();
        let popular = ["US", "GB", "CA", "DE", "FR", "NL", "RU", "IN", "PH", "ID"];
        for (script, next) in [(Latin, ["AF", "AX"]), (Arabic, ["ET", "AZ"])] {
            let found = found_countries(&catalogue, script, "", &["TR"]);
            assert_eq!(found.len(), catalogue.countries().len());
            check("", &found, &[&popular[..], &next[..]].concat());
        }
        for (script, next) in [(Latin, "101Sweets"), (Arabic, "Apple")] {
            let found = found_services(&catalogue, script, " \u{200f}");
            assert_eq!(found.len(), catalogue.services().len());
            check("", &found, &[&crate::places::POPULAR_SERVICES[..], &[next]].concat());
            assert_eq!(found.last().unwrap(), "Not Listed");
        }
    }

    #[test]
    fn hits_carry_prices() {
        let catalogue = catalogue();
        let price = Some(Money::from_cents(130));
        let (us, gb) = (id(&catalogue, "US"), id(&catalogue, "GB"));
        let hits = countries(&catalogue, Latin, Product::Temporary, "united", &[]);
        assert_eq!(hits.iter().find(|hit| hit.country.id == us).unwrap().from, price);
        assert!(hits.iter().filter(|hit| hit.country.id != us).all(|hit| hit.from.is_none()));
        let hits = services(&catalogue, Latin, us, Product::Temporary, "", &[]);
        assert!(hits.iter().all(|hit| hit.price == price));
        let hits = services(&catalogue, Latin, gb, Product::Temporary, "", &[]);
        assert!(
            hits.iter().all(|hit| hit.price.is_none()) && !hits.is_empty(),
            "prices of Britain are only known on asking"
        );
        assert_eq!(services(&catalogue, Latin, CountryId(9_999), Product::Temporary, "", &[]), vec![]);
    }

    #[test]
    fn hostile_queries_do_no_harm() {
        let catalogue = catalogue();
        let long = [
            &"x".repeat(10_240),
            &"ﷺ".repeat(4_096),
            &"\u{301}".repeat(10_000),
            &"ال ".repeat(3_000),
            &"👨‍👩‍👧".repeat(999),
        ];
        let short = [
            "\0",
            "\0us\0",
            "\u{202e}us\u{202c}",
            "\u{200b}\u{200d}",
            "🎉",
            "\n",
            "u\ns",
            "%",
            "<script>",
            "'; --",
            "\u{fffd}",
            "0",
            "ا",
        ];
        for query in long.into_iter().map(String::as_str).chain(short) {
            for script in [Latin, Arabic] {
                let found = found_countries(&catalogue, script, query, &["US"]).len();
                assert!(found <= catalogue.countries().len());
                assert!(found_services(&catalogue, script, query).len() <= catalogue.services().len());
            }
        }
        check("direction", &found_countries(&catalogue, Latin, "\u{202e}\0us\u{202c}", &[]), &["US"]);
        let padded = format!("{}us", " ".repeat(300));
        assert_eq!(
            found_countries(&catalogue, Latin, &padded, &[]).len(),
            catalogue.countries().len(),
            "nothing was read"
        );
    }
}
