//! Where else something is for sale that has sold out: offered by the last question and by an order's card.

use engine::{Lang, Text};
use shop::catalogue::Catalogue;
use shop::order::Wish;
use shop::{CountryId, Money, search};

use super::screens::priced;
use crate::env::script;
use crate::parts;

/// How many countries are offered in place of a sold out one.
const PLACES_MAX: usize = 3;

/// A country that sells the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    /// The country, by the supplier's number.
    pub country: CountryId,
    /// Its ISO code.
    pub iso2: String,
    /// What the user pays there.
    pub price: Money,
}

/// Other countries that sell the same at a known price, popular ones first.
#[must_use]
pub fn elsewhere(wish: &Wish, catalogue: &Catalogue, lang: Lang) -> Vec<Elsewhere> {
    let listed = search::countries(catalogue, script(lang), wish.product, "", &[]);
    let others = listed.into_iter().map(|hit| hit.country).filter(|country| country.iso2 != wish.iso2);
    let sold = others.filter_map(|country| {
        let price = catalogue.offer(country.id, wish.product, wish.service)?.price?;
        Some(Elsewhere { country: country.id, iso2: country.iso2.clone(), price })
    });
    sold.take(PLACES_MAX).collect()
}

impl Elsewhere {
    /// `🇬🇧 United Kingdom · $0.41`.
    pub(crate) fn label(&self, lang: Lang) -> Text {
        let place = Text::joined([parts::flag(&self.iso2), parts::country(lang, &self.iso2)], " ");
        priced(place, Some(self.price))
    }
}
