use anabranch_api::kms::{Error, ReEncrypt, ReEncryptOutput};
use anabranch_api::{Context, Resource, Resources, Serve};

use super::super::grants::{check_tokens, context};
use super::super::named::Aliases;
use super::super::stored::Usage;
use super::super::using::{encryption_algorithm, ignores_ciphertext, unless_dry};
use super::super::{Kms, errors};
use super::decrypt::Source;

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
        let from = self.usable(from, (Usage::EncryptDecrypt, "ReEncrypt"))?;
        let to = self.key_for(cx, &request.destination_key_id, (Usage::EncryptDecrypt, "ReEncrypt"))?;
        let from_algorithm = encryption_algorithm(request.source_encryption_algorithm, &from.view.stored)?;
        let to_algorithm = encryption_algorithm(request.destination_encryption_algorithm, &to.view.stored)?;
        let Source::Ciphertext(ciphertext) = &source else { return Err(errors::dry_run()) };
        let from_context = context(request.source_encryption_context.as_deref().unwrap_or_default());
        let opened = self.open_ciphertext(&from, ciphertext, &from_context)?;
        unless_dry(request.dry_run)?;
        let to_context = context(request.destination_encryption_context.as_deref().unwrap_or_default());
        Ok(ReEncryptOutput {
            ciphertext_blob: Some(self.seal(&to, &opened.plain, &to_context)?),
            source_key_id: Some(from.slot.arn.clone()),
            key_id: Some(to.slot.arn.clone()),
            source_encryption_algorithm: Some(from_algorithm),
            destination_encryption_algorithm: Some(to_algorithm),
            source_key_material_id: Some(opened.material_id),
            destination_key_material_id: Some(to.view.stored.current().material_id().into()),
        })
    }
}

fn source(request: &ReEncrypt) -> Result<Source<'_>, Error> {
    Source::of(
        request.ciphertext_blob.as_ref(),
        ignores_ciphertext(request.dry_run, request.dry_run_modifiers.as_ref()),
        request.source_key_id.as_deref(),
    )
}
