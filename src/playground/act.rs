//! What somebody did in the playground, in words and as a line of a conversation script.

use std::time::Duration;

/// Something that was done to a phone or to the world around both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// A person got the phone.
    Joined { name: String, language: String },
    /// A text was written.
    Sent(String),
    /// A button was tapped.
    Tapped { label: String },
    /// A query was typed.
    Searched(String),
    /// A result was picked.
    Picked(String),
    /// The bot was stopped or started again by the person.
    Blocked(bool),
    /// Money was given.
    Credited(String),
    /// An SMS arrived.
    Sms(String),
    /// The clock was moved.
    Clock(Duration),
    /// A failure was ordered: its label, and the words after `fault` in a script.
    Fault { label: String, words: String },
    /// The newest update came a second time.
    Repeated,
    /// The bot was killed.
    Killed,
    /// The bot was started again.
    Started,
}

impl Act {
    /// What was done, in a few words.
    pub(crate) fn title(&self) -> String {
        // What was written or read may have another direction than these words.
        let quoted = |text: &str| format!("“\u{2068}{}\u{2069}”", sim::telegram::plain(text));
        match self {
            Self::Joined { name, language } => format!("\u{2068}{name}\u{2069} ({language}) has the phone"),
            Self::Sent(text) => format!("wrote {}", quoted(text)),
            Self::Tapped { label } => format!("tapped {}", quoted(label)),
            Self::Searched(query) => format!("searched {}", quoted(query)),
            Self::Picked(title) => format!("picked {}", quoted(title)),
            Self::Blocked(true) => "blocked the bot".to_owned(),
            Self::Blocked(false) => "unblocked the bot".to_owned(),
            Self::Credited(amount) => format!("was given ${amount}"),
            Self::Sms(text) => format!("an SMS arrived: {}", quoted(text)),
            Self::Clock(by) => format!("the clock moved {}", duration(*by)),
            Self::Fault { label, .. } => format!("ordered: {label}"),
            Self::Repeated => "the newest update came twice".to_owned(),
            Self::Killed => "the bot was killed".to_owned(),
            Self::Started => "the bot was started".to_owned(),
        }
    }

    /// The line of a conversation script that does the same; a comment where scripts have no such step.
    pub(crate) fn script_line(&self, user: i64) -> String {
        match self {
            Self::Joined { name, language } => format!("user {user} {} {language}", quoted(name)),
            Self::Sent(text) => format!("send {}", quoted(text)),
            Self::Tapped { label } => format!("tap {}", quoted(&sim::telegram::plain(label))),
            Self::Searched(query) => format!("search {}", quoted(query)),
            Self::Picked(title) => format!("pick {}", quoted(&sim::telegram::plain(title))),
            Self::Blocked(true) => "block".to_owned(),
            Self::Blocked(false) => "unblock".to_owned(),
            Self::Credited(amount) => format!("credit {user} {amount}"),
            Self::Sms(text) => format!("sms {}", quoted(text)),
            Self::Clock(by) => format!("clock {}", duration(*by)),
            Self::Fault { words, .. } => format!("fault {words}"),
            Self::Repeated | Self::Killed | Self::Started => format!("# {}", self.title()),
        }
    }
}

/// A text in quotes, as scripts read it.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

fn duration(by: Duration) -> String {
    format!("+{}s", by.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_act_is_a_line_that_scripts_read() {
        let text = || "a \"quoted\" \\ text\nin two lines".to_owned();
        let acts = [
            Act::Joined { name: text(), language: "ar".to_owned() },
            Act::Sent(text()),
            Act::Tapped { label: text() },
            Act::Searched(text()),
            Act::Picked(text()),
            Act::Blocked(true),
            Act::Blocked(false),
            Act::Credited("5.00".to_owned()),
            Act::Sms(text()),
            Act::Clock(Duration::from_secs(90)),
            Act::Fault { label: String::new(), words: "smspool /purchase/sms out-of-stock".to_owned() },
        ];
        for act in acts {
            let line = act.script_line(7);
            let script = sim::script::Script::parse("one line", &line).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(script.lines.len(), 1, "{line}");
        }
        for act in [Act::Repeated, Act::Killed, Act::Started] {
            assert!(act.script_line(7).starts_with("# "));
        }
    }
}
