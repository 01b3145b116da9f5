//! Somebody who uses the bot, in memory: what a developer of a flow writes tests with. No network, no task, no clock.
//!
//! ```text
//! Person::new(Lang::Ar).start("/start").press("شراء رقم").press("سيرفر 2").press("مؤقت").picks("تركيا").sees("…");
//! Person::at("buy.Confirm.offered").press("Buy").sees_state("Waiting").gets("+12025550123").receives("482913");
//! ```
//! Everything goes the way that it goes in the bot: tokens through the stale-button rule of [`engine::machine`], picks
//! through the inline search, commands through [`shop::decide`] over small books. Each failure prints the screen as a
//! person sees it and the last steps.

mod example;
mod looks;
mod supplier;

use std::collections::BTreeMap;

use engine::machine::{self, Input, Outcome, Turn};
use engine::registry::AnyEffect;
use engine::session::Session;
use engine::{Ctx, Face, Lang, Reason, Rendered, Surface, Text, direction};
use flows::card::{self, CardCx, Popup};
use flows::env::{self, Env, EnvFacts, ServerFacts, Visit};
use flows::inline::{Chat, inline};
use flows::purchase::{self, Elsewhere};
use flows::words::{self, Notice};
use flows::{Job, Raqam, Refused, Reply, Way};
use serde_json::Value;
use shop::command::{Command, Refusal};
use shop::order::Order;
use shop::{Money, OrderId};

use crate::books::Books;
use crate::scenes::{FRESH, Moment, SUPPORT_URL, Scene, USER, World};

/// What somebody new has in the wallet, in cents.
const FIRST_CENTS: i32 = 500;

/// Somebody in a private chat with the bot.
#[derive(Debug, Clone)]
pub struct Person {
    lang: Lang,
    moment: Moment,
    /// What the servers sell, where that is not the moment's.
    stock: Option<Vec<ServerFacts>>,
    books: Books,
    session: Session,
    fresh: u64,
    /// Timers by the frame that set them, with the time at which they go off.
    timers: BTreeMap<u64, (Value, i64)>,
    /// What was asked and not answered, the oldest first.
    jobs: Vec<(u64, Job)>,
    /// What the shown card asks.
    ask: card::Ask,
    /// What the books will say to the next order, whatever they think of it.
    refusal: Option<Refusal>,
    /// Notices over the chat, the newest last.
    notices: Vec<String>,
    /// What was done, in words.
    steps: Vec<String>,
}

impl Person {
    /// Somebody new, with $5.00.
    #[must_use]
    pub fn new(lang: Lang) -> Self {
        Self::with(lang, World::Whole, Books::with(Money::from_cents(FIRST_CENTS)), Session::default())
    }

    fn with(lang: Lang, world: World, books: Books, session: Session) -> Self {
        Self {
            lang,
            moment: Moment::of(Scene::Usual, world),
            stock: None,
            books,
            session,
            fresh: FRESH,
            timers: BTreeMap::new(),
            jobs: Vec::new(),
            ask: card::Ask::No,
            refusal: None,
            notices: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// Sends a command: `/start`, `/start s_1012`, `/wallet`.
    #[track_caller]
    pub fn start(&mut self, command: &str) -> &mut Self {
        let (name, payload) = command.split_once(' ').unwrap_or((command, ""));
        self.steps.push(command.to_owned());
        match (flows::pick(payload), flows::way(name, payload)) {
            (Some(pick), _) if name == "/start" => self.take(Input::Pick(pick)),
            (_, Some(Way::In(entry))) => self.take(Input::Start(entry)),
            (_, Some(Way::Back)) => self,
            (_, None) => self.fail(&format!("{command} is no command")),
        }
    }

    /// Presses the button with these words in its label; emoji do not matter. A button of a card is the card's.
    #[track_caller]
    pub fn press(&mut self, label: &str) -> &mut Self {
        let button = self.button(label);
        self.steps.push(format!("presses {label}"));
        match button.face {
            Face::Callback(token) => match card::read_token(&token) {
                Some((order, code)) => self.press_card(order, code),
                None => self.take(Input::Token(token)),
            },
            Face::Copy(_) | Face::Inline(_) | Face::Url(_) => {
                self.fail(&format!("“{label}” sends nothing to the bot: ask what it copies, or pick from its search"))
            }
        }
    }

    /// Types.
    #[track_caller]
    pub fn types(&mut self, text: &str) -> &mut Self {
        self.steps.push(format!("types {text}"));
        self.take(Input::Text(text.to_owned()))
    }

    /// Types behind the search that the screen opens, and takes the first result.
    #[track_caller]
    pub fn picks(&mut self, query: &str) -> &mut Self {
        let rendered = self.rendered();
        let opens = rendered.rows.iter().flatten().find_map(|button| match &button.face {
            Face::Inline(prefix) => Some(prefix.clone()),
            Face::Callback(_) | Face::Copy(_) | Face::Url(_) => None,
        });
        let Some(prefix) = opens else { self.fail("no button opens the search here") };
        let (env, states) = (self.env(), machine::states::<Raqam>(&self.session));
        let page = inline(&format!("{prefix}{query}"), "", Chat::Private, states.last(), &env, self.lang);
        let Some(pick) = page.results.first().and_then(|hit| flows::pick(hit.token.as_deref()?)) else {
            let titles: Vec<_> = page.results.iter().map(|hit| crate::seen::bare(&hit.title)).collect();
            self.fail(&format!("the search for “{prefix}{query}” finds {titles:?}"))
        };
        self.steps.push(format!("picks {query}"));
        self.take(Input::Pick(pick))
    }

    /// Waits until the timer of what is shown goes off.
    #[track_caller]
    pub fn waits(&mut self) -> &mut Self {
        let top = self.session.top_instance().unwrap_or_default();
        let Some((timer, due)) = self.timers.remove(&top) else { self.fail("no timer is armed here") };
        self.steps.push("waits".to_owned());
        self.moment.now = self.moment.now.max(due);
        self.take(Input::Timer { instance: top, timer })
    }

    /// The oldest open question is answered.
    #[track_caller]
    pub fn answers(&mut self, reply: Reply) -> &mut Self {
        if self.jobs.is_empty() {
            self.fail("nothing was asked");
        }
        let (instance, _) = self.jobs.remove(0);
        self.steps.push(format!("is answered {reply:?}"));
        if matches!(reply, Reply::OffersLoaded { .. }) {
            self.moment.fetched_at = self.moment.now;
        }
        self.take(Input::Reply { instance, reply })
    }

    /// The books will refuse what the next step orders.
    pub fn refuse(&mut self, refusal: Refusal) -> &mut Self {
        self.refusal = Some(refusal);
        self
    }

    /// The wallet holds so many cents from now on.
    pub fn has(&mut self, cents: i32) -> &mut Self {
        self.books.wallet.available = Money::from_cents(cents);
        self
    }

    /// So much time passes, in seconds; nothing goes off.
    pub fn passes(&mut self, seconds: i64) -> &mut Self {
        self.moment.now += seconds;
        self
    }

    /// Something is taken away from the world, or back again.
    pub fn finds(&mut self, world: World) -> &mut Self {
        self.moment.world = world;
        self
    }

    /// The servers sell this from now on.
    pub fn sold_by(&mut self, servers: Vec<ServerFacts>) -> &mut Self {
        self.stock = Some(servers);
        self
    }

    fn env(&self) -> Env {
        let states = machine::states::<Raqam>(&self.session);
        let needs = env::needs(&states);
        let now = self.moment.now;
        let servers = self.stock.clone().unwrap_or_else(|| self.moment.servers());
        let bought = self.books.bought.iter().rev().filter(|(wish, _)| wish.extends.is_none());
        env::build(EnvFacts {
            visit: if self.session.revision == 0 { Visit::First } else { Visit::Return },
            wallet: self.books.wallet,
            open: self.books.in_use(now),
            order: needs.order.and_then(|id| self.books.orders.get(&id).cloned()),
            history: needs.history.map(|request| self.books.history(request)),
            statement: needs.statement.map(|request| self.books.statement(request.page)),
            last: bought.clone().map(|(wish, _)| wish.clone()).next(),
            recent_countries: bought.clone().map(|(wish, _)| wish.country).collect(),
            recent_services: bought.map(|(wish, _)| wish.service).collect(),
            ..self.moment.scene.around(servers, self.moment.world)
        })
    }

    const fn cx<'e>(&self, env: &'e Env) -> Ctx<'e, Env> {
        Ctx { lang: self.lang, now: self.moment.now, fresh: self.fresh, env }
    }

    const fn card_cx<'e>(&self, elsewhere: &'e [Elsewhere]) -> CardCx<'e> {
        let (wallet, support_url) = (self.books.wallet, Some(SUPPORT_URL));
        CardCx { lang: self.lang, now: self.moment.now, wallet, support_url, elsewhere, extending: card::Extending::No }
    }

    /// Where else what an order is for is for sale.
    fn elsewhere(&self, order: &Order) -> Vec<Elsewhere> {
        purchase::instead_of(order, self.env().servers(), self.lang)
    }

    /// What stands in the chat: the session's screen, or the card that it rests on.
    fn rendered(&self) -> Rendered {
        let env = self.env();
        let view = machine::view::<Raqam>(&self.session, &self.cx(&env));
        match &view.surface {
            Surface::Card(key) => match OrderId::parse(key).and_then(|id| self.books.orders.get(&id)) {
                Some(order) => {
                    let extending = purchase::extending(order, self.env().servers());
                    let elsewhere = self.elsewhere(order);
                    card::render(order, self.ask, &CardCx { extending, ..self.card_cx(&elsewhere) })
                }
                None => view.rendered,
            },
            Surface::Living => view.rendered,
        }
    }

    #[track_caller]
    fn take(&mut self, input: Input<Raqam>) -> &mut Self {
        self.fresh += 1;
        let env = self.env();
        let turn = machine::handle::<Raqam>(&self.session, input, &self.cx(&env));
        match &turn.outcome {
            Outcome::Stepped => self.commit(turn),
            Outcome::Ignored(Reason::NotForSale) => self.notice(Notice::NotForSale),
            Outcome::Ignored(Reason::NotUnderstood) => self.notice(Notice::NotUnderstood),
            Outcome::Ignored(Reason::TooLong) => self.notice(Notice::TooLong),
            Outcome::Ignored(Reason::NotHere | Reason::AlreadyHere | Reason::TooLate) => {
                self.notice(Notice::NothingHere)
            }
            Outcome::Stale(_) => self.notice(Notice::OldMenu),
            Outcome::Undeclared(undeclared) => self.fail(&undeclared.to_string()),
        }
    }

    /// All of a step, or the books' refusal and nothing of it.
    #[track_caller]
    fn commit(&mut self, turn: Turn<Raqam>) -> &mut Self {
        let command = |effect: &AnyEffect<Raqam>| {
            if let AnyEffect::Do(command) = effect { Some(command.clone()) } else { None }
        };
        let commands: Vec<Command> = turn.effects.iter().filter_map(|(_, effect)| command(effect)).collect();
        let refusal = if commands.is_empty() { None } else { self.refusal.take() };
        let obeyed = refusal.map_or_else(|| self.books.obey(&commands, None, self.moment.now), Err);
        if let Err(refusal) = obeyed {
            self.steps.push(format!("is refused {refusal:?}"));
            return self.take(Input::Refused(Refused(refusal)));
        }
        self.session = turn.session;
        self.ask = card::Ask::No;
        if let Some(code) = &self.books.lang {
            self.lang = Lang::from_code(code);
        }
        for (instance, effect) in turn.effects {
            self.perform(instance, effect);
        }
        self
    }

    fn perform(&mut self, instance: u64, effect: AnyEffect<Raqam>) {
        match effect {
            AnyEffect::Do(_) => {}
            AnyEffect::Job(job) => self.jobs.push((instance, job)),
            AnyEffect::Arm { timer, after_s } => {
                self.timers.insert(instance, (timer, self.moment.now + i64::from(after_s)));
            }
            AnyEffect::Disarm => {
                self.timers.remove(&instance);
            }
            AnyEffect::Tell(note) => self.books.notes.push(note),
            AnyEffect::Toast(text) | AnyEffect::Alert(text) => self.say(&text),
        }
    }

    /// As the bot handles a press on a card: the order's present state decides.
    #[track_caller]
    fn press_card(&mut self, id: OrderId, code: &str) -> &mut Self {
        let Some(order) = self.books.orders.get(&id).cloned() else {
            return match card::without_order(code) {
                Some(entry) => self.take(Input::Start(entry)),
                None => self.fail("the card of an order that nobody knows"),
            };
        };
        let elsewhere = self.elsewhere(&order);
        let (cx, action) = (self.card_cx(&elsewhere), <card::Action as engine::Action>::decode(code));
        let pressed = card::press(&order, self.ask, code, &cx);
        if let (Some(entry), None) = (&pressed.entry, &pressed.command) {
            return self.take(Input::Start(entry.clone()));
        }
        let commands: Vec<Command> = pressed.command.into_iter().collect();
        let popup = match self.books.obey(&commands, Some(id), self.moment.now) {
            Err(refusal) => Some(card::refused(&refusal, &order, &cx)),
            Ok(()) => {
                self.ask = pressed.ask;
                let now = self.books.orders.get(&id).filter(|_| !commands.is_empty());
                pressed.popup.or_else(|| card::granted(&action?, now?, &cx))
            }
        };
        if let Some(Popup::Toast(text) | Popup::Alert(text)) = popup {
            self.say(&text);
        }
        self
    }

    fn notice(&mut self, notice: Notice) -> &mut Self {
        let text = words::words(notice, self.lang, None);
        self.say(&text);
        self
    }

    fn say(&mut self, text: &Text) {
        self.notices.push(direction::plain(text, self.lang.direction()));
    }

    /// The operator gives money: it is in the books, and a message tells.
    #[track_caller]
    pub fn is_credited(&mut self, cents: i32) -> &mut Self {
        let (amount, nonce) = (Money::from_cents(cents), format!("gift-{}", self.steps.len()));
        let adjust = Command::Adjust { user: USER, amount, reason: "gift".to_owned(), nonce };
        self.steps.push(format!("is credited {}", amount.to_decimal()));
        self.order_of_shop(&[adjust], None)
    }

    #[track_caller]
    fn order_of_shop(&mut self, commands: &[Command], about: Option<OrderId>) -> &mut Self {
        if let Err(refusal) = self.books.obey(commands, about, self.moment.now) {
            self.fail(&format!("the books refuse: {refusal:?}"));
        }
        self
    }
}
