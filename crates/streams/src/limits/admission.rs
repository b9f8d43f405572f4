//! [`Admission`] is pure: it is told the time and says yes or no. One stands behind a short lock per shard.

use std::time::Duration;

use anabranch_types::Timestamp;

use super::{
    SHARD_IN_BYTES_PER_SECOND, SHARD_IN_RECORDS_PER_SECOND, SHARD_OUT_BYTES_PER_SECOND,
    SHARD_READS_PER_SECOND,
};

/// The state of one shard's limits.
#[derive(Clone, Copy, Debug)]
pub struct Admission {
    in_bytes: Bucket,
    in_records: Bucket,
    out_bytes: Bucket,
    reads: Bucket,
}

impl Admission {
    /// A shard that has been idle.
    pub fn new(now: Timestamp) -> Self {
        Self {
            in_bytes: Bucket::full(SHARD_IN_BYTES_PER_SECOND, now),
            in_records: Bucket::full(SHARD_IN_RECORDS_PER_SECOND, now),
            out_bytes: Bucket::full(SHARD_OUT_BYTES_PER_SECOND, now),
            reads: Bucket::full(SHARD_READS_PER_SECOND, now),
        }
    }

    /// Whether a record of `bytes` (data and key) may be put now; if so, it is counted. One larger than a second's worth needs an
    /// idle shard and then makes it wait the longer.
    pub fn put(&mut self, bytes: u64, now: Timestamp) -> bool {
        self.in_bytes.refill(now);
        self.in_records.refill(now);
        let admitted = self.in_bytes.holds(bytes) && self.in_records.holds(1);
        if admitted {
            self.in_bytes.take(bytes);
            self.in_records.take(1);
        }
        admitted
    }

    /// Whether GetRecords may be called now; if so, the call is counted. What it reads is counted afterwards by [`Self::read`].
    pub fn start_read(&mut self, now: Timestamp) -> bool {
        self.out_bytes.refill(now);
        self.reads.refill(now);
        let admitted = self.out_bytes.in_credit() && self.reads.holds(1);
        if admitted {
            self.reads.take(1);
        }
        admitted
    }

    /// Counts what was read. An answer of 10 MiB makes the shard refuse reads for the next four to five seconds (AWS: API_GetRecords).
    pub fn read(&mut self, bytes: u64) {
        self.out_bytes.take(bytes);
    }
}

/// So many units per second, a second's worth at once. May go into debt.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    per_second: i64,
    /// Thousandths of a unit.
    level: i64,
    filled: Timestamp,
}

impl Bucket {
    /// A bucket that holds a second's worth.
    pub fn full(per_second: u64, now: Timestamp) -> Self {
        let per_second = i64::try_from(per_second).unwrap_or(i64::MAX / 1000);
        Self { per_second, level: per_second * 1000, filled: now }
    }

    /// Adds what the time since the last call is worth. A clock that stands or steps back adds nothing.
    pub fn refill(&mut self, now: Timestamp) {
        let elapsed_ms = i64::try_from(now.millis_since(self.filled)).unwrap_or(i64::MAX);
        let full = self.per_second * 1000;
        self.level = self.level.saturating_add(elapsed_ms.saturating_mul(self.per_second)).min(full);
        self.filled = now;
    }

    /// Whether `units` can be taken, or the bucket is full.
    pub fn holds(&self, units: u64) -> bool {
        let wanted = i64::try_from(units).unwrap_or(i64::MAX).min(self.per_second);
        self.level >= wanted * 1000
    }

    /// Whether nothing is missing of a second's worth.
    pub fn is_full(&self) -> bool {
        self.level >= self.per_second * 1000
    }

    /// Whether there is no debt.
    pub fn in_credit(&self) -> bool {
        self.level >= 0
    }

    /// Takes `units`, into debt if need be.
    pub fn take(&mut self, units: u64) {
        let units = i64::try_from(units).unwrap_or(i64::MAX / 1000);
        self.level = self.level.saturating_sub(units.saturating_mul(1000));
    }

    /// When the debt will be paid, if there is one.
    pub fn in_credit_at(&self) -> Option<Timestamp> {
        let debt = u64::try_from(-self.level).ok().filter(|&d| d > 0)?;
        let wait_ms = debt.div_ceil(self.per_second.unsigned_abs().max(1));
        Some(self.filled + Duration::from_millis(wait_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: u64 = 1024;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    /// How many of `tries` records of `bytes` an idle shard takes at one moment.
    fn taken_at_once(tries: usize, bytes: u64) -> usize {
        let mut admission = Admission::new(at(0));
        (0..tries).filter(|_| admission.put(bytes, at(0))).count()
    }

    #[test]
    fn a_shard_takes_a_mebibyte_or_a_thousand_records_a_second() {
        assert_eq!(taken_at_once(2000, KIB), 1000);
        assert_eq!(taken_at_once(2000, 1), 1000);
        assert_eq!(taken_at_once(200, 10 * KIB), 102);
    }

    #[test]
    fn half_a_second_later_it_takes_half_as_much() {
        let mut admission = Admission::new(at(0));
        while admission.put(1, at(0)) {}
        assert_eq!((0..2000).filter(|_| admission.put(1, at(500))).count(), 500);
    }

    #[test]
    fn a_record_of_ten_mebibytes_goes_through_an_idle_shard_and_is_paid_for() {
        let mut admission = Admission::new(at(0));
        assert!(admission.put(10 * KIB * KIB, at(0)));
        assert!(!admission.put(1, at(8_999)));
        assert!(admission.put(1, at(9_100)));
    }

    #[test]
    fn a_shard_gives_five_reads_a_second() {
        let mut admission = Admission::new(at(0));
        assert_eq!((0..10).filter(|_| admission.start_read(at(0))).count(), 5);
        assert!(!admission.start_read(at(199)));
        assert!(admission.start_read(at(200)));
    }

    #[test]
    fn after_ten_mebibytes_a_shard_refuses_reads_for_four_seconds() {
        let mut admission = Admission::new(at(0));
        assert!(admission.start_read(at(0)));
        admission.read(10 * KIB * KIB);
        assert!(!admission.start_read(at(3_999)));
        assert!(admission.start_read(at(4_000)));
    }

    #[test]
    fn a_clock_that_steps_back_gives_nothing() {
        let mut admission = Admission::new(at(1000));
        while admission.put(1, at(1000)) {}
        assert!(!admission.put(1, at(0)));
    }

    #[test]
    fn a_debt_says_when_it_is_paid() {
        let mut bucket = Bucket::full(1000, at(0));
        assert_eq!(bucket.in_credit_at(), None);
        bucket.take(3000);
        assert_eq!(bucket.in_credit_at(), Some(at(2000)));
    }
}
