use std::sync::{Arc, Barrier};
use std::thread;

use super::{Case, Subject, conflict, expecting, put};
use crate::{Expect, Revision};

pub(super) const CASES: &[Case] = &[
    ("of eight that create one key at once, one wins", one_creator),
    ("of eight that count a prefix at once, none counts wrongly", counted_prefix),
    ("eight that update one key lose no update", no_lost_update),
    ("what one has committed, everybody reads", read_own_writes),
];

const THREADS: usize = 8;
const ROUNDS: usize = 20;

/// Runs `work` on eight threads that begin together; what each answered.
fn together<T: Send + 'static>(
    subject: &Subject,
    work: impl Fn(&Subject, usize) -> T + Send + Sync + 'static,
) -> Vec<T> {
    let begin = Arc::new((Barrier::new(THREADS), work));
    let threads: Vec<_> = (0..THREADS)
        .map(|n| {
            let begin = Arc::clone(&begin);
            let subject =
                Subject { catalog: Arc::clone(&subject.catalog), runtime: Arc::clone(&subject.runtime) };
            thread::spawn(move || {
                begin.0.wait();
                begin.1(&subject, n)
            })
        })
        .collect();
    threads.into_iter().map(|t| t.join().unwrap()).collect()
}

fn one_creator(subject: &Subject) {
    for round in 0..ROUNDS {
        let key = format!("/name/{round}");
        let of_round = key.clone();
        let outcomes = together(subject, move |subject, n| {
            let create = put(of_round.clone(), n.to_string());
            conflict(subject.commit(expecting(Expect::Absent(of_round.clone().into()), create)))
        });
        let winners: Vec<usize> = (0..THREADS).filter(|n| outcomes[*n].is_none()).collect();
        assert_eq!(winners.len(), 1, "{outcomes:?}");
        assert_eq!(subject.get(key).unwrap().value, winners[0].to_string());
    }
}

/// At most five may exist: each looks, counts and adds only while the count holds.
fn counted_prefix(subject: &Subject) {
    const MOST: usize = 5;
    together(subject, |subject, n| {
        loop {
            let page = subject.scan("/counted/", None, 100);
            if page.entries.len() >= MOST {
                break;
            }
            let unchanged = Expect::PrefixUnchanged("/counted/".into(), page.revision);
            let add = put(format!("/counted/{n}"), "1");
            if conflict(subject.commit(expecting(unchanged, add))).is_none() {
                break;
            }
        }
    });
    assert_eq!(subject.scan("/counted/", None, 100).entries.len(), MOST);
}

fn no_lost_update(subject: &Subject) {
    subject.put("/count", vec![0]);
    together(subject, |subject, _| {
        let mut added = 0;
        while added < ROUNDS {
            let entry = subject.get("/count").unwrap();
            let update = put("/count", vec![entry.value[0] + 1]);
            let seen = Expect::Version("/count".into(), entry.version);
            added += usize::from(conflict(subject.commit(expecting(seen, update))).is_none());
        }
    });
    assert_eq!(usize::from(subject.get("/count").unwrap().value[0]), THREADS * ROUNDS);
}

fn read_own_writes(subject: &Subject) {
    let revisions = together(subject, |subject, n| {
        let mut revisions = Vec::new();
        for round in 0..ROUNDS {
            let key = format!("/own/{n}/{round}");
            let revision = subject.put(key.clone(), "1");
            assert_eq!(subject.get(key).map(|e| e.version), Some(revision));
            revisions.push(revision);
        }
        revisions
    });
    let mut all: Vec<Revision> = revisions.concat();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), THREADS * ROUNDS, "each commit has its own revision");
}
