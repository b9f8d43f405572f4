use anabranch_api::Enumeration as _;
use anabranch_api::kms::{CustomerMasterKeySpec, Error, GetPublicKey, GetPublicKeyOutput};
use anabranch_api::{Context, Resources, Serve};
use bytes::Bytes;

use super::super::grants::check_tokens;
use super::super::named::Aliases;
use super::super::stored::Usage;
use super::super::{Kms, errors};

impl Serve<GetPublicKey> for Kms {
    fn resources(&self, cx: &Context, request: &GetPublicKey) -> Result<Resources, Error> {
        self.about::<GetPublicKey>(cx, &request.key_id, Aliases::Taken)
    }

    async fn serve(&self, cx: &Context, request: GetPublicKey) -> Result<GetPublicKeyOutput, Error> {
        check_tokens(request.grant_tokens.as_ref())?;
        let slot = self.find(cx, &request.key_id, Aliases::Taken)?;
        let view = self.enabled(&slot)?;
        let stored = &view.stored;
        let public = stored.public_key.as_ref().ok_or_else(|| errors::no_public_key(&slot.arn))?;
        let (encrypts, signs) = (stored.usage == Usage::EncryptDecrypt, stored.usage == Usage::SignVerify);
        Ok(GetPublicKeyOutput {
            key_id: Some(slot.arn.clone()),
            public_key: Some(Bytes::copy_from_slice(public)),
            customer_master_key_spec: CustomerMasterKeySpec::of(stored.spec.key_spec().as_str()),
            key_spec: Some(stored.spec.key_spec()),
            key_usage: Some(stored.usage.key_usage()),
            encryption_algorithms: encrypts.then(|| stored.spec.encryption_algorithms().to_vec()),
            signing_algorithms: signs.then(|| stored.spec.signing_algorithms().to_vec()),
            ..GetPublicKeyOutput::default()
        })
    }
}
