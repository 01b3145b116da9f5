//! The same answer in other shapes than usual, as older and newer servers wrote them.

use serde_json::{Map, Value, json};

/// The answer in other types than usual, as older and newer servers wrote them.
pub(crate) fn varied(value: &Value) -> Value {
    vary("", value)
}

fn vary(name: &str, value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.clone(), vary(name, value))).collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(|value| vary(name, value)).collect()),
        Value::Number(number) if name == "success" => json!(number.as_i64() == Some(1)),
        Value::Number(number) if name == "number" => json!(format!("+{number}")),
        Value::Number(number) => json!(number.to_string()),
        Value::String(text) if ["cost", "price", "balance", "high_price", "low_price"].contains(&name) => {
            serde_json::from_str(text).unwrap_or_else(|_| value.clone())
        }
        Value::String(_) | Value::Bool(_) | Value::Null => value.clone(),
    }
}

/// Lists inside the answer as objects keyed by position.
pub(crate) fn lists_as_objects(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.clone(), lists_as_objects(value))).collect())
        }
        Value::Array(list) => {
            let numbered = list.iter().enumerate().map(|(index, value)| (index.to_string(), lists_as_objects(value)));
            Value::Object(numbered.collect::<Map<_, _>>())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}
