//! SMSPool's API: paths, parameters, answers and catalogue. What is common to suppliers is in [`crate::supplier`].

mod catalogue;
mod lists;
mod orders;
mod refusals;
mod rentals;
#[cfg(test)]
mod tests;

use axum::http::HeaderMap;
use serde_json::{Map, Value, json};

use crate::clock::SimClock;
use crate::options::{SmsPoolOptions, Unused};
use crate::request::{Params, Source, bearer};
use crate::supplier::{Answer, Books, Call, Credentials, Problem, Protocol, Refusal, Role, SupplierSim, money, utc};
use refusals::{about, missing, say};

/// Endpoints that answer without a key.
const KEYLESS: [&str; 15] = [
    "/country/retrieve_all",
    "/service/retrieve_all",
    "/pool/retrieve_all",
    "/pool/retrieve_valid",
    "/request/success_rate",
    "/request/suggested_countries",
    "/request/price",
    "/request/pricing",
    "/request/areacodes",
    "/sms/stock",
    "/sms/all_stock",
    "/rental/retrieve_all",
    "/rental/retrieve_pricing",
    "/rental/retrieve_services",
    "/rental/stock",
];

/// The simulated supplier, behind no socket yet.
pub(crate) fn supplier(options: SmsPoolOptions, clock: SimClock) -> SupplierSim {
    let common = options.common.clone();
    SupplierSim::new(SmsPool { options }, common, Unused::Refunded, clock)
}

#[derive(Debug)]
struct SmsPool {
    options: SmsPoolOptions,
}

impl Protocol for SmsPool {
    fn host(&self) -> &'static str {
        "api.smspool.net"
    }

    fn prefix(&self) -> &'static str {
        ""
    }

    fn source(&self) -> Source {
        Source::Anywhere
    }

    fn email(&self) -> Option<&str> {
        None
    }

    fn path(&self, role: Role) -> Option<&'static str> {
        match role {
            Role::Purchase => Some("/purchase/sms"),
            Role::Check => Some("/sms/check"),
            Role::Cancel => Some("/sms/cancel"),
            Role::Resend => Some("/sms/resend"),
            Role::Balance => Some("/request/balance"),
            Role::OpenOrders => Some("/request/active"),
            Role::PastOrders => Some("/request/history"),
            Role::Offers => Some("/request/pricing"),
            Role::RentalOffers => Some("/rental/retrieve_all"),
            Role::Rent => Some("/purchase/rental"),
            Role::RentalMessages => Some("/rental/retrieve_messages"),
            Role::RentalRefund => Some("/rental/refund"),
            Role::OpenRentals => Some("/rental/retrieve"),
            Role::Extend => Some("/rental/extend"),
            Role::Wake => None,
        }
    }

    fn credentials(&self, params: &mut Params, headers: &HeaderMap) -> Credentials {
        let named = params.0.remove("key").and_then(|key| key.as_str().map(str::to_owned));
        Credentials { email: None, key: named.or_else(|| bearer(headers)) }
    }

    fn answer(&self, books: &mut Books, key: &str, call: &Call<'_>) -> Option<Answer> {
        if !KEYLESS.contains(&call.endpoint) {
            match call.credentials.key.as_deref() {
                None | Some("") => return Some(Err(missing("key"))),
                Some(given) if given != key => return Some(Err(invalid_key())),
                Some(_) => {}
            }
        }
        self.carry_out(books, call)
    }

    fn refusal(&self, refusal: &Refusal, params: &Params) -> Problem {
        let offer = catalogue::Offer { pool: 7, price: 24 * crate::supplier::CENT, stock: 1, success_rate: 90 };
        match refusal {
            Refusal::OutOfStock => refusals::out_of_stock(&[]),
            Refusal::NoBalance => refusals::no_balance(offer, 0),
            Refusal::PriceNotFound => {
                refusals::price_not_found(&params.word("max_price").unwrap_or_else(|| "0.01".to_owned()))
            }
            Refusal::TooManyFailed => refusals::too_many_failed(),
            Refusal::InvalidKey => invalid_key(),
            Refusal::CancelLocked => refusals::cancel_locked(),
            Refusal::TooManyRequests => say(429, "Too many requests, please slow down."),
            Refusal::NoSuchPath => say(404, "Not found"),
            Refusal::Unreadable(error) => say(400, error.clone()),
            Refusal::Said(message) => say(200, message.clone()),
        }
    }

    fn told_order<'body>(&self, body: &'body mut Value) -> Option<&'body mut Map<String, Value>> {
        body.as_object_mut()
    }
}

impl SmsPool {
    fn carry_out(&self, books: &mut Books, call: &Call<'_>) -> Option<Answer> {
        let (options, params, now_ms) = (&self.options, call.params, call.now_ms);
        Some(match call.endpoint {
            "/purchase/sms" => orders::purchase(books, params, now_ms),
            "/sms/check" => orders::check(books, options, params, now_ms),
            "/sms/cancel" => orders::cancel(books, params, now_ms),
            "/sms/cancel_all" => orders::cancel_all(books, now_ms),
            "/sms/resend" => orders::resend(books, options, params, now_ms),
            "/sms/check_resend" => orders::check_resend(books, options, params, now_ms),
            "/sms/activate" => {
                orders::activate(books, params, "Your order has been activated, you can now use resend on it.")
            }
            "/sms/reactivate" => orders::activate(
                books,
                params,
                "Your order has been reactivated, please head to your dashboard to request a code.",
            ),
            "/sms/clear_cache" => Ok(json!({ "success": 1, "message": "Orders cleared successfully." })),
            "/sms/missed" => Ok(json!([])),
            "/request/archive" => {
                Ok(json!({ "success": 1, "message": "All your inactive orders have been archived." }))
            }
            "/request/balance" => Ok(json!({ "balance": money::show(books.balance) })),
            "/request/active" => lists::active(books, options, now_ms),
            "/request/history" => lists::history(books, params, now_ms),
            "/request/price" => lists::price(books, params),
            "/request/pricing" => lists::pricing(books, params),
            "/request/success_rate" => lists::success_rate(books, params),
            "/request/suggested_countries" => lists::suggested(books, params),
            "/request/areacodes" => Ok(json!([])),
            "/sms/all_stock" => lists::all_stock(books, params),
            "/sms/unarchive" => Ok(json!({ "success": 1, "message": "Your order has been unarchived." })),
            "/sms/stock" => lists::stock(books, params),
            "/country/retrieve_all" => Ok(lists::country_list()),
            "/service/retrieve_all" => lists::service_list(books, params),
            "/pool/retrieve_all" => Ok(lists::pool_list()),
            "/pool/retrieve_valid" => lists::valid_pools(books, params),
            rental => return carry_out_rental(books, rental, params, now_ms),
        })
    }
}

fn carry_out_rental(books: &mut Books, endpoint: &str, params: &Params, now_ms: i64) -> Option<Answer> {
    Some(match endpoint {
        "/purchase/rental" => rentals::purchase(books, params, now_ms),
        "/purchase/rent" => rentals::purchase_by_country(books, params, now_ms),
        "/request/rent_price" => rentals::price_by_country(books, params),
        "/rental/retrieve_all" => rentals::list(books, params),
        "/rental/retrieve_services" => rentals::services(books, params),
        "/rental/retrieve_pricing" => rentals::pricing(books, params),
        "/rental/service_price" => rentals::service_price(books, params),
        "/rental/stock" => rentals::stock(books, params),
        "/rental/retrieve_messages" => rentals::messages(books, params),
        "/rental/retrieve_status" => rentals::status(books, params, now_ms),
        "/rental/retrieve" => Ok(rentals::own(books, Some(now_ms))),
        "/rental/retrieve_history" => Ok(rentals::own(books, None)),
        "/rental/info" => rentals::info(books, params),
        "/rental/refund" => rentals::refund(books, params, now_ms),
        "/rental/extend" => rentals::extend(books, params),
        "/rental/auto_extend" => rentals::auto_extend(books, params),
        "/rental/reset" => rentals::reset(books, params),
        "/rental/history" => Ok(rentals::history(books)),
        _ => return None,
    })
}

fn invalid_key() -> Problem {
    about(403, "Invalid API key", "key")
}

/// A fresh eight-character code.
fn fresh_code(books: &mut Books) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    loop {
        let random = books.random();
        let code: String = (0..8).map(|place| char::from(LETTERS[((random >> (place * 5)) & 31) as usize])).collect();
        if !books.by_code.contains_key(&code) {
            return code;
        }
    }
}

/// "YYYY-MM-DD HH:MM:SS" in UTC+1, as the supplier writes times.
fn local_time(unix_ms: i64) -> String {
    utc(unix_ms + 3_600_000)
}
