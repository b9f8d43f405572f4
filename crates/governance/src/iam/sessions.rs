use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use anabranch_api::{FederatedUser, Principal, RoleSession, Session, User};
use anabranch_types::{AccountId, Clock, Rng, Timestamp};
use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use super::{Secret, names};
use crate::kms::{MasterKey, NONCE_BYTES, TAG_BYTES};

/// Opened tokens that stay in memory. All are forgotten when there are more; opening one takes microseconds.
const OPENED_MAX: usize = 4_096;
/// The first byte of what is sealed in a token.
const VERSION: u8 = 1;
/// What tokens are sealed for.
const CONTEXT: &[u8] = b"sts session token";
/// Temporary credentials: issued, and recognized when they come back. The session token holds all that is known of a session, sealed
/// under the master key, so that nothing of it is stored and every node opens it.
pub struct Sessions {
    master_key: Arc<MasterKey>,
    clock: Clock,
    rng: Rng,
    opened: Mutex<HashMap<String, Arc<Opened>>>,
}

/// Temporary credentials as their holder gets them. Debug prints no secret.
#[derive(Clone, Debug)]
pub struct TemporaryCredentials {
    /// `ASIA…`
    pub access_key: String,
    /// What it signs with.
    pub secret: Secret,
    /// What goes with every request.
    pub token: Secret,
}

/// A session token that was opened. Debug prints no secret.
#[derive(Debug)]
pub struct Opened {
    /// The access key that it belongs to.
    pub access_key: Arc<str>,
    /// What that signs with.
    pub secret: Secret,
    /// Whose session it is. Whether that user or role is still there is to be looked up.
    pub principal: Principal,
    /// What else it carries.
    pub session: Arc<Session>,
}

/// A session token is not one of ours, or was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotOurs;

impl Sessions {
    /// Tokens that open under this master key and expire by this clock.
    pub fn new(master_key: Arc<MasterKey>, clock: Clock, rng: Rng) -> Self {
        Self { master_key, clock, rng, opened: Mutex::default() }
    }

    /// New credentials for a session, with a token of at least so many bytes; none for those who have no sessions: a service, nobody, a
    /// development identity.
    pub fn issue(
        &self,
        principal: &Principal,
        session: &Session,
        token_bytes_min: usize,
    ) -> Option<TemporaryCredentials> {
        let holder = Holder::of(principal)?;
        let access_key = names::access_key_id(names::SESSION_KEY_ID, &self.rng);
        let secret = names::secret(&self.rng);
        let sealed = Sealed {
            access_key: access_key.clone(),
            secret: secret.expose().to_owned(),
            holder,
            session: SealedSession::of(session),
        };
        let mut plain = Zeroizing::new(vec![VERSION]);
        minicbor::encode(&sealed, &mut *plain).expect("a vector takes everything");
        // What follows the document is not looked at. Base64 makes four bytes of three.
        let needed = (token_bytes_min.div_ceil(4) * 3).saturating_sub(NONCE_BYTES + TAG_BYTES);
        let bytes = plain.len().max(needed);
        plain.resize(bytes, 0);
        let token = base64_simd::STANDARD.encode_to_string(self.master_key.seal(&plain, CONTEXT, &self.rng));
        Some(TemporaryCredentials { access_key, secret, token: Secret::new(token) })
    }

    /// What a token holds, expired or not.
    pub fn open(&self, token: &str) -> Result<Arc<Opened>, NotOurs> {
        if let Some(opened) = self.lock().get(token) {
            return Ok(Arc::clone(opened));
        }
        let sealed = base64_simd::STANDARD.decode_to_vec(token).map_err(|_| NotOurs)?;
        let plain = self.master_key.open(&sealed, CONTEXT).map_err(|_| NotOurs)?;
        let Some((&VERSION, plain)) = plain.split_first() else { return Err(NotOurs) };
        let sealed: Sealed = minicbor::decode(plain).map_err(|_| NotOurs)?;
        let opened = Arc::new(Opened {
            access_key: sealed.access_key.into(),
            secret: Secret::new(sealed.secret),
            principal: sealed.holder.principal().ok_or(NotOurs)?,
            session: Arc::new(sealed.session.session()),
        });
        let mut known = self.lock();
        if known.len() >= OPENED_MAX {
            known.clear();
        }
        known.insert(token.to_owned(), Arc::clone(&opened));
        Ok(opened)
    }

    /// Whether a session is over.
    pub fn is_expired(&self, session: &Session) -> bool {
        self.clock.now() >= session.expires
    }

    /// What time it is for sessions.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Opened>>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is sealed in a token, in CBOR after the version's byte.
#[derive(Encode, Decode)]
#[cbor(array)]
struct Sealed {
    #[n(0)]
    access_key: String,
    #[n(1)]
    secret: String,
    #[n(2)]
    holder: Holder,
    #[n(3)]
    session: SealedSession,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct Holder {
    #[n(0)]
    account: String,
    #[n(1)]
    kind: HolderKind,
}

#[derive(Encode, Decode)]
enum HolderKind {
    #[n(0)]
    Root,
    #[n(1)]
    User(#[n(0)] SealedUser),
    #[n(2)]
    Role {
        #[n(0)]
        role: String,
        #[n(1)]
        path: String,
        #[n(2)]
        role_id: String,
        #[n(3)]
        name: String,
    },
    #[n(3)]
    Federated {
        #[n(0)]
        name: String,
        #[n(1)]
        issuer: Option<SealedUser>,
    },
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct SealedUser {
    #[n(0)]
    name: String,
    #[n(1)]
    path: String,
    #[n(2)]
    id: String,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct SealedSession {
    #[n(0)]
    issued_ms: i64,
    #[n(1)]
    expires_ms: i64,
    #[n(2)]
    policies: Option<Vec<String>>,
    #[n(3)]
    tags: BTreeMap<String, String>,
    #[n(4)]
    transitive_tags: Vec<String>,
    #[n(5)]
    source_identity: Option<String>,
}

impl Holder {
    /// None for those who have no sessions.
    fn of(principal: &Principal) -> Option<Self> {
        let kind = match principal {
            Principal::Root(_) => HolderKind::Root,
            Principal::User(user) => HolderKind::User(SealedUser::of(user)),
            Principal::RoleSession(session) => HolderKind::Role {
                role: session.role.clone(),
                path: session.path.clone(),
                role_id: session.role_id.clone(),
                name: session.name.clone(),
            },
            Principal::FederatedUser(user) => HolderKind::Federated {
                name: user.name.clone(),
                issuer: user.issuer.as_ref().map(SealedUser::of),
            },
            Principal::Development(_)
            | Principal::WebIdentity(_)
            | Principal::Service(_)
            | Principal::Anonymous => return None,
        };
        Some(Self { account: principal.account()?.to_string(), kind })
    }

    fn principal(self) -> Option<Principal> {
        let account: AccountId = self.account.parse().ok()?;
        Some(match self.kind {
            HolderKind::Root => Principal::Root(account),
            HolderKind::User(user) => Principal::User(Arc::new(user.of_account(account))),
            HolderKind::Role { role, path, role_id, name } => {
                Principal::RoleSession(Arc::new(RoleSession { account, role, path, role_id, name }))
            }
            HolderKind::Federated { name, issuer } => {
                let issuer = issuer.map(|user| user.of_account(account));
                Principal::FederatedUser(Arc::new(FederatedUser { account, name, issuer }))
            }
        })
    }
}

impl SealedUser {
    fn of(user: &User) -> Self {
        Self { name: user.name.clone(), path: user.path.clone(), id: user.id.clone() }
    }

    fn of_account(self, account: AccountId) -> User {
        User { account, name: self.name, path: self.path, id: self.id }
    }
}

impl SealedSession {
    fn of(session: &Session) -> Self {
        Self {
            issued_ms: session.issued.millis(),
            expires_ms: session.expires.millis(),
            policies: session
                .policies
                .as_ref()
                .map(|all| all.iter().map(|policy| policy.to_string()).collect()),
            tags: session.tags.clone(),
            transitive_tags: session.transitive_tags.clone(),
            source_identity: session.source_identity.clone(),
        }
    }

    fn session(self) -> Session {
        Session {
            issued: Timestamp::from_millis(self.issued_ms),
            expires: Timestamp::from_millis(self.expires_ms),
            policies: self.policies.map(|all| all.into_iter().map(Arc::from).collect()),
            tags: self.tags,
            transitive_tags: self.transitive_tags,
            source_identity: self.source_identity,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions(seed: u64) -> Sessions {
        let rng = Rng::seeded(seed);
        Sessions::new(Arc::new(MasterKey::random(&rng)), Clock::machine(), rng)
    }

    fn principals() -> [Principal; 5] {
        let account: AccountId = "111111111111".parse().unwrap();
        let user = User { account, name: "alice".into(), path: "/a/".into(), id: "AIDAA".into() };
        let federated =
            |issuer| Principal::FederatedUser(FederatedUser { account, name: "bob".into(), issuer }.into());
        let role = RoleSession {
            account,
            role: "reader".into(),
            path: "/".into(),
            role_id: "AROAR".into(),
            name: "s".into(),
        };
        [
            Principal::Root(account),
            federated(Some(user.clone())),
            federated(None),
            Principal::User(user.into()),
            Principal::RoleSession(role.into()),
        ]
    }

    #[test]
    fn a_token_tells_whose_session_it_is_and_what_it_carries() {
        let sessions = sessions(1);
        let session = Session {
            issued: Timestamp::from_seconds(1),
            expires: Timestamp::from_seconds(3_601),
            policies: Some(vec!["{}".into()]),
            tags: [("team".to_owned(), "a".to_owned())].into(),
            transitive_tags: vec!["team".into()],
            source_identity: Some("alice".into()),
        };
        for principal in principals() {
            let made = sessions.issue(&principal, &session, 0).unwrap();
            let opened = sessions.open(made.token.expose()).unwrap();
            assert_eq!((&opened.principal, &*opened.session), (&principal, &session));
            assert_eq!(
                (&*opened.access_key, opened.secret.expose()),
                (&*made.access_key, made.secret.expose())
            );
            assert!(made.access_key.starts_with("ASIA") && made.access_key.len() == 20);
            assert_eq!(made.secret.expose().len(), 40);
        }
        assert!(sessions.issue(&Principal::Anonymous, &session, 0).is_none());
    }

    #[test]
    fn a_token_of_another_server_or_a_changed_one_is_not_ours() {
        let (ours, other) = (sessions(1), sessions(2));
        let made = ours.issue(&principals()[0], &Session::default(), 0).unwrap();
        let token = made.token.expose();
        assert_eq!(other.open(token).err(), Some(NotOurs));
        assert_eq!(ours.open("").err(), Some(NotOurs));
        assert_eq!(ours.open("garbage").err(), Some(NotOurs));
        for at in 0..token.len() {
            let other = if token.as_bytes()[at] == b'A' { 'B' } else { 'A' };
            let changed = format!("{}{other}{}", &token[..at], &token[at + 1..]);
            assert_eq!(ours.open(&changed).err(), Some(NotOurs), "at {at}");
        }
        assert!(ours.open(token).is_ok());
    }

    #[test]
    fn a_token_is_as_long_as_is_asked_for() {
        let sessions = sessions(1);
        for bytes in [0, 1, 1_000, 1_001, 1_002, 1_003, 4_096] {
            let made = sessions.issue(&principals()[0], &Session::default(), bytes).unwrap();
            let token = made.token.expose();
            assert!(
                token.len() >= bytes && (bytes < 1_000 || token.len() < bytes + 4),
                "{bytes}: {}",
                token.len()
            );
            assert_eq!(sessions.open(token).unwrap().principal, principals()[0]);
        }
    }

    #[test]
    fn no_secret_is_printed() {
        let sessions = sessions(1);
        let made = sessions.issue(&principals()[0], &Session::default(), 0).unwrap();
        let opened = sessions.open(made.token.expose()).unwrap();
        let printed = format!("{made:?} {opened:?}");
        assert!(!printed.contains(made.secret.expose()) && !printed.contains(made.token.expose()));
    }
}
