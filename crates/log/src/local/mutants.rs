//! Wrong variants of the log, one at a time, that the tests must catch. Without the feature `mutants` there are none.

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// A sync of the write-ahead log does nothing.
    SyncDoesNothing,
    /// Acknowledgements go out before the sync.
    AcknowledgeBeforeSync,
    /// Names are not made durable.
    DirectoryNotSynced,
    /// A frame that is read is not checked.
    ChecksumNotChecked,
    /// A torn tail does not begin a new timeline.
    TimelineNotRaisedAfterTear,
    /// An unclean stop in mode `interval` or `memory` does not begin a new timeline.
    TimelineNotRaisedAfterKill,
    /// A frame of an earlier use of a write-ahead segment counts.
    RecycledFrameIsLive,
}

/// Whether this process is that mutant.
#[cfg(feature = "mutants")]
pub fn is(mutant: Mutant) -> bool {
    static CHOSEN: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    let chosen = CHOSEN.get_or_init(|| std::env::var("ANABRANCH_LOG_MUTANT").ok());
    chosen.as_ref().is_some_and(|name| *name == format!("{mutant:?}"))
}

/// Whether this process is that mutant: no.
#[cfg(not(feature = "mutants"))]
pub const fn is(_: Mutant) -> bool {
    false
}
