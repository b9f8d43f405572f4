use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use anabranch_log::local::offline::Progress;

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

    pub(super) fn tell(&mut self, progress: &Progress) {
        let every = if self.how == How::Terminal { REDRAW_INTERVAL } else { LINE_INTERVAL };
        let is_last = progress.bytes >= progress.bytes_in_all;
        if self.how == How::Silent || (self.told.elapsed() < every && !(is_last && self.how == How::Lines)) {
            return;
        }
        self.told = Instant::now();
        let line = line(progress);
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

fn line(progress: &Progress) -> String {
    let Progress { file, bytes, bytes_in_all } = progress;
    let percent = (bytes * 100).checked_div(*bytes_in_all).unwrap_or(100).min(100);
    format!("{percent:3} %  {} of {} MiB  {file}", bytes >> 20, bytes_in_all >> 20)
}
