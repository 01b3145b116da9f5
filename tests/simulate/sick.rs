//! One supplier is sick for an hour, and people buy at both servers: for those of the other server nothing changes, those
//! of the sick one lose nothing and are told at once, and it sells again soon after.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use shop::command::Note;
use shop::order::{Order, RefundReason, State};
use shop::trouble::{TELL_EVERY_S, Trouble};
use shop::{OrderId, ServerId};
use strum::IntoEnumIterator as _;

use super::diary::BEGINNING_MS;
use super::incidents::Incident;
use super::life::POLL_EVERY;
use super::plan::{Act, Answer, Fate, Hits, Kind, Life, Plan, Storm, Telegram, What};
use super::times::{Spread, Wait, WaitFor, waits};
use super::world::{World, happen_and};
use crate::support::Dice;

const HOUR_MS: u64 = 3_600_000;
/// When the supplier is sick.
const SICK_MS: std::ops::Range<u64> = HOUR_MS..2 * HOUR_MS;
/// Until when people buy.
const END_MS: u64 = 3 * HOUR_MS;
/// How long after it is well a server sells again at the latest.
const SELLS_AGAIN_MS: u64 = 180_000;
/// How often somebody buys at each server.
const BUYS_EVERY_MS: u64 = 45_000;
/// In how long a press is answered that needs no supplier.
const AT_ONCE_MS: u64 = 2_000;
/// Enough that nobody runs out of money, and that the judge looks at a part of all commits.
const PEOPLE: u64 = 150;

#[test]
fn simulate_a_supplier_that_is_down_is_one_servers_trouble() {
    for sick in ServerId::iter() {
        let seen = happens("down", sick, Hits::Down);
        seen.nobody_elsewhere_notices();
        seen.the_sick_server_pauses();
        let [silent] = seen.told_incidents()[..] else { panic!("{:?}", seen.told_incidents()) };
        assert!(SICK_MS.contains(&silent.from_ms) && silent.until_ms.is_some_and(|until_ms| until_ms >= SICK_MS.end));
        seen.it_sells_again();
    }
}

#[test]
fn simulate_a_supplier_that_is_slow_is_one_servers_trouble() {
    for sick in ServerId::iter() {
        let seen = happens("slow", sick, Hits::Slow);
        seen.nobody_elsewhere_notices();
        seen.the_sick_server_pauses();
        seen.it_sells_again();
    }
}

#[test]
fn simulate_a_supplier_that_lies_is_one_servers_trouble() {
    for sick in ServerId::iter() {
        let seen = happens("lying", sick, Hits::Lies);
        seen.nobody_elsewhere_notices();
        seen.the_sick_server_pauses();
        seen.it_sells_again();
    }
}

/// What was seen of a world with a sick supplier.
struct Seen {
    sick: ServerId,
    orders: Vec<Order>,
    pressed_ms: BTreeMap<OrderId, u64>,
    server_of: BTreeMap<OrderId, ServerId>,
    waits: Vec<Wait>,
    incidents: BTreeMap<ServerId, Vec<Incident>>,
    notes: Vec<(u64, Note)>,
}

/// Lets the hour happen, and shows the figures.
fn happens(name: &str, sick: ServerId, hits: fn(ServerId) -> Hits) -> Seen {
    let mut seen = None;
    let (result, diary) = happen_and(&plan(sick, hits), |world| seen = Some(Seen::of(world, sick)));
    if let Err(violation) = result {
        let at = diary.iter().position(|line| line.contains("VIOLATED")).unwrap_or(diary.len());
        panic!("{name}, {sick:?}: {}\n{}", violation.what, diary[at.saturating_sub(80)..at].join("\n"));
    }
    let seen = seen.expect("a world at rest");
    println!("{}", seen.table(name));
    seen
}

/// People buy at both servers all the time, and everything goes well but for one hour at one of them.
fn plan(sick: ServerId, hits: fn(ServerId) -> Hits) -> Plan {
    let seed = 11;
    let mut dice = Dice::of(seed, "sick", 0);
    let mut acts = Vec::new();
    for server in ServerId::iter() {
        for nth in 0..END_MS / BUYS_EVERY_MS {
            let product = if dice.one_in(10) { Kind::Rental } else { Kind::Temporary };
            let service = u32::try_from(dice.between(1, 4)).expect("a small number");
            let what = What::Buy { server, product, service, think_ms: dice.between(300, 5_000), presses: 1 };
            let at_ms = nth * BUYS_EVERY_MS + dice.below(BUYS_EVERY_MS);
            acts.push(Act { at_ms, person: dice.below(PEOPLE), what });
        }
    }
    acts.sort_by_key(|act| act.at_ms);
    let fates = ServerId::iter().map(|server| (server, acts.iter().map(|_| well(&mut dice)).collect())).collect();
    let storms = vec![Storm { from_ms: SICK_MS.start, until_ms: SICK_MS.end, hits: hits(sick) }];
    Plan { seed, people: PEOPLE, acts, fates, deaths: Vec::new(), storms, telegram: Telegram::Steady }
}

/// A number that is sold and receives its code as a rule.
fn well(dice: &mut Dice) -> Fate {
    let Fate { number, foreign_cents, .. } = Fate::plain();
    let answer = Answer::Sold { after_ms: dice.between(200, 3_000) };
    let messages_s = if dice.one_in(8) { Vec::new() } else { vec![dice.between(8, 90)] };
    Fate { answer, number: Life { life_s: 600, messages_s, ..number }, foreign_cents }
}

impl Seen {
    fn of(world: &World, sick: ServerId) -> Self {
        let orders = world.judge.orders();
        let pressed_ms = world.presses.on_buy_ms();
        let server = |order: &OrderId| world.judge.server_of(shop::QuoteId(order.0)).map(|server| (*order, server));
        Self {
            sick,
            server_of: pressed_ms.keys().filter_map(server).collect(),
            waits: waits(world, &orders),
            incidents: ServerId::iter().map(|server| (server, world.judge.incidents.of(server))).collect(),
            notes: world.judge.incidents.notes(),
            orders,
            pressed_ms,
        }
    }

    /// Before, during and after.
    fn spreads(&self, server: ServerId, wait_for: WaitFor) -> [Spread; 3] {
        let spread = |within: std::ops::Range<u64>| {
            let wanted = |wait: &&Wait| wait.server == server && wait.wait_for == wait_for;
            let waits = self.waits.iter().filter(wanted).filter(|wait| within.contains(&wait.from_ms));
            Spread::of(waits.map(|wait| wait.took_ms))
        };
        [0..SICK_MS.start, SICK_MS, SICK_MS.end..u64::MAX].map(spread)
    }

    /// (a) Whoever buys at the other server waits as long as ever, and gets what was bought.
    fn nobody_elsewhere_notices(&self) {
        let poll_ms = u64::try_from(POLL_EVERY.as_millis()).expect("a short time");
        for well in ServerId::iter().filter(|server| *server != self.sick) {
            for wait_for in WaitFor::iter() {
                let [before, during, after] = self.spreads(well, wait_for);
                assert!(before.count > 50 && during.count > 50 && after.count > 50, "{before} {during} {after}");
                for other in [during, after] {
                    assert!(other.distance_ms(&before) <= poll_ms, "{wait_for:?}: {before}, then {other}");
                }
            }
            self.pressed_at(well).for_each(|(order, _)| self.went_well(order));
            assert_eq!(self.incidents[&well], [], "nothing was wrong at {well:?}");
        }
    }

    /// (b) Once its supplier is known not to answer, a server takes no money, says so at once, and the admin hears of it.
    fn the_sick_server_pauses(&self) {
        let silent: Vec<&Incident> = self.silent().collect();
        assert!(!silent.is_empty(), "its silence was noticed");
        let is_silent = |at_ms: u64| silent.iter().any(|incident| incident.lasts_at(at_ms));
        let mut refused = 0;
        let pressed = self.waits.iter().filter(|wait| wait.server == self.sick && wait.wait_for == WaitFor::Step);
        for step in pressed.filter(|step| is_silent(step.from_ms)) {
            assert!(step.took_ms <= AT_ONCE_MS, "a press took {} ms", step.took_ms);
        }
        for (order, pressed_ms) in self.pressed_at(self.sick) {
            // A press is taken in a moment later, and so is what was just noticed.
            if is_silent(pressed_ms) && is_silent(pressed_ms + AT_ONCE_MS) {
                assert!(self.order(order).is_none(), "order {order} was taken at {pressed_ms} ms");
                refused += 1;
            }
        }
        assert!(refused > 0, "somebody was told");
        self.the_admin_hears_of_it();
    }

    /// Of each incident once, and of its end once; not of one that begins within half an hour after the last.
    fn the_admin_hears_of_it(&self) {
        let (server, trouble) = (self.sick, Trouble::Silent);
        let told = self.told_incidents().into_iter().map(|incident| seconds(incident.from_ms)).flat_map(|since| {
            [Note::ServerTroubled { server, trouble, since }, Note::ServerRecovered { server, trouble, since }]
        });
        let heard: Vec<Note> = self.notes.iter().map(|(_, note)| note.clone()).collect();
        assert_eq!(heard, told.collect::<Vec<_>>(), "{:?}", self.silent().collect::<Vec<_>>());
    }

    /// The incidents that the admin is to hear of.
    fn told_incidents(&self) -> Vec<Incident> {
        let mut told: Vec<Incident> = Vec::new();
        for incident in self.silent() {
            let last_s = told.last().map(|last| seconds(last.from_ms));
            if last_s.is_none_or(|last_s| seconds(incident.from_ms) - last_s >= TELL_EVERY_S) {
                told.push(*incident);
            }
        }
        told
    }

    fn silent(&self) -> impl Iterator<Item = &Incident> {
        self.incidents[&self.sick].iter().filter(|incident| incident.trouble == Trouble::Silent)
    }

    fn it_sells_again(&self) {
        let again_ms = SICK_MS.end + SELLS_AGAIN_MS;
        for incident in &self.incidents[&self.sick] {
            assert!(incident.until_ms.is_some_and(|until_ms| until_ms <= again_ms), "{incident:?}");
        }
        let mut sold = 0;
        for (order, _) in self.pressed_at(self.sick).filter(|(_, pressed_ms)| *pressed_ms >= again_ms) {
            self.went_well(order);
            sold += 1;
        }
        assert!(sold > 50, "{sold} were sold again");
    }

    /// A number was sold, and is paid for where a message came.
    fn went_well(&self, id: OrderId) {
        let order = self.order(id).unwrap_or_else(|| panic!("order {id} was refused"));
        let is_paid = order.is_rental() || !order.messages.is_empty();
        let expected = if is_paid { State::Done } else { State::Refunded(RefundReason::Expired) };
        assert_eq!(order.state, expected, "order {id}");
    }

    /// For which orders Buy was pressed at a server, and when.
    fn pressed_at(&self, server: ServerId) -> impl Iterator<Item = (OrderId, u64)> {
        let of_server = move |order: &OrderId| self.server_of.get(order) == Some(&server);
        self.pressed_ms.iter().filter(move |(order, _)| of_server(order)).map(|(order, at_ms)| (*order, *at_ms))
    }

    fn order(&self, id: OrderId) -> Option<&Order> {
        self.orders.iter().find(|order| order.id == id)
    }

    /// The figures, for a person.
    fn table(&self, name: &str) -> String {
        let mut table =
            format!("Server {} is {name} for an hour; waits in seconds: p50, p99, max\n", self.sick.number());
        let _ = writeln!(table, "server wait   {:^28} {:^28} {:^28}", "before", "during", "after");
        for server in ServerId::iter() {
            for wait_for in WaitFor::iter() {
                let [before, during, after] = self.spreads(server, wait_for);
                let what: &str = wait_for.into();
                let _ = writeln!(table, "{:>6} {what:<6} {before} {during} {after}", server.number());
            }
        }
        let silent: Vec<String> = self.silent().map(told).collect();
        let shown = silent.len().min(4);
        let (pressed, taken) = self.during();
        let _ = write!(
            table,
            "silent {} times ({}{}), the admin was told {} times; pressed during that hour {pressed}, taken {taken}",
            silent.len(),
            silent[..shown].join(", "),
            if silent.len() > shown { ", …" } else { "" },
            self.notes.len(),
        );
        table
    }

    /// How often Buy was pressed at the sick server while it was sick, and how many of these became orders.
    fn during(&self) -> (usize, usize) {
        let pressed: Vec<OrderId> =
            self.pressed_at(self.sick).filter(|(_, at_ms)| SICK_MS.contains(at_ms)).map(|(order, _)| order).collect();
        (pressed.len(), pressed.iter().filter(|order| self.order(**order).is_some()).count())
    }
}

fn told(incident: &Incident) -> String {
    let until_s = incident.until_ms.map_or_else(|| "…".to_owned(), |until_ms| (until_ms / 1_000).to_string());
    format!("{} to {until_s} s", incident.from_ms / 1_000)
}

fn seconds(at_ms: u64) -> i64 {
    (BEGINNING_MS + i64::try_from(at_ms).expect("a short time")).div_euclid(1_000)
}
