use std::collections::BTreeMap;
use std::sync::Arc;

use anabranch_types::Timestamp;

/// What temporary credentials carry beside who calls with them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// When they were issued: `aws:TokenIssueTime`.
    pub issued: Timestamp,
    /// When they end.
    pub expires: Timestamp,
    /// The policies they were made with, as JSON; none if without.
    pub policies: Option<Vec<Arc<str>>>,
    /// The session's tags; their keys are unique without regard to case.
    pub tags: BTreeMap<String, String>,
    /// The keys of the tags that a session made with these credentials has too.
    pub transitive_tags: Vec<String>,
    /// `aws:SourceIdentity`, which every session made with these credentials has too.
    pub source_identity: Option<String>,
}
