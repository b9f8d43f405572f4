use std::cell::RefCell;
use std::sync::Arc;

use rusqlite::Connection;
use tempfile::TempDir;

use super::schema::{APPLICATION_ID, SCHEMA_VERSION};
use super::{OpenError, SqliteCatalog};
use crate::{Catalog, Commit, conformance};

fn open(directory: &TempDir) -> Arc<dyn Catalog> {
    Arc::new(SqliteCatalog::open(&directory.path().join("catalog.db")).unwrap())
}

#[test]
fn it_conforms() {
    let directories = RefCell::new(Vec::new());
    let empty = || {
        let directory = TempDir::new().unwrap();
        let catalog = open(&directory);
        directories.borrow_mut().push(directory);
        catalog
    };
    let reopen = |catalog| {
        drop(catalog);
        open(directories.borrow().last().unwrap())
    };
    conformance::check(&empty, Some(&reopen));
}

/// The file after `change` was done to a catalog, opened.
fn opened_after(change: impl FnOnce(&Connection)) -> String {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("catalog.db");
    drop(SqliteCatalog::open(&path).unwrap());
    let connection = Connection::open(&path).unwrap();
    change(&connection);
    connection.close().unwrap();
    match SqliteCatalog::open(&path) {
        Ok(_) => "opened".to_owned(),
        Err(error) => error.to_string().replace(&path.display().to_string(), "FILE"),
    }
}

#[test]
fn a_newer_file_and_a_foreign_one_are_refused_with_a_sentence() {
    let newer = opened_after(|c| c.pragma_update(None, "user_version", SCHEMA_VERSION + 1).unwrap());
    assert_eq!(
        newer,
        "the catalog `FILE` has format 2, which a newer Anabranch wrote; this one knows format 1"
    );
    let foreign = opened_after(|c| c.pragma_update(None, "application_id", APPLICATION_ID + 1).unwrap());
    assert_eq!(foreign, "`FILE` is not a catalog of Anabranch");
    assert_eq!(opened_after(|_| {}), "opened");
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("catalog.db");
    let text = "something else entirely, and long enough to have a header of a hundred bytes".repeat(3);
    std::fs::write(&path, &text).unwrap();
    assert!(matches!(SqliteCatalog::open(&path), Err(OpenError::Foreign { .. })));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn what_a_kill_leaves_holds_everything_committed() {
    let directory = TempDir::new().unwrap();
    let catalog = open(&directory);
    let mut last = None;
    for n in 0..50 {
        let put = vec![(format!("/{n}").into(), "1".into())];
        last = Some(catalog.commit(Commit { put, ..Commit::default() }).await.unwrap());
    }
    // The files as they are while the catalog is open are what a process that is killed leaves.
    let left = TempDir::new().unwrap();
    for name in ["catalog.db", "catalog.db-wal"] {
        std::fs::copy(directory.path().join(name), left.path().join(name)).unwrap();
    }
    let page = open(&left).scan("/".into(), None, 100).await.unwrap();
    assert_eq!((page.entries.len(), Some(page.revision)), (50, last));
}

#[tokio::test]
async fn a_commit_that_sqlite_refuses_fails_and_changes_nothing() {
    let directory = TempDir::new().unwrap();
    let catalog = open(&directory);
    let first = catalog.commit(Commit::default()).await.unwrap();
    let saboteur = Connection::open(directory.path().join("catalog.db")).unwrap();
    let trigger = "CREATE TRIGGER refuse BEFORE INSERT ON entries WHEN NEW.key = CAST('/bad' AS BLOB)
                   BEGIN SELECT RAISE(ABORT, 'no'); END";
    saboteur.execute_batch(trigger).unwrap();
    let put = |keys: [&'static str; 2]| {
        let put = keys.map(|key| (key.into(), "1".into())).to_vec();
        catalog.commit(Commit { put, ..Commit::default() })
    };
    let error = put(["/good", "/bad"]).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot commit in the catalog");
    assert_eq!(catalog.get("/good".into()).await.unwrap(), None);
    let next = put(["/good", "/better"]).await.unwrap();
    assert_eq!(next.0, first.0 + 1);
}

#[cfg(unix)]
#[test]
fn its_files_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let directory = TempDir::new().unwrap();
    let _catalog = open(&directory);
    let modes: Vec<u32> = std::fs::read_dir(directory.path())
        .unwrap()
        .map(|file| file.unwrap().metadata().unwrap().permissions().mode() & 0o777)
        .collect();
    assert_eq!(modes, [0o600; 3], "the database, its write-ahead log and their shared memory");
}

#[test]
fn commits_sync_before_they_return() {
    let directory = TempDir::new().unwrap();
    let catalog = SqliteCatalog::open(&directory.path().join("catalog.db")).unwrap();
    drop(catalog);
    let (connection, _) = super::schema::open(&directory.path().join("catalog.db")).unwrap();
    let number = |p: &str| connection.pragma_query_value(None, p, |row| row.get::<_, i64>(0)).unwrap();
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!((mode.as_str(), number("synchronous")), ("wal", 2), "WAL and FULL");
}

#[tokio::test]
async fn a_caller_who_goes_away_does_not_stop_a_commit() {
    let directory = TempDir::new().unwrap();
    let catalog = open(&directory);
    let put = vec![("/a".into(), "1".into())];
    let mut committing = catalog.commit(Commit { put, ..Commit::default() });
    // One poll queues the commit.
    let _ = poll_once(&mut committing).await;
    drop(committing);
    catalog.commit(Commit::default()).await.unwrap();
    assert_eq!(catalog.get("/a".into()).await.unwrap().unwrap().value, "1");
}

async fn poll_once<T>(future: &mut crate::BoxFuture<'_, T>) -> Option<T> {
    std::future::poll_fn(|task| match future.as_mut().poll(task) {
        std::task::Poll::Ready(value) => std::task::Poll::Ready(Some(value)),
        std::task::Poll::Pending => std::task::Poll::Ready(None),
    })
    .await
}

#[test]
fn the_last_holder_may_be_a_watcher() {
    let directory = TempDir::new().unwrap();
    let catalog = open(&directory);
    let (told, called) = std::sync::mpsc::channel();
    let held = std::sync::Mutex::new(Some(Arc::clone(&catalog)));
    let watcher = Arc::new(move |_| {
        drop(held.lock().unwrap().take());
        told.send(()).unwrap();
    });
    let watch = catalog.watch("/".into(), watcher);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let put = vec![("/a".into(), "1".into())];
    runtime.block_on(catalog.commit(Commit { put, ..Commit::default() })).unwrap();
    drop(catalog);
    called.recv_timeout(std::time::Duration::from_secs(10)).unwrap();
    drop(watch);
}

#[test]
fn a_catalog_opened_to_be_read_refuses_to_be_written_and_none_is_made() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("catalog.db");
    assert!(SqliteCatalog::open_to_read(&path).is_err());
    assert!(!path.exists());
    let commit = Commit { put: vec![("/a".into(), "1".into())], ..Commit::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(SqliteCatalog::open(&path).unwrap().commit(commit.clone())).unwrap();
    let catalog = SqliteCatalog::open_to_read(&path).unwrap();
    assert_eq!(runtime.block_on(catalog.get("/a".into())).unwrap().unwrap().value, "1");
    let refused = runtime.block_on(catalog.commit(commit)).unwrap_err();
    assert!(format!("{refused:?}").contains("to be read alone"), "{refused:?}");
}

#[test]
fn a_copy_is_of_the_moment_at_which_it_is_told() {
    let directory = TempDir::new().unwrap();
    let at = |name| directory.path().join(name);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let put = |key: &'static str| Commit { put: vec![(key.into(), "1".into())], ..Commit::default() };
    let catalog = SqliteCatalog::open(&at("catalog.db")).unwrap();
    let (told, was_told) = std::sync::mpsc::channel();
    runtime.block_on(async {
        catalog.commit(put("/before")).await.unwrap();
        let copying = catalog.copy_into(at("copy.db"), move || told.send(()).unwrap());
        let (copied, after) = tokio::join!(copying, catalog.commit(put("/after")));
        copied.unwrap();
        after.unwrap();
    });
    was_told.try_recv().unwrap();
    let copy = SqliteCatalog::open(&at("copy.db")).unwrap();
    assert!(runtime.block_on(copy.get("/before".into())).unwrap().is_some());
    assert!(runtime.block_on(copy.get("/after".into())).unwrap().is_none());
    assert!(runtime.block_on(catalog.get("/after".into())).unwrap().is_some());
    let again = runtime.block_on(catalog.copy_into(at("copy.db"), || panic!("there is no copy")));
    assert!(again.is_err(), "a file that is there is left alone");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = at("copy.db").metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

/// Whether these bytes stand in a file of the catalog.
fn stands_in_files(directory: &TempDir, bytes: &[u8]) -> bool {
    let files = std::fs::read_dir(directory.path()).unwrap().map(|file| file.unwrap().path());
    let contents: Vec<Vec<u8>> = files.map(|path| std::fs::read(path).unwrap()).collect();
    contents.iter().any(|content| content.windows(bytes.len()).any(|window| window == bytes))
}

#[tokio::test]
async fn what_was_deleted_or_overwritten_is_gone_from_the_files_once_they_are_scrubbed() {
    // The second needs pages of its own.
    for length in [20, 20_000] {
        let directory = TempDir::new().unwrap();
        let catalog = open(&directory);
        let secret = |n: u8| -> Vec<u8> { format!("secret {n} ").into_bytes().repeat(length / 9 + 1) };
        let put =
            |key: &'static str, n| Commit { put: vec![(key.into(), secret(n).into())], ..Commit::default() };
        catalog.commit(put("/deleted", 1)).await.unwrap();
        catalog.commit(put("/overwritten", 2)).await.unwrap();
        catalog.commit(put("/kept", 3)).await.unwrap();
        assert!([1, 2, 3].iter().all(|n| stands_in_files(&directory, &secret(*n)[..18])));
        catalog.commit(put("/overwritten", 4)).await.unwrap();
        catalog.commit(Commit { delete: vec!["/deleted".into()], ..Commit::default() }).await.unwrap();
        catalog.scrub().await.unwrap();
        let left = [1, 2, 3, 4].map(|n| stands_in_files(&directory, &secret(n)[..18]));
        assert_eq!(left, [false, false, true, true], "{length} bytes");
    }
}
