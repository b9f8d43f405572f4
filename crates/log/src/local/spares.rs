use std::io;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;

use super::lock;
use super::options::Prepare;
use super::segment::Spare;
use crate::disk::Disk;

/// Used files that wait to be used again, at the most.
const USED_MAX: usize = 4;

/// Makes the next write-ahead segment before it is needed.
pub struct Spares {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    disk: Arc<dyn Disk>,
    length: u64,
    next: Mutex<Next>,
    changed: Condvar,
}

#[derive(Default)]
struct Next {
    number: u64,
    wanted: bool,
    ready: Option<io::Result<Spare>>,
    used: Vec<Spare>,
    ended: bool,
}

impl Spares {
    /// Spares of `length` bytes, named from `number` on.
    pub fn new(disk: Arc<dyn Disk>, length: u64, number: u64, prepare: Prepare) -> io::Result<Self> {
        let next = Mutex::new(Next { number, ..Next::default() });
        let shared = Arc::new(Shared { disk, length, next, changed: Condvar::new() });
        let thread = match prepare {
            Prepare::WhenNeeded => None,
            Prepare::InBackground => {
                let shared = shared.clone();
                Some(std::thread::Builder::new().name("log-segments".into()).spawn(move || shared.run())?)
            }
        };
        Ok(Self { shared, thread })
    }

    /// Takes a segment's file to be used again; gives it back if there are enough.
    pub fn give(&self, spare: Spare) -> Result<(), Spare> {
        let mut next = lock(&self.shared.next);
        if spare.length != self.shared.length || next.used.len() >= USED_MAX {
            return Err(spare);
        }
        next.used.push(spare);
        Ok(())
    }

    /// The used files that wait.
    pub fn take_used(&self) -> Vec<Spare> {
        std::mem::take(&mut lock(&self.shared.next).used)
    }

    /// Asks for the next one, which [`Spares::take`] will want soon.
    pub fn want(&self) {
        let mut next = lock(&self.shared.next);
        if self.thread.is_some() && next.ready.is_none() && next.used.is_empty() && !next.wanted {
            next.wanted = true;
            self.shared.changed.notify_all();
        }
    }

    /// The next one; waits while it is being made.
    pub fn take(&self) -> io::Result<Spare> {
        if let Some(used) = lock(&self.shared.next).used.pop() {
            return Ok(used);
        }
        if self.thread.is_none() {
            let number = lock(&self.shared.next).take_number();
            return Spare::prepare(&*self.shared.disk, number, self.shared.length);
        }
        self.want();
        let mut next = lock(&self.shared.next);
        loop {
            if let Some(ready) = next.ready.take() {
                return ready;
            }
            next = self.shared.changed.wait(next).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
    }
}

impl Shared {
    fn run(&self) {
        let mut next = lock(&self.next);
        while !next.ended {
            if next.wanted {
                let number = next.take_number();
                drop(next);
                let made = Spare::prepare(&*self.disk, number, self.length);
                next = lock(&self.next);
                next.wanted = false;
                next.ready = Some(made);
                self.changed.notify_all();
            } else {
                next = self.changed.wait(next).unwrap_or_else(|poisoned| poisoned.into_inner());
            }
        }
    }
}

impl Next {
    fn take_number(&mut self) -> u64 {
        self.number += 1;
        self.number
    }
}

impl Drop for Spares {
    fn drop(&mut self) {
        lock(&self.shared.next).ended = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // A panic there was already reported by the panic hook.
            let _ = thread.join();
        }
    }
}
