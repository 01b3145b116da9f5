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

impl Role {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Purchase,
        Self::Check,
        Self::Cancel,
        Self::Resend,
        Self::Balance,
        Self::OpenOrders,
        Self::PastOrders,
        Self::Offers,
        Self::RentalOffers,
        Self::Rent,
        Self::RentalMessages,
        Self::RentalRefund,
        Self::OpenRentals,
        Self::Extend,
        Self::Wake,
    ];

    /// Its word in a conversation.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Purchase => "purchase",
            Self::Check => "check",
            Self::Cancel => "cancel",
            Self::Resend => "resend",
            Self::Balance => "balance",
            Self::OpenOrders => "open-orders",
            Self::PastOrders => "past-orders",
            Self::Offers => "offers",
            Self::RentalOffers => "rental-offers",
            Self::Rent => "rent",
            Self::RentalMessages => "rental-messages",
            Self::RentalRefund => "rental-refund",
            Self::OpenRentals => "open-rentals",
            Self::Extend => "extend",
            Self::Wake => "wake",
        }
    }
}
