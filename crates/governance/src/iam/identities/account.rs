//! One account as it stands: what readers hold.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use anabranch_catalog::Revision;
use anabranch_types::AccountId;
use zeroize::Zeroizing;

use super::effective::{Effective, Ground};
use super::last_used::LastUsed;
use super::stored::{
    StoredAccessKey, StoredGroup, StoredPolicy, StoredRole, StoredSettings, StoredUse, StoredUser,
};
use crate::iam::Secret;
use crate::kms::{MasterKey, NotWrappedByThis};

/// Everything of an account that can be changed. Maps are by names in lower case.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The alias and the like.
    pub settings: StoredSettings,
    /// Users.
    pub users: BTreeMap<String, Arc<StoredUser>>,
    /// Groups.
    pub groups: BTreeMap<String, Arc<StoredGroup>>,
    /// Roles.
    pub roles: BTreeMap<String, Arc<StoredRole>>,
    /// Managed policies of the account's own.
    pub policies: BTreeMap<String, Arc<StoredPolicy>>,
}

/// An account at one moment. Never changes; every change makes another.
#[derive(Debug)]
pub struct Account {
    /// Its number.
    pub id: AccountId,
    /// What the catalog keeps.
    pub stored: Draft,
    users: BTreeMap<String, Arc<User>>,
    roles: BTreeMap<String, Arc<Role>>,
    /// The commit that wrote the settings last; none before the first.
    pub(super) version: Option<Revision>,
}

/// A user with what judges it.
#[derive(Debug)]
pub struct User {
    /// What the catalog keeps.
    pub stored: Arc<StoredUser>,
    /// The user as a caller.
    pub principal: Arc<anabranch_api::User>,
    /// Its policies.
    pub policies: Effective,
    /// Its access keys.
    pub access_keys: Vec<Arc<AccessKey>>,
}

/// A role with what judges it.
#[derive(Debug)]
pub struct Role {
    /// What the catalog keeps.
    pub stored: Arc<StoredRole>,
    /// Its policies.
    pub policies: Effective,
    /// When it was last assumed or one of its sessions used.
    pub used: Arc<LastUsed>,
}

/// An access key of a user. Debug prints no secret.
#[derive(Debug)]
pub struct AccessKey {
    /// `AKIA…`
    pub id: String,
    /// The user's account.
    pub account: AccountId,
    /// The user's name.
    pub user: String,
    /// What it signs with.
    pub secret: Secret,
    /// Whether it may sign.
    pub active: bool,
    /// When it last signed.
    pub used: Arc<LastUsed>,
}

impl Account {
    /// An account in which nothing is.
    pub(super) fn empty(id: AccountId) -> Self {
        let (users, roles) = (BTreeMap::new(), BTreeMap::new());
        Self { id, stored: Draft::default(), users, roles, version: None }
    }

    /// The account that `stored` is; what did not change since `before` is shared with it. `uses`: what the catalog knows of last uses,
    /// by id.
    pub(super) fn next(
        &self,
        stored: Draft,
        version: Option<Revision>,
        master_key: &MasterKey,
        uses: &mut HashMap<String, StoredUse>,
    ) -> Result<Self, NotWrappedByThis> {
        let ground = Ground::new(&stored.policies, &stored.groups);
        let same_ground =
            same(&self.stored.policies, &stored.policies) && same(&self.stored.groups, &stored.groups);
        let mut users = BTreeMap::new();
        let by_id: HashMap<&str, &Arc<User>> =
            self.users.values().map(|user| (&*user.stored.id, user)).collect();
        for (name, stored) in &stored.users {
            let before = by_id.get(&*stored.id).copied();
            let user = match before {
                Some(before) if same_ground && Arc::ptr_eq(&before.stored, stored) => Arc::clone(before),
                _ => {
                    let access_keys = self.access_keys(stored, before, master_key, uses)?;
                    let policies = ground.of_user(stored);
                    let principal = Arc::new(anabranch_api::User {
                        account: self.id,
                        name: stored.name.clone(),
                        path: stored.path.clone(),
                        id: stored.id.clone(),
                    });
                    Arc::new(User { stored: Arc::clone(stored), principal, policies, access_keys })
                }
            };
            users.insert(name.clone(), user);
        }
        let mut roles = BTreeMap::new();
        for (name, stored) in &stored.roles {
            let before = self.roles.get(name).filter(|before| before.stored.id == stored.id);
            let role = match before {
                Some(before) if same_ground && Arc::ptr_eq(&before.stored, stored) => Arc::clone(before),
                _ => {
                    let used = before.map(|before| Arc::clone(&before.used));
                    let used = used.unwrap_or_else(|| Arc::new(LastUsed::of(uses.remove(&stored.id))));
                    Arc::new(Role { stored: Arc::clone(stored), policies: ground.of_role(stored), used })
                }
            };
            roles.insert(name.clone(), role);
        }
        drop(ground);
        Ok(Self { id: self.id, stored, users, roles, version })
    }

    fn access_keys(
        &self,
        stored: &StoredUser,
        before: Option<&Arc<User>>,
        master_key: &MasterKey,
        uses: &mut HashMap<String, StoredUse>,
    ) -> Result<Vec<Arc<AccessKey>>, NotWrappedByThis> {
        let keys = stored.access_keys.iter().map(|key| {
            let before = before.and_then(|user| user.access_keys.iter().find(|found| found.id == key.id));
            let used = before.map(|before| Arc::clone(&before.used));
            Ok(Arc::new(AccessKey {
                id: key.id.clone(),
                account: self.id,
                user: stored.name.clone(),
                secret: open(key, self.id, master_key)?,
                active: key.active,
                used: used.unwrap_or_else(|| Arc::new(LastUsed::of(uses.remove(&key.id)))),
            }))
        });
        keys.collect()
    }

    /// The user of this name, which is told apart by case.
    pub fn user(&self, name: &str) -> Option<&Arc<User>> {
        self.users.get(&lower(name)).filter(|user| user.stored.name == name)
    }

    /// The role of this name, which is told apart by case.
    pub fn role(&self, name: &str) -> Option<&Arc<Role>> {
        self.roles.get(&lower(name)).filter(|role| role.stored.name == name)
    }

    /// All users, by their names in lower case.
    pub fn users(&self) -> &BTreeMap<String, Arc<User>> {
        &self.users
    }

    /// All roles, by their names in lower case.
    pub fn roles(&self) -> &BTreeMap<String, Arc<Role>> {
        &self.roles
    }

    /// The ids of what has a last use: access keys and roles.
    pub(super) fn used_ids(&self) -> impl Iterator<Item = (&str, &Arc<LastUsed>)> {
        let keys = self.users.values().flat_map(|user| &user.access_keys);
        let keys = keys.map(|key| (&*key.id, &key.used));
        keys.chain(self.roles.values().map(|role| (&*role.stored.id, &role.used)))
    }
}

/// What names are unique by.
pub fn lower(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// Whether two maps hold the very same values.
pub(super) fn same<T>(one: &BTreeMap<String, Arc<T>>, other: &BTreeMap<String, Arc<T>>) -> bool {
    let pairs = || one.iter().zip(other);
    one.len() == other.len() && pairs().all(|((a, x), (b, y))| a == b && Arc::ptr_eq(x, y))
}

/// What a secret is bound to while it is sealed.
pub(super) fn seal_context(account: AccountId, key_id: &str) -> Vec<u8> {
    format!("iam access key {account} {key_id}").into_bytes()
}

fn open(
    key: &StoredAccessKey,
    account: AccountId,
    master_key: &MasterKey,
) -> Result<Secret, NotWrappedByThis> {
    let plain = Zeroizing::new(master_key.open(&key.sealed, &seal_context(account, &key.id))?);
    let text = std::str::from_utf8(&plain).map_err(|_| NotWrappedByThis)?;
    Ok(Secret::new(text.to_owned()))
}
