//! Faults on purpose, for tests of retries: `--fault`, `POST /_anabranch/fault`. They strike between decoding and the door, so nothing
//! of a refused call happens, and with one seed they strike alike.

mod put_records;
mod rule;

use std::any::Any;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anabranch_api::{ApiError, Descriptor};
use anabranch_types::Rng;

pub use put_records::Spared;
pub use rule::{FaultRule, RULES_MAX};

/// The faults of a server. Which calls they strike is decided by one sequence of chance, in the order of the calls.
#[derive(Debug)]
pub struct Faults {
    rules: RwLock<Arc<[FaultRule]>>,
    rng: Rng,
}

/// What becomes of a call.
#[derive(Debug, Default, PartialEq)]
pub struct Strike {
    /// How long it waits first.
    pub latency: Duration,
    /// What it is answered instead of being served.
    pub refusal: Option<ApiError>,
}

impl Faults {
    /// Faults by these rules; one seed is one sequence.
    pub fn new(rules: Vec<FaultRule>, seed: Option<u64>) -> Self {
        Self { rules: RwLock::new(rules.into()), rng: seed.map_or_else(Rng::system, Rng::seeded) }
    }

    /// Other rules from now on.
    pub fn replace(&self, rules: Vec<FaultRule>) {
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = rules.into();
    }

    /// The rules.
    pub fn rules(&self) -> Arc<[FaultRule]> {
        Arc::clone(&self.rules.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Decides about a call of this operation. A throttle of PutRecords strikes record by record instead ([`Self::spare`]).
    pub fn strike(&self, operation: &Descriptor) -> Strike {
        let mut strike = Strike::default();
        for rule in self.rules().iter().filter(|rule| rule.is_about(name(operation))) {
            strike.latency += rule.latency;
            if strike.refusal.is_none() && self.happens(rule.error) {
                strike.refusal = Some(ApiError::internal());
            }
            let whole = !put_records::is_struck_by_record(operation);
            if whole && strike.refusal.is_none() && self.happens(rule.throttle) {
                strike.refusal = Some(throttled(operation));
            }
        }
        strike
    }

    /// Takes out of a PutRecords the records that are throttled; does nothing to other requests.
    pub fn spare(&self, operation: &Descriptor, request: &mut dyn Any) -> Spared {
        let rules = self.rules();
        let chances: Vec<f64> =
            rules.iter().filter(|rule| rule.is_about(name(operation))).map(|rule| rule.throttle).collect();
        if chances.iter().all(|chance| *chance <= 0.0) {
            return Spared::default();
        }
        Spared::take(request, || chances.iter().any(|chance| self.happens(*chance)))
    }

    fn happens(&self, chance: f64) -> bool {
        // The 53 bits a double holds exactly.
        chance > 0.0 && (self.rng.u64() >> 11) as f64 / ((1_u64 << 53) as f64) < chance
    }
}

/// The operation without its service: `PutRecords`.
fn name(operation: &Descriptor) -> &'static str {
    operation.name.rsplit_once('.').map_or(operation.name, |(_, name)| name)
}

/// The sentence of an injected refusal: whoever reads it in a log shall know where it comes from.
const SENTENCE: &str = "Rate exceeded (a fault that --fault or /_anabranch/fault asked for).";

/// The refusal by which an operation says that it is called too often, as its service's model has it.
fn throttled(operation: &Descriptor) -> ApiError {
    let code = match (operation.service.name, name(operation)) {
        ("kinesis", "PutRecord" | "GetRecords" | "GetShardIterator") => {
            "ProvisionedThroughputExceededException"
        }
        ("kinesis", _) => "LimitExceededException",
        ("lambda", _) => "TooManyRequestsException",
        ("sts" | "cloudwatch", _) => "Throttling",
        _ => "ThrottlingException",
    };
    let status = if operation.service.name == "lambda" { 429 } else { 400 };
    ApiError { status, ..ApiError::client(code, SENTENCE) }
}

#[cfg(test)]
mod tests {
    use anabranch_api::Operation;
    use anabranch_api::kinesis::{
        GetRecords, ListStreams, PutRecords, PutRecordsOutput, PutRecordsRequestEntry, PutRecordsResultEntry,
    };

    use super::*;

    fn faults(rules: &[&str], seed: u64) -> Faults {
        Faults::new(rules.iter().map(|rule| rule.parse().unwrap()).collect(), Some(seed))
    }

    fn codes<Op: Operation>(faults: &Faults, calls: usize) -> Vec<Option<String>> {
        (0..calls)
            .map(|_| faults.strike(Descriptor::of::<Op>()).refusal.map(|e| e.code.into_owned()))
            .collect()
    }

    #[test]
    fn one_seed_strikes_alike_and_about_as_often_as_asked() {
        let struck = |seed| codes::<GetRecords>(&faults(&["throttle=0.1,error=0.01"], seed), 10_000);
        assert_eq!(struck(1), struck(1));
        assert_ne!(struck(1), struck(2));
        let count = |code: &str| struck(1).iter().filter(|c| c.as_deref() == Some(code)).count();
        let throttled = count("ProvisionedThroughputExceededException");
        assert!((850..1150).contains(&throttled), "{throttled}");
        assert!((50..160).contains(&count("InternalFailure")), "{}", count("InternalFailure"));
    }

    #[test]
    fn an_operation_is_refused_as_its_own_service_refuses_it_and_others_are_left_alone() {
        let faults = faults(&["ListStreams:throttle=1,latency=20ms"], 1);
        let strike = faults.strike(Descriptor::of::<ListStreams>());
        assert_eq!(strike.latency, Duration::from_millis(20));
        assert_eq!(strike.refusal.unwrap().code, "LimitExceededException");
        assert_eq!(faults.strike(Descriptor::of::<GetRecords>()), Strike::default());
        faults.replace(Vec::new());
        assert_eq!(faults.strike(Descriptor::of::<ListStreams>()), Strike::default());
    }

    #[test]
    fn put_records_is_throttled_record_by_record() {
        let faults = faults(&["PutRecords:throttle=0.5"], 3);
        assert_eq!(faults.strike(Descriptor::of::<PutRecords>()), Strike::default());
        let entry = |n: usize| PutRecordsRequestEntry {
            data: n.to_string().into_bytes().into(),
            partition_key: Some("k".into()),
            ..PutRecordsRequestEntry::default()
        };
        let mut request = PutRecords { records: (0..100).map(entry).collect(), ..PutRecords::default() };
        let spared = faults.spare(Descriptor::of::<PutRecords>(), &mut request);
        let left: Vec<_> = request.records.iter().map(|r| r.data.clone()).collect();
        assert!((30..70).contains(&left.len()), "{}", left.len());
        // The service answers one result per record it got; each is found at its record's place again.
        let result = |data: &bytes::Bytes| PutRecordsResultEntry {
            error_message: Some(String::from_utf8_lossy(data).into_owned().into()),
            ..PutRecordsResultEntry::default()
        };
        let mut output = PutRecordsOutput {
            records: left.iter().map(result).collect(),
            failed_record_count: Some(0),
            ..PutRecordsOutput::default()
        };
        spared.put_back(&mut output);
        assert_eq!(output.records.len(), 100);
        assert_eq!(output.failed_record_count, i32::try_from(100 - left.len()).ok());
        for (n, entry) in output.records.iter().enumerate() {
            match entry.error_code.as_deref() {
                Some(code) => assert_eq!(code, "ProvisionedThroughputExceededException"),
                None => assert_eq!(entry.error_message.as_deref(), Some(n.to_string().as_str())),
            }
        }
    }
}
