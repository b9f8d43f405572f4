use std::error::Error;
use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

use anabranch_api::dynamodb::{CreateTable, PutItem};
use anabranch_api::iam::{CreateAccessKey, CreateUser, PutUserPolicy};
use anabranch_api::kinesis::{
    CreateStream, DescribeStream, GetShardIterator, PutRecords, PutResourcePolicy, ShardIteratorType,
};
use anabranch_api::{Context, Operation, RequestId, Serve};
use anabranch_catalog::{Catalog, MemoryCatalog};
use anabranch_governance::iam::identities::Identities;
use anabranch_governance::iam::{Authenticator, Credentials as Keys, Iam, Identity, Sessions};
use anabranch_governance::kms::{Kms, KmsGround, MasterKey};
use anabranch_governance::{Authority, Authorize, Door};
use anabranch_log::disk::RealDisk;
use anabranch_log::local::{Durability, LocalLog, Options};
use anabranch_streams::limits::LimitsMode;
use anabranch_streams::{Ground, Settings, Streams};
use anabranch_tables::{Tables, TablesGround};
use anabranch_types::{Clock, Due, Partition, Rng, StreamName, Timestamp};
use anabranch_wire::sigv4::{Credentials, Payload, SignedRequest, Signer, sha256};
use anabranch_wire::{Envelope, Protocol, Violations};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue};

use crate::recorder::{Recorded, Recorder, RecorderGround};

const ACCESS_KEY: &str = "AKIDBENCHMARK";
const SECRET: &str = "of-no-worth-outside-a-benchmark";
const USER: &str = "bench";
/// What the user may by its identity policy, of a size that policies have.
const USER_POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow","Action":["kinesis:Get*","kinesis:List*","kinesis:Describe*"],"Resource":"*"},{"Sid":"Write","Effect":"Allow","Action":["kinesis:PutRecord","kinesis:PutRecords"],"Resource":"arn:aws:kinesis:*:*:stream/bench*"},{"Sid":"Keep","Effect":"Deny","Action":"kinesis:DeleteStream","Resource":"*"}]}"#;
const KINESIS: Service = Service { name: "kinesis", target: "Kinesis_20131202" };
const DYNAMODB: Service = Service { name: "dynamodb", target: "DynamoDB_20120810" };
/// When the clock begins: a full hour, so that what falls due every so many minutes does so at the same requests of each run.
const BEGINS_SECONDS: i64 = 1_800_000_000;
const HOST: &str = "127.0.0.1:4566";
const NO_ENVELOPE: Envelope<'static> = Envelope { operation: "", namespace: "", version: "", request_id: "" };

/// Why a benchmark cannot go on.
pub type Failure = Box<dyn Error + Send + Sync>;

/// Everything behind a connection, over a log in one directory.
pub struct Path {
    authenticator: Authenticator,
    door: Door,
    streams: Arc<Streams>,
    tables: Arc<Tables>,
    iam: Arc<Iam>,
    caller: Caller,
    clock: Clock,
    recorder: Recorder,
    due: Vec<Arc<dyn Due>>,
    _log: Arc<LocalLog>,
}

/// Who signs requests.
struct Caller {
    access_key: String,
    secret: String,
}

/// Whom a request is for.
#[derive(Clone, Copy)]
struct Service {
    name: &'static str,
    /// What operations are called after.
    target: &'static str,
}

/// A request as it comes.
#[derive(Clone)]
pub struct Signed {
    service: Service,
    protocol: Protocol,
    headers: HeaderMap,
    body: Bytes,
}

impl Path {
    /// Opens the stores in a directory; records are acknowledged from memory, so that what is counted is our own work.
    pub async fn open(dir: &FilePath, recorded: Recorded) -> Result<Self, Failure> {
        let clock = Clock::standing(Timestamp::from_seconds(BEGINS_SECONDS));
        let options = Options { durability: Durability::Memory, clock: clock.clone(), ..Options::default() };
        let log = Arc::new(LocalLog::open(Arc::new(RealDisk::open(dir.join("log"))?), options)?);
        let catalog: Arc<dyn Catalog> = Arc::new(MemoryCatalog::default());
        let (master_key, rng) = (Arc::new(MasterKey::random(&Rng::system())), Rng::system());
        let recorder = RecorderGround {
            log: log.clone(),
            catalog: Arc::clone(&catalog),
            clock: clock.clone(),
            master_key: Arc::clone(&master_key),
            blobs: &dir.join("blobs"),
        };
        let recorder = Recorder::open(recorder, recorded).await?;
        let identities =
            Identities::open(Arc::clone(&catalog), Arc::clone(&master_key), clock.clone(), rng.clone())
                .await?;
        let authority = Authority::new(Arc::clone(&identities));
        let judge: Arc<dyn Authorize> = authority.clone();
        let kms = KmsGround {
            catalog: Arc::clone(&catalog),
            clock: clock.clone(),
            rng: rng.clone(),
            master_key: Arc::clone(&master_key),
        };
        let kms = Kms::open(kms).await?;
        authority.guard("kms", kms.clone());
        let tables = TablesGround {
            catalog: Arc::clone(&catalog),
            clock: clock.clone(),
            rng: rng.clone(),
            transition_delay: Duration::ZERO,
        };
        let tables = Tables::open(tables).await?;
        authority.guard("dynamodb", tables.clone());
        let ground = Ground {
            log: log.clone(),
            catalog,
            measurements: recorder.cloudwatch.clone(),
            clock: clock.clone(),
            rng: rng.clone(),
            metrics: recorder.metrics.clone(),
            master_key: Arc::clone(&master_key),
            kms,
            authorize: Arc::downgrade(&judge),
        };
        let settings = Settings { limits: LimitsMode::Off, ..Settings::default() };
        let root = Keys::from_root_key(&format!("{ACCESS_KEY}:{SECRET}"))?;
        let sessions = Sessions::new(master_key, clock.clone(), rng);
        let streams = Streams::open(ground, settings).await?;
        authority.guard("kinesis", streams.clone());
        let root = Arc::new(root);
        let path = Self {
            iam: Arc::new(Iam::new(Arc::clone(&identities), Arc::clone(&root))),
            authenticator: Authenticator::new(root, identities, Arc::new(sessions), Partition::Aws),
            door: Door::new(authority, recorder.sink(), recorder.metrics.clone()),
            due: streams.due(),
            streams,
            tables,
            caller: Caller { access_key: ACCESS_KEY.to_owned(), secret: SECRET.to_owned() },
            clock,
            recorder,
            _log: log,
        };
        if recorded == Recorded::DataEvents {
            path.recorder.ask_for_data(&path.door, &path.context(path.anybody()?)).await?;
        }
        Ok(path)
    }

    /// Lets a minute of the clock pass; where something is recorded, metrics are sent on and alarms are judged.
    pub async fn pass_a_minute(&self) {
        self.recorder.pass_a_minute(&self.clock, &self.due).await;
    }

    /// From now on an IAM user calls, who may put by an identity policy into a stream that has a policy of its own.
    pub async fn become_user(&mut self, stream: &str) -> Result<(), Failure> {
        let user = CreateUser { user_name: USER.into(), ..CreateUser::default() };
        let made = self.door.unary(self.context(self.anybody()?), &self.iam, user).await?;
        let arn = made.user.ok_or("there is no user")?.arn;
        let policy = PutUserPolicy {
            user_name: USER.into(),
            policy_name: USER.into(),
            policy_document: USER_POLICY.into(),
        };
        self.door.unary(self.context(self.anybody()?), &self.iam, policy).await?;
        let describe = DescribeStream { stream_name: Some(name(stream)?), ..DescribeStream::default() };
        let described = self.door.unary(self.context(self.anybody()?), &self.streams, describe).await?;
        let resource_arn = described.stream_description.stream_arn;
        // The account is named, not the user: so both policies have to allow.
        let account = arn.split(':').nth(4).ok_or("the user's ARN has no account")?;
        let policy = serde_json::json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Sid": "Account",
                "Effect": "Allow",
                "Principal": { "AWS": format!("arn:aws:iam::{account}:root") },
                "Action": ["kinesis:PutRecord", "kinesis:PutRecords"],
                "Resource": &*resource_arn,
            }],
        });
        let put = PutResourcePolicy {
            resource_arn,
            policy: policy.to_string().into(),
            ..PutResourcePolicy::default()
        };
        self.door.unary(self.context(self.anybody()?), &self.streams, put).await?;
        let key = CreateAccessKey { user_name: Some(USER.into()) };
        let key = self.door.unary(self.context(self.anybody()?), &self.iam, key).await?.access_key;
        let (access_key, secret) = (key.access_key_id.to_string(), key.secret_access_key.to_string());
        self.caller = Caller { access_key, secret };
        Ok(())
    }

    /// Signs a request of Kinesis.
    pub fn sign(&self, protocol: Protocol, operation: &str, body: Bytes) -> Result<Signed, Failure> {
        self.sign_for(KINESIS, protocol, operation, body)
    }

    /// Signs a request of DynamoDB.
    pub fn sign_for_tables(&self, operation: &str, body: Bytes) -> Result<Signed, Failure> {
        self.sign_for(DYNAMODB, Protocol::Json10, operation, body)
    }

    fn sign_for(
        &self,
        service: Service,
        protocol: Protocol,
        operation: &str,
        body: Bytes,
    ) -> Result<Signed, Failure> {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static(HOST));
        headers.insert("content-type", HeaderValue::from_static(protocol.content_type()));
        headers.insert("x-amz-target", HeaderValue::try_from(format!("{}.{operation}", service.target))?);
        let signer = Signer {
            credentials: Credentials {
                access_key: &self.caller.access_key,
                secret: &self.caller.secret,
                token: None,
            },
            region: "us-east-1",
            service: service.name,
            now: Clock::machine_now(),
        };
        let added = signer.sign(&request(&headers, &sha256(&body))).ok_or("it cannot be signed")?;
        headers.extend(added);
        Ok(Signed { service, protocol, headers, body })
    }

    /// Answers a request of Kinesis, as the gateway does once its body is there.
    pub async fn answer<Op>(&self, signed: &Signed) -> Result<Bytes, Failure>
    where
        Op: Operation,
        Streams: Serve<Op>,
    {
        self.answer_by(&self.streams, signed).await
    }

    /// Answers a request of DynamoDB.
    pub async fn answer_of_tables<Op>(&self, signed: &Signed) -> Result<Bytes, Failure>
    where
        Op: Operation,
        Tables: Serve<Op>,
    {
        self.answer_by(&self.tables, signed).await
    }

    async fn answer_by<Op, S>(&self, behind: &Arc<S>, signed: &Signed) -> Result<Bytes, Failure>
    where
        Op: Operation,
        S: Serve<Op>,
    {
        let Signed { service, protocol, headers, body } = signed;
        protocol.well_formed(body).map_err(|malformed| format!("{malformed:?}"))?;
        let caller = self
            .authenticator
            .authenticate(&request(headers, &sha256(body)), service.name)
            .map_err(|failure| format!("{failure:?}"))?;
        let mut violations = Violations::default();
        let asked: Op = protocol.decode(body.clone(), &mut violations).map_err(|m| format!("{m:?}"))?;
        asked.check(&mut violations);
        if !violations.is_empty() {
            return Err(violations.to_string().into());
        }
        let output = self.door.unary(self.context(caller), behind, asked).await?;
        Ok(protocol.encode(&output, &NO_ENVELOPE, BytesMut::with_capacity(1024)).freeze())
    }

    /// Makes a stream of so many shards.
    pub async fn create(&self, stream: &str, shards: i32) -> Result<(), Failure> {
        let create =
            CreateStream { stream_name: name(stream)?, shard_count: Some(shards), ..CreateStream::default() };
        self.door.unary(self.context(self.anybody()?), &self.streams, create).await?;
        self.recorder.watch(&self.door, self.context(self.anybody()?), stream).await
    }

    /// Makes a lease table with one lease, which has an owner and a counter of 1.
    pub async fn create_lease(&self, table: &str) -> Result<(), Failure> {
        let create = self.sign_for_tables("CreateTable", crate::lease_table(table))?;
        self.answer_of_tables::<CreateTable>(&create).await?;
        for due in self.tables.due() {
            due.run(self.clock.now()).await;
        }
        let put = self.sign_for_tables("PutItem", crate::lease(table))?;
        self.answer_of_tables::<PutItem>(&put).await.map(drop)
    }

    /// Fills a stream with this many records of 1 KiB, by requests of 500.
    pub async fn fill(&self, stream: &str, records: usize) -> Result<(), Failure> {
        let body = crate::put_records(Protocol::Json11, stream, 500, 1024);
        let signed = self.sign(Protocol::Json11, "PutRecords", body)?;
        for _ in 0..records.div_ceil(500) {
            self.answer::<PutRecords>(&signed).await?;
        }
        Ok(())
    }

    /// An iterator at the oldest record of a stream's first shard.
    pub async fn oldest(&self, stream: &str) -> Result<String, Failure> {
        let describe = DescribeStream { stream_name: Some(name(stream)?), ..DescribeStream::default() };
        let described = self.door.unary(self.context(self.anybody()?), &self.streams, describe).await?;
        let shard = described.stream_description.shards.first().ok_or("the stream has no shard")?.shard_id;
        let get = GetShardIterator {
            stream_name: Some(name(stream)?),
            shard_id: shard.to_string().into(),
            shard_iterator_type: ShardIteratorType::TrimHorizon,
            ..GetShardIterator::default()
        };
        let got = self.door.unary(self.context(self.anybody()?), &self.streams, get).await?;
        Ok(got.shard_iterator.ok_or("there is no iterator")?.to_string())
    }

    fn anybody(&self) -> Result<Identity, Failure> {
        let signed = self.sign(Protocol::Json11, "ListStreams", Bytes::from_static(b"{}"))?;
        self.authenticator
            .authenticate(&request(&signed.headers, &sha256(&signed.body)), "kinesis")
            .map_err(|failure| format!("{failure:?}").into())
    }

    fn context(&self, caller: Identity) -> Context {
        Context {
            access_key: caller.access_key,
            session: caller.session,
            ..Context::inside(
                caller.principal,
                caller.account,
                caller.region,
                RequestId::from_random(1),
                self.clock.now(),
            )
        }
    }
}

fn name(stream: &str) -> Result<StreamName, Failure> {
    StreamName::parse(stream.to_owned()).ok_or_else(|| format!("`{stream}` is no stream's name").into())
}

fn request<'a>(headers: &'a HeaderMap, sum: &'a [u8; 32]) -> SignedRequest<'a> {
    SignedRequest {
        method: "POST",
        path: "/",
        query: "",
        headers,
        authority: None,
        payload: Payload::Sha256(sum),
    }
}
