//! Where each button of a screen leads: the press is really taken, in the screen's own world.

use std::collections::BTreeMap;

use engine::machine::{self, Input, Outcome, Turn};
use engine::registry::{AnyEffect, Registry as _};
use engine::{Face, Lang, Rendered, direction};
use flows::Raqam;
use shop::command::Command;

use crate::scenes::context;
use crate::screens::{Shot, session};

/// What a press leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Press {
    /// What the button sends.
    pub token: String,
    /// Where it leads.
    pub leads: Leads,
    /// What is said over the chat.
    pub said: Vec<String>,
}

/// Where a press leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leads {
    /// To this very screen, by its name.
    To(String),
    /// To a screen that is no example; this one is the nearest.
    Near(String),
    /// Nowhere, for this reason.
    Nowhere(String),
}

/// Flow, kind, world and language.
type Key<'a> = (&'a str, &'a str, &'a str, &'a str);

/// All screens with their lines, to be found by what they show.
pub struct Screens<'a>(BTreeMap<Key<'a>, Vec<(&'a Shot, Vec<String>)>>);

impl<'a> Screens<'a> {
    /// These screens.
    #[must_use]
    pub fn new(shots: &'a [Shot]) -> Self {
        let mut groups: BTreeMap<Key<'a>, Vec<_>> = BTreeMap::new();
        for shot in shots {
            let key = (shot.flow, shot.state, shot.scene.name(), shot.lang.code());
            groups.entry(key).or_default().push((shot, lines(&shot.view.rendered)));
        }
        Self(groups)
    }

    /// Takes each press that a screen offers.
    #[must_use]
    pub fn presses(&self, shot: &Shot) -> Vec<Press> {
        let tokens = shot.view.rendered.rows.iter().flatten().filter_map(|button| match &button.face {
            Face::Callback(token) => Some(token),
            Face::Copy(_) | Face::Inline(_) | Face::Url(_) => None,
        });
        let (session, env) = (session(&shot.value), shot.scene.env_of(shot.example, &shot.value));
        let take = |token: &String| {
            let turn = machine::handle::<Raqam>(&session, Input::Token(token.clone()), &context(&env, shot.lang));
            Press { token: token.clone(), leads: self.leads(shot, &turn), said: said(&turn, shot.lang) }
        };
        tokens.map(take).collect()
    }

    fn leads(&self, shot: &Shot, turn: &Turn<Raqam>) -> Leads {
        match &turn.outcome {
            Outcome::Stepped => {}
            Outcome::Ignored(reason) => return Leads::Nowhere(format!("{reason:?}")),
            Outcome::Stale(stale) => return Leads::Nowhere(format!("{stale:?}")),
            Outcome::Undeclared(undeclared) => return Leads::Nowhere(undeclared.to_string()),
        }
        let lang = spoken(turn).unwrap_or(shot.lang);
        let states = machine::states::<Raqam>(&turn.session);
        let Some(state) = states.last() else { return Leads::Nowhere("no state".to_owned()) };
        let env = shot.scene.env_of(shot.example, state);
        let view = machine::view::<Raqam>(&turn.session, &context(&env, lang));
        let key = (Raqam::freeze(state).flow, Raqam::kind(state), shot.scene.name(), lang.code());
        let group = self.0.get(&key).map_or(&[][..], Vec::as_slice);
        nearest(group, &view.rendered)
    }
}

/// The screen that shows the same, else the one that shares the most lines.
fn nearest(group: &[(&Shot, Vec<String>)], shown: &Rendered) -> Leads {
    let wanted = lines(shown);
    if let Some((shot, _)) = group.iter().find(|(_, lines)| *lines == wanted) {
        return Leads::To(shot.name());
    }
    let shared = |lines: &[String]| {
        let common = wanted.iter().filter(|line| lines.contains(line)).count();
        (common, usize::MAX - lines.len())
    };
    // The first of the best: `max_by_key` takes the last.
    let best = group.iter().rev().max_by_key(|(_, lines)| shared(lines));
    best.map_or_else(|| Leads::Nowhere("no example".to_owned()), |(shot, _)| Leads::Near(shot.name()))
}

fn lines(rendered: &Rendered) -> Vec<String> {
    let labels = rendered.rows.iter().flatten().map(|button| button.label.clone());
    rendered.plain_text().lines().map(str::to_owned).chain(labels).collect()
}

/// The language that a step switches to.
fn spoken(turn: &Turn<Raqam>) -> Option<Lang> {
    turn.effects.iter().find_map(|(_, effect)| match effect {
        AnyEffect::Do(Command::SetLang(code)) => Some(Lang::from_code(code)),
        AnyEffect::Do(_)
        | AnyEffect::Job(_)
        | AnyEffect::Arm { .. }
        | AnyEffect::Disarm
        | AnyEffect::Tell(_)
        | AnyEffect::Toast(_)
        | AnyEffect::Alert(_) => None,
    })
}

fn said(turn: &Turn<Raqam>, lang: Lang) -> Vec<String> {
    let words = turn.effects.iter().filter_map(|(_, effect)| match effect {
        AnyEffect::Toast(text) | AnyEffect::Alert(text) => Some(direction::plain(text, lang.direction())),
        AnyEffect::Do(_) | AnyEffect::Job(_) | AnyEffect::Arm { .. } | AnyEffect::Disarm | AnyEffect::Tell(_) => None,
    });
    words.collect()
}
