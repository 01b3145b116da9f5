//! The store with what follows from each commit: whoever applies an intent need not know whom it wakes.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use shop::clock::Clock;
use shop::command::{Alarm, Command, Request};
use shop::order::Order;
use shop::{OrderId, UserId};
use store::{Changed, Intent, JobView, Outcome, Store, StoreError};
use tokio::sync::mpsc;

use crate::fresh::Fresh;
use crate::metrics::Metrics;
use crate::pseudonym::Pseudonyms;

/// How many follow-ups may wait for the worker.
const FOLLOW_UPS_MAX: usize = 65_536;

/// Something that follows from a commit.
#[derive(Debug, Clone, PartialEq)]
pub enum FollowUp {
    /// Orders changed: the worker's copy is renewed, and reserved ones are bought.
    Orders(Vec<Order>),
    /// These users have something outgoing.
    Wake(BTreeSet<UserId>),
    /// These users' sessions were changed for them.
    Show(BTreeSet<UserId>),
    /// A user wants something of the supplier's side.
    Request(OrderId, Request),
    /// Jobs to run.
    Jobs(Vec<JobView>),
    /// Margins, switches or keys changed.
    Settings,
    /// Facts for the operator.
    Alarms(Vec<Alarm>),
}

/// The store, the clock and the follow-ups.
pub struct Office {
    /// The one file of truth.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// This life of the process.
    pub boot: u64,
    /// Numbers that nobody gets twice.
    pub fresh: Fresh,
    /// What people are called in the log.
    pub pseudonyms: Pseudonyms,
    follow_ups: mpsc::Sender<FollowUp>,
    metrics: OnceLock<Arc<Metrics>>,
}

impl Office {
    /// An office over an open store, and the follow-ups for whoever runs them.
    ///
    /// # Errors
    /// [`StoreError`] where no ids can be reserved.
    pub async fn open(
        store: Store,
        clock: Arc<dyn Clock>,
        pseudonyms: Pseudonyms,
    ) -> Result<(Arc<Self>, mpsc::Receiver<FollowUp>), StoreError> {
        let (follow_ups, receiver) = mpsc::channel(FOLLOW_UPS_MAX);
        let (fresh, boot) = Fresh::open(&store).await?;
        Ok((Arc::new(Self { store, clock, boot, fresh, pseudonyms, follow_ups, metrics: OnceLock::new() }), receiver))
    }

    /// From now on what happens is counted. The first ones who count stay.
    pub(crate) fn count_in(&self, metrics: &Arc<Metrics>) {
        let batches = metrics.clone();
        self.store.observe(move |batch| batches.batch(batch));
        drop(self.metrics.set(metrics.clone()));
    }

    /// Where it is counted, if it is.
    pub(crate) fn metrics(&self) -> Option<&Metrics> {
        self.metrics.get().map(Arc::as_ref)
    }

    /// How many follow-ups wait for the worker.
    #[must_use]
    pub fn follow_ups_waiting(&self) -> usize {
        self.follow_ups.max_capacity() - self.follow_ups.capacity()
    }

    /// Applies an intent durably and passes on what follows.
    ///
    /// # Errors
    /// [`StoreError`] where the store is broken or the intent cannot be applied.
    pub async fn apply(&self, intent: Intent) -> Result<Outcome, StoreError> {
        let name = intent.name();
        let passage = failpoint::before(|| format!("commit:{name}"));
        let outcome = self.store.apply(intent).await?;
        tracing::debug!(intent = name, outcome = <&str>::from(&outcome), "the store was asked");
        passage.after();
        if let Outcome::Stored(changed) = &outcome {
            if let Some(metrics) = self.metrics() {
                metrics.changed(changed);
            }
            self.follow(changed).await;
        }
        Ok(outcome)
    }

    /// Applies the shop's own commands, all or nothing.
    ///
    /// # Errors
    /// As [`Office::apply`].
    pub async fn command(&self, commands: Vec<Command>) -> Result<Outcome, StoreError> {
        self.apply(Intent::Domain { actor: None, commands, now: self.clock.now() }).await
    }

    async fn follow(&self, changed: &Changed) {
        let mut follow_ups = Vec::new();
        if !changed.orders.is_empty() {
            follow_ups.push(FollowUp::Orders(changed.orders.clone()));
        }
        if !changed.wake.is_empty() {
            follow_ups.push(FollowUp::Wake(changed.wake.clone()));
        }
        if !changed.show.is_empty() {
            follow_ups.push(FollowUp::Show(changed.show.clone()));
        }
        follow_ups.extend(changed.requests.iter().map(|(order, request)| FollowUp::Request(*order, *request)));
        if !changed.jobs.is_empty() {
            follow_ups.push(FollowUp::Jobs(changed.jobs.clone()));
        }
        if changed.settings_changed {
            follow_ups.push(FollowUp::Settings);
        }
        if !changed.alarms.is_empty() {
            follow_ups.push(FollowUp::Alarms(changed.alarms.clone()));
        }
        for follow_up in follow_ups {
            // The receiver lives as long as the process serves; a command-line run has none and needs none.
            let _ = self.follow_ups.send(follow_up).await;
        }
    }
}
