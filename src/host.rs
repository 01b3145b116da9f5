//! The shop as the messenger's host: reads from the store, steps into transactions, words from `flows`.

mod cards;
mod page;
mod replies;
pub(crate) mod trace;

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use engine::registry::AnyEffect;
use engine::{Lang, Text, machine};
use flows::env::{self, Credentials, Env, EnvFacts, ServerFacts};
use flows::{Entry, Pick, Raqam, Way, card};
use shop::ledger::Transaction;
use shop::settings::Settings;
use shop::{OrderId, UserId};
use store::{DeliveryRow, Intent, JobRow, LivingRow, Outcome, OutgoingRow, Step, TimerChange, UserView};
use telegram::host::{
    CardAnswer, CardPlace, CardPress, Cause, Commit, Committed, Decided, Delivery, Entered, Host, HostError,
    HostResult, InlinePage, InlineRequest, Living, Loaded, Notice, Outgoing, Owner, Person, Popup, Presence, Profile,
    RawUpdate, Replied, Reply,
};

pub use trace::Trace;

use crate::shell::Shell;

/// How many orders or transactions a page shows.
const PER_PAGE: u32 = 10;

/// The shop's side of the conversation.
pub struct ShopHost {
    /// Everything that runs.
    pub shell: Arc<Shell>,
}

fn broken(error: impl std::fmt::Display) -> HostError {
    HostError(error.to_string())
}

#[async_trait]
impl Host for ShopHost {
    type App = Raqam;
    type Trace = Trace;

    fn now_ms(&self) -> i64 {
        self.shell.office.clock.now_ms()
    }

    fn fresh(&self) -> u64 {
        self.shell.office.fresh.next()
    }

    fn pseudonym(&self, user: u64) -> String {
        self.shell.office.pseudonyms.of(UserId(user))
    }

    async fn own(&self, bot: u64) -> HostResult<Owner> {
        let outcome = self.apply(Intent::Own { bot }).await?;
        Ok(if outcome == Outcome::Conflict { Owner::Another } else { Owner::Us })
    }

    async fn next_offset(&self) -> HostResult<i64> {
        self.shell.office.store.next_offset().map_err(broken)
    }

    async fn take_in(&self, batch: Vec<RawUpdate>, next_offset: i64) -> HostResult<Vec<RawUpdate>> {
        let now = self.shell.office.clock.now();
        let updates =
            batch.iter().map(|update| store::RawUpdate { id: update.id, body: update.body.clone() }).collect();
        let mut fresh: BTreeSet<i64> = match self.apply(Intent::TakeIn { updates, next_offset, now }).await? {
            Outcome::TakenIn(fresh) => fresh.into_iter().collect(),
            Outcome::Stored(_) | Outcome::Refused(_) | Outcome::Conflict | Outcome::Reserved(_) | Outcome::Done => {
                BTreeSet::new()
            }
        };
        // Taken out, so that an update that stands twice in the batch is passed on once.
        Ok(batch.into_iter().filter(|update| fresh.remove(&update.id)).collect())
    }

    async fn unhandled(&self) -> HostResult<Vec<RawUpdate>> {
        let updates = self.shell.office.store.unhandled().map_err(broken)?;
        Ok(updates.into_iter().map(|update| RawUpdate { id: update.id, body: update.body }).collect())
    }

    async fn handled(&self, update: i64) -> HostResult<()> {
        self.passed_over(update, &[]).await
    }

    async fn bury(&self, update: i64, reason: &str) -> HostResult<()> {
        let now = self.shell.office.clock.now();
        self.apply(Intent::Bury { update, reason: reason.to_owned(), now }).await.map(|_| ())
    }

    async fn put_aside(&self, key: &str, reason: &str) -> HostResult<()> {
        let now = self.shell.office.clock.now();
        self.apply(Intent::PutAside { key: key.to_owned(), reason: reason.to_owned(), now }).await?;
        self.shell.delivered(key);
        Ok(())
    }

    async fn load(&self, person: &Person) -> HostResult<Loaded<Raqam>> {
        let view = self.user(person.id)?;
        let lang = lang_of(&view, person);
        let env = self.env(person, &view)?;
        let living = view.living.map(|row| Living { message_id: row.message_id, sent_at: row.sent_at });
        let standing = page::standing(view.standing);
        Ok(Loaded { session: view.session, lang, env, living, newest: view.newest, standing })
    }

    fn trace(&self, decided: &Decided<'_, Raqam>) -> Trace {
        self.shell.recorder.trace(decided)
    }

    async fn passed_over(&self, update: i64, traces: &[Trace]) -> HostResult<()> {
        self.apply(Intent::Handled { update, traces: trace::of_no_step(traces) }).await.map(|_| ())
    }

    async fn commit(&self, commit: Commit<Raqam>, traces: &[Trace]) -> HostResult<Committed<Raqam>> {
        let key = match &commit.cause {
            Cause::Key(key) => Some(key.clone()),
            Cause::Update(_) => None,
        };
        let outcome = self.apply(Intent::Step(Box::new(self.step(commit, trace::of_a_step(traces))))).await;
        if let Some(key) = key {
            self.shell.delivered(&key);
        }
        match outcome? {
            Outcome::Refused(refusal) => Ok(Committed::Refused(flows::Refused(refusal))),
            Outcome::Conflict => Ok(Committed::Conflict),
            Outcome::Stored(_) | Outcome::TakenIn(_) | Outcome::Reserved(_) | Outcome::Done => Ok(Committed::Stored),
        }
    }

    async fn set_living(&self, user: u64, living: Living) -> HostResult<()> {
        let living = LivingRow { message_id: living.message_id, sent_at: living.sent_at };
        self.apply(Intent::Living { user: UserId(user), living: Some(living) }).await.map(|_| ())
    }

    fn entry(&self, command: &str, payload: &str) -> Entered<Entry> {
        match flows::way(command, payload) {
            Some(Way::In(entry)) => Entered::Enter(entry),
            Some(Way::Back) => Entered::ShowAgain,
            None => Entered::Unknown,
        }
    }

    fn pick(&self, token: &str) -> Option<Pick> {
        flows::pick(token)
    }

    fn words(&self, notice: Notice, lang: Lang) -> Text {
        flows::words::words(page::notice(notice), lang, self.shell.support_url.as_deref())
    }

    async fn inline(&self, request: &InlineRequest) -> HostResult<InlinePage> {
        let view = self.user(request.person.id)?;
        let env = self.env(&request.person, &view)?;
        let states = machine::states::<Raqam>(&view.session);
        if let Some((server, country)) = flows::inline::wanted(&request.query, states.last(), &env)
            && let Some(market) = self.shell.markets.get(&server)
        {
            market.want(country, shop::catalogue::Product::Temporary);
        }
        Ok(page::inline(request, states.last(), &env, lang_of(&view, &request.person), page::standing(view.standing)))
    }

    fn profiles(&self) -> Vec<Profile> {
        [Lang::En, Lang::Ar].map(page::profile).into()
    }

    async fn press_card(&self, person: &Person, press: &CardPress, update: i64) -> HostResult<CardAnswer<Raqam>> {
        let order = match OrderId::parse(&press.card) {
            Some(id) => self.shell.office.store.order(id).map_err(broken)?,
            None => None,
        };
        match order {
            Some(order) if order.user == UserId(person.id) => self.press_own(person, &order, press, update).await,
            Some(_) => {
                self.handled(update).await?;
                let lang = lang_of(&self.user(person.id)?, person);
                Ok(CardAnswer::Done(Some(Popup::Alert(self.words(Notice::NotYours, lang)))))
            }
            None => match card::without_order(&press.action) {
                Some(entry) => Ok(CardAnswer::Leads(None, machine::Input::Start(entry))),
                None => self.handled(update).await.map(|()| CardAnswer::Unknown),
            },
        }
    }

    async fn reply(&self, person: &Person, reply: &Reply, update: i64) -> HostResult<Replied> {
        self.take_reply(UserId(person.id), reply, update).await
    }

    async fn adopt_card(&self, user: u64, key: &str, place: CardPlace) -> HostResult<Vec<i32>> {
        let Some(order) = OrderId::parse(key) else { return Ok(Vec::new()) };
        let place = match place {
            CardPlace::Living => store::CardPlace::Living,
            CardPlace::Below => store::CardPlace::Below,
        };
        match self.apply(Intent::AdoptCard { user: UserId(user), order, place }).await? {
            Outcome::Stored(changed) => Ok(changed.left),
            Outcome::Refused(_) | Outcome::Conflict | Outcome::TakenIn(_) | Outcome::Reserved(_) | Outcome::Done => {
                Ok(Vec::new())
            }
        }
    }

    async fn outgoing(&self, user: u64) -> HostResult<Vec<Outgoing>> {
        let now = self.shell.office.clock.now();
        let rows = self.shell.office.store.outgoing(UserId(user), now).map_err(broken)?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let view = self.user(user)?;
        let states = machine::states::<Raqam>(&view.session);
        let held_back = |row: &OutgoingRow| page::becomes_a_card(&view, states.last(), row);
        rows.into_iter().filter(|row| !held_back(row)).map(|row| self.show(&view, row)).collect()
    }

    async fn sent(&self, user: u64, id: &str, delivery: Delivery) -> HostResult<()> {
        let (user, now) = (UserId(user), self.shell.office.clock.now());
        let intent = match (page::outgoing_id(id), delivery) {
            (None, _) => return Ok(()),
            (Some(page::OutgoingId::Note(seq)), delivery) => {
                Intent::Sent { user, seq: Some(seq), delivery: delivery_row(delivery), now }
            }
            (Some(page::OutgoingId::Card(order, version)), Delivery::Delivered { message_id }) => {
                Intent::CardShown { order, message_id, version }
            }
            (Some(page::OutgoingId::Card(order, version)), Delivery::Refused(reason)) => {
                tracing::error!(order.id = %order, reason, "a card was refused");
                Intent::CardRefused { order, version }
            }
            (
                Some(page::OutgoingId::Card(..)),
                delivery @ (Delivery::Unreachable | Delivery::Unknown(_) | Delivery::NotSent),
            ) => Intent::Sent { user, seq: None, delivery: delivery_row(delivery), now },
        };
        self.apply(intent).await.map(|_| ())
    }

    async fn presence(&self, user: u64, presence: Presence) -> HostResult<()> {
        let (user, now) = (UserId(user), self.shell.office.clock.now());
        let intent = match presence {
            Presence::Back => Intent::Reachable { user },
            Presence::Gone => Intent::Sent { user, seq: None, delivery: DeliveryRow::Unreachable, now },
        };
        self.apply(intent).await.map(|_| ())
    }

    async fn users_with_outgoing(&self) -> HostResult<Vec<u64>> {
        let now = self.shell.office.clock.now();
        let users = self.shell.office.store.users_with_outgoing(now).map_err(broken)?;
        Ok(users.into_iter().map(|user| user.0).collect())
    }
}

impl ShopHost {
    async fn apply(&self, intent: Intent) -> HostResult<Outcome> {
        self.shell.office.apply(intent).await.map_err(broken)
    }

    fn user(&self, user: u64) -> HostResult<UserView> {
        self.shell.office.store.user(UserId(user)).map_err(broken)
    }

    /// The world that this person's step may look at: what the shown state asks for, and what every screen shows.
    fn env(&self, person: &Person, view: &UserView) -> HostResult<Env> {
        let store = &self.shell.office.store;
        let (user, now) = (UserId(person.id), self.shell.office.clock.now());
        let needs = env::needs(&machine::states::<Raqam>(&view.session));
        let order = match needs.order {
            Some(order) => store.order(order).map_err(broken)?.filter(|order| order.user == user),
            None => None,
        };
        let history = match needs.history {
            Some(request) => {
                let filter = page::history_filter(request.filter);
                let page = store.history(user, request.anchor, filter, request.page, PER_PAGE).map_err(broken)?;
                Some(env::HistoryPage { orders: page.orders, total: clamped(page.total), anchor: page.anchor })
            }
            None => None,
        };
        let statement = match needs.statement {
            Some(request) => {
                let page = store.statement(user, request.anchor, request.page, PER_PAGE).map_err(broken)?;
                let entries = page.entries.into_iter().map(|(_, transaction)| self.movement(transaction));
                let entries = entries.collect::<HostResult<_>>()?;
                Some(env::StatementPage { entries, total: clamped(page.total), anchor: page.anchor })
            }
            None => None,
        };
        let settings = store.settings().map_err(broken)?;
        // First this person waits, then the lists are read: what is built in between wakes them, or is read.
        if self.shell.markets.values().any(|market| !market.is_complete()) {
            self.shell.note_waiting(user);
        }
        let mut servers = self.servers(&settings);
        // A job of the session's own asks for what it shows, and its answer renews the screen.
        let (own, beside): (Vec<_>, Vec<_>) =
            needs.markets(&servers).into_iter().partition(|place| needs.market == Some(*place));
        self.want(&own);
        if !self.want(&beside) {
            self.shell.note_waiting(user);
            servers = self.servers(&settings);
        }
        Ok(env::build(EnvFacts {
            // Whom a timer or a delivery wakes says no name.
            name: if person.name.is_empty() { view.name.clone() } else { person.name.clone() },
            visit: if view.exists { env::Visit::Return } else { env::Visit::First },
            wallet: view.wallet,
            open: view.open.iter().filter(|order| order.is_listed(now)).cloned().collect(),
            order,
            history,
            statement,
            last: view.last.clone(),
            recent_countries: view.recent_countries.iter().map(|(_, country)| *country).collect(),
            recent_services: view.recent_services.iter().map(|(_, service)| *service).collect(),
            servers,
            support_url: self.shell.support_url.clone(),
            support: if settings.admins.is_empty() { env::Support::Nobody } else { env::Support::Answers },
            shop_open: self.door(),
        }))
    }

    fn door(&self) -> env::Door {
        if self.shell.office.store.holds().is_empty() { env::Door::Selling } else { env::Door::Stopped }
    }

    /// Keeps what is sold at these places fresh for a while; whether all of it is known already.
    fn want(&self, places: &[env::Place]) -> bool {
        let mut all_known = true;
        for place in places {
            if let Some(market) = self.shell.markets.get(&place.server) {
                market.want(place.country, place.product);
                all_known &= market.catalogue().is_loaded(place.country, place.product);
            }
        }
        all_known
    }

    fn movement(&self, transaction: Transaction) -> HostResult<env::Movement> {
        let order = match transaction.order {
            Some(order) => self.shell.office.store.order(order).map_err(broken)?,
            None => None,
        };
        Ok(env::Movement { transaction, wish: order.map(|order| order.wish) })
    }

    fn servers(&self, settings: &Settings) -> Vec<ServerFacts> {
        let facts = |market: &Arc<crate::market::Market>| ServerFacts {
            id: market.server,
            settings: settings.server(market.server).clone(),
            credentials: if market.has_key() { Credentials::Present } else { Credentials::Missing },
            catalogue: market.catalogue(),
        };
        self.shell.markets.values().map(facts).collect()
    }

    fn step(&self, commit: Commit<Raqam>, traces: Vec<store::Trace>) -> Step {
        let now = self.shell.office.clock.now();
        let user = UserId(commit.person.id);
        let cause = match commit.cause {
            Cause::Update(update) => store::Cause::Update(update),
            Cause::Key(key) => store::Cause::Key(key),
        };
        let mut step = Step {
            user,
            lang: lang_of_person(&commit.person).code().to_owned(),
            name: commit.person.name,
            cause,
            from_revision: commit.from_revision,
            session: commit.session,
            commands: Vec::new(),
            jobs: Vec::new(),
            timers: Vec::new(),
            tells: Vec::new(),
            traces,
            now,
        };
        for (instance, effect) in commit.effects {
            match effect {
                AnyEffect::Do(command) => step.commands.push(command),
                AnyEffect::Job(job) => step.jobs.push(job_row(instance, &job)),
                AnyEffect::Arm { timer, after_s } => {
                    step.timers.push(TimerChange::Arm { instance, body: timer, due_at: now + i64::from(after_s) });
                }
                AnyEffect::Disarm => step.timers.push(TimerChange::Disarm { instance }),
                AnyEffect::Tell(note) => step.tells.push(note),
                // The driver shows these over the chat; they are not stored.
                AnyEffect::Toast(_) | AnyEffect::Alert(_) => {}
            }
        }
        step
    }
}

/// What is delivered under this key, for whoever counts.
pub(crate) fn outgoing_kind(id: &str) -> &'static str {
    page::outgoing_kind(id)
}

fn clamped(total: u64) -> u32 {
    u32::try_from(total).unwrap_or(u32::MAX)
}

fn job_row(instance: u64, job: &flows::Job) -> JobRow {
    JobRow { instance, body: serde_json::to_value(job).expect("jobs are plain data") }
}

fn lang_of_person(person: &Person) -> Lang {
    person.language_code.as_deref().map_or(Lang::En, Lang::from_code)
}

/// The stored choice; for a new person the language of the app.
fn lang_of(view: &UserView, person: &Person) -> Lang {
    view.lang.as_deref().map_or_else(|| lang_of_person(person), Lang::from_code)
}

fn delivery_row(delivery: Delivery) -> DeliveryRow {
    match delivery {
        Delivery::Delivered { message_id } => DeliveryRow::Delivered(message_id),
        Delivery::Unreachable => DeliveryRow::Unreachable,
        Delivery::Refused(reason) => DeliveryRow::Refused(reason),
        Delivery::Unknown(reason) => DeliveryRow::Unknown(reason),
        Delivery::NotSent => DeliveryRow::NotSent,
    }
}
