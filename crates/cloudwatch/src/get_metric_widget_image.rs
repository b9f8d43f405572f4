use std::sync::Arc;

use anabranch_api::cloudwatch::{
    Error, GetMetricWidgetImage, GetMetricWidgetImageOutput, MetricStat, StandardUnit,
};
use anabranch_api::{Context, Enumeration as _, Serve};
use anabranch_types::Timestamp;

use super::datum::Metric;
use super::evaluate::{Series, TimeRange};
use super::grid::Grid;
use super::statistic::Stat;
use super::store::Place;
use super::widget::drawing;
use super::widget::picture::{Line, Picture};
use super::widget::request::{Asker, Entry, Widget};
use super::{CloudWatch, errors};

/// CW API GetMetricWidgetImage: "Up to 100 KB uncompressed payload".
const WIDGET_BYTES_MAX: usize = 100 * 1024;
/// Data points that the metrics and expressions of a picture may have together. A bound of ours: many more than it has pixels across.
const POINTS_MAX: i64 = 500_000;
/// CW API GetMetricWidgetImage, OutputFormat; the other one, `image/png`, is for callers without an SDK.
const FORMAT: &str = "png";

impl Serve<GetMetricWidgetImage> for CloudWatch {
    /// Draws in a thread of its own, few pictures at a time.
    async fn serve(
        &self,
        cx: &Context,
        request: GetMetricWidgetImage,
    ) -> Result<GetMetricWidgetImageOutput, Error> {
        if let Some(format) = request.output_format.filter(|format| format != FORMAT) {
            return Err(errors::no_such_format(&format));
        }
        if request.metric_widget.len() > WIDGET_BYTES_MAX {
            return Err(errors::widget_too_large(WIDGET_BYTES_MAX));
        }
        let asker = Asker { account: cx.account, region: &cx.region, now: cx.received };
        let widget = Widget::parse(&request.metric_widget, asker).map_err(|found| match found {
            Some(found) => errors::widget_invalid(&found),
            None => errors::widget_not_json(),
        })?;
        check_points(&widget)?;
        // Whoever holds it may hold a whole picture and its points in memory.
        let Ok(turn) = Arc::clone(&self.drawing).acquire_owned().await else {
            return Err(errors::internal());
        };
        let picture = self.picture(cx, widget).await?;
        let drawn = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            drawing::draw(&picture)
        });
        let image = drawn.await.ok().flatten().ok_or_else(errors::internal)?;
        Ok(GetMetricWidgetImageOutput { metric_widget_image: Some(image.into()) })
    }
}

/// Refuses what would take too much memory, before anything is read.
fn check_points(widget: &Widget) -> Result<(), Error> {
    let seconds = (widget.end.millis() - widget.start.millis()) / 1000 + 1;
    let period = |entry: &Entry| {
        let own = entry.query.metric_stat.as_ref().map(|metric| metric.period);
        own.or(entry.query.period).unwrap_or(1)
    };
    let periods = widget.entries.iter().map(period);
    let points =
        periods.map(|period| seconds / i64::from(period.max(1)) + 1).fold(0_i64, i64::saturating_add);
    if points > POINTS_MAX { Err(errors::too_many_points_to_draw(points, POINTS_MAX)) } else { Ok(()) }
}

impl CloudWatch {
    async fn picture(&self, cx: &Context, widget: Widget) -> Result<Picture, Error> {
        let range = TimeRange { start: widget.start, end: widget.end, now: cx.received };
        let queries: Vec<_> = widget.entries.iter().map(|entry| entry.query.clone()).collect();
        let series = self.evaluator().query(cx.account, &cx.region, &queries, range).await?;
        let labels = labels(&widget.entries);
        let mut lines = Vec::new();
        for series in series.into_iter().filter(|series| series.returned) {
            let Some(n) = widget.entries.iter().position(|entry| entry.query.id == series.id) else {
                continue;
            };
            let entry = &widget.entries[n];
            let unit = match &entry.query.metric_stat {
                Some(stat) => self.unit(cx, stat, &series).await?,
                None => None,
            };
            lines.push(Line {
                label: label(entry, &labels[n], &series),
                color: entry.color,
                side: entry.side,
                unit,
                period_seconds: series.period_seconds,
                points: series.points,
            });
        }
        Ok(Picture { look: widget.look, start: widget.start, end: widget.end, lines })
    }

    /// What a series is measured in: its newest point, at least. None if it has none.
    async fn unit(
        &self,
        cx: &Context,
        asked: &MetricStat,
        series: &Series,
    ) -> Result<Option<&'static str>, Error> {
        let Some((at, _)) = series.points.last() else { return Ok(None) };
        match Stat::parse(&asked.stat) {
            Some(Stat::SampleCount) => return Ok(Some(StandardUnit::Count.text())),
            Some(Stat::Rank(..)) => return Ok(Some(StandardUnit::Percent.text())),
            _ => {}
        }
        let (Some(namespace), Some(name)) = (&asked.metric.namespace, &asked.metric.metric_name) else {
            return Ok(None);
        };
        let metric = Metric::new(namespace.clone(), name.clone(), asked.metric.dimensions.clone());
        let place = Place::of(cx.account, &cx.region, namespace);
        let until = Timestamp::from_seconds(at.seconds() + series.period_seconds);
        let grid = Grid::aligned(*at, until, series.period_seconds);
        let mut unit = None;
        self.store.read(&place, &metric, grid, cx.received, |_, found, _| unit = Some(found.text())).await?;
        Ok(unit)
    }
}

fn label(entry: &Entry, own: &str, series: &Series) -> String {
    match &entry.label {
        // An array has several series, each with a label.
        _ if series.label != series.id && entry.query.metric_stat.is_none() => match &entry.label {
            Some(label) => format!("{label} {}", series.label),
            None => series.label.to_string(),
        },
        Some(label) => label.clone(),
        None => own.to_owned(),
    }
}

/// A label for each entry that says none: of metrics what they differ in, of expressions their text.
fn labels(entries: &[Entry]) -> Vec<String> {
    let parts: Vec<Vec<&str>> = entries.iter().map(parts).collect();
    let metrics: Vec<&Vec<&str>> = parts.iter().filter(|parts| !parts.is_empty()).collect();
    let longest = metrics.iter().map(|parts| parts.len()).max().unwrap_or_default();
    let differs = |n: &usize| metrics.iter().any(|parts| parts.get(*n) != metrics[0].get(*n));
    let differing: Vec<usize> = (0..longest).filter(differs).collect();
    let of = |(entry, parts): (&Entry, &Vec<&str>)| match &entry.query.expression {
        Some(expression) => expression.to_string(),
        None if differing.is_empty() => parts.first().copied().unwrap_or_default().to_owned(),
        None => {
            let shown = differing.iter().filter_map(|n| parts.get(*n)).copied();
            shown.collect::<Vec<_>>().join(" ")
        }
    };
    entries.iter().zip(&parts).map(of).collect()
}

/// What tells a metric from others: its name, its namespace, its statistic, the values of its dimensions.
fn parts(entry: &Entry) -> Vec<&str> {
    let Some(stat) = &entry.query.metric_stat else { return Vec::new() };
    let metric = &stat.metric;
    let of = [metric.metric_name.as_deref(), metric.namespace.as_deref(), Some(&*stat.stat)];
    let dimensions = metric.dimensions.iter().flatten().map(|dimension| &*dimension.value);
    of.into_iter().map(Option::unwrap_or_default).chain(dimensions).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(widget: &str) -> Vec<String> {
        labels(&widget_of(widget).entries)
    }

    fn widget_of(widget: &str) -> Widget {
        let region = anabranch_types::Region::parse("us-east-1").unwrap();
        let asker = Asker {
            account: "111111111111".parse().unwrap(),
            region: &region,
            now: Timestamp::from_seconds(1_795_275_600),
        };
        Widget::parse(widget, asker).unwrap()
    }

    #[test]
    fn expressions_count_like_metrics_for_what_may_be_drawn() {
        let drawn = |entry: &str, times: usize| {
            let widget =
                format!(r#"{{"period":1,"start":"-P1D","metrics":[{}]}}"#, [entry].repeat(times).join(","));
            check_points(&widget_of(&widget))
        };
        for entry in [r#"["N","M"]"#, r#"[{"expression":"TIME_SERIES(1)"}]"#] {
            assert!(drawn(entry, 5).is_ok(), "{entry}");
            assert!(drawn(entry, 6).is_err(), "{entry}");
        }
    }

    #[test]
    fn labels_tell_what_metrics_differ_in() {
        for (metrics, expected) in [
            (r#"["N","M"]"#, &["M"][..]),
            (r#"["N","M"],["N","O"]"#, &["M", "O"]),
            (r#"["N","M","d","1"],["N","M","d","2"]"#, &["1", "2"]),
            (r#"["N","M","d","1"],["N","O","d","2"]"#, &["M 1", "O 2"]),
            (r#"["N","M"],["N","M",{"stat":"Sum"}]"#, &["Average", "Sum"]),
            (r#"["N","M",{"id":"m"}],[{"expression":"m * 2"}]"#, &["M", "m * 2"]),
        ] {
            assert_eq!(told(&format!(r#"{{"metrics":[{metrics}]}}"#)), expected, "{metrics}");
        }
    }
}
