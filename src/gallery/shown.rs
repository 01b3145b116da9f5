//! A screen as text, for snapshots and failures: direction marks are shown (‹RLM›, ‹LRI›, …), and every button with what
//! it carries.

use engine::direction::Piece;
use engine::{Face, Rendered, RenderedButton, Style, TimeStyle, Tone};

/// A screen as text: marks visible, styles as tags, buttons row by row from left to right.
#[must_use]
pub fn show(rendered: &Rendered) -> String {
    let mut text = String::new();
    for piece in &rendered.pieces {
        match piece {
            Piece::Text(part) => text.push_str(&visible(part)),
            Piece::Code(code) => text.push_str(&format!("<code>{}</code>", visible(code))),
            Piece::Time { unix, style, fallback } => {
                text.push_str(&format!("<time {unix} {}>{}</time>", time_style(*style), visible(fallback)));
            }
            Piece::Open(style) => text.push_str(&format!("<{}>", tag(style))),
            Piece::Close(style) => text.push_str(&format!("</{}>", tag(style))),
        }
    }
    for row in &rendered.rows {
        let buttons: Vec<String> = row.iter().map(button).collect();
        text.push_str(&format!("\n{}", buttons.join(" ")));
    }
    text
}

fn button(button: &RenderedButton) -> String {
    let tone = match button.tone {
        Tone::Default => "",
        Tone::Primary => " (blue)",
        Tone::Success => " (green)",
        Tone::Danger => " (red)",
    };
    let face = match &button.face {
        Face::Callback(token) => token.clone(),
        Face::Copy(text) => format!("copy {text}"),
        Face::Inline(query) => format!("inline {query:?}"),
        Face::Url(address) => format!("url {address}"),
    };
    format!("[ {} ]{tone}→{face}", visible(&button.label))
}

/// A text with its invisible marks named.
#[must_use]
pub fn visible(text: &str) -> String {
    text.chars().map(|c| mark_name(c).map_or_else(|| c.to_string(), |name| format!("‹{name}›"))).collect()
}

/// The name of an invisible mark; `None` for what can be seen.
pub(crate) const fn mark_name(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{200E}' => "LRM",
        '\u{200F}' => "RLM",
        '\u{2060}' => "WJ",
        '\u{2066}' => "LRI",
        '\u{2068}' => "FSI",
        '\u{2069}' => "PDI",
        _ => return None,
    })
}

const fn time_style(style: TimeStyle) -> &'static str {
    match style {
        TimeStyle::Relative => "relative",
        TimeStyle::Date => "date",
        TimeStyle::DateTime => "date and time",
    }
}

fn tag(style: &Style) -> String {
    match style {
        Style::Bold => "b".to_owned(),
        Style::Italic => "i".to_owned(),
        Style::Quote => "quote".to_owned(),
        Style::ExpandableQuote => "expandable".to_owned(),
        Style::Link(address) => format!("a {address}"),
    }
}
