//! A screen is plain data: a text, rows of buttons, and where it is shown. [`render`] settles its direction.

use crate::action::Action;
use crate::direction::{self, Piece};
use crate::lang::Direction;
use crate::text::Text;

/// What a person sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screen<A> {
    /// The words.
    pub text: Text,
    /// Buttons, row by row, in reading order.
    pub rows: Vec<Vec<Button<A>>>,
    /// Where it is shown.
    pub surface: Surface,
}

/// Where a screen is shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Surface {
    /// On the session's living message, which is edited as the session moves on.
    #[default]
    Living,
    /// On a card: a message of its own, named by this key, that outlives the session's stay. The session's living
    /// message becomes the card; the next screen opens a new message.
    Card(String),
}

/// A button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button<A> {
    /// Its words, one line.
    pub label: Text,
    /// Its colour.
    pub tone: Tone,
    /// What a press does.
    pub target: Target<A>,
}

/// A button's colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Tone {
    /// The app's own.
    #[default]
    Default,
    /// Blue: the main way on.
    Primary,
    /// Green: it pays or completes.
    Success,
    /// Red: it destroys.
    Danger,
}

/// What a press does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target<A> {
    /// The flow's own action.
    Press(A),
    /// One step back.
    Back,
    /// To the main menu.
    Home,
    /// Copies this text.
    Copy(String),
    /// Opens the inline search with this query.
    Inline(String),
    /// Opens this address.
    Url(String),
}

impl<A> Screen<A> {
    /// A screen on the living message.
    #[must_use]
    pub const fn new(text: Text) -> Self {
        Self { text, rows: Vec::new(), surface: Surface::Living }
    }

    /// With one more row; an empty row adds nothing.
    #[must_use]
    pub fn row(mut self, buttons: impl IntoIterator<Item = Button<A>>) -> Self {
        let row: Vec<_> = buttons.into_iter().collect();
        if !row.is_empty() {
            self.rows.push(row);
        }
        self
    }

    /// With these buttons, `per_row` in a row.
    #[must_use]
    pub fn grid(mut self, buttons: impl IntoIterator<Item = Button<A>>, per_row: usize) -> Self {
        let mut buttons = buttons.into_iter().peekable();
        while buttons.peek().is_some() {
            self.rows.push(buttons.by_ref().take(per_row.max(1)).collect());
        }
        self
    }

    /// On a card of this key.
    #[must_use]
    pub fn on_card(mut self, key: impl Into<String>) -> Self {
        self.surface = Surface::Card(key.into());
        self
    }

    /// The actions that can be pressed here.
    pub fn actions(&self) -> impl Iterator<Item = &A> {
        self.rows.iter().flatten().filter_map(|button| match &button.target {
            Target::Press(action) => Some(action),
            Target::Back | Target::Home | Target::Copy(_) | Target::Inline(_) | Target::Url(_) => None,
        })
    }
}

impl<A> Button<A> {
    /// A button of the default colour.
    #[must_use]
    pub const fn new(label: Text, target: Target<A>) -> Self {
        Self { label, tone: Tone::Default, target }
    }

    /// A button that does the flow's own action.
    #[must_use]
    pub const fn press(label: Text, action: A) -> Self {
        Self::new(label, Target::Press(action))
    }

    /// In this colour.
    #[must_use]
    pub const fn tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }
}

/// A screen without its flow's types: direction settled, buttons encoded. What the messenger shows and compares.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Rendered {
    /// The text with marks, to be escaped and sent.
    pub pieces: Vec<Piece>,
    /// Buttons as the messenger lays them out, from left to right.
    pub rows: Vec<Vec<RenderedButton>>,
}

/// A button as the messenger takes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RenderedButton {
    /// One line, marks set.
    pub label: String,
    /// Its colour.
    pub tone: Tone,
    /// What it carries.
    pub face: Face,
}

/// What a button carries.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Face {
    /// Sends this token back when pressed, at most 64 bytes.
    Callback(String),
    /// Copies this text.
    Copy(String),
    /// Opens the inline search with this query.
    Inline(String),
    /// Opens this address.
    Url(String),
}

/// What `encode` is asked for: a button whose press comes back to the bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pressed<'a, A> {
    /// The flow's own action.
    Action(&'a A),
    /// One step back.
    Back,
    /// To the main menu.
    Home,
}

/// Settles direction and encodes buttons. In right-to-left screens each row is reversed, for messengers lay rows out
/// from left to right whatever the language.
#[must_use]
pub fn render<A: Action>(
    screen: &Screen<A>,
    direction: Direction,
    encode: impl Fn(Pressed<'_, A>) -> String,
) -> Rendered {
    let button = |button: &Button<A>| RenderedButton {
        label: direction::plain(&button.label, direction),
        tone: button.tone,
        face: match &button.target {
            Target::Press(action) => Face::Callback(encode(Pressed::Action(action))),
            Target::Back => Face::Callback(encode(Pressed::Back)),
            Target::Home => Face::Callback(encode(Pressed::Home)),
            Target::Copy(text) => Face::Copy(text.clone()),
            Target::Inline(query) => Face::Inline(query.clone()),
            Target::Url(address) => Face::Url(address.clone()),
        },
    };
    let rows = screen.rows.iter().map(|row| {
        let mut rendered: Vec<_> = row.iter().map(button).collect();
        if direction == Direction::RightToLeft {
            rendered.reverse();
        }
        rendered
    });
    Rendered { pieces: direction::directed(&screen.text, direction), rows: rows.collect() }
}

impl Rendered {
    /// The text without styles, marks included.
    #[must_use]
    pub fn plain_text(&self) -> String {
        let mut all = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) | Piece::Code(text) | Piece::Time { fallback: text, .. } => all.push_str(text),
                Piece::Open(_) | Piece::Close(_) => {}
            }
        }
        all
    }
}
