//! What holds after every step of every walk. Each rule answers with what is wrong; a walk that breaks one is printed as
//! lines that a person reads.

use engine::registry::{Registry as _, view_as};
use engine::token::Token;
use engine::{Ctx, Event, Flow, Lang, Rendered, Step, Surface, Target, Text, direction};
use flows::{Env, Raqam};
use gallery::lints::{self, Look, Stands};
use gallery::shown::show;

use super::moves::Move;
use super::walk::{Opening, Walk, kind_name};

/// The longest notice over a chat.
const NOTICE_CHARACTERS_MAX: usize = 200;

/// Holds the rules against where somebody is.
pub(super) fn hold<F: Flow<App = Raqam>>(walk: &Walk<F>) -> Result<(), String> {
    let env = walk.env();
    let cx = walk.cx(&env);
    let screen = F::view(&walk.state, &cx);
    if F::view(&walk.state, &cx) != screen {
        return Err("the screen is another one the second time".to_owned());
    }
    let offers = |target: &Target<F::Action>| !matches!(target, Target::Copy(_) | Target::Inline(_) | Target::Url(_));
    let leads_on = screen.rows.iter().flatten().any(|button| offers(&button.target));
    if screen.surface == Surface::Living && !leads_on {
        return Err("no button leads on".to_owned());
    }
    legible::<F>(&rendered::<F>(&walk.state, &cx), &screen.surface, walk.lang)?;
    way_home::<F>(walk.state.clone(), &cx)?;
    timer(walk)
}

/// The screen keeps the messenger's limits and its language's rules.
fn legible<F: Flow<App = Raqam>>(rendered: &Rendered, surface: &Surface, lang: Lang) -> Result<(), String> {
    let stands = match surface {
        Surface::Card(_) => Stands::Alone,
        Surface::Living if is_root::<F>() => Stands::AtRoot,
        Surface::Living => Stands::AboveRoot,
    };
    let found = lints::check(&Look { name: "the screen".to_owned(), lang, rendered, stands });
    found.first().map_or(Ok(()), |finding| Err(finding.to_string()))
}

fn is_root<F: Flow<App = Raqam>>() -> bool {
    F::TAG == Raqam::freeze(&Raqam::root()).flow
}

/// From every state the main menu is one cancel away.
fn way_home<F: Flow<App = Raqam>>(state: F::State, cx: &Ctx<'_, Env>) -> Result<(), String> {
    let is_root = is_root::<F>();
    let left = match F::update(state, Event::Cancel, cx) {
        Step::Done(..) => !is_root,
        Step::Go(..) => is_root,
        Step::Push(..) | Step::Ignore(_) => false,
    };
    if left { Ok(()) } else { Err("a cancel does not lead home".to_owned()) }
}

/// A timer is armed only where its going off means something.
fn timer<F: Flow<App = Raqam>>(walk: &Walk<F>) -> Result<(), String> {
    let Some((timer, _)) = &walk.armed else { return Ok(()) };
    let (kind, on) = (F::kind(&walk.state), Event::<F>::Timer(timer.clone()).label());
    let handled = F::TABLE.iter().any(|row| row.from == kind && row.on == on);
    if handled { Ok(()) } else { Err(format!("{on} is armed, and {kind:?} has no row for it")) }
}

/// A notice fits over a chat and reads in its language.
pub(super) fn notice(text: &Text, lang: Lang) -> Result<(), String> {
    let shown = direction::plain(text, lang.direction());
    let length = shown.chars().count();
    if (1..=NOTICE_CHARACTERS_MAX).contains(&length) { Ok(()) } else { Err(format!("a notice of {length} characters")) }
}

fn rendered<F: Flow<App = Raqam>>(state: &F::State, cx: &Ctx<'_, Env>) -> Rendered {
    let encode = |pressed, _| Token { flow: F::TAG.to_owned(), instance: 2, revision: None, pressed }.to_string();
    view_as::<F>(state, cx, &encode).rendered
}

/// The walk as lines, the screen at its end, and the rule that it breaks; empty where it breaks none.
pub(super) fn broken<F: Flow<App = Raqam>>(opening: &Opening<F>, moves: &[Move<F>]) -> String {
    let mut walk = Walk::open(opening.clone());
    let mut lines =
        vec![format!("   opened as {} ({}, {:?})", opening.example, opening.moment.scene.name(), opening.lang)];
    for (number, next) in (1..).zip(moves) {
        let from = kind_name::<F>(&walk.state);
        let wrong = walk.take(next).and_then(|_| hold(&walk));
        lines.push(format!("{number}. {from}: {next} → {}", kind_name::<F>(&walk.state)));
        if let Err(wrong) = wrong {
            let env = walk.env();
            let screen = show(&rendered::<F>(&walk.state, &walk.cx(&env)));
            lines.push(format!("   {:?}\n{screen}\n{wrong}", walk.state));
            return lines.join("\n");
        }
    }
    String::new()
}
