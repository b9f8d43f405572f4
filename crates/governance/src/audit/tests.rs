use anabranch_api::{
    ApiError, Context, Descriptor, FederatedUser, Principal, RequestId, Resource, Resources, RoleSession,
    Session, User, WebIdentity,
};
use anabranch_types::{AccountId, Region, Timestamp};

use serde_json::json;

use super::{AuditEvent, AuditSink, FileSink, Written};

fn context() -> Context {
    Context::inside(
        Principal::Service("firehose"),
        AccountId::DEVELOPMENT,
        Region::parse("eu-west-1").unwrap(),
        RequestId::from_random(1),
        Timestamp::from_seconds(0),
    )
}

fn event_of(cx: &Context, error: Option<&ApiError>) -> AuditEvent {
    let about: Resources = vec![Resource { action: "cloudwatch:DescribeAlarms", arn: "*".into() }];
    let operation = Descriptor {
        name: "Granite.DescribeAlarms",
        action: "cloudwatch:DescribeAlarms",
        data_type: None,
        ..*Descriptor::of::<anabranch_api::sts::GetCallerIdentity>()
    };
    AuditEvent::of(&operation, cx, &about, Written::default(), error, RequestId::from_random(2))
}

fn event(error: Option<&ApiError>) -> AuditEvent {
    event_of(&context(), error)
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
    let before = r#"{"eventVersion":"1.11","userIdentity":{"type":"AWSService","invokedBy":"firehose.amazonaws.com"},"eventTime":"1970-01-01T00:00:00Z","eventSource":"monitoring.amazonaws.com","eventName":"DescribeAlarms","awsRegion":"eu-west-1","sourceIPAddress":"firehose.amazonaws.com","userAgent":"firehose.amazonaws.com","#;
    let behind = r#""requestParameters":null,"responseElements":null,"requestID":"00000000-0000-4000-8000-000000000001","eventID":"00000000-0000-4000-8000-000000000002","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"000000000000","eventCategory":"Management"}"#;
    let denied = r#""errorCode":"AccessDeniedException","errorMessage":"No.","#;
    let expected = format!("{before}{behind}\n{before}{denied}{behind}\n");
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
fn temporary_credentials_tell_what_they_were_made_of() {
    let account: AccountId = "111111111111".parse().unwrap();
    let user = User { account, name: "alice".into(), path: "/team/".into(), id: "AIDAA".into() };
    let role = RoleSession {
        account,
        role: "reader".into(),
        path: "/app/".into(),
        role_id: "AROAR".into(),
        name: "s1".into(),
    };
    let federated =
        |issuer| Principal::FederatedUser(FederatedUser { account, name: "bob".into(), issuer }.into());
    let attributes = json!({"creationDate": "2026-11-21T15:40:00Z", "mfaAuthenticated": "false"});
    let cases = [
        (
            Principal::RoleSession(role.into()),
            json!({
                "type": "AssumedRole",
                "principalId": "AROAR:s1",
                "arn": "arn:aws:sts::111111111111:assumed-role/reader/s1",
                "accountId": "111111111111",
                "accessKeyId": "ASIAKEY",
                "sessionContext": {
                    "sessionIssuer": {
                        "type": "Role",
                        "principalId": "AROAR",
                        "arn": "arn:aws:iam::111111111111:role/app/reader",
                        "accountId": "111111111111",
                        "userName": "reader"
                    },
                    "sourceIdentity": "carol",
                    "attributes": attributes
                }
            }),
        ),
        (
            Principal::User(user.clone().into()),
            json!({
                "type": "IAMUser",
                "principalId": "AIDAA",
                "arn": "arn:aws:iam::111111111111:user/team/alice",
                "accountId": "111111111111",
                "accessKeyId": "ASIAKEY",
                "userName": "alice",
                "sessionContext": {"sourceIdentity": "carol", "attributes": attributes}
            }),
        ),
        (
            federated(Some(user)),
            json!({
                "type": "FederatedUser",
                "principalId": "111111111111:bob",
                "arn": "arn:aws:sts::111111111111:federated-user/bob",
                "accountId": "111111111111",
                "accessKeyId": "ASIAKEY",
                "sessionContext": {
                    "sessionIssuer": {
                        "type": "IAMUser",
                        "principalId": "AIDAA",
                        "arn": "arn:aws:iam::111111111111:user/team/alice",
                        "accountId": "111111111111",
                        "userName": "alice"
                    },
                    "sourceIdentity": "carol",
                    "attributes": attributes
                }
            }),
        ),
        (Principal::Anonymous, json!({"type": "Unknown"})),
    ];
    for (principal, expected) in cases {
        let session = Session {
            issued: Timestamp::from_seconds(1_795_275_600),
            source_identity: Some("carol".into()),
            ..Session::default()
        };
        let cx = Context {
            principal,
            account,
            access_key: Some("ASIAKEY".into()),
            session: Some(session.into()),
            ..context()
        };
        assert_eq!(serde_json::to_value(event_of(&cx, None).identity).unwrap(), expected);
    }
}

#[test]
fn the_holder_of_a_providers_token_is_told_by_it() {
    let identity = WebIdentity {
        provider: "arn:aws:iam::111111111111:oidc-provider/token.example.com".into(),
        subject: "job-7".into(),
        ..WebIdentity::default()
    };
    let cx = Context { principal: Principal::WebIdentity(identity.into()), ..context() };
    let told = serde_json::to_value(event_of(&cx, None).identity).unwrap();
    assert_eq!(
        (&told["type"], &told["userName"], &told["identityProvider"], told.get("accountId")),
        (
            &json!("WebIdentityUser"),
            &json!("job-7"),
            &json!("arn:aws:iam::111111111111:oidc-provider/token.example.com"),
            None
        )
    );
}
