//! The labels of the metrics. Each value comes from a closed list: a flow's table, a client's paths, an enum of ours.

use prometheus_client::encoding::EncodeLabelSet;

macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $kind:ty),+ })+) => {
        $($(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
        pub(super) struct $name { $(pub(super) $field: $kind),+ })+
    };
}

labels! {
    /// What kind of thing.
    Kind { kind: &'static str }
    /// An edge of a flow's table.
    Edge { flow: &'static str, from: &'static str, on: String, to: String }
    /// An event that a flow ignored; `none` where it came to no flow.
    Ignored { flow: &'static str, from: &'static str, on: String, reason: &'static str }
    /// Why.
    Reason { reason: &'static str }
    /// A delivery and how it ended.
    Delivery { kind: &'static str, result: &'static str }
    /// A method of Telegram's.
    Method { method: &'static str }
    /// A call of one and how it ended.
    MethodCall { method: &'static str, result: &'static str }
    /// A server's path.
    Endpoint { server: u8, endpoint: &'static str }
    /// A call to one and how it ended.
    EndpointCall { server: u8, endpoint: &'static str, result: &'static str }
    /// How a purchase call ended; `code` is `none` unless it was refused.
    Purchase { server: u8, outcome: &'static str, code: String }
    /// How an order ended.
    Ended { server: u8, outcome: &'static str }
    /// A server.
    Server { server: u8 }
    /// What is wrong at a server.
    ServerTrouble { server: u8, trouble: &'static str }
    /// What a server's breaker did.
    Turn { server: u8, to: &'static str }
    /// One of a server's lists.
    List { server: u8, list: &'static str }
    /// A job by its name.
    Job { job: &'static str }
    /// An intent of the store's by its name.
    Intent { intent: &'static str }
    /// An order's state.
    State { state: &'static str }
    /// A table whose rows wait for something.
    Table { table: &'static str }
    /// A queue in memory.
    Queue { queue: &'static str }
    /// An alarm by its name.
    Alarm { alarm: &'static str }
    /// What was built.
    Build { version: &'static str }
}
