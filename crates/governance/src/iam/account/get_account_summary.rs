use anabranch_api::iam::{Error, GetAccountSummary, GetAccountSummaryOutput};
use anabranch_api::{Context, Serve};

use crate::iam::policy::quota;
use crate::iam::{Iam, limits};

impl Serve<GetAccountSummary> for Iam {
    /// What the account has and may have. What is not here (certificates, second factors, passwords) counts 0.
    async fn serve(&self, cx: &Context, _: GetAccountSummary) -> Result<GetAccountSummaryOutput, Error> {
        let account = self.account(cx);
        let stored = &account.stored;
        let versions: usize = stored.policies.values().map(|policy| policy.versions.len()).sum();
        let counts = [
            ("Users", stored.users.len()),
            ("UsersQuota", limits::USERS_MAX),
            ("Groups", stored.groups.len()),
            ("GroupsQuota", limits::GROUPS_MAX),
            ("Roles", stored.roles.len()),
            ("RolesQuota", limits::ROLES_MAX),
            ("Policies", stored.policies.len()),
            ("PoliciesQuota", limits::POLICIES_MAX),
            ("PolicyVersionsInUse", versions),
            ("VersionsPerPolicyQuota", limits::VERSIONS_MAX),
            ("PolicySizeQuota", quota::MANAGED_POLICY_CHARACTERS_MAX),
            ("UserPolicySizeQuota", quota::USER_POLICIES_CHARACTERS_MAX),
            ("GroupPolicySizeQuota", quota::GROUP_POLICIES_CHARACTERS_MAX),
            ("RolePolicySizeQuota", quota::ROLE_POLICIES_CHARACTERS_MAX),
            ("AssumeRolePolicySizeQuota", quota::TRUST_POLICY_CHARACTERS_MAX),
            ("GroupsPerUserQuota", limits::GROUPS_PER_USER_MAX),
            ("AccessKeysPerUserQuota", limits::ACCESS_KEYS_MAX),
            ("AttachedPoliciesPerUserQuota", limits::ATTACHED_MAX),
            ("AttachedPoliciesPerGroupQuota", limits::ATTACHED_MAX),
            ("AttachedPoliciesPerRoleQuota", limits::ATTACHED_MAX),
            ("ServerCertificates", 0),
            ("MFADevices", 0),
            ("MFADevicesInUse", 0),
            ("AccountMFAEnabled", 0),
            ("AccountAccessKeysPresent", usize::from(self.has_root_key(cx.account))),
            ("AccountPasswordPresent", 0),
            ("AccountSigningCertificatesPresent", 0),
            ("InstanceProfiles", 0),
            ("Providers", 0),
            ("GlobalEndpointTokenVersion", 1),
        ];
        let counts = counts.map(|(name, n)| (name.into(), i32::try_from(n).unwrap_or(i32::MAX)));
        Ok(GetAccountSummaryOutput { summary_map: Some(counts.into()) })
    }
}
