//! What accounts have set: On-demand Advantage, which the API calls the minimum throughput billing commitment.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anabranch_api::kinesis::{
    Error, MinimumThroughputBillingCommitmentOutput, MinimumThroughputBillingCommitmentOutputStatus as Shown,
};
use anabranch_catalog::{Commit, Expect};
use anabranch_types::Timestamp;

use crate::Streams;
use crate::errors::{self, Failed};
use crate::limits::{COMMITMENT_MIN, CONSUMERS_ADVANTAGE_MAX, CONSUMERS_MAX};
use crate::stored::{Commitment, Scope, StoredSettings, Value};

/// The settings of every account that has some.
#[derive(Default)]
pub(crate) struct Accounts {
    settings: Mutex<HashMap<Scope, StoredSettings>>,
}

impl Accounts {
    pub fn get(&self, scope: &Scope) -> StoredSettings {
        self.lock().get(scope).cloned().unwrap_or_default()
    }

    pub fn set(&self, scope: Scope, settings: StoredSettings) {
        self.lock().insert(scope, settings);
    }

    /// Whether the account has committed to a throughput.
    pub fn is_committed(&self, scope: &Scope, now: Timestamp) -> bool {
        self.get(scope).commitment.is_some_and(|c| c.lasts(now))
    }

    /// How many consumers a stream of the account may have.
    pub fn consumers_max(&self, scope: &Scope, now: Timestamp) -> usize {
        if self.is_committed(scope, now) { CONSUMERS_ADVANTAGE_MAX } else { CONSUMERS_MAX }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Scope, StoredSettings>> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Streams {
    /// Changes an account's settings from what they were; durable when this returns. Overtaken by another change it fails, and may be
    /// tried again.
    pub(crate) async fn change_settings(
        &self,
        scope: Scope,
        before: &StoredSettings,
        settings: StoredSettings,
    ) -> Result<(), Error> {
        let key = scope.settings();
        let found = self.catalog.get(key.clone()).await.map_err(Failed::from)?;
        let stored = found.as_ref().map(|entry| StoredSettings::from_bytes(&entry.value));
        let stored = stored.transpose().map_err(Failed::from)?.unwrap_or_default();
        if stored != *before {
            self.accounts.set(scope, stored);
            return Err(errors::internal());
        }
        let expect = match found {
            Some(entry) => Expect::Version(key.clone(), entry.version),
            None => Expect::Absent(key.clone()),
        };
        let commit =
            Commit { expect: vec![expect], put: vec![(key, settings.to_bytes())], delete: Vec::new() };
        self.commit_surely(commit).await?;
        self.accounts.set(scope, settings);
        Ok(())
    }
}

impl Commitment {
    pub fn begin(now: Timestamp) -> Self {
        Self { started_ms: now.millis(), ends_ms: None }
    }

    /// Whether it has not ended.
    pub fn lasts(self, now: Timestamp) -> bool {
        self.ends_ms.is_none_or(|ms| now.millis() < ms)
    }

    /// The earliest time at which it can end.
    pub fn earliest_end(self) -> Timestamp {
        Timestamp::from_millis(self.started_ms) + COMMITMENT_MIN
    }
}

/// As answers show an account's commitment.
pub(crate) fn show(
    commitment: Option<Commitment>,
    now: Timestamp,
) -> MinimumThroughputBillingCommitmentOutput {
    let Some(c) = commitment else {
        return MinimumThroughputBillingCommitmentOutput { status: Shown::Disabled, ..Default::default() };
    };
    let lasts = c.lasts(now);
    let status = match (lasts, c.ends_ms) {
        (true, None) => Shown::Enabled,
        (true, Some(_)) => Shown::EnabledUntilEarliestAllowedEnd,
        (false, _) => Shown::Disabled,
    };
    MinimumThroughputBillingCommitmentOutput {
        status,
        started_at: Some(Timestamp::from_millis(c.started_ms)),
        ended_at: c.ends_ms.filter(|_| !lasts).map(Timestamp::from_millis),
        earliest_allowed_end_at: lasts.then(|| c.earliest_end()),
    }
}
