//! Telegram's Bot API and SMSPool's API as real HTTP servers on loopback, simulated people, and readable conversations.
//! Start at [`Sim::start`]. Strict where the real ones are strict; shares no code with the clients that it tests.

mod bucket;
mod clock;
mod control;
mod options;
mod request;
pub mod script;
pub mod smspool;
pub mod telegram;
mod wire;

pub use bucket::Rate;
pub use clock::{SimClock, parse_duration};
pub use options::{SimOptions, SmsPoolOptions, TelegramOptions, TelegramRates};
pub use smspool::{OrderStatus, PoolFault, SmsPoolSim};
pub use telegram::{SimUser, Tap, TelegramFault, TelegramSim, UserError};

/// Both servers; dropping it closes their ports and every connection.
#[derive(Debug)]
pub struct Sim {
    /// The simulated Telegram.
    pub telegram: TelegramSim,
    /// The simulated supplier.
    pub smspool: SmsPoolSim,
    /// The clock of both.
    pub clock: SimClock,
    _servers: [wire::Server; 2],
}

impl Sim {
    /// Binds both servers on 127.0.0.1.
    ///
    /// # Errors
    /// When a port is taken.
    pub async fn start(options: SimOptions) -> std::io::Result<Self> {
        let SimOptions { clock, telegram: telegram_options, smspool: pool_options } = options;
        let (telegram_port, pool_port) = (telegram_options.port, pool_options.port);
        let mut telegram = TelegramSim::new(telegram_options, clock.clone());
        let mut smspool = SmsPoolSim::new(pool_options, clock.clone());
        // The routes hold their own handle, so the address is known before the first request.
        let telegram_socket = wire::bind(telegram_port).await?;
        telegram.set_url(format!("http://{}", telegram_socket.local_addr()?));
        let pool_socket = wire::bind(pool_port).await?;
        smspool.set_url(format!("http://{}", pool_socket.local_addr()?));
        let servers = [
            wire::Server::start(telegram_socket, telegram.router()),
            wire::Server::start(pool_socket, smspool.router()),
        ];
        Ok(Self { telegram, smspool, clock, _servers: servers })
    }
}
