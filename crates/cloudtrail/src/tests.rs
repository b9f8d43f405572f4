//! The service through a door, as the gateway has it.

mod deliveries;
mod lookups;
mod trails;

use std::sync::Arc;
use std::time::Duration;

use anabranch_api::cloudtrail::{CreateTrail, StartLogging};
use anabranch_api::{ApiError, Context, Operation, Principal, RequestId, Serve};
use anabranch_catalog::{Catalog, MemoryCatalog};
use anabranch_governance::iam::identities::Identities;
use anabranch_governance::kms::MasterKey;
use anabranch_governance::metrics::Metrics;
use anabranch_governance::{Authority, Door};
use anabranch_log::disk::RealDisk;
use anabranch_log::local::{LocalLog, Options};
use anabranch_types::{AccountId, Clock, Region, Rng, Timestamp};
use tempfile::TempDir;

use crate::{CloudTrail, TrailGround};

/// 2026-11-21T15:40:00Z
const T0: Timestamp = Timestamp::from_millis(1_795_275_600_000);
const ACCOUNT: &str = "111111111111";

struct Fixture {
    door: Door,
    service: Arc<CloudTrail>,
    clock: Clock,
    /// With the bucket `logs` in it.
    directory: TempDir,
}

impl Fixture {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(directory.path().join("blobs/logs")).unwrap();
        let clock = Clock::standing(T0);
        let disk = Arc::new(RealDisk::open(directory.path().join("log")).unwrap());
        let log = LocalLog::open(disk, Options { clock: clock.clone(), ..Options::default() }).unwrap();
        let catalog: Arc<dyn Catalog> = Arc::new(MemoryCatalog::default());
        let rng = Rng::system();
        let master_key = Arc::new(MasterKey::random(&rng));
        let service = CloudTrail::open(TrailGround {
            log: Arc::new(log),
            catalog: Arc::clone(&catalog),
            clock: clock.clone(),
            rng: rng.clone(),
            master_key: Arc::clone(&master_key),
            audit_key: None,
            blobs: Some(directory.path().join("blobs")),
            sends_heads: false,
        })
        .await
        .unwrap();
        let authority = Authority::new(Arc::new(Identities::none(catalog, master_key, clock.clone(), rng)));
        let door = Door::new(authority, service.clone(), Metrics::new(|_| {}));
        Self { door, service, clock, directory }
    }

    fn context(&self) -> Context {
        let account: AccountId = ACCOUNT.parse().unwrap();
        Context {
            access_key: Some("AKIATEST".into()),
            ..Context::inside(
                Principal::Root(account),
                account,
                Region::parse("us-east-1").unwrap(),
                RequestId::from_random(Rng::system().u128()),
                self.clock.now(),
            )
        }
    }

    async fn call<Op: Operation>(&self, request: Op) -> Result<Op::Output, ApiError>
    where
        CloudTrail: Serve<Op>,
    {
        self.door.unary(self.context(), &self.service, request).await
    }

    async fn in_region<Op: Operation>(&self, region: &str, request: Op) -> Result<Op::Output, ApiError>
    where
        CloudTrail: Serve<Op>,
    {
        let cx = Context { region: Region::parse(region.to_owned()).unwrap(), ..self.context() };
        self.door.unary(cx, &self.service, request).await
    }

    /// The sentence of a refusal, behind its code.
    async fn refused<Op: Operation>(&self, request: Op) -> String
    where
        CloudTrail: Serve<Op>,
        Op::Output: std::fmt::Debug,
    {
        let refusal = self.call(request).await.unwrap_err();
        format!("{}: {}", refusal.code, refusal.message.unwrap_or_default())
    }

    /// A trail that logs into the bucket `logs`, with digests.
    async fn trail(&self, name: &str) {
        self.call(trail(name)).await.unwrap();
        self.call(StartLogging { name: name.into() }).await.unwrap();
    }

    /// Runs what is due until and including so much later.
    async fn advance(&self, by: Duration) {
        let to = self.clock.now() + by;
        let due = self.service.due();
        let next = || due.iter().filter_map(|d| Some((d.next_due()?, d))).min_by_key(|(at, _)| *at);
        while let Some((at, due)) = next().filter(|(at, _)| *at <= to) {
            self.clock.advance_to(at);
            due.run(at).await;
        }
        self.clock.advance_to(to);
    }
}

fn trail(name: &str) -> CreateTrail {
    CreateTrail {
        name: name.into(),
        s3_bucket_name: "logs".into(),
        enable_log_file_validation: Some(true),
        ..CreateTrail::default()
    }
}
