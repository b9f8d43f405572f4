//! What makes a session: policies, tags, how long, the credentials told.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use anabranch_api::sts::{Credentials, Error, PolicyDescriptorType, Tag};
use anabranch_api::{Principal, Session};
use anabranch_types::AccountId;
use bytestring::ByteString;

use super::{Sts, errors};
use crate::iam::policy::{Document, DocumentKind};

/// Most managed policies of a session (STS API AssumeRole).
const POLICIES_MAX: usize = 10;
/// What session policies and tags may take together, in bytes. AWS packs them and tells no number (IAM reference_iam-quotas).
const PACKED_BYTES_MAX: usize = 4_096;
/// What a session token may take, in bytes: all that fits above, sealed, in base64.
const TOKEN_BYTES_MAX: usize = 8_192;

/// Policies and tags of a session that is asked for.
#[derive(Debug, Default)]
pub(super) struct Carried {
    /// JSON, or the ARN of a managed policy; none if none were given.
    pub(super) policies: Option<Vec<Arc<str>>>,
    pub(super) tags: BTreeMap<String, String>,
}

/// Credentials as they are told, and how large their token is.
pub(super) struct Told {
    pub(super) credentials: Credentials,
    pub(super) token_bytes: i32,
    pub(super) token_percent: i32,
}

impl Sts {
    /// Takes a session's policies and tags, and refuses those that cannot be.
    pub(super) fn carried(
        &self,
        account: AccountId,
        policy: Option<&ByteString>,
        policy_arns: Option<&[PolicyDescriptorType]>,
        tags: Option<&[Tag]>,
    ) -> Result<Carried, Error> {
        let mut policies = Vec::new();
        if let Some(text) = policy {
            Document::parse(text, DocumentKind::Identity).map_err(|why| errors::malformed(&why))?;
            policies.push(Arc::from(&**text));
        }
        let arns: Vec<&ByteString> =
            policy_arns.into_iter().flatten().filter_map(|p| p.arn.as_ref()).collect();
        if arns.len() > POLICIES_MAX {
            return Err(errors::too_many_policies());
        }
        for arn in arns {
            self.identities.managed_policy(account, arn).ok_or_else(|| errors::no_such_policy(arn))?;
            policies.push(Arc::from(&**arn));
        }
        let tags = distinct(tags.unwrap_or_default())?;
        Ok(Carried { policies: (!policies.is_empty()).then_some(policies), tags })
    }

    /// Issues credentials for a session that lasts so long from now on.
    pub(super) fn issue(
        &self,
        principal: &Principal,
        session: Session,
        lasts: Duration,
        token_bytes_min: Option<i32>,
    ) -> Result<Told, Error> {
        let issued = self.sessions.now();
        let session = Session { issued, expires: issued + lasts, ..session };
        let token_bytes_min =
            token_bytes_min.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or_default();
        let made =
            self.sessions.issue(principal, &session, token_bytes_min).ok_or_else(errors::no_session)?;
        let bytes = made.token.expose().len();
        Ok(Told {
            credentials: Credentials {
                access_key_id: made.access_key.into(),
                secret_access_key: made.secret.expose().into(),
                session_token: made.token.expose().into(),
                expiration: session.expires,
            },
            token_bytes: i32::try_from(bytes).unwrap_or(i32::MAX),
            token_percent: percent(bytes, TOKEN_BYTES_MAX),
        })
    }
}

impl Carried {
    /// The percentage of what policies and tags may take; none where there are neither.
    pub(super) fn packed_percent(&self) -> Result<Option<i32>, Error> {
        let policies: usize = self.policies.iter().flatten().map(|text| text.len()).sum();
        let tags: usize = self.tags.iter().map(|(key, value)| key.len() + value.len()).sum();
        let percent = percent(policies + tags, PACKED_BYTES_MAX);
        if percent > 100 {
            return Err(errors::packed_too_large(percent as usize, policies > 0));
        }
        Ok((policies + tags > 0).then_some(percent))
    }
}

/// Rounded up.
fn percent(bytes: usize, of: usize) -> i32 {
    i32::try_from((bytes * 100).div_ceil(of)).unwrap_or(i32::MAX)
}

fn distinct(tags: &[Tag]) -> Result<BTreeMap<String, String>, Error> {
    let mut seen = HashSet::new();
    if !tags.iter().all(|tag| seen.insert(tag.key.to_lowercase())) {
        return Err(errors::tag_twice());
    }
    Ok(tags.iter().map(|tag| (tag.key.to_string(), tag.value.to_string())).collect())
}
