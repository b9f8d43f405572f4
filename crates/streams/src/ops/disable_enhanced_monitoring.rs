use anabranch_api::kinesis::{DisableEnhancedMonitoring, EnhancedMonitoringOutput, Error};
use anabranch_api::{Context, Serve};

use super::enable_enhanced_monitoring::bits;
use crate::Streams;
use crate::limits::DISABLE_ENHANCED_MONITORING_CALLS;

impl Serve<DisableEnhancedMonitoring> for Streams {
    async fn serve(
        &self,
        cx: &Context,
        request: DisableEnhancedMonitoring,
    ) -> Result<EnhancedMonitoringOutput, Error> {
        let found = self.find_stream(cx, request.stream_name.as_ref(), request.stream_arn.as_deref());
        let stream = self.within(cx, &DISABLE_ENHANCED_MONITORING_CALLS, found)?;
        let named = bits(&request.shard_level_metrics);
        self.change_monitoring(&stream, |before| before & !named).await
    }
}
