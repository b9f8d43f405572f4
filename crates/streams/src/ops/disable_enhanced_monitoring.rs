use anabranch_api::kinesis::{DisableEnhancedMonitoring, EnhancedMonitoringOutput, Error};
use anabranch_api::{Context, Serve};

use super::enable_enhanced_monitoring::bits;
use crate::Streams;

impl Serve<DisableEnhancedMonitoring> for Streams {
    async fn serve(
        &self,
        cx: &Context,
        request: DisableEnhancedMonitoring,
    ) -> Result<EnhancedMonitoringOutput, Error> {
        let stream = self.find_stream(cx, request.stream_name.as_ref(), request.stream_arn.as_deref())?;
        let named = bits(&request.shard_level_metrics);
        self.change_monitoring(&stream, |before| before & !named).await
    }
}
