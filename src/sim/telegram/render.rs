//! What a person sees: direction marks removed, styles lightly shown, buttons in rows.

use super::html::Entity;
use super::message::{Button, ButtonAction, Message};

/// Whether direction marks are hidden, as on a phone, or written out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marks {
    /// As on a phone.
    Hidden,
    /// As `<200E>`, to look for missing or doubled ones.
    Escaped,
}

const MARKS: [char; 12] = [
    '\u{200E}', '\u{200F}', '\u{061C}', '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}', '\u{202A}', '\u{202B}',
    '\u{202C}', '\u{202D}', '\u{202E}',
];

/// Removes direction marks.
#[must_use]
pub fn plain(text: &str) -> String {
    text.chars().filter(|letter| !MARKS.contains(letter)).collect()
}

/// The text and the button labels of a message without any styling, one line each: what `see` looks at.
pub(crate) fn visible(message: &Message) -> String {
    let mut text = plain(&message.text);
    if let Some(invoice) = message.extra.get("invoice") {
        for field in ["title", "description"] {
            text.push('\n');
            text.push_str(&plain(invoice[field].as_str().unwrap_or_default()));
        }
    }
    for row in message.buttons() {
        text.push('\n');
        text.push_str(&row_text(&row, Marks::Hidden));
    }
    text
}

/// A message as a person would see it.
pub(super) fn message(message: &Message, marks: Marks) -> String {
    let who = match (message.from_bot, message.via_bot) {
        (true, _) => "🤖",
        (false, true) => "👤 (via bot)",
        (false, false) => "👤",
    };
    let silent = if message.from_bot && message.silent { " 🔕" } else { "" };
    let edited = if message.edited_ms.is_some() { " (edited)" } else { "" };
    let mut lines = vec![format!("{who} #{}{silent}{edited}", message.id)];
    lines.extend(styled(message, marks).lines().map(str::to_owned));
    for (name, value) in message.extra.iter().filter(|(_, value)| !value.is_null()) {
        let title = value["title"].as_str().unwrap_or_default();
        let shown = if title.is_empty() { value.to_string() } else { title.to_owned() };
        lines.push(format!("({name}: {})", show(&shown, marks)));
    }
    lines.extend(message.buttons().iter().map(|row| row_text(row, marks)));
    lines.join("\n")
}

fn row_text(row: &[Button], marks: Marks) -> String {
    row.iter().map(|button| button_text(button, marks)).collect::<Vec<_>>().join(" ")
}

fn button_text(button: &Button, marks: Marks) -> String {
    let sign = match button.action {
        ButtonAction::Callback(_) => "",
        ButtonAction::Url(_) => " ↗",
        ButtonAction::Copy(_) => " ⧉",
        ButtonAction::Search(_) => " …",
        ButtonAction::Pay => "",
        ButtonAction::Other(_) => " ?",
    };
    format!("[ {}{sign} ]", show(&button.label, marks))
}

fn show(text: &str, marks: Marks) -> String {
    match marks {
        Marks::Hidden => plain(text),
        Marks::Escaped => {
            let escape = |letter: char| match MARKS.contains(&letter) {
                true => format!("<{:04X}>", u32::from(letter)),
                false => letter.to_string(),
            };
            text.chars().map(escape).collect()
        }
    }
}

/// The text with `*bold*`, `_italic_`, `` `code` ``, `||spoiler||` and `│ ` before quoted lines.
fn styled(message: &Message, marks: Marks) -> String {
    let mut units = 0;
    let mut line = String::new();
    let mut lines = Vec::new();
    let mut quoted = false;
    let finish = |line: &mut String, quoted: bool| {
        let bar = if quoted { "│ " } else { "" };
        format!("{bar}{}", show(&std::mem::take(line), marks))
    };
    for letter in message.text.chars() {
        edges(&message.entities, units, &mut line);
        quoted |= message.entities.iter().any(|entity| is_quote(entity) && holds(entity, units));
        units += letter.len_utf16();
        if letter == '\n' {
            edges_closing(&message.entities, units, &mut line);
            lines.push(finish(&mut line, quoted));
            quoted = false;
        } else {
            line.push(letter);
        }
    }
    edges(&message.entities, units, &mut line);
    lines.push(finish(&mut line, quoted));
    lines.join("\n")
}

fn is_quote(entity: &Entity) -> bool {
    entity.kind.ends_with("blockquote")
}

fn holds(entity: &Entity, unit: usize) -> bool {
    (entity.offset..entity.offset + entity.length).contains(&unit)
}

fn edges(entities: &[Entity], unit: usize, line: &mut String) {
    edges_closing(entities, unit, line);
    for entity in entities.iter().filter(|entity| entity.offset == unit) {
        line.push_str(sign(&entity.kind));
    }
}

fn edges_closing(entities: &[Entity], unit: usize, line: &mut String) {
    for entity in entities.iter().rev().filter(|entity| entity.offset + entity.length == unit) {
        line.push_str(sign(&entity.kind));
        if let Some(url) = entity.extra.get("url").and_then(|url| url.as_str()) {
            line.push_str(&format!(" <{url}>"));
        }
    }
}

fn sign(kind: &str) -> &'static str {
    match kind {
        "bold" => "*",
        "italic" | "underline" => "_",
        "strikethrough" => "~",
        "spoiler" => "||",
        "code" | "pre" => "`",
        _ => "",
    }
}
