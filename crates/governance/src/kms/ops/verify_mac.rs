use anabranch_api::kms::{Error, VerifyMac, VerifyMacOutput};
use anabranch_api::{Context, Resources, Serve};
use aws_lc_rs::hmac;

use super::super::grants::check_tokens;
use super::super::named::Aliases;
use super::super::stored::Usage;
use super::super::using::unless_dry;
use super::super::{Kms, errors};

impl Serve<VerifyMac> for Kms {
    fn resources(&self, cx: &Context, request: &VerifyMac) -> Result<Resources, Error> {
        self.about::<VerifyMac>(cx, &request.key_id, Aliases::Taken)
    }

    /// Compares in constant time.
    async fn serve(&self, cx: &Context, request: VerifyMac) -> Result<VerifyMacOutput, Error> {
        check_tokens(request.grant_tokens.as_ref())?;
        let using = self.key_for(cx, &request.key_id, (Usage::GenerateVerifyMac, "VerifyMac"))?;
        let key = self.hmac_key(&using, request.mac_algorithm)?;
        hmac::verify(&key, &request.message, &request.mac).map_err(|_| errors::invalid_mac())?;
        unless_dry(request.dry_run)?;
        Ok(VerifyMacOutput {
            key_id: Some(using.slot.arn.clone()),
            mac_valid: Some(true),
            mac_algorithm: Some(request.mac_algorithm),
        })
    }
}
