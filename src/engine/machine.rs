//! The one way in: a stored session and one input give the next session and the effects to run. Pure.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::flow::{App, Ctx};
use crate::registry::{AnyEffect, AnyEvent, AnyStep, Once, Registry, View};
use crate::session::{FRAMES_MAX, Session, Unreadable};
use crate::step::{Reason, Taken, Undeclared};
use crate::token::{Code, Stale, Token};

/// Something that arrived for a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    rename_all = "snake_case",
    bound(
        serialize = "A::Entry: Serialize, A::Pick: Serialize, A::Reply: Serialize, A::Refusal: Serialize",
        deserialize = "A::Entry: Deserialize<'de>, A::Pick: Deserialize<'de>, A::Reply: Deserialize<'de>, A::Refusal: Deserialize<'de>"
    )
)]
pub enum Input<A: App> {
    /// A button's data, as it came.
    Token(String),
    /// A search result was picked.
    Pick(A::Pick),
    /// A text was typed.
    Text(String),
    /// A command or deep link: everything above the root is left first.
    Start(A::Entry),
    /// A frame's timer went off.
    Timer {
        /// The frame that set it.
        instance: u64,
        /// What it carries.
        timer: Value,
    },
    /// What a job brought back.
    Reply {
        /// The frame that asked.
        instance: u64,
        /// The answer.
        reply: A::Reply,
    },
    /// A command of the last step was refused at commit.
    Refused(A::Refusal),
}

/// What became of an input.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn<A: Registry> {
    /// The session to store.
    pub session: Session,
    /// What to do, in order, each with the instance of the frame that wants it.
    pub effects: Vec<(u64, AnyEffect<A>)>,
    /// What happened.
    pub outcome: Outcome,
    /// Frames that could not be read and were put aside.
    pub unreadable: Vec<Unreadable>,
    /// The events that the flows were given, in order, in the terms of their tables.
    pub taken: Vec<Taken>,
}

/// What happened to an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A step was taken: store it.
    Stepped,
    /// The event means nothing here.
    Ignored(Reason),
    /// The button does not count any more.
    Stale(Stale),
    /// The step is not in the table: a bug, to be logged; the state stays.
    Undeclared(Undeclared),
}

/// Handles one input.
#[must_use]
pub fn handle<A: Registry>(session: &Session, input: Input<A>, cx: &Ctx<'_, A::Env>) -> Turn<A> {
    let mut stack = Stack::<A>::thaw(session);
    let outcome = match stack.take(input, cx) {
        Ok(outcome) => outcome,
        Err(undeclared) => Outcome::Undeclared(undeclared),
    };
    match outcome {
        Outcome::Stepped => stack.stored(),
        outcome @ (Outcome::Ignored(_) | Outcome::Stale(_) | Outcome::Undeclared(_)) => {
            let unchanged = Stack::<A>::thaw(session);
            Turn { outcome, taken: stack.taken, ..unchanged.stored_unstepped() }
        }
    }
}

/// The screen of a session.
#[must_use]
pub fn view<A: Registry>(session: &Session, cx: &Ctx<'_, A::Env>) -> View {
    Stack::<A>::thaw(session).view(cx)
}

/// The states of a session from the bottom up, as far as they can be read; a fresh root where none can.
#[must_use]
pub fn states<A: Registry>(session: &Session) -> Vec<A::State> {
    Stack::<A>::thaw(session).frames.into_iter().map(|(_, state)| state).collect()
}

/// The session begun anew: the root alone, as a step. No button that was shown before counts for it.
#[must_use]
pub fn reset<A: Registry>(session: &Session) -> Session {
    let mut stack = Stack::<A>::thaw(session);
    stack.frames.clear();
    stack.open(A::root());
    stack.stored().session
}

/// The session with the frames of an earlier one, as a step. They are new stays in their flows, so that no button that
/// was shown before counts for them.
#[must_use]
pub fn rewound<A: Registry>(session: &Session, earlier: &Session) -> Session {
    let mut stack = Stack::<A>::thaw(session);
    let frames = Stack::<A>::thaw(earlier).frames;
    stack.frames.clear();
    frames.into_iter().for_each(|(_, state)| stack.open(state));
    stack.stored().session
}

struct Stack<A: Registry> {
    session: Session,
    frames: Vec<(u64, A::State)>,
    effects: Vec<(u64, AnyEffect<A>)>,
    unreadable: Vec<Unreadable>,
    taken: Vec<Taken>,
}

impl<A: Registry> Stack<A> {
    /// Reads all frames. Unreadable ones are put aside; a person is never left without a screen.
    fn thaw(session: &Session) -> Self {
        let mut session = session.clone();
        let (mut frames, mut unreadable) = (Vec::new(), Vec::new());
        for frame in std::mem::take(&mut session.frames) {
            match A::thaw(&frame.flow, frame.version, &frame.body) {
                Ok(state) => frames.push((frame.instance, state)),
                Err(error) => {
                    unreadable.push(error);
                    session.frames.push(frame);
                    session.quarantine_top();
                }
            }
        }
        let mut stack = Self { session, frames, effects: Vec::new(), unreadable, taken: Vec::new() };
        stack.root();
        stack
    }

    /// Without its root a stack would have no way out: where the root's frame was unreadable, a fresh one goes below.
    fn root(&mut self) {
        let root = A::root();
        let flow = A::freeze(&root).flow;
        if self.frames.first().is_none_or(|(_, state)| A::freeze(state).flow != flow) {
            self.session.next_instance += 1;
            self.frames.insert(0, (self.session.next_instance, root));
        }
    }

    fn open(&mut self, state: A::State) {
        self.session.next_instance += 1;
        self.frames.push((self.session.next_instance, state));
    }

    fn top(&self) -> &(u64, A::State) {
        self.frames.last().expect("a stack has its root")
    }

    fn take(&mut self, input: Input<A>, cx: &Ctx<'_, A::Env>) -> Result<Outcome, Undeclared> {
        match input {
            Input::Token(data) => self.press(&data, cx),
            Input::Start(entry) => {
                self.unwind(cx)?;
                self.start(entry, cx)
            }
            Input::Pick(pick) => self.pick(pick, cx),
            Input::Text(text) => self.step(AnyEvent::Text(text), cx),
            Input::Refused(refusal) => self.step(AnyEvent::Refused(refusal), cx),
            Input::Timer { instance, timer } => self.late(instance, AnyEvent::Timer(timer), cx),
            Input::Reply { instance, reply } => self.late(instance, AnyEvent::Reply(reply), cx),
        }
    }

    /// A flow that has a command of its own opens over the root as it begins; all other ways in are the root's to lead.
    fn start(&mut self, entry: A::Entry, cx: &Ctx<'_, A::Env>) -> Result<Outcome, Undeclared> {
        let Some(state) = A::command(&entry).and_then(|(command, about)| A::opened(command, about, cx)) else {
            return self.step(AnyEvent::Start(entry), cx);
        };
        self.replace_top(A::root());
        self.open(state);
        Ok(Outcome::Stepped)
    }

    /// A pick that the shown flow cannot use goes to the root, which keeps it for later.
    fn pick(&mut self, pick: A::Pick, cx: &Ctx<'_, A::Env>) -> Result<Outcome, Undeclared> {
        let outcome = self.step(AnyEvent::Pick(pick.clone()), cx)?;
        if outcome != Outcome::Ignored(Reason::NotHere) || self.frames.len() == 1 {
            return Ok(outcome);
        }
        self.unwind(cx)?;
        self.step(AnyEvent::Pick(pick), cx)
    }

    /// An answer counts only for the frame that asked, and only while that frame is shown.
    fn late(&mut self, instance: u64, event: AnyEvent<A>, cx: &Ctx<'_, A::Env>) -> Result<Outcome, Undeclared> {
        if self.top().0 == instance { self.step(event, cx) } else { Ok(Outcome::Ignored(Reason::TooLate)) }
    }

    /// The stale-button rule: same frame, still offered, and for buttons that count once the same revision.
    fn press(&mut self, data: &str, cx: &Ctx<'_, A::Env>) -> Result<Outcome, Undeclared> {
        let Some(token) = Token::parse(data) else {
            return Ok(Outcome::Stale(Stale::Unreadable));
        };
        let (instance, state) = self.top();
        if token.instance != *instance || A::freeze(state).flow != token.flow {
            return Ok(Outcome::Stale(Stale::OtherInstance));
        }
        let offered = A::offered(state, cx).into_iter().find(|(code, _)| *code == token.pressed);
        let current = match (offered, token.revision) {
            (None, _) => return Ok(Outcome::Stale(Stale::NotOffered)),
            (Some(_), Some(revision)) => revision == self.session.revision,
            // A button that counts once carries a revision: one without it is forged.
            (Some((_, once)), None) => once == Once::No,
        };
        if !current {
            return Ok(Outcome::Stale(Stale::OtherRevision));
        }
        match token.pressed {
            Code::Action(code) => self.step(AnyEvent::Press(code), cx),
            Code::Back => self.step(AnyEvent::Back, cx),
            Code::Home => {
                self.unwind(cx)?;
                self.step(AnyEvent::Cancel, cx)
            }
        }
    }

    /// Leaves every flow above the root: each gets a cancel and says what must still be done.
    fn unwind(&mut self, cx: &Ctx<'_, A::Env>) -> Result<(), Undeclared> {
        while self.frames.len() > 1 {
            let (instance, state) = self.frames.pop().expect("more than one frame");
            if let AnyStep::Done(_, effects) = self.ask(state, AnyEvent::Cancel, cx)? {
                self.queue(instance, effects);
            }
            self.queue(instance, vec![AnyEffect::Disarm]);
        }
        Ok(())
    }

    /// What a flow makes of an event; noted.
    fn ask(&mut self, state: A::State, event: AnyEvent<A>, cx: &Ctx<'_, A::Env>) -> Result<AnyStep<A>, Undeclared> {
        let stepped = A::step(state, event, cx)?;
        self.taken.extend(stepped.taken);
        Ok(stepped.step)
    }

    fn step(&mut self, event: AnyEvent<A>, cx: &Ctx<'_, A::Env>) -> Result<Outcome, Undeclared> {
        let (instance, state) = self.frames.last().cloned().expect("a stack has its root");
        match self.ask(state, event, cx)? {
            AnyStep::Ignore(reason) => return Ok(Outcome::Ignored(reason)),
            AnyStep::Go(state, effects) => {
                self.replace_top(state);
                self.queue(instance, effects);
            }
            AnyStep::Push(child, state, effects) => {
                if self.frames.len() >= FRAMES_MAX {
                    return Ok(Outcome::Ignored(Reason::NotHere));
                }
                self.replace_top(state);
                self.queue(instance, effects);
                self.open(child);
            }
            AnyStep::Done(output, effects) => {
                self.queue(instance, effects);
                self.queue(instance, vec![AnyEffect::Disarm]);
                self.frames.pop();
                self.resume(output, cx)?;
            }
        }
        Ok(Outcome::Stepped)
    }

    fn resume(&mut self, output: A::Output, cx: &Ctx<'_, A::Env>) -> Result<(), Undeclared> {
        if self.frames.is_empty() {
            self.open(A::root());
            return Ok(());
        }
        self.step(AnyEvent::Resume(output), cx).map(|_| ())
    }

    fn replace_top(&mut self, state: A::State) {
        if let Some(top) = self.frames.last_mut() {
            top.1 = state;
        }
    }

    fn queue(&mut self, instance: u64, effects: Vec<AnyEffect<A>>) {
        self.effects.extend(effects.into_iter().map(|effect| (instance, effect)));
    }

    fn view(&self, cx: &Ctx<'_, A::Env>) -> View {
        let (instance, state) = self.top();
        let flow = A::freeze(state).flow;
        A::view(state, cx, &|pressed, once| {
            let revision = (once == Once::Yes).then_some(self.session.revision);
            Token { flow: flow.to_owned(), instance: *instance, revision, pressed }.to_string()
        })
    }

    fn stored(mut self) -> Turn<A> {
        self.session.revision += 1;
        self.stored_unstepped()
    }

    fn stored_unstepped(mut self) -> Turn<A> {
        self.session.frames =
            self.frames.iter().map(|(instance, state)| A::freeze(state).into_frame(*instance)).collect();
        Turn {
            session: self.session,
            effects: self.effects,
            outcome: Outcome::Stepped,
            unreadable: self.unreadable,
            taken: self.taken,
        }
    }
}
