//! What protects identities: a role its trust policy, everything its tags; and the boundary that conditions ask for (`iam:PermissionsBoundary`, which
//! a request that puts another one gives itself).

use std::sync::{Arc, LazyLock};

use anabranch_types::AccountId;

use super::stored::{PolicyRef, Tags};
use super::{Identities, lower};
use crate::authorize::{Guarded, Protection, ProtectionPolicy};
use crate::iam::aws_managed;
use crate::iam::policy::{Document, DocumentKind};

impl Guarded for Identities {
    fn protection(&self, action: &str, arn: &str) -> Option<Protection> {
        // Whoever is to be judged by a trust policy is judged by one, also where there is no such role: nobody learns whether there is.
        let by_trust = action.starts_with("sts:");
        let nobody = || Protection { policy: ProtectionPolicy::Trust(Arc::clone(&NOBODY)), ..tagged(None) };
        let Some((account, kind, path, name)) = parts(arn) else { return by_trust.then(nobody) };
        let account = self.account(account);
        let partition = arn.split(':').nth(1).unwrap_or_default();
        let bounded = |boundary: Option<&PolicyRef>| {
            let boundary = boundary.map(|policy| policy.arn(partition, account.id, &account.stored));
            boundary.map(|arn| ("iam:permissionsboundary".to_owned(), vec![arn]))
        };
        match kind {
            "role" => {
                let role = account.role(name).filter(|role| role.stored.path == path);
                let Some(role) = role else { return by_trust.then(nobody) };
                let mut protection = tagged(Some(&role.stored.tags));
                if by_trust {
                    protection.policy = ProtectionPolicy::Trust(Arc::clone(role.stored.trust.document()));
                }
                protection.keys.extend(bounded(role.stored.boundary.as_ref()));
                Some(protection)
            }
            _ if by_trust => Some(nobody()),
            "user" => {
                let user = account.user(name).filter(|user| user.stored.path == path);
                let mut protection = tagged(user.map(|user| &user.stored.tags));
                protection.keys.extend(bounded(user.and_then(|user| user.stored.boundary.as_ref())));
                Some(protection)
            }
            "policy" => {
                let policy = account.stored.policies.get(&lower(name));
                Some(tagged(policy.filter(|policy| policy.path == path).map(|policy| &policy.tags)))
            }
            _ => None,
        }
    }

    /// Counted by the judge himself.
    fn revision(&self) -> u64 {
        0
    }
}

impl Identities {
    /// The managed policy with this ARN that an identity of the account may have: AWS's, or the account's own.
    pub fn managed_policy(&self, account: AccountId, arn: &str) -> Option<Arc<Document>> {
        if let Some((_, policy)) = arn.split_once(":iam::aws:policy/") {
            return Some(Arc::clone(aws_managed::find(policy)?.text.document()));
        }
        let (owner, "policy", path, name) = parts(arn)? else { return None };
        let account = Some(self.account(owner)).filter(|found| found.id == account)?;
        let found = account.stored.policies.get(&lower(name));
        let found = found.filter(|found| found.name == name && found.path == path)?;
        Some(Arc::clone(found.default_version()?.text.document()))
    }
}

/// Account, kind, path and name in the ARN of an identity.
fn parts(arn: &str) -> Option<(AccountId, &str, String, &str)> {
    let rest = arn.strip_prefix("arn:")?.split_once(":iam::")?.1;
    let (account, rest) = rest.split_once(':')?;
    let (kind, path_and_name) = rest.split_once('/')?;
    let (path, name) = match path_and_name.rsplit_once('/') {
        Some((path, name)) => (format!("/{path}/"), name),
        None => ("/".to_owned(), path_and_name),
    };
    Some((account.parse().ok()?, kind, path, name))
}

fn tagged(tags: Option<&Tags>) -> Protection {
    let tags: Vec<_> = tags.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect();
    // IAM's own name for the same (SAR iam).
    let keys = tags
        .iter()
        .map(|(key, value)| (format!("iam:resourcetag/{}", key.to_lowercase()), vec![value.clone()]));
    Protection { keys: keys.collect(), tags, ..Protection::default() }
}

/// The trust policy of a role that is not there.
static NOBODY: LazyLock<Arc<Document>> = LazyLock::new(|| {
    let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"nobody.invalid"},"Action":"sts:AssumeRole"}}"#;
    Arc::new(Document::parse(text, DocumentKind::Trust).expect("it is a trust policy"))
});
