//! What a supplier sold: numbers for one code, and numbers for rent.

use super::time::DAY_MS;

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderStatus {
    /// Waits for an SMS.
    Pending,
    /// An SMS arrived.
    Completed,
    /// Over, money given back.
    Refunded,
    /// Over without an SMS, and paid all the same.
    Expired,
}

/// A number for one code, as the supplier knows it.
#[derive(Clone, Debug)]
pub struct Order {
    /// The supplier's name for it.
    pub code: String,
    /// The country's id.
    pub country: u32,
    /// The service's id; the product's where the supplier sells products.
    pub service: u32,
    /// The service's name, without blanks around it.
    pub service_name: &'static str,
    /// The id of the supplier's sub-stock; 0 where it has none.
    pub pool: u32,
    /// The dial code.
    pub cc: String,
    /// The number without the dial code.
    pub national: String,
    /// What it cost, in micro-dollars.
    pub cost_micros: i64,
    /// When it was bought, in Unix milliseconds.
    pub made_ms: i64,
    /// When it ends.
    pub expires_ms: i64,
    /// Where it stands.
    pub status: OrderStatus,
    /// The texts that arrived, oldest first.
    pub texts: Vec<String>,
    /// Until when no list shows it.
    pub hidden_until_ms: i64,
    /// When it ended or its SMS came.
    pub completed_ms: Option<i64>,
}

/// A number that was rented.
#[derive(Clone, Debug)]
pub struct Rental {
    /// The supplier's name for it.
    pub code: String,
    /// The product's id.
    pub product: u32,
    /// The service's id, where one was chosen.
    pub service: Option<u32>,
    /// Products that were ordered together with it for the same number.
    pub beside: Vec<u32>,
    /// The full number.
    pub number: String,
    /// What it cost, in micro-dollars.
    pub cost_micros: i64,
    /// How many days were paid.
    pub days: u32,
    /// When it was rented, in Unix milliseconds.
    pub made_ms: i64,
    /// When it ends.
    pub expires_ms: i64,
    /// Until when it is awake: what arrives later waits until it is woken.
    pub awake_until_ms: i64,
    /// Sender, text and time of what arrived.
    pub texts: Vec<(Option<String>, String, i64)>,
    /// Whether it was given back.
    pub refunded: bool,
    /// What came while it slept.
    pub(crate) waiting: Vec<(Option<String>, String, i64)>,
    /// Whether the supplier renews it by itself.
    pub(crate) auto_extend: bool,
}

impl Rental {
    /// A line that was rented now, for so many days, and never sleeps.
    pub(crate) fn new(code: String, product: u32, number: String, days: u32, now_ms: i64) -> Self {
        Self {
            code,
            product,
            service: None,
            beside: Vec::new(),
            number,
            cost_micros: 0,
            days,
            made_ms: now_ms,
            expires_ms: now_ms + i64::from(days) * DAY_MS,
            awake_until_ms: i64::MAX,
            texts: Vec::new(),
            refunded: false,
            waiting: Vec::new(),
            auto_extend: false,
        }
    }

    /// An SMS arrives, or waits until the line is woken; false when the line is not ours any more.
    pub(crate) fn sms(&mut self, sender: Option<&str>, text: &str, now_ms: i64) -> bool {
        if self.refunded || now_ms >= self.expires_ms {
            return false;
        }
        let awake = now_ms < self.awake_until_ms;
        let texts = if awake { &mut self.texts } else { &mut self.waiting };
        texts.push((sender.map(str::to_owned), text.to_owned(), now_ms));
        true
    }

    /// Wakes the line until then: what waited arrives.
    pub(crate) fn wake(&mut self, until_ms: i64) {
        self.awake_until_ms = until_ms;
        self.texts.append(&mut self.waiting);
    }
}

/// The supplier's books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truth {
    /// What the account has left, in micro-dollars.
    pub balance_micros: i64,
    /// All that was ever charged.
    pub charged_micros: i64,
    /// All that was given back.
    pub refunded_micros: i64,
}

/// The code in a text: the first run of four or more digits, perhaps with a dash in it, else the whole text's first word with a digit.
pub(crate) fn code_in(text: &str) -> String {
    let runs = text.split(|letter: char| !letter.is_ascii_digit() && letter != '-');
    let digits = runs.map(|run| run.chars().filter(char::is_ascii_digit).collect::<String>());
    let found = digits.into_iter().find(|run| (4..=10).contains(&run.len()));
    let with_digit = || text.split_whitespace().find(|word| word.contains(|letter: char| letter.is_ascii_digit()));
    found.or_else(|| with_digit().map(str::to_owned)).unwrap_or_default()
}
