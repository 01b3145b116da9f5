//! A person put straight into an example of a flow: a test of a screen needs no walk there.

use std::collections::BTreeSet;

use engine::registry::{Registry as _, Visitor};
use engine::{Flow, Lang};
use flows::purchase::{Draft, Mode, State as Buying};
use flows::{AnyState, Raqam};
use shop::order::Quote;
use strum::IntoEnumIterator as _;

use super::Person;
use crate::books::Books;
use crate::scenes::{NOW, Scene, USER, World};
use crate::screens::session;

/// So many names are proposed where there is none of the given one.
const NEAREST: usize = 5;

impl Person {
    /// Somebody in an example, by its name: `buy.Confirm.offered`. English; the world of the example, with what its
    /// person has and has bought.
    ///
    /// # Panics
    /// Where no example has this name: the nearest names are said.
    #[must_use]
    #[track_caller]
    pub fn at(name: &str) -> Self {
        let mut search = Search { wanted: name, found: None, names: Vec::new() };
        Raqam::each(&mut search);
        let Some((example, state)) = search.found else {
            panic!("no example is called {name}; nearest: {}", nearest(name, search.names).join(", "))
        };
        let mut books = Books::of(Scene::Usual);
        quoted(&state).into_iter().for_each(|quote| books.quote(quote));
        Self::with(Lang::En, World::of(example), books, session(&state))
    }

    /// In this language.
    pub fn speaks(&mut self, lang: Lang) -> &mut Self {
        self.lang = lang;
        self
    }
}

/// The price that an example offers: somebody must have quoted it.
fn quoted(state: &AnyState) -> Option<Quote> {
    let AnyState::Purchase(Buying::Confirm(Draft { wish, mode: Mode::Offered { quote, .. } })) = state else {
        return None;
    };
    let wish = wish.clone();
    Some(Quote { id: quote.id, user: USER, wish, cost: quote.cost, price: quote.price, quoted_at: NOW, used_by: None })
}

/// The example of a name.
struct Search<'n> {
    wanted: &'n str,
    found: Option<(&'static str, AnyState)>,
    names: Vec<String>,
}

impl Visitor<Raqam> for Search<'_> {
    fn visit<F: Flow<App = Raqam>>(&mut self, wrap: fn(F::State) -> AnyState) {
        for kind in F::Kind::iter() {
            for fixture in F::fixtures(kind) {
                let state: &'static str = kind.into();
                let name = format!("{}.{state}.{}", F::TAG, fixture.name);
                if name == self.wanted {
                    self.found = Some((fixture.name, wrap(fixture.state)));
                }
                self.names.push(name);
            }
        }
    }
}

/// The names that share the most pairs of letters with the wanted one.
fn nearest(wanted: &str, mut names: Vec<String>) -> Vec<String> {
    let pairs = |name: &str| -> BTreeSet<(char, char)> {
        name.to_lowercase().chars().zip(name.to_lowercase().chars().skip(1)).collect()
    };
    let wanted = pairs(wanted);
    names.sort_by_key(|name| {
        let pairs = pairs(name);
        pairs.symmetric_difference(&wanted).count()
    });
    names.truncate(NEAREST);
    names
}
