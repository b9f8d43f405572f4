use std::fs::{File, OpenOptions};
use std::future::Future;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::mpsc;

use super::{AuditEvent, AuditSink};

/// Most events waiting for the writer; the next caller waits.
const QUEUE_EVENTS_MAX: usize = 1024;

/// Appends events as JSON lines to a file, from a thread of its own. A line is in the file soon after its call was answered, and
/// all are there and synced when [`FileSink::close`] returns.
#[derive(Debug)]
pub struct FileSink {
    queue: Mutex<Option<mpsc::Sender<AuditEvent>>>,
    writer: Mutex<Option<JoinHandle<io::Result<()>>>>,
}

impl FileSink {
    /// Opens the file for appending, made if it is not there, readable by its owner alone.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        let (sender, receiver) = mpsc::channel(QUEUE_EVENTS_MAX);
        let path = path.to_owned();
        let writer = std::thread::Builder::new()
            .name("audit".into())
            .spawn(move || write_events(file, &path, receiver))?;
        Ok(Self { queue: Mutex::new(Some(sender)), writer: Mutex::new(Some(writer)) })
    }

    /// Writes and syncs what was recorded; later events are dropped with a warning. Blocks until done: not for async threads.
    pub fn close(&self) -> io::Result<()> {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        writer.map_or(Ok(()), |w| {
            w.join().unwrap_or_else(|_| Err(io::Error::other("the audit writer panicked")))
        })
    }
}

impl AuditSink for FileSink {
    fn record(&self, event: AuditEvent) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(async move {
            let sent = match queue {
                Some(queue) => queue.send(event).await.is_ok(),
                None => false,
            };
            if !sent {
                tracing::warn!("an audit event came after the audit file was closed");
            }
        })
    }
}

/// Writes events until no sender is left; flushes whenever the queue is empty.
fn write_events(file: File, path: &Path, mut events: mpsc::Receiver<AuditEvent>) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    while let Some(event) = events.blocking_recv() {
        let written =
            write_line(&mut out, &event).and_then(|()| if events.is_empty() { out.flush() } else { Ok(()) });
        if let Err(error) = written {
            tracing::error!(%error, path = %path.display(), "cannot write the audit file");
        }
    }
    out.flush()?;
    out.get_ref().sync_all()
}

fn write_line(out: &mut impl Write, event: &AuditEvent) -> io::Result<()> {
    let mut line = event.to_json();
    line.push(b'\n');
    out.write_all(&line)
}
