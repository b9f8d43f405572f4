use std::collections::BTreeMap;

use anabranch_api::kms::{CreateKey, CreateKeyOutput, Error, KeySpec, OriginType};
use anabranch_api::{Context, Enumeration as _, Serve};
use minicbor::bytes::ByteVec;

use super::super::asymmetric::{Made, make};
use super::super::changes::Changes;
use super::super::key_id::{KeyId, KeyName};
use super::super::limits::KEYS_MAX;
use super::super::policy::{self, Lockout};
use super::super::service::scope;
use super::super::spec::metadata;
use super::super::stored::{Manager, Spec, State, StoredKey, Usage};
use super::super::{Kms, errors, tags};

impl Serve<CreateKey> for Kms {
    /// Durable when it is answered.
    async fn serve(&self, cx: &Context, request: CreateKey) -> Result<CreateKeyOutput, Error> {
        refuse_what_is_not_made(&request)?;
        let (spec, usage) = kind(&request)?;
        let name = KeyName { scope: scope(cx), id: KeyId::random(&self.rng) };
        let policy = match &request.policy {
            Some(text) => {
                let lockout = Lockout::of(request.bypass_policy_lockout_safety_check);
                policy::check(cx, &name, text, lockout)?;
                text.to_string()
            }
            None => policy::default_policy(&name.scope),
        };
        let mut own_tags = BTreeMap::new();
        tags::put(&mut own_tags, request.tags.as_deref().unwrap_or_default())?;
        let now_ms = self.clock.now().millis();
        let sealing = (&*self.master_key, &self.rng);
        let made = self.make(spec).await?;
        let generation = made.material.into_generation((&name, 0), None, now_ms, sealing);
        let stored = StoredKey {
            created_ms: now_ms,
            state: State::Enabled,
            manager: Manager::Customer,
            spec,
            usage,
            description: request.description.unwrap_or_default().to_string(),
            policy,
            tags: own_tags,
            generations: vec![generation],
            deletion_ms: None,
            deletion_days: None,
            rotation: None,
            public_key: made.public_key.map(ByteVec::from),
        };
        self.add(&name, &stored).await?;
        let slot = self.directory.key(&name).ok_or_else(errors::internal)?;
        Ok(CreateKeyOutput { key_metadata: Some(metadata(&slot)) })
    }
}

impl Kms {
    /// What a key of this kind is made of, made on a thread of its own: RSA takes up to seconds. Few of these are made at a time, so that
    /// whoever wants many leaves others a processor, and keeps the server from its end no longer than these take.
    pub(super) async fn make(&self, spec: Spec) -> Result<Made, Error> {
        let _turn = match spec {
            Spec::Rsa2048 | Spec::Rsa3072 | Spec::Rsa4096 => {
                Some(self.making.acquire().await.map_err(|_| errors::internal())?)
            }
            _ => None,
        };
        let rng = self.rng.clone();
        let making = tokio::task::spawn_blocking(move || make(spec, &rng));
        making.await.ok().and_then(Result::ok).ok_or_else(errors::internal)
    }

    async fn add(&self, name: &KeyName, stored: &StoredKey) -> Result<(), Error> {
        let mut writing = self.turn().await?;
        if self.directory.count(&name.scope) >= KEYS_MAX {
            return Err(errors::too_many_keys(KEYS_MAX));
        }
        let mut changes = Changes::default();
        changes.put_key(name, None, stored);
        self.commit(&mut writing, changes).await
    }
}

/// Multi-region keys, material and key stores from elsewhere (docs/differences.md).
fn refuse_what_is_not_made(request: &CreateKey) -> Result<(), Error> {
    if let Some(id) = &request.custom_key_store_id {
        return Err(errors::key_store_not_found(id));
    }
    if let Some(origin) = request.origin.filter(|origin| *origin != OriginType::AwsKms) {
        return Err(errors::not_supported(&format!("Origin {origin}")));
    }
    if request.xks_key_id.is_some() {
        return Err(errors::not_supported("XksKeyId"));
    }
    if request.multi_region == Some(true) {
        return Err(errors::not_supported("MultiRegion"));
    }
    Ok(())
}

/// The kind of key, and what it is for.
fn kind(request: &CreateKey) -> Result<(Spec, Usage), Error> {
    let asked = match (request.key_spec, request.customer_master_key_spec) {
        (Some(_), Some(_)) => return Err(errors::two_specs()),
        (Some(spec), None) => spec,
        (None, Some(older)) => KeySpec::of(older.as_str()).unwrap_or(KeySpec::SymmetricDefault),
        (None, None) => KeySpec::SymmetricDefault,
    };
    let spec = Spec::of(asked).ok_or_else(|| errors::not_supported(&format!("KeySpec {asked}")))?;
    let usage = match request.key_usage {
        None if spec == Spec::SymmetricDefault => Usage::EncryptDecrypt,
        None => return Err(errors::usage_required()),
        Some(usage) => {
            let possible = Usage::of(usage).filter(|usage| spec.can(*usage));
            possible.ok_or_else(|| errors::usage_and_spec(usage.as_str(), asked.as_str()))?
        }
    };
    Ok((spec, usage))
}
