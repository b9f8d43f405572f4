use anabranch_api::kms::{Error, GenerateMac, GenerateMacOutput, MacAlgorithmSpec};
use anabranch_api::{Context, Resources, Serve};
use aws_lc_rs::hmac;
use bytes::Bytes;

use super::super::grants::check_tokens;
use super::super::named::Aliases;
use super::super::stored::Usage;
use super::super::using::{Using, unless_dry};
use super::super::{Kms, errors};

impl Serve<GenerateMac> for Kms {
    fn resources(&self, cx: &Context, request: &GenerateMac) -> Result<Resources, Error> {
        self.about::<GenerateMac>(cx, &request.key_id, Aliases::Taken)
    }

    async fn serve(&self, cx: &Context, request: GenerateMac) -> Result<GenerateMacOutput, Error> {
        check_tokens(request.grant_tokens.as_ref())?;
        let using = self.key_for(cx, &request.key_id, (Usage::GenerateVerifyMac, "GenerateMac"))?;
        let key = self.hmac_key(&using, request.mac_algorithm)?;
        unless_dry(request.dry_run)?;
        let tag = hmac::sign(&key, &request.message);
        Ok(GenerateMacOutput {
            mac: Some(Bytes::copy_from_slice(tag.as_ref())),
            mac_algorithm: Some(request.mac_algorithm),
            key_id: Some(using.slot.arn.clone()),
        })
    }
}

impl Kms {
    /// The HMAC key, if it is of this algorithm.
    pub(super) fn hmac_key(&self, using: &Using, asked: MacAlgorithmSpec) -> Result<hmac::Key, Error> {
        let spec = using.view.stored.spec;
        if spec.mac_algorithm() != Some(asked) {
            return Err(errors::wrong_algorithm(asked.as_str(), spec.key_spec().as_str()));
        }
        let algorithm = match asked {
            MacAlgorithmSpec::HmacSha224 => hmac::HMAC_SHA224,
            MacAlgorithmSpec::HmacSha256 => hmac::HMAC_SHA256,
            MacAlgorithmSpec::HmacSha384 => hmac::HMAC_SHA384,
            MacAlgorithmSpec::HmacSha512 => hmac::HMAC_SHA512,
        };
        Ok(hmac::Key::new(algorithm, self.current_material(using)?.expose()))
    }
}
