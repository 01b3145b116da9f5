//! Pieces to Telegram's HTML: escaped once, here; always well-formed; never longer than a message may be.
//!
//! Telegram forbids `code` inside other styles and quotes inside quotes. Styles around a code are therefore closed
//! before it and opened again after it; a quotation stays open around a code that stands directly in it.

use engine::direction::Piece;
use engine::{Style, TimeStyle};

/// The longest text of a message, in UTF-16 units, after its entities were read.
pub(crate) const TEXT_UNITS_MAX: usize = 4096;
/// The longest text that answers a press.
pub(crate) const POPUP_UNITS_MAX: usize = 200;

const ELLIPSIS: &str = "…";

/// The pieces as HTML.
#[must_use]
pub(crate) fn html(pieces: &[Piece]) -> String {
    let mut page = Page::new(budget(pieces));
    for piece in pieces {
        match piece {
            Piece::Text(text) => page.text(text),
            Piece::Code(code) => page.whole(code, "<code>", "</code>", Around::QuotesOnly),
            Piece::Time { unix, style, fallback } => {
                let opening = format!("<tg-time unix=\"{unix}\" format=\"{}\">", time_format(*style));
                page.whole(fallback, &opening, "</tg-time>", Around::Everything);
            }
            Piece::Open(style) => page.open(style),
            Piece::Close(_) => page.close(),
        }
        if page.full {
            break;
        }
    }
    page.finished()
}

/// The pieces without any style, for a message that Telegram could not parse.
#[must_use]
pub(crate) fn plain(pieces: &[Piece]) -> String {
    let mut all = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) | Piece::Code(text) | Piece::Time { fallback: text, .. } => all.push_str(text),
            Piece::Open(_) | Piece::Close(_) => {}
        }
    }
    let cut = cut(&all, TEXT_UNITS_MAX);
    if cut.trim().is_empty() { ELLIPSIS.to_owned() } else { cut }
}

/// The text, at most `units_max` UTF-16 units long, with an ellipsis where something is missing.
#[must_use]
pub(crate) fn cut(text: &str, units_max: usize) -> String {
    if units(text) <= units_max {
        return text.to_owned();
    }
    format!("{}{ELLIPSIS}", prefix(text, units_max.saturating_sub(1)))
}

/// Appends `text` with `& < > "` escaped.
pub(crate) fn escape_into(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
}

fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

fn prefix(text: &str, units_max: usize) -> &str {
    let mut used = 0;
    let end = text.char_indices().find(|(_, c)| {
        used += c.len_utf16();
        used > units_max
    });
    end.map_or(text, |(at, _)| &text[..at])
}

/// How many units may be written before the ellipsis: all of them where everything fits.
fn budget(pieces: &[Piece]) -> usize {
    let length = |piece: &Piece| match piece {
        Piece::Text(text) | Piece::Code(text) | Piece::Time { fallback: text, .. } => units(text),
        Piece::Open(_) | Piece::Close(_) => 0,
    };
    let total: usize = pieces.iter().map(length).sum();
    if total <= TEXT_UNITS_MAX { TEXT_UNITS_MAX } else { TEXT_UNITS_MAX - 1 }
}

const fn time_format(style: TimeStyle) -> &'static str {
    match style {
        TimeStyle::Relative => "r",
        TimeStyle::Date => "d",
        TimeStyle::DateTime => "dt",
    }
}

/// Which styles may stay open around something.
#[derive(Clone, Copy)]
enum Around {
    Everything,
    QuotesOnly,
}

struct Page<'a> {
    out: String,
    /// The styles in force, outermost first; `None` for one that may not be written where it stands.
    styles: Vec<Option<&'a Style>>,
    /// How many of them are written. Tags are written late, so that no style is ever empty.
    written: usize,
    left: usize,
    visible: bool,
    full: bool,
}

impl<'a> Page<'a> {
    fn new(left: usize) -> Self {
        Self { out: String::with_capacity(512), styles: Vec::new(), written: 0, left, visible: false, full: false }
    }

    fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.settle(self.styles.len());
        let shown = prefix(text, self.left);
        self.left -= units(shown);
        self.visible |= !shown.trim().is_empty();
        escape_into(&mut self.out, shown);
        if shown.len() < text.len() {
            self.cut_here();
        }
    }

    /// Something that is shown whole or not at all.
    fn whole(&mut self, text: &str, opening: &str, closing: &str, around: Around) {
        if text.is_empty() {
            return;
        }
        if units(text) > self.left {
            self.cut_here();
            return;
        }
        let kept = match around {
            Around::Everything => self.styles.len(),
            Around::QuotesOnly => self.styles.iter().take_while(|style| style.is_none_or(is_quote)).count(),
        };
        self.settle(kept);
        self.left -= units(text);
        self.visible = true;
        self.out.push_str(opening);
        escape_into(&mut self.out, text);
        self.out.push_str(closing);
    }

    fn open(&mut self, style: &'a Style) {
        let quoted = self.styles.iter().flatten().any(|open| is_quote(open));
        let repeated = self.styles.iter().flatten().any(|open| same_tag(open, style));
        self.styles.push((!(repeated || quoted && is_quote(style))).then_some(style));
    }

    fn close(&mut self) {
        let inner = self.styles.len().saturating_sub(1);
        self.close_down_to(inner);
        self.styles.truncate(inner);
    }

    /// Makes exactly the first `count` styles written.
    fn settle(&mut self, count: usize) {
        self.close_down_to(count);
        while self.written < count {
            if let Some(style) = self.styles[self.written] {
                push_opening(&mut self.out, style);
            }
            self.written += 1;
        }
    }

    fn close_down_to(&mut self, count: usize) {
        while self.written > count {
            self.written -= 1;
            if let Some(style) = self.styles[self.written] {
                self.out.push_str(closing_tag(style));
            }
        }
    }

    fn cut_here(&mut self) {
        self.out.push_str(ELLIPSIS);
        self.full = true;
        self.visible = true;
    }

    fn finished(mut self) -> String {
        self.close_down_to(0);
        if self.visible { self.out } else { ELLIPSIS.to_owned() }
    }
}

const fn is_quote(style: &Style) -> bool {
    matches!(style, Style::Quote | Style::ExpandableQuote)
}

fn same_tag(one: &Style, other: &Style) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other)
}

fn push_opening(out: &mut String, style: &Style) {
    match style {
        Style::Bold => out.push_str("<b>"),
        Style::Italic => out.push_str("<i>"),
        Style::Quote => out.push_str("<blockquote>"),
        Style::ExpandableQuote => out.push_str("<blockquote expandable>"),
        Style::Link(address) => {
            out.push_str("<a href=\"");
            escape_into(out, address);
            out.push_str("\">");
        }
    }
}

const fn closing_tag(style: &Style) -> &'static str {
    match style {
        Style::Bold => "</b>",
        Style::Italic => "</i>",
        Style::Quote | Style::ExpandableQuote => "</blockquote>",
        Style::Link(_) => "</a>",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::direction::directed;
    use engine::{Direction, Text};

    fn check(text: &Text, expected: &str) {
        assert_eq!(html(&directed(text, Direction::LeftToRight)), expected);
    }

    #[test]
    fn data_is_escaped_once_and_never_becomes_markup() {
        check(&Text::plain("<script>&lt;\"_*[</b>"), "&lt;script&gt;&amp;lt;&quot;_*[&lt;/b&gt;");
        check(&Text::code("a<b>&"), "<code>a&lt;b&gt;&amp;</code>");
        let link = Text::plain("x").styled(Style::Link("https://e/?a=1&b=\"".into()));
        check(&link, "<a href=\"https://e/?a=1&amp;b=&quot;\">x</a>");
        check(
            &Text::time(5, TimeStyle::DateTime, "<t>"),
            "\u{2068}<tg-time unix=\"5\" format=\"dt\">&lt;t&gt;</tg-time>\u{2069}",
        );
    }

    #[test]
    fn codes_stand_outside_styles_but_inside_quotes() {
        let around = Text::plain("a").then(Text::code("1")).then(Text::plain("b"));
        check(&around.clone().styled(Style::Bold), "<b>a</b><code>1</code><b>b</b>");
        check(&around.clone().styled(Style::Quote), "<blockquote>a<code>1</code>b</blockquote>");
        check(&Text::code("1").styled(Style::Italic).styled(Style::Bold), "<code>1</code>");
        let nested = around.styled(Style::Bold).styled(Style::ExpandableQuote);
        check(&nested, "<blockquote expandable><b>a</b><code>1</code><b>b</b></blockquote>");
    }

    #[test]
    fn quotes_do_not_nest_and_nothing_is_empty() {
        let quoted = Text::plain("in").styled(Style::Quote).then(Text::plain("out")).styled(Style::Quote);
        check(&quoted, "<blockquote>inout</blockquote>");
        check(&Text::new().styled(Style::Bold), "…");
        check(&Text::plain(" \n"), "…");
    }

    #[test]
    fn long_texts_are_cut_between_characters_and_stay_well_formed() {
        let long = Text::plain("😀".repeat(3000)).styled(Style::Bold);
        let shown = html(&directed(&long, Direction::LeftToRight));
        assert!(shown.starts_with("<b>😀") && shown.ends_with("😀…</b>"));
        let visible: usize =
            shown.trim_start_matches("<b>").trim_end_matches("</b>").chars().map(char::len_utf16).sum();
        assert!(visible <= TEXT_UNITS_MAX, "{visible}");
        let exact = "x".repeat(TEXT_UNITS_MAX);
        check(&Text::plain(&exact), &exact);
        check(&Text::plain("x".repeat(4090)).then(Text::code("1234567")), &format!("{}…", "x".repeat(4090)));
        assert_eq!(cut("😀😀", 3), "😀…");
        assert_eq!(plain(&[]), "…");
    }
}
