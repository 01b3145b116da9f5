//! A phone's beats as a conversation script, and scripts that are played on a phone.

use std::sync::Arc;

use sim::script::{self, Act as Deed, Line, Look, Script, Stage, Step, World as Change};
use sim::{Sim, SimUser};

use crate::act::{Act, quoted};
use crate::controls::Side;
use crate::supplier::Server;
use crate::world::World;

/// The longest script, in bytes.
pub(crate) const BYTES_MAX: usize = 64 * 1024;
/// The most steps.
const STEPS_MAX: usize = 1_000;

impl World {
    /// What was done on a phone since its person got it, as a conversation script that a test can play.
    pub(crate) fn script(&self, phone: usize) -> String {
        let beats = self.beats().of_person(phone);
        let mut after: Vec<Option<String>> =
            beats.iter().skip(1).map(|beat| beat.before[phone].words.clone()).collect();
        after.push(self.stands()[phone].words.clone());
        let user = self.person(phone).user.id();
        let mut lines = vec!["# Made in the playground.".to_owned()];
        let mut seen = None;
        for (beat, words) in beats.iter().zip(after) {
            lines.push(beat.act.script_line(user));
            if words.is_some() && words != seen {
                lines.extend(words.iter().map(|words| format!("see {}", quoted(words))));
                seen = words;
            }
        }
        lines.join("\n") + "\n"
    }

    /// Plays a script on a phone, with somebody new.
    pub(crate) async fn replay(self: &Arc<Self>, phone: usize, text: &str) -> Result<(), String> {
        let script = checked(text)?;
        self.plan().scripts += 1;
        let played = self.play(phone, script).await;
        self.plan().scripts -= 1;
        played
    }

    async fn play(self: &Arc<Self>, phone: usize, script: Script) -> Result<(), String> {
        let name = script.lines.iter().find_map(|line| match &line.step {
            Step::User { name, .. } => name.clone(),
            Step::Act(_) | Step::Look(_) | Step::World(_) | Step::Extra { .. } => None,
        });
        let person = self.hand_over(phone, name.as_deref());
        let (user, language) = (person.user.id(), person.language.clone());
        self.begin(Some(phone), Act::Joined { name: person.name, language: person.language });
        let take_up = Line { number: 0, source: String::new(), step: Step::User { id: user, name: None, language } };
        for line in script.lines {
            if matches!(line.step, Step::User { .. }) {
                continue;
            }
            if let Some((phone, act)) = self.as_act(phone, &line) {
                self.begin(phone, act);
            }
            let step = Script { file: script.file.clone(), lines: vec![take_up.clone(), line] };
            let mut stage = Backstage { world: self, user };
            script::play(&self.sim, &step, &mut stage).await.map_err(|error| {
                format!("line {}: {}: {}", error.line, error.source_line, first_line(&error.reason))
            })?;
        }
        Ok(())
    }

    /// What a line is for the record; looks are nothing there.
    fn as_act(&self, phone: usize, line: &Line) -> Option<(Option<usize>, Act)> {
        Some(match &line.step {
            Step::Act(deed) => (Some(phone), of_deed(deed)?),
            Step::World(Change::Sms { supplier, text }) => (Some(phone), Act::Sms(Server::of(*supplier), text.clone())),
            Step::World(Change::Prices { supplier, percent }) => (None, Act::Prices(Server::of(*supplier), *percent)),
            Step::World(Change::Clock(by)) => (None, Act::Clock(*by)),
            Step::World(Change::PoolFault { .. } | Change::TelegramFault { .. }) => (None, of_fault(&line.source)),
            Step::Extra { words, .. } => (Some(phone), Act::Credited(words.last().cloned().unwrap_or_default())),
            Step::User { .. }
            | Step::Look(_)
            | Step::World(Change::TelegramCount { .. } | Change::PoolCount { .. }) => return None,
        })
    }
}

/// A line that orders a failure, under the label of the control that orders the same.
fn of_fault(source: &str) -> Act {
    let words = source.trim_start_matches("fault").trim().to_owned();
    let mut acts = Side::ALL.into_iter().flat_map(|side| side.controls().iter().map(move |control| control.act(side)));
    let same = acts.find(|act| act.script_line(0) == format!("fault {words}"));
    same.unwrap_or_else(|| Act::Fault { label: words.clone(), words })
}

fn of_deed(deed: &Deed) -> Option<Act> {
    Some(match deed {
        Deed::Send(text) => Act::Sent(text.clone()),
        Deed::Tap(label) | Deed::DoubleTap(label) => Act::Tapped { label: label.clone() },
        Deed::Search(query) => Act::Searched(query.clone()),
        Deed::Pick(title) => Act::Picked(title.clone()),
        Deed::Block => Act::Blocked(true),
        Deed::Unblock => Act::Blocked(false),
        Deed::Reply { .. } | Deed::Press(_) => return None,
    })
}

/// A script that may be played here.
fn checked(text: &str) -> Result<Script, String> {
    if text.len() > BYTES_MAX {
        return Err(format!("the script is longer than {BYTES_MAX} bytes"));
    }
    let script = Script::parse("script", text).map_err(|error| format!("line {}: {}", error.line, error.reason))?;
    if script.lines.len() > STEPS_MAX {
        return Err(format!("the script has more than {STEPS_MAX} steps"));
    }
    let known = |line: &&Line| match &line.step {
        Step::Extra { verb, words } => verb == "credit" && words.len() == 2,
        Step::Look(Look::Show) => false,
        Step::User { .. } | Step::Act(_) | Step::Look(_) | Step::World(_) => true,
    };
    match script.lines.iter().find(|line| !known(line)) {
        Some(line) => Err(format!("line {}: the playground does not know {:?}", line.number, line.source)),
        None => Ok(script),
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// The playground's part in a play: money, for the person who has the phone now.
struct Backstage<'world> {
    world: &'world World,
    user: i64,
}

impl Stage for Backstage<'_> {
    async fn extra(&mut self, _: &Sim, _: Option<&SimUser>, _: &str, words: &[String]) -> Result<(), String> {
        let (bot, user) = (Arc::clone(&self.world.bot), self.user);
        let amount = words.last().cloned().unwrap_or_default();
        let credited = tokio::task::spawn_blocking(move || bot.credit(user, &amount)).await;
        credited.unwrap_or_else(|error| Err(error.to_string()))
    }
}
