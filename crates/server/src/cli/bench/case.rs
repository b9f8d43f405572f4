//! What each workload consists of, and how one case of it is prepared and run.

use std::fmt;
use std::time::{Duration, Instant};

use anabranch_wire::Protocol;
use clap::ValueEnum;

use super::super::Failure;
use super::bodies::Form;
use super::cost;
use super::fan_out::Pushed;
use super::figures::{Counts, Sample};
use super::gets::{CatchingUp, Following, Place};
use super::leases::{LEASES, Renewing};
use super::puts::{Pace, PutLoad, Putting};
use super::server::Server;

const KIB: usize = 1024;
/// What a reader that is served from memory catches up on; the least of what servers keep there.
const IN_MEMORY_BYTES: u64 = 16 * 1_048_576;
/// What a reader that is served from the disk catches up on.
const ON_DISK_BYTES: u64 = 256 * 1_048_576;
/// Beside leases each of 16 connections puts a record in so long.
const PUT_EVERY: Duration = Duration::from_millis(10);

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Workload {
    /// PutRecord of 1 KiB on 16 and 64 connections, and at half of what 16 reach
    PutRecord,
    /// PutRecords of 500 × 1 KiB and of 10 × 100 KiB
    PutRecords,
    /// GetRecords from the oldest record on, from memory and from a cold disk
    GetRecords,
    /// From a put to GetRecords
    Tail,
    /// From a put to the event of a subscriber
    FanOut,
    /// PutRecords into 1, 10, 100, 1,000 and 4,000 shards
    ManyShards,
    /// 1 to 500 subscribers, and 500 that receive nothing
    ManySubscribers,
    /// 4,000 leases of the KCL, renewed every 3 seconds; PutRecord at 1,600 a second without them and beside them
    Leases,
    /// A server that was started and is left alone
    Idle,
}

/// One row of the table.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) workload: Workload,
    pub(super) protocol: Protocol,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Put(PutLoad),
    CatchUp(Place),
    Follow,
    Push { subscribers: usize, puts: Puts },
    Renew,
    PutBesideRenewals(PutLoad),
    Idle,
}

/// Whether anything is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Puts {
    Some,
    None,
}

impl Workload {
    /// Its rows, in one protocol. What does not depend on the protocol is there in JSON only.
    pub(super) fn cases(self, protocol: Protocol) -> Vec<Case> {
        let put = |shards, connections, form, record_bytes, pace| {
            Kind::Put(PutLoad { shards, connections, form, record_bytes, pace, protocol })
        };
        let is_json = protocol != Protocol::Cbor11;
        let push = |subscribers| Kind::Push { subscribers, puts: Puts::Some };
        let kinds = match self {
            Workload::PutRecord => vec![
                put(4, 16, Form::One, KIB, Pace::Full),
                put(4, 64, Form::One, KIB, Pace::Full),
                put(4, 16, Form::One, KIB, Pace::Half),
            ],
            Workload::PutRecords => vec![
                put(4, 4, Form::Many(500), KIB, Pace::Full),
                put(4, 4, Form::Many(10), 100 * KIB, Pace::Full),
            ],
            Workload::ManyShards => [1, 10, 100, 1000, 4000]
                .map(|shards| put(shards, 4, Form::Many(500), KIB, Pace::Full))
                .to_vec(),
            Workload::GetRecords => vec![Kind::CatchUp(Place::Memory), Kind::CatchUp(Place::Disk)],
            Workload::Tail if is_json => vec![Kind::Follow],
            Workload::FanOut if is_json => vec![push(1)],
            Workload::ManySubscribers if is_json => {
                vec![
                    push(1),
                    push(20),
                    push(100),
                    push(500),
                    Kind::Push { subscribers: 500, puts: Puts::None },
                ]
            }
            Workload::Leases if is_json => {
                let load = PutLoad {
                    shards: 4,
                    connections: 16,
                    form: Form::One,
                    record_bytes: KIB,
                    pace: Pace::Each(PUT_EVERY),
                    protocol,
                };
                vec![Kind::Renew, Kind::Put(load), Kind::PutBesideRenewals(load)]
            }
            Workload::Idle if is_json => vec![Kind::Idle],
            Workload::Tail
            | Workload::FanOut
            | Workload::ManySubscribers
            | Workload::Leases
            | Workload::Idle => Vec::new(),
        };
        kinds.into_iter().map(|kind| Case { workload: self, protocol, kind }).collect()
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.workload.to_possible_value().map(|value| value.get_name().to_owned());
        f.write_str(&name.unwrap_or_default())?;
        match self.kind {
            Kind::Put(load) if self.workload == Workload::ManyShards => write!(f, " {}", load.shards),
            Kind::Put(_) if self.workload == Workload::Leases => f.write_str(" put-record without"),
            Kind::PutBesideRenewals(_) => f.write_str(" put-record beside"),
            Kind::Renew => write!(f, " {LEASES}"),
            Kind::Put(load) => match load.form {
                Form::Many(count) => write!(f, " {count} x {} KiB", load.record_bytes / KIB),
                Form::One if load.pace == Pace::Half => write!(f, " {} half load", load.connections),
                Form::One => write!(f, " {}", load.connections),
            },
            Kind::CatchUp(Place::Memory) => f.write_str(" memory"),
            Kind::CatchUp(Place::Disk) => f.write_str(" cold disk"),
            Kind::Push { subscribers, puts: Puts::Some } => write!(f, " {subscribers}"),
            Kind::Push { subscribers, puts: Puts::None } => write!(f, " {subscribers} quiet"),
            Kind::Follow | Kind::Idle => Ok(()),
        }
    }
}

/// A case that is ready on a server.
pub(super) enum Prepared {
    Put(Putting),
    CatchUp(CatchingUp),
    Follow(Following),
    Push(Pushed, Puts),
    Renew(Renewing),
    /// What is counted is what is put.
    PutBesideRenewals(Putting, Renewing),
    Idle,
}

impl Case {
    /// Makes what the case needs and warms it up.
    pub(super) async fn prepare(&self, server: &mut Server, warm_up: Duration) -> Result<Prepared, Failure> {
        let mut prepared = match self.kind {
            Kind::Put(load) => Prepared::Put(Putting::prepare(server, load).await?),
            Kind::CatchUp(place) => {
                let bytes = if place == Place::Disk { ON_DISK_BYTES } else { IN_MEMORY_BYTES };
                Prepared::CatchUp(CatchingUp::prepare(server, self.protocol, place, bytes).await?)
            }
            Kind::Follow => Prepared::Follow(Following::prepare(server).await?),
            Kind::Push { subscribers, puts } => {
                Prepared::Push(Pushed::prepare(server, subscribers).await?, puts)
            }
            Kind::Renew => Prepared::Renew(Renewing::prepare(server).await?),
            Kind::PutBesideRenewals(load) => {
                let putting = Putting::prepare(server, load).await?;
                Prepared::PutBesideRenewals(putting, Renewing::prepare(server).await?)
            }
            Kind::Idle => Prepared::Idle,
        };
        prepared.warm_up(warm_up).await?;
        Ok(prepared)
    }
}

impl Prepared {
    async fn warm_up(&mut self, lasts: Duration) -> Result<(), Failure> {
        match self {
            Prepared::Put(putting) | Prepared::PutBesideRenewals(putting, _) => {
                putting.warm_up(lasts).await.map(drop)
            }
            other => other.load(lasts).await.map(drop),
        }
    }

    /// One run and what it cost.
    pub(super) async fn run(&mut self, server: &mut Server, lasts: Duration) -> Result<Sample, Failure> {
        if let Prepared::CatchUp(catching_up) = self {
            catching_up.begin(server).await?;
        }
        let own = std::process::id();
        let (server_before, client_before, begun) = (server.cpu(), cost::cpu(own), Instant::now());
        let counts = self.load(lasts).await?;
        let took = begun.elapsed();
        Ok(Sample {
            counts,
            took,
            server_cpu: difference(server_before, server.cpu()),
            client_cpu: difference(client_before, cost::cpu(own)),
            resident_bytes: server.resident_bytes(),
            ready_after: server.ready_after(),
        })
    }

    async fn load(&mut self, lasts: Duration) -> Result<Counts, Failure> {
        match self {
            Prepared::Put(putting) => putting.run(lasts).await,
            Prepared::CatchUp(catching_up) => catching_up.run(lasts).await,
            Prepared::Follow(following) => following.run(lasts).await,
            Prepared::Push(pushed, Puts::Some) => pushed.run(lasts).await,
            Prepared::Renew(renewing) => renewing.run(lasts).await,
            Prepared::PutBesideRenewals(putting, renewing) => {
                let (counts, _) = tokio::try_join!(putting.run(lasts), renewing.run(lasts))?;
                Ok(counts)
            }
            Prepared::Push(_, Puts::None) | Prepared::Idle => {
                tokio::time::sleep(lasts).await;
                Ok(Counts::default())
            }
        }
    }

    /// Removes what was made on a server that goes on running.
    pub(super) async fn clean_up(self, server: &Server) -> Result<(), Failure> {
        let stream = match self {
            Prepared::Put(putting) => putting.stream,
            Prepared::CatchUp(catching_up) => catching_up.stream,
            Prepared::Follow(following) => following.stream,
            Prepared::Push(pushed, _) => pushed.stream,
            Prepared::Renew(renewing) => return renewing.clean_up(server).await,
            Prepared::PutBesideRenewals(putting, renewing) => {
                renewing.clean_up(server).await?;
                putting.stream
            }
            Prepared::Idle => return Ok(()),
        };
        stream.delete(server).await
    }
}

fn difference(before: Option<Duration>, after: Option<Duration>) -> Option<Duration> {
    Some(after?.saturating_sub(before?))
}
