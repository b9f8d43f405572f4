//! What the log asks of a disk. The writer, recovery and checkpoints know nothing else, so that a test can put a
//! [`SimulatedDisk`] under the code that runs in production.

mod aligned;
mod real;
mod simulated;

use std::io::{self, IoSlice};

pub use aligned::{ALIGNMENT, AlignedBuffer};
pub use real::RealDisk;
pub use simulated::SimulatedDisk;

/// A directory on a disk. Names are relative to it, with `/` between a subdirectory and a file.
pub trait Disk: Send + Sync + 'static {
    /// Makes an empty file; an error if there is one of that name. Its name is durable only after [`Disk::sync_dir`].
    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;

    /// Opens a file for reading and writing.
    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;

    /// Like [`Disk::create`], for a file that is written in whole blocks from aligned memory and is not read again soon: past the page
    /// cache where the file system allows, since touching fresh pages costs more than the copy.
    fn create_uncached(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        self.create(name)
    }

    /// Like [`Disk::open`], for more of the same.
    fn open_uncached(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        self.open(name)
    }

    /// Makes a subdirectory if it does not exist.
    fn create_dir(&self, dir: &str) -> io::Result<()>;

    /// Makes names that were created, renamed or removed in a directory durable; "" is the directory itself.
    fn sync_dir(&self, dir: &str) -> io::Result<()>;

    /// Gives a file another name, replacing what had it.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Removes an empty subdirectory.
    fn remove_dir(&self, dir: &str) -> io::Result<()>;

    /// The names in a directory, without the directory's own; an error of kind `NotFound` if it does not exist.
    fn list(&self, dir: &str) -> io::Result<Vec<String>>;

    /// Takes the lock file of that name until the answer is dropped; an error of kind `WouldBlock` if another process has it.
    fn lock(&self, name: &str) -> io::Result<Box<dyn Send + Sync>>;
}

/// An open file. Calls do not share a cursor, so that readers and the writer may use one handle.
pub trait DiskFile: Send + Sync {
    /// Writes all the pieces, one after the other, from `at` on.
    fn write_at(&self, pieces: &[IoSlice<'_>], at: u64) -> io::Result<()>;

    /// Fills `into` from `at` on; an error of kind `UnexpectedEof` if the file ends before.
    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<()>;

    /// Like [`DiskFile::read_at`], but `false` where that would have to wait for the disk.
    fn read_cached_at(&self, into: &mut [u8], at: u64) -> io::Result<bool>;

    /// Makes what was written durable, the length included.
    fn sync(&self) -> io::Result<()>;

    /// The length in bytes.
    fn length(&self) -> io::Result<u64>;

    /// Cuts the file, or lengthens it by zeros that take no space yet.
    fn set_length(&self, length: u64) -> io::Result<()>;

    /// Takes disk space for the bytes from 0 to `length` and writes zeros there, so that later syncs change no metadata.
    /// An error of kind `StorageFull` if there is no room.
    fn fill_zeroes(&self, length: u64) -> io::Result<()>;
}
