//! The messenger's words for the shop's things, and back.

use engine::Lang;
use flows::env::Env;
use flows::orders::Filter;
use flows::{AnyState, card, inline, purchase, words};
use shop::OrderId;
use shop::command::Note;
use store::{OutgoingRow, UserView};
use telegram::host::{InlinePage, InlineRequest, InlineResult, Notice, Profile, Standing};

/// The key of something outgoing.
pub(super) enum OutgoingId {
    /// A message, by its place in the outbox.
    Note(u64),
    /// A card at a version.
    Card(OrderId, u64),
}

/// The key of a message.
pub(super) fn note_id(note: &Note, seq: u64) -> String {
    let kind = if matches!(note, Note::Code { .. }) { 'k' } else { 'n' };
    format!("{kind}{seq}")
}

/// What is delivered under a key: a code, another note, or a card.
pub(super) fn outgoing_kind(id: &str) -> &'static str {
    match id.chars().next() {
        Some('k') => "code",
        Some('c') => "card",
        Some(_) | None => "note",
    }
}

/// Reads the keys that the host gave out: `k<seq>` for a code, `n<seq>` for another note, `c<order>.<version>`.
pub(super) fn outgoing_id(id: &str) -> Option<OutgoingId> {
    if let Some(seq) = id.strip_prefix(['k', 'n']) {
        return seq.parse().ok().map(OutgoingId::Note);
    }
    let (order, version) = id.strip_prefix('c')?.split_once('.')?;
    Some(OutgoingId::Card(OrderId::parse(order)?, version.parse().ok()?))
}

/// The order that a message is about.
pub(super) const fn order_of(note: &Note) -> Option<OrderId> {
    match note {
        Note::Code { order, .. }
        | Note::Expired(order)
        | Note::Cancelled(order)
        | Note::Failed(order)
        | Note::NoResend(order)
        | Note::Kept(order)
        | Note::RentalEnded(order) => Some(*order),
        Note::Credited { .. }
        | Note::Ticket { .. }
        | Note::TicketAnswer { .. }
        | Note::TicketAnswered { .. }
        | Note::TicketWritten(_)
        | Note::TicketClosed(_)
        | Note::ServerTroubled { .. }
        | Note::ServerRecovered { .. }
        | Note::ReplyNotSent { .. } => None,
    }
}

/// The product's name of what the driver has to say.
pub(super) const fn notice(notice: Notice) -> words::Notice {
    match notice {
        Notice::OldMenu => words::Notice::OldMenu,
        Notice::NotYours => words::Notice::NotYours,
        Notice::NothingHere => words::Notice::NothingHere,
        Notice::AlreadyDone => words::Notice::AlreadyDone,
        Notice::NotForSale => words::Notice::NotForSale,
        Notice::NotUnderstood => words::Notice::NotUnderstood,
        Notice::TooLong => words::Notice::TooLong,
        Notice::Flood => words::Notice::Flood,
        Notice::Busy => words::Notice::Busy,
        Notice::Suspended => words::Notice::Suspended,
        Notice::PrivateOnly => words::Notice::PrivateOnly,
        Notice::OpenPrivate => words::Notice::OpenPrivate,
        Notice::Failed => words::Notice::Failed,
    }
}

/// What Telegram shows of the bot in one language.
pub(super) fn profile(lang: Lang) -> Profile {
    let profile = words::profile(lang);
    Profile {
        lang,
        name: profile.name,
        description: profile.description,
        short_description: profile.short_description,
        commands: profile.commands.into_iter().map(|(name, text)| (name.to_owned(), text)).collect(),
    }
}

/// Answers an inline query. Somebody suspended finds only the way to the bot.
pub(super) fn inline(
    request: &InlineRequest,
    state: Option<&AnyState>,
    env: &Env,
    lang: Lang,
    standing: Standing,
) -> InlinePage {
    let served = request.private && standing == Standing::Welcome;
    let chat = if served { inline::Chat::Private } else { inline::Chat::Elsewhere };
    let page = inline::inline(&request.query, &request.offset, chat, state, env, lang);
    let result = |hit: inline::Hit| InlineResult {
        id: hit.id,
        title: hit.title,
        description: hit.description,
        lead: hit.lead,
        words: hit.words,
        tail: hit.tail,
        token: hit.token,
    };
    InlinePage {
        results: page.results.into_iter().map(result).collect(),
        next_offset: page.next_offset,
        cache_s: page.cache_s,
        button: page.button,
    }
}

/// Whether a person is served, in the messenger's words.
pub(super) const fn standing(standing: store::Standing) -> Standing {
    match standing {
        store::Standing::Welcome => Standing::Welcome,
        store::Standing::Suspended => Standing::Suspended,
    }
}

/// What a card asks, from its row.
pub(super) const fn ask(ask: store::Ask) -> card::Ask {
    match ask {
        store::Ask::Nothing => card::Ask::No,
        store::Ask::Cancel => card::Ask::Cancel,
    }
}

/// What a card asks, as its row.
pub(super) const fn ask_row(ask: card::Ask) -> store::Ask {
    match ask {
        card::Ask::No => store::Ask::Nothing,
        card::Ask::Cancel => store::Ask::Cancel,
    }
}

/// Which orders a history shows.
pub(super) const fn history_filter(filter: Filter) -> store::HistoryFilter {
    match filter {
        Filter::All => store::HistoryFilter::All,
        Filter::Received => store::HistoryFilter::Received,
        Filter::Refunded => store::HistoryFilter::Refunded,
    }
}

/// Whether this card is about to take the living message over: sending it now would show it twice.
pub(super) fn becomes_a_card(view: &UserView, state: Option<&AnyState>, row: &OutgoingRow) -> bool {
    let (OutgoingRow::Card { card, order }, Some(AnyState::Purchase(purchase::State::Waiting { order: shown }))) =
        (row, state)
    else {
        return false;
    };
    card.message_id.is_none() && view.living.is_some() && order.id == *shown
}
