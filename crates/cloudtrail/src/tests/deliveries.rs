use anabranch_types::Hex;
use std::io::Read;
use std::path::{Path, PathBuf};

use anabranch_api::cloudtrail::{
    AdvancedEventSelector, AdvancedFieldSelector, GetTrailStatus, ListPublicKeys, ListTrails, LookupEvents,
    PutEventSelectors,
};
use anabranch_api::{Descriptor, Resource, kinesis};
use anabranch_governance::audit::AuditSink as _;
use aws_lc_rs::digest;
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use flate2::read::GzDecoder;
use serde_json::Value;

use super::*;

const HOUR: Duration = Duration::from_secs(3600);

/// Every file of a bucket whose path contains a word, in the order of their names.
fn files(bucket: &Path, word: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![bucket.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found.retain(|path| path.to_string_lossy().contains(word) && path.extension().is_some_and(|e| e == "gz"));
    found.sort();
    found
}

fn content(path: &Path) -> Vec<u8> {
    let mut content = Vec::new();
    GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_end(&mut content).unwrap();
    content
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&content(path)).unwrap()
}

fn sum(content: &[u8]) -> String {
    Hex(digest::digest(&digest::SHA256, content).as_ref()).to_string()
}

#[tokio::test]
async fn events_are_delivered_every_five_minutes_in_files_named_as_aws_names_them() {
    let f = Fixture::new().await;
    f.trail("one").await;
    f.advance(Duration::from_secs(300)).await;
    f.call(ListTrails::default()).await.unwrap();
    f.service.close().await;
    f.advance(Duration::from_secs(300)).await;
    f.advance(Duration::from_secs(300)).await;
    let bucket = f.directory.path().join("blobs/logs");
    let found = files(&bucket, "/CloudTrail/");
    let names: Vec<_> = found
        .iter()
        .map(|path| {
            let event =
                json(path)["Records"].as_array().unwrap().iter().map(|e| e["eventName"].clone()).collect();
            let path = path.strip_prefix(&bucket).unwrap().to_string_lossy().into_owned();
            let (before, unique) = path.rsplit_once('_').unwrap();
            assert_eq!(unique.len(), "0123456789abcdef.json.gz".len());
            (before.to_owned(), Value::Array(event))
        })
        .collect();
    // The clock stands: the trail was made at the very time its logging began.
    let at = |minute| {
        format!(
            "AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/2026/11/21/{ACCOUNT}_CloudTrail_us-east-1_20261121T15{minute}Z"
        )
    };
    assert_eq!(
        names,
        [
            (at(45), serde_json::json!(["CreateTrail", "StartLogging"])),
            (at(50), serde_json::json!(["ListTrails"]))
        ]
    );
    let status = f.call(GetTrailStatus { name: "one".into() }).await.unwrap();
    assert_eq!(status.latest_delivery_time, Some(T0 + Duration::from_secs(600)));
    assert_eq!(status.latest_delivery_error, None);
}

#[tokio::test]
async fn hourly_digests_vouch_for_the_files_and_for_each_other() {
    let f = Fixture::new().await;
    f.trail("one").await;
    f.advance(HOUR).await;
    f.call(LookupEvents::default()).await.unwrap();
    f.advance(2 * HOUR).await;
    let keys = f.call(ListPublicKeys::default()).await.unwrap().public_key_list.unwrap();
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, keys[0].value.clone().unwrap());
    let bucket = f.directory.path().join("blobs/logs");
    let (mut previous, mut vouched) = (None::<(String, String)>, 0);
    let digests = files(&bucket, "/CloudTrail-Digest/");
    assert_eq!(digests.len(), 3);
    for path in digests {
        let digest = json(&path);
        let metadata = std::fs::read(format!("{}.metadata.json", path.display())).unwrap();
        let metadata: Value = serde_json::from_slice(&metadata).unwrap();
        let signature = metadata["x-amz-meta-signature"].as_str().unwrap().to_owned();
        let bytes: Vec<u8> = (0..signature.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&signature[at..at + 2], 16).unwrap())
            .collect();
        let (before, before_sum) = match &previous {
            Some((signature, sum)) => (&**signature, Value::from(&**sum)),
            None => ("null", Value::Null),
        };
        let object = path.strip_prefix(&bucket).unwrap().display().to_string();
        let end = digest["digestEndTime"].as_str().unwrap();
        let sum_of_this = sum(&content(&path));
        let signed = format!("{end}\nlogs/{object}\n{sum_of_this}\n{before}");
        key.verify(signed.as_bytes(), &bytes).unwrap();
        assert_eq!(digest["previousDigestHashValue"], before_sum);
        assert_eq!(digest["digestPublicKeyFingerprint"], *keys[0].fingerprint.as_ref().unwrap().to_string());
        for file in digest["logFiles"].as_array().unwrap() {
            let path = bucket.join(file["s3Object"].as_str().unwrap());
            assert_eq!(file["hashValue"], sum(&content(&path)));
            vouched += 1;
        }
        previous = Some((signature, sum_of_this));
    }
    assert_eq!(vouched, files(&bucket, "/CloudTrail/").len());
}

#[tokio::test]
async fn each_event_is_delivered_once_also_where_many_came_at_the_same_time() {
    let f = Fixture::new().await;
    f.trail("one").await;
    for n in 0..4 {
        f.call(trail(&format!("further-{n}"))).await.ok();
        f.advance(Duration::from_secs(300)).await;
        f.call(trail(&format!("at-the-same-time-{n}"))).await.ok();
    }
    f.advance(Duration::from_secs(300)).await;
    let bucket = f.directory.path().join("blobs/logs");
    let found = files(&bucket, "/CloudTrail/");
    let ids: Vec<String> = found
        .iter()
        .flat_map(|path| json(path)["Records"].as_array().unwrap().clone())
        .map(|event| event["eventID"].to_string())
        .collect();
    let unique: std::collections::BTreeSet<&String> = ids.iter().collect();
    assert_eq!((ids.len(), unique.len()), (10, 10));
}

#[tokio::test]
async fn a_bucket_that_is_gone_is_told_of_and_its_events_come_when_it_is_back() {
    let f = Fixture::new().await;
    f.trail("one").await;
    let bucket = f.directory.path().join("blobs/logs");
    std::fs::remove_dir(&bucket).unwrap();
    f.advance(Duration::from_secs(300)).await;
    let status = f.call(GetTrailStatus { name: "one".into() }).await.unwrap();
    assert_eq!(status.latest_delivery_error.as_deref(), Some("NoSuchBucket"));
    std::fs::create_dir(&bucket).unwrap();
    f.advance(Duration::from_secs(300)).await;
    assert_eq!(files(&bucket, "/CloudTrail/").len(), 1);
}

#[tokio::test]
async fn data_events_are_asked_for_while_a_trail_that_selects_them_logs() {
    let f = Fixture::new().await;
    let put = Descriptor::of::<kinesis::PutRecords>();
    let about = |name: &str| {
        let arn = format!("arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/{name}");
        vec![Resource { action: "kinesis:PutRecords", arn }]
    };
    f.trail("one").await;
    assert!(!f.service.asks_for_data());
    let field = |name: &str, value: &str| AdvancedFieldSelector {
        field: name.into(),
        equals: Some(vec![value.into()]),
        ..AdvancedFieldSelector::default()
    };
    let fields = vec![
        field("eventCategory", "Data"),
        field("resources.type", "AWS::Kinesis::Stream"),
        field("resources.ARN", &about("asked")[0].arn),
    ];
    let selector = AdvancedEventSelector { name: None, field_selectors: fields };
    f.call(PutEventSelectors {
        trail_name: "one".into(),
        advanced_event_selectors: Some(vec![selector]),
        event_selectors: None,
    })
    .await
    .unwrap();
    assert!(f.service.asks_for_data());
    assert!(f.service.selects(put, &f.context(), &about("asked")));
    assert!(!f.service.selects(put, &f.context(), &about("other")));
    let guest = Context { account: "222222222222".parse().unwrap(), ..f.context() };
    assert!(f.service.selects(put, &guest, &about("asked")), "the stream's account asks");
    f.call(anabranch_api::cloudtrail::StopLogging { name: "one".into() }).await.unwrap();
    assert!(!f.service.asks_for_data());
}
