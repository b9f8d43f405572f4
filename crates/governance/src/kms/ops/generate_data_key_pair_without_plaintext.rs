use anabranch_api::kms::{
    Error, GenerateDataKeyPairWithoutPlaintext, GenerateDataKeyPairWithoutPlaintextOutput,
};
use anabranch_api::{Context, Resources, Serve};

use super::super::Kms;
use super::super::grants::check_tokens;
use super::super::named::Aliases;
use super::super::stored::Usage;

impl Serve<GenerateDataKeyPairWithoutPlaintext> for Kms {
    fn resources(
        &self,
        cx: &Context,
        request: &GenerateDataKeyPairWithoutPlaintext,
    ) -> Result<Resources, Error> {
        self.about::<GenerateDataKeyPairWithoutPlaintext>(cx, &request.key_id, Aliases::Taken)
    }

    async fn serve(
        &self,
        cx: &Context,
        request: GenerateDataKeyPairWithoutPlaintext,
    ) -> Result<GenerateDataKeyPairWithoutPlaintextOutput, Error> {
        check_tokens(request.grant_tokens.as_ref())?;
        let need = (Usage::EncryptDecrypt, "GenerateDataKeyPairWithoutPlaintext");
        let using = self.key_for(cx, &request.key_id, need)?;
        let context = request.encryption_context.as_deref();
        let made = self.make_pair(&using, request.key_pair_spec, context, request.dry_run).await?;
        Ok(GenerateDataKeyPairWithoutPlaintextOutput {
            private_key_ciphertext_blob: Some(made.ciphertext),
            public_key: Some(made.public),
            key_id: Some(using.slot.arn.clone()),
            key_pair_spec: Some(request.key_pair_spec),
            key_material_id: using.material_id(),
        })
    }
}
