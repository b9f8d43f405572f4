//! Everything behind the gateway: the stores, the services on them, the door and the table of handlers.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use anabranch_catalog::{Catalog, MemoryCatalog, SqliteCatalog};
use anabranch_cloudtrail::ledger::AuditKey;
use anabranch_cloudtrail::{CloudTrail, TrailGround, TrailOpenError};
use anabranch_cloudwatch::{Alarms, AlarmsGround, AlarmsOpenError, CloudWatch, Dashboards};
use anabranch_functions::Functions;
use anabranch_governance::audit::{AuditSink, Both};
use anabranch_governance::iam::identities::{self, Identities};
use anabranch_governance::iam::{Authenticator, Credentials, Iam, RoleTokens, Sessions, WebIdentities};
use anabranch_governance::kms::{Kms, KmsGround, KmsOpenError, MasterKey};
use anabranch_governance::metrics::Metrics;
use anabranch_governance::sts::{Sts, StsGround};
use anabranch_governance::{Authority, Authorize, DenialMessages, Door, EndpointPolicies};
use anabranch_log::RecordLog as _;
use anabranch_log::disk::RealDisk;
use anabranch_log::local::{self, LocalLog, Options};
use anabranch_logs::{Logs, LogsGround, LogsOpenError};
use anabranch_streams::{self as streams, Ground, Streams};
use anabranch_tables::{Tables, TablesGround, TablesOpenError};
use anabranch_types::{Clock, Region, Rng};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::alarm_actions::{AlarmActions, AlarmTarget};
use crate::audit_heads::{HeadSender, HeadsPlace};
use crate::backup;
use crate::deputy::Deputy;
use crate::gateway::{Handlers, PeerCounters, Phase};
use crate::initial_streams::{InitialStreams, NotCreated};
use crate::logs::{Metrics as LogMetrics, StreamDestination};
use crate::role_credentials::RoleCredentials;
use crate::schedule::Scheduler;

/// Beneath the data directory.
pub(crate) const LOG_DIR: &str = "log";
/// Beneath the data directory.
pub(crate) const CATALOG_FILE: &str = "catalog.sqlite";

/// How to make a world, and to make it anew.
#[derive(Clone)]
pub struct Recipe {
    /// Where everything is kept; none to keep nothing.
    pub data_dir: Option<PathBuf>,
    /// When an append is acknowledged.
    pub durability: local::Durability,
    /// Bytes of the log's tail in memory.
    pub tail_bytes_max: usize,
    /// What time it is.
    pub clock: Clock,
    /// The region of requests that name none; users and roles are in its partition.
    pub region: Region,
    /// Whose tokens AssumeRoleWithWebIdentity takes.
    pub web_identities: Arc<WebIdentities>,
    /// Who may call; none for an open server.
    pub credentials: Arc<Credentials>,
    /// Where audit events go beside the ledgers.
    pub audit: Arc<dyn AuditSink>,
    /// What the heads of the ledgers are made with; none for a key under the master key.
    pub audit_key: Option<Arc<AuditKey>>,
    /// Where the heads of the ledgers are sent.
    pub audit_heads: Option<HeadsPlace>,
    /// As whom they are put into a stream.
    pub audit_heads_role: Option<String>,
    /// The directory of buckets, if there is one.
    pub blobs: Option<PathBuf>,
    /// What wraps all keys at rest.
    pub master_key: Arc<MasterKey>,
    /// Where that is kept, in words.
    pub master_key_place: String,
    /// How Data Streams behave where AWS leaves a choice.
    pub streams: streams::Settings,
    /// Streams that shall be there when the world is open.
    pub initial_streams: Option<Arc<InitialStreams>>,
    /// The most that may be done by each VPC endpoint.
    pub endpoint_policies: EndpointPolicies,
    /// Where alarms' actions lead.
    pub alarm_targets: Vec<AlarmTarget>,
    /// As whom alarms put records into streams.
    pub alarm_role: Option<String>,
    /// What became of connections and requests.
    pub peer_counters: PeerCounters,
}

/// Stores and services.
pub struct World {
    /// How this was made.
    pub recipe: Recipe,
    /// The way into every service.
    pub door: Door,
    /// Tells who calls.
    pub authenticator: Authenticator,
    /// What answers each operation.
    pub handlers: Handlers,
    /// Roles' credentials for whoever has a token.
    pub role_credentials: RoleCredentials,
    /// What runs as time passes.
    pub scheduler: Arc<Scheduler>,
    trails: Arc<CloudTrail>,
    log: Arc<LocalLog>,
    /// The catalog where it is kept.
    kept: Option<Arc<SqliteCatalog>>,
    feeds: watch::Sender<Phase>,
    ticking: AbortHandle,
    notifying: AbortHandle,
    sending_heads: Option<AbortHandle>,
    /// Where an ephemeral world keeps its log; gone with it.
    _dir: Option<TempDir>,
}

/// The stores or services cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A directory cannot be had.
    #[error("cannot make a directory for the record log")]
    Directory(#[source] io::Error),
    /// The record log.
    #[error("cannot open the record log")]
    Log(#[source] local::OpenError),
    /// The catalog.
    #[error("cannot open the catalog")]
    Catalog(#[source] anabranch_catalog::OpenError),
    /// Users, roles and their like.
    #[error(transparent)]
    Identities(#[from] identities::OpenError),
    /// KMS.
    #[error(transparent)]
    Kms(#[from] KmsOpenError),
    /// Data Streams.
    #[error(transparent)]
    Streams(#[from] streams::OpenError),
    /// DynamoDB.
    #[error(transparent)]
    Tables(#[from] TablesOpenError),
    /// CloudWatch Logs.
    #[error(transparent)]
    Logs(#[from] LogsOpenError),
    /// Alarms.
    #[error(transparent)]
    Alarms(#[from] AlarmsOpenError),
    /// CloudTrail.
    #[error(transparent)]
    Trails(#[from] TrailOpenError),
    /// A stream that shall be there.
    #[error(transparent)]
    InitialStream(#[from] NotCreated),
}

impl Recipe {
    /// Whether nothing is kept.
    pub fn is_ephemeral(&self) -> bool {
        self.data_dir.is_none()
    }
}

impl World {
    /// Opens the stores, builds the services, starts what runs as time passes.
    pub async fn open(recipe: Recipe) -> Result<Self, OpenError> {
        let (log_dir, dir) = log_dir(&recipe).map_err(OpenError::Directory)?;
        let log = Arc::new(open_log(&recipe, log_dir)?);
        let kept = open_catalog(&recipe)?;
        let catalog: Arc<dyn Catalog> = match &kept {
            Some(kept) => kept.clone(),
            None => Arc::new(MemoryCatalog::default()),
        };
        let metrics = Metrics::new(|registry| recipe.peer_counters.register(registry));
        let identities = Identities::open(
            Arc::clone(&catalog),
            Arc::clone(&recipe.master_key),
            recipe.clock.clone(),
            Rng::system(),
        )
        .await?;
        let cloudwatch = Arc::new(CloudWatch::new(log.clone(), Arc::clone(&catalog)));
        let alarms = Alarms::open(AlarmsGround {
            catalog: Arc::clone(&catalog),
            clock: recipe.clock.clone(),
            metrics: Arc::clone(&cloudwatch),
        })
        .await?;
        let dashboards = Arc::new(Dashboards::new(Arc::clone(&catalog)));
        let keys = Kms::open(KmsGround {
            catalog: Arc::clone(&catalog),
            clock: recipe.clock.clone(),
            rng: Rng::system(),
            master_key: Arc::clone(&recipe.master_key),
        })
        .await?;
        let authority = Authority::behind(Arc::clone(&identities), recipe.endpoint_policies.clone());
        authority.guard("kms", keys.clone());
        let judge: Arc<dyn Authorize> = authority.clone();
        let tables = Tables::open(TablesGround {
            catalog: Arc::clone(&catalog),
            clock: recipe.clock.clone(),
            rng: Rng::system(),
            transition_delay: recipe.streams.transition_delay,
        })
        .await?;
        let trails = CloudTrail::open(TrailGround {
            log: log.clone(),
            catalog: Arc::clone(&catalog),
            clock: recipe.clock.clone(),
            rng: Rng::system(),
            master_key: Arc::clone(&recipe.master_key),
            audit_key: recipe.audit_key.clone(),
            blobs: recipe.blobs.clone(),
            sends_heads: recipe.audit_heads.is_some(),
        })
        .await?;
        let ground = Ground {
            log: log.clone(),
            catalog: Arc::clone(&catalog),
            clock: recipe.clock.clone(),
            rng: Rng::system(),
            master_key: Arc::clone(&recipe.master_key),
            kms: Arc::clone(&keys),
            authorize: Arc::downgrade(&judge),
            metrics: metrics.clone(),
            measurements: cloudwatch.clone(),
        };

        let streams = Streams::open(ground, recipe.streams.clone()).await?;
        let mut handlers = Handlers::default();
        streams.register(&mut handlers);
        cloudwatch.register(&mut handlers);
        alarms.register(&mut handlers);
        dashboards.register(&mut handlers);
        let sessions =
            Arc::new(Sessions::new(Arc::clone(&recipe.master_key), recipe.clock.clone(), Rng::system()));
        let messages = Arc::new(DenialMessages::new(Arc::clone(&recipe.master_key), Rng::system()));
        let tokens = Sts::new(StsGround {
            credentials: Arc::clone(&recipe.credentials),
            identities: Arc::clone(&identities),
            sessions: Arc::clone(&sessions),
            web_identities: Arc::clone(&recipe.web_identities),
            messages: Arc::clone(&messages),
        });
        let tokens = Arc::new(tokens);
        tokens.register(&mut handlers);
        let iam = Iam::new(Arc::clone(&identities), Arc::clone(&recipe.credentials));
        Arc::new(iam).register(&mut handlers);
        Arc::new(Functions).register(&mut handlers);
        keys.register(&mut handlers);
        tables.register(&mut handlers);
        trails.register(&mut handlers);

        authority.guard("kinesis", streams.clone());
        authority.guard("dynamodb", tables.clone());
        authority.guard("cloudwatch", alarms.clone());
        authority.log_denials(messages);
        let door =
            Door::new(authority.clone(), Arc::new(Both(Arc::clone(&recipe.audit), trails.clone())), metrics);
        let deputy = Arc::new(Deputy::new(
            door.clone(),
            Arc::clone(&tokens),
            Arc::clone(&sessions),
            Arc::clone(&identities),
            recipe.clock.clone(),
        ));
        let logs = Logs::open(LogsGround {
            log: log.clone(),
            catalog,
            clock: recipe.clock.clone(),
            rng: Rng::system(),
            authorize: Arc::downgrade(&judge),
            destination: Arc::new(StreamDestination::new(
                door.clone(),
                Arc::clone(&deputy),
                Arc::clone(&streams),
            )),
            metrics: Arc::new(LogMetrics::new(door.clone(), Arc::clone(&cloudwatch), recipe.clock.clone())),
        })
        .await?;
        logs.register(&mut handlers);
        authority.guard("logs", logs.guard());
        let credentials = Arc::clone(&recipe.credentials);
        let authenticator =
            Authenticator::new(credentials, Arc::clone(&identities), sessions, recipe.region.partition());
        let role_credentials = RoleCredentials {
            door: door.clone(),
            sts: tokens,
            identities: Arc::clone(&identities),
            tokens: RoleTokens::new(Arc::clone(&recipe.master_key), Rng::system()),
        };
        let mut due = streams.due();
        due.extend(keys.due());
        due.extend(tables.due());
        due.extend(logs.due());
        due.push(cloudwatch.due(recipe.clock.now()));
        due.push(alarms.due());
        due.extend(trails.due());
        due.push(log.clone());
        due.push(identities.clone());
        let scheduler = Scheduler::new(recipe.clock.clone(), due);
        let ticking = tokio::spawn({
            let scheduler = Arc::clone(&scheduler);
            async move { scheduler.run().await }
        });
        let actions = AlarmActions {
            alarms,
            targets: recipe.alarm_targets.clone(),
            role: recipe.alarm_role.clone(),
            door: door.clone(),
            deputy: Arc::clone(&deputy),
            streams: Arc::clone(&streams),
        };
        let notifying = tokio::spawn(async move { actions.run().await });
        let sending_heads = recipe.audit_heads.clone().map(|place| {
            let outbox = trails.heads_to_send();
            let (door, streams) = (door.clone(), Arc::clone(&streams));
            let sender =
                HeadSender { outbox, place, role: recipe.audit_heads_role.clone(), door, deputy, streams };
            tokio::spawn(async move { sender.run().await }).abort_handle()
        });
        if let Some(initial) = &recipe.initial_streams {
            initial.create(&door, &streams, &recipe.clock).await?;
        }
        let (feeds, _) = watch::channel(Phase::Serving);
        Ok(Self {
            recipe,
            door,
            authenticator,
            handlers,
            role_credentials,
            scheduler,
            log,
            kept,
            trails,
            feeds,
            ticking: ticking.abort_handle(),
            notifying: notifying.abort_handle(),
            sending_heads,
            _dir: dir,
        })
    }

    /// Whether feeds may go on.
    pub fn feeds(&self) -> watch::Receiver<Phase> {
        self.feeds.subscribe()
    }

    /// Ends every feed.
    pub fn end_feeds(&self) {
        self.feeds.send_replace(Phase::Draining);
    }

    /// What a backup copies; none if nothing is kept.
    pub fn backup_source(&self) -> Option<backup::Source> {
        Some(backup::Source {
            data_dir: self.recipe.data_dir.clone()?,
            catalog: self.kept.clone()?,
            log: self.log.clone(),
            master_key: self.recipe.master_key_place.clone(),
        })
    }

    /// Ends when the log can take nothing more, with the reason; the process must end then.
    pub async fn poisoned(&self) -> Arc<io::Error> {
        self.log.poisoned().await
    }

    /// Stops what runs as time passes and shuts the log down: synced when this returns.
    pub async fn close(&self) {
        self.ticking.abort();
        self.notifying.abort();
        self.trails.close().await;
        if let Some(sending_heads) = &self.sending_heads {
            sending_heads.abort();
        }
        if let Err(error) = self.log.shut_down().await {
            tracing::error!(error = &error as &dyn std::error::Error, "the record log did not stop cleanly");
        }
    }
}

fn log_dir(recipe: &Recipe) -> io::Result<(PathBuf, Option<TempDir>)> {
    match &recipe.data_dir {
        Some(data_dir) => {
            let dir = data_dir.join(LOG_DIR);
            std::fs::create_dir_all(&dir)?;
            Ok((dir, None))
        }
        None => {
            let dir = tempfile::Builder::new().prefix("anabranch-").tempdir()?;
            Ok((dir.path().to_owned(), Some(dir)))
        }
    }
}

fn open_log(recipe: &Recipe, dir: PathBuf) -> Result<LocalLog, OpenError> {
    let disk = RealDisk::open(dir).map_err(OpenError::Directory)?;
    let options = Options {
        durability: recipe.durability,
        tail_bytes_max: recipe.tail_bytes_max,
        clock: recipe.clock.clone(),
        ..Options::default()
    };
    LocalLog::open(Arc::new(disk), options).map_err(OpenError::Log)
}

fn open_catalog(recipe: &Recipe) -> Result<Option<Arc<SqliteCatalog>>, OpenError> {
    let open = |dir: &PathBuf| SqliteCatalog::open(&dir.join(CATALOG_FILE)).map(Arc::new);
    recipe.data_dir.as_ref().map(open).transpose().map_err(OpenError::Catalog)
}
