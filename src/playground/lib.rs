//! The playground: the bot over the simulated Telegram and suppliers, in a web page with two phones side by side.
//!
//! Start at [`Playground::start`]. It knows the simulators, and of the bot only what the trait [`Bot`] says. The pages
//! are made here and loaded from nowhere else; server-sent events tell them what changed, and they fetch that part anew.
//! `world` is what is looked at, `deeds` what can be done, `server` the routes.

mod act;
mod beats;
mod bot;
mod chat;
mod controls;
mod deeds;
mod diff;
mod events;
mod guard;
mod inspector;
mod mirror;
mod page;
mod phone;
mod rich;
mod script;
mod server;
mod sms;
mod supplier;
mod unasked;
mod world;

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use sim::Sim;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub use bot::{Bot, Diagram, Entry, Replayed};
use world::World;

/// A running playground; dropping it ends it.
pub struct Playground {
    url: String,
    world: Arc<World>,
    parts: JoinSet<()>,
}

/// Which port the page gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    /// This one.
    Only(u16),
    /// This one, or a free one where it is taken.
    Rather(u16),
}

impl Playground {
    /// Serves the page on loopback. The phones are empty until [`Playground::open`].
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start(sim: Sim, bot: Arc<dyn Bot>, port: Port) -> io::Result<Self> {
        let listener = match port {
            Port::Only(port) => bind(port).await?,
            Port::Rather(port) => match bind(port).await {
                Ok(listener) => listener,
                Err(_) => bind(0).await?,
            },
        };
        let url = format!("http://{}", listener.local_addr()?);
        let world = World::new(sim, bot);
        let mut parts = JoinSet::new();
        parts.spawn(Arc::clone(&world).run());
        let router = server::router(Arc::clone(&world));
        parts.spawn(async move {
            // Serving ends only with the task itself.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { url, world, parts })
    }

    /// The page's address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Gives both phones to people who start the bot and have some money.
    ///
    /// # Errors
    /// A sentence where the bot does not take them in.
    pub async fn open(&self) -> Result<(), String> {
        self.world.open().await
    }

    /// Serves until a part of it ends by itself, which none does.
    pub async fn run(&mut self) {
        self.parts.join_next().await;
    }
}

async fn bind(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await
}
