//! What is too much (KMS developer guide, "Resource quotas", unless said otherwise).

/// Most aliases of one key.
pub const ALIASES_PER_KEY_MAX: usize = 50;
/// Most grants of one key.
pub const GRANTS_PER_KEY_MAX: usize = 50_000;
/// Most keys that an account's users make in a region.
pub const KEYS_MAX: usize = 100_000;
/// Most tags of one key (KMS developer guide, "Tags in AWS KMS").
pub const TAGS_MAX: usize = 50;
/// Most rotations on demand of one key (KMS developer guide, rotating-keys-on-demand).
pub const ON_DEMAND_ROTATIONS_MAX: usize = 25;
/// Days a key waits for its deletion at the least (KMS API ScheduleKeyDeletion).
pub const DELETION_DAYS_MIN: i32 = 7;
/// Days a key waits for its deletion at the most, and if nobody says (KMS API ScheduleKeyDeletion).
pub const DELETION_DAYS_MAX: i32 = 30;
/// Days between automatic rotations, if nobody says (KMS API EnableKeyRotation).
pub const ROTATION_DAYS_DEFAULT: i32 = 365;
/// Entries of a page of ListKeys and ListKeyRotations, if nobody says (KMS API ListKeys).
pub const KEYS_PER_PAGE_DEFAULT: usize = 100;
/// Entries of a page of ListKeys and ListKeyRotations at the most (KMS API ListKeys).
pub const KEYS_PER_PAGE_MAX: usize = 1000;
/// Entries of a page of the other lists, if nobody says (KMS API ListAliases).
pub const ENTRIES_PER_PAGE_DEFAULT: usize = 50;
/// Entries of a page of the other lists at the most; a greater Limit is taken for this (KMS API ListAliases).
pub const ENTRIES_PER_PAGE_MAX: usize = 100;
/// Entries of a page of ListResourceTags at the most (KMS API ListResourceTags).
pub const TAGS_PER_PAGE_MAX: usize = 50;
