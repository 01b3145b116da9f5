//! A strict reading of Telegram's HTML mode, written from the Bot API's documentation:
//! an unknown or unclosed tag is an error, entities count in UTF-16 units.

use serde::Serialize;
use serde_json::{Map, Value, json};

/// A styled span of a message, in UTF-16 units, shaped like the Bot API's `MessageEntity`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entity {
    /// The kind, such as `bold` or `text_link`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where it starts.
    pub offset: usize,
    /// How long it is.
    pub length: usize,
    /// What else belongs to the kind: `url`, `language`, `unix_time`.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Entity {
    /// An entity without extra fields.
    #[must_use]
    pub fn new(kind: &str, offset: usize, length: usize) -> Self {
        Self { kind: kind.to_owned(), offset, length, extra: Map::new() }
    }
}

/// Parses HTML into plain text and entities, or says why Telegram would refuse it.
pub(crate) fn parse(html: &str) -> Result<(String, Vec<Entity>), String> {
    let mut reader = Reader { html, at: 0, text: String::new(), units: 0, open: Vec::new(), entities: Vec::new() };
    while let Some(letter) = reader.peek() {
        match letter {
            '<' if reader.rest().starts_with("</") => reader.close_tag()?,
            '<' => reader.open_tag()?,
            '&' => {
                let (decoded, length) = decode_reference(reader.rest());
                reader.push(decoded);
                reader.at += length;
            }
            other => {
                reader.push(other);
                reader.at += other.len_utf8();
            }
        }
    }
    if let Some(open) = reader.open.last() {
        return Err(format!("can't find end tag corresponding to start tag \"{}\"", open.tag));
    }
    let mut entities = reader.entities;
    entities.sort_by(|one, other| one.offset.cmp(&other.offset).then(other.length.cmp(&one.length)));
    Ok((reader.text, entities))
}

struct Open {
    tag: String,
    kind: &'static str,
    extra: Map<String, Value>,
    offset: usize,
}

struct Reader<'html> {
    html: &'html str,
    at: usize,
    text: String,
    units: usize,
    open: Vec<Open>,
    entities: Vec<Entity>,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.html[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn push(&mut self, letter: char) {
        self.text.push(letter);
        self.units += letter.len_utf16();
    }

    fn close_tag(&mut self) -> Result<(), String> {
        let begin = self.at;
        let Some(end) = self.rest().find('>') else {
            return Err(format!("unclosed end tag at byte offset {begin}"));
        };
        let name = self.rest()[2..end].trim().to_lowercase();
        let Some(open) = self.open.pop() else {
            return Err(format!("unexpected end tag at byte offset {begin}"));
        };
        if name != open.tag {
            return Err(format!(
                "unmatched end tag at byte offset {begin}, expected \"</{}>\", found \"</{name}>\"",
                open.tag
            ));
        }
        self.at += end + 1;
        let length = self.units - open.offset;
        if length > 0 && !self.merge_code_into_pre(&open) {
            self.entities.push(Entity { kind: open.kind.to_owned(), offset: open.offset, length, extra: open.extra });
        }
        Ok(())
    }

    /// `<pre><code class="language-x">` is one block with a language.
    fn merge_code_into_pre(&mut self, closed: &Open) -> bool {
        let Some(outer) = self.open.last_mut().filter(|outer| closed.kind == "code" && outer.kind == "pre") else {
            return false;
        };
        outer.extra.extend(closed.extra.clone());
        true
    }

    fn open_tag(&mut self) -> Result<(), String> {
        let begin = self.at;
        let Some((tag, attributes, length)) = read_tag(self.rest())? else {
            return Err(format!("unclosed start tag at byte offset {begin}"));
        };
        let (kind, extra) = meaning(&tag, &attributes, begin)?;
        self.check_nesting(kind, begin)?;
        self.at += length;
        self.open.push(Open { tag, kind, extra, offset: self.units });
        Ok(())
    }

    fn check_nesting(&self, kind: &str, begin: usize) -> Result<(), String> {
        let inside = |wanted: fn(&str) -> bool| self.open.iter().any(|open| wanted(open.kind));
        let is_code = |kind: &str| matches!(kind, "code" | "pre");
        let in_bare_pre = self.open.last().is_some_and(|open| open.kind == "pre" && kind == "code");
        if inside(is_code) && !in_bare_pre {
            return Err(format!("code and pre can't contain other entities, at byte offset {begin}"));
        }
        if is_code(kind) && !in_bare_pre && inside(|open| !open.ends_with("blockquote")) {
            return Err(format!("code and pre can't be part of other entities, at byte offset {begin}"));
        }
        if kind.ends_with("blockquote") && inside(|open| open.ends_with("blockquote")) {
            return Err(format!("blockquotes can't be nested, at byte offset {begin}"));
        }
        if kind == "text_link" && inside(|open| open == "text_link") {
            return Err(format!("links can't be nested, at byte offset {begin}"));
        }
        Ok(())
    }
}

type Attributes = Vec<(String, String)>;

/// The tag's name, its attributes and its length in bytes; nothing if it never ends.
fn read_tag(text: &str) -> Result<Option<(String, Attributes, usize)>, String> {
    let mut at = 1;
    let name_end = text[at..].find(|letter: char| letter.is_whitespace() || letter == '>').map(|found| at + found);
    let Some(name_end) = name_end else {
        return Ok(None);
    };
    let tag = text[at..name_end].to_lowercase();
    at = name_end;
    let mut attributes = Vec::new();
    loop {
        at += text[at..].len() - text[at..].trim_start().len();
        let Some(letter) = text[at..].chars().next() else {
            return Ok(None);
        };
        if letter == '>' {
            return Ok(Some((tag, attributes, at + 1)));
        }
        let Some(name_length) = text[at..].find(|letter: char| letter.is_whitespace() || "=>".contains(letter)) else {
            return Ok(None);
        };
        if name_length == 0 {
            return Err(format!("empty attribute name in the tag \"{tag}\""));
        }
        let name = text[at..at + name_length].to_lowercase();
        at += name_length;
        let mut value = String::new();
        if let Some(after) = text[at..].strip_prefix('=') {
            let Some((found, length)) = read_value(after) else {
                return Ok(None);
            };
            value = found;
            at += 1 + length;
        }
        attributes.push((name, value));
    }
}

fn read_value(text: &str) -> Option<(String, usize)> {
    let quote = text.chars().next()?;
    if quote == '"' || quote == '\'' {
        let end = text[1..].find(quote)?;
        return Some((decode_all(&text[1..=end]), end + 2));
    }
    let end = text.find(|letter: char| letter.is_whitespace() || letter == '>')?;
    Some((text[..end].to_owned(), end))
}

fn decode_all(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let (plain, length) = if letter == '&' { decode_reference(rest) } else { (letter, letter.len_utf8()) };
        decoded.push(plain);
        rest = &rest[length..];
    }
    decoded
}

/// Reads `&lt;` and its kin; anything else stays a plain ampersand.
fn decode_reference(text: &str) -> (char, usize) {
    for (name, plain) in [("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&'), ("&quot;", '"')] {
        if text.starts_with(name) {
            return (plain, name.len());
        }
    }
    numeric_reference(text).unwrap_or(('&', 1))
}

fn numeric_reference(text: &str) -> Option<(char, usize)> {
    let digits = text.strip_prefix("&#")?;
    let end = digits.find(';').filter(|end| (1..=9).contains(end))?;
    let number = match digits[..end].strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => digits[..end].parse().ok()?,
    };
    Some((char::from_u32(number).filter(|letter| *letter != '\0')?, end + 3))
}

fn meaning(tag: &str, attributes: &Attributes, begin: usize) -> Result<(&'static str, Map<String, Value>), String> {
    let find = |name: &str| attributes.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str());
    let missing = |name: &str| format!("tag \"{tag}\" must have attribute \"{name}\", at byte offset {begin}");
    let with = |name: &str, value: Value| Map::from_iter([(name.to_owned(), value)]);
    Ok(match tag {
        "b" | "strong" => ("bold", Map::new()),
        "i" | "em" => ("italic", Map::new()),
        "u" | "ins" => ("underline", Map::new()),
        "s" | "strike" | "del" => ("strikethrough", Map::new()),
        "tg-spoiler" => ("spoiler", Map::new()),
        "span" if find("class") == Some("tg-spoiler") => ("spoiler", Map::new()),
        "span" => {
            return Err(format!("tag \"span\" must have class \"tg-spoiler\" at byte offset {begin}"));
        }
        "blockquote" if find("expandable").is_some() => ("expandable_blockquote", Map::new()),
        "blockquote" => ("blockquote", Map::new()),
        "pre" => ("pre", Map::new()),
        "code" => {
            let language = find("class").and_then(|class| class.strip_prefix("language-"));
            ("code", language.map(|language| with("language", json!(language))).unwrap_or_default())
        }
        "a" => ("text_link", with("url", json!(find("href").ok_or_else(|| missing("href"))?))),
        "tg-emoji" => {
            let id = find("emoji-id").ok_or_else(|| missing("emoji-id"))?;
            ("custom_emoji", with("custom_emoji_id", json!(id)))
        }
        "tg-time" => ("date_time", time_fields(find("unix"), find("format"), begin)?),
        _ => {
            return Err(format!("unsupported start tag \"{tag}\" at byte offset {begin}"));
        }
    })
}

fn time_fields(unix: Option<&str>, format: Option<&str>, begin: usize) -> Result<Map<String, Value>, String> {
    let unix: i64 = unix
        .and_then(|unix| unix.parse().ok())
        .ok_or_else(|| format!("tag \"tg-time\" must have a valid attribute \"unix\", at byte offset {begin}"))?;
    let format = format.unwrap_or_default();
    if !is_time_format(format) {
        return Err(format!("invalid date-time format \"{format}\" at byte offset {begin}"));
    }
    let mut fields = Map::from_iter([("unix_time".to_owned(), json!(unix))]);
    if !format.is_empty() {
        fields.insert("date_time_format".to_owned(), json!(format));
    }
    Ok(fields)
}

/// `r` alone, or `w?[dD]?[tT]?`.
fn is_time_format(format: &str) -> bool {
    let rest = format.strip_prefix('w').unwrap_or(format);
    let rest = rest.strip_prefix(['d', 'D']).unwrap_or(rest);
    let rest = rest.strip_prefix(['t', 'T']).unwrap_or(rest);
    format == "r" || rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(html: &str, text: &str, entities: &[(&str, usize, usize)]) {
        let (plain, found) = parse(html).unwrap();
        let found: Vec<_> = found.iter().map(|entity| (entity.kind.as_str(), entity.offset, entity.length)).collect();
        assert_eq!((plain.as_str(), found.as_slice()), (text, entities), "{html}");
    }

    fn refuses(html: &str, reason: &str) {
        let error = parse(html).unwrap_err();
        assert!(error.contains(reason), "{html}: {error}");
    }

    #[test]
    fn tags_become_entities_in_utf16_units() {
        check("<b>Hi</b> you", "Hi you", &[("bold", 0, 2)]);
        check("🇹🇷 <i>x</i>", "🇹🇷 x", &[("italic", 5, 1)]);
        check("<b>a<i>b</i></b>", "ab", &[("bold", 0, 2), ("italic", 1, 1)]);
        check("<a href=\"https://t.me/x?a=1&amp;b=2\">T</a>", "T", &[("text_link", 0, 1)]);
        check(
            "<blockquote expandable>q <code>c</code></blockquote>",
            "q c",
            &[("expandable_blockquote", 0, 3), ("code", 2, 1)],
        );
        check("<pre><code class=\"language-rust\">x</code></pre>", "x", &[("pre", 0, 1)]);
        check("<tg-time unix=\"1700000000\" format=\"r\">14:35</tg-time>", "14:35", &[("date_time", 0, 5)]);
        check(
            "<tg-spoiler>s</tg-spoiler><span class=\"tg-spoiler\">t</span>",
            "st",
            &[("spoiler", 0, 1), ("spoiler", 1, 1)],
        );
        check("a &lt;b&gt; &amp; &#39; &nbsp;", "a <b> & ' &nbsp;", &[]);
        check("<b></b>x", "x", &[]);
    }

    #[test]
    fn bad_markup_is_refused_with_a_reason() {
        refuses("<b>x", "can't find end tag");
        refuses("x</b>", "unexpected end tag");
        refuses("<b>x</i>", "unmatched end tag");
        refuses("<div>x</div>", "unsupported start tag \"div\"");
        refuses("a < b", "unclosed start tag");
        refuses("a <", "unclosed start tag");
        refuses("<b><code>x</code></b>", "can't be part of other");
        refuses("<code><b>x</b></code>", "can't contain other");
        refuses("<blockquote><blockquote>x</blockquote></blockquote>", "nested");
        refuses("<span>x</span>", "tg-spoiler");
        refuses("<a>x</a>", "href");
        refuses("<tg-time unix=\"1\" format=\"zz\">x</tg-time>", "format");
        refuses("<tg-time>x</tg-time>", "unix");
    }
}
