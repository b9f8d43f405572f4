use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// A connection on which nothing passes in either direction for this long is ended. Feeds send something every few seconds.
const IDLE_MAX: Duration = Duration::from_secs(180);
/// A peer that takes nothing of what is being written for this long is gone, whatever it sends.
const STALL_MAX: Duration = Duration::from_secs(60);
/// The same while others wait for the memory that is held for it.
const STALL_SCARCE_MAX: Duration = Duration::from_secs(5);

/// Whether somebody waits for memory.
pub(super) type IsScarce = Arc<dyn Fn() -> bool + Send + Sync>;

/// A connection that is given up when its peer is idle, or takes nothing, for too long: what is held for it becomes free.
pub(super) struct Patient<T> {
    stream: T,
    /// When something last passed.
    passed: Instant,
    /// When the write that waits began to wait.
    stalled: Option<Instant>,
    is_scarce: IsScarce,
    timer: Pin<Box<Sleep>>,
}

impl<T> Patient<T> {
    pub(super) fn new(stream: T, is_scarce: IsScarce) -> Self {
        let now = Instant::now();
        Self { stream, passed: now, stalled: None, is_scarce, timer: Box::pin(sleep_until(now + IDLE_MAX)) }
    }

    /// When to give up unless something passes until then.
    fn deadline(&self) -> Instant {
        let stall_max = if (self.is_scarce)() { STALL_SCARCE_MAX } else { STALL_MAX };
        let idle = self.passed + IDLE_MAX;
        self.stalled.map_or(idle, |since| idle.min(since + stall_max))
    }

    /// When to look next: whether memory is scarce is looked at from time to time, for nobody says when it begins to be.
    fn look_at(&self, deadline: Instant) -> Instant {
        match self.stalled {
            Some(_) => deadline.min(Instant::now() + STALL_SCARCE_MAX),
            None => deadline,
        }
    }

    /// Whether it is time to give up; otherwise the task is woken when it will be. The timer is moved only when it rings or must ring
    /// earlier, not with every byte.
    fn poll_deadline(&mut self, task: &mut Context<'_>) -> Poll<io::Error> {
        let look_at = self.look_at(self.deadline());
        if look_at < self.timer.deadline() {
            self.timer.as_mut().reset(look_at);
        }
        while self.timer.as_mut().poll(task).is_ready() {
            let deadline = self.deadline();
            if deadline <= Instant::now() {
                return Poll::Ready(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "the peer was idle for too long",
                ));
            }
            let look_at = self.look_at(deadline);
            self.timer.as_mut().reset(look_at);
        }
        Poll::Pending
    }

    fn settle_write<N>(
        &mut self,
        task: &mut Context<'_>,
        polled: Poll<io::Result<N>>,
    ) -> Poll<io::Result<N>> {
        if polled.is_ready() {
            self.passed = Instant::now();
            self.stalled = None;
            return polled;
        }
        self.stalled.get_or_insert_with(Instant::now);
        self.poll_deadline(task).map(Err)
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Patient<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(task, into) {
            Poll::Pending => self.poll_deadline(task).map(Err),
            ready => {
                self.passed = Instant::now();
                ready
            }
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Patient<T> {
    fn poll_write(mut self: Pin<&mut Self>, task: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(task, bytes);
        self.settle_write(task, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(task, slices);
        self.settle_write(task, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(task)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    fn patient<T>(stream: T, scarce: bool) -> Patient<T> {
        Patient::new(stream, Arc::new(move || scarce))
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_peer_is_given_up() {
        let (near, _far) = duplex(16);
        let begun = Instant::now();
        let read = patient(near, false).read_u8().await;
        assert_eq!(read.map_err(|e| e.kind()), Err(io::ErrorKind::TimedOut));
        assert_eq!(begun.elapsed().as_secs(), IDLE_MAX.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_nothing_is_given_up_sooner() {
        let (near, _far) = duplex(16);
        let begun = Instant::now();
        let written = patient(near, false).write_all(&[0; 100]).await;
        assert_eq!(written.map_err(|e| e.kind()), Err(io::ErrorKind::TimedOut));
        assert_eq!(begun.elapsed().as_secs(), STALL_MAX.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_nothing_is_given_up_soon_while_others_wait_for_memory() {
        let (near, _far) = duplex(16);
        let begun = Instant::now();
        // Scarce only after a while, which nobody tells the connection.
        let is_scarce = Arc::new(move || begun.elapsed() > Duration::from_secs(12));
        let written = Patient::new(near, is_scarce).write_all(&[0; 100]).await;
        assert_eq!(written.map_err(|e| e.kind()), Err(io::ErrorKind::TimedOut));
        assert_eq!(begun.elapsed().as_secs(), 15);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_says_something_now_and_then_is_kept() {
        let (near, mut far) = duplex(16);
        let mut near = patient(near, true);
        for _ in 0..5 {
            tokio::time::sleep(IDLE_MAX - Duration::from_secs(1)).await;
            far.write_u8(7).await.expect("it is connected");
            assert_eq!(near.read_u8().await.ok(), Some(7));
        }
    }
}
