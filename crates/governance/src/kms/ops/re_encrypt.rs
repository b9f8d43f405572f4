use anabranch_api::kms::{Error, ReEncrypt, ReEncryptOutput};
use anabranch_api::{Context, Resource, Resources, Serve};

use super::super::Kms;
use super::super::grants::{check_tokens, context};
use super::super::named::Aliases;
use super::super::source::{Encrypted, Source};
use super::super::stored::Usage;
use super::super::using::{encryption_algorithm, ignores_ciphertext, unless_dry};

/// The permissions it takes on its two keys (KMS API ReEncrypt).
const FROM: &str = "kms:ReEncryptFrom";
const TO: &str = "kms:ReEncryptTo";

impl Serve<ReEncrypt> for Kms {
    fn resources(&self, cx: &Context, request: &ReEncrypt) -> Result<Resources, Error> {
        let to = self.named(cx, &request.destination_key_id, Aliases::Taken)?;
        let from = Resource { action: FROM, arn: self.source_arn(cx, &source(request)?)? };
        Ok(vec![from, Resource { action: TO, arn: to.arn().to_string() }])
    }

    async fn serve(&self, cx: &Context, request: ReEncrypt) -> Result<ReEncryptOutput, Error> {
        check_tokens(request.grant_tokens.as_ref())?;
        let source = source(&request)?;
        let from = self.source_key(cx, &source, request.source_key_id.as_deref())?;
        let from = self.usable_for(from, (Usage::EncryptDecrypt, "ReEncrypt"))?;
        let to = self.key_for(cx, &request.destination_key_id, (Usage::EncryptDecrypt, "ReEncrypt"))?;
        let from_algorithm = encryption_algorithm(request.source_encryption_algorithm, &from.view.stored)?;
        let to_algorithm = encryption_algorithm(request.destination_encryption_algorithm, &to.view.stored)?;
        let from_context = context(request.source_encryption_context.as_deref().unwrap_or_default());
        let opened = self.decrypt(&from, (&source, from_algorithm), &from_context)?;
        unless_dry(request.dry_run)?;
        let to_context = context(request.destination_encryption_context.as_deref().unwrap_or_default());
        Ok(ReEncryptOutput {
            ciphertext_blob: Some(self.encrypt(&to, to_algorithm, &opened.plain, &to_context)?),
            source_key_id: Some(from.slot.arn.clone()),
            key_id: Some(to.slot.arn.clone()),
            source_encryption_algorithm: Some(from_algorithm),
            destination_encryption_algorithm: Some(to_algorithm),
            source_key_material_id: opened.material_id,
            destination_key_material_id: to.material_id(),
        })
    }
}

fn source(request: &ReEncrypt) -> Result<Source<'_>, Error> {
    Source::of(Encrypted {
        ciphertext: request.ciphertext_blob.as_ref(),
        key_id: request.source_key_id.as_deref(),
        algorithm: request.source_encryption_algorithm,
        ignores_ciphertext: ignores_ciphertext(request.dry_run, request.dry_run_modifiers.as_ref()),
    })
}
