//! What one side of the demo saw of a shard, small enough to keep and exact enough to compare.

use std::collections::HashMap;

use aws_lc_rs::digest;

/// Partition keys of a shard whose order is followed one by one; the keys that come after share one chain. Both sides meet the keys
/// in the same order, so both choose the same ones.
const KEYS_FOLLOWED_MAX: usize = 100_000;

/// Records counted and hashed: which they were whatever their order, and their order per partition key.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    records: u64,
    bytes: u64,
    /// The sum modulo 2¹²⁸ of the records' hashes, as sets with repetition are hashed (Bellare, Micciancio, "A new paradigm
    /// for collision-free hashing", 1997).
    multiset: u128,
    /// For each partition key the hash of everything so far, in order.
    chains: HashMap<Box<str>, u128>,
    overflow: u128,
}

impl Tally {
    /// Takes note of one record.
    pub fn add(&mut self, partition_key: &str, data: &[u8]) {
        let record = hash(&[&(partition_key.len() as u64).to_be_bytes(), partition_key.as_bytes(), data]);
        self.records += 1;
        self.bytes += data.len() as u64;
        self.multiset = self.multiset.wrapping_add(record);
        let chain = self.chain(partition_key);
        *chain = hash(&[&chain.to_be_bytes(), &record.to_be_bytes()]);
    }

    fn chain(&mut self, partition_key: &str) -> &mut u128 {
        if !self.chains.contains_key(partition_key) {
            if self.chains.len() >= KEYS_FOLLOWED_MAX {
                return &mut self.overflow;
            }
            self.chains.insert(partition_key.into(), 0);
        }
        self.chains.get_mut(partition_key).unwrap_or(&mut self.overflow)
    }

    /// How many records.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Bytes of their data, without keys.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// The tallies of all shards of one side, put together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// How many records.
    pub records: u64,
    /// Bytes of their data.
    pub bytes: u64,
    /// The hash of the records whatever their order.
    pub multiset: u128,
}

impl Total {
    /// The sum over shards.
    pub fn of<'a>(tallies: impl IntoIterator<Item = &'a Tally>) -> Self {
        tallies.into_iter().fold(Self::default(), |sum, t| Self {
            records: sum.records + t.records,
            bytes: sum.bytes + t.bytes,
            multiset: sum.multiset.wrapping_add(t.multiset),
        })
    }
}

/// How many partition keys of a shard were read in another order, or other records, than were sent.
pub fn keys_that_differ(sent: &Tally, read: &Tally) -> usize {
    let only_read = read.chains.keys().filter(|key| !sent.chains.contains_key(*key)).count();
    let changed = sent.chains.iter().filter(|(key, chain)| read.chains.get(*key) != Some(chain)).count();
    only_read + changed + usize::from(sent.overflow != read.overflow)
}

fn hash(parts: &[&[u8]]) -> u128 {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let digest = context.finish();
    let mut first = [0; 16];
    first.copy_from_slice(&digest.as_ref()[..16]);
    u128::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(records: &[(&str, &str)]) -> Tally {
        let mut tally = Tally::default();
        for (key, data) in records {
            tally.add(key, data.as_bytes());
        }
        tally
    }

    /// Whether the two are the same set, and how many keys differ in order.
    fn compared(sent: &[(&str, &str)], read: &[(&str, &str)]) -> (bool, usize) {
        let (sent, read) = (tally(sent), tally(read));
        (Total::of([&sent]) == Total::of([&read]), keys_that_differ(&sent, &read))
    }

    #[test]
    fn what_was_sent_is_compared_as_a_set_and_in_order_per_key() {
        let sent = [("a", "1"), ("b", "1"), ("a", "2")];
        type Case = (&'static [(&'static str, &'static str)], (bool, usize));
        let cases: [Case; 7] = [
            (&[("a", "1"), ("b", "1"), ("a", "2")], (true, 0)),
            // Another order among keys is none.
            (&[("b", "1"), ("a", "1"), ("a", "2")], (true, 0)),
            (&[("a", "2"), ("b", "1"), ("a", "1")], (true, 1)),
            // Lost, twice, changed, moved to another key.
            (&[("a", "1"), ("a", "2")], (false, 1)),
            (&[("a", "1"), ("b", "1"), ("a", "2"), ("a", "2")], (false, 1)),
            (&[("a", "1"), ("b", "1"), ("a", "3")], (false, 1)),
            (&[("a", "1"), ("a", "1"), ("c", "2")], (false, 3)),
        ];
        for (read, expected) in cases {
            assert_eq!(compared(&sent, read), expected, "{read:?}");
        }
    }

    #[test]
    fn a_byte_cannot_move_from_key_to_data() {
        assert_eq!(compared(&[("ab", "c")], &[("a", "bc")]), (false, 2));
    }

    #[test]
    fn the_total_is_the_same_however_records_lie_in_shards() {
        let (one, other) = (tally(&[("a", "1")]), tally(&[("b", "22")]));
        let both = tally(&[("b", "22"), ("a", "1")]);
        assert_eq!(Total::of([&one, &other]), Total::of([&both]));
        assert_eq!((both.records(), both.bytes()), (2, 3));
    }
}
