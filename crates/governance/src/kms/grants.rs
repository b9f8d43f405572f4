//! Grants: what their tokens are, whom they allow what (KMS developer guide, grants).

use std::str::FromStr as _;

use anabranch_api::kms::{Error, GrantConstraints, GrantListEntry, GrantOperation};
use anabranch_api::{ConditionKeys, Enumeration as _};
use anabranch_types::{Arn, Region, Timestamp};
use bytestring::ByteString;

use super::Kms;
use super::ciphertext::EncryptionContext;
use super::conditions::{condition_keys, encryption_context, values};
use super::directory::Grant;
use super::errors;
use super::key_id::{KeyId, KeyName, Scope};
use super::stored::{Spec, StoredConstraints, StoredGrant, Usage};

/// What stands at the beginning of a grant token, before it is put into base64.
const TOKEN_VERSION: &str = "1";

/// A question to the grants of a key. Grants hold at once, so a grant token adds nothing to the answer.
#[derive(Clone, Copy, Debug)]
pub struct GrantQuestion<'a> {
    /// The key's ARN.
    pub key_arn: &'a str,
    /// Whatever the caller is named by: its ARN, the ARN of its role, a service's name.
    pub callers: &'a [&'a str],
    /// What it asks for: `kms:Decrypt`, `kms:ReEncryptFrom`.
    pub action: &'a str,
    /// What the request says of itself: its `Operation::condition_keys`.
    pub keys: &'a ConditionKeys,
    /// `aws:SourceArn`, where a service calls for a resource.
    pub source_arn: Option<&'a str>,
}

impl Kms {
    /// Whether a grant of the key allows what is asked for. From memory.
    pub fn grants(&self, question: &GrantQuestion<'_>) -> bool {
        let Some(operation) = question.action.strip_prefix("kms:") else { return false };
        let Some(slot) = key_name(question.key_arn).and_then(|name| self.directory.key(&name)) else {
            return false;
        };
        let grants = slot.grants();
        let mut of_callers = grants.values().filter(|grant| grant.is_of(question.callers)).peekable();
        if of_callers.peek().is_none() {
            return false;
        }
        let context = encryption_context(&condition_keys(question.action, question.keys));
        of_callers.any(|grant| grant.allows(operation, question, &context))
    }
}

/// The name of the key with this ARN.
pub(super) fn key_name(arn: &str) -> Option<KeyName> {
    let Arn { region, account, resource, service, .. } = Arn::from_str(arn).ok()?;
    (&*service == "kms").then_some(())?;
    let id = KeyId::parse(resource.strip_prefix("key/")?)?;
    Some(KeyName { scope: Scope { account: account?, region: region? }, id })
}

impl Grant {
    /// Whether one of these is its grantee or may retire it.
    fn is_of(&self, callers: &[&str]) -> bool {
        let is_caller = |name: &str| callers.contains(&name);
        is_caller(&self.stored.grantee) || self.stored.retiring.as_deref().is_some_and(is_caller)
    }

    fn allows(&self, operation: &str, asked: &GrantQuestion<'_>, context: &EncryptionContext) -> bool {
        let is_caller = |name: &str| asked.callers.contains(&name);
        let is_granted = is_caller(&self.stored.grantee)
            && self.stored.operations.iter().any(|granted| granted == operation);
        let StoredConstraints { subset, equals, source_arn } = &self.stored.constraints;
        if operation == GrantOperation::RetireGrant.as_str() {
            let retires = is_granted || self.stored.retiring.as_deref().is_some_and(is_caller);
            return retires && self.is_named_in(asked.keys);
        }
        if !is_granted || source_arn.as_deref().is_some_and(|arn| asked.source_arn != Some(arn)) {
            return false;
        }
        if operation == GrantOperation::CreateGrant.as_str() {
            // A grant made by way of a grant gives no more and holds no wider (KMS API CreateGrant); how wide it would hold is not known here.
            let is_wide = subset.is_none() && equals.is_none();
            let asked = values(asked.keys, "kms:grantoperations");
            return is_wide && asked.iter().all(|operation| self.stored.operations.contains(operation));
        }
        // Operations without an encryption context are not constrained by one.
        !takes_context(operation) || self.stored.constraints.hold(context)
    }

    fn is_named_in(&self, keys: &ConditionKeys) -> bool {
        let token = values(keys, "anabranch:granttoken").first().and_then(|token| read_token(token).ok());
        values(keys, "anabranch:grantid").contains(&self.id) || token.is_some_and(|(_, id)| id == self.id)
    }

    /// As lists show it.
    pub fn show(&self, arn: &ByteString) -> GrantListEntry {
        let StoredGrant { grantee, retiring, grantee_is_service, retiring_is_service, .. } = &self.stored;
        let text = |text: &String| Some(ByteString::from(text.as_str()));
        let retiring_text = retiring.as_ref().and_then(text);
        let (retiring_principal, retiring_service_principal) =
            if *retiring_is_service { (None, retiring_text) } else { (retiring_text, None) };
        let (grantee_principal, grantee_service_principal) =
            if *grantee_is_service { (None, text(grantee)) } else { (text(grantee), None) };
        let operations = self.stored.operations.iter().filter_map(|name| GrantOperation::of(name));
        GrantListEntry {
            key_id: Some(arn.clone()),
            grant_id: text(&self.id),
            name: self.stored.name.as_ref().and_then(text),
            creation_date: Some(Timestamp::from_millis(self.stored.created_ms)),
            grantee_principal,
            retiring_principal,
            issuing_account: text(&self.stored.issuing_account),
            operations: Some(operations.collect()),
            constraints: self.stored.constraints.show(),
            grantee_service_principal,
            retiring_service_principal,
        }
    }
}

impl StoredConstraints {
    /// As a request gives them. A context of no pairs constrains nothing.
    pub fn of(constraints: &GrantConstraints) -> Self {
        let pairs = |pairs: &Option<Vec<(ByteString, ByteString)>>| {
            pairs.as_ref().map(|pairs| context(pairs)).filter(|pairs| !pairs.is_empty())
        };
        Self {
            subset: pairs(&constraints.encryption_context_subset),
            equals: pairs(&constraints.encryption_context_equals),
            source_arn: constraints.source_arn.as_ref().map(ToString::to_string),
        }
    }

    fn hold(&self, context: &EncryptionContext) -> bool {
        self.subset.as_ref().is_none_or(|pairs| contains(context, pairs))
            && self.equals.as_ref().is_none_or(|pairs| context == pairs)
    }

    fn show(&self) -> Option<GrantConstraints> {
        let pairs = |pairs: &EncryptionContext| {
            pairs.iter().map(|(key, value)| (key.as_str().into(), value.as_str().into())).collect()
        };
        let constraints = GrantConstraints {
            encryption_context_subset: self.subset.as_ref().map(pairs),
            encryption_context_equals: self.equals.as_ref().map(pairs),
            source_arn: self.source_arn.as_deref().map(ByteString::from),
        };
        (*self != Self::default()).then_some(constraints)
    }
}

/// An encryption context as a request gives it; the last value of a key counts.
pub(super) fn context(pairs: &[(ByteString, ByteString)]) -> EncryptionContext {
    pairs.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
}

fn contains(context: &EncryptionContext, pairs: &EncryptionContext) -> bool {
    pairs.iter().all(|(key, value)| context.get(key) == Some(value))
}

/// Whether an operation has an encryption context, as a symmetric key's cryptographic ones have.
pub(super) fn takes_context(operation: &str) -> bool {
    operation.starts_with("GenerateDataKey")
        || ["Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo"].contains(&operation)
}

/// What can be granted for a key (KMS API CreateGrant, Operations).
pub(super) fn is_grantable(operation: GrantOperation, spec: Spec, usage: Usage) -> bool {
    use GrantOperation as Op;
    match operation {
        Op::CreateGrant | Op::RetireGrant | Op::DescribeKey => true,
        Op::Encrypt | Op::Decrypt | Op::ReEncryptFrom | Op::ReEncryptTo => usage == Usage::EncryptDecrypt,
        Op::GenerateDataKey
        | Op::GenerateDataKeyWithoutPlaintext
        | Op::GenerateDataKeyPair
        | Op::GenerateDataKeyPairWithoutPlaintext => spec == Spec::SymmetricDefault,
        Op::GenerateMac | Op::VerifyMac => usage == Usage::GenerateVerifyMac,
        Op::Sign | Op::Verify => usage == Usage::SignVerify,
        Op::GetPublicKey => spec.is_asymmetric(),
        Op::DeriveSharedSecret | Op::Encapsulate | Op::Decapsulate => false,
    }
}

/// An account's root, a user, a role or a session by its ARN.
pub(super) fn check_principal(text: &str) -> Result<(), Error> {
    let arn: Option<Arn> = text.parse().ok();
    let legal = arn.is_some_and(|arn| {
        ["iam", "sts"].contains(&&*arn.service)
            && arn.region.is_none()
            && arn.account.is_some()
            && (&*arn.resource == "root" || arn.resource.contains('/'))
    });
    if legal { Ok(()) } else { Err(errors::invalid_principal(text)) }
}

/// The token of a grant.
pub(super) fn token(name: &KeyName, grant: &str) -> ByteString {
    let KeyName { scope: Scope { account, region }, id } = name;
    let text = format!("{TOKEN_VERSION}:{account}:{region}:{id}:{grant}");
    base64_simd::URL_SAFE_NO_PAD.encode_to_string(text).into()
}

/// The key and grant that a token is of, whether or not they are still there.
pub(super) fn read_token(token: &str) -> Result<(KeyName, String), Error> {
    let read = || {
        let bytes = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(token).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let [version, account, region, id, grant] = text.split(':').collect::<Vec<_>>().try_into().ok()?;
        (version == TOKEN_VERSION && is_grant_id(grant)).then_some(())?;
        let scope = Scope { account: account.parse().ok()?, region: Region::parse(region.to_owned())? };
        Some((KeyName { scope, id: KeyId::parse(id)? }, grant.to_owned()))
    };
    read().ok_or_else(errors::invalid_grant_token)
}

/// Refuses tokens that are none. What they grant holds already.
pub(super) fn check_tokens(tokens: Option<&Vec<ByteString>>) -> Result<(), Error> {
    tokens.into_iter().flatten().try_for_each(|token| read_token(token).map(drop))
}

/// 64 hexadecimal digits.
pub(super) fn is_grant_id(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}
