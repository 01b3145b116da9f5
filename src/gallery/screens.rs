//! The screens of all flows: states × examples × worlds × languages.

use engine::registry::{Once, Registry as _, View, Visitor, view_as};
use engine::session::Session;
use engine::token::{Code, Token};
use engine::{Flow, Lang};
use flows::{AnyState, Env, Raqam};
use strum::IntoEnumIterator as _;

use crate::scenes::{LANGS, SCENES, Scene, context};

/// The instance in the tokens of all screens.
pub const INSTANCE: u64 = 3;
/// The revision in the tokens of buttons that count once.
pub(crate) const REVISION: u64 = 7;

/// One screen with what it was made from.
#[derive(Debug, Clone)]
pub struct Shot {
    /// The flow's tag.
    pub flow: &'static str,
    /// The kind of state.
    pub state: &'static str,
    /// The example's name.
    pub example: &'static str,
    /// The world.
    pub scene: Scene,
    /// The language.
    pub lang: Lang,
    /// The state itself, as this world has it.
    pub value: AnyState,
    /// The screen.
    pub view: View,
}

impl Shot {
    /// The screen's name: `<flow>.<state>.<example>.<world>.<language>`.
    #[must_use]
    pub fn name(&self) -> String {
        let (example, scene) = (self.example.replace(' ', "_"), self.scene.name());
        format!("{}.{}.{example}.{scene}.{}", self.flow, self.state, self.lang.code())
    }
}

/// Every screen of every flow.
#[must_use]
pub fn all() -> Vec<Shot> {
    let mut shots = Shots(Vec::new());
    Raqam::each(&mut shots);
    shots.0
}

/// The tag of the root flow.
pub(crate) fn root_tag() -> &'static str {
    Raqam::freeze(&Raqam::root()).flow
}

/// A session that shows this state, over the root; the buttons of its screen are those of the [`Shot`].
#[must_use]
pub fn session(state: &AnyState) -> Session {
    let (root, top) = (Raqam::freeze(&Raqam::root()), Raqam::freeze(state));
    let below = (top.flow != root.flow).then(|| root.into_frame(INSTANCE - 1));
    let frames = below.into_iter().chain([top.into_frame(INSTANCE)]).collect();
    Session { revision: REVISION, next_instance: INSTANCE, frames, ..Session::default() }
}

struct Shots(Vec<Shot>);

impl Visitor<Raqam> for Shots {
    fn visit<F: Flow<App = Raqam>>(&mut self, wrap: fn(F::State) -> AnyState) {
        for scene in SCENES {
            for kind in F::Kind::iter() {
                for fixture in F::fixtures(kind) {
                    let state = scene.dressed(&fixture.state);
                    let env = scene.env_of(fixture.name, &wrap(state.clone()));
                    let shot = |lang| Shot {
                        flow: F::TAG,
                        state: kind.into(),
                        example: fixture.name,
                        scene,
                        lang,
                        value: wrap(state.clone()),
                        view: view::<F>(&env, lang, &state),
                    };
                    self.0.extend(LANGS.map(shot));
                }
            }
        }
    }
}

/// A flow's screen with the tokens that it would carry.
#[must_use]
pub fn view<F: Flow<App = Raqam>>(env: &Env, lang: Lang, state: &F::State) -> View {
    view_as::<F>(state, &context(env, lang), &|pressed: Code, once: Once| {
        let revision = (once == Once::Yes).then_some(REVISION);
        Token { flow: F::TAG.to_owned(), instance: INSTANCE, revision, pressed }.to_string()
    })
}
