use std::path::Path;
use std::sync::Arc;

use anabranch_api::Context;
use anabranch_api::cloudtrail::{
    AdvancedEventSelector, AdvancedFieldSelector, CreateTrail, PutEventSelectors, StartLogging,
};
use anabranch_api::cloudwatch::{ComparisonOperator, Dimension, PutMetricAlarm, Statistic};
use anabranch_catalog::Catalog;
use anabranch_cloudtrail::{CloudTrail, TrailGround};
use anabranch_cloudwatch::{Alarms, AlarmsGround, CloudWatch};
use anabranch_governance::Door;
use anabranch_governance::audit::{AuditSink, NoAudit};
use anabranch_governance::kms::MasterKey;
use anabranch_governance::metrics::Metrics;
use anabranch_log::RecordLog;
use anabranch_types::{Clock, Due, Rng, Timestamp};

use crate::Failure;

const MINUTE_MS: i64 = 60_000;
const TRAIL: &str = "bench";

/// What is written down of what happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// Nothing: what recording costs is the difference.
    Nothing,
    /// What a server always records, metrics and events of management, with an alarm on each stream.
    Always,
    /// That, and a trail that asks for the events of data.
    DataEvents,
}

/// Who writes it down.
pub(crate) struct Recorder {
    pub metrics: Metrics,
    pub cloudwatch: Arc<CloudWatch>,
    kept: Option<Kept>,
}

/// Where it is kept.
struct Kept {
    trails: Arc<CloudTrail>,
    alarms: Arc<Alarms>,
    due: Vec<Arc<dyn Due>>,
}

/// What a recorder stands on.
pub(crate) struct RecorderGround<'a> {
    pub log: Arc<dyn RecordLog>,
    pub catalog: Arc<dyn Catalog>,
    pub clock: Clock,
    pub master_key: Arc<MasterKey>,
    /// Where buckets are made.
    pub blobs: &'a Path,
}

impl Recorder {
    pub async fn open(ground: RecorderGround<'_>, recorded: Recorded) -> Result<Self, Failure> {
        let RecorderGround { log, catalog, clock, master_key, blobs } = ground;
        let cloudwatch = Arc::new(CloudWatch::new(Arc::clone(&log), Arc::clone(&catalog)));
        if recorded == Recorded::Nothing {
            return Ok(Self { metrics: Metrics::off(), cloudwatch, kept: None });
        }
        std::fs::create_dir_all(blobs.join(TRAIL))?;
        let alarms = Alarms::open(AlarmsGround {
            catalog: Arc::clone(&catalog),
            clock: clock.clone(),
            metrics: Arc::clone(&cloudwatch),
        })
        .await?;
        let trails = CloudTrail::open(TrailGround {
            log,
            catalog,
            clock: clock.clone(),
            rng: Rng::system(),
            master_key,
            audit_key: None,
            blobs: Some(blobs.to_owned()),
            sends_heads: false,
        })
        .await?;
        let mut due = trails.due();
        due.extend([cloudwatch.due(clock.now()), alarms.due()]);
        Ok(Self { metrics: Metrics::new(|_| {}), cloudwatch, kept: Some(Kept { trails, alarms, due }) })
    }

    pub fn sink(&self) -> Arc<dyn AuditSink> {
        match &self.kept {
            Some(kept) => kept.trails.clone(),
            None => Arc::new(NoAudit),
        }
    }

    /// Watches a new stream, as it is recorded.
    pub async fn watch(&self, door: &Door, cx: Context, stream: &str) -> Result<(), Failure> {
        let Some(Kept { alarms, .. }) = &self.kept else { return Ok(()) };
        let alarm = PutMetricAlarm {
            alarm_name: stream.to_owned().into(),
            namespace: Some("AWS/Kinesis".into()),
            metric_name: Some("WriteProvisionedThroughputExceeded".into()),
            dimensions: Some(vec![Dimension { name: "StreamName".into(), value: stream.to_owned().into() }]),
            statistic: Some(Statistic::Sum),
            period: Some(60),
            evaluation_periods: Some(5),
            threshold: Some(0.0),
            comparison_operator: Some(ComparisonOperator::GreaterThanThreshold),
            ..PutMetricAlarm::default()
        };
        door.unary(cx, alarms, alarm).await?;
        Ok(())
    }

    /// Has a trail ask for the events of data.
    pub async fn ask_for_data(&self, door: &Door, cx: &Context) -> Result<(), Failure> {
        let Some(Kept { trails, .. }) = &self.kept else { return Ok(()) };
        let create =
            CreateTrail { name: TRAIL.into(), s3_bucket_name: TRAIL.into(), ..CreateTrail::default() };
        door.unary(cx.clone(), trails, create).await?;
        let equals = |field: &str, value: &str| AdvancedFieldSelector {
            field: field.to_owned().into(),
            equals: Some(vec![value.to_owned().into()]),
            ..AdvancedFieldSelector::default()
        };
        let data = vec![equals("eventCategory", "Data"), equals("resources.type", "AWS::Kinesis::Stream")];
        let select = PutEventSelectors {
            trail_name: TRAIL.into(),
            advanced_event_selectors: Some(vec![AdvancedEventSelector { name: None, field_selectors: data }]),
            ..PutEventSelectors::default()
        };
        door.unary(cx.clone(), trails, select).await?;
        door.unary(cx.clone(), trails, StartLogging { name: TRAIL.into() }).await?;
        Ok(())
    }

    /// Lets a minute of the clock pass, and does what falls due with it: `others` first.
    pub async fn pass_a_minute(&self, clock: &Clock, others: &[Arc<dyn Due>]) {
        let Some(Kept { due, .. }) = &self.kept else { return };
        let now = Timestamp::from_millis(clock.now().millis() + MINUTE_MS);
        clock.advance_to(now);
        for due in others.iter().chain(due) {
            if due.next_due().is_some_and(|at| at <= now) {
                due.run(now).await;
            }
        }
    }
}
