use std::collections::BTreeMap;
use std::path::Path;

use anabranch_catalog::SqliteCatalog;
use anabranch_cloudtrail::ledger;
use anabranch_cloudwatch as cloudwatch;
use anabranch_log::{GroupId, LogId};
use anabranch_logs as logs;
use anabranch_streams as streams;
use anabranch_types::ShardId;

use crate::cli::Failure;
use crate::world::CATALOG_FILE;

/// Whose logs they are, as the catalog says.
pub(super) struct Names {
    groups: BTreeMap<GroupId, Group>,
    /// Why the catalog says nothing.
    pub(super) unreadable: Option<Failure>,
}

enum Group {
    /// The stream's ARN.
    Stream(String),
    /// Account and region.
    Metrics(String),
    /// The log group's ARN.
    Events(String),
    /// Account and which of its ledgers.
    Ledger(String),
}

impl Names {
    /// The names in a data directory's catalog.
    pub(super) fn read(data_dir: &Path) -> Self {
        match read(data_dir) {
            Ok(groups) => Self { groups, unreadable: None },
            Err(error) => Self { groups: BTreeMap::new(), unreadable: Some(error) },
        }
    }

    /// Whose group it is.
    pub(super) fn group(&self, group: GroupId) -> String {
        match self.groups.get(&group) {
            Some(Group::Stream(arn)) => arn.clone(),
            Some(Group::Metrics(scope)) => format!("metrics of {scope}"),
            Some(Group::Events(arn)) => arn.clone(),
            Some(Group::Ledger(of)) => format!("audit of {of}"),
            None => format!("group {}", group.0),
        }
    }

    /// Whose log it is, shortly.
    pub(super) fn log(&self, log: LogId) -> String {
        match (self.groups.get(&log.group), ShardId::new(log.index)) {
            (Some(Group::Stream(arn)), Some(shard)) => format!("{shard} of {arn}"),
            (Some(Group::Events(arn)), _) => format!("log {} of {arn}", log.index),
            (Some(Group::Metrics(_) | Group::Ledger(_)), _) => self.group(log.group),
            _ => format!("log {} of group {}", log.index, log.group.0),
        }
    }

    /// The stream's ARN.
    pub(super) fn stream(&self, group: GroupId) -> Option<&str> {
        match self.groups.get(&group) {
            Some(Group::Stream(arn)) => Some(arn),
            _ => None,
        }
    }
}

fn read(data_dir: &Path) -> Result<BTreeMap<GroupId, Group>, Failure> {
    let catalog = SqliteCatalog::open_to_read(&data_dir.join(CATALOG_FILE))?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        let streams = streams::log_groups(&catalog).await?;
        let metrics = cloudwatch::log_groups(&catalog).await?;
        let events = logs::log_groups(&catalog).await?;
        let events = events.into_iter().map(|(group, arn)| (group, Group::Events(arn)));
        let streams = streams.into_iter().map(|(group, arn)| (group, Group::Stream(arn.to_string())));
        let metrics = metrics.into_iter().map(|(group, of)| (group, Group::Metrics(of)));
        let ledgers = ledger::ledgers(&catalog).await?;
        let ledgers = ledgers.into_iter().map(|(group, account, book)| {
            (group, Group::Ledger(format!("account {account}, {} events", book.name())))
        });
        Ok(streams.chain(metrics).chain(events).chain(ledgers).collect())
    })
}
