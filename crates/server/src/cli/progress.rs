//! How far a long run is, on standard error.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// How often a line is written where standard error is no terminal.
const LINE_INTERVAL: Duration = Duration::from_secs(5);
/// How often the line on a terminal changes.
const REDRAW_INTERVAL: Duration = Duration::from_millis(200);

/// Tells on standard error how far a long run is.
pub(super) struct Teller {
    how: How,
    told: Instant,
    drawn: bool,
}

#[derive(PartialEq, Eq)]
enum How {
    /// One line that changes.
    Terminal,
    /// A line now and then.
    Lines,
    Silent,
}

impl Teller {
    /// On a terminal always, elsewhere if `asked`.
    pub(super) fn new(asked: bool) -> Self {
        let how = match (io::stderr().is_terminal(), asked) {
            (true, _) => How::Terminal,
            (false, true) => How::Lines,
            (false, false) => How::Silent,
        };
        Self { how, told: Instant::now(), drawn: false }
    }

    /// So many bytes of so many are done, the last ones about `what`.
    pub(super) fn tell(&mut self, what: &str, bytes: u64, of: u64) {
        let every = if self.how == How::Terminal { REDRAW_INTERVAL } else { LINE_INTERVAL };
        let is_last = bytes >= of;
        if self.how == How::Silent || (self.told.elapsed() < every && !(is_last && self.how == How::Lines)) {
            return;
        }
        self.told = Instant::now();
        let line = line(what, bytes, of);
        if self.how == How::Terminal {
            // Nobody may be looking: that is no reason to stop.
            drop(write!(io::stderr(), "\r\x1b[2K{line}"));
            drop(io::stderr().flush());
            self.drawn = true;
        } else {
            eprintln!("{line}");
        }
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        if self.drawn {
            drop(write!(io::stderr(), "\r\x1b[2K"));
        }
    }
}

fn line(what: &str, bytes: u64, of: u64) -> String {
    let percent = (bytes * 100).checked_div(of).unwrap_or(100).min(100);
    format!("{percent:3} %  {} of {} MiB  {what}", bytes >> 20, of >> 20)
}
