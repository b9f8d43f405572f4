//! Whether a caller may use the KMS keys of a stream. Kinesis asks KMS on its caller's behalf: who puts into a sealed stream needs
//! `kms:GenerateDataKey`, who reads what was sealed `kms:Decrypt`, by the key's policy and its grants and the caller's own policies (KDS
//! permissions-user-key-KMS).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use anabranch_api::Context;
use anabranch_api::kinesis::Error;
use anabranch_governance::kms::KeyUse;
use anabranch_governance::{Authorize, Lasting};
use anabranch_log::Record;
use bytestring::ByteString;

use crate::Streams;
use crate::errors;
use crate::stream::{Stream, View};

/// The name in the encryption context whose value is the stream's ARN (KDS permissions-user-key-KMS).
pub(crate) const CONTEXT_NAME: &str = "aws:kinesis:arn";
/// Callers of one stream whose allowances are kept. All are forgotten when there are more; judging anew takes microseconds.
const CALLERS_MAX: usize = 1024;

/// What is allowed to whom with the keys of one stream, until something changes.
#[derive(Default)]
pub(crate) struct Allowances {
    kept: RwLock<Kept>,
}

#[derive(Default)]
struct Kept {
    /// What was current when these were judged.
    revision: u64,
    /// The key that records are sealed under.
    sealing: Option<ByteString>,
    /// By access key: what it may with which key.
    callers: HashMap<Box<str>, Vec<(&'static str, ByteString)>>,
}

const GENERATE: &str = "kms:GenerateDataKey";
const DECRYPT: &str = "kms:Decrypt";
const DESCRIBE: &str = "kms:DescribeKey";

impl Allowances {
    /// The key that this caller's records are sealed under, if that was found and allowed at this revision.
    fn sealing(&self, cx: &Context, revision: u64) -> Option<ByteString> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let arn = kept.sealing.as_ref()?;
        kept.holds(cx, (GENERATE, arn), revision).then(|| arn.clone())
    }

    /// Whether this was allowed at this revision.
    fn hold(&self, cx: &Context, what: (&'static str, &ByteString), revision: u64) -> bool {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).holds(cx, what, revision)
    }

    /// Keeps what was found out at this revision.
    fn keep(&self, cx: &Context, (action, arn): (&'static str, &ByteString), revision: u64) {
        let Some(caller) = cx.access_key.as_deref() else { return };
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.revision > revision {
            return;
        }
        if kept.revision < revision || kept.callers.len() >= CALLERS_MAX {
            *kept = Kept { revision, ..Kept::default() };
        }
        if action == GENERATE {
            kept.sealing = Some(arn.clone());
        }
        let allowed = kept.callers.entry(caller.into()).or_default();
        if !allowed.iter().any(|(known, key)| *known == action && key == arn) {
            allowed.push((action, arn.clone()));
        }
    }
}

impl Kept {
    fn holds(&self, cx: &Context, (action, arn): (&str, &ByteString), revision: u64) -> bool {
        let allowed = || self.callers.get(cx.access_key.as_deref()?);
        self.revision == revision
            && allowed().is_some_and(|all| all.iter().any(|(known, key)| *known == action && key == arn))
    }
}

impl Streams {
    /// The key that the caller's records shall be sealed under; none if the stream is not encrypted.
    pub(crate) async fn key_to_seal_under(
        &self,
        cx: &Context,
        stream: &Stream,
        view: &View,
    ) -> Result<Option<ByteString>, Error> {
        let Some(named) = &view.stored.key_id else { return Ok(None) };
        let judge = self.judge()?;
        let revision = judge.revision();
        if let Some(arn) = stream.allowances.sealing(cx, revision) {
            return Ok(Some(arn));
        }
        let arn = self.key_named(stream, named).await?;
        let lasting = self.ask(cx, &*judge, (stream, GENERATE), &arn).map_err(errors::key_denied)?;
        self.kms.usable(&arn).map_err(errors::key_unusable)?;
        if lasting == Lasting::UntilChange {
            stream.allowances.keep(cx, (GENERATE, &arn), revision);
        }
        Ok(Some(arn))
    }

    /// Refuses a caller who may not read what keys sealed of these records, and everybody while one of the keys cannot be used.
    pub(crate) fn refuse_sealed(
        &self,
        cx: &Context,
        stream: &Stream,
        records: &[Record],
    ) -> Result<(), Error> {
        stream.data_keys.keys_over(records).iter().try_for_each(|arn| self.refuse_to_open(cx, stream, arn))
    }

    /// As [`Self::refuse_sealed`], of what one key sealed.
    pub(crate) fn refuse_to_open(
        &self,
        cx: &Context,
        stream: &Stream,
        arn: &ByteString,
    ) -> Result<(), Error> {
        let judge = self.judge()?;
        let revision = judge.revision();
        if stream.allowances.hold(cx, (DECRYPT, arn), revision) {
            return Ok(());
        }
        let asked = self.ask(cx, &*judge, (stream, DECRYPT), arn);
        let denied = |_| errors::may_not_decrypt(&cx.principal.arn(cx.partition), stream.id.name.as_str());
        let lasting = asked.map_err(denied)?;
        self.kms.usable(arn).map_err(errors::key_unusable)?;
        if lasting == Lasting::UntilChange {
            stream.allowances.keep(cx, (DECRYPT, arn), revision);
        }
        Ok(())
    }

    /// Refuses a caller who may not read what will be put into the stream, and everybody while the key it is sealed under cannot be used.
    pub(crate) async fn refuse_stream(
        &self,
        cx: &Context,
        stream: &Stream,
        view: &View,
    ) -> Result<(), Error> {
        let Some(named) = &view.stored.key_id else { return Ok(()) };
        match self.key_named(stream, named).await {
            Ok(arn) => {
                self.watch_key(&arn);
                self.refuse_to_open(cx, stream, &arn)
            }
            // Nothing can be put; what was put before is sealed under a key that may be there still.
            Err(_) => Ok(()),
        }
    }

    /// The key that a stream shall be sealed under from now on: one that its caller knows of and that can be used (KDS
    /// permissions-user-key-KMS: who administers streams needs `kms:DescribeKey`).
    pub(crate) async fn key_to_start_with(
        &self,
        cx: &Context,
        stream: &Stream,
        named: &str,
    ) -> Result<ByteString, Error> {
        let arn = self.key_named(stream, named).await?;
        self.ask(cx, &*self.judge()?, (stream, DESCRIBE), &arn).map_err(errors::key_denied)?;
        self.kms.usable(&arn).map_err(errors::key_unusable)?;
        Ok(arn)
    }

    /// The ARN of the key that this means to the stream's account. A key that AWS manages is made if need be.
    pub(crate) async fn key_named(&self, stream: &Stream, named: &str) -> Result<ByteString, Error> {
        let found = self.kms.key_arn(stream.id.account, &stream.id.region, named).await;
        found.map_err(errors::key_unusable)
    }

    fn judge(&self) -> Result<Arc<dyn Authorize>, Error> {
        // It is gone once the server's world ends.
        self.authorize.upgrade().ok_or_else(errors::internal)
    }

    /// Asks whether the caller may do this with the key by way of the stream; the sentence of a denial.
    fn ask(
        &self,
        cx: &Context,
        judge: &dyn Authorize,
        (stream, action): (&Stream, &'static str),
        arn: &str,
    ) -> Result<Lasting, std::borrow::Cow<'static, str>> {
        let context = (action != DESCRIBE).then_some((CONTEXT_NAME, &*stream.arn));
        let wanted = KeyUse { action, key_arn: arn, service: "kinesis", region: &stream.id.region, context };
        let judged = judge.authorize_via(cx, &wanted.resource(), &wanted.keys());
        judged.map_err(|denied| denied.message.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
