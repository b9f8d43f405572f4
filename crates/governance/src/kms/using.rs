//! What the operations have in common that use a key's material, or change a key.

use std::sync::Arc;

use anabranch_api::kms::{DryRunModifierType, EncryptionAlgorithmSpec, Error};
use anabranch_api::{Context, Operation, Resource, Resources};
use bytes::Bytes;
use bytestring::ByteString;
use zeroize::Zeroizing;

use super::Kms;
use super::asymmetric::{NotEncrypted, rsa_decrypt, rsa_encrypt};
use super::changes::Changes;
use super::ciphertext::{Ciphertext, EncryptionContext, seal};
use super::directory::{Slot, View};
use super::errors;
use super::material::Material;
use super::named::Aliases;
use super::source::Source;
use super::stored::{Generation, Manager, Spec, State, StoredKey, Usage};

/// A key that may be used for what was asked for.
pub(super) struct Using {
    pub slot: Arc<Slot>,
    pub view: Arc<View>,
}

/// What was encrypted, and by which material.
pub(super) struct Opened {
    pub plain: Zeroizing<Vec<u8>>,
    /// Of a symmetric key.
    pub material_id: Option<ByteString>,
}

impl Kms {
    /// What an operation on the key of this KeyId is about.
    pub(super) fn about<Op: Operation>(
        &self,
        cx: &Context,
        key_id: &str,
        aliases: Aliases,
    ) -> Result<Resources, Error> {
        let arn = self.named(cx, key_id, aliases)?.arn().to_string();
        Ok(vec![Resource { action: Op::ACTION, arn }])
    }

    /// An enabled key that is for `usage`. `operation` names the caller's wish in refusals.
    pub(super) fn key_for(
        &self,
        cx: &Context,
        key_id: &str,
        (usage, operation): (Usage, &str),
    ) -> Result<Using, Error> {
        self.usable_for(self.find(cx, key_id, Aliases::Taken)?, (usage, operation))
    }

    /// As [`Self::key_for`], of a key that was found.
    pub(super) fn usable_for(
        &self,
        slot: Arc<Slot>,
        (usage, operation): (Usage, &str),
    ) -> Result<Using, Error> {
        let view = self.enabled(&slot)?;
        if view.stored.usage != usage {
            let actual = view.stored.usage.key_usage();
            return Err(errors::wrong_usage(&slot.arn, actual.as_str(), operation));
        }
        Ok(Using { slot, view })
    }

    /// The key that made a ciphertext, of whatever account, in the caller's region.
    pub(super) fn maker(&self, cx: &Context, ciphertext: &Ciphertext<'_>) -> Result<Arc<Slot>, Error> {
        let slot = self.directory.by_id(ciphertext.key).ok_or_else(errors::invalid_ciphertext)?;
        if slot.name.scope.region == cx.region { Ok(slot) } else { Err(errors::invalid_ciphertext()) }
    }

    /// Encrypts under the current material of a symmetric key.
    pub(super) fn seal(
        &self,
        using: &Using,
        plain: &[u8],
        context: &EncryptionContext,
    ) -> Result<Bytes, Error> {
        let generation = using.view.stored.current().number;
        let material = self.current_material(using)?;
        Ok(seal(plain, (&using.slot.name, generation), &material, context, &self.rng).into())
    }

    /// The material that the key works with now.
    pub(super) fn current_material(&self, using: &Using) -> Result<Arc<Material>, Error> {
        let generation = using.view.stored.current().number;
        self.material(&using.slot, generation)?.ok_or_else(errors::internal)
    }

    /// Encrypts by an algorithm that the key has.
    pub(super) fn encrypt(
        &self,
        using: &Using,
        algorithm: EncryptionAlgorithmSpec,
        plain: &[u8],
        context: &EncryptionContext,
    ) -> Result<Bytes, Error> {
        let Some(public) = &using.view.stored.public_key else { return self.seal(using, plain, context) };
        no_context(context)?;
        rsa_encrypt(public, algorithm, plain).map(Bytes::from).map_err(|error| match error {
            NotEncrypted::TooLong(most) => {
                let spec = using.view.stored.spec.key_spec();
                errors::too_long_to_encrypt(algorithm.as_str(), spec.as_str(), most)
            }
            NotEncrypted::Failed => errors::internal(),
        })
    }

    /// Opens what was encrypted by an algorithm that the key has.
    pub(super) fn decrypt(
        &self,
        using: &Using,
        (source, algorithm): (&Source<'_>, EncryptionAlgorithmSpec),
        context: &EncryptionContext,
    ) -> Result<Opened, Error> {
        match source {
            Source::Ciphertext(ciphertext) => self.open_ciphertext(using, ciphertext, context),
            Source::Rsa { encrypted, .. } => {
                no_context(context)?;
                let opened = rsa_decrypt(&*self.current_material(using)?, algorithm, encrypted);
                Ok(Opened { plain: opened.map_err(|_| errors::invalid_ciphertext())?, material_id: None })
            }
            Source::Key(_) => Err(errors::dry_run()),
        }
    }

    /// Opens a ciphertext of this key.
    pub(super) fn open_ciphertext(
        &self,
        using: &Using,
        ciphertext: &Ciphertext<'_>,
        context: &EncryptionContext,
    ) -> Result<Opened, Error> {
        let number = ciphertext.generation;
        let generations = &using.view.stored.generations;
        let known = generations.iter().find(|generation| generation.number == number);
        let material_id = known.map(Generation::material_id).ok_or_else(errors::invalid_ciphertext)?.into();
        let material = self.material(&using.slot, number)?.ok_or_else(errors::invalid_ciphertext)?;
        let opened = ciphertext.open(&using.slot.name, &material, context);
        Ok(Opened {
            plain: opened.map_err(|_| errors::invalid_ciphertext())?,
            material_id: Some(material_id),
        })
    }

    /// Changes a key as `decide` says, unless it refuses; durable and seen by every later call when this returns.
    pub(super) async fn change(
        &self,
        slot: &Slot,
        decide: impl FnOnce(&mut StoredKey) -> Result<(), Error> + Send,
    ) -> Result<(), Error> {
        let mut writing = self.turn().await?;
        if self.directory.key(&slot.name).is_none() {
            return Err(errors::key_not_found(&slot.arn));
        }
        let view = slot.view();
        let mut stored = view.stored.clone();
        decide(&mut stored)?;
        if stored == view.stored {
            return Ok(());
        }
        let mut changes = Changes::default();
        changes.put_key(&slot.name, Some(&view), &stored);
        self.commit(&mut writing, changes).await
    }

    /// The customer's own key that an operation changes; `action` is what a refusal for a key that AWS manages names.
    pub(super) fn own<Op: Operation>(&self, cx: &Context, key_id: &str) -> Result<Arc<Slot>, Error> {
        let slot = self.find(cx, key_id, Aliases::NotTaken)?;
        if slot.view().stored.manager == Manager::Aws {
            return Err(errors::managed_by_aws(&cx.principal.arn(cx.partition), Op::ACTION, &slot.arn));
        }
        Ok(slot)
    }
}

/// Refuses a key that will be deleted.
pub(super) fn not_pending(stored: &StoredKey, arn: &str) -> Result<(), Error> {
    match stored.state {
        State::PendingDeletion => Err(errors::pending_deletion(arn)),
        State::Enabled | State::Disabled => Ok(()),
    }
}

/// Refuses a key that is not enabled.
pub(super) fn enabled(stored: &StoredKey, arn: &str) -> Result<(), Error> {
    not_pending(stored, arn)?;
    if stored.state == State::Disabled { Err(errors::disabled(arn)) } else { Ok(()) }
}

/// Ends an operation that would have succeeded, if that is all that was asked.
pub(super) fn unless_dry(dry_run: Option<bool>) -> Result<(), Error> {
    if dry_run == Some(true) { Err(errors::dry_run()) } else { Ok(()) }
}

/// Whether only the permission is asked for, without a ciphertext (KMS API Decrypt, DryRunModifiers).
pub(super) fn ignores_ciphertext(dry_run: Option<bool>, modifiers: Option<&Vec<DryRunModifierType>>) -> bool {
    dry_run == Some(true) && modifiers.is_some_and(|m| m.contains(&DryRunModifierType::IgnoreCiphertext))
}

/// The algorithm that was asked for, if the key has it.
pub(super) fn encryption_algorithm(
    asked: Option<EncryptionAlgorithmSpec>,
    stored: &StoredKey,
) -> Result<EncryptionAlgorithmSpec, Error> {
    let algorithm = asked.unwrap_or(EncryptionAlgorithmSpec::SymmetricDefault);
    if stored.spec.encryption_algorithms().contains(&algorithm) {
        return Ok(algorithm);
    }
    Err(errors::wrong_algorithm(algorithm.as_str(), stored.spec.key_spec().as_str()))
}

/// Bytes of an answer that are wiped when they were sent.
pub(super) fn secret_bytes(secret: Zeroizing<Vec<u8>>) -> Bytes {
    Bytes::from_owner(secret)
}

impl Using {
    /// The KeyMaterialId of a symmetric key.
    pub fn material_id(&self) -> Option<ByteString> {
        let stored = &self.view.stored;
        (stored.spec == Spec::SymmetricDefault).then(|| stored.current().material_id().into())
    }

    /// Data keys are made under symmetric keys alone.
    pub fn must_be_symmetric(&self) -> Result<(), Error> {
        let stored = &self.view.stored;
        if stored.spec == Spec::SymmetricDefault {
            return Ok(());
        }
        Err(errors::wrong_algorithm("SYMMETRIC_DEFAULT", stored.spec.key_spec().as_str()))
    }
}

/// Asymmetric keys have no encryption context.
fn no_context(context: &EncryptionContext) -> Result<(), Error> {
    if context.is_empty() { Ok(()) } else { Err(errors::no_context_here()) }
}
