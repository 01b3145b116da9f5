//! The diagrams of all conversations, and where a stored conversation stands in them.

use engine::Flow;
use engine::diagram;
use engine::registry::{Registry as _, Visitor};
use engine::session::Session;
use flows::{AnyState, Raqam};

/// Each conversation's name with its diagram (Mermaid).
pub(crate) fn all() -> Vec<(&'static str, String)> {
    let mut drawn = Diagrams(Vec::new());
    Raqam::each(&mut drawn);
    drawn.0
}

struct Diagrams(Vec<(&'static str, String)>);

impl Visitor<Raqam> for Diagrams {
    fn visit<F: Flow<App = Raqam>>(&mut self, _: fn(F::State) -> AnyState) {
        self.0.push((F::TAG, diagram::mermaid::<F>()));
    }
}

/// The conversation and the state that a session shows; none where it is empty or cannot be read.
pub(crate) fn shown(session: &Session) -> Option<(&'static str, &'static str)> {
    let frame = session.frames.last()?;
    let state = Raqam::thaw(&frame.flow, frame.version, &frame.body).ok()?;
    Some((Raqam::freeze(&state).flow, Raqam::kind(&state)))
}
