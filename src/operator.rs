//! What an operator can ask for, whether the bot runs or not: one function per wish, each answering with plain text.

pub(crate) mod sessions;
mod status;
mod tickets;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use shop::command::{Command, Refusal};
use shop::ledger::{Account, Transaction};
use shop::pricing::Margin;
use shop::settings::{Limit, Limits, PollEvery, Selling, Settings};
use shop::{Money, ServerId, TicketId, UserId};
use store::{Audit, Intent, Outcome, Standing, Store, StoreError};
use strum::{EnumMessage as _, IntoEnumIterator as _};

pub use sessions::Wish as SessionsWish;

use crate::office::Office;
use crate::seal::Sealer;
use crate::suppliers::Supplier;

/// How long a supplier may take to tell its balance.
const BALANCE: Duration = Duration::from_secs(5);

/// A wish of the operator's.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Money for a user.
    Credit {
        /// Whose wallet.
        user: UserId,
        /// How much.
        amount: Money,
        /// Why.
        reason: String,
        /// The name of this one credit: a repeat under it changes nothing.
        nonce: String,
    },
    /// Money from a user; as [`Request::Credit`], and never more than they have.
    Debit {
        /// Whose wallet.
        user: UserId,
        /// How much.
        amount: Money,
        /// Why.
        reason: String,
        /// The name of this one debit: a repeat under it changes nothing.
        nonce: String,
    },
    /// Whether a user is served.
    SetStanding(UserId, Standing),
    /// All settings with their sources.
    ShowSettings,
    /// A server's margin in percent, as typed.
    SetMargin(ServerId, String),
    /// A server on or off.
    SetSelling(ServerId, Selling),
    /// A supplier's key.
    SetKey(ServerId, Key),
    /// How often a server's orders are asked about, as typed.
    SetPoll(ServerId, String),
    /// How many orders may be open at a server; none: the shop's limit alone counts.
    SetOpenMax(ServerId, Option<u32>),
    /// A limit.
    SetLimit(Limit, u32),
    /// The tickets that wait for an answer, or all of them.
    Tickets(Listed),
    /// One ticket, whole.
    ShowTicket(TicketId),
    /// An answer to a ticket.
    AnswerTicket(TicketId, Text),
    /// Nothing more is written on a ticket.
    CloseTicket(TicketId),
    /// How the shop is doing.
    Status,
    /// Where conversations are, and another place for one.
    Sessions(SessionsWish),
    /// What holds of the books.
    Audit(Form),
    /// A copy of everything into a new file, named by its whole path.
    Backup(PathBuf),
}

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A table for people.
    Table,
    /// JSON for programs.
    Json,
}

impl Request {
    /// What to say where a running bot took the wish and no answer came.
    #[must_use]
    pub fn unanswered(&self) -> String {
        let unclear = "the bot did not answer, so it is unclear whether this was done";
        match self {
            Self::Credit { nonce, .. } | Self::Debit { nonce, .. } => {
                format!("{unclear}; repeat it with --nonce {nonce}, and it is done once")
            }
            Self::SetStanding(..)
            | Self::ShowSettings
            | Self::SetMargin(..)
            | Self::SetSelling(..)
            | Self::SetKey(..)
            | Self::SetPoll(..)
            | Self::SetOpenMax(..)
            | Self::SetLimit(..)
            | Self::Tickets(_)
            | Self::ShowTicket(_)
            | Self::AnswerTicket(..)
            | Self::CloseTicket(_)
            | Self::Status
            | Self::Sessions(_)
            | Self::Audit(_)
            | Self::Backup(_) => unclear.to_owned(),
        }
    }
}

/// A key on its way: never shown.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(pub String);

impl std::fmt::Debug for Key {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Key(…)")
    }
}

/// A user's or an operator's words on their way: never logged.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text(pub String);

impl std::fmt::Debug for Text {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Text(…)")
    }
}

/// Which tickets are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Listed {
    /// Those that wait for an answer.
    Waiting,
    /// All.
    All,
}

/// What came of a wish.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Answer {
    /// Whether it was granted.
    pub granted: bool,
    /// What to print.
    pub text: String,
}

impl Answer {
    /// A wish that was granted.
    pub fn granted(text: impl Into<String>) -> Self {
        Self { granted: true, text: text.into() }
    }

    /// A wish that was not.
    pub fn refused(text: impl Into<String>) -> Self {
        Self { granted: false, text: text.into() }
    }
}

/// Performs wishes.
pub struct Operator {
    /// The store and what follows.
    pub office: Arc<Office>,
    /// What seals keys.
    pub sealer: Arc<Sealer>,
    /// The suppliers: their balance is shown, and they say whether a key is one.
    pub suppliers: BTreeMap<ServerId, Supplier>,
    /// The servers whose key the environment gives.
    pub keys_in_environment: Vec<ServerId>,
    /// How often orders are asked about where no setting says.
    pub poll_every: Duration,
    /// Called after a key was saved.
    pub on_key: Box<dyn Fn(ServerId) + Send + Sync>,
}

impl Operator {
    /// Performs one wish.
    pub async fn perform(&self, request: Request) -> Answer {
        let answer = match request {
            Request::Credit { user, amount, reason, nonce } => self.adjust(user, amount, reason, nonce).await,
            Request::Debit { user, amount, reason, nonce } => self.adjust(user, amount.negated(), reason, nonce).await,
            Request::SetStanding(user, standing) => self.set_standing(user, standing).await,
            Request::ShowSettings => self.show_settings(),
            Request::SetMargin(server, percent) => self.set_margin(server, &percent).await,
            Request::SetSelling(server, selling) => self.set(Command::SetSelling(server, selling)).await,
            Request::SetKey(server, key) => self.set_key(server, SecretString::from(key.0)).await,
            Request::SetPoll(server, seconds) => self.set_poll(server, &seconds).await,
            Request::SetOpenMax(server, most) => self.set(Command::SetOpenMax(server, most)).await,
            Request::SetLimit(limit, number) => self.set(Command::SetLimit(limit, number)).await,
            Request::Tickets(listed) => self.tickets(listed),
            Request::ShowTicket(ticket) => self.show_ticket(ticket),
            Request::AnswerTicket(ticket, text) => self.answer_ticket(ticket, text.0).await,
            Request::CloseTicket(ticket) => self.close_ticket(ticket).await,
            Request::Status => self.status().await,
            Request::Sessions(wish) => self.sessions(wish).await,
            Request::Audit(form) => self.in_background(move |store| audit(&store, form)).await,
            Request::Backup(file) => self.in_background(move |store| Ok(backup(&store, &file))).await,
        };
        answer.unwrap_or_else(|error| Answer::refused(format!("the database failed: {error}")))
    }

    /// Gives money, or takes it where the amount is negative.
    async fn adjust(&self, user: UserId, amount: Money, reason: String, nonce: String) -> Result<Answer, StoreError> {
        let command = Command::Adjust { user, amount, reason, nonce: nonce.clone() };
        let outcome = self.office.command(vec![command]).await?;
        if let Outcome::Refused(refusal) = outcome {
            return Ok(Answer::refused(match &refusal {
                Refusal::NonceUsed => {
                    format!("the nonce {nonce} was used for another amount or user: nothing was changed")
                }
                Refusal::BelowZero { available } => format!("the user has only {available}: nothing was changed"),
                Refusal::NotEnough { .. }
                | Refusal::QuoteExpired
                | Refusal::QuoteUsed(_)
                | Refusal::PriceChanged { .. }
                | Refusal::NotSelling
                | Refusal::TooManyOpen
                | Refusal::ShopBusy
                | Refusal::TooFast
                | Refusal::Suspended
                | Refusal::UnknownOrder
                | Refusal::TooLate
                | Refusal::BeingExtended
                | Refusal::NoCodeYet
                | Refusal::TooManyTickets
                | Refusal::TicketsTooFast
                | Refusal::TicketClosed
                | Refusal::TextTooLong
                | Refusal::JustChecked { .. } => format!("refused: {refusal:?}"),
            }));
        }
        let found = self.office.store.transaction_by_key(&shop::ledger::Key::Adjust(nonce).to_string())?;
        let wallet = self.office.store.user(user)?.wallet;
        let Some((seq, transaction)) = found else {
            return Ok(Answer::refused("the transaction was not found after it was posted"));
        };
        let fresh = matches!(&outcome, Outcome::Stored(changed) if !changed.posted.is_empty());
        let head = match (fresh, amount.is_negative()) {
            (true, false) => "Credited.",
            (true, true) => "Debited.",
            (false, false) => "This nonce was credited before: nothing was changed.",
            (false, true) => "This nonce was debited before: nothing was changed.",
        };
        let balance = format!("Balance of {}: {} (held {})", user.0, wallet.available, wallet.held);
        Ok(Answer::granted(format!("{head}\n{}\n{balance}", show_transaction(seq, &transaction))))
    }

    async fn set_standing(&self, user: UserId, standing: Standing) -> Result<Answer, StoreError> {
        self.office.apply(Intent::Suspend { user, standing, now: self.office.clock.now() }).await?;
        Ok(Answer::granted(match standing {
            Standing::Suspended => format!("{} is suspended: nothing new is sold to them, open orders go on.", user.0),
            Standing::Welcome => format!("{} is served again.", user.0),
        }))
    }

    fn show_settings(&self) -> Result<Answer, StoreError> {
        let settings = self.office.store.settings()?;
        let mut text = String::new();
        for server in ServerId::ALL {
            self.show_server(&mut text, *server, &settings);
        }
        let _ = writeln!(text, "Limits");
        for limit in Limit::iter() {
            let (name, number): (&'static str, u32) = (limit.into(), settings.limits.of(limit));
            let source = if number == Limits::default().of(limit) { "default" } else { "saved" };
            let _ = writeln!(text, "  {name:<18}  {number:>6} {} ({source})", limit.get_message().unwrap_or_default());
        }
        Ok(Answer::granted(text.trim_end()))
    }

    fn show_server(&self, text: &mut String, server: ServerId, settings: &Settings) {
        let saved = settings.server(server);
        let source = |is_saved: bool| if is_saved { "saved" } else { "default" };
        let selling = if saved.sells() { "on" } else { "off" };
        let key = match (&saved.key, self.keys_in_environment.contains(&server)) {
            (Some(_), true) => "set (saved; the environment's is not used)",
            (Some(_), false) => "set (saved)",
            (None, true) => "set (environment)",
            (None, false) => "missing",
        };
        let basis_points = saved.margin().basis_points();
        let _ = writeln!(text, "Server {}", server.number());
        let _ = writeln!(text, "  selling  {selling} ({})", source(saved.selling.is_some()));
        let _ = writeln!(
            text,
            "  margin   {}.{:02} % ({})",
            basis_points / 100,
            basis_points % 100,
            source(saved.margin.is_some())
        );
        let poll = saved.poll.map_or(self.poll_every.as_secs(), |poll| poll.seconds().into());
        let open_max = saved.open_max.map_or_else(|| "no limit of its own".to_owned(), |most| most.to_string());
        let _ = writeln!(text, "  poll     {poll} s ({})", source(saved.poll.is_some()));
        let _ = writeln!(text, "  open-max {open_max} ({})", source(saved.open_max.is_some()));
        let _ = writeln!(text, "  key      {key}");
    }

    async fn set_poll(&self, server: ServerId, seconds: &str) -> Result<Answer, StoreError> {
        match PollEvery::parse(seconds) {
            Some(every) => self.set(Command::SetPoll(server, every)).await,
            None => Ok(Answer::refused("the seconds must be a whole number from 1 to 300")),
        }
    }

    async fn set_margin(&self, server: ServerId, percent: &str) -> Result<Answer, StoreError> {
        match Margin::parse_percent(percent) {
            Some(margin) => self.set(Command::SetMargin(server, margin)).await,
            None => Ok(Answer::refused(
                "the margin must be a percentage from 0 to 1000 with at most two decimals, such as 30 or 12.5",
            )),
        }
    }

    async fn set_key(&self, server: ServerId, key: SecretString) -> Result<Answer, StoreError> {
        let sealed = match self.sealer.seal(server, &key) {
            Ok(sealed) => sealed,
            Err(error) => return Ok(Answer::refused(error.to_string())),
        };
        let Some(supplier) = self.suppliers.get(&server) else {
            return Ok(Answer::refused("the server has no supplier"));
        };
        if let Err(error) = supplier.client.set_key(key) {
            return Ok(Answer::refused(error.to_string()));
        }
        let answer = self.set(Command::SetKey(server, sealed)).await?;
        (self.on_key)(server);
        Ok(answer)
    }

    async fn set(&self, command: Command) -> Result<Answer, StoreError> {
        match self.office.command(vec![command]).await? {
            Outcome::Refused(refusal) => Ok(Answer::refused(format!("refused: {refusal:?}"))),
            Outcome::Stored(_) | Outcome::Conflict | Outcome::TakenIn(_) | Outcome::Reserved(_) | Outcome::Done => {
                self.show_settings()
            }
        }
    }

    /// Reading the whole file takes a while: the bot goes on meanwhile.
    async fn in_background(
        &self,
        work: impl FnOnce(Store) -> Result<Answer, StoreError> + Send + 'static,
    ) -> Result<Answer, StoreError> {
        let store = self.office.store.clone();
        let done = tokio::task::spawn_blocking(move || work(store)).await;
        done.unwrap_or_else(|error| Err(StoreError::Panicked(error.to_string())))
    }

    async fn status(&self) -> Result<Answer, StoreError> {
        let (now, settings) = (self.office.clock.now(), self.office.store.settings()?);
        let has_key =
            |server: &ServerId| settings.server(*server).key.is_some() || self.keys_in_environment.contains(server);
        let servers: Vec<ServerId> = self.suppliers.keys().copied().filter(has_key).collect();
        let shown = servers.clone();
        let answer = self.in_background(move |store| status::shown(&store, &shown, now).map(Answer::granted)).await?;
        let mut text = answer.text;
        for (server, supplier) in self.suppliers.iter().filter(|(server, _)| servers.contains(server)) {
            let balance = match tokio::time::timeout(BALANCE, supplier.client.balance()).await {
                Ok(Ok(balance)) => balance.to_string(),
                Ok(Err(error)) => format!("unknown ({})", error.code),
                Err(_) => "unknown (no answer)".to_owned(),
            };
            let _ = writeln!(text, "Balance at the supplier of server {}: {balance}", server.number());
        }
        Ok(Answer::granted(text.trim_end()))
    }
}

/// Each invariant with what was looked at; a failed audit is a refusal.
fn audit(store: &Store, form: Form) -> Result<Answer, StoreError> {
    let audit = store.audit()?;
    if let Err(error) = store.keep_head() {
        tracing::error!(%error, "the end of the ledger was not kept beside the database");
    }
    let text = match form {
        Form::Json => serde_json::to_string_pretty(&audit).unwrap_or_default(),
        Form::Table => audit_table(&audit),
    };
    Ok(Answer { granted: audit.holds(), text })
}

fn audit_table(audit: &Audit) -> String {
    let mut text = String::new();
    for (invariant, checked) in &audit.checked {
        let name: &'static str = invariant.into();
        let verdict = if checked.findings.is_empty() { "held" } else { "BROKEN" };
        let words = invariant.get_message().unwrap_or_default();
        let _ = writeln!(text, "{name:<6} {verdict:<7} {:>9} checked  {words}", checked.looked_at);
        for finding in &checked.findings {
            let _ = writeln!(text, "       {finding}");
        }
    }
    let _ = write!(text, "Ledger: {} transactions, head {}", audit.head.seq, audit.head.hash);
    text
}

fn backup(store: &Store, file: &Path) -> Answer {
    match store.backup(file) {
        Ok(head) => Answer::granted(format!(
            "Backed up to {}: {} transactions, head {}.\nKeep the master key with it, but not beside it.",
            file.display(),
            head.seq,
            head.hash
        )),
        Err(error) => Answer::refused(format!("{:#}", anyhow::Error::from(error))),
    }
}

/// A transaction as an accountant reads it.
#[must_use]
pub fn show_transaction(seq: u64, transaction: &Transaction) -> String {
    let kind: &'static str = (&transaction.kind).into();
    let mut text = format!("Transaction {seq}: {kind}, key {}", transaction.key);
    if let Some(reason) = &transaction.reason {
        let _ = write!(text, ", reason: {reason}");
    }
    for posting in transaction.postings() {
        let sign = if posting.delta.is_negative() { "" } else { "+" };
        let _ = write!(text, "\n  {:<24} {sign}{}", account_name(posting.account), posting.delta);
    }
    text
}

fn account_name(account: Account) -> String {
    match account {
        Account::Available(user) => format!("u:{}:avail", user.0),
        Account::Held(user) => format!("u:{}:held", user.0),
        Account::Revenue => "house:revenue".to_owned(),
        Account::CostOfGoods => "house:cogs".to_owned(),
        Account::SupplierFloat => "house:provider_float".to_owned(),
        Account::Adjustments => "house:adjust".to_owned(),
    }
}
