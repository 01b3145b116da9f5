//! What the suppliers' answers have in common: amounts, ids, names, moments and messages. What cannot be read safely is
//! left out, or makes the whole answer unusable where leaving it out could cost money.

use shop::pool::Message;
use shop::{Money, SupplierOrderId, UnixSeconds};

use crate::code::extract_code;
use crate::json::{Json, Object};

/// What a decoder answers: a value, or the reason for the log why there is none.
pub(crate) type Decoded<T> = Result<T, &'static str>;

/// Larger timestamps are milliseconds.
const SECONDS_MAX: i64 = 100_000_000_000;
const NAME_CHARACTERS: usize = 80;
/// A longer SMS is cut: it must still be stored and shown.
pub(crate) const SMS_CHARACTERS: usize = 16_384;
const CODE_CHARACTERS: usize = 32;

/// A price above zero.
pub(crate) fn price(object: &Object<'_>) -> Option<Money> {
    object.money("price").filter(|price| *price > Money::ZERO)
}

/// The code and text of a received SMS; "0", "" and null are none. Either stands in for the other.
pub(crate) fn message(object: &Object<'_>, code_key: &str, text_key: &str) -> Option<Message> {
    let filled = |key| object.text(key).filter(|text| !matches!(text.trim(), "" | "0"));
    let (code, text) = (filled(code_key), filled(text_key));
    let whole = cut(text.as_deref().or(code.as_deref())?, SMS_CHARACTERS);
    let given = code.map(|code| code.trim().to_owned()).filter(|code| plausible_code(code));
    // A code sent as a JSON number has lost its leading zeros: the text knows better.
    let code = if object.is_number(code_key) {
        extract_code(&whole).or(given)
    } else {
        given.or_else(|| extract_code(&whole))
    };
    Some(Message { code, text: whole, key: String::new() })
}

/// Whether `sms` holds a code, and not a sentence of which the supplier found no code.
fn plausible_code(code: &str) -> bool {
    let one_word = !code.contains(char::is_whitespace) && !code.contains(char::is_control);
    let digit_groups = code.bytes().all(|byte| byte.is_ascii_digit() || byte == b' ');
    code.chars().count() <= CODE_CHARACTERS && (one_word || digit_groups)
}

/// The first of several keys that holds a usable id, as string or number.
pub(crate) fn order_id(object: &Object<'_>, keys: &[&str]) -> Option<SupplierOrderId> {
    keys.iter().find_map(|key| SupplierOrderId::parse(object.text(key)?.trim()))
}

/// Unix seconds; milliseconds are recognised by their size.
pub(crate) fn timestamp(object: &Object<'_>, key: &str) -> Option<UnixSeconds> {
    let number = object.integer(key).filter(|number| *number > 0)?;
    let seconds = if number > SECONDS_MAX { number / 1000 } else { number };
    (seconds <= SECONDS_MAX).then_some(seconds)
}

pub(crate) fn object<'a, 'b>(json: &'b Json<'a>) -> Decoded<&'b Object<'a>> {
    json.object().ok_or("not an object")
}

/// A name on one line, without control characters, not empty.
pub(crate) fn name(text: &str) -> Option<String> {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    let name = cut(&words.join(" "), NAME_CHARACTERS);
    (!name.is_empty()).then_some(name)
}

pub(crate) fn cut(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}
