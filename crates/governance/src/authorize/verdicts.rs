use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use anabranch_api::{Context, Resource};

/// Verdicts that are kept. All are forgotten when there are more; judging anew takes microseconds.
const KEPT_MAX: usize = 16_384;

/// Verdicts that the same caller gets for the same action and resource until something changes.
#[derive(Default)]
pub(super) struct Verdicts {
    kept: RwLock<Kept>,
}

#[derive(Default)]
struct Kept {
    /// What was current when these were judged.
    revision: u64,
    /// The sentence of a denial.
    verdicts: HashMap<Box<str>, Option<Box<str>>>,
}

/// What a verdict is kept under.
pub(super) struct Key(String);

impl Key {
    /// None for calls of our own, which are hardly ever judged.
    pub(super) fn of(cx: &Context, resource: &Resource) -> Option<Self> {
        let caller = cx.access_key.as_deref()?;
        let endpoint = cx.endpoint.as_ref().map_or("", |endpoint| &endpoint.id);
        let parts = [caller, resource.action, cx.partition.as_str(), &*resource.arn, endpoint];
        let mut key = String::with_capacity(parts.iter().map(|part| part.len() + 1).sum());
        for part in parts {
            key.push_str(part);
            key.push('\n');
        }
        Some(Self(key))
    }
}

impl Verdicts {
    /// The verdict that was kept at this revision: allowed, or denied with a sentence.
    pub(super) fn get(&self, key: &Key, revision: u64) -> Option<Result<(), String>> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        if kept.revision != revision {
            return None;
        }
        let verdict = kept.verdicts.get(&*key.0)?;
        Some(verdict.as_ref().map_or(Ok(()), |sentence| Err(sentence.to_string())))
    }

    /// Keeps a verdict that was judged at this revision.
    pub(super) fn keep(&self, key: Key, revision: u64, verdict: Result<(), &str>) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.revision > revision {
            return;
        }
        if kept.revision < revision || kept.verdicts.len() >= KEPT_MAX {
            kept.verdicts.clear();
            kept.revision = revision;
        }
        kept.verdicts.insert(key.0.into(), verdict.err().map(Into::into));
    }
}
