//! What a simulated request tells of itself.

use std::borrow::Cow;
use std::collections::HashMap;

use anabranch_api::iam::{ContextEntry, ContextKeyTypeEnum};
use anabranch_types::Timestamp;

use crate::iam::policy::{ContextKeys, ContextValue};

/// Keys that were given, and the few that are known: the time, and who the caller is.
pub(super) struct Simulated {
    given: HashMap<String, (Vec<String>, bool)>,
}

impl Simulated {
    /// What `entries` give goes before what is `known`.
    pub(super) fn new(entries: &[ContextEntry], known: Vec<(&str, String)>, now: Timestamp) -> Self {
        let mut given: HashMap<_, _> =
            known.into_iter().map(|(key, value)| (key.to_owned(), (vec![value], false))).collect();
        given.insert("aws:currenttime".to_owned(), (vec![now.to_string()], false));
        given.insert("aws:epochtime".to_owned(), (vec![now.seconds().to_string()], false));
        for entry in entries {
            let Some(key) = &entry.context_key_name else { continue };
            let values = entry.context_key_values.iter().flatten().map(ToString::to_string).collect();
            given.insert(key.to_lowercase(), (values, entry.context_key_type.is_some_and(is_list)));
        }
        Self { given }
    }

    /// How many values there are.
    pub(super) fn values(&self) -> usize {
        self.given.values().map(|(values, _)| values.len()).sum()
    }

    /// Whether the request has the key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.given.contains_key(&key.to_lowercase())
    }
}

fn is_list(kind: ContextKeyTypeEnum) -> bool {
    use ContextKeyTypeEnum::{BinaryList, BooleanList, DateList, IpList, NumericList, StringList};
    matches!(kind, BinaryList | BooleanList | DateList | IpList | NumericList | StringList)
}

impl ContextKeys for Simulated {
    fn value(&self, key: &str) -> Option<ContextValue<'_>> {
        let (values, is_list) = self.given.get(key)?;
        match &values[..] {
            [one] if !is_list => Some(ContextValue::One(Cow::Borrowed(one))),
            many => Some(ContextValue::Many(many.iter().map(|value| Cow::Borrowed(&**value)).collect())),
        }
    }
}
