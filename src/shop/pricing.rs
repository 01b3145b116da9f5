//! From a supplier's cost to the price that a user sees: one margin, rounded up once, never below cost.

use serde::{Deserialize, Serialize};

use crate::Money;
use crate::money::MICROS_PER_CENT;

/// How a server's sale prices are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Margin {
    /// The share on top of the cost, in hundredths of a percent: 3,000 is 30 %. From 0 to 100,000.
    basis_points: u32,
}

/// The highest margin: tenfold on top of the cost.
pub const BASIS_POINTS_MAX: u32 = 100_000;

impl Margin {
    /// The margin of a new shop: 30 %.
    pub const DEFAULT: Self = Self { basis_points: 3_000 };

    /// A margin in hundredths of a percent; `None` above [`BASIS_POINTS_MAX`].
    #[must_use]
    pub const fn from_basis_points(basis_points: u32) -> Option<Self> {
        if basis_points <= BASIS_POINTS_MAX { Some(Self { basis_points }) } else { None }
    }

    /// Reads a percentage as an operator types it: `30`, `12.5`, `0.25`; no sign, no `%`, no exponent.
    #[must_use]
    pub fn parse_percent(text: &str) -> Option<Self> {
        let percent = Money::parse(text).ok()?;
        let exact = percent.micros() % MICROS_PER_CENT == 0;
        let basis_points = u32::try_from(percent.micros() / MICROS_PER_CENT).ok()?;
        if exact { Self::from_basis_points(basis_points) } else { None }
    }

    /// The margin in hundredths of a percent.
    #[must_use]
    pub const fn basis_points(self) -> u32 {
        self.basis_points
    }
}

/// The price for a cost: `cost · (1 + margin)`, rounded up to the next cent. `None` for a cost that is not above zero,
/// or on overflow: such an offer is not for sale.
#[must_use]
pub fn sale_price(cost: Money, margin: Margin) -> Option<Money> {
    if cost <= Money::ZERO {
        return None;
    }
    let exact = i128::from(cost.micros()) * i128::from(10_000 + margin.basis_points);
    let micros = i64::try_from((exact + 9_999) / 10_000).ok()?;
    let price = Money::from_micros(micros).rounded_up_to(MICROS_PER_CENT);
    (price >= cost).then_some(price)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(cost: &str, percent: &str) -> Option<String> {
        let margin = Margin::parse_percent(percent).expect("a margin");
        sale_price(Money::parse(cost).expect("a cost"), margin).map(|price| price.to_string())
    }

    #[test]
    fn prices_round_up_to_the_cent_once() {
        for (cost, percent, expected) in
            [("0.24", "30", "$0.32"), ("1", "0", "$1.00"), ("0.001", "30", "$0.01"), ("0.10", "12.5", "$0.12")]
        {
            assert_eq!(price(cost, percent).as_deref(), Some(expected), "{cost} at {percent} %");
        }
        assert_eq!(price("0", "30"), None);
    }

    #[test]
    fn margins_are_plain_percentages() {
        for hostile in ["10%", "-1", "1e3", "", " ", "1000.01", "0.001", "1001"] {
            assert_eq!(Margin::parse_percent(hostile), None, "{hostile}");
        }
        assert_eq!(Margin::parse_percent("30").map(Margin::basis_points), Some(3_000));
    }
}
