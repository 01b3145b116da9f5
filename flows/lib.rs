//! The conversations of Raqam, one folder or file each, and everything that a user reads.
//!
//! Where to start: [`app`] is the vocabulary, [`env`](mod@env) the world that the flows see, [`purchase`] the journey. All of it is
//! pure: facts come in through [`env::build`], decisions go out as steps, screens are values. Outside the flows, by the
//! same rules: [`card`] (an order's own message), [`note`] (messages with sound), [`inline`] (the search), [`words`], [`recorded`]
//! (an event as it is kept to be tried again).
//! No sentence stands in the code: texts are in `locales/`, read by [`text`] alone. No supplier is ever named here.

pub mod app;
pub mod card;
pub mod env;
pub mod home;
pub mod inline;
mod keys;
pub mod note;
pub mod orders;
mod parts;
pub mod purchase;
pub mod recorded;
pub mod servers;
pub mod settings;
pub mod text;
pub mod ticket;
pub mod wallet;
pub mod words;

pub use app::{Entry, Job, Kept, Output, Pick, Raqam, Refused, Reply, Way, pick, way};
pub use env::Env;

rust_i18n::i18n!("../locales");

engine::registry! {
    impl Raqam { root: AnyState::Home(home::State::Menu(home::Greeting::Plain)) }
    /// The state of any conversation.
    pub enum AnyState {
        Home => home::Home,
        Servers => servers::Servers,
        Purchase => purchase::Purchase,
        Orders => orders::Orders,
        Wallet => wallet::Wallet,
        Settings => settings::Settings,
        Ticket => ticket::Ticket,
    }
}
