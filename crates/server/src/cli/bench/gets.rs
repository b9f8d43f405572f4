//! Loads that read with GetRecords: catching up from the oldest record, and following the tail.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use anabranch_api::kinesis::GetRecordsOutput;
use anabranch_wire::{Protocol, Violations};
use bytes::Bytes;
use futures_util::future::try_join_all;
use serde::Deserialize;
use serde_json::json;

use super::super::Failure;
use super::bodies::{Bodies, Form, number_in_base64};
use super::figures::Counts;
use super::puts::{Pace, PutLoad, Putting};
use super::server::Server;
use super::stream::Stream;
use super::wire::Wire;

/// Shards that are read, each by a connection of its own.
const SHARDS: usize = 4;
const RECORD_BYTES: usize = 1024;
/// AWS: API_GetRecords.
const RECORDS_MAX: usize = 10_000;
/// From one put to the next where the tail is followed.
const PUT_EVERY: Duration = Duration::from_millis(5);

/// Where the records are that a reader catches up on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In the server's memory.
    Memory,
    /// On the disk alone: the server was restarted and the page cache dropped. Each record is read once.
    Disk,
}

/// Readers that begin at the oldest record again and again.
pub(super) struct CatchingUp {
    pub(super) stream: Stream,
    readers: Vec<(Wire, String)>,
    protocol: Protocol,
    place: Place,
    bytes: u64,
}

impl CatchingUp {
    /// Fills a stream with so many bytes.
    pub(super) async fn prepare(
        server: &mut Server,
        protocol: Protocol,
        place: Place,
        bytes: u64,
    ) -> Result<Self, Failure> {
        if place == Place::Disk && !server.is_ours() {
            return Err("only a server that is started here can be made cold".into());
        }
        let form = Form::Many(500);
        let load = PutLoad {
            shards: SHARDS,
            connections: 2,
            form,
            record_bytes: RECORD_BYTES,
            pace: Pace::Full,
            protocol: Protocol::Json11,
        };
        let mut putting = Putting::prepare(server, load).await?;
        putting.fill(bytes).await?;
        let stream = putting.stream.clone();
        drop(putting);
        let mut all = Self { stream, readers: Vec::new(), protocol, place, bytes };
        all.begin(server).await?;
        Ok(all)
    }

    /// Makes the disk cold where that is asked for, and connects.
    pub(super) async fn begin(&mut self, server: &mut Server) -> Result<(), Failure> {
        self.readers.clear();
        if self.place == Place::Disk {
            server.restart_cold()?;
        }
        for shard in &self.stream.shards {
            let mut wire = Wire::connect(server).await?;
            let oldest = self.stream.iterator(&mut wire, shard, "TRIM_HORIZON").await?;
            self.readers.push((wire, oldest));
        }
        Ok(())
    }

    /// Reads for this long; what is on the disk once.
    pub(super) async fn run(&mut self, lasts: Duration) -> Result<Counts, Failure> {
        let until = Instant::now() + lasts;
        let (protocol, place) = (self.protocol, self.place);
        let share = self.bytes / self.readers.len().max(1) as u64;
        let reads =
            self.readers.iter_mut().map(|(wire, oldest)| read(wire, oldest, protocol, place, share, until));
        let mut counts = Counts::default();
        for reader in try_join_all(reads).await? {
            counts.add(reader);
        }
        Ok(counts)
    }
}

async fn read(
    wire: &mut Wire,
    oldest: &str,
    protocol: Protocol,
    place: Place,
    bytes_expected: u64,
    until: Instant,
) -> Result<Counts, Failure> {
    let mut counts = Counts::default();
    let mut iterator = Cow::Borrowed(oldest);
    let mut pass_bytes = 0;
    while Instant::now() < until {
        let body = request(protocol, &iterator);
        let ready = wire.sign(protocol, "GetRecords", body)?;
        let begun = Instant::now();
        let answer = wire.send(ready).await?;
        counts.latencies.note(begun.elapsed());
        let page = Page::read(protocol, answer)?;
        counts.records += page.records;
        counts.bytes += page.records * RECORD_BYTES as u64;
        pass_bytes += page.records * RECORD_BYTES as u64;
        let is_through = page.records == 0 && page.millis_behind == 0;
        iterator = match page.next {
            Some(next) if !is_through => Cow::Owned(next),
            _ if place == Place::Disk => return Ok(counts),
            // Keys are spread by chance: a shard holds about its share.
            _ if pass_bytes < bytes_expected / 2 => {
                return Err(format!("only {pass_bytes} bytes of a shard were read").into());
            }
            _ => {
                pass_bytes = 0;
                Cow::Borrowed(oldest)
            }
        };
    }
    Ok(counts)
}

fn request(protocol: Protocol, iterator: &str) -> Bytes {
    match protocol {
        Protocol::Cbor11 => {
            let mut body = vec![0xbf, 0x6d];
            body.extend_from_slice(b"ShardIterator");
            body.push(0x79);
            body.extend_from_slice(&u16::try_from(iterator.len()).unwrap_or(u16::MAX).to_be_bytes());
            body.extend_from_slice(iterator.as_bytes());
            body.push(0x65);
            body.extend_from_slice(b"Limit\x19");
            body.extend_from_slice(&(RECORDS_MAX as u16).to_be_bytes());
            body.push(0xff);
            Bytes::from(body)
        }
        _ => Bytes::from(json!({ "ShardIterator": iterator, "Limit": RECORDS_MAX }).to_string()),
    }
}

/// What matters of an answer.
struct Page {
    records: u64,
    next: Option<String>,
    millis_behind: i64,
}

/// The answer in JSON, its data left as text. Members of other servers' own are passed over.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct JsonPage<'a> {
    #[serde(borrow)]
    records: Vec<JsonRecord<'a>>,
    next_shard_iterator: Option<String>,
    millis_behind_latest: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct JsonRecord<'a> {
    #[serde(borrow)]
    data: Cow<'a, str>,
}

impl Page {
    fn read(protocol: Protocol, answer: Bytes) -> Result<Self, Failure> {
        if protocol == Protocol::Cbor11 {
            let page: GetRecordsOutput = protocol
                .decode_answer(answer, &mut Violations::default())
                .map_err(|malformed| format!("GetRecords: {malformed:?}"))?;
            return Ok(Self {
                records: page.records.len() as u64,
                next: page.next_shard_iterator.map(|next| next.to_string()),
                millis_behind: page.millis_behind_latest.unwrap_or_default(),
            });
        }
        let page: JsonPage<'_> = serde_json::from_slice(&answer)?;
        Ok(Self {
            records: page.records.len() as u64,
            next: page.next_shard_iterator,
            millis_behind: page.millis_behind_latest.unwrap_or_default(),
        })
    }
}

/// One record put every few milliseconds, and a reader that asks for the newest without pause.
pub(super) struct Following {
    pub(super) stream: Stream,
    putter: (Wire, Bodies),
    reader: Wire,
    iterator: String,
    /// What records tell their times from.
    origin: Instant,
}

impl Following {
    pub(super) async fn prepare(server: &Server) -> Result<Self, Failure> {
        let stream = Stream::create(server, 1).await?;
        let bodies = Bodies::new(Protocol::Json11, Form::One, &stream.name, RECORD_BYTES, 1);
        let putter = (Wire::connect(server).await?, bodies);
        let mut reader = Wire::connect(server).await?;
        let shard = stream.shards.first().ok_or("the stream has no shard")?;
        let iterator = stream.iterator(&mut reader, shard, "LATEST").await?;
        Ok(Self { stream, putter, reader, iterator, origin: Instant::now() })
    }

    /// Follows for this long. Latencies are from before a put to the end of the answer that holds the record.
    pub(super) async fn run(&mut self, lasts: Duration) -> Result<Counts, Failure> {
        let until = Instant::now() + lasts;
        let Self { putter: (wire, bodies), reader, iterator, origin, .. } = self;
        let reading = follow(reader, iterator, *origin, until);
        let ((), counts) = tokio::try_join!(put_stamped(wire, bodies, *origin, PUT_EVERY, until), reading)?;
        Ok(counts)
    }
}

/// Puts a record that tells when it was put, every so often.
pub(super) async fn put_stamped(
    wire: &mut Wire,
    bodies: &mut Bodies,
    origin: Instant,
    every: Duration,
    until: Instant,
) -> Result<(), Failure> {
    let mut next = Instant::now();
    while next < until {
        tokio::time::sleep_until(next.into()).await;
        let body = bodies.next(Some(nanos_since(origin)));
        let ready = wire.sign(Protocol::Json11, "PutRecord", body.clone())?;
        wire.send(ready).await?;
        bodies.give_back(body);
        next = (next + every).max(Instant::now());
    }
    Ok(())
}

async fn follow(
    wire: &mut Wire,
    iterator: &mut String,
    origin: Instant,
    until: Instant,
) -> Result<Counts, Failure> {
    let mut counts = Counts::default();
    while Instant::now() < until {
        let ready = wire.sign(Protocol::Json11, "GetRecords", request(Protocol::Json11, iterator))?;
        let answer = wire.send(ready).await?;
        let seen = nanos_since(origin);
        let page: JsonPage<'_> = serde_json::from_slice(&answer)?;
        for record in &page.records {
            counts.records += 1;
            counts.bytes += RECORD_BYTES as u64;
            let put = number_in_base64(&record.data).ok_or("a record does not begin with its time")?;
            counts.latencies.note(Duration::from_nanos(seen.saturating_sub(put)));
        }
        *iterator = page.next_shard_iterator.ok_or("the shard has ended")?;
    }
    Ok(counts)
}

pub(super) fn nanos_since(origin: Instant) -> u64 {
    u64::try_from(origin.elapsed().as_nanos()).unwrap_or(u64::MAX)
}
