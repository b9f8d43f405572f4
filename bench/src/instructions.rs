//! `instructions CASE COUNT DIR`: answers the same request COUNT times and ends. Run under valgrind with two counts, the difference of
//! the instructions is what the requests between took: starting, filling and ending are the same in both.

use std::path::PathBuf;

use anabranch_api::dynamodb::UpdateItem;
use anabranch_api::kinesis::{GetRecords, PutRecord, PutRecords};
use anabranch_bench::{Failure, Path, Recorded, get_records, put_record, put_records, renewal};
use anabranch_wire::Protocol;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const STREAM: &str = "bench";
const TABLE: &str = "bench";
const SHARDS: i32 = 4;
/// What a reader finds in its shard.
const RECORDS: usize = 1000;
/// As few as make what is done once a minute, or once in five, weigh more than it does under load.
const REQUESTS_A_MINUTE: usize = 4;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let (Some(case), Some(count), Some(dir)) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("usage: instructions CASE COUNT DIR".into());
    };
    run(&case, count.parse()?, dir.into()).await
}

async fn run(case: &str, count: usize, dir: PathBuf) -> Result<(), Failure> {
    let recorded = match case {
        "put-records-json-unrecorded" => Recorded::Nothing,
        "put-records-json-data-events" => Recorded::DataEvents,
        _ => Recorded::Always,
    };
    let mut path = Path::open(&dir, recorded).await?;
    path.create(STREAM, if case == "get-records-json" { 1 } else { SHARDS }).await?;
    if case == "put-records-json-user" {
        path.become_user(STREAM).await?;
    }
    match case {
        "put-records-json"
        | "put-records-json-user"
        | "put-records-json-unrecorded"
        | "put-records-json-data-events" => {
            let body = put_records(Protocol::Json11, STREAM, 500, 1024);
            let request = path.sign(Protocol::Json11, "PutRecords", body)?;
            for n in 1..=count {
                path.answer::<PutRecords>(&request).await?;
                if n % REQUESTS_A_MINUTE == 0 {
                    path.pass_a_minute().await;
                }
            }
        }
        "put-records-cbor" => {
            let body = put_records(Protocol::Cbor11, STREAM, 500, 1024);
            let request = path.sign(Protocol::Cbor11, "PutRecords", body)?;
            for _ in 0..count {
                path.answer::<PutRecords>(&request).await?;
            }
        }
        "put-record-json" => {
            let request = path.sign(Protocol::Json11, "PutRecord", put_record(STREAM, 1024))?;
            for _ in 0..count {
                path.answer::<PutRecord>(&request).await?;
            }
        }
        "get-records-json" => {
            path.fill(STREAM, RECORDS).await?;
            let oldest = path.oldest(STREAM).await?;
            let request = path.sign(Protocol::Json11, "GetRecords", get_records(&oldest))?;
            for _ in 0..count {
                path.answer::<GetRecords>(&request).await?;
            }
        }
        "update-item-lease" => {
            path.create_lease(TABLE).await?;
            let request = path.sign_for_tables("UpdateItem", renewal(TABLE))?;
            for _ in 0..count {
                path.answer_of_tables::<UpdateItem>(&request).await?;
            }
        }
        _ => return Err(format!("there is no case {case}").into()),
    }
    Ok(())
}
