//! The account of what happened: for each account a ledger of its management events and of denied calls, and one of the data events that
//! a trail asks for, on the record log (docs/formats/audit.md).
//!
//! Start at [`Ledgers`], the handle, and `writer`, the one task that appends. [`Link`] ties a record to the one before, [`Head`] puts an hour under a
//! MAC, [`Verifier`] finds out whoever changed something.

mod head;
mod key;
mod key_file;
mod link;
mod logs;
mod outbox;
mod reading;
mod verify;
mod writer;

use anabranch_catalog::{CatalogError, CounterError, Undecodable};
use anabranch_log::LogError;
use anabranch_types::Timestamp;

pub use head::Head;
pub use key::{AuditKey, AuditKeyError};
pub use key_file::AuditKeyFileError;
pub use link::{Hash, Kind, Link};
pub use logs::ledgers;
pub use outbox::{HeadOutbox, WaitingHead};
pub use reading::{Entry, Page};
pub use verify::{Finding, Verified, Verifier};
pub use writer::latest_heads;
pub(crate) use writer::{LedgerGround, Ledgers};

/// One of the ledgers of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Book {
    /// Management events and denied calls.
    Management,
    /// Data events that a trail asked for.
    Data,
}

impl Book {
    /// All there are.
    pub const ALL: [Book; 2] = [Book::Management, Book::Data];

    /// `management` or `data`
    pub fn name(self) -> &'static str {
        match self {
            Book::Management => "management",
            Book::Data => "data",
        }
    }

    /// The book of this name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|book| book.name() == name)
    }

    /// How long its events are kept: a management event as long as CloudTrail's event history has it (CT view-cloudtrail-events), a data event
    /// until no trail can still be behind with it.
    pub fn days_kept(self) -> u64 {
        match self {
            Book::Management => 90,
            Book::Data => 7,
        }
    }
}

/// A ledger cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum LedgerError {
    #[error("cannot find the ledger in the catalog")]
    Catalog(#[from] CatalogError),
    #[error("cannot number the log of a ledger")]
    Counter(#[from] CounterError),
    #[error("the catalog's value of a ledger is not readable")]
    Undecodable(#[from] Undecodable),
    #[error("the log of the ledger failed")]
    Log(#[from] LogError),
    #[error("the log did not take the events: {0}")]
    Refused(String),
}

/// `2026-11-21T15:40:00Z`
pub(crate) fn seconds_utc(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.seconds()).map_or_else(|_| at.to_string(), |time| time.to_string())
}
