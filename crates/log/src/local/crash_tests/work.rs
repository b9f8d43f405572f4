use std::sync::Arc;
use std::time::Duration;

use anabranch_types::Clock;
use bytes::Bytes;

use super::model::{Asked, Model, record};
use super::{OPERATIONS, Run, open};
use crate::disk::SimulatedDisk;
use crate::local::LocalLog;
use crate::{AppendOutcome, Batch, GroupId, LogError, LogId, NewRecord, Producer, RecordLog, Refusal};

/// Chance from a seed (SplitMix64).
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0x5eed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

/// How a piece of work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All of it was done.
    Done,
    /// The power went.
    PowerGone,
}

/// A piece of work on an open log.
pub struct Work<'a> {
    pub log: Arc<LocalLog>,
    pub disk: &'a SimulatedDisk,
    pub clock: &'a Clock,
    pub run: Run,
}

/// Nothing more can be done: the power is gone.
struct Gone;

impl Work<'_> {
    pub async fn go(mut self, chance: &mut Chance, model: &mut Model) -> Ended {
        for _ in 0..OPERATIONS {
            if self.operate(chance, model).await.is_err() {
                return Ended::PowerGone;
            }
        }
        Ended::Done
    }

    async fn operate(&mut self, chance: &mut Chance, model: &mut Model) -> Result<(), Gone> {
        match chance.below(24) {
            0 | 1 => self.create(chance, model).await,
            2 => self.close(chance, model).await,
            3 => self.remove(chance, model).await,
            4 if chance.below(3) == 0 => self.remove_group(chance, model).await,
            5 => self.trim(chance, model).await,
            6 => self.restart(model, Stop::Clean).await,
            7 => self.restart(model, Stop::Killed).await,
            8..=10 => self.checkpoint(chance).await,
            11 => self.look(model).await,
            _ => self.append(chance, model).await,
        }
    }

    async fn create(&self, chance: &mut Chance, model: &mut Model) -> Result<(), Gone> {
        // An id is never used again, as the contract demands.
        let fresh = model.fresh();
        let id = match self.some(chance, model).filter(|_| chance.below(2) == 0) {
            Some(near) => LogId { group: near.group, index: fresh as u32 },
            None => LogId { group: GroupId(fresh), index: 0 },
        };
        model.unanswered.push(Asked::Create(id));
        settle(self.log.create(vec![id]).await)?;
        model.unanswered.pop();
        model.created(id);
        Ok(())
    }

    fn some(&self, chance: &mut Chance, model: &Model) -> Option<LogId> {
        let live = model.live();
        if live.is_empty() {
            return None;
        }
        Some(live[chance.below(live.len() as u64) as usize])
    }

    async fn append(&self, chance: &mut Chance, model: &mut Model) -> Result<(), Gone> {
        self.clock.advance_to(self.clock.now() + Duration::from_millis(chance.below(50)));
        let mut batches = Vec::new();
        for _ in 0..=chance.below(3) {
            let Some(id) = self.some(chance, model) else { break };
            let data: Vec<Bytes> = (0..=chance.below(4)).map(|_| some_data(chance)).collect();
            batches.push((id, data));
        }
        if batches.is_empty() {
            return self.create(chance, model).await;
        }
        let asked = |(id, data): &(LogId, Vec<Bytes>)| Asked::Append(*id, data.clone());
        model.unanswered.extend(batches.iter().map(asked));
        let outcomes = self.log.append_all(batches.iter().map(to_batch).collect()).await;
        if outcomes.iter().any(|o| matches!(o, AppendOutcome::Refused(Refusal::Poisoned))) {
            return Err(Gone);
        }
        model.unanswered.clear();
        for ((id, data), outcome) in batches.iter().zip(outcomes) {
            match outcome {
                AppendOutcome::Appended { first, arrival } => model.appended(*id, first, arrival, data),
                AppendOutcome::Closed => assert!(model.is_closed(*id), "{:?}: {id:?} is open", self.run),
                AppendOutcome::Refused(why) => panic!("{:?}: {id:?} refuses: {why:?}", self.run),
            }
        }
        Ok(())
    }

    async fn close(&self, chance: &mut Chance, model: &mut Model) -> Result<(), Gone> {
        let Some(id) = self.some(chance, model) else { return Ok(()) };
        model.unanswered.push(Asked::Close(id));
        let at = settle(self.log.close(id).await)?;
        model.unanswered.pop();
        model.closed(id, at);
        Ok(())
    }

    async fn remove(&self, chance: &mut Chance, model: &mut Model) -> Result<(), Gone> {
        let Some(id) = self.some(chance, model) else { return Ok(()) };
        model.unanswered.push(Asked::Remove(id));
        settle(self.log.remove(vec![id]).await)?;
        model.unanswered.pop();
        model.removed(id);
        Ok(())
    }

    async fn remove_group(&self, chance: &mut Chance, model: &mut Model) -> Result<(), Gone> {
        let Some(id) = self.some(chance, model) else { return Ok(()) };
        model.unanswered.push(Asked::RemoveGroup(id.group));
        settle(self.log.remove_group(id.group).await)?;
        model.unanswered.pop();
        model.group_removed(id.group);
        Ok(())
    }

    async fn trim(&self, chance: &mut Chance, model: &mut Model) -> Result<(), Gone> {
        let Some(id) = self.some(chance, model) else { return Ok(()) };
        let before = self.clock.now() - Duration::from_millis(chance.below(300));
        model.unanswered.push(Asked::Trim(id.group, before));
        settle(self.log.trim(id.group, before).await)?;
        model.unanswered.pop();
        model.trimmed(id.group, before);
        Ok(())
    }

    async fn checkpoint(&self, chance: &mut Chance) -> Result<(), Gone> {
        self.clock.advance_to(self.clock.now() + Duration::from_millis(chance.below(400)));
        settle(self.log.checkpoint().await)
    }

    async fn look(&self, model: &mut Model) -> Result<(), Gone> {
        // Where memory acknowledges, the power may have gone unnoticed.
        settle(self.log.create(Vec::new()).await)?;
        model.check(&self.log, &format!("{:?}, in the middle", self.run)).await;
        Ok(())
    }

    async fn restart(&mut self, model: &mut Model, stop: Stop) -> Result<(), Gone> {
        if stop == Stop::Clean {
            settle(self.log.shut_down().await)?;
        }
        // Dropping the log ends its threads; what the disk's cache holds stays.
        let placeholder = open(&SimulatedDisk::new(), self.run.durability, self.clock);
        drop(std::mem::replace(&mut self.log, placeholder.expect("an empty disk opens")));
        self.log = open(self.disk, self.run.durability, self.clock).map_err(|_| Gone)?;
        model.check(&self.log, &format!("{:?}, after a stop {stop:?}", self.run)).await;
        Ok(())
    }
}

/// How a log is stopped while the machine runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    Clean,
    Killed,
}

fn to_batch((log, data): &(LogId, Vec<Bytes>)) -> Batch {
    let records: Vec<NewRecord> = data.iter().map(record).collect();
    Batch { log: *log, records, producer: Producer::default() }
}

/// Distinct bytes, mostly short.
fn some_data(chance: &mut Chance) -> Bytes {
    let length = match chance.below(4) {
        0 => 0,
        1 => chance.below(3000),
        _ => chance.below(200),
    };
    let name = format!("{:016x}", chance.next());
    name.bytes().cycle().take(16 + length as usize).collect()
}

fn settle<T>(answer: Result<T, LogError>) -> Result<T, Gone> {
    match answer {
        Ok(done) => Ok(done),
        Err(LogError::Poisoned | LogError::Io { .. }) => Err(Gone),
        Err(e) => panic!("{e}"),
    }
}
