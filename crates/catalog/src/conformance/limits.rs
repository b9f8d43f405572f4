use bytes::Bytes;

use super::{Case, Subject, put};
use crate::{COMMIT_WRITES_MAX, CatalogError, Commit, Expect, KEY_BYTES_MAX, VALUE_BYTES_MAX};

pub(super) const CASES: &[Case] = &[
    ("the greatest key, value and commit are taken", greatest),
    ("a greater key, value or commit is refused and changes nothing", too_great),
];

fn key_of(bytes: usize) -> Bytes {
    vec![b'k'; bytes].into()
}

fn puts(count: usize) -> Vec<(Bytes, Bytes)> {
    (0..count).map(|n| (Bytes::from(format!("/{n}")), Bytes::from_static(b"1"))).collect()
}

fn greatest(subject: &Subject) {
    subject.put(key_of(KEY_BYTES_MAX), vec![7; VALUE_BYTES_MAX]);
    assert_eq!(subject.get(key_of(KEY_BYTES_MAX)).unwrap().value, vec![7; VALUE_BYTES_MAX]);
    let put = puts(COMMIT_WRITES_MAX - 1);
    subject.commit(Commit { put, delete: vec![key_of(KEY_BYTES_MAX)], ..Commit::default() }).unwrap();
    assert_eq!(subject.scan("", None, 2000).entries.len(), COMMIT_WRITES_MAX - 1);
}

fn too_great(subject: &Subject) {
    let cases = [
        ("key", put(key_of(KEY_BYTES_MAX + 1), "1")),
        ("key", Commit { delete: vec![key_of(KEY_BYTES_MAX + 1)], ..Commit::default() }),
        ("value", put("/a", vec![0; VALUE_BYTES_MAX + 1])),
        ("commit", Commit { put: puts(COMMIT_WRITES_MAX), delete: vec!["/x".into()], expect: vec![] }),
        (
            "commit",
            Commit { expect: vec![Expect::Absent("/x".into()); COMMIT_WRITES_MAX + 1], ..Commit::default() },
        ),
    ];
    for (what, commit) in cases {
        match subject.commit(commit) {
            Err(CatalogError::TooLarge(refused)) => assert_eq!(refused, what),
            other => panic!("{what}: {other:?}"),
        }
    }
    assert!(subject.scan("", None, 10).entries.is_empty());
}
