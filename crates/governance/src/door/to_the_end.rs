use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;

/// A future that goes on in a task of its own if it is dropped before its end. Until then it runs where it is polled, which costs less.
pub(super) struct ToTheEnd<F: Future<Output: Send> + Send + 'static> {
    rest: Option<Pin<Box<F>>>,
    runtime: Handle,
}

impl<F: Future<Output: Send> + Send + 'static> ToTheEnd<F> {
    /// Needs to be called within a Tokio runtime.
    pub(super) fn new(whole: F) -> Self {
        Self { rest: Some(Box::pin(whole)), runtime: Handle::current() }
    }
}

impl<F: Future<Output: Send> + Send + 'static> Future for ToTheEnd<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<F::Output> {
        // What panics has no rest.
        let mut rest = self.rest.take().expect("it is not polled after its end");
        let polled = rest.as_mut().poll(task);
        if polled.is_pending() {
            self.rest = Some(rest);
        }
        polled
    }
}

impl<F: Future<Output: Send> + Send + 'static> Drop for ToTheEnd<F> {
    fn drop(&mut self) {
        if let Some(rest) = self.rest.take() {
            self.runtime.spawn(rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::oneshot;
    use tokio::time::timeout;

    use super::ToTheEnd;

    #[tokio::test]
    async fn what_is_dropped_half_way_goes_on() {
        let (begin, begun) = oneshot::channel();
        let (go, gone) = oneshot::channel::<()>();
        let (end, ended) = oneshot::channel();
        let whole = async {
            begin.send(()).unwrap();
            gone.await.unwrap();
            end.send(()).unwrap();
        };
        {
            let mut half = std::pin::pin!(ToTheEnd::new(whole));
            tokio::select! {
                () = half.as_mut() => panic!("it has not ended"),
                begun = begun => begun.unwrap(),
            }
        }
        go.send(()).unwrap();
        timeout(Duration::from_secs(60), ended).await.expect("it goes on").unwrap();
    }
}
