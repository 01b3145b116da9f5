//! Timers are rows: this looks which are due and passes them into their sessions. Their steps remove the rows.

use std::sync::Arc;
use std::time::Duration;

use engine::machine::Input;
use telegram::host::Delivered;
use tokio::sync::watch;

use crate::shell::Shell;

/// How often the rows are looked at: the shop's clock may be moved, so nothing sleeps until a moment.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Every how many looks waiting messages are tried again.
const RETRY_EVERY_LOOKS: u32 = 5;
/// How many timers are passed on at a look.
const DUE_MAX: usize = 1_000;

/// Passes due timers on until the shutdown.
pub(crate) async fn run(shell: Arc<Shell>, mut shutdown: watch::Receiver<bool>) {
    let mut looks = 0;
    loop {
        tokio::select! {
            _ = shutdown.changed() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        retry_outgoing(&shell, &mut looks);
        match shell.office.store.due_timers(shell.office.clock.now(), DUE_MAX) {
            Ok(due) => {
                for timer in due {
                    let input = Input::Timer { instance: timer.instance, timer: timer.body };
                    shell.deliver(Delivered { user: timer.user.0, key: timer.key, input });
                }
            }
            Err(error) => tracing::error!(%error, "timers were not read"),
        }
    }
}

/// Messages whose delivery failed come due again by time alone.
fn retry_outgoing(shell: &Shell, looks: &mut u32) {
    *looks += 1;
    if !looks.is_multiple_of(RETRY_EVERY_LOOKS) {
        return;
    }
    match shell.office.store.users_with_outgoing(shell.office.clock.now()) {
        Ok(users) => shell.wake(users),
        Err(error) => tracing::error!(%error, "waiting messages were not read"),
    }
}
