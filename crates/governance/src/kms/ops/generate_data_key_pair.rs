use anabranch_api::kms::{DataKeyPairSpec, Error, GenerateDataKeyPair, GenerateDataKeyPairOutput};
use anabranch_api::{Context, Resources, Serve};
use bytes::Bytes;
use bytestring::ByteString;
use zeroize::Zeroizing;

use super::super::grants::{check_tokens, context};
use super::super::named::Aliases;
use super::super::stored::{Spec, Usage};
use super::super::using::{Using, secret_bytes, unless_dry};
use super::super::{Kms, errors};

impl Serve<GenerateDataKeyPair> for Kms {
    fn resources(&self, cx: &Context, request: &GenerateDataKeyPair) -> Result<Resources, Error> {
        self.about::<GenerateDataKeyPair>(cx, &request.key_id, Aliases::Taken)
    }

    /// RSA pairs take up to seconds.
    async fn serve(
        &self,
        cx: &Context,
        request: GenerateDataKeyPair,
    ) -> Result<GenerateDataKeyPairOutput, Error> {
        check_tokens(request.grant_tokens.as_ref())?;
        if request.recipient.is_some() {
            return Err(errors::no_recipients());
        }
        let using = self.key_for(cx, &request.key_id, (Usage::EncryptDecrypt, "GenerateDataKeyPair"))?;
        let context = request.encryption_context.as_deref();
        let made = self.make_pair(&using, request.key_pair_spec, context, request.dry_run).await?;
        Ok(GenerateDataKeyPairOutput {
            private_key_ciphertext_blob: Some(made.ciphertext),
            private_key_plaintext: Some(secret_bytes(made.private)),
            public_key: Some(made.public),
            key_id: Some(using.slot.arn.clone()),
            key_pair_spec: Some(request.key_pair_spec),
            ciphertext_for_recipient: None,
            key_material_id: using.material_id(),
        })
    }
}

/// A data key pair.
pub(super) struct MadePair {
    pub private: Zeroizing<Vec<u8>>,
    /// The private key, encrypted.
    pub ciphertext: Bytes,
    pub public: Bytes,
}

impl Kms {
    /// A pair whose private key is encrypted under a symmetric key.
    pub(super) async fn make_pair(
        &self,
        using: &Using,
        spec: DataKeyPairSpec,
        pairs: Option<&[(ByteString, ByteString)]>,
        dry_run: Option<bool>,
    ) -> Result<MadePair, Error> {
        using.must_be_symmetric()?;
        let own = pair_spec(spec).ok_or_else(|| errors::not_supported(&format!("KeyPairSpec {spec}")))?;
        unless_dry(dry_run)?;
        let made = self.make(own).await?;
        let public = made.public_key.ok_or_else(errors::internal)?.into();
        let private = Zeroizing::new(made.material.expose().to_vec());
        let ciphertext = self.seal(using, &private, &context(pairs.unwrap_or_default()))?;
        Ok(MadePair { private, ciphertext, public })
    }
}

fn pair_spec(spec: DataKeyPairSpec) -> Option<Spec> {
    Some(match spec {
        DataKeyPairSpec::Rsa2048 => Spec::Rsa2048,
        DataKeyPairSpec::Rsa3072 => Spec::Rsa3072,
        DataKeyPairSpec::Rsa4096 => Spec::Rsa4096,
        DataKeyPairSpec::EccNistP256 => Spec::EccNistP256,
        DataKeyPairSpec::EccNistP384 => Spec::EccNistP384,
        DataKeyPairSpec::EccNistP521 => Spec::EccNistP521,
        DataKeyPairSpec::EccSecgP256k1 => Spec::EccSecgP256k1,
        _ => return None,
    })
}
