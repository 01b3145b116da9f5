//! Telegram's Bot API and both suppliers' APIs as real HTTP servers on loopback, simulated people, and readable
//! conversations. Start at [`Sim::start`]. Strict where the real ones are strict; shares no code with the clients that it
//! tests.

mod bucket;
mod clock;
mod control;
mod nonvoip;
mod options;
mod request;
pub mod script;
mod smspool;
pub mod supplier;
pub mod telegram;
mod wire;

pub use bucket::Rate;
pub use clock::{SimClock, parse_duration};
pub use options::{
    Dialect, NonVoipOptions, SimOptions, SmsPoolOptions, SupplierOptions, TelegramOptions, TelegramRates, Unused,
};
pub use supplier::{OrderStatus, PoolFault, Role, SupplierSim};
pub use telegram::{SimUser, Tap, TelegramFault, TelegramSim, UserError};

/// All servers; dropping it closes their ports and every connection.
#[derive(Debug)]
pub struct Sim {
    /// The simulated Telegram.
    pub telegram: TelegramSim,
    /// The first simulated supplier.
    pub smspool: SupplierSim,
    /// The second simulated supplier.
    pub nonvoip: SupplierSim,
    /// The clock of all.
    pub clock: SimClock,
    _servers: [wire::Server; 3],
}

/// Which supplier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supplier {
    /// The first.
    SmsPool,
    /// The second.
    NonVoip,
}

impl Sim {
    /// Binds all servers on 127.0.0.1.
    ///
    /// # Errors
    /// When a port is taken.
    pub async fn start(options: SimOptions) -> std::io::Result<Self> {
        let SimOptions { clock, telegram, smspool, nonvoip } = options;
        let (telegram_port, smspool_port, nonvoip_port) = (telegram.port, smspool.common.port, nonvoip.common.port);
        let mut telegram = TelegramSim::new(telegram, clock.clone());
        let mut smspool = smspool::supplier(smspool, clock.clone());
        let mut nonvoip = nonvoip::supplier(nonvoip, clock.clone());
        // The routes hold their own handle, so the address is known before the first request.
        let telegram_socket = wire::bind(telegram_port).await?;
        telegram.set_url(format!("http://{}", telegram_socket.local_addr()?));
        let smspool_socket = wire::bind(smspool_port).await?;
        smspool.set_host(&format!("http://{}", smspool_socket.local_addr()?));
        let nonvoip_socket = wire::bind(nonvoip_port).await?;
        nonvoip.set_host(&format!("http://{}", nonvoip_socket.local_addr()?));
        let servers = [
            wire::Server::start(telegram_socket, telegram.router()),
            wire::Server::start(smspool_socket, smspool.router()),
            wire::Server::start(nonvoip_socket, nonvoip.router()),
        ];
        Ok(Self { telegram, smspool, nonvoip, clock, _servers: servers })
    }

    /// One of the suppliers.
    #[must_use]
    pub fn supplier(&self, supplier: Supplier) -> &SupplierSim {
        match supplier {
            Supplier::SmsPool => &self.smspool,
            Supplier::NonVoip => &self.nonvoip,
        }
    }
}
