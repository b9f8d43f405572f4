//! The table on the screen, drawn again and again; lines where the output is no terminal.

use std::collections::VecDeque;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

use super::board::{Board, Count};
use super::table::{self, Row, Snapshot};

const REDRAW_INTERVAL: Duration = Duration::from_millis(250);
const LINE_INTERVAL: Duration = Duration::from_secs(1);
/// Over how long records per second are counted.
const RATE_WINDOW: Duration = Duration::from_secs(1);
/// Where the terminal does not say how wide it is.
const WIDTH_DEFAULT: usize = 80;

/// How progress is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Screen {
    /// A terminal: the table moves.
    Terminal,
    /// A file or a pipe: a line every second.
    Plain,
    /// Nothing.
    Silent,
}

impl Screen {
    /// What standard output is.
    pub(super) fn of_standard_output() -> Self {
        let moves = io::stdout().is_terminal() && std::env::var("TERM").as_deref() != Ok("dumb");
        if moves { Screen::Terminal } else { Screen::Plain }
    }
}

/// Draws the board.
pub(super) struct Live {
    board: Arc<Board>,
    screen: Screen,
    began: Instant,
    until: Option<Duration>,
    /// What was read of each shard, a moment ago and at the moments since.
    past: VecDeque<(Instant, Vec<u64>)>,
    lines_drawn: usize,
}

impl Live {
    pub(super) fn new(board: Arc<Board>, screen: Screen, until: Option<Duration>) -> Self {
        Self { board, screen, began: Instant::now(), until, past: VecDeque::new(), lines_drawn: 0 }
    }

    /// Draws for as long as it is polled.
    pub(super) async fn run(&mut self) {
        let every = match self.screen {
            Screen::Terminal => REDRAW_INTERVAL,
            Screen::Plain | Screen::Silent => LINE_INTERVAL,
        };
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        ticks.tick().await;
        loop {
            ticks.tick().await;
            self.draw();
        }
    }

    /// Draws once. What cannot be drawn is left: the verdict counts.
    pub(super) fn draw(&mut self) {
        let snapshot = self.snapshot();
        let mut out = io::stdout().lock();
        let _ = match self.screen {
            Screen::Silent => Ok(()),
            Screen::Plain => writeln!(out, "{}", table::render_line(&snapshot)),
            Screen::Terminal => {
                let lines = table::render(&snapshot, width());
                let drawn = redraw(&mut out, self.lines_drawn, &lines);
                self.lines_drawn = lines.len();
                drawn
            }
        };
        let _ = out.flush();
    }

    fn snapshot(&mut self) -> Snapshot {
        let now = Instant::now();
        let counts = self.board.counts();
        self.past.push_back((now, counts.iter().map(|(_, count)| count.read).collect()));
        while self.past.get(1).is_some_and(|(then, _)| now - *then >= RATE_WINDOW) {
            self.past.pop_front();
        }
        let shards: Vec<Row> = counts
            .iter()
            .enumerate()
            .map(|(index, (id, count))| row(id.to_string(), count, self.rate(index, now, count.read)))
            .collect();
        let rate = shards.iter().map(|row| row.rate).sum();
        let total = row("all".to_owned(), &Count::sum(counts.iter().map(|(_, count)| count)), rate);
        let retried = self.board.refusals();
        Snapshot { elapsed: now - self.began, until: self.until, shards, total, retried }
    }

    fn rate(&self, index: usize, now: Instant, read: u64) -> u64 {
        let Some((then, reads)) = self.past.front() else { return 0 };
        let before = reads.get(index).copied().unwrap_or(0);
        let seconds = (now - *then).as_secs_f64();
        if seconds > 0.0 { ((read - before) as f64 / seconds).round() as u64 } else { 0 }
    }
}

fn row(name: String, count: &Count, rate: u64) -> Row {
    Row {
        name,
        sent: count.sent,
        read: count.read,
        read_bytes: count.read_bytes,
        rate,
        p50: count.latencies.percentile(50.0),
        p99: count.latencies.percentile(99.0),
    }
}

/// Up over what was drawn before, then each line over its predecessor; clears what stood below.
fn redraw(out: &mut impl Write, lines_before: usize, lines: &[String]) -> io::Result<()> {
    if lines_before > 0 {
        write!(out, "\x1b[{lines_before}A")?;
    }
    for line in lines {
        writeln!(out, "\r{line}\x1b[K")?;
    }
    write!(out, "\x1b[J")
}

fn width() -> usize {
    terminal_size::terminal_size().map_or(WIDTH_DEFAULT, |(width, _)| width.0.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_drawn_over_the_one_before() {
        let mut out = Vec::new();
        let lines = ["a".to_owned(), "b".to_owned()];
        redraw(&mut out, 0, &lines).expect("a vector");
        redraw(&mut out, 2, &lines[..1]).expect("a vector");
        assert_eq!(String::from_utf8_lossy(&out), "\ra\x1b[K\n\rb\x1b[K\n\x1b[J\x1b[2A\ra\x1b[K\n\x1b[J");
    }
}
