//! The policy language: documents, and what they decide. A pure function of policies and request; knows no store, clock or service.
//!
//! Start at [`evaluate()`] for the order of evaluation, at [`Document`] for what a policy may say. Which condition keys a request has is
//! [`ContextKeys`]'s business. `decisions/` holds what is decided as data, each with its source.

mod arn;
mod condition;
mod context;
#[cfg(test)]
mod decisions;
mod document;
mod evaluate;
mod json;
#[cfg(test)]
mod oracle;
mod pattern;
mod position;
mod principal;
pub mod quota;
mod request;
mod statement;
mod variable;
mod verdict;

pub use context::{ContextKeys, ContextValue};
pub use document::{Document, DocumentKind, Malformed};
pub use evaluate::{Policies, ResourcePolicy, evaluate, matched_statements};
pub use position::{Position, Span, statement_spans};
pub use request::{Caller, Request};
pub use verdict::{Decision, Matched, PolicyType, Verdict};
