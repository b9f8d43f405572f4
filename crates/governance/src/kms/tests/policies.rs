use anabranch_api::kms::*;

use super::Fixture;
use crate::Guarded as _;

fn policy(principal: &str, action: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"{action}","Resource":"*"}}}}"#
    )
}

const ROOT: &str = "arn:aws:iam::111111111111:root";
const LOCKS_OUT: &str = "MalformedPolicyDocumentException: The new key policy will not allow you to update the key policy in the future.";

#[tokio::test]
async fn a_key_has_one_policy_which_leaves_everything_to_the_account_until_another_is_put() {
    let fixture = Fixture::new().await;
    let key = fixture.key().await;
    let get = |name: Option<&'static str>| GetKeyPolicy {
        key_id: key.as_str().into(),
        policy_name: name.map(Into::into),
    };
    let before = fixture.call(get(None)).await.unwrap();
    assert!(before.policy.unwrap().contains(r#""AWS" : "arn:aws:iam::111111111111:root""#));
    let text = policy(ROOT, "kms:*");
    let put =
        PutKeyPolicy { key_id: key.as_str().into(), policy: text.as_str().into(), ..Default::default() };
    fixture.call(put.clone()).await.unwrap();
    assert_eq!(fixture.call(get(Some("default"))).await.unwrap().policy.unwrap(), text);
    assert_eq!(fixture.told(get(Some("other"))).await, "NotFoundException: No such policy exists");
    let other = PutKeyPolicy { policy_name: Some("other".into()), ..put };
    assert_eq!(fixture.told(other).await, "UnsupportedOperationException: Only default policy is supported");
    let names =
        fixture.call(ListKeyPolicies { key_id: key.as_str().into(), ..Default::default() }).await.unwrap();
    assert_eq!(names.policy_names.unwrap(), ["default"]);
}

#[tokio::test]
async fn a_policy_that_locks_its_author_out_is_refused_unless_that_is_asked_for() {
    let fixture = Fixture::new().await;
    let put = |key: &str, text: &str, bypass| PutKeyPolicy {
        key_id: key.into(),
        policy: text.into(),
        bypass_policy_lockout_safety_check: bypass,
        ..PutKeyPolicy::default()
    };
    for text in [policy(ROOT, "kms:Encrypt"), policy("arn:aws:iam::222222222222:root", "kms:*")] {
        let key = fixture.key().await;
        assert_eq!(fixture.told(put(&key, &text, None)).await, LOCKS_OUT);
        let create = CreateKey { policy: Some(text.as_str().into()), ..CreateKey::default() };
        assert_eq!(fixture.told(create).await, LOCKS_OUT);
        fixture.call(put(&key, &text, Some(true))).await.unwrap();
        let denied = fixture.told(put(&key, &policy(ROOT, "kms:*"), None)).await;
        assert!(denied.starts_with("AccessDeniedException"), "{denied}");
    }
    let key = fixture.key().await;
    let malformed = "MalformedPolicyDocumentException: Syntax errors in policy.";
    assert_eq!(fixture.told(put(&key, "{", None)).await, malformed);
    let long = format!("{}{}", policy(ROOT, "kms:*"), " ".repeat(32_768));
    let told = "LimitExceededException: The key policy is longer than 32768 bytes.";
    assert_eq!(fixture.told(put(&key, &long, None)).await, told);
}

#[tokio::test]
async fn an_authorizer_is_told_what_guards_a_key() {
    let fixture = Fixture::new().await;
    let tag = Tag { tag_key: "team".into(), tag_value: "a".into() };
    let create = CreateKey { tags: Some(vec![tag]), ..CreateKey::default() };
    let arn = fixture.call(create).await.unwrap().key_metadata.unwrap().arn.unwrap();
    let alias = CreateAlias { alias_name: "alias/a".into(), target_key_id: arn.clone() };
    fixture.call(alias).await.unwrap();
    let protection = fixture.kms.protection("kms:Encrypt", &arn).unwrap();
    assert_eq!(protection.tags, [("team".to_owned(), "a".to_owned())]);
    let one = |key: &str, value: &str| (key.to_owned(), vec![value.to_owned()]);
    for key in [one("kms:keyspec", "SYMMETRIC_DEFAULT"), one("kms:resourcealiases", "alias/a")] {
        assert!(protection.keys.contains(&key), "{key:?}");
    }
    let none = "arn:aws:kms:us-east-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    assert!(fixture.kms.protection("kms:Encrypt", none).is_none());
    // Of a managed key before and after it is made.
    let name = super::super::key_id::KeyId::managed(&super::super::service::scope(&fixture.cx), "kinesis");
    let managed = format!("arn:aws:kms:us-east-1:111111111111:key/{name}");
    assert!(fixture.kms.protection("kms:Encrypt", &managed).is_some());
    let describe = DescribeKey { key_id: "alias/aws/kinesis".into(), grant_tokens: None };
    assert_eq!(fixture.call(describe).await.unwrap().key_metadata.unwrap().arn.unwrap(), managed);
    assert!(fixture.kms.protection("kms:Encrypt", &managed).is_some());
}

/// Alice of 111111111111, who has this identity policy.
async fn as_alice(mut fixture: Fixture, identity: &str) -> Fixture {
    crate::testing::with_alice(&fixture.identities, identity).await;
    let user = anabranch_api::User {
        account: fixture.cx.account,
        name: "alice".into(),
        path: "/team/".into(),
        id: "AIDAALICE".into(),
    };
    fixture.cx.principal = anabranch_api::Principal::User(user.into());
    fixture
}

const ALICE: &str = "arn:aws:iam::111111111111:user/team/alice";

#[tokio::test]
async fn a_user_may_what_the_key_policy_leaves_to_the_account_and_its_own_policy_allows() {
    let fixture = Fixture::new().await;
    let key = fixture.key().await;
    let fixture = as_alice(fixture, &crate::testing::policy("Allow", "kms:Encrypt")).await;
    let blob = fixture.encrypted(&key, "x").await;
    let decrypt = Decrypt { ciphertext_blob: Some(blob), ..Decrypt::default() };
    assert_eq!(
        fixture.told(decrypt).await,
        format!(
            "AccessDeniedException: User: {ALICE} is not authorized to perform: kms:Decrypt on resource: {key} because no identity-based policy allows the kms:Decrypt action"
        )
    );
}

#[tokio::test]
async fn a_key_policy_that_names_nobody_of_the_account_makes_identity_policies_worth_nothing() {
    let fixture = Fixture::new().await;
    let key = fixture.key().await;
    let put = PutKeyPolicy {
        key_id: key.as_str().into(),
        policy: policy(ALICE, "kms:Decrypt").as_str().into(),
        bypass_policy_lockout_safety_check: Some(true),
        ..PutKeyPolicy::default()
    };
    let blob = fixture.encrypted(&key, "x").await;
    fixture.call(put).await.unwrap();
    let fixture = as_alice(fixture, &crate::testing::policy("Allow", "kms:*")).await;
    let decrypt = Decrypt { ciphertext_blob: Some(blob), ..Decrypt::default() };
    fixture.call(decrypt).await.unwrap();
    let encrypt = Encrypt { key_id: key.as_str().into(), plaintext: "x".into(), ..Encrypt::default() };
    assert_eq!(
        fixture.told(encrypt).await,
        format!(
            "AccessDeniedException: User: {ALICE} is not authorized to perform: kms:Encrypt on resource: {key} because no resource-based policy allows the kms:Encrypt action"
        )
    );
}

#[tokio::test]
async fn a_grant_allows_what_no_policy_does() {
    let fixture = Fixture::new().await;
    let key = fixture.key().await;
    let blob = fixture.encrypted(&key, "x").await;
    let grant = CreateGrant {
        key_id: key.as_str().into(),
        grantee_principal: Some(ALICE.into()),
        operations: vec![GrantOperation::Decrypt, GrantOperation::RetireGrant],
        ..CreateGrant::default()
    };
    let grant = fixture.call(grant).await.unwrap();
    let fixture = as_alice(fixture, &crate::testing::policy("Allow", "s3:*")).await;
    let decrypt = Decrypt { ciphertext_blob: Some(blob), ..Decrypt::default() };
    fixture.call(decrypt.clone()).await.unwrap();
    let encrypt = Encrypt { key_id: key.as_str().into(), plaintext: "x".into(), ..Encrypt::default() };
    assert!(fixture.told(encrypt).await.starts_with("AccessDeniedException"));
    let retire = RetireGrant { grant_token: grant.grant_token, ..RetireGrant::default() };
    fixture.call(retire).await.unwrap();
    assert!(fixture.told(decrypt).await.starts_with("AccessDeniedException"));
}
