//! A screen as a person sees it: no marks, no tokens; the keyboard row by row, the button first that is read first.

use engine::{Direction, Face, Lang, Rendered, RenderedButton};

use crate::shown::mark_name;

/// A screen in plain lines.
#[must_use]
pub fn seen(rendered: &Rendered, lang: Lang) -> String {
    let rows = reading(rendered, lang).into_iter();
    let rows = rows.map(|row| row.into_iter().map(button).collect::<Vec<_>>().join(" "));
    [bare(&rendered.plain_text()), String::new()].into_iter().chain(rows).collect::<Vec<_>>().join("\n")
}

/// The buttons in reading order: messengers lay rows out from left to right whatever the language.
pub(crate) fn reading(rendered: &Rendered, lang: Lang) -> Vec<Vec<&RenderedButton>> {
    let row = |row: &'_ Vec<RenderedButton>| -> Vec<usize> {
        match lang.direction() {
            Direction::LeftToRight => (0..row.len()).collect(),
            Direction::RightToLeft => (0..row.len()).rev().collect(),
        }
    };
    rendered.rows.iter().map(|buttons| row(buttons).into_iter().map(|index| &buttons[index]).collect()).collect()
}

fn button(button: &RenderedButton) -> String {
    let sign = match &button.face {
        Face::Callback(_) => String::new(),
        Face::Copy(text) => format!(" ⧉ {text}"),
        Face::Inline(query) => format!(" ⌕ {query}"),
        Face::Url(address) => format!(" ↗ {address}"),
    };
    format!("[ {}{sign} ]", bare(&button.label))
}

/// A text without what steers directions.
pub(crate) fn bare(text: &str) -> String {
    text.replace(|c| mark_name(c).is_some(), "")
}

/// The words of a text: letters, digits and what belongs to amounts, in lower case; no emoji, no marks.
pub(crate) fn words(text: &str) -> String {
    let kept = |c: char| if c.is_alphanumeric() || matches!(c, '$' | '.' | '+' | ':') { c } else { ' ' };
    let spoken: String = bare(text).chars().map(kept).collect();
    spoken.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
