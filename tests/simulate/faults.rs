//! Single faults that the simulation found, each in the smallest world that showed it.

use std::collections::BTreeMap;

use shop::ServerId;
use shop::order::{Order, State};
use shop::orphan::OrphanState;

use super::plan::{Act, Another, Answer, Fate, Hits, Kind, Lapse, Life, Plan, Storm, Telegram, What};
use super::world::{World, happen_and};

/// Buys a temporary number at a server at that time.
fn buys(server: ServerId, at_ms: u64) -> Act {
    let what = What::Buy { server, product: Kind::Temporary, service: 1, think_ms: 300, presses: 1 };
    Act { at_ms, person: 0, what }
}

fn fate(answer: Answer, number: Life) -> Fate {
    Fate { answer, number, foreign_cents: 0 }
}

fn life() -> Life {
    Fate::plain().number
}

/// One person, one server, and nothing else than what is said.
fn plan(server: ServerId, acts: Vec<Act>, fates: Vec<Fate>, storms: Vec<Storm>) -> Plan {
    let (fates, deaths, telegram) = (BTreeMap::from([(server, fates)]), Vec::new(), Telegram::Steady);
    Plan { seed: 1, people: 1, acts, fates, deaths, storms, telegram }
}

/// Lets it happen without a violation; the diary.
fn holds(plan: &Plan, look: impl FnOnce(&World, &[Order])) -> Vec<String> {
    let (result, diary) = happen_and(plan, |world| look(world, &world.judge.orders()));
    assert!(result.is_ok(), "{}\n{}", result.expect_err("it failed").what, diary.join("\n"));
    diary
}

/// A try that took longer than a tick was made again as soon as it had ended.
#[test]
fn simulate_a_slow_supplier_is_given_time_to_take_a_number_back() {
    let server = ServerId::Two;
    let lost = Answer::LostSold { after_ms: 45_000, listed_after_ms: 200_000 };
    let storm = Storm { from_ms: 330_000, until_ms: 630_000, hits: Hits::Reads(server) };
    let fates = vec![fate(lost, Life { lock_s: 900, ..life() })];
    let diary = holds(&plan(server, vec![buys(server, 1_000)], fates, vec![storm]), |_, _| {});
    assert!(diary.iter().any(|line| line.contains("gives N1 back")), "{}", diary.join("\n"));
}

/// A supplier that stayed silent for longer than the half hour after a refund was never asked again: what it had sold, or
/// given back, stood in no books.
#[test]
fn simulate_a_watch_does_not_end_in_silence() {
    let server = ServerId::Two;
    let lost = Answer::LostSold { after_ms: 45_000, listed_after_ms: 0 };
    let storm = Storm { from_ms: 3_000, until_ms: 3_600_000, hits: Hits::Reads(server) };
    let fates = vec![fate(lost, Life { life_s: 5_000, ..life() })];
    let diary = holds(&plan(server, vec![buys(server, 1_000)], fates, vec![storm]), |world, _| {
        let orphans = world.store.orphans().expect("readable books");
        assert!(matches!(orphans[0].state, OrphanState::GivenBack { .. }), "{orphans:?}");
    });
    assert!(diary.iter().any(|line| line.contains("gives N1 back")), "{}", diary.join("\n"));
}

/// While only our balance told what became of a purchase, another code was asked for, which may cost something.
#[test]
fn simulate_another_code_waits_while_a_purchase_is_looked_for() {
    let server = ServerId::One;
    let first = Life { messages_s: vec![20], another: Another::NewOrder, ..life() };
    let fates =
        vec![fate(Answer::Sold { after_ms: 500 }, first), fate(Answer::LostUnsold { after_ms: 10_000 }, life())];
    let asks = Act { at_ms: 80_000, person: 0, what: What::Press("Another code") };
    let acts = vec![buys(server, 1_000), buys(server, 60_000), asks];
    let diary = holds(&plan(server, acts, fates, Vec::new()), |_, orders| {
        assert!(orders.iter().any(|order| order.parent.is_some()), "{orders:?}");
    });
    let at = |words: &str| diary.iter().position(|line| line.contains(words)).expect("it happened");
    assert!(at("another code on M1") > at("is Refunded(NotBought)"), "{}", diary.join("\n"));
}

/// A number that ended meanwhile came back to our balance, and what had been charged for the lost one did not show: it was
/// taken for not bought, and the loss stood nowhere.
#[test]
fn simulate_what_comes_back_meanwhile_hides_no_loss() {
    let server = ServerId::One;
    let lost = Answer::LostSold { after_ms: 10_000, listed_after_ms: 0 };
    let ends = Life { life_s: 600, lapse: Lapse::GivenBack, ..life() };
    let kept = Life { lapse: Lapse::Kept, ..life() };
    let fates = vec![fate(Answer::Sold { after_ms: 500 }, ends), fate(lost, kept)];
    let acts = vec![buys(server, 1_000), buys(server, 560_000)];
    holds(&plan(server, acts, fates, Vec::new()), |world, orders| {
        let unclear = State::Refunded(shop::order::RefundReason::Unknown);
        assert!(orders.iter().any(|order| order.state == unclear), "{orders:?}");
        assert_eq!(world.store.orphans().expect("readable books"), [], "a part of it is no loss to the cent");
    });
}
