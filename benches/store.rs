//! Durable steps per second: one user alone, and sixty-four at once, on a real file.

use std::fs;
use std::hint::black_box;
use std::path::PathBuf;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use engine::session::{Frame, Session};
use shop::catalogue::Product;
use shop::command::Command;
use shop::order::Wish;
use shop::{CountryId, Money, QuoteId, ServerId, ServiceId, UserId};
use store::{Cause, Integrity, Intent, NamedLists, Options, Outcome, RawUpdate, Step, Store, Trace};
use tokio::runtime::{Builder, Runtime};

const NOW: i64 = 1_700_000_000;

/// A store in a folder of its own, which goes with it.
struct Bench {
    store: Store,
    folder: PathBuf,
    runtime: Runtime,
}

impl Bench {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("raqam-bench-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let options = Options { integrity: Integrity::Trusted, ..Options::default() };
        let store = Store::open(&folder.join("raqam.redb"), options).expect("a store");
        let runtime = Builder::new_multi_thread().worker_threads(2).build().expect("a runtime");
        Self { store, folder, runtime }
    }

    /// Every user takes one step with a quote, all at once: what the step reads, and what it writes, durable.
    fn round(&self, users: u64, round: u64, trace: Option<&Trace>) {
        let steps = (0..users).map(|user| {
            let store = self.store.clone();
            let trace = trace.map(|trace| Trace { user: UserId(user), ..trace.clone() });
            self.runtime.spawn(async move {
                let step = Step { traces: trace.into_iter().collect(), ..step(&store, user, round) };
                store.apply(Intent::Step(Box::new(step))).await
            })
        });
        let steps: Vec<_> = steps.collect();
        self.runtime.block_on(async {
            for step in steps {
                let outcome = step.await.expect("a task").expect("stored");
                assert!(matches!(outcome, Outcome::Stored(_)));
            }
        });
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.folder));
    }
}

fn step(store: &Store, user: u64, round: u64) -> Step {
    let view = store.user(UserId(user)).expect("a view");
    let body = serde_json::json!({ "confirming": { "quote": round, "country": 1, "service": 2 } });
    let frame = Frame { flow: "purchase".to_owned(), version: 1, instance: 1, body };
    let session = Session { revision: view.session.revision + 1, frames: vec![frame], ..Session::default() };
    Step {
        user: UserId(user),
        name: String::new(),
        lang: "ar".to_owned(),
        // A key of nothing stored: updates are taken in by batches, measured below.
        cause: Cause::Key(format!("bench/{round}")),
        from_revision: view.session.revision,
        session,
        commands: vec![quote(round * 64 + user + 1)],
        jobs: Vec::new(),
        timers: Vec::new(),
        tells: Vec::new(),
        traces: Vec::new(),
        now: NOW,
    }
}

/// An event of the size that those of a purchase have on average, with its lists.
fn trace() -> Trace {
    let lists = NamedLists { name: "lists".into(), body: "x".repeat(66_000).into() };
    Trace { user: UserId(0), at: NOW, body: "x".repeat(1_700), lists: vec![lists] }
}

fn quote(id: u64) -> Command {
    let wish = Wish {
        server: ServerId::Two,
        product: Product::Temporary,
        country: CountryId(1),
        iso2: "US".to_owned(),
        service: ServiceId(2),
        service_name: "WhatsApp".to_owned(),
        rental_product: None,
        refund_within_s: None,
        extends: None,
    };
    let (cost, price) = (Money::from_micros(1_000_000), Money::from_micros(1_300_000));
    Command::Quote { id: QuoteId(id), wish, cost, price }
}

fn steps(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("durable steps");
    let trace = trace();
    for users in [1, 64] {
        for (name, trace) in [("", None), (", each with its event", Some(&trace))] {
            let (bench, mut round) = (Bench::new(&format!("steps-{users}-{}", trace.is_some())), 0);
            group.throughput(Throughput::Elements(users));
            group.bench_function(format!("{users} users{name}"), |bencher| {
                bencher.iter(|| {
                    round += 1;
                    bench.round(users, round, trace);
                });
            });
        }
    }
    group.finish();
}

fn updates(criterion: &mut Criterion) {
    let (bench, mut next) = (Bench::new("updates"), 0);
    let mut group = criterion.benchmark_group("intake");
    group.throughput(Throughput::Elements(100));
    group.bench_function("100 updates", |bencher| {
        bencher.iter(|| {
            let updates = (next..next + 100).map(|id| RawUpdate { id, body: "{}".to_owned() }).collect();
            next += 100;
            let intent = Intent::TakeIn { updates, next_offset: next, now: NOW };
            bench.runtime.block_on(bench.store.apply(intent)).expect("stored")
        });
    });
    group.finish();
}

fn views(criterion: &mut Criterion) {
    let bench = Bench::new("views");
    bench.round(64, 0, None);
    criterion.bench_function("view of a user", |bencher| {
        bencher.iter(|| black_box(bench.store.user(UserId(black_box(7))).expect("a view")));
    });
}

criterion_group!(benches, steps, updates, views);
criterion_main!(benches);
