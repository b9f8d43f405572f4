//! What protects keys, for whoever judges a call. All of it is in memory.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use anabranch_api::{ConditionKeys, Context, Principal};

use super::Kms;
use super::conditions::{condition_keys, values};
use super::grants::{GrantQuestion, key_name};
use super::key_id::KeyName;
use super::managed::{policy, service_of};
use super::named::ALIAS;
use crate::authorize::{Guarded, Protection, ProtectionPolicy};
use crate::iam::policy::{Document, DocumentKind};

impl Guarded for Kms {
    /// Also of a key that AWS manages and that is not made yet.
    fn protection(&self, _: &str, arn: &str) -> Option<Protection> {
        let name = key_name(arn)?;
        let Some(slot) = self.directory.key(&name) else {
            let text = policy(&name.scope, service_of(&name)?);
            let document = Document::parse(&text, DocumentKind::Resource).ok()?;
            let keys = self.keys(&name, "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
            return Some(protection(Arc::new(document), &BTreeMap::new(), keys));
        };
        let view = slot.view();
        let (spec, usage) = (view.stored.spec.key_spec(), view.stored.usage.key_usage());
        let keys = self.keys(&name, spec.as_str(), usage.as_str());
        Some(protection(Arc::clone(&view.policy), &view.stored.tags, keys))
    }

    fn revision(&self) -> u64 {
        self.directory.revision()
    }

    fn condition_keys<'a>(&self, action: &str, keys: &'a ConditionKeys) -> Cow<'a, ConditionKeys> {
        condition_keys(action, keys)
    }

    fn is_granted(&self, cx: &Context, action: &str, arn: &str, keys: &ConditionKeys) -> bool {
        let caller = cx.principal.arn(cx.partition);
        let issuer = match &cx.principal {
            Principal::RoleSession(session) => session.role_arn(cx.partition),
            _ => caller.clone(),
        };
        let source_arn = values(keys, "aws:sourcearn").first().map(String::as_str);
        self.grants(&GrantQuestion { key_arn: arn, callers: &[&caller, &issuer], action, keys, source_arn })
    }
}

fn protection(policy: Arc<Document>, tags: &BTreeMap<String, String>, keys: ConditionKeys) -> Protection {
    let tags = tags.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    Protection { policy: ProtectionPolicy::Key(policy), tags, keys }
}

impl Kms {
    /// What conditions ask of a key (KMS developer guide, conditions-kms).
    fn keys(&self, name: &KeyName, spec: &str, usage: &str) -> ConditionKeys {
        let one = |key: &str, value: &str| (key.to_owned(), vec![value.to_owned()]);
        let aliases = self.directory.aliases(&name.scope, Some(name.id));
        let aliases = aliases.into_iter().map(|(alias, _)| format!("{ALIAS}{alias}")).collect();
        vec![
            one("kms:keyspec", spec),
            one("kms:keyusage", usage),
            one("kms:keyorigin", "AWS_KMS"),
            one("kms:multiregion", "false"),
            ("kms:resourcealiases".to_owned(), aliases),
        ]
    }
}
