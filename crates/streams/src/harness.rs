//! The one door of this crate's tests: the service over a log on a simulated disk and a catalog in memory, under a test clock.

mod mortal;

use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::Duration;

use anabranch_api::kinesis::{self, CreateStream, DescribeStream, GetShardIterator, ShardIteratorType};
use anabranch_api::kms::CreateKey;
use anabranch_api::{ApiError, Context, Operation, Principal, RequestId, Serve};
use anabranch_catalog::{Catalog, MemoryCatalog, SqliteCatalog};
use anabranch_cloudwatch::CloudWatch;
use anabranch_governance::iam::identities::Identities;
use anabranch_governance::kms::{Kms, KmsGround, MasterKey};
use anabranch_governance::metrics::Metrics;
use anabranch_governance::{Authority, Authorize};
use anabranch_log::disk::{Disk, RealDisk, SimulatedDisk};
use anabranch_log::local::{LocalLog, Options, Prepare, SEGMENT_BYTES_MIN};
use anabranch_types::{AccountId, Clock, Due, Region, Rng, StreamName, Timestamp};
use bytes::Bytes;

pub(crate) use mortal::{Life, Moment, Then};
use mortal::{MortalCatalog, MortalLog};

use crate::{Ground, OpenError, Settings, Streams};

/// A service to call.
pub(crate) struct Bench {
    pub streams: Arc<Streams>,
    due: Vec<Arc<dyn Due>>,
    /// The log, where it takes checkpoints as time passes.
    checkpoints: Option<Arc<LocalLog>>,
    /// Has catalog and log fail.
    pub life: Arc<Life>,
    pub cloudwatch: Arc<CloudWatch>,
    pub metrics: Metrics,
    pub clock: Clock,
    pub cx: Context,
    pub kms: Arc<Kms>,
    authority: Arc<Authority>,
    ground: Ground,
    settings: Settings,
}

pub(crate) const ACCOUNT: &str = "123456789012";

/// A service without transition delay and without limits per second.
pub(crate) async fn bench() -> Bench {
    bench_with(Settings { limits: crate::limits::LimitsMode::Off, ..Settings::default() }).await
}

pub(crate) async fn bench_with(settings: Settings) -> Bench {
    bench_at(Clock::test(0), settings).await
}

pub(crate) async fn bench_at(clock: Clock, settings: Settings) -> Bench {
    let disk = Arc::new(SimulatedDisk::new());
    bench_over(disk, MemoryCatalog::default(), clock, settings).await.0
}

/// A service over a directory, whose log takes checkpoints, under a clock that stands.
pub(crate) async fn bench_on_disk(dir: &Path) -> Bench {
    let log_dir = dir.join("log");
    std::fs::create_dir(&log_dir).unwrap();
    let disk = Arc::new(RealDisk::open(log_dir).unwrap());
    let catalog = SqliteCatalog::open(&dir.join("catalog.sqlite")).unwrap();
    let clock = Clock::standing(Timestamp::from_seconds(1_800_000_000));
    let settings = Settings { limits: crate::limits::LimitsMode::Off, ..Settings::default() };
    let (mut bench, log) = bench_over(disk, catalog, clock, settings).await;
    bench.checkpoints = Some(log);
    bench
}

async fn bench_over(
    disk: Arc<dyn Disk>,
    catalog: impl Catalog,
    clock: Clock,
    settings: Settings,
) -> (Bench, Arc<LocalLog>) {
    let log_options = Options {
        prepare: Prepare::WhenNeeded,
        segment_bytes: SEGMENT_BYTES_MIN,
        clock: clock.clone(),
        ..Options::default()
    };
    let local = Arc::new(LocalLog::open(disk, log_options).unwrap());
    let life = Arc::new(Life::default());
    let log = Arc::new(MortalLog { inner: Arc::clone(&local), life: Arc::clone(&life) });
    let catalog = Arc::new(MortalCatalog { inner: catalog, life: Arc::clone(&life) });
    let master_key = Arc::new(MasterKey::random(&Rng::seeded(2)));
    let (kms, authority) = keys(catalog.clone(), &clock, &master_key).await;
    let cloudwatch = Arc::new(CloudWatch::new(log.clone(), catalog.clone()));
    let ground = Ground {
        log,
        catalog,
        measurements: cloudwatch.clone(),
        clock: clock.clone(),
        rng: Rng::seeded(1),
        master_key,
        kms: Arc::clone(&kms),
        authorize: weak(&authority),
        metrics: Metrics::new(|_| {}),
    };
    let streams = Streams::open(ground.clone(), settings.clone()).await.unwrap();
    authority.guard("kinesis", streams.clone());
    let cx = context(ACCOUNT, "us-east-1", &clock);
    let due = streams.due();
    let metrics = ground.metrics.clone();
    let checkpoints = None;
    let bench = Bench {
        streams,
        due,
        checkpoints,
        life,
        cloudwatch,
        metrics,
        clock,
        cx,
        kms,
        authority,
        ground,
        settings,
    };
    (bench, local)
}

/// KMS as it is after a start, and a judge who knows its keys and the roots of all accounts.
async fn keys(
    catalog: Arc<dyn Catalog>,
    clock: &Clock,
    master_key: &Arc<MasterKey>,
) -> (Arc<Kms>, Arc<Authority>) {
    let (rng, master_key) = (Rng::seeded(4), Arc::clone(master_key));
    let identities =
        Identities::none(Arc::clone(&catalog), Arc::clone(&master_key), clock.clone(), rng.clone());
    let kms = Kms::open(KmsGround { catalog, clock: clock.clone(), rng, master_key }).await.unwrap();
    let authority = Authority::new(Arc::new(identities));
    authority.guard("kms", kms.clone());
    (kms, authority)
}

fn weak(authority: &Arc<Authority>) -> Weak<dyn Authorize> {
    let authorize: Arc<dyn Authorize> = authority.clone();
    Arc::downgrade(&authorize)
}

/// A caller.
pub(crate) fn context(account: &str, region: &str, clock: &Clock) -> Context {
    let account: AccountId = account.parse().unwrap();
    Context {
        access_key: Some("AKIATEST".into()),
        ..Context::inside(
            Principal::Root(account),
            account,
            Region::parse(region.to_owned()).unwrap(),
            RequestId::from_random(0),
            clock.now(),
        )
    }
}

impl Bench {
    /// Calls an operation.
    pub async fn call<Op: Operation>(&self, request: Op) -> Result<Op::Output, Op::Error>
    where
        Streams: Serve<Op>,
    {
        self.streams.serve(&self.cx, request).await
    }

    /// Calls an operation that is refused; code and sentence.
    pub async fn refused<Op: Operation>(&self, request: Op) -> (String, String)
    where
        Streams: Serve<Op>,
    {
        match self.call(request).await {
            Ok(_) => panic!("{} was not refused", Op::NAME),
            Err(error) => refusal(error.into()),
        }
    }

    /// Creates a stream with so many shards.
    pub async fn create(&self, stream: &str, shards: i32) {
        self.call(CreateStream {
            stream_name: name(stream),
            shard_count: Some(shards),
            ..CreateStream::default()
        })
        .await
        .unwrap();
    }

    /// Creates an on-demand stream.
    pub async fn create_on_demand(&self, stream: &str) {
        self.call(CreateStream {
            stream_name: name(stream),
            stream_mode_details: Some(kinesis::StreamModeDetails {
                stream_mode: kinesis::StreamMode::OnDemand,
            }),
            ..CreateStream::default()
        })
        .await
        .unwrap();
    }

    pub async fn describe(&self, stream: &str) -> kinesis::StreamDescription {
        let request = DescribeStream { stream_name: Some(name(stream)), ..DescribeStream::default() };
        self.call(request).await.unwrap().stream_description
    }

    /// Puts a record; its shard and number.
    pub async fn put(&self, stream: &str, key: &str, data: &'static [u8]) -> kinesis::PutRecordOutput {
        self.call(kinesis::PutRecord {
            stream_name: Some(name(stream)),
            data: Bytes::from_static(data),
            partition_key: Some(key.into()),
            ..kinesis::PutRecord::default()
        })
        .await
        .unwrap()
    }

    /// An iterator of a type that needs nothing else.
    pub async fn iterator(
        &self,
        stream: &str,
        shard: &str,
        kind: ShardIteratorType,
    ) -> bytestring::ByteString {
        let request = GetShardIterator {
            stream_name: Some(name(stream)),
            shard_id: shard.into(),
            shard_iterator_type: kind,
            ..GetShardIterator::default()
        };
        self.call(request).await.unwrap().shard_iterator.unwrap()
    }

    pub async fn read(&self, iterator: &str) -> kinesis::GetRecordsOutput {
        let request = kinesis::GetRecords { shard_iterator: iterator.into(), ..Default::default() };
        self.call(request).await.unwrap()
    }

    /// The data of what is read.
    pub async fn data(&self, iterator: &str) -> Vec<Bytes> {
        self.read(iterator).await.records.into_iter().map(|r| r.data).collect()
    }

    /// Moves the clock, visiting what falls due on the way in the order of its times.
    pub async fn advance(&self, by: Duration) {
        let end = self.clock.now() + by;
        let log = self.checkpoints.iter().map(|log| Arc::clone(log) as Arc<dyn Due>);
        let due: Vec<_> = self.due.iter().cloned().chain(log).collect();
        while let Some((at, first)) = due
            .iter()
            .filter_map(|d| Some((d.next_due()?, d)))
            .min_by_key(|(at, _)| *at)
            .filter(|(at, _)| *at <= end)
        {
            self.clock.advance_to(at);
            first.run(at.max(self.clock.now())).await;
        }
        self.clock.advance_to(end);
    }

    /// The service as it is after a restart over the same log and catalog.
    pub async fn restarted(self) -> Self {
        drop((self.streams, self.due, self.kms, self.authority));
        let (kms, authority) =
            keys(Arc::clone(&self.ground.catalog), &self.clock, &self.ground.master_key).await;
        let ground = Ground { kms: Arc::clone(&kms), authorize: weak(&authority), ..self.ground };
        let streams = Streams::open(ground.clone(), self.settings.clone()).await.unwrap();
        authority.guard("kinesis", streams.clone());
        Self { due: streams.due(), streams, kms, authority, ground, ..self }
    }

    /// What comes of a restart with another master key.
    pub async fn restarted_with_another_master_key(self) -> Result<Arc<Streams>, OpenError> {
        let master_key = Arc::new(MasterKey::random(&Rng::seeded(3)));
        let (kms, authority) = keys(Arc::clone(&self.ground.catalog), &self.clock, &master_key).await;
        let authorize = weak(&authority);
        Streams::open(Ground { master_key, kms, authorize, ..self.ground }, self.settings).await
    }

    /// Calls KMS as an operation's own caller does.
    pub async fn key_call<Op: Operation>(&self, request: Op) -> Op::Output
    where
        Kms: Serve<Op>,
    {
        match self.kms.serve(&self.cx, request).await {
            Ok(answer) => answer,
            Err(error) => panic!("{}: {}", Op::NAME, Into::<ApiError>::into(error)),
        }
    }

    /// The ARN of a new KMS key.
    pub async fn key(&self) -> String {
        let made = self.key_call(CreateKey::default()).await;
        made.key_metadata.unwrap().arn.unwrap().to_string()
    }

    /// Has a stream's records sealed under a key.
    pub async fn encrypt(&self, stream: &str, key: &str) {
        let request = kinesis::StartStreamEncryption {
            stream_name: Some(name(stream)),
            encryption_type: kinesis::EncryptionType::Kms,
            key_id: key.into(),
            ..Default::default()
        };
        self.call(request).await.unwrap();
    }
}

pub(crate) fn name(text: &str) -> StreamName {
    text.parse().unwrap()
}

/// An error's code and sentence.
pub(crate) fn refusal(error: ApiError) -> (String, String) {
    (error.code.into_owned(), error.message.unwrap_or_default().into_owned())
}
