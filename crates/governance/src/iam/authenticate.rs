use std::sync::Arc;

use anabranch_api::Principal;
use anabranch_types::{AccountId, Clock, Region, Timestamp};
use anabranch_wire::sigv4::{
    Expected, Failure, Presented, SKEW_MINUTES_NARROW, SKEW_MINUTES_WIDE, SignedRequest, SigningKeys, parse,
};

use super::credentials::development_account;
use super::{Access, Credentials};

/// Who a request comes from, and for which region it was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Who calls.
    pub principal: Principal,
    /// The account of the caller.
    pub account: AccountId,
    /// The region of the signature's scope.
    pub region: Region,
    /// The access key.
    pub access_key: Arc<str>,
}

/// Tells who a request comes from. Shared by all connections; holds derived signing keys, never printed.
#[derive(Debug)]
pub struct Authenticator {
    credentials: Arc<Credentials>,
    signing_keys: SigningKeys,
}

impl Authenticator {
    /// Knows the callers that `credentials` knows; everybody if there is no key.
    pub fn new(credentials: Arc<Credentials>) -> Self {
        Self { credentials, signing_keys: SigningKeys::default() }
    }

    /// Whether callers are known.
    pub fn access(&self) -> Access {
        self.credentials.access()
    }

    /// The caller of a request to the service with this signing name.
    ///
    /// Closed: the key is one of the source's and the signature is right. Open: the signature's form, time and scope are checked, the
    /// key is accepted as a development identity. Time is judged by the machine's clock alone.
    pub fn authenticate(&self, request: &SignedRequest<'_>, signing_name: &str) -> Result<Identity, Failure> {
        self.authenticate_at(request, signing_name, Clock::machine_now())
    }

    fn authenticate_at(
        &self,
        request: &SignedRequest<'_>,
        signing_name: &str,
        now: Timestamp,
    ) -> Result<Identity, Failure> {
        let skew_minutes = skew_minutes(signing_name);
        let expected = Expected { service: signing_name, region: None, skew_minutes, now };
        let presented = parse(request, &expected)?;
        let (principal, account) = match self.access() {
            Access::Open => {
                let account = development_account(presented.access_key());
                (Principal::Development(account), account)
            }
            Access::Closed => {
                let account = self.verified(&presented, request)?;
                (Principal::Root(account), account)
            }
        };
        // The scope's region was found to be one that can be.
        let region = Region::parse(presented.region()).ok_or(Failure::Mismatch)?;
        Ok(Identity { principal, account, region, access_key: presented.access_key().into() })
    }

    /// The account whose root signed. A root's key comes without a session token.
    fn verified(&self, presented: &Presented<'_>, request: &SignedRequest<'_>) -> Result<AccountId, Failure> {
        let key = self.credentials.key(presented.access_key()).ok_or(Failure::UnknownKey)?;
        if presented.token().is_some() {
            return Err(Failure::UnknownKey);
        }
        presented.verify(request, key.secret.expose(), &self.signing_keys)?;
        Ok(key.account)
    }
}

/// How far a signature's time may be off, by service (ministackorg/ministack#1745, aws/aws-cli#6676).
fn skew_minutes(signing_name: &str) -> u32 {
    match signing_name {
        "sts" | "iam" | "dynamodb" | "sqs" => SKEW_MINUTES_WIDE,
        _ => SKEW_MINUTES_NARROW,
    }
}

#[cfg(test)]
mod tests;
