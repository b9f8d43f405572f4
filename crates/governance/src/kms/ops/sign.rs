use anabranch_api::kms::{Error, MessageType, Sign, SignOutput, SigningAlgorithmSpec};
use anabranch_api::{Context, Resources, Serve};
use aws_lc_rs::digest::{Digest, digest};

use super::super::asymmetric::{digest_of, sign};
use super::super::grants::check_tokens;
use super::super::named::Aliases;
use super::super::stored::{StoredKey, Usage};
use super::super::using::unless_dry;
use super::super::{Kms, errors};

impl Serve<Sign> for Kms {
    fn resources(&self, cx: &Context, request: &Sign) -> Result<Resources, Error> {
        self.about::<Sign>(cx, &request.key_id, Aliases::Taken)
    }

    async fn serve(&self, cx: &Context, request: Sign) -> Result<SignOutput, Error> {
        check_tokens(request.grant_tokens.as_ref())?;
        let using = self.key_for(cx, &request.key_id, (Usage::SignVerify, "Sign"))?;
        let (stored, algorithm) = (&using.view.stored, request.signing_algorithm);
        let digest = signed_digest(stored, algorithm, request.message_type, &request.message)?;
        unless_dry(request.dry_run)?;
        let private = self.current_material(&using)?;
        let signature = sign(stored.spec, &private, algorithm, &digest).map_err(|_| errors::internal())?;
        Ok(SignOutput {
            key_id: Some(using.slot.arn.clone()),
            signature: Some(signature.into()),
            signing_algorithm: Some(algorithm),
        })
    }
}

/// What is signed: the message's digest, or the message if it is one.
pub(super) fn signed_digest(
    stored: &StoredKey,
    algorithm: SigningAlgorithmSpec,
    message_type: Option<MessageType>,
    message: &[u8],
) -> Result<Digest, Error> {
    let hash = digest_of(algorithm).filter(|_| stored.spec.signing_algorithms().contains(&algorithm));
    let wrong = || errors::wrong_algorithm(algorithm.as_str(), stored.spec.key_spec().as_str());
    let hash = hash.ok_or_else(wrong)?;
    match message_type.unwrap_or(MessageType::Raw) {
        MessageType::Raw => Ok(digest(hash, message)),
        MessageType::Digest => {
            Digest::import_less_safe(message, hash).map_err(|_| errors::digest_length(algorithm.as_str()))
        }
        other @ MessageType::ExternalMu => Err(errors::message_type(other.as_str(), algorithm.as_str())),
    }
}
