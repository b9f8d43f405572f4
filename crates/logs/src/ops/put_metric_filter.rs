use anabranch_api::logs::{Error, MetricTransformation, PutMetricFilter, PutMetricFilterOutput};
use anabranch_api::{Context, Serve};
use anabranch_catalog::{Commit, Value as _};

use super::put_subscription_filter::kept_pattern;
use crate::errors;
use crate::filters::MetricFilter;
use crate::limits::{METRIC_DIMENSIONS_MAX, METRIC_FILTERS_MAX, REGEX_FILTERS_MAX};
use crate::pattern::Pattern;
use crate::service::Logs;
use crate::stored::{StoredMetricFilter, Transformation};

impl Serve<PutMetricFilter> for Logs {
    async fn serve(&self, cx: &Context, request: PutMetricFilter) -> Result<PutMetricFilterOutput, Error> {
        refuse_unbuilt(&request)?;
        let pattern = kept_pattern(&request.filter_pattern)?;
        let asked = request.metric_transformations.first().ok_or_else(errors::unavailable)?;
        let transformation = transformation(asked, &pattern)?;
        let group = self.group(cx, &request.log_group_name)?;
        let _changing = group.changing.lock().await;
        self.refuse_deleted(&group)?;
        let (filters, name) = (group.filters(), request.filter_name.to_string());
        if filters.metric(&name).is_none() && filters.metrics.len() >= METRIC_FILTERS_MAX {
            return Err(errors::limit_exceeded());
        }
        if pattern.regexes() > 0 && filters.with_regexes(&name) >= REGEX_FILTERS_MAX {
            return Err(errors::too_many_regex_filters());
        }
        let stored = StoredMetricFilter {
            name,
            pattern: request.filter_pattern.to_string(),
            created_ms: self.clock.now().millis(),
            transformation,
        };
        let put = vec![(group.scope.metric_filter(group.id, &stored.name), stored.to_bytes())];
        self.commit(Commit { put, ..Commit::default() }).await?;
        group.set_filters(filters.with_metric(MetricFilter { stored, pattern }));
        Ok(PutMetricFilterOutput {})
    }
}

fn refuse_unbuilt(request: &PutMetricFilter) -> Result<(), Error> {
    if request.apply_on_transformed_logs == Some(true) {
        return Err(errors::not_built("applyOnTransformedLogs"));
    }
    if request.field_selection_criteria.is_some() {
        return Err(errors::not_built("fieldSelectionCriteria"));
    }
    let emits = request.emit_system_field_dimensions.as_ref().is_some_and(|fields| !fields.is_empty());
    if emits { Err(errors::not_built("emitSystemFieldDimensions")) } else { Ok(()) }
}

fn transformation(asked: &MetricTransformation, pattern: &Pattern) -> Result<Transformation, Error> {
    let is_name = |text: &str| text.starts_with('$') && pattern.has_names();
    let value = &*asked.metric_value;
    if !value.parse::<f64>().is_ok_and(f64::is_finite) && !is_name(value) {
        return Err(errors::invalid_metric_value(value));
    }
    let dimensions = asked.dimensions.as_deref().unwrap_or_default();
    if dimensions.len() > METRIC_DIMENSIONS_MAX {
        return Err(errors::too_many_dimensions());
    }
    if !dimensions.is_empty() && asked.default_value.is_some() {
        return Err(errors::dimensions_and_default());
    }
    if let Some((_, selector)) = dimensions.iter().find(|(_, selector)| !is_name(selector)) {
        return Err(errors::invalid_dimension(selector));
    }
    Ok(Transformation {
        namespace: asked.metric_namespace.to_string(),
        metric: asked.metric_name.to_string(),
        value: value.to_owned(),
        default: asked.default_value,
        dimensions: dimensions
            .iter()
            .map(|(name, selector)| (name.to_string(), selector.to_string()))
            .collect(),
        unit: asked.unit.map(|unit| unit.as_str().to_owned()),
    })
}
