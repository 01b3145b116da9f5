//! Words: counted nouns in their right form, and both locale files with the same placeholders and markup.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use engine::direction::{FSI, LRI, LRM, PDI, RLM};
use engine::{Lang, Span, Template, Text};
use flows::text;

use super::{Finding, Lint, Look};

/// For each word that can follow a number: the plural categories in which it is right.
type Forms = BTreeMap<String, BTreeSet<&'static str>>;

static ENGLISH: LazyLock<Forms> = LazyLock::new(|| forms(Lang::En));
static ARABIC: LazyLock<Forms> = LazyLock::new(|| forms(Lang::Ar));

const CATEGORIES: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];

/// A number and the counted noun after it agree.
pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let forms = match look.lang {
        Lang::En => &*ENGLISH,
        Lang::Ar => &*ARABIC,
    };
    let plain = look.rendered.plain_text();
    let labels = look.rendered.rows.iter().flatten().map(|button| button.label.as_str());
    let lines = plain.split('\n').chain(labels);
    lines
        .flat_map(|line| disagreements(line, look.lang, forms))
        .map(|what| look.finding(Lint::PluralForm, &what))
        .collect()
}

fn disagreements(line: &str, lang: Lang, forms: &Forms) -> Vec<String> {
    let line = line.replace([LRM, RLM, LRI, FSI, PDI], "");
    let words: Vec<&str> = line.split_whitespace().map(|word| word.trim_matches(punctuation)).collect();
    let wrong = |pair: &[&str]| {
        let (n, noun) = (pair.first()?.parse().ok()?, *pair.get(1)?);
        let right = forms.get(noun)?.contains(text::plural(lang, n));
        (!right).then(|| format!("{n} {noun}"))
    };
    words.windows(2).filter_map(wrong).collect()
}

const fn punctuation(c: char) -> bool {
    matches!(c, '.' | ',' | ':' | ';' | '(' | ')' | '!' | '?' | '،' | '؛' | '؟')
}

/// The nouns of the locale files: a group of keys with a form for each category.
fn forms(lang: Lang) -> Forms {
    let mut forms = Forms::new();
    for noun in text::keys().filter_map(|key| key.strip_suffix(".few")) {
        for category in CATEGORIES {
            let template = text::template(lang, &format!("{noun}.{category}"));
            if let Some(word) = template.and_then(after_number) {
                forms.entry(word).or_default().insert(category);
            }
        }
    }
    forms
}

/// The word of a template that follows its number, whether that is a placeholder or a digit.
fn after_number(template: &Template) -> Option<String> {
    let text = template.fill(&[("n", Text::plain("0"))]);
    let words: String = text.spans().iter().filter_map(written).collect();
    let (number, noun) = words.split_once(' ')?;
    (number.bytes().all(|byte| byte.is_ascii_digit()) && !noun.contains(' ')).then(|| noun.to_owned())
}

fn written(span: &Span) -> Option<&str> {
    match span {
        Span::Words(words) => Some(words),
        Span::Code(_) | Span::AnyCode(_) | Span::Ltr(_) | Span::Any(_) | Span::Time { .. } | Span::Styled(..) => None,
        Span::Hole(_) => None,
    }
}

/// Holds the two files against each other, and names a screen that shows the text.
#[must_use]
pub fn templates(looks: &[Look<'_>]) -> Vec<Finding> {
    let mut found = Vec::new();
    for key in text::keys() {
        let (english, arabic) = (text::template(Lang::En, key), text::template(Lang::Ar, key));
        let what = match (english, arabic) {
            (Some(english), Some(arabic)) => difference(key, english, arabic),
            (None, _) => Some("the English text is missing or has wrong markup".to_owned()),
            (_, None) => Some("the Arabic text is missing or has wrong markup".to_owned()),
        };
        found.extend(what.map(|what| {
            let screen = english.and_then(|template| shown_on(template, looks)).unwrap_or("no screen");
            Finding { screen: screen.to_owned(), lint: Lint::SameTemplate, what: format!("{key}: {what}") }
        }));
    }
    found
}

/// What two texts of one key do not share. The forms for none, one and two may say the number in words.
#[must_use]
pub fn difference(key: &str, english: &Template, arabic: &Template) -> Option<String> {
    let counted = [".zero", ".one", ".two"].iter().any(|form| key.ends_with(form));
    let (left, right) = (parts(english, counted), parts(arabic, counted));
    (left != right).then(|| format!("{left:?} and {right:?}"))
}

/// Placeholders and styles of a template. A placeholder may stand more often in one language than in the other.
fn parts(template: &Template, counted: bool) -> BTreeSet<String> {
    fn collect(text: &Text, found: &mut BTreeSet<String>) {
        for span in text.spans() {
            if let Span::Styled(style, inner) = span {
                found.insert(format!("{style:?}"));
                collect(inner, found);
            }
        }
    }
    let mut found = BTreeSet::new();
    collect(&template.fill(&[]), &mut found);
    if !counted {
        found.extend(template.placeholders().into_iter().map(|name| format!("%{{{name}}}")));
    }
    found
}

/// A screen that shows the longest words of a text.
#[must_use]
pub fn shown_on<'a>(template: &Template, looks: &'a [Look<'_>]) -> Option<&'a str> {
    let text = template.fill(&[]);
    let words = text.spans().iter().filter_map(written).max_by_key(|words| words.len())?;
    let shows = |look: &&Look<'_>| {
        let labels = look.rendered.rows.iter().flatten().any(|button| button.label.contains(words));
        look.lang == Lang::En && (labels || look.rendered.plain_text().contains(words))
    };
    looks.iter().find(shows).map(|look| look.name.as_str())
}
