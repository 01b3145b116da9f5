//! A whole world per test: the simulators on loopback, and the real bot, in this process or in one of its own.

mod dice;
mod process;
mod settled;
mod shop;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sim::script::{Script, Stage, Step, Turn, World as SimWorld, play};
use sim::{PoolFault, Role, Sim, SimClock, SimOptions, SimUser, Supplier, SupplierSim};
use tokio::runtime::RuntimeFlavor;

pub(crate) use dice::Dice;
pub(crate) use process::BotProcess;
pub(crate) use settled::{PRICE_CENTS, deliver_code, orders_of, paid_micros};
pub(crate) use shop::{AnotherCode, SERVER_1, SERVER_2, Shop, UNITED_STATES, at_each_server, left_after};

/// How long anything real may take before a test gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A number that a variable of the environment may ask for.
pub(crate) fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a whole number"))
}

/// The simulators and a real bot process over them.
pub(crate) struct World {
    /// The simulated Telegram and suppliers.
    pub(crate) sim: Sim,
    /// The only server that sells.
    pub(crate) shop: &'static Shop,
    /// The bot, while it runs.
    pub(crate) bot: Option<BotProcess>,
    folder: PathBuf,
}

impl World {
    /// Simulators without a bot.
    pub(crate) async fn without_bot(options: SimOptions) -> Self {
        Self::without_bot_at(&SERVER_2, options).await
    }

    /// The same, for a bot that sells at this server only.
    pub(crate) async fn without_bot_at(shop: &'static Shop, options: SimOptions) -> Self {
        let sim = Sim::start(options).await.expect("loopback has free ports");
        Self { sim, shop, bot: None, folder: fresh_folder() }
    }

    /// Simulators with the real bot as a process of its own.
    pub(crate) async fn new() -> Self {
        Self::with(SimOptions::default()).await
    }

    /// The same with other options.
    pub(crate) async fn with(options: SimOptions) -> Self {
        Self::at(&SERVER_2, options).await
    }

    /// Simulators with the real bot, which sells at this server only.
    pub(crate) async fn at(shop: &'static Shop, options: SimOptions) -> Self {
        let mut world = Self::without_bot_at(shop, options).await;
        world.start().await;
        world
    }

    /// The same with both servers: Server 1 has a key, too.
    pub(crate) async fn with_both_servers(options: SimOptions) -> Self {
        let mut world = Self::without_bot(options).await;
        let environment = SERVER_1.environment(&world.sim);
        let environment: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, &**value)).collect();
        world.start_with(&environment).await;
        let (role, times) = SERVER_1.lists;
        world.sim.nonvoip.wait_count_of(role, times, PATIENCE).await;
        world
    }

    /// The supplier of the server that sells.
    pub(crate) fn supplier(&self) -> &SupplierSim {
        self.shop.supplier(&self.sim)
    }

    /// Orders a failure of what serves a purpose at that supplier.
    pub(crate) fn fault_on(&self, role: Role, times: u32, fault: PoolFault) {
        let ordered = self.supplier().fault_on(role, times, fault);
        assert!(ordered.is_some(), "the supplier has no {}", role.word());
    }

    /// Starts the bot and waits until it polls.
    pub(crate) async fn start(&mut self) {
        self.start_with(&[]).await;
    }

    /// The same with more environment.
    pub(crate) async fn start_with(&mut self, environment: &[(&str, &str)]) {
        let polls = self.sim.telegram.count("getUpdates");
        self.polling(self.spawn(environment), polls).await;
    }

    /// The same with another file for the log.
    pub(crate) async fn start_logging_to(&mut self, log: &Path) {
        let polls = self.sim.telegram.count("getUpdates");
        self.polling(BotProcess::start(self, &[], log), polls).await;
    }

    /// The same with a log that nobody reads.
    pub(crate) async fn start_without_a_reader_of_its_log(&mut self) {
        let polls = self.sim.telegram.count("getUpdates");
        self.polling(BotProcess::start_unread(self), polls).await;
    }

    /// A bot process that nobody waits for.
    pub(crate) fn spawn(&self, environment: &[(&str, &str)]) -> BotProcess {
        BotProcess::start(self, environment, &self.folder.join("log"))
    }

    async fn polling(&mut self, mut bot: BotProcess, polls: u64) {
        let polled = self.sim.telegram.wait_count("getUpdates", polls + 1, PATIENCE).await;
        assert!(polled > polls, "the bot does not poll: {}", bot.log());
        self.bot = Some(bot);
        self.wait_for_prices().await;
    }

    /// Waits until the bot has the supplier's lists and the prices of country 1: a new shop has them after a moment.
    async fn wait_for_prices(&self) {
        let (last_list, times) = self.shop.lists;
        self.supplier().wait_count_of(last_list, times, PATIENCE).await;
        let probe = self.sim.telegram.user(999_999, "Probe", "en");
        let loaded = async {
            loop {
                let answer = probe.search("sp_svc:1:WhatsApp").await.expect("an answer");
                if answer.results.iter().any(|result| result.description.contains('$')) {
                    return;
                }
            }
        };
        tokio::time::timeout(PATIENCE, loaded).await.expect("prices");
    }

    /// SIGKILL: nothing is finished, nothing is said.
    pub(crate) fn kill(&mut self) {
        let bot = self.bot.take().expect("a running bot");
        aside(|| bot.kill());
    }

    /// Gives a user money, by the command line, while the bot runs or not.
    pub(crate) fn credit(&self, user: i64, amount: &str) -> String {
        let output = self.raqam(&["credit", &user.to_string(), amount, "--reason", "test"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Runs a command of the binary on this world's database.
    pub(crate) fn raqam(&self, arguments: &[&str]) -> std::process::Output {
        self.raqam_with(arguments, &[])
    }

    /// The same with more environment.
    pub(crate) fn raqam_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> std::process::Output {
        let mut command = self.command(arguments);
        command.envs(environment.iter().copied()).stdin(Stdio::null());
        aside(|| command.output()).expect("the binary runs")
    }

    /// A command as a process of its own: to be killed, or awaited while the simulators go on.
    pub(crate) fn spawn_command(&self, arguments: &[&str]) -> tokio::process::Child {
        let mut command = tokio::process::Command::from(self.command(arguments));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.kill_on_drop(true).spawn().expect("the binary runs")
    }

    /// A person with money, at the main menu.
    pub(crate) async fn customer(&self, id: i64, language: &str) -> SimUser {
        let user = self.sim.telegram.user(id, "Noor", language);
        user.send("/start");
        user.see("Noor").await.expect("a welcome");
        self.credit(id, "20.00");
        user
    }

    /// Plays steps of a conversation.
    pub(crate) async fn play(&mut self, text: &str) {
        let script = Script::parse("inline", text).unwrap_or_else(|error| panic!("{error}"));
        self.play_script(&script).await;
    }

    /// Plays a conversation.
    pub(crate) async fn play_script(&mut self, script: &Script) {
        let mut stage = Steps {
            shop: self.shop,
            database: self.database(),
            commands: self.environment(),
            clock_hand: self.clock_hand(),
        };
        if let Err(error) = play(&self.sim, script, &mut stage).await {
            let log = self.bot.as_mut().map(BotProcess::log).unwrap_or_default();
            panic!("{error}\nthe bot's log:\n{log}");
        }
    }

    /// What `raqam status` says; the supplier, who is asked for our balance, answers meanwhile.
    pub(crate) async fn status(&self) -> String {
        let output = self.spawn_command(&["status"]).wait_with_output().await.expect("a command ends");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Waits until every server sells again.
    pub(crate) async fn until_all_sell(&self) {
        let all = async { while self.status().await.contains("SELLS NOTHING") {} };
        tokio::time::timeout(PATIENCE, all).await.expect("a server sells again");
    }

    /// The database file.
    pub(crate) fn database(&self) -> PathBuf {
        self.folder.join("raqam.redb")
    }

    /// A file of this world's own.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// What moves the time of this world, for whoever does not have the world.
    pub(crate) fn clock_hand(&self) -> ClockHand {
        ClockHand { clock: self.sim.clock.clone(), file: self.clock_file() }
    }

    fn clock_file(&self) -> PathBuf {
        self.folder.join("clock")
    }

    fn environment(&self) -> Vec<(String, String)> {
        let common = [
            ("TOKEN", self.sim.telegram.token()),
            ("TELEGRAM_API_URL", self.sim.telegram.url().to_owned()),
            ("DATABASE_FILE", self.database().display().to_string()),
            ("SUPPORT_URL", "https://t.me/raqam_support".to_owned()),
            ("ADMIN_IDS", "9001, 9002".to_owned()),
            ("POLL_SECONDS", "1".to_owned()),
        ];
        let all = common.into_iter().chain(self.shop.environment(&self.sim));
        all.map(|(key, value)| (key.to_owned(), value)).collect()
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_raqam"));
        command.args(arguments).env_clear().envs(self.environment()).current_dir(&self.folder);
        command
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.bot = None;
        if std::thread::panicking() {
            eprintln!("the database and the bot's log are kept in {}", self.folder.display());
        } else {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// Moves the time of the simulators and of the bot together.
pub(crate) struct ClockHand {
    clock: SimClock,
    file: PathBuf,
}

impl ClockHand {
    /// Moves it forward.
    pub(crate) fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.tell_bot();
    }

    fn tell_bot(&self) {
        std::fs::write(&self.file, self.clock.offset_ms().to_string()).expect("the clock file is writable");
    }
}

/// The verbs that the simulators do not have.
struct Steps {
    shop: &'static Shop,
    database: PathBuf,
    commands: Vec<(String, String)>,
    clock_hand: ClockHand,
}

impl Stage for Steps {
    /// The bot's clock follows the simulators'.
    fn turn(&mut self, turn: &Turn<'_>) {
        if matches!(turn.line.step, Step::World(SimWorld::Clock(_))) {
            self.clock_hand.tell_bot();
        }
    }

    fn supplier(&self) -> Supplier {
        self.shop.supplier
    }

    async fn extra(&mut self, _: &Sim, user: Option<&SimUser>, verb: &str, words: &[String]) -> Result<(), String> {
        match (verb, words) {
            ("choose", service) => choose(user, self.shop.to_services, service).await,
            ("choose-ar", service) => choose(user, self.shop.to_services_ar, service).await,
            ("credit", [user, amount]) => self.raqam(&["credit", user, amount, "--reason", "a conversation"]),
            ("settings" | "tickets" | "audit", words) => {
                let arguments: Vec<&str> = [verb].into_iter().chain(words.iter().map(String::as_str)).collect();
                self.raqam(&arguments)
            }
            _ => Err(format!("there is no step {verb:?}")),
        }
    }
}

impl Steps {
    fn raqam(&self, arguments: &[&str]) -> Result<(), String> {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_raqam"));
        command.args(arguments).env_clear().envs(self.commands.clone());
        let folder = self.database.parent().unwrap_or(Path::new("."));
        let output = aside(|| command.current_dir(folder).output()).map_err(|error| error.to_string())?;
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
    }
}

/// From "What kind of number?" to the services for one code, and on to the one that is named.
async fn choose(user: Option<&SimUser>, to_services: &[&str], service: &[String]) -> Result<(), String> {
    let user = user.ok_or("start with a user step")?;
    for label in to_services.iter().copied().chain(service.iter().map(String::as_str)) {
        user.tap(label).await.map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Waits for another process without holding up the simulators, which that process may be waiting for. Where the test has
/// one thread there is nobody else to go on.
pub(crate) fn aside<T>(wait: impl FnOnce() -> T) -> T {
    let runtime = tokio::runtime::Handle::try_current();
    let has_threads = runtime.is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread);
    if has_threads { tokio::task::block_in_place(wait) } else { wait() }
}

/// A temporary folder of one test's own.
pub(crate) fn fresh_folder() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("raqam-test-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the temporary folder is writable");
    folder
}
