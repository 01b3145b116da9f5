//! How the supplier writes what nobody has seen, by dialect.

use serde_json::{Map, Value, json};

use crate::options::Dialect;
use crate::supplier::money;

impl Dialect {
    /// An amount of money.
    pub(crate) fn amount(self, micros: i64) -> Value {
        let text = money::show(micros);
        match self {
            Self::Clients | Self::Sparse => json!(text),
            Self::Typed => serde_json::from_str(&text).unwrap_or(Value::Null),
        }
    }

    /// The balance.
    pub(crate) fn balance(self, micros: i64) -> Value {
        match self {
            Self::Clients | Self::Typed => self.amount(micros),
            Self::Sparse => json!([self.amount(micros)]),
        }
    }

    /// The id of an order or a product.
    pub(crate) fn id(self, id: &str) -> Value {
        match self {
            Self::Clients | Self::Sparse => id.parse::<u64>().map_or_else(|_| json!(id), |id| json!(id)),
            Self::Typed => json!(id),
        }
    }

    /// A number of ten digits.
    pub(crate) fn number(self, national: &str) -> String {
        match self {
            Self::Clients => format!("+1{national}"),
            Self::Typed => national.to_owned(),
            Self::Sparse => format!("1{national}"),
        }
    }

    /// Whether a number is empty at first.
    pub(crate) fn allocates_later(self) -> bool {
        self == Self::Sparse
    }

    /// The rows of a success.
    pub(crate) fn rows(self, mut rows: Vec<Value>) -> Value {
        let message = match (self, rows.as_mut_slice()) {
            (Self::Typed, [only]) => only.take(),
            (Self::Clients | Self::Typed | Self::Sparse, _) => Value::Array(rows),
        };
        json!({ "status": "success", "message": message })
    }

    /// A product's stock, where it is told.
    pub(crate) fn set_stock(self, row: &mut Value, stock: u32) {
        match self {
            Self::Clients | Self::Typed => row["available"] = json!(stock),
            Self::Sparse => {}
        }
    }

    /// The SMS of a success: beside the rows, inside them, or both.
    pub(crate) fn with_sms(self, rows: Vec<Value>, sms: &str, pin: &str) -> Value {
        let beside = [("sms".to_owned(), json!(sms)), ("pin".to_owned(), json!(pin))];
        match self {
            Self::Clients => merged(self.rows(rows), beside),
            Self::Typed => self.rows(rows),
            Self::Sparse => {
                let without = |mut row: Value| {
                    if let Some(fields) = row.as_object_mut() {
                        fields.retain(|name, _| name != "sms" && name != "pin");
                    }
                    row
                };
                merged(self.rows(rows.into_iter().map(without).collect()), beside)
            }
        }
    }

    /// The name of the time that a renewed number ends at.
    pub(crate) fn renewed_until(self) -> &'static str {
        match self {
            Self::Clients | Self::Sparse => "expires",
            Self::Typed => "expiration",
        }
    }

    /// The HTTP status of a refusal.
    pub(crate) fn refusal_status(self) -> u16 {
        match self {
            Self::Clients | Self::Sparse => 200,
            Self::Typed => 400,
        }
    }
}

fn merged(mut body: Value, fields: impl IntoIterator<Item = (String, Value)>) -> Value {
    if let Some(found) = body.as_object_mut() {
        found.extend(fields.into_iter().collect::<Map<_, _>>());
    }
    body
}
