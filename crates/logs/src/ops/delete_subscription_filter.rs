use anabranch_api::logs::{DeleteSubscriptionFilter, DeleteSubscriptionFilterOutput, Error};
use anabranch_api::{Context, Serve};
use anabranch_catalog::Commit;

use crate::errors;
use crate::service::Logs;

impl Serve<DeleteSubscriptionFilter> for Logs {
    async fn serve(
        &self,
        cx: &Context,
        request: DeleteSubscriptionFilter,
    ) -> Result<DeleteSubscriptionFilterOutput, Error> {
        let group = self.group(cx, &request.log_group_name)?;
        let _changing = group.changing.lock().await;
        self.refuse_deleted(&group)?;
        let (filters, name) = (group.filters(), &*request.filter_name);
        if filters.subscription(name).is_none() {
            return Err(errors::no_subscription_filter());
        }
        let delete = vec![group.scope.subscription(group.id, name), group.scope.position(group.id, name)];
        self.commit(Commit { delete, ..Commit::default() }).await?;
        group.set_filters(filters.without_subscription(name));
        self.deliveries.end(group.id, name);
        Ok(DeleteSubscriptionFilterOutput {})
    }
}
