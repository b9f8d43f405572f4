//! How much an account may have (IAM reference_iam-quotas). Where AWS raises a quota on request, its default holds.

/// UsersPerAccount.
pub(super) const USERS_MAX: usize = 5_000;
/// GroupsPerAccount.
pub(super) const GROUPS_MAX: usize = 300;
/// RolesPerAccount.
pub(super) const ROLES_MAX: usize = 1_000;
/// PoliciesPerAccount.
pub(super) const POLICIES_MAX: usize = 1_500;
/// Versions of a managed policy.
pub(super) const VERSIONS_MAX: usize = 5;
/// Managed policies on a user, group or role.
pub(super) const ATTACHED_MAX: usize = 10;
/// Groups of a user.
pub(super) const GROUPS_PER_USER_MAX: usize = 10;
/// Access keys of a user.
pub(super) const ACCESS_KEYS_MAX: usize = 2;
/// Tags of a user, role or policy.
pub(super) const TAGS_MAX: usize = 50;
/// What a list answers when it is not asked for less or more (IAM API ListUsers, MaxItems).
pub(super) const ITEMS_DEFAULT: usize = 100;
/// MaxSessionDuration of a role that asks for none, seconds (IAM API CreateRole).
pub(super) const SESSION_SECONDS_DEFAULT: u32 = 3_600;
/// How long a credential report is good; a new one is made only then (IAM API GenerateCredentialReport).
pub(super) const REPORT_HOURS: u64 = 4;
