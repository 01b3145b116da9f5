//! What was asked of a supplier: counters, and requests without what they carry to prove who asks.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

/// A request that a client made; its key is left out.
#[derive(Clone, Debug)]
pub struct PoolRequest {
    /// Its place in the record, from 1; never used twice.
    pub serial: u64,
    /// The path.
    pub endpoint: String,
    /// The parameters without the key.
    pub params: Value,
    /// When, in simulated Unix milliseconds.
    pub at_ms: i64,
    /// The HTTP status of the answer; 0 when the connection was cut or left hanging.
    pub status: u16,
}

#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) counts: BTreeMap<String, u64>,
    /// What was called and is not there.
    pub(crate) unknown: Vec<String>,
    pub(crate) requests: VecDeque<PoolRequest>,
    pub(crate) last: u64,
    max: usize,
}

impl Record {
    pub(crate) fn new(max: usize) -> Self {
        Self { counts: BTreeMap::new(), unknown: Vec::new(), requests: VecDeque::new(), last: 0, max }
    }

    /// Keeps a request under the next number, and lets the oldest go where there are too many.
    pub(crate) fn add(&mut self, mut request: PoolRequest) {
        *self.counts.entry(request.endpoint.clone()).or_default() += 1;
        if self.max == 0 {
            return;
        }
        if self.requests.len() >= self.max {
            self.requests.pop_front();
        }
        self.last += 1;
        request.serial = self.last;
        self.requests.push_back(request);
    }
}
