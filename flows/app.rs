//! The vocabulary that all flows share: ways in, search picks, jobs and their answers.

use engine::labelled;
use engine::registry::Registry;
use serde::{Deserialize, Serialize};
use shop::catalogue::Product;
use shop::command::{Command, Note, Refusal};
use shop::order::Wish;
use shop::{CountryId, ErrorCode, Money, OrderId, ServerId, ServiceId};

use crate::AnyState;
use crate::env::{Env, Needs};

/// The product: Raqam, a bot that sells phone numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raqam;

impl engine::App for Raqam {
    type Env = Env;
    type Entry = Entry;
    type Pick = Pick;
    type Command = Command;
    type Job = Job;
    type Reply = Reply;
    type Refusal = Refused;
    type Message = Note;
    type Output = Output;
    type State = AnyState;
    type Needs = Needs;

    fn command(entry: &Entry) -> Option<(&str, &str)> {
        let Entry::Command { name, about } = entry else { return None };
        Some((name, about))
    }
}

/// A way in: a command, a deep link, or a button of an order's card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// The first greeting; the main menu for those who know it.
    Welcome,
    /// The main menu.
    Menu,
    /// Buying.
    Buy,
    /// Buying for this service of the main server.
    Service(ServiceId),
    /// Numbers in use.
    Numbers,
    /// The wallet.
    Wallet,
    /// Ended orders.
    History,
    /// One order.
    Order(OrderId),
    /// The messages of one order.
    Messages(OrderId),
    /// The same once more, at today's price.
    Again(Wish),
    /// More days of a rental.
    Extend(Wish),
    /// The same service in another country.
    OtherCountry(Wish),
    /// Another service in the same country.
    OtherService(Wish),
    /// The choice of the server, with what was chosen already.
    OtherServer(Kept),
    /// Help.
    Help,
    /// The terms.
    Terms,
    /// Help with payments.
    PaySupport,
    /// The settings.
    Settings,
    /// The choice of the language.
    Language,
    /// Away from wherever this is, to the main menu.
    Cancel,
    /// A flow by its own command ([`engine::Flow::COMMAND`]).
    Command {
        /// The command, without its slash.
        name: String,
        /// What follows it.
        about: String,
    },
}

/// What a command or deep link means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// A way in.
    In(Entry),
    /// Back from the inline search: the current screen again, and no step.
    Back,
}

/// What an inline search result stands for. It names things and nothing else: no price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
pub enum Pick {
    /// A country, by its ISO code.
    Country(String),
    /// A service, by its number at the server of the current purchase, else at the main server.
    Service(ServiceId),
}

/// Work to do after a step is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, strum::VariantNames)]
pub enum Job {
    /// Find out what a country sells: the prices of temporary numbers, or what the lines for rent receive.
    LoadOffers {
        /// From which server.
        server: ServerId,
        /// Of which country.
        country: CountryId,
        /// Of what kind of number.
        product: Product,
    },
    /// Ask what this would cost.
    AskCost {
        /// From which server.
        server: ServerId,
        /// For what.
        wish: Wish,
    },
}

/// What a job brought back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// The country's prices are in the catalogue now.
    OffersLoaded {
        /// Of which country.
        country: CountryId,
    },
    /// They could not be fetched.
    LoadFailed {
        /// Of which country.
        country: Option<CountryId>,
        /// Why.
        code: ErrorCode,
    },
    /// What the supplier charges.
    Cost {
        /// The supplier's charge, without our margin.
        cost: Money,
    },
    /// The supplier did not say.
    CostFailed {
        /// Why.
        code: ErrorCode,
    },
}

/// Why the books said no, with a name for tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Refused(pub Refusal);

impl engine::Label for Refused {
    fn label(&self) -> &'static str {
        (&self.0).into()
    }
}

/// What a flow ends with.
#[derive(Debug, Clone, PartialEq, Eq, strum::IntoStaticStr)]
pub enum Output {
    /// The person left it.
    Left,
    /// The person wants another server, with what was chosen already.
    OtherServer(Kept),
}

/// The command that leads to support.
pub(crate) const SUPPORT: &str = "support";

/// The start parameter of the way back from the inline search.
pub(crate) const BACK: &str = "back";

labelled!(Entry, Pick, Reply, Output);

/// What was chosen before the server was, in terms that all servers share.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Kept {
    /// The country's ISO code.
    pub country: Option<String>,
    /// The service's name in a supplier's list.
    pub service: Option<String>,
}

impl Kept {
    /// What a wish names.
    #[must_use]
    pub fn of(wish: &Wish) -> Self {
        Self { country: Some(wish.iso2.clone()), service: Some(wish.service_name.clone()) }
    }
}

/// What a command means; `None` for an unknown one. The payload is what follows `/start`. A payload that carries a pick
/// (`p_c_TR`) is none of these: ask [`pick`] first.
#[must_use]
pub fn way(command: &str, payload: &str) -> Option<Way> {
    let command = command.trim_start_matches('/');
    if (command, payload) == ("start", BACK) { Some(Way::Back) } else { entry(command, payload).map(Way::In) }
}

fn entry(command: &str, payload: &str) -> Option<Entry> {
    Some(match command {
        "start" => deep_link(payload),
        "menu" => Entry::Menu,
        "buy" => Entry::Buy,
        "numbers" => Entry::Numbers,
        "wallet" => Entry::Wallet,
        "history" => Entry::History,
        "help" => Entry::Help,
        "settings" => Entry::Settings,
        "language" => Entry::Language,
        "cancel" => Entry::Cancel,
        "paysupport" => Entry::PaySupport,
        "terms" => Entry::Terms,
        _ => {
            let name = <Raqam as Registry>::command_named(command)?;
            Entry::Command { name: name.to_owned(), about: payload.to_owned() }
        }
    })
}

/// The pick that a token means: `c_TR`, `s_1012`, or either after `p_`.
#[must_use]
pub fn pick(token: &str) -> Option<Pick> {
    let token = token.strip_prefix("p_").unwrap_or(token);
    if let Some(iso2) = token.strip_prefix("c_") {
        let plausible = iso2.len() == 2 && iso2.bytes().all(|byte| byte.is_ascii_alphabetic());
        return plausible.then(|| Pick::Country(iso2.to_ascii_uppercase()));
    }
    service_id(token.strip_prefix("s_")?).map(Pick::Service)
}

fn deep_link(payload: &str) -> Entry {
    let order = || payload.strip_prefix("o_").and_then(OrderId::parse).map(Entry::Order);
    let service = || payload.strip_prefix("s_").and_then(service_id).map(Entry::Service);
    match payload {
        "buy" => Entry::Buy,
        "top" => Entry::Wallet,
        "numbers" => Entry::Numbers,
        _ => order().or_else(service).unwrap_or(Entry::Welcome),
    }
}

/// Plain digits only: no sign, no blank.
fn service_id(digits: &str) -> Option<ServiceId> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse().ok().map(ServiceId) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_links_lead_somewhere() {
        for (command, payload, expected) in [
            ("start", "", Some(Entry::Welcome)),
            ("/start", "r_friend", Some(Entry::Welcome)),
            ("start", "o_002F", Some(Entry::Order(OrderId(87)))),
            ("start", "s_1012", Some(Entry::Service(ServiceId(1012)))),
            ("start", "s_+1", Some(Entry::Welcome)),
            ("start", "top", Some(Entry::Wallet)),
            ("terms", "", Some(Entry::Terms)),
            ("support", "o_2F", Some(Entry::Command { name: SUPPORT.to_owned(), about: "o_2F".to_owned() })),
            ("admin", "", None),
            ("", "", None),
        ] {
            assert_eq!(way(command, payload), expected.map(Way::In), "{command} {payload}");
        }
        assert_eq!(way("start", "back"), Some(Way::Back));
    }

    #[test]
    fn picks_name_things_and_hostile_tokens_name_nothing() {
        for (token, expected) in
            [("c_TR", Some(Pick::Country("TR".to_owned()))), ("p_s_1012", Some(Pick::Service(ServiceId(1012))))]
        {
            assert_eq!(pick(token), expected);
        }
        for hostile in ["", "c_", "c_T", "c_TRX", "c_ط", "s_", "s_-1", "s_99999999999", "x_1", "p_p_c_TR"] {
            assert_eq!(pick(hostile), None, "{hostile}");
        }
    }
}
