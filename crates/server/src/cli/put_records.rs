//! PutRecords until every record is in: what a shard refuses is sent again, in order, after a while.

use std::time::{Duration, Instant};

use anabranch_api::kinesis::{PutRecords, PutRecordsRequestEntry, PutRecordsResultEntry};
use anabranch_types::{SequenceNumber, ShardId, StreamName};

use crate::client::{CallError, Kinesis, is_passing};

/// AWS: API_PutRecords.
pub(super) const RECORDS_MAX: usize = 500;
/// AWS: API_PutRecords, 5 MiB with partition keys until October 2025; what fits there fits everywhere.
pub(super) const BYTES_MAX: usize = 5 * 1_048_576;

/// First pause after a refusal; each further one is twice as long.
const PAUSE_FIRST: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(2);
/// Attempts without a single record taken before giving up: about 25 s.
const ATTEMPTS_MAX: u32 = 16;

/// One record that is in.
pub(super) struct Acknowledged<'a> {
    /// What was sent.
    pub(super) entry: &'a PutRecordsRequestEntry,
    /// Where it is.
    pub(super) shard: ShardId,
    /// Its number.
    pub(super) sequence_number: SequenceNumber,
    /// When the call that stored it began.
    pub(super) sent: Instant,
}

/// Why records are not in.
#[derive(Debug, thiserror::Error)]
pub(super) enum PutError {
    /// The call was refused for good.
    #[error("cannot put records")]
    Refused(#[source] CallError),
    /// A record was refused for good.
    #[error("a record was refused: {code}: {message}")]
    RecordRefused {
        /// The error's name.
        code: String,
        /// Its sentence.
        message: String,
    },
    /// Nothing was taken for too long.
    #[error("no record was taken in {ATTEMPTS_MAX} attempts, the last was answered {last}")]
    Exhausted {
        /// The last refusal.
        last: String,
    },
    /// The answer does not fit the request.
    #[error("the answer to PutRecords makes no sense: {0}")]
    Nonsense(&'static str),
}

/// Puts all `entries`, at most [`RECORDS_MAX`] and [`BYTES_MAX`], and tells `acknowledged` of each as it is in. Of one shard they are told in
/// the order of their sequence numbers. Answers how many refusals were met on the way.
pub(super) async fn put_all(
    kinesis: &Kinesis,
    stream: &StreamName,
    mut entries: Vec<PutRecordsRequestEntry>,
    mut acknowledged: impl FnMut(Acknowledged<'_>),
) -> Result<u64, PutError> {
    let mut refusals = 0;
    let mut attempts = 0;
    while !entries.is_empty() {
        let sent = Instant::now();
        let request = PutRecords {
            records: entries.clone(),
            stream_name: Some(stream.clone()),
            ..PutRecords::default()
        };
        let (refused, last) = match kinesis.call(request).await {
            Ok(answer) => sort_out(entries, answer.records, sent, &mut acknowledged)?,
            Err(error) if error.is_passing() => (Attempt::none_taken(entries), error.to_string()),
            Err(error) => return Err(PutError::Refused(error)),
        };
        refusals += refused.entries.len() as u64;
        attempts = if refused.took_some { 0 } else { attempts + 1 };
        entries = refused.entries;
        if entries.is_empty() {
            break;
        }
        if attempts >= ATTEMPTS_MAX {
            return Err(PutError::Exhausted { last });
        }
        tokio::time::sleep(pause(attempts)).await;
    }
    Ok(refusals)
}

/// What is left of an attempt.
struct Attempt {
    /// What was refused, in order.
    entries: Vec<PutRecordsRequestEntry>,
    /// Whether anything else was taken.
    took_some: bool,
}

impl Attempt {
    fn none_taken(entries: Vec<PutRecordsRequestEntry>) -> Self {
        Self { entries, took_some: false }
    }
}

/// Tells what was taken, and gives back what was not with the last reason for it.
fn sort_out(
    entries: Vec<PutRecordsRequestEntry>,
    results: Vec<PutRecordsResultEntry>,
    sent: Instant,
    acknowledged: &mut impl FnMut(Acknowledged<'_>),
) -> Result<(Attempt, String), PutError> {
    if entries.len() != results.len() {
        return Err(PutError::Nonsense("it has another number of records"));
    }
    let mut left = Attempt { entries: Vec::new(), took_some: false };
    let mut last = String::new();
    for (entry, result) in entries.into_iter().zip(results) {
        match (result.error_code, result.shard_id, result.sequence_number) {
            (None, Some(shard), Some(sequence_number)) => {
                left.took_some = true;
                acknowledged(Acknowledged { entry: &entry, shard, sequence_number, sent });
            }
            (Some(code), ..) if is_passing(&code) => {
                last = code.to_string();
                left.entries.push(entry);
            }
            (Some(code), ..) => {
                let message = result.error_message.map(|m| m.to_string()).unwrap_or_default();
                return Err(PutError::RecordRefused { code: code.to_string(), message });
            }
            (None, ..) => return Err(PutError::Nonsense("a record has neither a number nor an error")),
        }
    }
    Ok((left, last))
}

fn pause(attempts: u32) -> Duration {
    PAUSE_FIRST.saturating_mul(1 << attempts.min(16)).min(PAUSE_MAX)
}
