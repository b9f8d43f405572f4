use std::collections::BTreeMap;
use std::io;

use super::chance::Chance;

/// What a disk writes whole or not at all.
const SECTOR_BYTES: usize = 512;

/// Files and directories: as they are read, and as they would survive.
#[derive(Default)]
pub struct Image {
    files: Vec<File>,
    dirs: BTreeMap<String, Dir>,
}

#[derive(Clone, Default)]
struct File {
    now: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<Pending>,
}

/// A change of a file that is not durable yet.
#[derive(Clone)]
pub enum Pending {
    /// Bytes at a place.
    Write {
        /// Where.
        at: u64,
        /// What.
        bytes: Vec<u8>,
    },
    /// Zeros from 0 on.
    Zeroes(u64),
    /// Another length.
    Length(u64),
}

#[derive(Clone, Default)]
struct Dir {
    now: BTreeMap<String, usize>,
    durable: BTreeMap<String, usize>,
    pending: Vec<Entry>,
}

#[derive(Clone)]
enum Entry {
    Link(String, usize),
    Unlink(String),
    Rename(String, String),
}

impl Image {
    /// Makes an empty file.
    pub fn create(&mut self, name: &str) -> io::Result<usize> {
        let file = self.files.len();
        let (dir, leaf) = self.dir_of(name)?;
        if dir.now.contains_key(leaf) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        dir.change(Entry::Link(leaf.to_owned(), file));
        self.files.push(File::default());
        Ok(file)
    }

    /// The file of that name.
    pub fn find(&self, name: &str) -> io::Result<usize> {
        let (dir, leaf) = split(name);
        let found = match self.dirs.get(dir) {
            Some(dir) => dir.now.get(leaf).copied(),
            None => None,
        };
        found.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Makes a directory, durably: losing one is losing what is in it.
    pub fn create_dir(&mut self, dir: &str) -> io::Result<()> {
        self.dirs.entry(dir.to_owned()).or_default();
        Ok(())
    }

    /// Removes an empty directory.
    pub fn remove_dir(&mut self, dir: &str) -> io::Result<()> {
        match self.dirs.get(dir) {
            None => Err(io::ErrorKind::NotFound.into()),
            Some(found) if !found.now.is_empty() => Err(io::ErrorKind::DirectoryNotEmpty.into()),
            Some(_) => {
                self.dirs.remove(dir);
                Ok(())
            }
        }
    }

    /// The names in a directory.
    pub fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        match self.dirs.get(dir) {
            Some(found) => Ok(found.now.keys().cloned().collect()),
            None if dir.is_empty() => Ok(Vec::new()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Renames within a directory.
    pub fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.find(from)?;
        let (_, to_leaf) = split(to);
        let (dir, leaf) = self.dir_of(from)?;
        dir.change(Entry::Rename(leaf.to_owned(), to_leaf.to_owned()));
        Ok(())
    }

    /// Removes a name.
    pub fn remove(&mut self, name: &str) -> io::Result<()> {
        self.find(name)?;
        let (dir, leaf) = self.dir_of(name)?;
        dir.change(Entry::Unlink(leaf.to_owned()));
        Ok(())
    }

    /// Makes a directory's names durable.
    pub fn sync_dir(&mut self, dir: &str) -> io::Result<()> {
        if let Some(dir) = self.dirs.get_mut(dir) {
            dir.durable = dir.now.clone();
            dir.pending.clear();
        }
        Ok(())
    }

    /// Changes a file.
    pub fn write(&mut self, file: usize, change: Pending) {
        let file = &mut self.files[file];
        change.apply(&mut file.now);
        file.pending.push(change);
    }

    /// Reads a file.
    pub fn read(&self, file: usize, into: &mut [u8], at: u64) -> io::Result<()> {
        let at = at as usize;
        let bytes = self.files[file].now.get(at..at + into.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        into.copy_from_slice(bytes);
        Ok(())
    }

    /// Makes a file's changes durable.
    pub fn sync(&mut self, file: usize) {
        let file = &mut self.files[file];
        for change in file.pending.drain(..) {
            change.apply(&mut file.durable);
        }
    }

    /// What a failed sync leaves: the cache says one thing, the disk another, and nobody will bring them together.
    pub fn forget_pending(&mut self, file: usize) {
        self.files[file].pending.clear();
    }

    /// A file's length.
    pub fn length(&self, file: usize) -> u64 {
        self.files[file].now.len() as u64
    }

    /// Bytes of all files that have a name.
    pub fn bytes(&self) -> u64 {
        self.dirs.values().flat_map(|d| d.now.values()).map(|f| self.files[*f].now.len() as u64).sum()
    }

    /// The files in which these bytes stand.
    pub fn files_with(&self, wanted: &[u8]) -> Vec<String> {
        let holds = |bytes: &[u8]| bytes.windows(wanted.len()).any(|w| w == wanted);
        let names = self.dirs.values().flat_map(|d| d.now.iter().chain(&d.durable));
        let found = names.filter(|(_, f)| holds(&self.files[**f].now) || holds(&self.files[**f].durable));
        found.map(|(name, _)| name.clone()).collect()
    }

    /// Turns a bit.
    pub fn flip_bit(&mut self, name: &str, at: u64, bit: u8) -> io::Result<()> {
        let file = self.find(name)?;
        let file = &mut self.files[file];
        for bytes in [&mut file.now, &mut file.durable] {
            if let Some(byte) = bytes.get_mut(at as usize) {
                *byte ^= 1 << (bit % 8);
            }
        }
        Ok(())
    }

    /// What is there after the power was cut.
    pub fn after_power_cut(&self, chance: &mut Chance) -> Image {
        let percent = [0, 30, 70, 95, 100][(chance.next() % 5) as usize];
        let files = self.files.iter().map(|f| f.after_power_cut(chance, percent)).collect();
        let dirs = self.dirs.iter().map(|(name, d)| (name.clone(), d.after_power_cut(chance, percent)));
        Image { dirs: dirs.collect(), files }
    }

    fn dir_of<'n>(&mut self, name: &'n str) -> io::Result<(&mut Dir, &'n str)> {
        let (dir, leaf) = split(name);
        if dir.is_empty() {
            return Ok((self.dirs.entry(String::new()).or_default(), leaf));
        }
        let dir = self.dirs.get_mut(dir).ok_or(io::ErrorKind::NotFound)?;
        Ok((dir, leaf))
    }
}

fn split(name: &str) -> (&str, &str) {
    name.rsplit_once('/').unwrap_or(("", name))
}

impl File {
    fn after_power_cut(&self, chance: &mut Chance, percent: u64) -> File {
        let mut bytes = self.durable.clone();
        for change in &self.pending {
            match change {
                Pending::Write { at, bytes: new } => {
                    // Sectors are the disk's, not the write's.
                    let mut from = 0;
                    while from < new.len() {
                        let to_sector_end = SECTOR_BYTES - (*at as usize + from) % SECTOR_BYTES;
                        let to = (from + to_sector_end).min(new.len());
                        if chance.yes(percent) {
                            put(&mut bytes, *at as usize + from, &new[from..to]);
                        }
                        from = to;
                    }
                }
                other if chance.yes(percent) => other.apply(&mut bytes),
                _ => {}
            }
        }
        File { now: bytes.clone(), durable: bytes, pending: Vec::new() }
    }
}

impl Pending {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Pending::Write { at, bytes: new } => put(bytes, *at as usize, new),
            Pending::Zeroes(length) => {
                let length = *length as usize;
                if bytes.len() < length {
                    bytes.resize(length, 0);
                }
                bytes[..length].fill(0);
            }
            Pending::Length(length) => bytes.resize(*length as usize, 0),
        }
    }
}

fn put(bytes: &mut Vec<u8>, at: usize, new: &[u8]) {
    if bytes.len() < at + new.len() {
        bytes.resize(at + new.len(), 0);
    }
    bytes[at..at + new.len()].copy_from_slice(new);
}

impl Dir {
    fn change(&mut self, entry: Entry) {
        entry.apply(&mut self.now);
        self.pending.push(entry);
    }

    fn after_power_cut(&self, chance: &mut Chance, percent: u64) -> Dir {
        let mut names = self.durable.clone();
        for entry in &self.pending {
            if chance.yes(percent) {
                entry.apply(&mut names);
            }
        }
        Dir { now: names.clone(), durable: names, pending: Vec::new() }
    }
}

impl Entry {
    fn apply(&self, names: &mut BTreeMap<String, usize>) {
        match self {
            Entry::Link(name, file) => {
                names.insert(name.clone(), *file);
            }
            Entry::Unlink(name) => {
                names.remove(name);
            }
            Entry::Rename(from, to) => {
                if let Some(file) = names.remove(from) {
                    names.insert(to.clone(), file);
                }
            }
        }
    }
}
