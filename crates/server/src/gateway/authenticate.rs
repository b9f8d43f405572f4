//! Who calls: hands a request's raw parts to the authenticator and tells its failures in the protocol's codes.

use anabranch_api::{ApiError, Principal};
use anabranch_governance::iam::{Authenticator, Identity};
use anabranch_types::AccountId;
use anabranch_wire::Protocol;
use anabranch_wire::sigv4::{self, Failure, Payload, SignedRequest};
use bytes::Bytes;
use http::request::Parts;

use super::Gateway;
use super::identify::Asked;
use crate::world::World;

/// The service name that admin calls are signed for.
const ADMIN_SERVICE: &str = "anabranch";

/// The caller of an API. `body` is none where it is streamed: then its signature need not bind it. Where requests are not signed, a signature
/// that is there all the same says nothing (AWS takes none: aws/aws-sdk-php#1725).
pub(super) fn caller(
    world: &World,
    asked: &Asked,
    head: &Parts,
    body: Option<&Bytes>,
) -> Result<Identity, ApiError> {
    let protocol = asked.protocol;
    if !asked.operation.is_signed {
        return Ok(Identity::nobody(world.recipe.region.clone()));
    }
    identity(&world.authenticator, asked.service.signing_name, head, body).map_err(|failure| {
        let error = ApiError::client(failure.code(protocol), failure.message(protocol).into_owned());
        ApiError { status: failure.status(protocol), ..error }
    })
}

/// Checks that an admin call is signed by a root access key, and answers whose; the sentence says why it is not.
pub(super) fn admin(gateway: &Gateway, head: &Parts, body: &Bytes) -> Result<AccountId, String> {
    let found = identity(&gateway.world().authenticator, ADMIN_SERVICE, head, Some(body));
    let found = found.map_err(|failure| failure.message(Protocol::Json11).into_owned())?;
    match found {
        Identity { principal: Principal::Root(account), session: None, .. } => Ok(account),
        _ => Err("Only a root access key may do this.".to_owned()),
    }
}

/// Whose access key a request names whose signature does not count.
pub(super) fn claimed(authenticator: &Authenticator, head: &Parts) -> Option<Identity> {
    authenticator.claimed(&signed_request(head, Payload::Unsigned))
}

fn identity(
    authenticator: &Authenticator,
    service: &str,
    head: &Parts,
    body: Option<&Bytes>,
) -> Result<Identity, Failure> {
    let sum = body.map(|body| sigv4::sha256(body));
    let payload = sum.as_ref().map_or(Payload::Unsigned, Payload::Sha256);
    authenticator.authenticate(&signed_request(head, payload), service)
}

fn signed_request<'a>(head: &'a Parts, payload: Payload<'a>) -> SignedRequest<'a> {
    SignedRequest {
        method: head.method.as_str(),
        path: head.uri.path(),
        query: head.uri.query().unwrap_or_default(),
        headers: &head.headers,
        authority: head.uri.authority().map(|authority| authority.as_str()),
        payload,
    }
}
