//! What is still to be shown to one person. Orders merge: however many steps were taken meanwhile, one screen is shown.

use engine::Text;

/// The most messages to tidy up that are remembered.
const TIDY_MAX: usize = 100;

/// Work for the next round of output.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Todo {
    /// The panel is out of date.
    pub(crate) panel: Option<Panel>,
    /// Messages whose buttons are to be taken away, unless they turn out to be the panel or a card.
    pub(crate) strip: Vec<i32>,
    /// Messages of the person that have served.
    pub(crate) delete: Vec<i32>,
    /// Something may be outgoing.
    pub(crate) outbox: Option<Asked>,
}

/// How the panel is to be shown.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Panel {
    pub(crate) place: Place,
    pub(crate) asked: Asked,
    /// Words over the screen.
    pub(crate) notice: Option<Text>,
}

/// Where the panel is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// Where it is.
    Same,
    /// Where it is, although it seems to be there already: a button that it does not have was pressed on it.
    Again,
    /// Below everything else, as this message was pressed, which is not the panel; unless it is a card.
    From(i32),
    /// Below everything else, as a new message.
    Below,
}

/// Whether the person just did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Asked {
    /// Nobody asked: it waits for its turn and opens no panel.
    No,
    /// It follows from what the person did.
    Yes,
}

impl Panel {
    /// Shown where it is, because the person did something.
    pub(crate) const IN_PLACE: Self = Self { place: Place::Same, asked: Asked::Yes, notice: None };
    /// Shown as a new message, because the person did something.
    pub(crate) const BELOW: Self = Self { place: Place::Below, asked: Asked::Yes, notice: None };
    /// Shown where it is, if it is anywhere.
    pub(crate) const UNASKED: Self = Self { place: Place::Same, asked: Asked::No, notice: None };

    /// With words over the screen.
    pub(crate) fn noticing(self, notice: Option<Text>) -> Self {
        Self { notice, ..self }
    }
}

impl Todo {
    /// Nothing but the panel.
    pub(crate) fn panel(panel: Panel) -> Self {
        Self { panel: Some(panel), ..Self::default() }
    }

    /// Whether there is nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds later orders. The later notice counts, unless nobody asked for it; what was asked for stays asked for.
    pub(crate) fn merge(&mut self, later: Self) {
        self.panel = match (self.panel.take(), later.panel) {
            (Some(before), Some(after)) => Some(Panel {
                place: before.place.max(after.place),
                asked: before.asked.max(after.asked),
                notice: match after.asked {
                    Asked::Yes => after.notice,
                    Asked::No => before.notice,
                },
            }),
            (before, after) => after.or(before),
        };
        self.strip.extend(later.strip);
        self.delete.extend(later.delete);
        for ids in [&mut self.strip, &mut self.delete] {
            ids.sort_unstable();
            ids.dedup();
            ids.truncate(TIDY_MAX);
        }
        self.outbox = self.outbox.max(later.outbox);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_outlives_what_nobody_asked_for() {
        let notice = Some(Text::plain("no such country"));
        let mut todo = Todo::panel(Panel::IN_PLACE.noticing(notice.clone()));
        todo.merge(Todo::panel(Panel::UNASKED));
        assert_eq!(todo.panel, Some(Panel::IN_PLACE.noticing(notice)));
        todo.merge(Todo::panel(Panel::BELOW));
        assert_eq!(todo.panel, Some(Panel::BELOW));
    }
}
