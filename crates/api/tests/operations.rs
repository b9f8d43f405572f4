//! What the data of models/ makes of operations: resources, errors, REST bindings, and what Debug leaves out.

use anabranch_api::{
    AnswerParts, ApiError, Context, Fault, Operation, Principal, RequestId, RequestParts, cloudwatch, echo,
    kinesis,
};
use anabranch_types::{AccountId, Region, StreamName, Timestamp};
use anabranch_wire::Violations;
use bytes::Bytes;
use bytestring::ByteString;

fn context() -> Context {
    Context {
        secure_transport: false,
        ..Context::inside(
            Principal::Development(AccountId::DEVELOPMENT),
            AccountId::DEVELOPMENT,
            Region::parse("eu-west-1").expect("a region"),
            RequestId::from_random(0),
            Timestamp::from_millis(0),
        )
    }
}

fn resource(operation: &impl Operation) -> String {
    let all = operation.resources(&context());
    assert_eq!(all.len(), 1);
    all[0].arn.clone()
}

#[test]
fn a_stream_is_known_by_its_name_or_its_arn() {
    let arn = "arn:aws:kinesis:us-east-1:000000000000:stream/other";
    let named = kinesis::PutRecord { stream_name: StreamName::parse("s"), ..Default::default() };
    assert_eq!(resource(&named), "arn:aws:kinesis:eu-west-1:000000000000:stream/s");
    let by_arn = kinesis::PutRecord { stream_arn: Some(arn.into()), ..named };
    assert_eq!(resource(&by_arn), arn);
    assert_eq!(resource(&kinesis::PutRecord::default()), "*");
    assert_eq!(resource(&kinesis::ListStreams::default()), "*");
    let consumer = kinesis::SubscribeToShard { consumer_arn: "c".into(), ..Default::default() };
    assert_eq!(resource(&consumer), "c");
}

#[test]
fn an_error_becomes_what_its_model_says_and_back() {
    let error = kinesis::Error::ResourceNotFoundException("Stream s under account 1 not found.".into());
    let api = ApiError::from(error.clone());
    assert_eq!((api.status, api.fault, api.query_code), (400, Fault::Client, None));
    assert_eq!(kinesis::Error::from(api), error);
    let fault = ApiError::from(kinesis::Error::InternalFailureException("".into()));
    assert_eq!((fault.status, fault.fault, fault.message), (500, Fault::Server, None));
    let query = ApiError::from(cloudwatch::Error::InvalidParameterValueException("no".into()));
    assert_eq!(query.query_code, Some("InvalidParameterValue"));
    let by_query_code = ApiError::client("InvalidParameterValue", "no");
    let read = cloudwatch::Error::from(by_query_code);
    assert_eq!(read, cloudwatch::Error::InvalidParameterValueException("no".into()));
    let unknown = kinesis::Error::from(ApiError::client("SomethingElse", "no"));
    assert!(matches!(unknown, kinesis::Error::Other(_)));
}

#[test]
fn calls_that_change_nothing_and_bodies_that_are_blobs_are_known() {
    fn changes<Op: Operation>() -> bool {
        !Op::READ_ONLY
    }
    assert!(!changes::<kinesis::GetRecords>() && !changes::<kinesis::SubscribeToShard>());
    fn is_raw<Op: Operation>() -> bool {
        Op::RAW_BODY
    }
    assert!(is_raw::<echo::EchoMember>() && !is_raw::<kinesis::PutRecords>());
    assert!(changes::<kinesis::PutRecords>() && changes::<kinesis::RegisterStreamConsumer>());
}

fn bound(query: &[(&str, &str)], headers: &[(&str, &str)]) -> Result<(echo::EchoMember, String), String> {
    let owned = |pairs: &[(&str, &str)]| -> Vec<(ByteString, ByteString)> {
        pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect()
    };
    let labels = [("Name", ByteString::from("ab")), ("Rest", ByteString::from("x/y"))];
    let (query, headers) = (owned(query), owned(headers));
    let parts =
        RequestParts { labels: &labels, query: &query, headers: &headers, body: Bytes::from_static(b"body") };
    let mut request = echo::EchoMember::default();
    let mut violations = Violations::default();
    request.bind(&parts, &mut violations).map_err(|m| m.to_string())?;
    request.check(&mut violations);
    let said = if violations.is_empty() { String::new() } else { violations.to_string() };
    Ok((request, said))
}

#[test]
fn members_come_from_the_path_the_query_headers_and_the_body() {
    let query = [("mode", "LOUD"), ("depth", "3")];
    let (request, said) =
        bound(&query, &[("x-echo-password", "hush")]).expect("the values have the right types");
    assert_eq!(said, "");
    let expected = echo::EchoMember {
        name: "ab".into(),
        rest: "x/y".into(),
        mode: echo::Mode::Loud,
        depth: Some(3),
        password: Some("hush".into()),
        body: Some(Bytes::from_static(b"body")),
    };
    assert_eq!(request, expected);
    let (_, said) = bound(&[("depth", "10")], &[]).expect("the values have the right types");
    assert_eq!(
        said,
        "2 validation errors detected: Value null at 'mode' failed to satisfy constraint: Member must not be null; \
         Value '10' at 'depth' failed to satisfy constraint: Member must have value less than or equal to 9"
    );
    assert!(bound(&[("mode", "LOUD"), ("depth", "deep")], &[]).is_err());
}

#[test]
fn members_go_to_the_status_headers_and_the_body() {
    let output = echo::EchoMemberOutput {
        name: Some("ab".into()),
        status: Some(202),
        body: Some(Bytes::from_static(b"body")),
    };
    let mut answer = AnswerParts { status: echo::EchoMember::STATUS, ..Default::default() };
    assert_eq!(answer.status, 201);
    echo::EchoMember::unbind(&output, &mut answer);
    assert_eq!(answer.status, 202);
    assert_eq!(answer.headers, [("x-echo-name", "ab".to_owned())]);
    assert_eq!(answer.payload.as_deref(), Some(&b"body"[..]));
}

#[test]
fn debug_prints_no_blob_and_no_secret() {
    let planted = "PLANTED";
    let data = Bytes::from_static(planted.as_bytes());
    let record = kinesis::Record { data: data.clone(), ..Default::default() };
    let put = kinesis::PutRecord { data: data.clone(), ..Default::default() };
    let entry = kinesis::PutRecordsRequestEntry { data, ..Default::default() };
    let member = echo::EchoMember {
        password: Some(planted.into()),
        body: Some(Bytes::from_static(planted.as_bytes())),
        ..Default::default()
    };
    let printed = [
        format!("{:?}", kinesis::GetRecordsOutput { records: vec![record], ..Default::default() }),
        format!("{put:?}"),
        format!("{:?}", kinesis::PutRecords { records: vec![entry], ..Default::default() }),
        format!("{member:?}"),
    ];
    for text in printed {
        assert!(!text.contains(planted) && !text.contains("80, 76, 65"), "{text}");
        assert!(text.contains("<7 not shown>"), "{text}");
    }
}
