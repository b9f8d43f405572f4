//! The data keys of a stream, in memory: every one that can still be needed to read, and which seals at the moment.
//!
//! **Why no nonce is ever used twice under one key.** A nonce is a counter that begins at 0 with its key and is counted in memory alone.
//! That is enough because a key seals only in the process that made it: after a start [`DataKeys`] holds keys for opening and none for
//! sealing, so the first record that has to be sealed gets a key made from fresh randomness, stored before it is used. Nothing has to be
//! remembered of the counter, and neither a crash, nor a restored backup, nor a second process over the same catalog can repeat one.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anabranch_governance::kms::{DataKey, NONCE_BYTES, Nonce};
use anabranch_log::{GroupId, Record};
use anabranch_types::Timestamp;
use bytestring::ByteString;

use crate::stored::StoredDataKey;

/// A data key seals at most so many records: far from where AES-GCM's guarantees weaken, had nonces been random.
pub(crate) const DATA_KEY_RECORDS_MAX: u64 = 1 << 31;
/// A data key seals for at most so long.
pub(crate) const DATA_KEY_LIFE: Duration = Duration::from_secs(24 * 3600);
/// An opened key stays in memory for at most so long before it is opened anew (KDS creating-using-sse-master-keys: about five minutes).
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
    /// The ARNs of the KMS keys in `stored`, each once.
    kms_keys: HashSet<ByteString>,
    opened: HashMap<u32, Opened>,
    sealing: Option<Sealing>,
}

/// An opened key.
struct Opened {
    key: Arc<DataKey>,
    since: Timestamp,
    /// KMS's revision then: a key that it was opened with may be unusable in another.
    revision: u64,
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
        let kms_keys = kms_keys(&stored);
        *self.lock() = Inner { stored, kms_keys, ..Inner::default() };
    }

    /// As the catalog holds them.
    pub fn stored(&self) -> Vec<StoredDataKey> {
        self.lock().stored.clone()
    }

    /// Nonces for so many records that shall be sealed under this KMS key; `None` when it takes a new data key.
    pub fn reserve(&self, records: u64, kms_key: &str, now: Timestamp) -> Option<Reserved> {
        let mut inner = self.lock();
        let is_under = inner.stored.last().is_some_and(|last| last.kms_key.as_deref() == Some(kms_key));
        let sealing = inner.sealing.as_mut().filter(|_| is_under)?;
        let (first, end) = (sealing.sealed, sealing.sealed.checked_add(records)?);
        if end > DATA_KEY_RECORDS_MAX || now >= sealing.made + DATA_KEY_LIFE {
            return None;
        }
        sealing.sealed = end;
        Some(Reserved { id: sealing.id, nonces: first..end })
    }

    /// Replaces what is stored, by something that ends with the key that seals from now on. The catalog has it already.
    pub fn replace(&self, stored: Vec<StoredDataKey>, key: DataKey, now: Timestamp, revision: u64) {
        let mut inner = self.lock();
        let Some(id) = stored.last().map(|k| k.id) else { return };
        inner.kms_keys = kms_keys(&stored);
        inner.stored = stored;
        inner.sealing = Some(Sealing { id, made: now, sealed: 0 });
        inner.keep(id, Opened { key: Arc::new(key), since: now, revision });
    }

    /// The key with this id, opened by `open` unless that was done at this revision of KMS; `None` if there is no such key.
    pub fn open<E>(
        &self,
        id: u32,
        (now, revision): (Timestamp, u64),
        open: impl FnOnce(&StoredDataKey) -> Result<DataKey, E>,
    ) -> Option<Result<Arc<DataKey>, E>> {
        let mut inner = self.lock();
        if let Some(Opened { key, since, revision: then }) = inner.opened.get(&id)
            && now < *since + OPENED_LIFE
            && *then == revision
        {
            return Some(Ok(Arc::clone(key)));
        }
        inner.opened.remove(&id);
        let at = inner.stored.binary_search_by_key(&id, |k| k.id).ok()?;
        let opened = open(&inner.stored[at]).map(Arc::new);
        if let Ok(key) = &opened {
            inner.keep(id, Opened { key: Arc::clone(key), since: now, revision });
        }
        Some(opened)
    }

    /// Wipes what was opened with the KMS key of this ARN.
    pub fn forget(&self, kms_key: &str) {
        let mut inner = self.lock();
        let Inner { stored, opened, .. } = &mut *inner;
        let of_it = stored.iter().filter(|stored| stored.kms_key.as_deref() == Some(kms_key));
        of_it.for_each(|stored| drop(opened.remove(&stored.id)));
    }

    /// The ARNs of the KMS keys under which records among these are sealed, each once.
    pub fn keys_over(&self, records: &[Record]) -> Vec<ByteString> {
        let mut ids: Vec<u32> = Vec::new();
        for seal in records.iter().filter_map(|record| record.record.seal) {
            if ids.last() != Some(&seal.data_key) {
                ids.push(seal.data_key);
            }
        }
        if ids.is_empty() {
            return Vec::new();
        }
        let inner = self.lock();
        let mut found: Vec<ByteString> = Vec::new();
        for id in ids {
            let at = inner.stored.binary_search_by_key(&id, |k| k.id).ok();
            let kms_key = at.and_then(|at| inner.stored[at].kms_key.as_deref());
            let known = kms_key.and_then(|arn| inner.kms_keys.get(arn));
            found.extend(known.filter(|arn| !found.contains(arn)).cloned());
        }
        found
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn keep(&mut self, id: u32, opened: Opened) {
        if self.opened.len() >= OPENED_MAX {
            self.opened.clear();
        }
        self.opened.insert(id, opened);
    }
}

fn kms_keys(stored: &[StoredDataKey]) -> HashSet<ByteString> {
    let arns: HashSet<&str> = stored.iter().filter_map(|stored| stored.kms_key.as_deref()).collect();
    arns.into_iter().map(ByteString::from).collect()
}

/// The nonce with this count.
pub(crate) fn nonce(count: u64) -> Nonce {
    let mut nonce = [0; NONCE_BYTES];
    nonce[4..].copy_from_slice(&count.to_be_bytes());
    nonce
}

/// What a key under the master key is bound to: its stream and its place among that stream's keys.
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
    use anabranch_log::{NewRecord, Position, Seal};
    use anabranch_types::Rng;

    use super::*;

    const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/1";
    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    fn stored(id: u32, kms_key: Option<&str>, made: Timestamp) -> StoredDataKey {
        let kms_key = kms_key.map(str::to_owned);
        StoredDataKey { id, wrapped: Vec::new(), made_ms: made.millis(), kms_key }
    }

    fn any() -> Result<DataKey, ()> {
        Ok(DataKey::random(&Rng::system()))
    }

    /// Keys of which number 1 seals.
    fn keys() -> DataKeys {
        let keys = DataKeys::default();
        keys.replace(vec![stored(1, Some(KEY), NOW)], any().unwrap(), NOW, 1);
        keys
    }

    #[test]
    fn no_nonce_is_given_twice() {
        let keys = keys();
        let first = keys.reserve(3, KEY, NOW).unwrap();
        let second = keys.reserve(500, KEY, NOW).unwrap();
        assert_eq!((first.id, first.nonces), (1, 0..3));
        assert_eq!((second.id, second.nonces), (1, 3..503));
        keys.forget(KEY);
        assert_eq!(keys.reserve(1, KEY, NOW).unwrap().nonces, 503..504);
        assert_ne!(nonce(1), nonce(2));
    }

    #[test]
    fn a_key_seals_so_many_records_and_so_long_and_under_one_kms_key() {
        let keys = keys();
        assert!(keys.reserve(DATA_KEY_RECORDS_MAX + 1, KEY, NOW).is_none());
        assert!(keys.reserve(DATA_KEY_RECORDS_MAX - 1, KEY, NOW).is_some());
        assert!(keys.reserve(2, KEY, NOW).is_none());
        assert!(keys.reserve(1, KEY, NOW + DATA_KEY_LIFE).is_none());
        assert!(keys.reserve(1, "another", NOW).is_none());
        assert!(keys.reserve(1, KEY, NOW).is_some());
    }

    #[test]
    fn what_was_loaded_opens_and_never_seals() {
        let before = keys();
        before.reserve(3, KEY, NOW).unwrap();
        let after = DataKeys::default();
        after.load(before.stored());
        assert!(after.reserve(1, KEY, NOW).is_none());
        assert!(matches!(after.open(1, (NOW, 1), |_| any()), Some(Ok(_))));
        assert!(after.open(2, (NOW, 1), |_| any()).is_none());
    }

    #[test]
    fn an_opened_key_is_opened_anew_after_five_minutes_and_when_a_kms_key_changed() {
        let keys = keys();
        let open = |at, revision| keys.open(1, (at, revision), |_| any()).unwrap().unwrap();
        let first = open(NOW, 1);
        assert!(Arc::ptr_eq(&first, &open(NOW + Duration::from_secs(299), 1)));
        let second = open(NOW + Duration::from_secs(300), 1);
        assert!(!Arc::ptr_eq(&first, &second));
        let third = open(NOW, 2);
        assert!(!Arc::ptr_eq(&second, &third));
        keys.forget("another");
        assert!(Arc::ptr_eq(&third, &open(NOW, 2)));
        keys.forget(KEY);
        assert!(!Arc::ptr_eq(&third, &open(NOW, 2)));
    }

    #[test]
    fn a_key_that_opens_no_longer_is_not_kept() {
        let keys = keys();
        let first = Arc::downgrade(&keys.open(1, (NOW, 1), |_| any()).unwrap().unwrap());
        assert!(first.upgrade().is_some());
        assert!(keys.open(1, (NOW, 2), |_| Err::<DataKey, _>("disabled")).unwrap().is_err());
        assert!(first.upgrade().is_none());
    }

    #[test]
    fn records_are_sealed_under_the_kms_keys_of_their_data_keys() {
        let keys = DataKeys::default();
        keys.load(vec![
            stored(0, None, NOW),
            stored(1, Some("a"), NOW),
            stored(2, Some("b"), NOW),
            stored(3, Some("a"), NOW),
        ]);
        let over = |data_keys: &[Option<u32>]| -> Vec<String> {
            let seal = |data_key: &Option<u32>| data_key.map(|data_key| Seal { data_key, nonce: nonce(0) });
            let record = |data_key| Record {
                position: Position::default(),
                arrival: NOW,
                record: NewRecord { seal: seal(data_key), ..NewRecord::default() },
            };
            let records: Vec<Record> = data_keys.iter().map(record).collect();
            keys.keys_over(&records).iter().map(ToString::to_string).collect()
        };
        assert_eq!(over(&[None, None]), [""; 0]);
        assert_eq!(over(&[Some(0), Some(9)]), [""; 0]);
        assert_eq!(over(&[Some(1), None, Some(1), Some(2), Some(3)]), ["a", "b"]);
    }

    #[test]
    fn a_key_is_forgotten_once_nothing_sealed_by_it_can_be_left() {
        let key = |id, seconds: i64| stored(id, None, Timestamp::from_millis(seconds * 1000));
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
