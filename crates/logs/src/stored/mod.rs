//! What the catalog keeps of log groups: the keys, and the values in a compact versioned form (docs/formats/logs.md).

mod keys;
mod values;

pub(crate) use keys::{Scope, next_scope_after, scope_of};
pub(crate) use values::{
    StoredGroup, StoredMetricFilter, StoredPosition, StoredStream, StoredSubscription, Transformation,
};
