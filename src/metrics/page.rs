//! `GET /metrics`, and nothing else. A few connections at a time, each for one request and a few seconds: whoever is slow
//! or comes too often holds up nobody.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use prometheus_client::encoding::prometheus_text;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::{Metrics, standing};
use crate::config::BadOption;
use crate::shell::Shell;

/// How many connections there may be; more wait in the system's queue.
const CONNECTIONS_MAX: usize = 8;
/// How long a connection may last.
const DEADLINE: Duration = Duration::from_secs(5);
/// The pause after a connection could not be taken, which is when the process has no file left.
const PAUSE: Duration = Duration::from_millis(100);

/// Takes the address, before anything else starts.
///
/// # Errors
/// [`BadOption`] where somebody else has it.
pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener, BadOption> {
    TcpListener::bind(address).await.map_err(|error| BadOption {
        option: "PORT",
        problem: format!("is wanted for metrics, yet {address} cannot be used: {error}"),
    })
}

/// Answers until the shutdown.
pub(crate) async fn serve(
    listener: TcpListener,
    metrics: Arc<Metrics>,
    shell: Arc<Shell>,
    mut shutdown: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    // One reading at a time: it is the costly part.
    let reading = Arc::new(Semaphore::new(1));
    let mut connections = JoinSet::new();
    loop {
        let taken = tokio::select! {
            biased;
            _ = shutdown.changed() => break,
            Some(_) = connections.join_next() => continue,
            taken = take(&listener, &places) => taken,
        };
        if let Some((stream, place)) = taken {
            let (metrics, shell, reading) = (metrics.clone(), shell.clone(), reading.clone());
            connections.spawn(async move {
                let _ = tokio::time::timeout(DEADLINE, answer_one(stream, metrics, shell, reading)).await;
                drop(place);
            });
        }
    }
    while connections.join_next().await.is_some() {}
}

async fn take(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, place)),
        Err(error) => {
            tracing::warn!(%error, "a connection for metrics was not taken");
            tokio::time::sleep(PAUSE).await;
            None
        }
    }
}

async fn answer_one(stream: TcpStream, metrics: Arc<Metrics>, shell: Arc<Shell>, reading: Arc<Semaphore>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let (metrics, shell, reading) = (metrics.clone(), shell.clone(), reading.clone());
        async move { Ok::<_, Infallible>(answer(&request, metrics, shell, &reading).await) }
    });
    // What the other side does wrong is its own affair.
    let _ = http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(
    request: &Request<Incoming>,
    metrics: Arc<Metrics>,
    shell: Arc<Shell>,
    reading: &Semaphore,
) -> Response<String> {
    if request.uri().path() != "/metrics" || request.method() != Method::GET {
        return response(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", "only GET /metrics is here\n".to_owned());
    }
    let _turn = reading.acquire().await;
    let text = tokio::task::spawn_blocking(move || standing::read(&metrics, &shell).map(|()| metrics.text())).await;
    match text {
        Ok(Ok(text)) => response(StatusCode::OK, prometheus_text::CONTENT_TYPE, text),
        Ok(Err(error)) => {
            tracing::error!(%error, "the metrics were not read");
            failed()
        }
        Err(error) => {
            tracing::error!(%error, "the reading of the metrics failed");
            failed()
        }
    }
}

fn failed() -> Response<String> {
    response(StatusCode::INTERNAL_SERVER_ERROR, "text/plain; charset=utf-8", "see the log\n".to_owned())
}

fn response(status: StatusCode, content_type: &'static str, body: String) -> Response<String> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(content_type));
    response
}
