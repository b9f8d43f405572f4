//! The policies that judge what a user or role does, put together whenever one of them changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use super::stored::{
    InlinePolicies, PolicyRef, PolicyText, StoredGroup, StoredPolicy, StoredRole, StoredUser,
};
use crate::iam::aws_managed;
use crate::iam::policy::Document;

/// The policies of a user or role.
#[derive(Clone, Debug)]
pub struct Effective {
    /// Inline, attached and, of users, the groups'; what [`crate::iam::policy::Policies::identity`] wants.
    pub identity: Arc<[Arc<Document>]>,
    /// Of each of `identity`, at the same place, what it is.
    pub sources: Arc<[PolicySource]>,
    /// The permissions boundary.
    pub boundary: Option<Arc<Document>>,
}

/// What a policy is called, and what it hangs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicySource {
    /// The policy's name; an inline one's with what it hangs on before it, as AWS's simulator has it.
    pub id: String,
    /// What kind it is.
    pub kind: SourceKind,
}

/// The kinds of policies that a simulation tells apart (IAM API Statement).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// Inline in a user.
    User,
    /// Inline in a group.
    Group,
    /// Inline in a role.
    Role,
    /// Managed by AWS.
    AwsManaged,
    /// Managed by the account.
    UserManaged,
}

/// Where the policies of an account's users and roles are looked up.
pub(super) struct Ground<'a> {
    pub(super) policies: &'a BTreeMap<String, Arc<StoredPolicy>>,
    pub(super) groups_by_id: BTreeMap<&'a str, &'a StoredGroup>,
}

/// Gathers policies.
#[derive(Default)]
struct Gathered {
    identity: Vec<Arc<Document>>,
    sources: Vec<PolicySource>,
}

impl<'a> Ground<'a> {
    pub(super) fn new(
        policies: &'a BTreeMap<String, Arc<StoredPolicy>>,
        groups: &'a BTreeMap<String, Arc<StoredGroup>>,
    ) -> Self {
        let groups_by_id = groups.values().map(|group| (&*group.id, &**group)).collect();
        Self { policies, groups_by_id }
    }

    pub(super) fn of_user(&self, user: &StoredUser) -> Effective {
        let mut gathered = Gathered::default();
        gathered.inline(&user.inline, "user", &user.name, SourceKind::User);
        gathered.attached(&user.attached, self);
        for group in user.groups.iter().filter_map(|id| self.groups_by_id.get(&**id)) {
            gathered.inline(&group.inline, "group", &group.name, SourceKind::Group);
            gathered.attached(&group.attached, self);
        }
        gathered.bounded(user.boundary.as_ref(), self)
    }

    pub(super) fn of_role(&self, role: &StoredRole) -> Effective {
        let mut gathered = Gathered::default();
        gathered.inline(&role.inline, "role", &role.name, SourceKind::Role);
        gathered.attached(&role.attached, self);
        gathered.bounded(role.boundary.as_ref(), self)
    }

    /// The default version of a managed policy, with its name. Nothing that hangs somewhere can be deleted; should a policy not be found
    /// all the same, everything is forbidden.
    fn find<'p>(&'p self, policy: &'p PolicyRef) -> (&'p str, SourceKind, Arc<Document>) {
        let (name, kind, document) = match policy {
            PolicyRef::Aws(path_and_name) => {
                let found = aws_managed::find(path_and_name);
                let document = found.map(|policy| policy.text.document());
                (found.map_or(&**path_and_name, |policy| policy.name), SourceKind::AwsManaged, document)
            }
            PolicyRef::Own(name) => {
                let found = self.policies.get(name);
                let version = found.and_then(|policy| policy.default_version());
                let document = version.map(|version| version.text.document());
                (found.map_or(&**name, |policy| &*policy.name), SourceKind::UserManaged, document)
            }
        };
        (name, kind, Arc::clone(document.unwrap_or_else(|| NOTHING_ALLOWED.document())))
    }
}

/// Forbids everything.
static NOTHING_ALLOWED: LazyLock<PolicyText> = LazyLock::new(|| {
    let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;
    PolicyText::parse(text).expect("it is a policy")
});

impl Gathered {
    fn inline(&mut self, policies: &InlinePolicies, what: &str, name: &str, kind: SourceKind) {
        for (policy, text) in policies {
            self.identity.push(Arc::clone(text.document()));
            self.sources.push(PolicySource { id: format!("{what}_{name}_{policy}"), kind });
        }
    }

    fn attached(&mut self, policies: &BTreeSet<PolicyRef>, ground: &Ground<'_>) {
        for (name, kind, document) in policies.iter().map(|policy| ground.find(policy)) {
            self.identity.push(document);
            self.sources.push(PolicySource { id: name.to_owned(), kind });
        }
    }

    fn bounded(self, boundary: Option<&PolicyRef>, ground: &Ground<'_>) -> Effective {
        let boundary = boundary.map(|policy| ground.find(policy).2);
        Effective { identity: self.identity.into(), sources: self.sources.into(), boundary }
    }
}
