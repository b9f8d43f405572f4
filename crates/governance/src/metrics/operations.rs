use std::borrow::Cow;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

/// The code counted for an error whose code is no constant of the program, so that labels stay bounded.
const OTHER_CODE: &str = "Other";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabel {
    operation: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ErrorLabels {
    operation: &'static str,
    code: &'static str,
}

/// Counters per operation. An operation is named as [`anabranch_api::Operation::NAME`] names it.
#[derive(Clone, Debug)]
pub struct Operations {
    requests: Family<OperationLabel, Counter>,
    errors: Family<ErrorLabels, Counter>,
    abandoned: Family<OperationLabel, Counter>,
    panics: Counter,
    duration: Family<OperationLabel, Histogram>,
    bytes_in: Family<OperationLabel, Counter>,
    bytes_out: Family<OperationLabel, Counter>,
    frames: Family<OperationLabel, Counter>,
    /// Whether calls are counted at all.
    is_on: bool,
}

impl Default for Operations {
    fn default() -> Self {
        Self {
            requests: Family::default(),
            errors: Family::default(),
            abandoned: Family::default(),
            panics: Counter::default(),
            // 50 µs to 26 s, doubling.
            duration: Family::new_with_constructor(|| Histogram::new(exponential_buckets(50e-6, 2.0, 20))),
            bytes_in: Family::default(),
            bytes_out: Family::default(),
            frames: Family::default(),
            is_on: true,
        }
    }
}

impl Operations {
    /// Counters that stay at zero.
    pub(super) fn off() -> Self {
        Self { is_on: false, ..Self::default() }
    }

    pub(super) fn is_on(&self) -> bool {
        self.is_on
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("requests", "Calls answered, refused ones included", self.requests.clone());
        registry.register("errors", "Calls answered with an error, by its code", self.errors.clone());
        registry.register(
            "abandoned",
            "Reading calls dropped because their client hung up",
            self.abandoned.clone(),
        );
        registry.register("panics", "Calls that ended in a panic of ours", self.panics.clone());
        registry.register_with_unit(
            "request_duration",
            "From the door to the answer, encoding excluded",
            Unit::Seconds,
            self.duration.clone(),
        );
        registry.register_with_unit("request_body", "Bodies of requests", Unit::Bytes, self.bytes_in.clone());
        registry.register_with_unit(
            "answer_body",
            "Bodies of answers, frames included",
            Unit::Bytes,
            self.bytes_out.clone(),
        );
        registry.register("frames", "Frames sent in feeds", self.frames.clone());
    }

    /// Counts a call that ended after `took`, with the code it was refused with. Also for calls refused before they reach the door.
    pub fn ended(&self, operation: &'static str, took: Duration, error: Option<&Cow<'static, str>>) {
        if !self.is_on {
            return;
        }
        let label = OperationLabel { operation };
        self.requests.get_or_create(&label).inc();
        self.duration.get_or_create(&label).observe(took.as_secs_f64());
        if let Some(code) = error {
            let code = match code {
                Cow::Borrowed(code) => code,
                Cow::Owned(_) => OTHER_CODE,
            };
            self.errors.get_or_create(&ErrorLabels { operation, code }).inc();
        }
    }

    /// Counts what a call brought and took, in bytes of its bodies.
    pub fn transferred(&self, operation: &'static str, bytes_in: u64, bytes_out: u64) {
        let label = OperationLabel { operation };
        self.bytes_in.get_or_create(&label).inc_by(bytes_in);
        self.bytes_out.get_or_create(&label).inc_by(bytes_out);
    }

    pub(crate) fn abandoned(&self, operation: &'static str) {
        self.abandoned.get_or_create(&OperationLabel { operation }).inc();
    }

    pub(crate) fn panicked(&self) {
        self.panics.inc();
    }

    /// The counter of the frames of a feed, for a feed to hold.
    pub(crate) fn frames(&self, operation: &'static str) -> Counter {
        self.frames.get_or_create_owned(&OperationLabel { operation })
    }
}
