//! Loads that put.

use std::time::{Duration, Instant};

use anabranch_wire::Protocol;
use bytes::Bytes;
use futures_util::future::try_join_all;
use memchr::memmem;

use super::super::Failure;
use super::bodies::{Bodies, Form};
use super::figures::Counts;
use super::server::Server;
use super::stream::Stream;
use super::wire::Wire;

/// The tail that this server keeps in memory by default, and a half more.
const WARM_UP_BYTES: u64 = 96 * 1_048_576;
/// A slow peer is warm by then.
const WARM_UP_MAX: Duration = Duration::from_secs(15);

/// What is put, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct PutLoad {
    pub(super) shards: usize,
    pub(super) connections: usize,
    pub(super) form: Form,
    pub(super) record_bytes: usize,
    pub(super) pace: Pace,
    pub(super) protocol: Protocol,
}

/// How fast requests follow one another on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// Each when the one before it was answered.
    Full,
    /// At half the rate that the warm-up reached.
    Half,
    /// On each connection one in so long.
    Each(Duration),
}

/// A load that is ready.
pub(super) struct Putting {
    load: PutLoad,
    pub(super) stream: Stream,
    lanes: Vec<Lane>,
    /// From one request of a connection to its next.
    interval: Option<Duration>,
}

/// One connection.
struct Lane {
    wire: Wire,
    bodies: Bodies,
}

impl Putting {
    /// Makes a stream and connects.
    pub(super) async fn prepare(server: &Server, load: PutLoad) -> Result<Self, Failure> {
        let stream = Stream::create(server, load.shards).await?;
        let mut lanes = Vec::new();
        for seed in 0..load.connections {
            let bodies = Bodies::new(load.protocol, load.form, &stream.name, load.record_bytes, seed as u64);
            lanes.push(Lane { wire: Wire::connect(server).await?, bodies });
        }
        Ok(Self { load, stream, lanes, interval: None })
    }

    /// Puts for this long at full speed; sets the pace of what comes after. Requests with many records go on until the memory that a
    /// server keeps its newest records in has been used once: touching fresh pages costs as much as some of the work.
    pub(super) async fn warm_up(&mut self, lasts: Duration) -> Result<Counts, Failure> {
        let counts = self.run(lasts).await?;
        let until = Instant::now() + WARM_UP_MAX;
        let mut bytes = counts.bytes;
        while self.load.form != Form::One && bytes < WARM_UP_BYTES && Instant::now() < until {
            bytes += self.run(Duration::from_millis(100)).await?.bytes.max(1);
        }
        if self.load.pace == Pace::Half {
            let records = counts.records.max(1) as f64;
            let per_lane = records / self.load.form.records() as f64 / self.lanes.len() as f64;
            self.interval = Some(lasts.mul_f64(2.0 / per_lane.max(1.0)));
        }
        if let Pace::Each(interval) = self.load.pace {
            self.interval = Some(interval);
        }
        Ok(counts)
    }

    /// Puts for this long.
    pub(super) async fn run(&mut self, lasts: Duration) -> Result<Counts, Failure> {
        let until = Instant::now() + lasts;
        let (load, interval) = (self.load, self.interval);
        let mut counts = Counts::default();
        for lane in try_join_all(self.lanes.iter_mut().map(|lane| lane.put(load, interval, until))).await? {
            counts.add(lane);
        }
        Ok(counts)
    }

    /// Puts until the stream holds so many bytes more.
    pub(super) async fn fill(&mut self, bytes: u64) -> Result<(), Failure> {
        let mut left = bytes;
        while left > 0 {
            let counts = self.run(Duration::from_millis(50)).await?;
            left = left.saturating_sub(counts.bytes.max(1));
        }
        Ok(())
    }
}

impl Lane {
    async fn put(
        &mut self,
        load: PutLoad,
        interval: Option<Duration>,
        until: Instant,
    ) -> Result<Counts, Failure> {
        let mut counts = Counts::default();
        // Connections at a pace do not all begin in the same moment.
        let mut next = Instant::now() + interval.map_or(Duration::ZERO, |i| i.mul_f64(fastrand::f64()));
        while Instant::now() < until {
            if let Some(interval) = interval {
                tokio::time::sleep_until(next.into()).await;
                next += interval;
            }
            let body = self.bodies.next(None);
            let ready = self.wire.sign(load.protocol, load.form.operation(), body.clone())?;
            let begun = Instant::now();
            let answer = self.wire.send(ready).await?;
            counts.latencies.note(begun.elapsed());
            let refused = load.form.refused(load.protocol, &answer);
            let taken = load.form.records() - refused;
            counts.records += taken as u64;
            counts.bytes += (taken * load.record_bytes) as u64;
            counts.refused += refused as u64;
            self.bodies.give_back(body);
        }
        Ok(counts)
    }
}

impl Form {
    fn operation(self) -> &'static str {
        match self {
            Form::One => "PutRecord",
            Form::Many(_) => "PutRecords",
        }
    }

    pub(super) fn records(self) -> usize {
        match self {
            Form::One => 1,
            Form::Many(count) => count,
        }
    }

    /// How many records of an answer were refused; all of them where it does not say.
    fn refused(self, protocol: Protocol, answer: &Bytes) -> usize {
        const NAME: &[u8] = b"FailedRecordCount";
        let Form::Many(count) = self else { return 0 };
        let Some(at) = memmem::find(answer, NAME) else { return count };
        let rest = &answer[at + NAME.len()..];
        match protocol {
            // A number below 24 is its own byte.
            Protocol::Cbor11 if rest.first() == Some(&0) => 0,
            Protocol::Cbor11 => count,
            _ => {
                let digits =
                    rest.iter().skip_while(|b| !b.is_ascii_digit()).take_while(|b| b.is_ascii_digit());
                let failed = digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0'));
                failed.min(count)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_records_are_counted_from_the_answer() {
        let cases = [
            (Protocol::Json11, &b"{\"FailedRecordCount\":0,\"Records\":[{}]}"[..], 0),
            (Protocol::Json11, b"{\"Records\": [], \"FailedRecordCount\": 12}", 12),
            (Protocol::Json11, b"{}", 50),
            (Protocol::Cbor11, b"\xa1\x71FailedRecordCount\x00", 0),
            (Protocol::Cbor11, b"\xa1\x71FailedRecordCount\x05", 50),
        ];
        for (protocol, answer, refused) in cases {
            assert_eq!(Form::Many(50).refused(protocol, &Bytes::from_static(answer)), refused);
        }
    }
}
