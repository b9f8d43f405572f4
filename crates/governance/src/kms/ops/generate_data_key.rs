use anabranch_api::kms::{DataKeySpec, Error, GenerateDataKey, GenerateDataKeyOutput};
use anabranch_api::{Context, Resources, Serve};
use bytes::Bytes;
use bytestring::ByteString;
use zeroize::Zeroizing;

use super::super::grants::{check_tokens, context};
use super::super::named::Aliases;
use super::super::stored::Usage;
use super::super::using::{Using, secret_bytes, unless_dry};
use super::super::{Kms, errors};

impl Serve<GenerateDataKey> for Kms {
    fn resources(&self, cx: &Context, request: &GenerateDataKey) -> Result<Resources, Error> {
        self.about::<GenerateDataKey>(cx, &request.key_id, Aliases::Taken)
    }

    async fn serve(&self, cx: &Context, request: GenerateDataKey) -> Result<GenerateDataKeyOutput, Error> {
        check_tokens(request.grant_tokens.as_ref())?;
        if request.recipient.is_some() {
            return Err(errors::no_recipients());
        }
        let bytes = length(request.number_of_bytes, request.key_spec)?;
        let using = self.key_for(cx, &request.key_id, (Usage::EncryptDecrypt, "GenerateDataKey"))?;
        let made =
            self.make_data_key(&using, bytes, request.encryption_context.as_deref(), request.dry_run)?;
        Ok(GenerateDataKeyOutput {
            ciphertext_blob: Some(made.ciphertext),
            plaintext: Some(secret_bytes(made.plain)),
            key_id: Some(using.slot.arn.clone()),
            ciphertext_for_recipient: None,
            key_material_id: Some(using.view.stored.current().material_id().into()),
        })
    }
}

/// A data key, plain and encrypted.
pub(super) struct Made {
    pub plain: Zeroizing<Vec<u8>>,
    pub ciphertext: Bytes,
}

impl Kms {
    /// Random bytes, encrypted under a symmetric key.
    pub(super) fn make_data_key(
        &self,
        using: &Using,
        bytes: usize,
        pairs: Option<&[(ByteString, ByteString)]>,
        dry_run: Option<bool>,
    ) -> Result<Made, Error> {
        using.must_be_symmetric()?;
        unless_dry(dry_run)?;
        let mut plain = Zeroizing::new(vec![0; bytes]);
        self.rng.fill(&mut plain);
        let ciphertext = self.seal(using, &plain, &context(pairs.unwrap_or_default()))?;
        Ok(Made { plain, ciphertext })
    }
}

/// How long the data key is: exactly one of the two says so.
pub(super) fn length(number_of_bytes: Option<i32>, spec: Option<DataKeySpec>) -> Result<usize, Error> {
    match (number_of_bytes, spec) {
        (Some(bytes), None) => usize::try_from(bytes).map_err(|_| errors::bytes_or_spec()),
        (None, Some(DataKeySpec::Aes256)) => Ok(32),
        (None, Some(DataKeySpec::Aes128)) => Ok(16),
        (None, None) | (Some(_), Some(_)) => Err(errors::bytes_or_spec()),
    }
}
