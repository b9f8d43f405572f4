use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::summary::{Spread, Summary};

/// What a point takes in memory, with its share of the tree.
const POINT_BYTES: usize = 128;

/// What is known of a metric: by second since 1970 and number of the unit.
pub(super) type Points = BTreeMap<(i64, u8), Summary>;

/// Points of many metrics, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Table {
    series: BTreeMap<u32, Points>,
    bytes: usize,
}

impl Table {
    /// Takes in what is known of a metric at a time.
    pub(super) fn add(&mut self, id: u32, key: (i64, u8), summary: Summary) {
        match self.series.entry(id).or_default().entry(key) {
            Entry::Vacant(vacant) => {
                self.bytes += POINT_BYTES + spread_bytes(&summary.spread);
                vacant.insert(summary);
            }
            Entry::Occupied(mut found) => {
                let before = spread_bytes(&found.get().spread);
                found.get_mut().add(&summary);
                self.bytes = (self.bytes + spread_bytes(&found.get().spread)).saturating_sub(before);
            }
        }
    }

    /// Takes in all of another one.
    pub(super) fn add_all(&mut self, other: &Table) {
        for (id, points) in &other.series {
            for (key, summary) in points {
                self.add(*id, *key, summary.clone());
            }
        }
    }

    /// About how much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    /// The points of a metric.
    pub(super) fn points(&self, id: u32) -> Option<&Points> {
        self.series.get(&id)
    }

    /// Every metric's points, by number.
    pub(super) fn series(&self) -> impl Iterator<Item = (u32, &Points)> {
        self.series.iter().map(|(id, points)| (*id, points))
    }
}

fn spread_bytes(spread: &Spread) -> usize {
    match spread {
        Spread::Same | Spread::Unknown => 0,
        Spread::Exact(pairs) => pairs.len() * 16,
        Spread::Sketch(sketch) => (sketch.below_zero.len() + sketch.above_zero.len()) * 24,
    }
}

/// The points by periods of so many seconds, each with all that lies in it.
pub(super) fn coarser(points: Points, seconds: i64) -> Points {
    if seconds == 1 {
        return points;
    }
    let mut coarse = Points::new();
    for ((at, unit), summary) in points {
        add(&mut coarse, (at.div_euclid(seconds) * seconds, unit), summary);
    }
    coarse
}

/// Adds a summary to what is known of its time.
pub(super) fn add(points: &mut Points, key: (i64, u8), summary: Summary) {
    match points.entry(key) {
        Entry::Vacant(vacant) => {
            vacant.insert(summary);
        }
        Entry::Occupied(mut found) => found.get_mut().add(&summary),
    }
}
