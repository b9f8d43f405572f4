//! The demo's live table: text from numbers, nothing else.

use std::fmt::Write as _;
use std::time::Duration;

/// Everything the table shows at one moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Since the first record was sent.
    pub elapsed: Duration,
    /// When sending ends; none with the end of the input.
    pub until: Option<Duration>,
    /// One per shard, in the order of their ids.
    pub shards: Vec<Row>,
    /// All shards.
    pub total: Row,
    /// Records that a shard refused for its limits and that were sent again.
    pub retried: u64,
}

/// One shard, or all.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// The shard's id, or what stands in its place.
    pub name: String,
    /// Records that are in.
    pub sent: u64,
    /// Records that came back.
    pub read: u64,
    /// Bytes of data that came back.
    pub read_bytes: u64,
    /// Records that came back in the last second.
    pub rate: u64,
    /// Median end-to-end latency.
    pub p50: Option<Duration>,
    /// The latency that one record in a hundred exceeds.
    pub p99: Option<Duration>,
}

const HEADINGS: [&str; 7] = ["shard", "sent", "read", "MB read", "read/s", "p50 ms", "p99 ms"];
/// Columns left out first on a narrow terminal, by their index in a row.
const SPARED_IN_ORDER: [usize; 3] = [3, 5, 4];
/// Shards shown one by one; of more there are only the first ones and the sum.
const ROWS_MAX: usize = 16;
const GAP: usize = 2;

/// The table as lines, none wider than `width`.
pub fn render(snapshot: &Snapshot, width: usize) -> Vec<String> {
    let mut cells: Vec<Vec<String>> = vec![HEADINGS.iter().map(|h| (*h).to_owned()).collect()];
    cells.extend(snapshot.shards.iter().take(ROWS_MAX).map(row_cells));
    cells.push(row_cells(&snapshot.total));
    let mut lines = vec![headline(snapshot), String::new()];
    lines.extend(aligned(&cells, width));
    lines.push(String::new());
    if let Some(more) = snapshot.shards.len().checked_sub(ROWS_MAX).filter(|more| *more > 0) {
        lines.push(format!("and {more} more shards"));
    }
    lines.push(footnote(snapshot));
    for line in &mut lines {
        truncate(line, width);
    }
    lines
}

/// The same in one line, for output that is no terminal.
pub fn render_line(snapshot: &Snapshot) -> String {
    let total = &snapshot.total;
    format!(
        "{}  sent {}  read {}  {} MB  {} records/s  p50 {} ms  p99 {} ms  retried {}",
        clock(snapshot.elapsed),
        grouped(total.sent),
        grouped(total.read),
        megabytes(total.read_bytes),
        grouped(total.rate),
        milliseconds(total.p50),
        milliseconds(total.p99),
        grouped(snapshot.retried),
    )
}

fn headline(snapshot: &Snapshot) -> String {
    let mut line = clock(snapshot.elapsed);
    match snapshot.until {
        Some(until) => {
            let _ = write!(line, " of {}", clock(until));
        }
        None => line.push_str(" (until the input ends)"),
    }
    line.push_str("   Ctrl-C ends it early");
    line
}

fn footnote(snapshot: &Snapshot) -> String {
    format!("{} records were refused by a shard's limit and sent again", grouped(snapshot.retried))
}

fn row_cells(row: &Row) -> Vec<String> {
    vec![
        row.name.clone(),
        grouped(row.sent),
        grouped(row.read),
        megabytes(row.read_bytes),
        grouped(row.rate),
        milliseconds(row.p50),
        milliseconds(row.p99),
    ]
}

/// The first column to the left, the others to the right; whole columns are left out where the width does not suffice.
fn aligned(rows: &[Vec<String>], width: usize) -> Vec<String> {
    let mut shown: Vec<usize> = (0..HEADINGS.len()).collect();
    let widths: Vec<usize> =
        shown.iter().map(|c| rows.iter().map(|r| r[*c].len()).max().unwrap_or(0)).collect();
    for spared in SPARED_IN_ORDER {
        if shown.iter().map(|c| widths[*c] + GAP).sum::<usize>() <= width + GAP {
            break;
        }
        shown.retain(|c| *c != spared);
    }
    let line = |row: &Vec<String>| {
        let mut text = String::new();
        for column in &shown {
            let (cell, width) = (&row[*column], widths[*column]);
            let _ = match column {
                0 => write!(text, "{cell:<width$}"),
                _ => write!(text, "{:GAP$}{cell:>width$}", ""),
            };
        }
        text
    };
    rows.iter().map(line).collect()
}

fn truncate(line: &mut String, width: usize) {
    if let Some((end, _)) = line.char_indices().nth(width) {
        line.truncate(end);
    }
}

/// `1,234,567`
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Millions of bytes with one decimal.
pub fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1e6)
}

/// Milliseconds with as many decimals as say something; `-` without a value.
pub fn milliseconds(duration: Option<Duration>) -> String {
    match duration.map(|d| d.as_secs_f64() * 1e3) {
        None => "-".to_owned(),
        Some(ms) if ms < 10.0 => format!("{ms:.2}"),
        Some(ms) if ms < 100.0 => format!("{ms:.1}"),
        Some(ms) => format!("{ms:.0}"),
    }
}

/// `01:05`, with hours where there are some.
fn clock(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes:02}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, read: u64) -> Row {
        Row {
            name: name.to_owned(),
            sent: read + 7,
            read,
            read_bytes: read * 216,
            rate: 1_000,
            p50: Some(Duration::from_micros(3_214)),
            p99: None,
        }
    }

    fn snapshot(shards: usize) -> Snapshot {
        Snapshot {
            elapsed: Duration::from_secs(65),
            until: Some(Duration::from_secs(90)),
            shards: (0..shards).map(|i| row(&format!("shardId-{i:012}"), 12_345)).collect(),
            total: row("all", 12_345 * shards as u64),
            retried: 1_234,
        }
    }

    #[test]
    fn a_wide_terminal_shows_every_column() {
        let expected = "\
01:05 of 01:30   Ctrl-C ends it early

shard                   sent    read  MB read  read/s  p50 ms  p99 ms
shardId-000000000000  12,352  12,345      2.7   1,000    3.21       -
shardId-000000000001  12,352  12,345      2.7   1,000    3.21       -
all                   24,697  24,690      5.3   1,000    3.21       -

1,234 records were refused by a shard's limit and sent again";
        assert_eq!(render(&snapshot(2), 120).join("\n"), expected);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_columns_go_whole() {
        for width in [1, 20, 40, 52, 60, 69, 80] {
            for line in render(&snapshot(2), width) {
                assert!(line.chars().count() <= width, "{width}: {line}");
            }
        }
        let narrow = render(&snapshot(1), 52);
        assert_eq!(narrow[2], "shard                   sent    read  read/s  p99 ms");
    }

    #[test]
    fn many_shards_do_not_flood_the_screen() {
        let lines = render(&snapshot(100), 80);
        assert!(lines.len() <= ROWS_MAX + 7, "{}", lines.len());
        assert!(lines.contains(&"and 84 more shards".to_owned()));
    }

    #[test]
    fn without_a_terminal_it_is_one_line() {
        assert_eq!(
            render_line(&snapshot(1)),
            "01:05  sent 12,352  read 12,345  2.7 MB  1,000 records/s  p50 3.21 ms  p99 - ms  retried 1,234"
        );
    }

    #[test]
    fn numbers_are_read_at_a_glance() {
        let cases = [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")];
        for (number, text) in cases {
            assert_eq!(grouped(number), text);
        }
        let cases = [(0, "0.00"), (9_994, "9.99"), (12_345, "12.3"), (123_456, "123")];
        for (micros, text) in cases {
            assert_eq!(milliseconds(Some(Duration::from_micros(micros))), text);
        }
        assert_eq!(clock(Duration::from_secs(3_725)), "1:02:05");
    }
}
