use std::collections::HashMap;

use crate::{Key, Revision};

/// Most keys whose versions are known: at 1 KiB a key 64 MiB, in practice less than 10.
const VERSIONS_MAX: usize = 65_536;

/// The versions of keys that commits lately looked at or wrote, so that expecting them takes no look into the file.
///
/// They are right because nobody but the writer changes the file; who takes a group back must have them forgotten.
#[derive(Debug, Default)]
pub(super) struct Versions {
    /// None of a key that is not there.
    known: HashMap<Key, Option<Revision>>,
}

impl Versions {
    /// The key's version, none in it if there is no such key; none at all if that is not known.
    pub(super) fn get(&self, key: &Key) -> Option<Option<Revision>> {
        self.known.get(key).copied()
    }

    /// Notes what the key's version is.
    pub(super) fn note(&mut self, key: &Key, version: Option<Revision>) {
        if let Some(known) = self.known.get_mut(key) {
            *known = version;
            return;
        }
        if self.known.len() >= VERSIONS_MAX {
            self.forget();
        }
        // A copy, for the key may be a part of something larger.
        self.known.insert(Key::copy_from_slice(key), version);
    }

    /// Knows nothing any more.
    pub(super) fn forget(&mut self) {
        self.known.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::{VERSIONS_MAX, Versions};
    use crate::{Key, Revision};

    #[test]
    fn no_more_is_known_than_there_is_room_for() {
        let mut versions = Versions::default();
        let key = |n: usize| Key::from(format!("/{n}"));
        for n in 0..VERSIONS_MAX {
            versions.note(&key(n), Some(Revision(1)));
        }
        versions.note(&key(0), None);
        assert_eq!(versions.get(&key(0)), Some(None));
        assert_eq!(versions.get(&key(1)), Some(Some(Revision(1))));
        versions.note(&"/more".into(), Some(Revision(2)));
        assert_eq!(versions.get(&key(1)), None);
        assert_eq!(versions.get(&"/more".into()), Some(Some(Revision(2))));
    }
}
