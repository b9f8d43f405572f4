//! Delivery of events to the buckets of trails: gzip files every five minutes, signed digests of them every hour (CT
//! cloudtrail-log-file-validation-digest-file-structure).
//!
//! Start at `run`, which the Clock drives; `gather` finds the events, `object` writes a file, `digest` what vouches for it.

mod digest;
mod gather;
mod object;
mod run;

use anabranch_catalog::{CatalogError, Key, Undecodable};

use crate::ledger::LedgerError;
use crate::signing::SigningError;
use crate::trails::TrailId;

pub(crate) use run::{Agenda, Deliveries};

/// Where the catalog keeps how far a trail's events were delivered.
pub(crate) fn state_key(id: &TrailId) -> Key {
    format!("/{}/{}/cloudtrail/delivery/{}", id.account, id.region, id.name).into()
}

/// Events cannot be delivered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeliveryError {
    /// The bucket is not there any more.
    #[error("there is no bucket {0}")]
    NoBucket(String),
    #[error("cannot write to the bucket")]
    Store(#[from] object_store::Error),
    #[error("cannot write to the bucket")]
    Io(#[from] std::io::Error),
    #[error("an object cannot be called so")]
    Name(#[from] object_store::path::Error),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("cannot note in the catalog what was delivered")]
    Catalog(#[from] CatalogError),
    #[error("what the catalog noted of the deliveries is not readable")]
    Undecodable(#[from] Undecodable),
    #[error("the digest cannot be signed")]
    Signing(#[from] SigningError),
}

impl DeliveryError {
    /// As GetTrailStatus tells it: S3's code.
    fn code(&self) -> &'static str {
        match self {
            DeliveryError::NoBucket(_) => "NoSuchBucket",
            DeliveryError::Io(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                "AccessDenied"
            }
            DeliveryError::Store(object_store::Error::PermissionDenied { .. }) => "AccessDenied",
            _ => "InternalError",
        }
    }
}
