//! The shape of every answer: `{"status": …, "message": a list or a text}` (nonvoip.md 1). Lists come as an array, as one
//! object, or as an object keyed "0", "1".

use serde_json::value::RawValue;

use crate::failure::Verdict;
use crate::json::{Json, Object, scalar};

/// What `status` says. Only the words for yes and no that are usual count; any other is unknown.
pub(super) fn verdict(object: &Object<'_>) -> Verdict {
    let status = object.text("status").unwrap_or_default();
    match status.trim().to_ascii_lowercase().as_str() {
        "success" | "ok" | "true" | "1" => Verdict::Accepted,
        "error" | "errors" | "fail" | "failed" | "failure" | "false" | "0" => Verdict::Refused,
        _ => Verdict::Unsaid,
    }
}

/// The text of an answer: `message`, or the first text of a list of texts.
pub(super) fn text(object: &Object<'_>) -> Option<String> {
    let first = || object.rows("message")?.into_iter().find_map(scalar);
    object.text("message").or_else(first).or_else(|| object.text("error")).filter(|text| !text.trim().is_empty())
}

/// The order that an object names; 0 is none.
pub(super) fn order_named(object: &Object<'_>) -> Option<String> {
    let named = object.text("order_id")?.trim().to_owned();
    (!matches!(named.as_str(), "" | "0")).then_some(named)
}

/// The rows of a list; `None` where there is none.
pub(super) fn rows<'a>(json: &Json<'a>) -> Option<Vec<&'a RawValue>> {
    match json {
        Json::Rows(rows) => Some(rows.clone()),
        Json::Bare => None,
        Json::Object(object) => {
            let raw = object.raw("message")?;
            let is_one = Object::of(raw).is_some_and(|one| !is_keyed(&one));
            if is_one { Some(vec![raw]) } else { object.rows("message") }
        }
    }
}

/// The readable rows and, last, the answer itself where it is an object: fields stand in either place.
pub(super) fn objects<'a>(json: &Json<'a>) -> Vec<Object<'a>> {
    let whole = match json {
        Json::Object(object) => Some(object.clone()),
        Json::Rows(_) | Json::Bare => None,
    };
    rows(json).unwrap_or_default().into_iter().filter_map(Object::of).chain(whole).collect()
}

/// Whether all values are objects: a list, and not a row.
fn is_keyed(object: &Object<'_>) -> bool {
    object.entries().all(|(_, raw)| raw.get().starts_with('{'))
}
