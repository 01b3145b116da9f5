//! A supplier's failure in the product's own words: what happened, what it means for the money, and a code for support.

use engine::{Button, Lang, Text};
use shop::{ErrorCode, OrderId};

use crate::keys;
use crate::parts::support;
use crate::text::{Key, say, words};

/// The text of a failure. With the order that it happened to, support can find it; support is named where it has an
/// address.
pub(crate) fn error_text(code: ErrorCode, order: Option<OrderId>, support_url: Option<&str>, lang: Lang) -> Text {
    let Told { title, text, with_support } = told(code);
    let text = support_url.and(with_support).unwrap_or(text);
    let number = order.map_or_else(|| code.to_string(), |order| format!("{code} · {order}"));
    let arguments = [("title", words(lang, title)), ("text", words(lang, text)), ("code", Text::code(number))];
    say(lang, keys::COMMON_ERROR, &arguments)
}

/// `[💬 Support]` after a failure that support should hear of.
pub(crate) fn support_after<A>(code: ErrorCode, support_url: Option<&str>, lang: Lang) -> Option<Button<A>> {
    told(code).with_support.and_then(|_| support(lang, keys::COMMON_SUPPORT, support_url))
}

/// What is told of a failure.
struct Told {
    title: Key,
    text: Key,
    /// The text where there is a support to write to.
    with_support: Option<Key>,
}

const fn told(code: ErrorCode) -> Told {
    let (title, text) = match code {
        // The operator's business; users need not tell the two apart.
        ErrorCode::BalanceTooLow | ErrorCode::InvalidKey => (keys::ERROR_BALANCE_TITLE, keys::ERROR_BALANCE_TEXT),
        ErrorCode::OutOfStock => (keys::ERROR_STOCK_TITLE, keys::ERROR_STOCK_TEXT),
        ErrorCode::Unreachable => (keys::ERROR_UNREACHABLE_TITLE, keys::ERROR_UNREACHABLE_TEXT),
        ErrorCode::Rejected => (keys::ERROR_REJECTED_TITLE, keys::ERROR_REJECTED_TEXT),
        ErrorCode::TimedOut => (keys::ERROR_SLOW_TITLE, keys::ERROR_SLOW_TEXT),
        ErrorCode::RateLimited => (keys::ERROR_RATE_TITLE, keys::ERROR_RATE_TEXT),
        ErrorCode::OrderNotFound => {
            let (title, text) = (keys::ERROR_MISSING_TITLE, keys::ERROR_MISSING_TEXT);
            return Told { title, text, with_support: Some(keys::ERROR_MISSING_SUPPORT) };
        }
        ErrorCode::MessageNotFetched => (keys::ERROR_MESSAGE_TITLE, keys::ERROR_MESSAGE_TEXT),
        ErrorCode::Unexpected => {
            let (title, text) = (keys::ERROR_UNEXPECTED_TITLE, keys::ERROR_UNEXPECTED_TEXT);
            return Told { title, text, with_support: Some(keys::ERROR_UNEXPECTED_SUPPORT) };
        }
        ErrorCode::Unavailable => (keys::ERROR_WITHDRAWN_TITLE, keys::ERROR_WITHDRAWN_TEXT),
    };
    Told { title, text, with_support: None }
}
