//! Buying a number: from the kind of number to the order, in six states.
//!
//! `state` holds the states; `choose`, `search` and `confirm` decide; `quote` computes prices and where to go next,
//! `elsewhere` what to offer in place of what has sold out; `screens` and `checkout` show. The price that is shown is the price that is charged: it is quoted to the books when it
//! is shown, and the books alone decide whether it can be bought.

mod checkout;
mod choose;
mod confirm;
mod elsewhere;
mod extending;
mod fixtures;
mod quote;
mod screens;
mod search;
mod state;

use engine::step::Row;
use engine::{Event, Fixture, Flow, Screen, Step, To};

use crate::app::{Kept, Output, Raqam};
use crate::env::{Beside, Env, Needs};
use crate::parts::row;

pub use elsewhere::{Elsewhere, Lack, elsewhere, instead_of};
pub use extending::{extend, extending};
pub use fixtures::{sample_extension, sample_wish};
pub use quote::{again, other_country, other_service};
pub use state::{
    Action, Begin, CountrySearch, Draft, Kind, Load, Mode, News, ServiceSearch, Shelf, Shown, State, Stop, Timer,
};

/// The flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purchase;

pub(crate) type Cx<'a> = engine::Ctx<'a, Env>;

const TYPE: To<Kind> = To::State(Kind::ChooseType);
const DURATION: To<Kind> = To::State(Kind::ChooseDuration);
const COUNTRY: To<Kind> = To::State(Kind::SearchCountry);
const SERVICE: To<Kind> = To::State(Kind::SearchService);
const CONFIRM: To<Kind> = To::State(Kind::Confirm);
const WAITING: To<Kind> = To::State(Kind::Waiting);

impl Flow for Purchase {
    type App = Raqam;
    type State = State;
    type Kind = Kind;
    type Action = Action;
    type Timer = Timer;

    const TAG: &'static str = "buy";
    const VERSION: u16 = 1;
    const MIGRATIONS: &'static [engine::Migration] = &[];
    const TABLE: &'static [Row<Kind>] = &[
        row(Kind::ChooseType, "Temporary", "", COUNTRY),
        row(Kind::ChooseType, "Temporary", "country known", SERVICE),
        row(Kind::ChooseType, "Temporary", "country and service known", CONFIRM),
        row(Kind::ChooseType, "Rental", "", DURATION),
        row(Kind::ChooseType, "pick Country", "", TYPE),
        row(Kind::ChooseType, "pick Service", "", TYPE),
        row(Kind::ChooseType, "back", "", To::Done),
        row(Kind::ChooseType, "OtherServer", "", To::Done),
        row(Kind::ChooseType, "cancel", "", To::Done),
        row(Kind::ChooseDuration, "Days", "", COUNTRY),
        row(Kind::ChooseDuration, "Days", "country known", SERVICE),
        row(Kind::ChooseDuration, "Days", "country and service known", CONFIRM),
        row(Kind::ChooseDuration, "Refresh", "still loading", DURATION),
        row(Kind::ChooseDuration, "pick Country", "", DURATION),
        row(Kind::ChooseDuration, "pick Service", "", DURATION),
        row(Kind::ChooseDuration, "back", "", TYPE),
        row(Kind::ChooseDuration, "OtherServer", "", To::Done),
        row(Kind::ChooseDuration, "cancel", "", To::Done),
        row(Kind::SearchCountry, "Country", "", SERVICE),
        row(Kind::SearchCountry, "Country", "service known", CONFIRM),
        row(Kind::SearchCountry, "pick Country", "", SERVICE),
        row(Kind::SearchCountry, "pick Country", "service known", CONFIRM),
        row(Kind::SearchCountry, "pick Service", "", COUNTRY),
        row(Kind::SearchCountry, "List", "", COUNTRY),
        row(Kind::SearchCountry, "Refresh", "", COUNTRY),
        row(Kind::SearchCountry, "text", "", COUNTRY),
        row(Kind::SearchCountry, "back", "from a list", COUNTRY),
        row(Kind::SearchCountry, "back", "temporary", TYPE),
        row(Kind::SearchCountry, "back", "rental", DURATION),
        row(Kind::SearchCountry, "OtherServer", "", To::Done),
        row(Kind::SearchCountry, "cancel", "", To::Done),
        row(Kind::SearchService, "Service", "", CONFIRM),
        row(Kind::SearchService, "NotListed", "", CONFIRM),
        row(Kind::SearchService, "pick Service", "", CONFIRM),
        row(Kind::SearchService, "pick Service", "not sold", SERVICE),
        row(Kind::SearchService, "pick Country", "", SERVICE),
        row(Kind::SearchService, "pick Country", "service known", CONFIRM),
        row(Kind::SearchService, "text", "", SERVICE),
        row(Kind::SearchService, "Refresh", "", SERVICE),
        row(Kind::SearchService, "OtherCountry", "", COUNTRY),
        row(Kind::SearchService, "reply OffersLoaded", "", SERVICE),
        row(Kind::SearchService, "reply OffersLoaded", "service known", CONFIRM),
        row(Kind::SearchService, "reply LoadFailed", "", SERVICE),
        row(Kind::SearchService, "back", "from a search", SERVICE),
        row(Kind::SearchService, "back", "", COUNTRY),
        row(Kind::SearchService, "back", "only country, temporary", TYPE),
        row(Kind::SearchService, "back", "only country, rental", DURATION),
        row(Kind::SearchService, "OtherServer", "", To::Done),
        row(Kind::SearchService, "cancel", "", To::Done),
        row(Kind::Confirm, "Buy", "", WAITING),
        row(Kind::Confirm, "Buy", "server paused", CONFIRM),
        row(Kind::Confirm, "Requote", "", CONFIRM),
        row(Kind::Confirm, "OtherCountry", "", COUNTRY),
        row(Kind::Confirm, "OtherService", "", SERVICE),
        row(Kind::Confirm, "Country", "sold there", CONFIRM),
        row(Kind::Confirm, "Country", "prices unknown", SERVICE),
        row(Kind::Confirm, "Server", "sold there", CONFIRM),
        row(Kind::Confirm, "Server", "prices unknown", SERVICE),
        row(Kind::Confirm, "pick Country", "sold there", CONFIRM),
        row(Kind::Confirm, "pick Country", "prices unknown", SERVICE),
        row(Kind::Confirm, "pick Service", "", CONFIRM),
        row(Kind::Confirm, "reply Cost", "", CONFIRM),
        row(Kind::Confirm, "reply CostFailed", "", CONFIRM),
        row(Kind::Confirm, "timer QuoteExpired", "", CONFIRM),
        row(Kind::Confirm, "refused NotEnough", "", CONFIRM),
        row(Kind::Confirm, "refused PriceChanged", "", CONFIRM),
        row(Kind::Confirm, "refused QuoteExpired", "", CONFIRM),
        row(Kind::Confirm, "refused QuoteUsed", "", WAITING),
        row(Kind::Confirm, "refused NotSelling", "", CONFIRM),
        row(Kind::Confirm, "refused TooManyOpen", "", CONFIRM),
        row(Kind::Confirm, "refused ShopBusy", "", CONFIRM),
        row(Kind::Confirm, "refused TooFast", "", CONFIRM),
        row(Kind::Confirm, "refused Suspended", "", CONFIRM),
        row(Kind::Confirm, "refused BeingExtended", "", CONFIRM),
        row(Kind::Confirm, "refused TooLate", "", CONFIRM),
        row(Kind::Confirm, "back", "", SERVICE),
        row(Kind::Confirm, "back", "from an extension", To::Done),
        row(Kind::Confirm, "OtherServer", "", To::Done),
        row(Kind::Confirm, "cancel", "", To::Done),
        row(Kind::Waiting, "back", "", To::Done),
        row(Kind::Waiting, "cancel", "", To::Done),
    ];
    const INITIAL: &'static [Kind] = &[Kind::ChooseType, Kind::SearchCountry, Kind::SearchService, Kind::Confirm];

    fn kind(state: &State) -> Kind {
        Kind::from(state)
    }

    fn needs(state: &State) -> Needs {
        match state {
            State::Waiting { order } => Needs { order: Some(*order), ..Needs::default() },
            State::ChooseType(_) | State::ChooseDuration(_) | State::SearchCountry(_) | State::SearchService(_) => {
                Needs { market: state.place(), ..Needs::default() }
            }
            // Should it not be had here, then what it costs at other servers is known by the time.
            State::Confirm(draft) => {
                // An extension is had at its rental's server or not at all.
                let beside = draft.wish.extends.is_none().then(|| Beside::of(&draft.wish));
                Needs { market: state.place(), beside, order: draft.wish.extends, ..Needs::default() }
            }
        }
    }

    fn update(state: State, event: Event<Self>, cx: &Cx<'_>) -> Step<Self> {
        match state {
            State::ChooseType(begin) => choose::kind(begin, event, cx),
            State::ChooseDuration(begin) => choose::duration(begin, event, cx),
            State::SearchCountry(search) => search::country(search, event, cx),
            State::SearchService(search) => search::service(search, event, cx),
            State::Confirm(draft) => confirm::confirm(draft, event, cx),
            State::Waiting { .. } => confirm::waiting(&event),
        }
    }

    fn view(state: &State, cx: &Cx<'_>) -> Screen<Action> {
        match state {
            State::ChooseType(begin) => screens::kind(begin, cx),
            State::ChooseDuration(begin) => screens::duration(begin, cx),
            State::SearchCountry(search) => screens::country(search, cx),
            State::SearchService(search) => screens::service(search, cx),
            State::Confirm(draft) => checkout::confirm(draft, cx),
            State::Waiting { order } => crate::card::shown(*order, cx),
        }
    }

    fn fixtures(kind: Kind) -> Vec<Fixture<Self>> {
        fixtures::fixtures(kind)
    }

    fn probes() -> Vec<Event<Self>> {
        fixtures::probes()
    }
}

/// Away from the purchase.
fn leave() -> Step<Purchase> {
    Step::Done(Output::Left, vec![])
}

/// Away to the choice of the server, with what is chosen already.
fn other_server(kept: Kept) -> Step<Purchase> {
    Step::Done(Output::OtherServer(kept), vec![])
}
