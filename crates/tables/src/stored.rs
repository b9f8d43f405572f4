//! What the catalog keeps of tables (docs/formats/tables.md). Fields are never renumbered; new ones are appended and optional.

use std::collections::BTreeMap;

use anabranch_types::Timestamp;
use minicbor::{Decode, Encode};

use crate::limits::TOKEN_MS;
use crate::value::Kind;

/// A table.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(crate) struct StoredTable {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub id: [u8; 16],
    #[n(1)]
    pub created_ms: i64,
    /// The attributes that keys are made of.
    #[n(2)]
    pub definitions: Vec<Definition>,
    #[n(3)]
    pub key: KeySchema,
    #[n(4)]
    pub indexes: Vec<StoredIndex>,
    /// The number of the next index; a number is never used again.
    #[n(5)]
    pub next_index: u32,
    #[n(6)]
    pub throughput: Throughput,
    /// Since when it is on demand; none if it is provisioned.
    #[n(7)]
    pub on_demand_since_ms: Option<i64>,
    #[n(8)]
    pub is_protected: bool,
    #[n(9)]
    pub tags: BTreeMap<String, String>,
    #[n(10)]
    pub phase: Phase,
    /// When the phase ends; a deletion begins then.
    #[n(11)]
    pub settled_ms: i64,
    #[n(12)]
    pub time_to_live: Option<TimeToLive>,
    #[n(13)]
    pub recovery: Option<Recovery>,
    /// `STANDARD_INFREQUENT_ACCESS` if that was asked for.
    #[n(14)]
    pub infrequent_access: Option<bool>,
}

/// An attribute that keys are made of.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Definition {
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub kind: KeyKind,
}

/// What a key attribute may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub(crate) enum KeyKind {
    #[n(0)]
    S,
    #[n(1)]
    N,
    #[n(2)]
    B,
}

impl KeyKind {
    pub fn kind(self) -> Kind {
        match self {
            KeyKind::S => Kind::S,
            KeyKind::N => Kind::N,
            KeyKind::B => Kind::B,
        }
    }
}

/// Which attributes a key is made of.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct KeySchema {
    #[n(0)]
    pub hash: String,
    #[n(1)]
    pub range: Option<String>,
}

impl KeySchema {
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.hash.as_str()).chain(self.range.as_deref())
    }

    pub fn has(&self, name: &str) -> bool {
        self.names().any(|n| n == name)
    }
}

/// A secondary index.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(crate) struct StoredIndex {
    /// In the catalog's keys, from 1.
    #[n(0)]
    pub number: u32,
    #[n(1)]
    pub name: String,
    #[n(2)]
    pub key: KeySchema,
    #[n(3)]
    pub projection: Projection,
    /// Of the partition of the table itself.
    #[n(4)]
    pub is_local: bool,
    #[n(5)]
    pub phase: IndexPhase,
    /// When it may become ACTIVE at the earliest.
    #[n(6)]
    pub settled_ms: i64,
    #[n(7)]
    pub throughput: Throughput,
}

/// What an index shows of an item beside the keys.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Projection {
    #[n(0)]
    KeysOnly,
    #[n(1)]
    Include(#[n(0)] Vec<String>),
    #[n(2)]
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub(crate) enum IndexPhase {
    /// The items of before it are not yet in it; writes are.
    #[n(0)]
    Filling,
    #[n(1)]
    Filled,
    /// Nothing more goes into it, and its entries are being deleted.
    #[n(2)]
    Deleting,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub(crate) enum Phase {
    #[n(0)]
    Creating,
    #[n(1)]
    Updating,
    /// Its items are being deleted, then it is.
    #[n(2)]
    Deleting,
}

/// What was provisioned; zeros on demand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Throughput {
    #[n(0)]
    pub read: i64,
    #[n(1)]
    pub write: i64,
}

/// Items expire by this attribute.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct TimeToLive {
    #[n(0)]
    pub attribute: String,
    #[n(1)]
    pub is_enabled: bool,
    /// Until when it is ENABLING or DISABLING.
    #[n(2)]
    pub settled_ms: i64,
}

/// Point-in-time recovery, which is shown and not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Recovery {
    #[n(0)]
    pub since_ms: i64,
    #[n(1)]
    pub days: i32,
}

/// A transaction that was done, so that it is not done again.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct StoredToken {
    /// SHA-256 of what was asked for.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub digest: [u8; 32],
    #[n(1)]
    pub at_ms: i64,
}

impl StoredTable {
    pub fn kind_of(&self, name: &str) -> Option<KeyKind> {
        self.definitions.iter().find(|d| d.name == name).map(|d| d.kind)
    }

    pub fn index(&self, name: &str) -> Option<&StoredIndex> {
        self.indexes.iter().find(|index| index.name == name)
    }

    /// Leaves out the attributes that no key is made of any more.
    pub fn forget_definitions(&mut self) {
        let Self { definitions, key, indexes, .. } = self;
        definitions.retain(|d| key.has(&d.name) || indexes.iter().any(|index| index.key.has(&d.name)));
    }

    /// As AWS calls the state it is in.
    pub fn status(&self, now: Timestamp) -> &'static str {
        match self.phase {
            Phase::Deleting => "DELETING",
            Phase::Creating if now.millis() < self.settled_ms => "CREATING",
            _ if now.millis() < self.settled_ms || self.is_indexing(now) => "UPDATING",
            _ => "ACTIVE",
        }
    }

    fn is_indexing(&self, now: Timestamp) -> bool {
        self.indexes.iter().any(|index| index.status(now) != "ACTIVE")
    }

    /// Whether its items can be read and written.
    pub fn is_open(&self, now: Timestamp) -> bool {
        matches!(self.status(now), "ACTIVE" | "UPDATING")
    }
}

impl StoredIndex {
    /// As AWS calls the state it is in.
    pub fn status(&self, now: Timestamp) -> &'static str {
        match self.phase {
            IndexPhase::Deleting => "DELETING",
            IndexPhase::Filled if now.millis() >= self.settled_ms => "ACTIVE",
            _ => "CREATING",
        }
    }

    /// Whether writes go into it.
    pub fn is_kept(&self) -> bool {
        self.phase != IndexPhase::Deleting
    }
}

impl StoredToken {
    /// Whether it still keeps a transaction from being done again.
    pub fn counts(&self, now: Timestamp) -> bool {
        now.millis() - self.at_ms < TOKEN_MS
    }
}
