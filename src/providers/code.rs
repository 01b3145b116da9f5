//! Finds the code in an SMS whose code the supplier did not extract.

/// The first thing in a text that looks like a code: 4 to 10 digits, `123-456`, `123 456` or `G-123456`. Amounts, phone
/// numbers, dates and parts of addresses are passed over. The code is returned as it is written.
pub(crate) fn extract_code(text: &str) -> Option<String> {
    let words = words(text);
    words.iter().enumerate().find_map(|(index, word)| {
        if word.belongs_to_more(text) {
            return None;
        }
        if is_code(word.text) {
            return Some(word.text.to_owned());
        }
        let next = words.get(index + 1)?;
        let halves = is_half(word.text) && is_half(next.text) && next.start == word.end() + 1;
        let split = halves && text.as_bytes()[word.end()] == b' ' && !next.belongs_to_more(text);
        split.then(|| text[word.start..next.end()].to_owned())
    })
}

/// A run of ASCII letters, digits and dashes. Other scripts end a word: Chinese texts write code and sentence together.
struct Word<'a> {
    text: &'a str,
    start: usize,
}

impl Word<'_> {
    fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Part of an amount (`$1234`, `1234.56`), a phone number (`+1202…`) or an address (`/1234`, `x=1234`).
    fn belongs_to_more(&self, text: &str) -> bool {
        let before = text[..self.start].chars().next_back();
        let mut after = text[self.end()..].chars();
        let decimal = matches!(after.next(), Some('.' | ',')) && after.next().is_some_and(|c| c.is_ascii_digit());
        let inside = matches!(before, Some('+' | '$' | '€' | '£' | '/' | '=' | '.' | '_' | '@'));
        inside || decimal
    }
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut from = None;
    for (index, character) in text.char_indices().chain([(text.len(), ' ')]) {
        if character.is_ascii_alphanumeric() || character == '-' {
            from.get_or_insert(index);
        } else if let Some(start) = from.take() {
            let piece = text[start..index].trim_end_matches('-');
            let bare = piece.trim_start_matches('-');
            words.push(Word { text: bare, start: start + piece.len() - bare.len() });
        }
    }
    words.retain(|word| !word.text.is_empty());
    words
}

fn is_code(word: &str) -> bool {
    match word.split_once('-') {
        None => (4..=10).contains(&word.len()) && is_digits(word),
        Some((first, second)) if is_half(first) => is_half(second),
        Some((letters, digits)) => {
            let prefix = (1..=3).contains(&letters.len()) && letters.bytes().all(|byte| byte.is_ascii_uppercase());
            prefix && (4..=8).contains(&digits.len()) && is_digits(digits)
        }
    }
}

fn is_half(word: &str) -> bool {
    word.len() == 3 && is_digits(word)
}

fn is_digits(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::extract_code;

    #[test]
    fn codes_are_found_as_written() {
        let cases = [
            ("Full code: 12345", Some("12345")),
            ("G-123456 is your Google verification code.", Some("G-123456")),
            ("Your WhatsApp code: 123-456\nDon't share", Some("123-456")),
            ("123 456 is your Instagram code", Some("123 456")),
            ("Your code is 001234.", Some("001234")),
            ("【微信】您的验证码是0123456，请勿泄露", Some("0123456")),
            ("رمز التحقق 4821 لا تشاركه", Some("4821")),
            ("Telegram code: 54321\n\nhttps://t.me/login/54321", Some("54321")),
            ("<#> 9876 is your code abcDEF", Some("9876")),
            ("Call +12025550123 for help", None),
            ("You paid $1234 or 1234.56", None),
            ("see https://x.example/12345", None),
            ("on 2026-11-23", None),
            ("12345678901", None),
            ("code 123", None),
            ("", None),
            ("-", None),
            ("👍🏽 -- 12", None),
        ];
        for (text, expected) in cases {
            assert_eq!(extract_code(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn odd_texts_do_no_harm() {
        for text in ["\u{202e}1234\u{202c}".repeat(10_000), "-".repeat(100_000), "1".repeat(300_000)] {
            let _ = extract_code(&text);
        }
    }
}
