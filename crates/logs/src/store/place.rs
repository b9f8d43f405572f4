use anabranch_log::{GroupId, LogId, Position};

/// Digits of an event's id.
const ID_DIGITS: usize = 56;
/// A quarter of them.
const DIGITS_PART: u64 = 100_000_000_000_000;

/// Where an event stands among all of its group, in the order of time: a number of 192 bits, from the top the timestamp (48), the group
/// (32), the log stream's number (32), the timeline (16) and offset (48) of its batch, its index in that (16). As AWS's ids begin with
/// the time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place([u64; 3]);

impl Place {
    pub const FIRST: Place = Place([0; 3]);
    pub const LAST: Place = Place([u64::MAX; 3]);

    pub fn new(time_ms: i64, log: LogId, batch: Position, index: usize) -> Self {
        let LogId { group, index: stream } = log;
        let time = u64::try_from(time_ms).unwrap_or_default().min((1 << 48) - 1);
        let group = group.0 & 0xffff_ffff;
        Self([
            time << 16 | group >> 16,
            group << 48 | u64::from(stream) << 16 | u64::from(batch.timeline.0),
            batch.offset.0 << 16 | index as u64 & 0xffff,
        ])
    }

    /// Before whatever has this time.
    pub fn at_time(time_ms: i64) -> Self {
        Self::new(time_ms, LogId { group: GroupId(0), index: 0 }, Position::default(), 0)
    }

    /// The next one; the last stays.
    pub fn after(self) -> Self {
        let [high, middle, low] = self.0;
        match (low.checked_add(1), middle.checked_add(1), high.checked_add(1)) {
            (Some(low), ..) => Self([high, middle, low]),
            (None, Some(middle), _) => Self([high, middle, 0]),
            (None, None, Some(high)) => Self([high, 0, 0]),
            (None, None, None) => self,
        }
    }

    /// The one before; the first stays.
    pub fn before(self) -> Self {
        if self == Self::FIRST { self } else { self.flipped().after().flipped() }
    }

    /// The place as seen from the other end.
    pub fn flipped(self) -> Self {
        Self(self.0.map(|word| !word))
    }

    /// As an event's id: 56 digits.
    pub fn id(self) -> String {
        let mut words = self.0;
        let mut parts = [0; ID_DIGITS / 14];
        for part in parts.iter_mut().rev() {
            let mut rest = 0;
            for word in &mut words {
                let whole = u128::from(rest) << 64 | u128::from(*word);
                *word = (whole / u128::from(DIGITS_PART)) as u64;
                rest = (whole % u128::from(DIGITS_PART)) as u64;
            }
            *part = rest;
        }
        parts.iter().map(|part| format!("{part:014}")).collect()
    }

    /// From an id.
    pub fn parse(id: &str) -> Option<Self> {
        if id.len() != ID_DIGITS || !id.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let mut words = [0_u64; 3];
        for at in (0..ID_DIGITS).step_by(14) {
            let mut carry: u64 = id[at..at + 14].parse().ok()?;
            for word in words.iter_mut().rev() {
                let whole = u128::from(*word) * u128::from(DIGITS_PART) + u128::from(carry);
                *word = whole as u64;
                carry = (whole >> 64) as u64;
            }
            if carry != 0 {
                return None;
            }
        }
        Some(Self(words))
    }
}

#[cfg(test)]
mod tests {
    use anabranch_log::{Offset, Timeline};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_of_aws_begin_with_their_time() {
        // LOGS SubscriptionFilters: the example's id, whose timestamp is 1432826855000.
        let place = Place::parse("31953106606966983378809025079804211143289615424298221568").unwrap();
        assert_eq!(place.0[0] >> 16, 1_432_826_855_000);
    }

    #[test]
    fn an_id_tells_a_place_and_no_other_text_does() {
        let position = Position { timeline: Timeline(3), offset: Offset(77) };
        let place = Place::new(1_800_000_000_000, LogId { group: GroupId(5), index: 9 }, position, 12);
        assert_eq!(place.id().len(), 56);
        assert_eq!(Place::parse(&place.id()), Some(place));
        assert_eq!(Place::FIRST.id(), "0".repeat(56));
        for refused in ["", "1", &"x".repeat(56), &"1".repeat(57)] {
            assert_eq!(Place::parse(refused), None);
        }
    }

    proptest! {
        #[test]
        fn places_are_ordered_by_time_then_stream_then_position(
            a in (0..1_i64 << 41, 0..9_u32, 0..3_u16, 0..1_u64 << 40, 0..10_000_usize),
            b in (0..1_i64 << 41, 0..9_u32, 0..3_u16, 0..1_u64 << 40, 0..10_000_usize),
        ) {
            let place = |(time, index, timeline, offset, at)| {
                let position = Position { timeline: Timeline(timeline), offset: Offset(offset) };
                Place::new(time, LogId { group: GroupId(1), index }, position, at)
            };
            prop_assert_eq!(place(a).cmp(&place(b)), a.cmp(&b));
            prop_assert_eq!(place(a).id().cmp(&place(b).id()), a.cmp(&b));
            prop_assert_eq!(Place::parse(&place(a).id()), Some(place(a)));
            prop_assert_eq!(place(a).after().before(), place(a));
            prop_assert!(place(a).after() > place(a));
        }
    }
}
