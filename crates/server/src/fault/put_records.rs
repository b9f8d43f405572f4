use std::any::Any;

use anabranch_api::kinesis::{PutRecords, PutRecordsOutput, PutRecordsResultEntry};
use anabranch_api::{Descriptor, Operation};

use super::SENTENCE;

/// The places of the records that were taken out of a PutRecords, ascending.
#[derive(Debug, Default)]
pub struct Spared {
    places: Vec<usize>,
}

/// Whether faults strike the operation's records, as AWS throttles it, and not the call.
pub(super) fn is_struck_by_record(operation: &Descriptor) -> bool {
    operation.name == PutRecords::NAME
}

impl Spared {
    /// Takes the records out for which `happens` says so.
    pub(super) fn take(request: &mut dyn Any, mut happens: impl FnMut() -> bool) -> Self {
        let mut places = Vec::new();
        if let Some(request) = request.downcast_mut::<PutRecords>() {
            let mut place = 0;
            request.records.retain(|_| {
                let taken = happens();
                if taken {
                    places.push(place);
                }
                place += 1;
                !taken
            });
        }
        Self { places }
    }

    /// Answers what was taken out as a shard that takes no more does, each at its place.
    pub fn put_back(self, output: &mut dyn Any) {
        let Some(output) = output.downcast_mut::<PutRecordsOutput>() else { return };
        if self.places.is_empty() {
            return;
        }
        let throttled = || PutRecordsResultEntry {
            error_code: Some("ProvisionedThroughputExceededException".into()),
            error_message: Some(SENTENCE.into()),
            ..PutRecordsResultEntry::default()
        };
        let failed = output.failed_record_count.unwrap_or(0);
        output.failed_record_count = i32::try_from(self.places.len()).ok().map(|more| failed + more);
        let mut served = std::mem::take(&mut output.records).into_iter();
        let mut places = self.places.into_iter().peekable();
        let total = served.len() + places.len();
        let at = |place| if places.next_if_eq(&place).is_some() { Some(throttled()) } else { served.next() };
        output.records = (0..total).filter_map(at).collect();
    }
}
