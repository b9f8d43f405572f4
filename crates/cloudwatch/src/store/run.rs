use std::ops::Range;

use anabranch_log::Position;
use anabranch_types::Timestamp;
use bytes::Bytes;

/// How long the time is whose arrivals a run holds, and how fine it tells them. Each has a log of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Level {
    /// An hour, as fine as it came.
    Hour,
    /// Some hours, by the minute.
    Quarter,
    /// A day, by the minute.
    Day,
    /// The same day, by five minutes.
    FiveMinutes,
    /// The same day, by the hour.
    Hourly,
}

impl Level {
    /// Every level, by its number in the format. Never reordered.
    pub(super) const ALL: [Level; 5] =
        [Level::Hour, Level::Quarter, Level::Day, Level::FiveMinutes, Level::Hourly];

    pub(super) fn number(self) -> u8 {
        self as u8
    }

    /// What stands in the name of its log.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Quarter => "quarter",
            Self::Day => "day",
            Self::FiveMinutes => "five-minutes",
            Self::Hourly => "hourly",
        }
    }

    /// The length of its periods.
    pub(super) fn seconds(self) -> i64 {
        match self {
            Self::Hour => 1,
            Self::Quarter | Self::Day => 60,
            Self::FiveMinutes => 300,
            Self::Hourly => 3600,
        }
    }
}

/// Chunks of many metrics, by ascending number of the metric, one behind the other in the log of their level.
#[derive(Debug, PartialEq)]
pub(super) struct Run {
    pub(super) level: Level,
    /// Which flushes' points it holds; runs of different levels may hold the same.
    pub(super) covers: Range<u64>,
    /// Where the first chunk stands.
    pub(super) first: Position,
    /// When the first and the last chunk were written.
    pub(super) written: (Timestamp, Timestamp),
    /// The first and the last second of its points.
    pub(super) times: (i64, i64),
    /// When the last of its points had arrived.
    pub(super) arrived: Timestamp,
    /// The metric of each chunk.
    pub(super) ids: Vec<u32>,
}

impl Run {
    /// Which chunks are a metric's.
    pub(super) fn chunks_of(&self, id: u32) -> Range<usize> {
        let from = self.ids.partition_point(|other| *other < id);
        let count = self.ids[from..].iter().take_while(|other| **other == id).count();
        from..from + count
    }

    /// Whether it may have points at or after the first second and before the second.
    pub(super) fn overlaps(&self, from: i64, until: i64) -> bool {
        self.times.0 < until && self.times.1 >= from
    }
}

/// A run's chunks in memory.
pub(super) type Cached = Vec<Bytes>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_found_by_their_metric() {
        let run = Run {
            level: Level::Day,
            covers: 0..1,
            first: Position::default(),
            written: Default::default(),
            times: (60, 120),
            arrived: Timestamp::default(),
            ids: vec![1, 3, 3, 3, 9],
        };
        for (id, chunks) in [(0, 0..0), (1, 0..1), (2, 1..1), (3, 1..4), (9, 4..5), (10, 5..5)] {
            assert_eq!(run.chunks_of(id), chunks, "{id}");
        }
        for (from, until, overlaps) in [(0, 60, false), (0, 61, true), (120, 121, true), (121, 200, false)] {
            assert_eq!(run.overlaps(from, until), overlaps, "{from}..{until}");
        }
    }

    #[test]
    fn levels_are_known_by_their_numbers() {
        for (n, level) in (0..).zip(Level::ALL) {
            assert_eq!(level.number(), n);
        }
    }
}
