//! A tiny HTTP server for the tests: answers from a list, in order, and keeps every request as it came.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// What the server does after it has read a request. The last one of a list repeats.
#[derive(Clone)]
pub(crate) enum Reply {
    /// A whole answer; the connection stays open.
    Answer(String),
    /// Closes the connection without a byte.
    Close,
    /// A 200 with endless blanks.
    Flood,
    /// A 200 that promises a body and never sends it.
    Stall,
    /// A 200 whose body comes byte by byte and never ends.
    Drip,
}

pub(crate) fn answer(status: u16, headers: &str, body: &str) -> Reply {
    let length = body.len();
    Reply::Answer(format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n{headers}\r\n{body}"))
}

/// The requests so far, each with the client's port: one port is one connection.
type Seen = Arc<Mutex<Vec<(u16, String)>>>;

pub(crate) struct Loopback {
    pub(crate) url: String,
    seen: Seen,
    task: AbortHandle,
}

impl Loopback {
    pub(crate) async fn start(replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let seen = Seen::default();
        let log = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, replies.clone(), Arc::clone(&log)));
            }
        });
        Self { url, seen, task: task.abort_handle() }
    }

    /// The requests so far, head and body.
    pub(crate) fn requests(&self) -> Vec<String> {
        let seen = self.seen.lock().expect("no panic");
        seen.iter().map(|(_, request)| request.clone()).collect()
    }

    /// The client's port of each request so far.
    pub(crate) fn connections(&self) -> Vec<u16> {
        let seen = self.seen.lock().expect("no panic");
        seen.iter().map(|(port, _)| *port).collect()
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, replies: Vec<Reply>, seen: Seen) {
    let port = stream.peer_addr().expect("a client").port();
    while let Some(request) = read_request(&mut stream).await {
        let count = {
            let mut seen = seen.lock().expect("no panic");
            seen.push((port, request));
            seen.len()
        };
        let sent = match &replies[count.min(replies.len()) - 1] {
            Reply::Answer(text) => stream.write_all(text.as_bytes()).await,
            Reply::Close => return,
            Reply::Stall => stream.write_all(b"HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\n{").await,
            Reply::Drip => drip(&mut stream).await,
            Reply::Flood => {
                let head = b"HTTP/1.1 200 X\r\nContent-Length: 100000000\r\n\r\n";
                let mut sent = stream.write_all(head).await;
                while sent.is_ok() {
                    sent = stream.write_all(&[b' '; 65_536]).await;
                }
                sent
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

async fn drip(stream: &mut TcpStream) -> std::io::Result<()> {
    let mut pace = tokio::time::interval(Duration::from_millis(10));
    stream.write_all(b"HTTP/1.1 200 X\r\nContent-Length: 100000\r\n\r\n{").await?;
    loop {
        pace.tick().await;
        stream.write_all(b" ").await?;
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
        text.push_str(&String::from_utf8_lossy(&buffer[..count]));
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let head = head.to_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |n| n.parse().expect("a length"));
        if body.len() >= length {
            return Some(text);
        }
    }
}
