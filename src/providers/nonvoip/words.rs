//! What the supplier's sentences mean. Next to none is documented (nonvoip.md 4), so they are read by key words, and the
//! meaning that costs nobody anything wins where two are possible.

use crate::endpoint::Subject;

/// What a refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Words {
    /// Too many requests.
    RateLimit,
    /// Our balance is too low.
    Balance,
    /// The login is wrong, or the account is closed.
    Account,
    /// Nothing is in stock.
    OutOfStock,
    /// The product does not exist (any more).
    NoProduct,
    /// The order or number does not exist.
    NoOrder,
    /// The order cannot be given back yet.
    TooEarly,
    /// The order was given back already.
    GivenBack,
    /// The order is over.
    Expired,
    /// Anything else.
    Other,
}

impl Words {
    /// Reads a sentence in an answer about `subject`.
    pub(super) fn of(text: &str, subject: Subject) -> Self {
        let text = text.to_lowercase();
        about_us(&text).unwrap_or_else(|| match subject {
            Subject::Sale => about_stock(&text),
            Subject::Order => about_order_or_stock(&text),
            Subject::GivingBack => about_giving_back(&text),
            Subject::Messages if speaks_of_messages_first(&text) => Self::Other,
            Subject::Messages => about_order(&text),
        })
    }
}

const MISSING: [&str; 12] = [
    "not found",
    "not exist",
    "n't exist",
    "no such",
    "could not find",
    "couldn't find",
    "cannot find",
    "can't find",
    "invalid",
    "unknown",
    "deleted",
    "no longer",
];

fn about_us(text: &str) -> Option<Words> {
    let money = has(text, &["balance", "fund", "credit"]);
    if has(text, &["too many", "rate limit", "slow down"]) {
        Some(Words::RateLimit)
    } else if money && has(text, &["insufficient", "not enough", "too low"]) {
        Some(Words::Balance)
    } else if is_about_login(text) {
        Some(Words::Account)
    } else {
        None
    }
}

fn is_about_login(text: &str) -> bool {
    let before = ["invalid", "incorrect", "wrong", "unknown", "no such"];
    let after = ["not found", "does not exist", "suspended", "disabled", "blocked", "banned", "inactive"];
    let wrong = ["email", "e-mail", "user", "account"].iter().any(|who| {
        let led = before.iter().any(|word| text.contains(&format!("{word} {who}")));
        let links = ["", "is ", "was ", "has been "];
        let followed = |link: &str| after.iter().any(|word| text.contains(&format!("{who} {link}{word}")));
        led || links.into_iter().any(followed)
    });
    wrong || has(text, &["password", "credential", "unauthori", "authenticat", "access denied", "log in", "login"])
}

fn about_stock(text: &str) -> Words {
    if has(text, &["out of stock", "sold out", "no stock", "not available", "unavailable", "no number", "no available"])
    {
        Words::OutOfStock
    } else if has(text, &MISSING) || has(text, &["discontinued", "withdrawn"]) {
        Words::NoProduct
    } else {
        Words::Other
    }
}

fn about_order(text: &str) -> Words {
    let negated = has(text, &["not ", "n't ", "cannot"]);
    let given_back =
        ENDS.iter().any(|end| text.contains(&format!("was {end}")) || text.contains(&format!("been {end}")));
    if is_given_back_already(text) || (given_back && !negated) {
        Words::GivenBack
    } else if has(text, &MISSING) {
        Words::NoOrder
    } else if has(text, &["expired"]) && !negated {
        Words::Expired
    } else {
        Words::Other
    }
}

/// What goes on under an order is a sale as well.
fn about_order_or_stock(text: &str) -> Words {
    match (about_order(text), about_stock(text)) {
        (Words::Other, Words::OutOfStock) => Words::OutOfStock,
        (words, _) => words,
    }
}

/// That something "was rejected" could be said of the wish itself, so here only "already" means the order. That and
/// "delivered" say that it is too late; a span of time, that it is too early.
fn about_giving_back(text: &str) -> Words {
    let early = has(text, &["wait", "yet", "too early", "too soon"]);
    let late = has(text, &["already", "delivered"]);
    let span = has(text, &["minute", "second"]);
    if is_given_back_already(text) {
        Words::GivenBack
    } else if has(text, &MISSING) {
        Words::NoOrder
    } else if early || (span && !late) {
        Words::TooEarly
    } else {
        Words::Other
    }
}

const ENDS: [&str; 4] = ["rejected", "refunded", "cancelled", "canceled"];

fn is_given_back_already(text: &str) -> bool {
    let said = |end: &str| text.contains(&format!("already {end}")) || text.contains(&format!("already been {end}"));
    ENDS.into_iter().any(said) && !has(text, &["not already", "n't already"])
}

/// "SMS not found for this order" is about the SMS, "Order not found" is not.
fn speaks_of_messages_first(text: &str) -> bool {
    let mut words = text.split(|letter: char| !letter.is_alphanumeric());
    let noun = words.find_map(|word| match word.trim_end_matches('s') {
        "sm" | "message" | "code" | "pin" => Some(true),
        "order" | "number" | "phone" => Some(false),
        _ => None,
    });
    noun == Some(true)
}

fn has(text: &str, needles: &[&str]) -> bool {
    needles.iter().any(|needle| text.contains(needle))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<const N: usize>(subject: Subject, cases: [(&str, Words); N]) {
        for (text, expected) in cases {
            assert_eq!(Words::of(text, subject), expected, "{text}");
        }
    }

    #[test]
    fn sentences_about_us_mean_the_same_everywhere() {
        for subject in [Subject::Sale, Subject::Order, Subject::GivingBack, Subject::Messages] {
            check(
                subject,
                [
                    ("Insufficient balance.", Words::Balance),
                    ("You have insufficient funds", Words::Balance),
                    ("Your balance is too low", Words::Balance),
                    ("Insufficient numbers", Words::Other),
                    ("This is nothing for your account, we are blocked", Words::Other),
                    ("Too many requests, wait 60 seconds", Words::RateLimit),
                    ("Rate limit exceeded", Words::RateLimit),
                    ("Invalid email or password", Words::Account),
                    ("User not found", Words::Account),
                    ("Your account is suspended.", Words::Account),
                    ("Incorrect e-mail", Words::Account),
                    ("Unauthorized", Words::Account),
                    ("Something else", Words::Other),
                    ("Your balance is fine", Words::Other),
                ],
            );
        }
    }

    #[test]
    fn sentences_about_products() {
        check(
            Subject::Sale,
            [
                ("Product is out of stock", Words::OutOfStock),
                ("This service is currently not available", Words::OutOfStock),
                ("No numbers available", Words::OutOfStock),
                ("Product not found", Words::NoProduct),
                ("Invalid product_id", Words::NoProduct),
                ("Already ordered", Words::Other),
            ],
        );
    }

    #[test]
    fn sentences_about_messages_are_no_sms_yet_unless_they_name_the_order() {
        check(
            Subject::Messages,
            [
                ("No SMS yet", Words::Other),
                ("SMS not found for this order", Words::Other),
                ("Could not find any messages for the number", Words::Other),
                ("Code not found.", Words::Other),
                ("Waiting for SMS", Words::Other),
                ("Order not found", Words::NoOrder),
                ("Invalid order_id", Words::NoOrder),
                ("This order does not exist", Words::NoOrder),
                ("Not found", Words::NoOrder),
                ("Order has been rejected", Words::GivenBack),
                ("Order already refunded", Words::GivenBack),
                ("The number was cancelled", Words::GivenBack),
                ("Order has not been refunded", Words::Other),
                ("Number expired", Words::Expired),
                ("Number has not expired", Words::Other),
            ],
        );
    }

    #[test]
    fn sentences_about_giving_back() {
        check(
            Subject::GivingBack,
            [
                ("Order already rejected", Words::GivenBack),
                ("This order has already been refunded.", Words::GivenBack),
                ("Cannot reject: already cancelled", Words::GivenBack),
                ("SMS already delivered, it can not be rejected", Words::Other),
                ("Your request was rejected", Words::Other),
                ("The order has not already been refunded", Words::Other),
                ("Reject is not allowed", Words::Other),
                ("SMS was delivered 2 minutes ago", Words::Other),
                ("Please wait 2 minutes", Words::TooEarly),
                ("Cannot be rejected yet", Words::TooEarly),
                ("Too early", Words::TooEarly),
                ("Only possible after 120 seconds", Words::TooEarly),
                ("Order not found", Words::NoOrder),
                ("Order expired", Words::Other),
            ],
        );
    }
}
