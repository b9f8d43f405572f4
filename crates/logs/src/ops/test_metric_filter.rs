use anabranch_api::logs::{Error, MetricFilterMatchRecord, TestMetricFilter, TestMetricFilterOutput};
use anabranch_api::{Context, Serve};

use crate::errors;
use crate::pattern::{Extracted, Pattern};
use crate::service::Logs;

impl Serve<TestMetricFilter> for Logs {
    async fn serve(&self, _: &Context, request: TestMetricFilter) -> Result<TestMetricFilterOutput, Error> {
        let pattern = Pattern::parse(&request.filter_pattern).map_err(|_| errors::invalid_pattern())?;
        // The service numbers from 1; the examples of its reference from 0.
        let numbered = (1..).zip(&request.log_event_messages);
        let matches = numbered.filter_map(|(number, message)| {
            Some(MetricFilterMatchRecord {
                event_number: Some(number),
                event_message: Some(message.clone()),
                extracted_values: Some(listed(pattern.extract(message)?)),
            })
        });
        Ok(TestMetricFilterOutput { matches: Some(matches.collect()) })
    }
}

fn listed(extracted: Extracted) -> Vec<(bytestring::ByteString, bytestring::ByteString)> {
    extracted.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
}
