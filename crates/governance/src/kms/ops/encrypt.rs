use anabranch_api::kms::{Encrypt, EncryptOutput, Error};
use anabranch_api::{Context, Resources, Serve};

use super::super::Kms;
use super::super::grants::{check_tokens, context};
use super::super::named::Aliases;
use super::super::stored::Usage;
use super::super::using::{encryption_algorithm, unless_dry};

impl Serve<Encrypt> for Kms {
    fn resources(&self, cx: &Context, request: &Encrypt) -> Result<Resources, Error> {
        self.about::<Encrypt>(cx, &request.key_id, Aliases::Taken)
    }

    async fn serve(&self, cx: &Context, request: Encrypt) -> Result<EncryptOutput, Error> {
        check_tokens(request.grant_tokens.as_ref())?;
        let using = self.key_for(cx, &request.key_id, (Usage::EncryptDecrypt, "Encrypt"))?;
        let algorithm = encryption_algorithm(request.encryption_algorithm, &using.view.stored)?;
        unless_dry(request.dry_run)?;
        let context = context(request.encryption_context.as_deref().unwrap_or_default());
        let ciphertext = self.encrypt(&using, algorithm, &request.plaintext, &context)?;
        Ok(EncryptOutput {
            ciphertext_blob: Some(ciphertext),
            key_id: Some(using.slot.arn.clone()),
            encryption_algorithm: Some(algorithm),
        })
    }
}
