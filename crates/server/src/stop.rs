//! When a server stops.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

/// How long a server serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Until it is told to stop.
    Told,
    /// Or until its standard input ends, which is when the process that gave it one is gone.
    StdinEnds,
}

/// What tells a server to stop.
pub(crate) struct Stop {
    terminate: Signal,
    interrupt: Signal,
    /// Watched so that a file that may not grow is an error that is answered, and not the end of the process.
    _file_too_large: Signal,
    stdin: Option<oneshot::Receiver<()>>,
}

impl Stop {
    /// Watches from now on. Must run inside a Tokio runtime.
    pub(crate) fn watch(until: Until) -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            _file_too_large: signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()))?,
            stdin: (until == Until::StdinEnds).then(end_of_stdin),
        })
    }

    /// Done when it is told to stop.
    pub(crate) async fn told(&mut self) {
        let stdin = async {
            match &mut self.stdin {
                Some(ended) => drop(ended.await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            () = stdin => {}
        }
    }
}

/// Done when standard input ends. The thread that waits for it ends with the process.
fn end_of_stdin() -> oneshot::Receiver<()> {
    let (told, ended) = oneshot::channel();
    std::thread::spawn(move || {
        // However it ends, there is nobody left at its other end.
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        told.send(())
    });
    ended
}
