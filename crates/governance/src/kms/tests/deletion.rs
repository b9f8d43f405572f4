use anabranch_api::kms::*;

use super::{DAY, Fixture, T0};

fn schedule(key: &str, days: Option<i32>) -> ScheduleKeyDeletion {
    ScheduleKeyDeletion { key_id: key.into(), pending_window_in_days: days }
}

#[tokio::test]
async fn a_key_is_deleted_with_its_aliases_and_grants_when_its_waiting_period_is_over() {
    let fixture = Fixture::new().await;
    let key = fixture.key().await;
    let blob = fixture.encrypted(&key, "secret").await;
    let alias = CreateAlias { alias_name: "alias/a".into(), target_key_id: key.as_str().into() };
    fixture.call(alias).await.unwrap();
    let grant = CreateGrant {
        key_id: key.as_str().into(),
        grantee_principal: Some("arn:aws:iam::111111111111:user/a".into()),
        operations: vec![GrantOperation::Decrypt],
        ..CreateGrant::default()
    };
    fixture.call(grant).await.unwrap();
    let output = fixture.call(schedule(&key, Some(7))).await.unwrap();
    assert_eq!(output.deletion_date, Some(T0 + DAY * 7));
    assert_eq!(output.key_state, Some(KeyState::PendingDeletion));
    fixture.advance(6).await;
    let describe = DescribeKey { key_id: "alias/a".into(), grant_tokens: None };
    let metadata = fixture.call(describe.clone()).await.unwrap().key_metadata.unwrap();
    assert_eq!((metadata.enabled, metadata.deletion_date), (Some(false), Some(T0 + DAY * 7)));
    fixture.advance(1).await;
    assert!(fixture.told(describe).await.starts_with("NotFoundException: Alias "));
    let told = fixture.told(DescribeKey { key_id: key.as_str().into(), grant_tokens: None }).await;
    assert_eq!(told, format!("NotFoundException: Key '{key}' does not exist"));
    let decrypt = Decrypt { ciphertext_blob: Some(blob), ..Decrypt::default() };
    assert_eq!(fixture.told(decrypt).await, "InvalidCiphertextException");
    let left = fixture.kms.catalog.scan("/".into(), None, 100).await.unwrap();
    assert_eq!(left.entries, []);
}

#[tokio::test]
async fn a_cancelled_deletion_leaves_the_key_disabled() {
    let fixture = Fixture::new().await;
    let key = fixture.key().await;
    let cancel = CancelKeyDeletion { key_id: key.as_str().into() };
    let not_pending = format!("KMSInvalidStateException: {key} is not pending deletion.");
    assert_eq!(fixture.told(cancel.clone()).await, not_pending);
    assert_eq!(fixture.call(schedule(&key, None)).await.unwrap().deletion_date, Some(T0 + DAY * 30));
    let pending = format!("KMSInvalidStateException: {key} is pending deletion.");
    assert_eq!(fixture.told(schedule(&key, None)).await, pending);
    assert_eq!(fixture.told(EnableKey { key_id: key.as_str().into() }).await, pending);
    fixture.call(cancel).await.unwrap();
    fixture.advance(40).await;
    let describe = DescribeKey { key_id: key.as_str().into(), grant_tokens: None };
    let metadata = fixture.call(describe).await.unwrap().key_metadata.unwrap();
    assert_eq!((metadata.key_state, metadata.deletion_date), (Some(KeyState::Disabled), None));
}

#[tokio::test]
async fn a_waiting_period_has_seven_to_thirty_days() {
    let fixture = Fixture::new().await;
    for (days, taken) in [(6, false), (7, true), (30, true), (31, false)] {
        let key = fixture.key().await;
        assert_eq!(fixture.call(schedule(&key, Some(days))).await.is_ok(), taken, "{days}");
    }
}
