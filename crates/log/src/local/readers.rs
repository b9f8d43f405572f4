use std::io;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;

use tokio::sync::{Semaphore, oneshot};

use super::lock;

/// Reads that wait for a thread at the most; whoever comes then waits to be let in.
const WAITING_MAX: usize = 256;

type Job = Box<dyn FnOnce() + Send>;

/// Threads that wait for the disk so that callers need not; started when first needed.
pub struct Readers {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    threads_max: usize,
    room: Arc<Semaphore>,
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
        Self {
            shared: Arc::default(),
            threads: Mutex::default(),
            threads_max,
            room: Arc::new(Semaphore::new(WAITING_MAX)),
        }
    }

    /// Reads on one of the threads, unless whoever wants it has gone away before its turn comes. `None` if the threads have ended.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<Option<T>> {
        let Ok(room) = Arc::clone(&self.room).acquire_owned().await else { return Ok(None) };
        let (answer, answered) = oneshot::channel();
        let job = move || {
            if !answer.is_closed() {
                // Whoever wanted it may go away now.
                let _ = answer.send(read());
            }
            drop(room);
        };
        self.run(Box::new(job))?;
        Ok(answered.await.ok())
    }

    fn run(&self, job: Job) -> io::Result<()> {
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

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::mpsc;
    use std::task::{Context, Waker};

    use super::*;
    use crate::conformance::block_on;

    #[test]
    fn no_more_reads_wait_than_there_is_room_for_and_those_nobody_wants_are_not_done() {
        let readers = Readers::new(1);
        let (begin, has_begun) = mpsc::channel();
        let (go_on, may_go_on) = mpsc::channel::<()>();
        let task = &mut Context::from_waker(Waker::noop());
        let mut first = pin!(readers.read(move || begin.send(()).is_ok() && may_go_on.recv().is_ok()));
        assert!(first.as_mut().poll(task).is_pending());
        has_begun.recv().unwrap();
        let (done, was_done) = mpsc::channel();
        let mut reads: Vec<_> = (1..WAITING_MAX + 10)
            .map(|i| {
                let done = done.clone();
                Box::pin(readers.read(move || done.send(i).is_ok()))
            })
            .collect();
        assert!(reads.iter_mut().all(|read| read.as_mut().poll(task).is_pending()));
        assert_eq!(lock(&readers.shared.jobs).waiting.len(), WAITING_MAX - 1);
        drop(reads.drain(..WAITING_MAX - 2));
        go_on.send(()).unwrap();
        assert_eq!(block_on(first).unwrap(), Some(true));
        for read in reads {
            assert_eq!(block_on(read).unwrap(), Some(true));
        }
        let done: Vec<usize> = was_done.try_iter().collect();
        assert_eq!(done, (WAITING_MAX - 1..WAITING_MAX + 10).collect::<Vec<_>>());
    }
}
