use anabranch_api::logs::{DeleteMetricFilter, DeleteMetricFilterOutput, Error};
use anabranch_api::{Context, Serve};
use anabranch_catalog::Commit;

use crate::errors;
use crate::service::Logs;

impl Serve<DeleteMetricFilter> for Logs {
    async fn serve(
        &self,
        cx: &Context,
        request: DeleteMetricFilter,
    ) -> Result<DeleteMetricFilterOutput, Error> {
        let group = self.group(cx, &request.log_group_name)?;
        let _changing = group.changing.lock().await;
        self.refuse_deleted(&group)?;
        let (filters, name) = (group.filters(), &*request.filter_name);
        if filters.metric(name).is_none() {
            return Err(errors::no_metric_filter());
        }
        let delete = vec![group.scope.metric_filter(group.id, name)];
        self.commit(Commit { delete, ..Commit::default() }).await?;
        group.set_filters(filters.without_metric(name));
        Ok(DeleteMetricFilterOutput {})
    }
}
