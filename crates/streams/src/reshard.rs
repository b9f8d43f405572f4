//! Splits and merges: an intent in the catalog, close records in the logs, then one commit with the closed parents and their
//! children. Killed anywhere, a reshard is finished at start-up or never happened.

use std::collections::BTreeMap;

use anabranch_api::kinesis::Error;
use anabranch_log::{LogId, Position};
use anabranch_types::{HashKey, HashRange, Timestamp};

use crate::Streams;
use crate::changes::Draft;
use crate::errors::{self, Failed};
use crate::limits::ACCOUNT_SHARDS_MAX;
use crate::resolve::require_active;
use crate::stored::{Closed, Intent, Mode, Status, StoredShard, StoredStep};
use crate::stream::Stream;

/// An open shard in a plan: its index and range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub index: u32,
    pub range: HashRange,
}

/// Steps that follow one another, and the index the next shard gets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    pub steps: Vec<StoredStep>,
    pub next_index: u32,
}

impl Plan {
    pub fn new(next_index: u32) -> Self {
        Self { steps: Vec::new(), next_index }
    }

    /// Splits a shard so that its second half begins at `at`, which lies inside and is not its first key.
    pub fn split(&mut self, shard: Piece, at: HashKey) -> [Piece; 2] {
        let lower = HashRange { start: shard.range.start, end: HashKey(at.0 - 1) };
        let upper = HashRange { start: at, end: shard.range.end };
        let children = [lower, upper].map(|range| Piece { index: self.take_index(), range });
        let open = children.map(|c| StoredShard::planned(c.index, c.range, Some(shard.index), None));
        self.steps.push(StoredStep { close: vec![shard.index], open: open.into() });
        children
    }

    /// Merges a shard with the one whose range comes right after.
    pub fn merge(&mut self, lower: Piece, upper: Piece) -> Piece {
        let range = HashRange { start: lower.range.start, end: upper.range.end };
        let child = Piece { index: self.take_index(), range };
        let open = StoredShard::planned(child.index, range, Some(lower.index), Some(upper.index));
        self.steps.push(StoredStep { close: vec![lower.index, upper.index], open: vec![open] });
        child
    }

    /// UNIFORM_SCALING as AWS does it, from left to right: shards are split where a boundary of the equal ranges falls inside, then the
    /// pieces of each range are merged. Shards that are closed again by a later step stay visible as closed ones: 4 → 5 makes 15 in all,
    /// 4 → 3 makes 11 (moto; risingwave#9961).
    pub fn uniform(open: impl IntoIterator<Item = Piece>, target: u32, next_index: u32) -> Self {
        let mut plan = Self::new(next_index);
        let mut pieces: BTreeMap<HashKey, Piece> = open.into_iter().map(|p| (p.range.start, p)).collect();
        for boundary in HashRange::divide(target).skip(1).map(|r| r.start) {
            let Some((_, &piece)) = pieces.range(..=boundary).next_back() else { continue };
            if piece.range.start < boundary {
                let halves = plan.split(piece, boundary);
                pieces.extend(halves.map(|h| (h.range.start, h)));
            }
        }
        for range in HashRange::divide(target) {
            let mut inside = pieces.range(range.start..=range.end).map(|(_, p)| *p);
            if let Some(first) = inside.next() {
                inside.fold(first, |merged, piece| plan.merge(merged, piece));
            }
        }
        plan
    }

    fn take_index(&mut self) -> u32 {
        self.next_index += 1;
        self.next_index - 1
    }
}

impl Draft {
    /// Begins a reshard by a plan made for this draft; `status` lasts until `due`.
    pub fn begin_reshard(&mut self, plan: Plan, due: Timestamp) {
        self.stored.next_shard = plan.next_index;
        self.stored.intent = Some(Intent::Reshard(plan.steps));
        self.stored.status = Status::Updating;
        self.stored.due_ms = Some(due.millis());
    }

    /// Refuses a reshard that the stream's state, its mode or the account's shards do not allow.
    pub fn allow_reshard(&self, stream: &Stream) -> Result<(), Error> {
        require_active(&stream.id, self.stored.status)?;
        match self.stored.mode {
            Mode::Provisioned => Ok(()),
            Mode::OnDemand => Err(errors::is_on_demand(&stream.id)),
        }
    }
}

impl Streams {
    /// Changes a stream as `decide` says, which begins a reshard, and finishes that reshard.
    pub(crate) async fn reshard<T>(
        &self,
        stream: &Stream,
        decide: impl FnOnce(&mut Draft) -> Result<T, Error> + Send,
    ) -> Result<T, Error> {
        let _one_at_a_time = stream.changing.lock().await;
        if !self.is_there(stream) {
            return Err(errors::stream_not_found(&stream.id.name, stream.id.account));
        }
        let decided = self.change_locked(stream, decide).await?;
        self.settle_locked(stream, self.clock.now()).await?;
        Ok(decided)
    }

    /// Refuses `additional` open shards that the account may not have.
    pub(crate) fn refuse_over_shard_limit(&self, stream: &Stream, additional: u32) -> Result<(), Error> {
        let open = self.directory.usage(&stream.scope).open_shards;
        if open.saturating_add(additional) > ACCOUNT_SHARDS_MAX {
            return Err(errors::shard_limit(&stream.id, open, ACCOUNT_SHARDS_MAX, additional));
        }
        Ok(())
    }

    /// Finishes the reshard that was begun, if there is one; the caller holds `changing`. Each part may be done already.
    pub(crate) async fn finish_reshard_locked(&self, stream: &Stream) -> Result<(), Error> {
        let view = stream.view();
        let Some(Intent::Reshard(steps)) = &view.stored.intent else { return Ok(()) };
        let log = |index| LogId { group: stream.group, index };
        let children = steps.iter().flat_map(|s| &s.open).map(|child| log(child.index));
        self.log.create(children.collect()).await.map_err(Failed::from)?;
        let mut ends = BTreeMap::new();
        let mut now = self.clock.now();
        for &parent in steps.iter().flat_map(|s| &s.close) {
            let end = self.log.close(log(parent)).await.map_err(Failed::from)?;
            let last = self.log.state(log(parent)).map_err(Failed::from)?.last_arrival;
            now = now.max(last.unwrap_or(now));
            ends.insert(parent, end);
        }
        self.change_locked(stream, |draft| {
            apply(draft, steps, &ends, now);
            draft.stored.intent = None;
            Ok(())
        })
        .await
    }
}

/// Closes the parents and adds the children. A child's creation second is one after its parents' last put second, so that its
/// numbers are greater than theirs (recorded by kinesalite).
fn apply(draft: &mut Draft, steps: &[StoredStep], ends: &BTreeMap<u32, Position>, now: Timestamp) {
    let now_seconds = u64::try_from(now.seconds()).unwrap_or(0);
    for step in steps {
        let mut last_second = now_seconds;
        for parent in &step.close {
            let Some(shard) = draft.shards.iter_mut().find(|s| s.index == *parent) else { continue };
            let seconds = now_seconds.max(shard.created_seconds);
            let end = ends.get(parent).copied().unwrap_or_default().into();
            shard.closed = Some(Closed { at_ms: now.millis(), seconds, end });
            last_second = last_second.max(seconds);
        }
        draft.shards.extend(step.open.iter().map(|child| StoredShard {
            created_seconds: last_second + 1,
            created_ms: now.millis(),
            ..child.clone()
        }));
    }
    draft.shards.sort_by_key(|s| s.index);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn even(shards: u32) -> Vec<Piece> {
        (0..).zip(HashRange::divide(shards)).map(|(index, range)| Piece { index, range }).collect()
    }

    /// How many shards there are in all, and the open ones' ranges, after scaling.
    fn scaled(open: Vec<Piece>, target: u32) -> (u32, Vec<HashRange>) {
        let next_index = u32::try_from(open.len()).unwrap();
        let plan = Plan::uniform(open.clone(), target, next_index);
        let mut left: BTreeMap<u32, HashRange> = open.into_iter().map(|p| (p.index, p.range)).collect();
        for step in &plan.steps {
            for parent in &step.close {
                assert!(left.remove(parent).is_some(), "a step closes what is open");
            }
            left.extend(step.open.iter().map(|s| (s.index, s.range())));
        }
        let mut ranges: Vec<_> = left.into_values().collect();
        ranges.sort_by_key(|r| r.start);
        (plan.next_index, ranges)
    }

    #[test]
    fn scaling_makes_the_temporary_shards_that_aws_makes() {
        for (from, to, in_all) in
            [(1, 2, 3), (2, 4, 6), (4, 2, 6), (4, 5, 15), (4, 3, 11), (3, 3, 3), (8, 16, 24)]
        {
            assert_eq!(scaled(even(from), to).0, in_all, "{from} to {to}");
        }
    }

    proptest! {
        #[test]
        fn scaling_ends_with_equal_ranges(from in 1_u32..40, to in 1_u32..80) {
            prop_assert_eq!(scaled(even(from), to).1, HashRange::divide(to).collect::<Vec<_>>());
        }
    }
}
