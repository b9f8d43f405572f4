use crate::harness::{ANYBODY, Ask, ROOT, ROOT_KEY, plain, start, start_again};

const PUT: &[u8] = br#"{"Namespace":"n","MetricData":[{"MetricName":"m","Value":1}]}"#;
const READ: &[u8] =
    br#"{"Namespace":"n","MetricName":"m","StartTime":0,"EndTime":9999999999,"Period":7200000,"Statistics":["Sum"]}"#;

/// A call of CloudWatch by JSON.
fn metrics<'a>(headers: &'a [(&'a str, &'a str)], body: &'a [u8]) -> Ask<'a> {
    Ask { service: "monitoring", headers, body, ..Ask::default() }
}

const JSON: (&str, &str) = ("content-type", "application/x-amz-json-1.0");
const PUT_HEADERS: &[(&str, &str)] = &[JSON, ("x-amz-target", "GraniteServiceVersion20100801.PutMetricData")];
const READ_HEADERS: &[(&str, &str)] =
    &[JSON, ("x-amz-target", "GraniteServiceVersion20100801.GetMetricStatistics")];

#[tokio::test]
async fn the_test_clock_moves_when_told() {
    let (_server, address) = start(&["--test-clock"], &[]).await;
    for (body, status) in [
        (r#"{"advance_ms":86400000}"#, 200),
        (r#"{"advance_ms":-1}"#, 400),
        (r#"{"advance_ms":1,"more":2}"#, 400),
        (r#"{"advance_ms":99999999999999}"#, 400),
        ("", 400),
    ] {
        assert_eq!(plain(address, "POST", "/_anabranch/clock", &[], body).await.status, status, "{body}");
    }
    let again = plain(address, "POST", "/_anabranch/clock", &[], r#"{"advance_ms":1000}"#).await.text();
    let said: serde_json::Value = serde_json::from_str(&again).expect("JSON");
    assert!(said["ahead_ms"].as_i64().is_some_and(|ms| (86_401_000..86_402_000).contains(&ms)), "{again}");
}

#[tokio::test]
async fn the_machines_clock_does_not_move() {
    let (_server, address) = start(&[], &[]).await;
    let answer = plain(address, "POST", "/_anabranch/clock", &[], r#"{"advance_ms":1}"#).await;
    assert_eq!(answer.status, 409);
    assert!(answer.text().contains("--test-clock"), "{}", answer.text());
}

#[tokio::test]
async fn a_reset_begins_with_nothing() {
    let (_server, address) = start(&[], &[]).await;
    assert_eq!(metrics(PUT_HEADERS, PUT).send(address).await.status, 200);
    let read = metrics(READ_HEADERS, READ);
    let before = read.send(address).await.text();
    assert!(before.contains("\"Sum\":1"), "{before}");
    assert_eq!(plain(address, "POST", "/_anabranch/reset", &[], "").await.status, 200);
    let after = read.send(address).await;
    assert!(after.text().contains(r#""Datapoints":[]"#), "{}", after.text());
}

#[tokio::test]
async fn what_is_kept_cannot_be_reset_and_is_there_after_a_restart() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let data_dir = dir.path().display().to_string();
    let arguments = ["--listen", "127.0.0.1:0", "--data-dir", &data_dir];
    for first in [true, false] {
        let server = start_again(&arguments, &[]).await.expect("the server starts");
        let address = server.addresses()[0];
        if first {
            assert_eq!(metrics(PUT_HEADERS, PUT).send(address).await.status, 200);
        }
        assert_eq!(plain(address, "POST", "/_anabranch/reset", &[], "").await.status, 404);
        assert!(metrics(READ_HEADERS, READ).send(address).await.text().contains("\"Sum\":1"));
        server.drain().await.expect("it stops");
    }
}

#[tokio::test]
async fn a_closed_server_takes_admin_calls_of_a_root_key_alone() {
    let (_server, address) = start(&["--test-clock"], &[ROOT_KEY]).await;
    let body = br#"{"advance_ms":1}"#;
    let text = String::from_utf8_lossy(body);
    assert_eq!(plain(address, "POST", "/_anabranch/clock", &[], &text).await.status, 403);
    let ask = Ask { target: "/_anabranch/clock", service: "anabranch", body, signer: ROOT, ..Ask::default() };
    assert_eq!(ask.send(address).await.status, 200);
    for wrong in [
        Ask { service: "kinesis", ..ask.clone() },
        Ask { signer: ANYBODY, ..ask.clone() },
        Ask { signer: (ROOT.0, "guessed"), ..ask.clone() },
    ] {
        assert_eq!(wrong.send(address).await.status, 403);
    }
}

#[tokio::test]
async fn paths_under_our_prefixes_are_nothing_unless_they_are_something() {
    let (_server, address) = start(&["--metrics-listen", "127.0.0.1:0"], &[]).await;
    for (method, target, status) in [
        ("GET", "/_anabranch/nope", 404),
        ("POST", "/_anabranch/nope", 404),
        ("POST", "/_anabranch/fault", 400),
        ("GET", "/_localstack/nope", 404),
        ("GET", "/_anabranch/clock", 405),
        ("POST", "/healthz", 405),
        ("GET", "/healthz", 200),
        ("GET", "/readyz", 200),
    ] {
        let answer = plain(address, method, target, &[], "").await;
        assert_eq!(answer.status, status, "{method} {target}");
        assert!(serde_json::from_slice::<serde_json::Value>(&answer.body).is_ok(), "{}", answer.text());
    }
}

#[tokio::test]
async fn metrics_are_open_metrics_and_have_a_listener_of_their_own() {
    let (server, address) = start(&["--metrics-listen", "127.0.0.1:0"], &[ROOT_KEY]).await;
    let metrics_address = server.metrics_address().expect("it listens");
    let refused = Ask { body: b"{", ..metrics(PUT_HEADERS, PUT) };
    assert_eq!(refused.send(address).await.status, 400);
    let signed = Ask { signer: ROOT, ..metrics(PUT_HEADERS, PUT) };
    assert_eq!(signed.send(address).await.status, 200);
    for address in [address, metrics_address] {
        let answer = plain(address, "GET", "/metrics", &[], "").await;
        let label = r#"operation="GraniteServiceVersion20100801.PutMetricData""#;
        for (counter, more, value) in [
            ("requests_total", "", "2"),
            ("errors_total", r#",code="SerializationException""#, "1"),
            ("request_body_bytes_total", "", &PUT.len().to_string()),
        ] {
            let line = format!("anabranch_{counter}{{{label}{more}}} {value}");
            assert!(answer.text().lines().any(|l| l == line), "{line} is missing in {}", answer.text());
        }
        assert_eq!(answer.status, 200);
        assert!(answer.header("content-type").is_some_and(|t| t.starts_with("application/openmetrics-text")));
        assert!(answer.text().ends_with("# EOF\n"));
    }
    assert_eq!(plain(metrics_address, "GET", "/healthz", &[], "").await.status, 404);
}

#[tokio::test]
async fn a_backup_is_taken_for_who_may_and_where_something_is_kept() {
    let (_server, address) = start(&[], &[]).await;
    for (body, status, says) in [
        ("{}", 400, "Expected"),
        (r#"{"into":"/x","more":1}"#, 400, "Expected"),
        (r#"{"into":"/x"}"#, 409, "keeps nothing"),
    ] {
        let answer = plain(address, "POST", "/_anabranch/backup", &[], body).await;
        assert_eq!(answer.status, status, "{body}");
        assert!(answer.text().contains(says), "{}", answer.text());
    }

    let dir = tempfile::tempdir().expect("a temporary directory");
    let data_dir = dir.path().join("data").display().to_string();
    let arguments = ["--listen", "127.0.0.1:0", "--data-dir", &data_dir];
    let server = start_again(&arguments, &[ROOT_KEY]).await.expect("the server starts");
    let address = server.addresses()[0];
    let into = dir.path().join("backup");
    let body = serde_json::json!({ "into": into }).to_string();
    let ask = |service, signer| Ask {
        target: "/_anabranch/backup",
        service,
        body: body.as_bytes(),
        signer,
        ..Ask::default()
    };
    let unsigned = plain(address, "POST", "/_anabranch/backup", &[], &body).await;
    assert_eq!(unsigned.status, 403, "{}", unsigned.text());
    assert_eq!(ask("anabranch", ANYBODY).send(address).await.status, 403);
    assert_eq!(ask("kinesis", ROOT).send(address).await.status, 403);
    let nowhere = ask("anabranch", ROOT).send(address).await;
    assert_eq!(nowhere.status, 400, "{}", nowhere.text());
    assert!(nowhere.text().contains("cannot use the directory"), "{}", nowhere.text());
    std::fs::create_dir(&into).expect("made");
    let taken = ask("anabranch", ROOT).send(address).await;
    assert_eq!(taken.status, 200, "{}", taken.text());
    assert!(taken.text().lines().last().is_some_and(|l| l.starts_with(r#"{"done":"#)), "{}", taken.text());
    server.drain().await.expect("it stops");
}
