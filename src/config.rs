//! Environment and flags, read once and turned into what they mean. A bad value is one sentence that names the option.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use providers::Credentials;
use secrecy::SecretString;
use shop::ServerId;

/// The options of every command that runs or touches a shop, as they were typed. An empty value counts as unset.
#[derive(Args, Clone, Default)]
pub struct Options {
    /// The bot's token from @BotFather (also read from TELOXIDE_TOKEN).
    #[arg(long, env = "TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// The API key of server 2's supplier. A key saved with `raqam settings` wins over this one.
    #[arg(long, env = "SMSPOOL_API_KEY", hide_env_values = true)]
    pub smspool_api_key: Option<String>,
    /// The e-mail address of the account at server 1's supplier. One saved with `raqam settings` wins over it.
    #[arg(long, env = "NONVOIP_EMAIL", hide_env_values = true)]
    pub nonvoip_email: Option<String>,
    /// The password of that account.
    #[arg(long, env = "NONVOIP_PASSWORD", hide_env_values = true)]
    pub nonvoip_password: Option<String>,
    /// The database: the one file that holds everything [default: raqam.redb].
    #[arg(long, env = "DATABASE_FILE")]
    pub database_file: Option<String>,
    /// The port of the metrics, 1 to 65535; without METRICS nothing listens [default: 5000].
    #[arg(long, env = "PORT")]
    pub port: Option<String>,
    /// Figures for Prometheus at /metrics, `on` or `off`: who can reach the port can read them [default: off].
    #[arg(long, env = "METRICS", num_args = 0..=1, default_missing_value = "on")]
    pub metrics: Option<String>,
    /// The address that the metrics listen on. A container needs 0.0.0.0, for only itself is on its loopback
    /// [default: 127.0.0.1].
    #[arg(long, env = "METRICS_ADDRESS")]
    pub metrics_address: Option<String>,
    /// The password of the web panel (there is none yet).
    #[arg(long, env = "ADMIN_PASSWORD", hide_env_values = true)]
    pub admin_password: Option<String>,
    /// Telegram ids of the operators, separated by commas: users' support tickets reach them, and their replies answer.
    #[arg(long, env = "ADMIN_IDS")]
    pub admin_ids: Option<String>,
    /// Where users find a person, an https address such as t.me/your_support.
    #[arg(long, env = "SUPPORT_URL")]
    pub support_url: Option<String>,
    /// Another Bot API server [default: api.telegram.org].
    #[arg(long, env = "TELEGRAM_API_URL")]
    pub telegram_api_url: Option<String>,
    /// Another address of server 2's supplier [default: api.smspool.net].
    #[arg(long, env = "SMSPOOL_API_URL")]
    pub smspool_api_url: Option<String>,
    /// Another address of server 1's supplier [default: nonvoipusnumber.com/manager/api].
    #[arg(long, env = "NONVOIP_API_URL")]
    pub nonvoip_api_url: Option<String>,
    /// Which rental endpoints server 2's supplier has: `documented` or `legacy` [default: documented].
    #[arg(long, env = "SMSPOOL_RENTAL_API")]
    pub smspool_rental_api: Option<String>,
    /// How often suppliers are asked for messages, 1 to 60 seconds [default: 10].
    #[arg(long, env = "POLL_SECONDS")]
    pub poll_seconds: Option<String>,
    /// 64 hexadecimal digits that encrypt stored secrets; made beside the database at the first start if unset.
    #[arg(long, env = "MASTER_KEY", hide_env_values = true)]
    pub master_key: Option<String>,
    /// Requests a second to a supplier, 1 to 1000 [default: 5 to server 1's, whose limit is not known, 16 to server 2's].
    #[arg(long, env = "SUPPLIER_REQUESTS_PER_SECOND")]
    pub supplier_requests_per_second: Option<String>,
    /// Unasked messages a second, 1 to 1000 [default: 25].
    #[arg(long, env = "UNASKED_MESSAGES_PER_SECOND")]
    pub unasked_messages_per_second: Option<String>,
    /// How many presses and messages of one user in ten seconds are too many, 1 to 1000 [default: 30].
    #[arg(long, env = "FLOOD_EVENTS")]
    pub flood_events: Option<String>,
    /// Below so many free megabytes on the database's disk nothing is sold, 0 to 1000000000 [default: 200].
    #[arg(long, env = "FREE_DISK_MB_MIN")]
    pub free_disk_mb_min: Option<String>,
    /// Adds the milliseconds in this file to the time. Only with a Bot API server on loopback.
    #[arg(long, hide = true)]
    pub clock_file: Option<String>,
}

/// What the options mean.
pub struct Config {
    /// The bot's token.
    pub token: Option<SecretString>,
    /// The suppliers, by their server.
    pub suppliers: BTreeMap<ServerId, SupplierConfig>,
    /// The database file.
    pub database_file: PathBuf,
    /// The operators.
    pub admin_ids: Vec<u64>,
    /// Where users find a person.
    pub support_url: Option<String>,
    /// The Bot API server.
    pub telegram_api_url: String,
    /// Which rental endpoints server 2's supplier has.
    pub rental_api: RentalApi,
    /// How often suppliers are asked for messages.
    pub poll_every: Duration,
    /// What encrypts stored secrets.
    pub master_key: Option<SecretString>,
    /// Unasked messages a second.
    pub unasked_messages_per_second: u32,
    /// How many events of one user in ten seconds are too many.
    pub flood_events: usize,
    /// Below so many free megabytes on the database's disk nothing is sold.
    pub free_disk_mb_min: u64,
    /// Where the metrics listen; `None` where they are off.
    pub metrics: Option<SocketAddr>,
    /// The file whose milliseconds are added to the time, in tests.
    pub clock_file: Option<PathBuf>,
}

/// What the options say of one supplier.
pub struct SupplierConfig {
    /// Where its API is.
    pub api_url: String,
    /// The option that says so.
    pub url_option: &'static str,
    /// Our key there, in the form that its client takes.
    pub key: Option<SecretString>,
    /// The option that gives the key.
    pub key_option: &'static str,
    /// Requests a second.
    pub requests_per_second: u32,
}

/// Which rental endpoints server 2's supplier has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RentalApi {
    /// The documented family, `/purchase/rental` and its kin.
    Documented,
    /// The pair of the product's first brief, `/purchase/rent` and `/request/rent_price`.
    Legacy,
}

/// An option with a bad value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadOption {
    /// The option's name in the environment.
    pub option: &'static str,
    /// What is wrong with it, without the value where that is secret.
    pub problem: String,
}

impl fmt::Display for BadOption {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.option, self.problem)
    }
}

impl std::error::Error for BadOption {}

type Checked<T> = Result<T, BadOption>;

impl Config {
    /// Checks all options.
    ///
    /// # Errors
    /// [`BadOption`] names the first one that is bad.
    pub fn from_options(options: &Options) -> Checked<Self> {
        let teloxide_token = std::env::var("TELOXIDE_TOKEN").ok();
        let telegram_api_url =
            url("TELEGRAM_API_URL", options.telegram_api_url.as_deref(), "https://api.telegram.org")?;
        Ok(Self {
            token: secret("TOKEN", given(options.token.as_ref()).or(given(teloxide_token.as_ref())))?,
            suppliers: ServerId::ALL
                .iter()
                .map(|server| Ok((*server, supplier(*server, options)?)))
                .collect::<Checked<_>>()?,
            database_file: PathBuf::from(given(options.database_file.as_ref()).unwrap_or("raqam.redb")),
            admin_ids: admin_ids(given(options.admin_ids.as_ref()))?,
            support_url: support_url(given(options.support_url.as_ref()))?,
            clock_file: clock_file(given(options.clock_file.as_ref()), &telegram_api_url)?,
            telegram_api_url,
            rental_api: rental_api(given(options.smspool_rental_api.as_ref()))?,
            poll_every: Duration::from_secs(number("POLL_SECONDS", options.poll_seconds.as_ref(), 1..=60, 10)?),
            master_key: secret("MASTER_KEY", given(options.master_key.as_ref()))?,
            free_disk_mb_min: number("FREE_DISK_MB_MIN", options.free_disk_mb_min.as_ref(), 0..=1_000_000_000, 200)?,
            flood_events: rate("FLOOD_EVENTS", options.flood_events.as_ref(), 30)? as usize,
            metrics: metrics(options)?,
            unasked_messages_per_second: rate(
                "UNASKED_MESSAGES_PER_SECOND",
                options.unasked_messages_per_second.as_ref(),
                25,
            )?,
        })
    }

    /// The file beside the database with this ending.
    #[must_use]
    pub fn beside(&self, ending: &str) -> PathBuf {
        beside(&self.database_file, ending)
    }
}

/// The path with `.ending` after its name.
#[must_use]
pub fn beside(database: &Path, ending: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

/// A value, where one was given and is not blank.
fn given(value: Option<&String>) -> Option<&str> {
    value.map(|text| text.trim()).filter(|text| !text.is_empty())
}

fn bad(option: &'static str, problem: impl Into<String>) -> BadOption {
    BadOption { option, problem: problem.into() }
}

/// What the options say of the supplier behind a server: a row per server.
fn supplier(server: ServerId, options: &Options) -> Checked<SupplierConfig> {
    let (url_option, api_url, default_url, key_option, key, per_second) = match server {
        ServerId::One => (
            "NONVOIP_API_URL",
            &options.nonvoip_api_url,
            "https://nonvoipusnumber.com/manager/api",
            "NONVOIP_PASSWORD",
            login(options)?,
            5,
        ),
        ServerId::Two => (
            "SMSPOOL_API_URL",
            &options.smspool_api_url,
            "https://api.smspool.net",
            "SMSPOOL_API_KEY",
            secret("SMSPOOL_API_KEY", given(options.smspool_api_key.as_ref()))?,
            16,
        ),
    };
    let requests_per_second =
        rate("SUPPLIER_REQUESTS_PER_SECOND", options.supplier_requests_per_second.as_ref(), per_second)?;
    let api_url = url(url_option, api_url.as_deref(), default_url)?;
    Ok(SupplierConfig { api_url, url_option, key, key_option, requests_per_second })
}

/// The account at server 1's supplier: both halves, or none. A password may have blanks and any characters inside.
fn login(options: &Options) -> Checked<Option<SecretString>> {
    let password = options.nonvoip_password.as_deref().filter(|password| !password.trim().is_empty());
    match (given(options.nonvoip_email.as_ref()), password) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(bad("NONVOIP_PASSWORD", "is not set, although NONVOIP_EMAIL is")),
        (None, Some(_)) => Err(bad("NONVOIP_EMAIL", "is not set, although NONVOIP_PASSWORD is")),
        (Some(email), Some(password)) => {
            let key = Credentials::new(email.into(), password.into())
                .map_err(|error| bad("NONVOIP_EMAIL", error.to_string()))?;
            Ok(Some(key.joined()))
        }
    }
}

fn secret(option: &'static str, value: Option<&str>) -> Checked<Option<SecretString>> {
    let Some(text) = value else { return Ok(None) };
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/');
    if plain {
        Ok(Some(SecretString::from(text)))
    } else {
        Err(bad(option, "contains blanks, slashes or characters beyond ASCII"))
    }
}

fn number(
    option: &'static str,
    value: Option<&String>,
    range: std::ops::RangeInclusive<u64>,
    default: u64,
) -> Checked<u64> {
    let Some(text) = given(value) else { return Ok(default) };
    let parsed = text.parse().ok().filter(|number| range.contains(number));
    parsed.ok_or_else(|| {
        bad(option, format!("must be a whole number from {} to {}, not {text:?}", range.start(), range.end()))
    })
}

fn rate(option: &'static str, value: Option<&String>, default: u64) -> Checked<u32> {
    number(option, value, 1..=1_000, default).map(|number| u32::try_from(number).unwrap_or(1_000))
}

fn admin_ids(value: Option<&str>) -> Checked<Vec<u64>> {
    let Some(text) = value else { return Ok(Vec::new()) };
    let ids = text.split(',').map(str::trim).filter(|id| !id.is_empty());
    ids.map(|id| {
        id.parse()
            .map_err(|_| bad("ADMIN_IDS", format!("must be numeric Telegram ids separated by commas, not {id:?}")))
    })
    .collect()
}

fn support_url(value: Option<&str>) -> Checked<Option<String>> {
    let Some(text) = value else { return Ok(None) };
    let plausible =
        ["https://", "tg://"].iter().any(|scheme| text.starts_with(scheme)) && !text.contains(char::is_whitespace);
    if plausible {
        Ok(Some(text.to_owned()))
    } else {
        Err(bad("SUPPORT_URL", format!("must start with https://, not {text:?}")))
    }
}

/// Where metrics listen, if they are on. A bad port or address is refused either way.
fn metrics(options: &Options) -> Checked<Option<SocketAddr>> {
    let port = number("PORT", options.port.as_ref(), 1..=65_535, 5_000)?;
    let port = u16::try_from(port).expect("a number up to 65535");
    let address = match given(options.metrics_address.as_ref()) {
        None => IpAddr::V4(Ipv4Addr::LOCALHOST),
        Some(text) => text.parse().map_err(|_| {
            bad("METRICS_ADDRESS", format!("must be an IP address such as 127.0.0.1 or 0.0.0.0, not {text:?}"))
        })?,
    };
    match given(options.metrics.as_ref()) {
        Some("on") => Ok(Some(SocketAddr::new(address, port))),
        None | Some("off") => Ok(None),
        Some(other) => Err(bad("METRICS", format!("must be on or off, not {other:?}"))),
    }
}

fn rental_api(value: Option<&str>) -> Checked<RentalApi> {
    match value {
        None | Some("documented") => Ok(RentalApi::Documented),
        Some("legacy") => Ok(RentalApi::Legacy),
        Some(other) => Err(bad("SMSPOOL_RENTAL_API", format!("must be documented or legacy, not {other:?}"))),
    }
}

/// An API's address: https, or plain http on loopback; no user, no password, no query.
fn url(option: &'static str, value: Option<&str>, default: &str) -> Checked<String> {
    let text = value.map_or("", str::trim);
    let text = if text.is_empty() { default } else { text };
    let (scheme, rest) =
        text.split_once("://").ok_or_else(|| bad(option, "must be an address such as https://example.org"))?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(bad(option, "must not carry a user name or a password"));
    }
    if authority.is_empty() || text.contains(char::is_whitespace) || rest.contains(['?', '#']) {
        return Err(bad(option, "must be an address such as https://example.org"));
    }
    match scheme {
        "https" => {}
        "http" if is_loopback(authority) => {}
        "http" => return Err(bad(option, "must use https: plain http is for loopback only")),
        _ => return Err(bad(option, "must start with https://")),
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// Whether an authority (`host` or `host:port`) is this machine.
#[must_use]
pub fn is_loopback(authority: &str) -> bool {
    if authority == "[::1]" || authority.starts_with("[::1]:") {
        return true;
    }
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    host == "localhost" || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

fn clock_file(value: Option<&str>, telegram_api_url: &str) -> Checked<Option<PathBuf>> {
    let Some(text) = value else { return Ok(None) };
    let authority =
        telegram_api_url.split_once("://").map_or("", |(_, rest)| rest).split('/').next().unwrap_or_default();
    if is_loopback(authority) {
        Ok(Some(PathBuf::from(text)))
    } else {
        Err(bad("--clock-file", "works only with a Bot API server on loopback"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(change: impl FnOnce(&mut Options)) -> Option<String> {
        let mut options = Options::default();
        change(&mut options);
        Config::from_options(&options).err().map(|error| error.to_string())
    }

    #[test]
    fn bad_values_are_named_in_one_sentence() {
        for (expected, error) in [
            ("PORT", problem(|options| options.port = Some("0".into()))),
            ("PORT", problem(|options| options.port = Some("70000".into()))),
            ("ADMIN_IDS", problem(|options| options.admin_ids = Some("1,x".into()))),
            ("POLL_SECONDS", problem(|options| options.poll_seconds = Some("-1".into()))),
            ("SMSPOOL_API_URL", problem(|options| options.smspool_api_url = Some("http://example.org".into()))),
            ("SMSPOOL_API_URL", problem(|options| options.smspool_api_url = Some("https://a:b@example.org".into()))),
            ("NONVOIP_API_URL", problem(|options| options.nonvoip_api_url = Some("http://example.org".into()))),
            ("NONVOIP_PASSWORD", problem(|options| options.nonvoip_email = Some("a@example.org".into()))),
            ("NONVOIP_EMAIL", problem(|options| options.nonvoip_password = Some("p".into()))),
            (
                "NONVOIP_EMAIL",
                problem(|options| {
                    (options.nonvoip_email, options.nonvoip_password) = (Some("nobody".into()), Some("p".into()));
                }),
            ),
            ("TELEGRAM_API_URL", problem(|options| options.telegram_api_url = Some("ftp://example.org".into()))),
            ("SUPPORT_URL", problem(|options| options.support_url = Some("t.me/x".into()))),
            ("SMSPOOL_RENTAL_API", problem(|options| options.smspool_rental_api = Some("old".into()))),
            ("TOKEN", problem(|options| options.token = Some("a b".into()))),
            ("METRICS ", problem(|options| options.metrics = Some("yes".into()))),
            ("METRICS_ADDRESS", problem(|options| options.metrics_address = Some("localhost".into()))),
            ("--clock-file", problem(|options| options.clock_file = Some("offset".into()))),
        ] {
            let error = error.unwrap_or_default();
            assert!(error.starts_with(expected) && !error.contains('\n'), "{expected}: {error}");
        }
    }

    #[test]
    fn blank_values_are_unset_and_loopback_may_use_plain_http() {
        assert_eq!(problem(|options| options.port = Some(" ".into())), None);
        for url in ["http://127.0.0.1:8081", "http://localhost:1/", "http://[::1]:9"] {
            assert_eq!(problem(|options| options.telegram_api_url = Some(url.into())), None, "{url}");
        }
        assert!(problem(|options| options.telegram_api_url = Some("http://127.0.0.1.evil.org".into())).is_some());
    }
}
