use std::io::{self, IoSlice};

use super::sync_names;
use crate::disk::Disk;

/// Gives a file another content, whole or not at all; durable when this returns.
pub fn replace(disk: &dyn Disk, name: &str, content: &[u8]) -> io::Result<()> {
    let new_name = format!("{name}.new");
    match disk.remove(&new_name) {
        // What an earlier attempt left must be gone for good before the name is used again: otherwise the renaming below could
        // survive a power cut without the two steps before it, and give the name to the leftover.
        Ok(()) => sync_names(disk)?,
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(e),
    }
    let file = disk.create(&new_name)?;
    file.write_at(&[IoSlice::new(content)], 0)?;
    file.sync()?;
    disk.rename(&new_name, name)?;
    sync_names(disk)
}
