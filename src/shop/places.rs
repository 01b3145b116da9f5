//! Names of countries and services in both languages, from the tables in `data/` that are part of the program.
//!
//! A supplier names what it sells in English only. Countries are matched by their ISO code, services by their name.
//! The tables are read once; they are data, not state.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::search::fold;

/// The two scripts in which names exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::EnumIter)]
pub enum Script {
    /// English names, and brands as they spell themselves.
    Latin,
    /// Arabic names.
    Arabic,
}

/// A country or territory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// ISO 3166 alpha-2, upper case.
    pub iso2: String,
    /// The flag's two regional indicators.
    pub flag: String,
    /// The calling code without plus: `1`. Empty where there is none.
    pub calling_code: String,
    /// The English name to show.
    pub english: String,
    /// The Arabic name to show.
    pub arabic: String,
    /// The long English name of Unicode CLDR: a search key.
    pub cldr_english: String,
    /// The long Arabic name of Unicode CLDR: a search key.
    pub cldr_arabic: String,
    /// Further search keys.
    pub aliases: Vec<String>,
}

/// A service that people know by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brand {
    /// The name as the larger supplier spells it: `Google/Gmail`.
    pub name: String,
    /// The Arabic name to show.
    pub arabic: String,
    /// Further search keys.
    pub aliases: Vec<String>,
    /// One emoji.
    pub icon: String,
}

/// The countries that stand first, by ISO code, in the product's order.
pub const POPULAR_COUNTRIES: [&str; 10] = ["US", "GB", "CA", "DE", "FR", "NL", "RU", "IN", "PH", "ID"];

/// The services that stand first, by [`Brand::name`], in the product's order.
pub const POPULAR_SERVICES: [&str; 9] = [
    "WhatsApp",
    "Telegram",
    "Google/Gmail",
    "Facebook",
    "Instagram",
    "Twitter / X",
    "Discord",
    "Amazon / Amazon Web Services",
    "Uber / Postmates",
];

/// The short English names of Unicode CLDR that readers know, by ISO code; Arabic names are short as they are.
const SHORT_ENGLISH: [(&str, &str); 2] = [("US", "US"), ("GB", "UK")];

/// The [`Brand::name`] of the service for whatever is not listed.
pub const OTHER_SERVICE: &str = "Other";

/// The shortest beginning of a brand's name that stands for the brand.
const SHORT_NAME_LENGTH_MIN: usize = 4;

static PLACES: LazyLock<BTreeMap<String, Place>> = LazyLock::new(|| {
    let places = rows(include_str!("data/countries_en_ar.tsv")).filter_map(|row| read_place(&row));
    places.map(|place| (place.iso2.clone(), place)).collect()
});

static BRANDS: LazyLock<Brands> = LazyLock::new(|| {
    let table = include_str!("data/services_ar.tsv");
    Brands::new(rows(table).filter_map(|row| read_brand(&row)).collect())
});

impl Place {
    /// The name to show.
    #[must_use]
    pub fn name(&self, script: Script) -> &str {
        match script {
            Script::Latin => &self.english,
            Script::Arabic => &self.arabic,
        }
    }

    /// The shortest name that readers know, for labels.
    #[must_use]
    pub fn short_name(&self, script: Script) -> &str {
        let short = SHORT_ENGLISH.iter().find(|(iso2, _)| script == Script::Latin && *iso2 == self.iso2);
        short.map_or_else(|| self.name(script), |(_, name)| name)
    }
}

/// The country with this ISO code, in either case.
#[must_use]
pub fn place(iso2: &str) -> Option<&'static Place> {
    PLACES.get(&iso2.to_ascii_uppercase())
}

/// The brand that a supplier's service name means. A brand's further products (`Google Voice`, `Youtube`) are not it.
#[must_use]
pub fn brand(supplier_name: &str) -> Option<&'static Brand> {
    let brands = &*BRANDS;
    let place = brands
        .by_name
        .get(&squash(supplier_name))
        .or_else(|| brands.by_name.get(&squash(first_part(supplier_name))))?;
    brands.list.get(*place)
}

/// The flag of two ASCII letters; `None` for anything else.
#[must_use]
pub fn flag(iso2: &str) -> Option<String> {
    let letters = iso2.len() == 2 && iso2.bytes().all(|byte| byte.is_ascii_alphabetic());
    let indicator = |byte: u8| char::from_u32(0x1_F1E6 + u32::from(byte.to_ascii_uppercase() - b'A'));
    if letters { iso2.bytes().map(indicator).collect() } else { None }
}

struct Brands {
    list: Vec<Brand>,
    /// Places in `list` by squashed name.
    by_name: BTreeMap<String, usize>,
}

impl Brands {
    fn new(list: Vec<Brand>) -> Self {
        let mut by_name = BTreeMap::new();
        let spellings: [fn(&Brand) -> Vec<String>; 3] =
            [|brand| vec![squash(&brand.name)], |brand| vec![squash(first_part(&brand.name))], other_names];
        // A whole name wins over a part of another's.
        for spelling in spellings {
            for (place, brand) in list.iter().enumerate() {
                for name in spelling(brand).into_iter().filter(|name| !name.is_empty()) {
                    by_name.entry(name).or_insert(place);
                }
            }
        }
        Self { list, by_name }
    }
}

/// The aliases under which a supplier may list the brand itself. Most aliases are search keys only: `gmail` finds
/// Google, but a service named Gmail or Youtube keeps its own name.
fn other_names(brand: &Brand) -> Vec<String> {
    let name = squash(first_part(&brand.name));
    let short = |alias: &String| alias.len() >= SHORT_NAME_LENGTH_MIN && name.starts_with(alias.as_str());
    let unlisted = |alias: &String| brand.name == OTHER_SERVICE && alias.len() >= SHORT_NAME_LENGTH_MIN;
    brand.aliases.iter().map(|alias| squash(alias)).filter(|alias| short(alias) || unlisted(alias)).collect()
}

/// A name folded and without blanks: `PUBG mobile` is `PUBGMOBILE`.
pub(crate) fn squash(name: &str) -> String {
    fold(name).replace(' ', "")
}

fn first_part(name: &str) -> &str {
    name.split('/').next().unwrap_or(name)
}

/// The fields of each row of a table, comments and empty lines left out.
fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    let lines = table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split('\t').map(str::trim).collect())
}

fn read_place(row: &[&str]) -> Option<Place> {
    let [iso2, flag, calling_code, cldr_english, cldr_arabic, english, arabic, aliases] = *row else { return None };
    Some(Place {
        iso2: iso2.to_owned(),
        flag: flag.to_owned(),
        calling_code: calling_code.to_owned(),
        english: english.to_owned(),
        arabic: arabic.to_owned(),
        cldr_english: cldr_english.to_owned(),
        cldr_arabic: cldr_arabic.to_owned(),
        aliases: read_list(aliases),
    })
}

fn read_brand(row: &[&str]) -> Option<Brand> {
    let [name, arabic, aliases, icon] = *row else { return None };
    let (name, arabic, icon) = (name.to_owned(), arabic.to_owned(), icon.to_owned());
    Some(Brand { name, arabic, aliases: read_list(aliases), icon })
}

fn read_list(field: &str) -> Vec<String> {
    field.split('|').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_tables_is_read() {
        assert_eq!(PLACES.len(), rows(include_str!("data/countries_en_ar.tsv")).count());
        assert_eq!(BRANDS.list.len(), rows(include_str!("data/services_ar.tsv")).count());
        for place in PLACES.values() {
            assert_eq!(flag(&place.iso2).as_ref(), Some(&place.flag), "{}", place.iso2);
            assert!(!place.english.is_empty() && !place.arabic.is_empty(), "{}", place.iso2);
            assert!(place.calling_code.bytes().all(|byte| byte.is_ascii_digit()), "{}", place.iso2);
        }
        for brand in &BRANDS.list {
            assert!(!brand.arabic.is_empty() && !brand.icon.is_empty(), "{}", brand.name);
        }
    }

    #[test]
    fn every_country_of_the_supplier_has_names() {
        for row in rows(include_str!("data/smspool-countries.tsv")).skip(1) {
            assert!(place(row[1]).is_some(), "{row:?}");
        }
        assert!(POPULAR_COUNTRIES.iter().all(|iso2| place(iso2).is_some()));
    }

    #[test]
    fn brands_are_known_by_the_suppliers_spellings() {
        for (spelling, name) in [
            ("whatsapp", Some("WhatsApp")),
            ("Google", Some("Google/Gmail")),
            ("Google / Gmail / Youtube", Some("Google/Gmail")),
            ("twitter", Some("Twitter / X")),
            ("Amazon / AWS", Some("Amazon / Amazon Web Services")),
            ("Tik Tok", Some("TikTok")),
            ("Bigolive", Some("Bigo Live")),
            ("Not Listed", Some("Other")),
            ("Google Voice", None),
            ("Youtube", None),
            ("Xbox", None),
            ("Snap Kitchen", None),
            ("", None),
            ("🎉", None),
        ] {
            assert_eq!(brand(spelling).map(|brand| brand.name.as_str()), name, "{spelling}");
        }
        assert!(POPULAR_SERVICES.iter().all(|name| brand(name).is_some_and(|brand| brand.name == *name)));
    }

    #[test]
    fn no_two_services_of_the_supplier_take_one_brand() {
        let mut taken = BTreeMap::new();
        for row in rows(include_str!("data/smspool-services.tsv")).skip(1) {
            if let Some(brand) = brand(row[1]) {
                assert_eq!(taken.insert(&brand.name, row[1]), None, "{row:?}");
            }
        }
        assert!(POPULAR_SERVICES.iter().all(|name| taken.contains_key(&(*name).to_owned())));
    }

    #[test]
    fn flags_come_from_two_letters_only() {
        assert_eq!(flag("tr").as_deref(), Some("🇹🇷"));
        for hostile in ["", "T", "TUR", "1A", "é", "ط"] {
            assert_eq!(flag(hostile), None, "{hostile}");
        }
    }
}
