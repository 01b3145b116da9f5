//! `/products` and `/order`.

use serde_json::{Value, json};

use super::catalogue::{self, Kind, Product, UNITED_STATES};
use super::{Done, NonVoip, no};
use crate::request::Params;
use crate::supplier::{Books, Call, Order, OrderStatus, Refusal, Rental, below, millis};

/// The most services of one number.
const TOGETHER_MAX: usize = 5;

impl NonVoip {
    /// The catalogue, or the part of it that a type, a network or an id names.
    pub(super) fn products(&self, books: &Books, call: &Call<'_>) -> Done {
        let dialect = self.options.dialect;
        let kind = call.params.word("type").map(|word| Kind::named(&word, dialect).ok_or_else(|| no("Invalid type.")));
        let (kind, network) = (kind.transpose()?, optional_integer(call.params, "network")?);
        if network.is_some_and(|network| network != 1 && network != 2) {
            return Err(no("Invalid network."));
        }
        let id = optional_integer(call.params, "id")?;
        let wanted = |product: &Product| {
            kind.is_none_or(|kind| kind == product.kind)
                && network.is_none_or(|network| network == i64::from(product.network))
                && id.is_none_or(|id| id == i64::from(product.id))
        };
        let rows: Vec<Value> = catalogue::products(books)
            .iter()
            .filter(|product| wanted(product))
            .map(|product| self.row(product))
            .collect();
        if rows.is_empty() {
            return Err(no("Product not found."));
        }
        Ok(dialect.rows(rows))
    }

    fn row(&self, product: &Product) -> Value {
        let dialect = self.options.dialect;
        let mut row = json!({
            "product_id": dialect.id(&product.id.to_string()), "name": product.name, "type": product.kind.word(dialect),
            "network": product.network, "price": dialect.amount(product.price),
        });
        dialect.set_stock(&mut row, product.stock);
        row
    }

    /// Sells a number: for one code, or for rent, then also for several services.
    pub(super) fn order(&self, books: &mut Books, call: &Call<'_>) -> Done {
        if call.params.0.contains_key("auction") {
            return Err(no("Auction is not available for this product."));
        }
        let products = wanted_products(books, call.params)?;
        if products.iter().any(|product| product.stock == 0) {
            return Err(Refusal::OutOfStock);
        }
        let price = products.iter().map(|product| product.price).sum();
        if books.balance < price {
            return Err(Refusal::NoBalance);
        }
        books.charge(price);
        for product in &products {
            books.shelf.take(UNITED_STATES, product.id);
            books.shelf.take_line(product.id);
        }
        let [first, others @ ..] = products.as_slice() else {
            return Err(no("Product not found."));
        };
        let row = match first.kind.days() {
            None => self.sell(books, first, call.now_ms),
            Some(days) => self.rent(books, (first, others), price, days, call.now_ms),
        };
        Ok(self.options.dialect.rows(vec![row]))
    }

    fn sell(&self, books: &mut Books, product: &Product, now_ms: i64) -> Value {
        let order = Order {
            code: fresh_id(books),
            country: UNITED_STATES,
            service: product.id,
            service_name: product.name,
            pool: 0,
            cc: "1".to_owned(),
            national: fresh_number(books),
            cost_micros: product.price,
            made_ms: now_ms,
            expires_ms: now_ms + millis(books.options.order_life),
            status: OrderStatus::Pending,
            texts: Vec::new(),
            hidden_until_ms: now_ms,
            completed_ms: None,
        };
        let mut row = self.order_row(&order, now_ms);
        row["expiration"] = json!((order.expires_ms - now_ms) / 1000);
        books.add_order(order);
        row
    }

    fn rent(
        &self,
        books: &mut Books,
        (first, others): (&Product, &[Product]),
        price: i64,
        days: u32,
        now_ms: i64,
    ) -> Value {
        let (code, number) = (fresh_id(books), format!("1{}", fresh_number(books)));
        let mut rental = Rental::new(code, first.id, number, days, now_ms);
        rental.cost_micros = price;
        rental.beside = others.iter().map(|product| product.id).collect();
        // It sleeps from the start.
        rental.awake_until_ms = now_ms;
        let mut row = self.rental_row(books, &rental, now_ms);
        row["expires"] = json!(crate::supplier::utc(rental.expires_ms));
        books.rentals.push(rental);
        row
    }
}

/// The products that a request names: one, or several for the same thirty days.
fn wanted_products(books: &Books, params: &Params) -> Result<Vec<Product>, Refusal> {
    let find = |id: Option<i64>| {
        let id = id.and_then(|id| u32::try_from(id).ok());
        id.and_then(|id| catalogue::find(books, id)).ok_or_else(|| no("Product not found."))
    };
    let several = params.json("product_ids").map_err(Refusal::Unreadable)?;
    let Some(several) = several else {
        params.word("product_id").ok_or_else(|| no("The product_id field is required."))?;
        return Ok(vec![find(params.integer("product_id"))?]);
    };
    let ids = several.as_array().ok_or_else(|| no("The product_ids field must be a list."))?;
    let id = |id: &Value| id.as_i64().or_else(|| id.as_str()?.parse().ok());
    let products: Vec<Product> = ids.iter().map(|one| find(id(one))).collect::<Result<_, _>>()?;
    let repeated = (1..products.len()).any(|at| products[..at].contains(&products[at]));
    if products.is_empty() || products.len() > TOGETHER_MAX || repeated {
        return Err(no("Between 1 and 5 different product_ids are allowed."));
    }
    if products.iter().any(|product| product.kind != Kind::Month) {
        return Err(no("Several services are sold for 30 days only."));
    }
    Ok(products)
}

/// A whole number that may be left out.
fn optional_integer(params: &Params, name: &str) -> Result<Option<i64>, Refusal> {
    let Some(_) = params.word(name) else { return Ok(None) };
    params.integer(name).map(Some).ok_or_else(|| no(&format!("The {name} field must be a number.")))
}

/// The next order's id: orders and rentals share one sequence.
fn fresh_id(books: &Books) -> String {
    (4_810_001 + books.orders.len() + books.rentals.len()).to_string()
}

/// Ten digits, as they are written in the United States.
fn fresh_number(books: &mut Books) -> String {
    format!("{}{:08}", 20 + below(books.random(), 80), below(books.random(), 100_000_000))
}
