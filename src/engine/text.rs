//! Texts as spans. A template of the locale files is parsed once; arguments enter as typed spans, never as markup.
//!
//! Nothing here knows about escaping (that is the messenger's business) or about direction marks (that is
//! [`crate::direction`]'s): an author writes plain sentences with `<b>`, `<i>`, `<code>`, `<blockquote>` and
//! `%{placeholders}`.

/// A text: spans in reading order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Text {
    spans: Vec<Span>,
}

/// A piece of a text, by what it is rather than by how it looks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Span {
    /// Words of the screen's own language; foreign runs inside are isolated by the renderer.
    Words(String),
    /// Something to copy with one tap, verbatim; it always reads from left to right.
    Code(String),
    /// Something of unknown direction to copy with one tap, verbatim.
    AnyCode(String),
    /// Something that always reads from left to right: a price, a phone number, an id.
    Ltr(String),
    /// Text of unknown direction: names, messages of strangers.
    Any(String),
    /// A moment that the reader's app shows in its own language and time zone.
    Time {
        /// Seconds since 1970-01-01 UTC.
        unix: i64,
        /// How to show it.
        style: TimeStyle,
        /// What old apps show instead.
        fallback: String,
    },
    /// Spans in a style.
    Styled(Style, Text),
    /// A placeholder of a template that was not filled.
    Hole(String),
}

/// How a moment is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimeStyle {
    /// “in 12 minutes”, counting by itself.
    Relative,
    /// A short date.
    Date,
    /// A short date and time.
    DateTime,
}

/// How spans look.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Style {
    /// Bold.
    Bold,
    /// Italic.
    Italic,
    /// A quotation block.
    Quote,
    /// A quotation block that opens on a tap.
    ExpandableQuote,
    /// A link to an address.
    Link(String),
}

impl Text {
    /// No text.
    #[must_use]
    pub const fn new() -> Self {
        Self { spans: Vec::new() }
    }

    /// Words of the screen's own language.
    #[must_use]
    pub fn plain(words: impl AsRef<str>) -> Self {
        Self::of(Span::Words(cleaned(words.as_ref())))
    }

    /// Something to copy, verbatim, that always reads from left to right.
    #[must_use]
    pub fn code(code: impl AsRef<str>) -> Self {
        Self::by_line(code.as_ref(), Span::Code)
    }

    /// Text of unknown direction to copy, verbatim.
    #[must_use]
    pub fn any_code(text: impl AsRef<str>) -> Self {
        Self::by_line(text.as_ref(), Span::AnyCode)
    }

    /// An isolate ends with its line: each line is a span of its own.
    fn by_line(text: &str, span: fn(String) -> Span) -> Self {
        let clean = cleaned(text);
        let lines = clean.split('\n').filter(|line| !line.is_empty());
        Self::joined(lines.map(|line| Self::of(span(line.to_owned()))), "\n")
    }

    /// Something that always reads from left to right.
    #[must_use]
    pub fn ltr(text: impl AsRef<str>) -> Self {
        Self::of(Span::Ltr(cleaned(text.as_ref())))
    }

    /// Text of unknown direction.
    #[must_use]
    pub fn any(text: impl AsRef<str>) -> Self {
        Self::of(Span::Any(cleaned(text.as_ref())))
    }

    /// Text of unknown direction, cut to at most `characters_max` characters with an ellipsis.
    #[must_use]
    pub fn any_cut(text: &str, characters_max: usize) -> Self {
        let clean = cleaned(text);
        if clean.chars().count() <= characters_max {
            return Self::any(clean);
        }
        let kept: String = clean.chars().take(characters_max.saturating_sub(1)).collect();
        Self::any(format!("{kept}…"))
    }

    /// A moment.
    #[must_use]
    pub fn time(unix: i64, style: TimeStyle, fallback: impl Into<String>) -> Self {
        Self::of(Span::Time { unix, style, fallback: fallback.into() })
    }

    /// This text in a style.
    #[must_use]
    pub fn styled(self, style: Style) -> Self {
        Self::of(Span::Styled(style, self))
    }

    /// This text, then `other`.
    #[must_use]
    pub fn then(mut self, other: Self) -> Self {
        self.spans.extend(other.spans);
        self
    }

    /// Texts with `separator` between them; empty ones are left out.
    #[must_use]
    pub fn joined(texts: impl IntoIterator<Item = Self>, separator: &str) -> Self {
        let mut all = Self::new();
        for text in texts.into_iter().filter(|text| !text.is_empty()) {
            if !all.is_empty() {
                all = all.then(Self::of(Span::Words(separator.to_owned())));
            }
            all = all.then(text);
        }
        all
    }

    /// Whether there is nothing to read.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The spans in reading order.
    #[must_use]
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    fn of(span: Span) -> Self {
        Self { spans: vec![span] }
    }
}

/// Data without what could steer the reader's eye: control characters (a line break stays), zero-width characters that
/// change direction, and isolates of its own.
fn cleaned(text: &str) -> String {
    let steers = |c: char| matches!(c, '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}');
    text.chars().filter(|&c| c == '\n' || !(c.is_control() || steers(c))).collect()
}

/// A parsed text of the locale files, with holes for its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    text: Text,
}

/// Why a locale text is not a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A tag that is not one of `b`, `i`, `code`, `blockquote`, `blockquote expandable`.
    #[error("unknown tag <{0}>")]
    UnknownTag(String),
    /// A tag that was not closed, or closed in the wrong order.
    #[error("tag <{0}> is not closed")]
    Unclosed(String),
    /// A closing tag without its opening one.
    #[error("tag </{0}> closes nothing")]
    ClosesNothing(String),
    /// `%{` without `}`.
    #[error("a placeholder is not closed")]
    UnclosedPlaceholder,
}

impl Template {
    /// Parses a locale text.
    ///
    /// # Errors
    /// [`TemplateError`] says which tag or placeholder is wrong.
    pub fn parse(source: &str) -> Result<Self, TemplateError> {
        let mut parser = Parser { rest: source.trim_end_matches('\n') };
        let text = parser.until_closed(None)?;
        Ok(Self { text })
    }

    /// The names of the placeholders, in order of appearance.
    #[must_use]
    pub fn placeholders(&self) -> Vec<String> {
        let mut names = Vec::new();
        collect_holes(&self.text, &mut names);
        names
    }

    /// The text with its holes filled. A hole without an argument stays visible: a test forbids it.
    #[must_use]
    pub fn fill(&self, arguments: &[(&str, Text)]) -> Text {
        filled(&self.text, arguments)
    }
}

fn collect_holes(text: &Text, names: &mut Vec<String>) {
    for span in text.spans() {
        match span {
            Span::Hole(name) => names.push(name.clone()),
            Span::Styled(_, inner) => collect_holes(inner, names),
            Span::Words(_) | Span::Code(_) | Span::AnyCode(_) | Span::Ltr(_) | Span::Any(_) | Span::Time { .. } => {}
        }
    }
}

fn filled(text: &Text, arguments: &[(&str, Text)]) -> Text {
    let mut all = Vec::with_capacity(text.spans.len());
    for span in &text.spans {
        match span {
            Span::Hole(name) => match arguments.iter().find(|(key, _)| key == name) {
                Some((_, argument)) => all.extend(argument.spans.iter().cloned()),
                None => all.push(span.clone()),
            },
            Span::Styled(style, inner) => all.push(Span::Styled(style.clone(), filled(inner, arguments))),
            Span::Words(_) | Span::Code(_) | Span::AnyCode(_) | Span::Ltr(_) | Span::Any(_) | Span::Time { .. } => {
                all.push(span.clone());
            }
        }
    }
    Text { spans: all }
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    /// Reads spans up to `</closing>`, or to the end where nothing is open.
    fn until_closed(&mut self, closing: Option<&str>) -> Result<Text, TemplateError> {
        let mut spans = Vec::new();
        loop {
            let special = self.rest.find(['<', '%']).unwrap_or(self.rest.len());
            let (words, rest) = self.rest.split_at(special);
            push_words(&mut spans, words);
            self.rest = rest;
            if rest.is_empty() {
                return closing.map_or(Ok(Text { spans }), |tag| Err(TemplateError::Unclosed(tag.to_owned())));
            }
            if let Some(hole) = rest.strip_prefix("%{") {
                let (name, after) = hole.split_once('}').ok_or(TemplateError::UnclosedPlaceholder)?;
                spans.push(Span::Hole(name.to_owned()));
                self.rest = after;
            } else if let Some(tag) = rest.strip_prefix("</") {
                let (name, after) = tag.split_once('>').ok_or_else(|| TemplateError::Unclosed(tag.to_owned()))?;
                self.rest = after;
                return if closing == Some(name) {
                    Ok(Text { spans })
                } else {
                    Err(TemplateError::ClosesNothing(name.to_owned()))
                };
            } else if let Some((tag, after)) = rest.strip_prefix('<').and_then(|tag| tag.split_once('>')) {
                self.rest = after;
                spans.push(self.styled(tag)?);
            } else {
                push_words(&mut spans, &rest[..1]);
                self.rest = &rest[1..];
            }
        }
    }

    fn styled(&mut self, tag: &str) -> Result<Span, TemplateError> {
        let style = match tag {
            "b" => Style::Bold,
            "i" => Style::Italic,
            "blockquote" => Style::Quote,
            "blockquote expandable" => Style::ExpandableQuote,
            unknown => return Err(TemplateError::UnknownTag(unknown.to_owned())),
        };
        let name = tag.split(' ').next().unwrap_or(tag);
        Ok(Span::Styled(style, self.until_closed(Some(name))?))
    }
}

fn push_words(spans: &mut Vec<Span>, words: &str) {
    match spans.last_mut() {
        Some(Span::Words(before)) => before.push_str(words),
        _ if words.is_empty() => {}
        _ => spans.push(Span::Words(words.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_keeps_markup_and_data_apart() {
        let template = Template::parse("<b>Hi %{name}</b>, 5% off").expect("parses");
        assert_eq!(template.placeholders(), ["name"]);
        let text = template.fill(&[("name", Text::any("<b>x</b>"))]);
        let expected = Text::any("<b>x</b>");
        let bold = Text::plain("Hi ").then(expected).styled(Style::Bold);
        assert_eq!(text, bold.then(Text::plain(", 5% off")));
    }

    #[test]
    fn wrong_markup_is_named() {
        for (source, error) in [
            ("<u>x</u>", TemplateError::UnknownTag("u".into())),
            ("<b>x", TemplateError::Unclosed("b".into())),
            ("x</b>", TemplateError::ClosesNothing("b".into())),
            ("%{x", TemplateError::UnclosedPlaceholder),
        ] {
            assert_eq!(Template::parse(source), Err(error), "{source}");
        }
    }

    #[test]
    fn data_cannot_steer_direction() {
        assert_eq!(Text::any("a\u{202E}b\u{2066}c\u{0}d"), Text::any("abcd"));
    }
}
