//! The wallet: what can be spent, what is held, and every movement.

use engine::step::Row;
use engine::{Event, Fixture, Flow, Lang, Reason, Screen, Step, Text, To};
use serde::{Deserialize, Serialize};
use shop::Money;
use shop::ledger::Kind as Posted;

use crate::app::{Output, Raqam};
use crate::env::{Env, Movement, Needs, StatementPage, StatementRequest};
use crate::parts::{self, button, date, footer, home, lines, page_of, pages, paragraphs, row, support, turning};
use crate::text::{money, say, signed, words};
use crate::{keys, settings};

/// The flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wallet;

/// Where a person stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::EnumDiscriminants)]
#[strum_discriminants(
    name(Kind),
    derive(PartialOrd, Ord, strum::IntoStaticStr, strum::EnumIter, strum::EnumMessage),
    doc = "The kinds of [`State`]."
)]
pub enum State {
    /// What is there.
    Balance,
    /// What has moved.
    Statement {
        /// The page, from 0.
        page: u32,
        /// Only this place in the books and older ones, so that new movements do not shift the pages.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        anchor: Option<u64>,
    },
}

engine::actions! {
    /// The buttons.
    pub enum Action {
        /// The movements.
        "t" => Transactions,
        /// This page of them.
        "p" => Page(u32),
    }
}

type Cx<'a> = engine::Ctx<'a, Env>;

impl Flow for Wallet {
    type App = Raqam;
    type State = State;
    type Kind = Kind;
    type Action = Action;
    type Timer = ();

    const TAG: &'static str = "wal";
    const VERSION: u16 = 1;
    const MIGRATIONS: &'static [engine::Migration] = &[];
    const TABLE: &'static [Row<Kind>] = &[
        row(Kind::Balance, "Transactions", "", To::State(Kind::Statement)),
        row(Kind::Balance, "back", "", To::Done),
        row(Kind::Balance, "cancel", "", To::Done),
        row(Kind::Statement, "Page", "", To::State(Kind::Statement)),
        row(Kind::Statement, "back", "", To::State(Kind::Balance)),
        row(Kind::Statement, "cancel", "", To::Done),
    ];
    const INITIAL: &'static [Kind] = &[Kind::Balance];

    fn kind(state: &State) -> Kind {
        Kind::from(state)
    }

    fn needs(state: &State) -> Needs {
        match *state {
            State::Balance => Needs::default(),
            State::Statement { page, anchor } => {
                Needs { statement: Some(StatementRequest { anchor, page }), ..Needs::default() }
            }
        }
    }

    fn update(state: State, event: Event<Self>, cx: &Cx<'_>) -> Step<Self> {
        match state {
            State::Balance => balance(&event),
            State::Statement { anchor, .. } => statement(anchor, &event, cx),
        }
    }

    fn view(state: &State, cx: &Cx<'_>) -> Screen<Action> {
        match state {
            State::Balance => balance_screen(cx),
            State::Statement { page, .. } => statement_screen(*page, cx.env.statement.as_ref(), cx.lang),
        }
    }

    fn fixtures(kind: Kind) -> Vec<Fixture<Self>> {
        match kind {
            Kind::Balance => vec![Fixture::new("balance", State::Balance)],
            Kind::Statement => vec![
                Fixture::new("first-page", State::Statement { page: 0, anchor: None }),
                Fixture::new("later-page", State::Statement { page: 1, anchor: None }),
            ],
        }
    }

    fn probes() -> Vec<Event<Self>> {
        settings::probes()
    }
}

fn balance(event: &Event<Wallet>) -> Step<Wallet> {
    match event {
        Event::Press(Action::Transactions) => Step::Go(State::Statement { page: 0, anchor: None }, vec![]),
        Event::Back | Event::Cancel => Step::Done(Output::Left, vec![]),
        Event::Text(_) => Step::Ignore(Reason::NotUnderstood),
        // The other screen's buttons, and what belongs to other flows.
        Event::Press(Action::Page(_))
        | Event::Pick(_)
        | Event::Start(_)
        | Event::Timer(())
        | Event::Reply(_)
        | Event::Refused(_)
        | Event::Resume(_) => Step::Ignore(Reason::NotHere),
    }
}

fn statement(anchor: Option<u64>, event: &Event<Wallet>, cx: &Cx<'_>) -> Step<Wallet> {
    match event {
        Event::Press(Action::Page(page)) => {
            let anchor = anchor.or_else(|| cx.env.statement.as_ref()?.anchor);
            Step::Go(State::Statement { page: *page, anchor }, vec![])
        }
        Event::Back => Step::Go(State::Balance, vec![]),
        Event::Cancel => Step::Done(Output::Left, vec![]),
        Event::Text(_) => Step::Ignore(Reason::NotUnderstood),
        // The other screen's button, and what belongs to other flows.
        Event::Press(Action::Transactions)
        | Event::Pick(_)
        | Event::Start(_)
        | Event::Timer(())
        | Event::Reply(_)
        | Event::Refused(_)
        | Event::Resume(_) => Step::Ignore(Reason::NotHere),
    }
}

fn balance_screen(cx: &Cx<'_>) -> Screen<Action> {
    let (lang, wallet) = (cx.lang, cx.env.wallet);
    let balance = say(lang, keys::WALLET_BALANCE, &[("balance", money(wallet.available))]);
    let reserved = if wallet.held > Money::ZERO {
        say(lang, keys::WALLET_RESERVED, &[("reserved", money(wallet.held))])
    } else {
        Text::new()
    };
    let top_up = if cx.env.support_url.is_some() { keys::WALLET_TOP_UP } else { keys::WALLET_NO_TOP_UP };
    let text = paragraphs([lines([balance, reserved]), words(lang, top_up)]);
    Screen::new(text)
        .row(support(lang, keys::COMMON_SUPPORT, cx.env.support_url.as_deref()))
        .row([button(lang, keys::WALLET_TRANSACTIONS, Action::Transactions)])
        .row([home(lang)])
}

fn statement_screen(page: u32, statement: Option<&StatementPage>, lang: Lang) -> Screen<Action> {
    let total = statement.map_or(0, |statement| statement.total);
    let pages = pages(total);
    let page = page.min(pages - 1);
    let rows = statement.into_iter().flat_map(|statement| &statement.entries).filter_map(|entry| line(entry, lang));
    let rows = lines(rows);
    let text = if rows.is_empty() {
        paragraphs([words(lang, keys::WALLET_TITLE), words(lang, keys::WALLET_EMPTY)])
    } else {
        paragraphs([say(lang, keys::WALLET_TITLE_PAGED, &[("page", page_of(lang, page, pages))]), rows])
    };
    Screen::new(text).row(turning(lang, page, pages, Action::Page)).row(footer(lang))
}

/// A movement that changed what can be spent; a capture did not, its hold had.
fn line(Movement { transaction, wish }: &Movement, lang: Lang) -> Option<Text> {
    let delta = transaction.available_delta();
    let key = match (transaction.kind, wish) {
        (Posted::Adjust, _) if delta.is_negative() => keys::WALLET_CORRECTED,
        (Posted::Adjust, _) => keys::WALLET_TOPPED_UP,
        (Posted::Hold, Some(_)) => keys::WALLET_PAID,
        (Posted::Hold, None) => keys::WALLET_PAID_UNKNOWN,
        (Posted::Release, _) => keys::WALLET_REFUNDED,
        (Posted::Capture | Posted::Cost | Posted::CostBack, _) => return None,
    };
    let order = transaction.order.map_or_else(Text::new, |order| Text::ltr(order.to_string()));
    let mut arguments = vec![("amount", signed(delta)), ("order", order), ("date", date(transaction.at))];
    arguments.extend(wish.iter().flat_map(|wish| parts::named(lang, wish)));
    (delta != Money::ZERO).then(|| say(lang, key, &arguments))
}
