use super::super::picture::{Color, Fill, Side};
use super::*;

/// 2026-11-21T15:40:00Z
const NOW: i64 = 1_795_275_600;

fn parse(text: &str) -> Result<Widget, Vec<String>> {
    let region = Region::parse("us-east-1").unwrap();
    let asker = Asker {
        account: "111111111111".parse().unwrap(),
        region: &region,
        now: Timestamp::from_seconds(NOW),
    };
    let told = |findings: Option<Vec<Finding>>| {
        let all = findings.map(|all| all.into_iter().map(|f| format!("{} {}", f.path, f.message)).collect());
        all.unwrap_or_else(|| vec!["no object".to_owned()])
    };
    Widget::parse(text, asker).map_err(told)
}

#[test]
fn what_is_not_said_is_as_aws_documents_it() {
    let widget = parse(r#"{"metrics":[["AWS/Kinesis","IncomingBytes"]]}"#).unwrap();
    assert_eq!((widget.look.width, widget.look.height), (600, 400));
    assert_eq!((widget.end.seconds(), widget.start.seconds()), (NOW, NOW - 3 * 3600));
    let stat = widget.entries[0].query.metric_stat.clone().unwrap();
    assert_eq!((stat.period, &*stat.stat), (300, "Average"));
    assert_eq!(widget.look.legend, LegendPosition::Bottom);
}

/// As in AWS's example of the array.
#[test]
fn dots_stand_for_what_the_metric_before_has() {
    let widget = parse(
        r##"{"metrics":[
            ["N","latency","InstanceId","i-1",{"id":"m1","stat":"p50","label":"Median","color":"#dddddd","period":60}],
            [".",".",".",".",{"id":"m2","visible":false,"yAxis":"right"}],
            [".",".",".","i-2"],
            [{"expression":"(m1+m2)/2","id":"e1","color":"#000000"}],
            [{"expression":"RATE(e1)","yAxis":"right","label":"rate"}]
        ]}"##,
    )
    .unwrap();
    let what = |entry: &Entry| match (&entry.query.metric_stat, &entry.query.expression) {
        (Some(stat), _) => {
            let dimensions = stat.metric.dimensions.iter().flatten();
            let values: Vec<&str> = dimensions.map(|d| &*d.value).collect();
            let name = stat.metric.metric_name.as_deref().unwrap();
            format!("{name} {} {} {}", values.join(","), stat.stat, stat.period)
        }
        (None, expression) => expression.as_deref().unwrap().to_owned(),
    };
    let shown = |entry: &Entry| {
        let is_visible = entry.query.return_data.unwrap();
        format!("{}={} {:?} {is_visible}", entry.query.id, what(entry), entry.side)
    };
    let shown: Vec<String> = widget.entries.iter().map(shown).collect();
    assert_eq!(
        shown,
        [
            "m1=latency i-1 p50 60 Left true",
            "m2=latency i-1 Average 300 Right false",
            "unnamed1=latency i-2 Average 300 Left true",
            "e1=(m1+m2)/2 Left true",
            "unnamed2=RATE(e1) Right true",
        ]
    );
    assert_eq!(widget.entries[0].color, Some(Color(0xdd, 0xdd, 0xdd)));
}

/// As in AWS's examples of annotations.
#[test]
fn annotations_are_lines_and_bands() {
    let widget = parse(
        r##"{"metrics":[["N","M"]],"annotations":{
            "horizontal":[
                {"visible":true,"color":"#9467bd","label":"Critical","value":20,"fill":"above","yAxis":"right"},
                [{"label":"Band top","value":200},{"value":95.5,"label":"Band bottom"}],
                {"value":7,"visible":false}
            ],
            "vertical":[{"label":"Deployed","value":"2018-08-28T15:25:26Z","fill":"after"}]
        }}"##,
    )
    .unwrap();
    let horizontal = &widget.look.horizontal;
    assert_eq!(horizontal.len(), 2);
    assert_eq!((horizontal[0].fill, horizontal[0].side), (Fill::Beyond, Side::Right));
    assert_eq!(horizontal[1].second.as_ref().unwrap().at, 95.5);
    assert_eq!(widget.look.vertical[0].first.at.seconds(), 1_535_469_926);
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let with = |member: &str| format!(r#"{{"metrics":[["N","M"]],{member}}}"#);
    let metrics = |metrics: &str| format!(r#"{{"metrics":{metrics}}}"#);
    let many = |n: usize| metrics(&format!("[{}]", vec![r#"["N","M"]"#; n].join(",")));
    let options = |options: &str| metrics(&format!(r#"[["N","M",{{{options}}}]]"#));
    let marks = |marks: &str| with(&format!(r#""annotations":{{{marks}}}"#));
    let word = "Should be equal to one of the allowed values";
    let cases = [
        ("{".to_owned(), "no object".to_owned()),
        ("[]".to_owned(), "no object".to_owned()),
        ("{}".to_owned(), " Should have required property 'metrics'".to_owned()),
        (metrics("[]"), "/metrics Should NOT have less than 1 items".to_owned()),
        (many(101), "/metrics Should NOT have more than 100 items".to_owned()),
        (metrics("[7]"), "/metrics/0 Should be array".to_owned()),
        (metrics("[[]]"), "/metrics/0 Should NOT have less than 1 items".to_owned()),
        (metrics(r#"[["N"]]"#), "/metrics/0 Should NOT have less than 2 items".to_owned()),
        (metrics(r#"[["N","M","d"]]"#), "/metrics/0 Should have a value for each dimension".to_owned()),
        (metrics(r#"[["N",7]]"#), "/metrics/0/1 Should be string".to_owned()),
        (metrics(r#"[[".","M"]]"#), "/metrics/0/0 There is nothing before it to be the same as".to_owned()),
        (options(r#""expression":"1""#), "/metrics/0 Should be either a metric or an expression".to_owned()),
        (options(r#""id":"A""#), "/metrics/0/2/id Should match pattern \"^[a-z][a-zA-Z0-9_]*$\"".to_owned()),
        (
            metrics(r#"[["N","M",{"id":"a"}],["N","M",{"id":"a"}]]"#),
            "/metrics/1 The id 'a' is not unique".to_owned(),
        ),
        (options(r#""stat":"p101""#), "/metrics/0/2/stat Should be a valid statistic".to_owned()),
        (
            options(r#""period":61"#),
            "/metrics/0/2/period Should be 1, 5, 10, 20, 30 or a multiple of 60".to_owned(),
        ),
        (
            options(r#""color":"red""#),
            "/metrics/0/2/color Should match pattern \"^#[0-9a-fA-F]{6}$\"".to_owned(),
        ),
        (options(r#""yAxis":"up""#), format!("/metrics/0/2/yAxis {word}")),
        (options(r#""region":"eu-west-1""#), "/metrics/0/2/region Should be the local Region".to_owned()),
        (
            options(r#""accountId":"222222222222""#),
            "/metrics/0/2/accountId Should be the account of the caller".to_owned(),
        ),
        (with(r#""width":0"#), "/width Should be >= 1".to_owned()),
        (with(r#""width":2001"#), "/width Should be <= 2000".to_owned()),
        (with(r#""height":"400""#), "/height Should be integer".to_owned()),
        (with(r#""period":7"#), "/period Should be 1, 5, 10, 20, 30 or a multiple of 60".to_owned()),
        (with(r#""stat":"Mean""#), "/stat Should be a valid statistic".to_owned()),
        (with(r#""view":"gauge""#), format!("/view {word}")),
        (with(r#""stacked":1"#), "/stacked Should be boolean".to_owned()),
        (with(r#""theme":"blue""#), format!("/theme {word}")),
        (with(r#""title":1"#), "/title Should be string".to_owned()),
        (with(r#""region":"eu-west-1""#), "/region Should be the local Region".to_owned()),
        (with(r#""timezone":"CET""#), "/timezone Should match pattern \"^[+-][0-9]{4}$\"".to_owned()),
        (
            with(r#""start":"now""#),
            "/start Should be an absolute time or a relative one like -PT3H".to_owned(),
        ),
        (with(r#""end":"-PT4H""#), "/start Should be before the end".to_owned()),
        (with(r#""legend":{"position":"top"}"#), format!("/legend/position {word}")),
        (
            with(r#""yAxis":{"left":{"min":2,"max":1}}"#),
            "/yAxis/left/min Should be less than the max".to_owned(),
        ),
        (with(r#""annotations":[]"#), "/annotations Should be object".to_owned()),
        (
            marks(r#""horizontal":[{}]"#),
            "/annotations/horizontal/0 Should have required property 'value'".to_owned(),
        ),
        (
            marks(r#""horizontal":[[{"value":1}]]"#),
            "/annotations/horizontal/0 Should have 2 items".to_owned(),
        ),
        (
            marks(r#""vertical":[{"value":"soon"}]"#),
            "/annotations/vertical/0/value Should match format \"date-time\"".to_owned(),
        ),
    ];
    for (text, expected) in cases {
        let found = parse(&text).expect_err(&text);
        assert!(found.contains(&expected), "{text}: {found:?}");
    }
    assert!(parse(&many(100)).is_ok());
}
