//! JSON in lines, with those marked that are not the same in another value.

use serde_json::Value;

/// A line of JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JsonLine {
    /// The line with its indentation.
    pub(crate) text: String,
    /// Whether the other value has something else there.
    pub(crate) changed: bool,
}

/// A value in lines, beside another one.
pub(crate) fn beside(value: &Value, other: Option<&Value>) -> Vec<JsonLine> {
    let mut lines = Vec::new();
    write(&mut lines, 0, "", value, other, "");
    lines
}

fn write(lines: &mut Vec<JsonLine>, depth: usize, name: &str, value: &Value, other: Option<&Value>, comma: &str) {
    let indent = "  ".repeat(depth);
    let mut line = |text: String, changed: bool| lines.push(JsonLine { text: format!("{indent}{text}"), changed });
    let members: Vec<(String, &Value, Option<&Value>)> = match value {
        Value::Object(fields) if !fields.is_empty() => {
            let named =
                |(key, value): (&String, _)| (format!("\"{key}\": "), value, other.and_then(|other| other.get(key)));
            fields.iter().map(named).collect()
        }
        Value::Array(list) if !list.is_empty() => {
            let placed = |(index, value)| (String::new(), value, other.and_then(|other| other.get(index)));
            list.iter().enumerate().map(placed).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            return line(format!("{name}{value}{comma}"), other != Some(value));
        }
    };
    let (open, close) = if value.is_object() { ("{", "}") } else { ("[", "]") };
    let other_kind = other.is_none_or(|other| other.is_object() != value.is_object());
    line(format!("{name}{open}"), other_kind);
    let last = members.len() - 1;
    for (index, (name, value, other)) in members.into_iter().enumerate() {
        write(lines, depth + 1, &name, value, other, if index < last { "," } else { "" });
    }
    lines.push(JsonLine { text: format!("{indent}{close}{comma}"), changed: other_kind });
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_is_different_is_marked() {
        let (before, after) = (json!({ "a": 1, "b": [1, 2] }), json!({ "a": 1, "b": [1, 3], "c": {} }));
        let lines = beside(&after, Some(&before));
        let marked: Vec<&str> = lines.iter().filter(|line| line.changed).map(|line| line.text.trim()).collect();
        assert_eq!(marked, ["3", "\"c\": {}"]);
        assert!(beside(&after, Some(&after)).iter().all(|line| !line.changed));
        let text: String = lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(serde_json::from_str::<Value>(&text).expect("still JSON"), after);
    }
}
