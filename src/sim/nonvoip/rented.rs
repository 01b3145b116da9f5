//! Calls about a number that was rented: its messages, `/renew`, `/activate`. It sleeps until it is woken; what is sent to
//! it meanwhile waits (nobody has seen whether it is lost).

use serde_json::{Value, json};

use super::catalogue::{self, Product};
use super::numbers::Named;
use super::{Done, NonVoip, no};
use crate::supplier::{Books, Call, DAY_MS, Refusal, Rental, code_in, millis, utc};

impl NonVoip {
    fn products_of(books: &Books, rental: &Rental) -> Vec<Product> {
        let ids = std::iter::once(&rental.product).chain(&rental.beside);
        ids.filter_map(|id| catalogue::find(books, *id)).collect()
    }

    /// The services that a number is rented for.
    pub(super) fn service_names(books: &Books, rental: &Rental) -> Vec<&'static str> {
        Self::products_of(books, rental).iter().map(|product| product.name).collect()
    }

    /// A rented number as an answer tells of it.
    pub(super) fn rental_row(&self, books: &Books, rental: &Rental, now_ms: i64) -> Value {
        let dialect = self.options.dialect;
        let products = Self::products_of(books, rental);
        let names: Vec<&str> = products.iter().map(|product| product.name).collect();
        let national = rental.number.trim_start_matches('1');
        let status = if now_ms < rental.awake_until_ms { "active" } else { "inactive" };
        json!({
            "order_id": dialect.id(&rental.code), "number": self.told_number(national, rental.made_ms, now_ms),
            "service": names.join(", "), "type": products.first().map(|product| product.kind.word(dialect)),
            "status": status,
        })
    }

    /// All that arrived on a rented number, oldest first; the newest is told beside.
    pub(super) fn rental_sms(&self, books: &Books, rental: &Rental, now_ms: i64) -> Done {
        if rental.refunded {
            return Err(no("This order was rejected."));
        }
        let Some((_, newest, _)) = rental.texts.last() else {
            let national = rental.number.trim_start_matches('1');
            return match now_ms < rental.expires_ms {
                true => self.nothing_yet(national, rental.made_ms, now_ms),
                false => Err(no("This order has expired.")),
            };
        };
        let row = |(_, text, at_ms): &(Option<String>, String, i64)| {
            let mut row = self.rental_row(books, rental, now_ms);
            (row["sms"], row["pin"], row["received"]) = (json!(text), json!(code_in(text)), json!(utc(*at_ms)));
            row
        };
        Ok(self.options.dialect.with_sms(rental.texts.iter().map(row).collect(), newest, &code_in(newest)))
    }

    /// Gives a rented number back before its first SMS.
    pub(super) fn reject_rental(&self, books: &mut Books, index: usize, now_ms: i64) -> Result<Value, Refusal> {
        self.open_rental(books, index, now_ms)?;
        let rental = &mut books.rentals[index];
        if !rental.texts.is_empty() {
            return Err(no("The SMS was already delivered."));
        }
        rental.refunded = true;
        let cost = rental.cost_micros;
        books.give_back(cost);
        Ok(self.rental_row(books, &books.rentals[index], now_ms))
    }

    /// As many days once more, at the price of now.
    pub(super) fn renew(&self, books: &mut Books, call: &Call<'_>) -> Done {
        let index = self.named_rental(books, call)?;
        let price = Self::products_of(books, &books.rentals[index]).iter().map(|product| product.price).sum();
        if books.balance < price {
            return Err(Refusal::NoBalance);
        }
        books.charge(price);
        let rental = &mut books.rentals[index];
        rental.expires_ms += i64::from(rental.days) * DAY_MS;
        rental.cost_micros += price;
        let expires = utc(rental.expires_ms);
        let mut row = self.rental_row(books, &books.rentals[index], call.now_ms);
        row[self.options.dialect.renewed_until()] = json!(expires);
        Ok(self.options.dialect.rows(vec![row]))
    }

    /// Wakes a rented number for a while.
    pub(super) fn activate(&self, books: &mut Books, call: &Call<'_>) -> Done {
        let index = self.named_rental(books, call)?;
        let awake_ms = millis(self.options.awake);
        let rental = &mut books.rentals[index];
        let until_ms = (call.now_ms + awake_ms).min(rental.expires_ms);
        rental.wake(until_ms);
        let mut row = self.rental_row(books, &books.rentals[index], call.now_ms);
        (row["end_on"], row["duration"]) = (json!(utc(until_ms)), json!(awake_ms / 60_000));
        Ok(self.options.dialect.rows(vec![row]))
    }

    fn named_rental(&self, books: &Books, call: &Call<'_>) -> Result<usize, Refusal> {
        let Named::Rental(index) = self.named(books, call)? else {
            return Err(no("This is a short term order."));
        };
        self.open_rental(books, index, call.now_ms)?;
        Ok(index)
    }

    fn open_rental(&self, books: &Books, index: usize, now_ms: i64) -> Result<(), Refusal> {
        let rental = &books.rentals[index];
        if rental.refunded {
            return Err(no("This order was already rejected."));
        }
        if now_ms < rental.expires_ms { Ok(()) } else { Err(no("This order has expired.")) }
    }
}
