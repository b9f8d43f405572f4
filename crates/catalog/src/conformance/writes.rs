use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use bytes::Bytes;

use super::{Case, Subject, conflict, expecting, put};
use crate::{Commit, Expect, Revision};

pub(super) const CASES: &[Case] = &[
    ("a commit puts and deletes together", together),
    ("deleting an absent key is no error", delete_absent),
    ("an empty commit happens", empty),
    ("Absent holds for keys that are not there, deleted ones included", expect_absent),
    ("Version holds for the commit that last wrote the key", expect_version),
    ("PrefixUnchanged sees puts and deletes under the prefix and nothing else", expect_prefix),
    ("the first expectation that does not hold is named and nothing changes", first_conflict),
    ("a watcher is called after commits under its prefix until dropped", watch),
];

type Reopened = (&'static str, fn(&Subject) -> Revision, fn(&Subject, Revision));

/// What is done before and looked at after opening the same catalog again.
pub(super) const REOPENED: &[Reopened] = &[
    ("what was committed is there after opening again", write_some, read_some),
    ("revisions go on after opening again", write_and_delete, revisions_go_on),
];

fn together(subject: &Subject) {
    subject.put("/old", "1");
    let revision = subject
        .commit(Commit {
            expect: vec![Expect::Absent("/new".into())],
            put: vec![("/new".into(), "2".into()), ("/newer".into(), "3".into())],
            delete: vec!["/old".into()],
        })
        .unwrap();
    let entries = subject.scan("/", None, 10).entries;
    let found: Vec<_> = entries.iter().map(|e| (&*e.key, &*e.value, e.version)).collect();
    let expected: [(&[u8], &[u8], Revision); 2] = [(b"/new", b"2", revision), (b"/newer", b"3", revision)];
    assert_eq!(found, expected);
}

fn delete_absent(subject: &Subject) {
    subject.delete("/never");
    assert_eq!(subject.get("/never"), None);
}

fn empty(subject: &Subject) {
    let before = subject.put("/a", "1");
    assert!(subject.commit(Commit::default()).unwrap() > before);
}

fn expect_absent(subject: &Subject) {
    let create = || expecting(Expect::Absent("/a".into()), put("/a", "1"));
    assert_eq!(conflict(subject.commit(create())), None);
    assert_eq!(conflict(subject.commit(create())), Some(0));
    subject.delete("/a");
    assert_eq!(conflict(subject.commit(create())), None);
}

fn expect_version(subject: &Subject) {
    let update = |version| expecting(Expect::Version("/a".into(), version), put("/a", "2"));
    assert_eq!(conflict(subject.commit(update(Revision(0)))), Some(0), "an absent key has no version");
    let first = subject.put("/a", "1");
    let second = subject.put("/a", "1");
    assert_eq!(conflict(subject.commit(update(first))), Some(0));
    let third = subject.commit(update(second)).unwrap();
    subject.delete("/a");
    assert_eq!(conflict(subject.commit(update(third))), Some(0), "a deleted key has no version");
}

fn expect_prefix(subject: &Subject) {
    type Change = (&'static str, fn(&Subject) -> Revision, Option<usize>);
    let changes: [Change; 6] = [
        ("nothing", |_| Revision(0), None),
        ("a put", |s| s.put("/p/new", "1"), Some(0)),
        ("an update", |s| s.put("/p/a", "2"), Some(0)),
        ("a delete", |s| s.delete("/p/a"), Some(0)),
        ("a put elsewhere", |s| s.put("/q/a", "1"), None),
        ("a delete elsewhere", |s| s.delete("/q/a"), None),
    ];
    for (what, change, expected) in changes {
        subject.put("/p/a", "1");
        let seen = subject.scan("/p/", None, 10).revision;
        change(subject);
        let unchanged = Expect::PrefixUnchanged("/p/".into(), seen);
        assert_eq!(conflict(subject.commit(expecting(unchanged, put("/r", "1")))), expected, "{what}");
    }
}

fn first_conflict(subject: &Subject) {
    subject.put("/a", "1");
    let expect = vec![
        Expect::Absent("/b".into()),
        Expect::Absent("/a".into()),
        Expect::Version("/b".into(), Revision(1)),
    ];
    let commit = Commit { expect, put: vec![("/b".into(), "1".into())], delete: vec!["/a".into()] };
    assert_eq!(conflict(subject.commit(commit)), Some(1));
    assert_eq!((subject.value("/a").as_deref(), subject.value("/b")), (Some("1"), None));
}

fn watch(subject: &Subject) {
    let (told, calls) = mpsc::channel();
    let watcher = Arc::new(move |revision| told.send(revision).unwrap());
    let watch = subject.catalog.watch("/p/".into(), watcher);
    let wait = || calls.recv_timeout(Duration::from_secs(10)).unwrap();
    let put_revision = subject.put("/p/a", "1");
    assert_eq!(wait(), put_revision);
    subject.put("/q", "elsewhere");
    let refused = expecting(Expect::Absent("/p/a".into()), put("/p/a", "2"));
    assert_eq!(conflict(subject.commit(refused)), Some(0));
    let delete_revision = subject.delete("/p/a");
    assert_eq!(wait(), delete_revision, "neither a commit elsewhere nor a refused one is told");
    drop(watch);
    subject.put("/p/b", "1");
    // The sender went with the watch, so that the channel's end proves the silence.
    assert_eq!(calls.recv_timeout(Duration::from_secs(10)), Err(mpsc::RecvTimeoutError::Disconnected));
}

fn write_some(subject: &Subject) -> Revision {
    for n in 0..300 {
        subject.put(format!("/{n:04}"), vec![0xa5; n]);
    }
    subject.put("/last", Bytes::from_static(b"\0\xff"))
}

fn read_some(subject: &Subject, last: Revision) {
    assert_eq!(subject.get("/last").unwrap().version, last);
    let page = subject.scan("/0", None, 1000);
    let lengths: Vec<usize> = page.entries.iter().map(|e| e.value.len()).collect();
    assert_eq!(lengths, (0..300).collect::<Vec<_>>());
    assert_eq!(page.revision, last);
}

fn write_and_delete(subject: &Subject) -> Revision {
    subject.put("/p/a", "1");
    subject.delete("/p/a")
}

fn revisions_go_on(subject: &Subject, last: Revision) {
    let page = subject.scan("/p/", None, 10);
    assert_eq!(page.revision, last);
    let unchanged = expecting(Expect::PrefixUnchanged("/p/".into(), last), put("/p/b", "1"));
    assert!(subject.commit(unchanged).unwrap() > last);
}
