use anabranch_api::kms::{Error, GenerateDataKeyWithoutPlaintext, GenerateDataKeyWithoutPlaintextOutput};
use anabranch_api::{Context, Resources, Serve};

use super::super::Kms;
use super::super::grants::check_tokens;
use super::super::named::Aliases;
use super::super::stored::Usage;
use super::generate_data_key::length;

impl Serve<GenerateDataKeyWithoutPlaintext> for Kms {
    fn resources(&self, cx: &Context, request: &GenerateDataKeyWithoutPlaintext) -> Result<Resources, Error> {
        self.about::<GenerateDataKeyWithoutPlaintext>(cx, &request.key_id, Aliases::Taken)
    }

    async fn serve(
        &self,
        cx: &Context,
        request: GenerateDataKeyWithoutPlaintext,
    ) -> Result<GenerateDataKeyWithoutPlaintextOutput, Error> {
        check_tokens(request.grant_tokens.as_ref())?;
        let bytes = length(request.number_of_bytes, request.key_spec)?;
        let need = (Usage::EncryptDecrypt, "GenerateDataKeyWithoutPlaintext");
        let using = self.key_for(cx, &request.key_id, need)?;
        let made =
            self.make_data_key(&using, bytes, request.encryption_context.as_deref(), request.dry_run)?;
        Ok(GenerateDataKeyWithoutPlaintextOutput {
            ciphertext_blob: Some(made.ciphertext),
            key_id: Some(using.slot.arn.clone()),
            key_material_id: Some(using.view.stored.current().material_id().into()),
        })
    }
}
