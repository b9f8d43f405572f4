//! The one door of this crate's tests: the service over a log and a catalog under a clock that stands, JSON in and out as clients speak it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anabranch_api::{ApiError, ConditionKeys, Context, Operation, Principal, RequestId, Resource, Serve};
use anabranch_catalog::{Catalog, MemoryCatalog, SqliteCatalog};
use anabranch_governance::{Authorize, Lasting};
use anabranch_log::RecordLog;
use anabranch_log::disk::{Disk, RealDisk, SimulatedDisk};
use anabranch_log::local::{LocalLog, Options, Prepare, SEGMENT_BYTES_MIN};
use anabranch_types::{AccountId, Clock, Due, Region, Rng, Timestamp};
use anabranch_wire::{Envelope, Protocol, Violations};
use bytes::{Bytes, BytesMut};
use serde_json::{Value, json};

use crate::{BoxFuture, Destination, Logs, LogsGround, MetricSink, MetricValues, NotTaken, Parcel};

/// A service to call.
pub(crate) struct Bench {
    pub logs: Arc<Logs>,
    pub clock: Clock,
    pub cx: Context,
    pub world: Arc<World>,
    ground: LogsGround,
    due: Vec<Arc<dyn Due>>,
}

/// What the service sends to, and who judges.
#[derive(Default)]
pub(crate) struct World {
    /// What arrived at destinations.
    pub parcels: Mutex<Vec<Parcel>>,
    /// What arrived at metrics.
    pub measured: Mutex<Vec<MetricValues>>,
    /// Whether destinations take nothing.
    pub is_down: Mutex<bool>,
    /// A role that may not be passed.
    pub forbidden_role: Mutex<String>,
}

impl Destination for World {
    fn is_known(&self, destination: &str) -> bool {
        destination.starts_with("arn:aws:kinesis:")
    }

    fn put(&self, parcel: Parcel) -> BoxFuture<'_, Result<(), NotTaken>> {
        let taken = if *self.is_down.lock().unwrap() { Err(NotTaken("down".into())) } else { Ok(()) };
        if taken.is_ok() {
            self.parcels.lock().unwrap().push(parcel);
        }
        Box::pin(async move { taken })
    }
}

impl MetricSink for World {
    fn put(&self, _: AccountId, _: Region, values: Vec<MetricValues>) -> BoxFuture<'_, Result<(), NotTaken>> {
        self.measured.lock().unwrap().extend(values);
        Box::pin(async { Ok(()) })
    }
}

impl Authorize for World {
    fn authorize(&self, _: &Context, resources: &[Resource], keys: &ConditionKeys) -> Result<(), ApiError> {
        let Resource { action, arn } = &resources[0];
        assert_eq!((*action, keys[0].0.as_str()), ("iam:PassRole", "iam:passedtoservice"));
        let forbidden = *arn == *self.forbidden_role.lock().unwrap();
        if forbidden { Err(ApiError::client("AccessDeniedException", "not this role")) } else { Ok(()) }
    }

    fn authorize_via(&self, _: &Context, _: &Resource, _: &ConditionKeys) -> Result<Lasting, ApiError> {
        Ok(Lasting::ThisCall)
    }

    fn revision(&self) -> u64 {
        0
    }
}

pub(crate) const NOW_MS: i64 = 1_800_000_000_000;

pub(crate) async fn bench() -> Bench {
    bench_over(Arc::new(SimulatedDisk::new()), Arc::new(MemoryCatalog::default())).await
}

pub(crate) async fn bench_on_disk(dir: &Path) -> Bench {
    let log_dir = dir.join("log");
    std::fs::create_dir(&log_dir).unwrap();
    let catalog = SqliteCatalog::open(&dir.join("catalog.sqlite")).unwrap();
    bench_over(Arc::new(RealDisk::open(log_dir).unwrap()), Arc::new(catalog)).await
}

async fn bench_over(disk: Arc<dyn Disk>, catalog: Arc<dyn Catalog>) -> Bench {
    let clock = Clock::standing(Timestamp::from_millis(NOW_MS));
    let options = Options {
        prepare: Prepare::WhenNeeded,
        segment_bytes: SEGMENT_BYTES_MIN,
        clock: clock.clone(),
        ..Options::default()
    };
    let log: Arc<dyn RecordLog> = Arc::new(LocalLog::open(disk, options).unwrap());
    let world = Arc::new(World::default());
    let judge: Arc<dyn Authorize> = world.clone();
    let ground = LogsGround {
        log,
        catalog,
        clock: clock.clone(),
        rng: Rng::seeded(1),
        authorize: Arc::downgrade(&judge),
        destination: world.clone(),
        metrics: world.clone(),
    };
    begin(ground, world, clock).await
}

async fn begin(ground: LogsGround, world: Arc<World>, clock: Clock) -> Bench {
    let logs = Logs::open(ground.clone()).await.unwrap();
    let due = logs.due();
    let cx = context(&clock);
    Bench { logs, clock, cx, world, ground, due }
}

fn context(clock: &Clock) -> Context {
    let account: AccountId = "123456789012".parse().unwrap();
    Context::inside(
        Principal::Root(account),
        account,
        Region::parse("us-east-1").unwrap(),
        RequestId::from_random(0),
        clock.now(),
    )
}

impl Bench {
    /// The service anew over what it kept.
    pub async fn restarted(self) -> Self {
        let Self { logs, clock, world, ground, due, .. } = self;
        drop((logs, due));
        begin(ground, world, clock).await
    }

    /// Lets time pass, and does what falls due.
    pub async fn pass(&self, time: Duration) {
        self.clock.advance_to(self.clock.now() + time);
        for due in &self.due {
            while due.next_due().is_some_and(|at| at <= self.clock.now()) {
                due.run(self.clock.now()).await;
            }
        }
    }

    pub async fn try_call<Op: Operation>(&self, request: Value) -> Result<Value, ApiError>
    where
        Logs: Serve<Op>,
    {
        let mut violations = Violations::default();
        let request = Op::read(Protocol::Json11, Bytes::from(request.to_string()), &mut violations).unwrap();
        request.check(&mut violations);
        assert!(violations.is_empty(), "{violations}");
        let output = self.logs.serve(&self.cx, request).await.map_err(Into::into)?;
        let envelope = Envelope { operation: "", namespace: "", version: "", request_id: "" };
        let body = Op::write(&output, Protocol::Json11, &envelope, BytesMut::new());
        Ok(if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() })
    }

    /// A call that must be answered.
    pub async fn call<Op: Operation>(&self, request: Value) -> Value
    where
        Logs: Serve<Op>,
    {
        let shown = request.to_string();
        self.try_call::<Op>(request).await.unwrap_or_else(|error| panic!("{} {shown}: {error}", Op::NAME))
    }

    /// What a call is refused with: `Code: sentence`.
    pub async fn refused<Op: Operation>(&self, request: Value) -> String
    where
        Logs: Serve<Op>,
    {
        let shown = request.to_string();
        match self.try_call::<Op>(request).await {
            Ok(answer) => panic!("{} {shown} was answered: {answer}", Op::NAME),
            Err(error) => error.to_string(),
        }
    }

    /// A log group with these streams.
    pub async fn make(&self, group: &str, streams: &[&str]) {
        use anabranch_api::logs::{CreateLogGroup, CreateLogStream};
        self.call::<CreateLogGroup>(json!({ "logGroupName": group })).await;
        for stream in streams {
            let request = json!({ "logGroupName": group, "logStreamName": stream });
            self.call::<CreateLogStream>(request).await;
        }
    }

    /// Puts messages, each so many milliseconds before now.
    pub async fn put(&self, group: &str, stream: &str, events: &[(i64, &str)]) -> Value {
        let now = self.clock.now().millis();
        let events: Vec<Value> = events
            .iter()
            .map(|(ago_ms, message)| json!({ "timestamp": now - ago_ms, "message": message }))
            .collect();
        let request = json!({ "logGroupName": group, "logStreamName": stream, "logEvents": events });
        self.call::<anabranch_api::logs::PutLogEvents>(request).await
    }

    /// The documents that arrived, by the log stream they are of.
    pub fn delivered(&self) -> BTreeMap<String, Vec<Value>> {
        let mut delivered: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for parcel in self.world.parcels.lock().unwrap().iter() {
            for (_, data) in &parcel.records {
                let document: Value =
                    serde_json::from_reader(flate2::read::GzDecoder::new(&data[..])).unwrap();
                let stream = document["logStream"].as_str().unwrap().to_owned();
                delivered.entry(stream).or_default().push(document);
            }
        }
        delivered
    }
}

/// The messages of an answer's events.
pub(crate) fn messages(answer: &Value) -> Vec<&str> {
    answer["events"].as_array().unwrap().iter().map(|event| event["message"].as_str().unwrap()).collect()
}
