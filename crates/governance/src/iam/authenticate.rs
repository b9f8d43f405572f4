use std::sync::Arc;

use anabranch_api::{FederatedUser, Principal, Session};
use anabranch_types::{AccountId, Clock, Partition, Region, Timestamp};
use anabranch_wire::sigv4::{
    Expected, Failure, Presented, SKEW_MINUTES_NARROW, SKEW_MINUTES_WIDE, SignedRequest, SigningKeys, claim,
    claimed_token, parse,
};

use super::credentials::development_account;
use super::identities::{AccessKey, Identities};
use super::{Access, Credentials, Secret, Sessions};

/// Who a request comes from, and for which region it was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Who calls.
    pub principal: Principal,
    /// The account of the caller.
    pub account: AccountId,
    /// The region of the signature's scope.
    pub region: Region,
    /// The access key; none for nobody.
    pub access_key: Option<Arc<str>>,
    /// What temporary credentials carry.
    pub session: Option<Arc<Session>>,
}

/// Tells who a request comes from. Shared by all connections; holds derived signing keys, never printed.
pub struct Authenticator {
    credentials: Arc<Credentials>,
    identities: Arc<Identities>,
    sessions: Arc<Sessions>,
    /// Where users and roles are.
    partition: Partition,
    signing_keys: SigningKeys,
}

impl Identity {
    /// Of whoever calls an operation whose requests are not signed; the request itself says more. The account is nobody's.
    pub fn nobody(region: Region) -> Self {
        let account = AccountId::DEVELOPMENT;
        Self { principal: Principal::Anonymous, account, region, access_key: None, session: None }
    }
}

/// Whose an access key is.
struct Known {
    principal: Principal,
    account: AccountId,
    /// What it signs with; none for a development identity, whom nobody can verify.
    secret: Option<Secret>,
    session: Option<Arc<Session>>,
    /// The key, if it is a user's own.
    key: Option<Arc<AccessKey>>,
}

impl Authenticator {
    /// Knows the roots of `credentials`, the users of `identities` and the temporary credentials of `sessions`; without a root
    /// everybody else too. Users, roles and their sessions are of `partition` and call in its regions alone: their policies name
    /// resources by ARNs of it, and would say nothing of those of another one.
    pub fn new(
        credentials: Arc<Credentials>,
        identities: Arc<Identities>,
        sessions: Arc<Sessions>,
        partition: Partition,
    ) -> Self {
        Self { credentials, identities, sessions, partition, signing_keys: SigningKeys::default() }
    }

    /// Whether callers are known.
    pub fn access(&self) -> Access {
        self.credentials.access()
    }

    /// The caller of a request to the service with this signing name.
    ///
    /// Closed: the key is a root's, a user's or a session's, and the signature is right. Open: so it is for keys that are known; any other
    /// is accepted as a development identity once the signature's form, time and scope are checked. Time is judged by the machine's clock
    /// alone.
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
        let known = self.known(&presented)?;
        if let Some(secret) = &known.secret {
            presented.verify(request, secret.expose(), &self.signing_keys)?;
        }
        let session = known.session;
        if session.as_ref().is_some_and(|session| self.sessions.is_expired(session)) {
            return Err(Failure::ExpiredSession);
        }
        // The scope's region was found to be one that can be.
        let region = Region::parse(presented.region()).ok_or(Failure::Mismatch)?;
        let is_elsewhere = region.partition() != self.partition;
        if is_elsewhere && !matches!(known.principal, Principal::Root(_) | Principal::Development(_)) {
            return Err(Failure::Invalid(format!(
                "Credential should be scoped to a valid region, not '{region}'."
            )));
        }
        if let Some(key) = &known.key {
            let now = self.identities.now();
            self.identities.note_key_used(key, signing_name, region.as_str(), now);
        }
        let access_key = Some(presented.access_key().into());
        Ok(Identity { principal: known.principal, account: known.account, region, access_key, session })
    }

    /// Whose access key a request names whose signature did not count; none if it is nobody's or none is named. Whoever sent it may be another.
    pub fn claimed(&self, request: &SignedRequest<'_>) -> Option<Identity> {
        let claim = claim(request.headers, request.query)?;
        let id = &*claim.access_key;
        let session =
            claimed_token(request.headers, request.query).and_then(|token| self.holder_of(id, &token));
        let (principal, account, session) = match (session, self.credentials.key(id)) {
            (Some(known), _) => (known.principal, known.account, known.session),
            (None, Some(root)) => (Principal::Root(root.account), root.account, None),
            (None, None) => {
                let key = self.identities.access_key(id)?;
                let user = self.identities.user(key.account, &key.user)?;
                (Principal::User(Arc::clone(&user.principal)), key.account, None)
            }
        };
        let region = Region::parse(claim.region.into_owned())?;
        Some(Identity { principal, account, region, access_key: Some(claim.access_key.into()), session })
    }

    fn known(&self, presented: &Presented<'_>) -> Result<Known, Failure> {
        let id = presented.access_key();
        let known = match presented.token() {
            Some(token) => self.holder_of(id, token),
            None => self.holder_of_key(id)?,
        };
        match (known, self.access()) {
            (Some(known), _) => Ok(known),
            (None, Access::Closed) => Err(Failure::UnknownKey),
            (None, Access::Open) => {
                let account = development_account(id);
                let principal = Principal::Development(account);
                Ok(Known { principal, account, secret: None, session: None, key: None })
            }
        }
    }

    /// Whose a key without a session token is; none if nobody's. One that is inactive is refused on an open server too.
    fn holder_of_key(&self, id: &str) -> Result<Option<Known>, Failure> {
        if let Some(root) = self.credentials.key(id) {
            let principal = Principal::Root(root.account);
            let secret = Some(root.secret.clone());
            return Ok(Some(Known { principal, account: root.account, secret, session: None, key: None }));
        }
        let Some(key) = self.identities.access_key(id) else { return Ok(None) };
        let user = self.identities.user(key.account, &key.user).filter(|_| key.active);
        let user = user.ok_or(Failure::UnknownKey)?;
        let principal = Principal::User(Arc::clone(&user.principal));
        let secret = Some(key.secret.clone());
        Ok(Some(Known { principal, account: key.account, secret, session: None, key: Some(key) }))
    }

    /// Whose temporary credentials these are; none if nobody's, or if the user or role is gone.
    fn holder_of(&self, id: &str, token: &str) -> Option<Known> {
        let opened = self.sessions.open(token).ok().filter(|opened| *opened.access_key == *id)?;
        let account = opened.principal.account().filter(|_| self.is_there(&opened.principal))?;
        Some(Known {
            principal: opened.principal.clone(),
            account,
            secret: Some(opened.secret.clone()),
            session: Some(Arc::clone(&opened.session)),
            key: None,
        })
    }

    fn is_there(&self, principal: &Principal) -> bool {
        let user = |user: &anabranch_api::User| {
            let found = self.identities.user(user.account, &user.name);
            found.is_some_and(|found| found.stored.id == user.id)
        };
        match principal {
            Principal::User(found) => user(found),
            Principal::RoleSession(session) => {
                let role = self.identities.role(session.account, &session.role);
                role.is_some_and(|role| role.stored.id == session.role_id)
            }
            Principal::FederatedUser(federated) => match &**federated {
                FederatedUser { issuer: Some(issuer), .. } => user(issuer),
                FederatedUser { issuer: None, .. } => true,
            },
            Principal::Root(_) => true,
            Principal::Development(_)
            | Principal::WebIdentity(_)
            | Principal::Service(_)
            | Principal::Anonymous => false,
        }
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
