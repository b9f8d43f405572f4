use std::fmt;
use std::str::FromStr;

/// A place on the ring of 2¹²⁸ hash keys that a stream's shards divide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HashKey(pub u128);

/// The hash keys from `start` to `end`, both included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct HashRange {
    /// The first.
    pub start: HashKey,
    /// The last.
    pub end: HashKey,
}

/// The text is not a decimal number from 0 to 2¹²⁸ - 1 without leading zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidHashKey;

impl HashKey {
    /// The last one.
    pub const MAX: HashKey = HashKey(u128::MAX);
}

impl HashRange {
    /// All hash keys.
    pub const ALL: HashRange = HashRange { start: HashKey(0), end: HashKey::MAX };

    /// Whether `key` lies inside.
    pub fn contains(self, key: HashKey) -> bool {
        (self.start..=self.end).contains(&key)
    }

    /// The ranges of a new stream's `shards` shards: floor(2¹²⁸ / shards) keys each, the last one takes the rest
    /// (recorded on AWS for 1, 2 and 3 shards). None for 0.
    pub fn divide(shards: u32) -> impl ExactSizeIterator<Item = HashRange> {
        (0..shards).map(move |i| {
            let width = Self::width(shards);
            let start = width.wrapping_mul(u128::from(i));
            let last = i == shards - 1;
            let end = if last { u128::MAX } else { start.wrapping_add(width - 1) };
            HashRange { start: HashKey(start), end: HashKey(end) }
        })
    }

    /// floor(2¹²⁸ / parts); 0 stands for 2¹²⁸ itself, which only the last range, whose end is fixed, is given.
    fn width(parts: u32) -> u128 {
        let parts = u128::from(parts);
        let (quotient, rest) = (u128::MAX / parts, u128::MAX % parts);
        if rest == parts - 1 { quotient.wrapping_add(1) } else { quotient }
    }
}

impl FromStr for HashKey {
    type Err = InvalidHashKey;
    fn from_str(text: &str) -> Result<Self, InvalidHashKey> {
        let legal = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
        if !legal {
            return Err(InvalidHashKey);
        }
        text.parse().map(HashKey).map_err(|_| InvalidHashKey)
    }
}

impl fmt::Display for HashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for InvalidHashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a hash key is a number from 0 to 2^128 - 1")
    }
}

impl std::error::Error for InvalidHashKey {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ends(shards: u32) -> Vec<String> {
        HashRange::divide(shards).map(|r| r.end.to_string()).collect()
    }

    #[test]
    fn ranges_of_a_new_stream_end_where_aws_ends_them() {
        assert_eq!(ends(1), ["340282366920938463463374607431768211455"]);
        assert_eq!(
            ends(2),
            ["170141183460469231731687303715884105727", "340282366920938463463374607431768211455"]
        );
        assert_eq!(
            ends(3),
            [
                "113427455640312821154458202477256070484",
                "226854911280625642308916404954512140969",
                "340282366920938463463374607431768211455"
            ]
        );
    }

    #[test]
    fn hash_keys_beyond_the_ring_and_with_leading_zeros_are_refused() {
        for text in ["", "-1", "01", "00", "1e3", "+1", "340282366920938463463374607431768211456"] {
            assert_eq!(text.parse::<HashKey>(), Err(InvalidHashKey), "{text}");
        }
        assert_eq!("340282366920938463463374607431768211455".parse(), Ok(HashKey::MAX));
        assert_eq!("0".parse(), Ok(HashKey(0)));
    }

    proptest! {
        #[test]
        fn ranges_cover_every_hash_key_once(shards in 1_u32..2000) {
            let ranges: Vec<_> = HashRange::divide(shards).collect();
            prop_assert_eq!(ranges[0].start, HashKey(0));
            prop_assert_eq!(ranges[ranges.len() - 1].end, HashKey::MAX);
            for pair in ranges.windows(2) {
                prop_assert_eq!(pair[0].end.0 + 1, pair[1].start.0);
            }
        }
    }
}
