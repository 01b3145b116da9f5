//! An order's own message: it outlives the conversation, and its buttons belong to the order, not to a session.
//!
//! [`view`] shows an order as it is, [`press`] says what a button means now: whatever the button promised when it was
//! drawn, the order's present state decides. [`granted`] and [`refused`] word what the books answered.

mod errors;
mod extension;
mod rental;
mod screens;

use engine::{Action as _, Lang, Rendered, Screen, Text, screen};
use shop::command::{Command, Refusal};
use shop::ids::base36;
use shop::ledger::Wallet;
use shop::order::{Order, Sleep, State, Wish};
use shop::{Money, OrderId, ServerId, UnixSeconds, places};

use crate::app::{Entry, Kept, SUPPORT};
use crate::env::Env;
use crate::keys;
use crate::parts;
use crate::purchase::Elsewhere;
use crate::text::{Key, money, say, words};

pub(crate) use errors::{error_text, support_after};
pub(crate) use rental::{is_asleep, messages, rental_ended};
pub(crate) use screens::{ended, status};

/// Whether the card asks something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ask {
    /// It shows the order.
    #[default]
    No,
    /// It asks whether to cancel.
    Cancel,
}

/// What a card knows besides its order.
#[derive(Debug, Clone, Copy)]
pub struct CardCx<'a> {
    /// The language to speak.
    pub lang: Lang,
    /// The time.
    pub now: UnixSeconds,
    /// The owner's money.
    pub wallet: Wallet,
    /// Where support is reached.
    pub support_url: Option<&'a str>,
    /// Where else an order's wish is for sale that could not be had ([`crate::purchase::instead_of`]).
    pub elsewhere: &'a [Elsewhere],
    /// Whether a rental can be extended ([`crate::purchase::extending`]).
    pub extending: Extending,
}

/// Whether a rental is offered to be extended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Extending {
    /// It is not.
    #[default]
    No,
    /// At this price.
    At(Money),
    /// At a price that must be asked for.
    Unpriced,
}

/// What a press on a card leads to: at most one command, and maybe a way into the conversation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CardStep {
    /// To be applied for the owner; [`granted`] or [`refused`] words the answer.
    pub command: Option<Command>,
    /// What the card asks from now on.
    pub ask: Ask,
    /// Where the conversation goes, on a new message.
    pub entry: Option<Entry>,
    /// What is said at once.
    pub popup: Option<Popup>,
}

/// A notice over the chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Popup {
    /// That goes by itself.
    Toast(Text),
    /// That must be closed.
    Alert(Text),
}

engine::actions! {
    /// The buttons of a card.
    pub enum Action {
        /// Look for a message now.
        "check" => Check,
        /// Another code on the same number.
        "resend" => Resend,
        /// Wake the rental.
        "wake" => Wake,
        /// More days of the rental.
        "extend" => Extend,
        /// Cancel? Asks first.
        "cancel" => Cancel,
        /// No, keep it.
        "keep" => Keep,
        /// Yes, cancel.
        "yes" => Yes,
        /// Buy something else.
        "another" => Another,
        /// The main menu.
        "home" => Home,
        /// The same once more.
        "again" => Again,
        /// The same service in another country.
        "country" => Country,
        /// The same in this country, by its ISO code's two letters.
        "at" => At(u16),
        /// The same at this server, by its number.
        "on" => On(u8),
        /// The choice of the server.
        "server" => OtherServer,
        /// Another service in the same country.
        "service" => Service,
        /// The same screen again.
        "refresh" => Refresh,
        /// The messages of a rental.
        "messages" => Messages,
        /// Numbers in use.
        "numbers" => Numbers,
        /// Writing to support on this ticket, by its number.
        "ticket" => Ticket(u64),
    }
}

/// The key of an order's card: see [`engine::Surface::Card`].
#[must_use]
pub fn key(order: OrderId) -> String {
    base36(order.0)
}

/// The token of a card's button.
#[must_use]
pub fn token(order: OrderId, action: &Action) -> String {
    format!("o.{}.{}", key(order), action.encode())
}

/// Reads [`token`] back: the order and the action's code.
#[must_use]
pub fn read_token(token: &str) -> Option<(OrderId, &str)> {
    let (order, code) = token.strip_prefix("o.")?.split_once('.')?;
    let id = OrderId::parse(order).filter(|id| key(*id) == order)?;
    Action::decode(code).map(|_| (id, code))
}

/// The screen of an order.
#[must_use]
pub fn view(order: &Order, ask: Ask, cx: &CardCx<'_>) -> Screen<Action> {
    screens::card(order, ask, cx).on_card(key(order.id))
}

/// The screen of an order, ready to be sent.
#[must_use]
pub fn render(order: &Order, ask: Ask, cx: &CardCx<'_>) -> Rendered {
    rendered(&view(order, ask, cx), order.id, cx.lang)
}

/// A screen whose buttons are an order's.
pub(crate) fn rendered(screen: &Screen<Action>, order: OrderId, lang: Lang) -> Rendered {
    screen::render(screen, lang.direction(), |pressed| match pressed {
        screen::Pressed::Action(action) => token(order, action),
        screen::Pressed::Back | screen::Pressed::Home => token(order, &Action::Home),
    })
}

/// An order's card as a state of a conversation shows it: the text alone, for the buttons are the card's own.
pub(crate) fn shown<A>(order: OrderId, cx: &engine::Ctx<'_, Env>) -> Screen<A> {
    let support_url = cx.env.support_url.as_deref();
    let card = CardCx {
        lang: cx.lang,
        now: cx.now,
        wallet: cx.env.wallet,
        support_url,
        elsewhere: &[],
        extending: Extending::No,
    };
    let text = cx
        .env
        .order(order)
        .map_or_else(|| words(cx.lang, keys::CARD_STARTING), |order| view(order, Ask::No, &card).text);
    Screen::new(text).on_card(key(order))
}

/// What a press means, by the order's present state.
#[must_use]
pub fn press(order: &Order, ask: Ask, action_code: &str, cx: &CardCx<'_>) -> CardStep {
    let Some(action) = Action::decode(action_code) else {
        return toast(keys::WORDS_OLD_MENU, cx);
    };
    match action {
        Action::Check => check(order, cx),
        Action::Resend => resend(order, cx),
        Action::Wake => wake(order, cx),
        Action::Extend if order.can_be_extended(cx.now) => entry(Entry::Extend(order.extension())),
        Action::Extend => alert(words(cx.lang, keys::REFUSAL_NOT_EXTENDABLE)),
        Action::Cancel => cancel(order, cx),
        Action::Yes => match ask {
            Ask::Cancel if order.can_cancel(cx.now) => command(Command::Cancel(order.id)),
            Ask::Cancel | Ask::No => cancel(order, cx),
        },
        Action::Keep => CardStep::default(),
        Action::Refresh if order.is_open() => toast(keys::CARD_STILL_CHECKING, cx),
        Action::Refresh => CardStep::default(),
        Action::Another | Action::Home | Action::Numbers | Action::Ticket(_) => {
            CardStep { entry: without_order(action_code), ..CardStep::default() }
        }
        Action::Again => entry(Entry::Again(order.wish.clone())),
        Action::Country => entry(Entry::OtherCountry(order.wish.clone())),
        Action::At(letters) => match iso2(letters) {
            Some(iso2) => entry(Entry::Again(Wish { iso2, ..order.wish.clone() })),
            None => toast(keys::WORDS_OLD_MENU, cx),
        },
        Action::On(number) => match ServerId::numbered(number) {
            Some(server) => entry(Entry::Again(Wish { server, ..order.wish.clone() })),
            None => toast(keys::WORDS_OLD_MENU, cx),
        },
        Action::OtherServer => entry(Entry::OtherServer(Kept::of(&order.wish))),
        Action::Service => entry(Entry::OtherService(order.wish.clone())),
        Action::Messages => entry(Entry::Messages(order.id)),
    }
}

/// The button of a place: `None` for a country without an ISO code.
fn at(place: &Elsewhere) -> Option<Action> {
    match place {
        Elsewhere::Server { server, .. } => Some(Action::On(server.number())),
        Elsewhere::OtherServer => Some(Action::OtherServer),
        Elsewhere::Country { iso2, .. } => {
            let letters: [u8; 2] = iso2.as_bytes().try_into().ok()?;
            Some(Action::At(u16::from_be_bytes(letters)))
        }
    }
}

/// The ISO code of a country's button.
fn iso2(letters: u16) -> Option<String> {
    let iso2 = String::from_utf8(letters.to_be_bytes().to_vec()).ok()?;
    places::flag(&iso2).map(|_| iso2)
}

/// Where a button leads that belongs to no order: those of messages that are about none.
#[must_use]
pub fn without_order(action_code: &str) -> Option<Entry> {
    match Action::decode(action_code)? {
        Action::Another => Some(Entry::Buy),
        Action::Home => Some(Entry::Menu),
        Action::Numbers => Some(Entry::Numbers),
        Action::Ticket(number) => {
            Some(Entry::Command { name: SUPPORT.to_owned(), about: format!("t_{}", base36(number)) })
        }
        // These are about an order.
        Action::Check
        | Action::Resend
        | Action::Wake
        | Action::Extend
        | Action::Cancel
        | Action::Keep
        | Action::Yes
        | Action::Again
        | Action::Country
        | Action::At(_)
        | Action::On(_)
        | Action::OtherServer
        | Action::Service
        | Action::Refresh
        | Action::Messages => None,
    }
}

/// What is said when the command of [`press`] was stored. `order` is the order as it is now.
#[must_use]
pub fn granted(action: &Action, order: &Order, cx: &CardCx<'_>) -> Option<Popup> {
    let text = match action {
        Action::Check if order.messages.is_empty() => words(cx.lang, keys::CARD_NO_MESSAGE_YET),
        Action::Check => words(cx.lang, keys::CARD_NO_NEW_MESSAGE),
        Action::Resend => words(cx.lang, keys::CARD_RESEND_ASKED),
        Action::Wake => return order.sleep(cx.now).map(|sleep| Popup::Toast(rental::notice(sleep, cx.lang))),
        Action::Yes => cancelled(order, cx),
        Action::Cancel
        | Action::Extend
        | Action::Keep
        | Action::Another
        | Action::Home
        | Action::Again
        | Action::Country
        | Action::At(_)
        | Action::On(_)
        | Action::OtherServer
        | Action::Service
        | Action::Refresh
        | Action::Messages
        | Action::Numbers
        | Action::Ticket(_) => return None,
    };
    Some(Popup::Toast(text))
}

/// What is said when the command of [`press`] was refused.
#[must_use]
pub fn refused(refusal: &Refusal, order: &Order, cx: &CardCx<'_>) -> Popup {
    match refusal {
        Refusal::TooLate => Popup::Alert(why_not(order, cx)),
        Refusal::JustChecked { seconds_ago } if order.state == State::Done && !order.is_rental() => {
            Popup::Toast(crate::words::just_asked(*seconds_ago, cx.lang))
        }
        Refusal::JustChecked { .. } | Refusal::NoCodeYet | Refusal::QuoteUsed(_) => {
            Popup::Toast(crate::words::refusal(refusal, cx.lang))
        }
        Refusal::NotEnough { .. }
        | Refusal::QuoteExpired
        | Refusal::PriceChanged { .. }
        | Refusal::NotSelling
        | Refusal::TooManyOpen
        | Refusal::ShopBusy
        | Refusal::TooFast
        | Refusal::Suspended
        | Refusal::UnknownOrder
        | Refusal::BeingExtended
        | Refusal::BelowZero { .. }
        | Refusal::TooManyTickets
        | Refusal::TicketsTooFast
        | Refusal::TicketClosed
        | Refusal::TextTooLong
        | Refusal::NonceUsed => Popup::Alert(crate::words::refusal(refusal, cx.lang)),
    }
}

fn check(order: &Order, cx: &CardCx<'_>) -> CardStep {
    let rented = order.is_rental() && order.is_listed(cx.now);
    match order.state {
        State::Active | State::Closing { .. } => command(Command::CheckNow(order.id)),
        State::Done if rented => command(Command::CheckNow(order.id)),
        State::Reserved | State::Buying { .. } | State::Ambiguous { .. } => toast(keys::CARD_STILL_CHECKING, cx),
        State::Done | State::Refunded(_) => toast(keys::WORDS_ALREADY_DONE, cx),
    }
}

fn resend(order: &Order, cx: &CardCx<'_>) -> CardStep {
    if order.is_rental() {
        return alert(words(cx.lang, keys::CARD_RENTAL_MORE));
    }
    match order.state {
        State::Done => command(Command::Resend(order.id)),
        State::Refunded(_) => alert(resend_refused(order, cx)),
        State::Reserved | State::Buying { .. } | State::Ambiguous { .. } | State::Active | State::Closing { .. } => {
            toast(keys::REFUSAL_NO_CODE_YET, cx)
        }
    }
}

/// Somebody else may have woken it, or it wakes by itself: then it is said.
fn wake(order: &Order, cx: &CardCx<'_>) -> CardStep {
    match order.sleep(cx.now) {
        Some(Sleep::Asleep | Sleep::NotWoken) => command(Command::Wake(order.id)),
        Some(sleep @ (Sleep::Waking | Sleep::Awake { .. })) => {
            CardStep { popup: Some(Popup::Toast(rental::notice(sleep, cx.lang))), ..CardStep::default() }
        }
        None => toast(keys::WORDS_ALREADY_DONE, cx),
    }
}

/// The question, or why there is none.
fn cancel(order: &Order, cx: &CardCx<'_>) -> CardStep {
    if order.can_cancel(cx.now) {
        return CardStep { ask: Ask::Cancel, ..CardStep::default() };
    }
    match order.state {
        State::Closing { .. } => toast(keys::CARD_CANCEL_STARTED, cx),
        State::Refunded(_) => toast(keys::WORDS_ALREADY_DONE, cx),
        State::Reserved | State::Buying { .. } | State::Ambiguous { .. } | State::Active | State::Done => {
            alert(why_not(order, cx))
        }
    }
}

/// Why an order cannot be cancelled, or asked for another code.
fn why_not(order: &Order, cx: &CardCx<'_>) -> Text {
    let key = match order.state {
        State::Reserved | State::Buying { .. } | State::Ambiguous { .. } => keys::REFUSAL_BUYING,
        State::Active | State::Done if order.is_rental() => keys::REFUSAL_NOT_REFUNDABLE,
        State::Done if order.parent.is_none() && order.messages.len() == 1 => keys::REFUSAL_CODE_ARRIVED,
        State::Active | State::Done | State::Closing { .. } | State::Refunded(_) => keys::REFUSAL_TOO_LATE,
    };
    words(cx.lang, key)
}

fn resend_refused(order: &Order, cx: &CardCx<'_>) -> Text {
    say(cx.lang, keys::CARD_RESEND_REFUSED, &parts::named(cx.lang, &order.wish))
}

fn cancelled(order: &Order, cx: &CardCx<'_>) -> Text {
    if order.is_open() {
        return words(cx.lang, keys::CARD_CANCEL_STARTED);
    }
    let key = if is_free(order) { keys::CARD_CANCEL_DONE_FREE } else { keys::CARD_CANCEL_DONE };
    say(cx.lang, key, &[("price", money(order.price))])
}

/// Whether the user pays nothing for it: another code on a number that was paid for.
fn is_free(order: &Order) -> bool {
    order.price <= Money::ZERO
}

fn command(command: Command) -> CardStep {
    CardStep { command: Some(command), ..CardStep::default() }
}

fn entry(entry: Entry) -> CardStep {
    CardStep { entry: Some(entry), ..CardStep::default() }
}

fn toast(key: Key, cx: &CardCx<'_>) -> CardStep {
    CardStep { popup: Some(Popup::Toast(words(cx.lang, key))), ..CardStep::default() }
}

fn alert(text: Text) -> CardStep {
    CardStep { popup: Some(Popup::Alert(text)), ..CardStep::default() }
}
