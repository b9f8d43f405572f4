//! Credential reports (IAM id_credentials_getting-report).

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anabranch_api::Context;
use anabranch_types::{AccountId, Timestamp};
use bytes::Bytes;

use crate::iam::identities::{AccessKey, Account, User};
use crate::iam::limits::REPORT_HOURS;
use crate::iam::names;

/// The report's columns. Passwords, second factors and certificates are not here.
const HEAD: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,\
access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,\
access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,\
cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated\n";

/// The last report of each account, in memory.
#[derive(Default)]
pub(in crate::iam) struct Reports(Mutex<HashMap<AccountId, Report>>);

/// A report at the time it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) made: Timestamp,
    pub(super) text: Bytes,
}

impl Report {
    /// A report is good for four hours (IAM API GenerateCredentialReport).
    pub(super) fn is_good_at(&self, now: Timestamp) -> bool {
        now < self.made + Duration::from_secs(REPORT_HOURS * 3600)
    }
}

impl Reports {
    pub(super) fn get(&self, account: AccountId) -> Option<Report> {
        self.locked().get(&account).cloned()
    }

    pub(super) fn set(&self, account: AccountId, report: Report) {
        self.locked().insert(account, report);
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<AccountId, Report>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The report of an account as it is now: a line for its root, and one for each user.
pub(super) fn make(cx: &Context, account: &Account) -> Report {
    let mut text = HEAD.to_owned();
    let root = format!("arn:{}:iam::{}:root", cx.partition, account.id);
    text.push_str(&line("<root_account>", &root, "not_supported", "not_supported", &[None, None]));
    for user in account.users().values() {
        let arn = names::arn(cx, "user", &user.stored.path, &user.stored.name);
        let made = time(Timestamp::from_millis(user.stored.created_ms));
        let keys = [0, 1].map(|place| key(user, place));
        text.push_str(&line(&user.stored.name, &arn, &made, "false", &keys));
    }
    Report { made: cx.received, text: text.into() }
}

/// A key with when it was made.
type Key<'a> = Option<(&'a AccessKey, Timestamp)>;

fn key(user: &User, place: usize) -> Key<'_> {
    let key = user.access_keys.get(place)?;
    let stored = user.stored.access_keys.get(place)?;
    Some((key, Timestamp::from_millis(stored.created_ms)))
}

/// Names and ARNs hold commas by the model's pattern; they are quoted then (RFC 4180).
fn line(user: &str, arn: &str, made: &str, password: &str, keys: &[Key<'_>]) -> String {
    let mut columns = vec![quoted(user), quoted(arn), made.to_owned(), password.to_owned()];
    columns.extend(["no_information", "N/A", "N/A", "false"].map(str::to_owned));
    for key in keys {
        let used = key.and_then(|(key, _)| key.used.get());
        let text = |value: Option<String>| value.unwrap_or_else(|| "N/A".to_owned());
        columns.push(key.is_some_and(|(key, _)| key.active).to_string());
        columns.push(text(key.map(|(_, made)| time(made))));
        columns.push(text(used.as_ref().map(|used| time(used.at()))));
        columns.push(text(used.as_ref().map(|used| used.region.clone())));
        columns.push(text(used.map(|used| used.service)));
    }
    columns.extend(["false", "N/A", "false", "N/A"].map(str::to_owned));
    columns.join(",") + "\n"
}

fn quoted(text: &str) -> String {
    if text.contains(',') { format!("\"{text}\"") } else { text.to_owned() }
}

/// As AWS writes times in reports: whole seconds.
fn time(at: Timestamp) -> String {
    let text = Timestamp::from_seconds(at.seconds()).to_string();
    text.replace(".000Z", "+00:00")
}
