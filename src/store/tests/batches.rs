//! The writer: many intents in one commit, none of which harms another, and a storage that fails.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::task::Poll;

use redb::StorageBackend;
use redb::backends::InMemoryBackend;
use shop::command::Refusal;
use shop::{OrderId, UserId, ledger};

use super::{START, USER, World, buy, quote, stored};
use crate::{Intent, LetterKind, Outcome, RawUpdate, Store, StoreError};

/// Queues intents behind a writer that is held, so that all of them end in one batch, in this order.
pub(super) async fn together(store: &Store, intents: Vec<Intent>) -> Vec<Result<Outcome, StoreError>> {
    let (release, held) = mpsc::sync_channel(0);
    let mut gate = Box::pin(store.apply(Intent::Wait(held)));
    let gated = begin(&mut gate).await;
    // Sending succeeds once the writer is held. One that has stopped holds nothing, and answers with its error.
    let _ = release.send(());
    let mut waiting: Vec<_> = intents.into_iter().map(|intent| Box::pin(store.apply(intent))).collect();
    let mut begun = Vec::new();
    for intent in &mut waiting {
        begun.push(begin(intent).await);
    }
    drop(release);
    drop(finish(gated, gate).await);
    let mut answers = Vec::new();
    for (begun, intent) in begun.into_iter().zip(waiting) {
        answers.push(finish(begun, intent).await);
    }
    answers
}

/// The first poll hands an intent over; the scheduler's budget has no say in it.
async fn begin<F: Future + Unpin>(intent: &mut F) -> Poll<F::Output> {
    tokio::task::unconstrained(poll_fn(|context| Poll::Ready(Pin::new(&mut *intent).poll(context)))).await
}

async fn finish<F: Future>(begun: Poll<F::Output>, intent: F) -> F::Output {
    match begun {
        Poll::Ready(answer) => answer,
        Poll::Pending => intent.await,
    }
}

#[tokio::test]
async fn many_intents_share_a_commit() {
    let world = World::new();
    let before = world.store.commits();
    let intents = (0..100).map(|user| Intent::User { user: UserId(user), lang: "en".to_owned(), now: START }).collect();
    for answer in together(&world.store, intents).await {
        assert_eq!(answer.expect("stored"), Outcome::Done);
    }
    assert_eq!(world.store.status(START).expect("a status").users, 100);
    assert_eq!(world.store.commits() - before, 1);
}

#[tokio::test]
async fn two_presses_in_one_batch_buy_once() {
    let mut world = World::rich().await;
    stored(world.press(vec![quote(1)]).await);
    let buying = || Intent::Domain { actor: Some(USER), commands: vec![buy(1)], now: START };
    let answers = together(&world.store, vec![buying(), buying()]).await;
    let refused = answers
        .iter()
        .filter(|answer| matches!(answer, Ok(Outcome::Refused(Refusal::QuoteUsed(order))) if *order == OrderId(1)));
    assert_eq!(refused.count(), 1);
    world.check(870, 130);
}

#[tokio::test]
async fn a_panic_harms_nobody_else() {
    let world = World::new();
    let known = |user| Intent::User { user: UserId(user), lang: "en".to_owned(), now: START };
    let answers = together(&world.store, vec![known(1), Intent::Panic, known(2)]).await;
    assert!(
        matches!(&answers[..], [Ok(Outcome::Done), Err(StoreError::Panicked(_)), Ok(Outcome::Done)]),
        "{answers:?}"
    );
    assert_eq!(world.store.status(START).expect("a status").users, 2);
    assert!(!*world.store.failed().borrow());
}

#[tokio::test]
async fn a_posting_that_breaks_the_books_is_stored_nowhere() {
    let world = World::rich().await;
    let post = |transaction| world.store.apply(Intent::Post(transaction));
    let price = super::PRICE;
    let too_much = ledger::capture(USER, OrderId(9), price, START);
    assert!(matches!(post(too_much).await, Err(StoreError::Ledger(_))));
    let taken = ledger::adjust(USER, price, "other", "n1", START);
    assert!(matches!(post(taken).await, Err(StoreError::Ledger(_))));
    world.check(1_000, 0);
}

/// A storage that can be told to fail.
#[derive(Debug)]
struct Failing {
    memory: InMemoryBackend,
    fails: Arc<AtomicBool>,
}

impl StorageBackend for Failing {
    fn len(&self) -> Result<u64, std::io::Error> {
        self.memory.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), std::io::Error> {
        self.memory.read(offset, out)
    }

    fn set_len(&self, len: u64) -> Result<(), std::io::Error> {
        self.memory.set_len(len)
    }

    fn sync_data(&self) -> Result<(), std::io::Error> {
        match self.fails.load(Ordering::SeqCst) {
            true => Err(std::io::Error::other("no space left")),
            false => self.memory.sync_data(),
        }
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), std::io::Error> {
        self.memory.write(offset, data)
    }
}

#[tokio::test]
async fn a_failed_commit_stops_the_store() {
    let fails = Arc::new(AtomicBool::new(false));
    let store =
        Store::on_backend(Failing { memory: InMemoryBackend::new(), fails: Arc::clone(&fails) }).expect("a store");
    store.apply(Intent::ReserveIds { count: 1 }).await.expect("stored");
    let mut failed = store.failed();
    fails.store(true, Ordering::SeqCst);
    let known = |user| Intent::User { user: UserId(user), lang: "en".to_owned(), now: START };
    for answer in together(&store, vec![known(1), known(2)]).await {
        assert!(matches!(answer, Err(StoreError::Broken(_))), "{answer:?}");
    }
    failed.wait_for(|failed| *failed).await.expect("a sign");
    assert!(matches!(store.apply(known(3)).await, Err(StoreError::Broken(_))));
}

/// Dead letters once grew without end, and nothing told them apart.
#[tokio::test]
async fn the_newest_ten_thousand_dead_letters_are_kept() {
    let world = World::new();
    let kept = i64::try_from(crate::inbox::LETTERS_MAX).expect("few");
    let ids: Vec<i64> = (1..=kept + 300).collect();
    let updates = ids.iter().map(|id| RawUpdate { id: *id, body: "{}".to_owned() }).collect();
    world.apply(Intent::TakeIn { updates, next_offset: kept + 301, now: START }).await;
    for some in ids.chunks(1_000) {
        let bury = |id: &i64| Intent::Bury { update: *id, reason: format!("number {id}"), now: START };
        together(&world.store, some.iter().map(bury).collect()).await;
    }
    assert_eq!(world.store.status(START).expect("a status").dead_letters, crate::inbox::LETTERS_MAX);
    let letters = world.store.dead_letters(usize::MAX).expect("letters");
    let (newest, oldest) = (letters.first().expect("a letter"), letters.last().expect("a letter"));
    assert_eq!((newest.source.clone(), newest.kind()), (format!("update/{}", kept + 300), LetterKind::Update));
    assert_eq!(oldest.source, "update/301");
}
