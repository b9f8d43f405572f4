use std::io;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;

use super::lock;

/// Work for a reader's thread.
pub type Job = Box<dyn FnOnce() + Send>;

/// Threads that wait for the disk so that callers need not; started when first needed.
pub struct Readers {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    threads_max: usize,
}

#[derive(Default)]
struct Shared {
    jobs: Mutex<Jobs>,
    came: Condvar,
}

#[derive(Default)]
struct Jobs {
    waiting: std::collections::VecDeque<Job>,
    ended: bool,
}

impl Readers {
    /// At most so many threads.
    pub fn new(threads_max: usize) -> Self {
        Self { shared: Arc::default(), threads: Mutex::default(), threads_max }
    }

    /// Runs a job on one of the threads.
    pub fn run(&self, job: Job) -> io::Result<()> {
        let mut threads = lock(&self.threads);
        if threads.len() < self.threads_max {
            let shared = self.shared.clone();
            threads.push(std::thread::Builder::new().name("log-reader".into()).spawn(move || shared.work())?);
        }
        lock(&self.shared.jobs).waiting.push_back(job);
        self.shared.came.notify_one();
        Ok(())
    }
}

impl Shared {
    fn work(&self) {
        let mut jobs = lock(&self.jobs);
        loop {
            if let Some(job) = jobs.waiting.pop_front() {
                drop(jobs);
                job();
                jobs = lock(&self.jobs);
            } else if jobs.ended {
                return;
            } else {
                jobs = self.came.wait(jobs).unwrap_or_else(|poisoned| poisoned.into_inner());
            }
        }
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        lock(&self.shared.jobs).ended = true;
        self.shared.came.notify_all();
        for thread in lock(&self.threads).drain(..) {
            // A panic there was already reported by the panic hook.
            let _ = thread.join();
        }
    }
}
