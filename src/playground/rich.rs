//! Telegram's styled text as HTML: each line a block with its own direction, each style an element.

use maud::{Markup, html};
use serde_json::Value;
use sim::telegram::Entity;

/// A line of a text with the place of its first UTF-16 unit.
struct Line<'text> {
    start: usize,
    text: &'text str,
}

impl Line<'_> {
    fn end(&self) -> usize {
        self.start + units(self.text)
    }

    fn meets(&self, entity: &Entity) -> bool {
        entity.offset <= self.end() && self.start < entity.offset + entity.length
    }
}

/// A text with its styles.
pub(crate) fn text(text: &str, entities: &[Entity]) -> Markup {
    let mut blocks = Vec::new();
    let lines = lines(text);
    let mut rest = lines.as_slice();
    while let Some(first) = rest.first() {
        let block = entities.iter().find(|entity| is_block(&entity.kind) && first.meets(entity));
        let belongs = |line: &&Line| block.is_none_or(|block| line.meets(block));
        let length = if block.is_some() { rest.iter().take_while(belongs).count().max(1) } else { 1 };
        let (own, after) = rest.split_at(length);
        blocks.push(in_block(block.map(|block| block.kind.as_str()), own, entities));
        rest = after;
    }
    html! { @for block in &blocks { (block) } }
}

fn is_block(kind: &str) -> bool {
    kind.ends_with("blockquote") || kind == "pre"
}

fn in_block(kind: Option<&str>, lines: &[Line<'_>], entities: &[Entity]) -> Markup {
    let inside = html! { @for line in lines { (self::line(line, entities)) } };
    match kind {
        Some("expandable_blockquote") => html! { blockquote.expandable data-expand { (inside) } },
        Some("pre") => html! { pre { (inside) } },
        Some(_) => html! { blockquote { (inside) } },
        None => inside,
    }
}

fn line(line: &Line<'_>, entities: &[Entity]) -> Markup {
    let inline: Vec<&Entity> = entities.iter().filter(|entity| !is_block(&entity.kind) && line.meets(entity)).collect();
    html! {
        div.line dir="auto" {
            @if line.text.is_empty() { br; }
            @for (start, piece) in pieces(line, &inline) {
                @let around: Vec<&Entity> = inline.iter().copied()
                    .filter(|entity| (entity.offset..entity.offset + entity.length).contains(&start)).collect();
                (styled(piece, &around))
            }
        }
    }
}

/// The line cut wherever a style begins or ends.
fn pieces<'text>(line: &Line<'text>, entities: &[&Entity]) -> Vec<(usize, &'text str)> {
    let edge = |unit: usize| entities.iter().any(|one| one.offset == unit || one.offset + one.length == unit);
    let (mut unit, mut from, mut found) = (line.start, (line.start, 0), Vec::new());
    for (byte, letter) in line.text.char_indices() {
        if unit > from.0 && edge(unit) {
            found.push((from.0, &line.text[from.1..byte]));
            from = (unit, byte);
        }
        unit += letter.len_utf16();
    }
    if from.1 < line.text.len() {
        found.push((from.0, &line.text[from.1..]));
    }
    found
}

/// A piece in its styles, the first one outermost.
fn styled(piece: &str, around: &[&Entity]) -> Markup {
    let Some((entity, inner)) = around.split_first() else { return html! { (piece) } };
    let inside = styled(piece, inner);
    let field = |name: &str| entity.extra.get(name).and_then(Value::as_str).unwrap_or_default();
    match entity.kind.as_str() {
        "bold" => html! { b { (inside) } },
        "italic" => html! { i { (inside) } },
        "underline" => html! { u { (inside) } },
        "strikethrough" => html! { s { (inside) } },
        "spoiler" => html! { span.spoiler data-spoiler { (inside) } },
        "code" => html! { code data-copy=(piece) { (inside) } },
        "text_link" => html! { a href=(field("url")) target="_blank" rel="noopener noreferrer" { (inside) } },
        "bot_command" => html! { span.command data-send=(piece) { (inside) } },
        "date_time" => {
            let unix = entity.extra.get("unix_time").and_then(Value::as_i64).unwrap_or(0);
            html! { time data-unix=(unix) data-format=(field("date_time_format")) { (inside) } }
        }
        _ => inside,
    }
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut start = 0;
    let line = |text| {
        let line = Line { start, text };
        start = line.end() + 1;
        line
    };
    text.split('\n').map(line).collect()
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(plain: &str, entities: &[Entity], expected: &str) {
        assert_eq!(text(plain, entities).into_string(), expected);
    }

    #[test]
    fn styles_are_elements_and_data_is_escaped() {
        check("a<b>", &[], r#"<div class="line" dir="auto">a&lt;b&gt;</div>"#);
        check(
            "🇹🇷 hi you",
            &[Entity::new("bold", 5, 6), Entity::new("italic", 8, 3)],
            r#"<div class="line" dir="auto">🇹🇷 <b>hi </b><b><i>you</i></b></div>"#,
        );
        check(
            "12\"34",
            &[Entity::new("code", 0, 5)],
            r#"<div class="line" dir="auto"><code data-copy="12&quot;34">12&quot;34</code></div>"#,
        );
    }

    #[test]
    fn each_line_has_its_own_direction_and_quotes_hold_whole_lines() {
        check(
            "a\nb\nc",
            &[Entity::new("expandable_blockquote", 0, 3)],
            concat!(
                r#"<blockquote class="expandable" data-expand><div class="line" dir="auto">a</div>"#,
                r#"<div class="line" dir="auto">b</div></blockquote><div class="line" dir="auto">c</div>"#
            ),
        );
    }

    #[test]
    fn moments_carry_their_time_for_the_page_to_count_down() {
        let mut moment = Entity::new("date_time", 0, 5);
        moment.extra.insert("unix_time".to_owned(), json!(1_700_000_000));
        moment.extra.insert("date_time_format".to_owned(), json!("r"));
        check(
            "14:35",
            &[moment],
            r#"<div class="line" dir="auto"><time data-unix="1700000000" data-format="r">14:35</time></div>"#,
        );
    }
}
