//! The service through the door, over a catalog in memory or in a file.

mod aliases;
mod asymmetric;
mod deletion;
mod encryption;
mod grants;
mod keys;
mod policies;
mod restarts;
mod rotation;

use std::sync::Arc;

use anabranch_api::kms::{CreateKey, Encrypt, Error};
use anabranch_api::{ApiError, Context, Operation, Serve};
use anabranch_catalog::{Catalog, MemoryCatalog};
use anabranch_types::{Clock, Due, Rng, Timestamp};
use bytes::Bytes;

use super::{Kms, KmsGround, MasterKey};
use crate::audit::NoAudit;
use crate::iam::identities::Identities;
use crate::metrics::Metrics;
use crate::testing::{context, no_identities};
use crate::{Authority, Door};

/// 2026-11-21T15:40:00Z
pub(super) const T0: Timestamp = Timestamp::from_millis(1_795_275_600_000);
pub(super) const DAY: std::time::Duration = std::time::Duration::from_secs(24 * 3600);

/// A server's KMS, seen by the root of an account.
pub(super) struct Fixture {
    pub door: Door,
    pub kms: Arc<Kms>,
    pub cx: Context,
    pub clock: Clock,
    pub due: Vec<Arc<dyn Due>>,
    pub identities: Arc<Identities>,
    ground: KmsGround,
}

impl Fixture {
    pub async fn new() -> Self {
        Self::over(Arc::new(MemoryCatalog::default())).await
    }

    pub async fn over(catalog: Arc<dyn Catalog>) -> Self {
        let rng = Rng::system();
        let master_key = Arc::new(MasterKey::random(&rng));
        Self::on(KmsGround { catalog, clock: Clock::standing(T0), rng, master_key }).await
    }

    async fn on(ground: KmsGround) -> Self {
        let kms = Kms::open(ground.clone()).await.unwrap();
        let identities = no_identities();
        let authority = Authority::new(Arc::clone(&identities));
        authority.guard("kms", kms.clone());
        let door = Door::new(authority, Arc::new(NoAudit), Metrics::new(|_| {}));
        let cx = context("111111111111");
        Self { door, due: kms.due(), kms, cx, clock: ground.clock.clone(), ground, identities }
    }

    /// The same server after a restart.
    pub async fn restarted(self) -> Self {
        Self::on(self.ground).await
    }

    /// Why the server does not start with another master key.
    pub async fn refused_with_another_master_key(self) -> String {
        let master_key = Arc::new(MasterKey::random(&self.ground.rng));
        match Kms::open(KmsGround { master_key, ..self.ground }).await {
            Ok(_) => "it starts".to_owned(),
            Err(error) => crate::testing::causes(&error),
        }
    }

    pub async fn call<Op>(&self, request: Op) -> Result<Op::Output, ApiError>
    where
        Op: Operation<Error = Error>,
        Kms: Serve<Op>,
    {
        self.door.unary(self.cx.clone(), &self.kms, request).await
    }

    /// What a call is refused with.
    pub async fn told<Op>(&self, request: Op) -> String
    where
        Op: Operation<Error = Error>,
        Kms: Serve<Op>,
    {
        match self.call(request).await {
            Ok(_) => "nothing".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    /// The ARN of a new symmetric key.
    pub async fn key(&self) -> String {
        let made = self.call(CreateKey::default()).await.unwrap();
        made.key_metadata.unwrap().arn.unwrap().to_string()
    }

    /// A ciphertext of `plain`, in no context.
    pub async fn encrypted(&self, key: &str, plain: &'static str) -> Bytes {
        let request = Encrypt { key_id: key.into(), plaintext: plain.into(), ..Encrypt::default() };
        self.call(request).await.unwrap().ciphertext_blob.unwrap()
    }

    /// Lets `days` pass, and whatever happens meanwhile happen.
    pub async fn advance(&self, days: u32) {
        let to = self.clock.now() + DAY * days;
        while let Some((at, due)) = self.due.iter().filter_map(|due| Some((due.next_due()?, due))).next() {
            if at > to {
                break;
            }
            self.clock.advance_to(at);
            due.run(at).await;
        }
        self.clock.advance_to(to);
    }
}

/// The id at the end of an ARN.
pub(super) fn id(arn: &str) -> String {
    arn.rsplit('/').next().unwrap().to_owned()
}
