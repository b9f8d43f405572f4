use anabranch_api::{ApiError, Context, Principal, RequestId, Resource, Resources};
use anabranch_types::{AccountId, Partition, Region, Timestamp};

use super::{AuditEvent, AuditSink, FileSink, is_data_event};

fn event(error: Option<&ApiError>) -> AuditEvent {
    let cx = Context {
        principal: Principal::Service("firehose"),
        account: AccountId::DEVELOPMENT,
        region: Region::parse("eu-west-1").unwrap(),
        partition: Partition::Aws,
        access_key: None,
        session: None,
        source: None,
        user_agent: None,
        endpoint: None,
        secure_transport: true,
        request_id: RequestId::from_random(1),
        received: Timestamp::from_seconds(0),
        room: None,
    };
    let about: Resources = vec![Resource { action: "cloudwatch:ListMetrics", arn: "*".into() }];
    AuditEvent::of("Granite.ListMetrics", "cloudwatch:ListMetrics", true, &cx, &about, error)
}

#[tokio::test]
async fn the_file_holds_a_line_per_event_and_goes_on_where_it_ended() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    for error in [None, Some(ApiError::client("AccessDeniedException", "No."))] {
        let sink = FileSink::open(&path).unwrap();
        sink.record(event(error.as_ref())).await;
        sink.close().unwrap();
    }
    let common = r#""eventTime":"1970-01-01T00:00:00Z","eventSource":"monitoring.amazonaws.com","eventName":"ListMetrics","awsRegion":"eu-west-1","sourceIPAddress":"firehose.amazonaws.com","userIdentity":{"type":"AWSService","principalId":"firehose.amazonaws.com","accountId":"000000000000"},"requestID":"00000000-0000-4000-8000-000000000001""#;
    let expected = format!(
        "{{{common},\"readOnly\":true,\"resources\":[]}}\n{{{common},\"errorCode\":\"AccessDeniedException\",\
         \"errorMessage\":\"No.\",\"readOnly\":true,\"resources\":[]}}\n"
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
}

#[cfg(unix)]
#[test]
fn the_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    FileSink::open(&path).unwrap().close().unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn data_events_are_those_that_carry_records_and_values() {
    let cases =
        [("kinesis:PutRecords", true), ("kinesis:CreateStream", false), ("cloudwatch:PutMetricData", true)];
    for (action, is_data) in cases {
        assert_eq!(is_data_event(action), is_data, "{action}");
    }
}
