//! A screen as a chat shows it: a bubble with its styles, and the keyboard below.

use engine::direction::Piece;
use engine::{Face, Lang, Rendered, RenderedButton, Style, TimeStyle, Tone};
use maud::{Markup, PreEscaped, html};

use crate::presses::{Leads, Press};
use crate::shown::mark_name;

/// The screen's markup. Invisible marks stand in elements of their own, so that a page can show them.
pub(super) fn bubble(rendered: &Rendered, lang: Lang, presses: &[Press]) -> String {
    let drawn = html! {
        div class="bubble" lang=(lang.code()) {
            @for (at, piece) in rendered.pieces.iter().enumerate() { (drawn_piece(at, piece, &rendered.pieces)) }
        }
        @if !rendered.rows.is_empty() {
            div class="keyboard" lang=(lang.code()) {
                @for row in &rendered.rows {
                    div class="row" { @for button in row { (drawn_button(button, presses)) } }
                }
            }
        }
    };
    drawn.into_string()
}

fn drawn_piece(at: usize, piece: &Piece, all: &[Piece]) -> Markup {
    match piece {
        Piece::Text(text) => {
            let before = at.checked_sub(1).and_then(|at| all.get(at));
            marked(without_breaks_at_quotes(text, before, all.get(at + 1)))
        }
        Piece::Code(code) => html! { code { (marked(code)) } },
        Piece::Time { unix, style, fallback } => {
            html! { time data-unix=(unix) title=(time_style(*style)) { (marked(fallback)) } }
        }
        // The styles are flat here and nested in the markup: they open and close in order.
        Piece::Open(style) => match style {
            Style::Bold => PreEscaped("<b>".to_owned()),
            Style::Italic => PreEscaped("<i>".to_owned()),
            Style::Quote => PreEscaped("<blockquote>".to_owned()),
            Style::ExpandableQuote => PreEscaped("<blockquote class=\"expandable\">".to_owned()),
            Style::Link(address) => {
                let title = html! { (address) }.into_string();
                PreEscaped(format!("<a title=\"{title}\">"))
            }
        },
        Piece::Close(style) => PreEscaped(
            match style {
                Style::Bold => "</b>",
                Style::Italic => "</i>",
                Style::Quote | Style::ExpandableQuote => "</blockquote>",
                Style::Link(_) => "</a>",
            }
            .to_owned(),
        ),
    }
}

/// A quotation is a block of its own: the line breaks that touch it are not shown.
fn without_breaks_at_quotes<'a>(text: &'a str, before: Option<&Piece>, after: Option<&Piece>) -> &'a str {
    let text = match before {
        Some(Piece::Close(Style::Quote | Style::ExpandableQuote)) => text.strip_prefix('\n').unwrap_or(text),
        _ => text,
    };
    match after {
        Some(Piece::Open(Style::Quote | Style::ExpandableQuote)) => text.strip_suffix('\n').unwrap_or(text),
        _ => text,
    }
}

fn drawn_button(button: &RenderedButton, presses: &[Press]) -> Markup {
    let tone = match button.tone {
        Tone::Default => "",
        Tone::Primary => "primary",
        Tone::Success => "success",
        Tone::Danger => "danger",
    };
    let (kind, sign, carried) = match &button.face {
        Face::Callback(token) => ("callback", "", token),
        Face::Copy(text) => ("copy", "⧉", text),
        Face::Inline(query) => ("inline", "⌕", query),
        Face::Url(address) => ("url", "↗", address),
    };
    let press = presses.iter().find(|press| kind == "callback" && press.token == *carried);
    let (leads, target) = press.map_or(("none", ""), |press| match &press.leads {
        Leads::To(name) => ("to", name),
        Leads::Near(name) => ("near", name),
        Leads::Nowhere(reason) => ("nowhere", reason),
    });
    let said = press.map(|press| press.said.join("\n")).filter(|said| !said.is_empty());
    html! {
        button type="button" class=(tone) data-kind=(kind) data-leads=(leads) data-target=(target) data-said=[said]
            title={ (kind) ": " (carried) " (" (carried.len()) " bytes)" } {
            span class="label" { (marked(&button.label)) }
            @if !sign.is_empty() { span class="sign" aria-hidden="true" { (sign) } }
            small class="carried" dir="ltr" { (carried) " · " (carried.len()) " B" }
        }
    }
}

/// A text with its invisible marks in elements of their own.
fn marked(text: &str) -> Markup {
    html! {
        @for part in text.split_inclusive(|c| mark_name(c).is_some()) {
            @match part.char_indices().next_back().and_then(|(at, last)| Some((at, mark_name(last)?))) {
                Some((at, name)) => { (part[..at]) i class={ "mark " (name.to_lowercase()) } { (part[at..]) } },
                None => (part),
            }
        }
    }
}

const fn time_style(style: TimeStyle) -> &'static str {
    match style {
        TimeStyle::Relative => "counts down by itself",
        TimeStyle::Date => "a date in the reader's time zone",
        TimeStyle::DateTime => "a date and time in the reader's time zone",
    }
}
