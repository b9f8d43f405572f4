//! Denials told in full: sealed for the log, opened by sts:DecodeAuthorizationMessage.

use std::sync::Arc;

use anabranch_types::{AccountId, Rng};
use serde_json::{Value, json};

use super::keys::CallKeys;
use crate::iam::policy::{ContextKeys, ContextValue, Decision, Document, Request, Verdict};
use crate::kms::{MasterKey, NONCE_BYTES, TAG_BYTES};

/// Most characters of an encoded message (STS API DecodeAuthorizationMessage).
const MESSAGE_CHARACTERS_MAX: usize = 10_240;
/// What a document may take so that its message is that short: base64 makes four characters of three bytes.
const DOCUMENT_BYTES_MAX: usize = MESSAGE_CHARACTERS_MAX / 4 * 3 - NONCE_BYTES - TAG_BYTES;
/// The keys of every request that a message tells, as AWS writes them.
const KEYS: [&str; 16] = [
    "aws:CurrentTime",
    "aws:EpochTime",
    "aws:FederatedProvider",
    "aws:MultiFactorAuthPresent",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalType",
    "aws:RequestedRegion",
    "aws:ResourceAccount",
    "aws:SecureTransport",
    "aws:SourceIdentity",
    "aws:SourceIp",
    "aws:TokenIssueTime",
    "aws:UserAgent",
    "aws:userid",
    "aws:username",
];

/// Seals and opens what is told of denials.
pub struct DenialMessages {
    master_key: Arc<MasterKey>,
    rng: Rng,
}

impl DenialMessages {
    /// Messages that open under this master key.
    pub fn new(master_key: Arc<MasterKey>, rng: Rng) -> Self {
        Self { master_key, rng }
    }

    /// A message that `account` can have decoded. `document` is short enough, as [`document`] makes it.
    pub(crate) fn seal(&self, account: AccountId, document: &str) -> String {
        let sealed = self.master_key.seal(document.as_bytes(), context(account).as_bytes(), &self.rng);
        base64_simd::URL_SAFE_NO_PAD.encode_to_string(sealed)
    }

    /// What a message of a denial in `account` holds; none for any other text.
    pub fn open(&self, account: AccountId, message: &str) -> Option<String> {
        let sealed = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(message).ok()?;
        let opened = self.master_key.open(&sealed, context(account).as_bytes()).ok()?;
        String::from_utf8(opened.to_vec()).ok()
    }
}

/// A message is opened for the account it was sealed for alone.
fn context(account: AccountId) -> String {
    format!("denial of a call by {account}")
}

/// What is told of a denial, in AWS's form (STS API DecodeAuthorizationMessage; IAM reference_policies_evaluation-logic). `forbidding`: the policy with the
/// statement that forbade. What would be too long is left out, conditions first.
pub(super) fn document(
    request: &Request<'_>,
    keys: &CallKeys<'_>,
    verdict: &Verdict,
    forbidding: Option<&Document>,
) -> String {
    let explicit = matches!(verdict.decision, Decision::ExplicitDeny(_));
    let statement = verdict.by.filter(|_| explicit).map(|by| {
        let sid = forbidding.and_then(|document| document.sid(by.statement)).unwrap_or_default();
        json!({
            "statementId": sid,
            "effect": "DENY",
            "principals": { "items": [] },
            "principalGroups": { "items": [] },
            "actions": { "items": [] },
            "resources": { "items": [] },
            "conditions": { "items": [] },
        })
    });
    let tell = |conditions: Vec<Value>| {
        let principal = json!({
            "id": keys.cx.principal.user_id(),
            "name": value(keys, "aws:username").first(),
            "arn": request.caller.name(),
        });
        json!({
            "allowed": false,
            "explicitDeny": explicit,
            "matchedStatements": { "items": statement.iter().collect::<Vec<_>>() },
            "failures": { "items": [] },
            "context": {
                "principal": principal,
                "action": request.action,
                "resource": request.resource,
                "conditions": { "items": conditions },
            },
        })
        .to_string()
    };
    let whole = tell(conditions(keys));
    if whole.len() <= DOCUMENT_BYTES_MAX { whole } else { tell(Vec::new()) }
}

/// Every condition key that the call has: those of every request, tags, and what the request gives.
fn conditions(keys: &CallKeys<'_>) -> Vec<Value> {
    let tags = |prefix: &str, tags: &[(String, String)]| -> Vec<String> {
        tags.iter().map(|(key, _)| format!("{prefix}{key}")).collect()
    };
    let mut names: Vec<String> = KEYS.iter().map(|key| (*key).to_owned()).collect();
    names.extend(tags("aws:PrincipalTag/", &keys.who.tags));
    names.extend(keys.protection.iter().flat_map(|found| tags("aws:ResourceTag/", &found.tags)));
    names.extend(keys.protection.iter().flat_map(|found| &found.keys).map(|(key, _)| key.clone()));
    names.extend(keys.given.iter().map(|(key, _)| key.clone()));
    let condition = |name: String| {
        let values = value(keys, &name);
        let values: Vec<Value> = values.iter().map(|value| json!({ "value": value })).collect();
        (!values.is_empty()).then(|| json!({ "key": name, "values": { "items": values } }))
    };
    names.into_iter().filter_map(condition).collect()
}

fn value(keys: &CallKeys<'_>, name: &str) -> Vec<String> {
    match keys.value(&name.to_lowercase()) {
        Some(ContextValue::One(one)) => vec![one.into_owned()],
        Some(ContextValue::Many(many)) => many.into_iter().map(|value| value.into_owned()).collect(),
        None => Vec::new(),
    }
}
