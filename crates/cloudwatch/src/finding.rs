//! What is wrong with a document, and where.

use serde_json::json;

/// A fault of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// `/widgets/0/properties`
    pub path: String,
    pub message: String,
}

/// Faults as AWS shows them.
pub(crate) fn shown(findings: &[Finding]) -> String {
    let all: Vec<_> = findings.iter().map(|f| json!({"dataPath": f.path, "message": f.message})).collect();
    serde_json::to_string_pretty(&all).unwrap_or_default()
}
