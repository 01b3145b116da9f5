//! Any sequence of presses (repeated, old, forged, another stay's) and events leaves a person with a screen, and buys a
//! quote at most once.

use engine::machine::{self, Input, Outcome};
use engine::registry::AnyEffect;
use engine::session::Session;
use engine::token::Stale;
use engine::{Face, Lang};
use flows::purchase::sample_wish;
use flows::{Entry, Pick, Raqam};
use proptest::prelude::*;
use shop::ServiceId;
use shop::command::Command;

use gallery::{Scene, context};

/// What a person (or a stranger) does next.
#[derive(Debug, Clone)]
enum Move {
    /// Presses one of the shown buttons.
    Shown(usize),
    /// Presses a button of an earlier screen.
    Earlier(usize),
    /// Presses with data of their own making.
    Forged(String),
    /// Types.
    Text(String),
    /// Picks a result.
    Pick(bool),
    /// Sends a command.
    Command(u8),
}

fn moves() -> impl Strategy<Value = Move> {
    prop_oneof![
        6 => any::<usize>().prop_map(Move::Shown),
        2 => any::<usize>().prop_map(Move::Earlier),
        1 => "[a-z]{0,5}\\.[0-9a-z]{0,3}\\.[-0-9]{0,2}\\.[a-z_-]{0,4}".prop_map(Move::Forged),
        1 => "\\PC{0,20}".prop_map(Move::Text),
        2 => any::<bool>().prop_map(Move::Pick),
        1 => (0_u8..6).prop_map(Move::Command),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_pressed_there_is_a_screen_and_a_quote_is_bought_once(all in proptest::collection::vec(moves(), 1..60), arabic: bool) {
        let (env, lang) = (Scene::Usual.env(), if arabic { Lang::Ar } else { Lang::En });
        let mut session = Session::default();
        let (mut earlier, mut bought) = (Vec::new(), Vec::new());
        for (turn, next) in (0_u64..).zip(all) {
            let mut cx = context(&env, lang);
            cx.fresh += turn;
            let view = machine::view::<Raqam>(&session, &cx);
            prop_assert!(!view.rendered.pieces.is_empty());
            let shown = tokens(&view.rendered);
            let turned = machine::handle::<Raqam>(&session, input(next, &shown, &earlier), &cx);
            prop_assert!(!matches!(turned.outcome, Outcome::Undeclared(_)), "{:?}", turned.outcome);
            earlier.extend(shown);
            if turned.outcome == Outcome::Stepped {
                prop_assert!(turned.session.revision > session.revision);
                for (_, effect) in &turned.effects {
                    if let AnyEffect::Do(Command::Buy { quote, .. }) = effect {
                        prop_assert!(!bought.contains(quote), "{quote:?} was bought twice");
                        bought.push(*quote);
                    }
                }
            }
            session = turned.session;
        }
    }
}

fn tokens(rendered: &engine::Rendered) -> Vec<String> {
    let buttons = rendered.rows.iter().flatten();
    buttons
        .filter_map(|button| match &button.face {
            Face::Callback(token) => Some(token.clone()),
            Face::Copy(_) | Face::Inline(_) | Face::Url(_) => None,
        })
        .collect()
}

fn input(next: Move, shown: &[String], earlier: &[String]) -> Input<Raqam> {
    let one_of = |tokens: &[String], index: usize| tokens.get(index % tokens.len().max(1)).cloned().unwrap_or_default();
    match next {
        Move::Shown(index) => Input::Token(one_of(shown, index)),
        Move::Earlier(index) => Input::Token(one_of(earlier, index)),
        Move::Forged(data) => Input::Token(data),
        Move::Text(text) => Input::Text(text),
        Move::Pick(true) => Input::Pick(Pick::Country("US".to_owned())),
        Move::Pick(false) => Input::Pick(Pick::Service(ServiceId(1012))),
        Move::Command(number) => Input::Start(match number {
            0 => Entry::Welcome,
            1 => Entry::Buy,
            2 => Entry::Numbers,
            3 => Entry::Wallet,
            4 => Entry::History,
            _ => Entry::Help,
        }),
    }
}

/// Buying counts once: its button carries the session's revision, and no other one will do.
#[test]
fn a_button_that_counts_once_needs_the_revision_of_its_session() {
    let env = Scene::Usual.env();
    let cx = context(&env, Lang::En);
    let begun = machine::handle::<Raqam>(&Session::default(), Input::Start(Entry::Again(sample_wish())), &cx).session;
    let shown = tokens(&machine::view::<Raqam>(&begun, &cx).rendered);
    let parts = |token: &String| token.split('.').map(str::to_owned).collect::<Vec<_>>();
    let buy = shown.iter().map(parts).find(|parts| parts[2] != "-").expect("a button that counts once");
    let press = |revision: &str| {
        let data = [buy[0].as_str(), &buy[1], revision, &buy[3]].join(".");
        machine::handle::<Raqam>(&begun, Input::Token(data), &cx).outcome
    };
    for revision in ["-", "0", "zz"] {
        assert_eq!(press(revision), Outcome::Stale(Stale::OtherRevision), "{revision}");
    }
    assert_eq!(press(&buy[2]), Outcome::Stepped);
}
