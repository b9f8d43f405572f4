use std::path::Path;

use anabranch_types::{Hex, Region, Timestamp};
use aws_lc_rs::digest;
use serde::Serialize;

use super::DeliveryError;
use super::object::{compressed, digest_name, put};
use crate::ledger::seconds_utc;
use crate::service::CloudTrail;
use crate::trails::{StoredDigest, StoredFile, Trail};

/// How digests are signed, in their own words.
const ALGORITHM: &str = "SHA256withRSA";
/// How files are summed, in their own words.
const HASH: &str = "SHA-256";

/// A digest file (CT cloudtrail-log-file-validation-digest-file-structure).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Digest<'a> {
    aws_account_id: String,
    digest_start_time: String,
    digest_end_time: String,
    #[serde(rename = "digestS3Bucket")]
    digest_s3_bucket: &'a str,
    #[serde(rename = "digestS3Object")]
    digest_s3_object: &'a str,
    digest_public_key_fingerprint: String,
    digest_signature_algorithm: &'static str,
    newest_event_time: Option<&'a str>,
    oldest_event_time: Option<&'a str>,
    #[serde(rename = "previousDigestS3Bucket")]
    previous_digest_s3_bucket: Option<&'a str>,
    #[serde(rename = "previousDigestS3Object")]
    previous_digest_s3_object: Option<&'a str>,
    previous_digest_hash_value: Option<&'a str>,
    previous_digest_hash_algorithm: Option<&'static str>,
    previous_digest_signature: Option<&'a str>,
    log_files: Vec<LogFile<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogFile<'a> {
    #[serde(rename = "s3Bucket")]
    s3_bucket: &'a str,
    #[serde(rename = "s3Object")]
    s3_object: &'a str,
    hash_value: &'a str,
    hash_algorithm: &'static str,
    newest_event_time: &'a str,
    oldest_event_time: &'a str,
}

/// What S3 would keep as the object's metadata stands in a file beside it.
#[derive(Serialize)]
struct Metadata<'a> {
    #[serde(rename = "x-amz-meta-signature")]
    signature: &'a str,
    #[serde(rename = "x-amz-meta-signature-algorithm")]
    algorithm: &'static str,
}

impl CloudTrail {
    /// Delivers the digest of a region's files since the last one, and goes on from it.
    pub(super) async fn digest(
        &self,
        trail: &Trail,
        bucket: &Path,
        region: &str,
        (start, end): (Timestamp, Timestamp),
        state: &mut StoredDigest,
    ) -> Result<(), DeliveryError> {
        let of = Region::parse(region.to_owned()).unwrap_or_else(|| trail.id.region.clone());
        let key = self.signing_keys.find_or_make(trail.id.account, &of, end).await?;
        let object = digest_name(trail, region, end);
        let content = document(trail, state, &object, key.fingerprint(), (start, end));
        let previous = state.previous.as_ref().map_or("null", |(_, _, signature)| signature);
        let sum = sum(&content);
        let signed = format!("{}\n{}/{object}\n{sum}\n{previous}", seconds_utc(end), trail.stored.bucket);
        let signature = Hex(&self.signing_keys.sign(&key, signed.as_bytes())?).to_string();
        let metadata = Metadata { signature: &signature, algorithm: ALGORITHM };
        put(bucket, &format!("{object}.metadata.json"), json(&metadata)).await?;
        put(bucket, &object, compressed(&content)?).await?;
        *state = StoredDigest { previous: Some((object, sum, signature)), files: Vec::new() };
        Ok(())
    }
}

fn document(
    trail: &Trail,
    state: &StoredDigest,
    object: &str,
    fingerprint: String,
    (start, end): (Timestamp, Timestamp),
) -> Vec<u8> {
    let bucket = &*trail.stored.bucket;
    let log_files = state.files.iter().map(|StoredFile { object, hash, newest, oldest }| LogFile {
        s3_bucket: bucket,
        s3_object: object,
        hash_value: hash,
        hash_algorithm: HASH,
        newest_event_time: newest,
        oldest_event_time: oldest,
    });
    let previous = state.previous.as_ref();
    json(&Digest {
        aws_account_id: trail.id.account.to_string(),
        digest_start_time: seconds_utc(start),
        digest_end_time: seconds_utc(end),
        digest_s3_bucket: bucket,
        digest_s3_object: object,
        digest_public_key_fingerprint: fingerprint,
        digest_signature_algorithm: ALGORITHM,
        newest_event_time: state.files.iter().map(|file| &*file.newest).max(),
        oldest_event_time: state.files.iter().map(|file| &*file.oldest).min(),
        previous_digest_s3_bucket: previous.map(|_| bucket),
        previous_digest_s3_object: previous.map(|(object, ..)| &**object),
        previous_digest_hash_value: previous.map(|(_, hash, _)| &**hash),
        previous_digest_hash_algorithm: previous.map(|_| HASH),
        previous_digest_signature: previous.map(|(_, _, signature)| &**signature),
        log_files: log_files.collect(),
    })
}

/// The SHA-256 sum of a file before it is compressed, in hexadecimal digits.
pub(super) fn sum(content: &[u8]) -> String {
    Hex(digest::digest(&digest::SHA256, content).as_ref()).to_string()
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("a digest has string keys and no failing parts")
}
