use std::sync::Arc;

use anabranch_api::logs::{
    DescribeMetricFilters, DescribeMetricFiltersOutput, Error, MetricFilter, MetricTransformation,
    StandardUnit,
};
use anabranch_api::{Context, Enumeration as _, Resources, Serve};

use crate::changes::page_length;
use crate::directory::Group;
use crate::filters::MetricFilter as Filter;
use crate::resolve::{resources, scope};
use crate::service::Logs;
use crate::stored::Transformation;

/// What separates a group's name from a filter's in a token; neither may hold it.
const BETWEEN: char = ':';

impl Serve<DescribeMetricFilters> for Logs {
    fn resources(&self, cx: &Context, request: &DescribeMetricFilters) -> Result<Resources, Error> {
        let group = request.log_group_name.as_deref().unwrap_or_default();
        Ok(resources(cx, "logs:DescribeMetricFilters", group, ""))
    }

    async fn serve(
        &self,
        cx: &Context,
        request: DescribeMetricFilters,
    ) -> Result<DescribeMetricFiltersOutput, Error> {
        let groups = match request.log_group_name.as_deref() {
            Some(name) => vec![self.group(cx, name)?],
            None => {
                self.directory
                    .page(&scope(cx), None, usize::MAX, |group| !group.filters().metrics.is_empty())
                    .0
            }
        };
        let after = request.next_token.as_deref().and_then(|token| token.split_once(BETWEEN));
        let prefix = request.filter_name_prefix.as_deref();
        let is_asked = |group: &Group, filter: &Filter| {
            let (name, transformation) = (filter.stored.name.as_str(), &filter.stored.transformation);
            prefix.is_none_or(|prefix| name.starts_with(prefix))
                && request.metric_name.as_deref().is_none_or(|metric| *metric == transformation.metric)
                && request.metric_namespace.as_deref().is_none_or(|space| *space == transformation.namespace)
                && after.is_none_or(|after| (group.name.as_str(), name) > after)
        };
        let of_group = |group: Arc<Group>| {
            let filters = group.filters();
            filters.metrics.iter().map(|filter| (Arc::clone(&group), Arc::clone(filter))).collect::<Vec<_>>()
        };
        let mut fit = groups.into_iter().flat_map(of_group).filter(|(group, filter)| is_asked(group, filter));
        let page: Vec<_> = fit.by_ref().take(page_length(request.limit)).collect();
        let token = |(group, filter): &(Arc<Group>, Arc<Filter>)| {
            format!("{}{BETWEEN}{}", group.name, filter.stored.name).into()
        };
        let next_token = fit.next().and(page.last()).map(token);
        let described = page.iter().map(|(group, filter)| describe(group, filter)).collect();
        Ok(DescribeMetricFiltersOutput { metric_filters: Some(described), next_token })
    }
}

fn describe(group: &Group, filter: &Filter) -> MetricFilter {
    let stored = &filter.stored;
    MetricFilter {
        filter_name: Some(stored.name.as_str().into()),
        filter_pattern: Some(stored.pattern.as_str().into()),
        metric_transformations: Some(vec![transformation(&stored.transformation)]),
        creation_time: Some(stored.created_ms),
        log_group_name: Some(group.name.as_str().into()),
        apply_on_transformed_logs: Some(false),
        ..MetricFilter::default()
    }
}

fn transformation(stored: &Transformation) -> MetricTransformation {
    let dimensions =
        stored.dimensions.iter().map(|(name, value)| (name.as_str().into(), value.as_str().into()));
    MetricTransformation {
        metric_name: stored.metric.as_str().into(),
        metric_namespace: stored.namespace.as_str().into(),
        metric_value: stored.value.as_str().into(),
        default_value: stored.default,
        dimensions: (!stored.dimensions.is_empty()).then(|| dimensions.collect()),
        unit: stored.unit.as_deref().and_then(StandardUnit::of),
    }
}
