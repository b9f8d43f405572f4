//! Sessions, through the door.

mod denials;
mod web_identity;

use std::sync::Arc;

use anabranch_api::sts::{
    AssumeRole, AssumeRoleOutput, GetFederationToken, GetSessionToken, PolicyDescriptorType, Tag,
};
use anabranch_api::{ApiError, Context, Operation, Principal, Serve, Session};

use super::Sts;
use crate::audit::NoAudit;
use crate::iam::identities::{Identities, TrustText};
use crate::iam::{Credentials, Opened};
use crate::metrics::Metrics;
use crate::testing::{changed, context, no_identities, policy, sts, with_alice, with_reader};
use crate::{Authority, Door};

const READER: &str = "arn:aws:iam::111111111111:role/app/reader";

struct Fixture {
    identities: Arc<Identities>,
    door: Door,
    sts: Arc<Sts>,
}

impl Fixture {
    /// With alice, who may what the policy says, and the role that everybody of the account may assume.
    async fn new(alice: &str) -> Self {
        let identities = no_identities();
        with_alice(&identities, alice).await;
        with_reader(&identities, &policy("Allow", "kinesis:*")).await;
        let door = Door::new(Authority::new(identities.clone()), Arc::new(NoAudit), Metrics::new(|_| {}));
        let sts = Arc::new(sts(Credentials::none(), identities.clone()));
        Self { identities, door, sts }
    }

    fn alice(&self) -> Context {
        let user = self.identities.user("111111111111".parse().unwrap(), "alice").unwrap();
        Context { principal: Principal::User(user.principal.clone()), ..context("111111111111") }
    }

    async fn call<Op: Operation>(&self, cx: &Context, request: Op) -> Result<Op::Output, ApiError>
    where
        Sts: Serve<Op>,
    {
        self.door.unary(cx.clone(), &self.sts, request).await
    }

    /// Status, code and sentence of a refusal.
    async fn refused<Op: Operation>(&self, cx: &Context, request: Op) -> (u16, String, String)
    where
        Sts: Serve<Op>,
    {
        let Err(error) = self.call(cx, request).await else { panic!("it was not refused") };
        (error.status, error.code.into_owned(), error.message.unwrap_or_default().into_owned())
    }

    fn opened(&self, token: &str) -> Arc<Opened> {
        self.sts.sessions.open(token).unwrap()
    }

    /// A call with the credentials of an answer.
    fn with(&self, answer: &AssumeRoleOutput) -> Context {
        let opened = self.opened(&answer.credentials.as_ref().unwrap().session_token);
        Context {
            principal: opened.principal.clone(),
            session: Some(opened.session.clone()),
            access_key: Some(opened.access_key.clone()),
            ..context("111111111111")
        }
    }

    async fn trust(&self, text: &str) {
        let trust = TrustText::parse(text).unwrap();
        changed(&self.identities, |draft| {
            Arc::make_mut(draft.roles.get_mut("reader").unwrap()).trust = trust;
        })
        .await;
    }
}

fn reader() -> AssumeRole {
    AssumeRole { role_arn: READER.into(), role_session_name: "s1".into(), ..AssumeRole::default() }
}

fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.into(), value: value.into() }
}

#[tokio::test]
async fn a_role_is_assumed_by_whom_its_trust_policy_and_their_own_policies_allow() {
    let f = Fixture::new(&policy("Allow", "sts:AssumeRole")).await;
    let answer = f.call(&f.alice(), reader()).await.unwrap();
    let who = answer.assumed_role_user.unwrap();
    assert_eq!(
        (&*who.assumed_role_id, &*who.arn),
        ("AROAREADER:s1", "arn:aws:sts::111111111111:assumed-role/reader/s1")
    );
    assert_eq!(answer.packed_policy_size, None);
    let told = answer.credentials.unwrap();
    let opened = f.opened(&told.session_token);
    assert_eq!(
        (&*opened.access_key, opened.secret.expose()),
        (&*told.access_key_id, &*told.secret_access_key)
    );
    assert_eq!(opened.session.expires.millis_since(opened.session.issued), 3_600_000);
    assert_eq!(answer.session_token_size, Some(told.session_token.len() as i32));

    let denied = |why: &str| {
        let sentence = format!(
            "User: arn:aws:iam::111111111111:user/team/alice is not authorized to perform: sts:AssumeRole on resource: {READER} because no {why} allows the sts:AssumeRole action"
        );
        (403, "AccessDenied".to_owned(), sentence)
    };
    f.trust(r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"222222222222"},"Action":"sts:AssumeRole"}}"#).await;
    assert_eq!(f.refused(&f.alice(), reader()).await, denied("role trust policy"));
    f.trust(r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"sts:AssumeRole"}}"#).await;
    with_alice(&f.identities, &policy("Allow", "kinesis:*")).await;
    assert_eq!(f.refused(&f.alice(), reader()).await, denied("identity-based policy"));
    with_alice(&f.identities, &policy("Allow", "*")).await;
    assert!(f.call(&f.alice(), reader()).await.is_ok());
    let others = [
        "arn:aws:iam::111111111111:role/reader",
        "arn:aws:iam::111111111111:role/nobody",
        "arn:aws:iam::111111111111:user/app/reader",
        "arn:aws:iam::1:role/app/reader",
        "arn:aws:iam:role/app/reader",
    ];
    for arn in others {
        let refused = f.refused(&f.alice(), AssumeRole { role_arn: arn.into(), ..reader() }).await;
        assert_eq!(refused.1, "AccessDenied", "{arn}: AWS tells nobody whether there is such a role");
    }
}

/// A policy that denies the role's ARN says nothing of another spelling.
#[tokio::test]
async fn a_role_is_not_found_by_its_arn_in_another_partition() {
    let f = Fixture::new(&policy("Allow", "*")).await;
    for arn in [READER.replace("arn:aws:", "arn:aws-cn:"), READER.replace("arn:aws:", "arn:x:")] {
        let refused = f.refused(&f.alice(), AssumeRole { role_arn: arn.as_str().into(), ..reader() }).await;
        assert_eq!((refused.1.as_str(), refused.2), ("ValidationError", format!("{arn} is invalid")));
    }
}

#[tokio::test]
async fn roots_assume_no_roles_and_development_identities_do() {
    let f = Fixture::new(&policy("Allow", "*")).await;
    let root = context("111111111111");
    assert_eq!(
        f.refused(&root, reader()).await,
        (403, "AccessDenied".to_owned(), "Roles may not be assumed by root accounts.".to_owned())
    );
    let development = Context { principal: Principal::Development(root.account), ..root };
    assert!(f.call(&development, reader()).await.is_ok());
}

#[tokio::test]
async fn an_external_id_is_asked_for_by_the_trust_policy() {
    let f = Fixture::new(&policy("Allow", "*")).await;
    f.trust(r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"secret-7"}}}}"#).await;
    for (id, may) in [(None, false), (Some("other"), false), (Some("secret-7"), true), (Some("other"), false)]
    {
        let request = AssumeRole { external_id: id.map(Into::into), ..reader() };
        assert_eq!(f.call(&f.alice(), request).await.is_ok(), may, "{id:?}");
    }
}

#[tokio::test]
async fn a_session_lasts_as_long_as_was_asked_for_within_the_roles_limit_and_an_hour_in_a_chain() {
    let f = Fixture::new(&policy("Allow", "*")).await;
    let seconds = |seconds| AssumeRole { duration_seconds: Some(seconds), ..reader() };
    let answer = f.call(&f.alice(), seconds(900)).await.unwrap();
    let cx = f.with(&answer);
    assert_eq!(
        cx.session.as_ref().unwrap().expires.millis_since(cx.session.as_ref().unwrap().issued),
        900_000
    );
    let too_long = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
    assert_eq!(
        f.refused(&f.alice(), seconds(3_601)).await,
        (400, "ValidationError".to_owned(), too_long.to_owned())
    );
    with_reader(&f.identities, &policy("Allow", "*")).await;
    changed(&f.identities, |draft| {
        Arc::make_mut(draft.roles.get_mut("reader").unwrap()).session_seconds_max = 43_200;
    })
    .await;
    assert!(f.call(&f.alice(), seconds(43_200)).await.is_ok());
    let chained =
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
    assert_eq!(f.refused(&cx, seconds(3_601)).await.2, chained);
    assert!(f.call(&cx, seconds(3_600)).await.is_ok());
}

#[tokio::test]
async fn tags_and_source_identity_need_permissions_and_are_handed_on() {
    let f = Fixture::new(&policy("Allow", "*")).await;
    with_reader(&f.identities, &policy("Allow", "*")).await;
    let tagged = || AssumeRole {
        tags: Some(vec![tag("Team", "red"), tag("Job", "x")]),
        transitive_tag_keys: Some(vec!["team".into()]),
        source_identity: Some("alice".into()),
        ..reader()
    };
    let answer = f.call(&f.alice(), tagged()).await.unwrap();
    assert_eq!((answer.source_identity.as_deref(), answer.packed_policy_size), (Some("alice"), Some(1)));
    let cx = f.with(&answer);
    let next = f.with(&f.call(&cx, reader()).await.unwrap());
    let session = next.session.unwrap();
    let expected: Vec<_> = session.tags.iter().map(|(key, value)| (&**key, &**value)).collect();
    assert_eq!((expected, session.source_identity.as_deref()), (vec![("Team", "red")], Some("alice")));
    let again = AssumeRole { tags: Some(vec![tag("TEAM", "blue")]), ..reader() };
    assert_eq!(f.refused(&cx, again).await.1, "InvalidParameterValue");

    f.trust(r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":["sts:AssumeRole","sts:SetSourceIdentity"]}}"#).await;
    let refused = f.refused(&f.alice(), tagged()).await;
    assert!(refused.2.contains("sts:TagSession"), "{refused:?}");
    f.trust(r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":["sts:AssumeRole","sts:TagSession"]}}"#).await;
    let refused = f.refused(&f.alice(), tagged()).await;
    assert!(refused.2.contains("sts:SetSourceIdentity"), "{refused:?}");
}

#[tokio::test]
async fn what_a_session_cannot_carry_is_refused() {
    let f = Fixture::new(&policy("Allow", "*")).await;
    let long = "x".repeat(250);
    let many: Vec<_> = (0..20).map(|n| tag(&format!("k{n}"), &long)).collect();
    let arn = |arn: &str| PolicyDescriptorType { arn: Some(arn.into()) };
    let known = "arn:aws:iam::aws:policy/AdministratorAccess";
    let cases = [
        (
            AssumeRole { tags: Some(vec![tag("a", "1"), tag("A", "2")]), ..reader() },
            "InvalidParameterValue",
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        ),
        (
            AssumeRole {
                tags: Some(vec![tag("a", "1")]),
                transitive_tag_keys: Some(vec!["b".into()]),
                ..reader()
            },
            "InvalidParameterValue",
            "The specified transitive tag key must be included in the requested tags.",
        ),
        (
            AssumeRole { tags: Some(many), ..reader() },
            "PackedPolicyTooLargeException",
            "Packed size of session tags consumes 124% of allotted space.",
        ),
        (
            AssumeRole { policy: Some("{".into()), ..reader() },
            "MalformedPolicyDocumentException",
            "Syntax errors in policy.",
        ),
        (
            AssumeRole { policy_arns: Some(vec![arn("arn:aws:iam::aws:policy/Nothing")]), ..reader() },
            "ValidationError",
            "Policy arn:aws:iam::aws:policy/Nothing does not exist or is not attachable.",
        ),
        (
            AssumeRole { policy_arns: Some(vec![arn(known); 11]), ..reader() },
            "ValidationError",
            "At most 10 managed policies can be given to a session.",
        ),
        (
            AssumeRole { serial_number: Some("GAHT12345678".into()), ..reader() },
            "AccessDenied",
            "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
        ),
        (
            AssumeRole { provided_contexts: Some(vec![]), ..reader() },
            "ValidationError",
            "ProvidedContexts are not supported.",
        ),
    ];
    for (request, code, sentence) in cases {
        let (_, found, said) = f.refused(&f.alice(), request).await;
        assert_eq!((&*found, &*said), (code, sentence));
    }
    let request = AssumeRole {
        policy_arns: Some(vec![arn(known)]),
        minimum_session_token_size: Some(2_000),
        ..reader()
    };
    let answer = f.call(&f.alice(), request).await.unwrap();
    assert!(answer.session_token_size.unwrap() >= 2_000);
    assert_eq!(f.with(&answer).session.unwrap().policies.as_ref().unwrap()[0].as_ref(), known);
}

#[tokio::test]
async fn a_users_session_is_the_users_and_makes_no_other() {
    let f = Fixture::new(&policy("Deny", "sts:*")).await;
    let answer = f.call(&f.alice(), GetSessionToken::default()).await.unwrap();
    let opened = f.opened(&answer.credentials.unwrap().session_token);
    assert_eq!(opened.principal, f.alice().principal);
    assert_eq!(opened.session.expires.millis_since(opened.session.issued), 43_200_000);
    let root = context("111111111111");
    let long = GetSessionToken { duration_seconds: Some(129_600), ..GetSessionToken::default() };
    let answer = f.call(&root, long).await.unwrap();
    let opened = f.opened(&answer.credentials.unwrap().session_token);
    assert_eq!(
        opened.session.expires.millis_since(opened.session.issued),
        3_600_000,
        "a root's lasts an hour"
    );
    let cx = Context { session: Some(Arc::new(Session::default())), ..f.alice() };
    assert_eq!(
        f.refused(&cx, GetSessionToken::default()).await,
        (403, "AccessDenied".to_owned(), "Cannot call GetSessionToken with session credentials".to_owned())
    );
}

#[tokio::test]
async fn a_federated_user_is_named_by_whoever_vouches_for_it() {
    let f = Fixture::new(&policy("Allow", "sts:GetFederationToken")).await;
    let request = || GetFederationToken {
        name: "bob".into(),
        policy: Some(policy("Allow", "kinesis:*").into()),
        ..GetFederationToken::default()
    };
    for cx in [f.alice(), context("111111111111")] {
        let answer = f.call(&cx, request()).await.unwrap();
        let who = answer.federated_user.unwrap();
        assert_eq!(
            (&*who.federated_user_id, &*who.arn),
            ("111111111111:bob", "arn:aws:sts::111111111111:federated-user/bob")
        );
        let opened = f.opened(&answer.credentials.unwrap().session_token);
        assert_eq!(opened.session.policies.as_ref().unwrap().len(), 1);
    }
    with_alice(&f.identities, &policy("Allow", "kinesis:*")).await;
    let refused = f.refused(&f.alice(), request()).await;
    assert!(refused.2.contains("on resource: arn:aws:sts::111111111111:federated-user/bob"), "{refused:?}");
}
