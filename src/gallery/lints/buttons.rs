//! Buttons: none twice, one main one, always a way out, the same in both languages.

use std::collections::BTreeSet;

use engine::token::{Code, Token};
use engine::{Face, RenderedButton, Tone};

use super::{Finding, Lint, Look, Stands};

pub(super) fn check(look: &Look<'_>) -> Vec<Finding> {
    let mut found = same_action(look);
    found.extend(tones(look));
    found.extend(ways_out(look));
    found
}

fn buttons<'a>(look: &'a Look<'_>) -> impl Iterator<Item = &'a RenderedButton> {
    look.rendered.rows.iter().flatten()
}

fn same_action(look: &Look<'_>) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let twice = buttons(look).map(|button| carried(&button.face)).filter(|face| !seen.insert(face.clone()));
    twice.map(|face| look.finding(Lint::SameAction, &face)).collect()
}

fn tones(look: &Look<'_>) -> Vec<Finding> {
    let of = |tone: Tone| buttons(look).filter(move |button| button.tone == tone).map(|button| button.label.as_str());
    let mut found = Vec::new();
    for (tone, lint) in [(Tone::Primary, Lint::OnePrimary), (Tone::Success, Lint::OneSuccess)] {
        let labels: Vec<&str> = of(tone).collect();
        if labels.len() > 1 {
            found.push(look.finding(lint, &labels.join(" | ")));
        }
    }
    let harmless = buttons(look).any(|button| button.tone != Tone::Danger && matches!(button.face, Face::Callback(_)));
    if !harmless {
        found.extend(of(Tone::Danger).take(1).map(|label| look.finding(Lint::DangerAlone, label)));
    }
    found
}

/// Above the root a screen leads back or home; the root leads somewhere; a message of its own may stay as it is.
fn ways_out(look: &Look<'_>) -> Option<Finding> {
    let pressed = |button: &RenderedButton| match &button.face {
        Face::Callback(token) => Token::parse(token).map(|token| token.pressed),
        Face::Copy(_) | Face::Inline(_) | Face::Url(_) => None,
    };
    let mut all = buttons(look).filter_map(pressed);
    let leads = match look.stands {
        Stands::Alone => true,
        Stands::AtRoot => all.next().is_some(),
        Stands::AboveRoot => all.any(|code| matches!(code, Code::Back | Code::Home)),
    };
    (!leads).then(|| look.finding(Lint::WaysOut, ""))
}

/// The same buttons in both languages, each Arabic row from right to left. A list may be sorted by names: where an
/// action stands several times, what it carries may differ.
pub(super) fn pair(english: &Look<'_>, arabic: &Look<'_>) -> Vec<Finding> {
    let (left, mut right) = (rows(english), rows(arabic));
    right.iter_mut().for_each(|row| row.reverse());
    let differs = left.iter().zip(&right).find(|(left, right)| left != right);
    let what = match differs {
        Some((left, right)) => format!("{} | {}", left.join(" "), right.join(" ")),
        None if left.len() != right.len() => format!("{} rows | {} rows", left.len(), right.len()),
        None => return vec![],
    };
    vec![arabic.finding(Lint::SameButtons, &what)]
}

fn rows(look: &Look<'_>) -> Vec<Vec<String>> {
    let heads: Vec<String> = buttons(look).map(|button| head(&carried(&button.face)).to_owned()).collect();
    let one = |button: &RenderedButton| {
        let carried = carried(&button.face);
        let head = head(&carried).to_owned();
        let listed = heads.iter().filter(|other| **other == head).count() > 1;
        if listed { head } else { carried }
    };
    look.rendered.rows.iter().map(|row| row.iter().map(one).collect()).collect()
}

/// A token without its action's argument.
fn head(carried: &str) -> &str {
    match carried.rsplit_once('.') {
        Some((_, action)) if Token::parse(carried).is_some() => {
            let argument = action.find('-').map_or(0, |at| action.len() - at);
            &carried[..carried.len() - argument]
        }
        _ => carried,
    }
}

/// What a button carries, as one word.
fn carried(face: &Face) -> String {
    match face {
        Face::Callback(token) => token.clone(),
        Face::Copy(text) => format!("copy {text}"),
        Face::Inline(query) => format!("inline {query}"),
        Face::Url(address) => format!("url {address}"),
    }
}
