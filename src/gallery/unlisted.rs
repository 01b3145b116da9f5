//! Screens that belong to no flow: cards in every state, messages with sound, and notices over the chat.

mod tickets;
mod troubles;

use engine::{Lang, Rendered, direction};
use flows::card::{self, Ask, CardCx, Extending};
use flows::note;
use flows::purchase::{self, Elsewhere};
use flows::words::{self, Notice};
use shop::command::Note;
use shop::order::{CloseReason, Extended, Number, Order, RefundReason, State, Wake};
use shop::{ErrorCode, Money, OrderId};
use strum::IntoEnumIterator as _;

use crate::scenes::{LANGS, NOW, SCENES, SLEEPER, SUPPORT_URL, Scene};

/// A screen of no flow with what it was made from.
#[derive(Debug, Clone)]
pub struct Unlisted {
    /// `card`, `note` or `notice`.
    pub kind: &'static str,
    /// What it shows, in a word.
    pub example: String,
    /// The world.
    pub scene: Scene,
    /// The language.
    pub lang: Lang,
    /// The screen.
    pub rendered: Rendered,
}

impl Unlisted {
    /// The screen's name: `<kind>.<example>.<world>.<language>`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}.{}.{}.{}", self.kind, self.example, self.scene.name(), self.lang.code())
    }
}

/// Every card and every message with sound, each in both languages side by side.
#[must_use]
pub fn all() -> Vec<Unlisted> {
    let of_orders = SCENES.into_iter().flat_map(|scene| cards(scene).into_iter().chain(messages(scene)));
    of_orders.chain(tickets::all()).chain(troubles::all()).collect()
}

fn cards(scene: Scene) -> Vec<Unlisted> {
    let mut all = Vec::new();
    for (example, order, ask) in orders(scene) {
        all.extend(LANGS.map(|lang| {
            let elsewhere = elsewhere(scene, Some(&order), lang);
            let extending = purchase::extending(&order, scene.env().servers());
            let cx = CardCx { elsewhere: &elsewhere, extending, ..card_context(scene, lang) };
            let rendered = card::render(&order, ask, &cx);
            Unlisted { kind: "card", example: example.clone(), scene, lang, rendered }
        }));
    }
    all
}

fn messages(scene: Scene) -> Vec<Unlisted> {
    let mut all = Vec::new();
    for (example, fact, order, earlier_messages) in notes(scene) {
        all.extend(LANGS.map(|lang| {
            let subject = note::Subject { order: order.as_ref(), earlier_messages, ..note::Subject::default() };
            let elsewhere = elsewhere(scene, order.as_ref(), lang);
            let cx = CardCx { elsewhere: &elsewhere, ..card_context(scene, lang) };
            let (rendered, _) = note::render(&fact, subject, &cx);
            Unlisted { kind: "note", example: example.to_owned(), scene, lang, rendered }
        }));
    }
    all
}

/// Orders in every state and at every moment that has a screen of its own, with a word for each.
#[must_use]
pub fn orders(scene: Scene) -> Vec<(String, Order, Ask)> {
    let closing = |reason| State::Closing { reason, deadline: NOW + 500, next_try: NOW + 10 };
    let just_made = Order { created_at: NOW - 2, ..scene.order(2, State::Reserved) };
    let buying = |state: State| Order { state, ..just_made.clone() };
    let (active, fresh_rental) = (scene.order(1, State::Active), scene.order(3, State::Active));
    let asleep = scene.order(SLEEPER, State::Done);
    let extension =
        |state| Order { number: None, messages: vec![], wish: fresh_rental.extension(), ..scene.order(108, state) };
    let brought = Extended { cost: fresh_rental.quoted_cost, until: NOW + 55 * 86_400 };
    let extended = Order { extended: Some(brought), ..extension(State::Done) };
    let child = Order { parent: Some(OrderId(1)), price: Money::ZERO, ..active.clone() };
    let refundable = with_life(&fresh_rental, 30 * 86_400 - 600);
    let refunded = |reason| scene.order(102, State::Refunded(reason));
    let mut all: Vec<(&str, Order, Ask)> = vec![
        ("reserved", just_made.clone(), Ask::No),
        ("buying", buying(State::Buying { boot: 1, sent_at: NOW - 1 }), Ask::No),
        ("still_trying", Order { created_at: NOW - 9, ..just_made.clone() }, Ask::No),
        ("ambiguous", scene.order(4, State::Ambiguous { sent_at: NOW - 60, clean_misses: 1 }), Ask::No),
        ("active", active.clone(), Ask::No),
        ("hurry", with_life(&active, 90), Ask::No),
        ("asking", active.clone(), Ask::Cancel),
        ("waiting_more", child.clone(), Ask::No),
        ("asking_free", child.clone(), Ask::Cancel),
        ("active_rental", fresh_rental.clone(), Ask::No),
        ("refundable_rental", refundable.clone(), Ask::No),
        ("asking_rental", refundable, Ask::Cancel),
        ("cancelling", Order { state: closing(CloseReason::Cancel), ..active.clone() }, Ask::No),
        ("cancelling_free", Order { state: closing(CloseReason::Cancel), ..child.clone() }, Ask::No),
        ("ending", Order { state: closing(CloseReason::Expiry), ..active }, Ask::No),
        ("ending_free", Order { state: closing(CloseReason::Expiry), ..child.clone() }, Ask::No),
        ("done", scene.order(1, State::Done), Ask::No),
        ("done_rental", scene.order(3, State::Done), Ask::No),
        ("sleeping_rental", asleep.clone(), Ask::No),
        ("sleeping_rental_new", Order { messages: vec![], ..asleep.clone() }, Ask::No),
        ("waking_rental", Order { wake: Some(Wake::Asked { at: NOW - 20 }), ..asleep.clone() }, Ask::No),
        ("awake_rental", Order { wake: Some(Wake::Awake { until: NOW + 900 }), ..asleep.clone() }, Ask::No),
        ("not_woken_rental", Order { wake: Some(Wake::Failed { at: NOW - 20 }), ..asleep }, Ask::No),
        ("rental_ended", scene.order(106, State::Done), Ask::No),
        ("extending", extension(State::Buying { boot: 1, sent_at: NOW - 1 }), Ask::No),
        ("extension_unclear", extension(State::Ambiguous { sent_at: NOW - 60, clean_misses: 1 }), Ask::No),
        ("extended", extended, Ask::No),
        ("not_extended", extension(State::Refunded(RefundReason::Refused(ErrorCode::OutOfStock))), Ask::No),
        ("extension_price", extension(State::Refunded(RefundReason::PriceChanged)), Ask::No),
        ("extension_late", extension(State::Refunded(RefundReason::NotStarted)), Ask::No),
        ("extension_missed", extension(State::Refunded(RefundReason::NotBought)), Ask::No),
        ("extension_unknown", extension(State::Refunded(RefundReason::Unknown)), Ask::No),
        ("code_after_refund", scene.order(107, State::Refunded(RefundReason::Expired)), Ask::No),
        ("price_changed", refunded(RefundReason::PriceChanged), Ask::No),
        ("not_started", refunded(RefundReason::NotStarted), Ask::No),
        ("not_bought", refunded(RefundReason::NotBought), Ask::No),
        ("unknown", refunded(RefundReason::Unknown), Ask::No),
        ("cancelled", refunded(RefundReason::Cancelled), Ask::No),
        ("cancelled_early", Order { number: None, ..refunded(RefundReason::Cancelled) }, Ask::No),
        ("cancelled_free", Order { state: State::Refunded(RefundReason::Cancelled), ..child }, Ask::No),
        ("expired", to_its_end(&refunded(RefundReason::Expired)), Ask::No),
        ("withdrawn", refunded(RefundReason::Expired), Ask::No),
    ];
    let longest = Order { id: OrderId(u64::MAX), ..scene.order(1, State::Active) };
    all.push(("longest_number", longest, Ask::No));
    let mut all: Vec<_> = all.into_iter().map(|(name, order, ask)| (name.to_owned(), order, ask)).collect();
    all.extend(
        ErrorCode::iter().map(|code| (format!("refused_{code}"), refunded(RefundReason::Refused(code)), Ask::No)),
    );
    all
}

/// The order as one that nobody ended before its time.
fn to_its_end(order: &Order) -> Order {
    let number = order.number.clone();
    let number = number.map(|number| Number { expires_at: order.ended_at.unwrap_or(number.expires_at), ..number });
    Order { number, ..order.clone() }
}

/// The order with so many seconds left.
fn with_life(order: &Order, left_s: i64) -> Order {
    let number = order.number.clone().map(|number| Number { expires_at: NOW + left_s, ..number });
    Order { number, ..order.clone() }
}

/// Where else what an order is for is for sale, in a world.
fn elsewhere(scene: Scene, order: Option<&Order>, lang: Lang) -> Vec<Elsewhere> {
    order.map_or_else(Vec::new, |order| purchase::instead_of(order, scene.env().servers(), lang))
}

/// What a card may look at, in a world; nothing is for sale elsewhere.
#[must_use]
pub fn card_context(scene: Scene, lang: Lang) -> CardCx<'static> {
    let support_url = (scene != Scene::Empty).then_some(SUPPORT_URL);
    CardCx { lang, now: NOW, wallet: scene.wallet(), support_url, elsewhere: &[], extending: Extending::No }
}

/// Every message with sound: its fact, its order, and how many messages came before that.
fn notes(scene: Scene) -> Vec<(&'static str, Note, Option<Order>, usize)> {
    let (done, rental) = (scene.order(1, State::Done), scene.order(3, State::Done));
    let child = Order { parent: Some(OrderId(9)), price: Money::ZERO, ..done.clone() };
    let late = scene.order(107, State::Refunded(RefundReason::Expired));
    let no_code = scene.order(105, State::Done);
    let refunded = |reason| Some(scene.order(102, State::Refunded(reason)));
    let id = OrderId(102);
    let code = |order: &Order, index| Note::Code { order: order.id, index, code: order.code().map(str::to_owned) };
    vec![
        ("code", code(&done, 0), Some(done.clone()), 0),
        ("code_alone", code(&done, 0), None, 0),
        ("code_again", code(&child, 0), Some(child), 1),
        ("rental_code", code(&rental, 0), Some(rental.clone()), 0),
        ("rental_code_again", code(&rental, 1), Some(rental), 0),
        ("not_charged", code(&late, 0), Some(late), 0),
        ("no_code", code(&no_code, 0), Some(no_code), 0),
        ("expired", Note::Expired(id), refunded(RefundReason::Expired).map(|order| to_its_end(&order)), 0),
        ("expired_alone", Note::Expired(id), None, 0),
        ("cancelled", Note::Cancelled(id), refunded(RefundReason::Cancelled), 0),
        ("cancelled_alone", Note::Cancelled(id), None, 0),
        ("failed", Note::Failed(id), refunded(RefundReason::NotBought), 0),
        ("failed_unknown", Note::Failed(id), refunded(RefundReason::Unknown), 0),
        ("failed_refused", Note::Failed(id), refunded(RefundReason::Refused(ErrorCode::OutOfStock)), 0),
        ("failed_alone", Note::Failed(id), None, 0),
        ("no_resend", Note::NoResend(done.id), Some(done), 0),
        ("no_resend_alone", Note::NoResend(id), None, 0),
        ("kept", Note::Kept(OrderId(106)), Some(scene.order(106, State::Done)), 0),
        ("rental_ended", Note::RentalEnded(OrderId(106)), Some(scene.order(106, State::Done)), 0),
        ("rental_ended_alone", Note::RentalEnded(OrderId(106)), None, 0),
        ("credited", Note::Credited { amount: Money::from_cents(500) }, None, 0),
    ]
}

/// What is said over a chat, in the usual world.
#[must_use]
pub fn notices() -> Vec<Unlisted> {
    let one = |notice: Notice, lang: Lang| {
        let text = words::words(notice, lang, Some(SUPPORT_URL));
        let rendered = Rendered { pieces: direction::directed(&text, lang.direction()), rows: vec![] };
        Unlisted { kind: "notice", example: format!("{notice:?}"), scene: Scene::Usual, lang, rendered }
    };
    Notice::iter().flat_map(|notice| LANGS.map(|lang| one(notice, lang))).collect()
}
