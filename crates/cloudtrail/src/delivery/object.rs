use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use anabranch_types::Timestamp;
use flate2::Compression;
use flate2::write::GzEncoder;
use object_store::local::LocalFileSystem;
use object_store::{ObjectStoreExt as _, PutPayload};

use super::DeliveryError;
use crate::trails::{Trail, TrailId};

/// Puts an object into a bucket; on the disk when this returns.
pub(super) async fn put(bucket: &Path, object: &str, content: Vec<u8>) -> Result<(), DeliveryError> {
    let store = LocalFileSystem::new_with_prefix(bucket)?;
    let path = object_store::path::Path::parse(object)?;
    store.put(&path, PutPayload::from(content)).await?;
    let file = bucket.join(object);
    let synced = tokio::task::spawn_blocking(move || {
        File::open(&file)?.sync_all()?;
        file.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
    });
    Ok(synced.await.map_err(io::Error::other)??)
}

/// As gzip.
pub(super) fn compressed(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(content)?;
    gzip.finish()
}

/// What an object of events is called (CT cloudtrail-log-file-examples).
pub(super) fn events_name(trail: &Trail, region: &str, at: Timestamp, unique: &str) -> String {
    let account = trail.id.account;
    let place = place(trail, "CloudTrail", region, at);
    format!("{place}/{account}_CloudTrail_{region}_{}_{unique}.json.gz", stamp(at, "%Y%m%dT%H%MZ"))
}

/// What a digest is called.
pub(super) fn digest_name(trail: &Trail, region: &str, end: Timestamp) -> String {
    let TrailId { account, region: home, name } = &trail.id;
    let place = place(trail, "CloudTrail-Digest", region, end);
    let end = stamp(end, "%Y%m%dT%H%M%SZ");
    format!("{place}/{account}_CloudTrail-Digest_{region}_{name}_{home}_{end}.json.gz")
}

fn place(trail: &Trail, kind: &str, region: &str, at: Timestamp) -> String {
    let prefix = trail.stored.prefix.as_ref().map_or_else(String::new, |prefix| format!("{prefix}/"));
    format!("{prefix}AWSLogs/{}/{kind}/{region}/{}", trail.id.account, stamp(at, "%Y/%m/%d"))
}

/// A time in UTC.
fn stamp(at: Timestamp, format: &str) -> String {
    let time = jiff::Timestamp::from_second(at.seconds()).unwrap_or_default();
    time.strftime(format).to_string()
}
