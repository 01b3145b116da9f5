//! The bot as the playground sees it from outside: started, killed, looked into. Who starts the playground gives it.

use serde_json::Value;

/// A bot over the simulators that the playground was given. The methods may block for a while, and never on the
/// playground itself.
pub trait Bot: Send + Sync + 'static {
    /// Starts it on the database that it had before; nothing where it runs already.
    ///
    /// # Errors
    /// A sentence on why it cannot start.
    fn start(&self) -> Result<(), String>;

    /// Ends it in the middle of whatever it does, and returns when another one may be started.
    ///
    /// # Errors
    /// A sentence on what still holds on to the database.
    fn kill(&self) -> Result<(), String>;

    /// Whether it runs.
    fn is_running(&self) -> bool;

    /// Gives a person money; dollars such as "5.00".
    ///
    /// # Errors
    /// A sentence on why not.
    fn credit(&self, user: i64, amount: &str) -> Result<(), String>;

    /// A person's stored conversation; none while the bot does not run.
    fn session(&self, user: i64) -> Option<Value>;

    /// The newest entry of the ledger; 0 before the first, and none while the bot does not run.
    fn last_entry(&self) -> Option<u64>;

    /// The ledger's entries after one.
    fn entries_after(&self, entry: u64) -> Vec<Entry>;

    /// The place of the newest line of the log.
    fn last_log_line(&self) -> u64;

    /// The log's lines after one, each with its place, oldest first; only the newest are kept.
    fn log_after(&self, line: u64) -> Vec<(u64, String)>;

    /// The diagram of the conversation that a person is in, for the session before and after something happened.
    fn diagram(&self, user: i64, before: Option<&Value>, after: &Value) -> Option<Diagram>;

    /// How diagrams look, as CSS.
    fn diagram_style(&self) -> &'static str;

    /// A person's last events, to be tried again later.
    ///
    /// # Errors
    /// A sentence on why there are none.
    fn record(&self, user: i64) -> Result<String, String>;

    /// Tries the events of a recording again, and says what it showed.
    ///
    /// # Errors
    /// A sentence on what is wrong with the recording.
    fn replay(&self, recording: &str) -> Result<Replayed, String>;
}

/// One entry of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the ledger.
    pub place: u64,
    /// Whose it is, where it is a person's.
    pub user: Option<i64>,
    /// The entry as an accountant reads it.
    pub text: String,
}

/// A conversation's states and edges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagram {
    /// The conversation's name.
    pub flow: String,
    /// The state that is shown.
    pub state: String,
    /// The picture: an SVG element that looks as [`Bot::diagram_style`] says.
    pub svg: String,
}

/// What a recording showed when it was tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// How many of its events came out otherwise.
    pub differ: usize,
    /// Each screen, event and difference.
    pub text: String,
}
