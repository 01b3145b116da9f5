//! Fail points: moments before and after a commit or a call to the outside, at which a test lets the process die.
//!
//! They exist in tests alone: without the feature `failpoints` of `fail`, which only the tests' build turns on, a point
//! makes no name and does nothing, whatever the environment says. With it, `FAILPOINTS` says where to die
//! (`commit:TakeIn:after=2*off->1*return`: at the third time), and `FAILPOINTS_RECORD` names a file that gets a line for
//! each point that is passed. A name holds no `=` and no `;`.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::OnceLock;

use fail::FailScenario;

/// Reads `FAILPOINTS`; the points count for as long as the value lives.
#[must_use]
pub fn setup() -> Option<FailScenario<'static>> {
    fail::has_failpoints().then(FailScenario::setup)
}

/// What is about to happen, between its two points.
#[derive(Debug)]
#[must_use = "the second point is passed by `after`"]
pub struct Passage(Option<String>);

/// Passes the point before something, `<name>:before`.
pub fn before(name: impl FnOnce() -> String) -> Passage {
    let passage = Passage(fail::has_failpoints().then(name));
    passage.reach("before");
    passage
}

impl Passage {
    /// Passes the point after it, `<name>:after`.
    pub fn after(self) {
        self.reach("after");
    }

    fn reach(&self, side: &str) {
        if let Some(name) = &self.0 {
            die_or_go_on(&format!("{name}:{side}"));
        }
    }
}

fn die_or_go_on(point: &str) {
    record(point);
    fail::fail_point!(point, |_| std::process::abort());
}

fn record(point: &str) {
    static FILE: OnceLock<Option<PathBuf>> = OnceLock::new();
    if let Some(file) = FILE.get_or_init(|| std::env::var_os("FAILPOINTS_RECORD").map(PathBuf::from)) {
        let opened = std::fs::File::options().create(true).append(true).open(file);
        // A test that finds no record fails; nothing else depends on it.
        let _ = opened.and_then(|mut file| file.write_all(format!("{point}\n").as_bytes()));
    }
}
