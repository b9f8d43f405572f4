use anabranch_api::kms::{Decrypt, DecryptOutput, Error};
use anabranch_api::{Context, Operation as _, Resource, Resources, Serve};

use super::super::grants::{check_tokens, context};
use super::super::source::{Encrypted, Source};
use super::super::stored::Usage;
use super::super::using::{encryption_algorithm, ignores_ciphertext, secret_bytes, unless_dry};
use super::super::{Kms, errors};

impl Serve<Decrypt> for Kms {
    /// The key in the ciphertext, whatever key is named beside it; the named one where there is no ciphertext.
    fn resources(&self, cx: &Context, request: &Decrypt) -> Result<Resources, Error> {
        let source = source(request)?;
        Ok(vec![Resource { action: Decrypt::ACTION, arn: self.source_arn(cx, &source)? }])
    }

    async fn serve(&self, cx: &Context, request: Decrypt) -> Result<DecryptOutput, Error> {
        check_tokens(request.grant_tokens.as_ref())?;
        if request.recipient.is_some() {
            return Err(errors::no_recipients());
        }
        let source = source(&request)?;
        let slot = self.source_key(cx, &source, request.key_id.as_deref())?;
        let using = self.usable_for(slot, (Usage::EncryptDecrypt, "Decrypt"))?;
        let algorithm = encryption_algorithm(request.encryption_algorithm, &using.view.stored)?;
        let context = context(request.encryption_context.as_deref().unwrap_or_default());
        let opened = self.decrypt(&using, (&source, algorithm), &context)?;
        unless_dry(request.dry_run)?;
        Ok(DecryptOutput {
            key_id: Some(using.slot.arn.clone()),
            plaintext: Some(secret_bytes(opened.plain)),
            encryption_algorithm: Some(algorithm),
            ciphertext_for_recipient: None,
            key_material_id: opened.material_id,
        })
    }
}

fn source(request: &Decrypt) -> Result<Source<'_>, Error> {
    Source::of(Encrypted {
        ciphertext: request.ciphertext_blob.as_ref(),
        key_id: request.key_id.as_deref(),
        algorithm: request.encryption_algorithm,
        ignores_ciphertext: ignores_ciphertext(request.dry_run, request.dry_run_modifiers.as_ref()),
    })
}
