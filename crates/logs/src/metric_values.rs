//! What metric filters make of events.

use std::collections::BTreeMap;

use crate::directory::Group;
use crate::filters::MetricFilter;
use crate::service::Logs;
use crate::sinks::MetricValues;
use crate::store::event::Event;
use crate::stored::Transformation;

/// Values of one datum at the most (CW API MetricDatum).
const VALUES_MAX: usize = 150;
const MINUTE_MS: i64 = 60_000;

/// A metric's dimensions and minute, and how often each value was measured, by its bits.
type Counted = BTreeMap<(Vec<(String, String)>, i64), BTreeMap<u64, f64>>;

impl Logs {
    /// Measures events that were just written. What they measure is there before their writer is answered; values that the metrics do not
    /// take are lost, and the server's log says so.
    pub(crate) async fn measure(&self, group: &Group, events: &[Event]) {
        let filters = group.filters();
        let values: Vec<MetricValues> =
            filters.metrics.iter().flat_map(|filter| measured(filter, events)).collect();
        if values.is_empty() {
            return;
        }
        let (account, region) = (group.scope.account, group.scope.region.clone());
        if let Err(error) = self.metrics.put(account, region, values).await {
            tracing::warn!(group = %group.name, %error, "values of metric filters are lost");
        }
    }
}

/// What a filter measures in events. One that means none of them measures its default.
fn measured(filter: &MetricFilter, events: &[Event]) -> Vec<MetricValues> {
    let transformation = &filter.stored.transformation;
    let mut counted = Counted::new();
    let mut count = |dimensions, time_ms: i64, value: f64| {
        let minute = time_ms - time_ms.rem_euclid(MINUTE_MS);
        *counted.entry((dimensions, minute)).or_default().entry(value.to_bits()).or_default() += 1.0;
    };
    let mut meant_any = false;
    for event in events.iter().filter(|event| filter.pattern.matches(&event.message)) {
        meant_any = true;
        let Some(value) = value(filter, &event.message) else { continue };
        let Some(dimensions) = dimensions(filter, &event.message) else { continue };
        count(dimensions, event.time_ms, value);
    }
    if let (false, Some(default), Some(last)) = (meant_any, transformation.default, events.last()) {
        count(Vec::new(), last.time_ms, default);
    }
    let data = counted.into_iter().flat_map(|((dimensions, time_ms), values)| {
        let values: Vec<(f64, f64)> = values.into_iter().map(|(bits, n)| (f64::from_bits(bits), n)).collect();
        let chunks: Vec<Vec<_>> = values.chunks(VALUES_MAX).map(<[_]>::to_vec).collect();
        chunks.into_iter().map(move |values| datum(transformation, dimensions.clone(), time_ms, values))
    });
    data.collect()
}

fn datum(
    transformation: &Transformation,
    dimensions: Vec<(String, String)>,
    time_ms: i64,
    values: Vec<(f64, f64)>,
) -> MetricValues {
    let Transformation { namespace, metric, unit, .. } = transformation.clone();
    MetricValues { namespace, metric, dimensions, unit, time_ms, values }
}

/// A number, or what a name of the pattern stands for; none if that is no number.
fn value(filter: &MetricFilter, message: &str) -> Option<f64> {
    let written = &filter.stored.transformation.value;
    let value = match written.parse() {
        Ok(value) => value,
        Err(_) => filter.pattern.value(written, message)?.parse::<f64>().ok()?,
    };
    value.is_finite().then_some(value)
}

/// None if an event lacks one: then it is not measured (LOGS FilterAndPatternSyntaxForMetricFilters).
fn dimensions(filter: &MetricFilter, message: &str) -> Option<Vec<(String, String)>> {
    let named = filter.stored.transformation.dimensions.iter();
    named
        .map(|(name, selector)| {
            let value = filter.pattern.value(selector, message).filter(|value| !value.is_empty())?;
            Some((name.clone(), value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::Pattern;
    use crate::stored::StoredMetricFilter;

    fn filter(pattern: &str, value: &str, default: Option<f64>, dimensions: &[(&str, &str)]) -> MetricFilter {
        let dimensions = dimensions.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let transformation = Transformation {
            namespace: "app".into(),
            metric: "m".into(),
            value: value.into(),
            default,
            dimensions,
            unit: None,
        };
        let stored =
            StoredMetricFilter { name: "f".into(), pattern: pattern.into(), created_ms: 0, transformation };
        MetricFilter { stored, pattern: Pattern::parse(pattern).unwrap() }
    }

    fn shown(filter: &MetricFilter, messages: &[&str]) -> Vec<String> {
        let events: Vec<Event> = (0..)
            .zip(messages)
            .map(|(n, message)| Event { time_ms: 120_000 + n * 40_000, message: (*message).into() })
            .collect();
        let shown = |v: MetricValues| format!("{} {:?} {:?}", v.time_ms, v.dimensions, v.values);
        measured(filter, &events).into_iter().map(shown).collect()
    }

    #[test]
    fn events_are_counted_by_minute_and_dimensions() {
        let errors = filter("ERROR", "1", Some(0.0), &[]);
        assert_eq!(shown(&errors, &["ERROR a", "ERROR b", "ok"]), ["120000 [] [(1.0, 2.0)]"]);
        assert_eq!(shown(&errors, &["ok", "fine"]), ["120000 [] [(0.0, 1.0)]"]);
        assert_eq!(shown(&filter("ERROR", "1", None, &[]), &["ok"]), [""; 0]);

        let latency = filter("{ $.ms > 1 }", "$.ms", None, &[("Host", "$.host")]);
        let events =
            [r#"{"ms":5,"host":"a"}"#, r#"{"ms":7,"host":"a"}"#, r#"{"ms":9}"#, r#"{"ms":8,"host":"b"}"#];
        let expected =
            [r#"120000 [("Host", "a")] [(5.0, 1.0), (7.0, 1.0)]"#, r#"240000 [("Host", "b")] [(8.0, 1.0)]"#];
        assert_eq!(shown(&latency, &events), expected);
        let bytes = filter("[ip, bytes]", "$bytes", None, &[]);
        assert_eq!(shown(&bytes, &["1.2.3.4 12", "1.2.3.4 much"]), ["120000 [] [(12.0, 1.0)]"]);
    }
}
