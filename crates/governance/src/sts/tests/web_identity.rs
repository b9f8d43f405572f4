//! Sessions of whom a token vouches for.

use anabranch_api::sts::{AssumeRoleWithWebIdentity, AssumeRoleWithWebIdentityOutput};
use serde_json::{Value, json};

use super::*;
use crate::iam::web_identity::tests::token;

const PROVIDER: &str = "arn:aws:iam::111111111111:oidc-provider/token.example.com/realm";
const NOT_AUTHORIZED: &str = "Not authorized to perform sts:AssumeRoleWithWebIdentity";

fn nobody() -> Context {
    let account = "000000000000".parse().unwrap();
    Context { principal: Principal::Anonymous, account, access_key: None, ..context("000000000000") }
}

fn with(token: String) -> AssumeRoleWithWebIdentity {
    AssumeRoleWithWebIdentity {
        role_arn: READER.into(),
        role_session_name: "s1".into(),
        web_identity_token: token.into(),
        ..AssumeRoleWithWebIdentity::default()
    }
}

/// A trust policy for tokens of a provider.
fn trusting(provider: &str, actions: Value, condition: Value) -> String {
    let statement = json!({
        "Effect": "Allow",
        "Principal": { "Federated": provider },
        "Action": actions,
        "Condition": condition,
    });
    json!({ "Version": "2012-10-17", "Statement": statement }).to_string()
}

fn simply() -> String {
    trusting(PROVIDER, json!("sts:AssumeRoleWithWebIdentity"), json!({}))
}

async fn fixture(trust: &str) -> Fixture {
    let f = Fixture::new(&policy("Allow", "*")).await;
    f.trust(trust).await;
    f
}

async fn answered(f: &Fixture, token: String) -> Result<AssumeRoleWithWebIdentityOutput, ApiError> {
    f.call(&nobody(), with(token)).await
}

#[tokio::test]
async fn whom_a_provider_vouches_for_assumes_a_role_that_trusts_it() {
    let f = fixture(&simply()).await;
    let answer = answered(&f, token(json!({}))).await.unwrap();
    let user = answer.assumed_role_user.unwrap();
    assert_eq!(&*user.arn, "arn:aws:sts::111111111111:assumed-role/reader/s1");
    assert_eq!(answer.subject_from_web_identity_token.as_deref(), Some("job-7"));
    assert_eq!(answer.audience.as_deref(), Some("sts.amazonaws.com"));
    assert_eq!(answer.provider.as_deref(), Some(PROVIDER));
    assert_eq!(answer.packed_policy_size, None);
    let opened = f.opened(&answer.credentials.unwrap().session_token);
    assert_eq!(opened.session.expires.millis_since(opened.session.issued), 3_600_000);
    assert_eq!(opened.principal.user_id(), "AROAREADER:s1");
}

#[tokio::test]
async fn a_role_that_does_not_trust_the_provider_is_not_assumed() {
    let refused = (403, "AccessDenied".to_owned(), NOT_AUTHORIZED.to_owned());
    let action = || json!("sts:AssumeRoleWithWebIdentity");
    let trusts = [
        trusting("arn:aws:iam::222222222222:oidc-provider/token.example.com/realm", action(), json!({})),
        trusting("arn:aws:iam::111111111111:oidc-provider/token.example.com", action(), json!({})),
        trusting("token.example.com/realm", action(), json!({})),
        trusting(PROVIDER, json!("sts:AssumeRole"), json!({})),
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"sts:*"}}"#.to_owned(),
    ];
    for trust in trusts {
        let f = fixture(&trust).await;
        assert_eq!(f.refused(&nobody(), with(token(json!({})))).await, refused, "{trust}");
    }
    let f = fixture(&simply()).await;
    let nowhere = "arn:aws:iam::111111111111:role/nobody";
    let request = AssumeRoleWithWebIdentity { role_arn: nowhere.into(), ..with(token(json!({}))) };
    assert_eq!(f.refused(&nobody(), request).await, refused);
    let invalid = "arn:aws:kinesis:us-east-1:111111111111:stream/x";
    let request = AssumeRoleWithWebIdentity { role_arn: invalid.into(), ..with(token(json!({}))) };
    assert_eq!(f.refused(&nobody(), request).await.2, format!("{invalid} is invalid"));
}

#[tokio::test]
async fn conditions_ask_for_what_the_token_says() {
    let asks = |operator: &str, key: &str, value: Value| {
        trusting(PROVIDER, json!("sts:*"), json!({ operator: { key: value } }))
    };
    let cases = [
        (asks("StringEquals", "token.example.com/realm:sub", json!("job-7")), true),
        (asks("StringEquals", "token.example.com/realm:sub", json!("job-8")), false),
        (asks("StringLike", "token.example.com/realm:sub", json!("job-*")), true),
        (asks("StringEquals", "token.example.com/realm:aud", json!("sts.amazonaws.com")), true),
        (asks("StringEquals", "other.example.com:sub", json!("job-7")), false),
        (asks("ForAnyValue:StringEquals", "token.example.com/realm:amr", json!("mfa")), true),
        (asks("ForAnyValue:StringEquals", "token.example.com/realm:amr", json!("sms")), false),
        (asks("StringEquals", "sts:RoleSessionName", json!("s1")), true),
        (asks("StringEquals", "sts:RoleSessionName", json!("s2")), false),
        (asks("Null", "aws:PrincipalAccount", json!("true")), true),
    ];
    for (trust, may) in cases {
        let f = fixture(&trust).await;
        assert_eq!(answered(&f, token(json!({ "amr": ["mfa"] }))).await.is_ok(), may, "{trust}");
    }
}

#[tokio::test]
async fn tags_and_source_identities_of_tokens_need_permissions_of_their_own() {
    let tagged = || {
        token(json!({
            "https://aws.amazon.com/tags": { "principal_tags": { "team": ["blue"] }, "transitive_tag_keys": ["team"] },
            "https://aws.amazon.com/source_identity": "me",
        }))
    };
    let f = fixture(&simply()).await;
    let refused = f.refused(&nobody(), with(tagged())).await;
    assert_eq!(refused.2, "Not authorized to perform sts:TagSession");
    f.trust(&trusting(PROVIDER, json!(["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]), json!({}))).await;
    let refused = f.refused(&nobody(), with(tagged())).await;
    assert_eq!(refused.2, "Not authorized to perform sts:SetSourceIdentity");
    let only = |team: &str| {
        let condition = json!({ "StringEqualsIfExists": { "aws:RequestTag/team": team } });
        trusting(PROVIDER, json!("sts:*"), condition)
    };
    f.trust(&only("red")).await;
    assert_eq!(f.refused(&nobody(), with(tagged())).await.1, "AccessDenied");
    f.trust(&only("blue")).await;
    let answer = answered(&f, tagged()).await.unwrap();
    assert_eq!((answer.source_identity.as_deref(), answer.packed_policy_size), (Some("me"), Some(1)));
    let session = f.opened(&answer.credentials.unwrap().session_token).session.clone();
    assert_eq!(session.tags, [("team".to_owned(), "blue".to_owned())].into());
    assert_eq!(session.transitive_tags, ["team"]);
    assert_eq!(session.source_identity.as_deref(), Some("me"));
}

#[tokio::test]
async fn a_token_that_vouches_for_nobody_is_refused_in_aws_words() {
    let f = fixture(&simply()).await;
    let invalid = |sentence: &str| (400, "InvalidIdentityTokenException".to_owned(), sentence.to_owned());
    let cases = [
        (
            "a.b.c".to_owned(),
            invalid(
                "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
            ),
        ),
        (
            token(json!({ "iss": "https://other.example.com" })),
            invalid("No OpenIDConnect provider found in your account for https://other.example.com"),
        ),
        (token(json!({ "aud": "other" })), invalid("Incorrect token audience")),
        (token(json!({ "sub": null })), invalid("Missing a required claim: sub")),
    ];
    for (token, wanted) in cases {
        assert_eq!(f.refused(&nobody(), with(token)).await, wanted);
    }
    let (status, code, sentence) = f.refused(&nobody(), with(token(json!({ "exp": 1_700_000_000 })))).await;
    assert_eq!((status, &*code), (400, "ExpiredTokenException"));
    assert!(sentence.starts_with("Token expired: current date/time "), "{sentence}");
    assert!(sentence.ends_with(" must be before the expiration date/time 1700000000"), "{sentence}");
    let request =
        AssumeRoleWithWebIdentity { provider_id: Some("www.amazon.com".into()), ..with(token(json!({}))) };
    assert_eq!(f.refused(&nobody(), request).await.1, "ValidationError");
}

#[tokio::test]
async fn such_a_session_is_narrowed_and_lasts_as_any_other_does() {
    let f = fixture(&simply()).await;
    let request = |seconds| AssumeRoleWithWebIdentity {
        duration_seconds: Some(seconds),
        policy: Some(policy("Allow", "kinesis:Get*").into()),
        ..with(token(json!({})))
    };
    let answer = f.call(&nobody(), request(900)).await.unwrap();
    let session = f.opened(&answer.credentials.unwrap().session_token).session.clone();
    assert_eq!(session.expires.millis_since(session.issued), 900_000);
    assert!(session.policies.as_ref().is_some_and(|policies| policies.len() == 1));
    let refused = f.refused(&nobody(), request(3_601)).await;
    assert_eq!(refused.2, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
    let malformed = AssumeRoleWithWebIdentity { policy: Some("{".into()), ..with(token(json!({}))) };
    assert_eq!(f.refused(&nobody(), malformed).await.1, "MalformedPolicyDocumentException");
}
