//! Mirror mode: what is done on one phone is done on the other, by what a button means and not by what it says.

use std::sync::Arc;

use sim::telegram::{Button, ButtonAction, Message};

use crate::phone::Spot;
use crate::world::World;

impl World {
    /// Taps on the other phone what means the same there.
    pub(crate) fn mirror_tap(self: &Arc<Self>, phone: usize, spot: Spot, button: &Button) {
        let other = 1 - phone;
        let messages = self.person(other).user.messages();
        match same_button(&messages, spot, button) {
            Some((spot, button)) => drop(self.tap(other, spot, &button)),
            None => self.note(format!("phone {} has no button that means the same", other + 1)),
        }
    }

    /// Picks on the other phone the result with the same id.
    pub(crate) fn mirror_pick(&self, phone: usize, id: &str) {
        if let Err(reason) = self.pick(1 - phone, id) {
            self.note(reason);
        }
    }
}

/// The newest button that means the same; else, in the newest keyboard, the one in the same place and of the same kind.
fn same_button(messages: &[Message], spot: Spot, wanted: &Button) -> Option<(Spot, Button)> {
    let meaning = meaning(&wanted.action);
    let newest_first = messages.iter().rev().filter(|message| message.markup.is_some());
    let found = newest_first.clone().flat_map(spots).find(|(_, button)| self::meaning(&button.action) == meaning);
    found.or_else(|| {
        let same_place = |(at, button): &(Spot, Button)| {
            (at.row, at.column) == (spot.row, spot.column) && kind(&self::meaning(&button.action)) == kind(&meaning)
        };
        newest_first.take(1).flat_map(spots).find(same_place)
    })
}

fn spots(message: &Message) -> Vec<(Spot, Button)> {
    let rows = message.buttons().into_iter().enumerate();
    let spots = rows.flat_map(|(row, buttons)| {
        let at = move |column| Spot { message: message.id, row, column };
        buttons.into_iter().enumerate().map(move |(column, button)| (at(column), button)).collect::<Vec<_>>()
    });
    spots.collect()
}

/// What a button means: its kind, and what names the same in another chat. Of callback data that are the first and the
/// last part; between them stands what belongs to one chat.
fn meaning(action: &ButtonAction) -> (&'static str, String) {
    match action {
        ButtonAction::Callback(data) => {
            let first = data.split('.').next().unwrap_or_default();
            let last = data.rsplit('.').next().unwrap_or_default();
            ("press", format!("{first}.{last}"))
        }
        ButtonAction::Search(query) => ("search", query.clone()),
        ButtonAction::Url(url) => ("url", url.clone()),
        ButtonAction::Copy(_) => ("copy", String::new()),
        ButtonAction::Pay => ("pay", String::new()),
        ButtonAction::Other(kind) => ("other", kind.clone()),
    }
}

/// The kind, and for presses the conversation and the action without its argument.
fn kind((kind, meant): &(&'static str, String)) -> String {
    let argument = if *kind == "press" { meant.find('-').unwrap_or(meant.len()) } else { 0 };
    format!("{kind} {}", &meant[..argument])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(data: &str) -> (&'static str, String) {
        meaning(&ButtonAction::Callback(data.to_owned()))
    }

    #[test]
    fn data_of_two_chats_mean_the_same_by_conversation_and_action() {
        assert_eq!(press("buy.3.-.x"), press("buy.9.a1.x"));
        assert_eq!(press("o.77.c"), press("o.78.c"));
        assert_ne!(press("buy.3.-.x"), press("buy.3.-.y"));
        assert_ne!(press("buy.3.-.x"), press("home.3.-.x"));
        assert_eq!(kind(&press("list.3.-.d-15")), kind(&press("list.4.-.d-16")));
        assert_ne!(kind(&press("list.3.-.d-15")), kind(&press("list.4.-.e-15")));
    }
}
