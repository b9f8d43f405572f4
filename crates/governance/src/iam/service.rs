use std::sync::Arc;

use anabranch_api::iam::{self, Error};
use anabranch_api::{Context, Principal, Register, Resources};
use anabranch_types::AccountId;

use super::Credentials;
use super::account::Reports;
use super::errors;
use super::identities::{Account, Draft, Identities};
use super::names;

/// Answers the operations of IAM.
pub struct Iam {
    pub(super) identities: Arc<Identities>,
    pub(super) reports: Reports,
    credentials: Arc<Credentials>,
}

impl Iam {
    /// Answers for these identities; `credentials` are the keys of the accounts' roots, of which IAM only tells that they are there.
    pub fn new(identities: Arc<Identities>, credentials: Arc<Credentials>) -> Self {
        Self { identities, reports: Reports::default(), credentials }
    }

    /// Hands over a handler of each of its operations.
    pub fn register(self: &Arc<Self>, register: &mut dyn Register) {
        iam::register_users(self, register);
        iam::register_groups(self, register);
        iam::register_roles(self, register);
        iam::register_keys(self, register);
        iam::register_inline(self, register);
        iam::register_managed(self, register);
        iam::register_account(self, register);
        iam::register_simulation(self, register);
    }

    /// Whether the account's root has an access key.
    pub(super) fn has_root_key(&self, account: AccountId) -> bool {
        self.credentials.accounts().contains(&account)
    }

    /// The caller's account as it is now.
    pub(super) fn account(&self, cx: &Context) -> Arc<Account> {
        self.identities.account(cx.account)
    }

    /// Changes the caller's account, durably when this returns.
    pub(super) async fn change<T>(
        &self,
        cx: &Context,
        decide: impl FnOnce(&mut Draft) -> Result<T, Error> + Send,
    ) -> Result<T, Error> {
        self.identities.change(cx.account, decide).await
    }

    /// Resources whose ARNs hold the paths that their users, groups, roles and policies have. What is not there stands at `/`, where the
    /// generated ARN has it.
    pub(super) fn placed(&self, cx: &Context, mut resources: Resources) -> Resources {
        let account = self.account(cx);
        for resource in &mut resources {
            if let Some(placed) = placed(cx, &account, &resource.arn) {
                resource.arn = placed;
            }
        }
        resources
    }
}

/// The ARN with the path of what it names.
fn placed(cx: &Context, account: &Account, arn: &str) -> Option<String> {
    let (kind, name) = arn.rsplit_once(':')?.1.split_once('/')?;
    let stored = &account.stored;
    let lower = super::identities::lower(name);
    let path = match kind {
        "user" => stored.users.get(&lower).filter(|user| user.name == name).map(|user| &user.path),
        "group" => stored.groups.get(&lower).filter(|group| group.name == name).map(|group| &group.path),
        "role" => stored.roles.get(&lower).filter(|role| role.name == name).map(|role| &role.path),
        _ => None,
    };
    path.map(|path| names::arn(cx, kind, path, name))
}

/// The user that an operation is about which may leave the name out: the caller. Who is no user has to name one.
pub(super) fn named_or_caller<'a>(cx: &'a Context, name: Option<&'a str>) -> Result<&'a str, Error> {
    name.or_else(|| caller(cx)).ok_or_else(errors::must_name_user)
}

/// The name of the IAM user that calls.
fn caller(cx: &Context) -> Option<&str> {
    match &cx.principal {
        Principal::User(user) => Some(&user.name),
        _ => None,
    }
}

/// Whether the account's root calls, or the development identity that stands for it.
pub(super) fn is_root(cx: &Context) -> Option<AccountId> {
    match &cx.principal {
        Principal::Root(account) | Principal::Development(account) => Some(*account),
        _ => None,
    }
}
