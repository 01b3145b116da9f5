//! What a person looks for. Each look that fails prints the whole screen and the last steps.

use engine::direction::Piece;
use engine::registry::{Registry as _, Visitor, thaw_as};
use engine::session::Frame;
use engine::{Face, Flow, RenderedButton, machine};
use flows::{AnyState, Raqam, note};
use shop::command::Note;

use super::Person;
use crate::seen::{bare, reading, seen, words};

/// So many of the last steps are printed.
const STEPS_PRINTED: usize = 8;

impl Person {
    /// The screen as a person sees it.
    #[must_use]
    pub fn screen(&self) -> String {
        seen(&self.rendered(), self.lang)
    }

    /// The state that is shown.
    #[must_use]
    pub fn state(&self) -> AnyState {
        machine::states::<Raqam>(&self.session).pop().unwrap_or_else(Raqam::root)
    }

    /// What was asked and not answered, the oldest first.
    pub fn asked(&self) -> impl Iterator<Item = &flows::Job> {
        self.jobs.iter().map(|(_, job)| job)
    }

    /// The text has these words.
    #[track_caller]
    pub fn sees(&mut self, text: &str) -> &mut Self {
        if !bare(&self.rendered().plain_text()).contains(text) {
            self.fail(&format!("“{text}” is not to be seen"));
        }
        self
    }

    /// Neither the text nor a button has these words.
    #[track_caller]
    pub fn sees_no(&mut self, text: &str) -> &mut Self {
        if self.screen().contains(text) {
            self.fail(&format!("“{text}” is to be seen"));
        }
        self
    }

    /// A button has these words.
    #[track_caller]
    pub fn sees_button(&mut self, label: &str) -> &mut Self {
        self.button(label);
        self
    }

    /// The shown flow is in this state: its kind, or the kind's name.
    #[track_caller]
    pub fn sees_state(&mut self, kind: impl Into<&'static str>) -> &mut Self {
        let (expected, found) = (kind.into(), self.kind());
        if found != expected {
            self.fail(&format!("the state is {found}, not {expected}"));
        }
        self
    }

    /// Something on the screen copies this with one tap.
    #[track_caller]
    pub fn copies(&mut self, text: &str) -> &mut Self {
        let rendered = self.rendered();
        let by_button = rendered.rows.iter().flatten().any(|button| button.face == Face::Copy(text.to_owned()));
        let by_text = rendered.pieces.iter().any(|piece| matches!(piece, Piece::Code(code) if bare(code) == text));
        if !by_button && !by_text {
            self.fail(&format!("nothing copies “{text}”"));
        }
        self
    }

    /// The last notice over the chat has these words.
    #[track_caller]
    pub fn toasts(&mut self, text: &str) -> &mut Self {
        let last = self.notices.last().map(|notice| bare(notice)).unwrap_or_default();
        if !last.contains(text) {
            self.fail(&format!("the last notice is “{last}”, not “{text}”"));
        }
        self
    }

    /// The last message with sound has these words.
    #[track_caller]
    pub fn hears(&mut self, text: &str) -> &mut Self {
        let last = self.books.notes.last().map(|note| self.told(note)).unwrap_or_default();
        if !last.contains(text) {
            self.fail(&format!("the last message is “{last}”, not “{text}”"));
        }
        self
    }

    fn told(&self, fact: &Note) -> String {
        let about = if let Note::Code { order, .. } = fact { self.books.orders.get(order) } else { None };
        let subject = note::Subject { order: about, ..note::Subject::default() };
        let (rendered, _) = note::render(fact, subject, &self.card_cx(&[]));
        seen(&rendered, self.lang)
    }

    /// The one button with these words; one whose label is nothing else goes before others.
    #[track_caller]
    pub(super) fn button(&self, label: &str) -> RenderedButton {
        let (rendered, wanted) = (self.rendered(), words(label));
        let all: Vec<_> = reading(&rendered, self.lang).concat();
        let exact: Vec<_> = all.iter().filter(|button| words(&button.label) == wanted).collect();
        let part: Vec<_> = all.iter().filter(|button| words(&button.label).contains(&wanted)).collect();
        match (exact.as_slice(), part.as_slice()) {
            ([one], _) | ([], [one]) => (**one).clone(),
            ([], []) => self.fail(&format!("no button says “{label}”")),
            ([], several) | (several, _) => self.fail(&format!("{} buttons say “{label}”", several.len())),
        }
    }

    fn kind(&self) -> &'static str {
        let mut kind = Kind { frame: self.session.frames.last(), name: "" };
        Raqam::each(&mut kind);
        kind.name
    }

    /// Ends the test with what can be seen.
    #[track_caller]
    pub(super) fn fail(&self, what: &str) -> ! {
        let from = self.steps.len().saturating_sub(STEPS_PRINTED);
        let steps = self.steps[from..].join(", then ");
        panic!("{what}\n\n{}\n\nafter: {steps}", self.screen());
    }
}

/// The name of a frame's kind of state.
struct Kind<'f> {
    frame: Option<&'f Frame>,
    name: &'static str,
}

impl Visitor<Raqam> for Kind<'_> {
    fn visit<F: Flow<App = Raqam>>(&mut self, _: fn(F::State) -> AnyState) {
        let frame = self.frame.filter(|frame| frame.flow == F::TAG);
        if let Some(Ok(state)) = frame.map(|frame| thaw_as::<F>(frame.version, &frame.body)) {
            self.name = F::kind(&state).into();
        }
    }
}
