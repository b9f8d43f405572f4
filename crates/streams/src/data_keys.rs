//! The data keys of a stream, in memory: every one that can still be needed to read, and which seals at the moment.
//!
//! **Why no nonce is ever used twice under one key.** A nonce is a counter that begins at 0 with its key and is counted in memory alone.
//! That is enough because a key seals only in the process that made it: after a start [`DataKeys`] holds keys for opening and none for
//! sealing, so the first record that has to be sealed gets a key made from fresh randomness, stored before it is used. Nothing has to be
//! remembered of the counter, and neither a crash, nor a restored backup, nor a second process over the same catalog can repeat one.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anabranch_governance::kms::{DataKey, MasterKey, NONCE_BYTES, Nonce, NotWrappedByThis};
use anabranch_log::GroupId;
use anabranch_types::Timestamp;

use crate::stored::StoredDataKey;

/// A data key seals at most so many records: far from where AES-GCM's guarantees weaken, had nonces been random.
pub(crate) const DATA_KEY_RECORDS_MAX: u64 = 1 << 31;
/// A data key seals for at most so long.
pub(crate) const DATA_KEY_LIFE: Duration = Duration::from_secs(24 * 3600);
/// An opened key stays in memory for at most so long before it is unwrapped anew.
const OPENED_LIFE: Duration = Duration::from_secs(300);
/// So many opened keys stay in memory.
const OPENED_MAX: usize = 64;

/// The data keys of one stream.
#[derive(Default)]
pub(crate) struct DataKeys {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// Sorted by id.
    stored: Vec<StoredDataKey>,
    /// Unwrapped ones, and since when.
    opened: HashMap<u32, (Arc<DataKey>, Timestamp)>,
    sealing: Option<Sealing>,
}

/// The key that seals at the moment.
struct Sealing {
    id: u32,
    made: Timestamp,
    sealed: u64,
}

/// A key and the nonces that the holder alone may use with it.
#[derive(Debug)]
pub(crate) struct Reserved {
    pub id: u32,
    pub nonces: Range<u64>,
}

impl DataKeys {
    /// Takes what the catalog holds, sorted by id. None of it will seal again.
    pub fn load(&self, stored: Vec<StoredDataKey>) {
        *self.lock() = Inner { stored, ..Inner::default() };
    }

    /// As the catalog holds them.
    pub fn stored(&self) -> Vec<StoredDataKey> {
        self.lock().stored.clone()
    }

    /// Nonces for so many records; `None` when it takes a new key.
    pub fn reserve(&self, records: u64, now: Timestamp) -> Option<Reserved> {
        let mut inner = self.lock();
        let sealing = inner.sealing.as_mut()?;
        let (first, end) = (sealing.sealed, sealing.sealed.checked_add(records)?);
        if end > DATA_KEY_RECORDS_MAX || now >= sealing.made + DATA_KEY_LIFE {
            return None;
        }
        sealing.sealed = end;
        Some(Reserved { id: sealing.id, nonces: first..end })
    }

    /// Replaces what is stored, by something that ends with the key that seals from now on. The catalog has it already.
    pub fn replace(&self, stored: Vec<StoredDataKey>, key: DataKey, now: Timestamp) {
        let mut inner = self.lock();
        let Some(id) = stored.last().map(|k| k.id) else { return };
        inner.stored = stored;
        inner.sealing = Some(Sealing { id, made: now, sealed: 0 });
        inner.keep(id, Arc::new(key), now);
    }

    /// The key with this id, unwrapped if need be; `None` if there is no such key.
    pub fn open(
        &self,
        id: u32,
        group: GroupId,
        master: &MasterKey,
        now: Timestamp,
    ) -> Option<Result<Arc<DataKey>, NotWrappedByThis>> {
        let mut inner = self.lock();
        if let Some((key, since)) = inner.opened.get(&id)
            && now < *since + OPENED_LIFE
        {
            return Some(Ok(Arc::clone(key)));
        }
        let at = inner.stored.binary_search_by_key(&id, |k| k.id).ok()?;
        let opened = master.unwrap(&inner.stored[at].wrapped, &context(group, id)).map(Arc::new);
        if let Ok(key) = &opened {
            inner.keep(id, Arc::clone(key), now);
        }
        Some(opened)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn keep(&mut self, id: u32, key: Arc<DataKey>, now: Timestamp) {
        if self.opened.len() >= OPENED_MAX {
            self.opened.clear();
        }
        self.opened.insert(id, (key, now));
    }
}

/// The nonce with this count.
pub(crate) fn nonce(count: u64) -> Nonce {
    let mut nonce = [0; NONCE_BYTES];
    nonce[4..].copy_from_slice(&count.to_be_bytes());
    nonce
}

/// What a wrapped key is bound to: its stream and its place among that stream's keys.
pub(crate) fn context(group: GroupId, id: u32) -> Vec<u8> {
    format!("kinesis data key {id} of group {}", group.0).into_bytes()
}

/// What is left of `stored` once the keys are gone that no record can need: each whose successor was made before `horizon`.
pub(crate) fn still_needed(stored: &[StoredDataKey], horizon: Timestamp) -> Vec<StoredDataKey> {
    let gone = stored.windows(2).take_while(|pair| pair[1].made() < horizon).count();
    stored[gone..].to_vec()
}

#[cfg(test)]
mod tests {
    use anabranch_types::Rng;

    use super::*;

    const GROUP: GroupId = GroupId(7);
    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    fn wrapped(master: &MasterKey, key: &DataKey, id: u32, made: Timestamp) -> StoredDataKey {
        let wrapped = master.wrap(key, &context(GROUP, id), &Rng::system()).to_vec();
        StoredDataKey { id, wrapped, made_ms: made.millis() }
    }

    /// Keys of which number 1 seals.
    fn keys(master: &MasterKey) -> DataKeys {
        let keys = DataKeys::default();
        let key = DataKey::random(&Rng::system());
        let stored = wrapped(master, &key, 1, NOW);
        keys.replace(vec![stored], key, NOW);
        keys
    }

    #[test]
    fn no_nonce_is_given_twice() {
        let keys = keys(&MasterKey::random(&Rng::system()));
        let first = keys.reserve(3, NOW).unwrap();
        let second = keys.reserve(500, NOW).unwrap();
        assert_eq!((first.id, first.nonces), (1, 0..3));
        assert_eq!((second.id, second.nonces), (1, 3..503));
        assert_ne!(nonce(1), nonce(2));
    }

    #[test]
    fn a_key_seals_so_many_records_and_so_long() {
        let keys = keys(&MasterKey::random(&Rng::system()));
        assert!(keys.reserve(DATA_KEY_RECORDS_MAX + 1, NOW).is_none());
        assert!(keys.reserve(DATA_KEY_RECORDS_MAX - 1, NOW).is_some());
        assert!(keys.reserve(2, NOW).is_none());
        assert!(keys.reserve(1, NOW + DATA_KEY_LIFE).is_none());
        assert!(keys.reserve(1, NOW).is_some());
    }

    #[test]
    fn what_was_loaded_opens_and_never_seals() {
        let master = MasterKey::random(&Rng::system());
        let before = keys(&master);
        before.reserve(3, NOW).unwrap();
        let after = DataKeys::default();
        after.load(before.stored());
        assert!(after.reserve(1, NOW).is_none());
        assert!(matches!(after.open(1, GROUP, &master, NOW), Some(Ok(_))));
        assert!(after.open(2, GROUP, &master, NOW).is_none());
        let fresh = || {
            let keys = DataKeys::default();
            keys.load(before.stored());
            keys
        };
        let other = MasterKey::random(&Rng::system());
        assert!(matches!(fresh().open(1, GROUP, &other, NOW), Some(Err(NotWrappedByThis))));
        assert!(matches!(fresh().open(1, GroupId(8), &master, NOW), Some(Err(NotWrappedByThis))));
    }

    #[test]
    fn an_opened_key_is_unwrapped_anew_after_five_minutes() {
        let master = MasterKey::random(&Rng::system());
        let keys = keys(&master);
        let open = |at| keys.open(1, GROUP, &master, at).unwrap().unwrap();
        let first = open(NOW);
        assert!(Arc::ptr_eq(&first, &open(NOW + Duration::from_secs(299))));
        assert!(!Arc::ptr_eq(&first, &open(NOW + Duration::from_secs(300))));
    }

    #[test]
    fn a_key_is_forgotten_once_nothing_sealed_by_it_can_be_left() {
        let key = |id, seconds: i64| StoredDataKey { id, wrapped: Vec::new(), made_ms: seconds * 1000 };
        let stored = [key(1, 100), key(2, 200), key(3, 300)];
        let left = |seconds: i64| -> Vec<u32> {
            still_needed(&stored, Timestamp::from_millis(seconds * 1000)).iter().map(|k| k.id).collect()
        };
        assert_eq!(left(150), [1, 2, 3]);
        assert_eq!(left(200), [1, 2, 3]);
        assert_eq!(left(201), [2, 3]);
        assert_eq!(left(999), [3], "the last one has no successor");
        assert!(still_needed(&[], NOW).is_empty());
    }
}
