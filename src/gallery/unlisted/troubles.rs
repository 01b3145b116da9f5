//! Messages to admins about a server that stopped selling by itself, and about the end of that.

use flows::note;
use shop::command::Note;
use shop::server::Coverage;
use shop::trouble::Trouble;
use shop::{ServerId, UnixSeconds};
use strum::IntoEnumIterator as _;

use super::{Unlisted, card_context};
use crate::scenes::{LANGS, NOW, Scene};

/// How long each trouble has lasted: seconds, minutes, an hour, a day and a bit.
const LASTED_S: [UnixSeconds; 5] = [45, 754, 3_700, 7_200, 200_000];

/// Every trouble, at its beginning and at its end, each in both languages side by side.
pub(super) fn all() -> Vec<Unlisted> {
    let mut all = Vec::new();
    for (index, trouble) in Trouble::iter().enumerate() {
        let (server, since) = (server(index), NOW - LASTED_S[index % LASTED_S.len()]);
        let name: &'static str = trouble.into();
        let notes = [
            (format!("trouble_{name}"), Note::ServerTroubled { server, trouble, since }),
            (format!("trouble_{name}_over"), Note::ServerRecovered { server, trouble, since }),
        ];
        for (example, fact) in notes {
            all.extend(LANGS.map(|lang| {
                let cx = card_context(Scene::Usual, lang);
                let (rendered, _) = note::render(&fact, note::Subject::default(), &cx);
                Unlisted { kind: "note", example: example.clone(), scene: Scene::Usual, lang, rendered }
            }));
        }
    }
    all
}

/// A server of one country and one of many, in turn.
fn server(index: usize) -> ServerId {
    let is_local =
        |server: &&ServerId| matches!(server.profile().coverage, Coverage::Only(_)) == index.is_multiple_of(2);
    ServerId::ALL.iter().copied().find(|server| is_local(&server)).unwrap_or(ServerId::One)
}
