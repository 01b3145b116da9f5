//! A call that failed: one of the product's codes, and what the failure *proves*. Only the closed list of
//! purchase-protocol 3 proves that nothing was bought.
//!
//! Which words of which supplier stand for which code, is decided in each supplier's `errors`.

use shop::ErrorCode;
use shop::pool::{Advice, PoolError, PurchaseError};

use crate::CallEnd;
use crate::endpoint::{Endpoint, Subject};
use crate::http::{Answer, Body, SendError};

/// What is certain about a call that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// The request never left, or was turned away at the door: nothing happened.
    NotDone,
    /// The supplier said no in so many words: nothing happened.
    Refused,
    /// It may have happened.
    Nothing,
}

/// What an answer says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Yes.
    Accepted,
    /// No.
    Refused,
    /// Neither in a word that is known.
    Unsaid,
}

impl Proof {
    /// The closed list of purchase-protocol 3. An answer that names an order proves nothing, whatever else it says.
    pub(crate) fn of(status: u16, verdict: Verdict, names_order: bool) -> Self {
        if names_order || verdict == Verdict::Accepted {
            return Self::Nothing;
        }
        match status {
            401 | 403 | 429 => Self::NotDone,
            200..=299 | 400..=499 if verdict == Verdict::Refused => Self::Refused,
            _ => Self::Nothing,
        }
    }
}

/// A failed call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) error: PoolError,
    pub(crate) proof: Proof,
    pub(crate) status: Option<u16>,
}

impl Failure {
    /// There was no answer.
    pub(crate) fn unsent(endpoint: &Endpoint, error: SendError) -> Self {
        let (code, advice, proof, reason) = match error {
            SendError::NoKey => (ErrorCode::InvalidKey, Advice::None, Proof::NotDone, "no key is set".to_owned()),
            SendError::NoTurn(wait_s) => {
                let advice = Advice::RetryAfter(wait_s);
                (ErrorCode::RateLimited, advice, Proof::NotDone, "no turn within our own limit".to_owned())
            }
            SendError::TooLate => {
                (ErrorCode::TimedOut, Advice::None, Proof::NotDone, "the time was up before".to_owned())
            }
            SendError::Connect(cause) => (ErrorCode::Unreachable, Advice::None, Proof::NotDone, cause),
            SendError::TimedOut => (ErrorCode::TimedOut, Advice::None, Proof::Nothing, "no answer in time".to_owned()),
            SendError::Broken(cause) => (ErrorCode::Unreachable, Advice::None, Proof::Nothing, cause),
        };
        let cause = shorten(&format!("{}: {}", endpoint.path, clean(&reason)));
        Self { error: PoolError { code, cause, advice }, proof, status: None }
    }

    /// An answer that is not a yes; `reason` is clean.
    pub(crate) fn answered(
        endpoint: &Endpoint,
        status: u16,
        (code, advice): (ErrorCode, Advice),
        proof: Proof,
        reason: &str,
    ) -> Self {
        let cause = shorten(&format!("{} HTTP {status}: {reason}", endpoint.path));
        Self { error: PoolError { code, cause, advice }, proof, status: Some(status) }
    }

    /// An accepted answer whose content cannot be used.
    pub(crate) fn undecodable(endpoint: &Endpoint, status: u16, reason: &str) -> Self {
        let code = match endpoint.subject {
            Subject::Messages => ErrorCode::MessageNotFetched,
            Subject::Sale | Subject::Order | Subject::GivingBack => ErrorCode::Unexpected,
        };
        Self::answered(endpoint, status, (code, Advice::None), Proof::Nothing, reason)
    }

    /// What became of the call, for whoever counts.
    pub(crate) fn ended(&self) -> CallEnd {
        match (self.error.code, self.proof) {
            (ErrorCode::RateLimited, _) => CallEnd::RateLimited,
            (_, Proof::Refused) => CallEnd::Refused,
            (_, Proof::NotDone) => CallEnd::NotDone,
            (_, Proof::Nothing) => CallEnd::Unknown,
        }
    }
}

impl From<Failure> for PoolError {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

impl From<Failure> for PurchaseError {
    fn from(failure: Failure) -> Self {
        match failure.proof {
            Proof::NotDone | Proof::Refused => Self::DefiniteNo(failure.error),
            Proof::Nothing => Self::Unknown(failure.error),
        }
    }
}

/// A cancel's time lock is asked again after so long (purchase-protocol 3, CLOSING).
pub(crate) const LOCK_RETRY_S: u32 = 15;
const CAUSE_CHARACTERS: usize = 120;

/// A success status without a usable answer.
pub(crate) fn by_body(body: &Body, subject: Subject) -> ErrorCode {
    match body {
        Body::TimedOut => ErrorCode::TimedOut,
        Body::Broken => ErrorCode::Unreachable,
        Body::Whole(_) if is_html(body) => ErrorCode::Unreachable,
        Body::Whole(_) | Body::TooLong if subject == Subject::Messages => ErrorCode::MessageNotFetched,
        Body::Whole(_) | Body::TooLong => ErrorCode::Unexpected,
    }
}

/// What to tell the log of an answer that says nothing itself.
pub(crate) fn describe(answer: &Answer, is_object: bool) -> &'static str {
    match &answer.body {
        Body::TooLong => "the answer is too long",
        Body::TimedOut => "the answer took too long",
        Body::Broken => "the answer broke off",
        Body::Whole(_) if is_object => "no reason given",
        Body::Whole(_) if is_html(&answer.body) => "a web page instead of JSON",
        Body::Whole(_) => "not the JSON that was expected",
    }
}

pub(crate) fn is_html(body: &Body) -> bool {
    matches!(body, Body::Whole(bytes) if bytes.trim_ascii_start().first() == Some(&b'<'))
}

/// A text without HTML, curly apostrophes, line breaks, and without what could be a phone number, a code, a key or an
/// e-mail address.
pub(crate) fn clean(text: &str) -> String {
    let mut plain = String::new();
    let mut in_tag = false;
    for character in text.chars().take(10_000) {
        match character {
            '<' => in_tag = true,
            '>' if in_tag => in_tag = false,
            _ if in_tag => {}
            '\u{2018}' | '\u{2019}' => plain.push('\''),
            _ => plain.push(character),
        }
    }
    let entities = [
        ("&#39;", "'"),
        ("&#039;", "'"),
        ("&apos;", "'"),
        ("&rsquo;", "'"),
        ("&nbsp;", " "),
        ("&#64;", "@"),
        ("&amp;", "&"),
    ];
    let plain = entities.iter().fold(plain, |text, (from, to)| text.replace(from, to));
    let words = plain.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let words: Vec<&str> = words.map(|word| if word.contains('@') { "…" } else { word }).collect();
    mask(&words.join(" "))
}

/// Hides long runs of digits or letters, and shorter runs of digits that stand together, as in `202 555 0123`.
fn mask(text: &str) -> String {
    let inside = |character: char| character.is_alphanumeric() || character == '-';
    let mut pieces: Vec<String> = Vec::new();
    for character in text.chars() {
        match pieces.last_mut().filter(|piece| piece.chars().next_back().is_some_and(inside) == inside(character)) {
            Some(piece) => piece.push(character),
            None => pieces.push(character.to_string()),
        }
    }
    let digits: Vec<usize> =
        pieces.iter().map(|piece| piece.chars().filter(|character| character.is_numeric()).count()).collect();
    // Between two runs stands what separates them.
    let beside = |place: usize| [place.checked_sub(2), Some(place + 2)].into_iter().flatten();
    let secret = |place: usize, piece: &str| {
        let together = digits[place] >= 3 && beside(place).any(|other| digits.get(other).is_some_and(|n| *n >= 3));
        digits[place] >= 4 || together || (piece.starts_with(inside) && piece.chars().count() >= 20)
    };
    let shown = |(place, piece): (usize, &String)| if secret(place, piece) { "…".to_owned() } else { piece.clone() };
    pieces.iter().enumerate().map(shown).collect()
}

fn shorten(text: &str) -> String {
    text.chars().take(CAUSE_CHARACTERS).collect()
}
