use std::fmt;
use std::str::FromStr;

use crate::ShardId;

/// A record's number: unique in its stream, strictly increasing in its shard. AWS's layout of 186 bits, written as 56
/// decimal digits (recorded on AWS by the authors of kinesalite; checked on a number of April 2026, flink-connector-aws#243):
///
/// | hex digits | hold |
/// |---|---|
/// | 1 | `2` |
/// | 9 | the shard's creation, in seconds since the epoch |
/// | 1 | the shard's index modulo 16 |
/// | 16 | [`SequenceIndex`] |
/// | 2 | `00` |
/// | 9 | the put's second |
/// | 8 | the shard's index |
/// | 1 | `2` |
///
/// Ordering is that of the number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SequenceNumber {
    created_seconds: u64,
    shard: ShardId,
    index: SequenceIndex,
    put_seconds: u64,
}

/// Where in its shard a number stands: the 64 bits of a [`SequenceNumber`] that count.
///
/// A record's index is timeline · 2⁴⁸ + offset + 1, with the log's timeline and offset; 0 is the shard's start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SequenceIndex(u64);

/// The text is not a sequence number of AWS's layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidSequenceNumber;

/// How many decimal digits a sequence number has.
pub const SEQUENCE_NUMBER_DIGITS: usize = 56;
/// Seconds take nine hex digits.
const SECONDS_BITS: u32 = 36;
const SECONDS_MASK: u64 = (1 << SECONDS_BITS) - 1;
const OFFSET_BITS: u32 = 48;
/// Nine decimal digits, as many as a limb of 32 bits carries.
const CHUNK: u64 = 1_000_000_000;
const CHUNK_DIGITS: usize = 9;
const LIMBS: usize = 6;

impl SequenceIndex {
    /// The index in a shard's StartingSequenceNumber, before every record.
    pub const START: SequenceIndex = SequenceIndex(0);
    /// The index in a closed shard's EndingSequenceNumber, after every record.
    pub const END: SequenceIndex = SequenceIndex(0x7fff_ffff_ffff_ffff);
    /// The last timeline a number can hold.
    pub const TIMELINE_MAX: u16 = 0x7ffe;
    /// The last offset a number can hold.
    pub const OFFSET_MAX: u64 = (1 << OFFSET_BITS) - 2;

    /// The index of the record at `offset` in `timeline`; both are cut to what fits.
    pub const fn of_record(timeline: u16, offset: u64) -> Self {
        let timeline = if timeline > Self::TIMELINE_MAX { Self::TIMELINE_MAX } else { timeline };
        let offset = if offset > Self::OFFSET_MAX { Self::OFFSET_MAX } else { offset };
        Self(((timeline as u64) << OFFSET_BITS) + offset + 1)
    }

    /// Timeline and offset of the record with this index; `None` for [`Self::START`] and [`Self::END`].
    pub const fn record(self) -> Option<(u16, u64)> {
        if self.0 == Self::START.0 || self.0 == Self::END.0 {
            return None;
        }
        let before = self.0 - 1;
        Some(((before >> OFFSET_BITS) as u16, before & ((1 << OFFSET_BITS) - 1)))
    }
}

impl SequenceNumber {
    /// The number of the record at `index`, put in second `put_seconds` into a shard created in second `created_seconds`. Seconds
    /// are cut to 36 bits.
    pub const fn new(created_seconds: u64, shard: ShardId, index: SequenceIndex, put_seconds: u64) -> Self {
        Self {
            created_seconds: created_seconds & SECONDS_MASK,
            shard,
            index,
            put_seconds: put_seconds & SECONDS_MASK,
        }
    }

    /// A shard's StartingSequenceNumber.
    pub const fn start_of(shard: ShardId, created_seconds: u64) -> Self {
        Self::new(created_seconds, shard, SequenceIndex::START, created_seconds)
    }

    /// A closed shard's EndingSequenceNumber.
    pub const fn end_of(shard: ShardId, created_seconds: u64, closed_seconds: u64) -> Self {
        Self::new(created_seconds, shard, SequenceIndex::END, closed_seconds)
    }

    /// The second the shard was created in.
    pub const fn created_seconds(self) -> u64 {
        self.created_seconds
    }

    /// The shard.
    pub const fn shard(self) -> ShardId {
        self.shard
    }

    /// Where in the shard it stands.
    pub const fn index(self) -> SequenceIndex {
        self.index
    }

    /// The second of the put.
    pub const fn put_seconds(self) -> u64 {
        self.put_seconds
    }

    /// The number in 64-bit limbs, lowest first.
    fn words(self) -> [u64; 3] {
        let shard = u64::from(self.shard.index());
        let (put, index) = (self.put_seconds, self.index.0);
        [
            2 | shard << 4 | put << 36,
            put >> 28 | index << 16,
            index >> 48 | (shard & 0xf) << 16 | self.created_seconds << 20 | 2 << 56,
        ]
    }

    fn from_words(words: [u64; 3]) -> Option<Self> {
        let [low, middle, high] = words;
        let shard = ShardId::new(u32::try_from(low >> 4 & 0xffff_ffff).ok()?)?;
        let index = middle >> 16 | (high & 0xffff) << 48;
        let number = Self {
            created_seconds: high >> 20 & SECONDS_MASK,
            shard,
            index: SequenceIndex(index),
            put_seconds: low >> 36 | (middle & 0xff) << 28,
        };
        (index <= SequenceIndex::END.0 && number.words() == words).then_some(number)
    }

    /// The decimal digits, in ASCII.
    fn digits(self) -> [u8; SEQUENCE_NUMBER_DIGITS] {
        let mut limbs = split(self.words());
        let mut digits = [b'0'; SEQUENCE_NUMBER_DIGITS];
        let mut used = LIMBS;
        for place in digits.rchunks_mut(2 * CHUNK_DIGITS) {
            let low = divide(&mut limbs[..used], CHUNK);
            let high = divide(&mut limbs[..used], CHUNK);
            let mut written = itoa::Buffer::new();
            let written = written.format(high * CHUNK + low).as_bytes();
            let start = place.len().saturating_sub(written.len());
            let fits = place.len() - start;
            place[start..].copy_from_slice(&written[..fits]);
            while used > 0 && limbs[used - 1] == 0 {
                used -= 1;
            }
        }
        digits
    }
}

/// 64-bit limbs as 32-bit ones, lowest first.
fn split(words: [u64; 3]) -> [u32; LIMBS] {
    std::array::from_fn(|i| (words[i / 2] >> (32 * (i % 2))) as u32)
}

/// Divides in place; the remainder.
fn divide(limbs: &mut [u32], by: u64) -> u64 {
    let mut rest = 0;
    for limb in limbs.iter_mut().rev() {
        let value = rest << 32 | u64::from(*limb);
        *limb = (value / by) as u32;
        rest = value % by;
    }
    rest
}

impl Ord for SequenceNumber {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.words().iter().rev().cmp(other.words().iter().rev())
    }
}

impl PartialOrd for SequenceNumber {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for SequenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.digits()).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for SequenceNumber {
    type Err = InvalidSequenceNumber;

    fn from_str(text: &str) -> Result<Self, InvalidSequenceNumber> {
        if text.len() != SEQUENCE_NUMBER_DIGITS || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(InvalidSequenceNumber);
        }
        let mut limbs = [0_u32; LIMBS];
        for digit in text.bytes() {
            let mut carry = u64::from(digit - b'0');
            for limb in &mut limbs {
                let value = u64::from(*limb) * 10 + carry;
                *limb = value as u32;
                carry = value >> 32;
            }
        }
        let word = |i: usize| u64::from(limbs[2 * i]) | u64::from(limbs[2 * i + 1]) << 32;
        Self::from_words([word(0), word(1), word(2)]).ok_or(InvalidSequenceNumber)
    }
}

impl fmt::Display for InvalidSequenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a sequence number")
    }
}

impl std::error::Error for InvalidSequenceNumber {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shard(index: u32) -> ShardId {
        ShardId::new(index).unwrap()
    }

    fn any_number() -> impl Strategy<Value = SequenceNumber> {
        (0..=SECONDS_MASK, 0..=ShardId::INDEX_MAX, 0..=SequenceIndex::END.0, 0..=SECONDS_MASK).prop_map(
            |(created, index, count, put)| {
                SequenceNumber::new(created, shard(index), SequenceIndex(count), put)
            },
        )
    }

    #[test]
    fn a_number_of_aws_is_read_and_written_as_it_was() {
        let text = "49674026002850188218576229259473476449429298564223254594";
        let number: SequenceNumber = text.parse().unwrap();
        assert_eq!(number.shard(), shard(3076));
        assert_eq!(number.to_string(), text);
        let april_2026 = 1_775_001_600..1_777_593_600;
        assert!(april_2026.contains(&number.put_seconds()), "{}", number.put_seconds());
        assert!(number.created_seconds() <= number.put_seconds());
    }

    #[test]
    fn neighbours_of_a_new_stream_start_as_far_apart_as_on_aws() {
        // 22300745198530623141535718272648361505980432 = 2^144 + 2^4: the index stands in two places.
        let starts = [0, 1].map(|i| SequenceNumber::start_of(shard(i), 1_417_000_000).words());
        assert_eq!(starts[1][2] - starts[0][2], 1 << 16);
        assert_eq!(starts[1][1], starts[0][1]);
        assert_eq!(starts[1][0] - starts[0][0], 1 << 4);
        let texts = [0, 1].map(|i| SequenceNumber::start_of(shard(i), 1_417_000_000).to_string());
        assert_eq!(difference(&texts[1], &texts[0]), "22300745198530623141535718272648361505980432");
    }

    /// Decimal subtraction of texts of equal length.
    fn difference(a: &str, b: &str) -> String {
        let mut borrow = 0;
        let mut digits: Vec<u8> = a
            .bytes()
            .zip(b.bytes())
            .rev()
            .map(|(x, y)| {
                let d = i16::from(x) - i16::from(y) - borrow;
                borrow = i16::from(d < 0);
                b'0' + (d + 10 * borrow) as u8
            })
            .collect();
        digits.reverse();
        String::from_utf8(digits).unwrap().trim_start_matches('0').to_owned()
    }

    #[test]
    fn texts_of_another_layout_are_refused() {
        let number = SequenceNumber::start_of(shard(7), 1_700_000_000).to_string();
        let last_digit_off = format!("{}{}", &number[..55], (number.as_bytes()[55] - b'0' + 1) % 10);
        for text in
            ["", "0", "-1", "abc", &number[1..], &format!("{number}0"), &last_digit_off, &"9".repeat(56)]
        {
            assert_eq!(text.parse::<SequenceNumber>(), Err(InvalidSequenceNumber), "{text}");
        }
    }

    #[test]
    fn the_ends_of_a_shard_enclose_its_records() {
        let (first, last) = (SequenceIndex::of_record(0, 0), SequenceIndex::of_record(0x7ffe, u64::MAX));
        assert!(SequenceIndex::START < first && first < last && last < SequenceIndex::END);
        assert_eq!(first.record(), Some((0, 0)));
        assert_eq!(last.record(), Some((0x7ffe, SequenceIndex::OFFSET_MAX)));
        assert_eq!(SequenceIndex::START.record(), None);
        assert_eq!(SequenceIndex::END.record(), None);
    }

    proptest! {
        #[test]
        fn every_number_is_read_as_it_was_written(number in any_number()) {
            let text = number.to_string();
            prop_assert_eq!(text.len(), SEQUENCE_NUMBER_DIGITS);
            prop_assert_eq!(text.parse::<SequenceNumber>(), Ok(number));
        }

        #[test]
        fn decoded_numbers_are_ordered_as_their_texts(a in any_number(), b in any_number()) {
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
        }

        #[test]
        fn a_record_gets_its_place_back(timeline in 0..=SequenceIndex::TIMELINE_MAX, offset in 0..=SequenceIndex::OFFSET_MAX) {
            prop_assert_eq!(SequenceIndex::of_record(timeline, offset).record(), Some((timeline, offset)));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC*|[0-9]{50,60}") {
            let _ = text.parse::<SequenceNumber>();
        }
    }
}
