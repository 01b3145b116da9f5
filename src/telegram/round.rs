//! One round of output for one person: deliveries, the panel, tidying. Runs beside the handling of what comes in.

use std::sync::Arc;

use crate::host::{Host, HostResult, Living, Person};
use crate::observe::Seen;
use crate::outbox::{self, Emptied, Which};
use crate::projection::{self, Memory, Shown};
use crate::shared::Shared;
use crate::todo::{Asked, Panel, Todo};

/// What a round leaves behind.
#[derive(Debug, Default)]
pub(crate) struct Left {
    /// What is known of the chat now.
    pub(crate) memory: Memory,
    /// What could not be done.
    pub(crate) todo: Todo,
    /// Whether to wait before it is tried again.
    pub(crate) back_off: bool,
}

impl Left {
    fn deliver_later(&mut self, asked: Asked) {
        self.todo.outbox = Some(asked);
        self.back_off = true;
    }
}

/// Does what is to be done: codes first, then what the person looks at, then the rest.
pub(crate) async fn round<H: Host>(
    shared: Arc<Shared<H>>,
    person: Person,
    todo: Todo,
    memory: Memory,
) -> HostResult<Left> {
    let mut left = Left { memory, ..Left::default() };
    let mut outbox = todo.outbox;
    let (mut living, mut on_card) = (None, None);
    if let Some(asked) = outbox
        && outbox::deliver(&shared, person.id, asked, Which::Urgent, &mut left.memory).await? == Emptied::Unknown
    {
        left.deliver_later(asked);
        outbox = None;
    }
    if let Some(panel) = todo.panel {
        shared.output.gate.open(person.id).await;
        let (shown, now_living) = projection::show(&shared, &person, &panel, &mut left.memory).await?;
        living = now_living;
        match shown {
            Shown::Done => shown_now(&shared, &panel, &left.memory),
            Shown::OnCard => {
                outbox = outbox.max(Some(panel.asked));
                on_card = Some(panel);
            }
            Shown::Later => left.todo.panel = Some(panel),
            Shown::Unknown => {
                left.todo.panel = Some(panel);
                left.back_off = true;
            }
        }
    } else if !todo.strip.is_empty() {
        living = shared.host.load(&person).await?.living;
    }
    if let Some(asked) = outbox
        && outbox::deliver(&shared, person.id, asked, Which::All, &mut left.memory).await? == Emptied::Unknown
    {
        left.deliver_later(asked);
    } else if let (Some(panel), None) = (&on_card, &left.todo.outbox) {
        shown_now(&shared, panel, &left.memory);
    }
    tidy(&shared, person.id, &todo.strip, &todo.delete, living, &left.memory).await;
    Ok(left)
}

/// What a person did is shown. What nobody asked for waits for its turn, which says nothing about us.
fn shown_now<H: Host>(shared: &Shared<H>, panel: &Panel, memory: &Memory) {
    if let (Asked::Yes, Some(since)) = (panel.asked, memory.waits_since) {
        shared.observer.see(&Seen::Shown(since.elapsed()));
    }
}

async fn tidy<H: Host>(
    shared: &Shared<H>,
    user: u64,
    strip: &[i32],
    delete: &[i32],
    living: Option<Living>,
    memory: &Memory,
) {
    for &message_id in delete {
        shared.output.delete(user, message_id).await;
    }
    let in_use = |id: i32| living.is_some_and(|living| living.message_id == id) || memory.cards.contains(&id);
    for &message_id in strip.iter().filter(|&&id| !in_use(id)) {
        shared.output.strip(user, message_id).await;
    }
}
