//! What stands outside the session: orders' cards, what is pressed on them, and messages with sound.

use engine::{Lang, machine};
use flows::purchase::Lack;
use flows::{Raqam, card, env, note, purchase};
use shop::UserId;
use shop::command::Command;
use shop::order::Order;
use store::{CardStep, Changed, Intent, Outcome, OutgoingRow, UserView};
use telegram::host::{CardAnswer, CardPress, Host as _, HostResult, Outgoing, OutgoingKind, Person, Popup, Sound};

use super::{ShopHost, broken, lang_of, page};

/// How many earlier orders on the same number are counted for the heading of its next code.
const CODES_COUNTED_MAX: usize = 100;

impl ShopHost {
    pub(super) async fn press_own(
        &self,
        person: &Person,
        order: &Order,
        press: &CardPress,
        update: i64,
    ) -> HostResult<CardAnswer<Raqam>> {
        let store = &self.shell.office.store;
        let view = self.user(person.id)?;
        let ask = store.card(order.id).map_err(broken)?.map_or(card::Ask::No, |row| page::ask(row.ask));
        let cx = self.card_cx(&view, lang_of(&view, person));
        let pressed = card::press(order, ask, &press.action, &cx);
        if let (Some(entry), None) = (&pressed.entry, &pressed.command) {
            // The session's step takes the update in: handling it here would make that step a repeat.
            let notice = pressed.popup.map(popup);
            return Ok(CardAnswer::Leads(notice, machine::Input::Start(entry.clone())));
        }
        let commands: Vec<Command> = pressed.command.into_iter().collect();
        let step = CardStep {
            user: UserId(person.id),
            order: order.id,
            update,
            ask: Some(page::ask_row(pressed.ask)),
            commands,
            now: self.shell.office.clock.now(),
        };
        let answer = match self.apply(Intent::Card(Box::new(step))).await? {
            Outcome::Refused(refusal) => {
                self.handled(update).await?;
                Some(card::refused(&refusal, order, &cx))
            }
            Outcome::Stored(changed) => pressed.popup.or_else(|| granted(&changed, order, press, &cx)),
            Outcome::Conflict | Outcome::TakenIn(_) | Outcome::Reserved(_) | Outcome::Done => pressed.popup,
        };
        Ok(CardAnswer::Done(answer.map(popup)))
    }

    fn card_cx<'a>(&'a self, view: &UserView, lang: Lang) -> card::CardCx<'a> {
        let now = self.shell.office.clock.now();
        let support_url = self.shell.support_url.as_deref();
        let extending = card::Extending::No;
        card::CardCx { lang, now, wallet: view.wallet, support_url, elsewhere: &[], extending }
    }

    /// How many messages arrived on an order's number before it, for the orders that it goes on from.
    fn earlier_messages(&self, order: Option<&Order>) -> HostResult<usize> {
        let (mut count, mut parent) = (0, order.and_then(|order| order.parent));
        for _ in 0..CODES_COUNTED_MAX {
            let Some(id) = parent else { break };
            let earlier = self.shell.office.store.order(id).map_err(broken)?;
            count += earlier.as_ref().map_or(0, |order| order.messages.len());
            parent = earlier.and_then(|order| order.parent);
        }
        Ok(count)
    }

    /// Where else an order's wish is for sale that could not be had.
    fn elsewhere(&self, order: Option<&Order>, lang: Lang) -> HostResult<Vec<purchase::Elsewhere>> {
        let Some(order) = order.filter(|order| Lack::of_order(order).is_some()) else { return Ok(Vec::new()) };
        let servers = self.servers(&self.shell.office.store.settings().map_err(broken)?);
        let beside = Some(env::Beside::of(&order.wish));
        self.want(&env::Needs { beside, ..env::Needs::default() }.markets(&servers));
        Ok(purchase::instead_of(order, &env::offered(servers, self.door()), lang))
    }

    /// Whether a rental is offered to be extended.
    fn extending(&self, order: &Order) -> HostResult<card::Extending> {
        if !order.can_be_extended(self.shell.office.clock.now()) {
            return Ok(card::Extending::No);
        }
        let servers = self.servers(&self.shell.office.store.settings().map_err(broken)?);
        Ok(purchase::extending(order, &env::offered(servers, self.door())))
    }

    pub(super) fn show(&self, view: &UserView, row: OutgoingRow) -> HostResult<Outgoing> {
        let store = &self.shell.office.store;
        let lang = view.lang.as_deref().map_or(Lang::En, Lang::from_code);
        match row {
            OutgoingRow::Tell { seq, note, .. } => {
                let order = match page::order_of(&note) {
                    Some(order) => store.order(order).map_err(broken)?,
                    None => None,
                };
                let (ticket, name) = self.ticket_of(&note)?;
                let subject = note::Subject {
                    order: order.as_ref(),
                    earlier_messages: self.earlier_messages(order.as_ref())?,
                    ticket: note::TicketFacts { ticket: ticket.as_ref(), name: &name },
                };
                let elsewhere = self.elsewhere(order.as_ref(), lang)?;
                let cx = card::CardCx { elsewhere: &elsewhere, ..self.card_cx(view, lang) };
                let (rendered, ring) = note::render(&note, subject, &cx);
                let sound = match ring {
                    note::Sound::Rings => Sound::Rings,
                    note::Sound::Silent => Sound::Silent,
                };
                Ok(Outgoing { id: page::note_id(&note, seq), kind: OutgoingKind::Message { rendered, sound } })
            }
            OutgoingRow::Card { card: row, order } => {
                let elsewhere = self.elsewhere(Some(&order), lang)?;
                let extending = self.extending(&order)?;
                let cx = card::CardCx { elsewhere: &elsewhere, extending, ..self.card_cx(view, lang) };
                let rendered = card::render(&order, page::ask(row.ask), &cx);
                let id = format!("c{}.{}", order.id, row.version);
                Ok(Outgoing { id, kind: OutgoingKind::Card { message_id: row.message_id, rendered } })
            }
        }
    }
}

/// What is said of a press whose command was stored, by the order as it is now.
fn granted(changed: &Changed, before: &Order, press: &CardPress, cx: &card::CardCx<'_>) -> Option<card::Popup> {
    let order = changed.orders.iter().rev().find(|order| order.id == before.id).unwrap_or(before);
    let action = <card::Action as engine::Action>::decode(&press.action)?;
    card::granted(&action, order, cx)
}

fn popup(popup: card::Popup) -> Popup {
    match popup {
        card::Popup::Toast(text) => Popup::Toast(text),
        card::Popup::Alert(text) => Popup::Alert(text),
    }
}
