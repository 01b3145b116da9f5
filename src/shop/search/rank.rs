//! How well a query meets the keys of one thing. Keys are folded once; a comparison allocates nothing.

use super::fold::{fold, fold_keeping_article};

/// The longest query that is read, in characters: Telegram's own limit.
pub(crate) const QUERY_LENGTH_MAX: usize = 256;
const TYPO_LENGTH_MIN: usize = 4;
const UNFINISHED_TYPO_LENGTH_MIN: usize = 5;

/// How a query meets a key, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// It is one of the thing's own names.
    Name,
    /// It is another key.
    Key,
    /// A key begins with it.
    Prefix,
    /// A word of a key begins with it.
    WordPrefix,
    /// A key contains it.
    Substring,
    /// It is one edit away from a key, or from the beginning of one.
    Typo,
}

/// The folded keys of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Keys {
    /// Each key between line feeds, names first; a folded key holds no line feed.
    lines: Box<str>,
    /// Where the names end, after their last line feed.
    names_end: usize,
}

/// A folded query, with the forms in which it is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query {
    /// The folded text between line feeds.
    line: String,
    /// The folded text after a blank.
    word: String,
    characters: usize,
}

impl Keys {
    /// Folds names and aliases; doubles and empty ones are dropped.
    pub(crate) fn new<'a>(names: impl Iterator<Item = &'a str>, aliases: impl Iterator<Item = &'a str>) -> Self {
        let mut lines = "\n".to_owned();
        names.for_each(|name| add_key(&mut lines, name));
        let names_end = lines.len();
        aliases.for_each(|alias| add_key(&mut lines, alias));
        Self { lines: lines.into_boxed_str(), names_end }
    }

    /// The best rank of the query, typing errors aside.
    pub(crate) fn rank(&self, query: &Query) -> Option<Rank> {
        if !self.lines.contains(query.text()) {
            return None;
        }
        if self.lines.contains(query.line_start()) {
            return Some(self.rank_of_prefix(query));
        }
        Some(if self.lines.contains(&query.word) { Rank::WordPrefix } else { Rank::Substring })
    }

    fn rank_of_prefix(&self, query: &Query) -> Rank {
        if !self.lines.contains(&query.line) {
            Rank::Prefix
        } else if self.lines[..self.names_end].contains(&query.line) {
            Rank::Name
        } else {
            Rank::Key
        }
    }

    /// Whether the query is a typing error away from a key.
    pub(crate) fn resemble(&self, query: &Query) -> bool {
        self.lines.split('\n').any(|key| query.resembles(key))
    }
}

/// Adds the folded key. With the article it is one more key, so that typing its first letters finds it.
fn add_key(lines: &mut String, text: &str) {
    for key in [fold(text), fold_keeping_article(text)] {
        let line = format!("\n{key}\n");
        if !key.is_empty() && !lines.contains(&line) {
            lines.push_str(&line[1..]);
        }
    }
}

impl Query {
    /// Folds what a person typed; what is beyond [`QUERY_LENGTH_MAX`] characters is not read.
    pub(crate) fn new(text: &str) -> Self {
        let read: String = text.chars().take(QUERY_LENGTH_MAX).collect();
        let folded: String = fold(&read).chars().take(QUERY_LENGTH_MAX).collect();
        let characters = folded.chars().count();
        Self { line: format!("\n{folded}\n"), word: format!(" {folded}"), characters }
    }

    /// The folded query.
    pub(crate) fn text(&self) -> &str {
        &self.word[1..]
    }

    /// Whether nothing is left to look for.
    pub(crate) const fn is_empty(&self) -> bool {
        self.characters == 0
    }

    /// Whether typing errors may be guessed at.
    pub(crate) const fn is_long_enough_for_typos(&self) -> bool {
        self.characters >= TYPO_LENGTH_MIN
    }

    fn line_start(&self) -> &str {
        &self.line[..self.line.len() - 1]
    }

    /// Whether one letter changed, added, left out or swapped with the next makes the query the key, or, for a query of
    /// some length, the beginning of the key.
    fn resembles(&self, key: &str) -> bool {
        let (query, key) = without_common_start(self.text(), key);
        let unfinished = self.characters >= UNFINISHED_TYPO_LENGTH_MIN;
        let same = |query: &str, key: &str| query == key || (unfinished && key.starts_with(query));
        let (mut query_letters, mut key_letters) = (query.chars(), key.chars());
        let (first, other_first) = (query_letters.next(), key_letters.next());
        let (query_rest, key_rest) = (query_letters.as_str(), key_letters.as_str());
        if same(query_rest, key_rest) || same(query_rest, key) || same(query, key_rest) {
            return true;
        }
        let swapped = query_letters.next() == other_first && key_letters.next() == first;
        swapped && same(query_letters.as_str(), key_letters.as_str())
    }
}

/// Both texts from their first different character on.
fn without_common_start<'a, 'b>(left: &'a str, right: &'b str) -> (&'a str, &'b str) {
    let equal = left.bytes().zip(right.bytes()).take_while(|(left, right)| left == right).count();
    // Equal bytes end inside a character at the same place in both texts.
    let start = left.floor_char_boundary(equal).min(right.floor_char_boundary(equal));
    (&left[start..], &right[start..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_edit_is_forgiven_and_two_are_not() {
        for (query, key, near) in [
            ("germny", "germany", true),
            ("gerrmany", "germany", true),
            ("garmany", "germany", true),
            ("gremany", "germany", true),
            ("hermany", "germany", true),
            ("germanx", "germany", true),
            ("whtas", "whatsapp", true),
            ("grmnay", "germany", false),
            ("gxxmany", "germany", false),
            ("iarq", "iraq", true),
            ("irxq", "iraqi", false),
            ("germany", "", false),
            ("تلغراام", "تلغرام", true),
            ("تغلرام", "تلغرام", true),
            ("تلقرام", "تلغرام", true),
            ("تقلغام", "تلغرام", false),
        ] {
            assert_eq!(Query::new(query).resembles(key), near, "{query} {key}");
        }
    }

    #[test]
    fn names_rank_before_other_keys() {
        let keys = Keys::new(["Google/Gmail", "Google"].into_iter(), ["YouTube", "بحث جوجل"].into_iter());
        for (query, rank) in [
            ("GOOGLE", Some(Rank::Name)),
            ("youtube", Some(Rank::Key)),
            ("you", Some(Rank::Prefix)),
            ("جو", Some(Rank::WordPrefix)),
            ("tube", Some(Rank::Substring)),
            ("twitter", None),
        ] {
            assert_eq!(keys.rank(&Query::new(query)), rank, "{query}");
        }
    }
}
