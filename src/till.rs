//! The turn to move money at a server where only our balance tells what became of it: one call at a time. Purchases come
//! in the order in which they were asked for; of what is given back, one at a time waits among them, so that neither
//! keeps the other out.

use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};

/// The turns of one server.
#[derive(Debug, Default)]
pub(crate) struct Till {
    turn: Mutex<()>,
    /// Who of those that give something back waits for the turn next.
    next_back: Mutex<()>,
}

/// A turn; it ends when this is dropped.
pub(crate) type Turn<'a> = MutexGuard<'a, ()>;

impl Till {
    /// Waits for the turn to buy.
    pub(crate) async fn to_buy(&self) -> Turn<'_> {
        self.turn.lock().await
    }

    /// Waits for the turn to give something back; `None` where it does not come in time.
    pub(crate) async fn to_give_back(&self, within: Duration) -> Option<Turn<'_>> {
        let turn = async {
            let _next = self.next_back.lock().await;
            self.turn.lock().await
        };
        tokio::time::timeout(within, turn).await.ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::mpsc;

    use super::*;

    const WITHIN: Duration = Duration::from_secs(60);

    /// Fifty numbers that were given back once kept whoever bought waiting for all of them; refused a place in the queue,
    /// they waited for their deadline where people bought all the time.
    #[tokio::test(start_paused = true)]
    async fn purchases_and_what_is_given_back_take_turns() {
        let (till, (told, mut turns)) = (Arc::new(Till::default()), mpsc::unbounded_channel());
        let held = till.to_buy().await;
        let mut tasks = tokio::task::JoinSet::new();
        for (count, is_purchase) in [(50, false), (5, true)] {
            for _ in 0..count {
                let (till, told) = (till.clone(), told.clone());
                tasks.spawn(async move {
                    let turn = if is_purchase { Some(till.to_buy().await) } else { till.to_give_back(WITHIN).await };
                    told.send(is_purchase).expect("somebody listens");
                    assert!(turn.is_some());
                });
            }
            tokio::task::yield_now().await;
        }
        drop(held);
        tasks.join_all().await;
        drop(told);
        let mut order = String::new();
        while let Some(is_purchase) = turns.recv().await {
            order.push(if is_purchase { 'p' } else { 'b' });
        }
        assert_eq!(order[..7], *"bpppppb", "one before those who buy, and the next right after them");
        assert_eq!(order.len(), 55);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_given_back_does_not_wait_for_ever() {
        let till = Till::default();
        let held = till.to_buy().await;
        assert!(till.to_give_back(WITHIN).await.is_none());
        drop(held);
        assert!(till.to_give_back(Duration::ZERO).await.is_some(), "and holds nobody up afterwards");
    }
}
