//! A supplier's failure in the product's own words: what happened, what it means for the money, and a code for support.

use engine::{Lang, Text};
use shop::{ErrorCode, OrderId};

use crate::keys;
use crate::text::{Key, say, words};

/// The text of a failure. With the order that it happened to, support can find it.
pub(crate) fn error_text(code: ErrorCode, order: Option<OrderId>, lang: Lang) -> Text {
    let (title, text) = keys_of(code);
    let number = order.map_or_else(|| code.to_string(), |order| format!("{code} · {order}"));
    let arguments = [("title", words(lang, title)), ("text", words(lang, text)), ("code", Text::code(number))];
    say(lang, keys::COMMON_ERROR, &arguments)
}

const fn keys_of(code: ErrorCode) -> (Key, Key) {
    match code {
        // The operator's business; users need not tell the two apart.
        ErrorCode::BalanceTooLow | ErrorCode::InvalidKey => (keys::ERROR_BALANCE_TITLE, keys::ERROR_BALANCE_TEXT),
        ErrorCode::OutOfStock => (keys::ERROR_STOCK_TITLE, keys::ERROR_STOCK_TEXT),
        ErrorCode::Unreachable => (keys::ERROR_UNREACHABLE_TITLE, keys::ERROR_UNREACHABLE_TEXT),
        ErrorCode::Rejected => (keys::ERROR_REJECTED_TITLE, keys::ERROR_REJECTED_TEXT),
        ErrorCode::TimedOut => (keys::ERROR_SLOW_TITLE, keys::ERROR_SLOW_TEXT),
        ErrorCode::RateLimited => (keys::ERROR_RATE_TITLE, keys::ERROR_RATE_TEXT),
        ErrorCode::OrderNotFound => (keys::ERROR_MISSING_TITLE, keys::ERROR_MISSING_TEXT),
        ErrorCode::MessageNotFetched => (keys::ERROR_MESSAGE_TITLE, keys::ERROR_MESSAGE_TEXT),
        ErrorCode::Unexpected => (keys::ERROR_UNEXPECTED_TITLE, keys::ERROR_UNEXPECTED_TEXT),
        ErrorCode::Unavailable => (keys::ERROR_WITHDRAWN_TITLE, keys::ERROR_WITHDRAWN_TEXT),
    }
}
