use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

/// A trail, as the catalog keeps it (docs/formats/audit.md).
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub(crate) struct StoredTrail {
    #[n(0)]
    pub bucket: String,
    #[n(1)]
    pub prefix: Option<String>,
    #[n(2)]
    pub global: bool,
    #[n(3)]
    pub multi_region: bool,
    #[n(4)]
    pub validated: bool,
    /// Since when it logs, if it does.
    #[n(5)]
    pub logging: bool,
    #[n(6)]
    pub started_ms: Option<i64>,
    #[n(7)]
    pub stopped_ms: Option<i64>,
    #[n(8)]
    pub selectors: StoredSelectors,
    #[n(9)]
    pub tags: BTreeMap<String, String>,
}

/// Which events a trail asks for, as it was told.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(crate) enum StoredSelectors {
    #[n(0)]
    Basic(#[n(0)] Vec<StoredBasic>),
    #[n(1)]
    Advanced(#[n(0)] Vec<StoredAdvanced>),
}

#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub(crate) struct StoredBasic {
    #[n(0)]
    pub reads: bool,
    #[n(1)]
    pub writes: bool,
    #[n(2)]
    pub management: bool,
    /// Types with the beginnings of ARNs.
    #[n(3)]
    pub data: Vec<(String, Vec<String>)>,
    /// Sources of management events that are left out.
    #[n(4)]
    pub excluded: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub(crate) struct StoredAdvanced {
    #[n(0)]
    pub name: Option<String>,
    #[n(1)]
    pub fields: Vec<StoredField>,
}

/// One condition: operators in the model's order (Equals, StartsWith, EndsWith, NotEquals, NotStartsWith, NotEndsWith).
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub(crate) struct StoredField {
    #[n(0)]
    pub field: String,
    #[n(1)]
    pub operators: [Vec<String>; 6],
}

impl Default for StoredSelectors {
    /// All management events (API_GetEventSelectors).
    fn default() -> Self {
        StoredSelectors::Basic(vec![StoredBasic {
            reads: true,
            writes: true,
            management: true,
            ..StoredBasic::default()
        }])
    }
}

/// How far a trail's events were delivered.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub(crate) struct StoredDelivery {
    /// The last record of each ledger, management and data, that was looked at.
    #[n(0)]
    pub management: u64,
    #[n(1)]
    pub data: u64,
    #[n(2)]
    pub delivered_ms: Option<i64>,
    #[n(3)]
    pub attempted_ms: Option<i64>,
    /// Why the last attempt failed.
    #[n(4)]
    pub error: Option<String>,
    #[n(5)]
    pub digested_ms: Option<i64>,
    /// By region, what the next digest begins with.
    #[n(6)]
    pub digests: BTreeMap<String, StoredDigest>,
    /// From when on records are delivered: since logging began.
    #[n(7)]
    pub since_ms: i64,
    /// The end of the digests' hour that is open.
    #[n(8)]
    pub digest_end_ms: i64,
    /// When the last record of each ledger that was looked at was written: where the next look begins.
    #[n(9)]
    pub management_at_ms: Option<i64>,
    #[n(10)]
    pub data_at_ms: Option<i64>,
}

/// What the digests of a region go on with.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub(crate) struct StoredDigest {
    /// The last digest: its object, its content's hash, its signature.
    #[n(0)]
    pub previous: Option<(String, String, String)>,
    /// Files that were delivered since.
    #[n(1)]
    pub files: Vec<StoredFile>,
}

#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub(crate) struct StoredFile {
    #[n(0)]
    pub object: String,
    #[n(1)]
    pub hash: String,
    #[n(2)]
    pub newest: String,
    #[n(3)]
    pub oldest: String,
}
