//! Counting what happens, in the words of whoever tells it.

use std::time::Duration;

use providers::Called;
use shop::breaker::Turned;
use shop::ledger::Kind as Posting;
use shop::order::{Order, RefundReason, State as OrderState};
use shop::pool::PurchaseError;
use shop::{ErrorCode, ServerId};
use store::{Batch, Changed};
use telegram::Seen;
use telegram::host::Delivery as Delivered;

use super::Metrics;
use super::labels::{
    Delivery, Edge, Ended, Endpoint, EndpointCall, Ignored, Intent, Job, Kind, Method, MethodCall, Purchase, Reason,
    Server, Turn,
};

/// The label where there is nothing to name.
const NONE: &str = "none";

impl Metrics {
    /// What the messenger's driver saw.
    pub(crate) fn telegram(&self, seen: &Seen<'_>) {
        match *seen {
            Seen::Update(kind) => drop(self.chats.updates.get_or_create(&Kind { kind: kind.name() }).inc()),
            Seen::Handled { kind, took } => {
                self.chats.update_time.get_or_create(&Kind { kind: kind.name() }).observe(took.as_secs_f64());
            }
            Seen::Answered(took) => self.chats.answer_time.observe(took.as_secs_f64()),
            Seen::Shown(took) => self.chats.shown_time.observe(took.as_secs_f64()),
            Seen::Taken(taken) => self.taken(taken),
            Seen::Ignored { taken, reason } => {
                let reason = reason.into();
                let ignored = taken.map_or(Ignored { flow: NONE, from: NONE, on: NONE.to_owned(), reason }, |taken| {
                    Ignored { flow: taken.flow, from: taken.from, on: taken.on.clone(), reason }
                });
                self.chats.ignored.get_or_create(&ignored).inc();
            }
            Seen::Stale(stale) => drop(self.chats.stale.get_or_create(&Reason { reason: stale.into() }).inc()),
            Seen::Delivered { id, delivery, took } => self.delivered(id, delivery, took),
            Seen::Panicked => self.panicked(),
            Seen::Called { method, result, pause, took } => {
                self.chats.telegram_calls.get_or_create(&MethodCall { method, result }).inc();
                self.chats.telegram_time.get_or_create(&Method { method }).observe(took.as_secs_f64());
                self.chats.telegram_pauses.inc_by(pause.unwrap_or_default().as_secs_f64());
            }
        }
    }

    /// A flow took a step, or passed an event on: only a step is an edge.
    fn taken(&self, taken: &engine::Taken) {
        if let Some(to) = &taken.to {
            let edge = Edge { flow: taken.flow, from: taken.from, on: taken.on.clone(), to: to.clone() };
            self.chats.edges.get_or_create(&edge).inc();
        }
    }

    fn delivered(&self, id: &str, delivery: &Delivered, took: Duration) {
        let kind = crate::host::outgoing_kind(id);
        let result = match delivery {
            Delivered::Delivered { .. } => "delivered",
            Delivered::Unreachable => "unreachable",
            Delivered::Refused(_) => "refused",
            Delivered::Unknown(_) => "unknown",
            Delivered::NotSent => "not_sent",
        };
        self.chats.deliveries.get_or_create(&Delivery { kind, result }).inc();
        if let Delivered::Delivered { .. } = delivery {
            self.chats.delivery_time.get_or_create(&Kind { kind }).observe(took.as_secs_f64());
        }
    }

    /// A supplier's client made a call.
    pub(crate) fn supplier(&self, server: ServerId, called: &Called) {
        let (server, endpoint, result) = (server.number(), called.path, called.ended.into());
        self.work.supplier_calls.get_or_create(&EndpointCall { server, endpoint, result }).inc();
        self.work.supplier_time.get_or_create(&Endpoint { server, endpoint }).observe(called.took.as_secs_f64());
    }

    /// A purchase call was answered.
    pub(crate) fn purchase<T>(&self, server: ServerId, answer: &Result<T, PurchaseError>) {
        let (outcome, code) = match answer {
            Ok(_) => ("bought", NONE.to_owned()),
            Err(PurchaseError::DefiniteNo(error)) => ("refused", error.code.to_string()),
            Err(PurchaseError::Unknown(_)) => ("unknown", NONE.to_owned()),
        };
        self.work.purchases.get_or_create(&Purchase { server: server.number(), outcome, code }).inc();
    }

    /// A server's breaker turned.
    pub(crate) fn breaker(&self, server: ServerId, turned: Turned) {
        let to = match turned {
            Turned::Open => "open",
            Turned::Closed => "closed",
        };
        self.work.turns.get_or_create(&Turn { server: server.number(), to }).inc();
    }

    /// A batch was committed.
    pub(crate) fn batch(&self, batch: &Batch) {
        self.work.batch_time.observe(batch.took.as_secs_f64());
        self.work.batch_size.observe(f64::from(u32::try_from(batch.intents.len()).unwrap_or(u32::MAX)));
        for intent in &batch.intents {
            self.work.intents.get_or_create(&Intent { intent }).inc();
        }
    }

    /// What a commit changed: an order's money is captured or released once, so each order is counted once.
    pub(crate) fn changed(&self, changed: &Changed) {
        for posted in &changed.posted {
            let transaction = &posted.transaction;
            let order = changed.orders.iter().rev().find(|order| Some(order.id) == transaction.order);
            let Some(order) = order else { continue };
            match transaction.kind {
                Posting::Capture => self.received(order),
                Posting::Release => self.end(order, refunded(order)),
                Posting::Adjust | Posting::Hold | Posting::Cost | Posting::CostBack => {}
            }
        }
    }

    fn received(&self, order: &Order) {
        self.end(order, "received");
        if let (Some(number), Some(first)) = (&order.number, order.messages.first()) {
            let seconds = u32::try_from(first.at - number.bought_at).unwrap_or_default();
            self.work
                .code_time
                .get_or_create(&Server { server: order.wish.server.number() })
                .observe(f64::from(seconds));
        }
    }

    fn end(&self, order: &Order, outcome: &'static str) {
        self.work.ended.get_or_create(&Ended { server: order.wish.server.number(), outcome }).inc();
    }

    /// A job's answer is in the mailbox.
    pub(crate) fn job(&self, job: &'static str, took: Duration) {
        self.work.job_time.get_or_create(&Job { job }).observe(took.as_secs_f64());
    }

    /// Something panicked, and was caught.
    pub(crate) fn panicked(&self) {
        self.chats.panics.inc();
    }
}

/// Why the money went back.
const fn refunded(order: &Order) -> &'static str {
    match order.state {
        OrderState::Refunded(reason) => match reason {
            RefundReason::Refused(ErrorCode::OutOfStock) => "out_of_stock",
            RefundReason::Refused(_) => "refused",
            RefundReason::PriceChanged => "price_changed",
            RefundReason::NotStarted => "not_started",
            RefundReason::NotBought => "not_bought",
            RefundReason::Unknown => "unknown",
            RefundReason::Cancelled => "cancelled",
            RefundReason::Expired => "expired",
        },
        // Money goes back only as an order becomes `Refunded`, in the same commit.
        OrderState::Reserved
        | OrderState::Buying { .. }
        | OrderState::Ambiguous { .. }
        | OrderState::Active
        | OrderState::Closing { .. }
        | OrderState::Done => NONE,
    }
}
