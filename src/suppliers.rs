//! The suppliers behind the servers: for each, how its client is made and where its key comes from. A row per server.

use std::collections::BTreeMap;
use std::sync::Arc;

use providers::{
    Client, ConfigError, Deadlines, NonVoipClient, NonVoipConfig, RentalApi, SmsPoolClient, SmsPoolConfig,
};
use shop::ServerId;
use shop::clock::Clock;

use crate::config::{self, BadOption, Config, SupplierConfig};
use crate::metrics::Metrics;
use crate::run::Opened;

/// The supplier of a server.
pub struct Supplier {
    /// How it is called.
    pub client: Arc<dyn Client>,
    /// Whether a key was found: a saved one wins over the environment's.
    pub has_key: bool,
}

/// The suppliers of all servers, with their keys.
///
/// # Errors
/// Where an address or a key cannot be used.
pub fn all(
    config: &Config,
    opened: &Opened,
    metrics: Option<&Arc<Metrics>>,
) -> anyhow::Result<BTreeMap<ServerId, Supplier>> {
    let one = |(server, options): (&ServerId, &SupplierConfig)| {
        let client = client(*server, config, options, opened.office.clock.clone(), metrics)
            .map_err(|error| unusable(options.url_option, &error))?;
        let key = match &opened.settings.server(*server).key {
            Some(sealed) => Some(opened.sealer.unseal(*server, sealed)?),
            None => options.key.clone(),
        };
        let has_key = match key.map(|key| client.set_key(key)) {
            None => false,
            Some(Ok(())) => true,
            // An earlier version took what is none. Without a start nobody could save another.
            Some(Err(error)) if opened.settings.server(*server).key.is_some() => {
                tracing::error!(server = server.number(), %error, "the saved key cannot be used: save another");
                false
            }
            Some(Err(error)) => return Err(unusable(options.key_option, &error).into()),
        };
        Ok((*server, Supplier { client, has_key }))
    };
    config.suppliers.iter().map(one).collect()
}

fn client(
    server: ServerId,
    config: &Config,
    options: &SupplierConfig,
    clock: Arc<dyn Clock>,
    metrics: Option<&Arc<Metrics>>,
) -> Result<Arc<dyn Client>, ConfigError> {
    let (base_url, requests_per_second) = (options.api_url.clone(), options.requests_per_second);
    let deadlines = Deadlines::default();
    let observer = metrics.cloned().map(|metrics| move |called: &providers::Called| metrics.supplier(server, called));
    Ok(match server {
        ServerId::One => {
            let client = NonVoipClient::new(
                NonVoipConfig { base_url, credentials: None, requests_per_second, deadlines },
                clock,
            )?;
            match observer {
                Some(observer) => Arc::new(client.observed_by(observer)),
                None => Arc::new(client),
            }
        }
        ServerId::Two => {
            let rental_api = match config.rental_api {
                config::RentalApi::Documented => RentalApi::Documented,
                config::RentalApi::Legacy => RentalApi::Legacy,
            };
            let config = SmsPoolConfig { base_url, key: None, rental_api, requests_per_second, deadlines };
            let client = SmsPoolClient::new(config, clock)?;
            match observer {
                Some(observer) => Arc::new(client.observed_by(observer)),
                None => Arc::new(client),
            }
        }
    })
}

fn unusable(option: &'static str, error: &ConfigError) -> BadOption {
    BadOption { option, problem: format!("cannot be used: {error}") }
}
