//! Telegram Stars: checkouts that the bot must confirm in ten seconds, payments, refunds.

use serde_json::{Value, json};

use super::message::Message;
use super::state::{Refusal, State};
use crate::request::Params;

const CHECKOUT_MS: i64 = 10_000;

/// A checkout that waits for the bot's word.
#[derive(Clone, Debug)]
pub(crate) struct Checkout {
    pub(crate) user: i64,
    pub(crate) made_ms: i64,
    pub(crate) stars: i64,
    pub(crate) payload: String,
    /// The bot's word once it came: nothing for yes, else the reason.
    pub(crate) verdict: Option<Result<(), String>>,
}

/// A finished payment.
#[derive(Clone, Debug)]
pub(crate) struct Payment {
    pub(crate) user: i64,
    pub(crate) stars: i64,
    pub(crate) at_ms: i64,
    pub(crate) refunded: bool,
}

/// `answerPreCheckoutQuery`: a yes completes the payment at once.
pub(crate) fn answer_checkout(state: &mut State, params: &Params, now_ms: i64) -> Result<Value, Refusal> {
    let id = params.word("pre_checkout_query_id").unwrap_or_default();
    let verdict = match params.flag("ok") {
        true => Ok(()),
        false => {
            Err(params.word("error_message").ok_or_else(|| Refusal::bad_request("error message can't be empty"))?)
        }
    };
    let open =
        state.checkouts.get_mut(&id).filter(|open| open.verdict.is_none() && now_ms - open.made_ms <= CHECKOUT_MS);
    let open = open.ok_or_else(super::inline::too_old)?;
    open.verdict = Some(verdict.clone());
    let open = open.clone();
    if verdict.is_ok() {
        complete(state, &open, now_ms);
    }
    if let Some(chat) = state.chats.get(&open.user) {
        chat.touch();
    }
    Ok(json!(true))
}

fn complete(state: &mut State, open: &Checkout, now_ms: i64) {
    let charge = format!("stars_{}", state.query_id());
    let payment = Payment { user: open.user, stars: open.stars, at_ms: now_ms, refunded: false };
    state.payments.insert(charge.clone(), payment);
    let mut message = Message::text(state.message_id(), now_ms, String::new(), Vec::new());
    let paid = json!({
        "currency": "XTR", "total_amount": open.stars, "invoice_payload": open.payload,
        "telegram_payment_charge_id": charge, "provider_payment_charge_id": "",
    });
    message.extra.insert("successful_payment".to_owned(), paid);
    let json = state.keep(open.user, message);
    state.updates.push("message", &json, now_ms);
}

/// `refundStarPayment`.
pub(crate) fn refund(state: &mut State, params: &Params) -> Result<Value, Refusal> {
    let charge = params.word("telegram_payment_charge_id").unwrap_or_default();
    let user = params.integer("user_id");
    let payment = state.payments.get_mut(&charge).filter(|payment| Some(payment.user) == user);
    let payment = payment.ok_or_else(|| Refusal::bad_request("CHARGE_NOT_FOUND"))?;
    if std::mem::replace(&mut payment.refunded, true) {
        return Err(Refusal::bad_request("CHARGE_ALREADY_REFUNDED"));
    }
    Ok(json!(true))
}

/// `getMyStarBalance`.
pub(crate) fn balance(state: &State) -> Value {
    let stars: i64 = state.payments.values().filter(|payment| !payment.refunded).map(|payment| payment.stars).sum();
    json!({ "amount": stars })
}

/// `getStarTransactions`: incoming payments, oldest first.
pub(crate) fn transactions(state: &State, params: &Params) -> Value {
    let number = |name: &str, otherwise: usize| {
        params.integer(name).and_then(|number| usize::try_from(number).ok()).unwrap_or(otherwise)
    };
    let payments = state.payments.iter().skip(number("offset", 0)).take(number("limit", 100).min(100));
    let list: Vec<Value> = payments
        .map(|(charge, payment)| {
            let user = state.chats.get(&payment.user).map(|chat| chat.user.clone());
            let source = json!({ "type": "user", "user": user, "transaction_type": "invoice_payment" });
            json!({ "id": charge, "amount": payment.stars, "date": payment.at_ms / 1000, "source": source })
        })
        .collect();
    json!({ "transactions": list })
}
