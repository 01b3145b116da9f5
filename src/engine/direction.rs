//! Writing direction, settled in one place: marks at line starts, isolates around foreign runs. Authors write neither.
//!
//! The rules (Unicode Bidirectional Algorithm, as chat apps apply it per line): an Arabic line whose first strong
//! character is not Arabic starts with a right-to-left mark; every Latin or digit run inside Arabic stands in a
//! left-to-right isolate; text of unknown direction stands in a first-strong isolate, line by line; what is copied on
//! a tap never contains a mark.

use crate::lang::Direction;
use crate::text::{Span, Style, Text, TimeStyle};

/// Right-to-left mark.
pub const RLM: char = '\u{200F}';
/// Left-to-right mark.
pub const LRM: char = '\u{200E}';
/// Left-to-right isolate.
pub const LRI: char = '\u{2066}';
/// Right-to-left isolate.
const RLI: char = '\u{2067}';
/// First-strong isolate.
pub const FSI: char = '\u{2068}';
/// Pop directional isolate.
pub const PDI: char = '\u{2069}';

/// A text with its marks set, flat, ready to be escaped and sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Piece {
    /// Characters as they are.
    Text(String),
    /// Characters that a tap copies.
    Code(String),
    /// A moment.
    Time {
        /// Seconds since 1970-01-01 UTC.
        unix: i64,
        /// How to show it.
        style: TimeStyle,
        /// What old apps show.
        fallback: String,
    },
    /// A style begins.
    Open(Style),
    /// A style ends.
    Close(Style),
}

/// The text as flat pieces with marks and isolates for a screen of this direction.
#[must_use]
pub fn directed(text: &Text, direction: Direction) -> Vec<Piece> {
    let mut flat = Vec::new();
    flatten(text, direction, &mut flat);
    with_line_marks(flat, direction)
}

/// The text as one string without styles, marks set: for button labels, toasts and titles.
#[must_use]
pub fn plain(text: &Text, direction: Direction) -> String {
    let mut line = String::new();
    for piece in directed(text, direction) {
        match piece {
            Piece::Text(text) | Piece::Code(text) | Piece::Time { fallback: text, .. } => line.push_str(&text),
            Piece::Open(_) | Piece::Close(_) => {}
        }
    }
    line
}

fn flatten(text: &Text, direction: Direction, pieces: &mut Vec<Piece>) {
    for span in text.spans() {
        match span {
            Span::Words(words) => push_text(pieces, &with_isolated_runs(words, direction)),
            Span::Ltr(text) => push_text(pieces, &isolated_ltr(text, direction)),
            Span::Any(text) => push_text(pieces, &isolated_any(text)),
            Span::Hole(name) => push_text(pieces, &format!("%{{{name}}}")),
            Span::Code(code) => {
                push_isolated(pieces, Piece::Code(code.clone()), LRI, direction == Direction::RightToLeft);
            }
            Span::AnyCode(code) => push_isolated(pieces, Piece::Code(code.clone()), FSI, true),
            Span::Time { unix, style, fallback } => {
                let time = Piece::Time { unix: *unix, style: *style, fallback: fallback.clone() };
                push_isolated(pieces, time, FSI, true);
            }
            Span::Styled(style, inner) => {
                pieces.push(Piece::Open(style.clone()));
                flatten(inner, direction, pieces);
                pieces.push(Piece::Close(style.clone()));
            }
        }
    }
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    if text.is_empty() {
        return;
    }
    if let Some(Piece::Text(before)) = pieces.last_mut() {
        before.push_str(text);
    } else {
        pieces.push(Piece::Text(text.to_owned()));
    }
}

fn push_isolated(pieces: &mut Vec<Piece>, piece: Piece, opening: char, isolate: bool) {
    if isolate {
        push_text(pieces, &opening.to_string());
    }
    pieces.push(piece);
    if isolate {
        push_text(pieces, &PDI.to_string());
    }
}

fn isolated_ltr(text: &str, direction: Direction) -> String {
    match direction {
        Direction::LeftToRight => text.to_owned(),
        Direction::RightToLeft => by_line(text, |line| format!("{LRI}{line}{PDI}")),
    }
}

fn isolated_any(text: &str) -> String {
    by_line(text, |line| format!("{FSI}{line}{PDI}"))
}

/// Applies `wrap` to each line that is not empty: a line break ends an isolate anyway.
fn by_line(text: &str, wrap: impl Fn(&str) -> String) -> String {
    let lines = text.split('\n').map(|line| if line.is_empty() { String::new() } else { wrap(line) });
    lines.collect::<Vec<_>>().join("\n")
}

/// Isolates each Latin or digit run of Arabic words; leaves English words alone.
fn with_isolated_runs(words: &str, direction: Direction) -> String {
    if direction == Direction::LeftToRight {
        return words.to_owned();
    }
    let mut out = String::with_capacity(words.len() + 8);
    let mut rest = words;
    while let Some(start) = rest.find(starts_run) {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let end = run_length(from);
        out.push(LRI);
        out.push_str(&from[..end]);
        out.push(PDI);
        rest = &from[end..];
    }
    out.push_str(rest);
    out
}

fn is_latin(c: char) -> bool {
    c.is_alphanumeric() && !is_rtl(c)
}

fn starts_run(c: char) -> bool {
    is_latin(c) || matches!(c, '+' | '$' | '\u{2212}' | '#' | '@' | '/')
}

/// How many bytes of `text` (which starts a run) belong to the run: up to the last Latin letter, digit or closing sign
/// that is reached over joining signs alone.
fn run_length(text: &str) -> usize {
    let mut end = 0;
    for (at, c) in text.char_indices() {
        if is_latin(c) || matches!(c, '%' | '+' | '$' | '\u{2212}' | '#' | '@' | '/' | '_') {
            end = at + c.len_utf8();
        } else if !matches!(c, ' ' | '.' | ',' | ':' | '-' | '&' | '\'' | '(' | ')' | '=' | '?') {
            break;
        }
    }
    end
}

/// Arabic, Hebrew and their neighbours: the strong right-to-left letters (digits are weak and not among them).
#[must_use]
pub fn is_rtl(c: char) -> bool {
    let letters = matches!(c, '\u{0590}'..='\u{05FF}' | '\u{0600}'..='\u{08FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFE}');
    letters && c.is_alphabetic()
}

/// A strong left-to-right character: a letter of another script, or half of a flag.
#[must_use]
pub fn is_ltr(c: char) -> bool {
    matches!(c, '\u{1F1E6}'..='\u{1F1FF}' | '\u{2139}') || (c.is_alphabetic() && !is_rtl(c))
}

/// Sets the mark at the start of each line that would otherwise run the wrong way.
fn with_line_marks(pieces: Vec<Piece>, direction: Direction) -> Vec<Piece> {
    let mut out = Vec::with_capacity(pieces.len() + 4);
    let mut line = Vec::new();
    for piece in pieces {
        let Piece::Text(text) = piece else {
            line.push(piece);
            continue;
        };
        let mut parts = text.split('\n');
        push_text(&mut line, parts.next().unwrap_or_default());
        for part in parts {
            finish_line(&mut out, std::mem::take(&mut line), direction);
            push_text(&mut out, "\n");
            push_text(&mut line, part);
        }
    }
    finish_line(&mut out, line, direction);
    out
}

fn finish_line(out: &mut Vec<Piece>, line: Vec<Piece>, direction: Direction) {
    let mark = mark_for(&line, direction);
    let mut marked = mark.is_none();
    for piece in line {
        let is_style = matches!(piece, Piece::Open(_) | Piece::Close(_));
        if let (false, false, Some(mark)) = (marked, is_style, mark) {
            push_text(out, &mark.to_string());
            marked = true;
        }
        match piece {
            Piece::Text(text) => push_text(out, &text),
            Piece::Code(_) | Piece::Time { .. } | Piece::Open(_) | Piece::Close(_) => out.push(piece),
        }
    }
}

/// The mark that a line needs: none where it is empty or begins in the screen's direction already, for apps that skip
/// isolates when they look for the first strong character (as the algorithm's rule P2 says) and for those that do not.
fn mark_for(line: &[Piece], direction: Direction) -> Option<char> {
    let texts = line.iter().filter_map(|piece| match piece {
        Piece::Text(text) | Piece::Code(text) | Piece::Time { fallback: text, .. } => Some(text.as_str()),
        Piece::Open(_) | Piece::Close(_) => None,
    });
    let line: Vec<char> = texts.flat_map(str::chars).collect();
    if line.iter().all(|c| c.is_whitespace()) {
        return None;
    }
    let begins = [first_strong(line.iter().copied()), first_strong(outside_isolates(&line))];
    match direction {
        Direction::RightToLeft => begins.iter().any(|strong| !strong.is_some_and(is_rtl)).then_some(RLM),
        Direction::LeftToRight => begins.iter().any(|strong| strong.is_some_and(is_rtl)).then_some(LRM),
    }
}

fn first_strong(mut line: impl Iterator<Item = char>) -> Option<char> {
    line.find(|&c| is_rtl(c) || is_ltr(c))
}

fn outside_isolates(line: &[char]) -> impl Iterator<Item = char> {
    let mut depth = 0_u32;
    line.iter().copied().filter(move |c| {
        match *c {
            LRI | RLI | FSI => depth += 1,
            PDI => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Template;

    fn shown(text: &Text, direction: Direction) -> String {
        let visible = |c: char| match c {
            RLM => "‹RLM›".to_owned(),
            LRM => "‹LRM›".to_owned(),
            LRI => "‹LRI›".to_owned(),
            FSI => "‹FSI›".to_owned(),
            PDI => "‹PDI›".to_owned(),
            other => other.to_string(),
        };
        plain(text, direction).chars().map(visible).collect()
    }

    fn arabic(source: &str) -> String {
        shown(&Template::parse(source).expect("parses").fill(&[]), Direction::RightToLeft)
    }

    #[test]
    fn latin_runs_inside_arabic_are_isolated_whole() {
        for (source, expected) in [
            ("يبدأ من $0.35 الآن", "يبدأ من ‹LRI›$0.35‹PDI› الآن"),
            ("أكواد SMS.", "أكواد ‹LRI›SMS‹PDI›."),
            ("سيرفر 1 🇺🇸", "سيرفر ‹LRI›1‹PDI› 🇺🇸"),
            ("نسبة 92%", "نسبة ‹LRI›92%‹PDI›"),
            ("بدون +1", "بدون ‹LRI›+1‹PDI›"),
        ] {
            assert_eq!(arabic(source), expected);
        }
    }

    #[test]
    fn arabic_lines_that_begin_foreign_get_a_mark() {
        assert_eq!(arabic("🇺🇸 أمريكا"), "‹RLM›🇺🇸 أمريكا");
        assert_eq!(arabic("كود\n+1"), "كود\n‹RLM›‹LRI›+1‹PDI›");
        assert_eq!(arabic("👋 أهلًا"), "👋 أهلًا");
        assert_eq!(arabic("سطر\n\nسطر"), "سطر\n\nسطر");
    }

    #[test]
    fn arabic_lines_of_isolates_alone_get_a_mark() {
        let name = Text::any("أحمد");
        assert_eq!(shown(&name, Direction::RightToLeft), "‹RLM›‹FSI›أحمد‹PDI›");
        assert_eq!(shown(&name.clone().then(Text::plain(" مرحبًا")), Direction::RightToLeft), "‹FSI›أحمد‹PDI› مرحبًا");
        let latin = Text::any("Ada").then(Text::plain(" مرحبًا"));
        assert_eq!(shown(&latin, Direction::RightToLeft), "‹RLM›‹FSI›Ada‹PDI› مرحبًا");
    }

    #[test]
    fn english_lines_are_left_alone_unless_they_begin_arabic() {
        let text = Text::any("أحمد").then(Text::plain(" paid ")).then(Text::ltr("$1.20"));
        assert_eq!(shown(&text, Direction::LeftToRight), "‹LRM›‹FSI›أحمد‹PDI› paid $1.20");
    }

    #[test]
    fn what_is_copied_never_contains_a_mark() {
        let pieces = directed(&Text::code("+1202"), Direction::RightToLeft);
        let mark_and_isolate = format!("{RLM}{LRI}");
        assert_eq!(pieces, [Piece::Text(mark_and_isolate), Piece::Code("+1202".into()), Piece::Text(PDI.to_string())]);
    }

    #[test]
    fn what_is_copied_and_of_unknown_direction_keeps_its_own() {
        for direction in [Direction::LeftToRight, Direction::RightToLeft] {
            let shown = shown(&Text::any_code("رمز 1\n\nabc"), direction);
            assert!(shown.ends_with("‹FSI›abc‹PDI›") && shown.contains("‹FSI›رمز 1‹PDI›\n"), "{shown}");
        }
    }

    #[test]
    fn isolates_close_on_their_own_line() {
        assert_eq!(shown(&Text::any("a\n\nב"), Direction::LeftToRight), "‹FSI›a‹PDI›\n\n‹LRM›‹FSI›ב‹PDI›");
    }
}
