//! Which shards of a stream may be read: children only when all their parents were read to the end, so that each key's records come in order.

use std::collections::BTreeMap;

use anabranch_types::ShardId;

/// The shards that a reader knows of, and how far it is with each.
#[derive(Debug, Default)]
pub(super) struct Lineage {
    shards: BTreeMap<ShardId, Known>,
}

#[derive(Debug)]
struct Known {
    parents: Vec<ShardId>,
    reading: Reading,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Waits,
    Begun,
    Ended,
}

impl Lineage {
    /// Takes note of a shard; one that is known already stays as it is.
    pub(super) fn add(&mut self, shard: ShardId, parents: impl IntoIterator<Item = ShardId>) {
        self.shards
            .entry(shard)
            .or_insert_with(|| Known { parents: parents.into_iter().collect(), reading: Reading::Waits });
    }

    /// A shard was read to its end.
    pub(super) fn ended(&mut self, shard: ShardId) {
        if let Some(known) = self.shards.get_mut(&shard) {
            known.reading = Reading::Ended;
        }
    }

    /// The shards to begin now, each told once. A parent that was never added (its records are past retention, or it was
    /// closed before the reader came) holds nobody up.
    pub(super) fn begin(&mut self) -> Vec<ShardId> {
        let is_done = |parent: &ShardId| self.shards.get(parent).is_none_or(|p| p.reading == Reading::Ended);
        let ready: Vec<ShardId> = self
            .shards
            .iter()
            .filter(|(_, known)| known.reading == Reading::Waits && known.parents.iter().all(is_done))
            .map(|(shard, _)| *shard)
            .collect();
        for shard in &ready {
            if let Some(known) = self.shards.get_mut(shard) {
                known.reading = Reading::Begun;
            }
        }
        ready
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(index: u32) -> ShardId {
        ShardId::new(index).expect("a small index")
    }

    fn begun(lineage: &mut Lineage) -> Vec<u32> {
        lineage.begin().into_iter().map(ShardId::index).collect()
    }

    #[test]
    fn children_wait_for_all_their_parents() {
        let mut lineage = Lineage::default();
        lineage.add(shard(0), []);
        lineage.add(shard(1), []);
        assert_eq!(begun(&mut lineage), [0, 1]);
        // 0 and 1 are merged into 2, which is split into 3 and 4; the end of 0 tells of 2.
        lineage.add(shard(2), [shard(0), shard(1)]);
        lineage.add(shard(3), [shard(2)]);
        lineage.add(shard(4), [shard(2)]);
        lineage.ended(shard(0));
        assert_eq!(begun(&mut lineage), [0; 0]);
        lineage.add(shard(2), []);
        lineage.ended(shard(1));
        assert_eq!(begun(&mut lineage), [2]);
        assert_eq!(begun(&mut lineage), [0; 0]);
        lineage.ended(shard(2));
        assert_eq!(begun(&mut lineage), [3, 4]);
    }

    #[test]
    fn a_parent_nobody_knows_holds_nobody_up() {
        let mut lineage = Lineage::default();
        lineage.add(shard(7), [shard(3)]);
        assert_eq!(begun(&mut lineage), [7]);
    }
}
