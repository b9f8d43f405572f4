//! Which stream's records stand in which group of logs, for who looks at the stores while no server runs.

use anabranch_catalog::{Catalog, Key};
use anabranch_log::GroupId;
use anabranch_types::StreamArn;

use crate::OpenError;
use crate::errors::Failed;
use crate::open::{first_entry, last_part, scan_all};
use crate::stored::{StoredStream, Value, next_scope_after, scope_of};

/// The group of logs of every stream in the catalog, in any state.
pub async fn log_groups(catalog: &dyn Catalog) -> Result<Vec<(GroupId, StreamArn)>, OpenError> {
    let mut groups = Vec::new();
    let mut after: Option<Key> = None;
    while let Some(entry) = first_entry(catalog, after).await? {
        if let Some(scope) = scope_of(&entry.key) {
            for entry in scan_all(catalog, scope.kind("stream")).await? {
                let stored = StoredStream::from_bytes(&entry.value).map_err(Failed::from)?;
                if let Some(name) = last_part(&entry.key) {
                    let arn = StreamArn { region: scope.region.clone(), account: scope.account, name };
                    groups.push((stored.group(), arn));
                }
            }
        }
        after = Some(next_scope_after(&entry.key));
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::bench;

    #[tokio::test]
    async fn every_stream_is_named_with_its_group() {
        let bench = bench().await;
        bench.create("a", 1).await;
        bench.create("b", 2).await;
        let groups = log_groups(&*bench.streams.catalog).await.unwrap();
        let named: Vec<String> = groups.iter().map(|(_, arn)| arn.to_string()).collect();
        assert_eq!(named, ["a", "b"].map(|n| format!("arn:aws:kinesis:us-east-1:123456789012:stream/{n}")));
        let logs = bench.streams.log.logs();
        assert!(groups.iter().all(|(group, _)| logs.iter().any(|log| log.group == *group)));
    }
}
