//! A disk in memory that loses what a real one may lose.

mod chance;
mod image;

use std::collections::BTreeSet;
use std::io::{self, IoSlice};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chance::Chance;
use image::{Image, Pending};

use super::{Disk, DiskFile};

/// A disk in memory. What was written is read back at once, but only what was synced survives [`SimulatedDisk::after_power_cut`];
/// of the rest each sector may or may not, in any order. Syncs can be made to fail, space to end, bits to flip and the power to go at any step.
#[derive(Clone, Default)]
pub struct SimulatedDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    image: Image,
    locks: BTreeSet<String>,
    steps: u64,
    power_goes_at: Option<u64>,
    sync_fails_at: Option<u64>,
    space_bytes: Option<u64>,
    read_bytes: u64,
}

impl SimulatedDisk {
    /// An empty disk without faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many calls changed something so far.
    pub fn steps(&self) -> u64 {
        self.state().steps
    }

    /// From this step on every call fails, and of the step itself anything may be on the disk.
    pub fn cut_power_at(&self, step: u64) {
        self.state().power_goes_at = Some(step);
    }

    /// Whether calls do anything still.
    pub fn has_power(&self) -> bool {
        self.state().powered().is_ok()
    }

    /// The first sync at or after this step fails, and what it should have made durable never will be.
    pub fn fail_sync_at(&self, step: u64) {
        self.state().sync_fails_at = Some(step);
    }

    /// The disk has room for so many bytes of files; `None` for no end.
    pub fn set_space(&self, bytes: Option<u64>) {
        self.state().space_bytes = bytes;
    }

    /// Turns a bit of a file, on the disk and in the cache.
    pub fn flip_bit(&self, name: &str, at: u64, bit: u8) -> io::Result<()> {
        self.state().image.flip_bit(name, at, bit)
    }

    /// The files in which these bytes stand, on the disk or in the cache.
    pub fn files_with(&self, bytes: &[u8]) -> Vec<String> {
        self.state().image.files_with(bytes)
    }

    /// Bytes that all files have together.
    pub fn used_bytes(&self) -> u64 {
        self.state().image.bytes()
    }

    /// Bytes that were read so far.
    pub fn read_bytes(&self) -> u64 {
        self.state().read_bytes
    }

    /// What is there when the power comes back: everything that was synced and, chosen by `seed`, any part of what was not.
    pub fn after_power_cut(&self, seed: u64) -> SimulatedDisk {
        let image = self.state().image.after_power_cut(&mut Chance::new(seed));
        SimulatedDisk { state: Arc::new(Mutex::new(State { image, ..State::default() })) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Counts a step that changes something; an error once the power is gone. `before` tells whether this is the step it goes at.
    fn step(&mut self) -> io::Result<Step> {
        self.steps += 1;
        match self.power_goes_at {
            Some(at) if self.steps > at => Err(power_is_gone()),
            Some(at) if self.steps == at => Ok(Step::Last),
            _ => Ok(Step::Whole),
        }
    }

    fn powered(&self) -> io::Result<()> {
        match self.power_goes_at {
            Some(at) if self.steps >= at => Err(power_is_gone()),
            _ => Ok(()),
        }
    }

    fn change(&mut self, change: impl FnOnce(&mut Image) -> io::Result<()>) -> io::Result<()> {
        let step = self.step()?;
        change(&mut self.image)?;
        step.end()
    }

    fn sync_fails(&mut self) -> bool {
        let fails = self.sync_fails_at.is_some_and(|at| self.steps >= at);
        if fails {
            self.sync_fails_at = None;
        }
        fails
    }

    fn room_for(&self, file: usize, length: u64) -> io::Result<()> {
        let more = length.saturating_sub(self.image.length(file));
        match self.space_bytes {
            Some(space) if self.image.bytes() + more > space => Err(io::ErrorKind::StorageFull.into()),
            _ => Ok(()),
        }
    }
}

/// Whether the power lasts to the end of a step.
enum Step {
    Whole,
    Last,
}

impl Step {
    fn end(self) -> io::Result<()> {
        match self {
            Step::Whole => Ok(()),
            Step::Last => Err(power_is_gone()),
        }
    }
}

fn power_is_gone() -> io::Error {
    io::Error::other("the power is gone")
}

impl Disk for SimulatedDisk {
    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let mut file = 0;
        self.state().change(|image| {
            file = image.create(name)?;
            Ok(())
        })?;
        Ok(Box::new(SimulatedFile { disk: self.clone(), file }))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let state = self.state();
        state.powered()?;
        let file = state.image.find(name)?;
        drop(state);
        Ok(Box::new(SimulatedFile { disk: self.clone(), file }))
    }

    fn create_dir(&self, dir: &str) -> io::Result<()> {
        self.state().change(|image| image.create_dir(dir))
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        let mut state = self.state();
        match state.step()? {
            Step::Whole => {}
            Step::Last => return Err(power_is_gone()),
        }
        if state.sync_fails() {
            return Err(io::Error::other("the disk cannot sync"));
        }
        state.image.sync_dir(dir)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.state().change(|image| image.rename(from, to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.state().change(|image| image.remove(name))
    }

    fn remove_dir(&self, dir: &str) -> io::Result<()> {
        self.state().change(|image| image.remove_dir(dir))
    }

    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        let state = self.state();
        state.powered()?;
        state.image.list(dir)
    }

    fn lock(&self, name: &str) -> io::Result<Box<dyn Send + Sync>> {
        if !self.state().locks.insert(name.to_owned()) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(Box::new(Lock { disk: self.clone(), name: name.to_owned() }))
    }
}

struct Lock {
    disk: SimulatedDisk,
    name: String,
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.disk.state().locks.remove(&self.name);
    }
}

struct SimulatedFile {
    disk: SimulatedDisk,
    file: usize,
}

impl DiskFile for SimulatedFile {
    fn write_at(&self, pieces: &[IoSlice<'_>], at: u64) -> io::Result<()> {
        let bytes: Vec<u8> = pieces.iter().flat_map(|p| p.iter().copied()).collect();
        let mut state = self.disk.state();
        let step = state.step()?;
        state.room_for(self.file, at + bytes.len() as u64)?;
        state.image.write(self.file, Pending::Write { at, bytes });
        step.end()
    }

    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<()> {
        let mut state = self.disk.state();
        state.powered()?;
        state.read_bytes += into.len() as u64;
        state.image.read(self.file, into, at)
    }

    fn read_cached_at(&self, into: &mut [u8], at: u64) -> io::Result<bool> {
        // Every other read has to wait, so that both ways are taken.
        let cached = (at / 4096).is_multiple_of(2);
        if cached {
            self.read_at(into, at)?;
        }
        Ok(cached)
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.disk.state();
        match state.step()? {
            Step::Whole => {}
            Step::Last => return Err(power_is_gone()),
        }
        if state.sync_fails() {
            state.image.forget_pending(self.file);
            return Err(io::Error::other("the disk cannot sync"));
        }
        state.image.sync(self.file);
        Ok(())
    }

    fn length(&self) -> io::Result<u64> {
        let state = self.disk.state();
        state.powered()?;
        Ok(state.image.length(self.file))
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        let mut state = self.disk.state();
        let step = state.step()?;
        state.image.write(self.file, Pending::Length(length));
        step.end()
    }

    fn fill_zeroes(&self, length: u64) -> io::Result<()> {
        let mut state = self.disk.state();
        let step = state.step()?;
        state.room_for(self.file, length)?;
        state.image.write(self.file, Pending::Zeroes(length));
        step.end()
    }
}
