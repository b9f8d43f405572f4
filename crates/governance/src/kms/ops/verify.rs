use anabranch_api::kms::{Error, Verify, VerifyOutput};
use anabranch_api::{Context, Resources, Serve};

use super::super::asymmetric::is_signed;
use super::super::grants::check_tokens;
use super::super::named::Aliases;
use super::super::stored::Usage;
use super::super::using::unless_dry;
use super::super::{Kms, errors};
use super::sign::signed_digest;

impl Serve<Verify> for Kms {
    fn resources(&self, cx: &Context, request: &Verify) -> Result<Resources, Error> {
        self.about::<Verify>(cx, &request.key_id, Aliases::Taken)
    }

    async fn serve(&self, cx: &Context, request: Verify) -> Result<VerifyOutput, Error> {
        check_tokens(request.grant_tokens.as_ref())?;
        let using = self.key_for(cx, &request.key_id, (Usage::SignVerify, "Verify"))?;
        let (stored, algorithm) = (&using.view.stored, request.signing_algorithm);
        let digest = signed_digest(stored, algorithm, request.message_type, &request.message)?;
        let public = stored.public_key.as_ref().ok_or_else(errors::internal)?;
        if !is_signed(stored.spec, public, algorithm, &digest, &request.signature) {
            return Err(errors::invalid_signature());
        }
        unless_dry(request.dry_run)?;
        Ok(VerifyOutput {
            key_id: Some(using.slot.arn.clone()),
            signature_valid: Some(true),
            signing_algorithm: Some(algorithm),
        })
    }
}
