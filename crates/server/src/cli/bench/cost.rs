//! What a process has cost, from /proc.

use std::fs;
use std::time::Duration;

/// Processor time of a process so far, user and system together, in the system's ticks (10 ms as a rule). None if it is gone or is
/// not ours to see.
///
/// Source: proc_pid_stat(5), fields 14 and 15.
pub(super) fn cpu(pid: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    cpu_of(&stat, rustix::param::clock_ticks_per_second())
}

/// Resident memory of a process, in bytes.
///
/// Source: proc_pid_status(5), VmRSS.
pub(super) fn resident_bytes(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kibibytes * 1024)
}

fn cpu_of(stat: &str, ticks_per_second: u64) -> Option<Duration> {
    // The program's name may hold spaces and parentheses; what follows it does not.
    let after_name = &stat[stat.rfind(')')? + 1..];
    let mut fields = after_name.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(Duration::from_nanos((user + system) * (1_000_000_000 / ticks_per_second.max(1))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_found_behind_any_name() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194304 100 0 0 0 250 50 7 7 20 0 9 0 100 0 0";
        assert_eq!(cpu_of(stat, 100), Some(Duration::from_secs(3)));
        assert_eq!(cpu_of("42 cut", 100), None);
    }

    #[test]
    fn this_process_is_seen() {
        assert!(cpu(std::process::id()).is_some());
        assert!(resident_bytes(std::process::id()).is_some_and(|bytes| bytes > 1_000_000));
    }
}
