use std::collections::VecDeque;

use crate::{Key, Revision};

/// Most changes remembered: at 1 KiB a key 16 MiB, in practice less than 2.
const CHANGES_MAX: usize = 16_384;

/// Which keys were put or deleted lately, so that deletes count in [`crate::Expect::PrefixUnchanged`] without being kept on disk.
///
/// An expectation older than what is remembered does not hold: its caller looks again, as after any conflict. A change elsewhere
/// therefore never refuses a commit, unless thousands came between its look and it.
#[derive(Debug)]
pub(crate) struct Changes {
    /// In the order of their revisions.
    latest: VecDeque<(Revision, Key)>,
    /// Everything after this revision is remembered.
    since: Revision,
}

impl Changes {
    /// Remembers everything after `since`.
    pub(crate) fn after(since: Revision) -> Self {
        Self { latest: VecDeque::new(), since }
    }

    /// Notes that the commit `revision`, greater than all before, wrote `key`.
    pub(crate) fn note(&mut self, revision: Revision, key: Key) {
        if self.latest.len() == CHANGES_MAX
            && let Some((dropped, _)) = self.latest.pop_front()
        {
            self.since = dropped;
        }
        self.latest.push_back((revision, key));
    }

    /// Whether certainly no key with this prefix was written after `revision`.
    pub(crate) fn unchanged(&self, prefix: &[u8], revision: Revision) -> bool {
        revision >= self.since
            && self
                .latest
                .iter()
                .rev()
                .take_while(|(written, _)| *written > revision)
                .all(|(_, key)| !key.starts_with(prefix))
    }
}

#[cfg(test)]
mod tests {
    use super::{CHANGES_MAX, Changes};
    use crate::Revision;

    #[test]
    fn what_is_forgotten_counts_as_changed() {
        let mut changes = Changes::after(Revision(5));
        assert!(changes.unchanged(b"/a", Revision(5)));
        assert!(!changes.unchanged(b"/a", Revision(4)));
        for n in 0..=CHANGES_MAX as u64 {
            changes.note(Revision(6 + n), "/b".into());
        }
        assert!(!changes.unchanged(b"/a", Revision(5)));
        assert!(changes.unchanged(b"/a", Revision(6)));
        assert!(!changes.unchanged(b"/b", Revision(6)));
    }
}
