//! The playground's routes.
//!
//! | route | body | does |
//! |---|---|---|
//! | `GET /` | | the page |
//! | `GET /events` | | server-sent events: what changed |
//! | `GET /phone/{n}` | | the chat of phone 1 or 2 as HTML |
//! | `GET /phone/{n}/owner` | | who has it |
//! | `GET /phone/{n}/script` | | what was done on it, as a conversation script |
//! | `GET /phone/{n}/recording` | | its last events as the bot kept them |
//! | `POST /recording` | a recording | tries its events again, and says what differs |
//! | `GET /controls`, `GET /bot`, `GET /inspector?beat=7` | | parts of the page |
//! | `POST /phone/{n}/tap` | `{"message":5,"row":0,"column":1,"mirror":false}` | taps a button |
//! | `POST /phone/{n}/send` | `{"text":"/start","mirror":false}` | writes |
//! | `POST /phone/{n}/search` | `{"query":"sp:fr","offset":"","mirror":false}` | a page of inline results as HTML |
//! | `POST /phone/{n}/pick` | `{"id":"…","mirror":false}` | picks a result |
//! | `POST /phone/{n}/new` | `{"name":"…"}`, or nothing | hands the phone to somebody new |
//! | `POST /phone/{n}/block` | | stops the bot, or starts it again |
//! | `POST /phone/{n}/credit` | `{"amount":"5.00"}` | gives money |
//! | `POST /phone/{n}/replay` | a script | plays it, with somebody new |
//! | `POST /sms` | `{"text":"…","delay":10,"when":"next"}`; `now`, `none` | an SMS |
//! | `POST /sms/usual` | | takes back what was asked for the next number |
//! | `POST /server/{n}/control/{row}`, `POST /telegram/control/{row}` | | orders a failure of a supplier or of Telegram |
//! | `POST /control/cancel/{number}` | | takes it back |
//! | `POST /server/{n}/mood` | `{"mood":"down"}`; `slow`, `lying`, `well` | makes all endpoints of a supplier fail, or none |
//! | `POST /server/{n}/prices` | `{"percent":120}` | sets a supplier's prices, in percent of the usual ones |
//! | `POST /server/{n}/sms` | | an SMS with a code, on the server's newest number |
//! | `POST /repeat` | | the newest update comes again |
//! | `POST /clock` | `{"by":"15m"}` | moves the clock |
//! | `POST /bot/kill`, `POST /bot/start` | | kills the bot; starts it again |

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use maud::Markup;
use serde::Deserialize;
use serde_json::{Value, json};
use sim::Tap;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;

use crate::controls::Side;
use crate::events::Event;
use crate::guard::guard;
use crate::phone::Spot;
use crate::sms::Next;
use crate::supplier::{Mood, Server};
use crate::world::World;
use crate::{chat, inspector, page, script};

/// The SMS where no text is given.
const CODE: &str = "Your verification code is 482913";
/// The highest prices, in percent of the usual ones.
const PERCENT_MAX: u32 = 1_000;

type Shared = State<Arc<World>>;
type Done = Result<Json<Value>, Problem>;

/// The largest recording that is tried again: 64 events and the lists that they name.
const RECORDING_BYTES_MAX: usize = 16 << 20;

/// All routes.
pub(crate) fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/", get(|State(world): Shared| async move { page::page(&world) }))
        .route("/playground.css", get(|| async { asset("text/css", include_str!("assets/playground.css")) }))
        .route("/diagram.css", get(|State(world): Shared| async move { asset("text/css", world.bot.diagram_style()) }))
        .route("/recording", post(try_again).layer(DefaultBodyLimit::max(RECORDING_BYTES_MAX)))
        .route("/playground.js", get(|| async { asset("text/javascript", include_str!("assets/playground.js")) }))
        .route("/icon.svg", get(|| async { asset("image/svg+xml", include_str!("assets/icon.svg")) }))
        .route("/events", get(events))
        .route("/controls", get(|State(world): Shared| async move { page::controls(&world) }))
        .route("/bot", get(|State(world): Shared| async move { page::bot(&world) }))
        .route("/inspector", get(inspect))
        .route("/phone/{phone}", get(show))
        .route("/phone/{phone}/{part}", get(show_part).post(act))
        .route("/phone/{phone}/replay", post(replay))
        .route("/phone/{phone}/search", post(search))
        .route("/sms", post(sms))
        .route("/sms/usual", post(usual_sms))
        .route("/server/{server}/control/{control}", post(order_of_supplier))
        .route("/server/{server}/mood", post(mood))
        .route("/server/{server}/prices", post(prices))
        .route("/server/{server}/sms", post(sms_of_supplier))
        .route("/telegram/control/{control}", post(order_of_telegram))
        .route("/control/cancel/{number}", post(cancel))
        .route("/repeat", post(repeat))
        .route("/clock", post(advance))
        .route("/bot/{deed}", post(bot))
        .layer(DefaultBodyLimit::max(2 * script::BYTES_MAX))
        .layer(middleware::from_fn(guard))
        .with_state(world)
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, format!("{kind}; charset=utf-8"))], text).into_response()
}

/// Why a request came to nothing.
enum Problem {
    /// The address names nothing.
    NotThere(&'static str),
    /// It cannot be done now.
    Refused(String),
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, reason) = match self {
            Self::NotThere(reason) => (StatusCode::NOT_FOUND, reason.to_owned()),
            Self::Refused(reason) => (StatusCode::CONFLICT, reason),
        };
        (status, Json(json!({ "error": reason }))).into_response()
    }
}

impl From<String> for Problem {
    fn from(reason: String) -> Self {
        Self::Refused(reason)
    }
}

fn done(result: Result<(), String>) -> Done {
    result?;
    Ok(Json(json!({})))
}

/// Phones are 1 and 2 outside.
fn index(phone: usize) -> Result<usize, Problem> {
    match phone {
        1 | 2 => Ok(phone - 1),
        _ => Err(Problem::NotThere("there are phones 1 and 2")),
    }
}

/// Servers are named as people see them.
fn server(number: usize) -> Result<Server, Problem> {
    Server::numbered(number).ok_or(Problem::NotThere("there are servers 1 and 2"))
}

async fn events(State(world): Shared) -> Sse<impl Stream<Item = Result<axum::response::sse::Event, Infallible>>> {
    let (sender, receiver) = mpsc::channel(16);
    tokio::spawn(async move {
        let mut changes = world.events.subscribe();
        let mut next = Event::All { now_ms: world.now_ms() };
        loop {
            let event = axum::response::sse::Event::default().json_data(&next).unwrap_or_default();
            if sender.send(Ok(event)).await.is_err() {
                return;
            }
            next = match changes.recv().await {
                Ok(event) => event,
                Err(RecvError::Lagged(_)) => Event::All { now_ms: world.now_ms() },
                Err(RecvError::Closed) => return,
            };
        }
    });
    Sse::new(ReceiverStream::new(receiver)).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
}

#[derive(Deserialize)]
struct Chosen {
    beat: Option<u64>,
}

async fn inspect(State(world): Shared, Query(chosen): Query<Chosen>) -> Markup {
    inspector::inspector(&world, chosen.beat)
}

async fn show(State(world): Shared, Path(phone): Path<usize>) -> Result<Markup, Problem> {
    Ok(chat::chat(&world, index(phone)?))
}

async fn show_part(State(world): Shared, Path((phone, part)): Path<(usize, String)>) -> Result<Response, Problem> {
    let phone = index(phone)?;
    match part.as_str() {
        "owner" => Ok(page::owner(&world, phone).into_response()),
        "script" => Ok(world.script(phone).into_response()),
        "recording" => Ok(world.bot.record(world.person(phone).user.id())?.into_response()),
        _ => Err(Problem::NotThere("there are owner, script and recording")),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Deed {
    message: i64,
    row: usize,
    column: usize,
    text: String,
    id: String,
    name: Option<String>,
    amount: String,
    mirror: bool,
}

async fn act(State(world): Shared, Path((phone, what)): Path<(usize, String)>, deed: Option<Json<Deed>>) -> Done {
    let phone = index(phone)?;
    let Json(deed) = deed.unwrap_or_default();
    let mirrored = deed.mirror.then_some(1 - phone);
    match what.as_str() {
        "tap" => return tap(&world, phone, &deed),
        "send" => {
            world.send(phone, &deed.text);
            mirrored.into_iter().for_each(|other| world.send(other, &deed.text));
        }
        "pick" => {
            world.pick(phone, &deed.id)?;
            if deed.mirror {
                world.mirror_pick(phone, &deed.id);
            }
        }
        "new" => {
            let name = deed.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
            world.new_person(phone, name).await?;
        }
        "block" => world.block(phone),
        "credit" => world.credit(phone, &deed.amount).await?,
        _ => return Err(Problem::NotThere("see the head of server.rs")),
    }
    done(Ok(()))
}

fn tap(world: &Arc<World>, phone: usize, deed: &Deed) -> Done {
    let spot = Spot { message: deed.message, row: deed.row, column: deed.column };
    let button = world.button(phone, spot).ok_or_else(|| "that button is not there any more".to_owned())?;
    let tap = world.tap(phone, spot, &button);
    if deed.mirror {
        world.mirror_tap(phone, spot, &button);
    }
    Ok(Json(match tap {
        Some(Tap::Copied(text)) => json!({ "copied": text }),
        Some(Tap::Opened(url)) => json!({ "opened": url }),
        Some(Tap::Answered(_) | Tap::Searched(_) | Tap::Paid) | None => json!({}),
    }))
}

#[derive(Deserialize)]
struct Asked {
    query: String,
    #[serde(default)]
    offset: String,
    #[serde(default)]
    mirror: bool,
}

async fn search(State(world): Shared, Path(phone): Path<usize>, Json(asked): Json<Asked>) -> Result<Markup, Problem> {
    let phone = index(phone)?;
    if asked.mirror && asked.offset.is_empty() {
        world.events.tell(Event::Search { phone: 1 - phone, query: asked.query.clone() });
    }
    let answer = world.search(phone, &asked.query, &asked.offset).await?;
    Ok(chat::results(&answer, &asked.offset))
}

async fn replay(State(world): Shared, Path(phone): Path<usize>, body: Bytes) -> Done {
    let text = String::from_utf8(body.to_vec()).map_err(|_| "the script is no text".to_owned())?;
    let phone = index(phone)?;
    // In a task of its own: a page that goes away does not leave a script half played.
    let played = tokio::spawn(async move { world.replay(phone, &text).await });
    done(played.await.unwrap_or_else(|error| Err(error.to_string())))
}

async fn try_again(State(world): Shared, body: Bytes) -> Done {
    let text = String::from_utf8(body.to_vec()).map_err(|_| "the recording is no text".to_owned())?;
    let tried = tokio::task::spawn_blocking(move || world.bot.replay(&text)).await;
    let replayed = tried.unwrap_or_else(|error| Err(error.to_string()))?;
    Ok(Json(json!({ "differ": replayed.differ, "text": replayed.text })))
}

#[derive(Deserialize)]
struct Sms {
    #[serde(default)]
    text: String,
    #[serde(default)]
    delay: u64,
    when: When,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum When {
    Now,
    Next,
    None,
}

async fn sms(State(world): Shared, Json(sms): Json<Sms>) -> Done {
    let next = match sms.when {
        When::Now if sms.text.is_empty() => return done(world.sms_now(None, CODE)),
        When::Now => return done(world.sms_now(None, &sms.text)),
        When::Next => Next::Text { text: sms.text, delay: Duration::from_secs(sms.delay) },
        When::None => Next::Nothing,
    };
    world.plan().next = Some(next);
    world.events.tell(Event::Controls);
    done(Ok(()))
}

async fn usual_sms(State(world): Shared) -> Done {
    world.plan().next = None;
    world.events.tell(Event::Controls);
    done(Ok(()))
}

async fn sms_of_supplier(State(world): Shared, Path(number): Path<usize>) -> Done {
    done(world.sms_now(Some(server(number)?), CODE))
}

async fn order_of_supplier(State(world): Shared, Path((number, control)): Path<(usize, usize)>) -> Done {
    done(world.order(Side::Supplier(server(number)?), control))
}

async fn order_of_telegram(State(world): Shared, Path(control): Path<usize>) -> Done {
    done(world.order(Side::Telegram, control))
}

#[derive(Deserialize)]
struct Moods {
    mood: String,
}

async fn mood(State(world): Shared, Path(number): Path<usize>, Json(wanted): Json<Moods>) -> Done {
    let mood = Mood::named(&wanted.mood).ok_or_else(|| "say well, down, slow or lying".to_owned())?;
    world.set_mood(server(number)?, mood);
    done(Ok(()))
}

async fn cancel(State(world): Shared, Path(number): Path<u64>) -> Done {
    world.faults().cancel(number, &world.sim);
    world.events.tell(Event::Controls);
    done(Ok(()))
}

#[derive(Deserialize)]
struct Prices {
    percent: u32,
}

async fn prices(State(world): Shared, Path(number): Path<usize>, Json(prices): Json<Prices>) -> Done {
    if !(1..=PERCENT_MAX).contains(&prices.percent) {
        return Err(format!("say a percentage from 1 to {PERCENT_MAX}").into());
    }
    world.set_prices(server(number)?, prices.percent);
    done(Ok(()))
}

async fn repeat(State(world): Shared) -> Done {
    world.repeat_update();
    done(Ok(()))
}

#[derive(Deserialize)]
struct Advance {
    by: String,
}

async fn advance(State(world): Shared, Json(advance): Json<Advance>) -> Done {
    let by = sim::parse_duration(&advance.by).ok_or_else(|| "say a duration such as 15m".to_owned())?;
    world.advance(by);
    done(Ok(()))
}

async fn bot(State(world): Shared, Path(deed): Path<String>) -> Done {
    match deed.as_str() {
        "kill" => done(world.kill().await),
        "start" => done(world.start().await),
        _ => Err(Problem::NotThere("there are kill and start")),
    }
}
