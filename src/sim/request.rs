//! Reads a request the way the real servers do: parameters may come in the query (where a server looks there), as a form,
//! as multipart or as JSON.

use axum::Json;
use axum::extract::{Form, FromRequest, Multipart, Query, Request};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, Uri};
use serde_json::{Map, Value, json};

/// Where a server looks for parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// In the query and in the body.
    Anywhere,
    /// In the body alone.
    Body,
}

/// A request's parameters by name; the body wins over the query.
#[derive(Clone, Debug, Default)]
pub(crate) struct Params(pub(crate) Map<String, Value>);

impl Params {
    /// Reads what the request carries where the server looks, or says what is wrong with the body.
    pub(crate) async fn read(request: Request, source: Source) -> Result<Self, String> {
        let mut found = Map::new();
        let query = Query::<Vec<(String, String)>>::try_from_uri(request.uri());
        if let (Source::Anywhere, Ok(Query(pairs))) = (source, query) {
            found.extend(pairs.into_iter().map(|(name, value)| (name, Value::String(value))));
        }
        found.extend(read_body(request).await?);
        Ok(Self(found))
    }

    /// The value as text; numbers and flags are written out.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        match self.0.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// The value as text without blanks around it, absent when empty.
    pub(crate) fn word(&self, name: &str) -> Option<String> {
        self.text(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// The value as a whole number.
    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        match self.0.get(name)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// Whether the value is a true flag ("true", "True", 1).
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.text(name).is_some_and(|text| matches!(text.to_lowercase().as_str(), "true" | "1" | "yes"))
    }

    /// The value as JSON; forms carry objects and arrays as text.
    pub(crate) fn json(&self, name: &str) -> Result<Option<Value>, String> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
            Some(Value::String(text)) => {
                serde_json::from_str(text).map(Some).map_err(|error| format!("{name}: {error}"))
            }
            Some(other) => Ok(Some(other.clone())),
        }
    }
}

/// The key of an `Authorization: Bearer` header.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    value.strip_prefix("Bearer ").map(|key| key.trim().to_owned())
}

/// The path without a trailing slash.
pub(crate) fn clean_path(uri: &Uri) -> String {
    uri.path().trim_end_matches('/').to_owned()
}

async fn read_body(request: Request) -> Result<Map<String, Value>, String> {
    let kind =
        request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_lowercase();
    if kind.starts_with("multipart/form-data") {
        return read_multipart(request).await;
    }
    if kind.starts_with("application/json") {
        let Json(body) = Json::<Value>::from_request(request, &()).await.map_err(|error| error.body_text())?;
        return match body {
            Value::Object(fields) => Ok(fields),
            Value::Null => Ok(Map::new()),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Err("object expected".to_owned()),
        };
    }
    if kind.starts_with("application/x-www-form-urlencoded") && request.method() != axum::http::Method::GET {
        let Form(pairs) =
            Form::<Vec<(String, String)>>::from_request(request, &()).await.map_err(|error| error.body_text())?;
        return Ok(pairs.into_iter().map(|(name, value)| (name, Value::String(value))).collect());
    }
    Ok(Map::new())
}

async fn read_multipart(request: Request) -> Result<Map<String, Value>, String> {
    let mut found = Map::new();
    let mut parts = Multipart::from_request(request, &()).await.map_err(|error| error.body_text())?;
    while let Some(part) = parts.next_field().await.map_err(|error| error.body_text())? {
        let name = part.name().unwrap_or_default().to_owned();
        let file_name = part.file_name().map(str::to_owned);
        let bytes = part.bytes().await.map_err(|error| error.body_text())?;
        let value = match file_name {
            Some(file_name) => json!({ "file_name": file_name, "file_size": bytes.len() }),
            None => Value::String(String::from_utf8_lossy(&bytes).into_owned()),
        };
        found.insert(name, value);
    }
    Ok(found)
}
