//! What can be done to a phone and to the world. Each deed is recorded as a beat before it happens.

use std::sync::Arc;
use std::time::Duration;

use sim::Tap;
use sim::telegram::{Button, ButtonAction, InlineAnswer};

use crate::act::Act;
use crate::controls::Side;
use crate::events::Event;
use crate::phone::{self, Spot, Waiting};
use crate::supplier::{Mood, Server};
use crate::world::World;

/// How long Telegram keeps a press open.
const PRESS_MS: i64 = 150_000;
/// What a new person is given.
const GIFT: &str = "5.00";
/// The longest text that a person may write, in characters.
const TEXT_MAX: usize = 4_096;

impl World {
    /// Gives both phones to people who have started the bot.
    pub(crate) async fn open(self: &Arc<Self>) -> Result<(), String> {
        for phone in [0, 1] {
            self.look_out(phone);
            self.join(phone).await?;
        }
        Ok(())
    }

    /// Gives a phone to somebody new, who starts the bot and is given money.
    pub(crate) async fn new_person(self: &Arc<Self>, phone: usize, name: Option<&str>) -> Result<(), String> {
        self.hand_over(phone, name);
        self.join(phone).await
    }

    async fn join(self: &Arc<Self>, phone: usize) -> Result<(), String> {
        let person = self.person(phone);
        self.begin(Some(phone), Act::Joined { name: person.name.clone(), language: person.language.clone() });
        self.send(phone, "/start");
        // Until the bot knows them it does not know their language, in which it tells them of the money.
        let greeted =
            person.user.wait_for(|messages| messages.iter().find(|message| message.from_bot).map(|_| ())).await;
        greeted.ok_or("the bot does not answer: the person waits for it, without money")?;
        self.credit(phone, GIFT).await
    }

    /// Writes a text.
    pub(crate) fn send(&self, phone: usize, text: &str) {
        let text: String = text.trim().chars().take(TEXT_MAX).collect();
        if !text.is_empty() {
            self.begin(Some(phone), Act::Sent(text.clone()));
            self.person(phone).user.send(&text);
        }
    }

    /// The button at a spot.
    pub(crate) fn button(&self, phone: usize, spot: Spot) -> Option<Button> {
        let messages = self.person(phone).user.messages();
        let message = messages.iter().find(|message| message.id == spot.message)?;
        message.buttons().get(spot.row)?.get(spot.column).cloned()
    }

    /// Taps a button: what comes of it at once. The bot's answer to a press comes later.
    pub(crate) fn tap(self: &Arc<Self>, phone: usize, spot: Spot, button: &Button) -> Option<Tap> {
        self.begin(Some(phone), Act::Tapped { label: button.label.clone() });
        match &button.action {
            ButtonAction::Callback(data) => self.press(phone, spot, data),
            ButtonAction::Search(query) => self.events.tell(Event::Search { phone, query: query.clone() }),
            ButtonAction::Pay => self.pay(phone, spot),
            ButtonAction::Url(_) | ButtonAction::Copy(_) | ButtonAction::Other(_) => {}
        }
        phone::outcome(&button.action)
    }

    fn press(self: &Arc<Self>, phone: usize, spot: Spot, data: &str) {
        let user = self.person(phone).user;
        let query = user.press_now(spot.message, Some(data));
        self.phone(phone).waiting.push(Waiting { query: query.clone(), spot });
        self.events.tell(Event::Phone { phone });
        let (world, made_ms) = (Arc::clone(self), self.now_ms());
        tokio::spawn(async move {
            // The bot may be dead for a while; Telegram waits so long as well.
            while user.answer_to(&query).await.is_err() && world.now_ms() - made_ms < PRESS_MS {}
            world.phone(phone).waiting.retain(|waiting| waiting.query != query);
            world.events.tell(Event::Phone { phone });
        });
    }

    fn pay(self: &Arc<Self>, phone: usize, spot: Spot) {
        let (world, user) = (Arc::clone(self), self.person(phone).user);
        let query = format!("pay {}", spot.message);
        self.phone(phone).waiting.push(Waiting { query: query.clone(), spot });
        self.events.tell(Event::Phone { phone });
        tokio::spawn(async move {
            if let Err(error) = user.pay(spot.message).await {
                world.note(error.to_string().lines().next().unwrap_or_default());
            }
            world.phone(phone).waiting.retain(|waiting| waiting.query != query);
            world.events.tell(Event::Phone { phone });
        });
    }

    /// Types a query after the bot's name: a page of results.
    pub(crate) async fn search(&self, phone: usize, query: &str, offset: &str) -> Result<InlineAnswer, String> {
        let user = self.person(phone).user;
        let answer = if offset.is_empty() {
            self.begin(Some(phone), Act::Searched(query.to_owned()));
            user.search(query).await
        } else {
            user.search_page(query, offset).await
        };
        answer.map_err(|_| "the bot does not answer".to_owned())
    }

    /// Picks a listed result by its id.
    pub(crate) fn pick(&self, phone: usize, id: &str) -> Result<(), String> {
        let user = self.person(phone).user;
        let result = user.results().into_iter().find(|result| result.id == id);
        let result = result.ok_or_else(|| format!("phone {} does not list that result", phone + 1))?;
        self.begin(Some(phone), Act::Picked(result.title.clone()));
        user.send_result(&result, true);
        Ok(())
    }

    /// Stops the bot, or starts it again, as its user.
    pub(crate) fn block(&self, phone: usize) {
        let user = self.person(phone).user;
        let blocks = !user.has_blocked();
        self.begin(Some(phone), Act::Blocked(blocks));
        if blocks { user.block() } else { user.unblock() }
    }

    /// Gives money.
    pub(crate) async fn credit(self: &Arc<Self>, phone: usize, amount: &str) -> Result<(), String> {
        let user = self.person(phone).user.id();
        self.begin(Some(phone), Act::Credited(amount.to_owned()));
        let (bot, amount) = (Arc::clone(&self.bot), amount.to_owned());
        aside(move || bot.credit(user, &amount)).await
    }

    /// Lets an SMS arrive now, on the newest number of all or of a server.
    pub(crate) fn sms_now(&self, server: Option<Server>, text: &str) -> Result<(), String> {
        let servers = Server::ALL.into_iter().filter(|one| server.is_none_or(|server| server == *one));
        let numbers = servers.filter_map(|server| Some((server, self.newest_number(server)?)));
        let newest = numbers.max_by_key(|(_, (_, made_ms))| *made_ms);
        let (server, (number, made_ms)) = newest.ok_or("no number waits for an SMS")?;
        self.begin(self.owner(&number, made_ms), Act::Sms(server, text.to_owned()));
        let delivered = server.of_sim(&self.sim).deliver_latest(text).ok_or("no number waits for an SMS")?;
        self.plan().forget(server, delivered);
        Ok(())
    }

    /// A server's newest number, and when it was made.
    fn newest_number(&self, server: Server) -> Option<(String, i64)> {
        let supplier = server.of_sim(&self.sim);
        let bought = supplier.orders().last().map(|order| (format!("{}{}", order.cc, order.national), order.made_ms));
        let rented = supplier.rentals().last().map(|rental| (rental.number.clone(), rental.made_ms));
        bought.into_iter().chain(rented).max_by_key(|(_, made_ms)| *made_ms)
    }

    /// Sets a supplier's prices, in percent of the usual ones.
    pub(crate) fn set_prices(&self, server: Server, percent: u32) {
        self.begin(None, Act::Prices(server, percent));
        server.of_sim(&self.sim).set_price_level(percent);
        self.events.tell(Event::Controls);
    }

    /// Makes a whole supplier ill, or well again.
    pub(crate) fn set_mood(&self, server: Server, mood: Mood) {
        self.begin(None, Act::Mood(server, mood));
        self.faults().set_mood(server, mood, &self.sim);
        self.events.tell(Event::Controls);
    }

    /// Moves the clock.
    pub(crate) fn advance(&self, by: Duration) {
        self.begin(None, Act::Clock(by));
        self.sim.clock.advance(by);
    }

    /// Orders a failure.
    pub(crate) fn order(&self, side: Side, control: usize) -> Result<(), String> {
        let act = side.controls().get(control).map(|control| control.act(side));
        self.begin(None, act.ok_or("there is no such control")?);
        self.faults().add(side, control, &self.sim)?;
        self.events.tell(Event::Controls);
        Ok(())
    }

    /// Delivers the newest update once more.
    pub(crate) fn repeat_update(&self) {
        self.begin(None, Act::Repeated);
        self.sim.telegram.repeat_last_update();
    }

    /// Kills the bot.
    pub(crate) async fn kill(self: &Arc<Self>) -> Result<(), String> {
        self.begin(None, Act::Killed);
        let bot = Arc::clone(&self.bot);
        let killed = aside(move || bot.kill()).await;
        self.tell_bot();
        killed
    }

    /// Starts the bot again.
    pub(crate) async fn start(self: &Arc<Self>) -> Result<(), String> {
        self.begin(None, Act::Started);
        let bot = Arc::clone(&self.bot);
        let started = aside(move || bot.start()).await;
        self.tell_bot();
        started
    }

    fn tell_bot(&self) {
        self.events.tell(Event::Bot { running: self.bot.is_running() });
        self.events.tell(Event::Beats);
    }
}

/// Does what takes a while without holding up the pages.
async fn aside(work: impl FnOnce() -> Result<(), String> + Send + 'static) -> Result<(), String> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(error.to_string()))
}
