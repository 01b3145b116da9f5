//! The metrics of the real binary, asked for over HTTP: they say what was done, and nothing about anybody.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use engine::Flow;
use engine::flow::name_of;
use engine::registry::{Registry as _, Visitor};
use flows::{AnyState, Raqam};
use sim::SimOptions;
use sim::telegram::ButtonAction;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{PATIENCE, World};

/// Somebody whose id is found wherever it is written.
const CUSTOMER: i64 = 7_301_946_285;
const TO_CONFIRM: &str =
    "send /buy\ntap \"🟢 Temporary\"\ntap \"United States\"\ntap \"WhatsApp\"\nsee \"Confirm your order\"\n";

#[tokio::test(flavor = "multi_thread")]
async fn the_figures_are_what_was_done() {
    let (mut world, port) = measured().await;
    let user = world.customer(CUSTOMER, "en").await;
    play(&mut world, TO_CONFIRM).await;
    let buy = user.messages().into_iter().rev().find_map(|message| {
        let button = message.buttons().into_iter().flatten().find(|button| button.label.starts_with("✅ Buy"))?;
        let ButtonAction::Callback(data) = button.action else { return None };
        Some((message.id, data))
    });
    let (message, data) = buy.expect("a way to buy");
    play(&mut world, "tap \"✅ Buy for\"\nsee \"Your number is ready\"\n").await;
    user.press_raw(message, &data).await.expect("an answer");
    play(&mut world, "sms \"canary text 918273\"\nsee \"918273\"\n").await;
    let done = figures(port, "raqam_deliveries_total{kind=\"code\",result=\"delivered\"} 1").await;

    let expected = [
        (r#"raqam_edges_total{flow="buy",from="Confirm",on="Buy",to="Waiting"}"#, 1.0),
        (r#"raqam_stale_presses_total{reason="NotOffered"}"#, 1.0),
        (r#"raqam_supplier_calls_total{server="2",endpoint="/purchase/sms",result="ok"}"#, 1.0),
        (r#"raqam_supplier_call_seconds_count{server="2",endpoint="/purchase/sms"}"#, 1.0),
        (r#"raqam_purchases_total{server="2",outcome="bought",code="none"}"#, 1.0),
        (r#"raqam_orders_ended_total{server="2",outcome="received"}"#, 1.0),
        (r#"raqam_code_seconds_count{server="2"}"#, 1.0),
        (r#"raqam_open_orders{server="2"}"#, 0.0),
        (r#"raqam_server_trouble{server="2",trouble="silent"}"#, 0.0),
        (r#"raqam_delivery_seconds_count{kind="code"}"#, 1.0),
        (r#"raqam_orders{state="Done"}"#, 1.0),
        (r#"raqam_sales_on_hold{reason="Books"}"#, 0.0),
    ];
    for (name, value) in expected {
        assert_eq!(done.get(name), Some(&value), "{name} in {done:#?}");
    }
    let at_least = [
        "raqam_batch_seconds_count",
        "raqam_batch_intents_count",
        r#"raqam_intents_total{intent="Step"}"#,
        r#"raqam_updates_total{kind="press"}"#,
        r#"raqam_update_seconds_count{kind="press"}"#,
        "raqam_answer_seconds_count",
        "raqam_shown_seconds_count",
        r#"raqam_telegram_calls_total{method="sendMessage",result="ok"}"#,
        r#"raqam_list_age_seconds{server="2",list="rentals"}"#,
        r#"raqam_supplier_balance_dollars{server="2"}"#,
    ];
    for name in at_least {
        assert!(done.get(name).is_some_and(|value| *value >= 0.0), "{name} in {done:#?}");
    }
    // One answer per press: nothing is counted twice.
    let presses = done[r#"raqam_updates_total{kind="press"}"#];
    assert_eq!(
        done["raqam_answer_seconds_count"],
        presses + done.get(r#"raqam_updates_total{kind="card_press"}"#).unwrap_or(&0.0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_and_log_name_nobody_and_each_edge_is_declared() {
    let (mut world, port) = measured().await;
    world.customer(CUSTOMER, "en").await;
    play(&mut world, TO_CONFIRM).await;
    play(&mut world, "tap \"✅ Buy for\"\nsee \"Your number is ready\"\nsms \"canary text 918273\"\nsee \"918273\"\n")
        .await;
    figures(port, "raqam_deliveries_total{kind=\"code\",result=\"delivered\"} 1").await;
    let text = scrape(port, "/metrics").await;
    let number = world.sim.smspool.orders()[0].national.clone();
    let (token, key) = (world.sim.telegram.token(), world.sim.smspool.key());
    let log = world.bot.as_mut().expect("a bot").log();
    for canary in [&CUSTOMER.to_string(), "918273", "canary text", &number, &token, &key, "WhatsApp", "Noor"] {
        assert!(!text.contains(canary), "the metrics show {canary}");
        assert!(!log.contains(canary), "the log shows {canary}");
    }
    assert!(log.contains("update{id="), "the log tells no update from another: {log}");

    let declared = declared();
    let edges: Vec<&str> = text.lines().filter(|line| line.starts_with("raqam_edges_total{")).collect();
    for edge in &edges {
        let labels = edge.rsplit_once(' ').expect("a value").0;
        assert!(declared.contains(labels), "{labels} is no row of a table");
    }
    assert_eq!(edges.len(), declared.len());
}

#[tokio::test]
async fn nothing_listens_unless_it_is_wanted() {
    let port = free_port().await;
    let mut world = World::without_bot(SimOptions::default()).await;
    world.start_with(&[("PORT", &port.to_string())]).await;
    let refused = TcpStream::connect(("127.0.0.1", port)).await;
    assert_eq!(refused.map_err(|error| error.kind()).err(), Some(std::io::ErrorKind::ConnectionRefused));
}

#[tokio::test]
async fn a_port_that_is_taken_is_one_sentence_before_anything_starts() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let world = World::without_bot(SimOptions::default()).await;
    let output = world.raqam_with(&["serve", "--metrics", "--port", &port], &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(said.starts_with("raqam: PORT is wanted for metrics") && said.lines().count() == 1, "{said}");
    assert!(!world.database().exists(), "it has begun");
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_clients_hold_nobody_up_and_other_paths_are_not_there() {
    let (mut world, port) = measured().await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(TcpStream::connect(("127.0.0.1", port)).await.expect("a connection"));
    }
    assert!(scrape(port, "/metrics").await.contains("raqam_build_info"));
    assert!(request(port, "/").await.starts_with("HTTP/1.1 404"));
    let kind = "content-type: text/plain; version=0.0.4";
    assert!(request(port, "/metrics").await.to_lowercase().contains(kind));
    let bot = world.bot.as_mut().expect("a bot");
    bot.signal("-TERM");
    let ended = tokio::time::timeout(PATIENCE, bot.ended()).await.expect("a clean end");
    assert!(ended.success());
}

/// A world whose bot serves metrics at this port.
async fn measured() -> (World, u16) {
    let port = free_port().await;
    let mut world = World::without_bot(SimOptions::default()).await;
    world.start_with(&[("METRICS", "on"), ("PORT", &port.to_string())]).await;
    (world, port)
}

async fn play(world: &mut World, steps: &str) {
    world.play(&format!("user {CUSTOMER}\n{steps}")).await;
}

async fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    listener.local_addr().expect("an address").port()
}

/// All figures by name and labels, once this line is among them.
async fn figures(port: u16, line: &str) -> BTreeMap<String, f64> {
    let seen = async {
        loop {
            let text = scrape(port, "/metrics").await;
            if text.lines().any(|shown| shown == line) {
                return text;
            }
        }
    };
    let Ok(text) = tokio::time::timeout(PATIENCE, seen).await else {
        panic!("no {line} in {}", scrape(port, "/metrics").await);
    };
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    let named = samples.filter_map(|line| line.rsplit_once(' '));
    named.map(|(name, value)| (name.to_owned(), value.parse().expect("a number"))).collect()
}

async fn scrape(port: u16, path: &str) -> String {
    let answer = request(port, path).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    answer.split_once("\r\n\r\n").expect("a body").1.to_owned()
}

async fn request(port: u16, path: &str) -> String {
    let exchange = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("a connection");
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        answer
    };
    tokio::time::timeout(Duration::from_secs(30), exchange).await.expect("in time")
}

/// Every row of every flow's table, as Prometheus names it.
fn declared() -> BTreeSet<String> {
    struct Rows(BTreeSet<String>);
    impl Visitor<Raqam> for Rows {
        fn visit<F: Flow<App = Raqam>>(&mut self, _: fn(F::State) -> AnyState) {
            for row in F::TABLE {
                let (flow, from, on, to) = (F::TAG, row.from.into(), row.on, name_of(row.to));
                let from: &str = from;
                self.0.insert(format!(r#"raqam_edges_total{{flow="{flow}",from="{from}",on="{on}",to="{to}"}}"#));
            }
        }
    }
    let mut rows = Rows(BTreeSet::new());
    Raqam::each(&mut rows);
    rows.0
}
