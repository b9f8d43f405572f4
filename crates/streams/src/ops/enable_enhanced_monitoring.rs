use anabranch_api::kinesis::{EnableEnhancedMonitoring, EnhancedMonitoringOutput, Error, MetricsName};
use anabranch_api::{Context, Serve};

use crate::Streams;
use crate::describe::{SHARD_METRICS, shard_metrics};
use crate::limits::ENABLE_ENHANCED_MONITORING_CALLS;
use crate::stream::Stream;

impl Serve<EnableEnhancedMonitoring> for Streams {
    async fn serve(
        &self,
        cx: &Context,
        request: EnableEnhancedMonitoring,
    ) -> Result<EnhancedMonitoringOutput, Error> {
        let found = self.find_stream(cx, request.stream_name.as_ref(), request.stream_arn.as_deref());
        let stream = self.within(cx, &ENABLE_ENHANCED_MONITORING_CALLS, found)?;
        let named = bits(&request.shard_level_metrics);
        self.change_monitoring(&stream, |before| before | named).await
    }
}

/// The metrics as stored; ALL is all seven (recorded by kinesalite).
pub(super) fn bits(names: &[MetricsName]) -> u8 {
    let all = names.contains(&MetricsName::All);
    let named = |name: &MetricsName| all || names.contains(name);
    (0..).zip(SHARD_METRICS).filter(|(_, name)| named(name)).fold(0, |bits, (bit, _)| bits | 1 << bit)
}

impl Streams {
    /// The answer shows what was on before, and what is on now.
    pub(super) async fn change_monitoring(
        &self,
        stream: &Stream,
        change: impl FnOnce(u8) -> u8 + Send,
    ) -> Result<EnhancedMonitoringOutput, Error> {
        let (before, after) = self
            .update(stream, |draft| {
                let before = draft.stored.shard_metrics;
                draft.stored.shard_metrics = change(before);
                Ok((before, draft.stored.shard_metrics))
            })
            .await?;
        Ok(EnhancedMonitoringOutput {
            stream_name: Some(stream.id.name.clone()),
            current_shard_level_metrics: Some(shard_metrics(before)),
            desired_shard_level_metrics: Some(shard_metrics(after)),
            stream_arn: Some(stream.arn.clone()),
        })
    }
}

#[cfg(test)]
mod tests {
    use anabranch_api::kinesis::DisableEnhancedMonitoring;

    use super::*;
    use crate::harness::{bench, name};

    #[tokio::test]
    async fn answers_show_what_was_on_and_what_is_on() {
        use MetricsName::{All, IncomingBytes, OutgoingBytes};
        let bench = bench().await;
        bench.create("s", 1).await;
        let enable = |metrics| EnableEnhancedMonitoring {
            stream_name: Some(name("s")),
            shard_level_metrics: metrics,
            ..EnableEnhancedMonitoring::default()
        };
        let disable = |metrics| DisableEnhancedMonitoring {
            stream_name: Some(name("s")),
            shard_level_metrics: metrics,
            ..DisableEnhancedMonitoring::default()
        };
        let shown = |o: EnhancedMonitoringOutput| {
            (o.current_shard_level_metrics.unwrap(), o.desired_shard_level_metrics.unwrap())
        };
        let first = shown(bench.call(enable(vec![OutgoingBytes, IncomingBytes])).await.unwrap());
        assert_eq!(first, (vec![], vec![IncomingBytes, OutgoingBytes]));
        let (before, after) = shown(bench.call(enable(vec![All])).await.unwrap());
        assert_eq!((before.len(), after.len()), (2, 7));
        let (before, after) = shown(bench.call(disable(vec![IncomingBytes])).await.unwrap());
        assert_eq!((before.len(), after.len()), (7, 6));
        let monitored = &bench.describe("s").await.enhanced_monitoring[0];
        assert_eq!(monitored.shard_level_metrics.as_deref(), Some(&after[..]));
        assert_eq!(shown(bench.call(disable(vec![All])).await.unwrap()).1, []);
    }
}
