//! What keeps the memory of this process to itself.

use std::io;

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// From now on nobody but the machine's root reads the memory of this process: it leaves no core, cannot be traced by other processes of
/// its user, and its `/proc/PID/mem` and `environ` are closed to them (prctl(2), PR_SET_DUMPABLE; core(5)). To be called before the first
/// secret is read.
pub fn close_memory() -> io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}

#[cfg(test)]
mod tests {
    use rustix::process::{dumpable_behavior, getrlimit};

    use super::*;

    #[test]
    fn a_process_whose_memory_is_closed_leaves_no_core() {
        close_memory().expect("the system closes it");
        assert_eq!(dumpable_behavior().expect("it is known"), DumpableBehavior::NotDumpable);
        let Rlimit { current, maximum } = getrlimit(Resource::Core);
        assert_eq!((current, maximum), (Some(0), Some(0)));
    }
}
