mod endpoints;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use anabranch_api::{ConditionKeys, Context, Principal, Resource, RoleSession, Session};

use super::{Authority, Authorize, Guarded, Lasting, Protection, ProtectionPolicy};
use crate::iam::identities::Identities;
use crate::iam::policy::{Document, DocumentKind};
use crate::testing::{changed, context, no_identities, policy, with_alice, with_reader};

const STREAM: &str = "arn:aws:kinesis:us-east-1:111111111111:stream/s";
const PUT: &str = "kinesis:PutRecord";

/// One stream, protected as the test says.
#[derive(Default)]
struct Streams {
    protection: Mutex<Protection>,
    revision: AtomicU64,
    granted: Option<&'static str>,
}

impl Streams {
    fn protect(&self, protection: Protection) {
        *self.protection.lock().unwrap() = protection;
        self.revision.fetch_add(1, Ordering::Release);
    }
}

impl Guarded for Streams {
    fn protection(&self, _: &str, arn: &str) -> Option<Protection> {
        (arn == STREAM).then(|| self.protection.lock().unwrap().clone())
    }

    fn revision(&self) -> u64 {
        self.revision.load(Ordering::Acquire)
    }

    fn is_granted(&self, _: &Context, _: &str, _: &str, keys: &ConditionKeys) -> bool {
        self.granted.is_some_and(|needed| keys.iter().any(|(key, _)| key == needed))
    }
}

struct Fixture {
    identities: Arc<Identities>,
    streams: Arc<Streams>,
    authority: Arc<Authority>,
}

impl Fixture {
    fn new(streams: Streams) -> Self {
        let (identities, streams) = (no_identities(), Arc::new(streams));
        let authority = Authority::new(Arc::clone(&identities));
        authority.guard("kinesis", streams.clone());
        Self { identities, streams, authority }
    }

    /// The refusal of a call: its code and what follows "is not authorized to perform: ".
    fn refused(
        &self,
        cx: &Context,
        action: &'static str,
        arn: &str,
        keys: &ConditionKeys,
    ) -> Option<(String, String)> {
        let error = self.authority.authorize(cx, &[Resource { action, arn: arn.to_owned() }], keys).err()?;
        let sentence = error.message.unwrap().into_owned();
        let rest = sentence.split_once("to perform: ").map_or(&*sentence, |(_, rest)| rest).to_owned();
        Some((error.code.into_owned(), rest))
    }

    fn may(&self, cx: &Context, action: &'static str, arn: &str) -> bool {
        // Twice, so that what was kept is asked too.
        let first = self.refused(cx, action, arn, &ConditionKeys::new());
        assert_eq!(first, self.refused(cx, action, arn, &ConditionKeys::new()));
        first.is_none()
    }
}

fn alice(identities: &Identities) -> Context {
    let user = identities.user("111111111111".parse().unwrap(), "alice").unwrap();
    Context {
        principal: Principal::User(Arc::clone(&user.principal)),
        access_key: Some("AKIAALICE".into()),
        ..context("111111111111")
    }
}

fn reader(session: Session) -> Context {
    let role = RoleSession {
        account: "111111111111".parse().unwrap(),
        role: "reader".into(),
        path: "/app/".into(),
        role_id: "AROAREADER".into(),
        name: "s1".into(),
    };
    Context {
        principal: Principal::RoleSession(Arc::new(role)),
        access_key: Some("ASIAREADER".into()),
        session: Some(Arc::new(session)),
        ..context("111111111111")
    }
}

fn ordinary(text: &str) -> Protection {
    let document = Document::parse(text, DocumentKind::Resource).unwrap();
    Protection { policy: ProtectionPolicy::Ordinary(Arc::new(document)), ..Protection::default() }
}

#[tokio::test]
async fn a_root_may_everything_in_its_account_and_nothing_in_anothers() {
    let f = Fixture::new(Streams::default());
    let other = Context { access_key: Some("AKIAOTHER".into()), ..context("222222222222") };
    assert!(f.may(&context("111111111111"), PUT, STREAM));
    assert!(f.may(&context("111111111111"), "kinesis:ListStreams", "*"));
    assert_eq!(
        f.refused(&other, PUT, STREAM, &ConditionKeys::new()),
        Some((
            "AccessDeniedException".to_owned(),
            format!("{PUT} on resource: {STREAM} because no resource-based policy allows the {PUT} action")
        ))
    );
    let root = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"222222222222"},"Action":"kinesis:PutRecord","Resource":"*"}}"#;
    f.streams.protect(ordinary(root));
    assert!(f.may(&other, PUT, STREAM), "a changed policy counts at once");
    f.streams.protect(Protection::default());
    assert!(!f.may(&other, PUT, STREAM));
}

#[tokio::test]
async fn a_user_may_what_policies_allow_at_that_moment() {
    let f = Fixture::new(Streams::default());
    with_alice(&f.identities, &policy("Allow", PUT)).await;
    let cx = alice(&f.identities);
    assert!(f.may(&cx, PUT, STREAM));
    let denied = f.refused(&cx, "kinesis:GetRecords", STREAM, &ConditionKeys::new()).unwrap();
    let action = "kinesis:GetRecords";
    assert_eq!(
        denied.1,
        format!("{action} on resource: {STREAM} because no identity-based policy allows the {action} action")
    );
    with_alice(&f.identities, &policy("Deny", PUT)).await;
    let denied = f.refused(&cx, PUT, STREAM, &ConditionKeys::new()).unwrap();
    assert_eq!(
        denied.1,
        format!("{PUT} on resource: {STREAM} with an explicit deny in an identity-based policy")
    );
    with_alice(&f.identities, &policy("Allow", "*")).await;
    assert!(f.may(&cx, PUT, STREAM));
    changed(&f.identities, |draft| drop(draft.users.remove("alice"))).await;
    assert!(!f.may(&cx, PUT, STREAM), "who is deleted may nothing");
    let refused = f.refused(&cx, "iam:ListUsers", "*", &ConditionKeys::new()).unwrap();
    assert_eq!(refused.0, "AccessDenied", "as IAM calls it");
}

#[tokio::test]
async fn conditions_see_the_caller_the_resource_and_the_request() {
    let f = Fixture::new(Streams::default());
    f.streams.protect(Protection { tags: vec![("Env".into(), "test".into())], ..Protection::default() });
    let keys: ConditionKeys =
        vec![("aws:requesttag/cost".into(), vec!["7".into()]), ("aws:tagkeys".into(), vec!["cost".into()])];
    // Operator, key, value that holds.
    let cases = [
        ("StringEquals", "aws:PrincipalArn", "arn:aws:iam::111111111111:user/team/alice"),
        ("StringEquals", "aws:PrincipalAccount", "111111111111"),
        ("StringEquals", "aws:PrincipalType", "User"),
        ("StringEquals", "aws:userid", "AIDAALICE"),
        ("StringEquals", "aws:username", "alice"),
        ("StringEquals", "aws:PrincipalTag/team", "blue"),
        ("StringEquals", "aws:ResourceTag/env", "test"),
        ("StringEquals", "aws:RequestTag/cost", "7"),
        ("ForAllValues:StringEquals", "aws:TagKeys", "cost"),
        ("IpAddress", "aws:SourceIp", "127.0.0.0/8"),
        ("Bool", "aws:SecureTransport", "false"),
        ("Bool", "aws:ViaAWSService", "false"),
        ("StringLike", "aws:UserAgent", "test/*"),
        ("StringEquals", "aws:RequestedRegion", "us-east-1"),
        ("StringEquals", "aws:ResourceAccount", "111111111111"),
        ("DateLessThan", "aws:CurrentTime", "2026-11-21T15:40:01Z"),
        ("NumericGreaterThan", "aws:EpochTime", "1795275599"),
        ("Null", "aws:TokenIssueTime", "true"),
        ("Null", "aws:MultiFactorAuthPresent", "true"),
    ];
    for (operator, key, value) in cases {
        for effect in ["Allow", "Deny"] {
            let text = format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"kinesis:TagResource","Resource":"*"}},{{"Effect":"{effect}","Action":"*","Resource":"*","Condition":{{"{operator}":{{"{key}":"{value}"}}}}}}]}}"#
            );
            with_alice(&f.identities, &text).await;
            // Allowed by the condition alone; forbidden by it although something else allows.
            let action = if effect == "Allow" { PUT } else { "kinesis:TagResource" };
            let refused = f.refused(&alice(&f.identities), action, STREAM, &keys);
            assert_eq!(refused.is_none(), effect == "Allow", "{operator} {key} {value}: {refused:?}");
        }
    }
}

#[tokio::test]
async fn a_verdict_that_rests_on_the_request_is_made_anew_for_each() {
    let f = Fixture::new(Streams::default());
    let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}}"#;
    with_alice(&f.identities, text).await;
    let (near, far) = ([10, 1, 2, 3], [11, 1, 2, 3]);
    for (source, may) in [(near, true), (far, false), (near, true)] {
        let cx = Context { source: Some(source.into()), ..alice(&f.identities) };
        assert_eq!(f.may(&cx, PUT, STREAM), may, "{source:?}");
    }
}

#[tokio::test]
async fn a_session_may_what_its_role_and_its_own_policies_allow() {
    let f = Fixture::new(Streams::default());
    with_reader(&f.identities, &policy("Allow", "kinesis:*")).await;
    assert!(f.may(&reader(Session::default()), PUT, STREAM));
    let narrow =
        Session { policies: Some(vec![policy("Allow", "kinesis:Get*").into()]), ..Session::default() };
    let cx = Context { access_key: Some("ASIANARROW".into()), ..reader(narrow) };
    assert!(f.may(&cx, "kinesis:GetRecords", STREAM));
    let denied = f.refused(&cx, PUT, STREAM, &ConditionKeys::new()).unwrap();
    assert_eq!(
        denied.1,
        format!("{PUT} on resource: {STREAM} because no session policy allows the {PUT} action")
    );
    let unreadable = Session { policies: Some(vec!["{".into()]), ..Session::default() };
    let cx = Context { access_key: Some("ASIABROKEN".into()), ..reader(unreadable) };
    assert!(!f.may(&cx, PUT, STREAM));
}

#[tokio::test]
async fn a_sessions_conditions_see_the_role_and_what_the_session_carries() {
    let f = Fixture::new(Streams::default());
    let session = Session {
        issued: anabranch_types::Timestamp::from_seconds(1_795_275_000),
        tags: [("Team".to_owned(), "red".to_owned())].into(),
        source_identity: Some("alice".into()),
        ..Session::default()
    };
    let cases = [
        ("StringEquals", "aws:PrincipalArn", "arn:aws:iam::111111111111:role/app/reader"),
        ("StringEquals", "aws:PrincipalType", "AssumedRole"),
        ("StringEquals", "aws:userid", "AROAREADER:s1"),
        ("Null", "aws:username", "true"),
        ("StringEquals", "aws:PrincipalTag/Team", "red"),
        ("StringEquals", "aws:SourceIdentity", "alice"),
        ("Bool", "aws:MultiFactorAuthPresent", "false"),
        ("DateEquals", "aws:TokenIssueTime", "2026-11-21T15:30:00Z"),
    ];
    for (operator, key, value) in cases {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{{"{operator}":{{"{key}":"{value}"}}}}}}}}"#
        );
        with_reader(&f.identities, &text).await;
        let refused = f.refused(&reader(session.clone()), PUT, STREAM, &ConditionKeys::new());
        assert_eq!(refused, None, "{operator} {key} {value}");
    }
}

#[tokio::test]
async fn credentials_of_get_session_token_may_not_call_iam() {
    let f = Fixture::new(Streams::default());
    with_alice(&f.identities, &policy("Allow", "*")).await;
    let cx = Context { session: Some(Arc::default()), ..alice(&f.identities) };
    with_reader(&f.identities, &policy("Allow", "*")).await;
    assert!(f.may(&cx, PUT, STREAM));
    assert!(f.may(&cx, "sts:AssumeRole", "arn:aws:iam::111111111111:role/app/reader"));
    for action in ["iam:ListUsers", "sts:GetFederationToken"] {
        let refused = f.refused(&cx, action, "*", &ConditionKeys::new());
        assert_eq!(refused.unwrap().0, "InvalidClientTokenId", "{action}");
    }
}

#[tokio::test]
async fn what_no_policy_forbids_a_grant_may_allow_request_by_request() {
    let f = Fixture::new(Streams { granted: Some("kms:encryptioncontext:a"), ..Streams::default() });
    let nobody = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"333333333333"},"Action":"*","Resource":"*"}}"#;
    let document = Arc::new(Document::parse(nobody, DocumentKind::Resource).unwrap());
    f.streams.protect(Protection { policy: ProtectionPolicy::Key(document), ..Protection::default() });
    let root = context("111111111111");
    let with: ConditionKeys = vec![("kms:encryptioncontext:a".into(), vec!["1".into()])];
    for (keys, may) in [(ConditionKeys::new(), false), (with.clone(), true), (ConditionKeys::new(), false)] {
        assert_eq!(f.refused(&root, PUT, STREAM, &keys).is_none(), may, "{keys:?}");
    }
    with_alice(&f.identities, &policy("Deny", "*")).await;
    assert!(f.refused(&alice(&f.identities), PUT, STREAM, &with).is_some(), "a denial outweighs a grant");
}

#[tokio::test]
async fn what_a_service_asks_for_its_caller_rests_on_what_the_service_says_of_it() {
    let f = Fixture::new(Streams::default());
    let asked = |cx: &Context, keys: &ConditionKeys| {
        let resource = Resource { action: PUT, arn: STREAM.to_owned() };
        f.authority.authorize_via(cx, &resource, keys).ok()
    };
    let via: ConditionKeys = vec![("kms:viaservice".into(), vec!["kinesis.us-east-1.amazonaws.com".into()])];
    // A condition, and what comes of it: with the key, and without.
    let cases = [
        (r#""StringEquals":{"aws:PrincipalAccount":"111111111111"}"#, Some(Lasting::UntilChange), true),
        (r#""Bool":{"aws:ViaAWSService":"true"}"#, Some(Lasting::UntilChange), true),
        (
            r#""StringEquals":{"kms:ViaService":"kinesis.us-east-1.amazonaws.com"}"#,
            Some(Lasting::UntilChange),
            false,
        ),
        (r#""StringLike":{"kms:ViaService":"s3.*"}"#, None, false),
        (r#""IpAddress":{"aws:SourceIp":"127.0.0.0/8"}"#, Some(Lasting::ThisCall), true),
        (r#""IpAddress":{"aws:SourceIp":"10.0.0.0/8"}"#, None, false),
    ];
    for (condition, with, without) in cases {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{{{condition}}}}}}}"#
        );
        with_alice(&f.identities, &text).await;
        let cx = alice(&f.identities);
        assert_eq!(asked(&cx, &via), with, "{condition}");
        assert_eq!(asked(&cx, &ConditionKeys::new()).is_some(), without, "{condition}");
    }
    let before = f.authority.revision();
    with_alice(&f.identities, &policy("Deny", "*")).await;
    assert!(f.authority.revision() > before);
    assert_eq!(asked(&alice(&f.identities), &via), None);
    let service =
        Context { principal: Principal::Service("kinesis"), access_key: None, ..context("111111111111") };
    assert_eq!(asked(&service, &via), Some(Lasting::UntilChange));
}
