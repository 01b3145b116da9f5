//! The control socket: commands of the operator reach a running bot through it, and the database directly otherwise.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;

use crate::config;
use crate::operator::{Answer, Operator, Request};

/// The longest path that a socket's address holds on every system.
const SOCKET_PATH_BYTES_MAX: usize = 99;
/// The largest request or answer.
const LINE_BYTES_MAX: u64 = 256 * 1024;
/// How long one exchange may take: an audit or a backup reads everything.
const EXCHANGE: Duration = Duration::from_secs(120);

/// A line on the socket, either way.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Request(Request),
    Answer(Answer),
}

/// Where the socket of a database is: beside it, or, where that path is too long, under a hashed name in a private
/// directory.
#[must_use]
pub fn socket_path(database: &Path) -> PathBuf {
    let beside = config::beside(database, "sock");
    if beside.as_os_str().as_bytes().len() <= SOCKET_PATH_BYTES_MAX {
        return beside;
    }
    let whole = std::path::absolute(&beside).unwrap_or(beside);
    let mut hasher = DefaultHasher::new();
    whole.hash(&mut hasher);
    // The home comes first: a service and a shell of the same user have it in common.
    let home = std::env::var_os("HOME").or_else(|| std::env::var_os("XDG_RUNTIME_DIR"));
    let directory = home.map_or_else(std::env::temp_dir, PathBuf::from).join(".raqam");
    directory.join(format!("{:016x}.sock", hasher.finish()))
}

/// Listens on the socket. The database's lock is held, so whatever stands there is left over.
///
/// # Errors
/// Where the socket or its private directory cannot be made.
pub fn listen(path: &Path) -> io::Result<UnixListener> {
    if let Some(directory) = path.parent().filter(|directory| directory.ends_with(".raqam")) {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o700))?;
    }
    match std::fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Answers requests until the shutdown, then removes the socket.
pub async fn serve(
    listener: UnixListener,
    path: PathBuf,
    operator: Arc<Operator>,
    mut shutdown: watch::Receiver<bool>,
) {
    loop {
        tokio::select! {
            _ = shutdown.changed() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let operator = operator.clone();
                    tokio::spawn(async move {
                        if let Err(error) = tokio::time::timeout(EXCHANGE, exchange(stream, &operator)).await {
                            tracing::warn!(%error, "a control request took too long");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "the control socket failed");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }
    let _ = std::fs::remove_file(&path);
}

async fn exchange(stream: UnixStream, operator: &Operator) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let answer = match read_line(&mut stream).await {
        Ok(Line::Request(request)) => operator.perform(request).await,
        Ok(Line::Answer(_)) | Err(_) => Answer::refused("the request was not understood"),
    };
    write_line(&mut stream, &Line::Answer(answer)).await
}

/// Asks a running bot. `None` where none listens.
///
/// # Errors
/// Where a bot listens, but does not answer.
pub async fn ask(path: &Path, request: Request) -> io::Result<Option<Answer>> {
    let Ok(stream) = UnixStream::connect(path).await else {
        return Ok(None);
    };
    let exchange = async {
        let mut stream = BufReader::new(stream);
        write_line(&mut stream, &Line::Request(request)).await?;
        match read_line(&mut stream).await? {
            Line::Answer(answer) => Ok(Some(answer)),
            Line::Request(_) => Err(io::Error::from(io::ErrorKind::InvalidData)),
        }
    };
    tokio::time::timeout(EXCHANGE, exchange).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

async fn read_line(stream: &mut BufReader<UnixStream>) -> io::Result<Line> {
    let mut line = String::new();
    stream.take(LINE_BYTES_MAX).read_line(&mut line).await?;
    serde_json::from_str(&line).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

async fn write_line(stream: &mut BufReader<UnixStream>, line: &Line) -> io::Result<()> {
    let mut text = serde_json::to_string(line).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    text.push('\n');
    stream.write_all(text.as_bytes()).await?;
    stream.flush().await
}
