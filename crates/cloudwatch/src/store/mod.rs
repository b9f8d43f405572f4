//! What is stored of metrics. Data are durable in a log and in memory at once; each hour they are written to a run, in which every metric has its
//! points in compressed chunks, and later hours are merged into days, by the minute, by five minutes and by the hour, which are kept as long as
//! CloudWatch keeps them. A manifest says which runs there are.

mod chunk;
mod hourly;
mod logs;
mod manifest;
mod memory;
mod merge;
mod read;
mod recent;
mod room;
mod run;
mod upkeep;
mod writer;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anabranch_api::cloudwatch::{Error, StandardUnit};
use anabranch_catalog::Catalog;
use anabranch_log::RecordLog;
use anabranch_types::{AccountId, Region, Timestamp};
use tokio::sync::Mutex as AsyncMutex;

pub(crate) use hourly::Hourly;
pub use logs::log_groups;
use logs::{Chain, KEY_MIDDLE, Logs, failed};
use room::Room;

use crate::SERVICES_PREFIX;
use crate::datum::{Datum, Metric};
use crate::grid::Grid;
use crate::summary::Summary;

/// A metric and the time of its last point, known to some hours.
pub(crate) type Listed = (Arc<Metric>, Timestamp);

/// Where data stand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    account: AccountId,
    region: &'a Region,
    whose: Whose,
}

/// Who measured them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// Those who call PutMetricData.
    Callers,
    /// Our own services.
    Services,
}

impl<'a> Place<'a> {
    /// Where data of a namespace stand.
    pub(crate) fn of(account: AccountId, region: &'a Region, namespace: &str) -> Self {
        let ours = namespace.starts_with(SERVICES_PREFIX);
        Self { account, region, whose: if ours { Whose::Services } else { Whose::Callers } }
    }

    fn key(&self) -> String {
        let Place { account, region, whose } = self;
        let name = match whose {
            Whose::Callers => "metrics",
            Whose::Services => "services",
        };
        format!("/{account}/{region}{KEY_MIDDLE}{name}")
    }
}

/// The metrics of every account and region. What is of one is read when it is first asked for.
pub(crate) struct Store {
    logs: Arc<Logs>,
    /// By catalog key.
    rooms: Mutex<HashMap<String, Arc<Room>>>,
    /// Rooms are opened one after the other.
    opening: AsyncMutex<()>,
}

impl Store {
    pub(crate) fn new(log: Arc<dyn RecordLog>, catalog: Arc<dyn Catalog>) -> Self {
        let logs = Arc::new(Logs { log, catalog });
        Self { logs, rooms: Mutex::default(), opening: AsyncMutex::default() }
    }

    /// Takes in data, all of them or none; durable, as the log is, and seen by every later read when this returns.
    pub(crate) async fn append(
        &self,
        place: &Place<'_>,
        data: Vec<Datum>,
        now: Timestamp,
    ) -> Result<(), Error> {
        if data.is_empty() {
            return Ok(());
        }
        self.room_or_make(&place.key()).await?.append(data, now).await
    }

    /// Calls `each` with what is known of a metric in the time of a grid, in no order: what is told several times of one time and unit is to be added up. What
    /// is too old for the grid's period is left out.
    pub(crate) async fn read(
        &self,
        place: &Place<'_>,
        metric: &Metric,
        grid: Grid,
        now: Timestamp,
        mut each: impl FnMut(Timestamp, StandardUnit, &Summary) + Send,
    ) -> Result<(), Error> {
        match self.room(&place.key()).await? {
            Some(room) => room.read(metric, grid, now, &mut each).await,
            None => Ok(()),
        }
    }

    /// The metrics of an account and region that are asked for, by namespace, name and dimensions.
    pub(crate) async fn list(
        &self,
        account: AccountId,
        region: &Region,
        is_asked: impl Fn(&Metric, Timestamp) -> bool + Send,
    ) -> Result<Vec<Listed>, Error> {
        let mut all = Vec::new();
        for whose in [Whose::Callers, Whose::Services] {
            let Some(room) = self.room(&Place { account, region, whose }.key()).await? else { continue };
            let memory = room.memory();
            let asked = memory.known().filter(|known| is_asked(&known.metric, known.last));
            all.extend(asked.map(|known| (Arc::clone(&known.metric), known.last)));
        }
        all.sort();
        Ok(all)
    }

    /// Writes to runs, merges and lets go: what is to be done every hour.
    async fn hourly(&self, now: Timestamp) {
        let rooms: Vec<_> = self.rooms().iter().map(|(key, room)| (key.clone(), Arc::clone(room))).collect();
        for (key, room) in rooms {
            let done = room.upkeep.lock().await.hourly(&room, now).await;
            if done.is_err() {
                tracing::warn!(key, "metrics stay in memory for another hour");
            }
        }
    }

    /// Opens what a start did not.
    async fn open_all(&self) -> Result<(), Error> {
        let named = logs::named(&*self.logs.catalog).await;
        let named = named.map_err(|e| failed("find the logs of metrics", &Chain(&e)))?;
        for (scope, name, _) in named {
            if !name.contains('.') {
                self.room(&format!("/{scope}{KEY_MIDDLE}{name}")).await?;
            }
        }
        Ok(())
    }

    async fn room(&self, key: &str) -> Result<Option<Arc<Room>>, Error> {
        if let Some(room) = self.rooms().get(key) {
            return Ok(Some(Arc::clone(room)));
        }
        let _alone = self.opening.lock().await;
        if let Some(room) = self.rooms().get(key) {
            return Ok(Some(Arc::clone(room)));
        }
        let Some(data) = self.logs.open(key).await? else { return Ok(None) };
        let room = Arc::new(Room::open(Arc::clone(&self.logs), key.to_owned(), data).await?);
        self.rooms().insert(key.to_owned(), Arc::clone(&room));
        Ok(Some(room))
    }

    async fn room_or_make(&self, key: &str) -> Result<Arc<Room>, Error> {
        if let Some(room) = self.room(key).await? {
            return Ok(room);
        }
        self.logs.open_or_make(key).await?;
        self.room(key).await?.ok_or_else(|| failed("make a log of metrics", &"it is not there"))
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<String, Arc<Room>>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Doors for `fuzz/`.
#[cfg(feature = "fuzzing")]
pub(crate) fn fuzz(bytes: &[u8]) {
    chunk::fuzz(bytes);
    manifest::fuzz(bytes);
}

#[cfg(test)]
mod at_scale;
#[cfg(test)]
mod tests;
