//! The command line: a file per subcommand, and a table that leads to them.

mod audit;
mod backup;
mod credit;
mod demo;
mod diagram;
mod gallery;
mod new_flow;
mod playground;
mod replay;
mod restore;
mod serve;
mod sessions;
mod settings;
mod sim;
mod standing;
mod status;
mod tickets;

use std::path::Path;
use std::process::ExitCode;

use ::sim::Sim;
use anyhow::Context as _;
use clap::{Parser, Subcommand};
use shop::UserId;
use store::Standing;
use tracing_subscriber::EnvFilter;

use crate::config::{BadOption, Config, Options};
use crate::control;
use crate::operator::{Answer, Request};
use crate::run;

/// A Telegram bot, Arabic and English, that sells phone numbers for SMS codes.
#[derive(Parser)]
#[command(name = "raqam", version, about, max_term_width = 100)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the bot until Ctrl-C or SIGTERM.
    Serve(serve::Arguments),
    /// Show the whole bot without a token and without a network: a purchase at each server, every screen, the ledger.
    Demo(demo::Arguments),
    /// Run the simulated Telegram and the simulated suppliers as servers on loopback, to try the bot by hand.
    Sim(sim::Arguments),
    /// Play with the bot in a web page: two phones, faults, kills, an inspector; without a token and without a network.
    Playground(playground::Arguments),
    /// Give a user money. Works while the bot runs, too.
    Credit(credit::Arguments),
    /// Take money from a user, never more than is there. Works while the bot runs, too.
    Debit(credit::Arguments),
    /// Sell nothing more to a user; open orders go on. Works while the bot runs, too.
    Suspend(standing::Arguments),
    /// Serve a suspended user again. Works while the bot runs, too.
    Admit(standing::Arguments),
    /// Show or change the settings. Works while the bot runs, too.
    Settings(settings::Arguments),
    /// Show how the shop is doing. Works while the bot runs, too.
    Status(status::Arguments),
    /// Show where conversations are, and free who is stuck in one. Works while the bot runs, too.
    Sessions(sessions::Arguments),
    /// Try the events of a recorded session again: each screen, and what is not as it was.
    Replay(replay::Arguments),
    /// List, show, answer or close support tickets. Works while the bot runs, too.
    Tickets(tickets::Arguments),
    /// Check the books: every invariant, held or broken. Works while the bot runs, too.
    Audit(audit::Arguments),
    /// Copy everything into a new file. Works while the bot runs, too.
    Backup(backup::Arguments),
    /// Put a backup in the place of the database, while no bot runs.
    Restore(restore::Arguments),
    /// Print the state diagrams of all conversations (Mermaid, Graphviz or SVG), or write them into docs/.
    Diagram(diagram::Arguments),
    /// Write a new conversation that works at once, into a checkout of the source code.
    NewFlow(new_flow::Arguments),
    /// Write every screen, in both languages, light and dark, as static pages; fails where one breaks a rule.
    Gallery(gallery::Arguments),
}

/// Runs the command line.
#[must_use]
pub fn main() -> ExitCode {
    // A `.env` file adds to the environment of the commands that touch a shop; simulations ignore it.
    let simulated = matches!(
        std::env::args().nth(1).as_deref(),
        Some("demo" | "sim" | "playground" | "diagram" | "gallery" | "replay" | "new-flow")
    );
    if !simulated
        && let Err(error) = dotenvy::dotenv()
        && !error.not_found()
    {
        return fail(&unreadable(error));
    }
    let command = CommandLine::parse().command;
    let result = match command {
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Demo(arguments) => demo::run(arguments),
        Command::Sim(arguments) => sim::run(arguments),
        Command::Playground(arguments) => playground::run(&arguments),
        Command::Credit(arguments) => credit::run(arguments),
        Command::Debit(arguments) => credit::run_debit(arguments),
        Command::Suspend(arguments) => standing::run(&arguments, Standing::Suspended),
        Command::Admit(arguments) => standing::run(&arguments, Standing::Welcome),
        Command::Settings(arguments) => settings::run(arguments),
        Command::Status(arguments) => status::run(&arguments),
        Command::Sessions(arguments) => sessions::run(arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Tickets(arguments) => tickets::run(arguments),
        Command::Audit(arguments) => audit::run(&arguments),
        Command::Backup(arguments) => backup::run(&arguments),
        Command::Restore(arguments) => restore::run(&arguments),
        Command::Diagram(arguments) => diagram::run(&arguments),
        Command::NewFlow(arguments) => new_flow::run(&arguments),
        Command::Gallery(arguments) => gallery::run(&arguments),
    };
    match result {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

/// The line itself is not repeated: it may hold a password.
fn unreadable(error: dotenvy::Error) -> anyhow::Error {
    if let dotenvy::Error::Io(error) = error {
        return anyhow::anyhow!("the file .env cannot be read: {error}");
    }
    anyhow::anyhow!("a line of the file .env is not NAME=VALUE: a value with blanks needs quotes")
}

fn fail(error: &anyhow::Error) -> ExitCode {
    let sentence = format!("{error:#}");
    eprintln!("raqam: {sentence}");
    ExitCode::FAILURE
}

/// The configuration of a bot over the simulators. Nothing of the environment or of `.env` is in it.
fn over_sim(sim: &Sim, database: &Path) -> anyhow::Result<Config> {
    Ok(Config::from_options(&Options {
        token: Some(sim.telegram.token()),
        telegram_api_url: Some(sim.telegram.url().to_owned()),
        smspool_api_url: Some(sim.smspool.url().to_owned()),
        smspool_api_key: Some(sim.smspool.key()),
        nonvoip_api_url: Some(sim.nonvoip.url().to_owned()),
        nonvoip_email: sim.nonvoip.email().map(str::to_owned),
        nonvoip_password: Some(sim.nonvoip.key()),
        database_file: Some(database.display().to_string()),
        poll_seconds: Some("1".to_owned()),
        support_url: Some("https://t.me/raqam_support".to_owned()),
        ..Options::default()
    })?)
}

/// A runtime for one command.
fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

/// Crates of others whose finer log lines may carry addresses with the token, or whole answers.
const TALKATIVE: [&str; 7] = ["h2", "hyper", "hyper_util", "reqwest", "rustls", "teloxide", "teloxide_core"];

/// Logs go to standard error, as RUST_LOG says; without it, what an operator should see. A log that cannot be written
/// (a full disk, a closed pipe) is no reason to stop.
///
/// # Errors
/// Where RUST_LOG cannot be read.
fn start_log(default: &str) -> anyhow::Result<()> {
    let filter = filter(default)?;
    let ansi = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(ansi).with_writer(std::io::stderr);
    let _ = log.log_internal_errors(false).try_init();
    Ok(())
}

/// What is logged: what RUST_LOG says, or this; never what may carry a token.
fn filter(default: &str) -> anyhow::Result<EnvFilter> {
    let wanted = std::env::var("RUST_LOG").ok().filter(|text| !text.trim().is_empty());
    let filter = EnvFilter::builder().parse(wanted.as_deref().unwrap_or(default));
    let filter =
        filter.map_err(|error| BadOption { option: "RUST_LOG", problem: format!("cannot be read: {error}") })?;
    Ok(TALKATIVE.iter().fold(filter, |filter, name| {
        filter.add_directive(format!("{name}=warn").parse().expect("a name and a level are a directive"))
    }))
}

/// A user as an operator names them.
fn user_id(text: &str) -> anyhow::Result<UserId> {
    let user = text.parse().ok().filter(|id| (1..=1 << 52).contains(id)).map(UserId);
    user.ok_or_else(|| anyhow::anyhow!("USER must be a numeric Telegram id, not {text:?}"))
}

/// Has a wish performed, and prints what came of it.
fn ask(options: &Options, request: Request) -> anyhow::Result<ExitCode> {
    answer(options, request).map(|answer| print(&answer))
}

/// Has a wish performed: by the bot where it runs, on the database where it does not.
fn answer(options: &Options, request: Request) -> anyhow::Result<Answer> {
    let config = Config::from_options(options)?;
    start_log("error")?;
    block_on(async {
        let socket = control::socket_path(&config.database_file);
        let asked = control::ask(&socket, request.clone()).await;
        if let Some(answer) = asked.with_context(|| request.unanswered())? {
            return Ok(answer);
        }
        let operator = run::operator_without_bot(&config).await?;
        Ok(operator.perform(request).await)
    })
}

fn print(answer: &Answer) -> ExitCode {
    if answer.granted {
        println!("{}", answer.text);
        ExitCode::SUCCESS
    } else {
        eprintln!("raqam: {}", answer.text);
        ExitCode::FAILURE
    }
}
