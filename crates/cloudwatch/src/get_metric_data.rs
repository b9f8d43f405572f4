use std::collections::BTreeSet;

use anabranch_api::cloudwatch::{
    Error, GetMetricData, GetMetricDataOutput, MetricDataQuery, MetricDataResult, ScanBy, StatusCode,
};
use anabranch_api::{Context, Serve};
use bytestring::ByteString;

use super::evaluate::{QUERIES_MAX, Series, TimeRange};
use super::{CloudWatch, errors};

/// CW API GetMetricData, MaxDatapoints: data points of a page, and what is answered if a caller does not say.
const POINTS_MAX: usize = 100_800;

impl Serve<GetMetricData> for CloudWatch {
    /// Evaluates all queries for each page; a page is a stretch of the points of all results, one behind the other.
    async fn serve(&self, cx: &Context, request: GetMetricData) -> Result<GetMetricDataOutput, Error> {
        check(&request)?;
        let points_max = points_max(request.max_datapoints)?;
        let place = place(request.next_token.as_deref())?;
        let Ok(_turn) = self.evaluating.acquire().await else {
            return Err(errors::internal());
        };
        let range = TimeRange { start: request.start_time, end: request.end_time, now: cx.received };
        let series =
            self.evaluator().query(cx.account, &cx.region, &request.metric_data_queries, range).await?;
        let mut returned: Vec<Series> = series.into_iter().filter(|s| s.returned).collect();
        if request.scan_by != Some(ScanBy::TimestampAscending) {
            returned.iter_mut().for_each(|s| s.points.reverse());
        }
        let (results, next) = page(returned, place, points_max);
        Ok(GetMetricDataOutput {
            metric_data_results: Some(results),
            next_token: next.map(|place| place.token()),
            messages: Some(vec![]),
        })
    }
}

/// Where a page begins: at which result, and at which of its points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Place {
    result: usize,
    point: usize,
}

impl Place {
    fn token(self) -> ByteString {
        format!("{}.{}", self.result, self.point).into()
    }
}

fn place(token: Option<&str>) -> Result<Place, Error> {
    let Some(token) = token else { return Ok(Place::default()) };
    let parsed = token
        .split_once('.')
        .and_then(|(result, point)| Some(Place { result: result.parse().ok()?, point: point.parse().ok()? }));
    // One spelling for each place.
    parsed.filter(|place| place.token() == token).ok_or_else(errors::invalid_next_token)
}

fn check(request: &GetMetricData) -> Result<(), Error> {
    if request.start_time >= request.end_time {
        return Err(errors::query_start_not_before_end());
    }
    check_queries(&request.metric_data_queries)
}

/// What holds of queries whatever they ask: their number, their names, and that something is to be answered.
pub(super) fn check_queries(queries: &[MetricDataQuery]) -> Result<(), Error> {
    if queries.len() > QUERIES_MAX {
        return Err(errors::too_many_queries(QUERIES_MAX));
    }
    let mut ids = BTreeSet::new();
    for (n, query) in (1..).zip(queries) {
        if !is_id(&query.id) {
            return Err(errors::invalid_id(&query.id, n));
        }
        if !ids.insert(&query.id) {
            return Err(errors::ids_not_unique());
        }
    }
    if queries.iter().all(|query| query.return_data == Some(false)) {
        return Err(errors::nothing_returned());
    }
    Ok(())
}

/// CW API MetricDataQuery, Id: letters, digits and underscores, a lower-case letter first.
fn is_id(id: &str) -> bool {
    id.starts_with(|c: char| c.is_ascii_lowercase())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn points_max(asked: Option<i32>) -> Result<usize, Error> {
    let Some(asked) = asked else { return Ok(POINTS_MAX) };
    let is_legal = |n: &usize| (1..=POINTS_MAX).contains(n);
    usize::try_from(asked).ok().filter(is_legal).ok_or_else(|| errors::invalid_points_max(asked, POINTS_MAX))
}

/// The results from a place on that have so many points together, and where the next page begins.
fn page(all: Vec<Series>, from: Place, points_max: usize) -> (Vec<MetricDataResult>, Option<Place>) {
    let (mut results, mut left) = (Vec::new(), points_max);
    for (n, series) in all.into_iter().enumerate().skip(from.result) {
        let skipped = if n == from.result { from.point.min(series.points.len()) } else { 0 };
        let rest = &series.points[skipped..];
        if left == 0 && !rest.is_empty() {
            return (results, Some(Place { result: n, point: 0 }));
        }
        let taken = &rest[..rest.len().min(left)];
        left -= taken.len();
        let is_whole = taken.len() == rest.len();
        results.push(MetricDataResult {
            id: Some(series.id.clone()),
            label: Some(series.label.clone()),
            timestamps: Some(taken.iter().map(|(at, _)| *at).collect()),
            values: Some(taken.iter().map(|(_, value)| *value).collect()),
            status_code: Some(if is_whole { StatusCode::Complete } else { StatusCode::PartialData }),
            messages: None,
        });
        if !is_whole {
            return (results, Some(Place { result: n, point: skipped + taken.len() }));
        }
    }
    (results, None)
}

#[cfg(test)]
mod tests {
    use anabranch_types::Timestamp;

    use super::*;

    fn series(id: &str, points: usize) -> Series {
        let points = (0..points).map(|n| (Timestamp::from_seconds(60 * n as i64), n as f64)).collect();
        Series { id: id.into(), label: id.into(), period_seconds: 60, points, returned: true }
    }

    #[test]
    fn pages_are_stretches_of_all_points() {
        let all = || vec![series("a", 3), series("b", 0), series("c", 4)];
        let place = |result, point| Some(Place { result, point });
        type Case = (usize, Option<Place>, &'static [(&'static str, usize, bool)], Option<Place>);
        let cases: [Case; 6] = [
            (100, None, &[("a", 3, true), ("b", 0, true), ("c", 4, true)], None),
            (2, None, &[("a", 2, false)], place(0, 2)),
            (2, place(0, 2), &[("a", 1, true), ("b", 0, true), ("c", 1, false)], place(2, 1)),
            (3, None, &[("a", 3, true), ("b", 0, true)], place(2, 0)),
            (4, place(2, 0), &[("c", 4, true)], None),
            (4, place(9, 9), &[], None),
        ];
        for (points_max, from, expected, next) in cases {
            let (results, then) = page(all(), from.unwrap_or_default(), points_max);
            let told: Vec<_> = results
                .iter()
                .map(|r| {
                    let whole = r.status_code == Some(StatusCode::Complete);
                    (r.id.as_deref().unwrap(), r.values.as_ref().unwrap().len(), whole)
                })
                .collect();
            assert_eq!((told.as_slice(), then), (expected, next), "{points_max} from {from:?}");
        }
    }

    #[test]
    fn a_token_names_a_place_in_one_spelling() {
        let there = Place { result: 3, point: 14 };
        assert_eq!(place(Some(&there.token())), Ok(there));
        for token in ["", "3", "3.", "+3.1", "03.1", "3.1.1", "x.y", "3.-1"] {
            assert!(place(Some(token)).is_err(), "{token}");
        }
    }
}
