//! What somebody did in the playground, in words and as a line of a conversation script.

use std::time::Duration;

use maud::{Markup, html};

use crate::supplier::{Mood, Server};

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
    /// An SMS arrived at a supplier.
    Sms(Server, String),
    /// A supplier's prices were set, in percent of the usual ones.
    Prices(Server, u32),
    /// A whole supplier fell ill, or is well again.
    Mood(Server, Mood),
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
    /// A chat changed although nobody did anything there: how, and the words of the message.
    ByItself { change: &'static str, words: String },
}

/// What an act is to what a chat shows next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Consequence {
    /// It follows from the act.
    Follows,
    /// It comes by itself, whatever was done before.
    ByItself,
    /// As before the act.
    AsBefore,
}

const REPEATED: &str = "the newest update came twice";
const KILLED: &str = "the bot was killed";
const STARTED: &str = "the bot was started";
const BY_ITSELF: &str = "by itself:";

impl Act {
    /// What was done, in a few words. What was written or read may have another direction than these, and keeps its own
    /// direction marks.
    pub(crate) fn title(&self) -> Markup {
        let quoted = |before: &str, text: &str| html! { (before) " “" bdi { (text) } "”" };
        match self {
            Self::Joined { name, language } => html! { bdi { (name) } " (" (language) ") has the phone" },
            Self::Sent(text) => quoted("wrote", text),
            Self::Tapped { label } => quoted("tapped", label),
            Self::Searched(query) => quoted("searched", query),
            Self::Picked(title) => quoted("picked", title),
            Self::Blocked(true) => html! { "blocked the bot" },
            Self::Blocked(false) => html! { "unblocked the bot" },
            Self::Credited(amount) => html! { "was given $" (amount) },
            Self::Sms(_, text) => quoted("an SMS arrived:", text),
            Self::Prices(server, percent) => {
                html! { "Server " (server.number()) "'s prices: " (percent) "% of the usual ones" }
            }
            Self::Mood(server, mood) => html! { (mood_words(*server, *mood)) },
            Self::Clock(by) => html! { "the clock moved " (duration(*by)) },
            Self::Fault { label, .. } => html! { "ordered: " (label) },
            Self::Repeated => html! { (REPEATED) },
            Self::Killed => html! { (KILLED) },
            Self::Started => html! { (STARTED) },
            Self::ByItself { change, words } => html! { (BY_ITSELF) " " (quoted(change, words)) },
        }
    }

    /// Whether what a chat shows next follows from this.
    pub(crate) fn consequence(&self) -> Consequence {
        match self {
            Self::Joined { .. }
            | Self::Sent(_)
            | Self::Tapped { .. }
            | Self::Searched(_)
            | Self::Picked(_)
            | Self::Blocked(_)
            | Self::Credited(_)
            | Self::Repeated
            | Self::ByItself { .. } => Consequence::Follows,
            // Timers are due then, and the bot asks for SMS when it is time to.
            Self::Sms(..) | Self::Clock(_) => Consequence::ByItself,
            Self::Prices(..) | Self::Mood(..) | Self::Fault { .. } | Self::Killed | Self::Started => {
                Consequence::AsBefore
            }
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
            Self::Sms(server, text) => format!("sms {} {}", server.word(), quoted(text)),
            Self::Clock(by) => format!("clock {}", duration(*by)),
            Self::Fault { words, .. } => format!("fault {words}"),
            Self::Prices(server, percent) => format!("prices {} {percent}%", server.word()),
            Self::Mood(server, mood) => format!("# {}", mood_words(*server, *mood)),
            Self::Repeated => format!("# {REPEATED}"),
            Self::Killed => format!("# {KILLED}"),
            Self::Started => format!("# {STARTED}"),
            Self::ByItself { change, .. } => format!("# {BY_ITSELF} {change}"),
        }
    }
}

fn mood_words(server: Server, mood: Mood) -> String {
    format!("the supplier of Server {} is {}", server.number(), mood.word())
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
            Act::Sms(Server::One, text()),
            Act::Prices(Server::Two, 120),
            Act::Clock(Duration::from_secs(90)),
            Act::Fault { label: String::new(), words: "smspool purchase out-of-stock".to_owned() },
        ];
        for act in acts {
            let line = act.script_line(7);
            let script = sim::script::Script::parse("one line", &line).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(script.lines.len(), 1, "{line}");
        }
        let by_itself = Act::ByItself { change: "a message came", words: text() };
        let mood = Act::Mood(Server::One, Mood::Down);
        for act in [Act::Repeated, Act::Killed, Act::Started, mood, by_itself] {
            let line = act.script_line(7);
            assert!(line.starts_with("# ") && !line.contains('\n'), "{line}");
        }
    }

    #[test]
    fn a_label_in_a_title_keeps_its_direction_marks_and_is_kept_apart() {
        let label = "شراء بسعر \u{2066}$0.50\u{2069}".to_owned();
        let title = Act::Tapped { label: label.clone() }.title().into_string();
        assert_eq!(title, format!("tapped “<bdi>{label}</bdi>”"));
    }
}
