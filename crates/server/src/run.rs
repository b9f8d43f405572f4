//! Start-up and shutdown, as a recipe.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anabranch_catalog::SqliteCatalog;
use anabranch_cloudtrail::ledger::{AuditKey, AuditKeyFileError};
use anabranch_governance::EndpointPolicies;
use anabranch_governance::audit::{AuditSink, FileSink, NoAudit};
use anabranch_governance::iam::root_keys::{self, RootKeysError};
use anabranch_governance::iam::web_identity::KeySetError;
use anabranch_governance::iam::{Access, Credentials, CredentialsError, WebIdentities};
use anabranch_governance::kms::MasterKey;
use anabranch_log::local;
use anabranch_streams as streams;
use anabranch_streams::limits::LimitsMode;

use crate::announce;
use crate::config::{ConfigError, Durability, Limits, Settings};
use crate::endpoints::{self, EndpointError};
use crate::fault::Faults;
use crate::gateway::{self, Gateway, Guard, PeerCounters, PeerLimits, Peers, TlsError};
use crate::initial_streams::InitialStreams;
use crate::listeners::{Certificates, ListenError, Listeners};
use crate::logging;
use crate::master_key::{Found, NoMasterKey};
use crate::place::{Place, PlaceError};
use crate::stop::{Stop, Until};
use crate::test_clock::{ClockError, KeptClock};
use crate::world::{self, Recipe, World};

/// How long what was begun may take to finish once the server was told to stop.
const DRAIN_MAX: Duration = Duration::from_secs(30);
/// How long calls in flight may take to be told that the log takes nothing more.
const REFUSE_MAX: Duration = Duration::from_secs(2);

/// Why the server did not start, or did not stop well.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum RunError {
    #[error(transparent)]
    Place(#[from] PlaceError),
    #[error(transparent)]
    Clock(#[from] ClockError),
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    RootKeys(#[from] RootKeysError),
    #[error(transparent)]
    MasterKey(#[from] NoMasterKey),
    #[error(transparent)]
    WebIdentity(#[from] KeySetError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    #[error("cannot open the stores")]
    World(#[from] world::OpenError),
    #[error("cannot open the audit file {}", path.display())]
    Audit { path: PathBuf, source: io::Error },
    #[error(transparent)]
    AuditKey(#[from] AuditKeyFileError),
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error("cannot write the ready file {}", path.display())]
    ReadyFile { path: PathBuf, source: io::Error },
    #[error("cannot {doing}")]
    System { doing: &'static str, source: io::Error },
    /// What was acknowledged is safe; a restart recovers.
    #[error(
        "the record log could not be written and takes nothing more; start again once the cause is mended"
    )]
    Poisoned(#[source] Arc<io::Error>),
}

/// Serves until SIGTERM or SIGINT, or as `until` says, then finishes what was begun.
pub fn serve(settings: Settings, until: Until) -> Result<(), RunError> {
    logging::start(&settings.flags);
    raise_open_files();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime
        .map_err(|source| RunError::System { doing: "start threads", source })?
        .block_on(run(settings, until))
}

async fn run(settings: Settings, until: Until) -> Result<(), RunError> {
    let stop = Stop::watch(until);
    let mut stop = stop.map_err(|source| RunError::System { doing: "wait for signals", source })?;
    let server = Server::start(settings).await?;
    server.announce()?;
    tokio::select! {
        () = stop.told() => {}
        reason = server.gateway.world_poisoned() => {
            server.refuse().await;
            return Err(RunError::Poisoned(reason));
        }
    }
    server.drain().await
}

/// A server that answers.
pub struct Server {
    settings: Settings,
    gateway: Arc<Gateway>,
    listeners: Listeners,
    audit: Option<Arc<FileSink>>,
    /// Given up last: until then the directory is ours.
    place: Option<Place>,
}

impl Server {
    /// Opens the stores, builds the services, starts tasks, listens. Must run inside a Tokio runtime.
    pub async fn start(mut settings: Settings) -> Result<Self, RunError> {
        let named = credentials(&settings)?;
        let place = claim(&settings)?;
        let data_dir = place.as_ref().map(|place| place.dir().to_owned());
        let master_key = settings.master_key_choice().open(data_dir.as_deref()).await?;
        let made_here = made_here(data_dir.as_deref(), &master_key.key).await?;
        settings.initialised = made_here.access() == Access::Closed;
        settings.check_listeners()?;
        let credentials = named.with(made_here)?;
        let clock = match settings.flags.test_clock {
            true => KeptClock::test(data_dir.as_deref())?,
            false => KeptClock::machine(data_dir.as_deref())?,
        };
        let certificates = Certificates::open(&settings, data_dir.as_deref()).await?;
        let endpoint_policies = endpoints::policies(&settings.flags.vpc_endpoint)?;
        let audit = open_audit(&settings)?;
        let audit_key = settings.flags.audit_key.as_deref().map(AuditKey::load).transpose()?.map(Arc::new);
        let initial_streams = initial_streams(&settings, &credentials);

        let peer_counters = PeerCounters::default();
        let web_identities = Arc::new(WebIdentities::open(&settings.flags.web_identity)?);
        let recipe = recipe(&settings, data_dir.clone(), &clock, credentials, audit.clone(), master_key);
        let peers = peer_counters.clone();
        let recipe = Recipe {
            initial_streams,
            endpoint_policies,
            peer_counters: peers,
            web_identities,
            audit_key,
            ..recipe
        };
        let world = World::open(recipe).await?;
        let gateway = Gateway::new(gateway::Parts {
            world,
            guard: guard(&settings),
            faults: Faults::new(settings.flags.fault.clone(), settings.flags.fault_seed),
            clock,
            memory_bytes_max: settings.flags.memory_max.0 / 2,
            peers: Peers::new(peer_limits(&settings), peer_counters),
        });

        let listeners = Listeners::open(&settings, data_dir.as_deref(), certificates, &gateway).await?;
        Ok(Self { settings, gateway, listeners, audit, place })
    }

    /// The addresses it listens on, in the order they were given.
    pub fn addresses(&self) -> &[SocketAddr] {
        self.listeners.addresses()
    }

    /// The address of `--metrics-listen`.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.listeners.metrics_address()
    }

    /// Tells people on standard output and scripts by the ready file that it answers.
    fn announce(&self) -> Result<(), RunError> {
        let Some(first) = self.addresses().first() else { return Ok(()) };
        let endpoint = announce::endpoint(&self.settings, *first);
        let endpoint_urls = self.listeners.endpoint_urls(&self.settings);
        if let Some(path) = &self.settings.flags.ready_file {
            let region = self.settings.flags.region.as_str();
            announce::write_ready_file(path, &endpoint, region, &endpoint_urls)
                .map_err(|source| RunError::ReadyFile { path: path.clone(), source })?;
        }
        let kept = self.place.as_ref().map(Place::dir);
        let authority = self.listeners.authority();
        let text = announce::text(&self.settings, &endpoint, &endpoint_urls, kept, authority);
        let mut out = io::stdout().lock();
        // Nobody may be reading: that is no reason to stop.
        if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
            tracing::warn!("nobody reads what the server says at start-up");
        }
        Ok(())
    }

    /// Takes nothing new; gives what waits for the log a moment to be refused.
    async fn refuse(&self) {
        self.gateway.drain();
        self.listeners.connections_ended(REFUSE_MAX).await;
    }

    /// Takes nothing new, finishes what was begun, syncs and closes the stores.
    pub async fn drain(self) -> Result<(), RunError> {
        self.gateway.drain();
        if !self.listeners.connections_ended(DRAIN_MAX).await {
            tracing::warn!("some connections did not end in time and are cut");
        }
        self.gateway.world().close().await;
        if let Some(audit) = &self.audit
            && let Err(error) = audit.close()
        {
            tracing::error!(%error, "the audit file is not whole");
        }
        drop(self.place);
        Ok(())
    }
}

fn credentials(settings: &Settings) -> Result<Credentials, RunError> {
    let of_variable = match &settings.root_key {
        Some(key) => Credentials::from_root_key(key.reveal())?,
        None => Credentials::none(),
    };
    let of_file = match &settings.flags.credentials {
        Some(path) => Credentials::from_file(path)?,
        None => Credentials::none(),
    };
    Ok(of_variable.with(of_file)?)
}

/// The root keys that `anabranch init` made in this directory.
async fn made_here(data_dir: Option<&Path>, master_key: &MasterKey) -> Result<Credentials, RunError> {
    let file = data_dir.map(|dir| dir.join(world::CATALOG_FILE));
    match file.filter(|file| file.exists()) {
        Some(file) => {
            let catalog = SqliteCatalog::open(&file).map_err(world::OpenError::Catalog)?;
            Ok(root_keys::read(&catalog, master_key).await?)
        }
        None => Ok(Credentials::none()),
    }
}

fn claim(settings: &Settings) -> Result<Option<Place>, RunError> {
    if settings.flags.ephemeral {
        return Ok(None);
    }
    let dir = settings.data_dir().ok_or(PlaceError::Nowhere)?;
    Ok(Some(Place::claim(&dir)?))
}

fn open_audit(settings: &Settings) -> Result<Option<Arc<FileSink>>, RunError> {
    let Some(path) = &settings.flags.audit_file else { return Ok(None) };
    let sink = FileSink::open(path).map_err(|source| RunError::Audit { path: path.clone(), source })?;
    Ok(Some(Arc::new(sink)))
}

fn recipe(
    settings: &Settings,
    data_dir: Option<PathBuf>,
    clock: &KeptClock,
    credentials: Credentials,
    audit: Option<Arc<FileSink>>,
    master_key: Found,
) -> Recipe {
    let durability = match settings.flags.durability {
        _ if data_dir.is_none() => local::Durability::Memory,
        Durability::Sync => local::Durability::Sync,
        Durability::Interval(every) => local::Durability::Interval(every),
        Durability::Memory => local::Durability::Memory,
    };
    let audit: Arc<dyn AuditSink> = match audit {
        Some(sink) => sink,
        None => Arc::new(NoAudit),
    };
    // A half of the budget is for bodies and answers, an eighth for the log's tail, an eighth for events of fan-out.
    let tail_bytes_max = usize::try_from(settings.flags.memory_max.0 / 8).unwrap_or(usize::MAX);
    let streams = streams::Settings {
        limits: match settings.flags.limits {
            Limits::Shards => LimitsMode::Shards,
            Limits::Aws => LimitsMode::Aws,
            Limits::Off => LimitsMode::Off,
        },
        transition_delay: Duration::from_millis(settings.flags.transition_delay.into()),
        event_memory: streams::EventMemory::new(tail_bytes_max),
    };
    let Found { key, place: master_key_place } = master_key;
    Recipe {
        data_dir,
        durability,
        tail_bytes_max,
        clock: clock.clock.clone(),
        region: settings.flags.region.clone(),
        web_identities: Arc::default(),
        credentials: Arc::new(credentials),
        audit,
        audit_key: None,
        blobs: settings.flags.blobs.clone(),
        audit_heads: settings.flags.audit_heads.clone(),
        audit_heads_role: settings.flags.audit_heads_role.clone(),
        master_key: Arc::new(key),
        master_key_place,
        streams,
        initial_streams: None,
        endpoint_policies: EndpointPolicies::new(),
        alarm_targets: settings.flags.alarm_target.clone(),
        alarm_role: settings.flags.alarm_role.clone(),
        peer_counters: PeerCounters::default(),
    }
}

/// What the configuration names, for the accounts that the server knows; an open one's without a name is 000000000000.
fn initial_streams(settings: &Settings, credentials: &Credentials) -> Option<Arc<InitialStreams>> {
    if settings.initial_streams.is_empty() {
        return None;
    }
    let known = credentials.accounts();
    let accounts = if known.is_empty() { "000000000000".parse().into_iter().collect() } else { known };
    Some(Arc::new(InitialStreams {
        streams: settings.initial_streams.clone(),
        accounts,
        region: settings.flags.region.clone(),
        creating: Duration::from_millis(settings.flags.transition_delay.into()),
    }))
}

fn peer_limits(settings: &Settings) -> PeerLimits {
    let flags = &settings.flags;
    PeerLimits {
        connections_per_address: Some(flags.connections_per_address),
        requests_per_address: flags.requests_per_address,
        requests_per_identity: flags.requests_per_identity,
    }
}

fn guard(settings: &Settings) -> Guard {
    let flags = &settings.flags;
    let public = flags.public_url.iter().map(|url| url.host().to_ascii_lowercase());
    Guard::new(flags.cors_origins.clone(), flags.allowed_hosts.iter().cloned().chain(public).collect())
}

/// Connections and segments are files: takes as many as the system allows.
fn raise_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Nofile).maximum;
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!(%error, "cannot raise the limit of open files");
    }
}
