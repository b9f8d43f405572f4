//! Which log group's events stand in which group of logs, for who looks at the stores while no server runs.

use anabranch_catalog::{Catalog, Value as _};
use anabranch_log::GroupId;

use crate::LogsOpenError;
use crate::errors::Failed;
use crate::open::{scan_all, scopes};
use crate::stored::StoredGroup;

/// The group of logs of every log group in the catalog with the log group's ARN; also of what its subscription filters are served from, and of
/// those whose deletion is not finished.
pub async fn log_groups(catalog: &dyn Catalog) -> Result<Vec<(GroupId, String)>, LogsOpenError> {
    let mut groups = Vec::new();
    for scope in scopes(catalog).await? {
        for prefix in [scope.groups(), scope.deleted()] {
            for entry in scan_all(catalog, prefix.clone()).await? {
                let stored = StoredGroup::from_bytes(&entry.value).map_err(Failed::from)?;
                let name = String::from_utf8_lossy(&entry.key[prefix.len()..]);
                let (partition, region) = (scope.region.partition().as_str(), &scope.region);
                let arn = format!("arn:{partition}:logs:{region}:{}:log-group:{name}", scope.account);
                groups.push((GroupId(stored.number), arn.clone()));
                groups
                    .extend(stored.outbox.map(|outbox| (GroupId(outbox), format!("{arn} (subscriptions)"))));
            }
        }
    }
    Ok(groups)
}
