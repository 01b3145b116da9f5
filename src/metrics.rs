//! Figures for Prometheus: what happened since the start, counted where it happens, and how things stand, read when
//! somebody asks (`standing`). Off unless the operator wants them; then `page` serves them over HTTP.
//!
//! No label names a person, a number, a code, a country or a service: `labels` has the closed lists. `docs/metrics.md`
//! explains each figure to the operator, and a test here holds it against [`Metrics::described`].

mod count;
mod labels;
pub(crate) mod page;
pub(crate) mod standing;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::atomic::AtomicU64;

use engine::Flow;
use engine::flow::name_of;
use engine::registry::{Registry as _, Visitor};
use flows::{AnyState, Raqam};
use prometheus_client::encoding::{EncodeLabelSet, prometheus_text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};
use shop::UnixSeconds;

use labels::{
    Alarm, Build, Delivery, Edge, Ended, Endpoint, EndpointCall, Ignored, Intent, Job, Kind, List, Method, MethodCall,
    Purchase, Queue, Reason, Server, ServerTrouble, State, Table, Turn,
};

/// From a fifth of a millisecond to a minute: steps, commits, calls.
const SHORT_S: [f64; 14] = [0.0002, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 15.0, 60.0];
/// From a second to the life of a number.
const LONG_S: [f64; 10] = [1.0, 5.0, 10.0, 20.0, 40.0, 60.0, 120.0, 300.0, 600.0, 1_200.0];
/// The sizes of batches, up to the largest.
const SIZES: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

type Times<L> = Family<L, Histogram>;
type Level = Gauge<f64, AtomicU64>;
type Sum = Counter<f64, AtomicU64>;

/// All figures of one running shop.
pub struct Metrics {
    book: Book,
    chats: Chats,
    work: Work,
    levels: Levels,
}

/// What the conversations count.
struct Chats {
    updates: Family<Kind, Counter>,
    update_time: Times<Kind>,
    answer_time: Histogram,
    shown_time: Histogram,
    edges: Family<Edge, Counter>,
    ignored: Family<Ignored, Counter>,
    stale: Family<Reason, Counter>,
    panics: Counter,
    refused: Family<Reason, Counter>,
    undeclared: Counter,
    buried: Counter,
    deliveries: Family<Delivery, Counter>,
    delivery_time: Times<Kind>,
    telegram_calls: Family<MethodCall, Counter>,
    telegram_time: Times<Method>,
    telegram_pauses: Sum,
}

/// What orders, jobs and the store count.
struct Work {
    supplier_calls: Family<EndpointCall, Counter>,
    supplier_time: Times<Endpoint>,
    purchases: Family<Purchase, Counter>,
    ended: Family<Ended, Counter>,
    turns: Family<Turn, Counter>,
    code_time: Times<Server>,
    job_time: Times<Job>,
    batch_time: Histogram,
    batch_size: Histogram,
    intents: Family<Intent, Counter>,
}

/// How things stand, as they were last read.
struct Levels {
    users: Gauge,
    sessions: Gauge,
    orders: Family<State, Gauge>,
    rows: Family<Table, Gauge>,
    queued: Family<Queue, Gauge>,
    mailboxes: Gauge,
    unauthorized: Gauge,
    holds: Family<Reason, Gauge>,
    open: Family<Server, Gauge>,
    paused: Family<Server, Gauge>,
    troubles: Family<ServerTrouble, Gauge>,
    alarms: Family<Alarm, Counter>,
    balance: Family<Server, Level>,
    list_age: Family<List, Gauge>,
}

impl Metrics {
    /// All figures, at their beginning. Each declared edge is there from the start, with a zero.
    #[must_use]
    pub fn new(started_at: UnixSeconds) -> Self {
        let mut book = Book::default();
        let (chats, work, levels) = (Chats::new(&mut book), Work::new(&mut book), Levels::new(&mut book));
        for edge in declared_edges() {
            drop(chats.edges.get_or_create(&edge));
        }
        let built: Family<Build, Gauge> = book.add("raqam_build_info", "1, with the version");
        built.get_or_create(&Build { version: env!("CARGO_PKG_VERSION") }).set(1);
        let started: Gauge = book.add("process_start_time_seconds", "When the process started, since 1970");
        started.set(started_at);
        Self { book, chats, work, levels }
    }

    /// Names and meanings of all figures, as they are served.
    #[must_use]
    pub fn described(&self) -> &[(String, &'static str)] {
        &self.book.described
    }

    /// All figures in Prometheus' text format.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        prometheus_text::encode(&mut text, &self.book.registry).expect("a string takes any text");
        text
    }
}

impl Chats {
    fn new(book: &mut Book) -> Self {
        Self {
            updates: book.add("raqam_updates", "Updates that came in, by what they are"),
            update_time: book.times(
                "raqam_update_seconds",
                "From the intake of an update until its step is stored",
                short,
            ),
            answer_time: book.time(
                "raqam_answer_seconds",
                "From the intake of a press until it is answered at Telegram",
                short,
            ),
            shown_time: book.time("raqam_shown_seconds", "From a person's stored step until the chat shows it", short),
            edges: book.add("raqam_edges", "Stored steps, by the edge of the flow's table that they took"),
            ignored: book.add(
                "raqam_ignored_events",
                "Events that changed nothing, by flow, state and reason; none: no flow was given it",
            ),
            stale: book.add("raqam_stale_presses", "Presses on buttons that do not count any more"),
            panics: book.add("raqam_panics", "Panics in the handling of updates and in order tasks"),
            refused: book.add(
                "raqam_refused_updates",
                "Updates that were not handled: a flood, a full mailbox, an overtaken inline query",
            ),
            undeclared: book.add("raqam_undeclared_steps", "Steps that a flow's table does not have: a bug"),
            buried: book.add("raqam_buried_updates", "Updates that became dead letters"),
            deliveries: book.add("raqam_deliveries", "Tries to deliver codes, notes and cards, by result"),
            delivery_time: book.times(
                "raqam_delivery_seconds",
                "From the commit that made a delivery due until it stands in the chat",
                short,
            ),
            telegram_calls: book.add("raqam_telegram_calls", "Calls to Telegram, by method and result"),
            telegram_time: book.times(
                "raqam_telegram_call_seconds",
                "How long calls to Telegram take; getUpdates waits for updates",
                short,
            ),
            telegram_pauses: book.add("raqam_telegram_pause_seconds", "The pauses that Telegram asked for, added up"),
        }
    }
}

impl Work {
    fn new(book: &mut Book) -> Self {
        Self {
            supplier_calls: book
                .add("raqam_supplier_calls", "Calls to suppliers, by result; unknown: it may have happened"),
            supplier_time: book.times(
                "raqam_supplier_call_seconds",
                "How long calls to suppliers take, the wait for their turn included",
                short,
            ),
            purchases: book.add(
                "raqam_purchases",
                "Purchases by the answer that the supplier gave, with our error code where it refused",
            ),
            ended: book
                .add("raqam_orders_ended", "Orders by how their money was settled: received, or why it went back"),
            turns: book.add(
                "raqam_breaker_turns",
                "How often a server's breaker opened, because its supplier did not answer, and closed again",
            ),
            code_time: book.times(
                "raqam_code_seconds",
                "From the purchase of a number until its first message is stored",
                long,
            ),
            job_time: book.times(
                "raqam_job_seconds",
                "From the commit that wanted a job until its answer is in the mailbox",
                short,
            ),
            batch_time: book.time(
                "raqam_batch_seconds",
                "How long the store's transactions take, the sync of the disk included",
                short,
            ),
            batch_size: book.time("raqam_batch_intents", "How many intents share a transaction of the store", sizes),
            intents: book.add("raqam_intents", "Intents that the store was given, by name"),
        }
    }
}

impl Levels {
    fn new(book: &mut Book) -> Self {
        Self {
            users: book.add("raqam_users", "People who are known"),
            sessions: book.add("raqam_sessions", "Conversations that are stored"),
            orders: book.add("raqam_orders", "Orders that are looked after, by state"),
            rows: book.add("raqam_rows", "Rows that wait: messages, updates, jobs, timers, and dead letters"),
            queued: book.add("raqam_queued", "What waits in queues in memory"),
            mailboxes: book.add("raqam_mailboxes", "People to whom something came a short while ago"),
            unauthorized: book.add("raqam_telegram_unauthorized", "1 while Telegram refuses the token"),
            holds: book.add("raqam_sales_on_hold", "1 where nothing is sold for this reason"),
            open: book.add("raqam_open_orders", "Orders that hold money, by server"),
            paused: book.add("raqam_server_paused", "1 while a server does not buy"),
            troubles: book.add("raqam_server_trouble", "1 while this keeps a server from selling"),
            alarms: book.add("raqam_alarms", "Alarms that were raised since the database was made"),
            balance: book.add(
                "raqam_supplier_balance_dollars",
                "Our balance at the supplier when it last told it; asked for every minute",
            ),
            list_age: book.add("raqam_list_age_seconds", "How old the copy of a supplier's list is"),
        }
    }
}

fn short() -> Histogram {
    Histogram::new(SHORT_S)
}

fn long() -> Histogram {
    Histogram::new(LONG_S)
}

fn sizes() -> Histogram {
    Histogram::new(SIZES)
}

/// The registry, and what stands in it.
#[derive(Default)]
struct Book {
    registry: Registry,
    described: Vec<(String, &'static str)>,
}

impl Book {
    fn add<M: Metric + Clone + Default>(&mut self, name: &str, help: &'static str) -> M {
        self.put(name, help, M::default())
    }

    fn time(&mut self, name: &str, help: &'static str, make: fn() -> Histogram) -> Histogram {
        self.put(name, help, make())
    }

    fn times<L>(&mut self, name: &str, help: &'static str, make: fn() -> Histogram) -> Times<L>
    where
        L: EncodeLabelSet + Clone + Hash + Eq + Debug + Send + Sync + 'static,
    {
        self.put(name, help, Family::new_with_constructor(make))
    }

    fn put<M: Metric + Clone>(&mut self, name: &str, help: &'static str, metric: M) -> M {
        let counts = metric.metric_type() == prometheus_client::metrics::MetricType::Counter;
        self.described.push((format!("{name}{}", if counts { "_total" } else { "" }), help));
        self.registry.register(name, help, metric.clone());
        metric
    }
}

/// Every edge of every flow's table.
fn declared_edges() -> impl Iterator<Item = Edge> {
    struct Edges(BTreeSet<(&'static str, &'static str, &'static str, String)>);
    impl Visitor<Raqam> for Edges {
        fn visit<F: Flow<App = Raqam>>(&mut self, _: fn(F::State) -> AnyState) {
            self.0.extend(F::TABLE.iter().map(|row| (F::TAG, row.from.into(), row.on, name_of(row.to))));
        }
    }
    let mut edges = Edges(BTreeSet::new());
    Raqam::each(&mut edges);
    edges.0.into_iter().map(|(flow, from, on, to)| Edge { flow, from, on: on.to_owned(), to })
}
