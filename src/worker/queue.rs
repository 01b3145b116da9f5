//! Which task runs next: never two at once about the same thing, and what holds people's money before everything else.
//! Nothing is dropped; what waits is bounded, for each kind of task waits at most once per order.

use std::collections::{BTreeMap, BTreeSet};

use shop::command::Command;
use shop::monitor::Task;
use shop::{OrderId, ServerId, SupplierOrderId};

/// How many tasks run at once; urgent ones do not wait for room.
const TASKS_MAX: usize = 256;

/// What a task is about: never two at once about the same thing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum About {
    /// One order.
    Order(OrderId),
    /// What one order's card shows.
    Card(OrderId),
    /// A server's list of open orders.
    List(ServerId),
    /// The purchases whose answer was lost.
    Reconciling,
    /// One order of a supplier's that nobody owns.
    Orphan(SupplierOrderId),
}

/// How urgent a kind of task is, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Urgency {
    Apply,
    Buy,
    List,
    Reconcile,
    Close,
    Resend,
    Check,
    Messages,
    Orphan,
    Card,
}

/// Tasks that run, and tasks that wait.
#[derive(Debug, Default)]
pub(super) struct Queue {
    running: BTreeSet<About>,
    waiting: BTreeMap<(Urgency, About), Task>,
}

impl Queue {
    /// Lets a task wait for its turn; a newer one of its kind about the same thing takes its place.
    pub(super) fn push(&mut self, task: Task) {
        self.waiting.insert(place(&task), task);
    }

    /// The same for what is due: not while a task about the same thing runs, whose end may change that. What is due then is
    /// computed at the next tick.
    pub(super) fn push_due(&mut self, task: Task) {
        if !self.running.contains(&place(&task).1) {
            self.push(task);
        }
    }

    /// The next task that may run now. It runs until [`Queue::ended`].
    pub(super) fn next(&mut self) -> Option<(About, Task)> {
        let full = self.running.len() >= TASKS_MAX;
        let may_run = |(urgency, _): &&(Urgency, About)| !full || *urgency <= Urgency::Reconcile;
        let place = self.waiting.keys().take_while(may_run).find(|(_, about)| !self.running.contains(about))?.clone();
        let task = self.waiting.remove(&place)?;
        self.running.insert(place.1.clone());
        Some((place.1, task))
    }

    /// The task about this has ended, in whatever way.
    pub(super) fn ended(&mut self, about: &About) {
        self.running.remove(about);
    }

    /// Whether a task about this runs.
    pub(super) fn is_running(&self, about: &About) -> bool {
        self.running.contains(about)
    }
}

fn place(task: &Task) -> (Urgency, About) {
    match task {
        Task::Apply(command) => (Urgency::Apply, order_of(command).map_or(About::Reconciling, About::Order)),
        Task::Buy(order) => (Urgency::Buy, About::Order(*order)),
        Task::List(server) => (Urgency::List, About::List(*server)),
        Task::Reconcile => (Urgency::Reconcile, About::Reconciling),
        Task::Close(order) => (Urgency::Close, About::Order(*order)),
        Task::Resend(order) => (Urgency::Resend, About::Order(*order)),
        Task::Check(order) => (Urgency::Check, About::Order(*order)),
        Task::RentalMessages(order) => (Urgency::Messages, About::Order(*order)),
        Task::TouchCard(order) => (Urgency::Card, About::Card(*order)),
        Task::GiveBack(id) => (Urgency::Orphan, About::Orphan(id.clone())),
    }
}

/// The order that a command is about.
pub(super) const fn order_of(command: &Command) -> Option<OrderId> {
    match command {
        Command::StartBuying { order, .. }
        | Command::Bought { order, .. }
        | Command::NotBought { order, .. }
        | Command::BuyingUnknown(order)
        | Command::CleanMiss(order)
        | Command::Received { order, .. }
        | Command::StartClosing { order, .. }
        | Command::RetryClosing { order, .. }
        | Command::Close { order, .. }
        | Command::RentalKept(order)
        | Command::RentalEnded(order)
        | Command::WatchOn(order)
        | Command::Resent { order, .. }
        | Command::Cancel(order)
        | Command::Resend(order)
        | Command::NoResend(order)
        | Command::CheckNow(order) => Some(*order),
        Command::Quote { .. }
        | Command::Buy { .. }
        | Command::SetLang(_)
        | Command::Orphaned(_)
        | Command::GiveOrphanBack(_)
        | Command::RetryOrphan { .. }
        | Command::SettleOrphan { .. }
        | Command::Adjust { .. }
        | Command::SetMargin(..)
        | Command::SetSelling(..)
        | Command::SetKey(..)
        | Command::SetLimit(..) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(queue: &mut Queue) -> Vec<Task> {
        std::iter::from_fn(|| queue.next()).map(|(_, task)| task).collect()
    }

    /// A full house once dropped purchases, refunds and users' own wishes.
    #[test]
    fn nothing_is_dropped_when_many_tasks_run() {
        let mut queue = Queue::default();
        let orders = (1..=TASKS_MAX as u64 + 50).map(OrderId);
        orders.for_each(|order| queue.push(Task::Check(order)));
        assert_eq!(run(&mut queue).len(), TASKS_MAX);
        let urgent = [Task::Buy(OrderId(9_001)), Task::List(ServerId::Two), Task::Reconcile];
        urgent.iter().for_each(|task| queue.push(task.clone()));
        queue.push(Task::Resend(OrderId(9_002)));
        queue.push(Task::Apply(Command::BuyingUnknown(OrderId(9_003))));
        let begun = run(&mut queue);
        assert_eq!(begun[0], Task::Apply(Command::BuyingUnknown(OrderId(9_003))), "the most urgent first");
        assert_eq!(begun[1..], urgent, "money does not wait for room");
        (1..=TASKS_MAX as u64).for_each(|order| queue.ended(&About::Order(OrderId(order))));
        let rest = run(&mut queue);
        assert_eq!((rest.len(), &rest[0]), (51, &Task::Resend(OrderId(9_002))));
    }

    /// Two cancels of one number at once could be told apart by nobody.
    #[test]
    fn one_try_at_a_time_for_one_orphan() {
        let id = |text| SupplierOrderId::parse(text).expect("an id");
        let (mut queue, task) = (Queue::default(), |text| Task::GiveBack(id(text)));
        queue.push(task("A"));
        assert_eq!(run(&mut queue), [task("A")]);
        queue.push(task("A"));
        queue.push(task("B"));
        assert_eq!(run(&mut queue), [task("B")], "others do not wait for it");
        queue.ended(&About::Orphan(id("A")));
        assert_eq!(run(&mut queue), [task("A")]);
    }

    /// A supplier that took longer than a tick was asked again as soon as it had answered.
    #[test]
    fn what_was_due_while_it_ran_is_not_done_again_at_once() {
        let (mut queue, order) = (Queue::default(), OrderId(1));
        queue.push_due(Task::Close(order));
        assert_eq!(run(&mut queue), [Task::Close(order)]);
        queue.push_due(Task::Close(order));
        queue.ended(&About::Order(order));
        assert_eq!(run(&mut queue), []);
        queue.push_due(Task::Close(order));
        assert_eq!(run(&mut queue), [Task::Close(order)]);
    }

    #[test]
    fn one_task_at_a_time_about_one_order() {
        let (mut queue, order) = (Queue::default(), OrderId(1));
        queue.push(Task::Check(order));
        assert_eq!(run(&mut queue), [Task::Check(order)]);
        queue.push(Task::Resend(order));
        queue.push(Task::Resend(order));
        queue.push(Task::Close(order));
        assert_eq!(run(&mut queue), []);
        // A card may be shown anew meanwhile.
        queue.push(Task::TouchCard(order));
        assert_eq!(run(&mut queue), [Task::TouchCard(order)]);
        queue.ended(&About::Order(order));
        assert_eq!(run(&mut queue), [Task::Close(order)]);
        queue.ended(&About::Order(order));
        assert_eq!(run(&mut queue), [Task::Resend(order)]);
    }
}
