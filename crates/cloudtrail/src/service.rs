use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use anabranch_api::{Context, Descriptor, Register, Resources, cloudtrail};
use anabranch_catalog::{Catalog, CatalogError};
use anabranch_governance::audit::{AuditEvent, AuditSink, Category};
use anabranch_governance::kms::MasterKey;
use anabranch_log::RecordLog;
use anabranch_types::{Clock, Due, Rng};
use tokio::sync::Mutex;

use crate::buckets::Buckets;
use crate::delivery::{Agenda, Deliveries};
use crate::ledger::{AuditKey, AuditKeyError, Book, HeadOutbox, LedgerGround, Ledgers};
use crate::signing::SigningKeys;
use crate::trails::{Directory, Seen};

/// CloudTrail, and the sink of every audit event: it keeps them in the ledgers of their accounts.
pub struct CloudTrail {
    pub(crate) ledgers: Arc<Ledgers>,
    pub(crate) catalog: Arc<dyn Catalog>,
    pub(crate) clock: Clock,
    pub(crate) trails: Directory,
    pub(crate) buckets: Buckets,
    pub(crate) signing_keys: SigningKeys,
    pub(crate) agenda: Agenda,
    /// Held by whoever changes a trail.
    pub(crate) changing: Mutex<()>,
    /// Held by whoever delivers.
    pub(crate) delivering: Mutex<()>,
}

/// What the service stands on.
pub struct TrailGround {
    /// Where the ledgers are.
    pub log: Arc<dyn RecordLog>,
    /// Where trails are kept.
    pub catalog: Arc<dyn Catalog>,
    /// What time it is.
    pub clock: Clock,
    /// Chance, for keys.
    pub rng: Rng,
    /// What seals the keys.
    pub master_key: Arc<MasterKey>,
    /// The key of the ledgers' heads; without one the catalog keeps one under the master key.
    pub audit_key: Option<Arc<AuditKey>>,
    /// The directory of buckets; none if there are none.
    pub blobs: Option<PathBuf>,
    /// Whether the ledgers' heads shall be sent somewhere: then they wait in [`CloudTrail::heads_to_send`].
    pub sends_heads: bool,
}

/// The service could not start.
#[derive(Debug, thiserror::Error)]
pub enum TrailOpenError {
    /// The key of the heads.
    #[error(transparent)]
    Key(#[from] AuditKeyError),
    /// The catalog cannot be read.
    #[error("cannot load the trails")]
    Catalog(#[from] CatalogError),
}

impl CloudTrail {
    /// Loads the trails and starts the task that writes the ledgers. Needs a Tokio runtime.
    pub async fn open(ground: TrailGround) -> Result<Arc<Self>, TrailOpenError> {
        let TrailGround { log, catalog, clock, rng, master_key, audit_key, blobs, sends_heads } = ground;
        let key = match audit_key {
            Some(key) => key,
            None => Arc::new(AuditKey::kept_or_made(&*catalog, &master_key, &rng).await?),
        };
        let trails = Directory::load(Arc::clone(&catalog)).await?;
        let ground =
            LedgerGround { log, catalog: Arc::clone(&catalog), clock: clock.clone(), key, sends_heads };
        let this = Self {
            ledgers: Ledgers::start(ground),
            signing_keys: SigningKeys::new(Arc::clone(&catalog), master_key, rng),
            catalog,
            clock,
            trails,
            buckets: Buckets(blobs),
            agenda: Agenda::default(),
            changing: Mutex::default(),
            delivering: Mutex::default(),
        };
        this.plan();
        Ok(Arc::new(this))
    }

    /// Hands over a handler of each of its operations.
    pub fn register(self: &Arc<Self>, register: &mut dyn Register) {
        cloudtrail::register_trails(self, register);
    }

    /// What falls due by the Clock: the heads of the ledgers, deliveries. Called once.
    pub fn due(self: &Arc<Self>) -> Vec<Arc<dyn Due>> {
        vec![self.ledgers.clone(), Arc::new(Deliveries(Arc::clone(self)))]
    }

    /// The heads that wait to be sent.
    pub fn heads_to_send(&self) -> HeadOutbox {
        HeadOutbox(Arc::clone(&self.catalog))
    }

    /// Writes what waits and puts it under heads. To be called before the log is shut down.
    pub async fn close(&self) {
        self.ledgers.seal().await;
    }
}

impl AuditSink for CloudTrail {
    fn asks_for_data(&self) -> bool {
        self.trails.asks_for_data()
    }

    /// Whether a trail asks for it, of the caller's account or of one that owns what it is about.
    fn selects(&self, operation: &Descriptor, cx: &Context, about: &Resources) -> bool {
        let arns: Vec<&str> = about.iter().map(|resource| &*resource.arn).collect();
        let name = operation.name.rsplit_once('.').map_or(operation.name, |(_, name)| name);
        let seen = Seen {
            management: false,
            read_only: operation.read_only,
            name,
            source: &AuditEvent::source_of(operation.action),
            kind: operation.data_type,
            arns: &arns,
        };
        let owners = arns.iter().filter_map(|arn| arn.split(':').nth(4)?.parse().ok());
        let owners = owners.filter(|owner| *owner != cx.account);
        std::iter::once(cx.account)
            .chain(owners)
            .any(|account| self.trails.select(account, &cx.region, &seen))
    }

    /// Durable, as the log is, when done, if the call changed something or was denied; within a second otherwise.
    fn record(&self, event: AuditEvent) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let book = match event.category {
            Category::Data if !event.denied => Book::Data,
            Category::Data | Category::Management => Book::Management,
        };
        let body = event.to_json().into();
        Box::pin(async move {
            if event.denied || !event.read_only {
                self.ledgers.write(event.recipient, book, body).await;
            } else {
                self.ledgers.write_soon(event.recipient, book, body).await;
            }
        })
    }
}
