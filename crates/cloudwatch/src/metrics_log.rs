use std::collections::HashMap;
use std::fmt::{self, Display};
use std::sync::{Arc, Mutex, PoisonError};

use anabranch_api::cloudwatch::{Error, StandardUnit};
use anabranch_catalog::{Catalog, CatalogError, Commit, Expect, Key, next_log_group};
use anabranch_log::{
    AppendOutcome, Batch, GroupId, LogId, NewRecord, Producer, ReadFrom, ReadLimit, RecordLog,
};
use anabranch_types::{AccountId, Region, Timestamp};

use super::SERVICES_PREFIX;
use super::datum::{Datum, Metric};
use super::errors;
use super::grid::Grid;
use super::put_metric_data::{AHEAD_MAX, PAST_MAX};
use super::summary::Summary;

/// The version of the catalog's value that names a log.
const VALUE_VERSION: u8 = 1;
/// Most logs remembered; beyond, all are looked up anew.
const REMEMBERED_MAX: usize = 10_000;
/// What a scan reads at a time.
const READ: ReadLimit = ReadLimit { records_max: 10_000, bytes_max: 4 * 1024 * 1024 };

/// What stands in the keys of logs of metrics, between account and region and whose they are.
const KEY_MIDDLE: &str = "/monitoring/log/";
/// Keys read by one scan.
const SCAN_KEYS: usize = 1000;

/// The group of logs of every account's metrics in the catalog, with `account/region`.
pub async fn log_groups(catalog: &dyn Catalog) -> Result<Vec<(GroupId, String)>, CatalogError> {
    let (mut groups, mut after) = (Vec::new(), None);
    loop {
        let page = catalog.scan(Key::from_static(b"/"), after, SCAN_KEYS).await?;
        for entry in &page.entries {
            let key = std::str::from_utf8(&entry.key).unwrap_or_default();
            if let Some((scope, _whose)) = key.split_once(KEY_MIDDLE)
                && let Some(log) = parse(&entry.value)
            {
                groups.push((log.group, scope.trim_start_matches('/').to_owned()));
            }
        }
        after = page.entries.last().map(|e| e.key.clone());
        if !page.more {
            return Ok(groups);
        }
    }
}

/// Where data stand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) account: AccountId,
    pub(super) region: &'a Region,
    pub(super) whose: Whose,
}

/// Who measured them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// Those who call PutMetricData.
    Callers,
    /// Our own services.
    Services,
}

/// The logs of metrics, for each account and region one of what callers put and one of what our services measured.
pub(super) struct MetricsLogs {
    log: Arc<dyn RecordLog>,
    catalog: Arc<dyn Catalog>,
    /// By catalog key. Logs are never removed, so what is remembered stays true.
    remembered: Mutex<HashMap<Key, LogId>>,
}

impl MetricsLogs {
    pub(super) fn new(log: Arc<dyn RecordLog>, catalog: Arc<dyn Catalog>) -> Self {
        Self { log, catalog, remembered: Mutex::default() }
    }

    /// Appends the data together; durable, as the log is, when this returns. Answers the log.
    pub(super) async fn append(&self, place: &Place<'_>, data: &[Datum]) -> Result<LogId, Error> {
        let log = self.open_or_make(place).await?;
        let records = data.iter().map(|d| NewRecord { data: d.encode(), ..NewRecord::default() }).collect();
        let batch = Batch { log, records, producer: Producer::default() };
        match self.log.append_all(vec![batch]).await.as_slice() {
            [AppendOutcome::Appended { .. }] => Ok(log),
            refused => Err(failed("append metrics", &format_args!("{refused:?}"))),
        }
    }

    /// Calls `each` with what is known of a metric in the time of the grid, in no order; what is told several times of one time and unit
    /// is to be added up.
    pub(super) async fn read(
        &self,
        place: &Place<'_>,
        metric: &Metric,
        grid: Grid,
        _now: Timestamp,
        mut each: impl FnMut(Timestamp, StandardUnit, &Summary) + Send,
    ) -> Result<(), Error> {
        let (from, until) = (grid.start - AHEAD_MAX, grid.end + PAST_MAX);
        self.scan(place, from, until, |datum| {
            if datum.metric == *metric
                && let Some(summary) = Summary::of(&datum.measured)
            {
                each(datum.at, datum.unit, &summary);
            }
        })
        .await
    }

    /// Lets data go that arrived before a time.
    pub(super) async fn trim(&self, log: LogId, before: Timestamp) -> Result<(), Error> {
        self.log.trim(log.group, before).await.map_err(|e| failed("let go of old metrics", &Chain(&e)))
    }

    /// Calls `each` with every datum that arrived at `from` or later, until and including `until`, in the order of arrival.
    async fn scan(
        &self,
        place: &Place<'_>,
        from: Timestamp,
        until: Timestamp,
        mut each: impl FnMut(Datum) + Send,
    ) -> Result<(), Error> {
        let Some(log) = self.open(&place.key()).await? else {
            return Ok(());
        };
        let mut next = ReadFrom::Time(from);
        loop {
            let batch =
                self.log.read(log, next, READ).await.map_err(|e| failed("read metrics", &Chain(&e)))?;
            let Some(last) = batch.records.last() else {
                return Ok(());
            };
            let done = last.arrival > until;
            let in_time = batch.records.into_iter().take_while(|record| record.arrival <= until);
            in_time.filter_map(|record| Datum::decode(record.record.data)).for_each(&mut each);
            if done || batch.next >= batch.state.end {
                return Ok(());
            }
            next = ReadFrom::Position(batch.next);
        }
    }

    /// The log under a key, if it was ever made.
    async fn open(&self, key: &Key) -> Result<Option<LogId>, Error> {
        if let Some(log) = self.remembered.lock().unwrap_or_else(PoisonError::into_inner).get(key) {
            return Ok(Some(*log));
        }
        let entry =
            self.catalog.get(key.clone()).await.map_err(|e| failed("find the log of metrics", &Chain(&e)))?;
        let Some(entry) = entry else {
            return Ok(None);
        };
        let log = parse(&entry.value)
            .ok_or_else(|| failed("find the log of metrics", &"the catalog's value is not readable"))?;
        self.remember(key, log);
        Ok(Some(log))
    }

    /// The log of an account and region. The log is made before the catalog names it: a crash between
    /// leaves an empty log that nobody names.
    async fn open_or_make(&self, place: &Place<'_>) -> Result<LogId, Error> {
        let key = place.key();
        if let Some(log) = self.open(&key).await? {
            return Ok(log);
        }
        let number = next_log_group(&*self.catalog).await.map_err(|e| failed("number a log", &Chain(&e)))?;
        let log = LogId { group: GroupId(number), index: 0 };
        self.log.create(vec![log]).await.map_err(|e| failed("make a log of metrics", &Chain(&e)))?;
        let mut value = vec![VALUE_VERSION];
        value.extend(number.to_be_bytes());
        let commit = Commit {
            expect: vec![Expect::Absent(key.clone())],
            put: vec![(key.clone(), value.into())],
            delete: vec![],
        };
        match self.catalog.commit(commit).await {
            Ok(_) => {
                self.remember(&key, log);
                Ok(log)
            }
            Err(CatalogError::Conflict { .. }) => {
                self.log.remove_group(log.group).await.map_err(|e| failed("remove a log", &Chain(&e)))?;
                let made = self.open(&key).await?;
                made.ok_or_else(|| failed("make a log of metrics", &"its name came and went"))
            }
            Err(error) => Err(failed("name a log of metrics", &Chain(&error))),
        }
    }

    fn remember(&self, key: &Key, log: LogId) {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= REMEMBERED_MAX {
            remembered.clear();
        }
        remembered.insert(key.clone(), log);
    }
}

impl<'a> Place<'a> {
    /// Where data of a namespace stand.
    pub(super) fn of(account: AccountId, region: &'a Region, namespace: &str) -> Self {
        let ours = namespace.starts_with(SERVICES_PREFIX);
        Self { account, region, whose: if ours { Whose::Services } else { Whose::Callers } }
    }

    fn key(&self) -> Key {
        let Place { account, region, whose } = self;
        let name = match whose {
            Whose::Callers => "metrics",
            Whose::Services => "services",
        };
        format!("/{account}/{region}{KEY_MIDDLE}{name}").into()
    }
}

fn parse(value: &[u8]) -> Option<LogId> {
    let number = value.strip_prefix(&[VALUE_VERSION])?;
    Some(LogId { group: GroupId(u64::from_be_bytes(number.try_into().ok()?)), index: 0 })
}

/// Writes the cause to the server's log; the caller is told only that it failed.
fn failed(doing: &str, cause: &dyn Display) -> Error {
    tracing::error!(%cause, "cannot {doing}");
    errors::internal()
}

/// An error with the causes behind it.
struct Chain<'a>(&'a dyn std::error::Error);

impl Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        self.0.source().map_or(Ok(()), |cause| write!(f, ": {}", Chain(cause)))
    }
}
