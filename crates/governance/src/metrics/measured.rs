use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;

/// Most series of one figure; what is beyond them is left out.
pub const SERIES_MAX: usize = 10_000;

/// All that was measured of a metric of CloudWatch since the process started.
#[derive(Clone, Debug, PartialEq)]
pub struct Total {
    /// What its name begins with: whose metric it is (`kinesis_shard`).
    pub of: &'static str,
    /// The metric's name in CloudWatch (`PutRecords.SuccessfulRecords`).
    pub name: &'static str,
    /// Names and values, shared by all metrics of the same stream, consumer or shard.
    pub labels: Arc<Vec<(&'static str, String)>>,
    /// How often it was measured: CloudWatch's SampleCount.
    pub samples: u64,
    /// Of what was measured, in the metric's unit: CloudWatch's Sum.
    pub sum: f64,
}

/// A service that measures for CloudWatch.
pub trait Measured: Send + Sync {
    /// What it measured, a total for each metric that was measured at all.
    fn totals(&self) -> Vec<Total>;
}

/// The services whose totals are scraped, each as long as it lives.
#[derive(Default)]
pub(super) struct Services(Mutex<Vec<Weak<dyn Measured>>>);

impl fmt::Debug for Services {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Services").finish_non_exhaustive()
    }
}

impl Services {
    pub(super) fn add(&self, service: Weak<dyn Measured>) {
        let mut services = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        services.retain(|service| service.strong_count() > 0);
        services.push(service);
    }

    /// By whose they are and by name.
    fn totals(&self) -> BTreeMap<(&'static str, &'static str), Vec<Total>> {
        let services = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut all: BTreeMap<_, Vec<Total>> = BTreeMap::new();
        for total in services.iter().filter_map(Weak::upgrade).flat_map(|service| service.totals()) {
            let series = all.entry((total.of, total.name)).or_default();
            if series.len() < SERIES_MAX {
                series.push(total);
            }
        }
        all
    }
}

impl Collector for Services {
    /// A counter for the sums of each metric, and one for its samples.
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        for ((of, name), series) in self.totals() {
            let figure = format!("{of}_{}", words(name));
            let help = format!("Sum of CloudWatch's {name}");
            let mut metric = encoder.encode_descriptor(&figure, &help, None, MetricType::Counter)?;
            for total in &series {
                ConstCounter::new(total.sum).encode(metric.encode_family(&*total.labels)?)?;
            }
            let (figure, help) = (format!("{figure}_samples"), format!("SampleCount of CloudWatch's {name}"));
            let mut metric = encoder.encode_descriptor(&figure, &help, None, MetricType::Counter)?;
            for total in &series {
                ConstCounter::new(total.samples).encode(metric.encode_family(&*total.labels)?)?;
            }
        }
        Ok(())
    }
}

/// A metric's name as Prometheus has names: `PutRecords.SuccessfulRecords` is `put_records_successful_records`.
fn words(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() && !words.ends_with('_') {
            words.push('_');
        }
        words.push(if letter == '.' { '_' } else { letter.to_ascii_lowercase() });
    }
    words
}
