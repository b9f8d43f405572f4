use std::time::Duration;

use anabranch_types::Clock;

use crate::harness::{Ask, ROOT, ROOT_KEY, exchange, plain, start};

const JSON: (&str, &str) = ("content-type", "application/x-amz-json-1.1");
const CBOR: (&str, &str) = ("content-type", "application/x-amz-cbor-1.1");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const RPC: (&str, &str) = ("smithy-protocol", "rpc-v2-cbor");

#[tokio::test]
async fn what_is_not_built_is_said_in_each_protocols_form() {
    let (_server, address) = start(&[], &[]).await;
    let version = env!("CARGO_PKG_VERSION");
    for (method, target, headers, body, code) in [
        (
            "POST",
            "/",
            &[JSON, ("x-amz-target", "Kinesis_20131202.CreateQueue")][..],
            "{}",
            "UnknownOperationException",
        ),
        (
            "POST",
            "/",
            &[CBOR, ("x-amz-target", "Kinesis_20131202.CreateQueue")],
            "\u{0}",
            "UnknownOperationException",
        ),
        ("POST", "/", &[FORM], "Action=AssumeRoot&Version=2011-06-15", "<Code>InvalidAction</Code>"),
        (
            "POST",
            "/service/GraniteServiceVersion20100801/operation/PutAnomalyDetector",
            &[RPC],
            "",
            "UnknownOperationException",
        ),
        ("GET", "/2015-03-31/functions/", &[], "", "UnknownOperationException"),
    ] {
        let answer = plain(address, method, target, headers, body).await;
        let text = answer.text();
        assert_eq!(answer.status, 400, "{target} {headers:?} {text}");
        assert!(text.contains(code), "{text}");
        assert!(text.contains(&format!(" is not implemented by Anabranch {version}")), "{text}");
        assert!(answer.header("x-amzn-requestid").is_some());
    }
}

#[tokio::test]
async fn what_no_model_has_is_answered_as_aws_answers_it() {
    let (_server, address) = start(&[], &[]).await;
    let unknown = r#"{"__type":"UnknownOperationException"}"#;
    let undetermined = "Unable to determine service/operation name to be authorized";
    for (method, headers, body, status, says) in [
        ("POST", &[JSON, ("x-amz-target", "Kinesis_20131202.Nope")][..], "{}", 400, unknown),
        ("POST", &[JSON], "{}", 400, unknown),
        (
            "POST",
            &[("content-type", "text/html"), ("x-amz-target", "Kinesis_20131202.ListStreams")],
            "{}",
            403,
            undetermined,
        ),
        ("GET", &[], "", 403, undetermined),
        ("DELETE", &[JSON], "", 403, undetermined),
        (
            "POST",
            &[FORM],
            "Action=Nope&Version=2011-06-15",
            400,
            "Could not find operation Nope for version 2011-06-15",
        ),
        ("POST", &[FORM], "", 400, "MissingAction"),
    ] {
        let answer = plain(address, method, "/", headers, body).await;
        assert_eq!(answer.status, status, "{method} {headers:?} {}", answer.text());
        assert!(answer.text().contains(says), "{}", answer.text());
    }
}

#[tokio::test]
async fn a_body_that_is_no_document_is_refused_before_its_signature_is_looked_at() {
    let (_server, address) = start(&[], &[ROOT_KEY]).await;
    let target = ("x-amz-target", "GraniteServiceVersion20100801.PutMetricData");
    let json = ("content-type", "application/x-amz-json-1.0");
    let answer = plain(address, "POST", "/", &[json, target], "{\"Namespace\":").await;
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("SerializationException"), "{}", answer.text());
    let answer = plain(address, "POST", "/", &[json, target], "{}").await;
    assert!(answer.text().contains("MissingAuthenticationTokenException"), "{}", answer.text());
}

#[tokio::test]
async fn everything_a_request_breaks_is_said_at_once() {
    let (_server, address) = start(&[], &[]).await;
    let ask = Ask {
        service: "monitoring",
        headers: &[
            ("content-type", "application/x-amz-json-1.0"),
            ("x-amz-target", "GraniteServiceVersion20100801.GetMetricStatistics"),
        ],
        body: br#"{"Namespace":"n","Period":0}"#,
        ..Ask::default()
    };
    let answer = ask.send(address).await;
    assert_eq!(answer.status, 400);
    let text = answer.text();
    for says in [
        "ValidationException",
        "4 validation errors detected",
        "'metricName'",
        "'startTime'",
        "'endTime'",
        "'period'",
    ] {
        assert!(text.contains(says), "{says} is missing in {text}");
    }
}

#[tokio::test]
async fn signatures_are_judged_by_the_machines_clock() {
    let (_server, address) = start(&["--test-clock"], &[ROOT_KEY]).await;
    let ask = Ask { service: "monitoring", signer: ROOT, ..Ask::default() };
    let target = ("x-amz-target", "GraniteServiceVersion20100801.PutMetricData");
    let headers = [("content-type", "application/x-amz-json-1.0"), target];
    let body = br#"{"Namespace":"n","MetricData":[{"MetricName":"m","Value":1}]}"#;
    let ask = Ask { headers: &headers, body, ..ask };
    let advance = Ask {
        target: "/_anabranch/clock",
        service: "anabranch",
        body: br#"{"advance_ms":86400000}"#,
        signer: ROOT,
        ..Ask::default()
    };
    assert_eq!(advance.send(address).await.status, 200);
    assert_eq!(ask.send(address).await.status, 200);
    let late = Ask { now: Clock::machine_now() - Duration::from_secs(6 * 60), ..ask }.send(address).await;
    assert_eq!(late.status, 400);
    assert!(late.text().contains("Signature expired"), "{}", late.text());
}

#[tokio::test]
async fn a_body_is_bounded_by_what_its_service_takes() {
    let (_server, address) = start(&[], &[]).await;
    let promised = "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-amz-json-1.1\r\n\
                    x-amz-target: Kinesis_20131202.PutRecords\r\ncontent-length: 99999999999\r\nconnection: close\r\n\r\n";
    let answer = exchange(address, promised.as_bytes()).await;
    assert_eq!(answer.status, 413, "{}", answer.text());
    assert!(answer.text().contains("RequestEntityTooLargeException"), "{}", answer.text());
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let (_server, address) = start(&[], &[]).await;
    let head = format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n", "x".repeat(600_000));
    assert_eq!(exchange(address, head.as_bytes()).await.status, 431);
}
