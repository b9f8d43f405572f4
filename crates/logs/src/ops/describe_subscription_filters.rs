use anabranch_api::logs::{
    DescribeSubscriptionFilters, DescribeSubscriptionFiltersOutput, Distribution, Error, SubscriptionFilter,
};
use anabranch_api::{Context, Serve};

use crate::changes::page_length;
use crate::directory::Group;
use crate::filters::Subscription;
use crate::service::Logs;

impl Serve<DescribeSubscriptionFilters> for Logs {
    async fn serve(
        &self,
        cx: &Context,
        request: DescribeSubscriptionFilters,
    ) -> Result<DescribeSubscriptionFiltersOutput, Error> {
        let group = self.group(cx, &request.log_group_name)?;
        let (prefix, after) = (request.filter_name_prefix.as_deref(), request.next_token.as_deref());
        let filters = group.filters();
        let mut fit = filters.subscriptions.iter().filter(|filter| {
            let name = filter.stored.name.as_str();
            prefix.is_none_or(|prefix| name.starts_with(prefix)) && after.is_none_or(|after| name > after)
        });
        let page: Vec<_> = fit.by_ref().take(page_length(request.limit)).collect();
        let next_token = fit.next().and(page.last()).map(|filter| filter.stored.name.as_str().into());
        let described = page.into_iter().map(|filter| describe(&group, filter)).collect();
        Ok(DescribeSubscriptionFiltersOutput { subscription_filters: Some(described), next_token })
    }
}

fn describe(group: &Group, filter: &Subscription) -> SubscriptionFilter {
    let stored = &filter.stored;
    let distribution = if stored.is_random { Distribution::Random } else { Distribution::ByLogStream };
    SubscriptionFilter {
        filter_name: Some(stored.name.as_str().into()),
        log_group_name: Some(group.name.as_str().into()),
        filter_pattern: Some(stored.pattern.as_str().into()),
        destination_arn: Some(stored.destination.as_str().into()),
        role_arn: Some(stored.role.as_str().into()),
        distribution: Some(distribution),
        apply_on_transformed_logs: Some(false),
        creation_time: Some(stored.created_ms),
        ..SubscriptionFilter::default()
    }
}
