use anabranch_api::Operation;
use anabranch_api::kms::*;
use bytestring::ByteString;

use super::super::GrantQuestion;
use super::Fixture;

const ALICE: &str = "arn:aws:iam::111111111111:user/alice";
const BOB: &str = "arn:aws:iam::111111111111:user/bob";

fn grant(key: &str, operations: &[GrantOperation]) -> CreateGrant {
    CreateGrant {
        key_id: key.into(),
        grantee_principal: Some(ALICE.into()),
        retiring_principal: Some(BOB.into()),
        operations: operations.to_vec(),
        ..CreateGrant::default()
    }
}

fn context(pairs: &[(&'static str, &'static str)]) -> Option<Vec<(ByteString, ByteString)>> {
    Some(pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect())
}

/// Whether a grant of the key allows the request.
fn allows<Op: Operation>(fixture: &Fixture, key: &str, caller: &str, request: &Op) -> bool {
    let question = GrantQuestion {
        key_arn: key,
        callers: &[caller],
        action: Op::ACTION,
        keys: &request.condition_keys(),
        source_arn: None,
    };
    fixture.kms.grants(&question)
}

fn encrypt(pairs: &[(&'static str, &'static str)]) -> Encrypt {
    Encrypt { encryption_context: context(pairs), ..Encrypt::default() }
}

async fn listed(fixture: &Fixture, key: &str) -> Vec<GrantListEntry> {
    fixture.call(ListGrants { key_id: key.into(), ..Default::default() }).await.unwrap().grants.unwrap()
}

#[tokio::test]
async fn a_grant_allows_its_operations_to_its_grantee_until_it_is_revoked() {
    let fixture = Fixture::new().await;
    let (key, other) = (fixture.key().await, fixture.key().await);
    assert!(!allows(&fixture, &key, ALICE, &encrypt(&[])));
    let made = fixture.call(grant(&key, &[GrantOperation::Encrypt])).await.unwrap();
    assert!(allows(&fixture, &key, ALICE, &encrypt(&[("a", "1")])));
    assert!(!allows(&fixture, &key, BOB, &encrypt(&[])));
    assert!(!allows(&fixture, &other, ALICE, &encrypt(&[])));
    assert!(!allows(&fixture, &key, ALICE, &Decrypt::default()));
    let entry = &listed(&fixture, &key).await[0];
    assert_eq!(entry.grant_id, made.grant_id);
    assert_eq!(entry.grantee_principal.as_deref(), Some(ALICE));
    assert_eq!(entry.issuing_account.as_deref(), Some("arn:aws:iam::111111111111:root"));
    let token = vec![made.grant_token.unwrap()];
    let used = Encrypt {
        key_id: key.as_str().into(),
        plaintext: "x".into(),
        grant_tokens: Some(token),
        ..Encrypt::default()
    };
    fixture.call(used.clone()).await.unwrap();
    let forged = Encrypt { grant_tokens: Some(vec!["forged".into()]), ..used };
    assert_eq!(fixture.told(forged).await, "InvalidGrantTokenException: The grant token is not valid.");
    let revoke = RevokeGrant { key_id: key.as_str().into(), grant_id: made.grant_id.unwrap(), dry_run: None };
    let dry = RevokeGrant { dry_run: Some(true), ..revoke.clone() };
    assert!(fixture.told(dry).await.starts_with("DryRunOperationException"));
    fixture.call(revoke.clone()).await.unwrap();
    assert!(!allows(&fixture, &key, ALICE, &encrypt(&[])));
    assert_eq!(
        fixture.told(revoke.clone()).await,
        format!("NotFoundException: Grant ID {} not found", revoke.grant_id)
    );
}

#[tokio::test]
async fn constraints_are_of_the_encryption_context_as_it_is_sent() {
    let fixture = Fixture::new().await;
    let operations = [GrantOperation::Encrypt, GrantOperation::DescribeKey];
    let subset = GrantConstraints { encryption_context_subset: context(&[("a", "1")]), ..Default::default() };
    let equals = GrantConstraints { encryption_context_equals: context(&[("a", "1")]), ..Default::default() };
    let cases = [(subset, [true, true, false, false, false]), (equals, [true, false, false, false, false])];
    for (constraints, expected) in cases {
        let key = fixture.key().await;
        let request = CreateGrant { constraints: Some(constraints.clone()), ..grant(&key, &operations) };
        fixture.call(request).await.unwrap();
        let contexts = [&[("a", "1")][..], &[("a", "1"), ("b", "2")], &[("A", "1")], &[("a", "2")], &[]];
        let allowed = contexts.map(|pairs| allows(&fixture, &key, ALICE, &encrypt(pairs)));
        assert_eq!(allowed, expected);
        assert!(allows(&fixture, &key, ALICE, &DescribeKey::default()));
        assert_eq!(listed(&fixture, &key).await[0].constraints, Some(constraints));
    }
}

#[tokio::test]
async fn a_grant_of_a_service_holds_for_the_resource_it_names() {
    let fixture = Fixture::new().await;
    let key = fixture.key().await;
    let stream = "arn:aws:kinesis:us-east-1:111111111111:stream/s";
    let request = CreateGrant {
        grantee_principal: None,
        grantee_service_principal: Some("kinesis.amazonaws.com".into()),
        constraints: Some(GrantConstraints { source_arn: Some(stream.into()), ..Default::default() }),
        ..grant(&key, &[GrantOperation::GenerateDataKey])
    };
    fixture.call(request).await.unwrap();
    for (source_arn, expected) in [(Some(stream), true), (Some("arn:aws:kinesis:x"), false), (None, false)] {
        let question = GrantQuestion {
            key_arn: &key,
            callers: &["kinesis.amazonaws.com"],
            action: "kms:GenerateDataKey",
            keys: &Vec::new(),
            source_arn,
        };
        assert_eq!(fixture.kms.grants(&question), expected);
    }
    let entry = &listed(&fixture, &key).await[0];
    assert_eq!(entry.grantee_service_principal.as_deref(), Some("kinesis.amazonaws.com"));
    assert_eq!(entry.grantee_principal, None);
}

#[tokio::test]
async fn a_grant_made_by_way_of_a_grant_gives_no_more() {
    let fixture = Fixture::new().await;
    let key = fixture.key().await;
    fixture.call(grant(&key, &[GrantOperation::CreateGrant, GrantOperation::Encrypt])).await.unwrap();
    for (operations, allowed) in [
        (&[GrantOperation::Encrypt][..], true),
        (&[GrantOperation::Decrypt], false),
        (&[GrantOperation::Encrypt, GrantOperation::Decrypt], false),
    ] {
        assert_eq!(allows(&fixture, &key, ALICE, &grant(&key, operations)), allowed, "{operations:?}");
    }
}

#[tokio::test]
async fn a_grant_is_retired_by_its_retiring_principal_by_token_or_by_id() {
    let fixture = Fixture::new().await;
    let key = fixture.key().await;
    let one = fixture.call(grant(&key, &[GrantOperation::Encrypt])).await.unwrap();
    let two = fixture.call(grant(&key, &[GrantOperation::RetireGrant])).await.unwrap();
    let by_token = |made: &CreateGrantOutput| RetireGrant {
        grant_token: made.grant_token.clone(),
        ..Default::default()
    };
    let by_id = |made: &CreateGrantOutput| RetireGrant {
        key_id: Some(key.as_str().into()),
        grant_id: made.grant_id.clone(),
        ..Default::default()
    };
    for (made, caller, allowed) in
        [(&one, BOB, true), (&one, ALICE, false), (&two, BOB, true), (&two, ALICE, true)]
    {
        assert_eq!(allows(&fixture, &key, caller, &by_token(made)), allowed, "{caller}");
        assert_eq!(allows(&fixture, &key, caller, &by_id(made)), allowed, "{caller}");
    }
    let list = |principal: &'static str| ListRetirableGrants {
        retiring_principal: Some(principal.into()),
        ..Default::default()
    };
    assert_eq!(fixture.call(list(BOB)).await.unwrap().grants.unwrap().len(), 2);
    assert_eq!(fixture.call(list(ALICE)).await.unwrap().grants.unwrap(), []);
    fixture.call(by_token(&one)).await.unwrap();
    fixture.call(by_id(&two)).await.unwrap();
    assert_eq!(listed(&fixture, &key).await, []);
    assert!(fixture.told(by_token(&one)).await.starts_with("NotFoundException: Grant ID"));
    let told = "ValidationException: Grant token OR (grant ID, key ID) must be specified";
    assert_eq!(fixture.told(RetireGrant::default()).await, told);
}

#[tokio::test]
async fn a_named_grant_that_says_the_same_is_not_made_twice() {
    let fixture = Fixture::new().await;
    let key = fixture.key().await;
    let named = CreateGrant { name: Some("n".into()), ..grant(&key, &[GrantOperation::Encrypt]) };
    let first = fixture.call(named.clone()).await.unwrap();
    assert_eq!(fixture.call(named.clone()).await.unwrap().grant_id, first.grant_id);
    let other = CreateGrant { operations: vec![GrantOperation::Decrypt], ..named };
    assert_ne!(fixture.call(other).await.unwrap().grant_id, first.grant_id);
    let unnamed = grant(&key, &[GrantOperation::Encrypt]);
    fixture.call(unnamed.clone()).await.unwrap();
    fixture.call(unnamed).await.unwrap();
    assert_eq!(listed(&fixture, &key).await.len(), 4);
}

#[tokio::test]
async fn grants_that_make_no_sense_are_refused() {
    let fixture = Fixture::new().await;
    let key = fixture.key().await;
    let cases = [
        (
            CreateGrant {
                grantee_principal: Some("alice".into()),
                ..grant(&key, &[GrantOperation::Encrypt])
            },
            "InvalidArnException: ARN does not refer to a valid principal: alice",
        ),
        (
            CreateGrant { grantee_principal: None, ..grant(&key, &[GrantOperation::Encrypt]) },
            "ValidationException: Exactly one of GranteePrincipal and GranteeServicePrincipal must be specified.",
        ),
        (grant(&key, &[]), "ValidationException: Operations must not be empty."),
        (
            grant(&key, &[GrantOperation::Sign]),
            "ValidationException: The operation Sign cannot be granted for a key of spec SYMMETRIC_DEFAULT.",
        ),
        (
            CreateGrant { dry_run: Some(true), ..grant(&key, &[GrantOperation::Encrypt]) },
            "DryRunOperationException: The request would have succeeded, but the DryRun option is set.",
        ),
    ];
    for (request, told) in cases {
        assert_eq!(fixture.told(request).await, told);
    }
    fixture.call(DisableKey { key_id: key.as_str().into() }).await.unwrap();
    let told = fixture.told(grant(&key, &[GrantOperation::Encrypt])).await;
    assert_eq!(told, format!("DisabledException: {key} is disabled."));
    assert_eq!(listed(&fixture, &key).await, []);
}

#[tokio::test]
async fn fifty_thousand_grants_are_the_most_of_a_key() {
    let fixture = Fixture::new().await;
    let key = fixture.key().await;
    let name = super::super::grants::key_name(&key).unwrap();
    fixture.call(grant(&key, &[GrantOperation::Encrypt])).await.unwrap();
    let slot = fixture.kms.directory.key(&name).unwrap();
    let one = slot.grants().values().next().unwrap().stored.clone();
    // As start-up takes them in.
    for n in 1..50_000 {
        let place = super::super::stored::Place::Grant(name.clone(), format!("{n:064x}"));
        let value = anabranch_catalog::Value::to_bytes(&one);
        fixture.kms.take_in(&place, Some((&value, anabranch_catalog::Revision(1)))).unwrap();
    }
    let told = fixture.told(grant(&key, &[GrantOperation::Encrypt])).await;
    assert_eq!(told, format!("LimitExceededException: {key} already has 50000 grants."));
}
