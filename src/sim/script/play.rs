//! Plays a conversation against the simulators, turn by turn.

use std::future::Future;

use super::{Act, Endpoint, Line, Look, Script, ScriptError, Step, World};
use crate::telegram::{SimUser, Tap};
use crate::{Sim, Supplier, SupplierSim};

/// What a step left behind, for printing.
#[derive(Debug)]
pub struct Turn<'play> {
    /// The line that was played.
    pub line: &'play Line,
    /// The person whose turn it was.
    pub user: Option<&'play SimUser>,
    /// What came of it: a toast, a copied text, a list of titles; empty for nothing.
    pub outcome: String,
}

impl Turn<'_> {
    /// The bot's newest message as the person sees it.
    #[must_use]
    pub fn screen(&self) -> String {
        self.user.map(SimUser::screen).unwrap_or_default()
    }
}

/// The caller's part in a play: extra verbs, and a look at every turn.
pub trait Stage: Send {
    /// Carries out a verb that conversations do not have (`kill`, `restart`, `credit 1001 5.00`).
    fn extra(
        &mut self,
        sim: &Sim,
        user: Option<&SimUser>,
        verb: &str,
        words: &[String],
    ) -> impl Future<Output = Result<(), String>> + Send {
        let _ = (sim, user, words);
        std::future::ready(Err(format!("there is no step {verb:?}")))
    }

    /// The supplier that is meant where a step names none.
    fn supplier(&self) -> Supplier {
        Supplier::SmsPool
    }

    /// Called after each step.
    fn turn(&mut self, turn: &Turn<'_>) {
        let _ = turn;
    }
}

/// No extra verbs, no printing.
impl Stage for () {}

struct Player<'play> {
    sim: &'play Sim,
    /// The supplier that is meant where a step names none.
    supplier: Supplier,
    user: Option<SimUser>,
    /// Toasts that were there before the last action.
    toasts_before: usize,
}

/// Plays all steps, or stops at the first that fails.
///
/// # Errors
/// The failing line, why it failed, and the chat as seen then.
pub async fn play(sim: &Sim, script: &Script, stage: &mut impl Stage) -> Result<(), ScriptError> {
    let mut player = Player { sim, supplier: stage.supplier(), user: None, toasts_before: 0 };
    for line in &script.lines {
        let played = match &line.step {
            Step::User { id, name, language } => player.take_up(*id, name.as_deref(), language),
            Step::Act(act) => player.act(act).await,
            Step::Look(look) => player.look(look).await,
            Step::World(world) => player.world(world).await,
            Step::Extra { verb, words } => {
                stage.extra(sim, player.user.as_ref(), verb, words).await.map(|()| String::new())
            }
        };
        match played {
            Ok(outcome) => stage.turn(&Turn { line, user: player.user.as_ref(), outcome }),
            Err(reason) => return Err(failed(script, line, reason, player.user.as_ref())),
        }
    }
    Ok(())
}

fn failed(script: &Script, line: &Line, reason: String, user: Option<&SimUser>) -> ScriptError {
    // Errors of the simulated user carry the chat already.
    let shown = user.map(SimUser::chat).filter(|chat| !chat.is_empty() && !reason.contains(chat.as_str()));
    ScriptError {
        file: script.file.clone(),
        line: line.number,
        source_line: line.source.clone(),
        reason,
        screen: shown.map(|chat| format!("\nthe chat shows:\n{chat}")).unwrap_or_default(),
    }
}

type Played = Result<String, String>;

fn quiet<E: ToString>(done: Result<(), E>) -> Played {
    done.map(|()| String::new()).map_err(|error| error.to_string())
}

impl Player<'_> {
    fn user(&self) -> Result<&SimUser, String> {
        self.user.as_ref().ok_or_else(|| "start with a user step".to_owned())
    }

    /// The person, about to do something: toasts count from now.
    fn actor(&mut self) -> Result<SimUser, String> {
        let user = self.user()?.clone();
        self.toasts_before = user.toasts().len();
        Ok(user)
    }

    async fn act(&mut self, act: &Act) -> Played {
        let user = self.actor()?;
        match act {
            Act::Send(text) => {
                user.send(text);
                Ok(String::new())
            }
            Act::Reply { to, words } => {
                user.see(to).await.map_err(|error| error.to_string())?;
                user.reply(to, words).map(|_| String::new()).ok_or_else(|| format!("no message shows {to:?}"))
            }
            Act::Tap(label) => user.tap(label).await.map(|tap| show_tap(&tap)).map_err(|error| error.to_string()),
            Act::DoubleTap(label) => {
                let toasts = user.double_tap(label).await.map_err(|error| error.to_string())?;
                Ok(toasts.map(|toast| show_tap(&Tap::Answered(toast))).join("\n").trim().to_owned())
            }
            Act::Press(data) => {
                let newest = user.newest().ok_or("the bot has not written yet")?;
                let toast = user.press_raw(newest.id, data).await.map_err(|error| error.to_string())?;
                Ok(show_tap(&Tap::Answered(toast)))
            }
            Act::Search(query) => {
                let answer = user.search(query).await.map_err(|error| error.to_string())?;
                Ok(show_tap(&Tap::Searched(answer)))
            }
            Act::Pick(title) => user.pick(title).map(|_| String::new()).map_err(|error| error.to_string()),
            Act::Block => {
                user.block();
                Ok(String::new())
            }
            Act::Unblock => {
                user.unblock();
                Ok(String::new())
            }
        }
    }

    fn take_up(&mut self, id: i64, name: Option<&str>, language: &str) -> Played {
        self.user = Some(match name {
            Some(name) => self.sim.telegram.user(id, name, language),
            None => {
                self.sim.telegram.known_user(id).ok_or_else(|| format!("there is no user {id} yet: give a name"))?
            }
        });
        self.toasts_before = 0;
        Ok(String::new())
    }

    async fn look(&self, look: &Look) -> Played {
        let user = self.user()?;
        match look {
            Look::See(text) => quiet(user.see(text).await),
            Look::NotSee(text) => quiet(user.not_see(text).await),
            Look::Newest(text) => quiet(user.see_newest(text).await),
            Look::Toast(text) => quiet(user.see_toast_after(self.toasts_before, text).await),
            Look::Result(title) => user.result(title).map(|_| String::new()).map_err(|error| error.to_string()),
            Look::Show => Ok(user.screen()),
            Look::Copy { label, text } => match user.tap(label).await.map_err(|error| error.to_string())? {
                Tap::Copied(copied) if copied == *text => Ok(format!("copied {copied}")),
                Tap::Copied(copied) => Err(format!("{label:?} copied {copied:?}")),
                other @ (Tap::Answered(_) | Tap::Opened(_) | Tap::Searched(_) | Tap::Paid) => {
                    Err(format!("{label:?} copies nothing: {other:?}"))
                }
            },
        }
    }

    async fn world(&self, world: &World) -> Played {
        match world {
            World::Sms { supplier, text } => match self.supplier(*supplier).deliver_latest(text) {
                Some(order) => Ok(format!("SMS on order {order}")),
                None => Err("the supplier has no open order".to_owned()),
            },
            World::Prices { supplier, percent } => {
                self.supplier(*supplier).set_price_level(*percent);
                Ok(String::new())
            }
            World::Clock(by) => {
                self.sim.clock.advance(*by);
                Ok(String::new())
            }
            World::TelegramFault { method, fault, times } => {
                self.sim.telegram.fault(method, None, *times, fault.clone());
                Ok(String::new())
            }
            World::PoolFault { supplier, endpoint, fault, times } => {
                let supplier = self.supplier(*supplier);
                supplier.fault(path(supplier, endpoint)?, *times, fault.clone());
                Ok(String::new())
            }
            World::TelegramCount { method, wanted } => {
                let telegram = &self.sim.telegram;
                counted(method, telegram.wait_count(method, *wanted, telegram.patience()).await, *wanted)
            }
            World::PoolCount { supplier, endpoint, wanted } => {
                let supplier = self.supplier(*supplier);
                let endpoint = path(supplier, endpoint)?;
                let found = supplier.wait_count(endpoint, *wanted, self.sim.telegram.patience()).await;
                counted(endpoint, found, *wanted)
            }
        }
    }

    /// The named supplier, or the one that is meant.
    fn supplier(&self, named: Option<Supplier>) -> &SupplierSim {
        self.sim.supplier(named.unwrap_or(self.supplier))
    }
}

/// An endpoint's path at this supplier.
fn path<'step>(supplier: &SupplierSim, endpoint: &'step Endpoint) -> Result<&'step str, String> {
    match endpoint {
        Endpoint::Path(path) => Ok(path),
        Endpoint::For(role) => supplier.path(*role).ok_or_else(|| format!("the supplier has no {}", role.word())),
    }
}

/// More calls than wanted are an error as well as fewer.
fn counted(target: &str, found: u64, wanted: u64) -> Played {
    match found == wanted {
        true => Ok(String::new()),
        false => Err(format!("{target} was called {found} times, not {wanted}")),
    }
}

fn show_tap(tap: &Tap) -> String {
    match tap {
        Tap::Answered(toast) if toast.text.is_empty() => String::new(),
        Tap::Answered(toast) if toast.alert => format!("alert: {}", toast.text),
        Tap::Answered(toast) => format!("toast: {}", toast.text),
        Tap::Opened(url) => format!("opened {url}"),
        Tap::Copied(text) => format!("copied {text}"),
        Tap::Paid => "paid".to_owned(),
        Tap::Searched(answer) => {
            let button = answer.button.iter().map(|(label, _)| format!("[ {label} ]"));
            let results = answer.results.iter().map(|result| format!("· {} — {}", result.title, result.description));
            button.chain(results).collect::<Vec<_>>().join("\n")
        }
    }
}
