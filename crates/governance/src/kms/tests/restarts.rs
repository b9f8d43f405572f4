use std::sync::{Arc, Mutex};

use anabranch_api::kms::*;
use anabranch_catalog::{
    BoxFuture, Catalog, CatalogError, Commit, Entry, Key, MemoryCatalog, Page, Revision, SqliteCatalog,
    Watch, Watcher,
};
use bytes::Bytes;
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
async fn another_master_key_is_refused_once_there_is_a_key() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.refused_with_another_master_key().await, "it starts", "there is nothing to open");
    let fixture = Fixture::new().await;
    let key = fixture.key().await;
    fixture.call(DisableKey { key_id: key.as_str().into() }).await.unwrap();
    let told = fixture.refused_with_another_master_key().await;
    assert!(told.contains(&format!("{key} is sealed under another master key")), "{told}");
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

/// A catalog that fails as it is told.
#[derive(Default)]
struct Failing {
    inner: MemoryCatalog,
    fails: Mutex<Option<Fails>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Fails {
    /// The commit happens, and that is not known.
    AfterCommit,
    BeforeCommit,
    /// As `AfterCommit`, and it cannot be looked up either.
    AfterCommitAndReads,
}

impl Failing {
    fn fails(&self) -> Option<Fails> {
        *self.fails.lock().unwrap()
    }
}

fn failed() -> CatalogError {
    CatalogError::Store { doing: "work".to_owned(), source: "planted".into() }
}

impl Catalog for Failing {
    fn get(&self, key: Key) -> BoxFuture<'_, Result<Option<Entry>, CatalogError>> {
        match self.fails() {
            Some(Fails::AfterCommitAndReads) => Box::pin(std::future::ready(Err(failed()))),
            _ => self.inner.get(key),
        }
    }
    fn scan(
        &self,
        prefix: Bytes,
        after: Option<Key>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Page, CatalogError>> {
        self.inner.scan(prefix, after, limit)
    }
    fn scan_back(
        &self,
        prefix: Bytes,
        before: Option<Key>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Page, CatalogError>> {
        self.inner.scan_back(prefix, before, limit)
    }
    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<Revision, CatalogError>> {
        Box::pin(async move {
            match self.fails() {
                None => self.inner.commit(commit).await,
                Some(Fails::BeforeCommit) => Err(failed()),
                Some(_) => self.inner.commit(commit).await.and(Err(failed())),
            }
        })
    }
    fn scrub(&self) -> BoxFuture<'_, Result<(), CatalogError>> {
        self.inner.scrub()
    }
    fn watch(&self, prefix: Bytes, watcher: Watcher) -> Watch {
        self.inner.watch(prefix, watcher)
    }
}

#[tokio::test]
async fn a_commit_of_which_the_catalog_is_not_certain_is_looked_up_now_or_before_the_next() {
    let catalog = Arc::new(Failing::default());
    let fixture = Fixture::over(catalog.clone()).await;
    let fail = |fails| *catalog.fails.lock().unwrap() = fails;
    let key = fixture.key().await;
    let describe =
        |text: &'static str| UpdateKeyDescription { key_id: key.as_str().into(), description: text.into() };
    let described = async || {
        let request = DescribeKey { key_id: key.as_str().into(), grant_tokens: None };
        fixture.call(request).await.unwrap().key_metadata.unwrap().description.unwrap().to_string()
    };
    let internal = "KMSInternalException: The request failed because of an internal error.";
    fail(Some(Fails::AfterCommit));
    assert_eq!(fixture.told(describe("one")).await, "nothing");
    assert_eq!(described().await, "one");
    fail(Some(Fails::BeforeCommit));
    assert_eq!(fixture.told(describe("two")).await, internal);
    assert_eq!(described().await, "one");
    fail(Some(Fails::AfterCommitAndReads));
    assert_eq!(fixture.told(describe("three")).await, internal);
    assert_eq!(
        (described().await, fixture.told(describe("four")).await),
        ("one".to_owned(), internal.to_owned())
    );
    fail(None);
    let tag = TagResource { key_id: key.as_str().into(), tags: vec![] };
    fixture.call(tag).await.unwrap();
    assert_eq!(described().await, "three");
    fixture.call(describe("five")).await.unwrap();
    assert_eq!(described().await, "five");
}
