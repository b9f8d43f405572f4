//! `GET /_anabranch/credentials/ROLE`: a role's temporary credentials, in the form that SDKs ask containers' credentials in (SDKs and tools
//! reference guide, feature-container-credentials); and `POST /_anabranch/role-token`, which makes the token that they are asked with.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use anabranch_api::Principal;
use anabranch_governance::iam::{CONTAINERS, Identity};
use anabranch_types::{AccountId, Timestamp};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderValue};
use http::request::Parts;
use http::{Response, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::answer::{AnswerBody, plain, sentence};
use super::connection::Peer;
use super::{Gateway, errors, way};
use crate::role_credentials::NoToken;

/// What the path begins with.
pub(super) const PREFIX: &str = "/_anabranch/credentials/";
/// Wrong tokens that are answered as such in a minute, by address.
const WRONG_MAX: u32 = 10;
/// Addresses that wrong tokens are counted of. All are forgotten when there are more.
const ADDRESSES_MAX: usize = 4_096;
const MINUTE_MS: u64 = 60_000;
/// What sessions are called unless a token says otherwise.
const SESSION_NAME: &str = "container";

/// Wrong tokens of late.
#[derive(Default)]
pub(super) struct Attempts {
    /// When the first of them came, and how many there were since.
    wrong: Mutex<HashMap<IpAddr, (Timestamp, u32)>>,
}

/// The body of `POST /_anabranch/role-token`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    role: String,
    session_name: Option<String>,
}

/// Credentials for whoever has the role's token.
pub(super) async fn answer(gateway: &Gateway, peer: Peer, head: &Parts) -> Response<AnswerBody> {
    let now = gateway.clock().now();
    let Some(token) = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()) else {
        let says = "Request is missing Authentication Token";
        return refused(StatusCode::UNAUTHORIZED, "MissingAuthenticationToken", says);
    };
    let world = gateway.world();
    let named = head.uri.path().strip_prefix(PREFIX).unwrap_or_default();
    let Ok(found) = world.role_credentials.role(named, token) else {
        // Whoever is wrong too often is no longer told why; who is right is served all the same.
        if gateway.attempts.are_too_many(peer.address, now) {
            return refused(StatusCode::TOO_MANY_REQUESTS, "ThrottlingException", errors::RATE_EXCEEDED);
        }
        gateway.attempts.wrong(peer.address, now);
        let says = "The token in the Authorization header is not this role's";
        return refused(StatusCode::FORBIDDEN, "InvalidClientTokenId", says);
    };
    let caller = Identity {
        principal: Principal::Service(CONTAINERS),
        account: found.0.account,
        region: world.recipe.region.clone(),
        access_key: None,
        session: None,
    };
    let cx = way::context(gateway, peer, gateway.request_id(), caller, head);
    match world.role_credentials.assume(cx, found).await {
        Ok((arn, output)) => {
            let told = output.credentials.unwrap_or_default();
            let document = json!({
                "RoleArn": arn,
                "AccessKeyId": &*told.access_key_id,
                "SecretAccessKey": &*told.secret_access_key,
                "Token": &*told.session_token,
                "Expiration": told.expiration.to_string(),
            });
            secret(StatusCode::OK, document.to_string())
        }
        Err(error) => {
            let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            refused(status, &error.code, error.message.as_deref().unwrap_or_default())
        }
    }
}

/// A token for a role of the caller's account.
pub(super) fn token(gateway: &Gateway, account: AccountId, body: &Bytes) -> Response<AnswerBody> {
    let Ok(Wanted { role, session_name }) = serde_json::from_slice(body) else {
        return sentence(StatusCode::BAD_REQUEST, r#"Expected {"role": "NAME", "session_name": "NAME"}."#);
    };
    let session_name = session_name.as_deref().unwrap_or(SESSION_NAME);
    match gateway.world().role_credentials.token(account, &role, session_name) {
        Ok(token) => secret(StatusCode::OK, json!({ "token": token.expose() }).to_string()),
        Err(why @ NoToken::OfAnother) => sentence(StatusCode::FORBIDDEN, &why.to_string()),
        Err(why @ NoToken::NoSuchRole { .. }) => sentence(StatusCode::NOT_FOUND, &why.to_string()),
        Err(why) => sentence(StatusCode::BAD_REQUEST, &why.to_string()),
    }
}

fn refused(status: StatusCode, code: &str, says: &str) -> Response<AnswerBody> {
    secret(status, json!({ "code": code, "message": says }).to_string())
}

/// An answer that nobody on the way shall keep.
fn secret(status: StatusCode, document: String) -> Response<AnswerBody> {
    let mut answer = plain(status, "application/json", document);
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

impl Attempts {
    fn are_too_many(&self, address: IpAddr, now: Timestamp) -> bool {
        let wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        wrong.get(&address).is_some_and(|(first, count)| is_of_now(*first, now) && *count >= WRONG_MAX)
    }

    fn wrong(&self, address: IpAddr, now: Timestamp) {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if wrong.len() >= ADDRESSES_MAX && !wrong.contains_key(&address) {
            wrong.clear();
        }
        let (first, count) = wrong.entry(address).or_insert((now, 0));
        if !is_of_now(*first, now) {
            (*first, *count) = (now, 0);
        }
        *count += 1;
    }
}

fn is_of_now(first: Timestamp, now: Timestamp) -> bool {
    now.millis_since(first) < MINUTE_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_be_wrong_ten_times_a_minute() {
        let attempts = Attempts::default();
        let (here, there): (IpAddr, IpAddr) = ([127, 0, 0, 1].into(), [127, 0, 0, 2].into());
        let at = |seconds: i64| Timestamp::from_seconds(1_700_000_000 + seconds);
        for seconds in 0..10 {
            assert!(!attempts.are_too_many(here, at(seconds)));
            attempts.wrong(here, at(seconds));
        }
        assert!(attempts.are_too_many(here, at(10)));
        assert!(!attempts.are_too_many(there, at(10)));
        assert!(attempts.are_too_many(here, at(59)));
        assert!(!attempts.are_too_many(here, at(60)));
        attempts.wrong(here, at(60));
        assert!(!attempts.are_too_many(here, at(61)));
    }
}
