//! A Bot API of few words: it hands out pushed updates, says yes to everything else, and logs each call.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

/// What happened, in order, on both sides.
#[derive(Clone)]
pub(crate) struct Log(Arc<watch::Sender<Vec<String>>>);

impl Log {
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(Vec::new())))
    }

    pub(crate) fn line(&self, line: String) {
        self.0.send_modify(|lines| lines.push(line));
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.borrow().clone()
    }

    /// The lines, as soon as they are as expected.
    pub(crate) async fn until(&self, expected: impl Fn(&[String]) -> bool) -> Vec<String> {
        let mut seen = self.0.subscribe();
        let wait = seen.wait_for(|lines| expected(lines));
        let found =
            tokio::time::timeout(std::time::Duration::from_secs(10), wait).await.map(|lines| lines.unwrap().clone());
        found.unwrap_or_else(|_| panic!("not in time: {:#?}", self.lines()))
    }
}

#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
    ring: Arc<Notify>,
    log: Log,
}

#[derive(Default)]
struct State {
    updates: BTreeMap<i64, Value>,
    pushed: i64,
    messages: i64,
    scripts: HashMap<String, VecDeque<Value>>,
    held: Vec<String>,
}

impl Server {
    pub(crate) async fn start(log: Log) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = State { messages: 100, ..State::default() };
        let server = Self { url, state: Arc::new(Mutex::new(state)), ring: Arc::default(), log };
        let accepting = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(accepting.clone().serve(stream));
            }
        });
        server
    }

    /// Pushes an update; its number is the next one.
    pub(crate) fn push(&self, mut update: Value) {
        let mut state = self.state.lock().unwrap();
        state.pushed += 1;
        update["update_id"] = json!(state.pushed);
        let id = state.pushed;
        state.updates.insert(id, update);
        drop(state);
        self.ring.notify_waiters();
    }

    /// The numbers below this are taken.
    pub(crate) fn skip(&self, pushed: i64) {
        self.state.lock().unwrap().pushed = pushed;
    }

    /// Answers the next call of a method with this.
    pub(crate) fn script(&self, method: &str, reply: Value) {
        self.state.lock().unwrap().scripts.entry(method.to_owned()).or_default().push_back(reply);
    }

    pub(crate) fn hold(&self, method: &str) {
        self.state.lock().unwrap().held.push(method.to_owned());
    }

    pub(crate) fn release(&self, method: &str) {
        self.state.lock().unwrap().held.retain(|held| held != method);
        self.ring.notify_waiters();
    }

    async fn serve(self, stream: TcpStream) -> Option<()> {
        let mut stream = BufReader::new(stream);
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).await.ok().filter(|&read| read > 0)?;
            let method = line.split(' ').nth(1)?.rsplit('/').next()?.to_owned();
            let mut length = 0;
            while line.trim() != "" {
                line.clear();
                stream.read_line(&mut line).await.ok()?;
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().ok()?;
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await.ok()?;
            let reply = self.reply(&method, &serde_json::from_slice(&body).ok()?).await.to_string();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", reply.len());
            stream.get_mut().write_all((head + &reply).as_bytes()).await.ok()?;
        }
    }

    async fn reply(&self, method: &str, call: &Value) -> Value {
        self.log.line(format!("{method} {call}"));
        loop {
            let ring = self.ring.notified();
            tokio::pin!(ring);
            ring.as_mut().enable();
            if let Some(reply) = self.try_reply(method, call) {
                return reply;
            }
            ring.await;
        }
    }

    fn try_reply(&self, method: &str, call: &Value) -> Option<Value> {
        let mut state = self.state.lock().unwrap();
        if state.held.iter().any(|held| held == method) {
            return None;
        }
        if let Some(reply) = state.scripts.get_mut(method).and_then(VecDeque::pop_front) {
            return Some(reply);
        }
        let result = match method {
            "getMe" => json!({"id": 77, "is_bot": true, "first_name": "T", "username": "Test_bot"}),
            "getUpdates" => {
                let due = state.updates.split_off(&call["offset"].as_i64()?);
                state.updates = due.clone();
                if due.is_empty() {
                    return None;
                }
                due.into_values().collect()
            }
            "sendMessage" => {
                state.messages += 1;
                json!({"message_id": state.messages, "date": 0})
            }
            "getMyCommands" => json!([]),
            "getMyName" | "getMyDescription" | "getMyShortDescription" => json!({}),
            _ => json!(true),
        };
        Some(json!({"ok": true, "result": result}))
    }
}
