use std::sync::Arc;

use anabranch_api::kms::*;
use anabranch_catalog::SqliteCatalog;
use tempfile::TempDir;

use super::Fixture;

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let fixture = Fixture::new().await;
    let key = fixture.key().await;
    let blob = fixture.encrypted(&key, "secret").await;
    fixture.call(RotateKeyOnDemand { key_id: key.as_str().into() }).await.unwrap();
    let alias = CreateAlias { alias_name: "alias/a/b".into(), target_key_id: key.as_str().into() };
    fixture.call(alias).await.unwrap();
    let grant = CreateGrant {
        key_id: key.as_str().into(),
        grantee_principal: Some("arn:aws:iam::111111111111:user/a".into()),
        operations: vec![GrantOperation::Decrypt],
        ..CreateGrant::default()
    };
    let grant = fixture.call(grant).await.unwrap().grant_id;
    let describe = DescribeKey { key_id: "alias/a/b".into(), grant_tokens: None };
    let before = fixture.call(describe.clone()).await.unwrap();
    let fixture = fixture.restarted().await;
    assert_eq!(fixture.call(describe).await.unwrap(), before);
    let decrypt = Decrypt { ciphertext_blob: Some(blob), ..Decrypt::default() };
    assert_eq!(fixture.call(decrypt).await.unwrap().plaintext.unwrap(), "secret");
    let grants =
        fixture.call(ListGrants { key_id: key.as_str().into(), ..Default::default() }).await.unwrap();
    assert_eq!(grants.grants.unwrap()[0].grant_id, grant);
}

#[tokio::test]
async fn a_waiting_period_goes_on_over_a_restart() {
    let fixture = Fixture::new().await;
    let key = fixture.key().await;
    let schedule = ScheduleKeyDeletion { key_id: key.as_str().into(), pending_window_in_days: Some(7) };
    fixture.call(schedule).await.unwrap();
    let fixture = fixture.restarted().await;
    fixture.advance(7).await;
    assert_eq!(fixture.call(ListKeys::default()).await.unwrap().keys.unwrap(), []);
}

/// Whether these bytes stand in a file of the directory.
fn stands_in_files(directory: &TempDir, bytes: &[u8]) -> bool {
    let files = std::fs::read_dir(directory.path()).unwrap().map(|file| file.unwrap().path());
    let contents: Vec<Vec<u8>> = files.map(|path| std::fs::read(path).unwrap()).collect();
    contents.iter().any(|content| content.windows(bytes.len()).any(|window| window == bytes))
}

#[tokio::test]
async fn the_material_of_a_deleted_key_is_gone_from_the_files() {
    let directory = TempDir::new().unwrap();
    let catalog = SqliteCatalog::open(&directory.path().join("catalog.db")).unwrap();
    let fixture = Fixture::over(Arc::new(catalog)).await;
    let (key, kept) = (fixture.key().await, fixture.key().await);
    let sealed = |arn: &str| {
        let slot = fixture.kms.directory.key(&super::super::grants::key_name(arn).unwrap()).unwrap();
        slot.view().stored.generations[0].sealed.to_vec()
    };
    let (gone, stays) = (sealed(&key), sealed(&kept));
    assert!(stands_in_files(&directory, &gone));
    let schedule = ScheduleKeyDeletion { key_id: key.as_str().into(), pending_window_in_days: Some(7) };
    fixture.call(schedule).await.unwrap();
    fixture.advance(7).await;
    assert!(!stands_in_files(&directory, &gone));
    assert!(stands_in_files(&directory, &stays));
}
