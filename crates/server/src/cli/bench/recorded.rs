//! What is written down of a load: a trail that asks for every call of data, and an alarm on each stream.

use anabranch_api::cloudtrail::{
    AdvancedEventSelector, AdvancedFieldSelector, CreateTrail, PutEventSelectors, StartLogging,
};
use anabranch_api::cloudwatch::{ComparisonOperator, Dimension, PutMetricAlarm, Statistic};

use super::super::Failure;
use super::server::Server;
use crate::client::{HttpEndpoint, HttpVersion, Kinesis};

/// Of the trail; a server that is started for a load has it.
pub(super) const BUCKET: &str = "bench-trail";
const TRAIL: &str = "bench";

/// Makes the trail and starts it.
pub(super) async fn ask_for_data(server: &Server) -> Result<(), Failure> {
    let client = client(server)?;
    let create = CreateTrail { name: TRAIL.into(), s3_bucket_name: BUCKET.into(), ..CreateTrail::default() };
    client.call(create).await?;
    let equals = |field: &'static str, value: &'static str| AdvancedFieldSelector {
        field: field.into(),
        equals: Some(vec![value.into()]),
        ..AdvancedFieldSelector::default()
    };
    let data = vec![equals("eventCategory", "Data"), equals("resources.type", "AWS::Kinesis::Stream")];
    let select = PutEventSelectors {
        trail_name: TRAIL.into(),
        advanced_event_selectors: Some(vec![AdvancedEventSelector { name: None, field_selectors: data }]),
        ..PutEventSelectors::default()
    };
    client.call(select).await?;
    client.call(StartLogging { name: TRAIL.into() }).await?;
    Ok(())
}

/// Makes an alarm of a stream's writers that are throttled.
pub(super) async fn watch(server: &Server, stream: &str) -> Result<(), Failure> {
    let alarm = PutMetricAlarm {
        alarm_name: stream.into(),
        namespace: Some("AWS/Kinesis".into()),
        metric_name: Some("WriteProvisionedThroughputExceeded".into()),
        dimensions: Some(vec![Dimension { name: "StreamName".into(), value: stream.into() }]),
        statistic: Some(Statistic::Sum),
        period: Some(60),
        evaluation_periods: Some(5),
        threshold: Some(0.0),
        comparison_operator: Some(ComparisonOperator::GreaterThanThreshold),
        ..PutMetricAlarm::default()
    };
    client(server)?.call(alarm).await?;
    Ok(())
}

fn client(server: &Server) -> Result<Kinesis, Failure> {
    let (target, identity) = (server.target.clone(), server.identity.clone());
    Ok(Kinesis::new(HttpEndpoint::new(target, identity, HttpVersion::One, None)?))
}
