//! Trails: what they are called, which events they ask for, and where they are kept.

mod directory;
mod name;
mod selectors;
mod stored;

pub(crate) use directory::{Directory, Trail};
pub(crate) use name::{TrailId, asked_arn, check};
pub(crate) use selectors::Seen;
pub(crate) use stored::{
    StoredAdvanced, StoredBasic, StoredDelivery, StoredDigest, StoredField, StoredFile, StoredSelectors,
    StoredTrail,
};
