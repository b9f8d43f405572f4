//! How large a policy may be (IAM reference_iam-quotas). White space is not counted. Where the quota is of all inline policies of an
//! identity together, who holds them adds up.

/// Most characters of a managed policy.
pub const MANAGED_POLICY_CHARACTERS_MAX: usize = 6_144;
/// Most characters of a user's inline policies together.
pub const USER_POLICIES_CHARACTERS_MAX: usize = 2_048;
/// Most characters of a role's inline policies together.
pub const ROLE_POLICIES_CHARACTERS_MAX: usize = 10_240;
/// Most characters of a group's inline policies together.
pub const GROUP_POLICIES_CHARACTERS_MAX: usize = 5_120;
/// Most characters of a role's trust policy, where nobody asked AWS for more.
pub const TRUST_POLICY_CHARACTERS_MAX: usize = 2_048;
/// Most characters of the policies of a session.
pub const SESSION_POLICY_CHARACTERS_MAX: usize = 2_048;
/// Most bytes of a key policy, white space included (KMS resource-limits).
pub const KEY_POLICY_BYTES_MAX: usize = 32_768;
/// Most bytes of any document that is looked at, white space included (IAM's model, `policyDocumentType`).
pub const DOCUMENT_BYTES_MAX: usize = 131_072;

/// The characters of a policy that its quota counts.
pub fn characters(document: &str) -> usize {
    document.chars().filter(|c| !c.is_whitespace()).count()
}

#[cfg(test)]
mod tests {
    #[test]
    fn white_space_is_not_counted() {
        assert_eq!(super::characters(" { \"Ä\":\n\t1 }\r\n"), 7);
    }
}
