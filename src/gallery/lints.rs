//! The rules that every screen is held against: the messenger's limits, writing direction, buttons, ways out, words.
//!
//! Where to start: [`check`] looks at one screen, [`pair`] at both languages of one, [`every`] at all there are. A
//! screen that breaks a rule gives a [`Finding`]; nothing here panics or repairs. `raqam gallery` shows the findings on
//! their screens, and the tests fail with them.

mod buttons;
mod direction;
mod limits;
mod words;

use std::fmt;

use engine::{Lang, Rendered, Surface};

use crate::screens::Shot;
use crate::unlisted::Unlisted;

pub use words::{difference, shown_on, templates};

/// A rule.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::EnumIter, strum::EnumCount, strum::IntoStaticStr,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Lint {
    /// There is something to read.
    NoText,
    /// The text fits into a message.
    TextLength,
    /// No placeholder of the texts is left.
    Placeholder,
    /// A button's data fits.
    CallbackBytes,
    /// What a button copies fits.
    CopyLength,
    /// A search that a button opens fits.
    QueryLength,
    /// Addresses are safe to open.
    Address,
    /// No row without a button.
    EmptyRow,
    /// Not too many buttons in a row, or in all.
    ButtonCount,
    /// A label is one line with something on it.
    LabelLine,
    /// A label fits on a phone.
    LabelLength,
    /// A row fits on a phone.
    RowWidth,
    /// No two buttons do the same.
    SameAction,
    /// One main button.
    OnePrimary,
    /// One button that pays or completes.
    OneSuccess,
    /// A red button has a harmless one beside it.
    DangerAlone,
    /// A living screen leads back or home.
    WaysOut,
    /// A line begins in the direction of its language.
    LineStart,
    /// Foreign runs stand in isolates.
    Isolated,
    /// Isolates are closed on their line.
    IsolateBalance,
    /// Nothing overrides the direction.
    Override,
    /// No mark without need.
    StrayMark,
    /// What is copied has no mark.
    CopiedMark,
    /// Both languages have the same buttons.
    SameButtons,
    /// A counted noun has its right form.
    PluralForm,
    /// Both files have the same placeholders and markup.
    SameTemplate,
}

impl Lint {
    /// The rule's name, as on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// What is wrong where the rule is broken.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::NoText => "the screen has no text",
            Self::TextLength => "the text is longer than a message may be",
            Self::Placeholder => "a placeholder was not filled",
            Self::CallbackBytes => "a button's data is empty or longer than 64 bytes",
            Self::CopyLength => "a button copies nothing, or more than 256 characters",
            Self::QueryLength => "a button opens a search of more than 256 characters",
            Self::Address => "an address is neither https nor tg",
            Self::EmptyRow => "a row has no button",
            Self::ButtonCount => "a row has more than 8 buttons, or the screen more than 100",
            Self::LabelLine => "a label is empty or has a line break",
            Self::LabelLength => "a label is longer than a phone can show",
            Self::RowWidth => "the labels of a row do not fit beside each other",
            Self::SameAction => "two buttons do the same",
            Self::OnePrimary => "more than one button is blue",
            Self::OneSuccess => "more than one button is green",
            Self::DangerAlone => "a red button has no harmless one beside it",
            Self::WaysOut => "no button leads out",
            Self::LineStart => "a line begins in the wrong direction",
            Self::Isolated => "a letter or digit of another script stands outside an isolate",
            Self::IsolateBalance => "an isolate is not closed on its line, or closed twice",
            Self::Override => "an embedding or an override steers the direction",
            Self::StrayMark => "a direction mark stands where none is needed",
            Self::CopiedMark => "what is copied has a direction mark",
            Self::SameButtons => "the two languages have different buttons",
            Self::PluralForm => "a counted noun has the wrong form",
            Self::SameTemplate => "the two languages have different placeholders or markup",
        }
    }
}

/// A rule that a screen breaks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The screen's name.
    pub screen: String,
    /// The rule.
    pub lint: Lint,
    /// What was found, with marks made visible.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {} ({}): {}", self.screen, self.lint.sentence(), self.lint.name(), self.what)
    }
}

/// Where a screen stands: that decides which ways out it must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// In the root flow, on the living message.
    AtRoot,
    /// In a flow above the root, on the living message.
    AboveRoot,
    /// On a message of its own: a card, a message with sound.
    Alone,
}

/// A screen as the rules see it.
#[derive(Debug, Clone)]
pub struct Look<'a> {
    /// Its name.
    pub name: String,
    /// Its language.
    pub lang: Lang,
    /// What is shown.
    pub rendered: &'a Rendered,
    /// Where it stands.
    pub stands: Stands,
}

impl Look<'_> {
    fn finding(&self, lint: Lint, what: &str) -> Finding {
        Finding { screen: self.name.clone(), lint, what: crate::shown::visible(what) }
    }
}

impl<'a> From<&'a Shot> for Look<'a> {
    fn from(shot: &'a Shot) -> Self {
        let stands = match shot.view.surface {
            Surface::Living if shot.flow == crate::screens::root_tag() => Stands::AtRoot,
            Surface::Living => Stands::AboveRoot,
            Surface::Card(_) => Stands::Alone,
        };
        Self { name: shot.name(), lang: shot.lang, rendered: &shot.view.rendered, stands }
    }
}

impl<'a> From<&'a Unlisted> for Look<'a> {
    fn from(screen: &'a Unlisted) -> Self {
        Self { name: screen.name(), lang: screen.lang, rendered: &screen.rendered, stands: Stands::Alone }
    }
}

/// Holds one screen against the rules that need no other.
#[must_use]
pub fn check(look: &Look<'_>) -> Vec<Finding> {
    let mut found = limits::check(look);
    found.extend(buttons::check(look));
    found.extend(direction::check(look));
    found.extend(words::check(look));
    found
}

/// Holds a screen's two languages against each other.
#[must_use]
pub fn pair(english: &Look<'_>, arabic: &Look<'_>) -> Vec<Finding> {
    buttons::pair(english, arabic)
}

/// Holds a line that stands alone (a notice, a title) against the rules of direction.
#[must_use]
pub fn line(name: &str, lang: Lang, text: &str) -> Vec<Finding> {
    let pieces = vec![engine::direction::Piece::Text(text.to_owned())];
    let rendered = Rendered { pieces, rows: vec![] };
    let look = Look { name: name.to_owned(), lang, rendered: &rendered, stands: Stands::Alone };
    direction::check(&look)
}

/// Holds everything against everything: screens of flows and others, each pair of languages, the texts.
#[must_use]
pub fn every(shots: &[Shot], unlisted: &[Unlisted]) -> Vec<Finding> {
    let looks: Vec<Look<'_>> = shots.iter().map(Look::from).chain(unlisted.iter().map(Look::from)).collect();
    let mut found: Vec<Finding> = looks.iter().flat_map(check).collect();
    for both in looks.windows(2) {
        let [english, arabic] = both else { continue };
        if (english.lang, arabic.lang) == (Lang::En, Lang::Ar) {
            found.extend(pair(english, arabic));
        }
    }
    found.extend(templates(&looks));
    found
}
