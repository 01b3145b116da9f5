//! The real binary as a process of its own: the one that is killed.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};

use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;

use super::World;

/// The most of a log that is read: `/dev/full` has no end.
const LOG_BYTES_MAX: u64 = 16 << 20;

/// A running `raqam serve`.
pub(crate) struct BotProcess {
    child: Child,
    /// It says nothing there; that the pipe ends tells that the process has.
    stdout: pipe::Receiver,
    log: std::path::PathBuf,
}

impl BotProcess {
    /// Starts the bot over a world's simulators and database.
    pub(crate) fn start(world: &World, environment: &[(&str, &str)], log: &Path) -> Self {
        let file = File::options().create(true).append(true).open(log).expect("the log is writable");
        Self::start_writing(world, environment, file.into(), log)
    }

    /// The same with a log that goes nowhere: into a pipe without a reader.
    pub(crate) fn start_unread(world: &World) -> Self {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        Self::start_writing(world, &[], writer.into(), Path::new("/dev/null"))
    }

    fn start_writing(world: &World, environment: &[(&str, &str)], log_to: Stdio, log: &Path) -> Self {
        let clock = world.clock_file().display().to_string();
        let mut command = world.command(&["serve", "--clock-file", &clock]);
        command.env("RUST_LOG", "debug").envs(environment.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log_to);
        let mut child = command.spawn().expect("the binary runs");
        let stdout = child.stdout.take().expect("it is piped");
        let stdout = pipe::Receiver::from_owned_fd(stdout.into()).expect("a pipe");
        Self { child, stdout, log: log.to_owned() }
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a child ends");
    }

    /// Sends a signal, such as `-STOP`.
    pub(crate) fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        let sent = std::process::Command::new("kill").args([signal, &id]).status().expect("kill runs");
        assert!(sent.success());
    }

    /// Waits until it ends by itself.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let read = self.stdout.read_to_end(&mut Vec::new()).await;
        read.expect("a pipe is readable");
        self.child.wait().expect("a child ends")
    }

    /// SIGTERM, and the exit status. The simulators go on meanwhile: they answer what the bot still asks.
    pub(crate) async fn terminate(mut self) -> ExitStatus {
        self.signal("-TERM");
        let ended = tokio::task::spawn_blocking(move || self.child.wait());
        ended.await.expect("waiting does not panic").expect("a child ends")
    }

    /// Everything that it logged so far.
    pub(crate) fn log(&mut self) -> String {
        let mut text = String::new();
        let _ = File::open(&self.log).and_then(|file| file.take(LOG_BYTES_MAX).read_to_string(&mut text));
        text
    }
}

impl Drop for BotProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
