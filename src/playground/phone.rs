//! A phone: who has it, and which of its buttons wait for the bot.

use sim::telegram::{ButtonAction, Message, plain};
use sim::{SimUser, Tap};
use tokio::task::AbortHandle;

/// A person with a phone.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// The simulated user.
    pub(crate) user: SimUser,
    /// The first name.
    pub(crate) name: String,
    /// The app's language.
    pub(crate) language: String,
}

/// A button by where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    /// The message.
    pub(crate) message: i64,
    /// The row, from 0.
    pub(crate) row: usize,
    /// The place in the row, from 0.
    pub(crate) column: usize,
}

/// A press that the bot has not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// The query.
    pub(crate) query: String,
    /// The button.
    pub(crate) spot: Spot,
}

/// One of the two phones.
#[derive(Debug)]
pub(crate) struct Phone {
    /// Who has it.
    pub(crate) person: Person,
    /// Presses without an answer.
    pub(crate) waiting: Vec<Waiting>,
    /// What looks out for changes of its chat.
    pub(crate) lookout: Option<AbortHandle>,
}

impl Drop for Phone {
    fn drop(&mut self) {
        if let Some(lookout) = self.lookout.take() {
            lookout.abort();
        }
    }
}

/// Names for new people.
const NAMES: [(&str, [&str; 4]); 2] =
    [("ar", ["Noor", "ليلى", "أحمد", "سارة"]), ("en", ["Ada", "Grace", "Alan", "Edsger"])];

/// The language of a phone.
pub(crate) fn language(phone: usize) -> &'static str {
    NAMES[phone % NAMES.len()].0
}

/// The name of the next person who gets a phone.
pub(crate) fn name(phone: usize, person: usize) -> &'static str {
    let names = NAMES[phone % NAMES.len()].1;
    names[person % names.len()]
}

/// The words at the beginning of a message that stay the same when its conversation is played again: no number, no
/// price, no time.
pub(crate) fn lasting_words(message: &Message) -> Option<String> {
    let text = plain(&message.text);
    let lasting = text.lines().map(|line| {
        let end = line.find(|letter: char| letter.is_numeric() || "+$".contains(letter)).unwrap_or(line.len());
        line[..end].trim().trim_end_matches([':', '-', '–']).trim().to_owned()
    });
    lasting.into_iter().find(|words| words.chars().filter(|letter| letter.is_alphabetic()).count() >= 3)
}

/// The first line of a message, for a notification.
pub(crate) fn first_line(message: &Message) -> String {
    let line = message.text.lines().find(|line| !line.trim().is_empty()).map(str::to_owned);
    let title = || message.extra.values().find_map(|value| value["title"].as_str().map(str::to_owned));
    line.or_else(title).unwrap_or_default()
}

/// What a tap led to at once, for the page.
pub(crate) fn outcome(action: &ButtonAction) -> Option<Tap> {
    match action {
        ButtonAction::Copy(text) => Some(Tap::Copied(text.clone())),
        ButtonAction::Url(url) => Some(Tap::Opened(url.clone())),
        ButtonAction::Callback(_) | ButtonAction::Search(_) | ButtonAction::Pay | ButtonAction::Other(_) => None,
    }
}
