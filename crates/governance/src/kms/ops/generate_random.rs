use anabranch_api::kms::{Error, GenerateRandom, GenerateRandomOutput};
use anabranch_api::{Context, Serve};
use zeroize::Zeroizing;

use super::super::using::secret_bytes;
use super::super::{Kms, errors};

impl Serve<GenerateRandom> for Kms {
    /// Bytes of the operating system's.
    async fn serve(&self, _: &Context, request: GenerateRandom) -> Result<GenerateRandomOutput, Error> {
        if let Some(id) = &request.custom_key_store_id {
            return Err(errors::key_store_not_found(id));
        }
        if request.recipient.is_some() {
            return Err(errors::no_recipients());
        }
        let bytes = request.number_of_bytes.and_then(|bytes| usize::try_from(bytes).ok());
        let mut plain = Zeroizing::new(vec![0; bytes.ok_or_else(errors::number_of_bytes_required)?]);
        self.rng.fill(&mut plain);
        Ok(GenerateRandomOutput { plaintext: Some(secret_bytes(plain)), ciphertext_for_recipient: None })
    }
}
