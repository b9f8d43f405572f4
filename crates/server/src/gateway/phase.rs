use tokio::sync::watch;

/// How far a server has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It answers.
    Serving,
    /// It finishes what it has and takes nothing new.
    Draining,
}

/// Ends when draining begins.
pub(super) async fn draining(mut phase: watch::Receiver<Phase>) {
    // An error means that the server is gone, which is as good.
    drop(phase.wait_for(|phase| *phase == Phase::Draining).await);
}
