use std::sync::Arc;

use anabranch_cloudtrail::{CloudTrail, TrailGround};
use anabranch_cloudwatch::{Alarms, AlarmsGround, CloudWatch, Dashboards};
use anabranch_functions::Functions;
use anabranch_governance::Door;
use anabranch_governance::audit::Both;
use anabranch_governance::iam::{Authenticator, RoleTokens};
use anabranch_governance::kms::{Kms, KmsGround};
use anabranch_governance::metrics::Metrics;
use anabranch_logs::{Logs, LogsGround};
use anabranch_streams::{Ground, Streams};
use anabranch_tables::{Tables, TablesGround};
use anabranch_types::{Due, Rng};
use tokio::task::AbortHandle;

use super::callers::Callers;
use super::stores::Stores;
use super::{OpenError, Recipe};
use crate::alarm_actions::AlarmActions;
use crate::audit_heads::HeadSender;
use crate::deputy::Deputy;
use crate::gateway::Handlers;
use crate::logs::{Metrics as LogMetrics, StreamDestination};
use crate::role_credentials::RoleCredentials;

/// Every service over the stores, and the door that leads to them.
pub(super) struct Services {
    pub door: Door,
    pub streams: Arc<Streams>,
    pub trails: Arc<CloudTrail>,
    callers: Callers,
    deputy: Arc<Deputy>,
    keys: Arc<Kms>,
    tables: Arc<Tables>,
    cloudwatch: Arc<CloudWatch>,
    alarms: Arc<Alarms>,
    dashboards: Arc<Dashboards>,
    logs: Arc<Logs>,
}

impl Services {
    /// Those that others stand on come first; those behind the door, which call others, last.
    pub async fn open(recipe: &Recipe, stores: &Stores) -> Result<Self, OpenError> {
        let (log, catalog, clock) = (&stores.log, &stores.catalog, &recipe.clock);
        let callers = Callers::open(recipe, stores).await?;
        let metrics = Metrics::new(|registry| recipe.peer_counters.register(registry));
        let cloudwatch = Arc::new(CloudWatch::new(log.clone(), Arc::clone(catalog)));
        let alarms = AlarmsGround {
            catalog: Arc::clone(catalog),
            clock: clock.clone(),
            metrics: Arc::clone(&cloudwatch),
        };
        let alarms = Alarms::open(alarms).await?;
        let keys = KmsGround {
            catalog: Arc::clone(catalog),
            clock: clock.clone(),
            rng: Rng::system(),
            master_key: Arc::clone(&recipe.master_key),
        };
        let keys = Kms::open(keys).await?;
        let tables = TablesGround {
            catalog: Arc::clone(catalog),
            clock: clock.clone(),
            rng: Rng::system(),
            transition_delay: recipe.streams.transition_delay,
        };
        let tables = Tables::open(tables).await?;
        let trails = open_trails(recipe, stores).await?;
        let streams = Ground {
            log: log.clone(),
            catalog: Arc::clone(catalog),
            clock: clock.clone(),
            rng: Rng::system(),
            master_key: Arc::clone(&recipe.master_key),
            kms: Arc::clone(&keys),
            authorize: callers.judge(),
            metrics: metrics.clone(),
            measurements: cloudwatch.clone(),
        };
        let streams = Streams::open(streams, recipe.streams.clone()).await?;
        let audit = Arc::new(Both(Arc::clone(&recipe.audit), trails.clone()));
        let door = Door::new(callers.authority.clone(), audit, metrics);
        let deputy = Arc::new(callers.deputy(door.clone(), clock.clone()));
        let destination = StreamDestination::new(door.clone(), Arc::clone(&deputy), Arc::clone(&streams));
        let logs = LogsGround {
            log: log.clone(),
            catalog: Arc::clone(catalog),
            clock: clock.clone(),
            rng: Rng::system(),
            authorize: callers.judge(),
            destination: Arc::new(destination),
            metrics: Arc::new(LogMetrics::new(door.clone(), Arc::clone(&cloudwatch), clock.clone())),
        };
        let logs = Logs::open(logs).await?;
        let dashboards = Arc::new(Dashboards::new(Arc::clone(catalog)));
        callers.authority.guard("kms", keys.clone());
        callers.authority.guard("kinesis", streams.clone());
        callers.authority.guard("dynamodb", tables.clone());
        callers.authority.guard("cloudwatch", alarms.clone());
        callers.authority.guard("logs", logs.guard());
        Ok(Self {
            door,
            streams,
            trails,
            callers,
            deputy,
            keys,
            tables,
            cloudwatch,
            alarms,
            dashboards,
            logs,
        })
    }

    /// What answers each operation.
    pub fn handlers(&self) -> Handlers {
        let mut handlers = Handlers::default();
        self.callers.register(&mut handlers);
        self.keys.register(&mut handlers);
        self.streams.register(&mut handlers);
        self.tables.register(&mut handlers);
        self.cloudwatch.register(&mut handlers);
        self.alarms.register(&mut handlers);
        self.dashboards.register(&mut handlers);
        self.logs.register(&mut handlers);
        self.trails.register(&mut handlers);
        Arc::new(Functions).register(&mut handlers);
        handlers
    }

    /// What runs as time passes. Called once.
    pub fn due(&self, recipe: &Recipe, stores: &Stores) -> Vec<Arc<dyn Due>> {
        let mut due = self.streams.due();
        due.extend(self.keys.due());
        due.extend(self.tables.due());
        due.extend(self.logs.due());
        due.push(self.cloudwatch.due(recipe.clock.now()));
        due.push(self.alarms.due());
        due.extend(self.trails.due());
        due.push(stores.log.clone());
        due.push(self.callers.identities.clone());
        due
    }

    /// Starts those that send what waits in an outbox.
    pub fn start_senders(&self, recipe: &Recipe) -> Vec<AbortHandle> {
        let actions = AlarmActions {
            alarms: Arc::clone(&self.alarms),
            targets: recipe.alarm_targets.clone(),
            role: recipe.alarm_role.clone(),
            door: self.door.clone(),
            deputy: Arc::clone(&self.deputy),
            streams: Arc::clone(&self.streams),
        };
        let mut started = vec![tokio::spawn(async move { actions.run().await }).abort_handle()];
        if let Some(place) = recipe.audit_heads.clone() {
            let heads = HeadSender {
                outbox: self.trails.heads_to_send(),
                place,
                role: recipe.audit_heads_role.clone(),
                door: self.door.clone(),
                deputy: Arc::clone(&self.deputy),
                streams: Arc::clone(&self.streams),
            };
            started.push(tokio::spawn(async move { heads.run().await }).abort_handle());
        }
        started
    }

    /// Tells who calls.
    pub fn authenticator(&self, recipe: &Recipe) -> Authenticator {
        let Callers { identities, sessions, .. } = &self.callers;
        let credentials = Arc::clone(&recipe.credentials);
        Authenticator::new(
            credentials,
            Arc::clone(identities),
            Arc::clone(sessions),
            recipe.region.partition(),
        )
    }

    /// Roles' credentials for whoever has a token.
    pub fn role_credentials(&self, recipe: &Recipe) -> RoleCredentials {
        RoleCredentials {
            door: self.door.clone(),
            sts: Arc::clone(&self.callers.sts),
            identities: Arc::clone(&self.callers.identities),
            tokens: RoleTokens::new(Arc::clone(&recipe.master_key), Rng::system()),
        }
    }
}

async fn open_trails(recipe: &Recipe, stores: &Stores) -> Result<Arc<CloudTrail>, OpenError> {
    let ground = TrailGround {
        log: stores.log.clone(),
        catalog: Arc::clone(&stores.catalog),
        clock: recipe.clock.clone(),
        rng: Rng::system(),
        master_key: Arc::clone(&recipe.master_key),
        audit_key: recipe.audit_key.clone(),
        blobs: recipe.blobs.clone(),
        sends_heads: recipe.audit_heads.is_some(),
    };
    Ok(CloudTrail::open(ground).await?)
}
