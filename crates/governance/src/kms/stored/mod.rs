//! What the catalog holds of KMS: the keys, and the values in a compact versioned form (docs/formats/kms.md).

mod keys;
mod values;

pub(super) use keys::{Place, next_scope_after, scope_of};
pub(super) use values::{
    Generation, Manager, Rotation, RotationKind, Spec, State, StoredAlias, StoredConstraints, StoredGrant,
    StoredKey, Usage,
};
