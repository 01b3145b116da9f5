//! The messenger's limits, and what a phone can show.

use engine::{Face, RenderedButton};

use super::{Finding, Lint, Look};

/// A message's text, in UTF-16 units, once styles are parsed.
pub(crate) const TEXT_UNITS_MAX: usize = 4096;
const CALLBACK_BYTES_MAX: usize = 64;
const COPY_CHARACTERS_MAX: usize = 256;
const QUERY_CHARACTERS_MAX: usize = 256;
const ROW_BUTTONS_MAX: usize = 8;
const SCREEN_BUTTONS_MAX: usize = 100;
/// A label alone in its row, in columns.
const LABEL_COLUMNS_MAX: usize = 48;
/// All labels of a row are as wide as its widest: so many columns fit beside each other.
const ROW_COLUMNS_MAX: usize = 50;

pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let text = look.rendered.plain_text();
    let mut found = Vec::new();
    if text.trim().is_empty() {
        found.push(look.finding(Lint::NoText, ""));
    }
    let units = text.encode_utf16().count();
    if units > TEXT_UNITS_MAX {
        found.push(look.finding(Lint::TextLength, &format!("{units} of {TEXT_UNITS_MAX}")));
    }
    if text.contains("%{") {
        found.push(look.finding(Lint::Placeholder, &text));
    }
    let all: usize = look.rendered.rows.iter().map(Vec::len).sum();
    if all > SCREEN_BUTTONS_MAX {
        found.push(look.finding(Lint::ButtonCount, &format!("{all} on the screen")));
    }
    for row in &look.rendered.rows {
        found.extend(check_row(look, row));
        for button in row {
            found.extend(check_label(look, &button.label));
            found.extend(check_face(look, &button.face));
        }
    }
    found
}

fn check_row(look: &Look<'_>, row: &[RenderedButton]) -> Vec<Finding> {
    let mut found = Vec::new();
    if row.is_empty() {
        found.push(look.finding(Lint::EmptyRow, ""));
    }
    if row.len() > ROW_BUTTONS_MAX {
        found.push(look.finding(Lint::ButtonCount, &format!("{} in a row", row.len())));
    }
    let widest = row.iter().map(|button| columns(&button.label)).max().unwrap_or_default();
    if row.len() > 1 && widest * row.len() > ROW_COLUMNS_MAX {
        let labels: Vec<&str> = row.iter().map(|button| button.label.as_str()).collect();
        found.push(look.finding(Lint::RowWidth, &labels.join(" | ")));
    }
    found
}

fn check_label(look: &Look<'_>, label: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    if columns(label.trim()) == 0 || label.contains('\n') {
        found.push(look.finding(Lint::LabelLine, label));
    }
    if columns(label) > LABEL_COLUMNS_MAX {
        found.push(look.finding(Lint::LabelLength, label));
    }
    if label.contains("%{") {
        found.push(look.finding(Lint::Placeholder, label));
    }
    found
}

fn check_face(look: &Look<'_>, face: &Face) -> Option<Finding> {
    match face {
        Face::Callback(token) => {
            let fits = (1..=CALLBACK_BYTES_MAX).contains(&token.len());
            (!fits).then(|| look.finding(Lint::CallbackBytes, token))
        }
        Face::Copy(text) => {
            let fits = (1..=COPY_CHARACTERS_MAX).contains(&text.chars().count());
            (!fits).then(|| look.finding(Lint::CopyLength, text))
        }
        Face::Inline(query) => {
            let fits = query.chars().count() <= QUERY_CHARACTERS_MAX;
            (!fits).then(|| look.finding(Lint::QueryLength, query))
        }
        Face::Url(address) => {
            let safe = address.starts_with("https://") || address.starts_with("tg://");
            (!safe).then(|| look.finding(Lint::Address, address))
        }
    }
}

/// How wide a label is: marks and combining signs take nothing, an emoji two columns, everything else one.
pub(crate) fn columns(label: &str) -> usize {
    let one = |c: char| match c {
        '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{2066}'..='\u{2069}' => 0,
        '\u{0300}'..='\u{036F}' | '\u{064B}'..='\u{065F}' | '\u{0670}' | '\u{FE00}'..='\u{FE0F}' => 0,
        // Half a flag.
        '\u{1F1E6}'..='\u{1F1FF}' => 1,
        '\u{1F000}'..='\u{1FAFF}' => 2,
        _ => 1,
    };
    label.chars().map(one).sum()
}
