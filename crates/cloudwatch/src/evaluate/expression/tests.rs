use super::*;
use anabranch_types::Timestamp;

/// Values of the minutes from 0 on; none where there is none.
fn series(label: &str, values: &[Option<f64>]) -> TimeSeries {
    let at = |n: i64| Timestamp::from_seconds(n * 60);
    let points = (0..).zip(values).filter_map(|(n, value)| Some((at(n), (*value)?))).collect();
    TimeSeries { label: label.into(), period_seconds: 60, points }
}

/// `a`: 1 2 3 4, `b`: 10 - 30 0, `gap`: - 6 - 12, `empty`.
fn told(text: &str) -> Result<String, String> {
    let metrics: Vec<(String, TimeSeries)> = [
        ("a", vec![Some(1.0), Some(2.0), Some(3.0), Some(4.0)]),
        ("b", vec![Some(10.0), None, Some(30.0), Some(0.0)]),
        ("gap", vec![None, Some(6.0), None, Some(12.0)]),
        ("empty", vec![None]),
    ]
    .map(|(id, values)| (id.to_owned(), series(id, &values)))
    .into();
    let values = metrics.iter().map(|(id, series)| (id.clone(), Value::Series(series.clone()))).collect();
    let searches = HashMap::new();
    let range = TimeRange {
        start: Timestamp::from_seconds(0),
        end: Timestamp::from_seconds(300),
        now: Timestamp::from_seconds(240),
    };
    let around = Surroundings {
        values: &values,
        metrics: &metrics,
        searches: &searches,
        range,
        period_seconds: 60,
        points: &Points::default(),
    };
    let shown = |series: &TimeSeries| {
        let at =
            |n: i64| series.at(Timestamp::from_seconds(n * 60)).map_or("-".into(), |value| value.to_string());
        (0..5).map(at).collect::<Vec<_>>().join(" ")
    };
    Ok(match value(&parse(text)?, &around)? {
        Value::Scalar(value) => format!("{value}"),
        Value::Series(series) => shown(&series),
        Value::Array(all) => {
            all.iter().map(|one| format!("{}: {}", one.label, shown(one))).collect::<Vec<_>>().join(", ")
        }
        Value::Text(text) => format!("text {text}"),
    })
}

#[test]
fn expressions_come_to_what_the_guide_says() {
    for (text, expected) in [
        ("a", "1 2 3 4 -"),
        ("a + b", "11 - 33 4 -"),
        ("a / b", "0.1 - 0.1 - -"),
        ("2 * a ^ 2 - 1", "1 7 17 31 -"),
        ("-a", "-1 -2 -3 -4 -"),
        ("a > 2 AND b", "0 - 1 0 -"),
        ("a >= 4 || a == 1", "1 0 0 1 -"),
        ("a != 2", "1 0 1 1 -"),
        ("METRICS() * 2", "a: 2 4 6 8 -, b: 20 - 60 0 -, gap: - 12 - 24 -, empty: - - - - -"),
        ("METRICS(\"a\")", "a: 1 2 3 4 -, gap: - 6 - 12 -"),
        ("a - [a, gap]", "a: 0 0 0 0 -, gap: - -4 - -8 -"),
        ("SUM(METRICS())", "11 8 33 16 -"),
        ("SUM([a, b])", "11 2 33 4 -"),
        ("AVG([a, gap])", "1 4 3 8 -"),
        ("MIN([a, b])", "1 2 3 0 -"),
        ("MAX([a, b])", "10 2 30 4 -"),
        ("STDDEV([a, b])", "4.5 0 13.5 2 -"),
        ("a / SUM(a)", "0.1 0.2 0.3 0.4 -"),
        ("AVG(b) + 0 * a", "13.333333333333334 13.333333333333334 13.333333333333334 13.333333333333334 -"),
        ("MAX(a) - MIN(a)", "3"),
        ("ABS(1 - b)", "9 - 29 1 -"),
        ("CEIL(a / 2)", "1 1 2 2 -"),
        ("FLOOR(a / 2)", "0 1 1 2 -"),
        ("LOG10(b)", "1 - 1.4771212547196624 - -"),
        ("LOG(a - 1)", "- 0 0.6931471805599453 1.0986122886681098 -"),
        ("DIFF(b)", "- - 20 -30 -"),
        ("DIFF_TIME(b)", "- - 120 60 -"),
        ("RATE(a * 60)", "- 1 1 1 -"),
        ("RUNNING_SUM(b)", "10 - 40 40 -"),
        ("PERIOD(a) / 60", "1"),
        ("TIME_SERIES(5)", "5 5 5 5 -"),
        ("FILL(b, 7)", "10 7 30 0 -"),
        ("FILL(gap, REPEAT)", "- 6 6 12 -"),
        ("FILL(gap, LINEAR)", "- 6 9 12 -"),
        ("FILL(gap, a)", "1 6 3 12 -"),
        ("FILL([gap, b], 0)", "gap: 0 6 0 12 -, b: 10 0 30 0 -"),
        ("IF(a > 2, 1, 0)", "0 0 1 1 -"),
        ("IF(a > 2, b)", "- - 30 0 -"),
        ("IF(a > 2, b, a)", "1 2 30 0 -"),
        ("IF(1, a, b)", "1 2 3 4 -"),
        ("IF(0, a, b)", "10 - 30 0 -"),
        ("IF(a > 1, [a, b])", "a: - 2 3 4 -, b: - - 30 0 -"),
        ("IF(a > 3, 0, [a, b])", "a: 1 2 3 0 -, b: 10 - 30 0 -"),
        ("FIRST(METRICS())", "1 2 3 4 -"),
        ("LAST([a, b])", "10 - 30 0 -"),
        ("METRIC_COUNT(METRICS())", "4"),
        ("REMOVE_EMPTY([empty, a])", "a: 1 2 3 4 -"),
        ("SORT([a, b, gap], MAX, DESC)", "b: 10 - 30 0 -, gap: - 6 - 12 -, a: 1 2 3 4 -"),
        ("SORT([a, b, gap], SUM, ASC, 1)", "a: 1 2 3 4 -"),
        ("SLICE([a, b, gap], 1)", "b: 10 - 30 0 -, gap: - 6 - 12 -"),
        ("SLICE(SORT([a, b], AVG, DESC), 0, 1)", "b: 10 - 30 0 -"),
        ("MINUTE(a)", "0 1 2 3 -"),
        ("HOUR(a) + DATE(a) + MONTH(a) + YEAR(a) + DAY(a)", "1976 1976 1976 1976 -"),
        ("EPOCH(a)", "0 60 120 180 -"),
    ] {
        assert_eq!(told(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn what_comes_to_nothing_is_refused_with_the_reason() {
    for (text, reason) in [
        ("[a] + [b]", "Unsupported operand type(s) for +: '[Array[TimeSeries], Array[TimeSeries]]'"),
        ("a + \"x\"", "Unsupported operand type(s) for +: '[TimeSeries, String]'"),
        ("a + missing", "Unsupported operand type(s) for +: '[TimeSeries, String]'"),
        ("-missing", "Unexpected 'missing'"),
        ("1 / 0", "A scalar is divided by zero"),
        ("SUM(1)", "SUM does not take a value of type Scalar"),
        ("SUM(empty)", "SUM of no data points"),
        ("SUM(a, b)", "SUM does not take 2 arguments"),
        ("WHAT(a)", "Unknown function 'WHAT'"),
        ("ANOMALY_DETECTION_BAND(a, 2)", "ANOMALY_DETECTION_BAND is not implemented by Anabranch"),
        ("SERVICE_QUOTA(a)", "SERVICE_QUOTA is not implemented by Anabranch"),
        ("PERIOD(1)", "PERIOD does not take a value of type Scalar"),
        ("TIME_SERIES(a)", "TIME_SERIES does not take a value of type TimeSeries"),
        ("FILL(1, 2)", "FILL does not take a value of type Scalar"),
        ("FILL(empty, x)", "FILL does not take a value of type String"),
        ("IF([a], 1, 2)", "IF does not take a value of type Array[TimeSeries]"),
        ("IF(0, a)", "IF has no third argument"),
        ("IF(a, [a], [b])", "IF takes an array of time series as one argument at most"),
        ("FIRST(a)", "FIRST does not take a value of type TimeSeries"),
        ("LAST(REMOVE_EMPTY([empty]))", "LAST of no time series"),
        ("SORT([a], STDDEV, ASC)", "SORT does not sort by 'STDDEV'"),
        ("SORT([a], SUM, UP)", "SORT does not take a value of type String"),
        ("SLICE([a], 0.5)", "SLICE does not take a value of type Scalar"),
        ("[1]", "An array does not take a value of type Scalar"),
        ("METRICS(1)", "METRICS takes a string or nothing"),
        ("SEARCH('x')", "SEARCH takes what to search, a statistic and a period"),
        ("SEARCH('x', 'Sum', 1.5)", "1.5 is no period"),
    ] {
        assert_eq!(told(text), Err(reason.to_owned()), "{text}");
    }
}
