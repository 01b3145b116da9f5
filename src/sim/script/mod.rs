//! Readable conversations: one step a line, `#` for comments. Start at [`Script::parse`] and [`play`].
//!
//! | step | does |
//! |---|---|
//! | `user 1001 "Ahmad" ar` | adds a person, or takes up a known one by id alone; the next steps are that person's |
//! | `send /start` | writes; the rest of the line, or one quoted text (`\n` is a line break) |
//! | `reply "…" "words"` | waits for the newest message that shows the first text, and replies to it |
//! | `see "…"`, `not-see "…"` | waits until the visible chat (last ten messages and buttons) shows it, or not |
//! | `newest "…"` | waits until the bot's newest message shows it |
//! | `tap "…"`, `double-tap "…"` | taps the newest button with this label |
//! | `toast "…"` | a toast or alert since the last action shows it |
//! | `copy "label" "text"` | the button copies exactly this |
//! | `press "data"` | presses the bot's newest message with forged data |
//! | `search "sp:fr"`, `result "France"`, `pick "France"` | inline search; a title is listed; picks it |
//! | `block`, `unblock` | stops and starts the bot |
//! | `sms "Your code is 482913"` | an SMS arrives on the newest order |
//! | `prices 120%` | all prices of the supplier, in percent of the usual ones |
//! | `clock +20m` | moves the clock |
//! | `fault supplier purchase out-of-stock x2` | orders a failure, here twice |
//! | `fault telegram sendMessage 429 2` | the same for Telegram |
//! | `count purchase 1`, `count sendMessage 3` | that many calls so far |
//! | `show` | shows the screen to the stage |
//!
//! The supplier is that of the [`Stage`]; `smspool` or `nonvoip` in front of the details names one: `sms nonvoip "…"`,
//! `fault smspool /purchase/sms 502`, `count nonvoip /order 1`. Its endpoints are named by their path or by the word of
//! their [`Role`]. Every other verb goes to the stage.

mod play;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::time::Duration;

pub use play::{Stage, Turn, play};

use crate::clock::parse_duration;
use crate::supplier::PoolFault;
use crate::telegram::TelegramFault;
use crate::{Role, Supplier};

/// A conversation that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The file's name, for errors.
    pub file: String,
    /// The steps in order.
    pub lines: Vec<Line>,
}

/// One step with where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The line's number, from 1.
    pub number: usize,
    /// The line as written.
    pub source: String,
    /// What it says.
    pub step: Step,
}

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Adds or takes up a person.
    User {
        /// The id.
        id: i64,
        /// The first name; none takes up a known person.
        name: Option<String>,
        /// The app's language.
        language: String,
    },
    /// The person does something.
    Act(Act),
    /// The person looks for something.
    Look(Look),
    /// The world around the person changes or is counted.
    World(World),
    /// Something for the stage.
    Extra {
        /// The verb.
        verb: String,
        /// The words after it, without quotes.
        words: Vec<String>,
    },
}

/// What a person does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Writes.
    Send(String),
    /// Replies.
    Reply {
        /// What the message shows.
        to: String,
        /// The reply.
        words: String,
    },
    /// Taps.
    Tap(String),
    /// Taps twice.
    DoubleTap(String),
    /// Presses with forged data.
    Press(String),
    /// Searches inline.
    Search(String),
    /// Picks a listed result.
    Pick(String),
    /// Blocks the bot.
    Block,
    /// Unblocks the bot.
    Unblock,
}

/// What a person looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// Waits to see.
    See(String),
    /// Waits until it is gone.
    NotSee(String),
    /// Waits to see it in the bot's newest message.
    Newest(String),
    /// Expects a toast.
    Toast(String),
    /// Expects a button to copy a text.
    Copy {
        /// The button's label.
        label: String,
        /// What it copies.
        text: String,
    },
    /// Expects a listed title.
    Result(String),
    /// Shows the screen.
    Show,
}

/// What happens around the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum World {
    /// Lets an SMS arrive.
    Sms {
        /// At which supplier; none is the stage's.
        supplier: Option<Supplier>,
        /// What it says.
        text: String,
    },
    /// Sets all prices of a supplier.
    Prices {
        /// Whose; none is the stage's.
        supplier: Option<Supplier>,
        /// In percent of the usual ones.
        percent: u32,
    },
    /// Moves the clock.
    Clock(Duration),
    /// Orders a failure of Telegram.
    TelegramFault {
        /// The method.
        method: String,
        /// What goes wrong.
        fault: TelegramFault,
        /// How often.
        times: u32,
    },
    /// Orders a failure of a supplier.
    PoolFault {
        /// Which supplier; none is the stage's.
        supplier: Option<Supplier>,
        /// The endpoint.
        endpoint: Endpoint,
        /// What goes wrong.
        fault: PoolFault,
        /// How often.
        times: u32,
    },
    /// Expects a number of calls of Telegram.
    TelegramCount {
        /// The method.
        method: String,
        /// How many.
        wanted: u64,
    },
    /// Expects a number of calls of a supplier.
    PoolCount {
        /// Which supplier; none is the stage's.
        supplier: Option<Supplier>,
        /// The endpoint.
        endpoint: Endpoint,
        /// How many.
        wanted: u64,
    },
}

/// An endpoint of a supplier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// This path; `*` for all.
    Path(String),
    /// Whatever serves this purpose.
    For(Role),
}

impl Endpoint {
    /// A path, or the word of a role.
    fn parse(text: &str) -> Option<Self> {
        if text == "*" || text.starts_with('/') {
            return Some(Self::Path(text.to_owned()));
        }
        Role::ALL.into_iter().find(|role| role.word() == text).map(Self::For)
    }
}

/// Why a conversation stopped.
#[derive(Debug, thiserror::Error)]
#[error("{file}:{line}: {source_line}\n{reason}{screen}")]
pub struct ScriptError {
    /// The file.
    pub file: String,
    /// The line's number.
    pub line: usize,
    /// The line as written.
    pub source_line: String,
    /// What went wrong.
    pub reason: String,
    /// The chat as seen then, after a line break; may be empty.
    pub screen: String,
}

impl Script {
    /// Reads a file.
    ///
    /// # Errors
    /// When the file cannot be read or a line makes no sense; the line is named.
    pub fn load(path: &Path) -> Result<Self, ScriptError> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| ScriptError {
            file: file.clone(),
            line: 0,
            source_line: String::new(),
            reason: error.to_string(),
            screen: String::new(),
        })?;
        Self::parse(&file, &text)
    }

    /// Reads a text.
    ///
    /// # Errors
    /// When a line makes no sense; it is named.
    pub fn parse(file: &str, text: &str) -> Result<Self, ScriptError> {
        let mut lines = Vec::new();
        for (index, source) in text.lines().enumerate() {
            let source = source.trim();
            if source.is_empty() || source.starts_with('#') {
                continue;
            }
            let step = parse_step(source).map_err(|reason| ScriptError {
                file: file.to_owned(),
                line: index + 1,
                source_line: source.to_owned(),
                reason,
                screen: String::new(),
            })?;
            lines.push(Line { number: index + 1, source: source.to_owned(), step });
        }
        Ok(Self { file: file.to_owned(), lines })
    }
}

fn parse_step(source: &str) -> Result<Step, String> {
    let words = split_words(source)?;
    let (verb, words) = words.split_first().ok_or("an empty step")?;
    let one = || match words {
        [word] => Ok(word.clone()),
        _ => Err(format!("{verb} takes one quoted text")),
    };
    Ok(match verb.as_str() {
        "user" => parse_user(words)?,
        "send" if source.contains('"') => Step::Act(Act::Send(one()?)),
        "send" => Step::Act(Act::Send(source["send".len()..].trim().to_owned())),
        "reply" => match words {
            [to, words] => Step::Act(Act::Reply { to: to.clone(), words: words.clone() }),
            _ => return Err("reply takes what the message shows, and the words".to_owned()),
        },
        "tap" => Step::Act(Act::Tap(one()?)),
        "double-tap" => Step::Act(Act::DoubleTap(one()?)),
        "press" => Step::Act(Act::Press(one()?)),
        "search" => Step::Act(Act::Search(one()?)),
        "pick" => Step::Act(Act::Pick(one()?)),
        "block" => Step::Act(Act::Block),
        "unblock" => Step::Act(Act::Unblock),
        "see" => Step::Look(Look::See(one()?)),
        "not-see" => Step::Look(Look::NotSee(one()?)),
        "newest" => Step::Look(Look::Newest(one()?)),
        "toast" => Step::Look(Look::Toast(one()?)),
        "result" => Step::Look(Look::Result(one()?)),
        "show" => Step::Look(Look::Show),
        "copy" => match words {
            [label, text] => Step::Look(Look::Copy { label: label.clone(), text: text.clone() }),
            _ => return Err("copy takes a label and a text".to_owned()),
        },
        "sms" => {
            let (supplier, text) = one_at(verb, words)?;
            Step::World(World::Sms { supplier, text })
        }
        "clock" => Step::World(World::Clock(parse_duration(&one()?).ok_or("clock takes a duration such as +20m")?)),
        "prices" => {
            let (supplier, percent) = one_at(verb, words)?;
            Step::World(World::Prices { supplier, percent: parse_percent(&percent)? })
        }
        "count" => parse_count(words)?,
        "fault" => parse_fault(words)?,
        _ => Step::Extra { verb: verb.clone(), words: words.to_vec() },
    })
}

/// One text, perhaps after the name of a supplier.
fn one_at(verb: &str, words: &[String]) -> Result<(Option<Supplier>, String), String> {
    match words {
        [text] => Ok((None, text.clone())),
        [supplier, text] => Ok((parse_supplier(supplier)?, text.clone())),
        _ => Err(format!("{verb} takes one quoted text, perhaps after a supplier")),
    }
}

fn parse_supplier(name: &str) -> Result<Option<Supplier>, String> {
    match name {
        "supplier" => Ok(None),
        "smspool" => Ok(Some(Supplier::SmsPool)),
        "nonvoip" => Ok(Some(Supplier::NonVoip)),
        other => Err(format!("{other} is no supplier: supplier, smspool or nonvoip")),
    }
}

fn parse_percent(text: &str) -> Result<u32, String> {
    let percent = text.strip_suffix('%').and_then(|percent| percent.parse().ok());
    percent.ok_or_else(|| format!("{text} is no percentage such as 120%"))
}

fn parse_count(words: &[String]) -> Result<Step, String> {
    let (supplier, target, wanted) = match words {
        [target, wanted] => (None, target, wanted),
        [supplier, target, wanted] => (parse_supplier(supplier)?, target, wanted),
        _ => return Err("count takes a method or an endpoint, and a number".to_owned()),
    };
    let wanted = wanted.parse().map_err(|_| format!("{wanted} is no count"))?;
    Ok(Step::World(match Endpoint::parse(target) {
        Some(endpoint) => World::PoolCount { supplier, endpoint, wanted },
        None => World::TelegramCount { method: target.clone(), wanted },
    }))
}

fn parse_user(words: &[String]) -> Result<Step, String> {
    let (id, rest) = words.split_first().ok_or("user takes an id")?;
    let id = id.parse().map_err(|_| format!("{id} is no user id"))?;
    let language = rest.get(1).cloned().unwrap_or_else(|| "en".to_owned());
    Ok(Step::User { id, name: rest.first().cloned(), language })
}

fn parse_fault(words: &[String]) -> Result<Step, String> {
    let [server, target, details @ ..] = words else {
        return Err("fault takes a server, a method or endpoint, and what goes wrong".to_owned());
    };
    let mut details: Vec<&str> = details.iter().map(String::as_str).collect();
    let repeated = details.last().and_then(|last| last.strip_prefix('x')?.parse().ok());
    if repeated.is_some() {
        details.pop();
    }
    let times = repeated.unwrap_or(1);
    match server.as_str() {
        "telegram" => Ok(Step::World(World::TelegramFault {
            method: target.clone(),
            fault: TelegramFault::parse(&details)?,
            times,
        })),
        supplier => Ok(Step::World(World::PoolFault {
            supplier: parse_supplier(supplier).map_err(|error| format!("{error}; or telegram"))?,
            endpoint: Endpoint::parse(target).ok_or_else(|| format!("{target} is no endpoint"))?,
            fault: PoolFault::parse(&details)?,
            times,
        })),
    }
}

/// Splits at blanks outside quotes; in quotes `\"`, `\\` and `\n` are understood.
fn split_words(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter.is_whitespace() {
            continue;
        }
        let mut word = String::new();
        if letter != '"' {
            word.push(letter);
            while let Some(letter) = letters.next_if(|letter| !letter.is_whitespace()) {
                word.push(letter);
            }
            words.push(word);
            continue;
        }
        loop {
            match letters.next().ok_or("a quote is not closed")? {
                '"' => break,
                '\\' => word.push(match letters.next().ok_or("a quote is not closed")? {
                    'n' => '\n',
                    other => other,
                }),
                other => word.push(other),
            }
        }
        words.push(word);
    }
    Ok(words)
}
