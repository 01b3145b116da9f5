//! Which task runs next: never two at once about the same thing, what holds people's money before everything else, and of
//! tasks of a kind the one that has waited longest. Each server has room of its own: a slow one holds up nobody else's.
//! Nothing is dropped; what waits is bounded, for each kind of task waits at most once per order.

use std::collections::BTreeMap;

use shop::command::Command;
use shop::monitor::Task;
use shop::{OrderId, ServerId, SupplierOrderId};

/// How many tasks of one server run at once; urgent ones do not wait for room.
/// As many as a supplier at our own rate (15 a second) serves before the client gives up waiting for a turn (15 s).
const TASKS_MAX: usize = 128;

/// What a task is about: never two at once about the same thing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum About {
    /// One order.
    Order(OrderId),
    /// What one order's card shows.
    Card(OrderId),
    /// A server's list of open orders.
    List(ServerId),
    /// A server's purchases whose answer was lost.
    Reconciling(ServerId),
    /// What a command is about that is about no order.
    Books,
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

/// Where a task runs: at its server, or where none is known.
pub(super) type Room = Option<ServerId>;

/// Tasks that run, and tasks that wait.
#[derive(Debug, Default)]
pub(super) struct Queue {
    running: BTreeMap<About, Room>,
    /// How many run in each room.
    taken: BTreeMap<Room, usize>,
    /// By urgency, and then as they came.
    waiting: BTreeMap<(Urgency, u64), (About, Room, Task)>,
    /// When those that wait came.
    places: BTreeMap<(Urgency, About), u64>,
    came: u64,
}

impl Queue {
    /// Lets a task wait for its turn; a newer one of its kind about the same thing takes its place.
    pub(super) fn push(&mut self, room: Room, task: Task) {
        let (urgency, about) = place(&task);
        self.came += 1;
        let came = *self.places.entry((urgency, about.clone())).or_insert(self.came);
        self.waiting.insert((urgency, came), (about, room, task));
    }

    /// The same for what is due: not while a task about the same thing runs, whose end may change that. What is due then is
    /// computed at the next tick.
    pub(super) fn push_due(&mut self, room: Room, task: Task) {
        if !self.is_running(&place(&task).1) {
            self.push(room, task);
        }
    }

    /// The next task that may run now. It runs until [`Queue::ended`].
    pub(super) fn next(&mut self) -> Option<(About, Task)> {
        let full = |room: &Room| self.taken.get(room).is_some_and(|taken| *taken >= TASKS_MAX);
        let may_run = |((urgency, _), (about, room, _)): &(&(Urgency, u64), &(About, Room, Task))| {
            (*urgency <= Urgency::Reconcile || !full(room)) && !self.running.contains_key(about)
        };
        let (place, _) = self.waiting.iter().find(may_run)?;
        let place = *place;
        let (about, room, task) = self.waiting.remove(&place)?;
        self.places.remove(&(place.0, about.clone()));
        self.running.insert(about.clone(), room);
        *self.taken.entry(room).or_default() += 1;
        Some((about, task))
    }

    /// The task about this has ended, in whatever way.
    pub(super) fn ended(&mut self, about: &About) {
        if let Some(taken) = self.running.remove(about).and_then(|room| self.taken.get_mut(&room)) {
            *taken = taken.saturating_sub(1);
        }
    }

    /// Whether a task about this runs.
    pub(super) fn is_running(&self, about: &About) -> bool {
        self.running.contains_key(about)
    }
}

fn place(task: &Task) -> (Urgency, About) {
    match task {
        Task::Apply(command) => (Urgency::Apply, order_of(command).map_or(About::Books, About::Order)),
        Task::Buy(order) => (Urgency::Buy, About::Order(*order)),
        Task::List(server) => (Urgency::List, About::List(*server)),
        Task::Reconcile(server) => (Urgency::Reconcile, About::Reconciling(*server)),
        Task::Close(order) => (Urgency::Close, About::Order(*order)),
        Task::Resend(order) => (Urgency::Resend, About::Order(*order)),
        Task::Wake(order) => (Urgency::Resend, About::Order(*order)),
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
        | Command::Extended { order, .. }
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
        | Command::Wake(order)
        | Command::NotWoken(order)
        | Command::Woken { order, .. }
        | Command::CheckNow(order) => Some(*order),
        Command::Quote { .. }
        | Command::Buy { .. }
        | Command::SetLang(_)
        | Command::OpenTicket { .. }
        | Command::WriteTicket { .. }
        | Command::AnswerTicket { .. }
        | Command::CloseTicket(_)
        | Command::SetAdmins(_)
        | Command::Orphaned(_)
        | Command::GiveOrphanBack(_)
        | Command::RetryOrphan { .. }
        | Command::SettleOrphan { .. }
        | Command::Adjust { .. }
        | Command::SetMargin(..)
        | Command::SetSelling(..)
        | Command::SetKey(..)
        | Command::SetPoll(..)
        | Command::SetOpenMax(..)
        | Command::SetLimit(..)
        | Command::Troubled { .. }
        | Command::Recovered { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = Some(ServerId::Two);

    fn run(queue: &mut Queue) -> Vec<Task> {
        std::iter::from_fn(|| queue.next()).map(|(_, task)| task).collect()
    }

    /// A full house once dropped purchases, refunds and users' own wishes.
    #[test]
    fn nothing_is_dropped_when_many_tasks_run() {
        let mut queue = Queue::default();
        let orders = (1..=TASKS_MAX as u64 + 50).map(OrderId);
        orders.for_each(|order| queue.push(ROOM, Task::Check(order)));
        assert_eq!(run(&mut queue).len(), TASKS_MAX);
        let urgent = [Task::Buy(OrderId(9_001)), Task::List(ServerId::Two), Task::Reconcile(ServerId::Two)];
        urgent.iter().for_each(|task| queue.push(ROOM, task.clone()));
        queue.push(ROOM, Task::Resend(OrderId(9_002)));
        queue.push(ROOM, Task::Apply(Command::BuyingUnknown(OrderId(9_003))));
        let begun = run(&mut queue);
        assert_eq!(begun[0], Task::Apply(Command::BuyingUnknown(OrderId(9_003))), "the most urgent first");
        assert_eq!(begun[1..], urgent, "money does not wait for room");
        (1..=TASKS_MAX as u64).for_each(|order| queue.ended(&About::Order(OrderId(order))));
        let rest = run(&mut queue);
        assert_eq!((rest.len(), &rest[0]), (51, &Task::Resend(OrderId(9_002))));
    }

    /// Orders that left the supplier's list are asked about alone, all of them again at each tick: those with the highest
    /// ids once waited for ever where a tick was too short for all.
    #[test]
    fn fault_51_each_order_is_asked_about_before_any_is_asked_again() {
        let (mut queue, orders) = (Queue::default(), TASKS_MAX as u64 * 2);
        let tick = |queue: &mut Queue| (1..=orders).for_each(|order| queue.push(ROOM, Task::Check(OrderId(order))));
        tick(&mut queue);
        let first = run(&mut queue);
        first.iter().for_each(|task| queue.ended(&place(task).1));
        tick(&mut queue);
        let second = run(&mut queue);
        assert!(second.iter().all(|task| !first.contains(task)), "{second:?}");
        assert_eq!(first.len() + second.len(), usize::try_from(orders).expect("few"));
    }

    /// Two cancels of one number at once could be told apart by nobody.
    #[test]
    fn one_try_at_a_time_for_one_orphan() {
        let id = |text| SupplierOrderId::parse(text).expect("an id");
        let (mut queue, task) = (Queue::default(), |text| Task::GiveBack(id(text)));
        queue.push(ROOM, task("A"));
        assert_eq!(run(&mut queue), [task("A")]);
        queue.push(ROOM, task("A"));
        queue.push(ROOM, task("B"));
        assert_eq!(run(&mut queue), [task("B")], "others do not wait for it");
        queue.ended(&About::Orphan(id("A")));
        assert_eq!(run(&mut queue), [task("A")]);
    }

    /// A supplier that took longer than a tick was asked again as soon as it had answered.
    #[test]
    fn what_was_due_while_it_ran_is_not_done_again_at_once() {
        let (mut queue, order) = (Queue::default(), OrderId(1));
        queue.push_due(ROOM, Task::Close(order));
        assert_eq!(run(&mut queue), [Task::Close(order)]);
        queue.push_due(ROOM, Task::Close(order));
        queue.ended(&About::Order(order));
        assert_eq!(run(&mut queue), []);
        queue.push_due(ROOM, Task::Close(order));
        assert_eq!(run(&mut queue), [Task::Close(order)]);
    }

    #[test]
    fn one_task_at_a_time_about_one_order() {
        let (mut queue, order) = (Queue::default(), OrderId(1));
        queue.push(ROOM, Task::Check(order));
        assert_eq!(run(&mut queue), [Task::Check(order)]);
        queue.push(ROOM, Task::Resend(order));
        queue.push(ROOM, Task::Resend(order));
        queue.push(ROOM, Task::Close(order));
        assert_eq!(run(&mut queue), []);
        // A card may be shown anew meanwhile.
        queue.push(ROOM, Task::TouchCard(order));
        assert_eq!(run(&mut queue), [Task::TouchCard(order)]);
        queue.ended(&About::Order(order));
        assert_eq!(run(&mut queue), [Task::Close(order)]);
        queue.ended(&About::Order(order));
        assert_eq!(run(&mut queue), [Task::Resend(order)]);
    }

    /// A server whose supplier takes its time once kept the other's codes waiting.
    #[test]
    fn a_server_whose_room_is_full_holds_up_no_other() {
        let (mut queue, slow) = (Queue::default(), Some(ServerId::One));
        (1..=TASKS_MAX as u64 + 1).for_each(|order| queue.push(slow, Task::Check(OrderId(order))));
        queue.push(ROOM, Task::Check(OrderId(9_001)));
        let begun = run(&mut queue);
        assert_eq!((begun.len(), begun.last()), (TASKS_MAX + 1, Some(&Task::Check(OrderId(9_001)))));
        queue.ended(&About::Order(OrderId(9_001)));
        assert_eq!(run(&mut queue), [], "room at one server is none at the other");
        queue.ended(&About::Order(OrderId(1)));
        assert_eq!(run(&mut queue).len(), 1);
    }
}
