//! Prices and stock that were set by hand, over what the seed gives.

use std::collections::HashMap;

use super::money::CENT;

/// Set by hand for one service in one country.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Placard {
    /// The price in micro-dollars.
    pub(crate) price: Option<i64>,
    /// How many numbers are left.
    pub(crate) stock: Option<u32>,
}

/// All that was set by hand.
#[derive(Debug)]
pub(crate) struct Shelf {
    /// All prices, in percent of the usual ones.
    pub(crate) percent: u32,
    placards: HashMap<(u32, u32), Placard>,
    rentals: HashMap<u32, u32>,
}

impl Shelf {
    pub(crate) fn new() -> Self {
        Self { percent: 100, placards: HashMap::new(), rentals: HashMap::new() }
    }

    /// What was set for a service in a country.
    pub(crate) fn placard(&self, country: u32, service: u32) -> Option<Placard> {
        self.placards.get(&(country, service)).copied()
    }

    pub(crate) fn set_price(&mut self, country: u32, service: u32, price: i64) {
        self.placards.entry((country, service)).or_default().price = Some(price);
    }

    pub(crate) fn set_stock(&mut self, country: u32, service: u32, stock: u32) {
        self.placards.entry((country, service)).or_default().stock = Some(stock);
    }

    /// One number less, where the stock was set.
    pub(crate) fn take(&mut self, country: u32, service: u32) {
        if let Some(stock) = self.placards.get_mut(&(country, service)).and_then(|placard| placard.stock.as_mut()) {
            *stock = stock.saturating_sub(1);
        }
    }

    /// How many lines of a product for rent are left, where that was set.
    pub(crate) fn lines(&self, product: u32) -> Option<u32> {
        self.rentals.get(&product).copied()
    }

    pub(crate) fn set_lines(&mut self, product: u32, stock: u32) {
        self.rentals.insert(product, stock);
    }

    /// One line less, where their number was set.
    pub(crate) fn take_line(&mut self, product: u32) {
        if let Some(stock) = self.rentals.get_mut(&product) {
            *stock = stock.saturating_sub(1);
        }
    }

    /// A price at the level of all prices: whole cents, rounded up.
    pub(crate) fn at_level(&self, price: i64) -> i64 {
        let cents = (price / CENT).saturating_mul(i64::from(self.percent));
        cents.div_euclid(100).saturating_add(i64::from(cents % 100 != 0)) * CENT
    }
}
