//! What a call is for, so that a test can name it without knowing whose path it is.

/// The purpose of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Buys a number for one code.
    Purchase,
    /// Asks about one order.
    Check,
    /// Gives one order back.
    Cancel,
    /// Asks for another code on the same number.
    Resend,
    /// Our balance.
    Balance,
    /// Our open orders.
    OpenOrders,
    /// Our past orders.
    PastOrders,
    /// What is sold at which price.
    Offers,
    /// What is for rent.
    RentalOffers,
    /// Rents a number.
    Rent,
    /// What a rented number received.
    RentalMessages,
    /// Gives a rented number back.
    RentalRefund,
    /// Our rented numbers.
    OpenRentals,
    /// Pays for more days.
    Extend,
    /// Wakes a rented number that sleeps.
    Wake,
}
