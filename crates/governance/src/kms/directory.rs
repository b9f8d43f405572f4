//! Every key, alias and grant in memory, as the catalog holds them. One function takes an entry of the catalog in, at start-up and after
//! each commit.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use anabranch_catalog::{Revision, Undecodable, Value};
use anabranch_types::Timestamp;
use bytes::Bytes;
use bytestring::ByteString;
use tokio::sync::watch;

use super::key_id::{KeyId, KeyName, Scope};
use super::material::Material;
use super::stored::{Place, State, StoredAlias, StoredGrant, StoredKey};
use super::{MasterKey, NotWrappedByThis};
use crate::iam::policy::{Document, DocumentKind, Malformed};

/// The catalog holds what cannot be taken in.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotTakenIn {
    #[error("a value of KMS in the catalog cannot be read")]
    Value(#[from] Undecodable),
    #[error("the policy of {arn} in the catalog is none")]
    Policy { arn: ByteString, source: Malformed },
    #[error("{0} has no material in the catalog")]
    NoMaterial(ByteString),
    #[error("{arn} is sealed under another master key: start with the one that it was made with")]
    Sealed { arn: ByteString, source: NotWrappedByThis },
    #[error("the catalog holds a grant of {0}, which it does not hold")]
    GrantOfNothing(ByteString),
}

/// What is known.
#[derive(Default)]
pub(super) struct Directory {
    maps: RwLock<Maps>,
    /// Rises with everything that is taken in.
    revision: AtomicU64,
}

#[derive(Default)]
struct Maps {
    keys: BTreeMap<KeyName, Arc<Slot>>,
    /// Ids are unique everywhere: what a ciphertext names.
    by_id: HashMap<KeyId, Arc<Slot>>,
    aliases: BTreeMap<(Scope, String), Alias>,
}

/// An alias and the commit that wrote it.
#[derive(Clone)]
pub(super) struct Alias {
    pub stored: StoredAlias,
    pub version: Revision,
}

impl Alias {
    /// The key it is of.
    pub fn target(&self) -> KeyId {
        KeyId::from_bytes(*self.stored.target)
    }
}

/// A grant and the commit that wrote it.
pub(super) struct Grant {
    pub id: String,
    pub stored: StoredGrant,
    pub version: Revision,
}

/// Whether a key can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usability {
    /// It can.
    Enabled,
    /// It was disabled.
    Disabled,
    /// It will be deleted.
    PendingDeletion,
    /// It was.
    Deleted,
}

/// A key as it was last committed.
pub(super) struct View {
    pub stored: StoredKey,
    pub policy: Arc<Document>,
    pub version: Revision,
}

/// A key: what it is now, its grants, and its material as far as it was used.
pub(super) struct Slot {
    pub name: KeyName,
    pub arn: ByteString,
    view: RwLock<Arc<View>>,
    grants: RwLock<BTreeMap<String, Arc<Grant>>>,
    opened: Mutex<HashMap<u32, Arc<Material>>>,
    usability: watch::Sender<Usability>,
}

/// What was taken in.
pub(super) struct Taken {
    /// A key, and when something happens to it by itself from now on.
    pub due: Option<(KeyName, Option<Timestamp>)>,
}

impl Directory {
    /// Takes in what the catalog holds at a place now: a value, or nothing any more.
    pub fn take_in(&self, place: &Place, found: Option<(&Bytes, Revision)>) -> Result<Taken, NotTakenIn> {
        let taken = match place {
            Place::Key(name) => self.take_in_key(name, found),
            Place::Alias(scope, alias) => self.take_in_alias(scope, alias, found),
            Place::Grant(name, id) => self.take_in_grant(name, id, found),
        };
        self.revision.fetch_add(1, Ordering::SeqCst);
        taken
    }

    fn take_in_key(&self, name: &KeyName, found: Option<(&Bytes, Revision)>) -> Result<Taken, NotTakenIn> {
        let Some((value, version)) = found else {
            let mut maps = self.write();
            maps.by_id.remove(&name.id);
            if let Some(slot) = maps.keys.remove(name) {
                slot.close();
            }
            return Ok(Taken { due: Some((name.clone(), None)) });
        };
        let stored = StoredKey::from_bytes(value)?;
        if stored.generations.is_empty() {
            return Err(NotTakenIn::NoMaterial(name.arn()));
        }
        let policy = Document::parse(&stored.policy, DocumentKind::Resource)
            .map_err(|source| NotTakenIn::Policy { arn: name.arn(), source })?;
        let due = stored.due();
        let view = View { stored, policy: Arc::new(policy), version };
        if let Some(slot) = self.key(name) {
            slot.publish(view);
        } else {
            let slot = Arc::new(Slot::new(name.clone(), view));
            let mut maps = self.write();
            maps.by_id.insert(name.id, Arc::clone(&slot));
            maps.keys.insert(name.clone(), slot);
        }
        Ok(Taken { due: Some((name.clone(), due)) })
    }

    /// Refuses a master key that does not open this key's newest material.
    pub fn refuse_stranger(&self, name: &KeyName, master_key: &MasterKey) -> Result<(), NotTakenIn> {
        let Some(slot) = self.key(name) else { return Ok(()) };
        let view = slot.view();
        let Some(newest) = view.stored.generations.last() else { return Ok(()) };
        let opened = Material::open(newest, name, master_key);
        opened.map(drop).map_err(|source| NotTakenIn::Sealed { arn: name.arn(), source })
    }

    fn take_in_alias(
        &self,
        scope: &Scope,
        alias: &str,
        found: Option<(&Bytes, Revision)>,
    ) -> Result<Taken, NotTakenIn> {
        let key = (scope.clone(), alias.to_owned());
        match found {
            Some((value, version)) => {
                let stored = StoredAlias::from_bytes(value)?;
                self.write().aliases.insert(key, Alias { stored, version });
            }
            None => {
                self.write().aliases.remove(&key);
            }
        }
        Ok(Taken { due: None })
    }

    fn take_in_grant(
        &self,
        name: &KeyName,
        id: &str,
        found: Option<(&Bytes, Revision)>,
    ) -> Result<Taken, NotTakenIn> {
        let slot = self.key(name);
        match (slot, found) {
            (Some(slot), Some((value, version))) => {
                let stored = StoredGrant::from_bytes(value)?;
                let grant = Grant { id: id.to_owned(), stored, version };
                slot.write_grants().insert(id.to_owned(), Arc::new(grant));
            }
            (Some(slot), None) => {
                slot.write_grants().remove(id);
            }
            (None, Some(_)) => return Err(NotTakenIn::GrantOfNothing(name.arn())),
            (None, None) => {}
        }
        Ok(Taken { due: None })
    }

    /// A number that rises with every change.
    pub fn revision(&self) -> u64 {
        self.revision.load(Ordering::SeqCst)
    }

    /// The key of this name.
    pub fn key(&self, name: &KeyName) -> Option<Arc<Slot>> {
        self.read().keys.get(name).cloned()
    }

    /// The key of this id, wherever it is.
    pub fn by_id(&self, id: KeyId) -> Option<Arc<Slot>> {
        self.read().by_id.get(&id).cloned()
    }

    /// The keys of a scope, in the order of their ids.
    pub fn keys(&self, scope: &Scope) -> Vec<Arc<Slot>> {
        let from = KeyName { scope: scope.clone(), id: KeyId::from_bytes([0; 16]) };
        let maps = self.read();
        let all = maps.keys.range(from..).take_while(|(name, _)| name.scope == *scope);
        all.map(|(_, slot)| Arc::clone(slot)).collect()
    }

    /// How many keys there are in a scope.
    pub fn count(&self, scope: &Scope) -> usize {
        let from = KeyName { scope: scope.clone(), id: KeyId::from_bytes([0; 16]) };
        self.read().keys.range(from..).take_while(|(name, _)| name.scope == *scope).count()
    }

    /// The alias of this name, which is given without `alias/`.
    pub fn alias(&self, scope: &Scope, alias: &str) -> Option<Alias> {
        self.read().aliases.get(&(scope.clone(), alias.to_owned())).cloned()
    }

    /// The aliases of a scope with their names, in order; those of one key alone if one is given.
    pub fn aliases(&self, scope: &Scope, of: Option<KeyId>) -> Vec<(String, Alias)> {
        let maps = self.read();
        let all = maps.aliases.range((scope.clone(), String::new())..).take_while(|((s, _), _)| s == scope);
        let wanted = all.filter(|(_, alias)| of.is_none_or(|of| alias.target() == of));
        wanted.map(|((_, name), alias)| (name.clone(), alias.clone())).collect()
    }

    fn read(&self) -> RwLockReadGuard<'_, Maps> {
        self.maps.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Maps> {
        self.maps.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl View {
    pub fn usability(&self) -> Usability {
        match self.stored.state {
            State::Enabled => Usability::Enabled,
            State::Disabled => Usability::Disabled,
            State::PendingDeletion => Usability::PendingDeletion,
        }
    }
}

impl Slot {
    fn new(name: KeyName, view: View) -> Self {
        let usability = watch::Sender::new(view.usability());
        Self {
            arn: name.arn(),
            name,
            view: RwLock::new(Arc::new(view)),
            grants: RwLock::default(),
            opened: Mutex::default(),
            usability,
        }
    }

    /// The key as it is now.
    pub fn view(&self) -> Arc<View> {
        Arc::clone(&self.view.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Tells of each change of whether it can be used.
    pub fn watch(&self) -> watch::Receiver<Usability> {
        self.usability.subscribe()
    }

    /// Its grants by id.
    pub fn grants(&self) -> RwLockReadGuard<'_, BTreeMap<String, Arc<Grant>>> {
        self.grants.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The material of a generation, opened when it is first used; none if there is no such generation, or the key is not enabled.
    pub fn material(
        &self,
        generation: u32,
        master_key: &MasterKey,
    ) -> Result<Option<Arc<Material>>, NotWrappedByThis> {
        // Whoever disables the key empties the map after it published that, so nothing is put in behind it.
        let mut opened = self.opened();
        let view = self.view();
        if view.stored.state != State::Enabled {
            return Ok(None);
        }
        if let Some(material) = opened.get(&generation) {
            return Ok(Some(Arc::clone(material)));
        }
        let Some(stored) = view.stored.generations.iter().find(|stored| stored.number == generation) else {
            return Ok(None);
        };
        let material = Arc::new(Material::open(stored, &self.name, master_key)?);
        opened.insert(generation, Arc::clone(&material));
        Ok(Some(material))
    }

    fn publish(&self, view: View) {
        let usability = view.usability();
        *self.view.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(view);
        if usability != Usability::Enabled {
            self.opened().clear();
        }
        self.usability.send_if_modified(|known| std::mem::replace(known, usability) != usability);
    }

    /// It is deleted: nobody who still holds it gets at its material.
    fn close(&self) {
        let view = self.view();
        let mut stored = view.stored.clone();
        stored.state = State::PendingDeletion;
        stored.generations.iter_mut().for_each(|generation| generation.sealed.clear());
        let gone = View { stored, policy: Arc::clone(&view.policy), version: view.version };
        *self.view.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(gone);
        self.opened().clear();
        self.usability.send_replace(Usability::Deleted);
    }

    fn opened(&self) -> MutexGuard<'_, HashMap<u32, Arc<Material>>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_grants(&self) -> RwLockWriteGuard<'_, BTreeMap<String, Arc<Grant>>> {
        self.grants.write().unwrap_or_else(PoisonError::into_inner)
    }
}
