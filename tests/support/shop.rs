//! What differs between the suppliers, as far as a test can tell: a row per server. A test that takes a row runs once for
//! each ([`at_each_server`]), in a world where only that server sells.

use sim::{Role, Sim, SimOptions, Supplier, SupplierOptions, SupplierSim};

/// A server of ours with the supplier behind it.
pub(crate) struct Shop {
    /// Its number.
    pub(crate) server: &'static str,
    /// The simulated supplier.
    pub(crate) supplier: Supplier,
    /// What leads from "What kind of number?" to the services for one code.
    pub(crate) to_services: &'static [&'static str],
    /// The same in Arabic.
    pub(crate) to_services_ar: &'static [&'static str],
    /// A rental's journey, which passes through every state, with what is on the screen in each.
    pub(crate) rental: &'static [(&'static str, &'static str)],
    /// The supplier's number of WhatsApp for one code in the United States, which is [`UNITED_STATES`].
    pub(crate) whatsapp: u32,
    /// How often a new shop asks for the last of its lists.
    pub(crate) lists: (Role, u64),
    /// What is called again and again while an order is open.
    pub(crate) watch: Role,
    /// Whether the same number is sold for another code.
    pub(crate) another_code: AnotherCode,
    /// What becomes of a purchase that was charged and whose answer was lost.
    pub(crate) lost: Lost,
    /// What becomes of an order without an SMS that ends by itself.
    pub(crate) unused: Unused,
    /// Another key there: as the supplier takes it, and as the operator types it.
    pub(crate) other_key: (&'static str, &'static str),
    /// Our key there, as the operator types it.
    pub(crate) typed_key: fn(&SupplierSim) -> String,
    options: fn(&mut SimOptions) -> &mut SupplierOptions,
    environment: fn(&SupplierSim) -> Vec<(&'static str, String)>,
}

/// What the user and the operator see of a loss.
pub(crate) struct Lost {
    /// How it ends for a buyer who is told that it is looked for.
    pub(crate) ends: &'static str,
    /// How many numbers the buyer has then, and has paid for.
    pub(crate) numbers: u64,
    /// How many numbers a kill in the middle of purchases may cost us.
    pub(crate) unowned_max: usize,
    /// What `raqam status` says then.
    pub(crate) status: &'static [&'static str],
}

/// Whether another code on the same number is sold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum AnotherCode {
    /// It is, as an order of its own.
    Sold,
    /// It is not: what it would cost is not known.
    Unsold,
}

/// Whether a supplier gives money back by itself.
pub(crate) struct Unused {
    /// Of what it charged, in parts of one.
    pub(crate) given_back: i64,
    /// What `raqam status` says then.
    pub(crate) status: &'static [&'static str],
}

/// The country's number, at both suppliers.
pub(crate) const UNITED_STATES: u32 = 1;

pub(crate) static SERVER_1: Shop = Shop {
    server: "1",
    supplier: Supplier::NonVoip,
    to_services: &["🟢 Temporary"],
    to_services_ar: &["🟢 مؤقت"],
    rental: &[
        ("send /buy", "What kind of number?"),
        ("tap \"📅 Rental\"", "How long?"),
        ("tap \"30 days\"", "Choose a service"),
        ("tap \"WhatsApp\"", "Confirm your order"),
        ("tap \"✅ Buy for\"", "Messages: 0"),
    ],
    whatsapp: 101,
    lists: (Role::RentalOffers, 5),
    watch: Role::Check,
    another_code: AnotherCode::Unsold,
    lost: Lost {
        ends: "see \"Checking with the server\"\nclock +181s\nsee \"returned. Balance\"\n",
        numbers: 0,
        unowned_max: 1,
        status: &["Alarm: WrittenOff"],
    },
    unused: Unused { given_back: 0, status: &["Alarm: UnconfirmedRefund"] },
    other_key: ("another password", "buyer@example.org\nanother password"),
    typed_key: |supplier| format!("{}\n{}", supplier.email().unwrap_or_default(), supplier.key()),
    options: |options| &mut options.nonvoip.common,
    environment: |supplier| {
        vec![
            ("NONVOIP_API_URL", supplier.url().to_owned()),
            ("NONVOIP_EMAIL", supplier.email().unwrap_or_default().to_owned()),
            ("NONVOIP_PASSWORD", supplier.key()),
        ]
    },
};

pub(crate) static SERVER_2: Shop = Shop {
    server: "2",
    supplier: Supplier::SmsPool,
    to_services: &["🟢 Temporary", "United States"],
    to_services_ar: &["🟢 مؤقت", "أمريكا"],
    rental: &[
        ("send /buy", "What kind of number?"),
        ("tap \"📅 Rental\"", "How long?"),
        ("tap \"30 days\"", "Choose a country"),
        ("tap \"United States\"", "Choose a service"),
        ("tap \"WhatsApp\"", "Confirm your order"),
        ("tap \"✅ Buy for\"", "Messages: 0"),
    ],
    whatsapp: 1012,
    lists: (Role::RentalOffers, 2),
    watch: Role::OpenOrders,
    another_code: AnotherCode::Sold,
    lost: Lost {
        ends: "see \"Your number is ready\"\nsms \"code 4242\"\nsee \"🔑 4242\"\n",
        numbers: 1,
        unowned_max: 0,
        status: &[],
    },
    unused: Unused { given_back: 1, status: &[] },
    other_key: ("anotherkeyanotherkeyanotherkey12", "anotherkeyanotherkeyanotherkey12"),
    typed_key: SupplierSim::key,
    options: |options| &mut options.smspool.common,
    environment: |supplier| vec![("SMSPOOL_API_URL", supplier.url().to_owned()), ("SMSPOOL_API_KEY", supplier.key())],
};

/// What a customer has left of their $20.00 after so many numbers at this price in cents.
pub(crate) fn left_after(numbers: u64, price_cents: u64) -> String {
    let cents = 2_000 - numbers * price_cents;
    format!("${}.{:02}", cents / 100, cents % 100)
}

impl Shop {
    /// The options of its supplier.
    pub(crate) fn options<'options>(&self, options: &'options mut SimOptions) -> &'options mut SupplierOptions {
        (self.options)(options)
    }

    /// Its supplier in a simulation.
    pub(crate) fn supplier<'sim>(&self, sim: &'sim Sim) -> &'sim SupplierSim {
        sim.supplier(self.supplier)
    }

    /// The environment in which only this server sells.
    pub(crate) fn environment(&self, sim: &Sim) -> Vec<(&'static str, String)> {
        (self.environment)(self.supplier(sim))
    }
}

/// Runs each of these tests once for each server.
macro_rules! at_each_server {
    (#[$test:meta] $($name:ident),* $(,)?) => {
        mod server_1 {
            $(#[$test]
            async fn $name() {
                super::$name(&crate::support::SERVER_1).await;
            })*
        }

        mod server_2 {
            $(#[$test]
            async fn $name() {
                super::$name(&crate::support::SERVER_2).await;
            })*
        }
    };
}

pub(crate) use at_each_server;
