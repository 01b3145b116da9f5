//! The simulated suppliers by the servers that people see: a row for each, and the moods that a whole supplier can be in.

use std::time::Duration;

use sim::supplier::Truth;
use sim::{OrderStatus, PoolFault, Sim, SupplierSim};

/// A server, and with it the supplier behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Server {
    /// Server 1.
    One,
    /// Server 2.
    Two,
}

impl Server {
    /// All of them.
    pub(crate) const ALL: [Self; 2] = [Self::One, Self::Two];

    /// The number that people see.
    pub(crate) const fn number(self) -> usize {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }

    /// The server with a number.
    pub(crate) fn numbered(number: usize) -> Option<Self> {
        Self::ALL.into_iter().find(|server| server.number() == number)
    }

    /// Its place where there is one thing for each.
    pub(crate) const fn index(self) -> usize {
        self.number() - 1
    }

    /// What simulates it, for whoever plays.
    pub(crate) const fn simulator(self) -> &'static str {
        match self {
            Self::One => "simulated NonVoipUsNumber",
            Self::Two => "simulated SMSPool",
        }
    }

    /// The supplier's word in a script.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::One => "nonvoip",
            Self::Two => "smspool",
        }
    }

    /// The server whose supplier has this word; where a script names none, the one with all countries is meant.
    pub(crate) fn of(supplier: Option<sim::Supplier>) -> Self {
        match supplier {
            Some(sim::Supplier::NonVoip) => Self::One,
            Some(sim::Supplier::SmsPool) | None => Self::Two,
        }
    }

    /// Its simulator.
    pub(crate) const fn of_sim(self, sim: &Sim) -> &SupplierSim {
        match self {
            Self::One => &sim.nonvoip,
            Self::Two => &sim.smspool,
        }
    }
}

/// What a supplier's own books say, whatever the bot believes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Books {
    /// Balance, charges, refunds.
    pub(crate) truth: Truth,
    /// How many numbers it sold.
    pub(crate) sold: usize,
    /// How many of them wait for an SMS.
    pub(crate) waiting: usize,
}

impl Books {
    /// As they are now.
    pub(crate) fn of(supplier: &SupplierSim) -> Self {
        let orders = supplier.orders();
        let waiting = orders.iter().filter(|order| order.status == OrderStatus::Pending).count();
        Self { truth: supplier.truth(), sold: orders.len() + supplier.rentals().len(), waiting }
    }
}

/// How a whole supplier is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// As it should be.
    Well,
    /// It takes every request and answers none.
    Down,
    /// Every answer comes late.
    Slow,
    /// Every answer is nonsense.
    Lying,
}

/// How late a slow supplier answers.
const LATE: Duration = Duration::from_secs(8);

impl Mood {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Well, Self::Down, Self::Slow, Self::Lying];

    /// Its word, on the button and in requests.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Down => "down",
            Self::Slow => "slow",
            Self::Lying => "lying",
        }
    }

    /// The mood with a word.
    pub(crate) fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mood| mood.word() == word)
    }

    /// Under the pointer.
    pub(crate) const fn hint(self) -> &'static str {
        match self {
            Self::Well => "every endpoint answers as it should",
            Self::Down => "no endpoint answers any more",
            Self::Slow => "every endpoint answers 8 s late",
            Self::Lying => "every endpoint does its work and answers with nonsense",
        }
    }

    /// The failure of every endpoint that makes it.
    pub(crate) fn fault(self) -> Option<PoolFault> {
        match self {
            Self::Well => None,
            Self::Down => Some(PoolFault::HangBefore),
            Self::Slow => Some(PoolFault::Delay(LATE)),
            Self::Lying => Some(PoolFault::Garbage("{\"success\":\"perhaps\",\"message\":[[]]}".to_owned())),
        }
    }
}

/// Micro-dollars in dollars and cents, rounded down to a hundredth of a cent where there are such parts.
pub(crate) fn dollars(micros: i64) -> String {
    let (whole, parts) = (micros.unsigned_abs() / 1_000_000, micros.unsigned_abs() % 1_000_000 / 100);
    let sign = if micros < 0 { "−" } else { "" };
    if parts % 100 == 0 { format!("{sign}${whole}.{:02}", parts / 100) } else { format!("{sign}${whole}.{parts:04}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_shown_to_a_hundredth_of_a_cent() {
        for (micros, shown) in [
            (0, "$0.00"),
            (1_000_000_000, "$1000.00"),
            (997_400_000, "$997.40"),
            (123_400, "$0.1234"),
            (-50_000, "−$0.05"),
        ] {
            assert_eq!(dollars(micros), shown);
        }
    }

    #[test]
    fn words_and_numbers_name_what_they_were_made_of() {
        for mood in Mood::ALL {
            assert_eq!(Mood::named(mood.word()), Some(mood));
        }
        for server in Server::ALL {
            assert_eq!(Server::numbered(server.number()), Some(server));
            assert_eq!(Server::ALL[server.index()], server);
        }
    }
}
