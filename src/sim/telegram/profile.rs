//! The bot's profile: commands, name, descriptions, menu button, each with Telegram's limits.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::state::{Refusal, State};
use crate::request::Params;

/// What people see of the bot before they write to it.
#[derive(Debug, Default)]
pub(crate) struct Profile {
    /// Texts by field and language.
    texts: HashMap<(&'static str, String), String>,
    /// Commands by scope and language.
    commands: HashMap<(String, String), Value>,
    menu: Option<Value>,
}

type Answer = Result<Value, Refusal>;

/// `setMyName`, `setMyDescription`, `setMyShortDescription`.
pub(crate) fn set_text(state: &mut State, params: &Params, field: &'static str, most: usize) -> Answer {
    let text = params.text(field).unwrap_or_default();
    if text.encode_utf16().count() > most {
        return Err(Refusal::bad_request(format!("{field} is too long")));
    }
    let key = (field, language(params)?);
    if text.is_empty() {
        state.profile.texts.remove(&key);
    } else {
        state.profile.texts.insert(key, text);
    }
    Ok(json!(true))
}

/// `getMyName`, `getMyDescription`, `getMyShortDescription`; falls back to the text for all languages.
pub(crate) fn get_text(state: &State, params: &Params, field: &'static str) -> Answer {
    let texts = &state.profile.texts;
    let found = texts.get(&(field, language(params)?)).or_else(|| texts.get(&(field, String::new())));
    let otherwise = if field == "name" { state.options.bot_name.as_str() } else { "" };
    Ok(json!({ field: found.map_or(otherwise, String::as_str) }))
}

/// `setMyCommands`.
pub(crate) fn set_commands(state: &mut State, params: &Params) -> Answer {
    let commands = params.json("commands")?.unwrap_or_default();
    let list = commands.as_array().ok_or_else(|| Refusal::bad_request("can't parse commands JSON object"))?;
    if list.len() > 100 {
        return Err(Refusal::bad_request("BOT_COMMANDS_TOO_MUCH"));
    }
    for command in list {
        let name = command["command"].as_str().unwrap_or_default();
        let valid = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
        if !(1..=32).contains(&name.len()) || !name.chars().all(valid) {
            return Err(Refusal::bad_request("BOT_COMMAND_INVALID"));
        }
        let description = command["description"].as_str().unwrap_or_default();
        if !(1..=256).contains(&description.encode_utf16().count()) {
            return Err(Refusal::bad_request("BOT_COMMAND_DESCRIPTION_INVALID"));
        }
    }
    state.profile.commands.insert(command_key(params)?, commands);
    Ok(json!(true))
}

/// `getMyCommands`.
pub(crate) fn get_commands(state: &State, params: &Params) -> Answer {
    Ok(state.profile.commands.get(&command_key(params)?).cloned().unwrap_or_else(|| json!([])))
}

/// `deleteMyCommands`.
pub(crate) fn delete_commands(state: &mut State, params: &Params) -> Answer {
    state.profile.commands.remove(&command_key(params)?);
    Ok(json!(true))
}

/// `setChatMenuButton`.
pub(crate) fn set_menu(state: &mut State, params: &Params) -> Answer {
    let menu = params.json("menu_button")?;
    let known = |menu: &Value| ["default", "commands", "web_app"].contains(&menu["type"].as_str().unwrap_or_default());
    if menu.as_ref().is_some_and(|menu| !known(menu)) {
        return Err(Refusal::bad_request("MenuButton has unsupported type"));
    }
    state.profile.menu = menu;
    Ok(json!(true))
}

/// `getChatMenuButton`.
pub(crate) fn get_menu(state: &State) -> Value {
    state.profile.menu.clone().unwrap_or_else(|| json!({ "type": "commands" }))
}

fn language(params: &Params) -> Result<String, Refusal> {
    let code = params.word("language_code").unwrap_or_default();
    match code.len() {
        0 => Ok(code),
        2 if code.chars().all(|letter| letter.is_ascii_lowercase()) => Ok(code),
        _ => Err(Refusal::bad_request("LANG_CODE_INVALID")),
    }
}

fn command_key(params: &Params) -> Result<(String, String), Refusal> {
    let scope = params.json("scope")?.unwrap_or_else(|| json!({ "type": "default" }));
    Ok((scope.to_string(), language(params)?))
}
