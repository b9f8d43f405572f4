//! Keys that AWS manages: one for each service in an account and region, made when it is first used (KMS developer guide,
//! concepts, "AWS managed keys").

use std::sync::Arc;

use anabranch_api::kms::Error;
use minicbor::bytes::ByteArray;

use super::Kms;
use super::changes::Changes;
use super::directory::Slot;
use super::key_id::{KeyId, KeyName, Scope};
use super::material::Material;
use super::named::AWS;
use super::stored::{Manager, Rotation, Spec, State, StoredAlias, StoredKey, Usage};
use super::{DAY_MS, errors};
use crate::kms::limits::ROTATION_DAYS_DEFAULT;

/// The services that have a key: what follows `alias/aws/`.
const SERVICES: [(&str, &str); 1] = [("kinesis", "Kinesis")];

pub(super) fn is_managed_service(service: &str) -> bool {
    SERVICES.iter().any(|(name, _)| *name == service)
}

/// The service whose managed key this is, or would be.
pub(super) fn service_of(name: &KeyName) -> Option<&'static str> {
    SERVICES
        .iter()
        .map(|(service, _)| *service)
        .find(|service| KeyId::managed(&name.scope, service) == name.id)
}

/// The policy of a service's key: usable through the service by everybody of the account who may use the service, readable by the
/// account (KMS developer guide, "Viewing AWS managed keys").
pub(super) fn policy(scope: &Scope, service: &str) -> String {
    let title = title(service);
    let Scope { account, region } = scope;
    let partition = region.partition();
    let document = serde_json::json!({
        "Version": "2012-10-17",
        "Id": format!("auto-{service}-1"),
        "Statement": [{
            "Sid": format!(
                "Allow access through {title} for all principals in the account that are authorized to use {title}"
            ),
            "Effect": "Allow",
            "Principal": { "AWS": "*" },
            "Action": [
                "kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant", "kms:DescribeKey"
            ],
            "Resource": "*",
            "Condition": { "StringEquals": {
                "kms:CallerAccount": account.to_string(),
                "kms:ViaService": format!("{service}.{region}.amazonaws.com")
            } }
        }, {
            "Sid": "Allow direct access to key metadata to the account",
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:{partition}:iam::{account}:root") },
            "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
            "Resource": "*"
        }]
    });
    format!("{document:#}")
}

impl Kms {
    /// The key of this name; made if it is one that AWS manages.
    pub(super) async fn find_or_make(&self, name: &KeyName) -> Result<Arc<Slot>, Error> {
        if let Some(slot) = self.directory.key(name) {
            return Ok(slot);
        }
        let not_found = || errors::key_not_found(&name.arn());
        let service = service_of(name).ok_or_else(not_found)?;
        let (me, made) = (self.me(), name.clone());
        // In a task of its own: who asked may go away meanwhile.
        let making = tokio::spawn(async move { me.make_managed(&made, service).await });
        making.await.map_err(|_| errors::internal())??;
        self.directory.key(name).ok_or_else(not_found)
    }

    async fn make_managed(&self, name: &KeyName, service: &str) -> Result<(), Error> {
        let mut writing = self.turn().await?;
        if self.directory.key(name).is_some() {
            return Ok(());
        }
        let now_ms = self.clock.now().millis();
        let sealing = (&*self.master_key, &self.rng);
        let generation = Material::symmetric(&self.rng).into_generation((name, 0), None, now_ms, sealing);
        let stored = StoredKey {
            created_ms: now_ms,
            state: State::Enabled,
            manager: Manager::Aws,
            spec: Spec::SymmetricDefault,
            usage: Usage::EncryptDecrypt,
            description: format!(
                "Default key that protects my {} data when no other key is defined",
                title(service)
            ),
            policy: policy(&name.scope, service),
            tags: Default::default(),
            generations: vec![generation],
            deletion_ms: None,
            deletion_days: None,
            // Every year (KMS developer guide, rotate-keys).
            rotation: Some(Rotation {
                period_days: ROTATION_DAYS_DEFAULT,
                next_ms: now_ms + i64::from(ROTATION_DAYS_DEFAULT) * DAY_MS,
            }),
            public_key: None,
        };
        let alias = StoredAlias {
            target: ByteArray::from(name.id.to_bytes()),
            created_ms: now_ms,
            updated_ms: now_ms,
        };
        let mut changes = Changes::default();
        changes.put_key(name, None, &stored);
        changes.put_alias(&name.scope, &format!("{AWS}{service}"), None, &alias);
        self.commit(&mut writing, changes).await
    }
}

fn title(service: &str) -> &str {
    SERVICES.iter().find(|(name, _)| *name == service).map_or(service, |(_, title)| title)
}
