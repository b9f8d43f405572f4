//! From the call that stored a record to the event that brought it back.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Steps per doubling: a percentile is told at most 1/32, three percent, too high.
const STEPS_PER_DOUBLING: usize = 32;
/// Doublings of a microsecond that are told apart: up to 67 s.
const DOUBLINGS: usize = 26;

/// Counts durations in steps of three percent.
#[derive(Clone, Debug)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
    longest: Duration,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; STEPS_PER_DOUBLING * DOUBLINGS], total: 0, longest: Duration::ZERO }
    }
}

impl Histogram {
    /// Takes note of one duration.
    pub fn add(&mut self, duration: Duration) {
        let step = step_of(duration.as_secs_f64() * 1e6).min(self.counts.len() - 1);
        self.counts[step] += 1;
        self.total += 1;
        self.longest = self.longest.max(duration);
    }

    /// Takes note of everything another has.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
        self.total += other.total;
        self.longest = self.longest.max(other.longest);
    }

    /// The duration that `percent` of all did not exceed; `None` without any.
    pub fn percentile(&self, percent: f64) -> Option<Duration> {
        let rank = (percent / 100.0 * self.total as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (step, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return Some(end_of(step).min(self.longest));
            }
        }
        None
    }

    /// The longest, exactly; `None` without any.
    pub fn longest(&self) -> Option<Duration> {
        (self.total > 0).then_some(self.longest)
    }
}

fn step_of(micros: f64) -> usize {
    (micros.max(1.0).log2() * STEPS_PER_DOUBLING as f64) as usize
}

fn end_of(step: usize) -> Duration {
    Duration::from_secs_f64(((step + 1) as f64 / STEPS_PER_DOUBLING as f64).exp2() / 1e6)
}

/// Pairs what was acknowledged of one shard with what was read of it. Both come in the order of sequence numbers, but either
/// may be ahead: an event can arrive before the answer to the call that stored its records.
#[derive(Debug, Default)]
pub struct Pairing {
    sent: VecDeque<Instant>,
    read: VecDeque<Instant>,
    /// What was paired.
    pub latencies: Histogram,
}

impl Pairing {
    /// One more record was acknowledged; `at` is when the call that stored it began.
    pub fn sent(&mut self, at: Instant) {
        match self.read.pop_front() {
            Some(read) => self.latencies.add(read.saturating_duration_since(at)),
            None => self.sent.push_back(at),
        }
    }

    /// One more record was read at `at`.
    pub fn read(&mut self, at: Instant) {
        match self.sent.pop_front() {
            Some(sent) => self.latencies.add(at.saturating_duration_since(sent)),
            None => self.read.push_back(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_at_most_three_percent_too_high() {
        let mut histogram = Histogram::default();
        for ms in 1..=1_000 {
            histogram.add(Duration::from_millis(ms));
        }
        for (percent, expected_ms) in [(50.0, 500.0), (99.0, 990.0), (0.0, 1.0)] {
            let told = histogram.percentile(percent).expect("there are durations").as_secs_f64() * 1e3;
            assert!((expected_ms..=expected_ms * 1.032).contains(&told), "p{percent}: {told}");
        }
        assert_eq!(histogram.longest(), Some(Duration::from_secs(1)));
        assert_eq!(histogram.percentile(100.0), Some(Duration::from_secs(1)));
    }

    #[test]
    fn nothing_and_the_outrageous_are_survived() {
        let mut histogram = Histogram::default();
        assert_eq!((histogram.percentile(50.0), histogram.longest()), (None, None));
        histogram.add(Duration::ZERO);
        histogram.add(Duration::from_secs(86_400));
        assert_eq!(histogram.longest(), Some(Duration::from_secs(86_400)));
    }

    #[test]
    fn records_are_paired_whoever_is_ahead() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut pairing = Pairing::default();
        pairing.sent(at(0));
        pairing.read(at(4));
        pairing.read(at(8));
        pairing.sent(at(5));
        assert_eq!(pairing.latencies.longest(), Some(Duration::from_millis(4)));
        assert_eq!(pairing.latencies.total, 2);
    }
}
