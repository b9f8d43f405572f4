use std::sync::atomic::{AtomicUsize, Ordering};

/// Data points that the queries of a call come to at the most, those on the way to a result included: a week of minutes of 500 metrics, 16 bytes each. A
/// bound of ours; AWS throttles who asks for too many a second (CloudWatch User Guide, CloudWatch service quotas, GetMetricData).
const EVALUATED_MAX: usize = 500 * 7 * 1440;

/// Counts the data points of a call, so that neither memory nor time is without an end, whatever expressions say.
#[derive(Debug, Default)]
pub(super) struct Points(AtomicUsize);

impl Points {
    /// Counts so many more; why not, if those are too many.
    pub(super) fn take(&self, more: usize) -> Result<(), String> {
        let taken = self.0.fetch_add(more, Ordering::Relaxed).saturating_add(more);
        if taken <= EVALUATED_MAX {
            return Ok(());
        }
        Err(format!(
            "The queries come to more than {EVALUATED_MAX} datapoints. \
             You may reduce them by increasing Period, or decreasing the time range."
        ))
    }
}
