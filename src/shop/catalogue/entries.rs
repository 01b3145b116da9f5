//! What stands in a supplier's two lists: countries and services, with our names for them.

use crate::places::{Brand, OTHER_SERVICE, POPULAR_COUNTRIES, POPULAR_SERVICES, Script, brand, flag, place};
use crate::pool::{PoolCountry, PoolService};
use crate::search::rank::Keys;
use crate::server::names_a_supplier;
use crate::{CountryId, ServiceId};

/// The longest name of a supplier that is kept, in characters.
pub(super) const NAME_LENGTH_MAX: usize = 80;
const NOT_POPULAR: u16 = u16::MAX;

/// A country that the supplier lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Country {
    /// The supplier's number.
    pub id: CountryId,
    /// ISO 3166 alpha-2, upper case.
    pub iso2: String,
    /// The flag.
    pub flag: String,
    /// The calling code without plus; empty where unknown.
    pub calling_code: String,
    /// The English name.
    pub english: String,
    /// The Arabic name; the supplier's where there is none.
    pub arabic: String,
    /// The place among the popular ones, 0 first; `u16::MAX` for the others.
    pub popularity: u16,
    /// The supplier's name, cleaned: what this was read from.
    pub(super) listed_as: String,
    pub(crate) keys: Keys,
}

/// A service that the supplier lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The supplier's number.
    pub id: ServiceId,
    /// The name in Latin letters, as the supplier spells it.
    pub name: String,
    /// The Arabic name, where there is one.
    pub arabic: Option<String>,
    /// One emoji, where there is one.
    pub icon: Option<String>,
    /// The place among the popular ones, 0 first; `u16::MAX` for the others.
    pub popularity: u16,
    /// What it is known as, whatever the supplier's spelling.
    pub(super) brand: Option<&'static Brand>,
    pub(crate) keys: Keys,
}

impl Country {
    /// The name to show.
    #[must_use]
    pub fn name(&self, script: Script) -> &str {
        match script {
            Script::Latin => &self.english,
            Script::Arabic => &self.arabic,
        }
    }

    /// Reads a supplier's row; `None` if it is malformed, or names the supplier where we have no name of our own.
    pub(super) fn read(row: &PoolCountry) -> Option<Self> {
        let iso2 = row.iso2.to_ascii_uppercase();
        let place = place(&iso2);
        let listed = clean(&row.name);
        let name = if names_a_supplier(&listed) { place?.english.clone() } else { listed };
        let flag = flag(&row.iso2).filter(|_| !name.is_empty())?;
        let popularity = place_among(&POPULAR_COUNTRIES, &iso2);
        let Some(place) = place else {
            let keys = Keys::new([name.as_str()].into_iter(), std::iter::empty());
            let (english, arabic, listed_as) = (name.clone(), name.clone(), name);
            return Some(Self {
                id: row.id,
                iso2,
                flag,
                calling_code: String::new(),
                english,
                arabic,
                popularity,
                listed_as,
                keys,
            });
        };
        let names = [&place.english, &place.arabic, &place.cldr_english, &place.cldr_arabic, &name];
        Some(Self {
            id: row.id,
            iso2,
            flag,
            calling_code: place.calling_code.clone(),
            english: place.english.clone(),
            arabic: place.arabic.clone(),
            popularity,
            keys: Keys::new(names.into_iter().map(String::as_str), place.aliases.iter().map(String::as_str)),
            listed_as: name,
        })
    }
}

impl Service {
    /// The name to show: the Arabic one in Arabic, where there is one.
    #[must_use]
    pub fn name(&self, script: Script) -> &str {
        match script {
            Script::Latin => &self.name,
            Script::Arabic => self.arabic.as_ref().unwrap_or(&self.name),
        }
    }

    /// Reads a supplier's row; `None` if it is malformed, or names a supplier: what a service is called, users read.
    pub(super) fn read(row: &PoolService) -> Option<Self> {
        let name = Some(clean(&row.name)).filter(|name| !name.is_empty() && !names_a_supplier(name))?;
        let brand = brand(&name);
        let arabic = brand.map(|brand| brand.arabic.clone());
        let names = [name.as_str()].into_iter().chain(arabic.as_deref()).chain(name.split('/'));
        let aliases = brand.into_iter().flat_map(|brand| &brand.aliases).map(String::as_str);
        let keys = Keys::new(names, aliases);
        Some(Self {
            id: row.id,
            arabic,
            icon: brand.map(|brand| brand.icon.clone()),
            popularity: brand.map_or(NOT_POPULAR, |brand| place_among(&POPULAR_SERVICES, &brand.name)),
            brand,
            keys,
            name,
        })
    }

    /// Whether this stands for whatever is not listed.
    pub(super) fn is_other(&self) -> bool {
        self.brand.is_some_and(|brand| brand.name == OTHER_SERVICE)
    }
}

fn place_among(popular: &[&str], name: &str) -> u16 {
    popular.iter().position(|other| *other == name).and_then(|place| u16::try_from(place).ok()).unwrap_or(NOT_POPULAR)
}

/// A supplier's name without controls, zero-width and direction characters, its blanks collapsed, its length bounded.
fn clean(name: &str) -> String {
    let hidden = |letter: char| {
        let zero_width = matches!(letter, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{feff}');
        zero_width || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
    };
    let shown = name.chars().filter(|letter| !hidden(*letter) && (letter.is_whitespace() || !letter.is_control()));
    let kept: String = shown.take(NAME_LENGTH_MAX).collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}
