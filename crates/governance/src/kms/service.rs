use std::collections::BTreeSet;
use std::sync::{Arc, Weak};

use anabranch_api::kms::{self, Error};
use anabranch_api::{Context, Register};
use anabranch_catalog::{Catalog, CatalogError, Key};
use anabranch_types::{Clock, Due, Rng};
use tokio::sync::Semaphore;

use super::agenda::{Agenda, Appointments};
use super::directory::{Directory, NotTakenIn, Slot, View};
use super::key_id::Scope;
use super::material::Material;
use super::stored::{Place, State, next_scope_after, scope_of};
use super::{MasterKey, errors};

/// The Key Management Service.
///
/// Everything is in memory; a change is committed to the catalog first and seen by every later call when its own call is answered.
/// Changes happen one after the other: AWS takes 50 of the most frequent kind, CreateGrant, in a second (KMS developer guide,
/// requests-per-second).
pub struct Kms {
    pub(super) me: Weak<Kms>,
    pub(super) catalog: Arc<dyn Catalog>,
    pub(super) clock: Clock,
    pub(super) rng: Rng,
    pub(super) master_key: Arc<MasterKey>,
    pub(super) directory: Directory,
    pub(super) agenda: Agenda,
    pub(super) writing: tokio::sync::Mutex<Writing>,
    /// Whose turn it is to make RSA keys.
    pub(super) making: Semaphore,
}

/// Held by whoever changes something.
#[derive(Default)]
pub(super) struct Writing {
    /// Places of which it is not certain what the catalog holds.
    pub doubted: BTreeSet<Place>,
}

/// What the service stands on.
#[derive(Clone)]
pub struct KmsGround {
    /// Where keys, aliases and grants are kept.
    pub catalog: Arc<dyn Catalog>,
    /// What time it is.
    pub clock: Clock,
    /// Chance, for keys.
    pub rng: Rng,
    /// What seals keys where they are kept.
    pub master_key: Arc<MasterKey>,
}

/// The service could not start.
#[derive(Debug, thiserror::Error)]
#[error("cannot load the KMS keys")]
pub struct KmsOpenError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl From<CatalogError> for KmsOpenError {
    fn from(error: CatalogError) -> Self {
        Self(Box::new(error))
    }
}

impl From<NotTakenIn> for KmsOpenError {
    fn from(error: NotTakenIn) -> Self {
        Self(Box::new(error))
    }
}

/// RSA keys that are made at once: half of the processors are left to everybody else. What was begun cannot be stopped, what waits can.
fn rsa_at_once() -> usize {
    std::thread::available_parallelism().map_or(1, |processors| (processors.get() / 2).max(1))
}

/// Entries read by one scan.
const SCAN_ENTRIES: usize = 1000;

impl Kms {
    /// Hands over a handler of each of its operations.
    pub fn register(self: &Arc<Self>, register: &mut dyn Register) {
        kms::register_keys(self, register);
    }

    /// Loads every key, alias and grant. What was deleted before a crash is gone from the catalog's files when this returns.
    pub async fn open(ground: KmsGround) -> Result<Arc<Self>, KmsOpenError> {
        let KmsGround { catalog, clock, rng, master_key } = ground;
        let kms = Arc::new_cyclic(|me| Self {
            me: me.clone(),
            catalog,
            clock,
            rng,
            master_key,
            directory: Directory::default(),
            agenda: Agenda::default(),
            writing: tokio::sync::Mutex::default(),
            making: Semaphore::new(rsa_at_once()),
        });
        let mut after: Option<Key> = None;
        loop {
            let page = kms.catalog.scan("/".into(), after, 1).await?;
            let Some(entry) = page.entries.into_iter().next() else { break };
            if let Some(scope) = scope_of(&entry.key) {
                kms.load(&scope).await?;
            }
            after = Some(next_scope_after(&entry.key));
        }
        kms.catalog.scrub().await?;
        Ok(kms)
    }

    /// Grants are taken in after the keys they are of.
    async fn load(&self, scope: &Scope) -> Result<(), KmsOpenError> {
        let mut grants = Vec::new();
        let mut after: Option<Key> = None;
        loop {
            let page = self.catalog.scan(Place::all_in(scope), after, SCAN_ENTRIES).await?;
            after = page.entries.last().map(|entry| entry.key.clone());
            for entry in page.entries {
                match Place::parse(&entry.key) {
                    Some(place @ Place::Grant(..)) => grants.push((place, entry)),
                    Some(place) => {
                        self.take_in(&place, Some((&entry.value, entry.version)))?;
                        if let Place::Key(name) = &place {
                            self.directory.refuse_stranger(name, &self.master_key)?;
                        }
                    }
                    None => {}
                }
            }
            if !page.more {
                break;
            }
        }
        for (place, entry) in grants {
            self.take_in(&place, Some((&entry.value, entry.version)))?;
        }
        Ok(())
    }

    /// What falls due by the Clock: deletions and automatic rotations. Called once.
    pub fn due(self: &Arc<Self>) -> Vec<Arc<dyn Due>> {
        vec![Arc::new(Appointments(Arc::clone(self)))]
    }

    /// A handle on itself.
    pub(super) fn me(&self) -> Arc<Self> {
        self.me.upgrade().expect("who calls a method holds the service")
    }

    /// The key, if it can be used.
    pub(super) fn enabled(&self, slot: &Slot) -> Result<Arc<View>, Error> {
        let view = slot.view();
        match view.stored.state {
            State::Enabled => Ok(view),
            State::Disabled => Err(errors::disabled(&slot.arn)),
            State::PendingDeletion => Err(errors::pending_deletion(&slot.arn)),
        }
    }

    /// The material of an enabled key's generation; an error of the key's state if it is enabled no longer, none if it never had this
    /// generation.
    pub(super) fn material(&self, slot: &Slot, generation: u32) -> Result<Option<Arc<Material>>, Error> {
        let opened = slot.material(generation, &self.master_key).map_err(|error| {
            tracing::error!(key = %slot.arn, %error, "the material of a key cannot be opened: start with the master key it was sealed under");
            errors::internal()
        })?;
        if opened.is_none() {
            self.enabled(slot)?;
        }
        Ok(opened)
    }
}

/// Where a caller's own keys are.
pub(super) fn scope(cx: &Context) -> Scope {
    Scope { account: cx.account, region: cx.region.clone() }
}

impl std::fmt::Debug for Kms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Kms")
    }
}
