//! NonVoipUsNumber's API, US numbers only: paths, parameters, answers and catalogue. What is common to suppliers is in
//! [`crate::supplier`]. It keeps no list of orders, and its callbacks are not simulated.

mod catalogue;
mod dialect;
mod numbers;
mod products;
mod rented;
#[cfg(test)]
mod tests;

use axum::http::{HeaderMap, Method};
use serde_json::{Map, Value, json};

use crate::clock::SimClock;
use crate::options::NonVoipOptions;
use crate::request::{Params, Source};
use crate::supplier::{Answer, Books, Call, Credentials, Problem, Protocol, Refusal, Role, SupplierSim};

/// The simulated supplier, behind no socket yet.
pub(crate) fn supplier(options: NonVoipOptions, clock: SimClock) -> SupplierSim {
    let (common, unused) = (options.common.clone(), options.unused);
    SupplierSim::new(NonVoip { options }, common, unused, clock)
}

#[derive(Debug)]
struct NonVoip {
    options: NonVoipOptions,
}

impl Protocol for NonVoip {
    fn host(&self) -> &'static str {
        "nonvoipusnumber.com"
    }

    fn prefix(&self) -> &'static str {
        "/manager/api"
    }

    fn source(&self) -> Source {
        Source::Body
    }

    fn email(&self) -> Option<&str> {
        Some(&self.options.email)
    }

    fn path(&self, role: Role) -> Option<&'static str> {
        match role {
            Role::Purchase | Role::Rent => Some("/order"),
            Role::Check | Role::RentalMessages => Some("/getsms"),
            Role::Cancel | Role::RentalRefund => Some("/reject"),
            Role::Resend => Some("/reuse"),
            Role::Balance => Some("/balance"),
            Role::Offers | Role::RentalOffers => Some("/products"),
            Role::Extend => Some("/renew"),
            Role::Wake => Some("/activate"),
            Role::OpenOrders | Role::PastOrders | Role::OpenRentals => None,
        }
    }

    fn credentials(&self, params: &mut Params, _headers: &HeaderMap) -> Credentials {
        let mut take = |name| params.0.remove(name).and_then(|value| value.as_str().map(str::to_owned));
        Credentials { email: take("email"), key: take("password") }
    }

    fn answer(&self, books: &mut Books, key: &str, call: &Call<'_>) -> Option<Answer> {
        const PATHS: [&str; 8] =
            ["/balance", "/products", "/order", "/getsms", "/reject", "/reuse", "/renew", "/activate"];
        if !PATHS.contains(&call.endpoint) {
            return None;
        }
        if *call.method != Method::POST {
            let body = json!({ "status": "error", "message": "Method not allowed." });
            return Some(Err(Problem { status: 405, body }));
        }
        let Credentials { email, key: password } = call.credentials;
        if email.as_deref() != Some(&self.options.email) || password.as_deref() != Some(key) {
            return Some(Err(self.refused(&Refusal::InvalidKey)));
        }
        let done = match call.endpoint {
            "/balance" => self.balance(books),
            "/products" => self.products(books, call),
            "/order" => self.order(books, call),
            "/getsms" => self.sms(books, call),
            "/reject" => self.reject(books, call),
            "/reuse" => self.reuse(books, call),
            "/renew" => self.renew(books, call),
            "/activate" => self.activate(books, call),
            _ => return None,
        };
        Some(done.map_err(|refusal| self.refused(&refusal)))
    }

    fn refusal(&self, refusal: &Refusal, _params: &Params) -> Problem {
        self.refused(refusal)
    }

    fn told_order<'body>(&self, body: &'body mut Value) -> Option<&'body mut Map<String, Value>> {
        match body.get_mut("message")? {
            Value::Array(rows) => rows.first_mut()?.as_object_mut(),
            Value::Object(row) => Some(row),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        }
    }
}

/// What a call comes to: a body, or what is refused in the words of [`NonVoip::refused`].
type Done = Result<Value, Refusal>;

/// A refusal in these words. Only "Insufficient balance." was ever seen; the others are plausible.
fn no(words: &str) -> Refusal {
    Refusal::Said(words.to_owned())
}

impl NonVoip {
    fn refused(&self, refusal: &Refusal) -> Problem {
        let usual = self.options.dialect.refusal_status();
        let (status, words) = match refusal {
            Refusal::OutOfStock => (usual, "This product is out of stock."),
            Refusal::NoBalance => (usual, "Insufficient balance."),
            // It takes no highest price, so this is as near as it comes to one.
            Refusal::PriceNotFound => (usual, "This product is not available at the moment."),
            Refusal::TooManyFailed => (usual, "Too many rejected orders. Please try again later."),
            Refusal::InvalidKey => (usual, "Invalid email or password."),
            Refusal::CancelLocked => (usual, "This order is not allowed to be rejected yet."),
            Refusal::TooManyRequests => (429, "Too many requests."),
            Refusal::NoSuchPath => (404, "Not found."),
            Refusal::Unreadable(error) => (400, error.as_str()),
            Refusal::Said(words) => (usual, words.as_str()),
        };
        Problem { status, body: json!({ "status": "error", "message": words }) }
    }

    fn balance(&self, books: &Books) -> Done {
        Ok(json!({ "status": "success", "balance": self.options.dialect.balance(books.balance) }))
    }
}
