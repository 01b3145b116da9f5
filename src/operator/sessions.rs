//! The conversations as an operator sees them: where people are, what they did last, and the way out for who is stuck.

mod shown;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use engine::machine;
use engine::session::Session;
use flows::Raqam;
use flows::recorded::Kept;
use gallery::replay::{self, Recording};
use serde::{Deserialize, Serialize};
use shop::UserId;
use shop::catalogue::Lists;
use store::{Intent, Outcome, Store, StoreError};

use super::{Answer, Operator};

/// How often a session is looked at anew because its person acted meanwhile.
const CONFLICTS_MAX: u32 = 5;

/// A wish about conversations.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// All of them, by flow and state.
    Overview,
    /// Single ones.
    List {
        /// Only those in this flow.
        flow: Option<String>,
        /// Only those in this state.
        state: Option<String>,
        /// At most so many.
        limit: usize,
    },
    /// One with its last events.
    Show(UserId),
    /// The last events of one into a new file, named by its whole path.
    Record(UserId, PathBuf),
    /// One begun anew.
    Reset(UserId),
    /// One as it was before its last steps.
    Rewind(UserId, u32),
}

/// The events that are kept of a session, oldest first, and how many cannot be read.
struct Events {
    events: Vec<Kept>,
    unreadable: usize,
}

impl Operator {
    /// Performs a wish about conversations.
    pub(super) async fn sessions(&self, wish: Wish) -> Result<Answer, StoreError> {
        let now = self.office.clock.now();
        match wish {
            Wish::Overview => self.in_background(move |store| shown::overview(&store, now)).await,
            Wish::List { flow, state, limit } => {
                self.in_background(move |store| shown::list(&store, now, flow.as_deref(), state.as_deref(), limit))
                    .await
            }
            Wish::Show(user) => self.in_background(move |store| shown::one(&store, now, user)).await,
            Wish::Record(user, file) => self.in_background(move |store| record(&store, user, &file)).await,
            Wish::Reset(user) => {
                let begun = |session: &Session, _: &Events| Ok(machine::reset::<Raqam>(session));
                self.replace(user, "begun anew", begun).await
            }
            Wish::Rewind(user, steps) => {
                let back = |session: &Session, events: &Events| {
                    let earlier = before(events, steps)?;
                    Ok(machine::rewound::<Raqam>(session, earlier))
                };
                self.replace(user, "taken back", back).await
            }
        }
    }

    /// Puts what `change` makes of a session in its place; looks again where the person acted meanwhile.
    async fn replace(
        &self,
        user: UserId,
        done: &str,
        change: impl Fn(&Session, &Events) -> Result<Session, String>,
    ) -> Result<Answer, StoreError> {
        let store = &self.office.store;
        for _ in 0..CONFLICTS_MAX {
            let session = store.user(user)?.session;
            if session.revision == 0 {
                return Ok(Answer::refused(format!("{} has no conversation", user.0)));
            }
            let next = match change(&session, &events(store, user)?) {
                Ok(next) => next,
                Err(sentence) => return Ok(Answer::refused(sentence)),
            };
            let (from_revision, revision, shown) = (session.revision, next.revision, shown::top(&next));
            let intent = Intent::Session { user, from_revision, session: Box::new(next) };
            if self.office.apply(intent).await? != Outcome::Conflict {
                tracing::info!(
                    user = self.office.pseudonyms.of(user),
                    revision,
                    done,
                    "the operator changed a session"
                );
                return Ok(Answer::granted(format!(
                    "The conversation of {} is {done}: it is at {shown}, revision {revision}. Orders and money are as they were.",
                    user.0
                )));
            }
        }
        Ok(Answer::refused(format!("{} acts all the time: nothing was changed", user.0)))
    }
}

/// The session before the last steps.
fn before(events: &Events, steps: u32) -> Result<&Session, String> {
    let taken = events.events.iter().filter(|event| !event.refused && event.record.came.session.is_some());
    let taken: Vec<&Session> = taken.map(|event| &event.record.session).collect();
    let place = taken.len().checked_sub(steps as usize).filter(|_| steps > 0);
    let earlier = place.and_then(|place| taken.get(place));
    earlier.copied().ok_or_else(|| {
        format!("there is nothing to go back to: {} steps of this conversation are known, not {steps}", taken.len())
    })
}

/// Reads what is kept; what another version wrote may be unreadable.
fn events(store: &Store, user: UserId) -> Result<Events, StoreError> {
    let (mut events, mut unreadable) = (Vec::new(), 0);
    for trace in store.traces(user)? {
        match serde_json::from_str(&trace.body) {
            Ok(event) => events.push(event),
            Err(_) => unreadable += 1,
        }
    }
    Ok(Events { events, unreadable })
}

/// What is kept of a session, in the form of a file, and what had to be left out of it.
pub(crate) struct Recorded {
    /// The recording.
    pub(crate) recording: Recording,
    unreadable: usize,
    without_lists: usize,
}

/// The last events of a session, with the lists that they name.
pub(crate) fn recorded(store: &Store, user: UserId) -> Result<Recorded, StoreError> {
    let Events { events, unreadable } = events(store, user)?;
    let (mut lists, mut without_lists) = (BTreeMap::<String, Lists>::new(), 0);
    let mut recording = Recording { program: env!("CARGO_PKG_VERSION").to_owned(), ..Recording::default() };
    for event in events {
        let names: Vec<String> = event.record.facts.servers.iter().map(|server| server.lists.clone()).collect();
        for name in &names {
            if !lists.contains_key(name)
                && let Some(body) = store.lists(name)?
                && let Ok(body) = serde_json::from_str(&body)
            {
                lists.insert(name.clone(), body);
            }
        }
        if names.iter().all(|name| lists.contains_key(name)) {
            recording.events.push(event);
        } else {
            without_lists += 1;
        }
    }
    recording.lists = lists;
    Ok(Recorded { recording, unreadable, without_lists })
}

/// The replayable file.
fn record(store: &Store, user: UserId, file: &Path) -> Result<Answer, StoreError> {
    let Recorded { recording, unreadable, without_lists } = recorded(store, user)?;
    if recording.events.is_empty() {
        return Ok(Answer::refused(format!("nothing is known of {}: no event can be recorded", user.0)));
    }
    let text = replay::write(&recording);
    let written = File::options().write(true).create_new(true).mode(0o600).open(file);
    Ok(match written.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all())) {
        Ok(()) => Answer::granted(format!(
            "{} events of {} are in {}; {unreadable} cannot be read, and {without_lists} are too old to be replayed.",
            recording.events.len(),
            user.0,
            file.display()
        )),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            Answer::refused(format!("{} exists already: a recording never replaces a file", file.display()))
        }
        Err(error) => Answer::refused(format!("{} cannot be written: {error}", file.display())),
    })
}
