//! Everything behind the gateway: the stores, the services on them, the door and the table of handlers.

mod callers;
mod services;
mod stores;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use anabranch_cloudtrail::ledger::AuditKey;
use anabranch_cloudtrail::{CloudTrail, TrailOpenError};
use anabranch_cloudwatch::AlarmsOpenError;
use anabranch_governance::audit::AuditSink;
use anabranch_governance::iam::identities;
use anabranch_governance::iam::{Authenticator, Credentials, WebIdentities};
use anabranch_governance::kms::{KmsOpenError, MasterKey};
use anabranch_governance::{Door, EndpointPolicies};
use anabranch_log::RecordLog as _;
use anabranch_log::local;
use anabranch_logs::LogsOpenError;
use anabranch_streams as streams;
use anabranch_tables::TablesOpenError;
use anabranch_types::{Clock, Region};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::alarm_actions::AlarmTarget;
use crate::audit_heads::HeadsPlace;
use crate::backup;
use crate::gateway::{Handlers, PeerCounters, Phase};
use crate::initial_streams::{InitialStreams, NotCreated};
use crate::role_credentials::RoleCredentials;
use crate::schedule::Scheduler;
use services::Services;
use stores::Stores;
pub(crate) use stores::{CATALOG_FILE, LOG_DIR};

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
    stores: Stores,
    feeds: watch::Sender<Phase>,
    /// What goes on without being called.
    running: Vec<AbortHandle>,
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
        let stores = Stores::open(&recipe)?;
        let services = Services::open(&recipe, &stores).await?;
        let scheduler = Scheduler::new(recipe.clock.clone(), services.due(&recipe, &stores));
        let ticking = tokio::spawn({
            let scheduler = Arc::clone(&scheduler);
            async move { scheduler.run().await }
        });
        let mut running = services.start_senders(&recipe);
        running.push(ticking.abort_handle());
        if let Some(initial) = &recipe.initial_streams {
            initial.create(&services.door, &services.streams, &recipe.clock).await?;
        }
        let (feeds, _) = watch::channel(Phase::Serving);
        Ok(Self {
            door: services.door.clone(),
            authenticator: services.authenticator(&recipe),
            handlers: services.handlers(),
            role_credentials: services.role_credentials(&recipe),
            trails: services.trails,
            recipe,
            scheduler,
            stores,
            feeds,
            running,
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
            catalog: self.stores.kept.clone()?,
            log: self.stores.log.clone(),
            master_key: self.recipe.master_key_place.clone(),
        })
    }

    /// Ends when the log can take nothing more, with the reason; the process must end then.
    pub async fn poisoned(&self) -> Arc<io::Error> {
        self.stores.log.poisoned().await
    }

    /// Stops what runs as time passes and shuts the log down: synced when this returns.
    pub async fn close(&self) {
        self.running.iter().for_each(AbortHandle::abort);
        self.trails.close().await;
        if let Err(error) = self.stores.log.shut_down().await {
            tracing::error!(error = &error as &dyn std::error::Error, "the record log did not stop cleanly");
        }
    }
}
