//! What a run found, and how runs become one row.

use std::time::Duration;

/// How long each of many things took.
#[derive(Clone, Debug, Default)]
pub(super) struct Latencies {
    nanos: Vec<u64>,
}

impl Latencies {
    pub(super) fn note(&mut self, took: Duration) {
        self.nanos.push(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }

    pub(super) fn add(&mut self, more: Latencies) {
        self.nanos.extend(more.nanos);
    }

    /// The time within which this share (0 to 1) was done; none if nothing was.
    pub(super) fn quantile(&self, share: f64) -> Option<Duration> {
        let mut sorted = self.nanos.clone();
        sorted.sort_unstable();
        let last = sorted.len().checked_sub(1)?;
        // Shares are at most 1, so the index is one of the list's.
        let index = (last as f64 * share).round() as usize;
        sorted.get(index).map(|nanos| Duration::from_nanos(*nanos))
    }
}

/// What the requests of one run did.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    /// Records put, read or delivered.
    pub(super) records: u64,
    /// Their payload.
    pub(super) bytes: u64,
    /// Records or calls that were refused.
    pub(super) refused: u64,
    /// Of each request, or of each record from put to seen.
    pub(super) latencies: Latencies,
}

impl Counts {
    pub(super) fn add(&mut self, more: Counts) {
        self.records += more.records;
        self.bytes += more.bytes;
        self.refused += more.refused;
        self.latencies.add(more.latencies);
    }
}

/// One run and what it cost.
#[derive(Clone, Debug, Default)]
pub(super) struct Sample {
    pub(super) counts: Counts,
    pub(super) took: Duration,
    pub(super) server_cpu: Option<Duration>,
    pub(super) client_cpu: Option<Duration>,
    pub(super) resident_bytes: Option<u64>,
    /// From the server's start to its being ready.
    pub(super) ready_after: Option<Duration>,
}

/// A figure over several runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Figure {
    pub(super) median: f64,
    pub(super) least: f64,
    pub(super) greatest: f64,
}

impl Figure {
    /// None without a value.
    pub(super) fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        values.sort_by(f64::total_cmp);
        let (least, greatest) = (*values.first()?, *values.last()?);
        let middle = values.len() / 2;
        let median = match values.len() % 2 {
            0 => (values[middle - 1] + values[middle]) / 2.0,
            _ => values[middle],
        };
        Some(Self { median, least, greatest })
    }
}

/// A figure of a row: its name in `--json`, and how it comes of a sample.
type Measure = (&'static str, fn(&Sample) -> Option<f64>);

/// Every figure, in the order they are printed.
pub(super) const FIGURES: [Measure; 11] = [
    ("records_per_second", |s| Some(s.counts.records as f64 / s.took.as_secs_f64())),
    ("megabytes_per_second", |s| Some(s.counts.bytes as f64 / 1e6 / s.took.as_secs_f64())),
    ("p50_ms", |s| milliseconds(s, 0.5)),
    ("p99_ms", |s| milliseconds(s, 0.99)),
    ("p999_ms", |s| milliseconds(s, 0.999)),
    ("server_cpu_us_per_record", |s| per_record(s, s.server_cpu?)),
    ("client_cpu_us_per_record", |s| per_record(s, s.client_cpu?)),
    ("server_cpu_percent", |s| Some(100.0 * s.server_cpu?.as_secs_f64() / s.took.as_secs_f64())),
    ("server_resident_mib", |s| Some(s.resident_bytes? as f64 / 1_048_576.0)),
    ("ready_ms", |s| Some(s.ready_after?.as_secs_f64() * 1e3)),
    ("refused", |s| Some(s.counts.refused as f64)),
];

/// The figure of this name over all runs.
pub(super) fn figure(samples: &[Sample], name: &str) -> Option<Figure> {
    let (_, of) = FIGURES.iter().find(|(known, _)| *known == name)?;
    Figure::of(samples.iter().filter_map(of))
}

fn milliseconds(sample: &Sample, share: f64) -> Option<f64> {
    Some(sample.counts.latencies.quantile(share)?.as_secs_f64() * 1e3)
}

fn per_record(sample: &Sample, cpu: Duration) -> Option<f64> {
    (sample.counts.records > 0).then(|| cpu.as_secs_f64() * 1e6 / sample.counts.records as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_what_was_noted() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.quantile(0.5), None);
        (0..=100).rev().for_each(|ms| latencies.note(Duration::from_millis(ms)));
        let of = |share| latencies.quantile(share).map(|d| d.as_millis());
        assert_eq!((of(0.0), of(0.5), of(0.99), of(1.0)), (Some(0), Some(50), Some(99), Some(100)));
    }

    #[test]
    fn a_figure_is_the_median_with_its_spread() {
        let of = |values: &[f64]| Figure::of(values.iter().copied()).map(|f| (f.least, f.median, f.greatest));
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[3.0, 1.0, 2.0]), Some((1.0, 2.0, 3.0)));
        assert_eq!(of(&[4.0, 1.0]), Some((1.0, 2.5, 4.0)));
    }

    #[test]
    fn cost_is_told_per_record() {
        let counts = Counts { records: 1000, bytes: 1_000_000, ..Counts::default() };
        let sample = Sample {
            counts,
            took: Duration::from_secs(2),
            server_cpu: Some(Duration::from_millis(4)),
            ..Sample::default()
        };
        let of = |name| figure(std::slice::from_ref(&sample), name).map(|f| f.median);
        assert_eq!(of("server_cpu_us_per_record"), Some(4.0));
        assert_eq!(of("records_per_second"), Some(500.0));
        assert_eq!(of("megabytes_per_second"), Some(0.5));
        assert_eq!(of("client_cpu_us_per_record"), None);
    }
}
