//! Every screen of every flow, in both languages and in every world, as text: `snapshots/<flow>.<state>.<example>.<world>.<language>.snap`.
//!
//! Direction marks are shown (‹RLM›, ‹LRI›, …), and every button with what it carries.

use engine::Flow;
use engine::registry::{Registry as _, Visitor};
use flows::{AnyState, Raqam};
use gallery::shown::show;
use gallery::{LANGS, SCENES, screens};
use strum::IntoEnumIterator as _;

/// Whether new snapshots are written in this run: new states are frozen with them, and the flows' document is.
pub(crate) fn writes_what_is_new() -> bool {
    matches!(std::env::var("INSTA_UPDATE").as_deref(), Ok("always" | "unseen"))
}

/// Compares with the stored snapshot.
pub(crate) fn take(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// How many examples there are.
struct Examples(usize);

impl Visitor<Raqam> for Examples {
    fn visit<F: Flow<App = Raqam>>(&mut self, _: fn(F::State) -> AnyState) {
        for kind in F::Kind::iter() {
            let fixtures = F::fixtures(kind);
            assert!(!fixtures.is_empty(), "{} {kind:?} has no example", F::TAG);
            for fixture in &fixtures {
                assert_eq!(F::kind(&fixture.state), kind, "{} {}", F::TAG, fixture.name);
            }
            self.0 += fixtures.len();
        }
    }
}

#[test]
fn every_state_has_a_screen_in_every_language_and_world() {
    let mut examples = Examples(0);
    Raqam::each(&mut examples);
    let shots = screens::all();
    assert_eq!(shots.len(), examples.0 * SCENES.len() * LANGS.len());
    for shot in shots {
        take(&shot.name(), &show(&shot.view.rendered));
    }
}
