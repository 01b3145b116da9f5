//! Giving back what nobody owns: the supplier is asked to take it back, and where it refuses, what it knows of it.

use std::sync::Arc;

use shop::SupplierOrderId;
use shop::catalogue::Product;
use shop::command::Command;
use shop::orphan::{self, Orphan, OrphanState, Said};
use shop::pool::{Cancelled, PoolError, SmsPool};

use super::tasks::{After, TURN, commit};
use crate::shell::Shell;

/// One try. That it is being given back is stored first: after that no order can own it, and after a crash the next try
/// finds out what became of this one.
pub(super) async fn give_back(shell: Arc<Shell>, id: SupplierOrderId) -> After {
    commit(&shell, Command::GiveOrphanBack(id.clone())).await;
    let read = shell.office.store.orphan(&id);
    let read = read.inspect_err(|error| tracing::error!(%error, "an order without an owner was not read"));
    let being_given_back = |orphan: &Orphan| matches!(orphan.state, OrphanState::GivingBack { .. });
    let Some(orphan) = read.ok().flatten().filter(being_given_back) else { return After::default() };
    // It would change the only evidence of a lost purchase: then, and without a turn, it is due again at the next tick.
    let turn = shell.turn_to_give_back(orphan.server, TURN).await;
    if turn.is_none() || shell.is_looking(orphan.server) {
        return After::default();
    }
    let said = match (shell.pool(orphan.server), orphan.product) {
        (Some(pool), Product::Temporary) => temporary(pool.as_ref(), &orphan).await,
        (Some(pool), Product::Rental(_)) => rental(pool.as_ref(), &orphan).await,
        (None, _) => Said::Silent,
    };
    commit(&shell, orphan::next(&orphan, said, shell.office.clock.now())).await;
    After::default()
}

/// A refusal is looked into. The history is asked where the order's own answer settles nothing.
async fn temporary(pool: &dyn SmsPool, orphan: &Orphan) -> Said {
    if let Some(said) = orphan::read_cancel(cancelled(orphan, pool.cancel(&orphan.id).await)) {
        return said;
    }
    let check = pool.check(&orphan.id).await.inspect_err(|error| log(orphan, error)).ok();
    match orphan::read_look(&orphan.id, check.clone(), &[]) {
        said @ (Said::Returned | Said::MessageArrived | Said::Locked) => said,
        Said::Kept | Said::Silent => {
            let history = pool.history().await.inspect_err(|error| log(orphan, error)).unwrap_or_default();
            orphan::read_look(&orphan.id, check, &history.rows)
        }
    }
}

async fn rental(pool: &dyn SmsPool, orphan: &Orphan) -> Said {
    if let Some(said) = orphan::read_cancel(cancelled(orphan, pool.rental_refund(&orphan.id).await)) {
        return said;
    }
    let lines = pool.rentals().await.inspect_err(|error| log(orphan, error)).unwrap_or_default();
    // Whether a message came only matters for a line that is there.
    let messages = pool.rental_messages(&orphan.id).await.unwrap_or_default();
    orphan::read_line(&orphan.id, &lines, &messages)
}

fn cancelled(orphan: &Orphan, answer: Result<Cancelled, PoolError>) -> Option<Cancelled> {
    answer.inspect_err(|error| log(orphan, error)).ok()
}

fn log(orphan: &Orphan, error: &PoolError) {
    tracing::warn!(server = orphan.server.number(), code = %error.code, cause = error.cause, "an order without an owner was not looked at");
}
