//! What is measured of a stream or a shard within a minute, for CloudWatch.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use anabranch_governance::metrics::StreamMetrics;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    IncomingBytes,
    IncomingRecords,
    /// Read by GetRecords.
    ReadBytes,
    ReadRecords,
    ReadAge,
    /// Pushed to subscribers.
    PushedBytes,
    PushedRecords,
    PushedAge,
    WriteExceeded,
    ReadExceeded,
    /// Of each call: how many microseconds it took, and whether it succeeded, 1 or 0.
    ReadMicros,
    ReadDone,
    PutOneBytes,
    PutOneMicros,
    PutOneDone,
    PutManyBytes,
    PutManyMicros,
    /// Whether a record at least was stored, 1 or 0.
    PutManyDone,
    /// Records of a call, and what became of them.
    PutManyTotal,
    PutManyStored,
    PutManyFailed,
    PutManyThrottled,
    /// Whether an event could be pushed, 1 or 0.
    PushedDone,
    /// Whether a subscription began, 1 or 0, and calls that came too soon after others.
    SubscribedDone,
    SubscribedExceeded,
}

const MEASURES: usize = Measure::SubscribedExceeded as usize + 1;

/// What was measured several times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Samples {
    pub count: u64,
    pub sum: u64,
    pub least: u64,
    pub greatest: u64,
}

/// The samples of the minute that is going on, and of all before it, behind a lock held for nanoseconds.
#[derive(Debug, Default)]
pub(crate) struct Measures {
    noted: Mutex<Noted>,
}

#[derive(Debug, Default)]
struct Noted {
    minute: Minute,
    /// All that was taken.
    taken: Minute,
}

/// The samples of a stretch of time, mostly a minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Minute([Samples; MEASURES]);

/// What a shard of a stream with enhanced monitoring is measured by.
pub(crate) struct Monitor {
    /// What `/metrics` tells.
    pub metrics: Arc<StreamMetrics>,
    pub measures: Measures,
}

/// What is measured of consumers with enhanced fan-out, by their names.
#[derive(Debug, Default)]
pub(crate) struct ConsumerMeasures {
    by_name: Mutex<BTreeMap<String, Arc<Measures>>>,
}

/// A shard's monitor, while its stream has one for each shard.
#[derive(Default)]
pub(crate) struct MonitorSlot {
    monitor: RwLock<Option<Arc<Monitor>>>,
}

impl Measures {
    /// Notes one sample each.
    pub fn note(&self, samples: &[(Measure, u64)]) {
        let mut noted = self.noted();
        for (measure, value) in samples {
            noted.minute.0[*measure as usize].add(&Samples::one(*value));
        }
    }

    /// Takes what was noted since it was last taken.
    pub fn take(&self) -> Minute {
        let mut noted = self.noted();
        let minute = std::mem::take(&mut noted.minute);
        noted.taken.add(&minute);
        minute
    }

    /// All that was noted ever.
    pub fn all(&self) -> Minute {
        let noted = self.noted();
        let mut all = noted.taken;
        all.add(&noted.minute);
        all
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Minute {
    fn add(&mut self, more: &Minute) {
        self.0.iter_mut().zip(&more.0).for_each(|(samples, more)| samples.add(more));
    }

    /// The samples of these measures together, if there are any.
    pub fn samples(&self, of: &[Measure]) -> Option<Samples> {
        let mut all = Samples::default();
        of.iter().for_each(|m| all.add(&self.0[*m as usize]));
        Some(all).filter(|s| s.count > 0)
    }
}

impl Samples {
    fn one(value: u64) -> Self {
        Self { count: 1, sum: value, least: value, greatest: value }
    }

    fn add(&mut self, more: &Samples) {
        if more.count == 0 {
            return;
        }
        self.least = if self.count == 0 { more.least } else { self.least.min(more.least) };
        self.greatest = self.greatest.max(more.greatest);
        self.count += more.count;
        self.sum = self.sum.saturating_add(more.sum);
    }
}

impl ConsumerMeasures {
    /// What this consumer is measured by.
    pub fn of(&self, name: &str) -> Arc<Measures> {
        let mut by_name = self.lock();
        if let Some(measures) = by_name.get(name) {
            return Arc::clone(measures);
        }
        Arc::clone(by_name.entry(name.to_owned()).or_default())
    }

    /// Takes what was noted of each since it was last taken; who is no consumer any more is forgotten.
    pub fn take(&self, is_there: impl Fn(&str) -> bool) -> Vec<(String, Minute)> {
        let mut by_name = self.lock();
        let minutes = by_name.iter().map(|(name, measures)| (name.clone(), measures.take())).collect();
        by_name.retain(|name, _| is_there(name));
        minutes
    }

    /// All that was noted ever of each.
    pub fn all(&self) -> Vec<(String, Minute)> {
        self.lock().iter().map(|(name, measures)| (name.clone(), measures.all())).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Measures>>> {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MonitorSlot {
    pub fn get(&self) -> Option<Arc<Monitor>> {
        self.monitor.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Has the shard measured by these metrics, a bit each; by none, it no longer is.
    pub fn choose(&self, bits: u8, make: impl FnOnce() -> Arc<StreamMetrics>) {
        let mut monitor = self.monitor.write().unwrap_or_else(PoisonError::into_inner);
        if bits == 0 {
            *monitor = None;
            return;
        }
        let new = || Arc::new(Monitor { metrics: make(), measures: Measures::default() });
        monitor.get_or_insert_with(new).metrics.scrape_only(bits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_tell_their_number_sum_least_and_greatest() {
        let measures = Measures::default();
        for value in [5, 2, 9] {
            measures.note(&[(Measure::ReadBytes, value), (Measure::ReadRecords, 1)]);
        }
        measures.note(&[(Measure::PushedBytes, 1)]);
        let minute = measures.take();
        let samples = |of: &[Measure]| minute.samples(of).unwrap();
        assert_eq!(samples(&[Measure::ReadBytes]), Samples { count: 3, sum: 16, least: 2, greatest: 9 });
        let both = samples(&[Measure::WriteExceeded, Measure::PushedBytes, Measure::ReadBytes]);
        assert_eq!(both, Samples { count: 4, sum: 17, least: 1, greatest: 9 });
        assert_eq!(minute.samples(&[Measure::WriteExceeded]), None);
        assert_eq!(measures.take(), Minute::default());
        measures.note(&[(Measure::ReadBytes, 1)]);
        let ever = measures.all().samples(&[Measure::ReadBytes]).unwrap();
        assert_eq!(ever, Samples { count: 4, sum: 17, least: 1, greatest: 9 });
    }
}
