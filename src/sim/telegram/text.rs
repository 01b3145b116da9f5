//! Texts on their way in: parse mode, explicit entities, trimming, length.

use serde_json::Value;

use super::html::{self, Entity};
use crate::request::Params;

const UNITS_MAX: usize = 4096;

/// Nothing in it that a person could see.
pub(crate) fn is_blank(text: &str) -> bool {
    super::render::plain(text)
        .chars()
        .all(|letter| letter.is_whitespace() || ('\u{200B}'..='\u{200D}').contains(&letter))
}

/// The text and entities of a request, by its parse mode or explicit entities.
pub(crate) fn read(params: &Params, text_field: &str, entities_field: &str) -> Result<(String, Vec<Entity>), String> {
    let text = params.text(text_field).unwrap_or_default();
    let mode = params.word("parse_mode").unwrap_or_default();
    let entities = params.json(entities_field)?;
    parse(&text, &mode, entities.as_ref())
}

/// Parses, trims and measures a text.
pub(crate) fn parse(text: &str, mode: &str, entities: Option<&Value>) -> Result<(String, Vec<Entity>), String> {
    let (text, entities) = match mode.to_lowercase().as_str() {
        "" => {
            let found = entities.map(explicit).transpose()?.unwrap_or_default();
            check_bounds(text, &found)?;
            (text.to_owned(), found)
        }
        "html" => html::parse(text).map_err(|error| format!("can't parse entities: {error}"))?,
        _ => {
            return Err("unsupported parse_mode (the simulator reads HTML and explicit entities)".to_owned());
        }
    };
    let (text, entities) = trim(&text, entities);
    if is_blank(&text) {
        return Err("message text is empty".to_owned());
    }
    if text.contains('\0') {
        return Err("strings must be encoded in UTF-8 without null bytes".to_owned());
    }
    if text.encode_utf16().count() > UNITS_MAX {
        return Err("message is too long".to_owned());
    }
    for url in entities.iter().filter_map(|entity| entity.extra.get("url")) {
        if !super::keyboard::is_url(url.as_str().unwrap_or_default()) {
            return Err(format!("can't parse entities: invalid URL {url}"));
        }
    }
    Ok((text, entities.into_iter().take(100).collect()))
}

fn explicit(entities: &Value) -> Result<Vec<Entity>, String> {
    let list = entities.as_array().ok_or("can't parse entities: array expected")?;
    list.iter().map(read_entity).collect()
}

fn read_entity(entity: &Value) -> Result<Entity, String> {
    let number = |name: &str| entity[name].as_u64().and_then(|number| usize::try_from(number).ok());
    let (Some(kind), Some(offset), Some(length)) = (entity["type"].as_str(), number("offset"), number("length")) else {
        return Err("can't parse entities: type, offset and length are required".to_owned());
    };
    let mut read = Entity::new(kind, offset, length);
    let fields = entity.as_object().into_iter().flatten();
    let extra =
        fields.filter(|(name, value)| !value.is_null() && !["type", "offset", "length"].contains(&name.as_str()));
    read.extra = extra.map(|(name, value)| (name.clone(), value.clone())).collect();
    Ok(read)
}

fn check_bounds(text: &str, entities: &[Entity]) -> Result<(), String> {
    let units = text.encode_utf16().count();
    match entities.iter().find(|entity| entity.length == 0 || entity.offset + entity.length > units) {
        Some(entity) => Err(format!("can't parse entities: entity {} is out of the text", entity.kind)),
        None => Ok(()),
    }
}

/// Cuts blanks at both ends and moves the entities along.
fn trim(text: &str, entities: Vec<Entity>) -> (String, Vec<Entity>) {
    let trimmed = text.trim_matches([' ', '\n', '\t', '\r']);
    if trimmed.len() == text.len() {
        return (text.to_owned(), entities);
    }
    let lead_bytes = text.len() - text.trim_start_matches([' ', '\n', '\t', '\r']).len();
    let lead = text[..lead_bytes].encode_utf16().count();
    let units = trimmed.encode_utf16().count();
    let moved = entities.into_iter().filter_map(|mut entity| {
        let start = entity.offset.saturating_sub(lead).min(units);
        let end = (entity.offset + entity.length).saturating_sub(lead).min(units);
        (entity.offset, entity.length) = (start, end - start);
        (entity.length > 0).then_some(entity)
    });
    (trimmed.to_owned(), moved.collect())
}

/// The commands that Telegram finds in a typed text.
pub(crate) fn commands(text: &str) -> Vec<Entity> {
    let mut found = Vec::new();
    let mut units = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        let name = bare.strip_prefix('/').map(|name| name.split('@').next().unwrap_or_default());
        let is_command =
            |name: &str| !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        if name.is_some_and(is_command) {
            found.push(Entity::new("bot_command", units, bare.encode_utf16().count()));
        }
        units += word.encode_utf16().count();
    }
    found
}
