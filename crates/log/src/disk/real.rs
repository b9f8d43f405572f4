use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, IoSlice, IoSliceMut};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, OFlags, fallocate, fcntl_getfl, fcntl_setfl};
use rustix::io::{Errno, ReadWriteFlags, preadv2, pwritev};

use super::{Disk, DiskFile};

/// Pieces handed to the kernel in one call; Linux: `IOV_MAX`.
const PIECES_MAX: usize = 1024;
/// Zeros are written in pieces of this size.
static ZEROES: [u8; 256 * 1024] = [0; 256 * 1024];

/// A directory of this machine.
#[derive(Clone, Debug)]
pub struct RealDisk {
    root: PathBuf,
    access: Access,
}

/// What may be done to a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Full,
    ReadOnly,
}

impl RealDisk {
    /// The directory `root`, made (with its parents) if it does not exist, readable by its owner alone.
    pub fn open(root: impl Into<PathBuf>) -> io::Result<Self> {
        let root = root.into();
        make_dir(&root)?;
        Ok(Self { root, access: Access::Full })
    }

    /// The directory `root` as it is, to be read alone: works on a file system that is mounted read-only too. An error of kind
    /// `NotFound` if it does not exist.
    pub fn to_read(root: impl Into<PathBuf>) -> io::Result<Self> {
        let root = root.into();
        std::fs::read_dir(&root)?;
        Ok(Self { root, access: Access::ReadOnly })
    }

    fn at(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }
}

fn make_dir(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

impl Disk for RealDisk {
    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        use std::os::unix::fs::OpenOptionsExt;
        let file =
            OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(self.at(name))?;
        Ok(Box::new(RealFile(file)))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let writes = self.access == Access::Full;
        Ok(Box::new(RealFile(OpenOptions::new().read(true).write(writes).open(self.at(name))?)))
    }

    fn create_uncached(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        drop(self.create(name)?);
        self.open_uncached(name)
    }

    fn open_uncached(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        use std::os::unix::fs::OpenOptionsExt;
        let mut options = OpenOptions::new();
        options.read(true).write(true).custom_flags(OFlags::DIRECT.bits().cast_signed());
        match options.open(self.at(name)) {
            Ok(file) => Ok(Box::new(RealFile(file))),
            // This file system has no direct I/O.
            Err(e) if e.kind() == io::ErrorKind::InvalidInput => self.open(name),
            Err(e) => Err(e),
        }
    }

    fn create_dir(&self, dir: &str) -> io::Result<()> {
        make_dir(&self.at(dir))
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        File::open(self.at(dir))?.sync_all()
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        std::fs::rename(self.at(from), self.at(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.at(name))
    }

    fn remove_dir(&self, dir: &str) -> io::Result<()> {
        std::fs::remove_dir(self.at(dir))
    }

    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        std::fs::read_dir(self.at(dir))?
            .map(|entry| {
                let name = entry?.file_name().into_string();
                name.map_err(|odd| io::Error::other(format!("a file name is not UTF-8: {}", odd.display())))
            })
            .collect()
    }

    fn lock(&self, name: &str) -> io::Result<Box<dyn Send + Sync>> {
        let path = self.at(name);
        let file = match self.access {
            Access::Full => {
                use std::os::unix::fs::OpenOptionsExt;
                let mut options = OpenOptions::new();
                // For its owner alone: whoever may open the file may lock it.
                options.read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?
            }
            Access::ReadOnly => match File::open(path) {
                // Nobody ever used the directory where it is: it is a copy.
                Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Box::new(())),
                file => file?,
            },
        };
        match file.try_lock() {
            Ok(()) => Ok(Box::new(file)),
            Err(TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
            Err(TryLockError::Error(e)) => Err(e),
        }
    }
}

struct RealFile(File);

impl DiskFile for RealFile {
    fn write_at(&self, pieces: &[IoSlice<'_>], mut at: u64) -> io::Result<()> {
        for group in pieces.chunks(PIECES_MAX) {
            let whole: usize = group.iter().map(|p| p.len()).sum();
            let written = self.write_group(group, at)?;
            if written < whole {
                self.write_rest(group, written, at)?;
            }
            at += whole as u64;
        }
        Ok(())
    }

    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<()> {
        self.0.read_exact_at(into, at)
    }

    fn read_cached_at(&self, into: &mut [u8], at: u64) -> io::Result<bool> {
        let wanted = into.len();
        match preadv2(&self.0, &mut [IoSliceMut::new(into)], at, ReadWriteFlags::NOWAIT) {
            Ok(read) => Ok(read == wanted),
            Err(Errno::AGAIN | Errno::OPNOTSUPP | Errno::NOSYS | Errno::INTR) => Ok(false),
            Err(e) => Err(e.into()),
        }
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.0.set_len(length)
    }

    fn fill_zeroes(&self, length: u64) -> io::Result<()> {
        match retried(|| fallocate(&self.0, FallocateFlags::empty(), 0, length)) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::Unsupported => {}
            Err(e) => return Err(e),
        }
        let mut at = 0;
        while at < length {
            let piece = (length - at).min(ZEROES.len() as u64);
            self.0.write_all_at(&ZEROES[..piece as usize], at)?;
            at += piece;
        }
        Ok(())
    }
}

impl RealFile {
    fn write_group(&self, group: &[IoSlice<'_>], at: u64) -> io::Result<usize> {
        match retried(|| pwritev(&self.0, group, at)) {
            Err(e) if e.kind() == io::ErrorKind::InvalidInput => {
                // Direct I/O that was promised and is refused, or wants a greater alignment: write through the cache.
                let flags = fcntl_getfl(&self.0)?;
                if !flags.contains(OFlags::DIRECT) {
                    return Err(e);
                }
                fcntl_setfl(&self.0, flags - OFlags::DIRECT)?;
                retried(|| pwritev(&self.0, group, at))
            }
            written => written,
        }
    }

    /// What is left of a group after its first `written` bytes: rare, so piece by piece.
    fn write_rest(&self, group: &[IoSlice<'_>], written: usize, at: u64) -> io::Result<()> {
        let mut start = 0;
        for piece in group {
            let done = written.saturating_sub(start).min(piece.len());
            self.0.write_all_at(&piece[done..], at + (start + done) as u64)?;
            start += piece.len();
        }
        Ok(())
    }
}

fn retried<T>(mut call: impl FnMut() -> Result<T, Errno>) -> io::Result<T> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            Ok(done) => return Ok(done),
            Err(e) => return Err(e.into()),
        }
    }
}
