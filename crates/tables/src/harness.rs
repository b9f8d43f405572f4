//! The one door of this crate's tests: the service over a catalog, and JSON in and out as clients speak it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anabranch_api::{ApiError, Context, Operation, Principal, RequestId, Serve};
use anabranch_catalog::{Catalog, MemoryCatalog, SqliteCatalog};
use anabranch_types::{AccountId, Clock, Region, Rng, Timestamp};
use anabranch_wire::{Envelope, Protocol, Violations};
use bytes::{Bytes, BytesMut};
use serde_json::{Value, json};

use crate::{Tables, TablesGround};

/// A service to call.
pub(crate) struct Bench {
    pub tables: Arc<Tables>,
    pub clock: Clock,
    pub cx: Context,
    ground: TablesGround,
}

/// A service without transition delay, over a catalog in memory.
pub(crate) async fn bench() -> Bench {
    bench_over(Arc::new(MemoryCatalog::default()), Duration::ZERO).await
}

pub(crate) async fn bench_with_delay(seconds: u64) -> Bench {
    bench_over(Arc::new(MemoryCatalog::default()), Duration::from_secs(seconds)).await
}

pub(crate) async fn bench_on_disk(dir: &Path) -> Bench {
    let catalog = SqliteCatalog::open(&dir.join("catalog.sqlite")).unwrap();
    bench_over(Arc::new(catalog), Duration::ZERO).await
}

async fn bench_over(catalog: Arc<dyn Catalog>, transition_delay: Duration) -> Bench {
    let clock = Clock::standing(Timestamp::from_seconds(1_800_000_000));
    let ground = TablesGround { catalog, clock: clock.clone(), rng: Rng::seeded(1), transition_delay };
    let tables = Tables::open(ground.clone()).await.unwrap();
    let cx = context(&clock);
    Bench { tables, clock, cx, ground }
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
        let Self { tables, clock, cx, ground } = self;
        drop(tables);
        let tables = Tables::open(ground.clone()).await.unwrap();
        Self { tables, clock, cx, ground }
    }

    /// Lets time pass, and does what falls due.
    pub async fn pass(&self, seconds: u64) {
        self.clock.advance_to(self.clock.now() + Duration::from_secs(seconds));
        for due in self.tables.due() {
            due.run(self.clock.now()).await;
        }
    }

    /// A call that may be refused.
    pub async fn try_call<Op: Operation>(&self, request: Value) -> Result<Value, ApiError>
    where
        Tables: Serve<Op>,
    {
        call::<Op>(&self.tables, &self.cx, request).await
    }

    /// A call that must be answered.
    pub async fn call<Op: Operation>(&self, request: Value) -> Value
    where
        Tables: Serve<Op>,
    {
        let shown = request.to_string();
        self.try_call::<Op>(request).await.unwrap_or_else(|error| panic!("{} {shown}: {error}", Op::NAME))
    }

    /// What a call is refused with: `Code: sentence`.
    pub async fn refused<Op: Operation>(&self, request: Value) -> String
    where
        Tables: Serve<Op>,
    {
        let shown = request.to_string();
        match self.try_call::<Op>(request).await {
            Ok(answer) => panic!("{} {shown} was answered: {answer}", Op::NAME),
            Err(error) => error.to_string(),
        }
    }
}

/// One call, as the gateway makes it.
pub(crate) async fn call<Op: Operation>(
    tables: &Tables,
    cx: &Context,
    request: Value,
) -> Result<Value, ApiError>
where
    Tables: Serve<Op>,
{
    let mut violations = Violations::default();
    let body = Bytes::from(request.to_string());
    let request = Op::read(Protocol::Json10, body, &mut violations).expect("well-formed");
    request.check(&mut violations);
    assert!(violations.is_empty(), "{violations}");
    let output = tables.serve(cx, request).await.map_err(Into::into)?;
    let envelope = Envelope { operation: "", namespace: "", version: "", request_id: "" };
    let body = Op::write(&output, Protocol::Json10, &envelope, BytesMut::new());
    Ok(serde_json::from_slice(&body).expect("an answer is JSON"))
}

/// A table `t` with a hash key `p`, and a sort key `c` if a kind is given.
pub(crate) fn table(range: Option<&str>) -> Value {
    let mut keys = vec![json!({ "AttributeName": "p", "KeyType": "HASH" })];
    let mut definitions = vec![json!({ "AttributeName": "p", "AttributeType": "S" })];
    if let Some(kind) = range {
        keys.push(json!({ "AttributeName": "c", "KeyType": "RANGE" }));
        definitions.push(json!({ "AttributeName": "c", "AttributeType": kind }));
    }
    json!({
        "TableName": "tab", "KeySchema": keys, "AttributeDefinitions": definitions, "BillingMode": "PAY_PER_REQUEST",
    })
}
