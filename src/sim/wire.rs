//! The sockets under both servers: a listener whose connections can be cut or slowed to a drip by a handler,
//! and which drops every connection when the server goes away.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::Sleep;

/// Binds 127.0.0.1; port 0 takes a free one.
pub(crate) async fn bind(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind(("127.0.0.1", port)).await
}

/// A running HTTP server; dropping it closes the port and every connection.
#[derive(Debug)]
pub(crate) struct Server {
    task: JoinHandle<()>,
    lines: Lines,
}

impl Server {
    /// Serves until dropped.
    pub(crate) fn start(tcp: TcpListener, router: Router) -> Self {
        let lines = Lines::default();
        let listener = Listener { tcp, lines: lines.clone() };
        let service = router.into_make_service_with_connect_info::<Line>();
        let task = tokio::spawn(async move {
            // Serving ends only with the task itself.
            let _ = axum::serve(listener, service).await;
        });
        Self { task, lines }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
        for line in self.lines.lock().drain(..) {
            if let Some(line) = line.upgrade() {
                line.cut();
            }
        }
    }
}

#[derive(Clone, Debug, Default)]
struct Lines(Arc<Mutex<Vec<Weak<LineState>>>>);

impl Lines {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Weak<LineState>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, line: &Arc<LineState>) {
        let mut lines = self.lock();
        // Sweep only when the list doubled, so that accepting stays cheap.
        if lines.len() >= 1024 && lines.len().is_power_of_two() {
            lines.retain(|line| line.strong_count() > 0);
        }
        lines.push(Arc::downgrade(line));
    }
}

/// A handler's grip on the connection that its request came over.
#[derive(Clone, Debug)]
pub(crate) struct Line(Arc<LineState>);

impl Line {
    /// Closes the connection; nothing more is read or written.
    pub(crate) fn cut(&self) {
        self.0.cut();
    }

    /// From now on one byte is written per interval.
    pub(crate) fn drip(&self, interval: Duration) {
        let interval_ms = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX).max(1);
        self.0.drip_ms.store(interval_ms, Ordering::SeqCst);
    }
}

#[derive(Debug, Default)]
struct LineState {
    cut: AtomicBool,
    drip_ms: AtomicU64,
    reader: Mutex<Option<Waker>>,
}

impl LineState {
    fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
        if let Some(reader) = self.reader.lock().unwrap_or_else(PoisonError::into_inner).take() {
            reader.wake();
        }
    }

    fn is_cut(&self) -> bool {
        self.cut.load(Ordering::SeqCst)
    }
}

struct Listener {
    tcp: TcpListener,
    lines: Lines,
}

impl axum::serve::Listener for Listener {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (tcp, address) = axum::serve::Listener::accept(&mut self.tcp).await;
        // Loopback answers are small; waiting to fill a packet only slows load runs.
        let _ = tcp.set_nodelay(true);
        let line = Arc::new(LineState::default());
        self.lines.add(&line);
        (Wire { tcp, line, pause: None }, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}

impl Connected<IncomingStream<'_, Listener>> for Line {
    fn connect_info(stream: IncomingStream<'_, Listener>) -> Self {
        Self(Arc::clone(&stream.io().line))
    }
}

/// A TCP stream that obeys its [`Line`].
struct Wire {
    tcp: TcpStream,
    line: Arc<LineState>,
    pause: Option<Pin<Box<Sleep>>>,
}

fn cut_error() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "cut by the simulator")
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        *self.line.reader.lock().unwrap_or_else(PoisonError::into_inner) = Some(context.waker().clone());
        if self.line.is_cut() {
            return Poll::Ready(Err(cut_error()));
        }
        Pin::new(&mut self.tcp).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.line.is_cut() {
            return Poll::Ready(Err(cut_error()));
        }
        let drip_ms = self.line.drip_ms.load(Ordering::SeqCst);
        if drip_ms == 0 || bytes.is_empty() {
            return Pin::new(&mut self.tcp).poll_write(context, bytes);
        }
        let pause = self.pause.get_or_insert_with(|| Box::pin(tokio::time::sleep(Duration::from_millis(drip_ms))));
        ready!(pause.as_mut().poll(context));
        self.pause = None;
        Pin::new(&mut self.tcp).poll_write(context, &bytes[..1])
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(context)
    }
}
