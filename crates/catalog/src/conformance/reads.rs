use bytes::Bytes;

use super::{Case, Subject};

pub(super) const CASES: &[Case] = &[
    ("a key that was never put has no entry", absent),
    ("an entry has the version of the commit that wrote it", versions),
    ("a scan pages in key order through a prefix alone", paging),
    ("a scan begins where `after` says, in the prefix", after),
    ("a scan back goes the other way, in the prefix, before `before`", back),
    ("a page tells whether more follow and the revision", more),
    ("keys and values are any bytes", binary),
];

fn absent(subject: &Subject) {
    assert_eq!(subject.get("/a"), None);
    assert!(subject.scan("", None, 10).entries.is_empty());
}

fn versions(subject: &Subject) {
    let first = subject.put("/a", "1");
    let second = subject.put("/b", "1");
    let third = subject.put("/a", "2");
    assert!(first < second && second < third);
    assert_eq!(subject.get("/a").unwrap().version, third);
    assert_eq!(subject.get("/b").unwrap().version, second);
}

fn paging(subject: &Subject) {
    let mut expected: Vec<String> = (0..25).map(|n| format!("/in/{n:03}")).collect();
    for key in expected.iter().rev() {
        subject.put(key.clone(), key.clone());
    }
    subject.put("/im", "before");
    subject.put("/in0", "behind");
    let mut read = Vec::new();
    let mut last = None;
    loop {
        let page = subject.scan("/in/", last, 7);
        read.extend(page.entries.iter().map(|e| String::from_utf8(e.key.to_vec()).unwrap()));
        last = page.entries.last().map(|e| e.key.clone());
        if !page.more {
            break;
        }
    }
    expected.sort();
    assert_eq!(read, expected);
}

fn after(subject: &Subject) {
    ["/p/a", "/p/b", "/p/c", "/q"].into_iter().for_each(|key| {
        subject.put(key, key);
    });
    let cases: [(Option<&'static str>, &[&str]); 6] = [
        (None, &["/p/a", "/p/b", "/p/c"]),
        (Some("/a"), &["/p/a", "/p/b", "/p/c"]),
        (Some("/p/a"), &["/p/b", "/p/c"]),
        (Some("/p/aa"), &["/p/b", "/p/c"]),
        (Some("/p/c"), &[]),
        (Some("/z"), &[]),
    ];
    for (after, expected) in cases {
        let page = subject.scan("/p/", after.map(Bytes::from), 10);
        let keys: Vec<&[u8]> = page.entries.iter().map(|e| &*e.key).collect();
        assert_eq!(keys, expected.iter().map(|k| k.as_bytes()).collect::<Vec<_>>(), "after {after:?}");
    }
}

fn back(subject: &Subject) {
    ["/o", "/p/a", "/p/b", "/p/c", "/q"].into_iter().for_each(|key| {
        subject.put(key, key);
    });
    let cases: [(Option<&'static str>, usize, &[&str], bool); 8] = [
        (None, 10, &["/p/c", "/p/b", "/p/a"], false),
        (None, 2, &["/p/c", "/p/b"], true),
        (None, 3, &["/p/c", "/p/b", "/p/a"], false),
        (Some("/z"), 10, &["/p/c", "/p/b", "/p/a"], false),
        (Some("/p/c"), 10, &["/p/b", "/p/a"], false),
        (Some("/p/bb"), 1, &["/p/b"], true),
        (Some("/p/a"), 10, &[], false),
        (Some("/a"), 10, &[], false),
    ];
    for (before, limit, expected, more) in cases {
        let page = subject.scan_back("/p/", before.map(Bytes::from), limit);
        let keys: Vec<&[u8]> = page.entries.iter().map(|e| &*e.key).collect();
        let expected: Vec<&[u8]> = expected.iter().map(|k| k.as_bytes()).collect();
        assert_eq!((keys, page.more), (expected, more), "before {before:?}, {limit}");
    }
}

fn more(subject: &Subject) {
    subject.put("/p/a", "1");
    subject.put("/p/b", "1");
    let revision = subject.put("/elsewhere", "1");
    for (limit, more) in [(0, true), (1, true), (2, false), (3, false)] {
        let page = subject.scan("/p/", None, limit);
        assert_eq!((page.more, page.entries.len(), page.revision), (more, limit.min(2), revision), "{limit}");
    }
}

fn binary(subject: &Subject) {
    let keys: [&'static [u8]; 7] = [b"", b"\0", b"\0\0", b"\x80", b"\xff", b"\xff\0", b"\xff\xff"];
    for key in keys {
        subject.put(key, key);
    }
    for key in keys {
        assert_eq!(subject.get(key).unwrap().value, key);
    }
    let all: Vec<Bytes> = subject.scan("", None, 100).entries.into_iter().map(|e| e.key).collect();
    assert_eq!(all, keys);
    let last: Vec<Bytes> = subject.scan(&b"\xff"[..], None, 100).entries.into_iter().map(|e| e.key).collect();
    assert_eq!(last, keys[4..]);
}
