//! Dashboards: documents that consoles draw. They are of an account, in every region the same.
//!
//! Start at [`Dashboards`]; `ops/` has one file per operation, [`body`] checks a document.

mod body;
mod errors;
mod ops;
mod stored;

use std::sync::Arc;

use anabranch_api::cloudwatch::Error;
use anabranch_api::{Context, Register, cloudwatch};
use anabranch_catalog::{Catalog, Key};
use anabranch_types::AccountId;
use bytes::Bytes;

/// CW API PutDashboard, DashboardName.
const NAME_CHARS_MAX: usize = 255;
/// Dashboards of an account. AWS has no such limit.
const DASHBOARDS_MAX: usize = 1_000;

/// Answers the operations on dashboards.
pub struct Dashboards {
    catalog: Arc<dyn Catalog>,
}

impl Dashboards {
    /// Dashboards kept in `catalog`.
    pub fn new(catalog: Arc<dyn Catalog>) -> Self {
        Self { catalog }
    }

    /// Hands over a handler of each of its operations.
    pub fn register(self: &Arc<Self>, register: &mut dyn Register) {
        cloudwatch::register_dashboards(self, register);
    }
}

/// What the keys of an account's dashboards begin with.
fn all_of(account: AccountId) -> Bytes {
    format!("/{account}/global/dashboards/").into()
}

fn key(account: AccountId, name: &str) -> Key {
    format!("/{account}/global/dashboards/{name}").into()
}

/// The ARN of a dashboard; it names no region.
fn arn(cx: &Context, name: &str) -> String {
    format!("arn:{}:cloudwatch::{}:dashboard/{name}", cx.partition.as_str(), cx.account)
}

/// CW API PutDashboard: letters, digits, hyphens and underscores.
fn is_name(name: &str) -> bool {
    let is_legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    !name.is_empty() && name.len() <= NAME_CHARS_MAX && name.chars().all(is_legal)
}

/// The catalog failed; the cause is written to the server's own log here.
fn failed(error: &(dyn std::error::Error + 'static)) -> Error {
    tracing::error!(error, "cannot read or write dashboards");
    crate::errors::internal()
}

#[cfg(test)]
mod tests;
