//! Calls about a number that was bought: `/getsms`, `/reject`, `/reuse`.

use serde_json::{Value, json};

use super::catalogue;
use super::{Done, NonVoip, no};
use crate::supplier::{Books, Call, Order, OrderStatus, Refusal, code_in, millis};

/// A number that a request names, by its place in the books.
pub(super) enum Named {
    /// For one code.
    Order(usize),
    /// For rent.
    Rental(usize),
}

impl NonVoip {
    /// The number that a request names: by its order, or by service and number, of which the newest is meant.
    pub(super) fn named(&self, books: &Books, call: &Call<'_>) -> Result<Named, Refusal> {
        let id = call.params.word("order_id");
        let (service, number) = (call.params.word("service"), call.params.word("number"));
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let of = |code: &str, names: &[&str], national: &str| match (&id, &service, &number) {
            (Some(id), _, _) => code == id,
            (None, Some(service), Some(number)) => {
                names.iter().any(|name| name.eq_ignore_ascii_case(service))
                    && [national.to_owned(), format!("1{national}")].contains(&digits(number))
            }
            (None, None, _) | (None, Some(_), None) => false,
        };
        if id.is_none() && (service.is_none() || number.is_none()) {
            return Err(no("The order_id field is required."));
        }
        let order = books.orders.iter().rposition(|order| of(&order.code, &[order.service_name], &order.national));
        let rental = || {
            books.rentals.iter().rposition(|rental| {
                let names = Self::service_names(books, rental);
                of(&rental.code, &names, rental.number.trim_start_matches('1'))
            })
        };
        order.map(Named::Order).or_else(|| rental().map(Named::Rental)).ok_or_else(|| no("Order not found."))
    }

    /// An order as an answer tells of it.
    pub(super) fn order_row(&self, order: &Order, now_ms: i64) -> Value {
        let dialect = self.options.dialect;
        let status = match order.status {
            OrderStatus::Pending => "waiting",
            OrderStatus::Completed => "completed",
            OrderStatus::Refunded => "rejected",
            OrderStatus::Expired => "expired",
        };
        json!({
            "order_id": dialect.id(&order.code), "number": self.told_number(&order.national, order.made_ms, now_ms),
            "service": order.service_name, "type": catalogue::Kind::ShortTerm.word(dialect), "status": status,
        })
    }

    /// A number as it is told now; empty while it is not allocated.
    pub(super) fn told_number(&self, national: &str, made_ms: i64, now_ms: i64) -> String {
        let dialect = self.options.dialect;
        let waits = dialect.allocates_later() && now_ms < made_ms + millis(self.options.number_after);
        if waits { String::new() } else { dialect.number(national) }
    }

    /// What arrived.
    pub(super) fn sms(&self, books: &Books, call: &Call<'_>) -> Done {
        match self.named(books, call)? {
            Named::Order(index) => self.order_sms(&books.orders[index], call.now_ms),
            Named::Rental(index) => self.rental_sms(books, &books.rentals[index], call.now_ms),
        }
    }

    fn order_sms(&self, order: &Order, now_ms: i64) -> Done {
        match order.status {
            OrderStatus::Pending => self.nothing_yet(&order.national, order.made_ms, now_ms),
            OrderStatus::Refunded => Err(no("This order was rejected.")),
            OrderStatus::Expired => Err(no("This order has expired.")),
            OrderStatus::Completed => {
                let text = order.texts.last().map_or("", String::as_str);
                let mut row = self.order_row(order, now_ms);
                (row["sms"], row["pin"]) = (json!(text), json!(code_in(text)));
                Ok(self.options.dialect.with_sms(vec![row], text, &code_in(text)))
            }
        }
    }

    /// No SMS so far; where numbers are allocated later, the number is told beside it.
    pub(super) fn nothing_yet(&self, national: &str, made_ms: i64, now_ms: i64) -> Done {
        const WORDS: &str = "No SMS received yet.";
        if !self.options.dialect.allocates_later() {
            return Err(no(WORDS));
        }
        let number = self.told_number(national, made_ms, now_ms);
        Ok(json!({ "status": "error", "message": WORDS, "number": number }))
    }

    /// Gives a number back before its first SMS.
    pub(super) fn reject(&self, books: &mut Books, call: &Call<'_>) -> Done {
        let row = match self.named(books, call)? {
            Named::Rental(index) => self.reject_rental(books, index, call.now_ms)?,
            Named::Order(index) => {
                let order = &books.orders[index];
                let unlocked_ms = order.made_ms + millis(books.options.cancel_lock);
                match order.status {
                    OrderStatus::Refunded => return Err(no("This order was already rejected.")),
                    OrderStatus::Expired => return Err(no("This order has expired, rejecting is not allowed.")),
                    OrderStatus::Completed => return Err(no("The SMS was already delivered.")),
                    OrderStatus::Pending if !order.texts.is_empty() => {
                        return Err(no("The SMS was already delivered."));
                    }
                    OrderStatus::Pending if call.now_ms < unlocked_ms => return Err(Refusal::CancelLocked),
                    OrderStatus::Pending => {}
                }
                books.refund(index, call.now_ms);
                self.order_row(&books.orders[index], call.now_ms)
            }
        };
        Ok(self.options.dialect.rows(vec![row]))
    }

    /// Lets the same number wait for another code.
    pub(super) fn reuse(&self, books: &mut Books, call: &Call<'_>) -> Done {
        let Named::Order(index) = self.named(books, call)? else {
            return Err(no("Only short term numbers can be reused."));
        };
        match books.orders[index].status {
            OrderStatus::Completed => {}
            OrderStatus::Pending | OrderStatus::Refunded | OrderStatus::Expired => {
                return Err(no("Only numbers that received an SMS can be reused."));
            }
        }
        let life_ms = millis(books.options.order_life);
        books.reopen(index, call.now_ms, call.now_ms + life_ms);
        let mut row = self.order_row(&books.orders[index], call.now_ms);
        row["till_expiration"] = json!(life_ms / 1000);
        Ok(self.options.dialect.rows(vec![row]))
    }
}
