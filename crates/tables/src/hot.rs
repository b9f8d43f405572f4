//! Items that were lately written, in memory: a lease that is renewed every few seconds is not read from the catalog each time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anabranch_catalog::{Key, Revision};

use crate::value::{Attributes, size_of};

/// Most bytes of items and keys, as DynamoDB counts them, twice over: what was not touched while as much was written is let go.
const BYTES_MAX: usize = 16 * 1024 * 1024;
/// What an item's place takes beside its key and its attributes, and each of those; about.
const PLACE_BYTES: usize = 200;

/// An item as it is.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub item: Arc<Attributes>,
    pub version: Revision,
}

/// The items. What stands here may be older than the catalog: whoever decides by it commits expecting its version, or looks again.
#[derive(Default)]
pub(crate) struct Hot {
    generations: Mutex<Generations>,
}

#[derive(Default)]
struct Generations {
    /// Each with its bytes.
    young: HashMap<Key, (Held, usize)>,
    young_bytes: usize,
    old: HashMap<Key, (Held, usize)>,
}

impl Hot {
    pub fn get(&self, key: &Key) -> Option<Held> {
        let mut generations = self.lock();
        if let Some((held, _)) = generations.young.get(key) {
            return Some(held.clone());
        }
        let (held, _) = generations.old.remove(key)?;
        generations.add(key.clone(), held.clone());
        Some(held)
    }

    pub fn set(&self, key: Key, held: Held) {
        self.lock().add(key, held);
    }

    pub fn forget(&self, key: &Key) {
        let mut generations = self.lock();
        if let Some((_, bytes)) = generations.young.remove(key) {
            generations.young_bytes -= bytes;
        }
        generations.old.remove(key);
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn add(&mut self, key: Key, held: Held) {
        let bytes = PLACE_BYTES * (1 + held.item.len()) + key.len() + size_of(&held.item);
        self.young_bytes += bytes;
        if let Some((_, before)) = self.young.insert(key, (held, bytes)) {
            self.young_bytes -= before;
        }
        if self.young_bytes > BYTES_MAX {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use anabranch_catalog::{Key, Revision};

    use super::{BYTES_MAX, Held, Hot};
    use crate::value::{Attributes, Value};

    fn held(bytes: usize) -> Held {
        let item = Attributes::from([("a".into(), Value::S("x".repeat(bytes).into()))]);
        Held { item: Arc::new(item), version: Revision(1) }
    }

    #[test]
    fn what_is_not_touched_is_let_go_and_what_is_stays() {
        let hot = Hot::default();
        let (touched, untouched): (Key, Key) = ("/touched".into(), "/untouched".into());
        hot.set(touched.clone(), held(10));
        hot.set(untouched.clone(), held(10));
        for n in 0..3 * BYTES_MAX / 100_000 {
            hot.set(format!("/{n}").into(), held(100_000));
            assert!(hot.get(&touched).is_some());
        }
        assert!(hot.get(&untouched).is_none());
        hot.forget(&touched);
        assert!(hot.get(&touched).is_none());
    }
}
