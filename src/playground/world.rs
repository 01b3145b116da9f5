//! Everything that the pages look at: the simulators, the bot, two phones, and the record of what was done.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sim::Sim;

use crate::act::Act;
use crate::beats::{Beat, Beats, Place, Stand};
use crate::bot::Bot;
use crate::controls::Faults;
use crate::events::{Event, Events};
use crate::phone::{self, Person, Phone};
use crate::sms::Plan;
use crate::supplier::{Books, Server};
use crate::unasked::Watch;

/// How often the world is looked at for what happens by itself.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// The first person's id.
const FIRST_PERSON: i64 = 1001;

/// What the playground holds.
pub(crate) struct World {
    pub(crate) sim: Sim,
    pub(crate) bot: Arc<dyn Bot>,
    pub(crate) events: Events,
    phones: [Mutex<Phone>; 2],
    beats: Mutex<Beats>,
    faults: Mutex<Faults>,
    plan: Mutex<Plan>,
    watch: Mutex<Watch>,
    persons: AtomicUsize,
    /// The newest entry of the ledger that was seen, for the time without a bot.
    last_entry: AtomicU64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    /// A world whose phones have people who have not written yet.
    pub(crate) fn new(sim: Sim, bot: Arc<dyn Bot>) -> Arc<Self> {
        let persons = AtomicUsize::new(0);
        let phone = |phone| {
            let person = next_person(&sim, &persons, phone, None);
            Mutex::new(Phone { person, waiting: Vec::new(), lookout: None })
        };
        let phones = [phone(0), phone(1)];
        let (beats, faults, plan, watch) = (Mutex::default(), Mutex::default(), Mutex::default(), Mutex::default());
        let (events, last_entry) = (Events::new(), AtomicU64::new(0));
        Arc::new(Self { sim, bot, events, phones, beats, faults, plan, watch, persons, last_entry })
    }

    /// A phone, 0 or 1.
    pub(crate) fn phone(&self, phone: usize) -> MutexGuard<'_, Phone> {
        lock(&self.phones[phone])
    }

    /// Who has a phone.
    pub(crate) fn person(&self, phone: usize) -> Person {
        self.phone(phone).person.clone()
    }

    pub(crate) fn beats(&self) -> MutexGuard<'_, Beats> {
        lock(&self.beats)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        lock(&self.faults)
    }

    pub(crate) fn plan(&self) -> MutexGuard<'_, Plan> {
        lock(&self.plan)
    }

    /// The simulated time, in Unix milliseconds.
    pub(crate) fn now_ms(&self) -> i64 {
        self.sim.clock.now()
    }

    /// A word to whoever plays.
    pub(crate) fn note(&self, text: impl Into<String>) {
        self.events.tell(Event::Note { text: text.into() });
    }

    /// Where the records stand.
    pub(crate) fn place(&self) -> Place {
        if let Some(entry) = self.bot.last_entry() {
            self.last_entry.store(entry, Ordering::Relaxed);
        }
        Place {
            call: self.sim.telegram.last_call(),
            update: self.sim.telegram.last_update(),
            requests: Server::ALL.map(|server| server.of_sim(&self.sim).last_request()),
            entry: self.last_entry.load(Ordering::Relaxed),
            log_line: self.bot.last_log_line(),
        }
    }

    /// How both phones stand.
    pub(crate) fn stands(&self) -> [Stand; 2] {
        [0, 1].map(|phone| {
            let user = self.person(phone).user;
            let words = user.newest().as_ref().and_then(phone::lasting_words);
            Stand { user: user.id(), session: self.bot.session(user.id()), words }
        })
    }

    /// Records that something is about to be done.
    pub(crate) fn begin(&self, phone: Option<usize>, act: Act) {
        let mut watch = lock(&self.watch);
        // What came by itself up to now is not a consequence of this.
        self.look_for_unasked(&mut watch);
        let (place, before) = (self.place(), self.stands());
        watch.begin(phone, act.consequence(), place, &before);
        self.add(Beat { number: 0, at_ms: self.now_ms(), phone, act, place, before });
    }

    /// Adds a beat to the record.
    pub(crate) fn add(&self, beat: Beat) {
        self.beats().add(beat);
        self.events.tell(Event::Beats);
    }

    /// Gives a phone to somebody new, and returns them.
    pub(crate) fn hand_over(self: &Arc<Self>, phone: usize, name: Option<&str>) -> Person {
        let person = next_person(&self.sim, &self.persons, phone, name);
        *self.phone(phone) = Phone { person: person.clone(), waiting: Vec::new(), lookout: None };
        self.look_out(phone);
        self.events.tell(Event::Phone { phone });
        person
    }

    /// Announces whatever changes in the chat of who has this phone now.
    pub(crate) fn look_out(self: &Arc<Self>, phone: usize) {
        let world = Arc::clone(self);
        let user = self.person(phone).user;
        let Some(mut changed) = user.on_change() else { return };
        let mut seen = Seen::of(&user);
        let lookout = tokio::spawn(async move {
            while changed.changed().await.is_ok() {
                world.events.tell(Event::Phone { phone });
                world.events.tell(Event::Beats);
                seen.announce(&world, phone, &user);
            }
        });
        self.phone(phone).lookout = Some(lookout.abort_handle());
    }

    /// Lets happen what happens by itself, for as long as the playground runs.
    pub(crate) async fn run(self: Arc<Self>) {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        let mut moved = self.sim.clock.on_advance();
        let mut running = self.bot.is_running();
        let mut books = self.books();
        loop {
            tokio::select! {
                _ = looks.tick() => {}
                _ = moved.changed() => self.events.tell(Event::Clock { now_ms: self.now_ms() }),
            }
            self.look_for_unasked(&mut lock(&self.watch));
            self.deliver_due();
            let (now_true, settled) = (self.books(), self.faults().settle(&self.sim));
            if settled | (std::mem::replace(&mut books, now_true) != now_true) {
                self.events.tell(Event::Controls);
            }
            let now_running = self.bot.is_running();
            if std::mem::replace(&mut running, now_running) != now_running {
                self.events.tell(Event::Bot { running });
            }
        }
    }

    /// What each supplier's own books say.
    fn books(&self) -> [Books; 2] {
        Server::ALL.map(|server| Books::of(server.of_sim(&self.sim)))
    }

    fn deliver_due(&self) {
        Server::ALL.into_iter().for_each(|server| self.deliver_due_at(server));
    }

    fn deliver_due_at(&self, server: Server) {
        let supplier = server.of_sim(&self.sim);
        let orders = supplier.orders();
        let (due, used) = self.plan().look(server, &orders, self.now_ms());
        if used {
            self.events.tell(Event::Controls);
        }
        for due in due {
            let owner = orders.iter().find(|order| order.code == due.order).and_then(|order| {
                let number = format!("{}{}", order.cc, order.national);
                self.owner(&number, order.made_ms)
            });
            self.begin(owner, Act::Sms(server, due.text.clone()));
            supplier.deliver_sms(&due.order, &due.text);
        }
    }

    /// The phone whose chat shows this number, or else the one that was tapped last before the purchase.
    pub(crate) fn owner(&self, number: &str, made_ms: i64) -> Option<usize> {
        let shows = |phone: &usize| {
            let messages = self.person(*phone).user.messages();
            messages.iter().any(|message| digits(&message.text).contains(number))
        };
        [0, 1].into_iter().find(shows).or_else(|| self.beats().last_tapped(made_ms))
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn next_person(sim: &Sim, persons: &AtomicUsize, phone: usize, name: Option<&str>) -> Person {
    let count = persons.fetch_add(1, Ordering::Relaxed);
    let id = FIRST_PERSON + i64::try_from(count).unwrap_or(0);
    let (name, language) = (name.unwrap_or_else(|| phone::name(phone, count / 2)), phone::language(phone));
    Person { user: sim.telegram.user(id, name, language), name: name.to_owned(), language: language.to_owned() }
}

/// What of a chat was announced.
struct Seen {
    toasts: usize,
    message: i64,
}

impl Seen {
    fn of(user: &sim::SimUser) -> Self {
        let newest = user.messages().last().map_or(0, |message| message.id);
        Self { toasts: user.toasts().len(), message: newest }
    }

    /// Announces toasts, and messages that came with a sound.
    fn announce(&mut self, world: &World, phone: usize, user: &sim::SimUser) {
        let toasts = user.toasts();
        for toast in toasts.iter().skip(self.toasts) {
            world.events.tell(Event::Toast { phone, text: toast.text.clone(), alert: toast.alert });
        }
        self.toasts = toasts.len();
        let newest = self.message;
        for message in user.messages().iter().filter(|message| message.id > newest) {
            self.message = message.id;
            if message.from_bot && !message.silent {
                world.events.tell(Event::Push { phone, line: phone::first_line(message) });
            }
        }
    }
}
