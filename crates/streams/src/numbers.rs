//! Between the log's positions and AWS's sequence numbers.

use anabranch_log::{Offset, Position, Timeline};
use anabranch_types::{SequenceIndex, SequenceNumber, ShardId, Timestamp};

/// The second a put counts in: the arrival's, never before the shard's creation second.
pub(crate) fn put_seconds(arrival: Timestamp, created_seconds: u64) -> u64 {
    u64::try_from(arrival.seconds()).unwrap_or(0).max(created_seconds)
}

/// The number of the record at `position` of a shard.
pub(crate) fn number(
    shard: ShardId,
    created_seconds: u64,
    position: Position,
    arrival: Timestamp,
) -> SequenceNumber {
    let index = SequenceIndex::of_record(position.timeline.0, position.offset.0);
    SequenceNumber::new(created_seconds, shard, index, put_seconds(arrival, created_seconds))
}

/// A number after which the record at `next` is the first: what a reader that has read everything before `next` continues from.
/// It is that of the record before, if there can be one, else the shard's start.
pub(crate) fn number_before(
    shard: ShardId,
    created_seconds: u64,
    next: Position,
    now: Timestamp,
) -> SequenceNumber {
    match next.offset.0.checked_sub(1) {
        Some(offset) => {
            let before = Position { timeline: next.timeline, offset: Offset(offset) };
            number(shard, created_seconds, before, now)
        }
        None => SequenceNumber::start_of(shard, created_seconds),
    }
}

/// Where the record with this index stands. The start stands before every record, the end behind every one.
pub(crate) fn position_at(index: SequenceIndex) -> Position {
    match index.record() {
        Some((timeline, offset)) => Position { timeline: Timeline(timeline), offset: Offset(offset) },
        None if index == SequenceIndex::START => Position::default(),
        None => Position { timeline: Timeline(u16::MAX), offset: Offset(u64::MAX) },
    }
}

/// The first place behind the record with this index.
pub(crate) fn position_after(index: SequenceIndex) -> Position {
    let at = position_at(index);
    match index.record() {
        Some(_) => Position { timeline: at.timeline, offset: Offset(at.offset.0 + 1) },
        None => at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREATED: u64 = 1_700_000_000;

    fn position(timeline: u16, offset: u64) -> Position {
        Position { timeline: Timeline(timeline), offset: Offset(offset) }
    }

    #[test]
    fn a_number_leads_back_to_its_record_and_behind_it() {
        let shard = ShardId::new(5).unwrap();
        let n = number(shard, CREATED, position(3, 41), Timestamp::from_seconds(1_700_000_060));
        assert_eq!(n.put_seconds(), 1_700_000_060);
        assert_eq!(position_at(n.index()), position(3, 41));
        assert_eq!(position_after(n.index()), position(3, 42));
    }

    #[test]
    fn a_put_second_is_at_least_the_creation_second() {
        let n = number(ShardId::default(), CREATED, position(0, 0), Timestamp::from_seconds(5));
        assert_eq!(n.put_seconds(), CREATED);
    }

    #[test]
    fn reading_on_from_the_number_before_a_place_comes_to_that_place() {
        let now = Timestamp::from_seconds(1_700_000_060);
        for (timeline, offset) in [(0, 0), (0, 1), (2, 17)] {
            let n = number_before(ShardId::default(), CREATED, position(timeline, offset), now);
            assert_eq!(position_after(n.index()), position(timeline, offset));
        }
    }
}
