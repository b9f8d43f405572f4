//! What a request says of itself to conditions and grants, action by action.

use std::borrow::Cow;

use anabranch_api::ConditionKeys;

use super::ciphertext::EncryptionContext;

const CONTEXT: &str = "kms:encryptioncontext:";
const CONTEXT_KEYS: &str = "kms:encryptioncontextkeys";

/// The keys that a policy's conditions are given for `action`. ReEncrypt asks for two, each in an encryption context of its own: that
/// of `kms:ReEncryptFrom` is the source's, that of `kms:ReEncryptTo` the destination's (KMS developer guide, conditions-kms).
pub fn condition_keys<'a>(action: &str, keys: &'a ConditionKeys) -> Cow<'a, ConditionKeys> {
    let side = match action {
        "kms:ReEncryptFrom" => "kms:source",
        "kms:ReEncryptTo" => "kms:destination",
        _ => return Cow::Borrowed(keys),
    };
    let renamed = keys.iter().map(|(key, values)| match key.strip_prefix(side) {
        Some(rest) => (format!("kms:{rest}"), values.clone()),
        None => (key.clone(), values.clone()),
    });
    Cow::Owned(renamed.collect())
}

/// The encryption context, as it was sent: condition keys are in lower case, but the names stand in the same order under a key of their own.
pub(super) fn encryption_context(keys: &ConditionKeys) -> EncryptionContext {
    let pairs = keys.iter().filter(|(key, _)| key.starts_with(CONTEXT));
    let named = values(keys, CONTEXT_KEYS).iter().zip(pairs);
    named.map(|(name, (_, value))| (name.clone(), value.first().cloned().unwrap_or_default())).collect()
}

/// The values of a key, which is given in lower case.
pub(super) fn values<'a>(keys: &'a ConditionKeys, key: &str) -> &'a [String] {
    keys.iter().find(|(name, _)| name == key).map_or(&[], |(_, values)| values)
}

#[cfg(test)]
mod tests {
    use anabranch_api::Operation as _;
    use anabranch_api::kms::{Encrypt, ReEncrypt};

    use super::*;

    #[test]
    fn an_encryption_context_is_had_back_as_it_was_sent() {
        let pairs = [("Purpose", "a"), ("purpose", "b"), ("stream", "C")];
        let sent = pairs.map(|(key, value)| (key.into(), value.into())).to_vec();
        let request = Encrypt { encryption_context: Some(sent), ..Encrypt::default() };
        let context = pairs.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(encryption_context(&request.condition_keys()), EncryptionContext::from(context));
    }

    #[test]
    fn each_side_of_re_encrypt_has_its_own_context() {
        let pair = |value: &str| Some(vec![("side".into(), value.into())]);
        let request = ReEncrypt {
            source_encryption_context: pair("from"),
            destination_encryption_context: pair("to"),
            ..ReEncrypt::default()
        };
        let keys = request.condition_keys();
        for (action, side) in [("kms:ReEncryptFrom", "from"), ("kms:ReEncryptTo", "to")] {
            let keys = condition_keys(action, &keys);
            assert_eq!(values(&keys, "kms:encryptioncontext:side"), [side]);
            assert_eq!(encryption_context(&keys)["side"], side);
        }
        assert_eq!(encryption_context(&keys), EncryptionContext::new());
    }
}
