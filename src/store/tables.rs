//! The tables, and how their keys are made: big-endian numbers and plain text, so that byte order is the order we want.

use redb::TableDefinition;

/// A table: byte strings to byte strings. All keys and rows are ours (see `codec`).
pub(crate) type Definition = TableDefinition<'static, &'static [u8], &'static [u8]>;

macro_rules! tables {
    ($($(#[doc = $doc:literal])* $variant:ident => $name:literal),* $(,)?) => {
        /// Every table, with its key.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Tab { $($(#[doc = $doc])* $variant),* }

        impl Tab {
            /// All tables.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name in the file.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// How redb knows it.
            pub(crate) const fn definition(self) -> Definition {
                TableDefinition::new(self.name())
            }
        }
    };
}

tables! {
    /// name → number or row.
    Meta => "meta",
    /// user → what is known of a person.
    Users => "users",
    /// user → conversation.
    Sessions => "sessions",
    /// user → wallet, derived from the ledger.
    Wallets => "wallets",
    /// seq → transaction.
    Ledger => "ledger",
    /// transaction key → seq.
    LedgerKeys => "ledger_keys",
    /// user, seq → change of what can be spent; only where there is one.
    UserLedger => "user_ledger",
    /// quote → quote.
    Quotes => "quotes",
    /// order → order.
    Orders => "orders",
    /// user, order → how it ended, if it did.
    UserOrders => "user_orders",
    /// order → why it is still looked after.
    Watched => "watched",
    /// user, order → the same, by user.
    UserWatched => "user_watched",
    /// until, order → (): when watching an ended order ends.
    WatchEnds => "watch_ends",
    /// supplier's id → owner.
    SupplierIds => "supplier_ids",
    /// supplier's id → order of the supplier without an owner.
    Orphans => "orphans",
    /// order → card.
    Cards => "cards",
    /// user, order → (): cards that show something old.
    CardsDue => "cards_due",
    /// user, priority, seq → message to be delivered.
    Outbox => "outbox",
    /// due at, user, instance → timer.
    Timers => "timers",
    /// user, instance → due at.
    TimersByFrame => "timers_by_frame",
    /// user, revision, index → job.
    Jobs => "jobs",
    /// update → when and as which arrival it was taken in.
    Seen => "seen",
    /// arrival → update and time.
    Arrivals => "arrivals",
    /// arrival → update that nobody has handled yet.
    Inbox => "inbox",
    /// seq → what could not be handled or delivered.
    DeadLetters => "dead_letters",
    /// name → bytes.
    Caches => "caches",
    /// `settings` → settings.
    Settings => "settings",
    /// server, day → what was sold there on that day.
    ServerDays => "server_days",
    /// alarm → count and time.
    Alarms => "alarms",
    /// user, seq → event of a session.
    Traces => "traces",
    /// name → what many traces have in common.
    Lists => "lists",
    /// name → the day on which a trace last named it.
    ListsNamed => "lists_named",
    /// ticket → ticket.
    Tickets => "tickets",
    /// user, ticket → whether it waits, and since when it is there.
    UserTickets => "user_tickets",
    /// user, message → which ticket it speaks of.
    TicketMessages => "ticket_messages",
}

/// One number as a key.
pub(crate) fn one(number: u64) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}

/// Two numbers as a key, the first one leading.
pub(crate) fn two(first: u64, second: u64) -> Vec<u8> {
    [first.to_be_bytes(), second.to_be_bytes()].concat()
}

/// Three numbers as a key.
pub(crate) fn three(first: u64, second: u64, third: u64) -> Vec<u8> {
    [first.to_be_bytes(), second.to_be_bytes(), third.to_be_bytes()].concat()
}

/// A signed number so that byte order is its order.
pub(crate) const fn ordered(number: i64) -> u64 {
    number.cast_unsigned() ^ (1 << 63)
}

/// What [`ordered`] was given.
pub(crate) const fn unordered(number: u64) -> i64 {
    (number ^ (1 << 63)).cast_signed()
}

/// The number at a place of a key; 0 where the key is shorter, which no key of ours is.
pub(crate) fn part(key: &[u8], place: usize) -> u64 {
    let bytes = key.get(place * 8..place * 8 + 8).and_then(|part| part.try_into().ok());
    bytes.map_or(0, u64::from_be_bytes)
}
