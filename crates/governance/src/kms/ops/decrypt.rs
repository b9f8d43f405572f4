use std::sync::Arc;

use anabranch_api::kms::{Decrypt, DecryptOutput, Error};
use anabranch_api::{Context, Operation as _, Resource, Resources, Serve};
use bytes::Bytes;

use super::super::ciphertext::Ciphertext;
use super::super::directory::Slot;
use super::super::grants::{check_tokens, context};
use super::super::named::Aliases;
use super::super::stored::Usage;
use super::super::using::{encryption_algorithm, ignores_ciphertext, secret_bytes, unless_dry};
use super::super::{Kms, errors};

impl Serve<Decrypt> for Kms {
    /// The key in the ciphertext, whatever key is named beside it; the named one where there is no ciphertext.
    fn resources(&self, cx: &Context, request: &Decrypt) -> Result<Resources, Error> {
        let source = Source::of(
            request.ciphertext_blob.as_ref(),
            ignores_ciphertext(request.dry_run, request.dry_run_modifiers.as_ref()),
            request.key_id.as_deref(),
        )?;
        Ok(vec![Resource { action: Decrypt::ACTION, arn: self.source_arn(cx, &source)? }])
    }

    async fn serve(&self, cx: &Context, request: Decrypt) -> Result<DecryptOutput, Error> {
        check_tokens(request.grant_tokens.as_ref())?;
        if request.recipient.is_some() {
            return Err(errors::no_recipients());
        }
        let source = Source::of(
            request.ciphertext_blob.as_ref(),
            ignores_ciphertext(request.dry_run, request.dry_run_modifiers.as_ref()),
            request.key_id.as_deref(),
        )?;
        let slot = self.source_key(cx, &source, request.key_id.as_deref())?;
        let using = self.usable(slot, (Usage::EncryptDecrypt, "Decrypt"))?;
        let algorithm = encryption_algorithm(request.encryption_algorithm, &using.view.stored)?;
        let Source::Ciphertext(ciphertext) = source else { return Err(errors::dry_run()) };
        let context = context(request.encryption_context.as_deref().unwrap_or_default());
        let opened = self.open_ciphertext(&using, &ciphertext, &context)?;
        unless_dry(request.dry_run)?;
        Ok(DecryptOutput {
            key_id: Some(using.slot.arn.clone()),
            plaintext: Some(secret_bytes(opened.plain)),
            encryption_algorithm: Some(algorithm),
            ciphertext_for_recipient: None,
            key_material_id: Some(opened.material_id),
        })
    }
}

/// Where it is said by which key something was encrypted.
pub(super) enum Source<'a> {
    Ciphertext(Ciphertext<'a>),
    /// A KeyId, of a dry run that ignores the ciphertext.
    Key(&'a str),
}

impl<'a> Source<'a> {
    pub fn of(
        ciphertext: Option<&'a Bytes>,
        ignores_ciphertext: bool,
        key_id: Option<&'a str>,
    ) -> Result<Self, Error> {
        if ignores_ciphertext {
            return key_id.map(Self::Key).ok_or_else(|| errors::required("keyId"));
        }
        let ciphertext = ciphertext.ok_or_else(|| errors::required("ciphertextBlob"))?;
        Ciphertext::parse(ciphertext).map(Self::Ciphertext).map_err(|_| errors::invalid_ciphertext())
    }
}

impl Kms {
    /// The ARN of the key that encrypted something.
    pub(super) fn source_arn(&self, cx: &Context, source: &Source<'_>) -> Result<String, Error> {
        match source {
            Source::Ciphertext(ciphertext) => Ok(self.maker(cx, ciphertext)?.arn.to_string()),
            Source::Key(key_id) => Ok(self.named(cx, key_id, Aliases::Taken)?.arn().to_string()),
        }
    }

    /// The key that encrypted something, if it is the one that is named beside it.
    pub(super) fn source_key(
        &self,
        cx: &Context,
        source: &Source<'_>,
        key_id: Option<&str>,
    ) -> Result<Arc<Slot>, Error> {
        let named = key_id.map(|key_id| self.find(cx, key_id, Aliases::Taken)).transpose()?;
        match (source, named) {
            (Source::Ciphertext(ciphertext), named) => {
                let maker = self.maker(cx, ciphertext)?;
                if named.is_some_and(|named| named.name != maker.name) {
                    return Err(errors::incorrect_key());
                }
                Ok(maker)
            }
            (Source::Key(_), Some(named)) => Ok(named),
            (Source::Key(key_id), None) => self.find(cx, key_id, Aliases::Taken),
        }
    }
}
