//! Policy documents: read, checked as AWS checks them, compiled (IAM reference_policies_grammar).

mod check;
mod compile;
mod malformed;
mod resource;
mod syntax;
mod trust;

use super::quota::DOCUMENT_BYTES_MAX;
use super::statement::Statement;

pub use malformed::Malformed;

/// What a document is for, which says what may stand in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentKind {
    /// Hangs on a user, group or role, is a boundary, is given to a session, or is an organization's.
    Identity,
    /// Hangs on a role: who may assume it.
    Trust,
    /// Hangs on a resource, a KMS key, or a listener.
    Resource,
}

/// A policy document whose patterns have been read, ready to judge requests.
#[derive(Clone, Debug)]
pub struct Document {
    pub(super) allows: Box<[Statement]>,
    pub(super) denies: Box<[Statement]>,
}

impl Document {
    /// Reads a document. Costs time in proportion to its length, which is 131,072 bytes at most. Quotas of size are the caller's to
    /// check ([`quota`](super::quota)).
    pub fn parse(text: &str, kind: DocumentKind) -> Result<Self, Malformed> {
        let json = (text.len() <= DOCUMENT_BYTES_MAX)
            .then(|| serde_json::from_str(text).ok())
            .flatten()
            .ok_or_else(|| Malformed::json(kind))?;
        let read = match kind {
            DocumentKind::Identity => check::identity(json)?,
            DocumentKind::Resource => check::resource(json)?,
            DocumentKind::Trust => trust::check(json)?,
        };
        Ok(compile::document(&read))
    }

    /// The context keys its conditions and variables ask for, as they are written, each once.
    pub fn context_keys(&self) -> Vec<&str> {
        let mut seen = std::collections::HashSet::new();
        let keys = self.statements().flat_map(Statement::keys);
        keys.filter(|key| seen.insert(&*key.lower)).map(|key| &*key.name).collect()
    }

    /// The `Sid` of the statement at this place in the document, from 0.
    pub fn sid(&self, statement: usize) -> Option<&str> {
        self.statements().find(|found| found.index == statement)?.sid.as_deref()
    }

    /// Whether the statement at this place forbids.
    pub fn denies(&self, statement: usize) -> bool {
        self.denies.iter().any(|found| found.index == statement)
    }

    /// How many statements it has.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn statement_count(&self) -> usize {
        self.statements().count()
    }

    /// Its statements, those that deny first.
    pub(super) fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.denies.iter().chain(&self.allows)
    }
}

#[cfg(test)]
mod tests;
