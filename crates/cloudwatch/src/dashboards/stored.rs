use minicbor::{Decode, Encode};

/// A dashboard in the catalog (docs/formats/alarms.md).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) struct StoredDashboard {
    #[n(0)]
    pub body: String,
    #[n(1)]
    pub modified_ms: i64,
}
