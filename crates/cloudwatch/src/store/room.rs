use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anabranch_api::cloudwatch::Error;
use anabranch_log::{LogId, Position};
use anabranch_types::Timestamp;
use tokio::sync::{Mutex as AsyncMutex, RwLock};

use super::logs::{Logs, failed};
use super::manifest::{Entry, Replay};
use super::memory::Memory;
use super::upkeep::{Upkeep, levels};
use crate::datum::Datum;
use crate::errors;

/// What data that are in no run yet take in memory at the most, for each account and region, before they are written to one.
pub(super) const RECENT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Metrics of an account and region at the most. Each takes some hundred bytes of memory.
pub(crate) const METRICS_MAX: usize = 250_000;

/// The metrics of one account and region: those that callers put, or those of our services.
pub(super) struct Room {
    pub(super) logs: Arc<Logs>,
    /// The catalog's key of the log of data; those of its other logs begin with it.
    pub(super) key: String,
    /// Where data stand until they are in a run.
    pub(super) data: LogId,
    /// Held shared while data are on their way from the log into memory: who holds it alone knows that memory has all that the log has.
    pub(super) arrivals: RwLock<()>,
    /// Flushes and merges take turns.
    pub(super) upkeep: AsyncMutex<Upkeep>,
    memory: Mutex<Memory>,
}

impl Room {
    /// Reads what there is: the manifest, and the data that are in no run yet.
    pub(super) async fn open(logs: Arc<Logs>, key: String, data: LogId) -> Result<Self, Error> {
        let upkeep = Upkeep::open(&logs, &key).await?;
        let mut replay = Replay::default();
        if let Some(manifest) = upkeep.manifest() {
            let mut place = logs.log.state(manifest).map_err(|e| failed("read metrics", &e))?.start;
            loop {
                let records = logs.next(manifest, &mut place).await?;
                if records.is_empty() {
                    break;
                }
                for record in records {
                    let entry = Entry::decode(record.record.data)
                        .ok_or_else(|| failed("read metrics", &"an entry of the manifest is not readable"))?;
                    replay.entry(entry);
                }
            }
        }
        let unflushed = replay.kept.unflushed;
        let levels = levels(&logs, &key).await?;
        let upkeep = upkeep.after(&replay);
        let room = Self {
            logs,
            key,
            data,
            arrivals: RwLock::default(),
            upkeep: AsyncMutex::new(upkeep),
            memory: Mutex::new(Memory::of(replay.kept, levels)),
        };
        room.replay(unflushed).await?;
        Ok(room)
    }

    async fn replay(&self, mut place: Position) -> Result<(), Error> {
        loop {
            let records = self.logs.next(self.data, &mut place).await?;
            let Some(last) = records.last().map(|record| record.arrival) else { return Ok(()) };
            let is_full = {
                let mut memory = self.memory();
                let data = records.into_iter().filter_map(|record| Datum::decode(record.record.data));
                data.for_each(|datum| memory.take(datum));
                memory.recent.bytes() > RECENT_BYTES_MAX
            };
            if is_full {
                self.upkeep.lock().await.flush(self, place, last).await?;
            }
        }
    }

    /// Takes in data, all of them or none; durable, as the log is, and seen by every later read when this returns.
    pub(super) async fn append(&self, data: Vec<Datum>, now: Timestamp) -> Result<(), Error> {
        self.flush_if_full(now).await?;
        self.admit(&data)?;
        let _arriving = self.arrivals.read().await;
        let records = data.iter().map(Datum::encode).collect();
        self.logs.append(self.data, records).await?;
        let mut memory = self.memory();
        data.into_iter().for_each(|datum| memory.take(datum));
        Ok(())
    }

    /// Writes data to a run if there are too many for memory.
    async fn flush_if_full(&self, now: Timestamp) -> Result<(), Error> {
        if self.memory().recent.bytes() <= RECENT_BYTES_MAX {
            return Ok(());
        }
        let mut upkeep = self.upkeep.lock().await;
        // Somebody else may have done it meanwhile.
        if self.memory().recent.bytes() <= RECENT_BYTES_MAX {
            return Ok(());
        }
        upkeep.flush_arrived(self, now).await
    }

    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// New metrics are refused where there are too many.
    fn admit(&self, data: &[Datum]) -> Result<(), Error> {
        let memory = self.memory();
        let is_full = memory.metrics() + data.len() > METRICS_MAX
            && memory.metrics() + data.iter().filter(|datum| memory.id(&datum.metric).is_none()).count()
                > METRICS_MAX;
        if is_full { Err(errors::too_many_metrics(METRICS_MAX)) } else { Ok(()) }
    }
}
