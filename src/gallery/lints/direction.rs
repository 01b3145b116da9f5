//! Writing direction, by the rules and not by the renderer's code: line by line, in texts, labels and what is copied.

use engine::direction::{FSI, LRI, LRM, PDI, Piece, RLM, is_ltr, is_rtl};
use engine::{Face, Lang};

use super::{Finding, Lint, Look};

const RLI: char = '\u{2067}';
const MARKS: [char; 7] = [LRM, RLM, '\u{061C}', LRI, RLI, FSI, PDI];

pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let text = look.rendered.plain_text();
    let labels = look.rendered.rows.iter().flatten().map(|button| button.label.as_str());
    let mut found: Vec<Finding> = text.split('\n').chain(labels).flat_map(|line| check_line(look, line)).collect();
    found.extend(copied(look));
    found
}

fn check_line(look: &Look<'_>, line: &str) -> Vec<Finding> {
    let mut broken = Vec::new();
    let outside = outside(line);
    if outside.is_none() {
        broken.push(Lint::IsolateBalance);
    }
    if line.contains(overrides) {
        broken.push(Lint::Override);
    }
    let outside = outside.unwrap_or_default();
    if look.lang == Lang::Ar && outside.chars().any(|c| c.is_alphanumeric() && !is_rtl(c)) {
        broken.push(Lint::Isolated);
    }
    match start(look.lang, line, &outside) {
        Start::Right => {}
        Start::Wrong => broken.push(Lint::LineStart),
        Start::NeedlessMark => broken.push(Lint::StrayMark),
    }
    let rest = line.trim_start_matches(mark_of(look.lang));
    let doubled = line.chars().count() - rest.chars().count() > 1;
    if doubled || rest.contains([LRM, RLM, '\u{061C}']) || rest.contains("\u{2066}\u{2069}") {
        broken.push(Lint::StrayMark);
    }
    broken.into_iter().map(|lint| look.finding(lint, line)).collect()
}

/// How a line begins.
enum Start {
    Right,
    Wrong,
    NeedlessMark,
}

/// Apps look for the first strong character inside isolates or outside of them: both must be of the language.
fn start(lang: Lang, line: &str, outside: &str) -> Start {
    let marked = line.starts_with(mark_of(lang));
    let body = line.trim_start_matches([LRM, RLM]);
    let begins = [first_strong(body), first_strong(outside.trim_start_matches([LRM, RLM]))];
    let needs_mark = match lang {
        Lang::Ar => begins.iter().any(|strong| !strong.is_some_and(is_rtl)),
        Lang::En => begins.iter().any(|strong| strong.is_some_and(is_rtl)),
    };
    match (needs_mark && !body.trim().is_empty(), marked) {
        (true, false) => Start::Wrong,
        (false, true) => Start::NeedlessMark,
        (true, true) | (false, false) => Start::Right,
    }
}

fn first_strong(text: &str) -> Option<char> {
    text.chars().find(|&c| is_rtl(c) || is_ltr(c))
}

/// What stands outside of isolates; `None` where they are not balanced.
fn outside(line: &str) -> Option<String> {
    let mut depth = 0_u32;
    let mut outside = String::new();
    for c in line.chars() {
        match c {
            LRI | RLI | FSI => depth += 1,
            PDI => depth = depth.checked_sub(1)?,
            _ if depth == 0 => outside.push(c),
            _ => {}
        }
    }
    (depth == 0).then_some(outside)
}

/// What is copied on a tap, from the text or by a button.
fn copied(look: &Look<'_>) -> Vec<Finding> {
    let codes = look.rendered.pieces.iter().filter_map(|piece| match piece {
        Piece::Code(code) => Some(code),
        Piece::Text(_) | Piece::Time { .. } | Piece::Open(_) | Piece::Close(_) => None,
    });
    let faces = look.rendered.rows.iter().flatten().filter_map(|button| match &button.face {
        Face::Copy(text) | Face::Inline(text) | Face::Url(text) => Some(text),
        Face::Callback(_) => None,
    });
    let marked = codes.chain(faces).filter(|text| text.contains(MARKS) || text.contains(overrides));
    marked.map(|text| look.finding(Lint::CopiedMark, text)).collect()
}

const fn overrides(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}')
}

const fn mark_of(lang: Lang) -> char {
    match lang {
        Lang::En => LRM,
        Lang::Ar => RLM,
    }
}
