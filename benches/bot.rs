//! The real binary as a process of its own, over the simulators of a bench.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use sim::Sim;

/// A running bot. It ends with this, by SIGKILL.
pub(crate) struct Bot {
    pub(crate) child: Child,
}

impl Bot {
    /// Starts it in an environment.
    pub(crate) fn start(environment: &[(&str, String)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_raqam"));
        command.arg("serve").env_clear().envs(environment.iter().cloned()).stdin(Stdio::null());
        Self { child: command.spawn().expect("the binary") }
    }

    /// What Linux says about its memory.
    pub(crate) fn memory(&self, field: &str) -> String {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a Linux system");
        let line = status.lines().find(|line| line.starts_with(field)).expect("the field");
        line.split_whitespace().nth(1).expect("a number").to_owned()
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where a bot finds the simulators and its database; it logs errors only.
pub(crate) fn environment(sim: &Sim, database: &Path) -> Vec<(&'static str, String)> {
    vec![
        ("TOKEN", sim.telegram.token()),
        ("TELEGRAM_API_URL", sim.telegram.url().to_owned()),
        ("SMSPOOL_API_URL", sim.smspool.url().to_owned()),
        ("SMSPOOL_API_KEY", sim.smspool.key()),
        ("DATABASE_FILE", database.display().to_string()),
        ("RUST_LOG", "error".to_owned()),
    ]
}

/// An empty folder of a bench's own.
pub(crate) fn fresh_folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("raqam-bench-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}
