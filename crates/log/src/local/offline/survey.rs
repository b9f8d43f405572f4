use std::io;

use crate::GroupId;
use crate::disk::Disk;
use crate::local::history::{HistorySegment, NAME_PREFIX};
use crate::local::log::{LOCK_NAME, OpenError};
use crate::local::manifest::{self, Manifest};
use crate::local::recover::{self, Found, Recovered};

/// Takes the directory for this process.
pub fn lock(disk: &dyn Disk) -> Result<Box<dyn Send + Sync>, OpenError> {
    disk.lock(LOCK_NAME).map_err(|e| match e.kind() {
        io::ErrorKind::WouldBlock => OpenError::Locked,
        _ => OpenError::Io { doing: "lock the directory", source: e },
    })
}

/// The write-ahead segments that a start would read, in order. Changes nothing.
pub fn write_ahead(disk: &dyn Disk, checkpointed: u64) -> io::Result<Vec<Found>> {
    let mut segments = Vec::new();
    for name in disk.list("")? {
        segments.extend(recover::find_segment(disk, name, &mut Recovered::default())?);
    }
    segments.sort_by_key(|f| f.identity.first_place);
    let needed = segments.iter().rposition(|f| f.identity.first_place <= checkpointed).unwrap_or(0);
    Ok(segments.split_off(needed))
}

/// The history that a checkpoint knows.
pub fn history(manifest: &Manifest) -> Vec<HistorySegment> {
    let of_group = |g: &manifest::ManifestGroup| {
        let group = g.group;
        let segments = g.segments.iter().map(|(number, meta)| HistorySegment::known(group, *number, *meta));
        segments.collect::<Vec<_>>()
    };
    manifest.groups.iter().flat_map(of_group).collect()
}

/// Group and number in a history segment's name.
pub fn parse_history_name(name: &str) -> Option<(GroupId, u64)> {
    let (group, number) = name.strip_prefix(NAME_PREFIX)?.split_once('-')?;
    Some((GroupId(u64::from_str_radix(group, 16).ok()?), u64::from_str_radix(number, 16).ok()?))
}
